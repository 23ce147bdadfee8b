/* Orders in words, and as JSON. */
#ifndef LINJULI_CLI_ORDER_SHOW_H
#define LINJULI_CLI_ORDER_SHOW_H

#include <jansson.h>

#include "cli/cli.h"

/* What the operation is about: "停用 王× 0302 组长 (017)". */
void order_about(struct cli *c, const struct auth_op *op, struct buf *out);
const char *order_kind(const struct auth_op *op); /* "revoke": for scripts */
const char *order_state(enum order_state state);  /* "waits" */
/* What came of it: written, or waiting for so many. Returns the exit status: 0 written, 1
 * it waits. */
int order_say(struct cli *c, const struct order_result *r);
void order_json(json_t *json, const struct order_result *r); /* the same, as fields */
/* The name of whoever asks, for people. */
void order_asker(struct cli *c, struct buf *out);

#endif
