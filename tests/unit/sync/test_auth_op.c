/* Operations of the authority log. LINJULI_GOLDEN=write makes the figures anew. */
#include "sync/auth_op.h"
#include "sync/entry.h"
#include "sync/pack.h"
#include "tests/unit/crypto/figures.h"

#define FIGURES "tests/golden/authority/operations.txt"

static struct auth_op op; /* large: one for all, as in the product */
static struct auth_op more;
static const struct hash community = {{4, 4, 4, 4}};
static const struct hash none = {{0}};
static const struct hash seen = {{0x5e, 0xe5}};

static struct pair
pair_of(uint8_t fill)
{
    uint8_t seed[SEED_BYTES];
    struct pair p;

    memset(seed, fill, sizeof seed);
    pair_from_seed(PAIR_SIGN, seed, &p);
    return p;
}

static struct key
box_of(uint8_t fill)
{
    uint8_t seed[SEED_BYTES];
    struct pair p;

    memset(seed, fill, sizeof seed);
    pair_from_seed(PAIR_BOX, seed, &p);
    return p.pub;
}

/* Officers are the pairs of 0x11 and 0x12, in the order of their keys. */
static void
officers_of(struct pair out[2])
{
    out[0] = pair_of(0x11);
    out[1] = pair_of(0x12);
    if (key_cmp(&out[0].pub, &out[1].pub) > 0) {
        out[0] = pair_of(0x12);
        out[1] = pair_of(0x11);
    }
}

/* Signs `o` by both officers. */
static void
order_make(struct auth_op *o, const struct hash *in)
{
    struct pair by[2];

    officers_of(by);
    o->order.is_there = true;
    o->order.seen = seen;
    o->order.n = 2;
    for (size_t i = 0; i < 2; i++) {
        o->order.by[i] = by[i].pub;
        auth_order_sign(o, in, &seen, &by[i], &o->order.sig[i]);
    }
}

static struct officers
two_officers(void)
{
    struct officers o = {.n = 2, .need = {1, 2, 2, 2}};
    struct pair by[2];

    officers_of(by);
    o.key[0] = by[0].pub;
    o.key[1] = by[1].pub;
    return o;
}

/* Lists of the samples: of a seal, a lost node, an erase, an epoch. */
struct lists {
    struct buf lines, lost, items, receivers;
};

static struct lists
lists_make(void)
{
    struct lists l = {BUF_NONE, BUF_NONE, BUF_NONE, BUF_NONE};
    struct line a = {17, 40, {{0xa1}}, 3};
    struct line b = {300, 1, {{0xb1}}, 0};
    struct line nothing = {301, 0, none, 0};
    uint8_t sealed[SEALED_KEY_BYTES];

    memset(sealed, 0x5c, sizeof sealed);
    auth_line_add(&l.lines, &a);
    auth_line_add(&l.lines, &b);
    auth_lost_add(&l.lost, &a);
    auth_lost_add(&l.lost, &nothing);
    auth_erased_add(&l.items, &(struct erased_name){17, 40, 0});
    auth_erased_add(&l.items, &(struct erased_name){17, 40, 4095});
    auth_erased_add(&l.items, &(struct erased_name){18, 1, 0});
    auth_receiver_add(&l.receivers, 1, sealed);
    auth_receiver_add(&l.receivers, 88, sealed);
    return l;
}

static void
lists_free(struct lists *l)
{
    buf_free(&l->lines);
    buf_free(&l->lost);
    buf_free(&l->items);
    buf_free(&l->receivers);
}

static void
grant_sample(struct grant *g)
{
    memset(g->person, 0x99, sizeof g->person);
    g->log_no = 17;
    g->node = 5;
    g->post = 12;
    g->unit = 302;
    g->role = ROLE_LEADER;
    g->scopes = (struct scopes){3, {1, 14, 15}};
    g->from = 1;
    g->log = pair_of(1).pub;
}

/* An operation of that kind, unsigned; it borrows from the lists. */
static void
sample(struct auth_op *o, enum auth_code code, const struct lists *l)
{
    memset(o, 0, sizeof *o);
    o->code = code;
    o->name = slice_text("\xe9\x82\xbb\xe8\x81\x9a\xe9\x87\x8c");
    o->root_key = pair_of(0x21).pub;
    o->hub_key = pair_of(0x22).pub;
    o->officers = two_officers();
    o->schema = 1;
    memset(o->hash.b, 0x77, HASH_BYTES);
    o->scope = 14;
    o->epoch = 3;
    o->scope_kind = SCOPE_GROUP;
    o->unit = 302;
    o->node = 5;
    o->box_key = box_of(0x31);
    o->ack_key = pair_of(0x32).pub;
    o->scopes = (struct scopes){1, {SCOPE_ALL}};
    grant_sample(&o->grant);
    o->receivers_n = 2;
    o->receivers = buf_slice(&l->receivers);
    o->has_previous = code == AUTH_EPOCH;
    memset(o->previous, 0x66, sizeof o->previous);
    o->seal_no = 9;
    o->lines_n = 2;
    o->lines = code == AUTH_SEAL ? buf_slice(&l->lines) : buf_slice(&l->lost);
    o->tree_size = 100000;
    o->line = (struct line){17, 40, {{0xa1}}, 3};
    o->reason = 2;
    memset(o->record, 0x88, sizeof o->record);
    o->items_n = 3;
    o->items = buf_slice(&l->items);
    o->request = slice_text("2026-017/a");
    o->reign = 2;
    o->reign_seq = 41;
    memset(o->reign_id.b, 0x44, HASH_BYTES);
}

static bool
needs_order(enum auth_code code)
{
    return code == AUTH_GRANT || code == AUTH_REVOKE || code == AUTH_LOST ||
           code == AUTH_OFFICERS || code == AUTH_ERASE;
}

/* The sample, complete with its signatures. */
static void
signed_sample(struct auth_op *o, enum auth_code code, const struct lists *l)
{
    sample(o, code, l);
    if (needs_order(code)) {
        order_make(o, &community);
    }
    if (code == AUTH_SUCCEED) {
        struct pair root = pair_of(0x21);

        auth_root_sign(o, &community, NULL, &root, &o->root_sig);
    }
}

