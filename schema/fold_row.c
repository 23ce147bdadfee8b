/* Images to rows and back. */
#include "schema/fold.h"

#include <stdlib.h>

#define MSGPACK_NIL 0xc0

/* ---- one value and its column */

static bool
bind_state(sqlite3_stmt *put, struct slice value)
{
    struct value v;
    if (!value_decode(VALUE_STATE, value, &v) || v.is_nil)
        return false;
    sqlite3_bind_int(put, COLUMN_STATE + 1, v.as.move.to);
    if (v.as.move.from != 0 || v.as.move.why.n > 0)
        db_bind_slice(put, COLUMN_MOVE + 1, value);
    return true;
}

static bool
bind_number(sqlite3_stmt *put, struct slice value, int64_t *number)
{
    struct value v;
    if (!value_decode(VALUE_NUMBER, value, &v) || v.is_nil)
        return false;
    *number = number_pack(&v.as.number);
    if (*number < 0)
        db_bind_slice(put, COLUMN_NUMBER + 1, value);
    return true;
}

bool
fold_bind(sqlite3_stmt *put, const struct table *t, uint16_t code, struct slice value,
          int64_t *number)
{
    if (value.n == 1 && value.p[0] == MSGPACK_NIL)
        return false;
    if (code == FIELD_STATE)
        return bind_state(put, value);
    if (code == FIELD_NUMBER)
        return bind_number(put, value, number);
    int column = table_column_of(t, code);
    if (column < COLUMN_FIRST_OWN) {
        db_bind_slice(put, column + 1, value);
        return true;
    }
    enum value_kind kind = t->own[column - COLUMN_FIRST_OWN]->kind;
    struct unpack u = unpack_of(value);
    if (kind == VALUE_BOOL) {
        sqlite3_bind_int(put, column + 1, unpack_bool(&u));
    } else if (table_is_integer(kind)) {
        sqlite3_bind_int64(put, column + 1, unpack_int(&u));
    } else if (table_is_text(kind)) {
        struct slice text = unpack_text(&u, TEXT_BYTES_MAX);
        sqlite3_bind_text(put, column + 1, (const char *)text.p, (int)text.n,
                          SQLITE_STATIC);
    } else {
        db_bind_slice(put, column + 1, value);
    }
    return true;
}

/* The column's value as canonical msgpack. */
static void
column_value(sqlite3_stmt *s, int column, const struct table *t, struct buf *out)
{
    enum value_kind kind = column < COLUMN_FIRST_OWN
                               ? VALUE_LINK /* of the common ones, all that get here */
                               : t->own[column - COLUMN_FIRST_OWN]->kind;
    out->n = 0;
    if (sqlite3_column_type(s, column) == SQLITE_NULL) {
        pack_nil(out);
    } else if (kind == VALUE_BOOL) {
        pack_bool(out, sqlite3_column_int(s, column) != 0);
    } else if (table_is_integer(kind)) {
        pack_int(out, sqlite3_column_int64(s, column));
    } else if (table_is_text(kind)) {
        struct slice text = db_column_slice(s, column);
        pack_text(out, text);
    } else {
        buf_add_slice(out, db_column_slice(s, column));
    }
}

/* A field's value from the typed row, wherever it stands there. */
static void
field_value(sqlite3_stmt *s, const struct table *t, uint16_t code, int64_t number,
            struct buf *out)
{
    struct value v = {.kind = VALUE_NUMBER};
    out->n = 0;
    if (code == FIELD_NUMBER && number >= 0) {
        number_unpack(number, &v.as.number);
        value_encode(&v, out);
    } else if (code == FIELD_STATE &&
               sqlite3_column_type(s, COLUMN_MOVE) == SQLITE_NULL &&
               sqlite3_column_type(s, COLUMN_STATE) != SQLITE_NULL) {
        v.kind = VALUE_STATE;
        v.as.move.to = (uint16_t)sqlite3_column_int(s, COLUMN_STATE);
        value_encode(&v, out);
    } else if (code == FIELD_STATE) {
        column_value(s, COLUMN_MOVE, t, out);
    } else {
        column_value(s, table_column_of(t, code), t, out);
    }
}

