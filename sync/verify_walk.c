/* The authority prefix walked once more beside the fold: why an operation does not count,
 * who was ended, what was sealed. `before` is the fold as it stood before the entry in
 * hand, so that an order is judged by the officers of its own time. */
#include "sync/replica_impl.h"
#include "sync/verify.h"

#include <stdlib.h>
#include <string.h>

struct verify_walk {
    struct replica *r;
    struct verify_sink sink;
    struct authority *before;
    struct auth_op op;
    struct verify_seal *seal;
    size_t seals_n, seals_cap;
    struct verify_finding at; /* place of the operation in hand */
};

static void
tell(struct verify_walk *w, enum verify_kind kind, uint64_t fact)
{
    struct verify_finding f = w->at;

    f.kind = kind;
    f.has_index = true;
    f.fact[0] = fact;
    w->sink.finding(w->sink.arg, &f);
}

/* ---- why it does not count (AUTHORITY.md section 6) */

static bool
is_order(enum auth_code code)
{
    return code == AUTH_GRANT || code == AUTH_REVOKE || code == AUTH_LOST ||
           code == AUTH_OFFICERS || code == AUTH_ERASE;
}

static bool
is_officer(const struct officers *o, const struct key *key)
{
    for (uint16_t i = 0; i < o->n; i++) {
        if (key_eq(&o->key[i], key)) {
            return true;
        }
    }
    return false;
}

static uint8_t
need_of(const struct officers *o, enum auth_code code)
{
    enum need_code need = code == AUTH_GRANT   ? NEED_GRANT
                          : code == AUTH_LOST  ? NEED_LOST
                          : code == AUTH_ERASE ? NEED_ERASE
                                               : NEED_REVOKE;
    uint16_t n = o->need[need] < o->n ? o->need[need] : o->n;

    return (uint8_t)(n > 0 ? n : 1);
}

/* VERIFY_NONE: enough of the officers of that time have signed. */
static enum verify_kind
why_unsigned(const struct officers *o, const struct auth_op *op)
{
    const struct order *order = &op->order;
    enum verify_kind why = VERIFY_IS_ORDER_FEW;
    uint16_t have = 0;

    for (uint16_t i = 0; i < order->n; i++) {
        bool known = is_officer(o, &order->by[i]);

        if (known && order->holds[i]) {
            have++;
        }
        if (!known) {
            why = VERIFY_IS_ORDER_STRANGER;
        } else if (!order->holds[i]) {
            why = VERIFY_IS_ORDER_FORGED;
        }
    }
    return have >= need_of(o, op->code) ? VERIFY_NONE : why;
}

static bool
is_once_used(const struct authority *a, const struct key *once)
{
    for (size_t i = 0; i < a->once_n; i++) {
        if (key_eq(&a->once[i], once)) {
            return true;
        }
    }
    return false;
}

static enum verify_kind
why_no_grant(struct verify_walk *w, const struct grant *g)
{
    const struct auth_log *log = authority_log(w->before, g->log_no);
    const struct auth_log *of_key = authority_log_by_key(w->before, &g->log);

    if (g->is_invite && !g->is_joined) {
        return VERIFY_IS_GRANT_FORGED;
    }
    if (g->is_invite && (g->from != 1 || is_once_used(w->before, &g->once))) {
        return VERIFY_IS_GRANT_USED;
    }
    if ((log == NULL) != (of_key == NULL) || log != of_key) {
        return VERIFY_IS_GRANT_OTHER;
    }
    if (log == NULL) {
        return VERIFY_NONE;
    }
    if (log->log.post != g->post || log->log.node != g->node ||
        memcmp(log->log.person, g->person, RECORD_ID_BYTES) != 0) {
        return VERIFY_IS_GRANT_OTHER;
    }
    return log->sealed_to > g->from ? VERIFY_IS_GRANT_BELOW_SEAL : VERIFY_NONE;
}

static enum verify_kind
why_void(struct verify_walk *w, const struct auth_op *op)
{
    const struct officers *o = authority_officers(w->before);
    enum verify_kind why = VERIFY_NONE;

    if (op->code == 0) {
        return VERIFY_IS_ORDER_UNREADABLE;
    }
    if (!op->keys_hold) {
        return VERIFY_IS_ORDER_KEY;
    }
    if (!is_order(op->code)) {
        return VERIFY_IS_ORDER_PLACE;
    }
    if (w->before->n > 0) { /* beside `create` its own officers sign */
        why = why_unsigned(o, op);
    }
    if (why == VERIFY_NONE && w->before->n > 0 &&
        authority_seen(w->before, &op->order.seen) == 0) {
        why = VERIFY_IS_ORDER_STALE;
    }
    if (why == VERIFY_NONE && op->code == AUTH_GRANT) {
        why = why_no_grant(w, &op->grant);
    }
    if (why == VERIFY_NONE && op->code == AUTH_REVOKE &&
        authority_log(w->before, op->line.log_no) == NULL) {
        why = VERIFY_IS_ORDER_NO_LOG;
    }
    if (why == VERIFY_NONE && w->before->n == 0) {
        return VERIFY_IS_ORDER_FEW;
    }
    return why != VERIFY_NONE ? why : VERIFY_IS_ORDER_REPLAYED;
}

/* Whom or what the operation is about, as one number for people. */
static uint64_t
subject_of(const struct auth_op *op)
{
    return op->code == AUTH_GRANT    ? op->grant.log_no
           : op->code == AUTH_REVOKE ? op->line.log_no
           : op->code == AUTH_LOST   ? op->node
                                     : 0;
}

/* ---- what counts */

