/* Whatever the walker lets through, msgpack-c takes too, in as many bytes, and our reader
 * and writer turn into the same bytes again. */
#include <assert.h>
#include <msgpack.h>

#include "sync/pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Writes every value that the reader finds, one after the other. */
static void
copy(struct unpack *u, struct buf *out)
{
    while (u->rest.n > 0 && !u->bad) {
        uint8_t ext[32];

        switch (unpack_kind(u)) {
        case PACK_NIL:
            unpack_skip(u);
            pack_nil(out);
            break;
        case PACK_BOOL:
            pack_bool(out, unpack_bool(u));
            break;
        case PACK_UINT:
            pack_uint(out, unpack_uint(u, UINT64_MAX));
            break;
        case PACK_INT:
            pack_int(out, unpack_int(u));
            break;
        case PACK_TEXT:
            pack_text(out, unpack_text(u, SIZE_MAX));
            break;
        case PACK_BIN:
            pack_bin(out, unpack_bin(u, SIZE_MAX));
            break;
        case PACK_ARRAY:
            pack_array(out, unpack_array(u));
            break;
        case PACK_EXT:
            unpack_ext(u, ext);
            pack_ext(out, ext);
            break;
        case PACK_NONE:
            assert(!"walked bytes hold a value");
        }
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice s = slice_of(data, size);
    struct buf out = BUF_NONE;
    size_t used = 0;
    size_t used_c = 0;
    msgpack_unpacked seen;
    struct unpack u;

    if (pack_walk(s, true, &used) != RC_OK) {
        return 0;
    }
    assert(used >= 1 && used <= size);
    assert(pack_check(slice_of(data, used)) == RC_OK || pack_walk(s, false, &used));
    msgpack_unpacked_init(&seen);
    assert(msgpack_unpack_next(&seen, (const char *)data, used, &used_c) ==
           MSGPACK_UNPACK_SUCCESS);
    assert(used_c == used);
    msgpack_unpacked_destroy(&seen);
    u = unpack_of(slice_of(data, used));
    assert(unpack_raw(&u).n == used && unpack_done(&u));
    u = unpack_of(slice_of(data, used));
    copy(&u, &out);
    assert(unpack_done(&u) && slice_eq(buf_slice(&out), slice_of(data, used)));
    buf_free(&out);
    return 0;
}
