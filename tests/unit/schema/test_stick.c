/* Sticks: who is given what, what comes of it, and whose receipt is believed. */
#include "schema/stick.h"

#include <string.h>

#include "schema/peer.h"
#include "tests/lib/ledger_fixture.h"
#include "tests/lib/ledger_fixture_test.h"

static enum rc
keep(void *arg, struct slice bytes)
{
    buf_add_slice(arg, bytes);
    return RC_OK;
}

static enum rc
write_for(struct member *m, uint32_t receiver, struct buf *file,
          struct stick_written *out)
{
    struct stick_setup s = {
        .receiver = receiver, .log = &m->log, .logs_n = 1, .put = keep, .arg = file};
    file->n = 0;
    assert_ok(ledger_begin(m->l));
    enum rc rc = stick_write(m->l, &s, out);
    ledger_rollback(m->l);
    return rc;
}

/* What came of a file: sums over its logs, whether the receipt was believed. */
struct came {
    uint64_t fresh, had, sealed, gap, unknown, refused, missing;
    bool believed, is_whole;
};

static struct came
read_file(struct member *m, struct slice file, bool skip_first)
{
    struct came c = {0};
    struct stick_taken t = {0};
    struct bundle_reader r;
    struct bundle_head head;
    struct buf kept = BUF_NONE;
    struct slice part;
    bundle_reader_init(&r);
    assert_ok(ledger_begin(m->l));
    while (file.n > 0) {
        enum bundle_got got = bundle_next(&r, &file, &part);
        if (got == BUNDLE_HEAD)
            buf_add_slice(&kept, part);
        if (got == BUNDLE_CHUNK && !skip_first)
            assert_ok(stick_take(m->l, part, &t));
        skip_first = skip_first && got != BUNDLE_CHUNK;
        c.is_whole = got == BUNDLE_END;
        assert_true(got <= BUNDLE_END);
    }
    assert_ok(bundle_head_decode(buf_slice(&kept), &head));
    assert_ok(stick_end(m->l, &head, &c.believed));
    c.missing = stick_missing(m->l, &head);
    assert_ok(ledger_commit(m->l));
    for (size_t i = 0; i < t.n; i++) {
        c.fresh += t.log[i].fresh;
        c.had += t.log[i].had;
        c.sealed += t.log[i].sealed;
        c.gap += t.log[i].gap;
        c.unknown += t.log[i].unknown;
        c.refused += t.log[i].refused;
    }
    stick_taken_fini(&t);
    bundle_reader_fini(&r);
    buf_free(&kept);
    return c;
}

static void
note(struct member *m, const struct buf *file)
{
    struct bundle_reader r;
    struct bundle_head head;
    struct slice s = buf_slice(file);
    struct slice part;
    bundle_reader_init(&r);
    assert_int_equal(bundle_next(&r, &s, &part), BUNDLE_HEAD);
    assert_ok(bundle_head_decode(part, &head));
    assert_ok(ledger_begin(m->l));
    assert_ok(stick_note(m->l, &head));
    assert_ok(ledger_commit(m->l));
    bundle_reader_fini(&r);
}

static void
what_goes_by_stick_comes_back_as_delivered(void **state)
{
    static struct community c;
    struct stick_written w;
    struct buf file = BUF_NONE;
    (void)state;
    community_of(&c, 2);
    struct member *hub = &c.m[0];
    struct member *a = &c.m[1];
    for (int i = 0; i < 3; i++)
        (void)member_add(a, "household", FIXTURE_GROUP, "door", "3-2-501");
    assert_ok(write_for(a, STICK_HUB, &file, &w));
    assert_int_equal(w.entries, 3);
    assert_int_equal(stick_on(a->l, STICK_HUB, &a->log.pub), 0);
    note(a, &file);
    assert_int_equal(stick_on(a->l, STICK_HUB, &a->log.pub), 3);
    assert_int_equal(peer_acked(a->l, STICK_HUB, &a->log.pub), 0); /* not delivered */
    struct came x = read_file(hub, buf_slice(&file), false);
    assert_true(x.is_whole && x.believed);
    assert_int_equal(x.fresh, 3);
    assert_int_equal(x.missing, 0);
    x = read_file(hub, buf_slice(&file), false);
    assert_int_equal(x.fresh, 0);
    assert_int_equal(x.had, 3);
    /* The hub knows that a holds its own, and gives nothing of it back. */
    assert_ok(write_for(hub, w.node, &file, &w));
    x = read_file(a, buf_slice(&file), false);
    assert_true(x.believed);
    assert_int_equal(x.fresh, 0);
    assert_int_equal(peer_acked(a->l, STICK_HUB, &a->log.pub), 3);
    assert_ok(write_for(a, STICK_HUB, &file, &w));
    assert_int_equal(w.entries, 0);
    buf_free(&file);
    community_fini(&c);
}

