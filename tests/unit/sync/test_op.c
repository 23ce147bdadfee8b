/* Operations of data items. LINJULI_GOLDEN=write makes the figures anew. */
#include "sync/entry.h"
#include "sync/op.h"
#include "sync/pack.h"
#include "tests/unit/crypto/figures.h"

#define FIGURES "tests/golden/op/operations.txt"

static struct op op; /* large: one for all, as in the product */

static const struct version one = {0, 3, {1, 2, 3, 4, 5, 6, 7, 8}};
static const struct version two = {17, 40, {9, 9, 9, 9, 9, 9, 9, 9}};
static const struct record_key wish = {2, 302, {0x77, 0x69, 0x73, 0x68}};

static enum rc
decode(const struct buf *b)
{
    enum rc rc;
    uint8_t *exact = mem_copy(b->p, b->n);

    memset(&op, 0xee, sizeof op); /* nothing may rest on what was there before */
    rc = op_decode(slice_of(exact, b->n), &op);
    mem_free(exact);
    return rc;
}

static void
assert_decodes_to(const struct buf *b, enum rc rc)
{
    assert_int_equal(decode(b), rc);
}

/* The start of a put of `fields_n` fields. */
static void
put_start(struct buf *b, uint32_t fields_n)
{
    static const uint8_t record[RECORD_ID_BYTES] = {1, 2, 3};

    b->n = 0;
    pack_array(b, 4 + 3 * fields_n);
    pack_uint(b, OP_PUT);
    pack_uint(b, 302);
    pack_bin(b, slice_of(record, sizeof record));
    pack_uint(b, 20);
}

static void
version_add(struct buf *b, const struct version *v)
{
    pack_uint(b, v->log_no);
    pack_uint(b, v->seq);
    pack_bin(b, slice_of(v->id8, sizeof v->id8));
}

/* One field, of the number 7, that replaces nothing. */
static void
field_add(struct buf *b, uint64_t code)
{
    pack_uint(b, code);
    pack_uint(b, 7);
    pack_array(b, 0);
}

/* A put of one field that replaces these versions. */
static void
replacing(struct buf *b, const struct version *v, uint32_t n)
{
    put_start(b, 1);
    pack_uint(b, 10);
    pack_uint(b, 7);
    pack_array(b, 3 * n);
    for (uint32_t i = 0; i < n; i++) {
        version_add(b, &v[i]);
    }
}

static void
a_put_comes_back_as_it_was_written(void **state)
{
    struct buf b = BUF_NONE;

    (void)state;
    put_start(&b, 2);
    pack_uint(&b, 3);
    pack_array(&b, 2);
    pack_uint(&b, 1);
    pack_uint(&b, 2);
    pack_array(&b, 6);
    version_add(&b, &one);
    version_add(&b, &two);
    pack_uint(&b, 10);
    pack_text(&b, slice_text("\xe9\x82\xbb"));
    pack_array(&b, 3);
    version_add(&b, &two);
    assert_int_equal(op_decode(buf_slice(&b), &op), RC_OK);
    assert_int_equal(op.code, OP_PUT);
    assert_int_equal(op.unit, 302);
    assert_int_equal(op.type, 20);
    assert_int_equal(op.record[2], 3);
    assert_int_equal(op.fields_n, 2);
    assert_int_equal(op.pool_n, 3);
    assert_int_equal(op.field[0].code, 3);
    assert_bytes(op.field[0].value, slice_of("\x92\x01\x02", 3));
    assert_int_equal(op.field[0].replaces_n, 2);
    assert_int_equal(version_cmp(&op.field[0].replaces[0], &one), 0);
    assert_int_equal(version_cmp(&op.field[0].replaces[1], &two), 0);
    assert_int_equal(op.field[1].code, 10);
    assert_bytes(op.field[1].value, slice_of("\xa3\xe9\x82\xbb", 4));
    assert_int_equal(op.field[1].replaces_n, 1);
    assert_int_equal(version_cmp(&op.field[1].replaces[0], &two), 0);
    buf_free(&b);
}

