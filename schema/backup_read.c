/* Reading a backup: every entry is taken as if a stranger had brought it, and besides
 * each signature is checked, also those that a seal would vouch for. */
#include "schema/backup_in.h"

#include <string.h>

struct backup_reader {
    struct stream *stream;
    struct buf head, plain, conf;
    struct backup_about about;
    struct key own[LOGS_PER_NODE_MAX];
    size_t own_n;
    bool has_about, is_ended;
    uint64_t entries;
};

void
backup_begin_with(struct slice head, const struct key *key, struct backup_reader **out)
{
    struct backup_reader *b = mem_new(sizeof(*b));
    b->stream = stream_new(key, head.p + BACKUP_MAGIC_BYTES + 1 + BACKUP_SALT_BYTES);
    buf_add_slice(&b->head, head);
    *out = b;
}

enum rc
backup_begin(struct slice head, const char *pass, struct backup_reader **out)
{
    struct reader r = reader_of(head);
    struct slice magic = read_slice(&r, BACKUP_MAGIC_BYTES);
    uint8_t version = read_u8(&r);
    struct slice salt = read_slice(&r, BACKUP_SALT_BYTES);
    (void)read_slice(&r, STREAM_HEAD_BYTES);
    struct slice check = read_slice(&r, BACKUP_CHECK_BYTES);
    struct key key;
    *out = NULL;
    if (magic.n == 0 || memcmp(magic.p, BACKUP_MAGIC, BACKUP_MAGIC_BYTES) != 0)
        return RC_MALFORMED;
    if (version > BACKUP_VERSION)
        return RC_STALE;
    if (version == 0 || !read_done(&r))
        return RC_MALFORMED;
    struct hash h = hash_of(slice_of(head.p, head.n - BACKUP_CHECK_BYTES));
    if (memcmp(check.p, h.b, BACKUP_CHECK_BYTES) != 0)
        return RC_MALFORMED;
    pass_stretch(pass, salt.p, &key);
    backup_begin_with(head, &key, out);
    mem_wipe(&key, sizeof(key));
    return RC_OK;
}

void
backup_free(struct backup_reader *b)
{
    if (b == NULL)
        return;
    stream_free(b->stream);
    if (b->plain.p != NULL)
        mem_wipe(b->plain.p, b->plain.cap);
    buf_free(&b->head);
    buf_free(&b->plain);
    buf_free(&b->conf);
    mem_free(b);
}

bool
backup_is_ended(const struct backup_reader *b)
{
    return b->is_ended;
}

const struct backup_about *
backup_about(const struct backup_reader *b)
{
    return &b->about;
}

uint64_t
backup_entries(const struct backup_reader *b)
{
    return b->entries;
}

struct slice
backup_conf(const struct backup_reader *b)
{
    return buf_slice(&b->conf);
}

/* ---- what is no entry */

/* Numbers that the centre gave away and nobody has taken up: not given a second time. */
static enum rc
keep_numbers(struct ledger *l, const struct backup_numbers *n)
{
    struct invite_row row = {.node = n->node,
                             .log_no = n->log_no,
                             .post = n->post,
                             .is_used = true,
                             .grant_op = slice_text("-")};
    if (n->node == 0 && n->log_no == 0 && n->post == 0)
        return RC_OK;
    bytes_random(row.no, sizeof(row.no)); /* opens nothing: nobody knows either */
    bytes_random(row.secret.b, KEY_BYTES);
    return local_put_invite(l->db, &row);
}

static enum rc
take_about(struct backup_reader *b, struct ledger *l, struct reader *r)
{
    struct backup_about *a = &b->about;
    struct backup_numbers n;
    if (b->has_about)
        return RC_MALFORMED;
    read_into(r, a->community.b, HASH_BYTES);
    a->made_ms = read_u64(r);
    a->node = read_u32(r);
    a->is_hub = read_u8(r) == 1;
    a->entries = read_u64(r);
    a->logs = read_u64(r);
    a->records = read_u64(r);
    a->seal_no = read_u64(r);
    read_into(r, a->digest, sizeof(a->digest));
    n.node = read_u32(r);
    n.log_no = read_u32(r);
    n.post = read_u32(r);
    if (r->bad || r->n > NAME_BYTES_MAX || !utf8_is_valid(slice_of(r->p, r->n)))
        return RC_MALFORMED;
    if (r->n > 0)
        memcpy(a->name, r->p, r->n);
    a->name[r->n] = '\0';
    b->has_about = true;
    enum rc rc = ledger_set_community(l, &a->community);
    return rc == RC_OK ? keep_numbers(l, &n) : rc;
}

static enum rc
take_keys(struct ledger *l, struct reader *r)
{
    enum rc rc = RC_OK;
    while (rc == RC_OK && r->n > 0) {
        struct key key;
        uint32_t scope = read_u32(r);
        uint32_t epoch = read_u32(r);
        read_into(r, key.b, KEY_BYTES);
        rc = r->bad || epoch == 0 ? RC_MALFORMED : ledger_put_key(l, scope, epoch, &key);
        mem_wipe(&key, sizeof(key));
    }
    return rc;
}

static enum rc
take_erased(struct ledger *l, struct reader *r)
{
    enum rc rc = RC_OK;
    while (rc == RC_OK && r->n > 0) {
        struct slice id = read_slice(r, RECORD_ID_BYTES);
        uint32_t scope = read_u32(r);
        uint32_t unit = read_u32(r);
        bool has = read_u8(r) == 1;
        uint64_t number = read_u64(r);
        if (r->bad || number > INT64_MAX)
            return RC_MALFORMED;
        sqlite3_stmt *s = db_stmt(l->db, STMT_BACKUP_READ_ERASED);
        db_bind_slice(s, 1, id);
        sqlite3_bind_int64(s, 2, scope);
        sqlite3_bind_int64(s, 3, unit);
        if (has)
            sqlite3_bind_int64(s, 4, (int64_t)number);
        else
            sqlite3_bind_null(s, 4);
        rc = db_run(l->db, s);
    }
    return rc;
}

