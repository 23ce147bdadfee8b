/* What is due, as people and scripts see it. */
#ifndef LINJULI_CLI_DUE_SHOW_H
#define LINJULI_CLI_DUE_SHOW_H

#include <jansson.h>

#include "cli/cli.h"

/* The last day, or the moment, by China's civil time, and what there is to say. */
void due_add(struct cli *c, const struct due_row *r, struct buf *out);
json_t *due_json(const struct due_row *r);
/* The deadlines of one record, below what `get` shows; into `json` if that is not NULL.
 */
enum rc due_show_of(struct cli *c, const struct record_key *key, json_t *json) MUST_USE;

#endif
