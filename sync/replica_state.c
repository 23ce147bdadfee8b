/* State blobs, one per log, and reading everything again at start.
 *
 * A blob holds what reading the trunk would cost too much to find out; the rest follows
 * from the authority prefix, which is folded again. version u8, kind u8, trunk length and
 * top, then of a data log what is decided, of the community's first authority log where
 * its Merkle tree stands.
 *
 * A log whose whole trunk counts, with nothing beside it and no line undecided, is plain.
 * As long as it only grows and stays plain, its blob may lag behind (version 2): what
 * stands behind it then counts as well. For that, every commit has been settled. */
#include "sync/replica_impl.h"

#include <string.h>

#define STATE_VERSION 1
#define STATE_PLAIN 2    /* the version of a blob that may lag */
#define STATE_LAG_MAX 64 /* entries: what a start reads again */

/* ---- writing */

static void
add_hash(struct buf *b, const struct hash *h)
{
    buf_add(b, h->b, HASH_BYTES);
}

/* Loose entries whose signature is not known to be good: few, if any. */
static void
add_verdicts(struct buf *b, const struct held *h)
{
    uint32_t n = 0;

    for (size_t i = 0; i < h->loose_n; i++) {
        n += h->loose[i].sig != VERDICT_GOOD;
    }
    buf_add_u32(b, n);
    for (size_t i = 0; i < h->loose_n; i++) {
        if (h->loose[i].sig != VERDICT_GOOD) {
            add_hash(b, &h->loose[i].fact.id);
            buf_add_u8(b, (uint8_t)h->loose[i].sig);
        }
    }
}

static void
add_log(struct buf *b, const struct replica *r, const struct held *h)
{
    const struct log_state *s = h->state;
    static const struct hash none;

    add_hash(b, r->authority->n > 0 ? &r->authority->id[r->authority->n - 1] : &none);
    buf_add_u64(b, r->authority->n);
    buf_add_u64(b, s->head_seq);
    add_hash(b, &s->head);
    buf_add_u64(b, s->head_clock);
    buf_add_u64(b, s->passed);
    buf_add_u8(b, s->is_revoked);
    buf_add_u32(b, s->cut_line);
    buf_add_u32(b, (uint32_t)s->empty_n);
    for (size_t i = 0; i < s->empty_n; i++) {
        buf_add_u32(b, s->empty[i]);
    }
}

static void
add_walk(struct buf *b, const struct replica *r)
{
    const struct tree_walk *w = &r->walked;
    uint64_t size = w->tree.size;

    buf_add_u64(b, w->pos);
    buf_add_u32(b, w->seal);
    buf_add_u64(b, size);
    for (size_t i = 0; size > 0; size &= size - 1, i++) {
        add_hash(b, &w->tree.peak[i]);
    }
    buf_add_u32(b, (uint32_t)r->wrong_n);
    for (size_t i = 0; i < r->wrong_n; i++) {
        buf_add_u32(b, r->wrong[i]);
    }
    add_hash(b, &r->authority->id[r->authority->n - 1]);
    buf_add_u64(b, r->authority->n);
}

static bool
is_plain(const struct held *h)
{
    const struct log_state *s = h->state;

    return h->kind == ENTRY_DATA && s != NULL && !s->is_assumed && !s->is_revoked &&
           s->passed == s->lines_n && h->proof.seq == 0 && h->loose_n == 0 &&
           s->head_seq == h->trunk_n && h->good_to == h->trunk_n && h->held_bytes == 0;
}

static bool
may_lag(const struct held *h)
{
    return h->saved.is_plain && h->saved.good_from == h->good_from &&
           h->saved.passed == h->state->passed && h->saved.empty_n == h->state->empty_n &&
           h->trunk_n - h->saved.trunk_n < STATE_LAG_MAX;
}

static void
note_saved(struct held *h, bool plain)
{
    h->has_blob = true;
    h->saved.is_plain = plain;
    h->saved.trunk_n = h->trunk_n;
    h->saved.good_from = h->good_from;
    h->saved.passed = plain ? h->state->passed : 0;
    h->saved.empty_n = plain ? h->state->empty_n : 0;
}

static void
add_head(struct buf *b, uint8_t version, const struct held *h)
{
    buf_add_u8(b, version);
    buf_add_u8(b, (uint8_t)h->kind);
    buf_add_u64(b, h->trunk_n);
    add_hash(b, &h->top);
    buf_add_u64(b, h->top_clock);
    buf_add_u64(b, h->good_from);
    buf_add_u64(b, h->good_to);
    buf_add_u64(b, h->held_bytes);
    buf_add_u64(b, h->proof.seq);
    add_hash(b, &h->proof.id[0]);
    add_hash(b, &h->proof.id[1]);
    add_verdicts(b, h);
}

