/* A replica: entries are offered, then decided. The parts are in replica_*.c. */
#include "sync/replica_impl.h"

#include <string.h>

/* Leaves of the community's tree added per settle: some milliseconds. */
#define LEAVES_A_SETTLE 2048

struct replica *
replica_new_with(const struct sync_store *store, const struct codec *c)
{
    struct replica *r = mem_new(sizeof *r);

    r->store = store;
    r->codec = c != NULL ? *c : replica_codec(r);
    r->authority = authority_new();
    r->memo = mem_new(sizeof *r->memo);
    return r;
}

struct replica *
replica_new(const struct sync_store *store)
{
    return replica_new_with(store, NULL);
}

/* Forgets everything but the store and the codec. */
void
replica_reset(struct replica *r)
{
    const struct sync_store *store = r->store;
    struct codec codec = r->codec;
    struct authority *authority = r->authority;
    struct digest_memo *memo = r->memo;

    for (size_t i = 0; i < r->held_n; i++) {
        held_free(r->held[i]);
    }
    mem_free(r->held);
    idmap_fini(&r->keys);
    mem_free(r->row);
    mem_free(r->segment);
    mem_free(r->wrong);
    mem_free(r->draft);
    mem_free(r->active);
    mem_free(r->change);
    mem_free(r->log);
    mem_free(r->ack);
    buf_free(&r->rewritten);
    buf_free(&r->scratch);
    authority_reset(authority);
    memset(r, 0, sizeof *r);
    r->store = store;
    r->codec = codec;
    r->authority = authority;
    r->memo = memo;
    memo->is_known = false;
}

void
replica_free(struct replica *r)
{
    if (r != NULL) {
        replica_reset(r);
        authority_free(r->authority);
        mem_free(r->memo);
        mem_free(r);
    }
}

const struct hash *
replica_community(const struct replica *r)
{
    return r->has_community ? &r->community : NULL;
}

const struct sync_store *
replica_store(const struct replica *r)
{
    return r->store;
}

void
replica_activate(struct replica *r, struct held *h)
{
    r->memo->is_known = false;
    if (!h->is_active) {
        h->is_active = true;
        r->active = authority_room(r->active, r->active_n + 1, &r->active_cap,
                                   sizeof(struct held *));
        r->active[r->active_n++] = h;
    }
}

bool
replica_check(struct replica *r, const struct arrival *a)
{
    r->checks_n++;
    return r->codec.check(r->codec.self, a);
}

/* The authority as it is now, whatever came in. */
enum rc
replica_current(struct replica *r)
{
    return r->is_auth_dirty ? auth_refold(r) : RC_OK;
}

enum rc
replica_take(struct replica *r, const struct arrival *a, enum offer *what)
{
    struct held *h;
    enum rc rc;

    *what = OFFER_UNKNOWN;
    if (a->kind == ENTRY_AUTHORITY) {
        return auth_take(r, a, what);
    }
    rc = replica_current(r);
    h = held_find(r, &a->log);
    if (rc != RC_OK || h == NULL || h->state == NULL || h->kind != ENTRY_DATA) {
        return rc;
    }
    rc = data_take(r, h, a, what);
    h->has_come = h->has_come || (rc == RC_OK && r->own == NULL &&
                                  (*what == OFFER_TAKEN || *what == OFFER_HELD));
    return rc;
}

bool
replica_has_come(const struct replica *r, const struct key *log)
{
    for (size_t i = 0; i < r->held_n; i++) {
        if (key_eq(&r->held[i]->key, log)) {
            return r->held[i]->has_come;
        }
    }
    return false;
}

enum rc
replica_take_proof(struct replica *r, const struct arrival *one,
                   const struct arrival *two)
{
    struct held *h;
    enum offer what;
    enum rc rc = replica_current(r);

    h = held_find(r, &one->log);
    if (!key_eq(&one->log, &two->log) || one->kind != two->kind ||
        one->fact.seq != two->fact.seq || hash_eq(&one->fact.id, &two->fact.id)) {
        return RC_MALFORMED;
    }
    if (rc != RC_OK || h == NULL || h->kind != one->kind ||
        (h->kind == ENTRY_DATA && h->state == NULL) ||
        (h->kind == ENTRY_AUTHORITY && one->fact.seq == 1)) {
        return rc;
    }
    if (!replica_check(r, one) || !replica_check(r, two)) {
        return RC_FORGED;
    }
    rc = held_gap(r, h, one, &what);
    if (rc == RC_OK) {
        rc = held_gap(r, h, two, &what);
    }
    r->is_auth_dirty = r->is_auth_dirty || (h->kind == ENTRY_AUTHORITY && h->is_dirty);
    return rc;
}

