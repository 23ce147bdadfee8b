/* Many records at once, and taking them back. A batch is a run of the author's entries;
 * which run stands in a local setting, so that `undo` asks nobody. */
#include "schema/edit_in.h"
#include "schema/query_in.h"
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

enum rc
edit_bulk_add(struct edit_bulk *b, uint32_t unit, const struct assign *f, size_t n,
              struct fault *why)
{
    struct made made;
    return edit_make(b->l, b->run, &b->a, b->type, unit, f, n, &b->d, &b->half, &made,
                     why);
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
    if (rc == RC_OK) {
        batch_name(b->batch, name);
        buf_add(&value, b->a.log->pub.b, KEY_BYTES);
        buf_add_u64(&value, b->from);
        buf_add_u64(&value, replica_trunk_n(ledger_replica(b->l), &b->a.log->pub));
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
    const uint8_t *batch;
    struct draft d;
    struct image im;
    uint64_t undone, kept;
    struct fault *why;
};

static enum rc
undo_one(struct undo *u, int64_t no)
{
    struct value v = {.kind = VALUE_GONE};
    struct buf bytes = BUF_NONE;
    enum rc rc = fold_read(u->l, no, &u->im);
    if (rc != RC_OK)
        return rc;
    const struct type *type = type_by_code(ledger_types(u->l), u->im.type);
    if (type == NULL)
        return RC_OK;
    if (query_items_n(u->l, no) >
        1) { /* somebody built on it: it stays, and is counted */
        u->kept++;
        return RC_OK;
    }
    draft_clear(&u->d, type);
    v.as.gone = (struct gone){.reason = GONE_UNDONE, .has_batch = true};
    for (size_t i = 0; i < RECORD_ID_BYTES; i++)
        v.as.gone.batch[i] = u->batch[i];
    value_encode(&v, &bytes);
    rc = draft_add(&u->d, FIELD_GONE, buf_slice(&bytes), &u->im);
    buf_free(&bytes);
    if (rc == RC_OK)
        rc = edit_judge(u->l, u->a, u->im.key.scope, &u->d, u->im.key.unit, u->im.key.id,
                        u->why);
    if (rc == RC_OK)
        rc = edit_put(u->run, u->im.key.scope, &u->d, u->im.key.unit, u->im.key.id,
                      u->why);
    u->undone += rc == RC_OK;
    return rc;
}

static enum rc
undo_rows(struct undo *u, int64_t from, int64_t to)
{
    struct buf rows =
        BUF_NONE; /* collected first: writing projects, and projecting reads */
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
    if (rc != RC_OK) {
        author_drop(&u.run);
        return why != NULL && why->rc != RC_OK
                   ? rc
                   : fault_set(why, rc, FAULT_DATABASE, "undo");
    }
    *undone = u.undone;
    *kept = u.kept;
    return author_end(&u.run);
}
