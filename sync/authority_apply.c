/* The authority fold: operations of the prefix in order, which of them count, and what
 * they change (design section 6, model `decisions`). */
#include "sync/authority_impl.h"

#include <assert.h>
#include <string.h>

/* The entry being applied: where it stands. */
struct step {
    struct authority *a;
    const struct auth_entry *e;
    const struct auth_op *op;
    uint64_t pos;
};

static bool
needs_officers(enum auth_code code)
{
    return code == AUTH_GRANT || code == AUTH_REVOKE || code == AUTH_LOST ||
           code == AUTH_ERASE || code == AUTH_OFFICERS;
}

static enum need_code
need_of(enum auth_code code)
{
    switch (code) {
    case AUTH_GRANT:
        return NEED_GRANT;
    case AUTH_LOST:
        return NEED_LOST;
    case AUTH_ERASE:
        return NEED_ERASE;
    case AUTH_REVOKE:
    case AUTH_OFFICERS:
    case AUTH_CREATE:
    case AUTH_SCHEMA:
    case AUTH_SCOPE:
    case AUTH_NODE:
    case AUTH_EPOCH:
    case AUTH_SEAL:
    case AUTH_SUCCEED:
        return NEED_REVOKE;
    }
    return NEED_REVOKE;
}

uint16_t
authority_need(const struct authority *a, enum auth_code code)
{
    const struct officers *o = &a->officers;
    uint16_t need = o->need[need_of(code)];

    /* As many as needed; more than there are means all. */
    need = need > o->n ? o->n : need;
    return o->n > 0 && need == 0 ? 1 : need;
}

uint16_t
authority_signed_n(const struct authority *a, const struct auth_op *op)
{
    const struct officers *o = &a->officers;
    uint16_t have = 0;

    for (uint16_t i = 0; i < o->n; i++) {
        bool has = false;

        for (uint16_t k = 0; k < op->order.n && !has; k++) {
            has = op->order.holds[k] && key_eq(&op->order.by[k], &o->key[i]);
        }
        have += has;
    }
    return have;
}

/* Enough different officers have signed, and never none. */
static bool
is_signed(const struct authority *a, const struct auth_op *op)
{
    uint16_t need = authority_need(a, op->code);

    return need > 0 && authority_signed_n(a, op) >= need;
}

/* ---- fresh: what the signers saw lies before, and no other order about the subject
 * counted after it. Places are kept plus 1. */

static struct record_key
record_of(const struct auth_op *op)
{
    struct record_key k = {.scope = op->scope, .unit = op->unit};

    memcpy(k.id, op->record, RECORD_ID_BYTES);
    return k;
}

static bool
is_lost_fresh(const struct authority *a, uint32_t node, uint64_t seen)
{
    for (size_t i = 0; i < a->logs_n; i++) {
        const struct auth_log *log = a->log[i];

        if (log->log.node == node && log->last > seen) {
            return false;
        }
    }
    return true;
}

static uint32_t
log_no_of(const struct auth_op *op)
{
    return op->code == AUTH_GRANT ? op->grant.log_no : op->line.log_no;
}

bool
authority_is_fresh(const struct authority *a, const struct auth_op *op)
{
    uint64_t seen = authority_seen(a, &op->order.seen);
    const struct auth_log *log;

    if (seen == 0) {
        return false;
    }
    if (op->code == AUTH_OFFICERS) {
        return a->officers_last <= seen;
    }
    if (op->code == AUTH_ERASE) {
        struct record_key k = record_of(op);
        const struct auth_erased *e = authority_erased(a, &k);

        return e == NULL || e->last <= seen;
    }
    if (op->code == AUTH_LOST) {
        return is_lost_fresh(a, op->node, seen);
    }
    log = authority_log(a, log_no_of(op));
    return log == NULL || log->last <= seen;
}

