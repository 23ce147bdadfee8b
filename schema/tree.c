#include "schema/tree.h"

#include "schema/ledger_in.h"

/* Entries from..to of the log that has this short number here. */
struct stretch {
    uint32_t n;
    uint64_t from, to;
};

struct tree {
    struct ledger *l;
    struct stretch *stretch;
    size_t stretches_n, stretches_cap;
    struct tree_seal seal;
    uint64_t size; /* leaves of the stretches */
    size_t upto;   /* stretches that the seal covers */
    bool has_seal, is_contradicted;
};

/* ---- which leaves */

static bool
take_run(void *arg, const struct tree_run *run)
{
    struct tree *t = arg;
    if (t->stretches_n == t->stretches_cap) {
        t->stretches_cap = t->stretches_cap * 2 + 64;
        t->stretch = mem_grow(t->stretch, t->stretches_cap * sizeof(*t->stretch));
    }
    t->stretch[t->stretches_n++] =
        (struct stretch){log_number(t->l->log, &run->log), run->from, run->to};
    t->size += run->to - run->from + 1;
    return true;
}

static bool
take_seal(void *arg, const struct tree_seal *seal)
{
    struct tree *t = arg;
    enum seal_verdict verdict = replica_check_seal(t->l->replica, seal->pos);
    t->is_contradicted = verdict == SEAL_WRONG;
    if (verdict == SEAL_RIGHT && seal->size == t->size) {
        t->seal = *seal;
        t->upto = t->stretches_n;
        t->has_seal = true;
    }
    return verdict != SEAL_UNKNOWN;
}

static enum rc
plan(struct tree *t)
{
    struct tree_sink sink = {.run = take_run, .seal = take_seal, .arg = t};
    enum rc rc = replica_check_seals(t->l->replica);
    if (rc == RC_OK)
        rc = replica_tree(t->l->replica, &sink);
    t->stretches_n = t->upto;
    t->size = t->seal.size;
    return rc == RC_OK && !t->has_seal ? RC_STALE : rc;
}

enum rc
tree_open(struct ledger *l, struct tree **out)
{
    struct tree *t = mem_new(sizeof(*t));
    t->l = l;
    enum rc rc = ledger_begin(l);
    if (rc == RC_OK) {
        rc = plan(t);
        ledger_rollback(l); /* nothing was written */
    }
    if (rc != RC_OK) {
        tree_close(t);
        return rc;
    }
    *out = t;
    return RC_OK;
}

void
tree_close(struct tree *t)
{
    if (t != NULL)
        mem_free(t->stretch);
    mem_free(t);
}

uint64_t
tree_seal_no(const struct tree *t)
{
    return t->seal.no;
}

uint64_t
tree_size(const struct tree *t)
{
    return t->seal.size;
}

const struct hash *
tree_root(const struct tree *t)
{
    return &t->seal.root;
}

bool
tree_is_contradicted(const struct tree *t)
{
    return t->is_contradicted;
}

/* ---- reading them */

struct reading {
    struct tree *t;
    tree_fn each;
    void *arg;
    struct merkle made;
};

static enum rc
read_leaf(struct reading *r, const struct key *log, uint64_t seq, struct slice head)
{
    struct tree_leaf leaf = {
        .index = r->made.size, .log = log, .seq = seq, .bytes = head};
    if (head.n != ENTRY_HEAD_BYTES)
        return RC_CORRUPT;
    leaf.id = entry_id(head);
    merkle_add(&r->made, &leaf.id);
    return r->each(r->arg, &leaf);
}

/* One transaction's worth, from *from on. */
static enum rc
read_rows(struct reading *r, const struct stretch *s, uint64_t *from)
{
    struct ledger *l = r->t->l;
    const struct key *log = log_key(l->log, s->n);
    uint64_t to = s->to - *from < TREE_ROWS ? s->to : *from + TREE_ROWS - 1;
    bool row = false;
    enum rc rc = log != NULL ? db_read_begin(l->db) : RC_CORRUPT;
    if (rc != RC_OK)
        return rc;
    sqlite3_stmt *st = db_stmt(l->db, STMT_TREE_HEADS);
    sqlite3_bind_int64(st, 1, log_row(s->n, *from));
    sqlite3_bind_int64(st, 2, log_row(s->n, to));
    while (rc == RC_OK && (rc = db_step(l->db, st, &row)) == RC_OK && row) {
        uint64_t seq = log_row_seq(sqlite3_column_int64(st, 0));
        rc = seq == *from ? read_leaf(r, log, seq, db_column_slice(st, 1)) : RC_CORRUPT;
        *from = seq + 1;
    }
    sqlite3_reset(st);
    db_read_end(l->db);
    return rc == RC_OK && *from <= to ? RC_CORRUPT : rc;
}

enum rc
tree_each(struct tree *t, tree_fn each, void *arg)
{
    struct reading r = {.t = t, .each = each, .arg = arg};
    enum rc rc = RC_OK;
    merkle_init(&r.made);
    for (size_t i = 0; i < t->stretches_n && rc == RC_OK; i++)
        for (uint64_t from = t->stretch[i].from; from <= t->stretch[i].to && rc == RC_OK;)
            rc = read_rows(&r, &t->stretch[i], &from);
    if (rc != RC_OK)
        return rc;
    struct hash root = merkle_root(&r.made);
    return r.made.size == t->seal.size && hash_eq(&root, &t->seal.root) ? RC_OK
                                                                        : RC_CORRUPT;
}
