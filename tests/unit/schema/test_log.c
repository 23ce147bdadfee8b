/* The log store on SQLite: what sync/store.h promises. */
#include "tests/lib/ledger_fixture_test.h"

#include <string.h>

#include "schema/log.h"
#include "sync/entry.h"
#include "sync/limits.h"

struct fixture {
    struct db *db;
    struct log_store *log;
    const struct sync_store *store;
};

static const struct key one = {{1}};
static const struct key two = {{2}};

static void
set_up(struct fixture *f)
{
    assert_ok(crypto_init());
    assert_ok(db_open(":memory:", DB_CREATE, NULL, &f->db));
    f->log = log_store_new(f->db);
    f->store = log_store_port(f->log);
}

static void
tear_down(struct fixture *f)
{
    log_store_free(f->log);
    db_close(f->db);
}

static struct hash
entry_bytes(uint64_t seq, size_t n, struct buf *out)
{
    out->n = 0;
    for (size_t i = 0; i < n; i++)
        buf_add_u8(out, (uint8_t)(seq * 7 + i));
    return entry_id(buf_slice(out));
}

static enum rc
append(struct fixture *f, const struct key *log, uint64_t seq)
{
    struct buf b = BUF_NONE;
    struct hash id = entry_bytes(seq, ENTRY_HEAD_BYTES + (size_t)seq, &b);
    enum rc rc = f->store->append(f->store->self, log, seq, &id, buf_slice(&b));
    buf_free(&b);
    return rc;
}

struct seen {
    uint64_t seq[32];
    size_t bytes[32];
    struct hash id[32];
    size_t n, stop_at;
};

static bool
see(void *arg, const struct stored *e)
{
    struct seen *s = arg;
    s->seq[s->n] = e->seq;
    s->bytes[s->n] = e->bytes.n;
    s->id[s->n] = e->id;
    s->n++;
    return s->n != s->stop_at;
}

static struct seen
trunk(struct fixture *f, const struct key *log, uint64_t from)
{
    struct seen s = {.n = 0};
    assert_ok(f->store->trunk(f->store->self, log, from, see, &s));
    return s;
}

static void
trunks_grow_by_one_and_come_back_in_order(void **state)
{
    struct fixture f;
    struct buf b = BUF_NONE;
    (void)state;
    set_up(&f);
    for (uint64_t seq = 1; seq <= 5; seq++) {
        assert_ok(append(&f, &one, seq));
        assert_ok(append(&f, &two, seq));
    }
    struct seen s = trunk(&f, &one, 2);
    assert_int_equal(s.n, 4);
    for (size_t i = 0; i < s.n; i++) {
        struct hash id = entry_bytes(s.seq[i], ENTRY_HEAD_BYTES + (size_t)s.seq[i], &b);
        assert_int_equal(s.seq[i], i + 2);
        assert_true(hash_eq(&id, &s.id[i]));
        assert_int_equal(s.bytes[i], ENTRY_HEAD_BYTES + i + 2);
    }
    buf_free(&b);
    tear_down(&f);
}

static void
a_gap_or_a_second_entry_at_a_place_is_our_mistake(void **state)
{
    struct fixture f;
    (void)state;
    set_up(&f);
    assert_ok(append(&f, &one, 1));
    assert_int_equal(append(&f, &one, 3), RC_BUG);
    assert_int_equal(append(&f, &one, 1), RC_BUG);
    tear_down(&f);
}

static void
a_cut_trunk_grows_again_from_there(void **state)
{
    struct fixture f;
    uint64_t n = 0;
    (void)state;
    set_up(&f);
    assert_ok(append(&f, &two, 1));
    for (uint64_t seq = 1; seq <= 5; seq++)
        assert_ok(append(&f, &one, seq));
    assert_ok(f.store->cut(f.store->self, &one, 3));
    assert_int_equal(trunk(&f, &one, 1).n, 2);
    assert_int_equal(trunk(&f, &two, 1).n, 1);
    assert_ok(append(&f, &one, 3));
    assert_ok(log_trunk_n(f.log, log_number(f.log, &one), &n));
    assert_int_equal(n, 3);
    tear_down(&f);
}

