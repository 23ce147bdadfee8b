/* How a record came to be what it is: every item of either half that can be read, once,
 * in the order of their clocks. */
#include <stdio.h>
#include <string.h>

#include "schema/edit.h"
#include "schema/ledger_in.h"
#include "schema/query.h"
#include "tests/lib/ledger_fixture.h"
#include "tests/lib/ledger_fixture_test.h"

static struct author
begin(struct member *m)
{
    struct author a;
    assert_ok(ledger_begin(m->l));
    assert_ok(author_of(m->l, &m->log, &a));
    return a;
}

static struct record_key
need(struct member *m)
{
    struct author a = begin(m);
    struct assign f[] = {{"title", "灯"}, {"whom", "某某"}};
    struct made made;
    assert_ok(edit_add(m->l, &a, "need", m->unit, f, 2, &made, NULL));
    assert_ok(ledger_commit(m->l));
    return made.key;
}

static void
set(struct member *m, const struct record_key *key, const char *field, const char *value)
{
    struct author a = begin(m);
    struct assign f = {field, value};
    m->c->wall_ms += 1000;
    assert_ok(edit_set(m->l, &a, key, &f, 1, NULL));
    assert_ok(ledger_commit(m->l));
}

/* LOG:CODE,CODE REPLACED; per step; ? where the log has no grant, * where it is sealed.
 */
static bool
take(void *arg, const struct history_row *h)
{
    struct buf *out = arg;
    size_t replaced = 0;
    assert_true(h->is_effective);
    buf_addf(out, "%s%u:", h->log == NULL || h->log->is_assumed ? "?" : "", h->at.log_no);
    for (uint16_t i = 0; i < h->put->fields_n; i++) {
        buf_addf(out, "%s%u", i > 0 ? "," : "", h->put->field[i].code);
        replaced += h->put->field[i].replaces_n;
        for (uint16_t k = 0; k < h->put->field[i].replaces_n; k++)
            assert_int_not_equal(h->put->field[i].replaces[k].log_no, 0);
    }
    if (replaced > 0)
        buf_addf(out, " %zu", replaced);
    buf_addf(out, "%s;", h->sealed_clock != UINT64_MAX ? "*" : "");
    return true;
}

static const char *
history(struct member *m, const struct record_key *key, struct buf *out)
{
    out->n = 0;
    assert_ok(query_history(m->l, key, take, out));
    return buf_text(out);
}

static void
steps_of_both_halves_stand_in_the_order_of_their_clocks(void **state)
{
    static struct community c;
    struct buf out = BUF_NONE;
    (void)state;
    community_of(&c, 2);
    struct record_key key = need(&c.m[1]);
    set(&c.m[1], &key, "title", "a");
    community_seal(&c);
    set(&c.m[1], &key, "whom", "b");
    community_sync(&c);
    set(&c.m[0], &key, "title", "c");
    community_sync(&c);
    assert_string_equal(history(&c.m[1], &key, &out),
                        "2:2,3,10;2:19;2:10 1;2:19 1;1:10 1;");
    community_seal(&c);
    community_sync(&c);
    assert_string_equal(history(&c.m[1], &key, &out),
                        "2:2,3,10*;2:19*;2:10 1*;2:19 1*;1:10 1*;");
    /* Whoever cannot read the private half sees none of its steps. */
    assert_string_equal(history(&c.m[2], &key, &out), "2:2,3,10*;2:10 1*;1:10 1*;");
    buf_free(&out);
    community_fini(&c);
}

static void
a_settle_replaces_all_and_a_rebuild_tells_the_same(void **state)
{
    static struct community c;
    struct buf out = BUF_NONE, again = BUF_NONE;
    (void)state;
    community_of(&c, 1);
    struct record_key key = need(&c.m[1]);
    community_sync(&c);
    set(&c.m[0], &key, "title", "a");
    set(&c.m[1], &key, "title", "b");
    community_sync(&c);
    set(&c.m[1], &key, "title", "c");
    assert_non_null(strstr(history(&c.m[1], &key, &out), ";2:10 2;"));
    assert_ok(ledger_rebuild(c.m[1].l, NULL, NULL));
    assert_string_equal(history(&c.m[1], &key, &again), buf_text(&out));
    buf_free(&out);
    buf_free(&again);
    community_fini(&c);
}

static void
a_log_without_grant_is_told_as_such(void **state)
{
    static struct community c;
    struct buf out = BUF_NONE;
    (void)state;
    community_of(&c, 1);
    struct member *m = community_invite(&c, 301, ROLE_LEADER);
    struct record_key key = need(m);
    set(m, &key, "title", "a");
    assert_int_equal(history(m, &key, &out)[0], '?');
    assert_non_null(strstr(buf_text(&out), "10 1;"));
    buf_free(&out);
    community_fini(&c);
}

static void
an_erased_record_has_no_history(void **state)
{
    static struct community c;
    struct buf out = BUF_NONE;
    (void)state;
    community_of(&c, 1);
    struct record_key key = need(&c.m[1]), other = need(&c.m[1]);
    set(&c.m[1], &key, "title", "a");
    community_sync(&c);
    community_erase(&c, &key);
    community_sync(&c);
    for (size_t i = 0; i < c.n; i++) {
        assert_int_equal(query_history(c.m[i].l, &key, take, &out), RC_NOTFOUND);
        assert_string_equal(history(&c.m[i], &other, &out), "2:2,3,10;2:19;");
    }
    buf_free(&out);
    community_fini(&c);
}

struct nested {
    struct member *m;
    struct record_key key;
    struct buf out;
    size_t n;
};

static bool
ask_again(void *arg, const struct history_row *h)
{
    struct nested *x = arg;
    uint16_t code = h->put->field[0].code;
    (void)history(x->m, &x->key, &x->out);
    assert_int_equal(h->put->field[0].code, code); /* ours is untouched */
    return ++x->n < 2;
}

static void
whoever_is_told_may_ask_again_and_stop(void **state)
{
    static struct community c;
    (void)state;
    community_of(&c, 1);
    struct nested x = {.m = &c.m[1], .key = need(&c.m[1])};
    set(&c.m[1], &x.key, "title", "a");
    assert_ok(query_history(c.m[1].l, &x.key, ask_again, &x));
    assert_int_equal(x.n, 2);
    buf_free(&x.out);
    community_fini(&c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_of_both_halves_stand_in_the_order_of_their_clocks),
        cmocka_unit_test(a_settle_replaces_all_and_a_rebuild_tells_the_same),
        cmocka_unit_test(a_log_without_grant_is_told_as_such),
        cmocka_unit_test(an_erased_record_has_no_history),
        cmocka_unit_test(whoever_is_told_may_ask_again_and_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
