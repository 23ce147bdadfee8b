/* Backups: what is in them comes back, and nothing else does (BACKUP.md). */
#include "schema/backup_in.h"

#include "tests/lib/ledger_fixture.h"
#include "tests/unit/crypto/figures.h"

#define assert_ok(call) assert_int_equal((call), RC_OK)
#define PASS "邻聚里 2026"

static struct community town;
static uint8_t drawn[BACKUP_SALT_BYTES + STREAM_HEAD_BYTES];
static struct key stretched;

static uint64_t
wall(void *arg)
{
    (void)arg;
    return town.wall_ms;
}

static enum rc
keep(void *arg, struct slice bytes)
{
    buf_add_slice(arg, bytes);
    return RC_OK;
}

static struct backup_about
write_of(struct member *m, struct buf *file)
{
    struct backup_about about;
    struct key own[] = {m->log.pub};
    struct backup_setup s = {.pass = PASS,
                             .conf = slice_text("listen = 127.0.0.1:1\n"),
                             .own = own,
                             .own_n = 1,
                             .officer = &town.officer.pub,
                             .officers_n = m == town.m,
                             .is_hub = m == town.m,
                             .put = keep,
                             .arg = file,
                             .drawn = drawn};
    file->n = 0;
    assert_ok(ledger_begin(m->l));
    assert_ok(backup_write(m->l, &s, &about));
    ledger_rollback(m->l);
    return about;
}

/* A group's records, a fork that everybody knows, and something erased. */
static void
make_town(struct buf *file, struct backup_about *about)
{
    struct buf fork = BUF_NONE;
    enum offer what;
    for (size_t i = 0; i < sizeof(drawn); i++)
        drawn[i] = (uint8_t)(i < BACKUP_SALT_BYTES ? 0x40 + i : 0x50 + i);
    assert_ok(crypto_init());
    pass_stretch(PASS, drawn, &stretched);
    community_of(&town, 2);
    struct record_key key =
        member_add(&town.m[1], "household", FIXTURE_GROUP, "door", "3-2-501");
    for (int i = 0; i < 40; i++)
        (void)member_add(&town.m[1], "household", FIXTURE_GROUP, "door", "3-2-502");
    struct record_key need =
        member_add(&town.m[2], "need", FIXTURE_GROUP + 1, "title", "x");
    member_fork(&town.m[2], &need, "need", "title", "y", &fork);
    community_sync(&town);
    community_seal(&town);
    community_sync(&town);
    assert_ok(ledger_begin(town.m[0].l));
    assert_ok(replica_offer(ledger_replica(town.m[0].l), buf_slice(&fork), &what));
    assert_ok(ledger_commit(town.m[0].l));
    community_erase(&town, &key);
    buf_free(&fork);
    *about = write_of(&town.m[0], file);
}

struct back {
    struct ledger *l;
    struct pair box, log;
    struct backup_reader *r;
    struct backup_about now;
};

static void
back_init(struct back *b)
{
    *b = (struct back){.l = NULL};
    pair_new_random(PAIR_BOX, &b->box);
    pair_new_random(PAIR_SIGN, &b->log);
    struct ledger_setup setup = {
        .path = ":memory:", .mode = LEDGER_CREATE, .box = &b->box, .wall_ms = wall};
    assert_ok(ledger_open(&setup, &b->l, NULL));
}

static void
back_fini(struct back *b)
{
    backup_free(b->r);
    ledger_close(b->l);
}

/* Frame by frame, as node/ does; RC_STALE: it ends too early. */
static enum rc
take(struct back *b, struct slice file)
{
    struct reader r = reader_of(file);
    struct slice head = read_slice(&r, BACKUP_HEAD_BYTES);
    enum rc rc = r.bad ? RC_STALE : RC_OK;
    if (rc == RC_OK)
        backup_begin_with(head, &stretched, &b->r);
    while (rc == RC_OK && !backup_is_ended(b->r)) {
        uint32_t n = read_u32(&r);
        if (n > BACKUP_FRAME_BYTES_MAX)
            return RC_FORGED;
        struct slice frame = read_slice(&r, n);
        if (r.bad)
            return RC_STALE;
        assert_ok(ledger_begin(b->l));
        rc = backup_take(b->r, b->l, frame);
        if (rc == RC_OK)
            rc = ledger_commit(b->l);
        else
            ledger_rollback(b->l);
    }
    return rc == RC_OK && r.n > 0 ? RC_MALFORMED : rc;
}

