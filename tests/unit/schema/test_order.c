/* Orders: who has to sign, what waits, what goes stale, and the keys that change. */
#include "tests/lib/ledger_fixture_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema/hub_in.h"
#include "schema/order.h"
#include "schema/request.h"
#include "tests/lib/ledger_fixture.h"

struct scene {
    struct community c;
    struct pair two; /* the second officer */
    struct order_result is;
};

static struct ledger *
hub_of(struct scene *s)
{
    return s->c.m[0].l;
}

static enum rc
commit(struct scene *s, enum rc rc)
{
    if (rc == RC_OK)
        return ledger_commit(hub_of(s));
    ledger_rollback(hub_of(s));
    return rc;
}

static int
key_order(const void *a, const void *b)
{
    return key_cmp(a, b);
}

/* Officers: the first and `more`; revoke and lost need two of them. */
static void
appoint(struct scene *s, const struct pair *more)
{
    struct auth_op *op = mem_new(sizeof(*op));
    op->code = AUTH_OFFICERS;
    op->officers = (struct officers){.n = 2, .need = {1, 2, 2, 2}};
    op->officers.key[0] = s->c.officer.pub;
    op->officers.key[1] = more->pub;
    qsort(op->officers.key, 2, sizeof(op->officers.key[0]), key_order);
    assert_ok(ledger_begin(hub_of(s)));
    assert_ok(commit(s, hub_order(hub_of(s), &s->c.hub, op, "", &s->is, NULL)));
    assert_int_equal(s->is.state, ORDER_WRITTEN);
    mem_free(op);
}

static void
scene_init(struct scene *s, size_t groups)
{
    memset(s, 0, sizeof(*s));
    community_of(&s->c, groups);
    pair_new_random(PAIR_SIGN, &s->two);
    appoint(s, &s->two);
}

static enum rc
revoke(struct scene *s, uint32_t log_no)
{
    struct fault why;
    assert_ok(ledger_begin(hub_of(s)));
    return commit(s,
                  hub_revoke(hub_of(s), &s->c.hub, log_no, 0, 1, "王芳", &s->is, &why));
}

static enum rc
sign(struct scene *s, const struct pair *by)
{
    char name[ORDER_NAME_BYTES];
    memcpy(name, s->is.name, sizeof(name));
    assert_ok(ledger_begin(hub_of(s)));
    return commit(s, order_sign(hub_of(s), &s->c.hub, name, by, &s->is, NULL));
}

static bool
is_revoked(struct member *m, uint32_t log_no)
{
    return replica_log(ledger_replica(m->l), log_no)->is_revoked;
}

struct seen {
    size_t n;
    struct order_row row;
    char who[32];
};

static void
see(void *arg, const struct order_row *row)
{
    struct seen *seen = arg;
    seen->n++;
    seen->row = *row;
    snprintf(seen->who, sizeof(seen->who), "%s", row->who);
}

static struct seen
waiting(struct scene *s)
{
    struct seen seen = {0};
    assert_ok(order_each(hub_of(s), see, &seen));
    return seen;
}

static void
one_signature_of_two_has_no_effect_and_waits(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s, 1);
    uint64_t before = authority_n(replica_authority(ledger_replica(hub_of(&s))));
    assert_ok(revoke(&s, 2));
    assert_int_equal(s.is.state, ORDER_WAITS);
    assert_int_equal(s.is.have, 1);
    assert_int_equal(s.is.need, 2);
    assert_int_equal(authority_n(replica_authority(ledger_replica(hub_of(&s)))), before);
    community_sync(&s.c);
    assert_false(is_revoked(&s.c.m[0], 2));
    assert_false(is_revoked(&s.c.m[1], 2));
    struct seen seen = waiting(&s);
    assert_int_equal(seen.n, 1);
    assert_string_equal(seen.who, "王芳");
    assert_int_equal(seen.row.state, ORDER_WAITS);
    community_fini(&s.c);
}

static void
the_second_signature_writes_it(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s, 1);
    assert_ok(revoke(&s, 2));
    assert_ok(sign(&s, &s.two));
    assert_int_equal(s.is.state, ORDER_WRITTEN);
    assert_int_equal(waiting(&s).n, 0);
    community_sync(&s.c);
    assert_true(is_revoked(&s.c.m[0], 2));
    assert_true(is_revoked(&s.c.m[1], 2));
    community_fini(&s.c);
}

