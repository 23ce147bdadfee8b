/* From entries to tables: what people see follows from what is accepted, in any order. */
#include "tests/lib/ledger_fixture_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema/ledger_in.h"
#include "tests/lib/ledger_fixture.h"

static void
assert_field(struct member *m, const struct record_key *key, const char *type,
             const char *field, enum field_state want, const char *text, size_t versions)
{
    enum field_state state = FIELD_CYCLE;
    char have[64];
    size_t n = 0;
    assert_true(member_field(m, key, type, field, &state, have, &n));
    assert_int_equal(state, want);
    if (text != NULL)
        assert_string_equal(have, text);
    assert_int_equal(n, versions);
}

static void
assert_agreed(struct community *c)
{
    struct digests hub;
    member_digests(&c->m[0], &hub);
    for (size_t i = 1; i < c->n; i++) {
        struct digests d;
        member_digests(&c->m[i], &d);
        assert_true(digests_agree(&hub, &d));
    }
}

static int64_t
count(struct member *m, const char *sql)
{
    sqlite3_stmt *s = NULL;
    bool row = false;
    assert_ok(db_prepare(m->l->db, sql, &s));
    assert_ok(db_step(m->l->db, s, &row));
    int64_t n = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return n;
}

static void
a_record_arrives_as_it_was_written(void **state)
{
    struct community c;
    (void)state;
    community_of(&c, 2);
    struct record_key k = member_add(&c.m[1], "need", 301, "title", "路灯不亮");
    community_sync(&c);
    for (size_t i = 0; i < c.n; i++)
        assert_field(&c.m[i], &k, "need", "title", FIELD_CLEAN, "路灯不亮", 1);
    /* The common case costs no versions and no list. */
    assert_int_equal(count(&c.m[0], "SELECT count(*) FROM t_need WHERE versions IS NULL"),
                     1);
    assert_int_equal(count(&c.m[0], "SELECT count(*) FROM record_item"), 0);
    assert_agreed(&c);
    community_fini(&c);
}

static void
what_a_node_cannot_read_is_carried(void **state)
{
    struct community c;
    enum field_state s;
    char text[64];
    size_t n;
    (void)state;
    community_of(&c, 2);
    struct record_key k = member_add(&c.m[1], "household", 301, "door", "3-2-501");
    community_sync(&c);
    assert_field(&c.m[0], &k, "household", "door", FIELD_CLEAN, "3-2-501", 1);
    assert_false(member_field(&c.m[2], &k, "household", "door", &s, text, &n));
    assert_int_equal(count(&c.m[2], "SELECT n FROM carried WHERE why = 1 AND scope = 3"),
                     1);
    assert_agreed(&c);
    community_fini(&c);
}

static void
a_change_replaces_what_was_seen(void **state)
{
    struct community c;
    (void)state;
    community_of(&c, 1);
    struct record_key k = member_add(&c.m[1], "need", 301, "title", "a");
    community_sync(&c);
    member_set(&c.m[0], &k, "need", "title", "b");
    community_sync(&c);
    member_set(&c.m[1], &k, "need", "title", "c");
    member_set(&c.m[1], &k, "need", "title", "d");
    community_sync(&c);
    for (size_t i = 0; i < c.n; i++)
        assert_field(&c.m[i], &k, "need", "title", FIELD_CLEAN, "d", 1);
    assert_agreed(&c);
    community_fini(&c);
}

