/* From what people say to rows: numbers, ids, beginnings of either, names of states. */
#include <string.h>
#include <strings.h>

#include "schema/erase.h"
#include "schema/query_in.h"
#include "schema/text.h"
#include "schema/type.h"

enum rc
query_no_of(struct ledger *l, const struct record_key *key, uint16_t type, int64_t *no)
{
    sqlite3_stmt *s = db_stmt(l->db, STMT_QUERY_KEY);
    bool row = false, found = false;
    enum rc rc;
    db_bind_slice(s, 1, slice_of(key->id, RECORD_ID_BYTES));
    sqlite3_bind_int64(s, 2, key->scope);
    sqlite3_bind_int64(s, 3, key->unit);
    while ((rc = db_step(l->db, s, &row)) == RC_OK && row) {
        uint16_t code = (uint16_t)sqlite3_column_int(s, 1);
        const struct type *t = type_by_code(ledger_types(l), code);
        if (type != 0 ? code != type : t != NULL && t->private_of != 0)
            continue;
        *no = sqlite3_column_int64(s, 0);
        found = true;
    }
    sqlite3_reset(s);
    return rc != RC_OK ? rc : found ? RC_OK : RC_NOTFOUND;
}

#define CANDIDATES_MAX 8

/* Different records that a name could mean; two are enough to know it is ambiguous. More,
 * for a number that went along as its record was reclassified again and again. */
struct found {
    struct ledger *l;
    int64_t no[CANDIDATES_MAX];
    char name[CANDIDATES_MAX][NUMBER_TEXT_BYTES];
    char id[CANDIDATES_MAX][2 * RECORD_ID_BYTES + 1];
    size_t n;
};

static void
take(struct found *f, int64_t no, uint16_t type, int64_t number, struct slice id)
{
    const struct type *t = type_by_code(ledger_types(f->l), type);
    if (f->n == CANDIDATES_MAX || (t != NULL && t->private_of != 0))
        return;
    for (size_t i = 0; i < f->n; i++)
        if (f->no[i] == no)
            return;
    struct number n;
    f->no[f->n] = no;
    hex_print(id.p, id.n < RECORD_ID_BYTES ? id.n : RECORD_ID_BYTES, f->id[f->n]);
    memcpy(f->name[f->n], f->id[f->n], sizeof(f->id[f->n]));
    if (number >= 0) {
        number_unpack(number, &n);
        number_print(&n, f->name[f->n]);
    }
    f->n++;
}

/* Columns of both statements: no, type, number, id. */
static enum rc
take_rows(struct found *f, sqlite3_stmt *s, const char *number_begins)
{
    size_t n = number_begins != NULL ? strlen(number_begins) : 0;
    bool row = false;
    enum rc rc;
    while ((rc = db_step(f->l->db, s, &row)) == RC_OK && row && f->n < CANDIDATES_MAX) {
        int64_t number =
            sqlite3_column_type(s, 2) == SQLITE_NULL ? -1 : sqlite3_column_int64(s, 2);
        if (number_begins != NULL) {
            struct number v;
            char text[NUMBER_TEXT_BYTES];
            number_unpack(number, &v);
            number_print(&v, text);
            if (strncasecmp(text, number_begins, n) != 0)
                continue;
        }
        take(f, sqlite3_column_int64(s, 0), (uint16_t)sqlite3_column_int(s, 1), number,
             db_column_slice(s, 3));
    }
    sqlite3_reset(s);
    return rc;
}

static bool
is_hex(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strchr("0123456789abcdefABCDEF", text[i]) == NULL)
            return false;
    return true;
}

static enum rc
find_by_id(struct found *f, const char *text, size_t n)
{
    char low[2 * RECORD_ID_BYTES + 1], high[2 * RECORD_ID_BYTES + 1];
    uint8_t from[RECORD_ID_BYTES], to[RECORD_ID_BYTES];
    if (n > 2 * RECORD_ID_BYTES || !is_hex(text, n))
        return RC_OK;
    memset(low, '0', sizeof(low));
    memset(high, 'f', sizeof(high));
    memcpy(low, text, n);
    memcpy(high, text, n);
    low[2 * RECORD_ID_BYTES] = high[2 * RECORD_ID_BYTES] = '\0';
    if (!hex_parse(low, RECORD_ID_BYTES, from) || !hex_parse(high, RECORD_ID_BYTES, to))
        return RC_OK;
    sqlite3_stmt *s = db_stmt(f->l->db, STMT_QUERY_IDS);
    db_bind_slice(s, 1, slice_of(from, sizeof(from)));
    db_bind_slice(s, 2, slice_of(to, sizeof(to)));
    return take_rows(f, s, NULL);
}