static void
the_same_officer_twice_is_one(void **state)
{
    struct scene s;
    struct pair stranger;
    (void)state;
    scene_init(&s, 1);
    assert_ok(revoke(&s, 2));
    assert_ok(sign(&s, &s.c.officer));
    assert_int_equal(s.is.state, ORDER_WAITS);
    assert_int_equal(s.is.have, 1);
    pair_new_random(PAIR_SIGN, &stranger);
    assert_int_equal(sign(&s, &stranger), RC_DENIED);
    assert_int_equal(sign(&s, &s.c.hub_key), RC_DENIED);
    community_fini(&s.c);
}

static void
an_order_asked_twice_is_one_and_keeps_its_signatures(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s, 2);
    assert_ok(revoke(&s, 2));
    community_seal(&s.c); /* the head of the authority log goes on */
    struct seen before = waiting(&s);
    assert_ok(revoke(&s, 2));
    struct seen after = waiting(&s);
    assert_int_equal(after.n, 1);
    assert_string_equal(before.row.name, after.row.name);
    assert_int_equal(after.row.have, 1);
    assert_ok(sign(&s, &s.two));
    assert_int_equal(s.is.state, ORDER_WRITTEN);
    community_fini(&s.c);
}

static void
an_order_overtaken_is_stale_and_can_be_dropped_or_asked_anew(void **state)
{
    struct scene s;
    char old[ORDER_NAME_BYTES];
    (void)state;
    scene_init(&s, 2);
    assert_ok(revoke(&s, 2));
    memcpy(old, s.is.name, sizeof(old));
    struct pair more;
    pair_new_random(PAIR_SIGN, &more);
    community_regrant(&s.c, &s.c.m[1], ROLE_HELPER, 50); /* an order about log 2 */
    assert_int_equal(waiting(&s).row.state, ORDER_STALE);
    assert_int_equal(sign(&s, &s.two), RC_STALE);
    assert_false(is_revoked(&s.c.m[0], 2));
    assert_ok(revoke(&s, 2));
    assert_int_equal(s.is.state, ORDER_WAITS);
    assert_string_equal(s.is.name, old);
    assert_ok(ledger_begin(hub_of(&s)));
    assert_ok(commit(&s, order_drop(hub_of(&s), old, NULL)));
    assert_int_equal(waiting(&s).n, 0);
    assert_int_equal(sign(&s, &s.two), RC_NOTFOUND);
    community_fini(&s.c);
}

static enum rc
import(struct scene *s, const struct buf *file)
{
    assert_ok(ledger_begin(hub_of(s)));
    return commit(s, order_import(hub_of(s), &s->c.hub, buf_slice(file), &s->is, NULL));
}

/* The officer elsewhere: reads the file, adds his signature. */
static void
sign_file(struct buf *file, const struct pair *by)
{
    struct order_file f;
    struct auth_op *op = mem_new(sizeof(*op));
    struct buf bytes = BUF_NONE;
    assert_ok(order_file_decode(buf_slice(file), &f));
    assert_ok(auth_op_decode(f.op, op));
    assert_ok(order_add(op, &f.community, by));
    auth_op_encode(op, &bytes);
    f.op = buf_slice(&bytes);
    struct buf out = BUF_NONE;
    order_file_encode(&f, &out);
    buf_free(file);
    *file = out;
    buf_free(&bytes);
    mem_free(op);
}

static void
a_signature_comes_in_by_file(void **state)
{
    struct scene s;
    struct buf file = BUF_NONE;
    struct pair stranger;
    (void)state;
    scene_init(&s, 1);
    assert_ok(revoke(&s, 2));
    assert_ok(order_export(hub_of(&s), s.is.name, &file, NULL));
    pair_new_random(PAIR_SIGN, &stranger);
    sign_file(&file, &stranger);
    assert_ok(import(&s, &file));
    assert_int_equal(s.is.state, ORDER_WAITS);
    assert_int_equal(s.is.have, 1);
    sign_file(&file, &s.two);
    file.p[40] ^= 1; /* of another community */
    struct hash whole = hash_of(buf_slice(&file));
    assert_true(import(&s, &file) != RC_OK);
    assert_false(hash_is_zero(&whole));
    file.p[40] ^= 1;
    file.n--;
    assert_int_equal(import(&s, &file), RC_MALFORMED);
    file.n++;
    assert_int_equal(waiting(&s).n, 1);
    assert_ok(import(&s, &file));
    assert_int_equal(s.is.state, ORDER_WRITTEN);
    assert_true(is_revoked(&s.c.m[0], 2));
    buf_free(&file);
    community_fini(&s.c);
}

