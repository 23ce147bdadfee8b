/* Entries. LINJULI_GOLDEN=write makes the figures anew. */
#include "sync/entry.h"
#include "sync/pack.h"
#include "tests/unit/crypto/figures.h"

#define FIGURES "tests/golden/entry/entries.txt"

static const struct hash community = {{4, 4, 4, 4}};
static const struct hash none = {{0}};

/* A pair whose seed is 32 times the same byte. */
static struct pair
pair_of(uint8_t fill)
{
    uint8_t seed[SEED_BYTES];
    struct pair p;

    memset(seed, fill, sizeof seed);
    pair_from_seed(PAIR_SIGN, seed, &p);
    return p;
}

/* A sealed item whose operation has n bytes, all of them `fill`. */
static void
item_make(const struct key *log, uint64_t seq, uint16_t index, uint8_t fill, size_t n,
          struct buf *out)
{
    struct item_place at = {*log, seq, index};
    uint8_t nonce[ITEM_NONCE_BYTES];
    struct key key;
    uint8_t *op = mem_new(n);

    memset(nonce, 3, sizeof nonce);
    memset(key.b, 2, sizeof key.b);
    memset(op, fill, n);
    nonce[0] = (uint8_t)index;
    item_seal(1, 1, &key, nonce, &at, slice_of(op, n), out);
    mem_free(op);
}

/* A data entry of n items that are sealed where they stand. */
static struct buf
entry_make(uint64_t seq, uint16_t n, struct hash *id)
{
    struct pair by = pair_of(1);
    struct entry head = {.kind = ENTRY_DATA,
                         .schema = 1,
                         .log = by.pub,
                         .seq = seq,
                         .clock = 0x018bcfe568000000ull,
                         .mark = {4, 4, 4, 4, 4, 4, 4, 4}};
    struct buf out = BUF_NONE;
    struct buf item = BUF_NONE;
    struct entry_writer w;

    if (seq > 1) {
        memset(head.prev.b, 9, HASH_BYTES);
    }
    entry_writer_init(&w);
    for (uint16_t i = 0; i < n; i++) {
        item.n = 0;
        item_make(&by.pub, seq, i, (uint8_t)i, 10 + i % 40u, &item);
        entry_add(&w, buf_slice(&item));
    }
    entry_finish(&w, &head, &community, &by, &out, id);
    entry_writer_fini(&w);
    buf_free(&item);
    return out;
}

static struct entry
decoded(struct slice s)
{
    struct entry e;

    assert_int_equal(entry_decode(s, &e), RC_OK);
    return e;
}

static void
an_entry_comes_back_as_it_was_written(void **state)
{
    struct pair by = pair_of(1);
    struct hash id;
    struct hash again;
    struct buf b = entry_make(7, 3, &id);
    struct entry e = decoded(buf_slice(&b));
    struct entry_items it = entry_items(&e);
    struct entry_item item;

    (void)state;
    assert_int_equal(e.kind, ENTRY_DATA);
    assert_int_equal(e.schema, 1);
    assert_int_equal(e.items_n, 3);
    assert_int_equal(e.body_bytes, b.n - ENTRY_HEAD_BYTES);
    assert_true(key_eq(&e.log, &by.pub));
    assert_true(e.seq == 7 && e.prev.b[31] == 9);
    assert_true(clock_ms(e.clock) == 1700000000000ull);
    assert_int_equal(e.mark[7], 4);
    assert_int_equal(entry_check_root(&e), RC_OK);
    assert_true(entry_check_sig(&e, &community));
    again = entry_id(buf_slice(&b));
    assert_true(hash_eq(&again, &id));
    again = entry_id(slice_of(b.p, ENTRY_HEAD_BYTES));
    assert_true(hash_eq(&again, &id));
    for (uint16_t i = 0; i < 3; i++) {
        struct buf want = BUF_NONE;

        item_make(&by.pub, 7, i, (uint8_t)i, 10 + i % 40u, &want);
        assert_true(entry_items_next(&it, &item));
        assert_false(item.is_erased);
        assert_bytes(item.bytes, buf_slice(&want));
        buf_free(&want);
    }
    assert_false(entry_items_next(&it, &item));
    assert_false(entry_items_next(&it, &item));
    buf_free(&b);
}

