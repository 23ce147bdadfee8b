/* schema/ARTICLE.md: each name in it exists, each sentence and indicator has its row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "schema/type.h"

#define PAGE "schema/ARTICLE.md"
#define INDICATORS 30
#define LINE_BYTES_MAX 4096

/* Sentences of each paragraph, headings among them. */
static const unsigned sentences[] = {2, 2, 2, 3, 3, 3, 4, 4, 3, 2, 2, 3, 3, 1};
#define PARAGRAPHS (sizeof(sentences) / sizeof(sentences[0]))

static struct types *types;

static char *
page(void)
{
    const char *root = getenv("LINJULI_ROOT");
    struct buf path = BUF_NONE, text = BUF_NONE;
    char part[4096];
    size_t n;
    FILE *f;

    buf_addf(&path, "%s/%s", root == NULL ? "." : root, PAGE);
    f = fopen(buf_text(&path), "r");
    assert_non_null(f);
    while ((n = fread(part, 1, sizeof(part), f)) > 0) {
        buf_add(&text, part, n);
    }
    (void)fclose(f);
    buf_free(&path);
    (void)buf_text(&text);
    return (char *)text.p;
}

/* ---- names: type, type.field, type.field=choice, type:state */

static bool
field_is_there(const struct type *t, char *name)
{
    char *choice = strchr(name, '=');
    const struct field *f;

    if (choice != NULL) {
        *choice++ = '\0';
    }
    f = field_by_name(t, name);
    if (f == NULL || choice == NULL) {
        return f != NULL;
    }
    for (size_t i = 0; i < f->choices_n; i++) {
        if (strcmp(f->choice[i].name, choice) == 0) {
            return true;
        }
    }
    return false;
}

static bool
name_is_there(const char *text, size_t n)
{
    char name[128];
    size_t cut = 0;
    const struct type *t;
    char mark;

    if (n >= sizeof(name)) {
        return false;
    }
    memcpy(name, text, n);
    name[n] = '\0';
    if (strchr(name, '/') != NULL) {
        return true; /* a file */
    }
    cut = strcspn(name, ".:");
    mark = name[cut];
    name[cut] = '\0';
    t = type_by_name(types, name);
    if (t == NULL || t->private_of != 0 || mark == '\0') {
        return t != NULL && t->private_of == 0;
    }
    return mark == '.' ? field_is_there(t, name + cut + 1)
                       : state_by_name(t, name + cut + 1) != NULL;
}

/* How many names between `` ` `` are there; the first wrong one into `bad`. */
static size_t
names_in(const char *text, struct buf *bad)
{
    size_t n = 0;

    while ((text = strchr(text, '`')) != NULL) {
        const char *end = strchr(++text, '`');

        if (end == NULL) {
            break;
        }
        n++;
        if (bad->n == 0 && !name_is_there(text, (size_t)(end - text))) {
            buf_add(bad, text, (size_t)(end - text));
        }
        text = end + 1;
    }
    return n;
}

static void
each_name_is_there(void **state)
{
    char *text = page();
    struct buf bad = BUF_NONE;
    size_t n = names_in(text, &bad);

    (void)state;
    if (bad.n > 0) {
        fail_msg("%s names what there is not: %s", PAGE, buf_text(&bad));
    }
    assert_true(n > 200);
    mem_free(text);
    buf_free(&bad);
}

static void
a_wrong_name_is_noticed(void **state)
{
    static const char *const wrong[] = {
        "dream", "need.colour", "need.source=dream", "need:forgotten",
        "need.", "need:",       "need_private",      ""};
    static const char *const right[] = {"need", "need.source", "need.source=visit",
                                        "need:listed", "wish.beneficiary"};
    char text[64];

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct buf bad = BUF_NONE;

        (void)snprintf(text, sizeof(text), "| `need` | and `%s` |", wrong[i]);
        assert_int_equal(names_in(text, &bad), 2);
        if (name_is_there(wrong[i], strlen(wrong[i]))) {
            fail_msg("%s passes", wrong[i]);
        }
        buf_free(&bad);
    }
    for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
        assert_true(name_is_there(right[i], strlen(right[i])));
    }
}

