#include "schema/table.h"

#include <assert.h>
#include <string.h>

struct prepared {
    struct table table;
    sqlite3_stmt *stmt[TABLE_STMT_N];
};

struct tables {
    struct db *db;
    const struct types *types;
    struct prepared *each;
    size_t n;
};

/* The derived tables that are the same whatever types there are. */
static const char *const fixed_sql[] = {
    "CREATE TABLE record(no INTEGER PRIMARY KEY, id BLOB NOT NULL, scope INTEGER NOT "
    "NULL,"
    " unit INTEGER NOT NULL, type INTEGER NOT NULL, entry INTEGER NOT NULL,"
    " item INTEGER NOT NULL, number INTEGER) STRICT",
    /* Id first: it begins with the time, so that new records go to the index's end. */
    "CREATE UNIQUE INDEX record_id ON record(id, scope, unit, type)",
    "CREATE INDEX record_number ON record(number) WHERE number IS NOT NULL",
    "CREATE TABLE record_item(no INTEGER NOT NULL, entry INTEGER NOT NULL,"
    " item INTEGER NOT NULL, PRIMARY KEY(no, entry, item)) STRICT, WITHOUT ROWID",
    "CREATE TABLE conflict(no INTEGER NOT NULL, field INTEGER NOT NULL,"
    " kind INTEGER NOT NULL, name INTEGER NOT NULL, PRIMARY KEY(no, field))"
    " STRICT, WITHOUT ROWID",
    "CREATE INDEX conflict_name ON conflict(name)",
    "CREATE TABLE conflict_choice(no INTEGER NOT NULL, field INTEGER NOT NULL,"
    " log_no INTEGER NOT NULL, seq INTEGER NOT NULL, id8 BLOB NOT NULL,"
    " entry INTEGER NOT NULL, item INTEGER NOT NULL, clock INTEGER NOT NULL,"
    " is_shown INTEGER NOT NULL, value BLOB NOT NULL,"
    " PRIMARY KEY(no, field, log_no, seq, id8)) STRICT, WITHOUT ROWID",
    "CREATE INDEX conflict_choice_entry ON conflict_choice(entry)",
    "CREATE TABLE carried(why INTEGER NOT NULL, scope INTEGER NOT NULL,"
    " epoch INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY(why, scope, epoch))"
    " STRICT, WITHOUT ROWID",
    "CREATE TABLE newer(entry INTEGER PRIMARY KEY) STRICT",
    /* Rights: what each is for stands in rights_in.h. */
    "CREATE TABLE right_asset(no INTEGER PRIMARY KEY, log_no INTEGER NOT NULL,"
    " seq INTEGER NOT NULL, id8 BLOB NOT NULL, idx INTEGER NOT NULL, s_id BLOB,"
    " s_scope INTEGER, s_unit INTEGER, role INTEGER, unit INTEGER,"
    " issued INTEGER NOT NULL DEFAULT 0, held INTEGER NOT NULL DEFAULT 0,"
    " transit INTEGER NOT NULL DEFAULT 0, spent INTEGER NOT NULL DEFAULT 0) STRICT",
    "CREATE UNIQUE INDEX right_asset_name ON right_asset(log_no, seq, id8, idx)",
    "CREATE INDEX right_asset_subject ON right_asset(s_id) WHERE s_id IS NOT NULL",
    "CREATE TABLE right_op(entry INTEGER NOT NULL, item INTEGER NOT NULL,"
    " asset INTEGER NOT NULL, id8 BLOB NOT NULL, mark BLOB NOT NULL,"
    " code INTEGER NOT NULL, amount INTEGER NOT NULL, party INTEGER, of_log INTEGER,"
    " of_seq INTEGER, of_id8 BLOB, of_idx INTEGER, s_id BLOB, s_scope INTEGER,"
    " s_unit INTEGER, state INTEGER NOT NULL DEFAULT 0,"
    " confirmed INTEGER NOT NULL DEFAULT 0, used INTEGER NOT NULL DEFAULT 0,"
    " PRIMARY KEY(entry, item)) STRICT, WITHOUT ROWID",
    "CREATE INDEX right_op_asset ON right_op(asset)",
    "CREATE INDEX right_op_subject ON right_op(s_id) WHERE s_id IS NOT NULL",
    "CREATE INDEX right_op_party ON right_op(party) WHERE code = 4 AND state = 2"
    " AND used = 0",
    "CREATE TABLE right_lane(asset INTEGER NOT NULL, log_no INTEGER NOT NULL,"
    " balance INTEGER NOT NULL, place INTEGER NOT NULL, PRIMARY KEY(asset, log_no))"
    " STRICT, WITHOUT ROWID",
    "CREATE TABLE right_watch(log_no INTEGER NOT NULL, asset INTEGER NOT NULL,"
    " kind INTEGER NOT NULL, PRIMARY KEY(log_no, asset)) STRICT, WITHOUT ROWID",
    "CREATE INDEX right_watch_asset ON right_watch(asset)",
    "CREATE TABLE right_wait(id8 BLOB NOT NULL, asset INTEGER NOT NULL,"
    " entry INTEGER NOT NULL, PRIMARY KEY(id8, asset, entry)) STRICT, WITHOUT ROWID",
    "CREATE INDEX right_wait_asset ON right_wait(asset)",
    "CREATE INDEX right_wait_entry ON right_wait(entry)",
    "CREATE TABLE right_id(id8 BLOB NOT NULL, entry INTEGER NOT NULL,"
    " PRIMARY KEY(id8, entry)) STRICT, WITHOUT ROWID",
};
#define FIXED_N (sizeof(fixed_sql) / sizeof(fixed_sql[0]))

