/* Orders that wait for officers, and how they are written (order.h). */
#include "schema/order.h"

#include <string.h>

#include "schema/hub_in.h"

/* An order in hand: bytes live in `bytes`, op borrows from them. */
struct draft {
    struct auth_op op;
    struct buf bytes, who, file;
    uint64_t made_ms;
};

static struct draft *
draft_new(void)
{
    return mem_new(sizeof(struct draft));
}

static void
draft_free(struct draft *d)
{
    if (d == NULL)
        return;
    buf_free(&d->bytes);
    buf_free(&d->who);
    mem_wipe(d->file.p, d->file.n); /* an invite's secrets */
    buf_free(&d->file);
    mem_free(d);
}

void
order_name(const struct auth_op *op, char out[static ORDER_NAME_BYTES])
{
    struct buf bytes = BUF_NONE;
    auth_op_unsigned(op, &bytes);
    struct hash hash = hash_of(buf_slice(&bytes));
    hex_print(hash.b, 4, out);
    buf_free(&bytes);
}

/* Where this key stands, or would stand, among those that signed. */
static uint16_t
sig_place(const struct order *o, const struct key *by)
{
    uint16_t at = 0;
    while (at < o->n && key_cmp(&o->by[at], by) < 0)
        at++;
    return at;
}

static enum rc
put_sig(struct order *o, const struct key *by, const struct sig *sig)
{
    uint16_t at = sig_place(o, by);
    if (at == o->n || !key_eq(&o->by[at], by)) {
        if (o->n == OFFICERS_MAX)
            return RC_LIMIT;
        size_t left = (size_t)(o->n - at);
        memmove(&o->by[at + 1], &o->by[at], left * sizeof(o->by[0]));
        memmove(&o->sig[at + 1], &o->sig[at], left * sizeof(o->sig[0]));
        memmove(&o->holds[at + 1], &o->holds[at], left * sizeof(o->holds[0]));
        o->n++;
    }
    o->by[at] = *by;
    o->sig[at] = *sig;
    o->holds[at] = true;
    return RC_OK;
}

enum rc
order_add(struct auth_op *op, const struct hash *community, const struct pair *officer)
{
    struct sig sig;
    auth_order_sign(op, community, &op->order.seen, officer, &sig);
    return put_sig(&op->order, &officer->pub, &sig);
}

static bool
is_officer(const struct ledger *l, const struct key *key)
{
    const struct officers *o = authority_officers(replica_authority(l->replica));
    for (uint16_t i = 0; i < o->n; i++)
        if (key_eq(&o->key[i], key))
            return true;
    return false;
}

/* ---- the table */

static enum rc
put(struct ledger *l, struct draft *d)
{
    char name[ORDER_NAME_BYTES];
    struct buf bytes = BUF_NONE;
    order_name(&d->op, name);
    auth_op_encode(&d->op, &bytes);
    sqlite3_stmt *s = db_stmt(l->db, STMT_ORDER_PUT);
    sqlite3_bind_text(s, 1, name, -1, SQLITE_TRANSIENT);
    db_bind_slice(s, 2, buf_slice(&bytes));
    sqlite3_bind_int64(s, 3, (int64_t)d->made_ms);
    sqlite3_bind_text(s, 4, buf_text(&d->who), -1, SQLITE_TRANSIENT);
    db_bind_slice(s, 5, buf_slice(&d->file));
    enum rc rc = db_run(l->db, s);
    buf_free(&bytes);
    return rc;
}

static enum rc
del(struct ledger *l, const char *name)
{
    sqlite3_stmt *s = db_stmt(l->db, STMT_ORDER_DEL);
    sqlite3_bind_text(s, 1, name, -1, SQLITE_TRANSIENT);
    return db_run(l->db, s);
}

static enum rc
read_row(struct ledger *l, sqlite3_stmt *s, struct draft *d)
{
    const unsigned char *who = sqlite3_column_text(s, 2);
    d->bytes.n = 0;
    buf_add_slice(&d->bytes, db_column_slice(s, 0));
    d->made_ms = (uint64_t)sqlite3_column_int64(s, 1);
    d->who.n = 0;
    buf_add_slice(&d->who, slice_text(who != NULL ? (const char *)who : ""));
    d->file.n = 0;
    buf_add_slice(&d->file, db_column_slice(s, 3));
    if (auth_op_decode(buf_slice(&d->bytes), &d->op) != RC_OK)
        return RC_CORRUPT;
    auth_op_verify(&d->op, &l->community, NULL, NULL);
    return RC_OK;
}

