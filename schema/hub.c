#include "schema/hub_in.h"

#include <stdio.h>
#include <string.h>

#include "schema/order.h"

#define EPOCH_AGE_MS (92ull * 24 * 60 * 60 * 1000) /* a quarter */

/* Counts that `init` writes: grant, revoke, lost, erase (design section 6). */
static const uint8_t birth_needs[NEED_N] = {1, 2, 2, 2};

static enum rc
birth_create(struct decree *d, const struct hub_birth *b)
{
    struct auth_op *op = decree_next(d, AUTH_CREATE);
    op->name = slice_text(b->community);
    op->root_key = b->root->pub;
    op->hub_key = b->hub->pub;
    op->officers.n = 1;
    op->officers.key[0] = b->officer->pub;
    memcpy(op->officers.need, birth_needs, sizeof(birth_needs));
    enum rc rc = decree_add(d);
    if (rc != RC_OK)
        return rc;
    op = decree_next(d, AUTH_SCHEMA);
    op->schema = d->l->types->version;
    op->hash = d->l->types->hash;
    return decree_add(d);
}

static enum rc
birth_scope(struct decree *d, uint32_t no, enum scope_kind kind, const char *name)
{
    struct auth_op *op = decree_next(d, AUTH_SCOPE);
    op->scope = no;
    op->scope_kind = kind;
    op->unit = CENTRE_UNIT;
    op->name = slice_text(name);
    return decree_add(d);
}

static enum rc
birth_node(struct decree *d, const struct hub_birth *b)
{
    struct auth_op *op = decree_next(d, AUTH_NODE);
    op->node = 1;
    op->box_key = b->box->pub;
    op->unit = CENTRE_UNIT;
    op->scopes = (struct scopes){.n = 1, .no = {SCOPE_ALL}};
    op->ack_key = b->ack->pub;
    return decree_add(d);
}

static enum rc
birth_grant(struct decree *d, const struct hub_birth *b,
            const uint8_t person[static RECORD_ID_BYTES])
{
    static const struct hash none;
    struct grant *g = &decree_next(d, AUTH_GRANT)->grant;
    g->log_no = 1;
    g->log = b->log->pub;
    g->node = 1;
    memcpy(g->person, person, RECORD_ID_BYTES);
    g->post = 1;
    g->unit = CENTRE_UNIT;
    g->role = ROLE_SECRETARY;
    g->scopes = (struct scopes){.n = 1, .no = {SCOPE_ALL}};
    g->from = 1;
    decree_sign(d, b->officer, &none);
    return decree_add(d);
}

static enum rc
birth_epoch(struct decree *d, uint32_t scope, const struct key *box)
{
    struct key key;
    bool fresh = false;
    bytes_random(key.b, KEY_BYTES);
    enum rc rc = ledger_hold_key(d->l, scope, 1, &key, &fresh);
    mem_wipe(&key, sizeof(key));
    return rc != RC_OK ? rc : decree_keys(d, scope, 1, box);
}

static enum rc
birth_records(struct ledger *l, const struct hub_birth *b,
              const uint8_t person[static RECORD_ID_BYTES])
{
    struct author author;
    struct author_run *run = NULL;
    uint8_t id[RECORD_ID_BYTES];
    const struct hub_field who[] = {{.name = "name", .text = b->person}};
    const struct hub_field what[] = {{.name = "name", .text = b->community}};
    const struct hub_field unit[] = {{.name = "code", .text = "0000"},
                                     {.name = "name", .text = b->community},
                                     {.name = "kind", .num = hub_kind(l, "centre")}};
    enum rc rc = author_of(l, b->log, &author);
    if (rc == RC_OK)
        rc = author_begin(l, &author, &run);
    if (rc == RC_OK)
        rc = hub_put(run, l, "person", person, who, 1);
    ledger_new_id(l, id);
    if (rc == RC_OK)
        rc = hub_put(run, l, "community", id, what, 1);
    ledger_new_id(l, id);
    if (rc == RC_OK)
        rc = hub_put(run, l, "org_unit", id, unit, 3);
    if (rc == RC_OK)
        return author_end(&run);
    author_drop(&run);
    return rc;
}