/* A grant that a joiner took up: signed by the officers, then by the one-time key. */
static void
invite_sample(struct auth_op *o, const struct lists *l)
{
    struct pair once = pair_of(0x41);

    sample(o, AUTH_GRANT, l);
    o->grant.is_invite = true;
    o->grant.once = once.pub;
    memset(&o->grant.log, 0, sizeof o->grant.log);
    order_make(o, &community);
    o->grant.has_join = true;
    o->grant.log = pair_of(1).pub;
    o->grant.join_box = box_of(0x42);
    auth_join_sign(&o->grant, &community, &once, &o->grant.join_sig);
}

static struct buf
encoded(const struct auth_op *o)
{
    struct buf b = BUF_NONE;

    auth_op_encode(o, &b);
    return b;
}

static enum rc
decode(struct slice s)
{
    uint8_t *exact = mem_copy(s.p, s.n);
    enum rc rc;

    memset(&more, 0xee, sizeof more); /* nothing may rest on what was there before */
    rc = auth_op_decode(slice_of(exact, s.n), &more);
    mem_free(exact);
    return rc;
}

/* What `o` is written as decodes with this result. */
static void
assert_written_decodes(const struct auth_op *o, enum rc rc)
{
    struct buf b = encoded(o);

    assert_int_equal(decode(buf_slice(&b)), rc);
    buf_free(&b);
}

static void
every_operation_comes_back_as_it_was_written(void **state)
{
    struct lists l = lists_make();

    (void)state;
    for (int code = AUTH_CREATE; code <= AUTH_SUCCEED; code++) {
        struct buf b;
        struct buf again;

        signed_sample(&op, (enum auth_code)code, &l);
        b = encoded(&op);
        assert_int_equal(auth_op_decode(buf_slice(&b), &more), RC_OK);
        assert_int_equal(more.code, code);
        assert_bytes(more.bytes, buf_slice(&b));
        again = encoded(&more);
        assert_bytes(buf_slice(&again), buf_slice(&b));
        assert_int_equal(more.order.is_there, needs_order((enum auth_code)code));
        assert_int_equal(more.order.n, needs_order((enum auth_code)code) ? 2 : 0);
        assert_false(more.keys_hold || more.root_holds || more.grant.is_joined ||
                     more.order.holds[0]);
        buf_free(&b);
        buf_free(&again);
    }
    lists_free(&l);
}

static void
what_was_written_stands_in_the_fields(void **state)
{
    struct lists l = lists_make();
    struct buf b;

    (void)state;
    sample(&op, AUTH_CREATE, &l);
    b = encoded(&op);
    assert_int_equal(auth_op_decode(buf_slice(&b), &more), RC_OK);
    assert_bytes(more.name, op.name);
    assert_true(key_eq(&more.root_key, &op.root_key) &&
                key_eq(&more.hub_key, &op.hub_key));
    assert_int_equal(more.officers.n, 2);
    assert_int_equal(more.officers.need[NEED_GRANT], 1);
    assert_int_equal(more.officers.need[NEED_ERASE], 2);
    buf_free(&b);
    sample(&op, AUTH_SCOPE, &l);
    b = encoded(&op);
    assert_int_equal(auth_op_decode(buf_slice(&b), &more), RC_OK);
    assert_int_equal(more.scope, 14);
    assert_int_equal(more.scope_kind, SCOPE_GROUP);
    assert_int_equal(more.unit, 302);
    buf_free(&b);
    sample(&op, AUTH_NODE, &l);
    assert_written_decodes(&op, RC_OK);
    assert_int_equal(more.node, 5);
    assert_int_equal(more.unit, 302);
    assert_true(key_eq(&more.box_key, &op.box_key) && key_eq(&more.ack_key, &op.ack_key));
    assert_true(more.scopes.n == 1 && more.scopes.no[0] == SCOPE_ALL);
    sample(&op, AUTH_REVOKE, &l);
    assert_written_decodes(&op, RC_OK);
    assert_true(more.line.log_no == 17 && more.line.seq == 40 && more.line.heir == 3);
    assert_int_equal(more.reason, 2);
    sample(&op, AUTH_SUCCEED, &l);
    assert_written_decodes(&op, RC_OK);
    assert_true(more.reign == 2 && more.reign_seq == 41 && more.reign_id.b[31] == 0x44);
    lists_free(&l);
}

static void
a_grant_comes_back_in_both_ways(void **state)
{
    struct lists l = lists_make();

    (void)state;
    sample(&op, AUTH_GRANT, &l);
    assert_written_decodes(&op, RC_OK);
    assert_int_equal(more.grant.log_no, 17);
    assert_true(key_eq(&more.grant.log, &op.grant.log));
    assert_int_equal(more.grant.node, 5);
    assert_int_equal(more.grant.person[15], 0x99);
    assert_int_equal(more.grant.post, 12);
    assert_int_equal(more.grant.unit, 302);
    assert_int_equal(more.grant.role, ROLE_LEADER);
    assert_int_equal(more.grant.scopes.n, 3);
    assert_int_equal(more.grant.scopes.no[2], 15);
    assert_true(more.grant.from == 1);
    assert_false(more.grant.is_invite || more.grant.has_join);
    invite_sample(&op, &l);
    assert_written_decodes(&op, RC_OK);
    assert_true(more.grant.is_invite && more.grant.has_join);
    assert_true(key_eq(&more.grant.once, &op.grant.once));
    assert_true(key_eq(&more.grant.log, &op.grant.log));
    assert_true(key_eq(&more.grant.join_box, &op.grant.join_box));
    op.grant.has_join = false;
    assert_written_decodes(&op, RC_OK);
    assert_true(more.grant.is_invite && !more.grant.has_join);
    assert_int_equal(more.grant.log.b[0], 0);
    op.grant.is_invite = false; /* what a joiner adds, without an invite */
    op.grant.has_join = true;
    assert_written_decodes(&op, RC_MALFORMED);
    lists_free(&l);
}