static void
an_emptied_field_is_not_a_field_that_never_was(void **state)
{
    struct community c;
    (void)state;
    community_of(&c, 1);
    struct record_key k = member_add(&c.m[1], "need", 301, "title", "a");
    community_sync(&c);
    struct digests never;
    struct digests emptied;
    member_digests(&c.m[0], &never);
    member_set(&c.m[1], &k, "need", "place", NULL);
    community_sync(&c);
    for (size_t i = 0; i < 2; i++)
        assert_field(&c.m[i], &k, "need", "place", FIELD_CLEAN, "", 1);
    member_digests(&c.m[0], &emptied);
    assert_false(digests_agree(&never, &emptied));
    assert_agreed(&c);
    /* And in a record's very first item. */
    struct author_run *run = member_begin(&c.m[1]);
    struct op *op = mem_new(sizeof(*op));
    struct buf b = BUF_NONE;
    pack_text(&b, slice_text("b"));
    size_t n = b.n;
    pack_nil(&b);
    op->code = OP_PUT;
    op->unit = 301;
    op->type = 180;
    ledger_new_id(c.m[1].l, op->record);
    memcpy(k.id, op->record, RECORD_ID_BYTES);
    op->fields_n = 2;
    op->field[0] = (struct put_field){.code = 10, .value = slice_of(b.p, n)};
    op->field[1] = (struct put_field){.code = 14, .value = slice_of(b.p + n, 1)};
    assert_ok(author_put(run, 1, op));
    member_end(&c.m[1], run);
    community_sync(&c);
    assert_field(&c.m[0], &k, "need", "place", FIELD_CLEAN, "", 1);
    assert_agreed(&c);
    buf_free(&b);
    mem_free(op);
    community_fini(&c);
}

static void
an_erased_record_is_gone_and_stays_so(void **state)
{
    struct community c;
    enum field_state s;
    char text[64];
    size_t n;
    (void)state;
    community_of(&c, 1);
    struct record_key k = member_add(&c.m[1], "need", 301, "title", "a");
    struct record_key other = member_add(&c.m[1], "need", 301, "title", "b");
    member_set(&c.m[1], &k, "need", "title", "c");
    community_sync(&c);
    community_erase(&c, &k);
    member_set(&c.m[1], &k, "need", "title", "not heard yet");
    community_sync(&c);
    for (size_t i = 0; i < 2; i++) {
        assert_false(member_field(&c.m[i], &k, "need", "title", &s, text, &n));
        assert_field(&c.m[i], &other, "need", "title", FIELD_CLEAN, "b", 1);
    }
    assert_agreed(&c);
    community_fini(&c);
}

static void
the_same_field_apart_is_a_conflict_on_both_until_it_is_settled(void **state)
{
    struct community c;
    char shown[2][64];
    enum field_state s;
    size_t n;
    (void)state;
    community_of(&c, 1);
    struct record_key k = member_add(&c.m[1], "need", 301, "title", "a");
    community_sync(&c);
    c.wall_ms += 1000;
    member_set(&c.m[0], &k, "need", "title", "hub");
    c.wall_ms += 1000;
    member_set(&c.m[1], &k, "need", "title", "group");
    community_sync(&c);
    for (size_t i = 0; i < 2; i++) {
        assert_field(&c.m[i], &k, "need", "title", FIELD_CONFLICT, "group", 2);
        assert_true(member_field(&c.m[i], &k, "need", "title", &s, shown[i], &n));
        assert_int_equal(count(&c.m[i], "SELECT count(*) FROM conflict WHERE kind = 1"),
                         1);
        assert_int_equal(count(&c.m[i], "SELECT count(*) FROM conflict_choice"), 2);
        assert_int_equal(count(&c.m[i], "SELECT sum(is_shown) FROM conflict_choice"), 1);
    }
    assert_string_equal(shown[0], shown[1]);
    assert_int_equal(count(&c.m[0], "SELECT name FROM conflict"),
                     count(&c.m[1], "SELECT name FROM conflict"));
    assert_agreed(&c);
    member_set(&c.m[1], &k, "need", "title", "both"); /* replaces all survivors */
    community_sync(&c);
    for (size_t i = 0; i < 2; i++) {
        assert_field(&c.m[i], &k, "need", "title", FIELD_CLEAN, "both", 1);
        assert_int_equal(count(&c.m[i], "SELECT count(*) FROM conflict"), 0);
        assert_int_equal(count(&c.m[i], "SELECT count(*) FROM conflict_choice"), 0);
    }
    assert_agreed(&c);
    community_fini(&c);
}

static void
different_fields_apart_both_stay(void **state)
{
    struct community c;
    (void)state;
    community_of(&c, 1);
    struct record_key k = member_add(&c.m[1], "need", 301, "title", "a");
    community_sync(&c);
    member_set(&c.m[0], &k, "need", "place", "东门");
    member_set(&c.m[1], &k, "need", "title", "b");
    community_sync(&c);
    for (size_t i = 0; i < 2; i++) {
        assert_field(&c.m[i], &k, "need", "title", FIELD_CLEAN, "b", 1);
        assert_field(&c.m[i], &k, "need", "place", FIELD_CLEAN, "东门", 1);
        assert_true(member_is_parallel(&c.m[i], &k, "need"));
        assert_int_equal(count(&c.m[i], "SELECT count(*) FROM conflict"), 0);
    }
    assert_agreed(&c);
    community_fini(&c);
}