static uint32_t
epoch(struct member *m, uint32_t scope)
{
    return authority_scope(replica_authority(ledger_replica(m->l)), scope)->epoch;
}

static void
whoever_is_revoked_gets_no_later_key(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s, 2);
    assert_ok(revoke(&s, 2));
    assert_ok(sign(&s, &s.two));
    community_sync(&s.c);
    /* 0301: scopes 3 and 4 were his, 5 and 6 never. */
    assert_int_equal(epoch(&s.c.m[0], SCOPE_NO_COMMUNITY), 2);
    assert_int_equal(epoch(&s.c.m[0], 3), 2);
    assert_int_equal(epoch(&s.c.m[0], 4), 2);
    assert_int_equal(epoch(&s.c.m[0], 5), 1);
    assert_null(ledger_scope_key(s.c.m[1].l, SCOPE_NO_COMMUNITY, 2));
    assert_non_null(ledger_scope_key(s.c.m[2].l, SCOPE_NO_COMMUNITY, 2));
    assert_non_null(ledger_scope_key(s.c.m[0].l, 3, 2));
    /* What the others write from here on he cannot read; they can. */
    struct record_key key = member_add(&s.c.m[2], "need", 302, "title", "later");
    community_sync(&s.c);
    enum field_state is;
    char text[64];
    size_t n = 0;
    assert_true(member_field(&s.c.m[0], &key, "need", "title", &is, text, &n));
    assert_false(member_field(&s.c.m[1], &key, "need", "title", &is, text, &n));
    community_fini(&s.c);
}

static void
a_lost_node_takes_its_logs_with_it(void **state)
{
    struct scene s;
    (void)state;
    scene_init(&s, 2);
    assert_ok(ledger_begin(hub_of(&s)));
    assert_ok(commit(&s, hub_lost(hub_of(&s), &s.c.hub, 2, 3, "王芳", &s.is, NULL)));
    assert_int_equal(s.is.state, ORDER_WAITS);
    assert_ok(sign(&s, &s.two));
    assert_int_equal(s.is.state, ORDER_WRITTEN);
    community_sync(&s.c);
    for (size_t i = 0; i < 3; i++) {
        struct replica *r = ledger_replica(s.c.m[i].l);
        assert_true(authority_node(replica_authority(r), 2)->is_lost);
        assert_true(replica_log(r, 2)->is_revoked);
        assert_int_equal(replica_log(r, 2)->heir, 3);
    }
    assert_null(ledger_scope_key(s.c.m[1].l, 3, 2));
    /* A second time: there is nothing to be lost. */
    assert_ok(ledger_begin(hub_of(&s)));
    assert_int_equal(commit(&s, hub_lost(hub_of(&s), &s.c.hub, 2, 0, "", &s.is, NULL)),
                     RC_NOTFOUND);
    assert_ok(ledger_begin(hub_of(&s)));
    assert_int_equal(commit(&s, hub_lost(hub_of(&s), &s.c.hub, 1, 0, "", &s.is, NULL)),
                     RC_DENIED);
    community_fini(&s.c);
}

static void
keys_are_rotated_and_older_ones_stay_readable(void **state)
{
    struct scene s;
    size_t n = 0;
    enum field_state is;
    char text[64];
    size_t versions = 0;
    (void)state;
    scene_init(&s, 1);
    struct record_key key = member_add(&s.c.m[1], "need", 301, "title", "before");
    for (int i = 0; i < 3; i++) {
        assert_ok(ledger_begin(hub_of(&s)));
        assert_ok(commit(&s, hub_rotate(hub_of(&s), &s.c.hub, 3, &n)));
        assert_int_equal(n, 1);
    }
    assert_int_equal(epoch(&s.c.m[0], 3), 4);
    community_sync(&s.c);
    struct record_key later = member_add(&s.c.m[1], "need", 301, "title", "after");
    community_sync(&s.c);
    assert_true(member_field(&s.c.m[0], &key, "need", "title", &is, text, &versions));
    assert_true(member_field(&s.c.m[0], &later, "need", "title", &is, text, &versions));
    assert_ok(ledger_begin(hub_of(&s)));
    assert_int_equal(commit(&s, hub_rotate(hub_of(&s), &s.c.hub, 99, &n)), RC_NOTFOUND);
    community_fini(&s.c);
}

