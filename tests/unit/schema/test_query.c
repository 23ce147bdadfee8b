/* Reading records: one by what people call it, many by what they hold. */
#include "schema/query.h"

#include <stdio.h>
#include <string.h>

#include "schema/edit.h"
#include "schema/ledger_in.h"
#include "tests/lib/ledger_fixture.h"
#include "tests/lib/ledger_fixture_test.h"

#define FIELDS_MAX 6

static struct author
begin(struct member *m)
{
    struct author a;
    assert_ok(ledger_begin(m->l));
    assert_ok(author_of(m->l, &m->log, &a));
    return a;
}

/* "title=灯", "whom=某某", NULL */
static struct made
add(struct member *m, const char *type, const char *const *text)
{
    struct author a = begin(m);
    struct assign f[FIELDS_MAX];
    char name[FIELDS_MAX][32];
    struct made made;
    size_t n = 0;
    for (; text[n] != NULL; n++) {
        const char *eq = strchr(text[n], '=');
        snprintf(name[n], 32, "%.*s", (int)(eq - text[n]), text[n]);
        f[n] = (struct assign){name[n], eq + 1};
    }
    assert_ok(edit_add(m->l, &a, type, m->unit, f, n, &made, NULL));
    assert_ok(ledger_commit(m->l));
    return made;
}

#define ADD(m, type, ...) add(m, type, (const char *const[]){__VA_ARGS__, NULL})

static void
set(struct member *m, const struct record_key *key, const char *field, const char *value)
{
    struct author a = begin(m);
    struct assign f = {field, value};
    assert_ok(edit_set(m->l, &a, key, &f, 1, NULL));
    assert_ok(ledger_commit(m->l));
}

/* A need under an id and a number of the test's own. */
static void
put_need(struct member *m, const char *id, const struct number *n)
{
    struct op *op = mem_new(sizeof(*op));
    struct value v = {.kind = VALUE_NUMBER, .as.number = *n};
    struct buf number = BUF_NONE, title = BUF_NONE;
    value_encode(&v, &number);
    pack_text(&title, slice_text("灯"));
    op->code = OP_PUT;
    op->unit = m->unit;
    op->type = type_by_name(ledger_types(m->l), "need")->code;
    assert_true(hex_parse(id, RECORD_ID_BYTES, op->record));
    op->fields_n = 2;
    op->field[0] = (struct put_field){.code = FIELD_NUMBER, .value = buf_slice(&number)};
    op->field[1] = (struct put_field){.code = 10, .value = buf_slice(&title)};
    struct author_run *run = member_begin(m);
    assert_ok(author_put(run, 1, op));
    member_end(m, run);
    buf_free(&number);
    buf_free(&title);
    mem_free(op);
}

/* ---- by name */

static enum rc
find(struct member *m, const char *text, const struct record_key *want)
{
    struct record_key key;
    enum rc rc = query_find_one(m->l, text, &key, NULL);
    if (rc == RC_OK && want != NULL)
        assert_int_equal(record_key_cmp(&key, want), 0);
    return rc;
}

static void
a_record_is_found_by_number_id_and_beginnings_of_both(void **state)
{
    static struct community c;
    char hex[2 * RECORD_ID_BYTES + 1];
    (void)state;
    community_of(&c, 2);
    struct member *m = &c.m[1];
    struct made one = ADD(m, "need", "title=灯", "whom=某某");
    assert_ok(find(m, one.number, &one.key));
    assert_ok(find(m, "0301", &one.key));
    assert_ok(find(m, "0301-002-26-000", &one.key));
    hex_print(one.key.id, RECORD_ID_BYTES, hex);
    assert_ok(find(m, hex, &one.key));
    for (size_t i = 0; hex[i] != '\0'; i++)
        hex[i] = hex[i] >= 'a' && hex[i] <= 'f' ? (char)(hex[i] - 32) : hex[i];
    assert_ok(find(m, hex, &one.key));
    hex[20] = '\0';
    assert_ok(find(m, hex, &one.key));
    static const char *const none[] = {"",         "0",
                                       "030",      "xyz0",
                                       "0302",     "0301-9",
                                       "9999",     "0301-002-26-0002",
                                       "ffffffff", "0301-002-26-00011",
                                       "%%%%",     "____"};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        assert_int_equal(find(m, none[i], NULL), RC_NOTFOUND);
    hex[19] = 'g';
    assert_int_equal(find(m, hex, NULL), RC_NOTFOUND);
    assert_int_equal(find(m, "000102030405060708090a0b0c0d0e0f10", NULL), RC_NOTFOUND);
    community_fini(&c);
}