static void
every_bit_of_the_header_is_signed_and_named(void **state)
{
    struct hash id;
    struct buf b = entry_make(2, 1, &id);

    (void)state;
    for (size_t bit = 0; bit < 8 * (size_t)ENTRY_HEAD_BYTES; bit++) {
        struct entry e = decoded(buf_slice(&b));
        struct hash other;

        b.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        other = entry_id(buf_slice(&b));
        assert_false(hash_eq(&other, &id));
        memcpy(e.log.b, b.p + 8, KEY_BYTES);
        memcpy(e.sig.b, b.p + ENTRY_HEADER_BYTES, SIG_BYTES);
        assert_false(entry_check_sig(&e, &community));
        b.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    buf_free(&b);
}

static void
a_signature_holds_in_its_own_community_only(void **state)
{
    struct hash id;
    struct buf b = entry_make(1, 1, &id);
    struct entry e = decoded(buf_slice(&b));
    struct hash other = community;

    (void)state;
    other.b[31] ^= 1;
    assert_true(entry_check_sig(&e, &community));
    assert_false(entry_check_sig(&e, &other));
    assert_false(entry_check_sig(&e, &none));
    buf_free(&b);
}

static void
every_bit_of_an_item_is_in_the_root(void **state)
{
    struct hash id;
    struct buf b = entry_make(2, 3, &id);
    struct entry e = decoded(buf_slice(&b));
    struct entry_items it = entry_items(&e);
    struct entry_item item;

    (void)state;
    while (entry_items_next(&it, &item)) {
        size_t at = (size_t)(item.bytes.p - b.p);

        for (size_t i = 0; i < item.bytes.n; i++) {
            b.p[at + i] ^= 1;
            assert_int_equal(entry_check_root(&e), RC_FORGED);
            b.p[at + i] ^= 1;
        }
    }
    assert_int_equal(entry_check_root(&e), RC_OK);
    e.root.b[0] ^= 1;
    assert_int_equal(entry_check_root(&e), RC_FORGED);
    buf_free(&b);
}

static void
items_that_change_places_change_the_root(void **state)
{
    struct pair by = pair_of(1);
    struct entry head = {.kind = ENTRY_DATA, .log = by.pub, .seq = 1};
    struct buf item[2] = {BUF_NONE, BUF_NONE};
    struct buf out[2] = {BUF_NONE, BUF_NONE};
    struct entry_writer w;
    struct hash id;

    (void)state;
    entry_writer_init(&w);
    for (size_t k = 0; k < 2; k++) {
        item_make(&by.pub, 1, 0, (uint8_t)k, 5, &item[k]);
    }
    for (size_t k = 0; k < 2; k++) { /* the writer is empty again in between */
        entry_add(&w, buf_slice(&item[k]));
        entry_add(&w, buf_slice(&item[1 - k]));
        entry_finish(&w, &head, &community, &by, &out[k], &id);
    }
    assert_int_equal(out[0].n, out[1].n);
    assert_memory_not_equal(out[0].p + 96, out[1].p + 96, HASH_BYTES);
    for (size_t k = 0; k < 2; k++) {
        struct entry e = decoded(buf_slice(&out[k]));

        assert_int_equal(entry_check_root(&e), RC_OK);
        buf_free(&item[k]);
        buf_free(&out[k]);
    }
    entry_writer_fini(&w);
}

/* Changes bytes of a good entry of seq 2 and expects it to be refused. */
static void
assert_refused(size_t at, const char *hex)
{
    struct hash id;
    struct buf b = entry_make(2, 2, &id);
    struct buf change = hex_buf(hex);
    struct entry e;

    memcpy(b.p + at, change.p, change.n);
    assert_int_equal(entry_decode(buf_slice(&b), &e), RC_MALFORMED);
    buf_free(&b);
    buf_free(&change);
}

static void
a_header_that_breaks_a_condition_is_refused(void **state)
{
    (void)state;
    assert_refused(0, "00");   /* format */
    assert_refused(0, "02");   /* of the future */
    assert_refused(1, "00");   /* kind */
    assert_refused(1, "02");   /* authority with sealed items */
    assert_refused(1, "03");   /* no such kind */
    assert_refused(4, "0000"); /* no item */
    assert_refused(4, "0001"); /* fewer than there are */
    assert_refused(4, "0003"); /* more than there are */
    assert_refused(4, "1001"); /* more than may be */
    assert_refused(6, "0000"); /* body bytes */
    assert_refused(6, "ffff");
    assert_refused(40, "0000000000000000"); /* seq */
    assert_refused(40, "0000000000000001"); /* the first has no predecessor */
    assert_refused(40, "8000000000000000"); /* does not fit 63 bits */
    assert_refused(40, "ffffffffffffffff");
    assert_refused(48,
                   "0000000000000000000000000000000000000000000000000000000000000000");
}

static void
the_first_entry_alone_has_no_predecessor(void **state)
{
    struct hash id;
    struct buf b = entry_make(1, 1, &id);
    struct entry e = decoded(buf_slice(&b));

    (void)state;
    assert_true(hash_is_zero(&e.prev));
    b.p[79] = 1;
    assert_int_equal(entry_decode(buf_slice(&b), &e), RC_MALFORMED);
    buf_free(&b);
}

static void
a_body_of_another_form_is_refused(void **state)
{
    (void)state;
    assert_refused(192, "91");       /* one element, and bytes behind */
    assert_refused(192, "93");       /* an element is missing */
    assert_refused(192, "82");       /* a map */
    assert_refused(193, "d9");       /* text instead of bytes */
    assert_refused(193, "c441");     /* one byte longer */
    assert_refused(193, "c43f");     /* one byte shorter */
    assert_refused(195, "00000000"); /* scope 0 */
    assert_refused(199, "00000000"); /* epoch 0 */
}

static void
an_entry_cut_short_or_grown_is_refused(void **state)
{
    struct hash id;
    struct buf b = entry_make(2, 2, &id);
    struct entry e;

    (void)state;
    for (size_t n = 0; n < b.n; n++) {
        uint8_t *exact = mem_copy(b.p, n);

        assert_int_equal(entry_decode(slice_of(exact, n), &e), RC_MALFORMED);
        mem_free(exact);
    }
    buf_add_u8(&b, 0xc0);
    assert_int_equal(entry_decode(buf_slice(&b), &e), RC_MALFORMED);
    buf_free(&b);
}

/* An entry of one element of n bytes, of that kind, scope and epoch, filled up with 0. */
static enum rc
decode_one(enum entry_kind kind, uint32_t scope, uint32_t epoch, size_t n)
{
    struct pair by = pair_of(1);
    struct entry head = {.kind = kind, .log = by.pub, .seq = 1};
    struct buf item = BUF_NONE;
    struct buf out = BUF_NONE;
    struct entry_writer w;
    struct entry e;
    struct hash id;
    enum rc rc;

    buf_add_u32(&item, scope);
    buf_add_u32(&item, epoch);
    while (item.n < n) {
        buf_add_u8(&item, 0);
    }
    item.n = n;
    entry_writer_init(&w);
    entry_add(&w, buf_slice(&item));
    entry_finish(&w, &head, &community, &by, &out, &id);
    rc = entry_decode(buf_slice(&out), &e);
    entry_writer_fini(&w);
    buf_free(&item);
    buf_free(&out);
    return rc;
}

static void
a_data_item_is_a_sealed_one_from_outside(void **state)
{
    (void)state;
    for (size_t n = 0; n < 200; n++) {
        bool fits = n >= 64 && (n - 48) % 16 == 0;

        assert_int_equal(decode_one(ENTRY_DATA, 1, 1, n), fits ? RC_OK : RC_MALFORMED);
    }
    assert_int_equal(decode_one(ENTRY_DATA, 0, 1, 64), RC_MALFORMED);
    assert_int_equal(decode_one(ENTRY_DATA, 1, 0, 64), RC_MALFORMED);
    assert_int_equal(decode_one(ENTRY_DATA, UINT32_MAX, UINT32_MAX, 64), RC_OK);
}

static void
an_authority_item_is_a_plain_operation(void **state)
{
    (void)state;
    assert_int_equal(decode_one(ENTRY_AUTHORITY, 0, 0, 9), RC_OK); /* the number 0 */
    assert_int_equal(decode_one(ENTRY_AUTHORITY, 0, 0, 8), RC_MALFORMED);
    assert_int_equal(decode_one(ENTRY_AUTHORITY, 0, 0, 7), RC_MALFORMED);
    assert_int_equal(decode_one(ENTRY_AUTHORITY, 0, 0, 10), RC_MALFORMED);
    assert_int_equal(decode_one(ENTRY_AUTHORITY, 1, 0, 9), RC_MALFORMED);
    assert_int_equal(decode_one(ENTRY_AUTHORITY, 0, 1, 9), RC_MALFORMED);
}

static void
erasing_keeps_name_root_and_signature(void **state)
{
    struct hash id;
    struct hash again;
    struct buf b = entry_make(2, 20, &id);
    struct buf one = BUF_NONE;
    struct buf two = BUF_NONE;
    struct entry e = decoded(buf_slice(&b));
    struct entry less;
    struct entry_items it;
    struct entry_item item;

    (void)state;
    entry_erase(&e, 19, &one);
    less = decoded(buf_slice(&one));
    entry_erase(&less, 0, &two);
    less = decoded(buf_slice(&two));
    assert_true(two.n < one.n && one.n < b.n);
    assert_int_equal(less.body_bytes, e.body_bytes);
    assert_int_equal(entry_check_root(&less), RC_OK);
    assert_true(entry_check_sig(&less, &community));
    again = entry_id(buf_slice(&two));
    assert_true(hash_eq(&again, &id));
    it = entry_items(&less);
    for (uint16_t i = 0; i < 20; i++) {
        assert_true(entry_items_next(&it, &item));
        assert_int_equal(item.is_erased, i == 0 || i == 19);
        assert_int_equal(item.bytes.n == 0, item.is_erased);
    }
    assert_false(entry_items_next(&it, &item));
    buf_free(&b);
    buf_free(&one);
    buf_free(&two);
}

static void
body_bytes_are_judged_only_where_nothing_is_erased(void **state)
{
    struct hash id;
    struct buf b = entry_make(2, 2, &id);
    struct buf less = BUF_NONE;
    struct entry e = decoded(buf_slice(&b));

    (void)state;
    entry_erase(&e, 1, &less);
    put_u16(b.p + 6, (uint16_t)(e.body_bytes - 1));
    put_u16(less.p + 6, (uint16_t)(e.body_bytes - 1));
    assert_int_equal(entry_decode(buf_slice(&b), &e), RC_MALFORMED);
    assert_int_equal(entry_decode(buf_slice(&less), &e), RC_OK);
    buf_add_u8(&less, 0xc0); /* what follows the body is no part of it even so */
    assert_int_equal(entry_decode(buf_slice(&less), &e), RC_MALFORMED);
    buf_free(&b);
    buf_free(&less);
}

static void
nothing_of_the_authority_is_ever_erased(void **state)
{
    struct hash id;
    struct buf b = entry_make(2, 1, &id);
    struct buf less = BUF_NONE;
    struct entry e = decoded(buf_slice(&b));

    (void)state;
    entry_erase(&e, 0, &less);
    assert_int_equal(entry_decode(buf_slice(&less), &e), RC_OK);
    less.p[1] = ENTRY_AUTHORITY;
    assert_int_equal(entry_decode(buf_slice(&less), &e), RC_MALFORMED);
    buf_free(&b);
    buf_free(&less);
}

static void
an_erased_item_is_32_bytes_of_type_1(void **state)
{
    struct hash id;
    struct buf b = entry_make(2, 1, &id);
    struct buf less = BUF_NONE;
    struct entry e = decoded(buf_slice(&b));

    (void)state;
    entry_erase(&e, 0, &less);
    assert_int_equal(less.n, ENTRY_HEAD_BYTES + 1 + 35);
    less.p[ENTRY_HEAD_BYTES + 3] = 2;
    assert_int_equal(entry_decode(buf_slice(&less), &e), RC_MALFORMED);
    less.p[ENTRY_HEAD_BYTES + 3] = 1;
    less.p[ENTRY_HEAD_BYTES + 4] ^= 1; /* the leaf hash of something else */
    e = decoded(buf_slice(&less));
    assert_int_equal(entry_check_root(&e), RC_FORGED);
    buf_free(&b);
    buf_free(&less);
}

/* Fills a writer with items of n bytes until there is no room, and returns their number.
 */
static size_t
fill(struct entry_writer *w, size_t n)
{
    uint8_t *item = mem_new(n);
    size_t items_n = 0;

    put_u32(item, 1);
    put_u32(item + 4, 1);
    for (; entry_room(w, n); items_n++) {
        entry_add(w, slice_of(item, n));
    }
    mem_free(item);
    return items_n;
}

static void
there_is_room_for_64_kib_and_not_a_byte_more(void **state)
{
    static const size_t sizes[] = {64, 80, 240, 256, 272, 1024, 16384, 65328};
    struct pair by = pair_of(1);
    struct entry head = {.kind = ENTRY_DATA, .log = by.pub, .seq = 1};
    struct buf out = BUF_NONE;
    struct entry_writer w;
    struct entry e;
    struct hash id;

    (void)state;
    entry_writer_init(&w);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t element = sizes[i] + (sizes[i] < 256 ? 2 : 3);
        size_t n = fill(&w, sizes[i]);
        size_t head_n = n < 16 ? 1 : 3;

        out.n = 0;
        assert_true(n > 0);
        entry_finish(&w, &head, &community, &by, &out, &id);
        assert_int_equal(out.n, ENTRY_HEAD_BYTES + head_n + n * element);
        assert_true(out.n <= ENTRY_BYTES_MAX);
        assert_true(out.n + element + (n == 15 ? 2 : 0) > ENTRY_BYTES_MAX);
        assert_int_equal(entry_decode(buf_slice(&out), &e), RC_OK);
        assert_int_equal(entry_check_root(&e), RC_OK);
    }
    assert_true(entry_room(&w, ENTRY_BODY_BYTES_MAX - 4));
    assert_false(entry_room(&w, ENTRY_BODY_BYTES_MAX - 3));
    assert_false(entry_room(&w, SIZE_MAX));
    entry_writer_fini(&w);
    buf_free(&out);
}

