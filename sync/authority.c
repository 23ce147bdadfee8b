/* What the counted authority prefix says, and the questions to it. */
#include "sync/authority_impl.h"

#include <string.h>

struct authority *
authority_new(void)
{
    return mem_new(sizeof(struct authority));
}

static void
lists_free(struct authority *a)
{
    for (size_t i = 0; i < a->scopes_n; i++) {
        mem_free(a->scope_name[i]);
    }
    for (size_t i = 0; i < a->logs_n; i++) {
        log_state_fini(&a->log[i]->log);
        mem_free(a->log[i]);
    }
    buf_free(&a->name);
    mem_free(a->id);
    mem_free(a->scope);
    mem_free(a->scope_name);
    mem_free(a->node);
    mem_free(a->lost);
    mem_free(a->epoch);
    mem_free(a->told);
    mem_free(a->log);
    mem_free(a->born);
    mem_free(a->once);
    mem_free(a->erased);
    mem_free(a->item);
    mem_free(a->erase);
    mem_free(a->empty);
    mem_free(a->seal);
    mem_free(a->touched);
}

void
authority_reset(struct authority *a)
{
    lists_free(a);
    idmap_fini(&a->id_map);
    idmap_fini(&a->epoch_map);
    idmap_fini(&a->key_map);
    idmap_fini(&a->once_map);
    idmap_fini(&a->erased_map);
    idmap_fini(&a->item_map);
    memset(a, 0, sizeof *a);
}

void
authority_free(struct authority *a)
{
    if (a != NULL) {
        authority_reset(a);
        mem_free(a);
    }
}

void *
authority_room(void *p, size_t n, size_t *cap, size_t each)
{
    if (n <= *cap) {
        return p;
    }
    *cap = n + n / 4 + 4;
    return mem_grow(p, *cap * each);
}

void
authority_freeze(struct authority *a, bool is_frozen)
{
    a->is_frozen = is_frozen;
}

/* ---- the prefix */

uint64_t
authority_seen(const struct authority *a, const struct hash *id)
{
    uint64_t at = idmap_at(id->b);
    size_t it = 0;
    uint32_t i = idmap_next(&a->id_map, at, &it);

    while (i != IDMAP_NONE && !hash_eq(&a->id[i], id)) {
        i = idmap_next(&a->id_map, at, &it);
    }
    return i == IDMAP_NONE ? 0 : (uint64_t)i + 1;
}

int64_t
authority_pos(const struct authority *a, const uint8_t mark[8])
{
    struct hash id = {{0}};
    size_t it = 0;
    uint64_t at;
    uint32_t i;

    memcpy(id.b, mark, 8);
    at = idmap_at(id.b);
    i = idmap_next(&a->id_map, at, &it);
    while (i != IDMAP_NONE && memcmp(a->id[i].b, mark, 8) != 0) {
        i = idmap_next(&a->id_map, at, &it);
    }
    return i == IDMAP_NONE ? -1 : (int64_t)i;
}

bool
authority_head(const struct authority *a, struct hash *id, uint64_t *pos)
{
    if (a->n == 0) {
        return false;
    }
    *id = a->id[a->n - 1];
    *pos = a->n - 1;
    return true;
}

uint64_t
authority_n(const struct authority *a)
{
    return a->n;
}

const struct hash *
authority_id_at(const struct authority *a, uint64_t pos)
{
    return &a->id[pos];
}

uint32_t
authority_reign(const struct authority *a)
{
    return a->reign;
}

uint64_t
authority_head_seq(const struct authority *a)
{
    return a->head_seq;
}

bool
authority_counts(const struct authority *a, uint64_t pos, uint32_t index)
{
    size_t lo = 0;
    size_t hi = a->empty_n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        const struct auth_void *v = &a->empty[mid];

        if (v->pos < pos || (v->pos == pos && v->index < index)) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return pos < a->n &&
           !(lo < a->empty_n && a->empty[lo].pos == pos && a->empty[lo].index == index);
}

/* ---- what it says */

const struct officers *
authority_officers(const struct authority *a)
{
    return &a->officers;
}

bool
authority_is_frozen(const struct authority *a)
{
    return a->is_frozen;
}

struct slice
authority_name(const struct authority *a)
{
    return buf_slice(&a->name);
}

const struct key *
authority_hub_key(const struct authority *a)
{
    return a->n > 0 ? &a->hub_key : NULL;
}

const struct key *
authority_root_key(const struct authority *a)
{
    return a->has_create ? &a->root_key : NULL;
}

uint16_t
authority_schema(const struct authority *a, struct hash *types)
{
    *types = a->schema.types;
    return a->schema.version;
}

const struct hash *
authority_types(const struct authority *a, uint16_t version)
{
    for (size_t i = 0; i < a->told_n; i++) {
        if (a->told[i].version == version) {
            return &a->told[i].types;
        }
    }
    return NULL;
}

