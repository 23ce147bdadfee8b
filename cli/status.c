/* Gathering the status. */
#include "cli/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "cli/out.h"
#include "cli/people.h"
#include "cli/root_sheet.h"

#define HUB_NODE 1u /* by birth (design section 6) */
#define DISK_LOW_BYTES (1ull << 30)
#define SKEWS_MAX 256

struct gather {
    struct status *s;
    int64_t skew[SKEWS_MAX];
    size_t skews_n;
};

/* ---- own logs */

static void
gather_logs(struct cli *c, struct status *s)
{
    struct node *n = c->node;
    const struct replica *r = ledger_replica(n->ledger);
    for (size_t i = 0; i < n->logs_n; i++) {
        struct status_log *l = &s->log[s->logs_n++];
        *l = (struct status_log){.log = replica_log_by_key(r, &n->log[i].pub),
                                 .key = n->log[i].pub,
                                 .head = replica_trunk_n(r, &n->log[i].pub),
                                 .lock = n->lock[i]};
        l->acked_any = peer_acked(n->ledger, 0, &l->key);
        l->acked_hub = s->is_hub ? l->head : peer_acked(n->ledger, HUB_NODE, &l->key);
        if (l->lock != LOG_HANDED && node_guard_word(n, i, &l->guard) != RC_OK)
            l->guard = GUARD_MISSING;
        uint64_t stick = stick_on(n->ledger, HUB_NODE, &l->key);
        uint64_t safe = stick > l->acked_any ? stick : l->acked_any;
        stick = stick < l->head ? stick : l->head;
        s->unsent += l->head > safe ? l->head - safe : 0;
        s->on_stick += !s->is_hub && stick > l->acked_hub ? stick - l->acked_hub : 0;
        s->not_at_hub += l->head > l->acked_hub ? l->head - l->acked_hub : 0;
    }
}

/* What seals and revokes name, and is not here: known without asking anybody. */
static void
gather_behind(struct cli *c, struct status *s)
{
    const struct replica *r = ledger_replica(c->node->ledger);
    for (size_t i = 0; i < replica_logs_n(r); i++) {
        const struct log_state *log = replica_log_at(r, i);
        uint64_t named = 0, have = replica_trunk_n(r, &log->key);
        for (size_t k = 0; k < log->lines_n; k++)
            if (log->lines[k].seq > named)
                named = log->lines[k].seq;
        s->behind += named > have ? named - have : 0;
        s->entries += log->head_seq;
    }
}

/* ---- others */

static void
add_skew(struct gather *g, int64_t ms)
{
    if (g->skews_n < SKEWS_MAX)
        g->skew[g->skews_n++] = ms;
}

static void
take_peer(void *arg, const struct peer_row *p)
{
    struct gather *g = arg;
    json_t *json = json_object();
    json_object_set_new(json, "node", json_integer(p->node));
    json_object_set_new(json, "address", json_of_text(slice_text(p->address)));
    json_object_set_new(json, "seen_ms", json_of_time(p->seen_ms));
    json_object_set_new(json, "synced_ms", json_of_time(p->synced_ms));
    json_object_set_new(json, "skew_ms", json_integer((json_int_t)p->skew_ms));
    json_object_set_new(json, "trouble", json_of_text(slice_text(p->trouble)));
    json_array_append_new(g->s->peers, json);
    if (p->node == HUB_NODE)
        g->s->synced_ms = p->synced_ms;
    if (p->seen_ms != 0)
        add_skew(g, p->skew_ms);
}