static void
there_is_room_for_4096_items(void **state)
{
    static const uint8_t op[9] = {0};
    struct pair by = pair_of(1);
    struct entry head = {.kind = ENTRY_AUTHORITY, .log = by.pub, .seq = 1};
    struct buf out = BUF_NONE;
    struct entry_writer w;
    struct entry e;
    struct hash id;
    size_t n = 0;

    (void)state;
    entry_writer_init(&w);
    for (; entry_room(&w, sizeof op); n++) {
        entry_add(&w, slice_of(op, sizeof op));
    }
    assert_int_equal(n, ENTRY_ITEMS_MAX);
    entry_finish(&w, &head, &community, &by, &out, &id);
    assert_int_equal(entry_decode(buf_slice(&out), &e), RC_OK);
    assert_int_equal(entry_check_root(&e), RC_OK);
    put_u16(out.p + 4, 4097);
    put_u16(out.p + ENTRY_HEAD_BYTES + 1, 4097);
    pack_bin(&out, slice_of(op, sizeof op));
    put_u16(out.p + 6, (uint16_t)(out.n - ENTRY_HEAD_BYTES));
    assert_int_equal(entry_decode(buf_slice(&out), &e), RC_MALFORMED);
    entry_writer_fini(&w);
    buf_free(&out);
}