static void
lists_are_read_to_their_end(void **state)
{
    struct lists l = lists_make();
    struct buf b;
    struct slice rest;
    struct slice sealed;
    struct line line;
    struct erased_name name;
    uint32_t node;

    (void)state;
    sample(&op, AUTH_SEAL, &l);
    b = encoded(&op);
    assert_int_equal(auth_op_decode(buf_slice(&b), &more), RC_OK);
    assert_true(more.seal_no == 9 && more.tree_size == 100000 && more.lines_n == 2);
    rest = more.lines;
    assert_true(auth_line(&rest, &line));
    assert_true(line.log_no == 17 && line.seq == 40 && line.id.b[0] == 0xa1);
    assert_int_equal(line.heir, 0);
    assert_true(auth_line(&rest, &line));
    assert_true(line.log_no == 300 && line.seq == 1 && line.id.b[0] == 0xb1);
    assert_false(auth_line(&rest, &line));
    buf_free(&b);
    sample(&op, AUTH_LOST, &l);
    b = encoded(&op);
    assert_int_equal(auth_op_decode(buf_slice(&b), &more), RC_OK);
    rest = more.lines;
    assert_true(auth_line(&rest, &line));
    assert_true(line.log_no == 17 && line.seq == 40 && line.heir == 3);
    assert_true(auth_line(&rest, &line));
    assert_true(line.log_no == 301 && line.seq == 0 && hash_is_zero(&line.id));
    assert_false(auth_line(&rest, &line));
    buf_free(&b);
    sample(&op, AUTH_ERASE, &l);
    b = encoded(&op);
    assert_int_equal(auth_op_decode(buf_slice(&b), &more), RC_OK);
    assert_bytes(more.request, slice_text("2026-017/a"));
    assert_int_equal(more.items_n, 3);
    rest = more.items;
    assert_true(auth_erased(&rest, &name) && auth_erased(&rest, &name));
    assert_true(name.log_no == 17 && name.seq == 40 && name.index == 4095);
    assert_true(auth_erased(&rest, &name));
    assert_true(name.log_no == 18);
    assert_false(auth_erased(&rest, &name));
    buf_free(&b);
    sample(&op, AUTH_EPOCH, &l);
    b = encoded(&op);
    assert_int_equal(auth_op_decode(buf_slice(&b), &more), RC_OK);
    assert_true(more.has_previous && more.previous[WRAPPED_KEY_BYTES - 1] == 0x66);
    rest = more.receivers;
    assert_true(auth_receiver(&rest, &node, &sealed));
    assert_true(node == 1 && sealed.n == SEALED_KEY_BYTES && sealed.p[79] == 0x5c);
    assert_true(auth_receiver(&rest, &node, &sealed));
    assert_int_equal(node, 88);
    assert_false(auth_receiver(&rest, &node, &sealed));
    buf_free(&b);
    lists_free(&l);
}

static void
lists_may_be_empty(void **state)
{
    struct lists l = lists_make();
    static const enum auth_code codes[] = {AUTH_SEAL, AUTH_LOST, AUTH_ERASE, AUTH_EPOCH};

    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        sample(&op, codes[i], &l);
        op.lines_n = op.items_n = op.receivers_n = 0;
        op.lines = op.items = op.receivers = slice_of(NULL, 0);
        assert_written_decodes(&op, RC_OK);
    }
    sample(&op, AUTH_OFFICERS, &l);
    op.officers.n = 0;
    op.order.is_there = true;
    assert_written_decodes(&op, RC_OK); /* and counts for nothing */
    lists_free(&l);
}

static void
lists_ascend_and_name_nothing_twice(void **state)
{
    struct lists l = lists_make();
    struct line a = {17, 40, {{0xa1}}, 0};
    uint8_t sealed[SEALED_KEY_BYTES] = {0};
    struct buf b = BUF_NONE;

    (void)state;
    sample(&op, AUTH_SEAL, &l);
    auth_line_add(&b, &a);
    auth_line_add(&b, &a);
    op.lines = buf_slice(&b);
    assert_written_decodes(&op, RC_MALFORMED);
    sample(&op, AUTH_LOST, &l);
    b.n = 0;
    auth_lost_add(&b, &a);
    a.log_no = 16;
    auth_lost_add(&b, &a);
    op.lines = buf_slice(&b);
    assert_written_decodes(&op, RC_MALFORMED);
    sample(&op, AUTH_SEAL, &l); /* lines of the other form */
    op.lines = buf_slice(&l.lost);
    assert_written_decodes(&op, RC_MALFORMED);
    sample(&op, AUTH_LOST, &l);
    op.lines = buf_slice(&l.lines);
    assert_written_decodes(&op, RC_MALFORMED);
    sample(&op, AUTH_ERASE, &l);
    op.items_n = 2;
    b.n = 0;
    auth_erased_add(&b, &(struct erased_name){17, 40, 3});
    auth_erased_add(&b, &(struct erased_name){17, 40, 3});
    op.items = buf_slice(&b);
    assert_written_decodes(&op, RC_MALFORMED);
    b.n = 0;
    auth_erased_add(&b, &(struct erased_name){17, 41, 3});
    auth_erased_add(&b, &(struct erased_name){17, 40, 4});
    op.items = buf_slice(&b);
    assert_written_decodes(&op, RC_MALFORMED);
    sample(&op, AUTH_EPOCH, &l);
    b.n = 0;
    auth_receiver_add(&b, 5, sealed);
    auth_receiver_add(&b, 5, sealed);
    op.receivers = buf_slice(&b);
    assert_written_decodes(&op, RC_MALFORMED);
    buf_free(&b);
    lists_free(&l);
}