void
replica_final(struct replica *r)
{
    r->is_final = true;
}

/* ---- settle */

void
replica_change(struct replica *r, struct change c)
{
    r->change =
        authority_room(r->change, r->changes_n + 1, &r->changes_cap, sizeof *r->change);
    r->change[r->changes_n++] = c;
}

static void
tell_authority(struct replica *r)
{
    if (r->is_refolded) {
        replica_change(r, (struct change){.kind = CHANGE_REFOLD});
    } else {
        uint64_t pos = r->was_n;

        for (size_t i = 0; i < r->segments_n; i++) {
            uint64_t end =
                i + 1 < r->segments_n ? r->segment[i + 1].pos : r->authority->n;
            uint64_t from = r->segment[i].pos;

            if (end > pos) {
                replica_change(r, (struct change){CHANGE_AUTHORITY, (uint32_t)i + 1,
                                                  pos - from + 1, end - from});
                pos = end;
            }
        }
    }
    for (; r->wrong_told < r->wrong_n; r->wrong_told++) {
        uint64_t pos = r->wrong[r->wrong_told];

        replica_change(r, (struct change){CHANGE_WRONG_ROOT, 0, pos, pos});
    }
    r->was_n = r->authority->n;
}

/* Nothing rests on what such a log says: whoever shows it reads it. */
static void
tell_ack(struct replica *r, struct held *h)
{
    const struct log_state *s = h->state;

    if (!r->is_refolded && s->head_seq > h->was_head) {
        replica_change(r,
                       (struct change){CHANGE_ACK, s->no, h->was_head + 1, s->head_seq});
    }
    h->has_fork = false;
    h->was_head = s->head_seq;
    h->keep = UINT64_MAX;
}

static void
tell_log(struct replica *r, struct held *h)
{
    const struct log_state *s = h->state;
    uint32_t no = s != NULL ? s->no : 0;

    if (s != NULL && s->is_ack) {
        tell_ack(r, h);
        return;
    }
    if (h->has_fork) {
        replica_change(r, (struct change){CHANGE_FORK, no, h->proof.seq, h->proof.seq});
    }
    h->has_fork = false;
    if (s != NULL && !r->is_refolded) {
        uint64_t keep = h->keep < h->was_head ? h->keep : h->was_head;

        if (keep < h->was_head) {
            replica_change(r,
                           (struct change){CHANGE_WITHDRAWN, no, keep + 1, h->was_head});
        }
        if (keep < s->head_seq) {
            replica_change(r,
                           (struct change){CHANGE_ACCEPTED, no, keep + 1, s->head_seq});
        }
        if (h->was_seal < s->seal_seq) {
            replica_change(
                r, (struct change){CHANGE_SEALED, no, h->was_seal + 1, s->seal_seq});
        }
    }
    h->was_head = s != NULL ? s->head_seq : 0;
    h->was_seal = s != NULL ? s->seal_seq : 0;
    h->keep = UINT64_MAX;
}

static enum rc
settle_logs(struct replica *r)
{
    enum rc rc = RC_OK;

    for (size_t i = 0; r->is_final && i < r->held_n; i++) {
        replica_activate(r, r->held[i]);
    }
    for (size_t i = 0; i < r->active_n && rc == RC_OK; i++) {
        rc = data_settle(r, r->active[i]);
    }
    if (rc == RC_OK) {
        rc = seal_walk(r, LEAVES_A_SETTLE);
    }
    if (rc == RC_OK) {
        rc = erase_held(r);
    }
    for (size_t i = 0; i < r->active_n && rc == RC_OK; i++) {
        rc = state_save(r, r->active[i]);
    }
    if (rc == RC_OK && r->is_auth_unsaved && r->first != NULL) {
        rc = state_save(r, r->first);
    }
    return rc;
}

enum rc
replica_settle(struct replica *r, struct changes *out)
{
    enum rc rc = replica_current(r);

    r->changes_n = 0;
    if (rc == RC_OK) {
        rc = settle_logs(r);
    }
    if (rc != RC_OK) {
        *out = (struct changes){NULL, 0};
        return rc;
    }
    tell_authority(r);
    for (size_t i = 0; i < r->active_n; i++) {
        r->active[i]->is_active = false;
        if (r->active[i]->kind == ENTRY_DATA || r->active[i]->has_fork) {
            tell_log(r, r->active[i]);
        }
    }
    r->active_n = 0;
    r->is_final = false;
    r->is_refolded = false;
    r->is_auth_unsaved = false;
    *out = (struct changes){r->change, r->changes_n};
    return RC_OK;
}

bool
replica_is_settled(const struct replica *r)
{
    return r->active_n == 0 && !r->is_auth_dirty && !r->is_auth_unsaved;
}
