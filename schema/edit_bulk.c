/* Many records at once, and taking them back. A batch is a run of the author's entries;
 * which run stands in a local setting, so that `undo` asks nobody. */
#include "schema/edit_in.h"
#include "schema/query_in.h"
#include "schema/rights_in.h"
#include "schema/type.h"

#include <stdio.h>

#define BATCH_NAME_BYTES 48

struct edit_bulk {
    struct ledger *l;
    struct author a;
    struct author_run *run;
    const struct type *type;
    struct draft d, half;
    uint8_t batch[RECORD_ID_BYTES];
    uint64_t from; /* seq of its first entry */
    bool is_try;   /* nothing is put */
};

static void
batch_name(const uint8_t batch[RECORD_ID_BYTES], char out[static BATCH_NAME_BYTES])
{
    char hex[2 * RECORD_ID_BYTES + 1];
    hex_print(batch, RECORD_ID_BYTES, hex);
    (void)snprintf(out, BATCH_NAME_BYTES, "batch %s", hex);
}

enum rc
edit_bulk_begin(struct ledger *l, const struct author *a, const char *type_name,
                const uint8_t batch[RECORD_ID_BYTES], struct edit_bulk **out,
                struct fault *why)
{
    const struct type *type = type_by_name(ledger_types(l), type_name);
    if (type == NULL || type->private_of != 0)
        return fault_set(why, RC_INVALID, FAULT_UNKNOWN_TYPE, "%s", type_name);
    struct edit_bulk *b = mem_new(sizeof(*b));
    *b = (struct edit_bulk){.l = l, .a = *a, .type = type};
    for (size_t i = 0; i < RECORD_ID_BYTES; i++)
        b->batch[i] = batch[i];
    draft_init(&b->d, type);
    draft_init(&b->half, NULL);
    b->from = replica_trunk_n(ledger_replica(l), &a->log->pub) + 1;
    enum rc rc = author_begin(l, a, &b->run);
    if (rc != RC_OK) {
        edit_bulk_drop(&b);
        return fault_set(why, rc, FAULT_NO_LOG, "%s", rc_text(rc));
    }
    *out = b;
    return RC_OK;
}

void
edit_bulk_try(struct edit_bulk *b)
{
    b->is_try = true;
}

enum rc
edit_bulk_add(struct edit_bulk *b, uint32_t unit, const struct assign *f, size_t n,
              struct fault *why)
{
    struct made made;
    return edit_make(b->l, b->run, &b->a, b->is_try, b->type, unit, f, n, &b->d, &b->half,
                     &made, why);
}

void
edit_bulk_drop(struct edit_bulk **bulk)
{
    struct edit_bulk *b = *bulk;
    *bulk = NULL;
    if (b == NULL)
        return;
    if (b->run != NULL)
        author_drop(&b->run);
    draft_fini(&b->d);
    draft_fini(&b->half);
    mem_free(b);
}

enum rc
edit_bulk_end(struct edit_bulk **bulk)
{
    struct edit_bulk *b = *bulk;
    char name[BATCH_NAME_BYTES];
    struct buf value = BUF_NONE;
    enum rc rc = author_end(&b->run);
    uint64_t to = replica_trunk_n(ledger_replica(b->l), &b->a.log->pub);
    if (rc == RC_OK && to >= b->from) {
        batch_name(b->batch, name);
        buf_add(&value, b->a.log->pub.b, KEY_BYTES);
        buf_add_u64(&value, b->from);
        buf_add_u64(&value, to);
        rc = ledger_set_setting(b->l, name, buf_slice(&value));
        buf_free(&value);
    }
    edit_bulk_drop(bulk);
    return rc;
}

/* ---- undo */

struct undo {
    struct ledger *l;
    const struct author *a;
    struct author_run *run;
    const uint8_t *batch; /* NULL: one record alone */
    struct draft d;
    struct image im;
    uint64_t undone, kept;
    struct fault *why;
};

/* Has somebody built on it since, in either half? */
static enum rc
is_built_on(struct undo *u, const struct type *type, int64_t no, bool *is)
{
    const struct type *half = edit_half_of(u->l, type);
    struct record_key key = u->im.key;
    uint64_t n = 0, half_n = 0;
    enum rc rc = query_items_n(u->l, no, &n);
    if (rc == RC_OK && half != NULL &&
        ledger_scope_of(u->l, half, key.unit, &key.scope) == RC_OK) {
        rc = query_no_of(u->l, &key, half->code, &no);
        if (rc == RC_OK)
            rc = query_items_n(u->l, no, &half_n);
        if (rc == RC_NOTFOUND)
            rc = RC_OK;
    }
    *is = n > 1 || half_n > 1;
    return rc;
}