static void
fields_ascend_and_differ(void **state)
{
    struct buf b = BUF_NONE;

    (void)state;
    put_start(&b, 2);
    field_add(&b, 1);
    field_add(&b, 65535);
    assert_decodes_to(&b, RC_OK);
    put_start(&b, 2);
    field_add(&b, 10);
    field_add(&b, 10);
    assert_decodes_to(&b, RC_MALFORMED);
    put_start(&b, 2);
    field_add(&b, 11);
    field_add(&b, 10);
    assert_decodes_to(&b, RC_MALFORMED);
    put_start(&b, 1);
    field_add(&b, 0);
    assert_decodes_to(&b, RC_MALFORMED);
    put_start(&b, 1);
    field_add(&b, 65536);
    assert_decodes_to(&b, RC_MALFORMED);
    buf_free(&b);
}

static void
a_put_has_one_to_64_fields(void **state)
{
    struct buf b = BUF_NONE;

    (void)state;
    put_start(&b, 0);
    assert_decodes_to(&b, RC_MALFORMED);
    for (uint32_t n = 1; n <= 65; n += 63) {
        put_start(&b, n);
        for (uint32_t i = 1; i <= n; i++) {
            field_add(&b, i);
        }
        assert_decodes_to(&b, RC_OK);
    }
    put_start(&b, 65);
    for (uint32_t i = 1; i <= 65; i++) {
        field_add(&b, i);
    }
    assert_decodes_to(&b, RC_MALFORMED);
    put_start(&b, 1); /* an element more, one less */
    b.p[0] = 0x98;
    field_add(&b, 1);
    pack_nil(&b);
    assert_decodes_to(&b, RC_MALFORMED);
    put_start(&b, 1);
    b.p[0] = 0x96;
    pack_uint(&b, 1);
    pack_nil(&b);
    assert_decodes_to(&b, RC_MALFORMED);
    buf_free(&b);
}

static void
replaced_versions_ascend_and_differ(void **state)
{
    struct buf b = BUF_NONE;
    struct version v[2] = {one, one};

    (void)state;
    replacing(&b, v, 2);
    assert_decodes_to(&b, RC_MALFORMED);
    v[1].id8[7]++;
    replacing(&b, v, 2);
    assert_decodes_to(&b, RC_OK);
    v[0].id8[0]++;
    replacing(&b, v, 2);
    assert_decodes_to(&b, RC_MALFORMED);
    v[1].seq++;
    replacing(&b, v, 2);
    assert_decodes_to(&b, RC_OK);
    v[0].log_no = 1;
    replacing(&b, v, 2);
    assert_decodes_to(&b, RC_MALFORMED);
    v[1].log_no = UINT32_MAX;
    replacing(&b, v, 2);
    assert_decodes_to(&b, RC_OK);
    v[1].seq = 0; /* no entry has seq 0 */
    replacing(&b, v, 2);
    assert_decodes_to(&b, RC_MALFORMED);
    v[1].seq = ENTRY_SEQ_MAX;
    replacing(&b, v, 2);
    assert_decodes_to(&b, RC_OK);
    v[1].seq = ENTRY_SEQ_MAX + 1;
    replacing(&b, v, 2);
    assert_decodes_to(&b, RC_MALFORMED);
    replacing(&b, v, 1);
    b.n -= 9;
    pack_bin(&b, slice_of("1234567", 7)); /* 7 bytes of an id */
    assert_decodes_to(&b, RC_MALFORMED);
    buf_free(&b);
}

static void
a_put_replaces_256_versions_in_all(void **state)
{
    struct buf b = BUF_NONE;

    (void)state;
    for (uint32_t n = 255; n <= 257; n++) {
        struct version v = one;

        put_start(&b, 2);
        pack_uint(&b, 10);
        pack_nil(&b);
        pack_array(&b, 3);
        version_add(&b, &v);
        pack_uint(&b, 11);
        pack_nil(&b);
        pack_array(&b, 3 * (n - 1));
        for (uint32_t i = 1; i < n; i++) {
            v.seq++;
            version_add(&b, &v);
        }
        assert_decodes_to(&b, n <= OP_VERSIONS_MAX ? RC_OK : RC_MALFORMED);
    }
    put_start(&b, 1); /* not a multiple of three */
    pack_uint(&b, 10);
    pack_nil(&b);
    pack_array(&b, 4);
    version_add(&b, &one);
    pack_nil(&b);
    assert_decodes_to(&b, RC_MALFORMED);
    buf_free(&b);
}