void
replica_blank(enum entry_kind kind, uint64_t trunk_n, const struct hash *top,
              uint64_t top_clock, struct buf *out)
{
    struct held h = {
        .kind = kind, .trunk_n = trunk_n, .top = *top, .top_clock = top_clock};

    add_head(out, STATE_VERSION, &h);
    buf_add_u8(out, 0); /* nothing decided */
    buf_add_u8(out, 0); /* no tree */
}

enum rc
state_save(struct replica *r, struct held *h)
{
    struct buf *b = &r->scratch;
    bool plain = is_plain(h);

    if (!h->has_blob && h->trunk_n == 0 && h->loose_n == 0 && h->proof.seq == 0 &&
        (h->state == NULL || h->state->passed == 0)) {
        return RC_OK;
    }
    if (plain && may_lag(h)) {
        return RC_OK;
    }
    b->n = 0;
    add_head(b, plain ? STATE_PLAIN : STATE_VERSION, h);
    buf_add_u8(b, h->state != NULL);
    if (h->state != NULL) {
        add_log(b, r, h);
    }
    buf_add_u8(b, h == r->first && r->authority->n > 0);
    if (h == r->first && r->authority->n > 0) {
        add_walk(b, r);
    }
    note_saved(h, plain);
    return r->store->state_put(r->store->self, &h->key, buf_slice(b));
}

/* ---- reading */

/* One log's blob, as long as the others are read. */
struct blob {
    struct key key;
    struct buf bytes;
    bool is_plain;
};
struct loading {
    struct replica *r;
    struct blob *blob;
    size_t n, cap;
    struct held *h;
    bool is_broken;
    bool is_plain;
    uint64_t known; /* trunk length, as the blob says */
    bool is_seen;   /* anything of the trunk */
};

static bool
blob_one(void *arg, const struct key *log, struct slice state)
{
    struct loading *l = arg;
    struct blob *b;

    l->blob = authority_room(l->blob, l->n + 1, &l->cap, sizeof *l->blob);
    b = &l->blob[l->n++];
    *b = (struct blob){*log, BUF_NONE, false};
    buf_add_slice(&b->bytes, state);
    return true;
}

static struct hash
get_hash(struct reader *in)
{
    struct hash h = {{0}};

    read_into(in, h.b, HASH_BYTES);
    return h;
}

static bool
loose_one(void *arg, const struct stored *e)
{
    struct loading *l = arg;
    struct arrival a;

    if (!l->r->codec.read(l->r->codec.self, e->bytes, &a)) {
        l->is_broken = true;
        return false;
    }
    a.fact.id = e->id;
    held_loose_note(l->h, &a, VERDICT_GOOD, e->bytes.n <= l->r->codec.head_n);
    return true;
}

/* The trunk stands as the blob says; what stands behind it was not settled any more. */
static bool
trunk_one(void *arg, const struct stored *e)
{
    struct loading *l = arg;
    struct held *h = l->h;
    struct arrival a;

    l->is_seen = true;
    if (e->seq == l->known) {
        l->is_broken = !hash_eq(&e->id, &h->top);
        return !l->is_broken;
    }
    l->is_broken =
        e->seq != h->trunk_n + 1 || !l->r->codec.read(l->r->codec.self, e->bytes, &a);
    if (l->is_broken) {
        return false;
    }
    h->kind = a.kind;
    h->trunk_n = e->seq;
    h->top = e->id;
    h->top_clock = a.fact.clock;
    h->is_behind = !l->is_plain;
    h->good_to = l->is_plain ? e->seq : h->good_to;
    return true;
}

static void
load_verdicts(struct held *h, struct reader *in)
{
    uint32_t n = read_u32(in);

    for (uint32_t i = 0; i < n && !in->bad; i++) {
        struct hash id = get_hash(in);
        struct loose *loose = held_loose(h, &id);
        uint8_t sig = read_u8(in);

        if (loose != NULL) {
            loose->sig = sig == VERDICT_BAD ? VERDICT_BAD : VERDICT_NONE;
        }
    }
}

