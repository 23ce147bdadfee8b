/* Between the files of schema/type*.c only: one type under construction. */
#ifndef LINJULI_TYPE_BUILD_H
#define LINJULI_TYPE_BUILD_H

#include "schema/type.h"
#include "schema/data_file.h"

/* What types_free takes apart: everything lives in blocks that the set remembers. */
struct type_set {
    struct types types; /* first: the pointer handed out is to it */
    void **block;
    size_t blocks_n;
    size_t blocks_cap;
};

struct build {
    struct type_set *set;
    const char *file;
    const struct section *root;
    uint16_t version; /* whose rules are wanted */
    struct fault *why;
    struct type *type;
};

extern const struct grammar type_grammar; /* type_grammar.c: what may stand in a file */

/* Zeroed, aligned for anything, freed with the set. */
void *set_new(struct type_set *set, size_t n);
const char *set_text(struct type_set *set, const char *text);

/* Refusals: `where` is NULL for the file itself, else the section they are about. */
enum rc refuse(const struct build *b, enum fault_code code, const struct section *where,
               const char *key, const char *want);

/* ---- single keys. Missing where required, or ill-formed: refused. */
enum rc get_int(const struct build *b, const struct section *sec, const char *key,
                int64_t min, int64_t max,
                int64_t *out) MUST_USE; /* missing: *out stays */
enum rc get_code(const struct build *b, const struct section *sec, int64_t min,
                 uint16_t *out) MUST_USE;
enum rc get_flag(const struct build *b, const struct section *sec, const char *key,
                 bool *out) MUST_USE;
enum rc get_label(const struct build *b, const struct section *sec,
                  struct label *out) MUST_USE;
enum rc get_roles(const struct build *b, const struct section *sec,
                  uint32_t *out) MUST_USE;
enum rc get_who(const struct build *b, const struct section *sec, uint32_t roles,
                uint8_t *out) MUST_USE;
/* Is the section part of the version's rules (since <= version <= until)? */
enum rc is_in_force(const struct build *b, const struct section *sec, bool *out) MUST_USE;
/* Lower-case words of letters, digits, _, beginning with a letter. */
bool name_is_good(const char *name);
/* The next word of a list ("leader, grid") into out; false: none left. Too long a word
 * comes out cut and so matches nothing. */
bool next_word(const char **list, char out[static TYPE_NAME_BYTES_MAX + 1]);

bool kind_parse(const char *text, enum value_kind *out);
bool visibility_parse(const char *text, enum visibility *out);
bool personal_parse(const char *text, enum personal *out);
bool who_parse(const char *text, uint8_t *bit);
bool merge_parse(const char *text, enum merge *out);

/* ---- parts of a type */
enum rc build_fields(struct build *b) MUST_USE; /* type_field.c */
enum rc build_life(struct build *b) MUST_USE;   /* type_life.c: states and moves */
enum rc build_right(struct build *b) MUST_USE;  /* type_right.c: asset, costs, adds */
/* Is what a costs or adds names an asset? When all types are there. */
enum rc check_right(const struct build *b, const struct types *all,
                    const struct type *t) MUST_USE;
enum rc build_deadlines(struct build *b) MUST_USE; /* type_due.c */
/* Is the rule that a deadline follows one of deadline_rule's kinds? */
enum rc check_deadlines(const struct build *b, const struct types *all,
                        const struct type *t) MUST_USE;
/* Words of a list as steps of rules. */
enum rc get_steps(const struct build *b, const struct section *sec, const char *key,
                  uint16_t *step, size_t *n) MUST_USE;
enum rc build_rules(struct build *b) MUST_USE; /* type_rule.c: over a record as a whole */

#endif