static void
unit_record_and_type_keep_their_range(void **state)
{
    struct buf b = BUF_NONE;

    (void)state;
    put_start(&b, 1);
    field_add(&b, 10);
    assert_decodes_to(&b, RC_OK);
    put_u16(b.p + 3, 9999);
    assert_decodes_to(&b, RC_OK);
    put_u16(b.p + 3, 10000);
    assert_decodes_to(&b, RC_MALFORMED);
    put_u16(b.p + 3, 302);
    assert_int_equal(b.p[23], 20);
    b.p[23] = 0; /* type */
    assert_decodes_to(&b, RC_MALFORMED);
    b.p[23] = 20;
    b.p[6] = 15; /* the record's id */
    assert_decodes_to(&b, RC_MALFORMED);
    buf_free(&b);
}

static void
a_text_has_16_kib_at_most(void **state)
{
    struct buf b = BUF_NONE;
    uint8_t *text = mem_new(TEXT_BYTES_MAX + 1);

    (void)state;
    memset(text, 'x', TEXT_BYTES_MAX + 1);
    for (size_t over = 0; over < 2; over++) {
        put_start(&b, 1);
        pack_uint(&b, 10);
        pack_text(&b, slice_of(text, TEXT_BYTES_MAX + over));
        pack_array(&b, 0);
        assert_decodes_to(&b, over == 0 ? RC_OK : RC_MALFORMED);
    }
    put_start(&b, 1);
    pack_uint(&b, 10);
    pack_bin(&b, slice_of(text, TEXT_BYTES_MAX + 1)); /* a photo may be larger */
    pack_array(&b, 0);
    assert_decodes_to(&b, RC_OK);
    buf_free(&b);
    mem_free(text);
}

static void
what_is_unknown_is_carried_and_what_is_broken_is_not(void **state)
{
    static const struct {
        const char *hex;
        enum rc rc;
    } cases[] = {
        {"9109", RC_NOTFOUND}, /* code 9: of the future */
        {"9100", RC_NOTFOUND}, /* code 0: of nobody */
        {"91cfffffffffffffffff", RC_NOTFOUND},
        {"9363c0a161", RC_NOTFOUND}, /* with anything behind it */
        {"90", RC_MALFORMED},        /* no code */
        {"91ff", RC_MALFORMED},      /* no number */
        {"91a131", RC_MALFORMED},
        {"01", RC_MALFORMED}, /* no array */
        {"c0", RC_MALFORMED},
        {"", RC_MALFORMED},
        {"9109c0", RC_MALFORMED}, /* something behind it */
        {"91cc09", RC_MALFORMED}, /* not canonical */
        {"9281a1", RC_MALFORMED},
        {"9101", RC_MALFORMED}, /* a put of nothing */
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf b = hex_buf(cases[i].hex);

        assert_decodes_to(&b, cases[i].rc);
        buf_free(&b);
    }
}

/* ---- rights */

static void
name_add(struct buf *b, const struct version *v, uint64_t index)
{
    pack_array(b, 4);
    version_add(b, v);
    pack_uint(b, index);
}

static void
subject_add(struct buf *b, const struct record_key *key)
{
    pack_array(b, 3);
    pack_uint(b, key->scope);
    pack_uint(b, key->unit);
    pack_bin(b, slice_of(key->id, sizeof key->id));
}

/* The start of an operation on an asset. */
static void
right_start(struct buf *b, enum op_code code, uint32_t n)
{
    b->n = 0;
    pack_array(b, n);
    pack_uint(b, code);
    name_add(b, &two, 5);
}

