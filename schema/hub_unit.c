/* Org units as the hub reads them, and records that the hub itself writes. */
#include "schema/hub_in.h"

#include <string.h>

/* ---- records of the hub's own */

static const struct field *
field_named(const struct type *t, const char *name)
{
    return t != NULL ? field_by_name(t, name) : NULL;
}

enum rc
hub_check_text(const struct ledger *l, const char *type, const char *field,
               const char *text, struct fault *why)
{
    const struct field *f = field_named(type_by_name(l->types, type), field);
    struct buf b = BUF_NONE;
    if (f == NULL)
        return fault_set(why, RC_BUG, FAULT_UNKNOWN_FIELD, "%s.%s", type, field);
    struct value v = {.kind = f->kind, .as.text = slice_text(text)};
    bool good =
        utf8_is_valid(v.as.text) && v.as.text.n > 0 && v.as.text.n <= NAME_BYTES_MAX;
    if (good) {
        value_encode(&v, &b);
        good = value_check(f, buf_slice(&b));
    }
    buf_free(&b);
    return good ? RC_OK : fault_set(why, RC_INVALID, FAULT_BAD_TEXT, "%s", field);
}

static void
add_value(struct op *op, struct buf *bytes, uint16_t code, const struct value *v)
{
    struct put_field *f = &op->field[op->fields_n++];
    size_t at = bytes->n;
    value_encode(v, bytes);
    *f = (struct put_field){.code = code, .value = slice_of(NULL, bytes->n - at)};
}

/* Slices last: the buffer moves while it grows. */
static void
set_slices(struct op *op, const struct buf *bytes)
{
    const uint8_t *p = bytes->p;
    for (uint16_t i = 0; i < op->fields_n; i++) {
        op->field[i].value.p = p;
        p += op->field[i].value.n;
    }
}

enum rc
hub_put(struct author_run *run, struct ledger *l, const char *type,
        const uint8_t id[static RECORD_ID_BYTES], const struct hub_field *f, size_t n)
{
    const struct type *t = type_by_name(l->types, type);
    struct op *op = mem_new(sizeof(*op));
    struct buf bytes = BUF_NONE;
    struct value number = {.kind = VALUE_NUMBER};
    struct value state = {.kind = VALUE_STATE};
    enum rc rc = t != NULL ? RC_OK : RC_BUG;
    op->code = OP_PUT;
    memcpy(op->record, id, RECORD_ID_BYTES);
    if (rc == RC_OK)
        rc = author_number(run, CENTRE_UNIT, &number.as.number);
    if (rc == RC_OK) {
        op->type = t->code;
        state.as.move.to = t->state[0].code;
        add_value(op, &bytes, FIELD_NUMBER, &number);
        add_value(op, &bytes, FIELD_STATE, &state);
    }
    for (size_t i = 0; i < n && rc == RC_OK; i++) {
        const struct field *field = field_by_name(t, f[i].name);
        struct value v = {.kind = field != NULL ? field->kind : VALUE_TEXT};
        if (f[i].text != NULL)
            v.as.text = slice_text(f[i].text);
        else
            v.as.num = f[i].num;
        if (field == NULL)
            rc = RC_BUG;
        else
            add_value(op, &bytes, field->code, &v);
    }
    if (rc == RC_OK) {
        set_slices(op, &bytes);
        rc = author_put(run, SCOPE_NO_COMMUNITY, op);
    }
    buf_free(&bytes);
    mem_free(op);
    return rc;
}

/* ---- units */

int64_t
hub_kind(const struct ledger *l, const char *name)
{
    const struct field *f = field_named(type_by_name(l->types, "org_unit"), "kind");
    for (size_t i = 0; f != NULL && i < f->choices_n; i++)
        if (strcmp(f->choice[i].name, name) == 0)
            return f->choice[i].code;
    return -1;
}

static bool
read_code(const unsigned char *text, uint32_t *unit)
{
    uint32_t n = 0;
    if (text == NULL || strlen((const char *)text) != 4)
        return false;
    for (size_t i = 0; i < 4; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        n = n * 10 + (uint32_t)(text[i] - '0');
    }
    *unit = n;
    return true;
}

static int
column(const struct table *t, const char *field)
{
    const struct field *f = field_named(t->type, field);
    return f == NULL ? -1 : TABLE_LIST_FIRST + table_column_of(t, f->code);
}

/* The id that a field of kind RECORD names; zero when it is not set. */
static void
read_reference(sqlite3_stmt *s, const struct table *t, const char *field,
               uint8_t out[static RECORD_ID_BYTES])
{
    int at = column(t, field);
    struct value v;
    struct slice bytes = at >= 0 ? db_column_slice(s, at) : slice_of(NULL, 0);
    if (bytes.n > 0 && value_decode(VALUE_RECORD, bytes, &v) && !v.is_nil)
        memcpy(out, v.as.record.id, RECORD_ID_BYTES);
}

