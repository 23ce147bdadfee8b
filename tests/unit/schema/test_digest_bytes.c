/* The worked example of schema/TYPES.md section 5: a need of unit 302 whose title two
 * persons changed without having seen each other, folded, and the bytes of its digest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "schema/digest.h"

static struct op op[3];
static struct record_item item[3];

/* Item i: by log 17 (the last one: 23), replacing the first item's title. */
static void
make(uint32_t i, const char *title, struct buf *value)
{
    struct put_field *f;

    item[i].at.log_no = i == 2 ? 23 : 17;
    item[i].at.seq = i == 1 ? 2 : 1;
    memset(item[i].at.id8, (int)(0xa0 + i), sizeof(item[i].at.id8));
    memset(item[i].id.b, (int)(0xa0 + i), HASH_BYTES);
    item[i].rank = 100 + i;
    item[i].put = &op[i];
    op[i].code = OP_PUT;
    f = &op[i].field[op[i].fields_n++];
    value_encode(&(struct value){.kind = VALUE_TEXT, .as.text = slice_text(title)},
                 value);
    f->code = 10;
    f->value = buf_slice(value);
    if (i > 0) {
        op[i].pool[0] = item[0].at;
        f->replaces = op[i].pool;
        f->replaces_n = 1;
    }
}

static void
image_of(const struct record *r, struct image *im)
{
    for (uint8_t i = 0; i < RECORD_ID_BYTES; i++) {
        im->key.id[i] = i;
    }
    im->key.scope = 1;
    im->key.unit = 302;
    im->type = 180;
    for (size_t i = 0; i < r->fields_n; i++) {
        const struct record_field *f = &r->field[i];
        struct image_field *to = image_add_field(im, f->code, f->state);

        for (uint32_t k = 0; k < f->n; k++) {
            const struct record_item *from = &item[r->index_of[f->first + k]];
            struct image_choice c = {.at = from->at};

            if (r->index_of[f->first + k] == f->shown) {
                to->shown = k;
            }
            image_add_choice(im, &c, put_field(from->put, f->code)->value);
        }
    }
}

static void
the_worked_example_holds(void **state)
{
    static const char want[] =
        "000102030405060708090a0b0c0d0e0f" /* record id */
        "0000012e00b40002"                 /* unit 302, type 180, two fields */
        "0003000000000000000001"           /* state: clean, shown 0, one version */
        "000000110000000000000001a0a0a0a0a0a0a0a000000003920001"
        "000a010000000100000002" /* title: conflict, shown 1, two versions */
        "000000110000000000000002a1a1a1a1a1a1a1a100000007a6e8b7afe781af"
        "000000170000000000000001a2a2a2a2a2a2a2a200000007a6e6a5bce781af";
    struct buf value[4] = {BUF_NONE, BUF_NONE, BUF_NONE, BUF_NONE};
    struct record r = {0};
    struct image im = {0};
    struct buf out = BUF_NONE;
    char *got;
    char hash[2 * HASH_BYTES + 1];
    struct hash h;

    (void)state;
    value_encode(&(struct value){.kind = VALUE_STATE, .as.move = {0, 1, {NULL, 0}}},
                 &value[3]);
    op[0].field[0] =
        (struct put_field){.code = FIELD_STATE, .value = buf_slice(&value[3])};
    op[0].fields_n = 1;
    make(0, "灯", &value[0]);
    make(1, "路灯", &value[1]);
    make(2, "楼灯", &value[2]);
    record_fold(item, 3, &r);
    image_of(&r, &im);
    digest_record(&im, &out);
    got = mem_new(2 * out.n + 1);
    hex_print(out.p, out.n, got);
    assert_string_equal(got, want);
    h = hash_of(buf_slice(&out));
    hex_print(h.b, HASH_BYTES, hash);
    assert_memory_equal(hash, "ce883751fa98469db911f9525b1b2ef7", 32);
    mem_free(got);
    buf_free(&out);
    image_fini(&im);
    record_fini(&r);
    for (size_t i = 0; i < 4; i++) {
        buf_free(&value[i]);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_worked_example_holds)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