/* `in` is empty for a log that was never settled. */
static enum rc
load_head(struct loading *l, struct reader *in)
{
    const struct sync_store *s = l->r->store;
    struct held *h = l->h;
    enum rc rc;

    h->has_blob = in->n > 0;
    if (h->has_blob) {
        h->trunk_n = read_u64(in);
        h->top = get_hash(in);
        h->top_clock = read_u64(in);
        h->good_from = read_u64(in);
        h->good_to = read_u64(in);
        h->held_bytes = read_u64(in);
        h->proof.seq = read_u64(in);
        h->proof.id[0] = get_hash(in);
        h->proof.id[1] = get_hash(in);
    }
    h->saved.trunk_n = h->trunk_n;
    h->saved.good_from = h->good_from;
    l->known = h->trunk_n;
    l->is_seen = h->trunk_n == 0;
    rc = s->loose_each(s->self, &h->key, loose_one, l);
    if (rc == RC_OK && !l->is_broken) {
        rc = s->trunk(s->self, &h->key, h->trunk_n > 0 ? h->trunk_n : 1, trunk_one, l);
    }
    if (h->has_blob) {
        load_verdicts(h, in);
    }
    if (h->kind == ENTRY_AUTHORITY) {
        h->good_to = h->trunk_n; /* none is stored unchecked */
    }
    return rc == RC_OK && (l->is_broken || !l->is_seen || in->bad) ? RC_CORRUPT : rc;
}

/* Says which lines count, as they were decided. */
static void
load_lines(struct log_state *s, uint64_t passed, struct reader *in)
{
    uint32_t empty_n = read_u32(in);
    uint32_t next = empty_n > 0 ? read_u32(in) : UINT32_MAX;
    uint32_t left = empty_n > 0 ? empty_n - 1 : 0;

    for (uint32_t i = 0; i < passed; i++) {
        if (s->lines[i].is_revoke) {
            continue;
        }
        if (i == next) {
            log_empty_add(s, i);
            next = left > 0 ? read_u32(in) : UINT32_MAX;
            left -= left > 0;
        } else {
            log_seal_add(s, &s->lines[i]);
        }
    }
    s->passed = passed;
}

/* What was decided of a data log, under the same prefix. False: decide anew. */
static bool
load_log(struct replica *r, struct held *h, bool plain, struct reader *in)
{
    struct log_state *s = h->state;
    struct hash under = get_hash(in);
    uint64_t under_n = read_u64(in);
    uint64_t head_seq = read_u64(in);
    struct hash head = get_hash(in);
    uint64_t head_clock = read_u64(in);
    uint64_t passed = read_u64(in);
    bool is_revoked = read_u8(in) != 0;
    uint32_t cut_line = read_u32(in);

    h->was_head = head_seq;
    if (plain) { /* what stands behind the blob counts */
        head_seq = h->trunk_n;
        head = h->top;
        head_clock = h->top_clock;
        h->was_head = head_seq;
    }
    if (s == NULL) {
        return true; /* an assumed log: decided anew, but told already */
    }
    if (in->bad || h->is_behind || under_n > r->authority->n || under_n == 0 ||
        !hash_eq(&under, &r->authority->id[under_n - 1]) || passed > s->lines_n ||
        head_seq > h->trunk_n || (is_revoked && cut_line >= passed)) {
        return false;
    }
    log_undecide(s);
    load_lines(s, passed, in);
    if (is_revoked) {
        log_revoke_set(s, cut_line);
    }
    h->saved.is_plain = plain;
    h->saved.passed = passed;
    h->saved.empty_n = s->empty_n;
    s->head_seq = head_seq;
    s->head = head;
    s->head_clock = head_clock;
    s->waiting = passed < s->lines_n;
    s->is_closed = s->seal_seq > 0 && is_revoked && hash_eq(&s->seal, &s->cut);
    s->proof = h->proof;
    h->is_dirty = false;
    h->must_check = false;
    h->was_seal = s->seal_seq;
    h->keep = UINT64_MAX;
    h->lines_seen = passed;
    h->ahead = 0;
    h->ahead_seal = 0;
    return !in->bad;
}

static bool
load_walk(struct replica *r, struct reader *in)
{
    struct tree_walk *w = &r->walk;
    uint32_t wrong_n;
    struct hash under;
    uint64_t under_n;
    size_t peaks = 0;

    w->pos = read_u64(in);
    w->seal = read_u32(in);
    w->tree.size = read_u64(in);
    for (uint64_t size = w->tree.size; size > 0; size &= size - 1) {
        w->tree.peak[peaks++] = get_hash(in);
    }
    wrong_n = read_u32(in);
    for (uint32_t i = 0; i < wrong_n && !in->bad; i++) {
        r->wrong = authority_room(r->wrong, i + 1, &r->wrong_cap, sizeof *r->wrong);
        r->wrong[i] = read_u32(in);
    }
    under = get_hash(in);
    under_n = read_u64(in);
    if (in->bad || under_n == 0 || under_n > r->authority->n || w->pos > under_n ||
        w->seal > r->authority->seals_n ||
        !hash_eq(&under, &r->authority->id[under_n - 1])) {
        return false;
    }
    r->wrong_n = wrong_n;
    r->wrong_told = wrong_n;
    r->walked = *w;
    return true;
}