enum rc
hub_create(struct ledger *l, const struct hub_birth *b, struct fault *why)
{
    struct decree d;
    uint8_t person[RECORD_ID_BYTES];
    if (l->has_community)
        return RC_INVALID;
    if (!auth_name_is_good(slice_text(b->community)))
        return fault_set(why, RC_INVALID, FAULT_BAD_TEXT, "name");
    enum rc rc = hub_check_text(l, "community", "name", b->community, why);
    if (rc == RC_OK)
        rc = hub_check_text(l, "person", "name", b->person, why);
    if (rc == RC_OK)
        rc = decree_begin(&d, l, b->hub);
    if (rc != RC_OK)
        return rc;
    ledger_new_id(l, person);
    rc = birth_create(&d, b);
    if (rc == RC_OK)
        rc = birth_scope(&d, SCOPE_NO_COMMUNITY, SCOPE_COMMUNITY, b->community);
    if (rc == RC_OK)
        rc = birth_scope(&d, SCOPE_NO_CENTRE, SCOPE_DESK, b->community);
    if (rc == RC_OK)
        rc = birth_node(&d, b);
    if (rc == RC_OK)
        rc = birth_grant(&d, b, person);
    if (rc == RC_OK)
        rc = birth_epoch(&d, SCOPE_NO_COMMUNITY, &b->box->pub);
    if (rc == RC_OK)
        rc = birth_epoch(&d, SCOPE_NO_CENTRE, &b->box->pub);
    if (rc != RC_OK) {
        decree_drop(&d);
        return rc;
    }
    rc = decree_end(&d);
    if (rc == RC_OK)
        rc = ledger_settle(l);
    return rc != RC_OK ? rc : birth_records(l, b, person);
}

/* ---- upkeep */

static uint32_t
highest_scope(const struct ledger *l)
{
    const struct authority *a = replica_authority(l->replica);
    size_t n = authority_scopes_n(a);
    return n > 0 ? authority_scope_at(a, n - 1)->no : 0;
}

/* A unit that gets its scope in this decree; codes used twice get one only. */
struct upkeep {
    struct decree d;
    const struct units *units;
    size_t at;     /* the row in hand */
    uint32_t next; /* free scope number */
    bool did;
};

static bool
is_twice(const struct upkeep *u)
{
    for (size_t i = 0; i < u->at; i++)
        if (u->units->row[i].unit == u->units->row[u->at].unit &&
            !u->units->row[i].is_ended)
            return true;
    return false;
}

/* A record's name may hold what the authority log's may not, or be missing: then the
 * scope goes by the unit's number. */
static struct slice
scope_name(const struct unit_row *row, char number[static 8])
{
    struct slice name = slice_text(row->name);
    (void)snprintf(number, 8, "%04u", (unsigned)row->unit);
    return auth_name_is_good(name) ? name : slice_text(number);
}

static enum rc
keep_unit(struct upkeep *u)
{
    const struct unit_row *row = &u->units->row[u->at];
    struct ledger *l = u->d.l;
    struct hint_scope have;
    bool is_group = row->kind == hub_kind(l, "group");
    enum scope_kind kind = is_group                               ? SCOPE_GROUP
                           : row->kind == hub_kind(l, "desk")     ? SCOPE_DESK
                           : row->kind == hub_kind(l, "compound") ? SCOPE_COMPOUND
                                                                  : SCOPE_COMMUNITY;
    if (kind == SCOPE_COMMUNITY || row->is_ended || row->unit == CENTRE_UNIT ||
        ledger_scope_of_unit(l, row->unit, &have) || is_twice(u))
        return RC_OK;
    char number[8];
    struct slice name = scope_name(row, number);
    u->did = true;
    enum rc rc = decree_scope(&u->d, u->next++, kind, row->unit, name);
    if (rc == RC_OK && is_group)
        rc = decree_scope(&u->d, u->next++, SCOPE_GROUP_CARE, row->unit, name);
    return rc;
}

/* The first scope whose newest key is due to change; NULL: none is. Only the clock of the
 * hub's own entry and its own wall clock: a wrong one changes keys early or late, and
 * nothing else. */
static const struct scope_info *
old_epoch(const struct ledger *l)
{
    const struct authority *a = replica_authority(l->replica);
    uint64_t now = l->wall_ms(l->arg);
    for (size_t i = 0; i < authority_scopes_n(a); i++) {
        const struct scope_info *s = authority_scope_at(a, i);
        if (s->epoch > 0 && s->epoch < UINT32_MAX &&
            now > clock_ms(s->epoch_clock) + EPOCH_AGE_MS)
            return s;
    }
    return NULL;
}

