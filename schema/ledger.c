#include "schema/ledger_in.h"

#include <string.h>

#include "schema/local.h"
#include "schema/pinyin.h"
#include "schema/project.h"
#include "schema/rebuild.h"
#include "schema/type.h"

#define SETTING_TYPES "types" /* hash of the record types that the tables are made by */

void
ledger_forget(struct ledger *l)
{
    l->version_row = -1;
    l->log_n = 0;
    l->log_state = NULL;
    project_forget(l->project);
}

static enum rc
load_community(struct ledger *l)
{
    struct buf value = BUF_NONE;
    enum rc rc = local_setting(l->db, SETTING_COMMUNITY, &value);
    l->has_community = rc == RC_OK && value.n == HASH_BYTES;
    if (l->has_community)
        memcpy(l->community.b, value.p, HASH_BYTES);
    buf_free(&value);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

enum rc
ledger_load(struct ledger *l)
{
    log_store_forget(l->log);
    ledger_forget(l);
    project_unload(l->project);
    l->units_changed = true; /* for all we know */
    l->erases_acked = 0;
    enum rc rc = load_community(l);
    if (rc == RC_OK)
        rc = ledger_load_keys(l);
    if (rc == RC_OK)
        rc = replica_load(l->replica, l->has_community ? &l->community : NULL);
    for (size_t i = 0; i < l->assumed_n && rc == RC_OK; i++)
        replica_assume(l->replica, &l->assumed[i]);
    l->types_differ = rc == RC_OK && ledger_types_are_other(l);
    /* What is assumed is decided again: a reader does so in memory, for the tables have
     * it; the writer at its next begin. */
    struct changes changes = {0};
    l->must_settle = l->assumed_n > 0 && l->mode != LEDGER_READ;
    if (rc == RC_OK && l->assumed_n > 0 && l->mode == LEDGER_READ)
        rc = replica_settle(l->replica, &changes);
    return rc;
}

static enum rc
read_types(struct ledger *l, const struct embed_file *files)
{
    enum rc rc = files == NULL ? types_load_builtin(&l->types)
                               : types_parse(files, &l->types, NULL);
    if (rc != RC_OK)
        return rc;
    l->rules = mem_new(l->types->version * sizeof(struct types *));
    for (uint16_t v = 1; v < l->types->version && rc == RC_OK; v++)
        rc = types_parse_at(files != NULL ? files : embed_types, v, &l->rules[v - 1],
                            NULL);
    l->rules[l->types->version - 1] = l->types;
    return rc;
}

static enum rc
load_types(struct ledger *l, const struct ledger_setup *setup)
{
    enum rc rc = RC_OK;
    l->shares_types = setup->rules != NULL;
    if (l->shares_types) {
        l->types = setup->rules[setup->rules_n - 1];
        l->rules = mem_new(setup->rules_n * sizeof(struct types *));
        memcpy(l->rules, setup->rules, setup->rules_n * sizeof(struct types *));
    } else {
        rc = read_types(l, setup->types);
    }
    if (rc != RC_OK)
        return rc;
    const struct type *unit = type_by_name(l->types, "org_unit");
    l->unit_type = unit != NULL ? unit->code : 0;
    return rc;
}

bool
ledger_types_are_other(const struct ledger *l)
{
    const struct authority *a = replica_authority(l->replica);
    const struct hash *told = a != NULL ? authority_types(a, l->types->version) : NULL;
    const struct node_info *hub = a != NULL ? authority_node(a, NODE_NO_HUB) : NULL;
    if (told == NULL || hash_eq(told, &l->types->hash))
        return false;
    return !l->has_box || hub == NULL || !key_eq(&hub->box_key, &l->box.pub);
}

bool
ledger_types_differ(const struct ledger *l)
{
    return l->types_differ;
}

const struct types *
ledger_rules(const struct ledger *l, uint16_t version)
{
    uint16_t own = l->types->version;
    bool is_known = version >= 1 && (l->types_differ ? version < own : version <= own);
    return is_known ? l->rules[version - 1] : NULL;
}

enum rc
ledger_newer_n(struct ledger *l, uint64_t *n)
{
    sqlite3_stmt *s = db_stmt(l->db, STMT_LEDGER_NEWER);
    bool row = false;
    enum rc rc = db_step(l->db, s, &row);
    *n = row ? (uint64_t)sqlite3_column_int64(s, 0) : 0;
    sqlite3_reset(s);
    return rc;
}

/* Were the tables made by the program as it is now? */
static enum rc
tables_are_ours(struct ledger *l, bool *ours)
{
    struct buf hash = BUF_NONE;
    enum rc rc = tables_check(l->tables, ours);
    if (rc == RC_OK && *ours) {
        rc = local_setting(l->db, SETTING_TYPES, &hash);
        *ours = rc == RC_OK && hash.n == HASH_BYTES &&
                memcmp(hash.p, l->types->hash.b, HASH_BYTES) == 0;
    }
    buf_free(&hash);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc
make_tables(struct ledger *l)
{
    enum rc rc = rebuild_all(l, NULL, NULL);
    if (rc == RC_OK)
        rc = local_put_setting(l->db, SETTING_TYPES,
                               slice_of(l->types->hash.b, HASH_BYTES));
    return rc;
}

/* One transaction: load, and make the derived tables anew where another release made
 * them (or another hand). */
static enum rc
start(struct ledger *l)
{
    bool reads = l->mode == LEDGER_READ;
    bool ours = false;
    enum rc rc = reads ? db_read_begin(l->db) : db_begin(l->db);
    if (rc != RC_OK)
        return rc;
    rc = ledger_load(l);
    if (rc == RC_OK)
        rc = tables_are_ours(l, &ours);
    if (rc == RC_OK && !ours)
        rc = reads ? RC_BUSY : make_tables(l); /* a reader waits for the writer */
    if (rc == RC_OK && !reads)
        return db_commit(l->db);
    db_rollback(l->db);
    return rc;
}

static enum db_mode
db_mode_of(enum ledger_mode mode)
{
    switch (mode) {
    case LEDGER_CREATE:
        return DB_CREATE;
    case LEDGER_WRITE:
        return DB_WRITE;
    case LEDGER_READ:
        break;
    }
    return DB_READ;
}

enum rc
ledger_open(const struct ledger_setup *setup, struct ledger **out, struct fault *why)
{
    struct ledger *l = mem_new(sizeof(*l));
    l->mode = setup->mode;
    l->wall_ms = setup->wall_ms;
    l->arg = setup->arg;
    l->has_box = setup->box != NULL;
    if (l->has_box)
        l->box = *setup->box;
    l->version_row = -1;
    enum db_mode mode = setup->only_looks ? DB_LOOK : db_mode_of(setup->mode);
    enum rc rc = db_open(setup->path, mode, setup->vfs, &l->db);
    if (rc == RC_OK)
        rc = load_types(l, setup);
    if (rc == RC_OK) {
        l->log_db = l->db;
        l->tables = tables_new(l->db, l->types);
        l->log = log_store_new(l->db);
        l->replica = replica_new(log_store_port(l->log));
        l->project = project_new(l);
        rc = start(l);
    }
    if (rc != RC_OK) {
        ledger_close(l);
        if (rc == RC_STALE)
            return fault_set(why, RC_CONFIG, FAULT_DATABASE_NEWER, "%s", setup->path);
        return fault_set(why, rc, FAULT_NONE, "%s", setup->path);
    }
    *out = l;
    return RC_OK;
}

void
ledger_close(struct ledger *l)
{
    if (l == NULL)
        return;
    project_free(l->project);
    pinyin_free(l->pinyin);
    replica_free(l->replica);
    log_store_free(l->log);
    tables_free(l->tables);
    db_close(l->db);
    for (uint16_t v = 1; !l->shares_types && l->rules != NULL && v < l->types->version;
         v++)
        types_free(l->rules[v - 1]);
    mem_free(l->rules);
    if (!l->shares_types)
        types_free(l->types);
    if (l->ring != NULL)
        mem_wipe(l->ring, l->ring_cap * sizeof(*l->ring));
    mem_free(l->ring);
    mem_free(l->assumed);
    mem_free(l->hint);
    pair_wipe(&l->box);
    mem_free(l);
}

enum rc
ledger_begin(struct ledger *l)
{
    bool reads = l->mode == LEDGER_READ;
    enum rc rc = reads ? db_read_begin(l->db) : db_begin(l->db);
    if (rc != RC_OK)
        return rc;
    /* A reader's memory is as old as its last look; the writer's follows its commits. */
    if (reads || l->broken != RC_OK)
        rc = l->broken = ledger_load(l);
    if (rc == RC_OK && !reads)
        rc = project_begin(l->project);
    if (rc == RC_OK && l->must_settle) {
        rc = ledger_settle(l);
        l->must_settle = rc != RC_OK;
    }
    if (rc != RC_OK)
        db_rollback(l->db);
    return rc;
}

static void
load_again(struct ledger *l)
{
    l->broken = ledger_load(l);
}

enum rc
ledger_commit(struct ledger *l)
{
    tables_reset(l->tables);
    if (l->mode == LEDGER_READ) {
        db_read_end(l->db);
        return RC_OK;
    }
    enum rc rc = replica_is_settled(l->replica) ? RC_OK : ledger_settle(l);
    if (rc == RC_OK)
        rc = db_commit(l->db);
    else
        db_rollback(l->db);
    if (rc != RC_OK)
        load_again(l);
    return rc;
}

void
ledger_rollback(struct ledger *l)
{
    tables_reset(l->tables);
    db_rollback(l->db);
    if (l->mode != LEDGER_READ)
        load_again(l);
}

struct replica *
ledger_replica(struct ledger *l)
{
    return l->replica;
}

const struct types *
ledger_types(const struct ledger *l)
{
    return l->types;
}

uint64_t
ledger_wall_ms(struct ledger *l)
{
    return l->wall_ms(l->arg);
}

enum rc
ledger_set_community(struct ledger *l, const struct hash *community)
{
    if (l->has_community)
        return hash_eq(&l->community, community) ? RC_OK : RC_INVALID;
    enum rc rc =
        local_put_setting(l->db, SETTING_COMMUNITY, slice_of(community->b, HASH_BYTES));
    if (rc != RC_OK)
        return rc;
    l->community = *community;
    l->has_community = true;
    ledger_forget(l);
    return replica_load(l->replica, community);
}

enum rc
ledger_assume(struct ledger *l, const struct grant *g, struct slice hints)
{
    l->assumed = mem_grow(l->assumed, (l->assumed_n + 1) * sizeof(*l->assumed));
    l->assumed[l->assumed_n++] = *g;
    ledger_hint(l, hints);
    if (l->mode == LEDGER_READ) { /* decided again, in memory; the tables have it */
        struct changes changes = {0};
        replica_assume(l->replica, g);
        return replica_settle(l->replica, &changes);
    }
    enum rc rc = ledger_begin(l);
    if (rc != RC_OK)
        return rc;
    replica_assume(l->replica, g);
    rc = ledger_settle(l);
    if (rc == RC_OK)
        return ledger_commit(l);
    ledger_rollback(l);
    return rc;
}

enum rc
ledger_settle(struct ledger *l)
{
    struct changes changes = {0};
    enum rc rc = replica_settle(l->replica, &changes);
    return rc != RC_OK ? rc : ledger_project(l, &changes);
}

enum rc
ledger_setting(struct ledger *l, const char *name, struct buf *out)
{
    return local_setting(l->db, name, out);
}

enum rc
ledger_set_setting(struct ledger *l, const char *name, struct slice value)
{
    return local_put_setting(l->db, name, value);
}

const struct log_state *
ledger_log_at(struct ledger *l, int64_t row)
{
    uint32_t n = log_row_number(row);
    if (n == l->log_n && n != 0)
        return l->log_state;
    const struct key *key = log_key(l->log, n);
    l->log_n = n;
    l->log_state = key != NULL ? replica_log_by_key(l->replica, key) : NULL;
    return l->log_state;
}

enum rc
ledger_version_at(struct ledger *l, int64_t row, struct version *out)
{
    if (row == l->version_row) {
        *out = l->version;
        return RC_OK;
    }
    sqlite3_stmt *s = db_stmt(l->log_db, STMT_LEDGER_HEAD);
    sqlite3_bind_int64(s, 1, row);
    bool found = false;
    enum rc rc = db_step(l->log_db, s, &found);
    if (rc == RC_OK && found) {
        const struct log_state *log = ledger_log_at(l, row);
        struct hash id = entry_id(db_column_slice(s, 0));
        l->version.log_no = log != NULL ? log->no : 0;
        l->version.seq = log_row_seq(row);
        memcpy(l->version.id8, id.b, sizeof(l->version.id8));
        l->version_row = row;
        *out = l->version;
    }
    sqlite3_reset(s);
    return rc != RC_OK ? rc : found ? RC_OK : RC_CORRUPT;
}

void
ledger_new_id(struct ledger *l, uint8_t out[static RECORD_ID_BYTES])
{
    uint8_t ms[8];
    if (l->random_n == 0) {
        l->random_n = ID_RANDOM_N;
        bytes_random(l->random, sizeof(l->random));
    }
    l->random_n--;
    put_u64(ms, ledger_wall_ms(l) << 16);
    memcpy(out, ms, ID_TIME_BYTES);
    memcpy(out + ID_TIME_BYTES, l->random[l->random_n], ID_RANDOM_BYTES);
}
