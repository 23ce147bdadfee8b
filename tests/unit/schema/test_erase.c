/* Erasing in ledgers: what is named goes from file and tables, who says so, who counts;
 * late items, many items, readers that hold old pages, numbers that are not given again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "schema/ledger_in.h"
#include "tests/lib/ledger_fixture.h"
#include "tests/lib/ledger_fixture_test.h"

#define SECRET "QinYuzhenBrokeHerHip"
#define LATE "WrittenAfterwardsElsewhere"

static void
plan(struct community *c, const struct record_key *key, struct erase_plan *out)
{
    char id[2 * RECORD_ID_BYTES + 1];
    struct fault why = {0};

    hex_print(key->id, RECORD_ID_BYTES, id);
    assert_ok(erase_plan(c->m[0].l, id, out, &why));
}

/* The hub orders it; how many items it named. */
static uint64_t
order(struct community *c, const struct record_key *key)
{
    struct erase_plan p;
    const struct erase_words words = {1, "2026-7", ""};
    struct order_result is;
    struct fault why = {0};
    uint64_t n;

    plan(c, key, &p);
    n = p.items_n;
    assert_ok(ledger_begin(c->m[0].l));
    assert_ok(erase_order(c->m[0].l, &c->hub, &p, &words, &is, &why));
    assert_int_equal(is.state, ORDER_WRITTEN);
    assert_ok(ledger_commit(c->m[0].l));
    erase_plan_fini(&p);
    return n;
}

static void
acknowledge(struct member *m)
{
    assert_true(erase_is_due(m->l, &m->ack));
    assert_ok(erase_sweep(m->l));
    assert_ok(ledger_begin(m->l));
    assert_ok(erase_acknowledge(m->l, &m->ack));
    assert_ok(ledger_commit(m->l));
    assert_false(erase_is_due(m->l, &m->ack));
}

struct rows_met {
    size_t rows, done, nodes;
    uint64_t items;
};

static bool
list_one(void *arg, const struct erase_row *r)
{
    struct rows_met *x = arg;

    x->rows++;
    x->done += r->done_n;
    x->nodes += r->nodes_n;
    x->items += r->items_n;
    assert_string_equal(r->first->request, "2026-7");
    return true;
}

static struct rows_met
list(struct member *m)
{
    struct rows_met x = {0};

    assert_ok(erase_each(m->l, list_one, &x));
    return x;
}

/* Are these bytes in any file of the member's database? */
static bool
is_in_files(const struct community *c, size_t i, const void *what, size_t n)
{
    static const char *const ends[] = {"", "-wal"};
    struct buf all = BUF_NONE;
    bool found = false;

    for (size_t k = 0; k < 2; k++) {
        char path[512];
        uint8_t piece[4096];
        size_t got;
        FILE *f;

        (void)snprintf(path, sizeof path, "%s",
                       sqlite3_db_filename(db_handle(c->m[i].l->db), "main"));
        (void)snprintf(path + strlen(path), sizeof path - strlen(path), "%s", ends[k]);
        f = fopen(path, "rb");
        while (f != NULL && (got = fread(piece, 1, sizeof piece, f)) > 0)
            buf_add(&all, piece, got);
        if (f != NULL)
            fclose(f);
    }
    assert_true(all.n > 0);
    for (size_t at = 0; at + n <= all.n && !found; at++)
        found = memcmp(all.p + at, what, n) == 0;
    buf_free(&all);
    return found;
}

/* The sealed item: what would open again under the scope's key. */
static struct buf
sealed_item(struct member *holder, const struct member *writer, uint64_t seq)
{
    struct buf out = BUF_NONE, bytes = BUF_NONE;
    struct entry e;
    struct entry_item item;
    uint32_t n = log_number(holder->l->log, &writer->log.pub);

    assert_ok(log_entry_at(holder->l->log, log_row(n, seq), &bytes));
    assert_ok(entry_decode(buf_slice(&bytes), &e));
    struct entry_items it = entry_items(&e);
    assert_true(entry_items_next(&it, &item) && !item.is_erased);
    /* From within: a page may cut an item in two. */
    buf_add(&out, item.bytes.p + item.bytes.n - 40, 40);
    buf_free(&bytes);
    return out;
}

