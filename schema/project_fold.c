/* Records folded again from all their items. */
#include "schema/rights_in.h"

#include <stdlib.h>
#include <string.h>

#define FOLD_KEEP 64 /* items whose memory is kept between records */

/* ---- entries by row, a few of them remembered */

static enum rc
take_apart(struct cached *c)
{
    struct entry_item item;
    if (entry_decode(buf_slice(&c->bytes), &c->e) != RC_OK)
        return RC_CORRUPT;
    c->id = entry_id(buf_slice(&c->bytes));
    if (c->e.items_n > c->items_cap) {
        c->items_cap = c->e.items_n;
        c->item = mem_grow(c->item, c->items_cap * sizeof(*c->item));
    }
    struct entry_items it = entry_items(&c->e);
    for (size_t i = 0; i < c->e.items_n && entry_items_next(&it, &item); i++)
        c->item[i] = item.is_erased ? slice_of(NULL, 0) : item.bytes;
    return RC_OK;
}

static enum rc
entry_at(struct project *p, int64_t row, const struct cached **out)
{
    struct cached *oldest = &p->cache[0];
    for (size_t i = 0; i < CACHE_N; i++) {
        struct cached *c = &p->cache[i];
        if (c->row == row) {
            c->used = ++p->used;
            *out = c;
            return RC_OK;
        }
        if (c->used < oldest->used)
            oldest = c;
    }
    oldest->row = -1;
    enum rc rc = log_entry_at(p->l->log, row, &oldest->bytes);
    if (rc == RC_OK)
        rc = take_apart(oldest);
    if (rc != RC_OK)
        return rc;
    oldest->row = row;
    oldest->used = ++p->used;
    *out = oldest;
    return RC_OK;
}

/* ---- the items of one record */

static void
room(struct project *p)
{
    if (p->items_n < p->items_cap)
        return;
    size_t cap = p->items_cap * 2 + 8;
    p->fold = mem_grow(p->fold, cap * sizeof(*p->fold));
    p->item = mem_grow(p->item, cap * sizeof(*p->item));
    memset(&p->fold[p->items_cap], 0, (cap - p->items_cap) * sizeof(*p->fold));
    p->items_cap = cap;
}

static void
shrink(struct project *p)
{
    for (size_t i = FOLD_KEEP; i < p->items_cap && p->fold[i].op != NULL; i++) {
        mem_free(p->fold[i].op);
        buf_free(&p->fold[i].plain);
        p->fold[i] = (struct fold_item){0};
    }
}

static bool
is_of(const struct image *im, const struct op *op, uint32_t scope)
{
    return op->type == im->type && op->unit == im->key.unit && scope == im->key.scope &&
           memcmp(op->record, im->key.id, RECORD_ID_BYTES) == 0;
}

/* Takes the item in if it is effective and (still) one of this record: another branch's
 * entry may stand at its row by now. */
static enum rc
take(struct project *p, const struct image *im, int64_t row, uint16_t index,
     enum project_of which)
{
    const struct log_state *log = ledger_log_at(p->l, row);
    const struct cached *at = NULL;
    struct context c;
    if (log == NULL || (log->is_assumed && which != PROJECT_ALL) ||
        log_row_seq(row) > (which == PROJECT_SEALED ? log->seal_seq : log->head_seq))
        return RC_OK;
    enum rc rc = entry_at(p, row, &at);
    if (rc != RC_OK)
        return rc == RC_NOTFOUND ? RC_OK : rc;
    if (index >= at->e.items_n || at->item[index].p == NULL)
        return RC_OK;
    context_of(p, log, &at->e, &at->id, row, &c);
    room(p);
    struct fold_item *f = &p->fold[p->items_n];
    uint32_t scope = 0;
    uint32_t epoch = 0;
    enum carried why = 0;
    if (f->op == NULL)
        f->op = mem_new(sizeof(*f->op));
    if (!project_judge(p, &c, index, at->item[index], f->op, &f->plain, &scope, &epoch,
                       &why) ||
        !is_of(im, f->op, scope))
        return RC_OK;
    op_resolve(f->op, log->no);
    f->row = row;
    f->clock = at->e.clock;
    uint64_t sealed = log_sealed_clock(log, at->e.seq);
    struct record_item *r = &p->item[p->items_n++];
    *r = (struct record_item){.at = {.log_no = log->no, .seq = at->e.seq},
                              .id = at->id,
                              .index = index,
                              .rank = f->clock < sealed ? f->clock : sealed,
                              .sealed = sealed,
                              .put = f->op,
                              .type = type_by_code(c.rules, im->type)};
    memcpy(r->at.id8, at->id.b, sizeof(r->at.id8));
    memcpy(r->person, log->person, RECORD_ID_BYTES);
    return RC_OK;
}