/* ---- reading */

struct reading {
    struct ledger *l;
    sqlite3_stmt *row; /* t_TYPE's, on its row */
    const struct table *table;
    int64_t number; /* -1: none */
    struct buf value;
};

enum rc
fold_read_record(struct ledger *l, int64_t no, struct image *out, int64_t *number)
{
    sqlite3_stmt *s = db_stmt(l->db, STMT_FOLD_RECORD);
    sqlite3_bind_int64(s, 1, no);
    bool row = false;
    enum rc rc = db_step(l->db, s, &row);
    if (rc == RC_OK && row) {
        struct reader r = reader_of(db_column_slice(s, 0));
        read_into(&r, out->key.id, RECORD_ID_BYTES);
        out->key.scope = (uint32_t)sqlite3_column_int64(s, 1);
        out->key.unit = (uint32_t)sqlite3_column_int64(s, 2);
        out->type = (uint16_t)sqlite3_column_int(s, 3);
        out->entry = sqlite3_column_int64(s, 4);
        out->item = (uint16_t)sqlite3_column_int(s, 5);
        *number =
            sqlite3_column_type(s, 6) == SQLITE_NULL ? -1 : sqlite3_column_int64(s, 6);
    }
    sqlite3_reset(s);
    return rc != RC_OK ? rc : row ? RC_OK : RC_NOTFOUND;
}

static void
read_own(struct reading *r, uint16_t code, struct image *out)
{
    struct image_choice c = {.at = out->at, .entry = out->entry, .item = out->item};
    image_add_field(out, code, FIELD_CLEAN);
    field_value(r->row, r->table, code, r->number, &r->value);
    image_add_choice(out, &c, buf_slice(&r->value));
}

/* Every field as the first item wrote it: what is NULL was not written. */
static void
read_plain(struct reading *r, struct image *out)
{
    static const struct {
        uint16_t code;
        int column;
    } common[] = {{FIELD_GONE, COLUMN_GONE},
                  {FIELD_NUMBER, COLUMN_NUMBER},
                  {FIELD_STATE, COLUMN_STATE},
                  {FIELD_LINK, COLUMN_LINK},
                  {FIELD_FROM, COLUMN_FROM}};
    for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
        if (sqlite3_column_type(r->row, common[i].column) != SQLITE_NULL ||
            (common[i].code == FIELD_NUMBER && r->number >= 0))
            read_own(r, common[i].code, out);
    for (int i = 0; i < r->table->own_n; i++)
        if (sqlite3_column_type(r->row, COLUMN_FIRST_OWN + i) != SQLITE_NULL)
            read_own(r, r->table->own[i]->code, out);
}

/* Survivors of one field; `list` borrows from the versions column. */
static bool
read_field(struct reading *r, struct unpack *u, const struct version *list,
           size_t versions_n, struct image *out)
{
    uint32_t n = unpack_array(u);
    uint16_t code = (uint16_t)unpack_uint(u, UINT16_MAX);
    enum field_state state = (enum field_state)unpack_uint(u, FIELD_CYCLE);
    uint32_t shown = (uint32_t)unpack_uint(u, UINT32_MAX);
    if (u->bad || n < 4 || table_column_of(r->table, code) < 0)
        return false;
    struct image_field *f = image_add_field(out, code, state);
    for (uint32_t i = 3; i < n; i++) {
        uint32_t at = (uint32_t)unpack_uint(u, UINT32_MAX);
        if (u->bad || at >= versions_n)
            return false;
        struct image_choice c = {.at = list[at]};
        if (at == shown)
            f->shown = i - 3;
        r->value.n = 0;
        if (state == FIELD_CLEAN)
            field_value(r->row, r->table, code, r->number, &r->value);
        image_add_choice(out, &c, buf_slice(&r->value));
    }
    return true;
}

