/* Joining by two files, for a computer that reaches nobody: its request, and the centre's
 * answer, which only that computer opens (JOIN.md). */
#ifndef LINJULI_REQUEST_H
#define LINJULI_REQUEST_H

#include "schema/order.h"

#define REQUEST_WORD_BYTES_MAX 32 /* unit, role */
#define REQUEST_FILE_BYTES_MAX 1024
#define ANSWER_FILE_BYTES_MAX (64 << 20)

struct request {
    struct key box, log, ack;
    char person[NAME_BYTES_MAX + 1];
    char unit[REQUEST_WORD_BYTES_MAX + 1], role[REQUEST_WORD_BYTES_MAX + 1];
    uint64_t made_ms; /* by the asking computer's clock */
};
/* Signed by both; their public halves stand in it. */
void request_encode(const struct request *r, const struct pair *log,
                    const struct pair *ack, struct buf *out);
/* RC_CORRUPT: torn; RC_STALE: of a later release; RC_FORGED: a signature does not hold;
 * RC_MALFORMED: it is none. `name` (may be NULL): SHA-256 of the whole file. */
enum rc request_decode(struct slice file, struct request *out,
                       struct hash *name) MUST_USE;

/* The answer carries an invite body whose grant names the log's key, and every authority
 * entry, seals too; invite number, secret and seed are zero. */
void answer_encode_random(const struct invite *i, const struct hash *request,
                          const struct key *box, struct buf *out);
/* RC_INVALID: it answers another request; others as above. */
enum rc answer_decode(struct slice file, const struct hash *request,
                      const struct pair *box, struct invite *out) MUST_USE;

/* ---- the hub's part, inside a turn */
struct admit_wish { /* what the request asks for, or what was said instead */
    const char *person;
    uint32_t unit;
    enum role role;
    bool is_unit_said, is_role_said; /* else it is the request's word */
};
struct admitted {
    bool was_there; /* before this was called */
    struct order_result is;
    uint32_t log_no, node;
    struct grant grant;
};
/* Person record, grant of the log's key as an order, and once that counts the node and
 * the keys it reads: hub_seat. An order that waits for this key stays as it is. RC_BUSY:
 * the unit's scope is not there yet. RC_INVALID: these keys are granted otherwise, or for
 * another unit or role than is said now. */
enum rc hub_admit(struct ledger *l, const struct hub *h, const struct author *by,
                  const struct request *r, const struct admit_wish *w, const char *who,
                  struct admitted *out, struct fault *why) MUST_USE;
/* The answer for who has been admitted, appended. RC_LIMIT: longer than a file may be. */
enum rc hub_answer(struct ledger *l, const struct request *r, const struct hash *name,
                   const char *person, struct slice addresses, struct buf *out) MUST_USE;

#endif
