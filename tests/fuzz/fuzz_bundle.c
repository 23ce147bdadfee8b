/* Bundles from a stranger's stick: read in pieces whose size the first byte says, they
 * give the same parts as in one; no part is larger than its limit, and what is whole is
 * well formed. */
#include <assert.h>

#include "sync/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    enum bundle_got end;
    uint64_t parts, entries, at;
};

static void
look(enum bundle_got got, struct slice part, struct seen *s)
{
    struct bundle_items it = bundle_items(part);
    struct bundle_head head;
    struct bundle_row row;
    struct slice entry;

    if (got == BUNDLE_HEAD && bundle_head_decode(part, &head) == RC_OK) {
        assert(head.rows_n <= BUNDLE_ROWS_MAX);
        for (uint32_t i = 0; i < head.rows_n; i++) {
            bundle_row_at(&head, i, &row);
            assert(row.no > 0 && row.seq > 0);
        }
        (void)bundle_head_check(&head);
    }
    while (got == BUNDLE_CHUNK && bundle_items_next(&it, &entry)) {
        assert(entry.n >= ENTRY_HEAD_BYTES && entry.n <= ENTRY_BYTES_MAX);
        s->entries++;
    }
    assert(got != BUNDLE_CHUNK || (!it.r.bad && part.n <= BUNDLE_CHUNK_BYTES_MAX));
}

static struct seen
read_in(struct slice file, size_t step)
{
    struct seen s = {.end = BUNDLE_PART};
    struct bundle_reader r;
    bool is_over = false;

    bundle_reader_init(&r);
    while (file.n > 0 && !is_over) {
        struct slice piece = slice_of(file.p, step < file.n ? step : file.n);

        file = slice_of(file.p + piece.n, file.n - piece.n);
        while (piece.n > 0 && !is_over) {
            struct slice part = {NULL, 0};

            s.end = bundle_next(&r, &piece, &part);
            look(s.end, part, &s);
            s.parts += s.end == BUNDLE_HEAD || s.end == BUNDLE_CHUNK;
            is_over =
                s.end == BUNDLE_NONE || s.end == BUNDLE_NEWER || s.end == BUNDLE_BAD;
        }
    }
    s.at = r.at;
    bundle_reader_fini(&r);
    return s;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen a, b;

    if (size < 1) {
        return 0;
    }
    a = read_in(slice_of(data + 1, size - 1), SIZE_MAX);
    b = read_in(slice_of(data + 1, size - 1), (size_t)data[0] + 1);
    assert(a.end == b.end && a.parts == b.parts && a.entries == b.entries);
    assert(a.end == BUNDLE_BAD || a.at == b.at);
    return 0;
}