/* The order counts: none that saw less may follow. */
static void
note_order(const struct step *s)
{
    uint64_t at = s->pos + 1;

    if (s->op->code == AUTH_OFFICERS) {
        s->a->officers_last = at;
    } else if (s->op->code == AUTH_ERASE) {
        struct record_key k = record_of(s->op);

        authority_erased(s->a, &k)->last = at;
    } else if (s->op->code == AUTH_LOST) {
        for (size_t i = 0; i < s->a->logs_n; i++) {
            if (s->a->log[i]->log.node == s->op->node) {
                s->a->log[i]->last = at;
            }
        }
    } else {
        authority_log(s->a, log_no_of(s->op))->last = at;
    }
}

/* ---- what they change */

static bool
appoint(const struct step *s)
{
    s->a->officers = s->op->officers;
    return true;
}

static bool
take_create(const struct step *s, uint32_t index)
{
    if (s->pos != 0 || index != 0) {
        return false;
    }
    s->a->has_create = true;
    buf_add_slice(&s->a->name, s->op->name);
    s->a->root_key = s->op->root_key;
    return appoint(s);
}

static uint32_t
find_once(const struct authority *a, const struct key *once)
{
    uint64_t at = idmap_at(once->b);
    size_t it = 0;
    uint32_t i = idmap_next(&a->once_map, at, &it);

    while (i != IDMAP_NONE && !key_eq(&a->once[i], once)) {
        i = idmap_next(&a->once_map, at, &it);
    }
    return i;
}

static bool
is_same_log(const struct auth_log *log, const struct grant *g)
{
    return key_eq(&log->log.key, &g->log) && log->log.post == g->post &&
           log->log.node == g->node &&
           memcmp(log->log.person, g->person, RECORD_ID_BYTES) == 0;
}

static bool
take_grant(const struct step *s)
{
    struct authority *a = s->a;
    const struct grant *g = &s->op->grant;
    struct auth_log *log = authority_log(a, g->log_no);

    if (g->is_invite &&
        !(g->is_joined && g->from == 1 && find_once(a, &g->once) == IDMAP_NONE)) {
        return false;
    }
    if (log == NULL && authority_log_by_key(a, &g->log) == NULL) {
        log = authority_log_new(a, g);
    } else if (log == NULL || !is_same_log(log, g) || log->sealed_to > g->from) {
        return false; /* any seal line at or above `from`, decided or not */
    }
    log_grant_add(&log->log, g);
    authority_touch(a, log);
    if (g->is_invite) {
        a->once = authority_room(a->once, a->once_n + 1, &a->once_cap, sizeof *a->once);
        a->once[a->once_n] = g->once;
        idmap_put(&a->once_map, idmap_at(g->once.b), (uint32_t)a->once_n++);
    }
    return true;
}

static void
add_line(const struct step *s, struct auth_log *log, const struct line *l, bool is_revoke)
{
    struct log_line line = {.id = l->id,
                            .seq = l->seq,
                            .clock = s->e->clock,
                            .pos = (uint32_t)s->pos,
                            .seal_no = is_revoke ? 0 : (uint32_t)s->op->seal_no,
                            .heir = l->heir,
                            .is_revoke = is_revoke};

    log_line_add(&log->log, &line);
    if (!is_revoke && l->seq + 1 > log->sealed_to) {
        log->sealed_to = l->seq + 1;
    }
    authority_touch(s->a, log);
}

static bool
take_revoke(const struct step *s)
{
    struct auth_log *log = authority_log(s->a, s->op->line.log_no);

    if (log == NULL) {
        return false;
    }
    add_line(s, log, &s->op->line, true);
    return true;
}

static bool
take_seal(const struct step *s)
{
    struct slice rest = s->op->lines;
    struct line line;

    while (auth_line(&rest, &line)) {
        struct auth_log *log = authority_log(s->a, line.log_no);

        if (log != NULL) {
            add_line(s, log, &line, false);
        }
    }
    s->a->seal_no = s->op->seal_no;
    s->a->seal = authority_room(s->a->seal, s->a->seals_n + 1, &s->a->seals_cap,
                                sizeof *s->a->seal);
    s->a->seal[s->a->seals_n++] = (uint32_t)s->pos;
    return true;
}

