/* An entry that is let through is walked, hashed and rewritten without a fault, and
 * erasing any item of it gives an entry again, under the same id and root. */
#include <assert.h>

#include "sync/entry.h"
#include "sync/pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The elements, written anew, are the body. */
static void
check_body(const struct entry *e)
{
    struct entry_items it = entry_items(e);
    struct entry_item item;
    struct buf out = BUF_NONE;
    uint32_t n = 0;

    pack_array(&out, e->items_n);
    for (; entry_items_next(&it, &item); n++) {
        if (item.is_erased) {
            pack_ext(&out, item.leaf.b);
        } else {
            pack_bin(&out, item.bytes);
        }
    }
    assert(n == e->items_n && slice_eq(buf_slice(&out), e->body));
    buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice s = slice_of(data, size);
    struct entry e;
    struct entry less;
    struct hash id;
    struct hash id_less;
    struct buf out = BUF_NONE;
    enum rc root;

    if (entry_decode(s, &e) != RC_OK) {
        return 0;
    }
    check_body(&e);
    root = entry_check_root(&e);
    if (e.kind != ENTRY_DATA) {
        return 0;
    }
    entry_erase(&e, (uint16_t)(e.items_n / 2), &out);
    assert(entry_decode(buf_slice(&out), &less) == RC_OK);
    id = entry_id(s);
    id_less = entry_id(less.bytes);
    assert(hash_eq(&id, &id_less) && entry_check_root(&less) == root);
    check_body(&less);
    buf_free(&out);
    return 0;
}
