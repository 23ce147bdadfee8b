/* QR codes: what is drawn for a terminal and for paper is the same, and can be found.
 * That a scanner reads it is shown in tests/e2e. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cli/qr.h"

#define SIDE_MAX 200

struct picture {
    bool dark[SIDE_MAX + 1][SIDE_MAX];
    size_t w, h;
};

/* Half blocks back into squares. */
static void
see_text(const struct buf *b, struct picture *out)
{
    static const char *const block[] = {"█", "▀", "▄", " "};
    size_t x = 0, y = 0;
    *out = (struct picture){0};
    for (size_t i = 0; i < b->n;) {
        if (b->p[i] == '\n') {
            assert_true(out->w == 0 || out->w == x);
            out->w = x;
            x = 0;
            y += 2;
            i++;
            continue;
        }
        size_t k = 0;
        while (k < 4 && strncmp((const char *)b->p + i, block[k], strlen(block[k])) != 0)
            k++;
        assert_true(k < 4 && x < SIDE_MAX && y < SIDE_MAX);
        out->dark[y][x] = k == 2 || k == 3;
        out->dark[y + 1][x] = k == 1 || k == 3;
        i += strlen(block[k]);
        x++;
    }
    out->h = y;
}

/* The runs of the SVG's second path. */
static void
see_svg(struct buf *b, struct picture *out)
{
    const char *p = strstr(buf_text(b), "#000\" d=\"");
    *out = (struct picture){0};
    assert_non_null(p);
    assert_int_equal(
        sscanf(strstr(buf_text(b), "viewBox"), "viewBox=\"0 0 %zu %zu", &out->w, &out->h),
        2);
    p += strlen("#000\" d=\"");
    while (*p == 'M') {
        size_t x, y, run, back;
        int n = 0;
        assert_int_equal(sscanf(p, "M%zu %zuh%zuv1h-%zuz%n", &x, &y, &run, &back, &n), 4);
        assert_true(n > 0 && run == back && x + run <= out->w && y < out->h);
        for (size_t i = 0; i < run; i++)
            out->dark[y][x + i] = true;
        p += n;
    }
    assert_int_equal(*p, '"');
}

/* A finder pattern whose corner is there: 7 × 7, dark ring, light ring, dark heart. */
static bool
has_finder(const struct picture *p, size_t x0, size_t y0)
{
    for (size_t y = 0; y < 7; y++)
        for (size_t x = 0; x < 7; x++) {
            size_t dx = x < 3 ? 3 - x : x - 3, dy = y < 3 ? 3 - y : y - 3;
            size_t ring = dx > dy ? dx : dy;
            if (p->dark[y0 + y][x0 + x] != (ring != 2))
                return false;
        }
    return true;
}

static struct picture one, two;

static void
terminal_and_paper_show_the_same_code(void **state)
{
    static const char *const texts[] = {"1", "linjuli", "绿洲社区\n118\n"};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct buf text = BUF_NONE, svg = BUF_NONE;
        assert_int_equal(qr_text(&text, slice_text(texts[i])), RC_OK);
        assert_int_equal(qr_svg(&svg, slice_text(texts[i]), 40), RC_OK);
        see_text(&text, &one);
        see_svg(&svg, &two);
        assert_int_equal(one.w, two.w);
        assert_true(one.h == one.w || one.h == one.w + 1);
        assert_memory_equal(one.dark, two.dark, sizeof(one.dark));
        size_t far = one.w - 4 - 7;
        assert_true(has_finder(&one, 4, 4) && has_finder(&one, far, 4) &&
                    has_finder(&one, 4, far) && !has_finder(&one, far, far));
        for (size_t x = 0; x < one.w; x++) /* nothing in the margin */
            for (size_t k = 0; k < 4; k++)
                assert_false(one.dark[k][x] || one.dark[x][k] ||
                             one.dark[one.w - 1 - k][x] || one.dark[x][one.w - 1 - k]);
        buf_free(&text);
        buf_free(&svg);
    }
}

static void
what_does_not_fit_is_refused_and_nothing_is_drawn(void **state)
{
    static char text[QR_BYTES_MAX + 1];
    struct buf b = BUF_NONE;
    (void)state;
    memset(text, 'x', sizeof(text));
    assert_int_equal(qr_text(&b, slice_of(text, QR_BYTES_MAX)), RC_OK);
    b.n = 0;
    assert_int_equal(qr_text(&b, slice_of(text, QR_BYTES_MAX + 1)), RC_LIMIT);
    assert_int_equal(qr_svg(&b, slice_of(text, QR_BYTES_MAX + 1), 40), RC_LIMIT);
    assert_int_equal(qr_text(&b, slice_of(text, 0)), RC_LIMIT);
    assert_int_equal(b.n, 0);
    buf_free(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terminal_and_paper_show_the_same_code),
        cmocka_unit_test(what_does_not_fit_is_refused_and_nothing_is_drawn),
    };
    return crypto_init() == RC_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 70;
}