static void
a_seal_decides_what_is_shown_of_a_conflict(void **state)
{
    struct community c;
    (void)state;
    community_init(&c);
    community_groups(&c, 1);
    assert_ok(community_join(&c, community_invite(&c, 301, ROLE_LEADER)));
    assert_ok(community_join(&c, community_invite(&c, 301, ROLE_HELPER)));
    struct member *hub = &c.m[0];
    struct member *fast = &c.m[1];
    struct member *late = &c.m[2];
    struct record_key k = member_add(hub, "need", 301, "title", "a");
    community_sync(&c);
    /* A clock that runs a year ahead wins until a seal tells when it was received. */
    uint64_t now = c.wall_ms;
    c.wall_ms += UINT64_C(365) * 86400000;
    member_set(fast, &k, "need", "title", "ahead");
    c.wall_ms = now + 5000;
    member_pull(hub, fast);
    community_seal(&c);
    c.wall_ms = now + 6000;
    member_set(late, &k, "need", "title", "after");
    member_pull(late, fast);
    assert_field(late, &k, "need", "title", FIELD_CONFLICT, "ahead", 2);
    member_pull(late, hub);
    assert_field(late, &k, "need", "title", FIELD_CONFLICT, "after", 2);
    community_sync(&c);
    assert_field(hub, &k, "need", "title", FIELD_CONFLICT, "after", 2);
    assert_field(fast, &k, "need", "title", FIELD_CONFLICT, "after", 2);
    assert_agreed(&c);
    community_fini(&c);
}

static void
a_member_works_at_once_and_is_left_out_of_the_digest_until_granted(void **state)
{
    struct community c;
    struct digests before;
    struct digests after;
    (void)state;
    community_init(&c);
    community_groups(&c, 1);
    struct member *m = community_invite(&c, 301, ROLE_LEADER);
    struct record_key need = member_add(m, "need", 301, "title", "先写");
    struct record_key door = member_add(m, "household", 301, "door", "1-1-101");
    assert_field(m, &need, "need", "title", FIELD_CLEAN, "先写", 1);
    assert_field(m, &door, "household", "door", FIELD_CLEAN, "1-1-101", 1);
    member_set(m, &need, "need", "title", "再写");
    assert_field(m, &need, "need", "title", FIELD_CLEAN, "再写", 1);
    /* What others wrote is there, but the own log is not told. */
    member_pull(m, &c.m[0]);
    member_digests(m, &before);
    struct digests hub;
    member_digests(&c.m[0], &hub);
    assert_true(digests_agree(&before, &hub));
    assert_ok(community_join(&c, m));
    community_sync(&c);
    assert_field(&c.m[0], &need, "need", "title", FIELD_CLEAN, "再写", 1);
    assert_field(&c.m[0], &door, "household", "door", FIELD_CLEAN, "1-1-101", 1);
    member_digests(m, &after);
    assert_memory_not_equal(before.digest[0], after.digest[0], 16);
    assert_agreed(&c);
    community_fini(&c);
}

static void
an_uncounted_change_of_a_counted_record_is_left_out_too(void **state)
{
    struct community c;
    (void)state;
    community_of(&c, 1);
    struct record_key k = member_add(&c.m[1], "need", 301, "title", "a");
    community_sync(&c);
    struct member *m = community_invite(&c, 301, ROLE_HELPER);
    member_pull(m, &c.m[0]);
    member_pull(&c.m[1], &c.m[0]);
    member_set(m, &k, "need", "title", "b");
    assert_field(m, &k, "need", "title", FIELD_CLEAN, "b", 1);
    assert_agreed(&c);
    assert_ok(community_join(&c, m));
    community_sync(&c);
    assert_field(&c.m[0], &k, "need", "title", FIELD_CLEAN, "b", 1);
    assert_agreed(&c);
    community_fini(&c);
}

