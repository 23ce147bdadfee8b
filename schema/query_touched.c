/* Which records a log has written in: where to look for what became of one's own words.
 */
#include "schema/query.h"

#include <stdlib.h>

#include "schema/query_in.h"
#include "schema/type.h"

static int
by_value(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

/* The public record of a row, which may be a private half; 0: none is here. */
static int64_t
public_of(struct ledger *l, int64_t no, struct image *im)
{
    image_clear(im);
    if (fold_read(l, no, im) != RC_OK)
        return 0;
    const struct type *t = type_by_code(ledger_types(l), im->type);
    if (t == NULL || t->private_of == 0)
        return t != NULL ? no : 0;
    struct record_key key = im->key;
    const struct type *whole = type_by_code(ledger_types(l), t->private_of);
    if (whole == NULL || ledger_scope_of(l, whole, key.unit, &key.scope) != RC_OK ||
        query_no_of(l, &key, whole->code, &no) != RC_OK)
        return 0;
    return no;
}

static enum rc
collect(struct ledger *l, uint32_t n, int64_t **out, size_t *out_n)
{
    sqlite3_stmt *s = db_stmt(l->db, STMT_QUERY_TOUCHED);
    bool row = false;
    enum rc rc;
    sqlite3_bind_int64(s, 1, log_row(n, 1));
    sqlite3_bind_int64(s, 2, log_row(n + 1, 0));
    while ((rc = db_step(l->db, s, &row)) == RC_OK && row) {
        *out = mem_grow(*out, (*out_n + 1) * sizeof(**out));
        (*out)[(*out_n)++] = sqlite3_column_int64(s, 0);
    }
    sqlite3_reset(s);
    return rc;
}

/* Collected first: whoever is told may read. */
enum rc
query_touched(struct ledger *l, const struct key *log,
              bool (*each)(void *arg, const struct record_key *key), void *arg)
{
    struct image im = {0};
    int64_t *no = NULL;
    size_t n = 0;
    bool more = true;
    uint32_t number = log_number(l->log, log);
    enum rc rc = number != 0 ? collect(l, number, &no, &n) : RC_OK;
    for (size_t i = 0; rc == RC_OK && i < n; i++)
        no[i] = public_of(l, no[i], &im);
    if (n > 0)
        qsort(no, n, sizeof(*no), by_value);
    for (size_t i = 0; rc == RC_OK && more && i < n; i++) {
        if (no[i] == 0 || (i > 0 && no[i] == no[i - 1]))
            continue;
        image_clear(&im);
        rc = fold_read(l, no[i], &im);
        if (rc == RC_OK)
            more = each(arg, &im.key);
    }
    image_fini(&im);
    mem_free(no);
    return rc;
}