/* ---- rows */

/* The row that begins with this cell: its text behind it, up to the end of the line. */
static const char *
row_of(const char *text, const char *cell, char out[static LINE_BYTES_MAX])
{
    char want[32];
    const char *at;
    size_t n;

    (void)snprintf(want, sizeof(want), "\n| %s | ", cell);
    at = strstr(text, want);
    if (at == NULL) {
        return NULL;
    }
    at += strlen(want);
    n = strcspn(at, "\n");
    assert_true(n < LINE_BYTES_MAX);
    memcpy(out, at, n);
    out[n] = '\0';
    return out;
}

static unsigned
rows_like(const char *text, const char *begin)
{
    unsigned n = 0;

    while ((text = strstr(text, begin)) != NULL) {
        n++;
        text += strlen(begin);
    }
    return n;
}

static void
each_sentence_has_its_place(void **state)
{
    char *text = page();
    unsigned total = 0;

    (void)state;
    for (unsigned p = 0; p < PARAGRAPHS; p++) {
        for (unsigned s = 1; s <= sentences[p]; s++) {
            char cell[16];
            char line[LINE_BYTES_MAX];

            (void)snprintf(cell, sizeof(cell), "%u.%u", p + 1, s);
            if (row_of(text, cell, line) == NULL) {
                fail_msg("sentence %s has no row", cell);
            }
            if (strchr(line, '`') == NULL && strstr(line, "out: ") == NULL) {
                fail_msg("sentence %s goes nowhere, and is not out", cell);
            }
            total++;
        }
    }
    for (unsigned p = 1; p <= PARAGRAPHS; p++) {
        char begin[16];

        (void)snprintf(begin, sizeof(begin), "\n| %u.", p);
        assert_int_equal(rows_like(text, begin), sentences[p - 1]);
    }
    assert_int_equal(total, 37);
    mem_free(text);
}

static void
each_indicator_has_a_formula(void **state)
{
    char *text = page();
    char *second = strstr(text, "\n## 2 ");

    (void)state;
    assert_non_null(second);
    for (unsigned i = 1; i <= INDICATORS; i++) {
        char cell[16];
        char line[LINE_BYTES_MAX];

        (void)snprintf(cell, sizeof(cell), "I%02u", i);
        if (row_of(second, cell, line) == NULL) {
            fail_msg("%s has no row", cell);
        }
        if (i != INDICATORS && i != 6 && strchr(line, '`') == NULL) {
            fail_msg("%s counts nothing", cell);
        }
    }
    mem_free(text);
}

/* Every I and R that a sentence names has its row in sections 2 and 3. */
static void
each_number_named_has_a_row(void **state)
{
    char *text = page();
    char *second = strstr(text, "\n## 2 ");
    unsigned n = 0;

    (void)state;
    assert_non_null(second);
    for (const char *p = text; p < second; p++) {
        size_t digits = strspn(p + 1, "0123456789");
        char cell[8];
        char line[LINE_BYTES_MAX];

        if ((*p != 'I' && *p != 'R') || (p[-1] != ' ' && p[-1] != '`') || digits == 0 ||
            digits > 2) {
            continue;
        }
        (void)snprintf(cell, sizeof(cell), "%.*s", (int)digits + 1, p);
        if (row_of(second, cell, line) == NULL) {
            fail_msg("%s is named and has no row", cell);
        }
        n++;
    }
    assert_true(n > 30);
    mem_free(text);
}

static int
load(void **state)
{
    (void)state;
    return types_load_builtin(&types) == RC_OK ? 0 : -1;
}

static int
unload(void **state)
{
    (void)state;
    types_free(types);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_name_is_there),
        cmocka_unit_test(a_wrong_name_is_noticed),
        cmocka_unit_test(each_sentence_has_its_place),
        cmocka_unit_test(each_indicator_has_a_formula),
        cmocka_unit_test(each_number_named_has_a_row),
    };

    return cmocka_run_group_tests(tests, load, unload);
}
