/* Small invites as text: the example of INVITE.md section 7 and the golden parts, and
 * everything that a scanner may do to them. */
#include "schema/invite_text.h"
#include "tests/unit/crypto/figures.h"

static struct buf small, one, golden; /* the file; the page's text; three parts */

/* Text between ```text NAME and ```, of a document. */
static void
text_block(const char *document, const char *name, struct buf *out)
{
    char head[64];
    (void)snprintf(head, sizeof(head), "```text %s\n", name);
    const char *p = strstr(document, head);
    assert_non_null(p);
    p += strlen(head);
    buf_add(out, p, (size_t)(strstr(p, "```") - p));
}

static int
begin(void **state)
{
    struct buf page = BUF_NONE;
    struct invite i;
    int status = start_crypto(state);
    tree_read("schema/INVITE.md", &page);
    struct buf file = document_hex((const char *)page.p, "file");
    assert_int_equal(invite_decode(buf_slice(&file), &i), RC_OK);
    assert_false(invite_is_small(&i));
    invite_small(&i, &small);
    invite_fini(&i);
    text_block((const char *)page.p, "one", &one);
    tree_read("tests/golden/invite/parts.txt", &golden);
    buf_free(&file);
    buf_free(&page);
    return status;
}

static int
end(void **state)
{
    (void)state;
    buf_free(&small);
    buf_free(&one);
    buf_free(&golden);
    return 0;
}

static struct buf
parts(unsigned n)
{
    struct buf out = BUF_NONE;
    for (unsigned k = 1; k <= n; k++) {
        assert_int_equal(invite_part(buf_slice(&small), k, n, &out), RC_OK);
        buf_add_u8(&out, '\n');
    }
    return out;
}

static enum rc
parsed(struct slice text, struct invite_seen *seen)
{
    struct buf file = BUF_NONE;
    uint8_t *exact = mem_copy(text.p, text.n); /* reading past it shows */
    enum rc rc = invite_text_parse(slice_of(exact, text.n), seen, &file);
    if (rc == RC_OK)
        assert_bytes(buf_slice(&file), buf_slice(&small));
    else
        assert_int_equal(file.n, 0);
    buf_free(&file);
    mem_free(exact);
    return rc;
}

static void
page_and_golden_are_what_is_written(void **state)
{
    struct buf flat = BUF_NONE, mine = parts(1), three = parts(3);
    struct invite_seen seen;
    struct invite i;
    (void)state;
    for (size_t k = 0; k < one.n; k++)
        if (one.p[k] != '\n')
            buf_add_u8(&flat, one.p[k]);
    buf_add_u8(&flat, '\n');
    assert_bytes(buf_slice(&flat), buf_slice(&mine));
    assert_bytes(buf_slice(&golden), buf_slice(&three));
    assert_int_equal(parsed(buf_slice(&one), &seen), RC_OK); /* folded as it is */
    assert_int_equal(parsed(buf_slice(&golden), &seen), RC_OK);
    assert_int_equal(seen.n, 3);
    assert_int_equal(invite_decode(buf_slice(&small), &i), RC_OK);
    assert_true(invite_is_small(&i));
    invite_fini(&i);
    buf_free(&flat);
    buf_free(&mine);
    buf_free(&three);
}

static void
parts_come_in_any_order_and_any_dress(void **state)
{
    (void)state;
    for (unsigned n = 1; n <= INVITE_PARTS_MAX; n++) {
        struct buf text = BUF_NONE;
        struct invite_seen seen;
        for (unsigned k = n; k >= 1; k--) {
            if (text.n > 0) {
                assert_int_equal(parsed(buf_slice(&text), &seen), RC_NO);
                assert_int_equal(seen.n, n);
                assert_int_equal(seen.have, (1u << n) - (1u << k));
                assert_true(seen.is_complete && !seen.is_torn && !seen.is_mixed);
            }
            assert_int_equal(invite_part(buf_slice(&small), k, n, &text), RC_OK);
            if (k % 2 == 0) /* nothing between two of them, or a line end, or it twice */
                assert_int_equal(invite_part(buf_slice(&small), k, n, &text), RC_OK);
            else
                buf_addf(&text, "\r\n ");
        }
        assert_int_equal(parsed(buf_slice(&text), &seen), RC_OK);
        for (size_t at = 0; at < text.n; at++)
            if (text.p[at] >= 'A' && text.p[at] <= 'Z')
                text.p[at] = (uint8_t)(text.p[at] + 32);
        assert_int_equal(parsed(buf_slice(&text), &seen), RC_OK);
        buf_free(&text);
    }
}