static void
rights_come_back_as_they_were_written(void **state)
{
    struct buf b = BUF_NONE;

    (void)state;
    pack_array(&b, 2);
    pack_uint(&b, OP_OPEN);
    subject_add(&b, &wish);
    assert_decodes_to(&b, RC_OK);
    assert_true(op.has_subject && record_key_cmp(&op.subject, &wish) == 0);
    b.n = 2;
    pack_nil(&b);
    assert_decodes_to(&b, RC_OK);
    assert_false(op.has_subject);
    right_start(&b, OP_ISSUE, 3);
    pack_uint(&b, 1ull << 40);
    assert_decodes_to(&b, RC_OK);
    assert_int_equal(version_cmp(&op.asset.at, &two), 0);
    assert_int_equal(op.asset.index, 5);
    assert_true(op.amount == 1ull << 40);
    right_start(&b, OP_GIVE, 4);
    pack_uint(&b, 20);
    pack_uint(&b, 31);
    assert_decodes_to(&b, RC_OK);
    assert_true(op.amount == 20 && op.to == 31);
    right_start(&b, OP_TAKE, 3);
    name_add(&b, &one, 4095);
    assert_decodes_to(&b, RC_OK);
    assert_false(op.is_inherited);
    assert_int_equal(version_cmp(&op.of.at, &one), 0);
    assert_int_equal(op.of.index, 4095);
    right_start(&b, OP_TAKE, 3);
    pack_uint(&b, 31);
    assert_decodes_to(&b, RC_OK);
    assert_true(op.is_inherited && op.from == 31);
    right_start(&b, OP_SPEND, 4);
    pack_uint(&b, 1);
    subject_add(&b, &wish);
    assert_decodes_to(&b, RC_OK);
    assert_true(op.amount == 1 && record_key_cmp(&op.subject, &wish) == 0);
    right_start(&b, OP_RETURN, 3);
    name_add(&b, &one, 0);
    assert_decodes_to(&b, RC_OK);
    assert_int_equal(version_cmp(&op.of.at, &one), 0);
    buf_free(&b);
}

static void
rights_of_another_form_are_refused(void **state)
{
    static const enum op_code codes[] = {OP_ISSUE, OP_GIVE, OP_TAKE, OP_SPEND, OP_RETURN};
    struct buf b = BUF_NONE;
    struct version v = two;

    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        for (uint32_t n = 2; n < 8; n++) { /* a nil is none of what may stand there */
            right_start(&b, codes[i], n);
            for (uint32_t k = 2; k < n; k++) {
                pack_nil(&b);
            }
            assert_decodes_to(&b, RC_MALFORMED);
        }
    }
    right_start(&b, OP_GIVE, 4);
    pack_uint(&b, 20);
    pack_uint(&b, 0); /* to nobody */
    assert_decodes_to(&b, RC_MALFORMED);
    right_start(&b, OP_TAKE, 3);
    pack_uint(&b, 0); /* from nobody */
    assert_decodes_to(&b, RC_MALFORMED);
    right_start(&b, OP_TAKE, 3);
    name_add(&b, &one, 4096); /* no entry has so many items */
    assert_decodes_to(&b, RC_MALFORMED);
    v.seq = 0;
    right_start(&b, OP_RETURN, 3);
    name_add(&b, &v, 1);
    assert_decodes_to(&b, RC_MALFORMED);
    b.n = 0;
    pack_array(&b, 2);
    pack_uint(&b, OP_OPEN);
    subject_add(&b, &(struct record_key){0, 302, {1}}); /* scope 0 */
    assert_decodes_to(&b, RC_MALFORMED);
    b.n = 2;
    subject_add(&b, &(struct record_key){1, 10000, {1}}); /* five digits */
    assert_decodes_to(&b, RC_MALFORMED);
    buf_free(&b);
}

