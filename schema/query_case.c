/* What people have to settle, and how a record came to be what it is. */
#include "schema/query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema/project.h"
#include "schema/query_in.h"
#include "schema/rights.h"
#include "schema/text.h"
#include "schema/type.h"

/* ---- cases */

enum rc
query_case(struct ledger *l, const char *name, int64_t *no, uint16_t *field)
{
    uint8_t bytes[4];
    bool row = false;
    if (!hex_parse(name, sizeof(bytes), bytes))
        return RC_NOTFOUND;
    sqlite3_stmt *s = db_stmt(l->db, STMT_QUERY_CASE);
    sqlite3_bind_int64(s, 1, get_u32(bytes));
    size_t n = 0;
    enum rc rc;
    while ((rc = db_step(l->db, s, &row)) == RC_OK && row) {
        *no = sqlite3_column_int64(s, 0);
        *field = (uint16_t)sqlite3_column_int(s, 1);
        n++;
    }
    sqlite3_reset(s);
    return rc != RC_OK ? rc : n == 1 ? RC_OK : n == 0 ? RC_NOTFOUND : RC_AMBIGUOUS;
}

static bool
count_unbacked(void *arg, const struct rights_unbacked *u)
{
    (void)u;
    ++*(uint64_t *)arg;
    return true;
}

uint64_t
query_cases_n(struct ledger *l)
{
    sqlite3_stmt *s = db_stmt(l->db, STMT_QUERY_CASES_N);
    bool row = false;
    enum rc rc = db_step(l->db, s, &row);
    uint64_t n = rc == RC_OK && row ? (uint64_t)sqlite3_column_int64(s, 0) : 0;
    sqlite3_reset(s);
    return rights_unbacked(l, count_unbacked, &n) == RC_OK ? n : 0;
}

static bool
own_unit(struct ledger *l, uint32_t *unit)
{
    const struct node_info *n =
        l->has_box ? authority_node_by_box(replica_authority(l->replica), &l->box.pub)
                   : NULL;
    if (n != NULL)
        *unit = n->unit;
    else if (l->assumed_n > 0)
        *unit = l->assumed[0].unit;
    return n != NULL || l->assumed_n > 0;
}

struct open_case {
    int64_t no;
    uint16_t field;
    uint32_t name;
};

static void
fill_choices(struct ledger *l, const struct image *im, const struct image_field *f,
             struct case_choice *out)
{
    for (size_t i = 0; i < f->n; i++) {
        const struct image_choice *c = &im->choice[f->first + i];
        out[i] = (struct case_choice){.at = c->at,
                                      .value = image_value(im, c),
                                      .log = ledger_log_at(l, c->entry),
                                      .clock = c->clock};
    }
}