static void
another_group_carries_what_it_cannot_read(void **state)
{
    static struct community c;
    struct stick_written w;
    struct buf file = BUF_NONE;
    uint64_t n = 0;
    (void)state;
    community_of(&c, 2);
    struct member *hub = &c.m[0];
    struct member *a = &c.m[1];
    struct member *b = &c.m[2];
    (void)member_add(a, "household", FIXTURE_GROUP, "door", "3-2-501");
    (void)member_add(a, "need", FIXTURE_GROUP, "title", "灯");
    assert_ok(write_for(a, STICK_HUB, &file, &w));
    struct came x = read_file(b, buf_slice(&file), false);
    assert_int_equal(x.fresh, 2);
    assert_int_equal(x.sealed, 1); /* a need everybody may read */
    assert_ok(stick_carried(b->l, &n));
    assert_int_equal(n, 2);
    assert_ok(write_for(b, STICK_HUB, &file, &w));
    assert_int_equal(w.entries, 2);
    assert_int_equal(read_file(hub, buf_slice(&file), false).fresh, 2);
    /* The stamp says that the centre has it, whoever brings it. */
    community_seal(&c);
    assert_ok(write_for(hub, 3, &file, &w));
    assert_true(read_file(b, buf_slice(&file), false).believed);
    assert_ok(stick_carried(b->l, &n));
    assert_int_equal(n, 0);
    assert_ok(write_for(b, 2, &file, &w));
    (void)read_file(a, buf_slice(&file), false);
    assert_int_equal(peer_acked(a->l, STICK_HUB, &a->log.pub), 2);
    buf_free(&file);
    community_fini(&c);
}

/* The head's node is one that its signer does not belong to, or the signature is
 * another's: the entries count, the receipt does not. */
static void
a_stranger_makes_nothing_delivered(void **state)
{
    static struct community c;
    struct stick_written w;
    struct buf file = BUF_NONE;
    struct pair own;
    (void)state;
    community_of(&c, 2);
    struct member *a = &c.m[1];
    struct member *b = &c.m[2];
    (void)member_add(a, "need", FIXTURE_GROUP, "title", "灯");
    community_sync(&c);
    /* b says that it is the hub and holds a's entry. */
    assert_ok(write_for(b, 0, &file, &w));
    struct bundle_row row = {.kind = BUNDLE_DATA, .no = member_log(a)->no, .seq = 1};
    struct bundle_head head = {.community = *replica_community(ledger_replica(b->l)),
                               .node = STICK_HUB,
                               .rows_n = 1};
    struct bundle_writer writer;
    row.id = member_log(a)->head;
    own = b->log;
    file.n = 0;
    bundle_begin(&writer, &head, &row, &own, &file);
    bundle_end(&writer, &file);
    assert_false(read_file(a, buf_slice(&file), false).believed);
    assert_int_equal(peer_acked(a->l, STICK_HUB, &a->log.pub), 0);
    /* The same, said for itself: believed, of b alone. */
    head.node = w.node;
    file.n = 0;
    bundle_begin(&writer, &head, &row, &own, &file);
    bundle_end(&writer, &file);
    assert_true(read_file(a, buf_slice(&file), false).believed);
    assert_int_equal(peer_acked(a->l, w.node, &a->log.pub), 1);
    assert_int_equal(peer_acked(a->l, STICK_HUB, &a->log.pub), 0);
    /* Another entry at that seq is not ours. */
    (void)member_add(a, "need", FIXTURE_GROUP, "title", "门");
    row.seq = 2;
    file.n = 0;
    bundle_begin(&writer, &head, &row, &own, &file);
    bundle_end(&writer, &file);
    assert_true(read_file(a, buf_slice(&file), false).believed);
    assert_int_equal(peer_acked(a->l, w.node, &a->log.pub), 1);
    buf_free(&file);
    community_fini(&c);
}