static void
take_seal(struct verify_walk *w, const struct auth_op *op)
{
    w->seal = authority_room(w->seal, w->seals_n + 1, &w->seals_cap, sizeof *w->seal);
    w->seal[w->seals_n++] = (struct verify_seal){.no = op->seal_no,
                                                 .size = op->tree_size,
                                                 .pos = w->before->n,
                                                 .reign = w->at.log_no,
                                                 .seq = w->at.seq,
                                                 .root = op->hash};
}

static void
take_erase(struct verify_walk *w, const struct auth_op *op)
{
    struct slice rest = op->items;
    struct erased_name item;

    while (auth_erased(&rest, &item)) {
        w->sink.erased(w->sink.arg, &item, op);
    }
}

static void
take(struct verify_walk *w, const struct auth_op *op)
{
    if (op->code == AUTH_SEAL) {
        take_seal(w, op);
    } else if (op->code == AUTH_ERASE) {
        take_erase(w, op);
    } else if (op->code == AUTH_REVOKE) {
        struct verify_finding f = {.kind = VERIFY_IS_REVOKED,
                                   .log_no = op->line.log_no,
                                   .seq = op->line.seq,
                                   .fact = {w->at.seq, op->reason}};
        w->sink.finding(w->sink.arg, &f);
    } else if (op->code == AUTH_LOST) {
        tell(w, VERIFY_IS_LOST, op->node);
    }
}

enum rc
verify_walk_entry(struct verify_walk *w, uint32_t reign, const struct stored *e)
{
    const struct codec *c = &w->r->codec;
    struct arrival a;

    if (!c->read(c->self, e->bytes, &a)) {
        return RC_CORRUPT;
    }
    a.fact.id = e->id;
    w->at = (struct verify_finding){
        .is_authority = true, .log_no = reign, .log = a.log, .seq = e->seq};
    struct auth_entry entry = {.id = e->id,
                               .key = a.log,
                               .seq = e->seq,
                               .clock = a.fact.clock,
                               .reign = reign,
                               .ops_n = c->ops(c->self, &a),
                               .op = c->op,
                               .self = c->self};
    for (uint32_t i = 0; i < entry.ops_n; i++) {
        c->op(c->self, i, &w->op);
        w->at.index = (uint16_t)i;
        if (authority_counts(w->r->authority, w->before->n, i)) {
            take(w, &w->op);
        } else {
            tell(w, why_void(w, &w->op), subject_of(&w->op));
        }
    }
    authority_apply(w->before, &entry);
    return RC_OK;
}

/* ---- seals against each other */

static int
by_number(const void *a, const void *b)
{
    const struct verify_seal *const *x = a;
    const struct verify_seal *const *y = b;

    return (*x)->no != (*y)->no ? ((*x)->no < (*y)->no ? -1 : 1)
                                : ((*x)->pos < (*y)->pos ? -1 : (*x)->pos > (*y)->pos);
}

static int
by_size(const void *a, const void *b)
{
    const struct verify_seal *const *x = a;
    const struct verify_seal *const *y = b;

    return (*x)->size != (*y)->size
               ? ((*x)->size < (*y)->size ? -1 : 1)
               : ((*x)->pos < (*y)->pos ? -1 : (*x)->pos > (*y)->pos);
}

static void
tell_seal(struct verify_walk *w, enum verify_kind kind, const struct verify_seal *one,
          const struct verify_seal *other)
{
    struct verify_finding f = {.kind = kind,
                               .is_authority = true,
                               .log_no = one->reign,
                               .seq = one->seq,
                               .fact = {one->no, one->size}};

    if (other != NULL) {
        f.to = other->seq;
        f.fact[1] = kind == VERIFY_IS_SEAL_TWICE ? other->no : other->size;
        f.has_ids = true;
        f.id[0] = one->root;
        f.id[1] = other->root;
    }
    w->sink.finding(w->sink.arg, &f);
}

void
verify_walk_seals(struct verify_walk *w)
{
    const struct verify_seal **list = mem_new((w->seals_n + 1) * sizeof(void *));

    for (size_t i = 0; i < w->seals_n; i++) {
        list[i] = &w->seal[i];
        if (replica_check_seal(w->r, w->seal[i].pos) == SEAL_WRONG) {
            tell_seal(w, VERIFY_IS_SEAL_ROOT, &w->seal[i], NULL);
        }
    }
    qsort(list, w->seals_n, sizeof(void *), by_number);
    for (size_t i = 1; i < w->seals_n; i++) {
        if (list[i - 1]->no == list[i]->no) {
            tell_seal(w, VERIFY_IS_SEAL_TWICE, list[i - 1], list[i]);
        }
    }
    qsort(list, w->seals_n, sizeof(void *), by_size);
    for (size_t i = 1; i < w->seals_n; i++) {
        if (list[i - 1]->size == list[i]->size &&
            !hash_eq(&list[i - 1]->root, &list[i]->root)) {
            tell_seal(w, VERIFY_IS_SEAL_ROOTS, list[i - 1], list[i]);
        }
    }
    mem_free(list);
}

size_t
verify_seals(const struct verify_walk *w, const struct verify_seal **out)
{
    *out = w->seal;
    return w->seals_n;
}

struct verify_walk *
verify_walk_new(struct replica *r, const struct verify_sink *sink)
{
    struct verify_walk *w = mem_new(sizeof *w);

    w->r = r;
    w->sink = *sink;
    w->before = authority_new();
    return w;
}

void
verify_walk_free(struct verify_walk *w)
{
    if (w == NULL) {
        return;
    }
    authority_free(w->before);
    mem_free(w->seal);
    mem_free(w);
}