/* Revocation of the node's logs from inside the operation; of no other's. */
static bool
take_lost(const struct step *s)
{
    struct authority *a = s->a;
    struct slice rest = s->op->lines;
    struct line line;

    while (auth_line(&rest, &line)) {
        struct auth_log *log = authority_log(a, line.log_no);

        if (log != NULL && log->log.node == s->op->node) {
            add_line(s, log, &line, true);
        }
    }
    a->lost = authority_room(a->lost, a->lost_n + 1, &a->lost_cap, sizeof *a->lost);
    a->lost[a->lost_n++] = s->op->node;
    for (size_t i = 0; i < a->nodes_n; i++) {
        a->node[i].is_lost = a->node[i].is_lost || a->node[i].no == s->op->node;
    }
    return true;
}

static bool
take_erase(const struct step *s, uint32_t index)
{
    struct record_key record = record_of(s->op);

    return authority_take_erase(s->a, s->e, s->op, &record,
                                (struct auth_void){(uint32_t)s->pos, index});
}

static void
scope_new(struct authority *a, size_t i, uint32_t no)
{
    size_t left = a->scopes_n - i;

    a->scope =
        authority_room(a->scope, a->scopes_n + 1, &a->scopes_cap, sizeof *a->scope);
    a->scope_name = authority_room(a->scope_name, a->scopes_n + 1, &a->names_cap,
                                   sizeof *a->scope_name);
    memmove(&a->scope[i + 1], &a->scope[i], left * sizeof *a->scope);
    memmove(&a->scope_name[i + 1], &a->scope_name[i], left * sizeof *a->scope_name);
    a->scope[i] = (struct scope_info){.no = no};
    a->scope_name[i] = NULL;
    a->scopes_n++;
    for (size_t k = 0; k < a->epochs_n; k++) {
        if (a->epoch[k].scope == no && a->epoch[k].epoch > a->scope[i].epoch) {
            a->scope[i].epoch = a->epoch[k].epoch;
            a->scope[i].epoch_clock = a->epoch[k].clock;
        }
    }
}

/* The last word about a scope counts, but for its newest epoch. */
static bool
take_scope(const struct step *s)
{
    struct authority *a = s->a;
    const struct auth_op *op = s->op;
    size_t i = 0;

    while (i < a->scopes_n && a->scope[i].no < op->scope) {
        i++;
    }
    if (i == a->scopes_n || a->scope[i].no != op->scope) {
        scope_new(a, i, op->scope);
    }
    mem_free(a->scope_name[i]);
    a->scope_name[i] = mem_copy(op->name.p, op->name.n);
    a->scope[i].kind = op->scope_kind;
    a->scope[i].unit = op->unit;
    a->scope[i].name = slice_of(a->scope_name[i], op->name.n);
    return true;
}

/* The last word about a node counts; but whoever is lost stays lost. */
static bool
take_node(const struct step *s)
{
    struct authority *a = s->a;
    const struct auth_op *op = s->op;
    struct node_info node = {.no = op->node,
                             .box_key = op->box_key,
                             .ack_key = op->ack_key,
                             .unit = op->unit,
                             .scopes = op->scopes};
    size_t i = 0;

    while (i < a->nodes_n && a->node[i].no < op->node) {
        i++;
    }
    for (size_t k = 0; k < a->lost_n; k++) {
        node.is_lost = node.is_lost || a->lost[k] == op->node;
    }
    if (i == a->nodes_n || a->node[i].no != op->node) {
        a->node = authority_room(a->node, a->nodes_n + 1, &a->nodes_cap, sizeof *a->node);
        memmove(&a->node[i + 1], &a->node[i], (a->nodes_n - i) * sizeof *a->node);
        a->nodes_n++;
    }
    a->node[i] = node;
    a->people++;
    return true;
}

