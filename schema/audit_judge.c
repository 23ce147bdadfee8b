/* Everything decided anew from what the jobs found whole: the authority prefix, which
 * entries count, every seal's root; then what this node noted beside it. */
#include "schema/audit_in.h"

#include <stdlib.h>
#include <string.h>

struct judge {
    struct audit *a;
    struct audit_report *out;
    struct audit_port port;
    struct replica *r;
    struct verify_walk *walk;
    uint64_t *clock; /* of the prefix, by place */
    size_t clocks_n, clocks_cap;
    struct buf entry;
    uint32_t reign;
    enum rc rc;
};

static void
find(struct judge *j, const struct verify_finding *f)
{
    audit_add(j->out, f);
}

/* ---- what the jobs found */

static bool
ends_trunk(const struct verify_finding *f)
{
    bool body = f->kind == VERIFY_IS_ROOT || f->kind == VERIFY_IS_SIGNATURE;
    return f->kind == VERIFY_IS_BYTES || f->kind == VERIFY_IS_PLACE ||
           f->kind == VERIFY_IS_LINK ||
           (body && f->is_authority); /* all else leaves the chain of heads whole */
}

static void
bound(struct judge *j)
{
    for (size_t i = 0; i < j->out->findings_n; i++) {
        const struct verify_finding *f = &j->out->finding[i];
        struct audit_plan_log *log = audit_log_of(j->a, &f->log);
        if (log != NULL && ends_trunk(f) && f->seq > 0 && f->seq - 1 < log->good)
            log->good = f->seq - 1;
    }
}

static bool
is_whole(const struct judge *j)
{
    for (size_t i = 0; i < j->out->findings_n; i++)
        if (verify_class(j->out->finding[i].kind) == VERIFY_DAMAGED &&
            j->out->finding[i].kind != VERIFY_IS_SCOPE &&
            j->out->finding[i].kind != VERIFY_IS_TABLE)
            return false;
    return true;
}

/* ---- the replica */

static enum rc
settle(struct replica *r)
{
    struct changes changes = {NULL, 0};
    struct seal_draft draft;
    enum rc rc;
    do
        rc = replica_settle(r, &changes);
    while (rc == RC_OK && changes.n > 0);
    /* the draft is not wanted, but for it every seal's root is computed at once */
    if (rc == RC_OK)
        rc = replica_draft_seal(r, &draft);
    return rc == RC_STALE ? RC_OK : rc;
}

/* A trunk that should look otherwise is not followed: what stands here is wrong. */
static enum rc
told_trunk(struct judge *j, const struct audit_port *p, enum rc rc, enum verify_kind kind)
{
    if (rc != RC_CORRUPT && !(rc == RC_STALE && p->has_written))
        return rc;
    const struct log_state *log = replica_log_by_key(j->r, &p->last);
    const struct audit_plan_log *plan = audit_log_of(j->a, &p->last);
    struct verify_finding f = {.kind = kind, .log = p->last};
    f.log_no = log != NULL ? log->no : 0;
    f.is_authority = plan != NULL && plan->kind == ENTRY_AUTHORITY;
    f.seq = plan != NULL ? plan->top : 0;
    find(j, &f);
    return RC_OK;
}

static enum rc
decide(struct judge *j)
{
    audit_port_init(&j->port, j->a, false);
    j->r = replica_new(&j->port.port);
    enum rc rc = replica_load(j->r, &j->a->community);
    if (rc == RC_OK)
        rc = settle(j->r);
    if (rc == RC_OK)
        rc = audit_port_offer(&j->port, j->r);
    if (rc == RC_OK)
        rc = settle(j->r);
    return told_trunk(j, &j->port, rc, VERIFY_IS_TRUNK);
}

/* ---- the prefix */

static void
on_finding(void *arg, const struct verify_finding *f)
{
    find(arg, f);
}