bool
hub_types_due(const struct ledger *l)
{
    const struct hash *told =
        authority_types(replica_authority(l->replica), l->types->version);
    return told == NULL || !hash_eq(told, &l->types->hash);
}

bool
hub_is_due(const struct ledger *l)
{
    return l->units_changed || hub_types_due(l) || old_epoch(l) != NULL;
}

/* In an entry of its own, before whatever is written by these types. */
static enum rc
keep_types(struct ledger *l, const struct hub *h)
{
    struct decree d;
    enum rc rc = decree_begin(&d, l, h->hub);
    if (rc != RC_OK)
        return rc;
    struct auth_op *op = decree_next(&d, AUTH_SCHEMA);
    op->schema = l->types->version;
    op->hash = l->types->hash;
    rc = decree_add(&d);
    if (rc != RC_OK) {
        decree_drop(&d);
        return rc;
    }
    rc = decree_end(&d);
    return rc != RC_OK ? rc : ledger_settle(l);
}

static enum rc
keep_all(struct upkeep *u, const struct hub *h)
{
    struct ledger *l = u->d.l;
    enum rc rc = RC_OK;
    for (u->at = 0; u->at < u->units->n && rc == RC_OK; u->at++)
        rc = keep_unit(u);
    if (rc != RC_OK || !u->did) {
        decree_drop(&u->d);
    } else {
        rc = decree_end(&u->d);
        if (rc == RC_OK)
            rc = ledger_settle(l);
    }
    const struct scope_info *old = NULL;
    while (rc == RC_OK && (old = old_epoch(l)) != NULL) {
        size_t n = 0;
        rc = hub_rotate(l, h, old->no, &n);
        u->did = true;
    }
    return rc == RC_OK ? hub_reach(l, h, u->units, &u->did) : rc;
}

enum rc
hub_upkeep(struct ledger *l, const struct hub *h, bool *did)
{
    struct upkeep u = {.next = highest_scope(l) + 1};
    struct units units = {0};
    if (did != NULL)
        *did = false;
    if (!hub_is_due(l))
        return RC_OK;
    bool told = hub_types_due(l);
    enum rc rc = told ? keep_types(l, h) : RC_OK;
    if (rc == RC_OK)
        rc = decree_begin(&u.d, l, h->hub);
    if (rc != RC_OK)
        return rc;
    rc = hub_units(l, &units);
    u.units = &units;
    if (rc == RC_OK)
        rc = keep_all(&u, h);
    else
        decree_drop(&u.d);
    hub_units_fini(&units);
    l->units_changed = rc != RC_OK;
    if (did != NULL)
        *did = rc == RC_OK && (told || u.did);
    return rc;
}

/* ---- seals */

enum rc
hub_seal(struct ledger *l, const struct hub *h, uint64_t *seal_no)
{
    struct decree d;
    struct seal_draft draft;
    struct buf lines = BUF_NONE;
    bool any = false;
    enum rc rc = RC_OK;
    /* What does not fit one entry comes in several seals: each draft is what the one
     * before has left. */
    while (rc == RC_OK && (rc = replica_draft_seal(l->replica, &draft)) == RC_OK &&
           draft.n > 0) {
        rc = decree_begin(&d, l, h->hub);
        if (rc != RC_OK)
            break;
        struct auth_op *op = decree_next(&d, AUTH_SEAL);
        op->seal_no = authority_seal_no(replica_authority(l->replica)) + 1;
        op->tree_size = draft.tree_size;
        op->hash = draft.root;
        lines.n = 0;
        for (size_t i = 0; i < draft.n; i++)
            auth_line_add(&lines, &draft.line[i]);
        op->lines = buf_slice(&lines);
        op->lines_n = (uint32_t)draft.n;
        *seal_no = op->seal_no;
        any = true;
        rc = decree_add(&d);
        if (rc == RC_OK)
            rc = decree_end(&d);
        else
            decree_drop(&d);
        if (rc == RC_OK)
            rc = ledger_settle(l);
    }
    buf_free(&lines);
    return rc == RC_OK && !any ? RC_NO : rc;
}

bool
hub_is_here(struct ledger *l, const struct key *hub_key)
{
    const struct key *key = authority_hub_key(replica_authority(l->replica));
    return key != NULL && key_eq(key, hub_key);
}
