#include "schema/asof.h"

#include <stdlib.h>
#include <string.h>

#include "schema/project.h"
#include "schema/query_in.h"

#define CHINA_MS (UINT64_C(8) * 3600 * 1000)
#define DAY_MS (UINT64_C(86400) * 1000)

struct loose {
    int64_t no;
    uint16_t type;
};
struct asof {
    struct ledger *l;
    uint32_t seal_no;
    uint64_t ms;
    struct loose *loose; /* ascending no, once each */
    size_t loose_n;
    struct image image;
};

int64_t
asof_day(uint64_t ms)
{
    return (int64_t)((ms + CHINA_MS) / DAY_MS);
}

uint32_t
asof_seal_no(const struct asof *a)
{
    return a->seal_no;
}

uint64_t
asof_ms(const struct asof *a)
{
    return a->ms;
}

static int
by_no(const void *a, const void *b)
{
    int64_t x = ((const struct loose *)a)->no;
    int64_t y = ((const struct loose *)b)->no;
    return (x > y) - (x < y);
}

static enum rc
read_types(struct asof *a, struct slice nos)
{
    size_t n = nos.n / 8;
    enum rc rc = RC_OK;
    a->loose = mem_new((n + 1) * sizeof(*a->loose));
    for (size_t i = 0; i < n; i++)
        a->loose[i].no = (int64_t)get_u64(nos.p + 8 * i);
    qsort(a->loose, n, sizeof(*a->loose), by_no);
    for (size_t i = 0; i < n && rc == RC_OK; i++) {
        int64_t number = -1;
        if (i > 0 && a->loose[i].no == a->loose[i - 1].no)
            continue;
        rc = fold_read_record(a->l, a->loose[i].no, &a->image, &number);
        a->loose[a->loose_n++] = (struct loose){a->loose[i].no, a->image.type};
    }
    return rc;
}

enum rc
asof_new(struct ledger *l, struct asof **out)
{
    struct asof *a = mem_new(sizeof(*a));
    const struct replica *r = ledger_replica(l);
    struct buf nos = BUF_NONE;
    enum rc rc = RC_OK;
    a->l = l;
    for (size_t i = 0; i < replica_logs_n(r) && rc == RC_OK; i++) {
        const struct log_state *log = replica_log_at(r, i);
        uint32_t n = log_number(l->log, &log->key);
        const struct seal_point *last =
            log->seals_n > 0 ? &log->seals[log->seals_n - 1] : NULL;
        if (last != NULL && last->seal_no >= a->seal_no) {
            a->seal_no = last->seal_no;
            a->ms = last->clock >> 16;
        }
        uint64_t sealed = log->is_assumed ? 0 : log->seal_seq;
        if (n != 0 && log->head_seq > sealed)
            rc = query_records_in(l, log_row(n, sealed + 1), log_row(n, log->head_seq),
                                  &nos);
    }
    if (rc == RC_OK)
        rc = read_types(a, buf_slice(&nos));
    buf_free(&nos);
    if (rc == RC_OK)
        *out = a;
    else
        asof_free(a);
    return rc;
}

void
asof_free(struct asof *a)
{
    if (a == NULL)
        return;
    image_fini(&a->image);
    mem_free(a->loose);
    mem_free(a);
}

static bool
is_loose(const struct asof *a, int64_t no)
{
    struct loose key = {.no = no};
    return a->loose_n > 0 &&
           bsearch(&key, a->loose, a->loose_n, sizeof(key), by_no) != NULL;
}

bool
asof_is_loose(const struct asof *a, const struct type *type)
{
    for (size_t i = 0; i < a->loose_n; i++)
        if (a->loose[i].type == type->code)
            return true;
    return false;
}

/* ---- rows of the table as they are */

static void
row_of_table(const struct asof *a, const struct table *t, sqlite3_stmt *s,
             struct asof_row *out)
{
    *out = (struct asof_row){.table = t, .at = s, .number = -1};
    out->no = sqlite3_column_int64(s, 0);
    struct slice id = db_column_slice(s, 1);
    memcpy(out->key.id, id.p, id.n < RECORD_ID_BYTES ? id.n : RECORD_ID_BYTES);
    out->key.scope = (uint32_t)sqlite3_column_int64(s, 2);
    out->key.unit = (uint32_t)sqlite3_column_int64(s, 3);
    if (sqlite3_column_type(s, 4) != SQLITE_NULL)
        out->number = sqlite3_column_int64(s, 4);
    out->entry = sqlite3_column_int64(s, 5);
    int state = TABLE_LIST_FIRST + COLUMN_STATE;
    if (sqlite3_column_type(s, state) != SQLITE_NULL)
        out->state = (uint16_t)sqlite3_column_int(s, state);
    out->is_loose = is_loose(a, out->no);
    out->has_seal = !out->is_loose;
}

/* ---- a loose one, as the seal leaves it */