/* An element of a body: a sealed item of n bytes, from outside. */
static void
element_add(struct buf *b, uint16_t n)
{
    if (n < 256) {
        buf_add_u8(b, 0xc4);
        buf_add_u8(b, (uint8_t)n);
    } else {
        buf_add_u8(b, 0xc5);
        buf_add_u16(b, n);
    }
    buf_reserve(b, n);
    memset(b->p + b->n, 1, n);
    b->n += n;
}

static void
more_than_64_kib_are_refused(void **state)
{
    static const struct {
        uint16_t first, second;
        enum rc rc;
    } cases[] = {
        {64, 65264, RC_OK}, {64, 65280, RC_MALFORMED}, {80, 65264, RC_MALFORMED}};
    struct hash id;
    struct buf b = entry_make(1, 2, &id);
    struct entry e;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        b.n = ENTRY_HEAD_BYTES;
        buf_add_u8(&b, 0x92);
        element_add(&b, cases[i].first);
        element_add(&b, cases[i].second);
        put_u16(b.p + 6, (uint16_t)(b.n - ENTRY_HEAD_BYTES));
        assert_int_equal(b.n <= ENTRY_BYTES_MAX, cases[i].rc == RC_OK);
        assert_int_equal(entry_decode(buf_slice(&b), &e), cases[i].rc);
    }
    buf_free(&b);
}

