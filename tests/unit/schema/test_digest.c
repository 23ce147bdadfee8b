/* `digest`: equal exactly when what people can see is equal. */
#include "tests/lib/ledger_fixture_test.h"

#include <string.h>

#include "schema/digest.h"
#include "tests/lib/ledger_fixture.h"

static void
readable_scopes_are_told_ascending_with_or_without_records(void **state)
{
    struct community c;
    struct digests d;
    (void)state;
    community_of(&c, 2);
    member_digests(&c.m[0], &d);
    assert_int_equal(d.n, 6);
    for (uint32_t i = 0; i < 6; i++)
        assert_int_equal(d.scope[i], i + 1);
    /* Scopes without a record: the hash of nothing. */
    struct hash none = hash_of(slice_of(NULL, 0));
    assert_memory_equal(d.digest[2], none.b, 16);
    assert_memory_not_equal(d.digest[0], none.b, 16);
    member_digests(&c.m[2], &d);
    assert_int_equal(d.n, 3);
    assert_int_equal(d.scope[0], 1);
    assert_int_equal(d.scope[1], 5);
    assert_int_equal(d.scope[2], 6);
    community_fini(&c);
}

static void
any_visible_change_changes_it(void **state)
{
    struct community c;
    struct digests last;
    struct digests now;
    (void)state;
    community_of(&c, 1);
    struct record_key k = member_add(&c.m[1], "need", 301, "title", "a");
    community_sync(&c);
    member_digests(&c.m[0], &last);
    member_set(&c.m[1], &k, "need", "title", "b");
    community_sync(&c);
    member_digests(&c.m[0], &now);
    assert_memory_not_equal(last.digest[0], now.digest[0], 16);
    last = now;
    member_set(&c.m[0], &k, "need", "title", "c");
    member_set(&c.m[1], &k, "need", "title", "d"); /* a conflict */
    community_sync(&c);
    member_digests(&c.m[0], &now);
    assert_memory_not_equal(last.digest[0], now.digest[0], 16);
    community_fini(&c);
}

static void
a_seal_alone_does_not_change_it(void **state)
{
    struct community c;
    struct digests last;
    struct digests now;
    (void)state;
    community_of(&c, 1);
    (void)member_add(&c.m[1], "need", 301, "title", "a");
    community_sync(&c);
    member_digests(&c.m[0], &last);
    community_seal(&c);
    member_digests(&c.m[0], &now);
    for (size_t i = 0; i < last.n; i++)
        assert_memory_equal(last.digest[i], now.digest[i], 16);
    community_fini(&c);
}

static void
every_byte_of_a_record_counts(void **state)
{
    struct image im = {.key = {.scope = 1, .unit = 302}, .type = 180};
    struct image_choice c = {.at = {.log_no = 17, .seq = 2}};
    struct buf a = BUF_NONE;
    struct buf b = BUF_NONE;
    (void)state;
    image_add_field(&im, 10, FIELD_CONFLICT);
    image_add_choice(&im, &c, slice_text("a"));
    c.at.log_no = 18;
    image_add_choice(&im, &c, slice_text("b"));
    digest_record(&im, &a);
    im.field[0].shown = 1;
    digest_record(&im, &b);
    assert_false(slice_eq(buf_slice(&a), buf_slice(&b)));
    im.field[0].shown = 0;
    im.field[0].state = FIELD_CYCLE;
    b.n = 0;
    digest_record(&im, &b);
    assert_false(slice_eq(buf_slice(&a), buf_slice(&b)));
    im.field[0].state = FIELD_CONFLICT;
    im.key.unit = 303;
    b.n = 0;
    digest_record(&im, &b);
    assert_false(slice_eq(buf_slice(&a), buf_slice(&b)));
    im.key.unit = 302;
    /* What only this node knows does not count. */
    im.entry = 5;
    im.item = 7;
    im.is_parallel = true;
    im.choice[0].clock = 9;
    b.n = 0;
    digest_record(&im, &b);
    assert_true(slice_eq(buf_slice(&a), buf_slice(&b)));
    buf_free(&a);
    buf_free(&b);
    image_fini(&im);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readable_scopes_are_told_ascending_with_or_without_records),
        cmocka_unit_test(any_visible_change_changes_it),
        cmocka_unit_test(a_seal_alone_does_not_change_it),
        cmocka_unit_test(every_byte_of_a_record_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