static void
what_was_there_is_there_again(void **state)
{
    struct buf file = BUF_NONE;
    struct backup_about about;
    struct back b;
    struct digests was, is;
    struct key own;
    (void)state;
    make_town(&file, &about);
    assert_true(about.is_hub && about.node == 1 && about.entries > 45);
    back_init(&b);
    assert_ok(take(&b, buf_slice(&file)));
    assert_ok(ledger_begin(b.l));
    assert_ok(backup_compare(b.r, b.l, &b.now));
    assert_int_equal(b.now.entries, about.entries);
    assert_int_equal(backup_entries(b.r), about.entries);
    assert_true(backup_own(b.r, &own) && key_eq(&own, &town.m[0].log.pub));
    assert_string_equal(about.name, "绿洲");
    assert_true(slice_eq(backup_conf(b.r), slice_text("listen = 127.0.0.1:1\n")));
    /* Work goes on at once, and does not count. */
    assert_ok(ledger_stand_in(b.l, &own, &b.log.pub));
    assert_ok(ledger_commit(b.l));
    struct member m = {.l = b.l, .c = &town, .log = b.log, .box = b.box};
    member_digests(&town.m[0], &was);
    member_digests(&m, &is);
    assert_true(digests_agree(&was, &is));
    (void)member_add(&m, "need", 0, "title", "new");
    const struct log_state *log = replica_log_by_key(ledger_replica(b.l), &b.log.pub);
    assert_true(log != NULL && log->is_assumed && log->head_seq == 1);
    struct key gone[OFFICERS_MAX];
    size_t n = 0;
    assert_ok(ledger_gone_officers(b.l, gone, &n));
    assert_true(n == 1 && key_eq(&gone[0], &town.officer.pub));
    back_fini(&b);
    community_fini(&town);
    buf_free(&file);
}

/* A fact more here than was written: the counts tell. */
static void
a_difference_is_told(void **state)
{
    struct buf file = BUF_NONE;
    struct backup_about about;
    struct back b;
    struct key own;
    (void)state;
    make_town(&file, &about);
    back_init(&b);
    assert_ok(take(&b, buf_slice(&file)));
    assert_ok(ledger_begin(b.l));
    assert_true(backup_own(b.r, &own));
    assert_ok(ledger_stand_in(b.l, &own, &b.log.pub));
    assert_ok(ledger_commit(b.l));
    struct member m = {.l = b.l, .c = &town, .log = b.log, .box = b.box};
    (void)member_add(&m, "need", 0, "title", "new");
    assert_int_equal(backup_compare(b.r, b.l, &b.now), RC_NO);
    assert_int_equal(b.now.entries, about.entries + 1);
    back_fini(&b);
    community_fini(&town);
    buf_free(&file);
}

static void
a_wrong_head_opens_nothing(void **state)
{
    struct buf file = BUF_NONE;
    struct backup_about about;
    struct backup_reader *r = NULL;
    struct back b;
    (void)state;
    make_town(&file, &about);
    struct slice head = slice_of(file.p, BACKUP_HEAD_BYTES);
    struct slice frame =
        slice_of(file.p + BACKUP_HEAD_BYTES + 4, get_u32(file.p + BACKUP_HEAD_BYTES));
    back_init(&b);
    assert_ok(backup_begin(head, "another one", &r));
    assert_ok(ledger_begin(b.l));
    assert_int_equal(backup_take(r, b.l, frame), RC_DENIED);
    ledger_rollback(b.l);
    backup_free(r);
    assert_ok(backup_begin(head, PASS, &r));
    assert_ok(ledger_begin(b.l));
    assert_ok(backup_take(r, b.l, frame));
    ledger_rollback(b.l);
    backup_free(r);
    for (size_t i = 0; i < BACKUP_HEAD_BYTES; i++) {
        file.p[i] ^= 1;
        enum rc rc = backup_begin(head, PASS, &r);
        assert_true(rc == RC_MALFORMED || (i == 16 && rc != RC_OK));
        file.p[i] ^= 1;
    }
    file.p[16] = 2;
    assert_int_equal(backup_begin(head, PASS, &r), RC_STALE);
    assert_int_equal(backup_begin(slice_of(file.p, 64), PASS, &r), RC_STALE);
    file.p[16] = 1;
    assert_int_equal(backup_begin(slice_of(file.p, 64), PASS, &r), RC_MALFORMED);
    back_fini(&b);
    community_fini(&town);
    buf_free(&file);
}

static void
torn_or_flipped_is_refused(void **state)
{
    struct buf file = BUF_NONE;
    struct backup_about about;
    (void)state;
    make_town(&file, &about);
    for (size_t n = 0; n < file.n; n += 512) {
        struct back b;
        back_init(&b);
        assert_int_equal(take(&b, slice_of(file.p, n)), RC_STALE);
        back_fini(&b);
    }
    for (size_t at = BACKUP_HEAD_BYTES; at < file.n; at += 331) {
        struct back b;
        back_init(&b);
        file.p[at] ^= (uint8_t)(1u << (at % 8));
        assert_int_not_equal(take(&b, buf_slice(&file)), RC_OK);
        file.p[at] ^= (uint8_t)(1u << (at % 8));
        back_fini(&b);
    }
    buf_add_u8(&file, 0);
    struct back b;
    back_init(&b);
    assert_int_equal(take(&b, buf_slice(&file)), RC_MALFORMED);
    back_fini(&b);
    community_fini(&town);
    buf_free(&file);
}