static void
the_sixteenth_item_makes_the_head_longer(void **state)
{
    struct pair by = pair_of(1);
    struct entry head = {.kind = ENTRY_DATA, .log = by.pub, .seq = 1};
    uint8_t *item = mem_new(ENTRY_BODY_BYTES_MAX);
    size_t left = ENTRY_BODY_BYTES_MAX - 3 - 15 * 66 - 3;
    struct buf out = BUF_NONE;
    struct entry_writer w;
    struct hash id;

    (void)state;
    entry_writer_init(&w);
    for (size_t i = 0; i < 15; i++) {
        entry_add(&w, slice_of(item, 64));
    }
    assert_false(entry_room(&w, left + 1));
    assert_true(entry_room(&w, left));
    entry_add(&w, slice_of(item, left));
    entry_finish(&w, &head, &community, &by, &out, &id);
    assert_int_equal(out.n, ENTRY_BYTES_MAX);
    entry_writer_fini(&w);
    buf_free(&out);
    mem_free(item);
}

/* ---- figures */

struct sample {
    const char *name;
    enum entry_kind kind;
    uint64_t seq;
    uint16_t items_n;
};
static const struct sample samples[] = {
    {"the first entry of a log, one item", ENTRY_DATA, 1, 1},
    {"a later entry, three items", ENTRY_DATA, 2, 3},
    {"an array head of three bytes", ENTRY_DATA, 3, 17},
    {"an entry of the authority log", ENTRY_AUTHORITY, 1, 2},
};
#define SAMPLES_N (sizeof samples / sizeof *samples)