static void
a_key_that_comes_later_shows_what_was_carried(void **state)
{
    struct community c;
    enum field_state s;
    char text[64];
    size_t n;
    (void)state;
    community_of(&c, 2);
    struct record_key k = member_add(&c.m[1], "household", 301, "door", "3-2-501");
    member_set(&c.m[1], &k, "household", "door", "3-2-502");
    community_sync(&c);
    struct member *m = &c.m[2];
    assert_false(member_field(m, &k, "household", "door", &s, text, &n));
    const struct key *key = ledger_scope_key(c.m[0].l, k.scope, 1);
    assert_non_null(key);
    assert_ok(ledger_begin(m->l));
    assert_ok(ledger_put_key(m->l, k.scope, 1, key));
    assert_ok(ledger_commit(m->l));
    assert_field(m, &k, "household", "door", FIELD_CLEAN, "3-2-502", 1);
    assert_int_equal(count(m, "SELECT count(*) FROM carried WHERE scope = 3"), 0);
    assert_agreed(&c);
    community_fini(&c);
}

static void
a_key_sealed_later_to_this_node_shows_what_was_carried(void **state)
{
    struct community c;
    struct key wrong = {{1}};
    enum field_state s;
    char text[64];
    size_t n;
    (void)state;
    community_of(&c, 2);
    struct record_key k = member_add(&c.m[1], "household", 301, "door", "3-2-501");
    community_sync(&c);
    struct member *m = &c.m[2];
    community_send_key(&c, m, k.scope, &wrong);
    community_sync(&c);
    assert_false(ledger_can_read(m->l, k.scope)); /* its hash does not hold */
    community_send_key(&c, m, k.scope, ledger_scope_key(c.m[0].l, k.scope, 1));
    community_sync(&c);
    assert_true(ledger_can_read(m->l, k.scope));
    assert_true(member_field(m, &k, "household", "door", &s, text, &n));
    assert_string_equal(text, "3-2-501");
    assert_agreed(&c);
    community_fini(&c);
}

/* One put of `words` by the member, as it stands: versions are not made relative. */
static void
put_raw(struct member *m, struct author_run *run, struct record_key *k,
        const struct version *replaces, const char *text)
{
    struct op *op = mem_new(sizeof(*op));
    struct buf b = BUF_NONE;
    pack_text(&b, slice_text(text));
    op->code = OP_PUT;
    op->unit = m->unit;
    op->type = 180;
    memcpy(op->record, k->id, RECORD_ID_BYTES);
    op->fields_n = 1;
    op->field[0] = (struct put_field){.code = 11, .value = buf_slice(&b)};
    if (replaces != NULL) {
        op->pool[0] = *replaces;
        op->pool_n = 1;
        op->field[0].replaces = op->pool;
        op->field[0].replaces_n = 1;
    }
    assert_ok(author_put(run, 1, op));
    buf_free(&b);
    mem_free(op);
}

static struct author_run *
begin_raw(struct member *m)
{
    struct author author;
    struct author_run *run = NULL;
    assert_ok(ledger_begin(m->l));
    assert_ok(author_of(m->l, &m->log, &author));
    author.log_no = 0;
    assert_ok(author_begin(m->l, &author, &run));
    return run;
}

static void
of_several_items_of_a_record_in_one_entry_the_lowest_counts(void **state)
{
    struct community c;
    struct record_key k = {.scope = 1, .unit = 301};
    (void)state;
    community_of(&c, 1);
    struct member *m = &c.m[1];
    ledger_new_id(m->l, k.id);
    struct author_run *run = begin_raw(m);
    put_raw(m, run, &k, NULL, "first");
    put_raw(m, run, &k, NULL, "second");
    member_end(m, run);
    community_sync(&c);
    for (size_t i = 0; i < 2; i++)
        assert_field(&c.m[i], &k, "need", "words", FIELD_CLEAN, "first", 1);
    assert_agreed(&c);
    community_fini(&c);
}

