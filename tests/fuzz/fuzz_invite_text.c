/* Text from a scanner. What comes out of it, cut and written anew, comes out again; an
 * invite inside is written as it was read. */
#include <assert.h>

#include "schema/invite_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
again(struct slice file, unsigned n)
{
    struct buf text = BUF_NONE, back = BUF_NONE;
    struct invite_seen seen;
    enum rc rc = RC_OK;
    for (unsigned k = n; k >= 1 && rc == RC_OK; k--)
        rc = invite_part(file, k, n, &text);
    if (rc == RC_OK) { /* shares of other sizes than ours may not be cut so */
        assert(invite_text_parse(buf_slice(&text), &seen, &back) == RC_OK);
        assert(slice_eq(buf_slice(&back), file));
    }
    buf_free(&text);
    buf_free(&back);
}

/* The first byte chooses: text as it is, or a file that is cut. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf file = BUF_NONE, out = BUF_NONE;
    struct invite_seen seen;
    struct invite i;
    if (size == 0)
        return 0;
    if (data[0] < 8) {
        again(slice_of(data + 1, size - 1), 1u + data[0]);
        return 0;
    }
    enum rc rc = invite_text_parse(slice_of(data + 1, size - 1), &seen, &file);
    assert(rc == RC_OK || file.n == 0);
    assert(seen.n <= INVITE_PARTS_MAX && seen.have < 1u << INVITE_PARTS_MAX);
    assert(rc != RC_NO || seen.n == 0 || seen.have != (1u << seen.n) - 1);
    if (rc == RC_OK)
        again(buf_slice(&file), seen.n);
    if (rc == RC_OK && invite_decode(buf_slice(&file), &i) == RC_OK) {
        invite_encode(&i, &out);
        assert(slice_eq(buf_slice(&out), buf_slice(&file)));
        invite_fini(&i);
    }
    buf_free(&file);
    buf_free(&out);
    return 0;
}