static enum rc
put_gone(struct undo *u, const struct type *type)
{
    struct value v = {.kind = VALUE_GONE};
    const struct record_key *key = &u->im.key;
    draft_clear(&u->d, type);
    v.as.gone = (struct gone){.reason = GONE_UNDONE, .has_batch = u->batch != NULL};
    for (size_t i = 0; u->batch != NULL && i < RECORD_ID_BYTES; i++)
        v.as.gone.batch[i] = u->batch[i];
    enum rc rc = draft_add_value(&u->d, FIELD_GONE, &v, &u->im, u->why);
    if (rc == RC_OK)
        rc = edit_check(u->l, u->a, &u->im, &u->d, u->why);
    struct rights_pen pen = {.l = u->l, .run = u->run, .a = u->a, .why = u->why};
    if (rc == RC_OK)
        rc = edit_put(u->run, key->scope, &u->d, key->unit, key->id, u->why);
    return rc == RC_OK ? edit_right(&pen, type, key, &u->d, &u->im) : rc;
}

static bool
is_gone(const struct undo *u)
{
    struct value v;
    struct slice gone = image_shown(&u->im, FIELD_GONE);
    return gone.n > 0 && value_decode(VALUE_GONE, gone, &v) && !v.is_nil;
}

static enum rc
undo_one(struct undo *u, int64_t no)
{
    bool is_kept = false;
    enum rc rc = fold_read(u->l, no, &u->im);
    if (rc != RC_OK)
        return rc;
    const struct type *type = type_by_code(ledger_types(u->l), u->im.type);
    if (type == NULL || type->private_of != 0)
        return RC_OK;
    if (is_gone(u))
        return RC_OK; /* taken back before */
    rc = is_built_on(u, type, no, &is_kept);
    if (rc != RC_OK)
        return rc;
    if (!is_kept)
        rc = put_gone(u, type);
    u->kept += is_kept;
    u->undone += rc == RC_OK && !is_kept;
    return rc;
}

/* Collected first: writing projects, and projecting reads. */
static enum rc
undo_rows(struct undo *u, int64_t from, int64_t to)
{
    struct buf rows = BUF_NONE;
    enum rc rc = query_records_in(u->l, from, to, &rows);
    struct reader r = reader_of(buf_slice(&rows));
    while (rc == RC_OK && r.n > 0)
        rc = undo_one(u, (int64_t)read_u64(&r));
    buf_free(&rows);
    return rc;
}

enum rc
edit_undo(struct ledger *l, const struct author *a, const uint8_t batch[RECORD_ID_BYTES],
          uint64_t *undone, uint64_t *kept, struct fault *why)
{
    char name[BATCH_NAME_BYTES];
    struct buf value = BUF_NONE;
    struct key log;
    struct undo u = {.l = l, .a = a, .batch = batch, .why = why};
    batch_name(batch, name);
    enum rc rc = ledger_setting(l, name, &value);
    struct reader r = reader_of(buf_slice(&value));
    read_into(&r, log.b, KEY_BYTES);
    uint64_t from = read_u64(&r), to = read_u64(&r);
    bool is_whole = read_done(&r);
    buf_free(&value);
    uint32_t n = log_number(l->log, &log);
    if (rc != RC_OK || !is_whole || n == 0)
        return fault_set(why, RC_NOTFOUND, FAULT_NOT_FOUND, "%s", name);
    rc = author_begin(l, a, &u.run);
    if (rc != RC_OK)
        return fault_set(why, rc, FAULT_NO_LOG, "%s", rc_text(rc));
    draft_init(&u.d, NULL);
    rc = undo_rows(&u, log_row(n, from), log_row(n, to));
    draft_fini(&u.d);
    image_fini(&u.im);
    if (rc == RC_OK)
        rc = author_end(&u.run);
    else
        author_drop(&u.run);
    if (rc != RC_OK) /* what the rules refused has been said */
        return why != NULL && why->rc == rc
                   ? rc
                   : fault_set(why, rc, FAULT_DATABASE, "%s", rc_text(rc));
    *undone = u.undone;
    *kept = u.kept;
    return RC_OK;
}

enum rc
edit_take_back(struct ledger *l, const struct author *a, const struct record_key *key,
               struct fault *why)
{
    struct undo u = {.l = l, .a = a, .why = why};
    struct record_key public = *key;
    int64_t no = 0;
    enum rc rc = query_no_of(l, &public, 0, &no);
    if (rc == RC_OK)
        rc = fold_read(l, no, &u.im);
    const struct type *type =
        rc == RC_OK ? type_by_code(ledger_types(l), u.im.type) : NULL;
    draft_init(&u.d, NULL);
    if (rc == RC_OK && type != NULL && !is_gone(&u)) {
        rc = author_begin(l, a, &u.run);
        if (rc == RC_OK)
            rc = put_gone(&u, type);
        if (rc == RC_OK)
            rc = author_end(&u.run);
        else
            author_drop(&u.run);
    }
    draft_fini(&u.d);
    image_fini(&u.im);
    if (rc == RC_OK || (why != NULL && why->rc == rc))
        return rc;
    return fault_set(why, rc, rc == RC_NOTFOUND ? FAULT_NOT_FOUND : FAULT_DATABASE, "%s",
                     rc_text(rc));
}