static int
by_value(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

/* The daemon alone knows who has unlocked a log. */
static void
take_unlocked(struct status *s)
{
    size_t k;
    json_t *at;
    json_array_foreach(json_object_get(s->live, "unlocked"), k, at)
    {
        json_int_t i = json_integer_value(at);
        if (i >= 0 && (size_t)i < s->logs_n && s->log[i].lock == LOG_LOCKED)
            s->log[i].lock = LOG_UNLOCKED;
    }
}

static void
gather_live(struct cli *c, struct gather *g)
{
    struct buf text = BUF_NONE;
    if (control_status(c->dir, &text) == RC_OK)
        g->s->live = json_loadb((const char *)text.p, text.n, 0, NULL);
    g->s->is_running = g->s->live != NULL;
    buf_free(&text);
    take_unlocked(g->s);
    size_t i;
    json_t *p;
    uint64_t missing = 0;
    json_array_foreach(json_object_get(g->s->live, "peers"), i, p)
    {
        json_int_t n = json_integer_value(json_object_get(p, "missing_here"));
        if (!json_is_true(json_object_get(p, "open")))
            continue;
        g->s->live_open++;
        add_skew(g, json_integer_value(json_object_get(p, "skew_ms")));
        if (n > 0 && (uint64_t)n > missing)
            missing = (uint64_t)n;
    }
    if (missing > g->s->behind)
        g->s->behind = missing;
}

static void
gather_machine(struct cli *c, struct status *s)
{
    struct statvfs fs;
    struct stat st;
    char path[4096];
    if (statvfs(c->dir, &fs) == 0)
        s->disk_free = (uint64_t)fs.f_bavail * fs.f_frsize;
    s->is_disk_low = s->disk_free < DISK_LOW_BYTES;
    static const char *const sheet[] = {ROOT_SHEET_NAME, ROOT_PAGE_NAME};
    for (size_t i = 0; i < sizeof(sheet) / sizeof(sheet[0]); i++) {
        int n = snprintf(path, sizeof(path), "%s/%s", c->dir, sheet[i]);
        s->has_root_sheet = s->has_root_sheet ||
                            (n > 0 && (size_t)n < sizeof(path) && stat(path, &st) == 0);
    }
}

enum rc
status_gather(struct cli *c, struct status *s)
{
    struct ledger *l = c->node->ledger;
    const struct authority *a = replica_authority(ledger_replica(l));
    struct gather g = {.s = s};
    *s = (struct status){.is_hub = c->node->has_hub,
                         .needs_join = node_needs_join(c->node),
                         .is_frozen = authority_is_frozen(a),
                         .cases = query_cases_n(l),
                         .seal_no = authority_seal_no(a),
                         .self = authority_node_by_box(a, &c->node->box.pub),
                         .peers = json_array()};
    gather_logs(c, s);
    gather_behind(c, s);
    enum rc rc = s->is_hub ? RC_OK : stick_carried(l, &s->carried);
    s->types_differ = ledger_types_differ(l);
    if (rc == RC_OK)
        rc = ledger_newer_n(l, &s->newer);
    if (rc == RC_OK)
        rc = query_count(l, "household", &s->households, NULL);
    if (rc == RC_OK)
        rc = query_count(l, "resident", &s->residents, NULL);
    if (rc == RC_OK)
        rc = peer_each(l, take_peer, &g);
    gather_live(c, &g);
    gather_machine(c, s);
    s->has_skew = g.skews_n > 0;
    if (s->has_skew) {
        qsort(g.skew, g.skews_n, sizeof(g.skew[0]), by_value);
        s->skew_ms = g.skew[g.skews_n / 2];
    }
    return rc;
}

void
status_fini(struct status *s)
{
    json_decref(s->live);
    json_decref(s->peers);
}

/* ---- JSON */

static const char *
guard_name(enum guard_word w)
{
    static const char *const names[] = {[GUARD_FINE] = "fine",
                                        [GUARD_MISSING] = "missing",
                                        [GUARD_FOREIGN] = "foreign",
                                        [GUARD_AHEAD] = "ahead"};
    return (unsigned)w < sizeof(names) / sizeof(names[0]) ? names[w] : "?";
}

const char *
lock_name(enum log_lock lock)
{
    static const char *const names[] = {[LOG_OPEN] = "none",
                                        [LOG_LOCKED] = "locked",
                                        [LOG_UNLOCKED] = "unlocked",
                                        [LOG_HANDED] = "handed"};
    return names[lock];
}

static json_t *
log_json(struct cli *c, const struct status_log *l)
{
    json_t *json = json_object();
    struct hash head;
    who_json(c, l->log, l->head + 1, json);
    json_object_set_new(json, "key", json_of_hex(l->key.b, KEY_BYTES));
    json_object_set_new(json, "head", json_of_u64(l->head));
    if (replica_trunk_head(ledger_replica(c->node->ledger), &l->key, &head))
        json_object_set_new(json, "head_id", json_of_hex(head.b, HASH_BYTES));
    json_object_set_new(json, "acked_hub", json_of_u64(l->acked_hub));
    json_object_set_new(json, "acked_any", json_of_u64(l->acked_any));
    json_object_set_new(json, "sealed",
                        json_of_u64(l->log != NULL ? l->log->seal_seq : 0));
    json_object_set_new(json, "counted",
                        json_boolean(l->log != NULL && !l->log->is_assumed));
    json_object_set_new(json, "lock", json_string(lock_name(l->lock)));
    json_object_set_new(json, "guard", json_string(guard_name(l->guard)));
    json_object_set_new(json, "forked",
                        json_boolean(l->log != NULL && l->log->proof.seq > 0));
    return json;
}

static json_t *
community_json(struct cli *c)
{
    const struct replica *r = ledger_replica(c->node->ledger);
    const struct hash *id = replica_community(r);
    json_t *json = json_object();
    json_object_set_new(json, "id",
                        id != NULL ? json_of_hex(id->b, HASH_BYTES) : json_null());
    json_object_set_new(json, "name", json_of_text(authority_name(replica_authority(r))));
    return json;
}

const char *
status_twin(const struct status *s)
{
    const char *at = json_string_value(json_object_get(s->live, "twin"));
    return at != NULL ? at : "";
}

json_int_t
status_heard(const struct status *s)
{
    return json_integer_value(json_object_get(s->live, "lan_heard"));
}

json_t *
status_json(struct cli *c, const struct status *s)
{
    json_t *json = json_object();
    json_t *logs = json_array();
    for (size_t i = 0; i < s->logs_n; i++)
        json_array_append_new(logs, log_json(c, &s->log[i]));
    json_t *live = json_object_get(s->live, "peers");
    json_object_set_new(json, "community", community_json(c));
    json_object_set_new(json, "dir", json_of_text(slice_text(c->dir)));
    json_object_set_new(json, "node",
                        s->self != NULL ? json_integer(s->self->no) : json_null());
    json_object_set_new(json, "unit",
                        s->self != NULL ? json_of_unit(s->self->unit) : json_null());
    json_object_set_new(json, "hub", json_boolean(s->is_hub));
    json_object_set_new(json, "running", json_boolean(s->is_running));
    json_object_set_new(json, "lan",
                        json_boolean(json_is_true(json_object_get(s->live, "lan"))));
    json_object_set_new(json, "lan_heard", json_integer(status_heard(s)));
    json_object_set_new(json, "twin", json_of_text(slice_text(status_twin(s))));
    json_object_set_new(json, "frozen", json_boolean(s->is_frozen));
    json_object_set_new(json, "join_pending", json_boolean(s->needs_join));
    json_object_set_new(json, "root_key_sheet", json_boolean(s->has_root_sheet));
    json_object_set_new(json, "logs", logs);
    json_object_set_new(json, "entries", json_of_u64(s->entries));
    json_object_set_new(json, "seal_no", json_of_u64(s->seal_no));
    json_object_set_new(json, "unsent", json_of_u64(s->unsent));
    json_object_set_new(json, "not_at_hub", json_of_u64(s->not_at_hub));
    json_object_set_new(json, "on_stick", json_of_u64(s->on_stick));
    json_object_set_new(json, "carried", json_of_u64(s->carried));
    json_object_set_new(json, "newer", json_of_u64(s->newer));
    json_object_set_new(json, "types_differ", json_boolean(s->types_differ));
    json_object_set_new(json, "at_risk", json_of_u64(s->unsent));
    json_object_set_new(json, "behind", json_of_u64(s->behind));
    json_object_set_new(json, "cases", json_of_u64(s->cases));
    json_object_set_new(json, "households", json_of_u64(s->households));
    json_object_set_new(json, "residents", json_of_u64(s->residents));
    json_object_set_new(json, "synced_ms", json_of_time(s->synced_ms));
    json_object_set_new(json, "clock_skew_ms",
                        s->has_skew ? json_integer((json_int_t)s->skew_ms) : json_null());
    json_object_set_new(json, "disk_free_bytes", json_of_u64(s->disk_free));
    json_object_set_new(json, "disk_low", json_boolean(s->is_disk_low));
    json_object_set(json, "peers", s->peers);
    json_object_set_new(json, "live", live != NULL ? json_incref(live) : json_array());
    return json;
}
