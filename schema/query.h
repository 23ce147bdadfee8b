/* Reading records. Callbacks get borrowed data, and may read and write; false stops. */
#ifndef LINJULI_QUERY_H
#define LINJULI_QUERY_H

#include "schema/ledger.h"

struct value_row { /* one field of one record as people see it */
    const struct field *field;
    struct slice value; /* shown, canonical; {NULL, 0}: not set */
    enum field_state state;
};
struct record_row {
    struct record_key key;
    const struct type *type;
    char number[40];
    const struct state *state; /* NULL: the type has none */
    bool is_gone, is_parallel, has_conflict;
    bool is_counted;   /* false: only our own, not yet granted log says so */
    struct slice link; /* where it came from, or what it became; empty: neither */
    const struct value_row *value;
    size_t values_n; /* in field order, private half included */
};
typedef bool (*record_fn)(void *arg, const struct record_row *r);

/* By number, record id in hex, or an unambiguous beginning of either (at least 4
 * characters). RC_NOTFOUND, RC_AMBIGUOUS (fault names two of them). */
enum rc query_find_one(struct ledger *l, const char *id, struct record_key *out,
                       struct fault *why) MUST_USE;
enum rc query_get(struct ledger *l, const struct record_key *key, record_fn each,
                  void *arg) MUST_USE;

struct filter {
    const char *field;
    const char *value;
};
/* Records of a type by unit and number, gone ones left out. Filters: equal, by field name
 * or `unit`, `state`; all must fit; an empty value: not set. limit 0: all. */
enum rc query_list(struct ledger *l, const char *type, const struct filter *f, size_t n,
                   uint64_t limit, record_fn each, void *arg, struct fault *why) MUST_USE;
/* The same, of those that `like` is found in as query_text finds it (NULL: all), by the
 * field `sort` (NULL: by unit and number): Chinese by pinyin, numbers and dates by size,
 * what is not set last. */
struct wanted_list {
    const struct filter *f;
    size_t n;
    const char *like, *sort;
    uint64_t limit;
};
enum rc query_listing(struct ledger *l, const char *type, const struct wanted_list *want,
                      record_fn each, void *arg, struct fault *why) MUST_USE;
/* Text anywhere in a text, phone or code, or in the record's number, of all types; ASCII
 * letters of either case; letters alone also by pinyin (pinyin.h), but not in fields of
 * several lines, where nearly anything is found. Empty text finds nothing. */
enum rc query_text(struct ledger *l, const char *text, uint64_t limit, record_fn each,
                   void *arg) MUST_USE;
enum rc query_count(struct ledger *l, const char *type, uint64_t *out,
                    struct fault *why) MUST_USE;

struct history_row {
    struct version at;
    uint16_t index;
    const struct log_state *log; /* who: log, person, post, node */
    uint64_t clock;
    uint64_t sealed_clock; /* UINT64_MAX: not yet */
    const struct op *put;
    enum breach breach;      /* why it has no effect */
    const struct rule *rule; /* APART, SECOND: which one */
    bool is_effective;
};
enum rc query_history(struct ledger *l, const struct record_key *key,
                      bool (*each)(void *arg, const struct history_row *h),
                      void *arg) MUST_USE;

/* Records that this log has written something in; both halves of one are one call. */
enum rc query_touched(struct ledger *l, const struct key *log,
                      bool (*each)(void *arg, const struct record_key *key),
                      void *arg) MUST_USE;

struct case_row {
    char name[9];          /* 8 hex digits */
    struct record_key key; /* of the public record, if that can be read here */
    const struct type *type;
    char number[40];
    const struct field *field; /* unbacked: NULL */
    const char *kind;          /* "conflict", "cycle"; "unbacked": it needs a right */
    bool is_ours;              /* this node's unit decides */
    size_t choices_n;
    const struct case_choice {
        struct version at;
        struct slice value;
        const struct log_state *log;
        uint64_t clock;
    } * choice;
};
enum rc query_cases(struct ledger *l, bool (*each)(void *arg, const struct case_row *c),
                    void *arg) MUST_USE;
uint64_t query_cases_n(struct ledger *l);

#endif