static void
lines_name_an_entry_or_nothing_at_all(void **state)
{
    struct lists l = lists_make();
    struct buf b = BUF_NONE;

    (void)state;
    sample(&op, AUTH_REVOKE, &l);
    op.line.seq = 0;
    assert_written_decodes(&op, RC_MALFORMED);
    op.line.id = none;
    assert_written_decodes(&op, RC_OK); /* nothing of this log is good */
    op.line.seq = 1;
    assert_written_decodes(&op, RC_MALFORMED);
    op.line = (struct line){17, ENTRY_SEQ_MAX, {{1}}, 0};
    assert_written_decodes(&op, RC_OK);
    op.line.seq++;
    assert_written_decodes(&op, RC_MALFORMED);
    op.line = (struct line){0, 1, {{1}}, 0};
    assert_written_decodes(&op, RC_MALFORMED);
    sample(&op, AUTH_SEAL, &l); /* a seal always names an entry */
    op.lines_n = 1;
    auth_line_add(&b, &(struct line){17, 0, none, 0});
    op.lines = buf_slice(&b);
    assert_written_decodes(&op, RC_MALFORMED);
    buf_free(&b);
    lists_free(&l);
}

static void
numbers_keep_their_range(void **state)
{
    struct lists l = lists_make();

    (void)state;
#define REFUSED(kind, change)                                                            \
    do {                                                                                 \
        sample(&op, kind, &l);                                                           \
        change;                                                                          \
        assert_written_decodes(&op, RC_MALFORMED);                                       \
    } while (0)
    REFUSED(AUTH_SCOPE, op.scope = 0);
    REFUSED(AUTH_SCOPE, op.unit = 10000);
    REFUSED(AUTH_SCOPE, op.scope_kind = (enum scope_kind)0);
    REFUSED(AUTH_SCOPE, op.scope_kind = (enum scope_kind)6);
    REFUSED(AUTH_NODE, op.node = 0);
    REFUSED(AUTH_NODE, op.unit = 10000);
    REFUSED(AUTH_NODE, op.scopes = ((struct scopes){2, {0, 1}}));
    REFUSED(AUTH_NODE, op.scopes = ((struct scopes){2, {2, 2}}));
    REFUSED(AUTH_NODE, op.scopes = ((struct scopes){2, {3, 2}}));
    REFUSED(AUTH_GRANT, op.grant.log_no = 0);
    REFUSED(AUTH_GRANT, op.grant.node = 0);
    REFUSED(AUTH_GRANT, op.grant.post = 0);
    REFUSED(AUTH_GRANT, op.grant.unit = 10000);
    REFUSED(AUTH_GRANT, op.grant.role = (enum role)1);
    REFUSED(AUTH_GRANT, op.grant.role = (enum role)12);
    REFUSED(AUTH_GRANT, op.grant.from = 0);
    REFUSED(AUTH_GRANT, op.grant.from = ENTRY_SEQ_MAX + 1);
    REFUSED(AUTH_EPOCH, op.scope = 0);
    REFUSED(AUTH_EPOCH, op.epoch = 0);
    REFUSED(AUTH_SEAL, op.seal_no = 0);
    REFUSED(AUTH_SEAL, op.seal_no = UINT64_MAX);
    REFUSED(AUTH_SEAL, op.tree_size = UINT64_MAX);
    REFUSED(AUTH_LOST, op.node = 0);
    REFUSED(AUTH_ERASE, op.scope = 0);
    REFUSED(AUTH_ERASE, op.unit = 10000);
    REFUSED(AUTH_SUCCEED, op.reign = 1);
    REFUSED(AUTH_SUCCEED, op.reign = 0);
    REFUSED(AUTH_SUCCEED, op.reign_seq = 0);
#undef REFUSED
    lists_free(&l);
}

static void
scopes_and_officers_keep_their_number(void **state)
{
    struct lists l = lists_make();
    struct buf b = BUF_NONE;
    struct officers o = two_officers();

    (void)state;
    sample(&op, AUTH_NODE, &l);
    op.scopes.n = GRANT_SCOPES_MAX;
    for (uint32_t i = 0; i < GRANT_SCOPES_MAX; i++) {
        op.scopes.no[i] = i + 1;
    }
    assert_written_decodes(&op, RC_OK);
    pack_array(&b, 6);
    pack_uint(&b, AUTH_NODE);
    pack_uint(&b, 5);
    pack_bin(&b, slice_of(op.box_key.b, KEY_BYTES));
    pack_uint(&b, 302);
    pack_array(&b, GRANT_SCOPES_MAX + 1);
    for (uint32_t i = 0; i <= GRANT_SCOPES_MAX; i++) {
        pack_uint(&b, i + 1);
    }
    pack_bin(&b, slice_of(op.ack_key.b, KEY_BYTES));
    assert_int_equal(decode(buf_slice(&b)), RC_MALFORMED);
    for (uint32_t n = OFFICERS_MAX; n <= OFFICERS_MAX + 1; n++) {
        b.n = 0;
        pack_array(&b, 3);
        pack_uint(&b, AUTH_OFFICERS);
        pack_array(&b, n);
        for (uint32_t i = 0; i < n; i++) {
            o.key[0].b[0] = (uint8_t)i;
            pack_bin(&b, slice_of(o.key[0].b, KEY_BYTES));
        }
        pack_array(&b, NEED_N);
        for (uint32_t i = 0; i < NEED_N; i++) {
            pack_uint(&b, 255);
        }
        assert_int_equal(decode(buf_slice(&b)), n <= OFFICERS_MAX ? RC_OK : RC_MALFORMED);
    }
    b.p[b.n - 10] = 0x93; /* three counts, then one element too many */
    assert_int_equal(decode(buf_slice(&b)), RC_MALFORMED);
    sample(&op, AUTH_OFFICERS, &l);
    op.officers.key[1] = op.officers.key[0];
    assert_written_decodes(&op, RC_MALFORMED);
    buf_free(&b);
    lists_free(&l);
}

