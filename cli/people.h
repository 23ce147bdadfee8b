/* Who: person, post, unit, role of a log. */
#ifndef LINJULI_CLI_PEOPLE_H
#define LINJULI_CLI_PEOPLE_H

#include <jansson.h>

#include "cli/cli.h"

/* Name of a person record, escaped; nothing where it is not held. */
void person_phone(struct ledger *l, const uint8_t id[static RECORD_ID_BYTES],
                  struct buf *out);
/* Of whoever wrote the first log of the centre; nothing where it is not held. */
void centre_phone(struct ledger *l, struct buf *out);
void person_name(struct ledger *l, const uint8_t id[static RECORD_ID_BYTES],
                 struct buf *out);
/* "王× 0302 组长 (017)"; log NULL: nobody known. */
void who_add(struct cli *c, const struct log_state *log, uint64_t seq, struct buf *out);
/* person, log, post, unit, role, node as members of `to`. */
void who_json(struct cli *c, const struct log_state *log, uint64_t seq, json_t *to);
/* The grant that rules now; NULL: none. */
const struct log_grant *grant_now(const struct log_state *log);
/* Is it this person (name or post number) that the log belongs to? */
bool who_is(struct ledger *l, const struct log_state *log, const char *person);

#endif