static void
what_two_records_are_called_names_both(void **state)
{
    static struct community c;
    struct fault why = {0};
    struct record_key key;
    (void)state;
    community_of(&c, 1);
    struct member *m = &c.m[1];
    struct made one = ADD(m, "need", "title=灯");
    struct made two = ADD(m, "need", "title=灯");
    assert_int_equal(query_find_one(m->l, "0301-002", &key, &why), RC_AMBIGUOUS);
    assert_int_equal(why.code, FAULT_AMBIGUOUS);
    assert_non_null(strstr(why.want, one.number));
    assert_non_null(strstr(why.want, two.number));
    /* A number's beginning that is an id's too. */
    put_need(m, "030100000000000000000000000000aa",
             &(struct number){.unit = 305, .log_no = 2, .year = 26, .running = 1});
    assert_int_equal(query_find_one(m->l, "0301", &key, &why), RC_AMBIGUOUS);
    assert_ok(query_find_one(m->l, "03010", &key, NULL));
    assert_int_equal(key.id[15], 0xaa);
    assert_ok(query_find_one(m->l, "0305", &key, NULL));
    assert_int_equal(key.id[15], 0xaa);
    /* One number for two: their ids tell them apart. */
    put_need(m, "030200000000000000000000000000bb",
             &(struct number){.unit = 305, .log_no = 2, .year = 26, .running = 1});
    assert_int_equal(query_find_one(m->l, "0305-002-26-0001", &key, &why), RC_AMBIGUOUS);
    assert_string_equal(why.want, "030100000000000000000000000000aa, "
                                  "030200000000000000000000000000bb");
    community_fini(&c);
}

static void
numbers_given_before_the_grant_are_found_in_either_case(void **state)
{
    static struct community c;
    char text[40];
    (void)state;
    community_of(&c, 1);
    struct member *m = community_invite(&c, 301, ROLE_LEADER);
    struct made one = ADD(m, "need", "title=灯");
    assert_int_equal(one.number[5], 'x');
    snprintf(text, sizeof(text), "%s", one.number);
    for (size_t i = 0; text[i] != '\0'; i++)
        text[i] = text[i] >= 'A' && text[i] <= 'F' ? (char)(text[i] + 32) : text[i];
    assert_ok(find(m, text, &one.key));
    text[12] = '\0';
    assert_ok(find(m, text, &one.key));
    community_fini(&c);
}

/* ---- many */

struct hits {
    size_t n, stop;
    char title[64][40];
    bool is_counted;
};

static bool
take(void *arg, const struct record_row *r)
{
    struct hits *h = arg;
    struct value v;
    if (h->n < 64 && value_decode(VALUE_TEXT, r->value[0].value, &v))
        snprintf(h->title[h->n], 40, "%.*s", (int)v.as.text.n, (const char *)v.as.text.p);
    h->is_counted = r->is_counted;
    h->n++;
    return h->n != h->stop;
}

static size_t
list(struct member *m, const char *type, const char *field, const char *value)
{
    struct hits h = {.n = 0};
    struct filter f = {field, value};
    struct fault why = {0};
    enum rc rc = query_list(m->l, type, &f, field != NULL, 0, take, &h, &why);
    if (rc != RC_OK) {
        assert_int_equal(why.rc, rc);
        return 1000u + why.code;
    }
    return h.n;
}

static size_t
text(struct member *m, const char *what)
{
    struct hits h = {.n = 0};
    assert_ok(query_text(m->l, what, 0, take, &h));
    return h.n;
}