static const char derived_tables_sql[] =
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'log_*'"
    " AND name NOT GLOB 'local_*' AND name NOT GLOB 'sqlite_*'";
static const char derived_text_sql[] =
    "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT GLOB 'log_*'"
    " AND name NOT GLOB 'local_*' AND name NOT GLOB 'sqlite_*' AND tbl_name NOT GLOB"
    " 'log_*' AND tbl_name NOT GLOB 'local_*' ORDER BY sql";

bool
table_is_integer(enum value_kind kind)
{
    return kind == VALUE_INT || kind == VALUE_BOOL || kind == VALUE_DATE ||
           kind == VALUE_TIME || kind == VALUE_CHOICE || kind == VALUE_MONEY;
}

bool
table_is_text(enum value_kind kind)
{
    return kind == VALUE_TEXT || kind == VALUE_PHONE || kind == VALUE_CODE;
}

static const char *
column_type(enum value_kind kind)
{
    return table_is_integer(kind) ? "INTEGER" : table_is_text(kind) ? "TEXT" : "BLOB";
}

static void
table_init(struct table *out, const struct type *type)
{
    out->type = type;
    for (size_t i = 0; i < type->fields_n; i++) {
        const struct field *f = &type->field[i];
        if (field_is_private(type, f))
            continue;
        assert(out->own_n < PUT_FIELDS_MAX * 2);
        out->own[out->own_n++] = f;
    }
    out->versions = COLUMN_FIRST_OWN + out->own_n;
}

struct tables *
tables_new(struct db *db, const struct types *types)
{
    struct tables *t = mem_new(sizeof(*t));
    t->db = db;
    t->types = types;
    t->n = types->n;
    t->each = mem_new((t->n + 1) * sizeof(*t->each));
    for (size_t i = 0; i < t->n; i++)
        table_init(&t->each[i].table, &types->type[i]);
    return t;
}

static void
finalize(struct tables *t)
{
    for (size_t i = 0; i < t->n; i++) {
        for (size_t k = 0; k < TABLE_STMT_N; k++) {
            sqlite3_finalize(t->each[i].stmt[k]);
            t->each[i].stmt[k] = NULL;
        }
    }
}

void
tables_free(struct tables *t)
{
    if (t == NULL)
        return;
    finalize(t);
    mem_free(t->each);
    mem_free(t);
}

void
tables_reset(struct tables *t)
{
    for (size_t i = 0; i < t->n; i++)
        for (size_t k = 0; k < TABLE_STMT_N; k++)
            if (t->each[i].stmt[k] != NULL)
                sqlite3_reset(t->each[i].stmt[k]);
}