static void
amounts_are_left_to_the_fold_up_to_2_to_53(void **state)
{
    static const struct {
        uint64_t amount;
        enum rc rc;
    } cases[] = {
        {0, RC_OK},
        {(1ull << 40) + 1, RC_OK},
        {1ull << 53, RC_OK},
        {(1ull << 53) + 1, RC_MALFORMED},
        {UINT64_MAX, RC_MALFORMED},
    };
    struct buf b = BUF_NONE;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        right_start(&b, OP_ISSUE, 3);
        pack_uint(&b, cases[i].amount);
        assert_decodes_to(&b, cases[i].rc);
    }
    right_start(&b, OP_ISSUE, 3);
    pack_int(&b, -1);
    assert_decodes_to(&b, RC_MALFORMED);
    buf_free(&b);
}

static void
an_acknowledgement_names_the_erase(void **state)
{
    static const uint8_t id[HASH_BYTES] = {7, 7};
    struct buf b = BUF_NONE;

    (void)state;
    pack_array(&b, 3);
    pack_uint(&b, OP_ERASED);
    pack_bin(&b, slice_of(id, sizeof id));
    pack_uint(&b, 12);
    assert_decodes_to(&b, RC_OK);
    assert_memory_equal(op.erase.b, id, sizeof id);
    assert_int_equal(op.erase_index, 12);
    b.n--;
    pack_uint(&b, 4096);
    assert_decodes_to(&b, RC_MALFORMED);
    buf_free(&b);
}

/* ---- own versions */

static void
own_versions_stand_under_0_only(void **state)
{
    struct buf b = BUF_NONE;
    struct version v[2] = {one, two};

    (void)state;
    replacing(&b, v, 2);
    assert_decodes_to(&b, RC_OK);
    assert_true(op_own_is_zero(&op, 18));
    assert_false(op_own_is_zero(&op, 17));
    right_start(&b, OP_ISSUE, 3); /* the asset is of log 17 */
    pack_uint(&b, 1);
    assert_decodes_to(&b, RC_OK);
    assert_true(op_own_is_zero(&op, 18));
    assert_false(op_own_is_zero(&op, 17));
    v[0].log_no = 18;
    right_start(&b, OP_TAKE, 3);
    name_add(&b, &v[0], 1);
    assert_decodes_to(&b, RC_OK);
    assert_true(op_own_is_zero(&op, 19));
    assert_false(op_own_is_zero(&op, 18));
    assert_false(op_own_is_zero(&op, 17));
    right_start(&b, OP_RETURN, 3);
    name_add(&b, &v[0], 1);
    assert_decodes_to(&b, RC_OK);
    assert_false(op_own_is_zero(&op, 18));
    right_start(&b, OP_TAKE, 3);
    pack_uint(&b, 18); /* a log, no version */
    assert_decodes_to(&b, RC_OK);
    assert_true(op_own_is_zero(&op, 18));
    b.n = 0;
    pack_array(&b, 2);
    pack_uint(&b, OP_OPEN);
    pack_nil(&b);
    assert_decodes_to(&b, RC_OK);
    assert_true(op_own_is_zero(&op, 17));
    buf_free(&b);
}

static void
resolving_gives_own_versions_their_number_and_place(void **state)
{
    struct version v[5] = {
        {0, 3, {1}}, {0, 9, {1}}, {2, 5, {1}}, {4, 1, {1}}, {6, 1, {1}}};
    struct buf b = BUF_NONE;

    (void)state;
    replacing(&b, v, 5);
    assert_decodes_to(&b, RC_OK);
    op_resolve(&op, 5);
    assert_int_equal(op.field[0].replaces[0].log_no, 2);
    assert_int_equal(op.field[0].replaces[1].log_no, 4);
    assert_int_equal(op.field[0].replaces[2].log_no, 5);
    assert_true(op.field[0].replaces[2].seq == 3);
    assert_int_equal(op.field[0].replaces[3].log_no, 5);
    assert_true(op.field[0].replaces[3].seq == 9);
    assert_int_equal(op.field[0].replaces[4].log_no, 6);
    right_start(&b, OP_TAKE, 3);
    name_add(&b, &one, 1);
    assert_decodes_to(&b, RC_OK);
    op_resolve(&op, 5);
    assert_int_equal(op.asset.at.log_no, 17);
    assert_int_equal(op.of.at.log_no, 5);
    buf_free(&b);
}

