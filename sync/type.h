/* Record types: the rules engine (RECORDS.md section 4). A type is data, parsed from a
 * file by schema/type.c; here is what follows from it. Pure. */
#ifndef LINJULI_TYPE_H
#define LINJULI_TYPE_H

#include "sync/auth_op.h"
#include "sync/op.h"

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
enum personal { PERSONAL_NONE, PERSONAL_YES, PERSONAL_SENSITIVE };
enum visibility { VISIBLE_WALL, VISIBLE_ALL, VISIBLE_HOME, VISIBLE_CARE }; /* V0 to V3 */
enum who { WHO_UNIT = 1, WHO_CENTRE = 2 }; /* the record's unit; unit 0000 */

struct label {
    const char *zh, *en;
};
struct choice {
    uint16_t code;
    const char *name;
    struct label label;
};

struct field {
    uint16_t code;
    const char *name;
    struct label label;
    enum value_kind kind;
    bool is_required, is_title;
    enum personal personal;
    int64_t min, max; /* INT, MONEY: range; TEXT: length in characters; CODE: length */
    const struct choice *choice;
    size_t choices_n;
    const char *of_type;     /* RECORD: type name, or NULL */
    uint32_t roles;          /* bit per role that may write it; 0: who may edit */
    enum visibility visible; /* other than the type's: goes to TYPE_private */
    const char *purpose;
    const char *keep; /* personal fields: why, how long */
};
struct state {
    uint16_t code;
    const char *name;
    struct label label;
    bool is_end;
};
struct move {
    uint16_t from, to;
    uint32_t roles;
    uint8_t who; /* bits of enum who */
};

struct type {
    uint16_t code;
    const char *name; /* on the command line */
    struct label label;
    enum visibility visible;
    uint16_t since; /* schema version that brought it */
    uint32_t create_roles, edit_roles;
    uint8_t create_who, edit_who;
    const struct field *field;
    size_t fields_n; /* ascending code; common five not among them */
    const struct state *state;
    size_t states_n; /* first is the initial one */
    const struct move *move;
    size_t moves_n;
    uint16_t private_of; /* code of the public type this is the private half of, or 0 */
};

/* All types of one schema version, by code. */
struct types {
    uint16_t version;
    struct hash hash;
    const struct type *type;
    size_t n;
};

const struct type *type_by_code(const struct types *t, uint16_t code);
const struct type *type_by_name(const struct types *t, const char *name);
const struct field *field_by_code(const struct type *t,
                                  uint16_t code); /* the common five too */
const struct field *field_by_name(const struct type *t, const char *name);
const struct state *state_by_code(const struct type *t, uint16_t code);
const struct state *state_by_name(const struct type *t, const char *name);

/* Who writes: the grant that rules at the entry's seq. */
struct writer {
    enum role role;
    uint32_t unit;
};

enum breach { /* why an item has no effect */
              BREACH_NONE,
              BREACH_TYPE,
              BREACH_FIELD,
              BREACH_VALUE,
              BREACH_ROLE,
              BREACH_UNIT,
              BREACH_MOVE,
              BREACH_STATE,
              BREACH_SCOPE,
              BREACH_CONFLICT
};
/* May this put, written under these rules by this writer into this scope kind, take
 * effect? As a whole: the first breach decides. `field` (may be NULL) gets the code it is
 * about. What is judged: type and fields known, values well-formed and in range, roles,
 * unit, the move. A required field missing is refused to a local writer (schema/), not
 * here. */
enum breach type_check(const struct types *t, const struct op *put, enum scope_kind scope,
                       const struct writer *by, uint16_t *field);
/* Is the value what the field's kind asks for, in its range? */
bool value_check(const struct field *f, struct slice value);
bool move_is_legal(const struct type *t, uint16_t from, uint16_t to,
                   const struct writer *by, uint32_t unit);

#endif