static void
a_gap_is_told_and_nothing_is_lost(void **state)
{
    static struct community c;
    struct stick_written w;
    struct buf file = BUF_NONE;
    struct buf later = BUF_NONE;
    (void)state;
    community_of(&c, 1);
    struct member *hub = &c.m[0];
    struct member *a = &c.m[1];
    (void)member_add(a, "need", FIXTURE_GROUP, "title", "一");
    assert_ok(write_for(a, STICK_HUB, &file, &w));
    assert_ok(ledger_begin(a->l));
    assert_ok(peer_ack(a->l, STICK_HUB, &a->log.pub, 1)); /* a believes so */
    assert_ok(ledger_commit(a->l));
    (void)member_add(a, "need", FIXTURE_GROUP, "title", "二");
    assert_ok(write_for(a, STICK_HUB, &later, &w));
    assert_int_equal(w.entries, 1);
    struct came x = read_file(hub, buf_slice(&later), false);
    assert_int_equal(x.gap, 1);
    assert_int_equal(x.missing, 2);
    assert_int_equal(read_file(hub, buf_slice(&file), false).fresh, 1);
    x = read_file(hub, buf_slice(&later), false);
    assert_int_equal(x.fresh, 1);
    assert_int_equal(x.missing, 0);
    buf_free(&file);
    buf_free(&later);
    community_fini(&c);
}

static void
what_nobody_granted_here_waits_for_the_grant(void **state)
{
    static struct community c;
    struct stick_written w;
    struct buf file = BUF_NONE;
    (void)state;
    community_of(&c, 1);
    struct member *hub = &c.m[0];
    struct member *a = &c.m[1];
    struct member *b = community_invite(&c, FIXTURE_GROUP, ROLE_HELPER);
    assert_int_equal(write_for(b, STICK_HUB, &file, &w), RC_BUSY); /* not counted yet */
    assert_ok(community_join(&c, b));
    member_pull(b, hub);
    (void)member_add(b, "need", FIXTURE_GROUP, "title", "灯");
    assert_ok(write_for(b, 0, &file, &w)); /* for everybody: the authority log too */
    struct came x = read_file(a, buf_slice(&file), true);
    assert_int_equal(x.unknown, 1);
    assert_false(x.believed);
    x = read_file(a, buf_slice(&file), false);
    assert_int_equal(x.unknown, 0);
    assert_true(x.believed);
    assert_int_equal(x.missing, 0);
    assert_int_equal(write_for(b, 99, &file, &w), RC_NOTFOUND);
    assert_int_equal(write_for(b, 3, &file, &w), RC_INVALID);
    buf_free(&file);
    community_fini(&c);
}

static bool
head_each(void *arg, const struct stored *e)
{
    buf_add(arg, e->bytes.p, ENTRY_HEAD_BYTES);
    return false;
}

/* Two heads, no body: it is the proof that goes, not the rival. */
static void
the_proof_of_a_fork_goes_along(void **state)
{
    static struct community c;
    struct stick_written w;
    struct buf file = BUF_NONE;
    struct buf rival = BUF_NONE;
    struct buf one = BUF_NONE;
    (void)state;
    community_of(&c, 2);
    struct member *a = &c.m[1];
    struct member *b = &c.m[2];
    struct record_key k = member_add(a, "need", FIXTURE_GROUP, "title", "一");
    member_set(a, &k, "need", "title", "二");
    community_sync(&c);
    member_fork(a, &k, "need", "title", "三", &rival);
    assert_ok(ledger_begin(b->l));
    const struct sync_store *store = replica_store(ledger_replica(b->l));
    assert_ok(store->trunk(store->self, &a->log.pub, 2, head_each, &one));
    assert_ok(replica_offer_proof(ledger_replica(b->l), buf_slice(&one),
                                  slice_of(rival.p, ENTRY_HEAD_BYTES)));
    assert_ok(ledger_settle(b->l));
    assert_ok(ledger_commit(b->l));
    assert_int_equal(member_log(a)->proof.seq, 0);
    assert_ok(write_for(b, STICK_HUB, &file, &w));
    (void)read_file(&c.m[0], buf_slice(&file), false);
    const struct log_state *log =
        replica_log_by_key(ledger_replica(c.m[0].l), &a->log.pub);
    assert_int_equal(log->proof.seq, 2);
    buf_free(&file);
    buf_free(&rival);
    buf_free(&one);
    community_fini(&c);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_by_stick_comes_back_as_delivered),
        cmocka_unit_test(another_group_carries_what_it_cannot_read),
        cmocka_unit_test(a_stranger_makes_nothing_delivered),
        cmocka_unit_test(a_gap_is_told_and_nothing_is_lost),
        cmocka_unit_test(what_nobody_granted_here_waits_for_the_grant),
        cmocka_unit_test(the_proof_of_a_fork_goes_along),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
