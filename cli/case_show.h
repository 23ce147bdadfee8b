/* Cases, as `cases` and `inbox` show them. */
#ifndef LINJULI_CLI_CASE_SHOW_H
#define LINJULI_CLI_CASE_SHOW_H

#include "cli/show.h"

void case_add(struct cli *c, const struct case_row *row);
json_t *case_json(struct cli *c, const struct case_row *row);

#endif