static void
signatures_keep_their_number_and_order(void **state)
{
    struct lists l = lists_make();

    (void)state;
    signed_sample(&op, AUTH_REVOKE, &l);
    assert_written_decodes(&op, RC_OK);
    op.order.by[1] = op.order.by[0];
    assert_written_decodes(&op, RC_MALFORMED);
    signed_sample(&op, AUTH_REVOKE, &l);
    op.order.n = OFFICERS_MAX;
    for (uint16_t i = 0; i < OFFICERS_MAX; i++) {
        memset(op.order.by[i].b, (int)i, KEY_BYTES);
    }
    assert_written_decodes(&op, RC_OK);
    assert_int_equal(more.order.n, OFFICERS_MAX);
    {
        struct buf b = encoded(&op);

        /* the list of 32 elements announces 34 and has them */
        assert_int_equal(b.p[b.n - 16u * (34 + 66) - 1], 32);
        b.p[b.n - 16u * (34 + 66) - 1] = 34;
        memset(op.order.by[0].b, 0xff, KEY_BYTES);
        pack_bin(&b, slice_of(op.order.by[0].b, KEY_BYTES));
        pack_bin(&b, slice_of(op.order.sig[0].b, SIG_BYTES));
        assert_int_equal(pack_check(buf_slice(&b)), RC_OK);
        assert_int_equal(decode(buf_slice(&b)), RC_MALFORMED);
        buf_free(&b);
    }
    op.order.n = 0;
    assert_written_decodes(&op, RC_OK); /* well-formed, and counts never */
    lists_free(&l);
}

static void
only_officers_may_stand_without_an_order(void **state)
{
    struct lists l = lists_make();

    (void)state;
    sample(&op, AUTH_OFFICERS, &l);
    assert_written_decodes(&op, RC_OK);
    assert_false(more.order.is_there);
    for (int code = AUTH_CREATE; code <= AUTH_SUCCEED; code++) {
        struct buf b = BUF_NONE;

        sample(&op, (enum auth_code)code, &l);
        auth_op_unsigned(&op, &b);
        assert_int_equal(decode(buf_slice(&b)),
                         !needs_order(op.code) || code == AUTH_OFFICERS ? RC_OK
                                                                        : RC_MALFORMED);
        buf_free(&b);
    }
    lists_free(&l);
}

static void
names_show_what_they_are(void **state)
{
    static const char *const bad[] = {
        "",
        "a\nb",
        "\x1b[31m",
        "\x7f",
        "\xc2\x80",                 /* U+0080 */
        "\xc2\x9f",                 /* U+009F */
        "\xd8\x9c",                 /* U+061C, right to left */
        "\xe2\x80\x8b",             /* U+200B, of no width */
        "\xe2\x80\x8f",             /* U+200F */
        "\xe2\x80\xa8",             /* U+2028, a line */
        "\xe2\x80\xae",             /* U+202E, turns the direction */
        "\xe2\x81\xa6",             /* U+2066 */
        "\xef\xbb\xbf",             /* U+FEFF */
        "\xef\xbf\xb9",             /* U+FFF9 */
        "\xe9\x82\xbb\xe2\x80\xae", /* behind a good one */
    };
    static const char *const good[] = {"a",
                                       "\xe9\x82\xbb\xe8\x81\x9a\xe9\x87\x8c",
                                       "\xc2\xa0",
                                       "\xe2\x80\x8a",
                                       "\xe2\x80\x94",
                                       "\xf0\xa0\xae\xb7",
                                       "\xf4\x8f\xbf\xbf"};
    struct lists l = lists_make();
    uint8_t *longest = mem_new(NAME_BYTES_MAX + 1);

    (void)state;
    sample(&op, AUTH_SCOPE, &l);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        op.name = slice_text(bad[i]);
        assert_written_decodes(&op, RC_MALFORMED);
    }
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        op.name = slice_text(good[i]);
        assert_written_decodes(&op, RC_OK);
    }
    memset(longest, 'x', NAME_BYTES_MAX + 1);
    op.name = slice_of(longest, NAME_BYTES_MAX);
    assert_written_decodes(&op, RC_OK);
    op.name.n++;
    assert_written_decodes(&op, RC_MALFORMED);
    mem_free(longest);
    lists_free(&l);
}

static void
a_request_is_a_number_and_no_text(void **state)
{
    struct lists l = lists_make();

    (void)state;
    sample(&op, AUTH_ERASE, &l);
    op.request = slice_text("0302-017-26-0047.a/B-0123456789x"); /* 32 bytes */
    assert_int_equal(op.request.n, 32);
    assert_written_decodes(&op, RC_OK);
    op.request = slice_text("0302-017-26-0047.a/B-0123456789xy");
    assert_written_decodes(&op, RC_MALFORMED);
    op.request = slice_text("");
    assert_written_decodes(&op, RC_MALFORMED);
    op.request = slice_text("a b");
    assert_written_decodes(&op, RC_MALFORMED);
    op.request = slice_text("\xe9\x82\xbb");
    assert_written_decodes(&op, RC_MALFORMED);
    lists_free(&l);
}

static void
what_is_unknown_is_carried_and_what_is_broken_is_not(void **state)
{
    static const struct {
        const char *hex;
        enum rc rc;
    } cases[] = {
        {"910d", RC_NOTFOUND},  {"9100", RC_NOTFOUND},    {"92cd0100c0", RC_NOTFOUND},
        {"90", RC_MALFORMED},   {"91ff", RC_MALFORMED},   {"91a131", RC_MALFORMED},
        {"07", RC_MALFORMED},   {"", RC_MALFORMED},       {"910dc0", RC_MALFORMED},
        {"9101", RC_MALFORMED}, {"91cc0d", RC_MALFORMED}, {"81010d", RC_MALFORMED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf b = hex_buf(cases[i].hex);

        assert_int_equal(decode(buf_slice(&b)), cases[i].rc);
        buf_free(&b);
    }
}

/* ---- signatures */

static void
officers_sign_the_operation_and_what_they_saw(void **state)
{
    static const enum auth_code codes[] = {AUTH_GRANT, AUTH_REVOKE, AUTH_LOST,
                                           AUTH_OFFICERS, AUTH_ERASE};
    struct lists l = lists_make();

    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        signed_sample(&op, codes[i], &l);
        auth_op_verify(&op, &community, NULL, NULL);
        assert_true(op.keys_hold && op.order.holds[0] && op.order.holds[1]);
        auth_op_verify(&op, &none, NULL, NULL); /* another community */
        assert_false(op.order.holds[0] || op.order.holds[1]);
        op.order.seen.b[31] ^= 1;
        auth_op_verify(&op, &community, NULL, NULL);
        assert_false(op.order.holds[0] || op.order.holds[1]);
        op.order.seen.b[31] ^= 1;
        op.order.sig[1].b[5] ^= 1;
        auth_op_verify(&op, &community, NULL, NULL);
        assert_true(op.order.holds[0] && !op.order.holds[1]);
        op.order.by[0] = pair_of(0x13).pub;
        auth_op_verify(&op, &community, NULL, NULL);
        assert_false(op.order.holds[0]);
    }
    lists_free(&l);
}

