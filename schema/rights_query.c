/* What the tables of rights say. */
#include "schema/rights_in.h"

#include <stdlib.h>
#include <string.h>

#include "schema/query_in.h"
#include "schema/type.h"

static enum rights_state
state_of(int column)
{
    return column == 2 ? RIGHTS_OK : column == 1 ? RIGHTS_VOID : RIGHTS_PENDING;
}

static bool
read_key(sqlite3_stmt *s, int at, struct record_key *key)
{
    struct slice id = db_column_slice(s, at);
    *key = (struct record_key){.scope = (uint32_t)sqlite3_column_int64(s, at + 1),
                               .unit = (uint32_t)sqlite3_column_int64(s, at + 2)};
    if (id.n != RECORD_ID_BYTES)
        return false;
    memcpy(key->id, id.p, id.n);
    return true;
}

/* ---- assets */

static enum rc
read_lanes(struct ledger *l, int64_t asset, struct buf *out)
{
    sqlite3_stmt *s = db_stmt(l->db, STMT_RIGHTS_LANES);
    bool row = false;
    enum rc rc;
    out->n = 0;
    sqlite3_bind_int64(s, 1, asset);
    while ((rc = db_step(l->db, s, &row)) == RC_OK && row) {
        struct rights_lane_row lane = {.log_no = (uint32_t)sqlite3_column_int64(s, 0),
                                       .balance = (uint64_t)sqlite3_column_int64(s, 1),
                                       .where =
                                           (enum rights_where)sqlite3_column_int(s, 2)};
        buf_add(out, &lane, sizeof(lane));
    }
    sqlite3_reset(s);
    return rc;
}

