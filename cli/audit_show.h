/* An audit's report, for people and for scripts. */
#ifndef LINJULI_AUDIT_SHOW_H
#define LINJULI_AUDIT_SHOW_H

#include <jansson.h>

#include "cli/cli.h"

/* The sentence of one finding, appended. */
void audit_sentence(struct cli *c, const struct verify_finding *f, struct buf *out);
/* `line` is what repeats it. `l` (NULL: none) tells names of persons. */
void audit_show(struct cli *c, const struct audit_report *r, struct ledger *l,
                const char *line, bool saved);
/* Nothing of time, place or order of arrival: the same from every node that holds the
 * same. */
json_t *audit_json(const struct audit_report *r);

/* One folder a contradiction under `dir`, which must not be there yet. */
int audit_save(struct cli *c, const struct audit_report *r, const char *dir);

#endif