/* The first for a (scope, epoch) fixes the hash. */
static bool
take_epoch(const struct step *s)
{
    struct authority *a = s->a;
    const struct auth_op *op = s->op;

    if (authority_epoch_hash(a, op->scope, op->epoch) != NULL) {
        return true;
    }
    a->epoch =
        authority_room(a->epoch, a->epochs_n + 1, &a->epochs_cap, sizeof *a->epoch);
    a->epoch[a->epochs_n] =
        (struct auth_epoch){op->scope, op->epoch, op->hash, s->e->clock};
    idmap_put(&a->epoch_map, idmap_mix(op->scope, op->epoch), (uint32_t)a->epochs_n++);
    for (size_t i = 0; i < a->scopes_n; i++) {
        if (a->scope[i].no == op->scope && a->scope[i].epoch < op->epoch) {
            a->scope[i].epoch = op->epoch;
            a->scope[i].epoch_clock = s->e->clock;
        }
    }
    return true;
}

static bool
take_schema(const struct step *s)
{
    struct authority *a = s->a;
    size_t i = 0;

    a->schema = (struct auth_schema){s->op->schema, s->op->hash};
    while (i < a->told_n && a->told[i].version != s->op->schema) {
        i++;
    }
    if (i == a->told_n) {
        a->told = authority_room(a->told, ++a->told_n, &a->told_cap, sizeof *a->told);
    }
    a->told[i] = a->schema;
    return true;
}

/* ---- the rule */

static bool
take_counting(const struct step *s, uint32_t index)
{
    switch (s->op->code) {
    case AUTH_CREATE:
        return take_create(s, index);
    case AUTH_SCHEMA:
        return take_schema(s);
    case AUTH_SCOPE:
        return take_scope(s);
    case AUTH_NODE:
        return take_node(s);
    case AUTH_GRANT:
        return take_grant(s);
    case AUTH_EPOCH:
        return take_epoch(s);
    case AUTH_SEAL:
        return take_seal(s);
    case AUTH_REVOKE:
        return take_revoke(s);
    case AUTH_LOST:
        return take_lost(s);
    case AUTH_OFFICERS:
        return appoint(s);
    case AUTH_ERASE:
        return take_erase(s, index);
    case AUTH_SUCCEED: /* has done its part by opening the reign */
        return s->pos > 0 && s->e->seq == 1 && index == 0;
    }
    return false; /* of unknown code: no effect */
}

/* True: the operation counts, and has been applied. */
static bool
take(const struct step *s, uint32_t index)
{
    enum auth_code code = s->op->code;
    bool by_root = code == AUTH_OFFICERS && s->pos > 0 && s->e->seq == 1;

    if (needs_officers(code) && !by_root) {
        if (!is_signed(s->a, s->op) || (s->pos > 0 && !authority_is_fresh(s->a, s->op))) {
            return false;
        }
    }
    return take_counting(s, index);
}

void
authority_apply(struct authority *a, const struct auth_entry *e)
{
    struct step s = {a, e, &a->op, a->n};

    assert(a->n < UINT32_MAX);
    for (uint32_t i = 0; i < e->ops_n; i++) {
        e->op(e->self, i, &a->op);
        if (take(&s, i)) {
            if (needs_officers(a->op.code)) {
                note_order(&s);
            }
        } else {
            a->empty =
                authority_room(a->empty, a->empty_n + 1, &a->empty_cap, sizeof *a->empty);
            a->empty[a->empty_n++] = (struct auth_void){(uint32_t)s.pos, i};
        }
    }
    a->id = authority_room(a->id, a->n + 1, &a->id_cap, sizeof *a->id);
    a->id[a->n] = e->id;
    idmap_put(&a->id_map, idmap_at(e->id.b), (uint32_t)a->n);
    a->n++;
    a->hub_key = e->key;
    a->reign = e->reign;
    a->head_seq = e->seq;
}