static enum rc
get(struct ledger *l, const char *name, struct draft *d)
{
    sqlite3_stmt *s = db_stmt(l->db, STMT_ORDER_GET);
    bool row = false;
    sqlite3_bind_text(s, 1, name, -1, SQLITE_TRANSIENT);
    enum rc rc = db_step(l->db, s, &row);
    if (rc == RC_OK)
        rc = row ? read_row(l, s, d) : RC_NOTFOUND;
    sqlite3_reset(s);
    return rc;
}

static enum rc
get_named(struct ledger *l, const char *name, struct draft *d, struct fault *why)
{
    enum rc rc = get(l, name, d);
    return rc == RC_NOTFOUND ? fault_set(why, rc, FAULT_NOT_FOUND, "%s", name) : rc;
}

enum rc
order_drop(struct ledger *l, const char *name, struct fault *why)
{
    struct draft *d = draft_new();
    enum rc rc = get_named(l, name, d, why);
    draft_free(d);
    return rc == RC_OK || rc == RC_CORRUPT ? del(l, name) : rc;
}

/* ---- what an order still needs */

static bool
is_invite(const struct draft *d)
{
    return d->op.code == AUTH_GRANT && d->op.grant.is_invite;
}

static void
judge(const struct ledger *l, const struct draft *d, struct order_result *out)
{
    const struct authority *a = replica_authority(l->replica);
    order_name(&d->op, out->name);
    out->have = authority_signed_n(a, &d->op);
    out->need = authority_need(a, d->op.code);
    out->state = authority_is_fresh(a, &d->op) ? ORDER_WAITS : ORDER_STALE;
    if (out->state == ORDER_WAITS && is_invite(d) && out->need > 0 &&
        out->have >= out->need)
        out->state = ORDER_READY;
}

enum rc
order_each(struct ledger *l, void (*each)(void *arg, const struct order_row *row),
           void *arg)
{
    struct draft *d = draft_new();
    sqlite3_stmt *s = db_stmt(l->db, STMT_ORDER_ALL);
    bool row = false;
    enum rc rc;
    while ((rc = db_step(l->db, s, &row)) == RC_OK && row) {
        struct order_result is;
        rc = read_row(l, s, d);
        if (rc != RC_OK)
            break;
        judge(l, d, &is);
        struct order_row out = {.state = is.state,
                                .have = is.have,
                                .need = is.need,
                                .made_ms = d->made_ms,
                                .who = buf_text(&d->who),
                                .op = &d->op};
        memcpy(out.name, is.name, sizeof(out.name));
        each(arg, &out);
    }
    sqlite3_reset(s);
    draft_free(d);
    return rc;
}

/* ---- writing */

/* Into the authority log, and settled; RC_DENIED where it does not count. */
static enum rc
write_order(struct ledger *l, const struct hub *h, const struct draft *d)
{
    struct decree w;
    if (d->op.code == AUTH_GRANT && !hub_may_seat(l, &d->op.grant))
        return RC_DENIED;
    enum rc rc = decree_begin(&w, l, h->hub);
    if (rc != RC_OK)
        return rc;
    *w.op = d->op;
    rc = decree_add(&w);
    if (rc == RC_OK)
        rc = decree_end(&w);
    else
        decree_drop(&w);
    if (rc == RC_OK)
        rc = ledger_settle(l);
    if (rc != RC_OK)
        return rc;
    const struct authority *a = replica_authority(l->replica);
    if (!authority_counts(a, authority_n(a) - 1, 0))
        return RC_DENIED;
    return hub_after_order(l, h, &d->op);
}