static enum rc
load_heads(struct loading *l)
{
    enum rc rc = RC_OK;

    for (size_t i = 0; i < l->n && rc == RC_OK; i++) {
        struct reader in = reader_of(buf_slice(&l->blob[i].bytes));
        bool is_empty = in.n == 0;
        uint8_t version = is_empty ? STATE_VERSION : read_u8(&in);
        uint8_t kind = is_empty ? ENTRY_DATA : read_u8(&in);

        l->is_plain = l->blob[i].is_plain = version == STATE_PLAIN;
        if ((version != STATE_VERSION && !l->is_plain) || in.bad ||
            (kind != ENTRY_DATA && kind != ENTRY_AUTHORITY)) {
            return RC_CORRUPT;
        }
        l->h = held_get(l->r, &l->blob[i].key,
                        kind == ENTRY_DATA ? ENTRY_DATA : ENTRY_AUTHORITY);
        rc = load_head(l, &in);
        buf_drop(&l->blob[i].bytes, l->blob[i].bytes.n - in.n); /* the rest, later */
    }
    return rc;
}

static bool
first_one(void *arg, const struct stored *e)
{
    struct loading *l = arg;

    if (e->seq == 1 && hash_eq(&e->id, &l->r->community)) {
        l->r->first = l->h;
    }
    return e->seq < 1;
}

static enum rc
load_authority(struct loading *l)
{
    struct replica *r = l->r;
    enum rc rc = RC_OK;

    for (size_t i = 0; i < r->held_n && rc == RC_OK && r->first == NULL; i++) {
        l->h = r->held[i];
        if (l->h->kind == ENTRY_AUTHORITY) {
            rc = r->store->trunk(r->store->self, &l->h->key, 1, first_one, l);
            if (held_loose(l->h, &r->community) != NULL) {
                r->first = l->h;
            }
        }
    }
    return rc == RC_OK ? auth_refold(r) : rc;
}

/* The rest of the blobs, now that the prefix is there. */
static enum rc
load_states(struct loading *l)
{
    struct replica *r = l->r;
    enum rc rc = RC_OK;

    for (size_t i = 0; i < l->n; i++) {
        struct reader in = reader_of(buf_slice(&l->blob[i].bytes));
        struct held *h = held_find(r, &l->blob[i].key);
        bool has_log = read_u8(&in) != 0;

        if (h == r->first && !has_log && read_u8(&in) != 0 && !load_walk(r, &in)) {
            seal_walk_reset(r);
            r->wrong_n = 0;
        }
        if (has_log && !load_log(r, h, l->blob[i].is_plain, &in)) {
            data_undecide(r, h);
        }
    }
    for (size_t i = 0; i < r->held_n && rc == RC_OK; i++) {
        struct held *h = r->held[i];

        if (h->state != NULL) {
            seal_place(r, h);
            h->is_placed = !h->is_dirty; /* else the settle that decides it does */
            rc = data_lines(r, h);
        }
    }
    return rc;
}

static void
loading_fini(struct loading *l)
{
    for (size_t i = 0; i < l->n; i++) {
        buf_free(&l->blob[i].bytes);
    }
    mem_free(l->blob);
}

/* After loading nothing has changed: the next settle tells only what is new. */
static void
quiet(struct replica *r)
{
    size_t n = 0;

    for (size_t i = 0; i < r->active_n; i++) {
        r->active[i]->is_active = r->active[i]->is_dirty;
        if (r->active[i]->is_dirty) {
            r->active[n++] = r->active[i];
        }
    }
    r->active_n = n;
    r->was_n = r->authority->n;
    r->is_refolded = false;
    r->is_auth_unsaved = false;
}

enum rc
replica_load(struct replica *r, const struct hash *community)
{
    struct loading l = {.r = r};
    enum rc rc;

    replica_reset(r);
    if (community != NULL) {
        r->has_community = true;
        r->community = *community;
    }
    rc = r->store->state_each(r->store->self, blob_one, &l);
    if (rc == RC_OK) {
        rc = load_heads(&l);
    }
    if (rc == RC_OK && r->has_community) {
        rc = load_authority(&l);
    }
    if (rc == RC_OK) {
        rc = load_states(&l);
    }
    if (rc == RC_OK) {
        quiet(r);
    }
    loading_fini(&l);
    return rc;
}
