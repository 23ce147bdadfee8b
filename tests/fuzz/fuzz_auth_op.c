/* An authority operation that is let through is written again byte for byte, its lists
 * hold what their numbers say, and what officers sign is an operation's beginning. */
#include <assert.h>
#include <string.h>

#include "sync/auth_op.h"
#include "sync/pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_lists(const struct auth_op *op)
{
    struct slice lines = op->lines;
    struct slice items = op->items;
    struct slice receivers = op->receivers;
    struct slice sealed;
    struct line line;
    struct erased_name name;
    uint32_t node;
    uint32_t n = 0;

    for (; auth_line(&lines, &line); n++) {
        assert(line.log_no > 0);
    }
    assert(n == op->lines_n && lines.n == 0);
    for (n = 0; auth_erased(&items, &name); n++) {
        assert(name.log_no > 0 && name.seq > 0);
    }
    assert(n == op->items_n && items.n == 0);
    for (n = 0; auth_receiver(&receivers, &node, &sealed); n++) {
        assert(node > 0 && sealed.n == SEALED_KEY_BYTES);
    }
    assert(n == op->receivers_n && receivers.n == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct auth_op op;
    struct slice s = slice_of(data, size);
    struct buf out = BUF_NONE;
    enum rc rc = auth_op_decode(s, &op);

    assert(rc == RC_OK || rc == RC_MALFORMED || rc == RC_NOTFOUND);
    if (rc != RC_OK) {
        return 0;
    }
    auth_op_encode(&op, &out);
    assert(slice_eq(buf_slice(&out), s));
    check_lists(&op);
    out.n = 0;
    auth_op_unsigned(&op, &out);
    assert(out.n <= size && pack_check(buf_slice(&out)) == RC_OK);
    assert(memcmp(out.p + 1, data + 1, out.n - 1) == 0);
    buf_free(&out);
    return 0;
}