static void
no_letter_can_change_and_none_be_missing(void **state)
{
    struct buf text = parts(2);
    struct invite_seen seen;
    (void)state;
    for (size_t at = 0; at + 1 < text.n; at++) {
        uint8_t old = text.p[at];
        text.p[at] = old == 'A' ? 'B' : 'A';
        if (old != '\n') {
            assert_int_not_equal(parsed(buf_slice(&text), &seen), RC_OK);
            assert_true(seen.is_torn || at < 5);
        }
        text.p[at] = old;
    }
    for (size_t n = 0; n + 1 < text.n; n++)
        assert_int_not_equal(parsed(slice_of(text.p, n), &seen), RC_OK);
    buf_free(&text);
}

static void
a_torn_part_is_made_good_by_the_next_scan(void **state)
{
    struct buf text = BUF_NONE;
    struct invite_seen seen;
    (void)state;
    assert_int_equal(invite_part(buf_slice(&small), 1, 1, &text), RC_OK);
    text.n -= 3;
    assert_int_equal(parsed(buf_slice(&text), &seen), RC_NO);
    assert_true(seen.is_torn && !seen.is_complete && seen.n == 0);
    assert_int_equal(invite_part(buf_slice(&small), 1, 1, &text), RC_OK);
    assert_int_equal(parsed(buf_slice(&text), &seen), RC_OK);
    assert_true(seen.is_torn && seen.is_complete);
    buf_free(&text);
}

static void
two_invites_are_told_apart(void **state)
{
    struct buf text = BUF_NONE, other = BUF_NONE;
    struct invite_seen seen;
    (void)state;
    buf_add_slice(&other, buf_slice(&small));
    other.p[other.n - HASH_BYTES] ^= 1;
    assert_int_equal(invite_part(buf_slice(&small), 1, 2, &text), RC_OK);
    size_t n = text.n;
    assert_int_equal(invite_part(buf_slice(&other), 2, 2, &text), RC_OK);
    assert_int_equal(parsed(buf_slice(&text), &seen), RC_MALFORMED);
    assert_true(seen.is_mixed);
    text.n = n; /* one invite, cut twice */
    assert_int_equal(invite_part(buf_slice(&small), 2, 3, &text), RC_OK);
    assert_int_equal(parsed(buf_slice(&text), &seen), RC_MALFORMED);
    assert_true(seen.is_mixed);
    buf_free(&text);
    buf_free(&other);
}

static void
limits_hold(void **state)
{
    static uint8_t big[INVITE_PARTS_MAX * INVITE_SHARE_BYTES_MAX + 1];
    struct buf text = BUF_NONE;
    struct invite_seen seen;
    (void)state;
    assert_int_equal(invite_part(buf_slice(&small), 1, 0, &text), RC_LIMIT);
    assert_int_equal(invite_part(buf_slice(&small), 0, 1, &text), RC_LIMIT);
    assert_int_equal(invite_part(buf_slice(&small), 3, 2, &text), RC_LIMIT);
    assert_int_equal(invite_part(buf_slice(&small), 1, 9, &text), RC_LIMIT);
    assert_int_equal(invite_part(slice_of(big, sizeof(big)), 1, 8, &text), RC_LIMIT);
    assert_int_equal(invite_part(slice_of(big, HASH_BYTES - 1), 1, 1, &text), RC_LIMIT);
    assert_int_equal(text.n, 0);
    assert_int_equal(invite_part(slice_of(big, sizeof(big) - 1), 8, 8, &text), RC_OK);
    text.n = 0;
    assert_int_equal(invite_text_parse(slice_text("LJI1"), &seen, &text), RC_MALFORMED);
    assert_int_equal(invite_text_parse(slice_text("hello"), &seen, &text), RC_MALFORMED);
    assert_int_equal(invite_text_parse(slice_of(NULL, 0), &seen, &text), RC_MALFORMED);
    assert_int_equal(invite_text_parse(slice_text("LJI1:"), &seen, &text), RC_NO);
    buf_addf(&text, "LJI1:");
    while (text.n <= INVITE_TEXT_BYTES_MAX)
        buf_add_u8(&text, ' ');
    assert_int_equal(parsed(buf_slice(&text), &seen), RC_LIMIT);
    buf_free(&text);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(page_and_golden_are_what_is_written),
        cmocka_unit_test(parts_come_in_any_order_and_any_dress),
        cmocka_unit_test(no_letter_can_change_and_none_be_missing),
        cmocka_unit_test(a_torn_part_is_made_good_by_the_next_scan),
        cmocka_unit_test(two_invites_are_told_apart),
        cmocka_unit_test(limits_hold),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