static enum rc
read_versions(struct reading *r, struct slice packed, struct image *out)
{
    struct unpack u = unpack_of(packed);
    if (pack_check(packed) != RC_OK || unpack_array(&u) != 3)
        return RC_CORRUPT;
    out->is_parallel = unpack_bool(&u);
    size_t n = unpack_array(&u) / 3;
    if (u.bad || n == 0)
        return RC_CORRUPT;
    struct version *list = mem_new(n * sizeof(*list));
    for (size_t i = 0; i < n; i++) {
        list[i].log_no = (uint32_t)unpack_uint(&u, UINT32_MAX);
        list[i].seq = unpack_uint(&u, INT64_MAX);
        unpack_fixed(&u, list[i].id8, sizeof(list[i].id8));
    }
    uint32_t fields_n = unpack_array(&u);
    bool good = !u.bad;
    for (uint32_t i = 0; i < fields_n && good; i++)
        good = read_field(r, &u, list, n, out);
    mem_free(list);
    return good && unpack_done(&u) ? RC_OK : RC_CORRUPT;
}

/* The choice that the statement stands on is this one, and it is shown or not as it says.
 */
static bool
is_choice(sqlite3_stmt *s, const struct image_field *f, const struct image_choice *c,
          bool shown)
{
    return sqlite3_column_int64(s, 0) == f->code &&
           sqlite3_column_int64(s, 1) == c->at.log_no &&
           (uint64_t)sqlite3_column_int64(s, 2) == c->at.seq &&
           slice_eq(db_column_slice(s, 3), slice_of(c->at.id8, sizeof(c->at.id8))) &&
           (sqlite3_column_int(s, 8) != 0) == shown;
}

static void
take_choice(sqlite3_stmt *s, struct image *im, struct image_choice *c)
{
    struct slice value = db_column_slice(s, 7);
    c->entry = sqlite3_column_int64(s, 4);
    c->item = (uint16_t)sqlite3_column_int(s, 5);
    c->clock = (uint64_t)sqlite3_column_int64(s, 6);
    c->value_at = (uint32_t)im->bytes.n;
    c->value_n = (uint32_t)value.n;
    buf_add_slice(&im->bytes, value);
}

/* Values of a field that is not clean, in the order in which its choices came in. What
 * its column shows has to be the one that is shown. */
static enum rc
read_choices(struct reading *r, sqlite3_stmt *s, struct image *im,
             const struct image_field *f)
{
    bool row = false;
    for (uint32_t k = 0; k < f->n; k++) {
        struct image_choice *c = &im->choice[f->first + k];
        enum rc rc = db_step(r->l->db, s, &row);
        if (rc != RC_OK)
            return rc;
        if (!row || !is_choice(s, f, c, k == f->shown))
            return RC_CORRUPT;
        take_choice(s, im, c);
    }
    field_value(r->row, r->table, f->code, r->number, &r->value);
    return slice_eq(buf_slice(&r->value),
                    image_value(im, &im->choice[f->first + f->shown]))
               ? RC_OK
               : RC_CORRUPT;
}

static enum rc
read_conflicts(struct reading *r, int64_t no, struct image *im)
{
    sqlite3_stmt *s = db_stmt(r->l->db, STMT_FOLD_CHOICES);
    enum rc rc = RC_OK;
    sqlite3_bind_int64(s, 1, no);
    for (size_t i = 0; i < im->fields_n && rc == RC_OK; i++)
        if (im->field[i].state != FIELD_CLEAN)
            rc = read_choices(r, s, im, &im->field[i]);
    sqlite3_reset(s);
    return rc;
}