/* Whoever knows the passphrase cannot make entries: one whose signature does not hold is
 * refused, also below a seal, where the chain of ids would do. */
static void
a_signature_is_checked_below_seals_too(void **state)
{
    struct buf file = BUF_NONE, bad = BUF_NONE, plain = BUF_NONE;
    struct backup_about about;
    struct back b;
    unsigned changed = 0;
    (void)state;
    make_town(&file, &about);
    struct slice head = slice_of(file.p, BACKUP_HEAD_BYTES);
    struct reader r = reader_of(buf_slice(&file));
    (void)read_slice(&r, BACKUP_HEAD_BYTES);
    struct stream *in = stream_new(&stretched, drawn + BACKUP_SALT_BYTES);
    struct stream *out = stream_new(&stretched, drawn + BACKUP_SALT_BYTES);
    buf_add_slice(&bad, head);
    for (bool is_last = false, is_first = true; !is_last; is_first = false) {
        struct slice frame = read_slice(&r, read_u32(&r));
        struct slice with = is_first ? head : slice_of(NULL, 0);
        plain.n = 0;
        assert_ok(stream_open(in, frame, with, &is_last, &plain));
        /* The body's item, erased: the leaf hash stands for it, and nobody ordered it. */
        if (plain.p[0] == BACKUP_ENTRIES && plain.p[1] == 1 &&
            plain.p[2 + 1] == ENTRY_DATA && changed++ == 0)
            plain.p[2 + ENTRY_HEADER_BYTES] ^= 1;
        buf_add_u32(&bad, (uint32_t)frame.n);
        stream_seal(out, buf_slice(&plain), with, is_last, &bad);
    }
    assert_true(changed > 0);
    back_init(&b);
    assert_int_equal(take(&b, buf_slice(&bad)), RC_FORGED);
    back_fini(&b);
    stream_free(in);
    stream_free(out);
    buf_free(&file);
    buf_free(&bad);
    buf_free(&plain);
    community_fini(&town);
}

/* Into a store that belongs to another community: refused. */
static void
another_community_is_refused(void **state)
{
    struct buf file = BUF_NONE;
    struct backup_about about;
    struct back b;
    struct hash other = {{1}};
    (void)state;
    make_town(&file, &about);
    back_init(&b);
    assert_ok(ledger_begin(b.l));
    assert_ok(ledger_set_community(b.l, &other));
    assert_ok(ledger_commit(b.l));
    assert_int_equal(take(&b, buf_slice(&file)), RC_INVALID);
    back_fini(&b);
    community_fini(&town);
    buf_free(&file);
}

static void
the_example_says_what_the_page_says(void **state)
{
    struct buf page = BUF_NONE, head = BUF_NONE, sealed = BUF_NONE;
    uint8_t start[STREAM_HEAD_BYTES], salt[BACKUP_SALT_BYTES];
    struct key key;
    bool is_last = false;
    (void)state;
    tree_read("schema/BACKUP.md", &page);
    struct buf want_head = document_hex((const char *)page.p, "head");
    struct buf want_frame = document_hex((const char *)page.p, "frame");
    for (size_t i = 0; i < sizeof(salt); i++)
        salt[i] = (uint8_t)(0x40 + i);
    for (size_t i = 0; i < sizeof(start); i++)
        start[i] = (uint8_t)(0x60 + i);
    assert_ok(crypto_init());
    pass_stretch(PASS, salt, &key);
    buf_add(&head, BACKUP_MAGIC, BACKUP_MAGIC_BYTES);
    buf_add_u8(&head, BACKUP_VERSION);
    buf_add(&head, salt, sizeof(salt));
    buf_add(&head, start, sizeof(start));
    backup_head_end(&head);
    struct stream *s = stream_new(&key, start);
    const uint8_t end = BACKUP_END;
    buf_add_u32(&sealed, 1 + STREAM_EXTRA_BYTES);
    stream_seal(s, slice_of(&end, 1), buf_slice(&head), true, &sealed);
    assert_bytes(slice_of(head.p, want_head.n), buf_slice(&want_head));
    assert_bytes(buf_slice(&sealed), buf_slice(&want_frame));
    stream_free(s);
    s = stream_new(&key, start);
    page.n = 0;
    assert_ok(stream_open(s, slice_of(sealed.p + 4, sealed.n - 4), buf_slice(&head),
                          &is_last, &page));
    assert_true(is_last && page.n == 1 && page.p[0] == BACKUP_END);
    stream_free(s);
    buf_free(&page);
    buf_free(&head);
    buf_free(&sealed);
    buf_free(&want_head);
    buf_free(&want_frame);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_there_is_there_again),
        cmocka_unit_test(a_difference_is_told),
        cmocka_unit_test(a_wrong_head_opens_nothing),
        cmocka_unit_test(torn_or_flipped_is_refused),
        cmocka_unit_test(a_signature_is_checked_below_seals_too),
        cmocka_unit_test(another_community_is_refused),
        cmocka_unit_test(the_example_says_what_the_page_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
