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

/* One item by name: rights name each other so, for an entry may hold several. */
struct item_name {
    struct version at;
    uint16_t index; /* in its entry */
};
int item_name_cmp(const struct item_name *a, const struct item_name *b);

struct put_field {
    uint16_t code;
    uint16_t replaces_n;
    const struct version *replaces; /* ascending; own versions with log_no 0 as written */
    struct slice value;             /* canonical msgpack, borrowed */
};

#define OP_AMOUNT_MAX (1ull << 53) /* F: well-formed; the fold asks for 1 to 2^40 */
#define UNIT_MAX 9999u             /* F: units are four digits */

/* A decoded operation; slices borrow from the bytes it was decoded from, `replaces` from
 * the struct itself: never copy one. Large: keep one and decode into it again and again.
 * Only what belongs to its code is set. */
struct op {
    enum op_code code;
    /* put */
    uint32_t unit;
    uint8_t record[RECORD_ID_BYTES];
    uint16_t type;
    uint16_t fields_n;
    struct put_field field[PUT_FIELDS_MAX]; /* ascending codes */
    struct version pool[OP_VERSIONS_MAX];   /* what `replaces` points into */
    uint16_t pool_n;
    /* rights */
    struct item_name asset;    /* issue, give, take, spend, return */
    uint64_t amount;           /* issue, give, spend: 0 to OP_AMOUNT_MAX */
    uint32_t to;               /* give: log number */
    bool is_inherited;         /* take: the balance of log `from`; else the give `of` */
    uint32_t from;             /* take: number of a revoked log */
    struct item_name of;       /* take: the give; return: the spend */
    bool has_subject;          /* open: is there one */
    struct record_key subject; /* open: what the asset is of; spend: what for */
    /* acknowledgement of an erase */
    struct hash erase;    /* id of the authority entry */
    uint16_t erase_index; /* of the erase operation in it */
};

/* RC_MALFORMED for anything that is not exactly one canonical operation; an operation of
 * an unknown code is RC_NOTFOUND (carried, without effect). */
enum rc op_decode(struct slice bytes, struct op *out) MUST_USE;
/* Appended. What is written must decode again: the caller keeps ranges and order, and has
 * not resolved it. */
void op_encode(const struct op *op, struct buf *out);

/* Is no own version written with the log's number? Else the operation has no effect. */
bool op_own_is_zero(const struct op *op, uint32_t own_log_no) MUST_USE;
/* Puts the writer's number where 0 stands, and `replaces` in order again. */
void op_resolve(struct op *op, uint32_t log_no);

#endif