struct place {
    struct community c;
    char dir[64];
};

static void
place_init(struct place *p, size_t groups)
{
    (void)snprintf(p->dir, sizeof p->dir, "/tmp/linjuli-erase.XXXXXX");
    assert_non_null(mkdtemp(p->dir));
    community_init_at(&p->c, p->dir);
    community_groups(&p->c, groups);
    for (size_t i = 0; i < groups; i++)
        assert_ok(community_join(
            &p->c, community_invite(&p->c, FIXTURE_GROUP + (uint32_t)i, ROLE_LEADER)));
    community_sync(&p->c);
}

static void
place_fini(struct place *p)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    size_t n = p->c.n;
    char path[FIXTURE_MAX][512];

    for (size_t i = 0; i < n; i++)
        (void)snprintf(path[i], sizeof path[i], "%s",
                       sqlite3_db_filename(db_handle(p->c.m[i].l->db), "main"));
    community_fini(&p->c);
    for (size_t i = 0; i < 3 * n; i++) {
        char name[520];

        (void)snprintf(name, sizeof name, "%s%s", path[i / 3], ends[i % 3]);
        (void)unlink(name);
    }
    (void)rmdir(p->dir);
}

static void
nothing_of_it_stays_on_any_disk(void **state)
{
    static struct place p;
    struct digests a, b;
    struct buf item;
    struct record_key key;

    (void)state;
    place_init(&p, 2);
    key = member_add(&p.c.m[1], "need", p.c.m[1].unit, "title", SECRET);
    community_sync(&p.c);
    community_seal(&p.c);
    item = sealed_item(&p.c.m[0], &p.c.m[1], member_log(&p.c.m[1])->head_seq);
    for (size_t i = 0; i < p.c.n; i++) {
        assert_true(is_in_files(&p.c, i, SECRET, strlen(SECRET)));
        assert_true(is_in_files(&p.c, i, item.p, item.n));
        assert_false(erase_is_due(p.c.m[i].l, &p.c.m[i].ack));
    }
    assert_int_equal(order(&p.c, &key), 1);
    community_sync(&p.c);
    assert_int_equal(list(&p.c.m[1]).done, 0);
    for (size_t i = 0; i < p.c.n; i++) {
        acknowledge(&p.c.m[i]);
        assert_false(is_in_files(&p.c, i, SECRET, strlen(SECRET)));
        assert_false(is_in_files(&p.c, i, item.p, item.n));
    }
    community_sync(&p.c);
    for (size_t i = 0; i < p.c.n; i++) {
        assert_int_equal(list(&p.c.m[i]).rows, 1);
        assert_int_equal(list(&p.c.m[i]).done, p.c.n);
        assert_int_equal(list(&p.c.m[i]).nodes, p.c.n);
        assert_ok(ledger_doctor(p.c.m[i].l, NULL, NULL));
        member_digests(&p.c.m[i], &a);
        assert_ok(ledger_rebuild(p.c.m[i].l, NULL, NULL));
        member_digests(&p.c.m[i], &b);
        assert_true(digests_agree(&a, &b));
        assert_false(is_in_files(&p.c, i, SECRET, strlen(SECRET)));
    }
    community_seal(&p.c);
    community_sync(&p.c);
    assert_int_equal(replica_wrong_n(ledger_replica(p.c.m[2].l)), 0);
    buf_free(&item);
    place_fini(&p);
}