/* Writes it if it may count, else lets it wait. */
static enum rc
proceed(struct ledger *l, const struct hub *h, struct draft *d, struct order_result *out,
        struct fault *why)
{
    judge(l, d, out);
    if (out->state == ORDER_STALE)
        return fault_set(why, RC_STALE, FAULT_ORDER_STALE, "%s", out->name);
    if (out->need == 0)
        return fault_set(why, RC_DENIED, FAULT_OFFICERS, "%s", out->name);
    if (out->have < out->need || is_invite(d))
        return put(l, d);
    enum rc rc = write_order(l, h, d);
    if (rc == RC_DENIED)
        return fault_set(why, rc, FAULT_ORDER, "%s", out->name);
    out->state = ORDER_WRITTEN;
    return rc == RC_OK ? del(l, out->name) : rc;
}

static enum rc
sign_all(struct ledger *l, const struct hub *h, struct draft *d)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; i < h->officers_n && rc == RC_OK; i++)
        if (is_officer(l, &h->officer[i].pub))
            rc = order_add(&d->op, &l->community, &h->officer[i]);
    return rc;
}

/* The order as it waits here already, if it still may count; else a new one. */
static enum rc
begin(struct ledger *l, const struct auth_op *op, const char *who, struct draft *d)
{
    char name[ORDER_NAME_BYTES];
    uint64_t pos = 0;
    struct order_result is;
    const struct authority *a = replica_authority(l->replica);
    order_name(op, name);
    enum rc rc = get(l, name, d);
    if (rc == RC_OK)
        judge(l, d, &is);
    if (rc != RC_NOTFOUND && (rc != RC_OK || is.state != ORDER_STALE))
        return rc;
    d->op = *op;
    d->op.order = (struct order){.is_there = true};
    d->op.keys_hold = true;
    d->made_ms = ledger_wall_ms(l);
    d->who.n = 0;
    buf_add_slice(&d->who, slice_text(who));
    return authority_head(a, &d->op.order.seen, &pos) ? RC_OK : RC_DENIED;
}

enum rc
hub_order(struct ledger *l, const struct hub *h, struct auth_op *op, const char *who,
          struct order_result *out, struct fault *why)
{
    struct draft *d = draft_new();
    enum rc rc = strlen(who) > ORDER_WHO_BYTES_MAX ? RC_LIMIT : RC_OK;
    if (h->hub == NULL || !hub_is_here(l, &h->hub->pub))
        rc = RC_DENIED;
    if (rc == RC_OK)
        rc = begin(l, op, who, d);
    if (rc == RC_OK)
        rc = sign_all(l, h, d);
    if (rc == RC_OK)
        rc = proceed(l, h, d, out, why);
    draft_free(d);
    return rc;
}

/* What nobody has signed is no promise yet: it is asked as things stand now. */
static enum rc
renew(struct ledger *l, struct draft *d)
{
    const struct authority *a = replica_authority(l->replica);
    char name[ORDER_NAME_BYTES];
    uint64_t pos = 0;
    if (d->op.order.n > 0)
        return RC_OK;
    order_name(&d->op, name);
    enum rc rc = del(l, name);
    if (rc != RC_OK)
        return rc;
    struct grant *g = &d->op.grant;
    const struct log_state *log =
        d->op.code == AUTH_GRANT ? replica_log(l->replica, g->log_no) : NULL;
    if (log != NULL && g->from <= log->head_seq)
        g->from = log->head_seq + 1;
    return authority_head(a, &d->op.order.seen, &pos) ? RC_OK : RC_DENIED;
}

enum rc
order_sign(struct ledger *l, const struct hub *h, const char *name,
           const struct pair *officer, struct order_result *out, struct fault *why)
{
    struct draft *d = draft_new();
    enum rc rc = get_named(l, name, d, why);
    if (rc == RC_OK && !is_officer(l, &officer->pub))
        rc = fault_set(why, RC_DENIED, FAULT_NO_OFFICER, "%s", name);
    if (rc == RC_OK)
        rc = renew(l, d);
    if (rc == RC_OK)
        rc = order_add(&d->op, &l->community, officer);
    if (rc == RC_OK)
        rc = proceed(l, h, d, out, why);
    draft_free(d);
    return rc;
}

/* ---- an invite's */

enum rc
order_attach(struct ledger *l, const char *name, struct slice file, struct fault *why)
{
    struct draft *d = draft_new();
    enum rc rc = get_named(l, name, d, why);
    if (rc == RC_OK) {
        d->file.n = 0;
        buf_add_slice(&d->file, file);
        rc = put(l, d);
    }
    draft_free(d);
    return rc;
}