/* Name of record `no`, and all its effective items; *listed: how many the tables have. */
static enum rc
gather(struct project *p, int64_t no, enum project_of which, struct image *im,
       size_t *listed)
{
    struct db *db = p->l->db;
    int64_t number = -1;
    bool row = false;
    p->items_n = 0;
    *listed = 0;
    enum rc rc = fold_read_record(p->l, no, im, &number);
    if (rc != RC_OK)
        return rc;
    *listed = 1;
    rc = take(p, im, im->entry, im->item, which);
    sqlite3_stmt *s = db_stmt(db, STMT_PROJECT_ITEMS);
    sqlite3_bind_int64(s, 1, no);
    while (rc == RC_OK && (rc = db_step(db, s, &row)) == RC_OK && row) {
        ++*listed;
        rc = take(p, im, sqlite3_column_int64(s, 0), (uint16_t)sqlite3_column_int(s, 1),
                  which);
    }
    sqlite3_reset(s);
    return rc;
}

/* The first of the image: the one that the record's row names, if it is still there,
 * else the lowest. *same: nothing in the lists has to change. */
static void
choose_first(struct project *p, struct image *im, size_t listed, bool *same)
{
    size_t best = 0;
    *same = listed == p->items_n;
    for (size_t i = 0; i < p->items_n; i++) {
        if (p->fold[i].row == im->entry && p->item[i].index == im->item)
            return;
        if (p->fold[i].row < p->fold[best].row ||
            (p->fold[i].row == p->fold[best].row &&
             p->item[i].index < p->item[best].index))
            best = i;
    }
    im->entry = p->fold[best].row;
    im->item = p->item[best].index;
    *same = false;
}

static enum rc
write_list(struct project *p, int64_t no, const struct image *im)
{
    struct db *db = p->l->db;
    sqlite3_stmt *s = db_stmt(db, STMT_PROJECT_ITEMS_DEL);
    sqlite3_bind_int64(s, 1, no);
    enum rc rc = db_run(db, s);
    for (size_t i = 0; i < p->items_n && rc == RC_OK; i++) {
        if (p->fold[i].row == im->entry && p->item[i].index == im->item)
            continue;
        s = db_stmt(db, STMT_PROJECT_ITEM_ADD);
        sqlite3_bind_int64(s, 1, no);
        sqlite3_bind_int64(s, 2, p->fold[i].row);
        sqlite3_bind_int64(s, 3, p->item[i].index);
        rc = db_run(db, s);
    }
    return rc;
}

static enum rc
refold(struct project *p, int64_t no)
{
    struct image *im = &p->image;
    size_t listed = 0;
    bool same = false;
    enum rc rc = gather(p, no, PROJECT_ALL, im, &listed);
    if (rc != RC_OK)
        return rc == RC_NOTFOUND ? RC_OK : rc; /* gone meanwhile */
    if (p->items_n > 0) {
        choose_first(p, im, listed, &same);
        fold_items(p->item, p->fold, p->items_n, &p->record, im);
    }
    if (p->items_n == 0 || im->fields_n == 0)
        return fold_delete(p->l, no, im->type);
    if (!same)
        rc = write_list(p, no, im);
    return rc != RC_OK ? rc : fold_write(p->l, no, im);
}

enum rc
project_image(struct ledger *l, int64_t no, enum project_of which, struct image *out,
              bool *any)
{
    struct project *p = l->project;
    size_t listed = 0;
    bool same = false;
    enum rc rc = gather(p, no, which, out, &listed);
    *any = rc == RC_OK && p->items_n > 0;
    if (*any) {
        choose_first(p, out, listed, &same);
        fold_items(p->item, p->fold, p->items_n, &p->record, out);
        *any = out->fields_n > 0;
    }
    shrink(p);
    return rc;
}

