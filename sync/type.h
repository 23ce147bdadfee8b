/* Record types: the rules engine (schema/TYPES.md section 3). A type is data, parsed from
 * a file by schema/type.c; here is what follows from it. Pure. */
#ifndef LINJULI_TYPE_H
#define LINJULI_TYPE_H

#include "sync/auth_op.h"
#include "sync/value.h"

#define CENTRE_UNIT 0u /* 0000 */

enum personal { PERSONAL_NONE, PERSONAL_YES, PERSONAL_SENSITIVE };
enum visibility { VISIBLE_WALL, VISIBLE_ALL, VISIBLE_HOME, VISIBLE_CARE }; /* V0 to V3 */

/* Where a writer may stand: in the record's unit, in unit 0000, or, for a grid worker or
 * an area secretary, in any unit (their scopes are the limit); or anybody anywhere, who
 * asks another unit for what that alone decides. */
enum who { WHO_UNIT = 1, WHO_CENTRE = 2, WHO_AREA = 4, WHO_ANY = 8 };

/* How changes made apart meet. A fact's own fields are never changed, what a hub type
 * says is the centre's alone; the others tell people what to expect. */
enum merge { MERGE_RECORD, MERGE_FACT, MERGE_OWNED, MERGE_SCARCE, MERGE_HUB };

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
              BREACH_CONFLICT,
              BREACH_FACT,
              BREACH_APART, /* these two depend on the record's other items: rule.h */
              BREACH_SECOND
};

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
    bool is_long; /* TEXT: several lines */
    enum personal personal;
    int64_t min, max; /* INT, MONEY: range; TEXT: length in characters; CODE: length */
    const struct choice *choice;
    size_t choices_n;
    const char *of_type;        /* RECORD: type name, or NULL */
    uint32_t roles;             /* bit per role that may write it; 0: who may edit */
    enum visibility visible;    /* other than the type's: goes to TYPE_private */
    struct label purpose, keep; /* personal fields: why, how long; else NULL */
};
struct state {
    uint16_t code;
    const char *name;
    struct label label;
    bool is_start; /* a record may be made in it; the first state always is */
    bool is_end;   /* nothing is left to do; a move out of it may still exist */
};
struct move {
    uint16_t from, to;
    uint32_t roles;
    uint8_t who; /* bits of enum who */
};
/* What records of a type have to do with rights (TYPES.md 1.7). */
struct right_rule {
    bool is_there;
    uint16_t of;     /* costs, adds: the field that names whose rights; asset: 0 */
    uint16_t field;  /* the field that says how many; 0: `amount` does */
    uint64_t amount; /* field 0: at least 1 */
    uint64_t states; /* costs, adds: a bit per place in `state`: those it is about */
};
#define RULES_MAX 8      /* F: of one kind in a type */
#define RULE_STEPS_MAX 8 /* F: of one rule */
#define STEP_CREATE 0    /* the step that makes a record; others are codes of states */

/* A rule over a record as a whole (rule.h): what it says to whom it stops. */
struct rule {
    const char *name;
    struct label label;
    enum breach breach;
};
/* Separation of duties: pairwise different persons make the steps of one record. */
struct apart {
    struct rule rule;
    uint16_t step[RULE_STEPS_MAX];
    size_t steps_n;
    uint16_t alone; /* field (a record of type person) whose person makes none of the
                       steps but create; 0: none */
};
/* A second approval: nobody moves a record into one of `before` while nobody has made one
 * of the steps. */
struct second {
    struct rule rule;
    uint16_t field; /* INT or MONEY: only if it says more than `over`; 0: always */
    int64_t over;
    uint16_t before[RULE_STEPS_MAX];
    size_t befores_n;
    uint16_t step[RULE_STEPS_MAX];
    size_t steps_n;
};

/* How long a record may take from one step to another (TYPES.md section 10). */
struct deadline {
    const char *name;
    struct label label;
    const char *kind; /* a choice of deadline_rule's field kind */
    uint16_t from;    /* step */
    uint16_t until[RULE_STEPS_MAX];
    size_t untils_n;
    uint16_t extend;            /* state in which more time is granted; 0: never */
    uint16_t to, stated, level; /* fields; 0: none */
};

struct type {
    uint16_t code;
    const char *name; /* on the command line */
    struct label label;
    enum visibility visible;
    enum merge merge;
    uint16_t since; /* schema version that brought it */
    uint32_t create_roles, edit_roles;
    uint8_t create_who, edit_who;
    const struct field *field;
    size_t fields_n; /* ascending code; common five not among them; a public type lists
                        the fields of its private half too */
    const struct state *state;
    size_t states_n; /* first is the initial one; a private half has none */
    const struct move *move;
    size_t moves_n;
    const struct apart *apart;
    size_t aparts_n;
    const struct second *second;
    size_t seconds_n;
    const struct deadline *deadline;
    size_t deadlines_n;
    const uint16_t *step; /* every step that a rule of any version names, each before
                             those that depend on it; none: no rules */
    size_t steps_n;
    uint16_t private_of;   /* code of the public type this is the private half of, or 0 */
    uint16_t private_code; /* code of the type's private half, or 0 */
    struct right_rule asset; /* each record is one: so many rights are issued on it */
    struct right_rule costs; /* a record uses rights up, as long as it is in a state */
    struct right_rule adds;  /* a record issues rights when it comes into a state */
};

/* All types of one schema version, by code. */
struct types {
    uint16_t version;
    struct hash hash; /* SHA-256 over the files' bytes in name order */
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
/* Is the rule about records in that state (0: of a type without states)? */
bool right_rule_has(const struct type *t, const struct right_rule *r, uint16_t state);
const struct choice *choice_by_code(const struct field *f, uint16_t code);
/* Has the type, in this version, rules over a record as a whole? */
bool type_has_rules(const struct type *t);
/* Does the field stand in the type's private half? */
bool field_is_private(const struct type *t, const struct field *f);

/* The kind of scope that a record of this type belongs to, in a unit whose own scope
 * (never the care scope) is of kind `own`: the centre's is SCOPE_DESK. */
enum scope_kind type_scope_kind(const struct type *t, enum scope_kind own);

/* Who writes: the grant that rules at the entry's seq. */
struct writer {
    enum role role;
    uint32_t unit;
};

const char *breach_name(enum breach b); /* "MOVE"; static */

/* May this put, written under these rules by this writer into this scope, take effect? As
 * a whole: the first breach decides. `field` (may be NULL) gets the code it is about, or
 * 0. What is judged: type, scope, fields known, values well-formed and in range, roles,
 * unit, the move. A required field missing is refused to a local writer (schema/), not
 * here. */
enum breach type_check(const struct types *t, const struct op *put, enum scope_kind scope,
                       uint32_t scope_unit, const struct writer *by, uint16_t *field);
/* Is the value (walked bytes) what the field's kind asks for, in its range? */
bool value_check(const struct field *f, struct slice value);
/* May this writer make records of the type in that unit? */
bool type_may_create(const struct type *t, const struct writer *by, uint32_t unit);
bool move_is_legal(const struct type *t, uint16_t from, uint16_t to,
                   const struct writer *by, uint32_t unit);

#endif
