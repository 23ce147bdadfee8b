#include "schema/digest.h"

#include <stdlib.h>
#include <string.h>

#include "schema/project.h"

void
digest_record(const struct image *im, struct buf *out)
{
    buf_add(out, im->key.id, RECORD_ID_BYTES);
    buf_add_u32(out, im->key.unit);
    buf_add_u16(out, im->type);
    buf_add_u16(out, (uint16_t)im->fields_n);
    for (size_t i = 0; i < im->fields_n; i++) {
        const struct image_field *f = &im->field[i];
        buf_add_u16(out, f->code);
        buf_add_u8(out, (uint8_t)f->state);
        buf_add_u32(out, f->shown);
        buf_add_u32(out, f->n);
        for (uint32_t k = 0; k < f->n; k++) {
            const struct image_choice *c = &im->choice[f->first + k];
            struct slice value = image_value(im, c);
            buf_add_u32(out, c->at.log_no);
            buf_add_u64(out, c->at.seq);
            buf_add(out, c->at.id8, sizeof(c->at.id8));
            buf_add_u32(out, (uint32_t)value.n);
            buf_add_slice(out, value);
        }
    }
}

struct run {
    struct ledger *l;
    int64_t *touched; /* ascending: records with items of logs that do not count yet */
    size_t touched_n, touched_cap;
    struct image image;
    struct buf bytes;
    struct hash_run hash;
    size_t ring; /* the readable scope in hand, by its first key */
    void (*each)(void *arg, uint32_t scope, const uint8_t digest[16]);
    void *arg;
};

static enum rc
touch(struct run *run, const struct log_state *log)
{
    struct ledger *l = run->l;
    uint32_t n = log_number(l->log, &log->key);
    sqlite3_stmt *s = db_stmt(l->db, STMT_DIGEST_TOUCHED);
    sqlite3_bind_int64(s, 1, log_row(n, 0));
    sqlite3_bind_int64(s, 2, log_row(n, LOG_SEQ_MAX));
    bool row = false;
    enum rc rc = RC_OK;
    while (n != 0 && (rc = db_step(l->db, s, &row)) == RC_OK && row) {
        if (run->touched_n == run->touched_cap) {
            run->touched_cap = run->touched_cap * 2 + 64;
            run->touched =
                mem_grow(run->touched, run->touched_cap * sizeof(*run->touched));
        }
        run->touched[run->touched_n++] = sqlite3_column_int64(s, 0);
    }
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

static enum rc
find_touched(struct run *run)
{
    struct replica *r = run->l->replica;
    enum rc rc = RC_OK;
    for (size_t i = 0; i < replica_logs_n(r) && rc == RC_OK; i++) {
        const struct log_state *log = replica_log_at(r, i);
        if (log->is_assumed && log->head_seq > 0)
            rc = touch(run, log);
    }
    if (run->touched_n > 1)
        qsort(run->touched, run->touched_n, sizeof(*run->touched), by_no);
    return rc;
}

/* From the tables, so that a wrong table shows; only what is not counted for others has
 * to be folded without it. */
static enum rc
add(struct run *run, int64_t no)
{
    bool any = true;
    enum rc rc;
    if (run->touched_n > 0 &&
        bsearch(&no, run->touched, run->touched_n, sizeof(*run->touched), by_no) != NULL)
        rc = project_image(run->l, no, PROJECT_COUNTED, &run->image, &any);
    else
        rc = fold_read(run->l, no, &run->image);
    if (rc != RC_OK || !any)
        return rc;
    run->bytes.n = 0;
    digest_record(&run->image, &run->bytes);
    hash_add(&run->hash, buf_slice(&run->bytes));
    return RC_OK;
}

/* The digest of the scope in hand is told, and the next readable one begins. */
static void
next_scope(struct run *run)
{
    const struct ledger *l = run->l;
    uint32_t scope = l->ring[run->ring].scope;
    struct hash h = hash_done(&run->hash);
    run->each(run->arg, scope, h.b);
    while (run->ring < l->ring_n && l->ring[run->ring].scope == scope)
        run->ring++;
    hash_init(&run->hash);
}

static enum rc
digest_all(struct run *run)
{
    struct ledger *l = run->l;
    sqlite3_stmt *s = db_stmt(l->db, STMT_DIGEST_ALL);
    bool row = false;
    enum rc rc;
    hash_init(&run->hash);
    while ((rc = db_step(l->db, s, &row)) == RC_OK && row) {
        int64_t no = sqlite3_column_int64(s, 0);
        int64_t scope = sqlite3_column_int64(s, 1);
        while (run->ring < l->ring_n && l->ring[run->ring].scope < scope)
            next_scope(run);
        if (run->ring == l->ring_n || l->ring[run->ring].scope != scope) {
            rc = RC_CORRUPT; /* a record of a scope that nobody here can read */
            break;
        }
        rc = add(run, no);
        if (rc != RC_OK)
            break;
    }
    sqlite3_reset(s);
    while (rc == RC_OK && run->ring < l->ring_n)
        next_scope(run);
    return rc;
}

enum rc
ledger_digest(struct ledger *l,
              void (*each)(void *arg, uint32_t scope, const uint8_t digest[16]),
              void *arg)
{
    struct run run = {.l = l, .each = each, .arg = arg};
    ledger_forget(l);
    enum rc rc = find_touched(&run);
    if (rc == RC_OK)
        rc = digest_all(&run);
    image_fini(&run.image);
    buf_free(&run.bytes);
    mem_free(run.touched);
    return rc;
}