static enum rc
take_own(struct backup_reader *b, struct reader *r)
{
    while (r->n > 0) {
        if (b->own_n == LOGS_PER_NODE_MAX)
            return RC_MALFORMED;
        read_into(r, b->own[b->own_n++].b, KEY_BYTES);
    }
    return r->bad ? RC_MALFORMED : RC_OK;
}

static enum rc
take_officers(struct ledger *l, struct reader *r)
{
    if (r->n % KEY_BYTES != 0 || r->n > OFFICERS_MAX * KEY_BYTES)
        return RC_MALFORMED;
    return ledger_set_setting(l, SETTING_GONE, slice_of(r->p, r->n));
}

/* ---- entries */

static enum rc
take_entry(struct backup_reader *b, struct ledger *l, struct slice bytes)
{
    static const struct hash none;
    struct entry e;
    enum offer what = OFFER_HAVE;
    if (entry_decode(bytes, &e) != RC_OK)
        return RC_FORGED;
    struct hash id = entry_id(bytes);
    bool is_first = hash_eq(&id, &b->about.community);
    if (!entry_check_sig(&e, is_first ? &none : &b->about.community))
        return RC_FORGED;
    enum rc rc = replica_offer(l->replica, bytes, &what);
    if (rc == RC_MALFORMED || rc == RC_FORGED)
        return RC_FORGED;
    b->entries += what == OFFER_TAKEN || what == OFFER_HELD;
    return rc;
}

static enum rc
take_entries(struct backup_reader *b, struct ledger *l, struct slice chunk)
{
    struct bundle_items it = bundle_items(chunk);
    struct slice one = {NULL, 0}, two = {NULL, 0};
    enum rc rc = RC_OK;
    if (it.is_unknown)
        return RC_MALFORMED;
    if (it.is_proof) {
        if (!bundle_items_next(&it, &one) || !bundle_items_next(&it, &two))
            return RC_MALFORMED;
        rc = replica_offer_proof(l->replica, one, two);
        rc = rc == RC_MALFORMED ? RC_FORGED : rc;
    }
    while (rc == RC_OK && !it.is_proof && bundle_items_next(&it, &one))
        rc = take_entry(b, l, one);
    if (rc == RC_OK && it.r.bad)
        rc = RC_MALFORMED;
    ledger_forget(l);
    return rc == RC_OK ? ledger_settle(l) : rc;
}

static enum rc
take_end(struct backup_reader *b, struct ledger *l)
{
    b->is_ended = true;
    replica_final(l->replica);
    return ledger_settle(l);
}

static enum rc
take_kind(struct backup_reader *b, struct ledger *l, struct reader *r)
{
    enum backup_kind kind = (enum backup_kind)read_u8(r);
    struct slice rest = slice_of(r->p, r->n);
    if (r->bad || b->has_about == (kind == BACKUP_ABOUT))
        return RC_MALFORMED;
    switch (kind) {
    case BACKUP_ABOUT:
        return take_about(b, l, r);
    case BACKUP_CONF:
        b->conf.n = 0;
        buf_add_slice(&b->conf, rest);
        return rest.n > BACKUP_CONF_BYTES_MAX ? RC_MALFORMED : RC_OK;
    case BACKUP_KEYS:
        return take_keys(l, r);
    case BACKUP_ERASED:
        return take_erased(l, r);
    case BACKUP_OWN:
        return take_own(b, r);
    case BACKUP_OFFICERS:
        return take_officers(l, r);
    case BACKUP_ASSUMED:
        return backup_assume(l, rest);
    case BACKUP_ENTRIES:
        return take_entries(b, l, rest);
    case BACKUP_END:
        break;
    }
    return RC_OK; /* the end; others are of a later version: skipped */
}

enum rc
backup_take(struct backup_reader *b, struct ledger *l, struct slice frame)
{
    struct slice with = b->has_about ? slice_of(NULL, 0) : buf_slice(&b->head);
    bool is_last = false;
    b->plain.n = 0;
    if (b->is_ended || frame.n > BACKUP_FRAME_BYTES_MAX)
        return RC_MALFORMED;
    enum rc rc = stream_open(b->stream, frame, with, &is_last, &b->plain);
    if (rc != RC_OK)
        return b->has_about ? RC_FORGED : RC_DENIED;
    struct reader r = reader_of(buf_slice(&b->plain));
    if (r.n == 0 || is_last != (r.p[0] == BACKUP_END))
        return RC_MALFORMED;
    rc = take_kind(b, l, &r);
    return rc == RC_OK && is_last ? take_end(b, l) : rc;
}

/* ---- afterwards */

bool
backup_own(const struct backup_reader *b, struct key *out)
{
    if (b->own_n == 0)
        return false;
    *out = b->own[b->own_n - 1];
    return true;
}

enum rc
backup_compare(const struct backup_reader *b, struct ledger *l, struct backup_about *out)
{
    const struct backup_about *was = &b->about;
    *out = *was;
    enum rc rc = backup_count(l, out);
    if (rc != RC_OK)
        return rc;
    bool same = out->entries == was->entries && out->logs == was->logs &&
                out->records == was->records && out->seal_no == was->seal_no &&
                memcmp(out->digest, was->digest, sizeof(was->digest)) == 0;
    return same ? RC_OK : RC_NO;
}