static void
order_is_by_every_part_in_turn(void **state)
{
    struct record_key key = wish;
    struct item_name name = {one, 4};
    struct item_name other = name;

    (void)state;
    assert_true(version_cmp(&one, &two) < 0 && version_cmp(&two, &one) > 0);
    assert_int_equal(item_name_cmp(&name, &other), 0);
    other.index++;
    assert_true(item_name_cmp(&name, &other) < 0 && item_name_cmp(&other, &name) > 0);
    name.at.seq++;
    assert_true(item_name_cmp(&name, &other) > 0);
    assert_int_equal(record_key_cmp(&key, &wish), 0);
    key.id[15]++;
    assert_true(record_key_cmp(&key, &wish) > 0);
    key.unit--;
    assert_true(record_key_cmp(&key, &wish) < 0);
    key.scope++;
    assert_true(record_key_cmp(&key, &wish) > 0);
    assert_true(record_key_cmp(&wish, &key) < 0);
}

/* ---- figures: what stands in the file decodes, and is written the same again */

static void
add_hex(struct buf *out, const char *key, const struct buf *b)
{
    char *text = mem_new(2 * b->n + 1);

    hex_print(b->p, b->n, text);
    buf_addf(out, "%s %s\n", key, text);
    mem_free(text);
}

/* One operation of each kind, written from a struct. */
static void
samples_print(struct buf *file)
{
    static const char *const names[] = {"",     "put",   "open",   "issue", "give",
                                        "take", "spend", "return", "erased"};
    static const uint8_t state_move[] = {0x92, 0x01, 0x02};
    static const uint8_t number[] = {0x19};
    struct version versions[3] = {one, two, {18, 1, {0}}};
    struct buf b = BUF_NONE;

    memset(&op, 0, sizeof op);
    op.unit = 302;
    op.type = 20;
    op.record[0] = 0x11;
    op.fields_n = 2;
    op.field[0] = (struct put_field){3, 1, versions, slice_of(state_move, 3)};
    op.field[1] = (struct put_field){10, 3, versions, slice_of(number, 1)};
    op.asset = (struct item_name){two, 5};
    op.amount = 1000;
    op.to = 31;
    op.of = (struct item_name){one, 0};
    op.has_subject = true;
    op.subject = wish;
    memset(op.erase.b, 7, HASH_BYTES);
    op.erase_index = 2;
    for (int code = OP_PUT; code <= OP_ERASED; code++) {
        op.code = (enum op_code)code;
        b.n = 0;
        op_encode(&op, &b);
        add_hex(file, names[code], &b);
    }
    op.has_subject = false;
    op.code = OP_OPEN;
    b.n = 0;
    op_encode(&op, &b);
    add_hex(file, "open-nothing", &b);
    op.is_inherited = true;
    op.from = 31;
    op.code = OP_TAKE;
    b.n = 0;
    op_encode(&op, &b);
    add_hex(file, "take-inherited", &b);
    buf_free(&b);
}

static void
operations_are_the_figures_of_the_tree(void **state)
{
    const char *mode = getenv("LINJULI_GOLDEN");
    struct buf want = BUF_NONE;
    struct buf file = BUF_NONE;

    (void)state;
    buf_addf(&file, "# Operations of data items (sync/RECORDS.md section 2).\n\n");
    samples_print(&file);
    if (mode != NULL && strcmp(mode, "write") == 0) {
        FILE *f = fopen(FIGURES, "wb");

        assert_non_null(f);
        assert_int_equal(fwrite(file.p, 1, file.n, f), file.n);
        assert_int_equal(fclose(f), 0);
    }
    tree_read(FIGURES, &want);
    assert_bytes(buf_slice(&file), buf_slice(&want));
    buf_free(&file);
    buf_free(&want);
}

