/* Held for review: whole entries that came and do not count, because their log had ended
 * below them or forked (AUTHORITY.md section 7). They stand in no table, list or report.
 * Whoever decides reads them here, and adopts or declines each: what is adopted is
 * written again as own items that name the entry in their field `from`; the answer is a
 * record of type held_review that every node gets (TYPES.md section 8). */
#ifndef LINJULI_REVIEW_H
#define LINJULI_REVIEW_H

#include "schema/author.h"

enum review_answer { HELD_OPEN, HELD_ADOPTED, HELD_DECLINED };

struct review_row {
    const struct log_state *log;
    uint64_t seq;
    struct hash id;
    bool is_here;       /* false: only the answer has come to this node */
    struct slice bytes; /* the whole entry, borrowed; is_here only, as the next three */
    uint64_t clock;
    uint16_t items_n;
    uint16_t schema;
    enum review_answer answer;
    bool is_disputed;           /* two answers, not settled yet: a case */
    const struct log_state *by; /* who answered */
    uint64_t by_seq;
    struct slice words; /* of the answer; borrowed */
    uint64_t left_out;
};
typedef bool (*review_fn)(void *arg, const struct review_row *row);

/* Everything held here, by log number, then along the log, then what stands beside it; at
 * last the answers whose entries are not here. One entry is in memory at a time; the
 * callback may read records, and stops by false. */
enum rc review_each(struct ledger *l, review_fn each, void *arg) MUST_USE;
/* By LOG:SEQ or a beginning of its id (8 hex digits at least). `keep` owns what `out`
 * borrows. RC_NOTFOUND; RC_AMBIGUOUS: two at that place, name it by its id. */
enum rc review_find(struct ledger *l, const char *name, struct buf *keep,
                    struct review_row *out, struct fault *why) MUST_USE;

enum review_kind {
    HELD_PUT,
    HELD_GONE,   /* erased, or of a record that was */
    HELD_LOCKED, /* its key is not held */
    HELD_NEWER,  /* written by a later release: the rules are not known here */
    HELD_BROKEN, /* does not open, or is no operation */
    HELD_RIGHTS  /* rights are inherited, not adopted */
};
struct review_item {
    uint16_t index;
    enum review_kind kind;
    uint32_t unit;           /* LOCKED: whose scope, where that is known */
    struct record_key key;   /* PUT */
    const struct type *type; /* PUT */
    const struct op *op;     /* PUT; borrowed */
    enum breach breach;      /* PUT: it would have had no effect from its writer either */
    uint16_t breach_field;
};
enum rc review_items(struct ledger *l, const struct review_row *row,
                     bool (*each)(void *arg, const struct review_item *item),
                     void *arg) MUST_USE;

/* What becomes of each item, told before anything is written; left_out says why not. */
struct review_told {
    const struct review_item *item;
    const struct fault *left_out; /* NULL: taken */
};
typedef void (*review_told_fn)(void *arg, const struct review_told *told);
struct review_result {
    uint64_t taken, left_out;
};
/* Writes the entry's content again for `a`; inside the caller's transaction. A record
 * that the entry made is made again under its own id and number, so that two who adopt
 * apart make the same record; a change replaces what stands there now. Items that can
 * take no effect are left out and told; where none is left, nothing is written. RC_DENIED
 * in words where another has to decide. */
enum rc review_adopt(struct ledger *l, const struct author *a, const char *name,
                     review_told_fn told, void *arg, struct review_result *out,
                     struct fault *why) MUST_USE;
/* Says that it is not taken, and why; it may be adopted later all the same. */
enum rc review_decline(struct ledger *l, const struct author *a, const char *name,
                       const char *words, struct fault *why) MUST_USE;

/* The record that answers for this entry. */
void review_key(const struct log_state *log, uint64_t seq, const struct hash *id,
                struct record_key *out);

#endif
