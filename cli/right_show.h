/* Rights in words and JSON, shared by the commands about them. */
#ifndef LINJULI_CLI_RIGHT_SHOW_H
#define LINJULI_CLI_RIGHT_SHOW_H

#include <jansson.h>

#include "cli/cli.h"

/* Number and title of a record; its id where it is not readable here. */
void right_subject_add(struct cli *c, const struct record_key *key, struct buf *out);
/* A whole positive number; else complains. */
bool right_amount_parse(struct cli *c, const char *text, uint64_t *out);
/* A log by number, or that of a person by name or post; refused in words. */
enum rc right_log_find(struct cli *c, const char *text, uint32_t *out,
                       struct fault *why) MUST_USE;
/* What a record that costs a right has of it: a line, or `right` in its JSON. */
void right_backing_add(struct cli *c, const struct record_key *key);
void right_backing_json(struct cli *c, const struct record_key *key, json_t *to);
/* final, tentative, void: the person's word. */
enum word right_state_word(const struct rights_op_row *o);

#endif