static void
add_hex(struct buf *out, const char *key, const void *p, size_t n)
{
    char *text = mem_new(2 * n + 1);

    hex_print(p, n, text);
    buf_addf(out, "%s %s\n", key, text);
    mem_free(text);
}

/* One figure: what goes in, then what comes out. */
static void
sample_print(const struct sample *s, const struct hash *prev, struct hash *id,
             struct buf *file)
{
    struct pair by = pair_of(1);
    bool is_data = s->kind == ENTRY_DATA;
    struct entry head = {.kind = s->kind,
                         .schema = 1,
                         .log = by.pub,
                         .seq = s->seq,
                         .prev = *prev,
                         .clock = 0x018bcfe568000000ull + s->seq};
    struct buf out = BUF_NONE;
    struct entry_writer w;
    struct entry e;

    memset(head.mark, is_data ? 0xaa : 0, sizeof head.mark);
    entry_writer_init(&w);
    buf_addf(file, "\n# %s\n", s->name);
    for (uint16_t i = 0; i < s->items_n; i++) {
        struct buf item = BUF_NONE;
        char key[16];

        if (is_data) {
            item_make(&by.pub, s->seq, i, (uint8_t)(0x40 + i), 7u + i, &item);
        } else {
            buf_add_u64(&item, 0);
            pack_array(&item, 2);
            pack_uint(&item, 200);
            pack_uint(&item, i);
        }
        (void)snprintf(key, sizeof key, "item%u", (unsigned)i);
        add_hex(file, key, item.p, item.n);
        entry_add(&w, buf_slice(&item));
        buf_free(&item);
    }
    entry_finish(&w, &head, is_data ? &community : &none, &by, &out, id);
    e = decoded(buf_slice(&out));
    add_hex(file, "seed", by.secret, SEED_BYTES);
    add_hex(file, "community", is_data ? community.b : none.b, HASH_BYTES);
    add_hex(file, "header", e.header.p, e.header.n);
    add_hex(file, "signature", e.sig.b, SIG_BYTES);
    add_hex(file, "root", e.root.b, HASH_BYTES);
    add_hex(file, "id", id->b, HASH_BYTES);
    add_hex(file, "entry", out.p, out.n);
    entry_writer_fini(&w);
    if (is_data && s->items_n > 1) {
        struct buf less = BUF_NONE;

        entry_erase(&e, 1, &less);
        add_hex(file, "erased1", less.p, less.n);
        buf_free(&less);
    }
    buf_free(&out);
}

