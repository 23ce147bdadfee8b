/* What reports look like: a line a figure, a table of units, lists. */
#ifndef LINJULI_CLI_REPORT_SHOW_H
#define LINJULI_CLI_REPORT_SHOW_H

#include <jansson.h>

#include "cli/cli.h"

void report_add(struct cli *c, const struct report *r, const struct report_result *is);
json_t *report_json(struct cli *c, const struct report *r,
                    const struct report_result *is);
/* What `report` and `indicators` do; returns the exit status. */
int report_say(struct cli *c, const char *name);

#endif