/* May whoever opened it make records of the type that the subject has? */
static enum rc
judge_opener(struct ledger *l, const struct writer *by, struct rights_asset_row *a)
{
    struct image im = {0};
    int64_t no = 0;
    int64_t number = 0;
    enum rc rc = query_no_of(l, &a->subject, 0, &no);
    if (rc == RC_OK)
        rc = fold_read_record(l, no, &im, &number);
    const struct type *t = rc == RC_OK ? type_by_code(ledger_types(l), im.type) : NULL;
    a->is_proper =
        t != NULL && t->asset.is_there && type_may_create(t, by, a->subject.unit);
    image_fini(&im);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

struct found { /* one row of right_asset */
    struct rights_asset_row row;
    struct writer by;
    bool has_writer;
};

static void
read_asset(sqlite3_stmt *s, struct found *f)
{
    struct rights_asset_row *a = &f->row;
    *f = (struct found){.row = {.no = sqlite3_column_int64(s, 0),
                                .issued = (uint64_t)sqlite3_column_int64(s, 10),
                                .held = (uint64_t)sqlite3_column_int64(s, 11),
                                .transit = (uint64_t)sqlite3_column_int64(s, 12),
                                .spent = (uint64_t)sqlite3_column_int64(s, 13)}};
    rights_read_name(s, 1, &a->name);
    a->has_subject = read_key(s, 5, &a->subject);
    f->has_writer = sqlite3_column_type(s, 8) != SQLITE_NULL;
    f->by = (struct writer){.role = (enum role)sqlite3_column_int(s, 8),
                            .unit = (uint32_t)sqlite3_column_int64(s, 9)};
}

/* Collected first: whoever is told may read and write. */
static enum rc
collect(struct ledger *l, const struct record_key *subject, struct buf *out)
{
    sqlite3_stmt *s =
        db_stmt(l->db, subject != NULL ? STMT_RIGHTS_ASSETS_OF : STMT_RIGHTS_ASSETS);
    bool row = false;
    enum rc rc;
    if (subject != NULL) {
        db_bind_slice(s, 1, slice_of(subject->id, RECORD_ID_BYTES));
        sqlite3_bind_int64(s, 2, subject->scope);
        sqlite3_bind_int64(s, 3, subject->unit);
    }
    while ((rc = db_step(l->db, s, &row)) == RC_OK && row) {
        struct found f;
        read_asset(s, &f);
        buf_add(out, &f, sizeof(f));
    }
    sqlite3_reset(s);
    return rc;
}

enum rc
rights_assets(struct ledger *l, const struct record_key *subject,
              bool (*each)(void *arg, const struct rights_asset_row *a), void *arg)
{
    struct buf all = BUF_NONE;
    struct buf lanes = BUF_NONE;
    enum rc rc = collect(l, subject, &all);
    bool more = true;
    for (size_t at = 0; rc == RC_OK && more && at < all.n; at += sizeof(struct found)) {
        struct found f;
        memcpy(&f, all.p + at, sizeof(f));
        rc = read_lanes(l, f.row.no, &lanes);
        if (rc == RC_OK && f.row.has_subject && f.has_writer)
            rc = judge_opener(l, &f.by, &f.row);
        f.row.lanes_n = lanes.n / sizeof(struct rights_lane_row);
        struct rights_lane_row *copy = mem_new((f.row.lanes_n + 1) * sizeof(*copy));
        memcpy(copy, lanes.p != NULL ? lanes.p : (const uint8_t *)"", lanes.n);
        f.row.lane = copy;
        if (rc == RC_OK)
            more = each(arg, &f.row);
        mem_free(copy);
    }
    buf_free(&all);
    buf_free(&lanes);
    return rc;
}

/* ---- operations */

static void
read_op(sqlite3_stmt *s, const struct log_state *log, struct rights_op_row *o)
{
    struct slice id8 = db_column_slice(s, 2);
    int64_t entry = sqlite3_column_int64(s, 0);
    *o = (struct rights_op_row){
        .name = {.at = {.log_no = log != NULL ? log->no : 0, .seq = log_row_seq(entry)},
                 .index = (uint16_t)sqlite3_column_int(s, 1)},
        .asset = sqlite3_column_int64(s, 3),
        .code = (enum op_code)sqlite3_column_int(s, 4),
        .amount = (uint64_t)sqlite3_column_int64(s, 5),
        .party = (uint32_t)sqlite3_column_int64(s, 6),
        .state = state_of(sqlite3_column_int(s, 14)),
        .is_confirmed = sqlite3_column_int(s, 15) != 0,
        .is_used = sqlite3_column_int(s, 16) != 0};
    if (id8.n == 8)
        memcpy(o->name.at.id8, id8.p, 8);
    if (sqlite3_column_type(s, 7) != SQLITE_NULL)
        rights_read_name(s, 7, &o->of);
    (void)read_key(s, 11, &o->subject);
}

/* All that the bound statement finds, struct rights_op_row each. */
static enum rc
collect_ops(struct ledger *l, sqlite3_stmt *s, struct buf *out)
{
    bool row = false;
    enum rc rc;
    while ((rc = db_step(l->db, s, &row)) == RC_OK && row) {
        struct rights_op_row o;
        read_op(s, ledger_log_at(l, sqlite3_column_int64(s, 0)), &o);
        buf_add(out, &o, sizeof(o));
    }
    sqlite3_reset(s);
    return rc;
}

static void
tell_ops(const struct buf *all, bool (*each)(void *arg, const struct rights_op_row *o),
         void *arg)
{
    for (size_t at = 0; at < all->n; at += sizeof(struct rights_op_row)) {
        struct rights_op_row o;
        memcpy(&o, all->p + at, sizeof(o));
        if (!each(arg, &o))
            return;
    }
}

/* Collected first: whoever is told may ask again, or write. */
static enum rc
each_op(struct ledger *l, sqlite3_stmt *s,
        bool (*each)(void *arg, const struct rights_op_row *o), void *arg)
{
    struct buf all = BUF_NONE;
    enum rc rc = collect_ops(l, s, &all);
    if (rc == RC_OK)
        tell_ops(&all, each, arg);
    buf_free(&all);
    return rc;
}

enum rc
rights_ops(struct ledger *l, int64_t asset,
           bool (*each)(void *arg, const struct rights_op_row *o), void *arg)
{
    sqlite3_stmt *s = db_stmt(l->db, STMT_RIGHTS_ROWS);
    sqlite3_bind_int64(s, 1, asset);
    return each_op(l, s, each, arg);
}

enum rc
rights_spends_for(struct ledger *l, const struct record_key *key,
                  bool (*each)(void *arg, const struct rights_op_row *o), void *arg)
{
    sqlite3_stmt *s = db_stmt(l->db, STMT_RIGHTS_FOR);
    db_bind_slice(s, 1, slice_of(key->id, RECORD_ID_BYTES));
    sqlite3_bind_int64(s, 2, key->scope);
    sqlite3_bind_int64(s, 3, key->unit);
    return each_op(l, s, each, arg);
}

enum rc
rights_op_at(struct ledger *l, int64_t entry, uint16_t index,
             bool (*each)(void *arg, const struct rights_op_row *o), void *arg)
{
    sqlite3_stmt *s = db_stmt(l->db, STMT_RIGHTS_ONE);
    sqlite3_bind_int64(s, 1, entry);
    sqlite3_bind_int64(s, 2, index);
    return each_op(l, s, each, arg);
}

enum rc
rights_gives_to(struct ledger *l, uint32_t log_no,
                bool (*each)(void *arg, const struct rights_op_row *o), void *arg)
{
    sqlite3_stmt *s = db_stmt(l->db, STMT_RIGHTS_GIVES);
    sqlite3_bind_int64(s, 1, log_no);
    return each_op(l, s, each, arg);
}

/* ---- what backs a record */

uint64_t
rights_rule_amount(const struct right_rule *r, struct slice value)
{
    struct value v;
    if (r->field == 0)
        return r->amount;
    /* One shape: a number. */
    return value.n > 0 && value_decode(VALUE_INT, value, &v) && !v.is_nil && v.as.num > 0
               ? (uint64_t)v.as.num
               : 0;
}

struct proper { /* the assets that count */
    int64_t no[16];
    size_t n;
};

static bool
take_proper(void *arg, const struct rights_asset_row *a)
{
    struct proper *p = arg;
    if (a->is_proper && p->n < 16)
        p->no[p->n++] = a->no;
    return true;
}

struct sum {
    struct proper proper;
    uint64_t backed;
    bool is_final;
    size_t n;
};

static bool
add_spend(void *arg, const struct rights_op_row *o)
{
    struct sum *sum = arg;
    if (o->code != OP_SPEND || o->state != RIGHTS_OK || o->is_used)
        return true;
    for (size_t i = 0; i < sum->proper.n; i++) {
        if (sum->proper.no[i] != o->asset)
            continue;
        sum->backed += o->amount;
        sum->is_final = sum->is_final && o->is_confirmed;
        sum->n++;
    }
    return true;
}

enum rc
rights_backed_by(struct ledger *l, const struct record_key *key,
                 const struct record_key *of, struct rights_backing *out)
{
    struct sum sum = {.is_final = true};
    enum rc rc = rights_assets(l, of, take_proper, &sum.proper);
    if (rc == RC_OK)
        rc = rights_spends_for(l, key, add_spend, &sum);
    out->backed = sum.backed;
    out->spends_n = sum.n;
    out->is_final = sum.is_final && sum.n > 0;
    return rc;
}

/* The rule of the record in hand: does it apply now, to how much of what? */
static bool
needs(const struct type *t, const struct image *im, uint64_t *amount,
      struct record_key *of)
{
    struct value v;
    const struct right_rule *r = &t->costs;
    if (!r->is_there)
        return false;
    struct slice shown = image_shown(im, FIELD_GONE);
    if (shown.n > 0 && value_decode(VALUE_GONE, shown, &v) && !v.is_nil)
        return false;
    shown = image_shown(im, FIELD_STATE);
    if (shown.n == 0 || !value_decode(VALUE_STATE, shown, &v) || v.is_nil ||
        !right_rule_has(t, r, v.as.move.to))
        return false;
    *amount = rights_rule_amount(r, image_shown(im, r->field));
    shown = image_shown(im, r->of);
    if (shown.n == 0 || !value_decode(VALUE_RECORD, shown, &v) || v.is_nil)
        return false; /* it needs none of anything */
    *of = v.as.record;
    return *amount > 0;
}

static enum rc
backing_at(struct ledger *l, int64_t no, struct image *im, struct rights_backing *out)
{
    struct record_key of = {.scope = 0};
    *out = (struct rights_backing){.needs = false};
    image_clear(im);
    enum rc rc = fold_read(l, no, im);
    const struct type *t = rc == RC_OK ? type_by_code(ledger_types(l), im->type) : NULL;
    if (t == NULL || !needs(t, im, &out->amount, &of))
        return rc;
    out->needs = true;
    return rights_backed_by(l, &im->key, &of, out);
}

enum rc
rights_backing(struct ledger *l, const struct record_key *key, struct rights_backing *out)
{
    struct image im = {0};
    int64_t no = 0;
    *out = (struct rights_backing){.needs = false};
    enum rc rc = query_no_of(l, key, 0, &no);
    if (rc == RC_OK)
        rc = backing_at(l, no, &im, out);
    image_fini(&im);
    return rc;
}

static enum rc
unbacked_of(struct ledger *l, const struct type *t,
            bool (*each)(void *arg, const struct rights_unbacked *u), void *arg,
            bool *more)
{
    struct image im = {0};
    struct buf rows = BUF_NONE;
    sqlite3_stmt *s = NULL;
    bool row = false;
    enum rc rc = table_stmt(l->tables, t->code, TABLE_STATES, &s);
    while (rc == RC_OK && (rc = db_step(l->db, s, &row)) == RC_OK && row)
        if (right_rule_has(t, &t->costs, (uint16_t)sqlite3_column_int(s, 1)))
            buf_add_u64(&rows, (uint64_t)sqlite3_column_int64(s, 0));
    if (s != NULL)
        sqlite3_reset(s);
    struct reader r = reader_of(buf_slice(&rows));
    while (rc == RC_OK && *more && r.n > 0) {
        struct rights_backing b;
        rc = backing_at(l, (int64_t)read_u64(&r), &im, &b);
        if (rc != RC_OK || !b.needs || b.backed >= b.amount)
            continue;
        struct rights_unbacked u = {.key = im.key,
                                    .type = t,
                                    .name = fold_unbacked_name(&im.key),
                                    .amount = b.amount,
                                    .backed = b.backed};
        *more = each(arg, &u);
    }
    image_fini(&im);
    buf_free(&rows);
    return rc;
}

enum rc
rights_unbacked(struct ledger *l,
                bool (*each)(void *arg, const struct rights_unbacked *u), void *arg)
{
    const struct types *types = ledger_types(l);
    enum rc rc = RC_OK;
    bool more = true;
    for (size_t i = 0; i < types->n && rc == RC_OK && more; i++)
        if (types->type[i].costs.is_there)
            rc = unbacked_of(l, &types->type[i], each, arg, &more);
    return rc;
}

/* ---- digest */

static int
op_cmp(const void *a, const void *b)
{
    const struct rights_op_row *x = a;
    const struct rights_op_row *y = b;
    return item_name_cmp(&x->name, &y->name);
}

static void
add_name(struct buf *out, const struct item_name *n)
{
    buf_add_u32(out, n->at.log_no);
    buf_add_u64(out, n->at.seq);
    buf_add(out, n->at.id8, sizeof(n->at.id8));
    buf_add_u16(out, n->index);
}

struct hashing {
    struct hash_run hash;
    struct buf bytes;
};

static bool
hash_asset(void *arg, const struct rights_asset_row *a)
{
    struct hashing *h = arg;
    h->bytes.n = 0;
    add_name(&h->bytes, &a->name);
    buf_add_u64(&h->bytes, a->issued);
    buf_add_u64(&h->bytes, a->held);
    buf_add_u64(&h->bytes, a->transit);
    buf_add_u64(&h->bytes, a->spent);
    for (size_t i = 0; i < a->lanes_n; i++) {
        buf_add_u32(&h->bytes, a->lane[i].log_no);
        buf_add_u64(&h->bytes, a->lane[i].balance);
        buf_add_u8(&h->bytes, (uint8_t)a->lane[i].where);
    }
    hash_add(&h->hash, buf_slice(&h->bytes));
    return true;
}

enum rc
rights_digest(struct ledger *l, uint8_t out[static 16])
{
    struct hashing h = {.bytes = BUF_NONE};
    struct buf all = BUF_NONE;
    enum rc rc = collect_ops(l, db_stmt(l->db, STMT_RIGHTS_ALL), &all);
    size_t n = all.n / sizeof(struct rights_op_row);
    struct rights_op_row *op = mem_new((n + 1) * sizeof(*op));
    hash_init(&h.hash);
    if (n > 0) {
        memcpy(op, all.p, all.n);
        qsort(op, n, sizeof(*op), op_cmp);
    }
    for (size_t i = 0; i < n; i++) {
        h.bytes.n = 0;
        add_name(&h.bytes, &op[i].name);
        buf_add_u8(&h.bytes, (uint8_t)op[i].code);
        buf_add_u64(&h.bytes, op[i].amount);
        buf_add_u8(&h.bytes, (uint8_t)op[i].state);
        buf_add_u8(&h.bytes, (uint8_t)(op[i].is_confirmed << 1 | op[i].is_used));
        hash_add(&h.hash, buf_slice(&h.bytes));
    }
    if (rc == RC_OK)
        rc = rights_assets(l, NULL, hash_asset, &h);
    struct hash all_of_it = hash_done(&h.hash);
    memcpy(out, all_of_it.b, 16);
    mem_free(op);
    buf_free(&all);
    buf_free(&h.bytes);
    return rc;
}