/* A reader sees the database as it was, so as long as it stands the old pages do. */
static void
a_reader_that_holds_old_pages_is_waited_for(void **state)
{
    static struct place p;
    struct record_key key;
    sqlite3 *reader = NULL;

    (void)state;
    place_init(&p, 1);
    key = member_add(&p.c.m[1], "need", p.c.m[1].unit, "title", SECRET);
    community_sync(&p.c);
    assert_int_equal(
        sqlite3_open(sqlite3_db_filename(db_handle(p.c.m[1].l->db), "main"), &reader),
        SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM log_entry", NULL, NULL, NULL),
        SQLITE_OK);
    (void)order(&p.c, &key);
    community_sync(&p.c);
    assert_true(erase_is_due(p.c.m[1].l, &p.c.m[1].ack));
    assert_int_equal(erase_sweep(p.c.m[1].l), RC_BUSY);
    assert_true(is_in_files(&p.c, 1, SECRET, strlen(SECRET)));
    assert_int_equal(list(&p.c.m[1]).done, 0);
    sqlite3_close(reader);
    acknowledge(&p.c.m[1]);
    assert_false(is_in_files(&p.c, 1, SECRET, strlen(SECRET)));
    assert_int_equal(list(&p.c.m[1]).done, 1);
    place_fini(&p);
}

static void
a_restart_in_the_middle_goes_on(void **state)
{
    static struct place p;
    struct record_key key;

    (void)state;
    place_init(&p, 1);
    key = member_add(&p.c.m[1], "need", p.c.m[1].unit, "title", SECRET);
    community_sync(&p.c);
    (void)order(&p.c, &key);
    community_sync(&p.c);
    ledger_close(p.c.m[1].l);
    assert_ok(member_open(&p.c.m[1]));
    acknowledge(&p.c.m[1]);
    ledger_close(p.c.m[1].l);
    assert_ok(member_open(&p.c.m[1]));
    /* it is asked once more after a start; nothing is written twice */
    acknowledge(&p.c.m[1]);
    assert_int_equal(replica_ack(ledger_replica(p.c.m[1].l), 2)->head_seq, 1);
    place_fini(&p);
}

static void
a_late_edit_has_no_effect_and_can_be_named_too(void **state)
{
    static struct community c;
    enum field_state field;
    struct record_key key;
    char text[64];
    size_t versions;

    (void)state;
    community_of(&c, 2);
    key = member_add(&c.m[1], "need", c.m[1].unit, "title", SECRET);
    community_sync(&c);
    assert_int_equal(order(&c, &key), 1);
    member_set(&c.m[1], &key, "need", "title", LATE);
    community_sync(&c);
    for (size_t i = 0; i < c.n; i++)
        assert_false(
            member_field(&c.m[i], &key, "need", "title", &field, text, &versions));
    assert_int_equal(order(&c, &key), 1); /* the late one, and nothing twice */
    community_sync(&c);
    assert_int_equal(list(&c.m[2]).rows, 1);
    assert_int_equal(list(&c.m[2]).items, 2);
    {
        struct erase_plan left;

        plan(&c, &key, &left);
        assert_true(left.was_erased);
        assert_int_equal(left.items_n, 0);
        erase_plan_fini(&left);
    }
    community_fini(&c);
}