/* ---- rules over a record */

enum rc
project_rule_against(struct ledger *l, int64_t no, const struct key *log,
                     const struct op *op, const struct rule **out)
{
    struct project *p = l->project;
    const struct log_state *by = replica_log_by_key(l->replica, log);
    size_t listed = 0;
    *out = NULL;
    enum rc rc = gather(p, no, PROJECT_ALL, &p->image, &listed);
    if (rc != RC_OK || by == NULL)
        return rc;
    room(p);
    struct record_item *r = &p->item[p->items_n];
    *r = (struct record_item){.at = {.log_no = by->no, .seq = UINT64_MAX},
                              .put = op,
                              .type = type_by_code(l->types, op->type)};
    memcpy(r->person, by->person, RECORD_ID_BYTES);
    record_fold(p->item, p->items_n + 1, &p->record);
    *out = record_void_by(&p->record, p->items_n);
    shrink(p);
    return RC_OK;
}

enum rc
project_sealed_items(struct ledger *l, int64_t no,
                     void (*each)(void *arg, int64_t row, const struct record_item *item),
                     void *arg)
{
    struct project *p = l->project;
    size_t listed = 0;
    enum rc rc = gather(p, no, PROJECT_SEALED, &p->image, &listed);
    if (rc == RC_OK)
        record_fold(p->item, p->items_n, &p->record);
    for (size_t i = 0; rc == RC_OK && i < p->items_n; i++)
        if (record_void_by(&p->record, i) == NULL)
            each(arg, p->fold[i].row, &p->item[i]);
    shrink(p);
    return rc;
}

enum rc
project_voids(struct ledger *l, int64_t no,
              void (*each)(void *arg, int64_t row, uint16_t item, const struct rule *by),
              void *arg)
{
    struct project *p = l->project;
    size_t listed = 0;
    enum rc rc = gather(p, no, PROJECT_ALL, &p->image, &listed);
    if (rc == RC_OK)
        record_fold(p->item, p->items_n, &p->record);
    for (size_t i = 0; rc == RC_OK && i < p->items_n; i++) {
        const struct rule *by = record_void_by(&p->record, i);
        if (by != NULL)
            each(arg, p->fold[i].row, p->item[i].index, by);
    }
    shrink(p);
    return rc;
}

/* ---- what has to be folded again */

void
project_dirty(struct project *p, int64_t no)
{
    if (p->dirty_n > 0 && p->dirty[p->dirty_n - 1] == no)
        return;
    if (p->dirty_n == p->dirty_cap) {
        p->dirty_cap = p->dirty_cap * 2 + 64;
        p->dirty = mem_grow(p->dirty, p->dirty_cap * sizeof(*p->dirty));
    }
    p->dirty[p->dirty_n++] = no;
}

enum rc
project_dirty_between(struct project *p, enum stmt id, int64_t from, int64_t to)
{
    struct db *db = p->l->db;
    sqlite3_stmt *s = db_stmt(db, id);
    sqlite3_bind_int64(s, 1, from);
    sqlite3_bind_int64(s, 2, to);
    bool row = false;
    enum rc rc;
    while ((rc = db_step(db, s, &row)) == RC_OK && row)
        project_dirty(p, sqlite3_column_int64(s, 0));
    sqlite3_reset(s);
    return rc;
}

static int
by_no(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

enum rc
project_flush(struct project *p)
{
    enum rc rc = RC_OK;
    if (p->dirty_n > 1)
        qsort(p->dirty, p->dirty_n, sizeof(*p->dirty), by_no);
    for (size_t i = 0; i < p->dirty_n && rc == RC_OK; i++) {
        if (i > 0 && p->dirty[i] == p->dirty[i - 1])
            continue;
        rc = refold(p, p->dirty[i]);
    }
    p->dirty_n = 0;
    shrink(p);
    return rc == RC_OK ? rights_proj_flush(p->rights) : rc;
}