/* People know a private half by its public record. */
static enum rc
name_case(struct ledger *l, struct case_row *row)
{
    struct image im = {0};
    struct record_key key = row->key;
    int64_t no = 0, number = -1;
    const struct type *t = row->type;
    if (t->private_of != 0) {
        t = type_by_code(ledger_types(l), t->private_of);
        if (t == NULL || ledger_scope_of(l, t, key.unit, &key.scope) != RC_OK)
            return RC_OK;
    }
    enum rc rc = query_no_of(l, &key, t->code, &no);
    if (rc == RC_OK)
        rc = fold_read_record(l, no, &im, &number);
    if (rc == RC_OK) {
        row->key = key;
        row->type = t;
    }
    if (rc == RC_OK && number >= 0) {
        struct number n;
        number_unpack(number, &n);
        number_print(&n, row->number);
    }
    image_fini(&im);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc
tell_case(struct ledger *l, const struct open_case *o, struct image *im,
          bool (*each)(void *arg, const struct case_row *c), void *arg, bool *more)
{
    uint32_t unit = 0;
    image_clear(im);
    enum rc rc = fold_read(l, o->no, im);
    if (rc != RC_OK) /* whoever was told of the one before may have ended this one */
        return rc == RC_NOTFOUND ? RC_OK : rc;
    const struct type *t = type_by_code(ledger_types(l), im->type);
    const struct image_field *f = image_field(im, o->field);
    if (t == NULL || f == NULL || f->state == FIELD_CLEAN)
        return RC_OK;
    struct case_choice *choice = mem_new((f->n + 1) * sizeof(*choice));
    fill_choices(l, im, f, choice);
    struct case_row row = {.key = im->key,
                           .type = t,
                           .field = field_by_code(t, o->field),
                           .kind = f->state == FIELD_CYCLE ? "cycle" : "conflict",
                           .is_ours = own_unit(l, &unit) && unit == im->key.unit,
                           .choices_n = f->n,
                           .choice = choice};
    (void)snprintf(row.name, sizeof(row.name), "%08x", o->name);
    rc = name_case(l, &row);
    if (rc == RC_OK)
        *more = each(arg, &row);
    mem_free(choice);
    return rc;
}

struct unbacked_run {
    struct ledger *l;
    bool (*each)(void *arg, const struct case_row *c);
    void *arg;
    enum rc rc;
};

/* Nobody chooses there: it is backed, or moves on. */
static bool
tell_unbacked(void *arg, const struct rights_unbacked *u)
{
    struct unbacked_run *run = arg;
    uint32_t unit = 0;
    struct case_row row = {.key = u->key,
                           .type = u->type,
                           .kind = "unbacked",
                           .is_ours = own_unit(run->l, &unit) && unit == u->key.unit};
    (void)snprintf(row.name, sizeof(row.name), "%08x", u->name);
    run->rc = name_case(run->l, &row);
    return run->rc == RC_OK && run->each(run->arg, &row);
}

/* Collected first: whoever is told may read or settle. */
enum rc
query_cases(struct ledger *l, bool (*each)(void *arg, const struct case_row *c),
            void *arg)
{
    struct open_case *all = NULL;
    struct image im = {0};
    size_t n = 0;
    bool row = false, more = true;
    sqlite3_stmt *s = db_stmt(l->db, STMT_QUERY_CASES);
    enum rc rc;
    while ((rc = db_step(l->db, s, &row)) == RC_OK && row) {
        all = mem_grow(all, (n + 1) * sizeof(*all));
        all[n++] = (struct open_case){.no = sqlite3_column_int64(s, 0),
                                      .field = (uint16_t)sqlite3_column_int(s, 1),
                                      .name = (uint32_t)sqlite3_column_int64(s, 2)};
    }
    sqlite3_reset(s);
    for (size_t i = 0; rc == RC_OK && more && i < n; i++)
        rc = tell_case(l, &all[i], &im, each, arg, &more);
    image_fini(&im);
    mem_free(all);
    struct unbacked_run run = {.l = l, .each = each, .arg = arg};
    if (rc == RC_OK && more)
        rc = rights_unbacked(l, tell_unbacked, &run);
    return rc == RC_OK ? run.rc : rc;
}

/* ---- history */

struct step { /* one item of the record */
    int64_t row;
    uint16_t index;
    uint64_t clock;
    const struct rule *rule; /* that takes its effect away */
};
struct steps {
    struct step *p;
    size_t n;
};

static int
by_clock(const void *a, const void *b)
{
    const struct step *x = a, *y = b;
    if (x->clock != y->clock)
        return x->clock < y->clock ? -1 : 1;
    if (x->row != y->row)
        return x->row < y->row ? -1 : 1;
    return (int)x->index - (int)y->index;
}

struct telling {
    struct ledger *l;
    struct buf entry, plain;
    struct op *op;
    bool (*each)(void *arg, const struct history_row *h);
    void *arg;
    bool more;
};

/* The item's operation, own versions resolved; RC_NOTFOUND: erased. */
static enum rc
open_step(struct telling *t, const struct step *s, const struct log_state *log,
          struct entry *e)
{
    struct entry_item item;
    uint32_t scope = 0, epoch = 0;
    enum rc rc = log_entry_at(t->l->log, s->row, &t->entry);
    if (rc == RC_OK)
        rc = entry_decode(buf_slice(&t->entry), e);
    if (rc != RC_OK)
        return rc;
    struct entry_items it = entry_items(e);
    for (uint16_t i = 0; entry_items_next(&it, &item); i++) {
        if (i != s->index)
            continue;
        if (item.is_erased)
            return RC_NOTFOUND;
        rc = item_head(item.bytes, &scope, &epoch);
        const struct key *key = rc == RC_OK ? ledger_scope_key(t->l, scope, epoch) : NULL;
        if (key == NULL)
            return RC_DENIED;
        struct item_place at = {.log = e->log, .seq = e->seq, .index = i};
        rc = item_open(item.bytes, key, &at, &t->plain);
        if (rc == RC_OK)
            rc = op_decode(buf_slice(&t->plain), t->op);
        if (rc == RC_OK)
            op_resolve(t->op, log != NULL ? log->no : 0);
        return rc;
    }
    return RC_CORRUPT;
}

static enum rc
tell_step(struct telling *t, const struct step *s)
{
    struct entry e;
    const struct log_state *log = ledger_log_at(t->l, s->row);
    enum rc rc = open_step(t, s, log, &e);
    if (rc != RC_OK)
        return rc == RC_NOTFOUND || rc == RC_DENIED ? RC_OK : rc;
    struct history_row h = {.index = s->index,
                            .log = log,
                            .clock = e.clock,
                            .sealed_clock =
                                log != NULL ? log_sealed_clock(log, e.seq) : UINT64_MAX,
                            .put = t->op,
                            .breach = s->rule != NULL ? s->rule->breach : BREACH_NONE,
                            .rule = s->rule,
                            .is_effective = s->rule == NULL};
    rc = ledger_version_at(t->l, s->row, &h.at);
    if (rc == RC_OK)
        t->more = t->each(t->arg, &h);
    return rc;
}

static void
take_void(void *arg, int64_t row, uint16_t item, const struct rule *by)
{
    struct steps *all = arg;
    for (size_t i = 0; i < all->n; i++)
        if (all->p[i].row == row && all->p[i].index == item)
            all->p[i].rule = by;
}

static enum rc
collect_steps(struct ledger *l, int64_t no, struct steps *out)
{
    sqlite3_stmt *s = db_stmt(l->db, STMT_QUERY_ALL_ITEMS);
    struct buf entry = BUF_NONE;
    bool row = false;
    enum rc rc;
    sqlite3_bind_int64(s, 1, no);
    while ((rc = db_step(l->db, s, &row)) == RC_OK && row) {
        struct entry e;
        struct step step = {.row = sqlite3_column_int64(s, 0),
                            .index = (uint16_t)sqlite3_column_int(s, 1)};
        rc = log_entry_at(l->log, step.row, &entry);
        if (rc == RC_OK)
            rc = entry_decode(buf_slice(&entry), &e);
        if (rc != RC_OK)
            break;
        step.clock = e.clock;
        out->p = mem_grow(out->p, (out->n + 1) * sizeof(*out->p));
        out->p[out->n++] = step;
    }
    sqlite3_reset(s);
    buf_free(&entry);
    return rc == RC_OK ? project_voids(l, no, take_void, out) : rc;
}

enum rc
query_history(struct ledger *l, const struct record_key *key,
              bool (*each)(void *arg, const struct history_row *h), void *arg)
{
    struct telling t = {
        .l = l, .op = mem_new(sizeof(*t.op)), .each = each, .arg = arg, .more = true};
    struct record_key half = *key;
    struct steps all = {NULL, 0};
    struct image im = {0};
    int64_t no = 0, number = 0;
    enum rc rc = query_no_of(l, key, 0, &no);
    if (rc == RC_OK)
        rc = fold_read_record(l, no, &im, &number);
    if (rc == RC_OK)
        rc = collect_steps(l, no, &all);
    const struct type *type = rc == RC_OK ? type_by_code(ledger_types(l), im.type) : NULL;
    const struct type *half_type = type != NULL && type->private_code != 0
                                       ? type_by_code(ledger_types(l), type->private_code)
                                       : NULL;
    if (half_type != NULL &&
        ledger_scope_of(l, half_type, key->unit, &half.scope) == RC_OK &&
        query_no_of(l, &half, half_type->code, &no) == RC_OK)
        rc = collect_steps(l, no, &all);
    if (rc == RC_OK && all.n > 0)
        qsort(all.p, all.n, sizeof(*all.p), by_clock);
    for (size_t i = 0; rc == RC_OK && t.more && i < all.n; i++)
        rc = tell_step(&t, &all.p[i]);
    image_fini(&im);
    buf_free(&t.entry);
    buf_free(&t.plain);
    mem_free(t.op);
    mem_free(all.p);
    return rc;
}