/* More than one operation holds: each is ordered on top of the one before. */
static void
what_does_not_fit_one_order_is_cut(void **state)
{
    static struct community c;
    struct record_key key;
    struct author_run *run;

    (void)state;
    community_of(&c, 1);
    key = member_add(&c.m[1], "need", c.m[1].unit, "title", SECRET);
    run = member_begin(&c.m[1]);
    {
        struct op *op = mem_new(sizeof *op);
        const struct type *t = type_by_name(ledger_types(c.m[1].l), "need");
        static const uint8_t value[] = {0xa1, 'x'};

        op->code = OP_PUT;
        op->unit = key.unit;
        memcpy(op->record, key.id, RECORD_ID_BYTES);
        op->type = t->code;
        op->fields_n = 1;
        op->field[0].code = field_by_name(t, "title")->code;
        op->field[0].value = slice_of(value, sizeof value);
        for (size_t i = 0; i < 6500; i++)
            assert_ok(author_put(run, key.scope, op));
        mem_free(op);
    }
    member_end(&c.m[1], run);
    community_sync(&c);
    assert_int_equal(order(&c, &key), 6501);
    /* three for the record, one for its private half, of which there is nothing */
    assert_int_equal(authority_erases_n(replica_authority(ledger_replica(c.m[0].l))), 4);
    assert_int_equal(
        authority_erased_items_n(replica_authority(ledger_replica(c.m[0].l))), 6501);
    community_sync(&c);
    acknowledge(&c.m[1]);
    community_sync(&c);
    assert_int_equal(list(&c.m[0]).rows, 1);
    assert_int_equal(list(&c.m[0]).done, 1);
    community_fini(&c);
}

static struct made
add_numbered(struct member *m, const char *title)
{
    struct assign f = {"title", title};
    struct fault why = {0};
    struct author a;
    struct made made;

    assert_ok(ledger_begin(m->l));
    assert_ok(author_of(m->l, &m->log, &a));
    assert_ok(edit_add(m->l, &a, "need", m->unit, &f, 1, &made, &why));
    assert_ok(ledger_commit(m->l));
    return made;
}

static void
a_number_is_not_given_again(void **state)
{
    static struct community c;
    struct record_key key;
    struct fault why = {0};
    struct made first, second, third;
    struct erase_info found;

    (void)state;
    community_of(&c, 1);
    first = add_numbered(&c.m[1], "one");
    second = add_numbered(&c.m[1], "two");
    assert_string_not_equal(first.number, second.number);
    community_sync(&c);
    assert_int_equal(order(&c, &second.key), 1);
    community_sync(&c);
    assert_ok(ledger_rebuild(c.m[1].l, NULL, NULL));
    third = add_numbered(&c.m[1], "three");
    assert_string_not_equal(third.number, second.number);
    assert_string_not_equal(third.number, first.number);
    assert_ok(erase_find(c.m[1].l, second.number, &found)); /* who holds the slip */
    assert_int_equal(record_key_cmp(&found.record, &second.key), 0);
    assert_int_equal(query_find_one(c.m[1].l, second.number, &key, &why), RC_NOTFOUND);
    assert_int_equal(why.code, FAULT_ERASED);
    community_fini(&c);
}

/* Another key than the node's own writes nothing; what names no counted order is nothing.
 */
static void
only_the_nodes_own_log_speaks_for_it(void **state)
{
    static struct community c;
    struct record_key key;

    (void)state;
    community_of(&c, 2);
    key = member_add(&c.m[1], "need", c.m[1].unit, "title", SECRET);
    community_sync(&c);
    (void)order(&c, &key);
    community_sync(&c);
    assert_false(erase_is_due(c.m[1].l, &c.m[2].ack));
    assert_ok(ledger_begin(c.m[1].l));
    assert_int_equal(erase_acknowledge(c.m[1].l, &c.m[2].ack), RC_DENIED);
    ledger_rollback(c.m[1].l);
    assert_int_equal(list(&c.m[0]).done, 0);
    acknowledge(&c.m[1]);
    community_sync(&c);
    assert_int_equal(list(&c.m[0]).done, 1);
    community_fini(&c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_of_it_stays_on_any_disk),
        cmocka_unit_test(a_reader_that_holds_old_pages_is_waited_for),
        cmocka_unit_test(a_restart_in_the_middle_goes_on),
        cmocka_unit_test(a_late_edit_has_no_effect_and_can_be_named_too),
        cmocka_unit_test(what_does_not_fit_one_order_is_cut),
        cmocka_unit_test(a_number_is_not_given_again),
        cmocka_unit_test(only_the_nodes_own_log_speaks_for_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
