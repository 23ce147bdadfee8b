/* Records drawn by a seed: those whose names hash lowest with it. */
#include "schema/audit_in.h"
#include "schema/ledger_in.h"

#include <string.h>

struct ticket {
    struct hash hash;
    struct audit_drawn drawn;
};

static struct hash
hash_with(const char *seed, const struct audit_drawn *d)
{
    struct buf b = BUF_NONE;
    buf_addf(&b, "%s", seed);
    buf_add_u8(&b, 0);
    buf_add_u32(&b, d->scope);
    buf_add_u32(&b, d->unit);
    buf_add(&b, d->id, RECORD_ID_BYTES);
    struct hash h = hash_of(buf_slice(&b));
    buf_free(&b);
    return h;
}

/* Into its place among the n lowest so far. */
static void
keep(struct ticket *list, size_t *have, size_t n, const struct ticket *t)
{
    size_t lo = 0;
    size_t hi = *have;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (hash_cmp(&list[mid].hash, &t->hash) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo == n || (lo < *have && hash_eq(&list[lo].hash, &t->hash)))
        return; /* too high, or the other half of the same record */
    size_t left = (*have < n ? *have : n - 1) - lo;
    memmove(&list[lo + 1], &list[lo], left * sizeof(*list));
    list[lo] = *t;
    *have += *have < n;
}

enum rc
audit_draw(struct ledger *l, uint64_t n, const char *seed, struct audit_drawn **out,
           size_t *out_n)
{
    if (n == 0 || n > AUDIT_SAMPLE_MAX)
        return RC_LIMIT;
    struct ticket *list = mem_new((size_t)n * sizeof(*list));
    size_t have = 0;
    bool row = false;
    sqlite3_stmt *s = db_stmt(l->db, STMT_AUDIT_RECORDS);
    enum rc rc;
    while ((rc = db_step(l->db, s, &row)) == RC_OK && row) {
        struct ticket t = {0};
        struct reader id = reader_of(db_column_slice(s, 0));
        read_into(&id, t.drawn.id, RECORD_ID_BYTES);
        t.drawn.scope = (uint32_t)sqlite3_column_int64(s, 1);
        t.drawn.unit = (uint32_t)sqlite3_column_int64(s, 2);
        t.hash = hash_with(seed, &t.drawn);
        keep(list, &have, (size_t)n, &t);
    }
    sqlite3_reset(s);
    *out = mem_new((have + 1) * sizeof(**out));
    for (size_t i = 0; i < have; i++)
        (*out)[i] = list[i].drawn;
    *out_n = have;
    mem_free(list);
    return rc;
}