static bool
item_is_there(struct judge *j, const struct erased_name *item)
{
    const struct log_state *log = replica_log(j->r, item->log_no);
    const struct audit_plan_log *plan =
        log != NULL ? audit_log_of(j->a, &log->key) : NULL;
    struct entry_item one;
    struct entry e;
    if (plan == NULL || item->seq > plan->good)
        return false;
    enum rc rc = log_entry_at(j->a->store, log_row(plan->n, item->seq), &j->entry);
    if (rc != RC_OK || entry_decode(buf_slice(&j->entry), &e) != RC_OK)
        return false;
    struct entry_items it = entry_items(&e);
    for (uint16_t i = 0; entry_items_next(&it, &one); i++)
        if (i == item->index)
            return !one.is_erased;
    return false;
}

static void
on_erased(void *arg, const struct erased_name *item, const struct auth_op *op)
{
    struct judge *j = arg;
    j->out->erased++;
    if (!item_is_there(j, item))
        return;
    struct verify_finding f = {.kind = VERIFY_IS_ERASE_PENDING,
                               .log_no = item->log_no,
                               .seq = item->seq,
                               .has_index = true,
                               .index = item->index,
                               .has_record = true,
                               .record = {.scope = op->scope, .unit = op->unit}};
    memcpy(f.record.id, op->record, RECORD_ID_BYTES);
    find(j, &f);
}

static bool
walk_one(void *arg, const struct stored *e)
{
    struct judge *j = arg;
    if (j->clocks_n == j->clocks_cap) {
        j->clocks_cap = j->clocks_cap * 2 + 64;
        j->clock = mem_grow(j->clock, j->clocks_cap * sizeof(*j->clock));
    }
    j->clock[j->clocks_n++] = get_u64(e->bytes.p + 80);
    j->rc = verify_walk_entry(j->walk, j->reign, e);
    return j->rc == RC_OK;
}

struct upto {
    struct judge *j;
    uint64_t to;
};

static bool
walk_upto(void *arg, const struct stored *e)
{
    struct upto *u = arg;
    return e->seq <= u->to && walk_one(u->j, e) && e->seq < u->to;
}

static enum rc
walk(struct judge *j)
{
    struct verify_sink sink = {.finding = on_finding, .erased = on_erased, .arg = j};
    enum rc rc = RC_OK;
    j->walk = verify_walk_new(j->r, &sink);
    for (size_t i = 0; i < replica_rows_n(j->r) && rc == RC_OK; i++) {
        struct row row;
        replica_row_at(j->r, i, &row);
        struct upto u = {j, row.head_seq};
        j->reign = row.no;
        if (!row.is_authority || row.head_seq == 0)
            continue;
        rc = j->port.port.trunk(&j->port, &row.log, 1, walk_upto, &u);
        rc = rc == RC_OK ? j->rc : rc;
    }
    verify_walk_seals(j->walk);
    return rc;
}

/* The newest seal whose root was computed, and is right. */
static void
tell_seal(struct judge *j)
{
    const struct verify_seal *seal = NULL;
    size_t n = verify_seals(j->walk, &seal);
    for (size_t i = 0; i < n; i++) {
        if (replica_check_seal(j->r, seal[i].pos) != SEAL_RIGHT)
            continue;
        j->out->seal_no = seal[i].no;
        j->out->tree_size = seal[i].size;
        j->out->root = seal[i].root;
    }
}

/* A tree of this size and root was seen elsewhere: it must be a beginning of this one. */
static void
hold_against(struct judge *j, uint64_t size, const struct hash *root,
             enum verify_kind newer, enum verify_kind other)
{
    const struct verify_seal *seal = NULL;
    size_t n = verify_seals(j->walk, &seal);
    struct verify_finding f = {.kind = size > j->out->tree_size ? newer : other,
                               .is_authority = true,
                               .fact = {size, j->out->tree_size},
                               .has_ids = true,
                               .id = {*root}};
    bool same = false;
    for (size_t i = 0; i < n; i++) {
        if (seal[i].size != size)
            continue;
        same = same || hash_eq(&seal[i].root, root);
        f.kind = other;
        f.log_no = seal[i].reign;
        f.seq = seal[i].seq;
        f.fact[1] = seal[i].size;
        f.id[1] = seal[i].root;
    }
    if (!same)
        find(j, &f);
}