static void
lengths_are_forgotten_with_a_rollback(void **state)
{
    struct fixture f;
    (void)state;
    set_up(&f);
    assert_ok(append(&f, &one, 1));
    assert_ok(db_begin(f.db));
    assert_ok(append(&f, &one, 2));
    assert_ok(append(&f, &two, 1));
    db_rollback(f.db);
    log_store_forget(f.log);
    assert_int_equal(log_number(f.log, &two), 0);
    assert_ok(append(&f, &one, 2));
    tear_down(&f);
}

static void
loose_entries_come_and_go_by_id(void **state)
{
    struct fixture f;
    struct buf b = BUF_NONE;
    struct seen s = {.n = 0};
    struct hash id = entry_bytes(9, ENTRY_HEAD_BYTES, &b);
    struct stored e = {.seq = 9, .id = id, .bytes = buf_slice(&b)};
    (void)state;
    set_up(&f);
    assert_ok(f.store->loose_put(f.store->self, &one, &e));
    assert_ok(f.store->loose_put(f.store->self, &one, &e));
    assert_ok(f.store->loose_each(f.store->self, &one, see, &s));
    assert_int_equal(s.n, 1);
    assert_int_equal(s.seq[0], 9);
    assert_true(hash_eq(&s.id[0], &id));
    assert_ok(f.store->loose_del(f.store->self, &one, &id));
    s.n = 0;
    assert_ok(f.store->loose_each(f.store->self, &one, see, &s));
    assert_int_equal(s.n, 0);
    buf_free(&b);
    tear_down(&f);
}

struct states {
    struct fixture *f;
    size_t n;
    char text[4][8];
};

static bool
see_state(void *arg, const struct key *log, struct slice blob)
{
    struct states *s = arg;
    assert_true(blob.n < 8);
    memcpy(s->text[s->n], blob.p, blob.n);
    s->text[s->n][blob.n] = '\0';
    s->n++;
    /* The callback reads trunks while the states are gone through. */
    (void)trunk(s->f, log, 1);
    return true;
}

static void
states_come_back_once_for_each_log(void **state)
{
    struct fixture f;
    (void)state;
    set_up(&f);
    assert_ok(append(&f, &one, 1));
    assert_ok(f.store->state_put(f.store->self, &one, slice_text("a")));
    assert_ok(f.store->state_put(f.store->self, &two, slice_text("b")));
    assert_ok(f.store->state_put(f.store->self, &one, slice_text("c")));
    struct states s = {.f = &f};
    assert_ok(f.store->state_each(f.store->self, see_state, &s));
    assert_int_equal(s.n, 2);
    assert_string_equal(s.text[0], "c");
    assert_string_equal(s.text[1], "b");
    tear_down(&f);
}

static void
rows_name_log_and_seq(void **state)
{
    struct fixture f;
    struct buf b = BUF_NONE;
    (void)state;
    set_up(&f);
    assert_ok(append(&f, &one, 1));
    assert_ok(append(&f, &two, 1));
    uint32_t n = log_number(f.log, &two);
    int64_t row = log_row(n, 1);
    assert_int_equal(log_row_number(row), n);
    assert_int_equal(log_row_seq(row), 1);
    assert_true(key_eq(log_key(f.log, n), &two));
    assert_ok(log_entry_at(f.log, row, &b));
    assert_int_equal(b.n, ENTRY_HEAD_BYTES + 1);
    assert_int_equal(log_entry_at(f.log, log_row(n, 2), &b), RC_NOTFOUND);
    assert_int_equal(log_row_seq(log_row(7, LOG_SEQ_MAX)), LOG_SEQ_MAX);
    assert_int_equal(log_row_number(log_row(7, LOG_SEQ_MAX)), 7);
    buf_free(&b);
    tear_down(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trunks_grow_by_one_and_come_back_in_order),
        cmocka_unit_test(a_gap_or_a_second_entry_at_a_place_is_our_mistake),
        cmocka_unit_test(a_cut_trunk_grows_again_from_there),
        cmocka_unit_test(lengths_are_forgotten_with_a_rollback),
        cmocka_unit_test(loose_entries_come_and_go_by_id),
        cmocka_unit_test(states_come_back_once_for_each_log),
        cmocka_unit_test(rows_name_log_and_seq),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