enum rc
fold_read(struct ledger *l, int64_t no, struct image *out)
{
    struct reading r = {.l = l, .number = -1, .value = BUF_NONE};
    bool row = false;
    image_clear(out);
    enum rc rc = fold_read_record(l, no, out, &r.number);
    if (rc != RC_OK)
        return rc;
    r.table = table_of(l->tables, out->type);
    if (r.table == NULL)
        return RC_CORRUPT;
    rc = ledger_version_at(l, out->entry, &out->at);
    if (rc == RC_OK)
        rc = table_stmt(l->tables, out->type, TABLE_GET, &r.row);
    if (rc != RC_OK)
        return rc;
    sqlite3_bind_int64(r.row, 1, no);
    rc = db_step(l->db, r.row, &row);
    if (rc == RC_OK && !row)
        rc = RC_CORRUPT;
    if (rc == RC_OK && sqlite3_column_type(r.row, r.table->versions) == SQLITE_NULL) {
        read_plain(&r, out);
    } else if (rc == RC_OK) {
        rc = read_versions(&r, db_column_slice(r.row, r.table->versions), out);
        if (rc == RC_OK)
            rc = read_conflicts(&r, no, out);
    }
    sqlite3_reset(r.row);
    buf_free(&r.value);
    return rc;
}

/* ---- writing */

/* Does the first item alone tell everything, so that `versions` can stay NULL? */
static bool
is_plain(const struct image *im)
{
    if (im->is_parallel)
        return false;
    for (size_t i = 0; i < im->fields_n; i++) {
        const struct image_field *f = &im->field[i];
        const struct image_choice *c = &im->choice[f->first];
        if (f->state != FIELD_CLEAN || c->entry != im->entry ||
            im->bytes.p[c->value_at] == MSGPACK_NIL)
            return false;
    }
    return true;
}

static int
by_version(const void *a, const void *b)
{
    return version_cmp(a, b);
}

static uint32_t
place_of(const struct version *list, size_t n, const struct version *v)
{
    const struct version *at = bsearch(v, list, n, sizeof(*list), by_version);
    return (uint32_t)(at - list);
}

static void
pack_versions(const struct image *im, struct buf *out)
{
    struct version *list = mem_new((im->choices_n + 1) * sizeof(*list));
    size_t n = 0;
    for (size_t i = 0; i < im->choices_n; i++)
        list[i] = im->choice[i].at;
    qsort(list, im->choices_n, sizeof(*list), by_version);
    for (size_t i = 0; i < im->choices_n; i++)
        if (n == 0 || version_cmp(&list[n - 1], &list[i]) != 0)
            list[n++] = list[i];
    pack_array(out, 3);
    pack_bool(out, im->is_parallel);
    pack_array(out, (uint32_t)(3 * n));
    for (size_t i = 0; i < n; i++) {
        pack_uint(out, list[i].log_no);
        pack_uint(out, list[i].seq);
        pack_bin(out, slice_of(list[i].id8, sizeof(list[i].id8)));
    }
    pack_array(out, (uint32_t)im->fields_n);
    for (size_t i = 0; i < im->fields_n; i++) {
        const struct image_field *f = &im->field[i];
        pack_array(out, 3 + f->n);
        pack_uint(out, f->code);
        pack_uint(out, f->state);
        pack_uint(out, place_of(list, n, &im->choice[f->first + f->shown].at));
        for (uint32_t k = 0; k < f->n; k++)
            pack_uint(out, place_of(list, n, &im->choice[f->first + k].at));
    }
    mem_free(list);
}

static enum rc
write_choices(struct ledger *l, int64_t no, const struct image *im,
              const struct image_field *f)
{
    for (uint32_t k = 0; k < f->n; k++) {
        const struct image_choice *c = &im->choice[f->first + k];
        sqlite3_stmt *s = db_stmt(l->db, STMT_FOLD_CHOICE_ADD);
        sqlite3_bind_int64(s, 1, no);
        sqlite3_bind_int64(s, 2, f->code);
        sqlite3_bind_int64(s, 3, c->at.log_no);
        sqlite3_bind_int64(s, 4, (int64_t)c->at.seq);
        db_bind_slice(s, 5, slice_of(c->at.id8, sizeof(c->at.id8)));
        sqlite3_bind_int64(s, 6, c->entry);
        sqlite3_bind_int64(s, 7, c->item);
        sqlite3_bind_int64(s, 8, (int64_t)c->clock);
        sqlite3_bind_int64(s, 9, k == f->shown);
        db_bind_slice(s, 10, image_value(im, c));
        enum rc rc = db_run(l->db, s);
        if (rc != RC_OK)
            return rc;
    }
    return RC_OK;
}