/* ---- logs */

/* Entries kept beside the accepted part, without the heads of a proof. */
static uint64_t
held_of(struct judge *j, const struct key *key, uint64_t head)
{
    uint64_t n = replica_trunk_n(j->r, key);
    n = n > head ? n - head : 0;
    return n + audit_port_beside(&j->port, key);
}

/* The newest reign of which something counts. */
static uint32_t
last_reign(const struct judge *j)
{
    uint32_t last = 0;
    for (size_t i = 0; i < replica_rows_n(j->r); i++) {
        struct row other;
        replica_row_at(j->r, i, &other);
        last = other.is_authority && other.head_seq > 0 ? other.no : last;
    }
    return last;
}

static void
succeeded(struct judge *j, const struct row *row)
{
    struct verify_finding f = {.kind = VERIFY_IS_SUCCEEDED,
                               .is_authority = true,
                               .log_no = row->no,
                               .log = row->log,
                               .seq = row->head_seq,
                               .fact = {row->no + 1}};
    if (row->is_authority && last_reign(j) > row->no)
        find(j, &f);
}

static void
forks(struct judge *j, const struct row *row, const struct log_state *log)
{
    uint64_t above = row->is_authority ? held_of(j, &row->log, row->head_seq) : 0;
    if (!row->has_proof && above == 0) {
        succeeded(j, row);
        return;
    }
    struct verify_finding f = {.is_authority = row->is_authority,

                               .log_no = audit_row_no(row),
                               .log = row->log,
                               .seq = row->proof_seq,
                               .has_ids = true,
                               .id = {row->proof[0], row->proof[1]}};
    if (row->is_authority) {
        f.kind = last_reign(j) > row->no ? VERIFY_IS_REIGN_ENDED : VERIFY_IS_HUB_FORK;
        f.fact[0] = above;
        if (!row->has_proof) { /* closed by its successor, whatever stands above */
            f.kind = VERIFY_IS_REIGN_ENDED;
            f.seq = row->head_seq + 1;
            f.has_ids = false;
        }
    } else {
        f.kind = log->is_revoked ? VERIFY_IS_FORK_ENDED : VERIFY_IS_FORK;
    }
    find(j, &f);
}

static const struct log_line *
waiting_line(const struct log_state *log)
{
    return log->passed < log->lines_n ? &log->lines[log->passed] : NULL;
}

static void
waits(struct judge *j, const struct log_state *log)
{
    const struct log_line *line = waiting_line(log);
    const struct audit_plan_log *plan = audit_log_of(j->a, &log->key);
    if (line == NULL || (plan != NULL && plan->good < plan->top))
        return; /* damaged below: that is told where it is */
    struct verify_finding f = {.kind = VERIFY_IS_WAITING,
                               .log_no = log->no,
                               .log = log->key,
                               .seq = line->seq,
                               .fact = {plan != NULL ? plan->top : 0, line->seal_no},
                               .has_ids = true,
                               .id = {line->id}};
    find(j, &f);
}

static void
held(struct judge *j, const struct log_state *log)
{
    uint64_t n = held_of(j, &log->key, log->head_seq);
    struct verify_finding f = {.kind = VERIFY_IS_QUARANTINED,
                               .log_no = log->no,
                               .log = log->key,
                               .seq = log->head_seq + 1,
                               .fact = {n}};
    if (n == 0 || !(log->is_revoked || log->proof.seq > 0))
        return;
    j->out->quarantined += n;
    find(j, &f);
}