static bool
read_unit(sqlite3_stmt *s, const struct table *t, struct unit_row *out)
{
    int code = column(t, "code");
    int name = column(t, "name");
    int kind = column(t, "kind");
    memset(out, 0, sizeof(*out));
    if (code < 0 || name < 0 || kind < 0 ||
        !read_code(sqlite3_column_text(s, code), &out->unit))
        return false;
    struct slice text = db_column_slice(s, name);
    if (text.n > NAME_BYTES_MAX)
        return false;
    if (text.n > 0)
        memcpy(out->name, text.p, text.n);
    out->kind = sqlite3_column_int64(s, kind);
    struct reader r = reader_of(db_column_slice(s, 1));
    read_into(&r, out->id, RECORD_ID_BYTES);
    read_reference(s, t, "parent", out->parent);
    read_reference(s, t, "compound", out->compound);
    const struct state *state = state_by_code(
        t->type, (uint16_t)sqlite3_column_int(s, TABLE_LIST_FIRST + COLUMN_STATE));
    out->is_ended = state != NULL && state->is_end;
    return true;
}

enum rc
hub_units(struct ledger *l, struct units *out)
{
    const struct type *type = type_by_name(l->types, "org_unit");
    sqlite3_stmt *s = NULL;
    bool row = false;
    size_t cap = 0;
    *out = (struct units){0};
    if (type == NULL)
        return RC_BUG;
    enum rc rc = table_stmt(l->tables, type->code, TABLE_LIST, &s);
    if (rc != RC_OK)
        return rc;
    while ((rc = db_step(l->db, s, &row)) == RC_OK && row) {
        if (out->n == cap) {
            cap = cap * 2 + 64;
            out->row = mem_grow(out->row, cap * sizeof(*out->row));
        }
        if (read_unit(s, table_of(l->tables, type->code), &out->row[out->n]))
            out->n++;
    }
    sqlite3_reset(s);
    if (rc != RC_OK)
        hub_units_fini(out);
    return rc;
}

void
hub_units_fini(struct units *u)
{
    mem_free(u->row);
    *u = (struct units){0};
}

const struct unit_row *
hub_unit(const struct units *u, uint32_t unit)
{
    for (size_t i = 0; i < u->n; i++)
        if (u->row[i].unit == unit)
            return &u->row[i];
    return NULL;
}

/* ---- scopes of a role */

static const struct unit_row *
unit_by_id(const struct units *u, const uint8_t id[static RECORD_ID_BYTES])
{
    for (size_t i = 0; i < u->n; i++)
        if (memcmp(u->row[i].id, id, RECORD_ID_BYTES) == 0)
            return &u->row[i];
    return NULL;
}

/* Does `row` hang under `top`, however deep? A ring of parents ends the search. */
static bool
is_under(const struct units *u, const struct unit_row *row, const struct unit_row *top)
{
    for (size_t depth = 0; row != NULL && depth < u->n; depth++) {
        if (row == top)
            return true;
        row = unit_by_id(u, row->parent);
    }
    return false;
}

/* An area secretary's units: those under his, and those that lie in the same compound. */
static bool
is_in_area(const struct units *u, const struct unit_row *row, const struct unit_row *own,
           enum role role)
{
    static const uint8_t none[RECORD_ID_BYTES];
    if (is_under(u, row, own))
        return true;
    return role == ROLE_AREA && memcmp(own->compound, none, RECORD_ID_BYTES) != 0 &&
           memcmp(own->compound, row->compound, RECORD_ID_BYTES) == 0;
}

static enum rc
add_scope(struct scopes *out, uint32_t no)
{
    uint16_t at = 0;
    while (at < out->n && out->no[at] < no)
        at++;
    if (at < out->n && out->no[at] == no)
        return RC_OK;
    if (out->n == GRANT_SCOPES_MAX)
        return RC_LIMIT;
    memmove(&out->no[at + 1], &out->no[at], (size_t)(out->n - at) * sizeof(out->no[0]));
    out->no[at] = no;
    out->n++;
    return RC_OK;
}

static enum rc
add_unit_scopes(const struct ledger *l, uint32_t unit, bool care, struct scopes *out,
                bool *any)
{
    const struct authority *a = replica_authority(l->replica);
    enum rc rc = RC_OK;
    *any = false;
    for (size_t i = 0; i < authority_scopes_n(a) && rc == RC_OK; i++) {
        const struct scope_info *s = authority_scope_at(a, i);
        if (s->unit != unit || s->kind == SCOPE_COMMUNITY ||
            (s->kind == SCOPE_GROUP_CARE && !care))
            continue;
        *any = true;
        rc = add_scope(out, s->no);
    }
    return rc;
}

enum rc
hub_scopes(struct ledger *l, const struct units *u, enum role role, uint32_t unit,
           struct scopes *out)
{
    const struct unit_row *own = hub_unit(u, unit);
    bool any = false;
    *out = (struct scopes){.n = 1, .no = {SCOPE_NO_COMMUNITY}};
    switch (role) {
    case ROLE_CLERK:
    case ROLE_ADMIN:
    case ROLE_SECRETARY:
    case ROLE_PRIVACY:
        *out = (struct scopes){.n = 1, .no = {SCOPE_ALL}};
        return RC_OK;
    case ROLE_PARTNER:
    case ROLE_AUDITOR:
        return RC_OK;
    case ROLE_LEADER:
    case ROLE_HELPER: {
        enum rc rc = add_unit_scopes(l, unit, role == ROLE_LEADER, out, &any);
        return rc == RC_OK && !any ? RC_BUSY : rc;
    }
    case ROLE_GRID:
    case ROLE_AREA:
        break;
    }
    enum rc rc = own != NULL ? RC_OK : RC_BUSY;
    for (size_t i = 0; i < u->n && rc == RC_OK; i++)
        if (is_in_area(u, &u->row[i], own, role))
            rc = add_unit_scopes(l, u->row[i].unit, false, out, &any);
    return rc;
}