/* A whole number is one look; a beginning is a scan of its unit. */
static enum rc
find_by_number(struct found *f, const char *text, size_t n)
{
    struct number v = {0};
    bool is_whole = number_parse(slice_of(text, n), &v);
    int64_t from, to;
    if (is_whole) {
        from = to = number_pack(&v);
        if (from < 0)
            return RC_OK;
    } else {
        uint32_t unit = 0;
        for (size_t i = 0; i < 4; i++) {
            if (text[i] < '0' || text[i] > '9')
                return RC_OK;
            unit = unit * 10 + (uint32_t)(text[i] - '0');
        }
        from = number_pack(&(struct number){.unit = unit, .log_no = 1});
        to = number_pack(&(struct number){.unit = unit + 1, .log_no = 1});
        from -= from % (INT64_C(1) << 31);
    }
    sqlite3_stmt *s = db_stmt(f->l->db, STMT_QUERY_NUMBERS);
    sqlite3_bind_int64(s, 1, from);
    sqlite3_bind_int64(s, 2, to);
    return take_rows(f, s, is_whole ? NULL : text);
}

static bool
has_turned(struct image *im)
{
    struct value v;
    struct slice link = image_shown(im, FIELD_LINK);
    return link.n > 0 && value_decode(VALUE_LINK, link, &v) && !v.is_nil &&
           v.as.link.kind == LINK_TURNED_INTO;
}

/* Of several records with one number the one that goes on is meant. */
static enum rc
leave_turned(struct found *f)
{
    struct image im = {0};
    size_t kept = 0;
    enum rc rc = RC_OK;
    for (size_t i = 0; i < f->n && rc == RC_OK; i++) {
        image_clear(&im);
        rc = fold_read(f->l, f->no[i], &im);
        if (rc != RC_OK || has_turned(&im))
            continue;
        f->no[kept] = f->no[i];
        memmove(f->name[kept], f->name[i], sizeof(f->name[i]));
        memmove(f->id[kept++], f->id[i], sizeof(f->id[i]));
    }
    image_fini(&im);
    if (kept > 0)
        f->n = kept;
    return rc;
}

enum rc
query_resolve(struct ledger *l, const char *text, int64_t *no, struct fault *why)
{
    struct found f = {.l = l};
    size_t n = strlen(text);
    enum rc rc = n >= 4 ? find_by_number(&f, text, n) : RC_OK;
    if (rc == RC_OK && f.n > 1)
        rc = leave_turned(&f);
    if (rc == RC_OK && n >= 4)
        rc = find_by_id(&f, text, n);
    if (rc != RC_OK)
        return fault_set(why, rc, FAULT_DATABASE, "%s", rc_text(rc));
    char shown[FAULT_WHAT_BYTES];
    fault_escape(slice_text(text), shown, sizeof(shown));
    struct erase_info erased;
    if (f.n == 0 && erase_find(l, text, &erased) == RC_OK)
        return fault_set(why, RC_NOTFOUND, FAULT_ERASED, "%s", erased.request);
    if (f.n == 0)
        return fault_set(why, RC_NOTFOUND, FAULT_NOT_FOUND, "%s", shown);
    if (f.n > 1) {
        bool is_same = strcmp(f.name[0], f.name[1]) == 0; /* a number given twice */
        fault_set(why, RC_AMBIGUOUS, FAULT_AMBIGUOUS, "%s", shown);
        fault_want(why, "%s, %s", is_same ? f.id[0] : f.name[0],
                   is_same ? f.id[1] : f.name[1]);
        return RC_AMBIGUOUS;
    }
    *no = f.no[0];
    return RC_OK;
}

enum rc
query_find_one(struct ledger *l, const char *id, struct record_key *out,
               struct fault *why)
{
    struct image im = {0};
    int64_t no = 0, number = 0;
    enum rc rc = query_resolve(l, id, &no, why);
    if (rc != RC_OK)
        return rc;
    rc = fold_read_record(l, no, &im, &number);
    if (rc != RC_OK)
        return fault_set(why, rc, FAULT_DATABASE, "%s", rc_text(rc));
    *out = im.key;
    image_fini(&im);
    return RC_OK;
}

const struct state *
query_state(const struct type *t, const char *text)
{
    const struct state *s = state_by_name(t, text);
    for (size_t i = 0; s == NULL && i < t->states_n; i++)
        if (strcmp(t->state[i].label.zh, text) == 0 ||
            strcasecmp(t->state[i].label.en, text) == 0)
            s = &t->state[i];
    return s;
}