static void
filters_take_what_people_type(void **state)
{
    static struct community c;
    (void)state;
    community_of(&c, 2);
    struct member *m = &c.m[1];
    ADD(m, "need", "title=a", "urgency=urgent", "whom=某某");
    struct made b = ADD(m, "need", "title=b", "wanted_by=2026年3月1日");
    ADD(m, "need", "title=c", "urgency=normal");
    set(m, &b.key, "urgency", "urgent");
    set(m, &b.key, "urgency", "");
    assert_int_equal(list(m, "need", NULL, NULL), 3);
    assert_int_equal(list(m, "need", "urgency", "紧急"), 1);
    assert_int_equal(list(m, "need", "urgency", "URGENT"), 1);
    assert_int_equal(list(m, "need", "urgency", ""), 1);   /* emptied */
    assert_int_equal(list(m, "need", "wanted_by", ""), 2); /* never set */
    assert_int_equal(list(m, "need", "wanted_by", "2026-03-01"), 1);
    assert_int_equal(list(m, "need", "whom", "某某"), 1);
    assert_int_equal(list(m, "need", "state", "listed"), 3);
    assert_int_equal(list(m, "need", "state", "已列出"), 3);
    assert_int_equal(list(m, "need", "state", "met"), 0);
    assert_int_equal(list(m, "need", "unit", "0301"), 3);
    assert_int_equal(list(m, "need", "unit", "0777"), 0);
    assert_int_equal(list(m, "need", "unit", "301"), 1000 + FAULT_BAD_CODE);
    assert_int_equal(list(m, "need", "urgency", "?"), 1000 + FAULT_BAD_CHOICE);
    assert_int_equal(list(m, "need", "title", ""), 1000 + FAULT_MISSING_FIELD);
    assert_int_equal(list(m, "need", "state", "?"), 1000 + FAULT_UNKNOWN_STATE);
    assert_int_equal(list(m, "need", "number", "0301"), 1000 + FAULT_UNKNOWN_FIELD);
    assert_int_equal(list(m, "need", "?", "x"), 1000 + FAULT_UNKNOWN_FIELD);
    assert_int_equal(list(m, "?", NULL, NULL), 1000 + FAULT_UNKNOWN_TYPE);
    assert_int_equal(list(m, "need_private", NULL, NULL), 1000 + FAULT_UNKNOWN_TYPE);
    struct filter two[] = {{"unit", "0302"}, {"unit", "0301"}};
    struct hits h = {.n = 0};
    assert_ok(query_list(m->l, "need", two, 2, 0, take, &h, NULL));
    assert_int_equal(h.n, 0);
    /* Who cannot read the private half finds nothing by it. */
    community_sync(&c);
    assert_int_equal(list(&c.m[2], "need", NULL, NULL), 3);
    assert_int_equal(list(&c.m[2], "need", "whom", "某某"), 0);
    community_fini(&c);
}

static void
filters_take_references_by_number(void **state)
{
    static struct community c;
    (void)state;
    community_of(&c, 2);
    struct member *m = &c.m[1];
    struct made home = ADD(m, "household", "door=3-2-101");
    char of[64];
    snprintf(of, sizeof(of), "household=%s", home.number);
    ADD(m, "resident", "name=甲", of);
    ADD(m, "resident", "name=乙");
    assert_int_equal(list(m, "resident", "household", home.number), 1);
    assert_int_equal(list(m, "resident", "household", ""), 1);
    assert_int_equal(list(m, "resident", "household", "0301-002-26-0099"),
                     1000 + FAULT_NOT_FOUND);
    community_sync(&c);
    assert_int_equal(list(&c.m[2], "resident", NULL, NULL), 0); /* another unit's */
    assert_int_equal(list(&c.m[0], "resident", NULL, NULL), 2);
    community_fini(&c);
}

static void
the_order_is_unit_and_number_and_limits_hold(void **state)
{
    static struct community c;
    struct hits h = {.n = 0};
    char title[16];
    (void)state;
    community_of(&c, 2);
    for (int i = 0; i < 12; i++) {
        snprintf(title, sizeof(title), "title=%c", 'a' + i);
        ADD(&c.m[2 - i % 2], "need", title);
    }
    community_sync(&c);
    assert_ok(query_list(c.m[0].l, "need", NULL, 0, 0, take, &h, NULL));
    static const char want[] = "bdfhjlacegik";
    for (size_t i = 0; i < 12; i++)
        assert_int_equal(h.title[i][0], want[i]);
    h = (struct hits){.n = 0};
    assert_ok(query_list(c.m[0].l, "need", NULL, 0, 5, take, &h, NULL));
    assert_int_equal(h.n, 5);
    h = (struct hits){.stop = 3};
    assert_ok(query_list(c.m[0].l, "need", NULL, 0, 0, take, &h, NULL));
    assert_int_equal(h.n, 3);
    h = (struct hits){.n = 0};
    assert_ok(query_text(c.m[0].l, "03", 7, take, &h));
    assert_int_equal(h.n, 7);
    community_fini(&c);
}

struct nested {
    struct member *m;
    size_t n, inner;
};

static bool
list_again(void *arg, const struct record_row *r)
{
    struct nested *x = arg;
    struct record_key key = r->key;
    x->n++;
    x->inner += list(x->m, "need", NULL, NULL);
    set(x->m, &key, "words", "x");
    return true;
}

