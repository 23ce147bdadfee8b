/* What is held for review, and who answered. */
#include "schema/review.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema/review_in.h"
#include "schema/query_in.h"
#include "schema/type.h"

#define ID_DIGITS_MIN 8
#define PLACE_DIGITS_MAX 9
#define SEQ_DIGITS_MAX 18

/* ---- the answer */

void
review_key(const struct log_state *log, uint64_t seq, const struct hash *id,
           struct record_key *out)
{
    static const char tag[16] = "linjuli-held-v1";
    const struct log_grant *g = log_grant_at(log, seq);
    struct hash_run run;
    hash_init(&run);
    hash_add(&run, slice_of(tag, sizeof(tag)));
    hash_add(&run, slice_of(id->b, HASH_BYTES));
    struct hash h = hash_done(&run);
    *out = (struct record_key){.scope = SCOPE_NO_COMMUNITY,
                               .unit = g != NULL ? g->unit : CENTRE_UNIT};
    memcpy(out->id, h.b, RECORD_ID_BYTES);
}

enum rc
review_read(struct ledger *l, const struct review_row *row, struct image *out)
{
    const struct type *t = type_by_name(ledger_types(l), HELD_TYPE);
    struct record_key key;
    int64_t no = 0;
    image_clear(out);
    review_key(row->log, row->seq, &row->id, &key);
    enum rc rc = query_no_of(l, &key, t->code, &no);
    if (rc == RC_OK)
        rc = fold_read(l, no, out);
    out->key = key;
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static void
take_state(struct ledger *l, const struct image *im, const struct image_field *f,
           struct review_row *row)
{
    struct value v;
    row->is_disputed = f->state != FIELD_CLEAN;
    for (uint32_t i = 0; i < f->n; i++) {
        const struct image_choice *c = &im->choice[f->first + i];
        if (!value_decode(VALUE_STATE, image_value(im, c), &v) || v.is_nil)
            continue;
        bool adopts = v.as.move.to == REVIEW_ADOPTED;
        if (row->answer == HELD_ADOPTED || (row->answer == HELD_DECLINED && !adopts))
            continue; /* whoever adopted has written: that is told before all */
        row->answer = adopts ? HELD_ADOPTED : HELD_DECLINED;
        row->by = replica_log(l->replica, c->at.log_no);
        row->by_seq = c->at.seq;
    }
}

/* `im` keeps what the row borrows. */
static void
take_answer(struct ledger *l, const struct image *im, struct review_row *row)
{
    const struct image_field *f = image_field(im, FIELD_STATE);
    struct value v;
    struct slice shown = image_shown(im, REVIEW_WORDS);
    row->answer = HELD_OPEN;
    if (f != NULL)
        take_state(l, im, f, row);
    if (shown.n > 0 && value_decode(VALUE_TEXT, shown, &v) && !v.is_nil)
        row->words = v.as.text;
    shown = image_shown(im, REVIEW_LEFT_OUT);
    if (shown.n > 0 && value_decode(VALUE_INT, shown, &v) && !v.is_nil)
        row->left_out = (uint64_t)v.as.num;
}

/* ---- entries */

struct listing {
    struct ledger *l;
    review_fn each;
    void *arg;
    const struct log_state *log;
    struct image im;
    enum rc rc;
    bool is_over;
};

static bool
take_stored(void *arg, const struct stored *e)
{
    struct listing *x = arg;
    struct entry head;
    if (e->bytes.n <= ENTRY_HEAD_BYTES) /* the head of a proof: nothing is in it */
        return true;
    x->rc = entry_decode(e->bytes, &head);
    if (x->rc != RC_OK)
        return false;
    struct review_row row = {.log = x->log,
                             .seq = e->seq,
                             .id = e->id,
                             .is_here = true,
                             .bytes = e->bytes,
                             .clock = head.clock,
                             .items_n = head.items_n,
                             .schema = head.schema};
    x->rc = review_read(x->l, &row, &x->im);
    if (x->rc != RC_OK)
        return false;
    take_answer(x->l, &x->im, &row);
    x->is_over = !x->each(x->arg, &row);
    return !x->is_over;
}

/* Held above its end, as the audit counts it; not what only waits for a line. */
static bool
is_ended(const struct log_state *log)
{
    return !log->is_assumed && (log->is_revoked || log->proof.seq > 0);
}

static void
list_log(struct listing *x, const struct log_state *log)
{
    const struct sync_store *s = replica_store(x->l->replica);
    x->log = log;
    enum rc rc = s->trunk(s->self, &log->key, log->head_seq + 1, take_stored, x);
    if (rc == RC_OK && x->rc == RC_OK && !x->is_over)
        rc = s->loose_each(s->self, &log->key, take_stored, x);
    if (x->rc == RC_OK)
        x->rc = rc;
}

static void
list_logs(struct listing *x)
{
    for (size_t i = 0; i < replica_logs_n(x->l->replica); i++) {
        const struct log_state *log = replica_log_at(x->l->replica, i);
        if (is_ended(log) && x->rc == RC_OK && !x->is_over)
            list_log(x, log);
    }
}

/* ---- answers to what is not here */

/* "5:414", and nothing behind it. */
static bool
place_parse(struct slice text, uint32_t *log_no, uint64_t *seq)
{
    char copy[PLACE_DIGITS_MAX + SEQ_DIGITS_MAX + 2];
    if (text.n >= sizeof(copy) || memchr(text.p, '\0', text.n) != NULL)
        return false;
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    size_t a = strspn(copy, "0123456789");
    if (a == 0 || a > PLACE_DIGITS_MAX || copy[a] != ':')
        return false;
    size_t b = strspn(copy + a + 1, "0123456789");
    if (b == 0 || b > SEQ_DIGITS_MAX || copy[a + 1 + b] != '\0')
        return false;
    *log_no = (uint32_t)strtoul(copy, NULL, 10);
    *seq = strtoull(copy + a + 1, NULL, 10);
    return *seq > 0;
}

struct seeking {
    const struct hash *id;
    uint64_t seq;
    bool is_there;
};

static bool
seek_one(void *arg, const struct stored *e)
{
    struct seeking *k = arg;
    k->is_there = k->is_there || (e->seq == k->seq && hash_eq(&e->id, k->id) &&
                                  e->bytes.n > ENTRY_HEAD_BYTES);
    return e->seq < k->seq;
}

static bool
seek_loose(void *arg, const struct stored *e)
{
    (void)seek_one(arg, e);
    return !((struct seeking *)arg)->is_there;
}

static enum rc
is_here(struct ledger *l, const struct review_row *row, bool *is)
{
    const struct sync_store *s = replica_store(l->replica);
    struct seeking k = {.id = &row->id, .seq = row->seq};
    enum rc rc = s->trunk(s->self, &row->log->key, row->seq, seek_one, &k);
    if (rc == RC_OK && !k.is_there)
        rc = s->loose_each(s->self, &row->log->key, seek_loose, &k);
    *is = k.is_there;
    return rc;
}

/* A record of that type which answers for nothing, whoever made it, is passed over. */
static bool
take_review(void *arg, const struct record_row *r)
{
    struct listing *x = arg;
    struct review_row row = {0};
    struct value place, id;
    struct record_key key;
    uint32_t log_no = 0;
    int64_t no = 0;
    bool is = false;
    image_clear(&x->im);
    x->rc = query_no_of(x->l, &r->key, r->type->code, &no);
    if (x->rc == RC_OK)
        x->rc = fold_read(x->l, no, &x->im);
    if (x->rc != RC_OK)
        return false;
    struct slice from = image_shown(&x->im, FIELD_FROM);
    struct slice text = image_shown(&x->im, REVIEW_PLACE);
    if (from.n == 0 || !value_decode(VALUE_ENTRY, from, &id) || id.is_nil ||
        text.n == 0 || !value_decode(VALUE_TEXT, text, &place) || place.is_nil ||
        !place_parse(place.as.text, &log_no, &row.seq))
        return true;
    row.id = id.as.entry;
    row.log = replica_log(x->l->replica, log_no);
    if (row.log == NULL)
        return true;
    review_key(row.log, row.seq, &row.id, &key);
    if (record_key_cmp(&key, &r->key) != 0)
        return true;
    x->rc = is_here(x->l, &row, &is);
    if (x->rc != RC_OK || is)
        return x->rc == RC_OK;
    take_answer(x->l, &x->im, &row);
    x->is_over = !x->each(x->arg, &row);
    return !x->is_over;
}

enum rc
review_each(struct ledger *l, review_fn each, void *arg)
{
    struct listing x = {.l = l, .each = each, .arg = arg};
    list_logs(&x);
    if (x.rc == RC_OK && !x.is_over) {
        enum rc rc = query_list(l, HELD_TYPE, NULL, 0, 0, take_review, &x, NULL);
        x.rc = x.rc == RC_OK ? rc : x.rc;
    }
    image_fini(&x.im);
    return x.rc;
}

/* ---- by name */

struct search {
    bool by_place;
    uint32_t log_no;
    uint64_t seq;
    uint8_t id[HASH_BYTES]; /* of a beginning: the rest is zero */
    size_t digits;
    struct buf *keep;
    struct review_row *out;
    size_t found;
};

static bool
is_named(const struct search *s, const struct review_row *row)
{
    if (s->by_place)
        return row->log->no == s->log_no && row->seq == s->seq;
    for (size_t i = 0; i < s->digits; i++) {
        unsigned shift = i % 2 == 0 ? 4 : 0;
        if (((row->id.b[i / 2] ^ s->id[i / 2]) >> shift & 15) != 0)
            return false;
    }
    return true;
}

static bool
take_named(void *arg, const struct review_row *row)
{
    struct search *s = arg;
    if (!row->is_here || !is_named(s, row))
        return true;
    s->found++;
    s->keep->n = 0;
    buf_add_slice(s->keep, row->bytes);
    size_t n = s->keep->n;
    buf_add_slice(s->keep, row->words);
    *s->out = *row;
    s->out->bytes = slice_of(s->keep->p, n);
    s->out->words = slice_of(s->keep->p + n, row->words.n);
    return s->found < 2;
}

/* Hex digits, as many as there are: at least 8, at most 64. */
static bool
id_parse(const char *name, struct search *s)
{
    char full[2 * HASH_BYTES + 1];
    size_t n = strlen(name);
    if (n < ID_DIGITS_MIN || n > 2 * HASH_BYTES)
        return false;
    memset(full, '0', sizeof(full) - 1);
    full[sizeof(full) - 1] = '\0';
    memcpy(full, name, n);
    s->digits = n;
    return hex_parse(full, HASH_BYTES, s->id);
}

enum rc
review_find(struct ledger *l, const char *name, struct buf *keep, struct review_row *out,
            struct fault *why)
{
    struct search s = {.keep = keep, .out = out};
    s.by_place = place_parse(slice_text(name), &s.log_no, &s.seq);
    if (!s.by_place && !id_parse(name, &s))
        return fault_set(why, RC_INVALID, FAULT_HELD_NAME, "%s", name);
    enum rc rc = review_each(l, take_named, &s);
    if (rc != RC_OK)
        return fault_set(why, rc, FAULT_DATABASE, "%s", rc_text(rc));
    if (s.found == 0)
        return fault_set(why, RC_NOTFOUND, FAULT_HELD_NONE, "%s", name);
    return s.found == 1 ? RC_OK
                        : fault_set(why, RC_AMBIGUOUS, FAULT_AMBIGUOUS, "%s", name);
}

/* ---- items */

struct reading {
    struct ledger *l;
    const struct review_row *row;
    struct entry e;
    struct op *op;
    struct buf plain;
    const struct types *rules;
};

/* Would it have taken effect, had the entry counted? */
static void
judge(const struct reading *r, const struct hint_scope *scope, struct review_item *out)
{
    const struct log_grant *g = log_grant_at(r->row->log, r->row->seq);
    if (g == NULL || !scopes_has(&g->scopes, scope->no)) {
        out->breach = BREACH_SCOPE;
        return;
    }
    struct writer by = {.role = g->role, .unit = g->unit};
    out->breach =
        type_check(r->rules, r->op, scope->kind, scope->unit, &by, &out->breach_field);
    if (out->breach == BREACH_NONE && !op_own_is_zero(r->op, r->row->log->no))
        out->breach = BREACH_VALUE;
}

static void
read_put(const struct reading *r, const struct hint_scope *scope, struct review_item *out)
{
    out->key = (struct record_key){.scope = scope->no, .unit = r->op->unit};
    memcpy(out->key.id, r->op->record, RECORD_ID_BYTES);
    out->unit = r->op->unit;
    if (replica_is_erased(r->l->replica, &out->key)) {
        out->kind = HELD_GONE;
        return;
    }
    out->type = type_by_code(ledger_types(r->l), r->op->type);
    if (r->rules == NULL || out->type == NULL) {
        out->kind = HELD_NEWER;
        return;
    }
    out->kind = HELD_PUT;
    out->op = r->op;
    judge(r, scope, out);
}

static void
read_item(struct reading *r, const struct entry_item *item, struct review_item *out)
{
    struct item_place at = {
        .log = r->row->log->key, .seq = r->row->seq, .index = out->index};
    struct hint_scope scope;
    uint32_t no = 0, epoch = 0;
    out->kind = HELD_GONE;
    if (item->is_erased ||
        replica_is_item_erased(r->l->replica, r->row->log->no, r->row->seq, out->index))
        return;
    out->kind = HELD_BROKEN;
    if (item_head(item->bytes, &no, &epoch) != RC_OK)
        return;
    const struct key *key = ledger_scope_key(r->l, no, epoch);
    bool is_known = ledger_scope(r->l, no, &scope);
    out->unit = is_known ? scope.unit : 0;
    out->kind = HELD_LOCKED;
    if (key == NULL || !is_known)
        return;
    out->kind = HELD_BROKEN;
    if (item_open(item->bytes, key, &at, &r->plain) != RC_OK)
        return;
    enum rc rc = op_decode(buf_slice(&r->plain), r->op);
    if (rc == RC_OK && r->op->code == OP_PUT)
        read_put(r, &scope, out);
    else if (rc != RC_MALFORMED)
        out->kind = rc == RC_OK ? HELD_RIGHTS : HELD_NEWER;
}

enum rc
review_items(struct ledger *l, const struct review_row *row,
             bool (*each)(void *arg, const struct review_item *item), void *arg)
{
    struct reading r = {.l = l, .row = row, .rules = ledger_rules(l, row->schema)};
    struct entry_item item;
    bool more = true;
    enum rc rc = entry_decode(row->bytes, &r.e);
    if (rc != RC_OK)
        return rc;
    struct entry_items it = entry_items(&r.e);
    r.op = mem_new(sizeof(*r.op));
    for (uint16_t i = 0; more && entry_items_next(&it, &item); i++) {
        struct review_item out = {.index = i};
        read_item(&r, &item, &out);
        more = each(arg, &out);
    }
    mem_free(r.op);
    mem_wipe(r.plain.p, r.plain.cap);
    buf_free(&r.plain);
    return RC_OK;
}
