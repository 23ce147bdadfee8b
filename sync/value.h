/* Field values: what their canonical msgpack bytes mean, kind by kind (schema/TYPES.md
 * section 2). One value has one encoding, so equal values are equal bytes. Pure. */
#ifndef LINJULI_VALUE_H
#define LINJULI_VALUE_H

#include "sync/op.h"

#define VALUE_CHOICES_MAX 32      /* F: codes of one value */
#define VALUE_WHY_BYTES_MAX 1024  /* F: the words beside a move */
#define VALUE_RUNNING_MAX 9999999 /* F: of a record number */
#define VALUE_DAY_MIN (-62091)    /* F: 1800-01-01 */
#define VALUE_DAY_MAX 84005       /* F: 2199-12-31 */
#define DAY_MINUTES 1440

enum value_kind {
    VALUE_TEXT, /* str */
    VALUE_INT,  /* int within min..max */
    VALUE_BOOL,
    VALUE_DATE,    /* int: days since 1970-01-01 */
    VALUE_TIME,    /* int: minutes since 1970-01-01 local (stated time) */
    VALUE_CHOICE,  /* uint: a code of `choice` */
    VALUE_CHOICES, /* array of ascending codes */
    VALUE_PHONE,   /* str: digits, +, -, space */
    VALUE_CODE,    /* str of digits, fixed length: unit codes, GB codes */
    VALUE_MONEY,   /* int: fen */
    VALUE_RECORD,  /* array [scope, unit, id]: a reference */
    VALUE_GONE,
    VALUE_NUMBER,
    VALUE_STATE,
    VALUE_LINK,
    VALUE_ENTRY /* the five that all have */
};

/* What people call a record: 0302-017-26-0047, or 0302-xABCD-26-0001 while the log that
 * made it had no grant. */
struct number {
    uint32_t unit;
    uint32_t log_no; /* 0: no grant yet */
    uint16_t mark;   /* then: the first two bytes of its key */
    uint8_t year;    /* of the century */
    uint32_t running;
};

enum gone_reason { GONE_UNDONE = 1, GONE_TWIN, GONE_MISTAKE, GONE_MOVED, GONE_OTHER };
struct gone {
    uint16_t reason;
    bool has_batch;
    uint8_t batch[RECORD_ID_BYTES]; /* of an import that was taken back */
};

/* from 0: the record is made. from == to: a settle that keeps the state. */
struct state_move {
    uint16_t from, to;
    struct slice why; /* words of whoever moved it; empty: none */
};

enum link_kind {
    LINK_MOVED_FROM = 1, /* another unit's or scope's record goes on here */
    LINK_MOVED_TO,
    LINK_TURNED_FROM, /* reclassified: the number went along */
    LINK_TURNED_INTO,
    LINK_SAME_AS,
    LINK_RAISED_BY /* noticed during a visit, a meeting */
};
struct link {
    uint16_t kind;
    struct record_key to;
};

struct value {
    enum value_kind kind;
    bool is_nil; /* taken away again; then nothing else is set */
    union {
        struct slice text; /* TEXT, PHONE, CODE; borrowed */
        int64_t num;       /* INT, DATE, TIME, MONEY, CHOICE */
        bool yes;
        struct {
            uint16_t n;
            uint16_t code[VALUE_CHOICES_MAX]; /* ascending */
        } codes;
        struct record_key record;
        struct gone gone;
        struct number number;
        struct state_move move;
        struct link link;
        struct hash entry;
    } as;
};

/* Bytes that op_decode has walked (or value_encode has made) into a value of that kind.
 * Judges the form alone: right shape, one legal encoding; not the field's range. */
bool value_decode(enum value_kind kind, struct slice bytes, struct value *out);
/* Appends the only legal encoding. What goes in must be what value_decode would give. */
void value_encode(const struct value *v, struct buf *out);

/* Characters of valid UTF-8. */
size_t value_chars(struct slice utf8);
/* Nothing in it that hides, reorders or breaks a line: no control character, no line or
 * paragraph separator, no bidi control, no byte order mark. Several lines: newline and
 * tab may stand in it. */
bool value_text_is_clean(struct slice utf8, bool lines);
/* 5 to 20 digits, + only in front, single - and spaces between. */
bool value_phone_is_clean(struct slice s);

#endif