static void
who_is_no_hub_asks_in_vain(void **state)
{
    struct scene s;
    struct auth_op *op = mem_new(sizeof(*op));
    (void)state;
    scene_init(&s, 1);
    op->code = AUTH_REVOKE;
    op->line = (struct line){.log_no = 2};
    struct hub no = {.hub = &s.two, .officer = &s.c.officer, .officers_n = 1};
    assert_ok(ledger_begin(hub_of(&s)));
    assert_int_equal(commit(&s, hub_order(hub_of(&s), &no, op, "", &s.is, NULL)),
                     RC_DENIED);
    mem_free(op);
    community_fini(&s.c);
}

/* Asks for a computer with these keys; its order waits for the second officer. */
static enum rc
ask_to_join(struct scene *s, const struct pair *log, const struct pair *ack,
            const struct pair *box)
{
    struct author by;
    struct admitted is;
    struct fault why;
    const struct admit_wish w = {
        .person = "李强", .unit = FIXTURE_GROUP, .role = ROLE_LEADER};
    const struct request r = {.box = box->pub, .log = log->pub, .ack = ack->pub};
    assert_ok(ledger_begin(hub_of(s)));
    assert_ok(author_of(hub_of(s), &s->c.m[0].log, &by));
    enum rc rc = hub_admit(hub_of(s), &s->c.hub, &by, &r, &w, "", &is, &why);
    s->is = is.is;
    return commit(s, rc);
}

static void
let_two_appoint(struct scene *s)
{
    struct auth_op *op = mem_new(sizeof(*op));
    op->code = AUTH_OFFICERS;
    op->officers = *authority_officers(replica_authority(ledger_replica(hub_of(s))));
    op->officers.need[0] = 2;
    assert_ok(ledger_begin(hub_of(s)));
    assert_ok(commit(s, hub_order(hub_of(s), &s->c.hub, op, "", &s->is, NULL)));
    mem_free(op);
    assert_ok(sign(s, &s->two));
}

/* Of two requests that wait and name one box key, or one the other's log as its
 * acknowledgement log, the second is never granted: a node has one box key. */
static void
keys_of_one_request_that_waits_are_no_other_ones(void **state)
{
    struct scene s;
    struct pair log[4], ack[4], box[2];
    struct order_result asked[4];
    (void)state;
    scene_init(&s, 1);
    let_two_appoint(&s);
    for (size_t i = 0; i < 4; i++) {
        pair_new_random(PAIR_SIGN, &log[i]);
        pair_new_random(PAIR_SIGN, &ack[i]);
    }
    pair_new_random(PAIR_BOX, &box[0]);
    pair_new_random(PAIR_BOX, &box[1]);
    ack[0] = log[1];
    for (size_t i = 0; i < 4; i++) {
        assert_ok(ask_to_join(&s, &log[i], &ack[i], &box[i == 0]));
        asked[i] = s.is;
    }
    const enum rc want[4] = {RC_OK, RC_DENIED, RC_OK, RC_DENIED};
    const struct replica *r = ledger_replica(hub_of(&s));
    for (size_t i = 0; i < 4; i++) {
        s.is = asked[i];
        assert_int_equal(sign(&s, &s.two), want[i]);
        const struct log_state *now = replica_log_by_key(r, &log[i].pub);
        assert_int_equal(now != NULL && !now->is_ack, want[i] == RC_OK);
    }
    assert_int_equal(waiting(&s).n, 2);
    assert_int_equal(ask_to_join(&s, &log[3], &ack[3], &box[0]), RC_INVALID);
    community_fini(&s.c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_signature_of_two_has_no_effect_and_waits),
        cmocka_unit_test(the_second_signature_writes_it),
        cmocka_unit_test(the_same_officer_twice_is_one),
        cmocka_unit_test(an_order_asked_twice_is_one_and_keeps_its_signatures),
        cmocka_unit_test(an_order_overtaken_is_stale_and_can_be_dropped_or_asked_anew),
        cmocka_unit_test(a_signature_comes_in_by_file),
        cmocka_unit_test(whoever_is_revoked_gets_no_later_key),
        cmocka_unit_test(a_lost_node_takes_its_logs_with_it),
        cmocka_unit_test(keys_are_rotated_and_older_ones_stay_readable),
        cmocka_unit_test(who_is_no_hub_asks_in_vain),
        cmocka_unit_test(keys_of_one_request_that_waits_are_no_other_ones),
    };
    return crypto_init() == RC_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