static enum rc
write_conflicts(struct ledger *l, int64_t no, const struct image *im)
{
    enum rc rc = fold_delete_conflicts(l, no);
    for (size_t i = 0; i < im->fields_n && rc == RC_OK; i++) {
        const struct image_field *f = &im->field[i];
        if (f->state == FIELD_CLEAN)
            continue;
        sqlite3_stmt *s = db_stmt(l->db, STMT_FOLD_CONFLICT_ADD);
        sqlite3_bind_int64(s, 1, no);
        sqlite3_bind_int64(s, 2, f->code);
        sqlite3_bind_int64(s, 3, f->state == FIELD_CYCLE ? 2 : 1);
        sqlite3_bind_int64(s, 4, fold_case_name(&im->key, f->code, f->state));
        rc = db_run(l->db, s);
        if (rc == RC_OK)
            rc = write_choices(l, no, im, f);
    }
    return rc;
}

static enum rc
write_row(struct ledger *l, int64_t no, const struct image *im, int64_t *number)
{
    const struct table *t = table_of(l->tables, im->type);
    struct buf versions = BUF_NONE;
    sqlite3_stmt *s = NULL;
    enum rc rc = table_stmt(l->tables, im->type, TABLE_PUT, &s);
    if (rc != RC_OK)
        return rc;
    sqlite3_bind_int64(s, COLUMN_NO + 1, no);
    for (size_t i = 0; i < im->fields_n; i++) {
        const struct image_field *f = &im->field[i];
        struct slice value = image_value(im, &im->choice[f->first + f->shown]);
        (void)fold_bind(s, t, f->code, value, number); /* nil stays NULL */
    }
    if (!is_plain(im)) {
        pack_versions(im, &versions);
        db_bind_slice(s, t->versions + 1, buf_slice(&versions));
    }
    rc = db_run(l->db, s);
    buf_free(&versions);
    return rc;
}

enum rc
fold_write(struct ledger *l, int64_t no, const struct image *im)
{
    int64_t number = -1;
    enum rc rc = write_row(l, no, im, &number);
    if (rc != RC_OK)
        return rc;
    sqlite3_stmt *s = db_stmt(l->db, STMT_FOLD_FIRST);
    sqlite3_bind_int64(s, 1, no);
    sqlite3_bind_int64(s, 2, im->entry);
    sqlite3_bind_int64(s, 3, im->item);
    if (number >= 0)
        sqlite3_bind_int64(s, 4, number);
    rc = db_run(l->db, s);
    return rc != RC_OK ? rc : write_conflicts(l, no, im);
}

static enum rc
run_of(struct ledger *l, enum stmt id, int64_t no)
{
    sqlite3_stmt *s = db_stmt(l->db, id);
    sqlite3_bind_int64(s, 1, no);
    return db_run(l->db, s);
}

enum rc
fold_delete_conflicts(struct ledger *l, int64_t no)
{
    enum rc rc = run_of(l, STMT_FOLD_CONFLICTS_DEL, no);
    return rc != RC_OK ? rc : run_of(l, STMT_FOLD_CHOICES_DEL, no);
}

enum rc
fold_delete(struct ledger *l, int64_t no, uint16_t type)
{
    sqlite3_stmt *s = NULL;
    enum rc rc = fold_delete_conflicts(l, no);
    if (rc == RC_OK)
        rc = run_of(l, STMT_FOLD_ITEMS_DEL, no);
    if (rc == RC_OK)
        rc = table_stmt(l->tables, type, TABLE_DEL, &s);
    if (rc == RC_OK) {
        sqlite3_bind_int64(s, 1, no);
        rc = db_run(l->db, s);
    }
    return rc != RC_OK ? rc : run_of(l, STMT_FOLD_DEL, no);
}