/* Every bit of what is signed counts: none can be changed so that it decodes and holds.
 */
static void
no_signed_bit_can_change(void **state)
{
    struct lists l = lists_make();

    (void)state;
    for (int code = AUTH_GRANT; code <= AUTH_ERASE; code++) {
        struct buf b;
        struct buf less = BUF_NONE;

        if (!needs_order((enum auth_code)code)) {
            continue;
        }
        signed_sample(&op, (enum auth_code)code, &l);
        b = encoded(&op);
        auth_op_unsigned(&op, &less);
        for (size_t bit = 0; bit < 8 * less.n; bit++) {
            b.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
            if (auth_op_decode(buf_slice(&b), &more) == RC_OK) {
                auth_op_verify(&more, &community, NULL, NULL);
                assert_false(more.order.holds[0] || more.order.holds[1]);
            }
            b.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        buf_free(&b);
        buf_free(&less);
    }
    lists_free(&l);
}

static void
what_officers_sign_is_the_operation_without_its_end(void **state)
{
    struct lists l = lists_make();
    struct buf less = BUF_NONE;
    struct buf b;

    (void)state;
    signed_sample(&op, AUTH_REVOKE, &l);
    auth_op_unsigned(&op, &less);
    b = encoded(&op);
    assert_int_equal(less.p[0], 0x96);
    assert_int_equal(b.p[0], 0x97);
    assert_memory_equal(less.p + 1, b.p + 1, less.n - 1);
    assert_int_equal(b.p[less.n], 0x92); /* the order begins here */
    buf_free(&b);
    less.n = 0;
    invite_sample(&op, &l);
    auth_op_unsigned(&op, &less);
    b = encoded(&op);
    assert_int_equal(less.p[0], 0x9b);
    assert_int_equal(b.p[0], 0x9d);
    assert_memory_equal(less.p + 1, b.p + 1, less.n - 1);
    assert_int_equal(b.p[less.n], 0x93); /* what the joiner added */
    buf_free(&b);
    buf_free(&less);
    lists_free(&l);
}

static void
an_invite_joins_what_both_have_signed(void **state)
{
    struct lists l = lists_make();

    (void)state;
    invite_sample(&op, &l);
    auth_op_verify(&op, &community, NULL, NULL);
    assert_true(op.keys_hold && op.grant.is_joined);
    assert_true(op.order.holds[0] && op.order.holds[1]);
    auth_op_verify(&op, &none, NULL, NULL);
    assert_false(op.grant.is_joined);
    op.grant.log = pair_of(2).pub; /* another log under the same invite */
    auth_op_verify(&op, &community, NULL, NULL);
    assert_false(op.grant.is_joined);
    assert_true(op.order.holds[0]);
    invite_sample(&op, &l);
    op.grant.join_box.b[0] ^= 1;
    auth_op_verify(&op, &community, NULL, NULL);
    assert_false(op.grant.is_joined);
    invite_sample(&op, &l);
    op.grant.log_no++; /* another number: neither has signed that */
    auth_op_verify(&op, &community, NULL, NULL);
    assert_false(op.grant.is_joined || op.order.holds[0]);
    invite_sample(&op, &l);
    op.grant.once = pair_of(0x43).pub; /* another one-time key */
    auth_op_verify(&op, &community, NULL, NULL);
    assert_false(op.grant.is_joined || op.order.holds[0]);
    invite_sample(&op, &l);
    op.grant.has_join = false;
    auth_op_verify(&op, &community, NULL, NULL);
    assert_false(op.grant.is_joined);
    assert_true(op.keys_hold && op.order.holds[0]);
    sample(&op, AUTH_GRANT, &l);
    auth_op_verify(&op, &community, NULL, NULL);
    assert_false(op.grant.is_joined);
    lists_free(&l);
}

static void
the_root_signs_the_new_hub_and_its_officers(void **state)
{
    struct lists l = lists_make();
    struct pair root = pair_of(0x21);

    (void)state;
    sample(&more, AUTH_OFFICERS, &l);
    sample(&op, AUTH_SUCCEED, &l);
    auth_root_sign(&op, &community, &more, &root, &op.root_sig);
    auth_op_verify(&op, &community, &root.pub, &more);
    assert_true(op.root_holds && op.keys_hold);
    order_make(&more, &community); /* officers' signatures are not the root's affair */
    auth_op_verify(&op, &community, &root.pub, &more);
    assert_true(op.root_holds);
    auth_op_verify(&op, &community, &root.pub, NULL); /* not without them */
    assert_false(op.root_holds);
    more.officers.need[0]++; /* nor with others */
    auth_op_verify(&op, &community, &root.pub, &more);
    assert_false(op.root_holds);
    more.officers.need[0]--;
    auth_op_verify(&op, &none, &root.pub, &more);
    assert_false(op.root_holds);
    auth_op_verify(&op, &community, &op.hub_key, &more);
    assert_false(op.root_holds);
    auth_op_verify(&op, &community, NULL, &more);
    assert_false(op.root_holds);
    op.hub_key = pair_of(0x23).pub; /* somebody else's reign */
    auth_op_verify(&op, &community, &root.pub, &more);
    assert_false(op.root_holds);
    sample(&op, AUTH_SUCCEED, &l);
    auth_root_sign(&op, &community, NULL, &root, &op.root_sig);
    auth_op_verify(&op, &community, &root.pub, NULL);
    assert_true(op.root_holds);
    op.reign++;
    auth_op_verify(&op, &community, &root.pub, NULL);
    assert_false(op.root_holds);
    op.reign--;
    op.reign_seq++;
    auth_op_verify(&op, &community, &root.pub, NULL);
    assert_false(op.root_holds);
    op.reign_seq--;
    op.reign_id.b[0]++;
    auth_op_verify(&op, &community, &root.pub, NULL);
    assert_false(op.root_holds);
    lists_free(&l);
}

static void
a_key_that_is_none_is_not_enrolled(void **state)
{
    static const struct key small = {{1}}; /* the neutral point */
    struct lists l = lists_make();

    (void)state;
    for (int code = AUTH_CREATE; code <= AUTH_SUCCEED; code++) {
        sample(&op, (enum auth_code)code, &l);
        auth_op_verify(&op, &community, NULL, NULL);
        assert_true(op.keys_hold);
    }
    sample(&op, AUTH_CREATE, &l);
    op.root_key = small;
    auth_op_verify(&op, &community, NULL, NULL);
    assert_false(op.keys_hold);
    sample(&op, AUTH_CREATE, &l);
    op.hub_key = small;
    auth_op_verify(&op, &community, NULL, NULL);
    assert_false(op.keys_hold);
    sample(&op, AUTH_CREATE, &l);
    op.officers.key[1] = small;
    auth_op_verify(&op, &community, NULL, NULL);
    assert_false(op.keys_hold);
    sample(&op, AUTH_NODE, &l);
    op.ack_key = small;
    auth_op_verify(&op, &community, NULL, NULL);
    assert_false(op.keys_hold);
    sample(&op, AUTH_GRANT, &l);
    op.grant.log = small;
    order_make(&op, &community);
    auth_op_verify(&op, &community, NULL, NULL);
    assert_false(op.keys_hold || op.order.holds[0] || op.order.holds[1]);
    sample(&op, AUTH_OFFICERS, &l);
    op.officers.key[0] = small;
    order_make(&op, &community);
    auth_op_verify(&op, &community, NULL, NULL);
    assert_false(op.keys_hold || op.order.holds[0]);
    invite_sample(&op, &l);
    op.grant.log = small;
    {
        struct pair once = pair_of(0x41);

        auth_join_sign(&op.grant, &community, &once, &op.grant.join_sig);
    }
    auth_op_verify(&op, &community, NULL, NULL);
    assert_false(op.keys_hold || op.grant.is_joined);
    invite_sample(&op, &l);
    op.grant.once = small;
    auth_op_verify(&op, &community, NULL, NULL);
    assert_false(op.keys_hold || op.grant.is_joined);
    lists_free(&l);
}

/* ---- roles and scopes */

static void
roles_have_their_class(void **state)
{
    (void)state;
    for (int role = ROLE_LEADER; role <= ROLE_PRIVACY; role++) {
        enum role_class class = role == ROLE_AUDITOR ? CLASS_READER
                                : role == ROLE_HELPER || role == ROLE_PARTNER
                                    ? CLASS_MEMBER
                                    : CLASS_KEEPER;

        assert_int_equal(role_class((enum role)role), class);
    }
    assert_int_equal(role_class((enum role)0), CLASS_READER);
    assert_int_equal(role_class((enum role)12), CLASS_READER);
}

static void
zero_alone_means_every_scope(void **state)
{
    struct scopes all = {1, {SCOPE_ALL}};
    struct scopes some = {3, {1, 14, 15}};
    struct scopes no_scope = {0, {0}};

    (void)state;
    assert_true(scopes_has(&all, 1) && scopes_has(&all, UINT32_MAX));
    assert_true(scopes_has(&some, 1) && scopes_has(&some, 14) && scopes_has(&some, 15));
    assert_false(scopes_has(&some, 2) || scopes_has(&some, 16) || scopes_has(&some, 0));
    assert_false(scopes_has(&no_scope, 1) || scopes_has(&no_scope, 0));
}

/* ---- figures */

static void
add_hex(struct buf *out, const char *key, const void *p, size_t n)
{
    char *text = mem_new(2 * n + 1);

    hex_print(p, n, text);
    buf_addf(out, "%s %s\n", key, text);
    mem_free(text);
}

static void
sample_print(const char *name, const struct auth_op *o, struct buf *file)
{
    struct buf b = encoded(o);
    struct buf less = BUF_NONE;

    buf_addf(file, "\n# %s\n", name);
    add_hex(file, "operation", b.p, b.n);
    auth_op_unsigned(o, &less);
    add_hex(file, "unsigned", less.p, less.n);
    buf_free(&b);
    buf_free(&less);
}

static void
operations_are_the_figures_of_the_tree(void **state)
{
    static const char *const names[] = {"",         "create", "schema", "scope",  "node",
                                        "grant",    "epoch",  "seal",   "revoke", "lost",
                                        "officers", "erase",  "succeed"};
    const char *mode = getenv("LINJULI_GOLDEN");
    struct lists l = lists_make();
    struct pair root = pair_of(0x21);
    struct buf want = BUF_NONE;
    struct buf file = BUF_NONE;

    (void)state;
    buf_addf(&file,
             "# Authority operations (sync/AUTHORITY.md), signed by the officers whose\n"
             "# seeds are 32 times 11 and 12, the root whose seed is 32 times 21, in\n"
             "# the community of this id; the hub's seed is 32 times 22.\n");
    add_hex(&file, "community", community.b, HASH_BYTES);
    for (int code = AUTH_CREATE; code <= AUTH_SUCCEED; code++) {
        signed_sample(&op, (enum auth_code)code, &l);
        sample_print(names[code], &op, &file);
    }
    invite_sample(&op, &l);
    sample_print("grant, an invite that was taken up", &op, &file);
    op.grant.has_join = false;
    sample_print("grant, the same invite before that", &op, &file);
    sample(&more, AUTH_OFFICERS, &l);
    sample_print("officers beside a succeed", &more, &file);
    sample(&op, AUTH_SUCCEED, &l);
    auth_root_sign(&op, &community, &more, &root, &op.root_sig);
    sample_print("succeed with officers beside it", &op, &file);
    if (mode != NULL && strcmp(mode, "write") == 0) {
        FILE *f = fopen(FIGURES, "wb");

        assert_non_null(f);
        assert_int_equal(fwrite(file.p, 1, file.n, f), file.n);
        assert_int_equal(fclose(f), 0);
    }
    tree_read(FIGURES, &want);
    assert_bytes(buf_slice(&file), buf_slice(&want));
    buf_free(&file);
    buf_free(&want);
    lists_free(&l);
}

static void
every_figure_is_written_again_and_none_of_its_beginnings_decodes(void **state)
{
    struct buf file = BUF_NONE;
    const char *at;
    size_t n = 0;

    (void)state;
    tree_read(FIGURES, &file);
    for (at = figure_next((const char *)file.p); at != NULL; at = figure_next(at)) {
        struct buf b = figure(at, "operation");
        struct buf again;

        assert_int_equal(auth_op_decode(buf_slice(&b), &op), RC_OK);
        again = encoded(&op);
        assert_bytes(buf_slice(&again), buf_slice(&b));
        for (size_t less = 1; less <= b.n; less++) {
            assert_int_equal(auth_op_decode(slice_of(b.p, b.n - less), &op),
                             RC_MALFORMED);
        }
        buf_free(&b);
        buf_free(&again);
        n++;
    }
    assert_int_equal(n, 16);
    buf_free(&file);
}

static void
assert_signs(enum tag tag, struct slice message, const struct pair *by, struct slice sig)
{
    struct sig s;

    sign_make(tag, &community, message, by, &s);
    assert_bytes(slice_of(s.b, SIG_BYTES), sig);
}

/* AUTHORITY.md section 10: an invite that was taken up, from the officer's signature on.
 */
static void
the_worked_example_of_the_document_holds(void **state)
{
    struct buf document = BUF_NONE;
    struct buf message = BUF_NONE;
    struct pair officer = pair_of(0x11);
    struct pair once = pair_of(0x41);
    struct buf less;
    struct buf joined;
    struct buf order_sig;
    struct buf join_sig;
    struct buf whole;

    (void)state;
    tree_read("sync/AUTHORITY.md", &document);
    less = document_hex((const char *)document.p, "unsigned");
    joined = document_hex((const char *)document.p, "join-message");
    order_sig = document_hex((const char *)document.p, "order-signature");
    join_sig = document_hex((const char *)document.p, "join-signature");
    whole = document_hex((const char *)document.p, "grant");
    buf_add(&message, seen.b, HASH_BYTES);
    buf_add_slice(&message, buf_slice(&less));
    assert_signs(TAG_ORDER, buf_slice(&message), &officer, buf_slice(&order_sig));
    assert_signs(TAG_JOIN, buf_slice(&joined), &once, buf_slice(&join_sig));
    assert_int_equal(auth_op_decode(buf_slice(&whole), &op), RC_OK);
    assert_int_equal(op.order.n, 1);
    auth_op_verify(&op, &community, NULL, NULL);
    assert_true(op.keys_hold && op.order.holds[0] && op.grant.is_joined);
    assert_bytes(slice_of(op.order.sig[0].b, SIG_BYTES), buf_slice(&order_sig));
    assert_bytes(slice_of(op.grant.join_sig.b, SIG_BYTES), buf_slice(&join_sig));
    message.n = 0;
    auth_op_unsigned(&op, &message);
    assert_bytes(buf_slice(&message), buf_slice(&less));
    message.n = 0;
    auth_op_encode(&op, &message);
    assert_bytes(buf_slice(&message), buf_slice(&whole));
    buf_free(&document);
    buf_free(&message);
    buf_free(&less);
    buf_free(&joined);
    buf_free(&order_sig);
    buf_free(&join_sig);
    buf_free(&whole);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operation_comes_back_as_it_was_written),
        cmocka_unit_test(what_was_written_stands_in_the_fields),
        cmocka_unit_test(a_grant_comes_back_in_both_ways),
        cmocka_unit_test(lists_are_read_to_their_end),
        cmocka_unit_test(lists_may_be_empty),
        cmocka_unit_test(lists_ascend_and_name_nothing_twice),
        cmocka_unit_test(lines_name_an_entry_or_nothing_at_all),
        cmocka_unit_test(numbers_keep_their_range),
        cmocka_unit_test(scopes_and_officers_keep_their_number),
        cmocka_unit_test(signatures_keep_their_number_and_order),
        cmocka_unit_test(only_officers_may_stand_without_an_order),
        cmocka_unit_test(names_show_what_they_are),
        cmocka_unit_test(a_request_is_a_number_and_no_text),
        cmocka_unit_test(what_is_unknown_is_carried_and_what_is_broken_is_not),
        cmocka_unit_test(officers_sign_the_operation_and_what_they_saw),
        cmocka_unit_test(no_signed_bit_can_change),
        cmocka_unit_test(what_officers_sign_is_the_operation_without_its_end),
        cmocka_unit_test(an_invite_joins_what_both_have_signed),
        cmocka_unit_test(the_root_signs_the_new_hub_and_its_officers),
        cmocka_unit_test(a_key_that_is_none_is_not_enrolled),
        cmocka_unit_test(roles_have_their_class),
        cmocka_unit_test(zero_alone_means_every_scope),
        cmocka_unit_test(operations_are_the_figures_of_the_tree),
        cmocka_unit_test(
            every_figure_is_written_again_and_none_of_its_beginnings_decodes),
        cmocka_unit_test(the_worked_example_of_the_document_holds),
    };

    return cmocka_run_group_tests(tests, start_crypto, NULL);
}