static void
assert_written_again(struct slice s)
{
    struct buf again = BUF_NONE;

    assert_int_equal(op_decode(s, &op), RC_OK);
    op_encode(&op, &again);
    assert_bytes(buf_slice(&again), s);
    buf_free(&again);
}

static void
every_figure_is_written_again_and_none_of_its_beginnings_decodes(void **state)
{
    struct buf file = BUF_NONE;
    char *save = NULL;
    size_t n = 0;

    (void)state;
    tree_read(FIGURES, &file);
    for (char *line = strtok_r((char *)file.p, "\n", &save); line != NULL;
         line = strtok_r(NULL, "\n", &save)) {
        struct buf b;

        if (line[0] == '#') {
            continue;
        }
        b = hex_buf(strchr(line, ' ') + 1);
        assert_written_again(buf_slice(&b));
        for (size_t less = 1; less <= b.n; less++) {
            assert_int_equal(op_decode(slice_of(b.p, b.n - less), &op), RC_MALFORMED);
        }
        buf_add_u8(&b, 0);
        assert_int_equal(op_decode(buf_slice(&b), &op), RC_MALFORMED);
        buf_free(&b);
        n++;
    }
    assert_int_equal(n, 10);
    buf_free(&file);
}

static void
the_worked_example_of_the_document_holds(void **state)
{
    struct buf document = BUF_NONE;
    struct buf b;

    (void)state;
    tree_read("sync/RECORDS.md", &document);
    b = document_hex((const char *)document.p, "put");
    assert_written_again(buf_slice(&b));
    assert_int_equal(op.unit, 302);
    assert_int_equal(op.type, 20);
    assert_int_equal(op.fields_n, 2);
    assert_int_equal(op.field[0].code, FIELD_STATE);
    assert_bytes(op.field[0].value, slice_of("\x92\x01\x02", 3));
    assert_int_equal(op.field[0].replaces_n, 1);
    assert_int_equal(op.field[0].replaces[0].log_no, 0);
    assert_int_equal(op.field[1].code, 12);
    assert_bytes(op.field[1].value, slice_of("\x19", 1));
    assert_int_equal(op.field[1].replaces_n, 3);
    assert_int_equal(op.field[1].replaces[2].log_no, 17);
    assert_true(op.field[1].replaces[2].seq == 41);
    buf_free(&b);
    b = document_hex((const char *)document.p, "spend");
    assert_written_again(buf_slice(&b));
    assert_int_equal(op.code, OP_SPEND);
    assert_true(op.amount == 80);
    assert_int_equal(op.asset.at.log_no, 17);
    assert_int_equal(op.subject.unit, 302);
    buf_free(&b);
    buf_free(&document);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_put_comes_back_as_it_was_written),
        cmocka_unit_test(fields_ascend_and_differ),
        cmocka_unit_test(a_put_has_one_to_64_fields),
        cmocka_unit_test(replaced_versions_ascend_and_differ),
        cmocka_unit_test(a_put_replaces_256_versions_in_all),
        cmocka_unit_test(unit_record_and_type_keep_their_range),
        cmocka_unit_test(a_text_has_16_kib_at_most),
        cmocka_unit_test(what_is_unknown_is_carried_and_what_is_broken_is_not),
        cmocka_unit_test(rights_come_back_as_they_were_written),
        cmocka_unit_test(rights_of_another_form_are_refused),
        cmocka_unit_test(amounts_are_left_to_the_fold_up_to_2_to_53),
        cmocka_unit_test(an_acknowledgement_names_the_erase),
        cmocka_unit_test(own_versions_stand_under_0_only),
        cmocka_unit_test(resolving_gives_own_versions_their_number_and_place),
        cmocka_unit_test(order_is_by_every_part_in_turn),
        cmocka_unit_test(operations_are_the_figures_of_the_tree),
        cmocka_unit_test(
            every_figure_is_written_again_and_none_of_its_beginnings_decodes),
        cmocka_unit_test(the_worked_example_of_the_document_holds),
    };

    return cmocka_run_group_tests(tests, start_crypto, NULL);
}