static bool
row_of_image(struct asof *a, const struct table *t, int64_t no, struct asof_row *out)
{
    struct value v;
    const struct image *im = &a->image;
    *out = (struct asof_row){.key = im->key,
                             .table = t,
                             .image = im,
                             .no = no,
                             .entry = im->entry,
                             .is_loose = true,
                             .has_seal = true,
                             .number = -1};
    struct slice shown = image_shown(im, FIELD_GONE);
    if (shown.n > 0 && value_decode(VALUE_GONE, shown, &v) && !v.is_nil)
        return false;
    shown = image_shown(im, FIELD_STATE);
    if (shown.n > 0 && value_decode(VALUE_STATE, shown, &v) && !v.is_nil)
        out->state = v.as.move.to;
    shown = image_shown(im, FIELD_NUMBER);
    if (shown.n > 0 && value_decode(VALUE_NUMBER, shown, &v) && !v.is_nil)
        out->number = number_pack(&v.as.number);
    return true;
}

static enum rc
each_loose(struct asof *a, const struct table *t,
           bool (*each)(void *arg, const struct asof_row *r), void *arg)
{
    struct asof_row row;
    for (size_t i = 0; i < a->loose_n; i++) {
        bool any = false;
        if (a->loose[i].type != t->type->code)
            continue;
        enum rc rc = project_image(a->l, a->loose[i].no, PROJECT_SEALED, &a->image, &any);
        if (rc != RC_OK)
            return rc;
        if (any && row_of_image(a, t, a->loose[i].no, &row) && !each(arg, &row))
            return RC_OK;
    }
    return RC_OK;
}

enum rc
asof_each(struct asof *a, const struct type *type, bool now,
          bool (*each)(void *arg, const struct asof_row *r), void *arg)
{
    const struct table *t = table_of(a->l->tables, type->code);
    sqlite3_stmt *s = NULL;
    struct asof_row row;
    bool more = false;
    bool goes_on = true;
    enum rc rc = table_stmt(a->l->tables, type->code, TABLE_LIST, &s);
    while (rc == RC_OK && goes_on && (rc = db_step(a->l->db, s, &more)) == RC_OK &&
           more) {
        row_of_table(a, t, s, &row);
        if (now || !row.is_loose)
            goes_on = each(arg, &row);
    }
    sqlite3_reset(s);
    return rc == RC_OK && goes_on && !now ? each_loose(a, t, each, arg) : rc;
}

void
asof_cell(const struct asof_row *r, const struct field *f, struct cell *out)
{
    struct value v;
    *out = (struct cell){0};
    if (r->image != NULL) {
        struct slice shown = image_shown(r->image, f->code);
        out->is_set = shown.n > 0 && value_decode(f->kind, shown, &v) && !v.is_nil;
        if (!out->is_set)
            return;
        out->value = table_is_text(f->kind) ? v.as.text : shown;
        out->num = f->kind == VALUE_BOOL       ? v.as.yes
                   : table_is_integer(f->kind) ? v.as.num
                                               : 0;
        return;
    }
    int column = table_column_of(r->table, f->code);
    if (column < 0)
        return;
    column += TABLE_LIST_FIRST;
    out->is_set = sqlite3_column_type(r->at, column) != SQLITE_NULL;
    if (!out->is_set)
        return;
    if (table_is_integer(f->kind))
        out->num = sqlite3_column_int64(r->at, column);
    else
        out->value = db_column_slice(r->at, column);
}

/* ---- times */

static uint64_t
received_ms(struct asof *a, int64_t entry)
{
    const struct log_state *log = ledger_log_at(a->l, entry);
    uint64_t clock = log == NULL || log->is_assumed
                         ? UINT64_MAX
                         : log_sealed_clock(log, log_row_seq(entry));
    return clock == UINT64_MAX ? UINT64_MAX : clock >> 16;
}

enum rc
asof_made_ms(struct asof *a, const struct asof_row *r, uint64_t *ms)
{
    sqlite3_stmt *s = db_stmt(a->l->db, STMT_ASOF_ITEMS);
    bool row = false;
    enum rc rc;
    *ms = received_ms(a, r->entry);
    sqlite3_bind_int64(s, 1, r->no);
    while ((rc = db_step(a->l->db, s, &row)) == RC_OK && row) {
        uint64_t other = received_ms(a, sqlite3_column_int64(s, 0));
        *ms = other < *ms ? other : *ms;
    }
    sqlite3_reset(s);
    return rc;
}

enum rc
asof_state_ms(struct asof *a, const struct asof_row *r, uint64_t *ms)
{
    const struct image *im = r->image;
    *ms = UINT64_MAX;
    if (im == NULL && sqlite3_column_type(r->at, TABLE_LIST_FIRST + r->table->versions) ==
                          SQLITE_NULL) {
        *ms = received_ms(a, r->entry); /* nothing came after its first item */
        return RC_OK;
    }
    if (im == NULL) {
        enum rc rc = fold_read(a->l, r->no, &a->image);
        if (rc != RC_OK)
            return rc;
        im = &a->image;
    }
    const struct image_field *f = image_field(im, FIELD_STATE);
    if (f == NULL)
        return RC_OK;
    const struct version *at = &im->choice[f->first + f->shown].at;
    const struct log_state *log = replica_log(ledger_replica(a->l), at->log_no);
    uint64_t clock = log == NULL ? UINT64_MAX : log_sealed_clock(log, at->seq);
    if (clock != UINT64_MAX)
        *ms = clock >> 16;
    return RC_OK;
}