static void
not_granted(struct judge *j)
{
    for (size_t i = 0; i < j->a->logs_n; i++) /* who is granted is not known then */
        if (j->a->log[i].kind == ENTRY_AUTHORITY && j->a->log[i].good < j->a->log[i].top)
            return;
    for (size_t i = 0; i < j->a->logs_n; i++) {
        const struct audit_plan_log *plan = &j->a->log[i];
        struct verify_finding f = {
            .kind = VERIFY_IS_NOT_GRANTED, .log = plan->key, .seq = 1, .to = plan->top};
        if (plan->kind == ENTRY_DATA && plan->top > 0 &&
            replica_log_by_key(j->r, &plan->key) == NULL)
            find(j, &f);
    }
}

static void
judge_logs(struct judge *j)
{
    for (size_t i = 0; i < replica_rows_n(j->r); i++) {
        struct row row;
        replica_row_at(j->r, i, &row);
        const struct log_state *log =
            row.is_authority ? NULL : replica_log_by_key(j->r, &row.log);
        if (!row.is_authority && log == NULL)
            continue;
        forks(j, &row, log);
        if (log != NULL) {
            waits(j, log);
            held(j, log);
        }
    }
    not_granted(j);
    if (authority_is_frozen(replica_authority(j->r))) {
        struct verify_finding f = {.kind = VERIFY_IS_FROZEN, .is_authority = true};
        find(j, &f);
    }
}

/* ---- what the jobs could not know */

/* A signature that does not hold: sealed all the same, waiting to be looked at, or damage
 * here. An erased item: ordered or not. Which of the jobs' logs has which number. */
static bool
weigh(struct judge *j, struct verify_finding *f)
{
    const struct log_state *log =
        f->log_no == 0 && !f->is_authority ? replica_log_by_key(j->r, &f->log) : NULL;
    for (size_t i = 0; i < replica_rows_n(j->r) && f->is_authority && f->log_no == 0;
         i++) {
        struct row row;
        replica_row_at(j->r, i, &row);
        if (row.is_authority && key_eq(&row.log, &f->log))
            f->log_no = row.no;
    }
    if (log != NULL && replica_ack(j->r, log->no) != log)
        f->log_no = log->no;
    if (f->kind == VERIFY_IS_GONE) {
        f->kind = VERIFY_IS_WITHHELD;
        return log == NULL || !replica_is_item_erased(j->r, log->no, f->seq, f->index);
    }
    if (f->kind == VERIFY_IS_SIGNATURE && log != NULL) {
        const struct audit_plan_log *plan = audit_log_of(j->a, &f->log);
        if (f->seq <= log->seal_seq)
            f->kind = VERIFY_IS_SEAL_SIGNATURE;
        else if (plan->good < plan->top)
            return true; /* it is what breaks the chain */
        else if (log->waiting || log->is_revoked || log->proof.seq > 0)
            return false; /* kept out of sight, and told as that */
    }
    return true;
}

static void
weigh_all(struct judge *j)
{
    size_t n = 0;
    for (size_t i = 0; i < j->out->findings_n; i++)
        if (weigh(j, &j->out->finding[i]))
            j->out->finding[n++] = j->out->finding[i];
    j->out->findings_n = n;
}

/* ---- what this node noted */

static bool
row_is_same(const struct row *a, const struct row *b)
{
    return a->head_seq == b->head_seq && hash_eq(&a->head, &b->head) &&
           a->passed == b->passed && a->has_proof == b->has_proof &&
           (!a->has_proof ||
            (a->proof_seq == b->proof_seq && hash_eq(&a->proof[0], &b->proof[0]) &&
             hash_eq(&a->proof[1], &b->proof[1])));
}