static struct prepared *
find(const struct tables *t, uint16_t type)
{
    size_t low = 0;
    size_t high = t->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        uint16_t code = t->each[mid].table.type->code;
        if (code == type)
            return &t->each[mid];
        if (code < type)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

const struct table *
table_of(const struct tables *t, uint16_t type)
{
    const struct prepared *p = find(t, type);
    return p != NULL ? &p->table : NULL;
}

int
table_column_of(const struct table *t, uint16_t code)
{
    switch (code) {
    case FIELD_GONE:
        return COLUMN_GONE;
    case FIELD_NUMBER:
        return COLUMN_NUMBER;
    case FIELD_STATE:
        return COLUMN_STATE;
    case FIELD_LINK:
        return COLUMN_LINK;
    case FIELD_FROM:
        return COLUMN_FROM;
    default:
        break;
    }
    for (int i = 0; i < t->own_n; i++)
        if (t->own[i]->code == code)
            return COLUMN_FIRST_OWN + i;
    return -1;
}

static void
create_text(const struct table *t, struct buf *out)
{
    buf_addf(out,
             "CREATE TABLE t_%s(no INTEGER PRIMARY KEY, gone BLOB, number BLOB,"
             " state INTEGER, move BLOB, link BLOB, from_entry BLOB",
             t->type->name);
    for (int i = 0; i < t->own_n; i++)
        buf_addf(out, ", f_%s %s", t->own[i]->name, column_type(t->own[i]->kind));
    buf_addf(out, ", versions BLOB) STRICT");
}

static void
stmt_text(const struct table *t, enum table_stmt which, struct buf *out)
{
    const char *name = t->type->name;
    switch (which) {
    case TABLE_PUT:
        buf_addf(out, "INSERT OR REPLACE INTO t_%s VALUES (?1", name);
        for (int i = 1; i <= t->versions; i++)
            buf_addf(out, ", ?%d", i + 1);
        buf_addf(out, ")");
        break;
    case TABLE_GET:
        buf_addf(out, "SELECT * FROM t_%s WHERE no = ?1", name);
        break;
    case TABLE_DEL:
        buf_addf(out, "DELETE FROM t_%s WHERE no = ?1", name);
        break;
    case TABLE_LIST:
        buf_addf(out,
                 "SELECT r.no, r.id, r.scope, r.unit, r.number, r.entry, t.*"
                 " FROM t_%s t CROSS JOIN record r ON r.no = t.no"
                 " WHERE t.gone IS NULL AND (?1 IS NULL OR r.unit = ?1)"
                 " ORDER BY r.unit, r.number, r.no",
                 name);
        break;
    case TABLE_COUNT:
        buf_addf(out,
                 "SELECT count(*) FROM t_%s t CROSS JOIN record r ON r.no = t.no"
                 " WHERE t.gone IS NULL AND (?1 IS NULL OR r.unit = ?1)",
                 name);
        break;
    case TABLE_ROWS:
        buf_addf(out, "SELECT count(*) FROM t_%s", name);
        break;
    case TABLE_STATES:
        buf_addf(out, "SELECT no, state FROM t_%s WHERE gone IS NULL", name);
        break;
    case TABLE_STMT_N:
        assert(false);
    }
}

enum rc
table_stmt(struct tables *t, uint16_t type, enum table_stmt which, sqlite3_stmt **out)
{
    struct prepared *p = find(t, type);
    if (p == NULL)
        return RC_NOTFOUND;
    if (p->stmt[which] == NULL) {
        struct buf text = BUF_NONE;
        stmt_text(&p->table, which, &text);
        enum rc rc = db_prepare(t->db, buf_text(&text), &p->stmt[which]);
        buf_free(&text);
        *out = p->stmt[which];
        return rc;
    }
    *out = p->stmt[which];
    sqlite3_reset(*out);
    sqlite3_clear_bindings(*out);
    return RC_OK;
}

/* All texts in the order in which the database tells its own. */
static void
all_texts(const struct tables *t, struct buf *out)
{
    size_t n = FIXED_N + t->n;
    struct buf *text = mem_new(n * sizeof(*text));
    for (size_t i = 0; i < FIXED_N; i++)
        buf_addf(&text[i], "%s", fixed_sql[i]);
    for (size_t i = 0; i < t->n; i++)
        create_text(&t->each[i].table, &text[FIXED_N + i]);
    for (size_t i = 1; i < n; i++) { /* a few dozen: insertion sort */
        struct buf one = text[i];
        size_t k = i;
        for (; k > 0 && slice_cmp(buf_slice(&text[k - 1]), buf_slice(&one)) > 0; k--)
            text[k] = text[k - 1];
        text[k] = one;
    }
    for (size_t i = 0; i < n; i++) {
        buf_add_slice(out, buf_slice(&text[i]));
        buf_add_u8(out, '\n');
        buf_free(&text[i]);
    }
    mem_free(text);
}

enum rc
tables_check(struct tables *t, bool *same)
{
    struct buf want = BUF_NONE;
    struct buf have = BUF_NONE;
    sqlite3_stmt *s = NULL;
    bool row = false;
    enum rc rc = db_prepare(t->db, derived_text_sql, &s);
    while (rc == RC_OK && (rc = db_step(t->db, s, &row)) == RC_OK && row) {
        buf_add_slice(&have, db_column_slice(s, 0));
        buf_add_u8(&have, '\n');
    }
    sqlite3_finalize(s);
    all_texts(t, &want);
    *same = slice_eq(buf_slice(&want), buf_slice(&have));
    buf_free(&want);
    buf_free(&have);
    return rc;
}

static enum rc
drop_all(struct tables *t)
{
    struct buf sql = BUF_NONE;
    sqlite3_stmt *s = NULL;
    bool row = false;
    enum rc rc = db_prepare(t->db, derived_tables_sql, &s);
    while (rc == RC_OK && (rc = db_step(t->db, s, &row)) == RC_OK && row) {
        char *one = sqlite3_mprintf("DROP TABLE \"%w\";", sqlite3_column_text(s, 0));
        buf_addf(&sql, "%s", one != NULL ? one : "");
        sqlite3_free(one);
    }
    sqlite3_finalize(s);
    if (rc == RC_OK && sql.n > 0)
        rc = db_exec(t->db, buf_text(&sql));
    buf_free(&sql);
    return rc;
}

enum rc
tables_make(struct tables *t)
{
    struct buf sql = BUF_NONE;
    finalize(t); /* a statement half-way would keep its table from being dropped */
    enum rc rc = drop_all(t);
    for (size_t i = 0; i < FIXED_N && rc == RC_OK; i++)
        rc = db_exec(t->db, fixed_sql[i]);
    for (size_t i = 0; i < t->n && rc == RC_OK; i++) {
        sql.n = 0;
        create_text(&t->each[i].table, &sql);
        rc = db_exec(t->db, buf_text(&sql));
    }
    buf_free(&sql);
    return rc;
}

#define UNIT_SHIFT 49
#define MARK_FLAG (1ull << 48)
#define LOG_SHIFT 31
#define LOG_MASK 0x1ffffull
#define YEAR_SHIFT 24
#define RUNNING_MASK 0xffffffull

int64_t
number_pack(const struct number *n)
{
    if (n->log_no > LOG_MASK)
        return -1;
    uint64_t who = n->log_no != 0 ? (uint64_t)n->log_no << LOG_SHIFT
                                  : MARK_FLAG | (uint64_t)n->mark << LOG_SHIFT;
    return (int64_t)((uint64_t)n->unit << UNIT_SHIFT | who |
                     (uint64_t)n->year << YEAR_SHIFT | n->running);
}

void
number_unpack(int64_t packed, struct number *out)
{
    uint64_t p = (uint64_t)packed;
    uint32_t who = (uint32_t)(p >> LOG_SHIFT & LOG_MASK);
    bool is_mark = (p & MARK_FLAG) != 0;
    *out = (struct number){.unit = (uint32_t)(p >> UNIT_SHIFT),
                           .log_no = is_mark ? 0 : who,
                           .mark = is_mark ? (uint16_t)who : 0,
                           .year = (uint8_t)(p >> YEAR_SHIFT & 0x7f),
                           .running = (uint32_t)(p & RUNNING_MASK)};
}
