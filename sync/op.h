/* Operations inside data items (RECORDS.md section 2): msgpack arrays with integer codes
 * in a strict canonical subset. Field values stay canonical msgpack bytes: equal values
 * are equal bytes, and only the record type says what they mean. */
#ifndef LINJULI_OP_H
#define LINJULI_OP_H

#include "crypto/crypto.h"
#include "sync/limits.h"

#define RECORD_ID_BYTES 16

enum op_code {
    OP_PUT = 1,
    OP_OPEN,
    OP_ISSUE,
    OP_GIVE,
    OP_TAKE,
    OP_SPEND,
    OP_RETURN,
    OP_ERASED /* acknowledgement of an erase, in a node's own log */
};

/* Fields that every type has. */
enum field_code {
    FIELD_GONE = 1,
    FIELD_NUMBER,
    FIELD_STATE,
    FIELD_LINK,
    FIELD_FROM,
    FIELD_FIRST_OWN = 10
};

/* One signed version of something: log number (0: the writing log itself), seq, first 8
 * bytes of the entry's id. */
struct version {
    uint32_t log_no;
    uint64_t seq;
    uint8_t id8[8];
};
int version_cmp(const struct version *a,
                const struct version *b); /* log number, seq, id8 */

struct record_key {
    uint32_t scope;
    uint32_t unit;
    uint8_t id[RECORD_ID_BYTES];
};
int record_key_cmp(const struct record_key *a, const struct record_key *b);

struct put_field {
    uint16_t code;
    uint16_t replaces_n;
    const struct version *replaces; /* ascending; own versions with log_no 0 as written */
    struct slice value;             /* canonical msgpack, borrowed */
};

/* A decoded operation; slices borrow from the bytes it was decoded from. Large: keep one
 * and decode into it again and again. */
struct op {
    enum op_code code;
    /* put */
    uint32_t unit;
    uint8_t record[RECORD_ID_BYTES];
    uint16_t type;
    uint16_t fields_n;
    struct put_field field[PUT_FIELDS_MAX]; /* ascending codes */
    struct version pool[OP_VERSIONS_MAX];   /* what `replaces` points into */
};

/* RC_MALFORMED for anything that is not exactly one canonical operation; an operation of
 * an unknown code is RC_NOTFOUND (carried, without effect). */
enum rc op_decode(struct slice bytes, struct op *out) MUST_USE;
void op_encode(const struct op *op, struct buf *out); /* appended */

#endif
