/* An operation that is let through is written again byte for byte; resolving it keeps
 * every list in order. */
#include <assert.h>

#include "sync/op.h"
#include "sync/pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct op op;
    struct slice s = slice_of(data, size);
    struct buf out = BUF_NONE;
    enum rc rc = op_decode(s, &op);

    assert(rc == RC_OK || rc == RC_MALFORMED || rc == RC_NOTFOUND);
    if (rc != RC_OK) {
        return 0;
    }
    assert(pack_check(s) == RC_OK);
    op_encode(&op, &out);
    assert(slice_eq(buf_slice(&out), s));
    buf_free(&out);
    if (!op_own_is_zero(&op, 17)) {
        return 0;
    }
    op_resolve(&op, 17);
    for (uint16_t i = 0; op.code == OP_PUT && i < op.fields_n; i++) {
        for (uint16_t k = 0; k < op.field[i].replaces_n; k++) {
            const struct version *v = op.field[i].replaces;

            assert(v[k].log_no != 0 && (k == 0 || version_cmp(&v[k - 1], &v[k]) < 0));
        }
    }
    return 0;
}