static void
whoever_is_told_may_list_and_write(void **state)
{
    static struct community c;
    (void)state;
    community_of(&c, 1);
    for (int i = 0; i < 4; i++)
        ADD(&c.m[1], "need", "title=灯");
    struct nested x = {.m = &c.m[1]};
    assert_ok(query_list(c.m[1].l, "need", NULL, 0, 0, list_again, &x, NULL));
    assert_int_equal(x.n, 4);
    assert_int_equal(x.inner, 16);
    assert_int_equal(list(&c.m[1], "need", "words", "x"), 4);
    community_fini(&c);
}

static void
text_is_found_anywhere_and_only_text(void **state)
{
    static struct community c;
    char words[128] = "words=";
    (void)state;
    community_of(&c, 1);
    struct member *m = &c.m[1];
    memset(words + 6, 'x', 97); /* 97 is the letter a: the length in front of the text */
    words[103] = '\0';
    ADD(m, "need", "title=楼道灯100%坏了", words);
    ADD(m, "need", "title=Lift_broken", "whom=某某");
    ADD(m, "resident", "name=甲", "phone=+86 139-0000-0000");
    assert_int_equal(text(m, ""), 0);
    assert_int_equal(text(m, "a"), 0);
    assert_int_equal(text(m, "%"), 1);
    assert_int_equal(text(m, "_"), 1);
    assert_int_equal(text(m, "道灯"), 1);
    assert_int_equal(text(m, "LIFT"), 1);
    assert_int_equal(text(m, "某某"), 1);
    assert_int_equal(text(m, "139-0000"), 1);
    assert_int_equal(text(m, "0301-002-26"), 3);
    assert_int_equal(text(m, "xxxxxxxxxxxxxxxxxxxxxxxxx"), 1);
    assert_int_equal(text(m, "\xaf"), 1); /* bytes, as they are */
    assert_int_equal(text(m, "没有"), 0);
    community_fini(&c);
}

static void
a_log_without_grant_is_not_counted_yet(void **state)
{
    static struct community c;
    struct hits h = {.n = 0};
    (void)state;
    community_of(&c, 1);
    struct member *m = community_invite(&c, 301, ROLE_LEADER);
    ADD(m, "need", "title=灯");
    assert_ok(query_list(m->l, "need", NULL, 0, 0, take, &h, NULL));
    assert_int_equal(h.n, 1);
    assert_false(h.is_counted);
    assert_ok(community_join(&c, m));
    community_sync(&c);
    h = (struct hits){.n = 0};
    assert_ok(query_list(m->l, "need", NULL, 0, 0, take, &h, NULL));
    assert_true(h.is_counted);
    community_fini(&c);
}

static void
counts_leave_out_what_is_gone(void **state)
{
    static struct community c;
    static const uint8_t batch[RECORD_ID_BYTES] = {1};
    struct edit_bulk *bulk = NULL;
    struct assign f = {"title", "灯"};
    uint64_t n = 0, undone, kept;
    (void)state;
    community_of(&c, 1);
    struct member *m = &c.m[1];
    ADD(m, "need", "title=a");
    struct author a = begin(m);
    assert_ok(edit_bulk_begin(m->l, &a, "need", batch, &bulk, NULL));
    assert_ok(edit_bulk_add(bulk, 301, &f, 1, NULL));
    assert_ok(edit_bulk_end(&bulk));
    assert_ok(ledger_commit(m->l));
    assert_ok(query_count(m->l, "need", &n, NULL));
    assert_int_equal(n, 2);
    a = begin(m);
    assert_ok(edit_undo(m->l, &a, batch, &undone, &kept, NULL));
    assert_ok(ledger_commit(m->l));
    assert_ok(query_count(m->l, "need", &n, NULL));
    assert_int_equal(n, 1);
    assert_int_equal(list(m, "need", NULL, NULL), 1);
    assert_int_equal(text(m, "灯"), 0);
    assert_int_equal(query_count(m->l, "?", &n, NULL), RC_INVALID);
    community_fini(&c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_found_by_number_id_and_beginnings_of_both),
        cmocka_unit_test(what_two_records_are_called_names_both),
        cmocka_unit_test(numbers_given_before_the_grant_are_found_in_either_case),
        cmocka_unit_test(filters_take_what_people_type),
        cmocka_unit_test(filters_take_references_by_number),
        cmocka_unit_test(the_order_is_unit_and_number_and_limits_hold),
        cmocka_unit_test(whoever_is_told_may_list_and_write),
        cmocka_unit_test(text_is_found_anywhere_and_only_text),
        cmocka_unit_test(a_log_without_grant_is_not_counted_yet),
        cmocka_unit_test(counts_leave_out_what_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