static void
compare_rows(struct judge *j, const struct replica *noted)
{
    for (size_t i = 0; i < replica_rows_n(j->r); i++) {
        struct row want;
        struct row have = {0};
        replica_row_at(j->r, i, &want);
        for (size_t k = 0; k < replica_rows_n(noted); k++) {
            replica_row_at(noted, k, &have);
            if (key_eq(&have.log, &want.log) && have.is_authority == want.is_authority)
                break;
        }
        if (row_is_same(&have, &want))
            continue;
        struct verify_finding f = {.kind = VERIFY_IS_STATE,
                                   .is_authority = want.is_authority,
                                   .log_no = audit_row_no(&want),
                                   .log = want.log,
                                   .seq = want.head_seq,
                                   .fact = {have.head_seq, want.head_seq}};
        find(j, &f);
    }
}

static enum rc
compare_state(struct judge *j)
{
    struct audit_port port;
    audit_port_init(&port, j->a, true);
    struct replica *noted = replica_new(&port.port);
    enum rc rc = replica_load(noted, &j->a->community);
    if (rc == RC_OK)
        rc = settle(noted);
    rc = told_trunk(j, &port, rc, VERIFY_IS_STATE);
    if (rc == RC_OK && is_whole(j)) {
        compare_rows(j, noted);
        if (replica_wrong_n(noted) != replica_wrong_n(j->r)) {
            struct verify_finding f = {.kind = VERIFY_IS_STATE, .is_authority = true};
            find(j, &f);
        }
    }
    replica_free(noted);
    audit_port_fini(&port);
    return rc;
}

/* Heads of an earlier audit: the same entries must still stand there. */
static void
compare_since(struct judge *j, const struct audit_since *since)
{
    uint8_t head[ENTRY_HEAD_BYTES];
    for (size_t i = 0; i < since->heads_n; i++) {
        const struct audit_head *h = &since->head[i];
        const struct audit_plan_log *plan = audit_log_of(j->a, &h->log);
        const struct log_state *log = replica_log_by_key(j->r, &h->log);
        struct verify_finding f = {.kind = VERIFY_IS_SINCE_NEWER,
                                   .is_authority = h->is_authority,
                                   .log_no = log != NULL ? log->no : 0,
                                   .log = h->log,
                                   .seq = h->seq,
                                   .has_ids = true,
                                   .id = {h->id}};
        if (h->seq == 0)
            continue;
        if (plan != NULL && h->seq <= plan->top &&
            audit_head(j->a, plan->n, h->seq, head) == RC_OK) {
            f.id[1] = entry_id(slice_of(head, sizeof(head)));
            f.kind = VERIFY_IS_SINCE;
        }
        if (f.kind == VERIFY_IS_SINCE_NEWER || !hash_eq(&f.id[0], &f.id[1]))
            find(j, &f);
    }
    if (since->size > 0)
        hold_against(j, since->size, &since->root, VERIFY_IS_SINCE_NEWER,
                     VERIFY_IS_SINCE);
}

/* ---- the table of logs */

static uint64_t
clock_at(struct judge *j, const struct audit_plan_log *plan, uint64_t seq)
{
    uint8_t head[ENTRY_HEAD_BYTES];
    if (plan == NULL || seq == 0 || audit_head(j->a, plan->n, seq, head) != RC_OK)
        return 0;
    return clock_ms(get_u64(head + 80));
}