static void
what_names_an_own_version_wrongly_has_no_effect(void **state)
{
    struct community c;
    struct record_key k = {.scope = 1, .unit = 301};
    struct version ahead = {.log_no = 0, .seq = 99};
    struct version by_number = {.log_no = 2, .seq = 1};
    enum field_state s;
    char text[64];
    size_t n;
    (void)state;
    community_of(&c, 1);
    struct member *m = &c.m[1];
    ledger_new_id(m->l, k.id);
    struct author_run *run = begin_raw(m);
    put_raw(m, run, &k, &ahead, "not written yet");
    assert_ok(author_cut(run));
    put_raw(m, run, &k, &by_number, "own by number");
    member_end(m, run);
    community_sync(&c);
    for (size_t i = 0; i < 2; i++)
        assert_false(member_field(&c.m[i], &k, "need", "words", &s, text, &n));
    assert_agreed(&c);
    community_fini(&c);
}

static void
what_the_rules_refuse_changes_nothing_anywhere(void **state)
{
    struct community c;
    (void)state;
    community_of(&c, 2);
    struct record_key k = member_add(&c.m[1], "need", 301, "title", "a");
    community_sync(&c);
    member_set(&c.m[2], &k, "need", "title", "from another unit");
    community_sync(&c);
    for (size_t i = 0; i < c.n; i++)
        assert_field(&c.m[i], &k, "need", "title", FIELD_CLEAN, "a", 1);
    assert_int_equal(count(&c.m[0], "SELECT n FROM carried WHERE why = 4"), 1);
    assert_agreed(&c);
    community_fini(&c);
}

static void
what_is_rolled_back_is_not_there(void **state)
{
    struct community c;
    struct digests before;
    struct digests after;
    struct author author;
    struct author_run *run = NULL;
    uint8_t id[RECORD_ID_BYTES];
    (void)state;
    community_of(&c, 1);
    struct ledger *l = c.m[0].l;
    (void)member_add(&c.m[0], "need", 0, "title", "a");
    member_digests(&c.m[0], &before);
    uint64_t head = replica_log_by_key(ledger_replica(l), &c.m[0].log.pub)->head_seq;
    assert_ok(ledger_begin(l));
    assert_ok(author_of(l, &c.m[0].log, &author));
    assert_ok(author_begin(l, &author, &run));
    struct op *op = mem_new(sizeof(*op));
    struct buf value = BUF_NONE;
    ledger_new_id(l, id);
    op->code = OP_PUT;
    op->type = type_by_name(ledger_types(l), "need")->code;
    memcpy(op->record, id, RECORD_ID_BYTES);
    pack_text(&value, slice_text("b"));
    op->fields_n = 1;
    op->field[0] = (struct put_field){.code = 10, .value = buf_slice(&value)};
    assert_ok(author_put(run, 1, op));
    assert_ok(author_end(&run));
    ledger_rollback(l);
    mem_free(op);
    buf_free(&value);
    member_digests(&c.m[0], &after);
    assert_true(digests_agree(&before, &after));
    assert_int_equal(replica_log_by_key(ledger_replica(l), &c.m[0].log.pub)->head_seq,
                     head);
    (void)member_add(&c.m[0], "need", 0, "title", "c");
    community_sync(&c);
    assert_agreed(&c);
    community_fini(&c);
}

/* ---- what counted and does not any more */

static void
work_after_the_cut_goes_and_what_was_before_comes_back(void **state)
{
    struct community c;
    enum field_state s;
    char text[64];
    size_t n;
    (void)state;
    community_of(&c, 1);
    struct record_key k = member_add(&c.m[0], "need", 301, "title", "a");
    community_sync(&c);
    struct record_key good = member_add(&c.m[1], "need", 301, "title", "good");
    struct record_key bad = member_add(&c.m[1], "need", 301, "title", "bad");
    member_set(&c.m[1], &k, "need", "title", "b");
    member_set(&c.m[1], &good, "need", "title", "worse");
    community_sync(&c);
    assert_field(&c.m[0], &k, "need", "title", FIELD_CLEAN, "b", 1);
    community_revoke(&c, &c.m[1], 1);
    community_sync(&c);
    for (size_t i = 0; i < c.n; i++) {
        assert_field(&c.m[i], &k, "need", "title", FIELD_CLEAN, "a", 1);
        assert_field(&c.m[i], &good, "need", "title", FIELD_CLEAN, "good", 1);
        assert_false(member_field(&c.m[i], &bad, "need", "title", &s, text, &n));
        assert_int_equal(count(&c.m[i], "SELECT count(*) FROM record_item"), 0);
    }
    assert_agreed(&c);
    community_fini(&c);
}