uint64_t
authority_seal_no(const struct authority *a)
{
    return a->seal_no;
}

size_t
authority_scopes_n(const struct authority *a)
{
    return a->scopes_n;
}

const struct scope_info *
authority_scope_at(const struct authority *a, size_t i)
{
    return &a->scope[i];
}

const struct scope_info *
authority_scope(const struct authority *a, uint32_t no)
{
    size_t lo = 0;
    size_t hi = a->scopes_n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (a->scope[mid].no < no) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo < a->scopes_n && a->scope[lo].no == no ? &a->scope[lo] : NULL;
}

size_t
authority_nodes_n(const struct authority *a)
{
    return a->nodes_n;
}

const struct node_info *
authority_node_at(const struct authority *a, size_t i)
{
    return &a->node[i];
}

const struct node_info *
authority_node(const struct authority *a, uint32_t no)
{
    size_t lo = 0;
    size_t hi = a->nodes_n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (a->node[mid].no < no) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo < a->nodes_n && a->node[lo].no == no ? &a->node[lo] : NULL;
}

/* A key that a lost node had stays lost, under whatever number it comes again. */
const struct node_info *
authority_node_by_box(const struct authority *a, const struct key *box)
{
    const struct node_info *found = NULL;

    for (size_t i = 0; i < a->nodes_n; i++) {
        if (key_eq(&a->node[i].box_key, box)) {
            if (a->node[i].is_lost) {
                return &a->node[i];
            }
            found = &a->node[i];
        }
    }
    return found;
}

const struct hash *
authority_epoch_hash(const struct authority *a, uint32_t scope, uint32_t epoch)
{
    uint64_t at = idmap_mix(scope, epoch);
    size_t it = 0;
    uint32_t i = idmap_next(&a->epoch_map, at, &it);

    while (i != IDMAP_NONE &&
           !(a->epoch[i].scope == scope && a->epoch[i].epoch == epoch)) {
        i = idmap_next(&a->epoch_map, at, &it);
    }
    return i == IDMAP_NONE ? NULL : &a->epoch[i].hash;
}

/* ---- logs */

size_t
authority_logs_n(const struct authority *a)
{
    return a->logs_n;
}

struct auth_log *
authority_log_at(const struct authority *a, size_t i)
{
    return a->log[i];
}

static size_t
log_place(const struct authority *a, uint32_t no)
{
    size_t lo = 0;
    size_t hi = a->logs_n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (a->log[mid]->log.no < no) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

struct auth_log *
authority_log(const struct authority *a, uint32_t no)
{
    size_t i = log_place(a, no);

    return i < a->logs_n && a->log[i]->log.no == no ? a->log[i] : NULL;
}

struct auth_log *
authority_log_by_key(const struct authority *a, const struct key *key)
{
    uint64_t at = idmap_at(key->b);
    size_t it = 0;
    uint32_t i = idmap_next(&a->key_map, at, &it);

    while (i != IDMAP_NONE && !key_eq(&a->born[i]->log.key, key)) {
        i = idmap_next(&a->key_map, at, &it);
    }
    return i == IDMAP_NONE ? NULL : a->born[i];
}

struct auth_log *
authority_log_new(struct authority *a, const struct grant *g)
{
    struct auth_log *log = mem_new(sizeof *log);
    size_t i = log_place(a, g->log_no);

    log->log.no = g->log_no;
    log->log.key = g->log;
    memcpy(log->log.person, g->person, RECORD_ID_BYTES);
    log->log.post = g->post;
    log->log.node = g->node;
    a->log =
        authority_room(a->log, a->logs_n + 1, &a->logs_cap, sizeof(struct auth_log *));
    a->born =
        authority_room(a->born, a->logs_n + 1, &a->born_cap, sizeof(struct auth_log *));
    memmove(&a->log[i + 1], &a->log[i], (a->logs_n - i) * sizeof(struct auth_log *));
    a->log[i] = log;
    a->born[a->logs_n] = log;
    idmap_put(&a->key_map, idmap_at(g->log.b), (uint32_t)a->logs_n);
    a->logs_n++;
    a->people++;
    return log;
}

void
authority_touch(struct authority *a, struct auth_log *log)
{
    if (!log->is_touched) {
        log->is_touched = true;
        a->touched = authority_room(a->touched, a->touched_n + 1, &a->touched_cap,
                                    sizeof(struct auth_log *));
        a->touched[a->touched_n++] = log;
    }
}

struct auth_log *
authority_touched(struct authority *a)
{
    struct auth_log *log = a->touched_n > 0 ? a->touched[--a->touched_n] : NULL;

    if (log != NULL) {
        log->is_touched = false;
    }
    return log;
}