static void
entries_are_the_figures_of_the_tree(void **state)
{
    const char *mode = getenv("LINJULI_GOLDEN");
    struct buf want = BUF_NONE;
    struct buf file = BUF_NONE;
    struct hash prev = none;
    FILE *f;

    (void)state;
    buf_addf(&file,
             "# Entries (sync/ENTRY.md): items as they stand in the body, the log's\n"
             "# seed, the community id that is signed, and what follows from them.\n");
    for (size_t i = 0; i < SAMPLES_N; i++) {
        struct hash id;

        sample_print(&samples[i], samples[i].seq > 1 ? &prev : &none, &id, &file);
        prev = id;
    }
    if (mode != NULL && strcmp(mode, "write") == 0) {
        f = fopen(FIGURES, "wb");
        assert_non_null(f);
        assert_int_equal(fwrite(file.p, 1, file.n, f), file.n);
        assert_int_equal(fclose(f), 0);
    }
    tree_read(FIGURES, &want);
    assert_bytes(buf_slice(&file), buf_slice(&want));
    buf_free(&file);
    buf_free(&want);
}

/* ENTRY.md section 8: every block of the example follows from those before it. */
static void
the_worked_example_of_the_document_holds(void **state)
{
    static const char *const names[] = {
        "seed", "scope-key", "nonce",     "community", "log",   "operation", "item",
        "leaf", "header",    "signature", "id",        "entry", "erased"};
    enum {
        SEED,
        SCOPE_KEY,
        NONCE,
        COMMUNITY,
        LOG,
        OPERATION,
        ITEM,
        LEAF,
        HEADER,
        SIGNATURE,
        ID,
        ENTRY,
        ERASED,
        BLOCKS_N
    };
    struct slice block[BLOCKS_N];
    struct buf own[BLOCKS_N];
    struct buf document = BUF_NONE;
    struct buf made = BUF_NONE;
    struct item_place at = {.seq = 1};
    struct entry_writer w;
    struct entry e;
    struct pair by;
    struct key key;
    struct hash id;

    (void)state;
    tree_read("sync/ENTRY.md", &document);
    for (size_t i = 0; i < BLOCKS_N; i++) {
        own[i] = document_hex((const char *)document.p, names[i]);
        block[i] = buf_slice(&own[i]);
    }
    pair_from_seed(PAIR_SIGN, block[SEED].p, &by);
    assert_bytes(slice_of(by.pub.b, KEY_BYTES), block[LOG]);
    assert_bytes(slice_of(community.b, HASH_BYTES), block[COMMUNITY]);
    memcpy(key.b, block[SCOPE_KEY].p, KEY_BYTES);
    at.log = by.pub;
    item_seal(1, 1, &key, block[NONCE].p, &at, block[OPERATION], &made);
    assert_bytes(buf_slice(&made), block[ITEM]);
    assert_int_equal(item_open(block[ITEM], &key, &at, &made), RC_OK);
    assert_bytes(buf_slice(&made), block[OPERATION]);
    e = decoded(block[ENTRY]);
    assert_bytes(e.header, block[HEADER]);
    assert_bytes(slice_of(e.sig.b, SIG_BYTES), block[SIGNATURE]);
    assert_bytes(slice_of(e.root.b, HASH_BYTES), block[LEAF]);
    assert_int_equal(entry_check_root(&e), RC_OK);
    assert_true(entry_check_sig(&e, &community));
    made.n = 0;
    entry_writer_init(&w);
    entry_add(&w, block[ITEM]);
    entry_finish(&w, &e, &community, &by, &made, &id);
    assert_bytes(buf_slice(&made), block[ENTRY]);
    assert_bytes(slice_of(id.b, HASH_BYTES), block[ID]);
    made.n = 0;
    entry_erase(&e, 0, &made);
    assert_bytes(buf_slice(&made), block[ERASED]);
    entry_writer_fini(&w);
    for (size_t i = 0; i < BLOCKS_N; i++) {
        buf_free(&own[i]);
    }
    buf_free(&document);
    buf_free(&made);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entry_comes_back_as_it_was_written),
        cmocka_unit_test(every_bit_of_the_header_is_signed_and_named),
        cmocka_unit_test(a_signature_holds_in_its_own_community_only),
        cmocka_unit_test(every_bit_of_an_item_is_in_the_root),
        cmocka_unit_test(items_that_change_places_change_the_root),
        cmocka_unit_test(a_header_that_breaks_a_condition_is_refused),
        cmocka_unit_test(the_first_entry_alone_has_no_predecessor),
        cmocka_unit_test(a_body_of_another_form_is_refused),
        cmocka_unit_test(an_entry_cut_short_or_grown_is_refused),
        cmocka_unit_test(a_data_item_is_a_sealed_one_from_outside),
        cmocka_unit_test(an_authority_item_is_a_plain_operation),
        cmocka_unit_test(erasing_keeps_name_root_and_signature),
        cmocka_unit_test(body_bytes_are_judged_only_where_nothing_is_erased),
        cmocka_unit_test(nothing_of_the_authority_is_ever_erased),
        cmocka_unit_test(an_erased_item_is_32_bytes_of_type_1),
        cmocka_unit_test(there_is_room_for_64_kib_and_not_a_byte_more),
        cmocka_unit_test(there_is_room_for_4096_items),
        cmocka_unit_test(more_than_64_kib_are_refused),
        cmocka_unit_test(the_sixteenth_item_makes_the_head_longer),
        cmocka_unit_test(entries_are_the_figures_of_the_tree),
        cmocka_unit_test(the_worked_example_of_the_document_holds),
    };

    return cmocka_run_group_tests(tests, start_crypto, NULL);
}