enum rc
order_take(struct ledger *l, const char *name, struct buf *op, struct buf *file,
           struct fault *why)
{
    struct order_result is;
    struct draft *d = draft_new();
    enum rc rc = get_named(l, name, d, why);
    if (rc == RC_OK && !is_invite(d))
        rc = fault_set(why, RC_NOTFOUND, FAULT_NOT_FOUND, "%s", name);
    if (rc == RC_OK)
        judge(l, d, &is);
    if (rc == RC_OK && is.state == ORDER_STALE)
        rc = fault_set(why, RC_STALE, FAULT_ORDER_STALE, "%s", name);
    if (rc == RC_OK && is.state == ORDER_WAITS)
        rc = fault_set(why, RC_BUSY, FAULT_ORDER_WAITS, "%s", name);
    if (rc == RC_OK) {
        auth_op_encode(&d->op, op);
        buf_add_slice(file, buf_slice(&d->file));
        rc = del(l, name);
    }
    draft_free(d);
    return rc;
}

/* ---- the file (ORDER.md) */

#define FILE_VERSION 1

void
order_file_encode(const struct order_file *f, struct buf *out)
{
    pack_array(out, 3);
    pack_uint(out, FILE_VERSION);
    pack_bin(out, slice_of(f->community.b, HASH_BYTES));
    pack_bin(out, f->op);
}

enum rc
order_file_decode(struct slice file, struct order_file *out)
{
    *out = (struct order_file){0};
    if (file.n > ORDER_FILE_BYTES_MAX)
        return RC_LIMIT;
    if (pack_check(file) != RC_OK)
        return RC_MALFORMED;
    struct unpack u = unpack_of(file);
    bool is_ours = unpack_array(&u) == 3 && unpack_uint(&u, UINT32_MAX) == FILE_VERSION;
    unpack_fixed(&u, out->community.b, HASH_BYTES);
    out->op = unpack_bin(&u, ENTRY_BODY_BYTES_MAX);
    return is_ours && !u.bad && unpack_done(&u) ? RC_OK : RC_MALFORMED;
}

enum rc
order_export(struct ledger *l, const char *name, struct buf *out, struct fault *why)
{
    struct draft *d = draft_new();
    enum rc rc = get_named(l, name, d, why);
    if (rc == RC_OK)
        order_file_encode(
            &(struct order_file){.community = l->community, .op = buf_slice(&d->bytes)},
            out);
    draft_free(d);
    return rc;
}

/* What `from` signed over the very same words, as far as it holds and officers did. */
static enum rc
merge(struct ledger *l, struct draft *d, struct auth_op *from)
{
    auth_op_verify(from, &l->community, NULL, NULL);
    if (!hash_eq(&from->order.seen, &d->op.order.seen))
        return RC_STALE;
    enum rc rc = RC_OK;
    for (uint16_t i = 0; i < from->order.n && rc == RC_OK; i++)
        if (from->order.holds[i] && is_officer(l, &from->order.by[i]))
            rc = put_sig(&d->op.order, &from->order.by[i], &from->order.sig[i]);
    return rc;
}

enum rc
order_import(struct ledger *l, const struct hub *h, struct slice file,
             struct order_result *out, struct fault *why)
{
    struct order_file f;
    char name[ORDER_NAME_BYTES] = "";
    struct draft *d = draft_new();
    struct auth_op *from = mem_new(sizeof(*from));
    enum rc rc = order_file_decode(file, &f);
    if (rc == RC_OK && auth_op_decode(f.op, from) != RC_OK)
        rc = RC_MALFORMED;
    if (rc == RC_OK && !hash_eq(&f.community, &l->community))
        rc = RC_INVALID;
    if (rc != RC_OK)
        rc = fault_set(why, rc, FAULT_ORDER_FILE, "%s", rc_text(rc));
    if (rc == RC_OK) {
        order_name(from, name);
        rc = get_named(l, name, d, why);
    }
    if (rc == RC_OK && (rc = merge(l, d, from)) == RC_STALE)
        fault_set(why, rc, FAULT_ORDER_STALE, "%s", name);
    if (rc == RC_OK)
        rc = proceed(l, h, d, out, why);
    mem_free(from);
    draft_free(d);
    return rc;
}
