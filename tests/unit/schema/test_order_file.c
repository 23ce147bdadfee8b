/* The order file: the worked example of ORDER.md section 5, read from the page. */
#include "schema/order.h"
#include "tests/unit/crypto/figures.h"

static struct buf
example(const char *page, const char *name)
{
    struct buf document = BUF_NONE;
    tree_read(page, &document);
    struct buf out = document_hex((const char *)document.p, name);
    buf_free(&document);
    return out;
}

/* The grant of AUTHORITY.md section 10 as it was before anybody took it up. */
static void
make(struct buf *file, char name[static ORDER_NAME_BYTES])
{
    struct buf whole = example("sync/AUTHORITY.md", "grant");
    struct buf op = BUF_NONE;
    struct auth_op *grant = mem_new(sizeof(*grant));
    struct order_file f;
    assert_int_equal(auth_op_decode(buf_slice(&whole), grant), RC_OK);
    grant->grant.has_join = false;
    auth_op_encode(grant, &op);
    memset(f.community.b, 0xc0, HASH_BYTES);
    f.op = buf_slice(&op);
    order_file_encode(&f, file);
    order_name(grant, name);
    buf_free(&op);
    buf_free(&whole);
    mem_free(grant);
}

static void
the_example_says_what_the_page_says(void **state)
{
    struct buf file = BUF_NONE;
    char name[ORDER_NAME_BYTES], want[ORDER_NAME_BYTES];
    struct buf head = example("schema/ORDER.md", "head");
    struct buf named = example("schema/ORDER.md", "name");
    struct order_file f;
    (void)state;
    make(&file, name);
    assert_bytes(slice_of(file.p, head.n), buf_slice(&head));
    hex_print(named.p, named.n, want);
    assert_string_equal(name, want);
    assert_int_equal(order_file_decode(buf_slice(&file), &f), RC_OK);
    assert_int_equal(f.op.n, file.n - head.n);
    buf_free(&head);
    buf_free(&named);
    buf_free(&file);
}

/* Cut anywhere, with a byte more, or of another version: refused. */
static void
anything_else_is_refused(void **state)
{
    struct buf file = BUF_NONE;
    char name[ORDER_NAME_BYTES];
    struct order_file f;
    (void)state;
    make(&file, name);
    for (size_t n = 0; n < file.n; n++)
        assert_int_equal(order_file_decode(slice_of(file.p, n), &f), RC_MALFORMED);
    file.p[1] = 2;
    assert_int_equal(order_file_decode(buf_slice(&file), &f), RC_MALFORMED);
    file.p[1] = 1;
    buf_add_u8(&file, 0);
    assert_int_equal(order_file_decode(buf_slice(&file), &f), RC_MALFORMED);
    file.n = ORDER_FILE_BYTES_MAX + 1;
    assert_int_equal(order_file_decode(slice_of(file.p, file.n), &f), RC_LIMIT);
    buf_free(&file);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_says_what_the_page_says),
        cmocka_unit_test(anything_else_is_refused),
    };
    return crypto_init() == RC_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