static void
a_fork_takes_its_entry_back(void **state)
{
    struct community c;
    struct buf other = BUF_NONE;
    enum offer what;
    (void)state;
    community_of(&c, 1);
    struct record_key k = member_add(&c.m[1], "need", 301, "title", "a");
    member_set(&c.m[1], &k, "need", "title", "b");
    community_sync(&c);
    assert_field(&c.m[0], &k, "need", "title", FIELD_CLEAN, "b", 1);
    member_fork(&c.m[1], &k, "need", "title", "c", &other);
    assert_ok(ledger_begin(c.m[0].l));
    assert_ok(replica_offer(ledger_replica(c.m[0].l), buf_slice(&other), &what));
    assert_ok(ledger_settle(c.m[0].l));
    assert_ok(ledger_commit(c.m[0].l));
    assert_field(&c.m[0], &k, "need", "title", FIELD_CLEAN, "a", 1);
    buf_free(&other);
    community_fini(&c);
}

static void
the_first_item_may_go_and_a_later_one_stay(void **state)
{
    struct community c;
    (void)state;
    community_init(&c);
    community_groups(&c, 1);
    assert_ok(community_join(&c, community_invite(&c, 301, ROLE_LEADER)));
    assert_ok(community_join(&c, community_invite(&c, 301, ROLE_HELPER)));
    community_sync(&c);
    struct record_key k = member_add(&c.m[1], "need", 301, "title", "first");
    community_sync(&c);
    member_set(&c.m[2], &k, "need", "place", "later");
    member_set(&c.m[2], &k, "need", "words", "more");
    community_sync(&c);
    community_revoke(&c, &c.m[1], 0);
    community_sync(&c);
    for (size_t i = 0; i < c.n; i++) {
        enum field_state s = FIELD_CLEAN;
        char text[64];
        size_t n = 0;
        assert_true(member_field(&c.m[i], &k, "need", "title", &s, text, &n));
        assert_int_equal(n, 0);
        assert_field(&c.m[i], &k, "need", "place", FIELD_CLEAN, "later", 1);
        assert_field(&c.m[i], &k, "need", "words", FIELD_CLEAN, "more", 1);
        assert_int_equal(count(&c.m[i], "SELECT count(*) FROM record_item"), 1);
    }
    assert_agreed(&c);
    community_fini(&c);
}

static void
a_grant_that_comes_later_is_asked_again(void **state)
{
    struct community c;
    (void)state;
    community_of(&c, 1);
    struct record_key k = member_add(&c.m[1], "need", 301, "title", "a"); /* seq 1 */
    member_set(&c.m[1], &k, "need", "title", "b");                        /* seq 2 */
    community_sync(&c);
    assert_field(&c.m[0], &k, "need", "title", FIELD_CLEAN, "b", 1);
    community_regrant(&c, &c.m[1], ROLE_AUDITOR, 2);
    community_sync(&c);
    for (size_t i = 0; i < c.n; i++)
        assert_field(&c.m[i], &k, "need", "title", FIELD_CLEAN, "a", 1);
    assert_agreed(&c);
    community_regrant(&c, &c.m[1], ROLE_LEADER, 2);
    community_sync(&c);
    for (size_t i = 0; i < c.n; i++)
        assert_field(&c.m[i], &k, "need", "title", FIELD_CLEAN, "b", 1);
    assert_agreed(&c);
    community_fini(&c);
}

static void
projecting_everything_again_changes_nothing(void **state)
{
    struct community c;
    struct digests before;
    struct digests after;
    static const struct change again = {.kind = CHANGE_REFOLD};
    const struct changes changes = {.p = &again, .n = 1};
    (void)state;
    community_of(&c, 1);
    struct record_key k = member_add(&c.m[1], "need", 301, "title", "a");
    community_sync(&c);
    member_set(&c.m[0], &k, "need", "title", "hub");
    member_set(&c.m[1], &k, "need", "title", "group");
    community_sync(&c);
    member_digests(&c.m[0], &before);
    assert_ok(ledger_begin(c.m[0].l));
    assert_ok(ledger_project(c.m[0].l, &changes));
    assert_ok(ledger_commit(c.m[0].l));
    member_digests(&c.m[0], &after);
    assert_true(digests_agree(&before, &after));
    community_fini(&c);
}