static void
tell_log(struct judge *j, const struct row *row)
{
    const struct log_state *log =
        row->is_authority ? NULL : replica_log_by_key(j->r, &row->log);
    const struct audit_plan_log *plan = audit_log_of(j->a, &row->log);
    j->out->log = mem_grow(j->out->log, (j->out->logs_n + 1) * sizeof(*j->out->log));
    struct audit_log *out = &j->out->log[j->out->logs_n++];
    *out = (struct audit_log){.is_authority = row->is_authority,
                              .is_ack = row->is_ack,
                              .no = row->no,
                              .key = row->log,
                              .seq = row->head_seq,
                              .id = row->head};
    out->from_ms = clock_at(j, plan, row->head_seq > 0 ? 1 : 0);
    out->to_ms = clock_at(j, plan, row->head_seq);
    if (log == NULL)
        return;
    const struct log_grant *g = log_grant_at(log, log->head_seq > 0 ? log->head_seq : 1);
    const struct log_line *line = waiting_line(log);
    out->post = log->post;
    out->node = row->is_ack ? row->no : log->node;
    out->unit = g != NULL ? g->unit : 0;
    out->role = g != NULL ? (int)g->role : 0;
    memcpy(out->person, log->person, RECORD_ID_BYTES);
    out->sealed = log->seal_seq;
    out->held = held_of(j, &log->key, log->head_seq);
    out->gap = line != NULL ? line->seq : 0;
    out->is_revoked = log->is_revoked;
    out->is_closed = log->is_closed;
}

/* ---- all together */

static int
by_order(const void *a, const void *b)
{
    return verify_order(a, b);
}

static void
finish(struct audit_report *out)
{
    size_t n = 0;
    if (out->findings_n > 1)
        qsort(out->finding, out->findings_n, sizeof(*out->finding), by_order);
    for (size_t i = 0; i < out->findings_n; i++) /* told by two: once */
        if (n == 0 || verify_order(&out->finding[n - 1], &out->finding[i]) != 0)
            out->finding[n++] = out->finding[i];
    out->findings_n = n;
    if (out->unsaid == 0) /* else the worst of all that was ever told stays */
        out->verdict = VERIFY_CLEAN;
    for (size_t i = 0; i < n; i++)
        if (verify_class(out->finding[i].kind) > out->verdict)
            out->verdict = verify_class(out->finding[i].kind);
}

static enum rc
judge_all(struct judge *j)
{
    const struct audit_setup *s = &j->a->setup;
    enum rc rc = decide(j);
    if (rc == RC_OK)
        rc = walk(j);
    if (rc != RC_OK)
        return rc;
    weigh_all(j);
    tell_seal(j);
    judge_logs(j);
    buf_add_slice(&j->out->name, authority_name(replica_authority(j->r)));
    if (authority_n(replica_authority(j->r)) == 0) {
        struct verify_finding f = {.kind = VERIFY_IS_NOTHING};
        find(j, &f);
    }
    if (s->has_wall)
        hold_against(j, s->wall_size, &s->wall_root, VERIFY_IS_WALL_NEWER,
                     VERIFY_IS_WALL);
    if (s->since != NULL)
        compare_since(j, s->since);
    for (size_t i = 0; i < replica_rows_n(j->r); i++) {
        struct row row;
        replica_row_at(j->r, i, &row);
        if (!row.is_ack || row.head_seq > 0)
            tell_log(j, &row);
    }
    if (!s->chain)
        rc = audit_clocks(j->a, j->r, j->clock, j->out);
    if (rc == RC_OK && is_whole(j))
        rc = compare_state(j);
    return rc;
}

enum rc
audit_judge(struct audit *a, bool has_ids, struct audit_report *r)
{
    struct judge j = {.a = a, .out = r, .rc = RC_OK};
    enum rc rc = db_read_begin(a->db);
    if (rc != RC_OK)
        return rc;
    log_store_forget(a->store);
    a->has_ids = has_ids && a->setup.since == NULL; /* else older ones are missing */
    a->near.n = 0;
    bound(&j);
    if (a->has_community) {
        rc = judge_all(&j);
    } else {
        struct verify_finding f = {.kind = VERIFY_IS_NOTHING};
        find(&j, &f);
    }
    finish(r);
    if (rc == RC_OK && j.r != NULL)
        rc = audit_prove(a, j.r, r);
    verify_walk_free(j.walk);
    replica_free(j.r);
    audit_port_fini(&j.port);
    buf_free(&j.entry);
    mem_free(j.clock);
    db_read_end(a->db);
    return rc;
}
