/* A turn that fails at its n-th step, for every n: what is in memory afterwards is what
 * the database says, and what it said before the turn. Each turn fails in three ways: a
 * statement is broken off, the disk refuses a write, the store behind the replica says
 * no. */
#include "tests/lib/ledger_fixture_test.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "schema/hub_in.h"
#include "sync/replica_impl.h"
#include "tests/lib/ledger_fixture.h"
#include "tests/lib/sim_vfs.h"

#define STEPS_MOST 4000

/* ---- what a ledger says of itself, line by line */

static void line(struct buf *out, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
line(struct buf *out, const char *fmt, ...)
{
    char text[256];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    buf_add(out, text, (size_t)n);
}

static unsigned long long
first8(const uint8_t *b)
{
    return (unsigned long long)get_u64(b);
}

static void
say_log(struct buf *out, struct replica *r, const struct log_state *s)
{
    const struct held *h = s->held;
    line(out, "log %u %d head %llu %llx passed %zu of %zu seal %llu %llx\n", s->no,
         s->is_assumed, (unsigned long long)s->head_seq, first8(s->head.b), s->passed,
         s->lines_n, (unsigned long long)s->seal_seq, first8(s->seal.b));
    line(out, " cut %d %llu heir %u closed %d waiting %d proof %llu %llx grants %zu\n",
         s->is_revoked, (unsigned long long)s->cut_seq, s->heir, s->is_closed, s->waiting,
         (unsigned long long)s->proof.seq, first8(s->proof.id[0].b), s->grants_n);
    if (h != NULL)
        line(out, " trunk %llu loose %zu bodies %zu held %llu clock %llx\n",
             (unsigned long long)replica_trunk_n(r, &s->key), h->loose_n, h->bodies_n,
             (unsigned long long)h->held_bytes, (unsigned long long)h->top_clock);
}

static void
say_scope(void *arg, uint32_t scope, const uint8_t digest[16])
{
    line(arg, "scope %u %llx %llx\n", scope, first8(digest), first8(digest + 8));
}

static void
say_authority(struct buf *out, const struct authority *a)
{
    line(out, "authority %llu seal %llu frozen %d officers %u\n",
         (unsigned long long)authority_n(a), (unsigned long long)authority_seal_no(a),
         authority_is_frozen(a), authority_officers(a)->n);
    for (size_t i = 0; i < authority_scopes_n(a); i++)
        line(out, " scope %u unit %u epoch %u\n", authority_scope_at(a, i)->no,
             authority_scope_at(a, i)->unit, authority_scope_at(a, i)->epoch);
    for (size_t i = 0; i < authority_nodes_n(a); i++)
        line(out, " node %u lost %d\n", authority_node_at(a, i)->no,
             authority_node_at(a, i)->is_lost);
}

static void
say_all(struct member *m, bool is_hub, struct buf *out)
{
    struct ledger *l = m->l;
    struct replica *r = ledger_replica(l);
    struct seal_draft draft;
    uint8_t digest[16];
    out->n = 0;
    replica_digest(r, digest);
    line(out, "digest %llx %llx\n", first8(digest), first8(digest + 8));
    say_authority(out, replica_authority(r));
    for (size_t i = 0; i < replica_logs_n(r); i++)
        say_log(out, r, replica_log_at(r, i));
    for (size_t i = 0; i < l->ring_n; i++)
        line(out, "key %u %u %llx\n", l->ring[i].scope, l->ring[i].epoch,
             first8(l->ring[i].key.b));
    assert_ok(ledger_digest(l, say_scope, out));
    if (is_hub) {
        assert_ok(replica_draft_seal(r, &draft));
        line(out, "draft %zu size %llu root %llx\n", draft.n,
             (unsigned long long)draft.tree_size, first8(draft.root.b));
    }
}

/* ---- ways to fail */

enum way { WAY_STATEMENT, WAY_DISK, WAY_FULL, WAY_STORE, WAYS_N };

static struct failing {
    unsigned at, n;
    struct sync_store store;
    const struct sync_store *real;
} failing;

static int
break_off(void *arg)
{
    (void)arg;
    return ++failing.n == failing.at;
}

static bool
refuses(void)
{
    return ++failing.n == failing.at;
}

static enum rc
fail_append(void *self, const struct key *log, uint64_t seq, const struct hash *id,
            struct slice entry)
{
    return refuses() ? RC_IO : failing.real->append(self, log, seq, id, entry);
}

static enum rc
fail_trunk(void *self, const struct key *log, uint64_t from, store_each_fn each,
           void *arg)
{
    return refuses() ? RC_IO : failing.real->trunk(self, log, from, each, arg);
}

static enum rc
fail_cut(void *self, const struct key *log, uint64_t from)
{
    return refuses() ? RC_IO : failing.real->cut(self, log, from);
}

static enum rc
fail_loose_put(void *self, const struct key *log, const struct stored *e)
{
    return refuses() ? RC_IO : failing.real->loose_put(self, log, e);
}

static enum rc
fail_loose_each(void *self, const struct key *log, store_each_fn each, void *arg)
{
    return refuses() ? RC_IO : failing.real->loose_each(self, log, each, arg);
}

static enum rc
fail_loose_del(void *self, const struct key *log, const struct hash *id)
{
    return refuses() ? RC_IO : failing.real->loose_del(self, log, id);
}

static enum rc
fail_state_put(void *self, const struct key *log, struct slice state)
{
    return refuses() ? RC_IO : failing.real->state_put(self, log, state);
}

static void
plan(struct member *m, unsigned disk, enum way way, unsigned at)
{
    failing.at = at;
    failing.n = 0;
    switch (way) {
    case WAY_STATEMENT:
        sqlite3_progress_handler(db_handle(m->l->db), 40, break_off, NULL);
        break;
    case WAY_DISK:
        disk_plan(disk, DISK_ERROR, at);
        break;
    case WAY_FULL:
        disk_plan(disk, DISK_FULL, at);
        break;
    case WAY_STORE:
        failing.real = m->l->replica->store;
        failing.store = (struct sync_store){.self = failing.real->self,
                                            .append = fail_append,
                                            .trunk = fail_trunk,
                                            .run = failing.real->run,
                                            .cut = fail_cut,
                                            .loose_put = fail_loose_put,
                                            .loose_each = fail_loose_each,
                                            .loose_del = fail_loose_del,
                                            .state_put = fail_state_put,
                                            .rewrite = failing.real->rewrite,
                                            .state_each = failing.real->state_each};
        m->l->replica->store = &failing.store;
        break;
    case WAYS_N:
        break;
    }
}

static void
unplan(struct member *m, unsigned disk, enum way way)
{
    sqlite3_progress_handler(db_handle(m->l->db), 0, NULL, NULL);
    disk_plan(disk, DISK_ERROR, 0);
    disk_space_again(disk);
    if (way == WAY_STORE)
        m->l->replica->store = failing.real;
}

/* ---- turns; each does all of its work inside the transaction */

typedef enum rc (*turn_fn)(struct community *c, struct member *m);

static enum rc
turn_write(struct community *c, struct member *m)
{
    struct author a;
    struct made made;
    struct fault why = {0};
    struct assign need[] = {{"title", "要一盏灯"}};
    (void)c;
    enum rc rc = author_of(m->l, &m->log, &a);
    return rc == RC_OK ? edit_add(m->l, &a, "need", m->unit, need, 1, &made, &why) : rc;
}

struct feed {
    struct member *to;
    enum rc rc;
};

static bool
feed_one(void *arg, const struct stored *e)
{
    struct feed *f = arg;
    enum offer what = OFFER_HAVE;
    f->rc = replica_offer(ledger_replica(f->to->l), e->bytes, &what);
    return f->rc == RC_OK && what != OFFER_UNKNOWN;
}

/* All that the first member of the two that are not `m` holds. */
static enum rc
turn_pull(struct community *c, struct member *m)
{
    struct member *from = m == &c->m[0] ? &c->m[1] : &c->m[0];
    struct replica *r = ledger_replica(from->l);
    const struct sync_store *store = replica_store(r);
    struct feed f = {.to = m};
    enum rc rc = RC_OK;
    for (size_t i = 0; i < replica_rows_n(r) && rc == RC_OK; i++) {
        struct row row;
        replica_row_at(r, i, &row);
        uint64_t have = replica_trunk_n(ledger_replica(m->l), &row.log);
        rc = store->trunk(store->self, &row.log, have + 1, feed_one, &f);
        if (rc == RC_OK)
            rc = f.rc;
        if (rc == RC_OK && row.is_authority)
            rc = ledger_settle(m->l);
    }
    return rc == RC_OK ? ledger_settle(m->l) : rc;
}

static enum rc
turn_seal(struct community *c, struct member *m)
{
    uint64_t no = 0;
    return hub_seal(m->l, &c->hub, &no);
}

static enum rc
turn_upkeep(struct community *c, struct member *m)
{
    return hub_upkeep(m->l, &c->hub, NULL);
}

static enum rc
turn_join(struct community *c, struct member *m)
{
    return hub_join(m->l, &c->hub, &c->m[c->n - 1].join, NULL);
}

static struct buf forked; /* an entry at a seq that is held */

static enum rc
turn_fork(struct community *c, struct member *m)
{
    enum offer what = OFFER_HAVE;
    (void)c;
    enum rc rc = replica_offer(ledger_replica(m->l), buf_slice(&forked), &what);
    return rc == RC_OK ? ledger_settle(m->l) : rc;
}

/* ---- trying one turn at every step */

static enum rc
try_turn(struct community *c, struct member *m, turn_fn turn)
{
    enum rc rc = ledger_begin(m->l);
    if (rc != RC_OK)
        return rc;
    rc = turn(c, m);
    if (rc == RC_OK)
        return ledger_commit(m->l);
    ledger_rollback(m->l);
    return rc;
}

static void
same(const struct buf *a, const struct buf *b, const char *what, unsigned way,
     unsigned at)
{
    if (a->n == b->n && memcmp(a->p, b->p, a->n) == 0)
        return;
    size_t i = 0;
    while (i < a->n && i < b->n && a->p[i] == b->p[i])
        i++;
    while (i > 0 && a->p[i - 1] != '\n')
        i--;
    print_message("way %u step %u, %s:\n%.*s\nand\n%.*s\n", way, at, what,
                  a->n - i < 160 ? (int)(a->n - i) : 160, (const char *)a->p + i,
                  b->n - i < 160 ? (int)(b->n - i) : 160, (const char *)b->p + i);
    fail();
}

/* Until the turn gets through: how many steps that took. */
static unsigned
try_way(struct community *c, struct member *m, turn_fn turn, enum way way)
{
    unsigned disk = (unsigned)(m - c->m);
    struct buf before = BUF_NONE, live = BUF_NONE, fresh = BUF_NONE;
    enum rc rc = RC_BUG;
    unsigned at = 0, tries = 0;
    say_all(m, disk == 0, &before);
    for (at = 1; rc != RC_OK && at < STEPS_MOST; at += 1 + at / 25, tries++) {
        plan(m, disk, way, at);
        rc = try_turn(c, m, turn);
        unplan(m, disk, way);
        if (m->l->broken != RC_OK) { /* loading failed as well: the next begin loads */
            assert_ok(ledger_begin(m->l));
            assert_ok(ledger_commit(m->l));
        }
        say_all(m, disk == 0, &live);
        if (rc != RC_OK)
            same(&before, &live, "before and after the turn", way, at);
        ledger_close(m->l);
        assert_ok(member_open(m));
        say_all(m, disk == 0, &fresh);
        same(&live, &fresh, "memory and a fresh look", way, at);
        if (rc == RC_OK && failing.n >= at && way != WAY_DISK && way != WAY_FULL)
            fail_msg("a failure was passed over");
    }
    assert_ok(rc);
    buf_free(&before);
    buf_free(&live);
    buf_free(&fresh);
    return tries;
}

/* `prepare` sets up the turn anew for each way. */
static void
try_all(struct member *m, turn_fn turn, void (*prepare)(struct community *c))
{
    unsigned tries = 0;
    for (unsigned way = 0; way < WAYS_N; way++) {
        prepare(m->c);
        tries += try_way(m->c, m, turn, (enum way)way);
    }
    print_message("%u failures\n", tries);
}

static struct rng rng = {7};

static void
begin(struct community *c, size_t groups)
{
    sim_vfs_init();
    sim_vfs_reset(&rng);
    community_init_on(c, "sim", few_types());
    community_groups(c, groups);
    for (size_t i = 0; i < 2; i++) {
        struct member *m = community_invite(c, FIXTURE_GROUP + (uint32_t)i, ROLE_LEADER);
        assert_ok(community_join(c, m));
    }
    community_sync(c);
}

static void
nothing(struct community *c)
{
    (void)c;
}

static void
a_write_that_fails_leaves_nothing(void **state)
{
    struct community c;
    (void)state;
    begin(&c, 2);
    try_all(&c.m[1], turn_write, nothing);
    try_all(&c.m[0], turn_write, nothing);
    community_fini(&c);
}

static void
news_of_everything(struct community *c)
{
    struct record_key key;
    for (unsigned i = 0; i < 3; i++)
        key = member_add(&c->m[1], "household", FIXTURE_GROUP, "door", "1-1-101");
    member_set(&c->m[1], &key, "household", "phone", "13800000000");
    member_pull(&c->m[0], &c->m[1]);
    community_seal(c);
    (void)member_add(&c->m[0], "household", FIXTURE_GROUP + 1, "door", "1-1-102");
    community_seal(c);
}

static void
a_pull_that_fails_leaves_nothing(void **state)
{
    struct community c;
    (void)state;
    begin(&c, 2);
    try_all(&c.m[2], turn_pull, news_of_everything);
    community_fini(&c);
}

static void
something_written(struct community *c)
{
    (void)member_add(&c->m[0], "household", FIXTURE_GROUP, "door", "1-1-103");
}

static void
a_seal_that_fails_leaves_nothing(void **state)
{
    struct community c;
    (void)state;
    begin(&c, 2);
    try_all(&c.m[0], turn_seal, something_written);
    community_fini(&c);
}

static void
one_more_unit(struct community *c)
{
    static unsigned code = 500;
    char text[8];
    snprintf(text, sizeof(text), "%04u", code++);
    community_unit(c, text, "group");
}

static void
upkeep_that_fails_leaves_nothing(void **state)
{
    struct community c;
    (void)state;
    begin(&c, 2);
    try_all(&c.m[0], turn_upkeep, one_more_unit);
    community_fini(&c);
}

static void
one_more_invited(struct community *c)
{
    (void)community_invite(c, FIXTURE_GROUP, ROLE_HELPER);
}

static void
a_join_that_fails_leaves_nothing(void **state)
{
    struct community c;
    (void)state;
    begin(&c, 2);
    try_all(&c.m[0], turn_join, one_more_invited);
    community_fini(&c);
}

/* Each way has a leader of its own whose log forks. */
static void
another_log_forks(struct community *c)
{
    struct member *m = community_invite(c, FIXTURE_GROUP, ROLE_LEADER);
    assert_ok(community_join(c, m));
    member_pull(m, &c->m[0]);
    struct record_key key = member_add(m, "household", FIXTURE_GROUP, "door", "1-1-104");
    member_pull(&c->m[0], m);
    forked.n = 0;
    member_fork(m, &key, "household", "phone", "13800000001", &forked);
}

static void
a_fork_that_fails_leaves_nothing(void **state)
{
    struct community c;
    (void)state;
    begin(&c, 2);
    try_all(&c.m[0], turn_fork, another_log_forks);
    buf_free(&forked);
    community_fini(&c);
}

static void
the_other_branch_is_chosen(struct community *c)
{
    another_log_forks(c);
    struct member *m = &c->m[c->n - 1];
    assert_ok(try_turn(c, &c->m[0], turn_fork));
    member_pull(&c->m[2], &c->m[0]);
    community_revoke(c, m, 1);
}

static void
a_revoke_that_fails_leaves_nothing(void **state)
{
    struct community c;
    (void)state;
    begin(&c, 2);
    try_all(&c.m[2], turn_pull, the_other_branch_is_chosen);
    buf_free(&forked);
    community_fini(&c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_write_that_fails_leaves_nothing),
        cmocka_unit_test(a_pull_that_fails_leaves_nothing),
        cmocka_unit_test(a_seal_that_fails_leaves_nothing),
        cmocka_unit_test(upkeep_that_fails_leaves_nothing),
        cmocka_unit_test(a_join_that_fails_leaves_nothing),
        cmocka_unit_test(a_fork_that_fails_leaves_nothing),
        cmocka_unit_test(a_revoke_that_fails_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