/* ---- any order */

static uint32_t
next(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

static void
random_history(size_t members, size_t writes, uint32_t seed)
{
    static const char *const field[] = {"title", "place", "words", "result"};
    struct community c;
    struct record_key k[8];
    community_init(&c);
    community_groups(&c, 1);
    for (size_t i = 1; i < members; i++) {
        struct member *m = community_invite(&c, 301, i % 2 ? ROLE_LEADER : ROLE_HELPER);
        assert_ok(community_join(&c, m));
    }
    for (size_t i = 0; i < 8; i++)
        k[i] = member_add(&c.m[0], "need", 301, "title", "start");
    community_sync(&c);
    for (size_t i = 0; i < writes; i++) {
        struct member *m = &c.m[next(&seed) % c.n];
        char text[32];
        snprintf(text, sizeof(text), "w%zu", i);
        c.wall_ms += next(&seed) % 2000;
        member_set(m, &k[next(&seed) % 8], "need", field[next(&seed) % 4], text);
        if (next(&seed) % 3 == 0)
            member_pull(&c.m[next(&seed) % c.n], &c.m[next(&seed) % c.n]);
        if (next(&seed) % 40 == 0)
            community_seal(&c);
    }
    community_sync(&c);
    assert_agreed(&c);
    for (size_t i = 0; i < c.n; i++) {
        struct digests before;
        struct digests after;
        member_digests(&c.m[i], &before);
        assert_ok(ledger_rebuild(c.m[i].l, NULL, NULL));
        member_digests(&c.m[i], &after);
        assert_true(digests_agree(&before, &after));
    }
    assert_agreed(&c);
    community_fini(&c);
}

static void
any_order_of_arrival_ends_in_the_same_tables(void **state)
{
    static const size_t members[] = {2, 5, 8};
    const char *more = getenv("WRITES");
    size_t writes = more != NULL ? strtoul(more, NULL, 10) : 60;
    (void)state;
    for (size_t i = 0; i < 3; i++)
        random_history(members[i], writes, 7u + (uint32_t)i);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_arrives_as_it_was_written),
        cmocka_unit_test(what_a_node_cannot_read_is_carried),
        cmocka_unit_test(a_change_replaces_what_was_seen),
        cmocka_unit_test(an_emptied_field_is_not_a_field_that_never_was),
        cmocka_unit_test(an_erased_record_is_gone_and_stays_so),
        cmocka_unit_test(the_same_field_apart_is_a_conflict_on_both_until_it_is_settled),
        cmocka_unit_test(different_fields_apart_both_stay),
        cmocka_unit_test(a_seal_decides_what_is_shown_of_a_conflict),
        cmocka_unit_test(
            a_member_works_at_once_and_is_left_out_of_the_digest_until_granted),
        cmocka_unit_test(an_uncounted_change_of_a_counted_record_is_left_out_too),
        cmocka_unit_test(a_key_that_comes_later_shows_what_was_carried),
        cmocka_unit_test(a_key_sealed_later_to_this_node_shows_what_was_carried),
        cmocka_unit_test(of_several_items_of_a_record_in_one_entry_the_lowest_counts),
        cmocka_unit_test(what_names_an_own_version_wrongly_has_no_effect),
        cmocka_unit_test(what_the_rules_refuse_changes_nothing_anywhere),
        cmocka_unit_test(what_is_rolled_back_is_not_there),
        cmocka_unit_test(work_after_the_cut_goes_and_what_was_before_comes_back),
        cmocka_unit_test(a_fork_takes_its_entry_back),
        cmocka_unit_test(the_first_item_may_go_and_a_later_one_stay),
        cmocka_unit_test(a_grant_that_comes_later_is_asked_again),
        cmocka_unit_test(projecting_everything_again_changes_nothing),
        cmocka_unit_test(any_order_of_arrival_ends_in_the_same_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
