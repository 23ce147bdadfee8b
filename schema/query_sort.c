/* Rows in the order of a field. */
#include <stdlib.h>

#include "schema/query_in.h"

void
query_sort_add(struct sorting *s, sqlite3_stmt *row, int column, int64_t no)
{
    if (s->rows_n == s->rows_cap) {
        s->rows_cap = 2 * s->rows_cap + 256;
        s->row = mem_grow(s->row, s->rows_cap * sizeof(*s->row));
    }
    struct sort_row *r = &s->row[s->rows_n++];
    *r = (struct sort_row){.no = no,
                           .place = s->rows_n,
                           .is_null = sqlite3_column_type(row, column) == SQLITE_NULL};
    if (!s->is_text) {
        r->number = sqlite3_column_int64(row, column);
        return;
    }
    struct slice text = db_column_slice(row, column);
    r->at = s->text.n;
    r->n = text.n;
    buf_add_slice(&s->text, text);
}

/* Rows came by unit and number: that decides between equals. */
static int
by_field(const void *a, const void *b, void *arg)
{
    const struct sorting *s = arg;
    const struct sort_row *x = a, *y = b;
    int d = (int)x->is_null - (int)y->is_null;
    if (d == 0 && s->is_text)
        d = pinyin_cmp(s->readings, slice_of(s->text.p + x->at, x->n),
                       slice_of(s->text.p + y->at, y->n));
    if (d == 0)
        d = (x->number > y->number) - (x->number < y->number);
    return d != 0 ? d : (x->place > y->place) - (x->place < y->place);
}

void
query_sort_end(struct sorting *s, struct buf *out)
{
    if (s->rows_n > 1)
        qsort_r(s->row, s->rows_n, sizeof(*s->row), by_field, s);
    for (size_t i = 0; i < s->rows_n; i++)
        buf_add_u64(out, (uint64_t)s->row[i].no);
    mem_free(s->row);
    buf_free(&s->text);
}
