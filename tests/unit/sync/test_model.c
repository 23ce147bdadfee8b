/* Golden histories: the folds from scratch, and the incremental engine in many orders of
 * arrival, give what the executable rule gives. With LINJULI_MODEL_EXPORT=FILE the same
 * for histories exported by the model's generator. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/lib/golden_check.h"
#include "tests/lib/rights_check.h"

#define GOLDEN "tests/golden/model/golden.json"
#define ORDERS 20

static const char *
check_scratch(const struct golden *g, uint64_t seed)
{
    struct fold f;
    const char *why;

    fold_scratch(g, &f);
    why = golden_check(g, &f);
    for (uint64_t i = 0; i < ORDERS && why == NULL; i++) {
        why = rights_check(g, &f, seed * 1000 + i);
    }
    fold_fini(&f);
    return why;
}

static const char *
check_engine(const struct golden *g, uint64_t seed)
{
    const char *why = NULL;

    for (uint64_t i = 0; i < ORDERS && why == NULL; i++) {
        struct fold f;

        why = fold_engine(g, seed * 1000 + i, &f);
        if (why == NULL) {
            why = golden_check(g, &f);
            why = why != NULL ? why : rights_check(g, &f, seed * 1000 + i);
        }
        if (why != NULL) {
            printf("# order %llu\n", (unsigned long long)i);
        }
        fold_fini(&f);
    }
    return why;
}

/* How many histories of a file differ. */
static size_t
check_file(const char *path, const char *(*check)(const struct golden *g, uint64_t seed))
{
    json_error_t error;
    json_t *all = json_load_file(path, 0, &error);
    size_t bad = 0;
    size_t n = json_array_size(all);

    if (all == NULL || n == 0) {
        fail_msg("%s: %s", path, all == NULL ? error.text : "no history");
    }
    for (size_t i = 0; i < n; i++) {
        struct golden g;
        const char *why;

        golden_init(&g, json_array_get(all, i));
        why = check(&g, i);
        if (why != NULL) {
            bad++;
            printf("# '%s': %s\n", g.name, why);
        }
        golden_fini(&g);
    }
    printf("# %zu histories of %s, %zu differ\n", n, path, bad);
    json_decref(all);
    return bad;
}

static void
golden_from_scratch(void **state)
{
    (void)state;
    assert_int_equal(check_file(GOLDEN, check_scratch), 0);
}

static void
golden_in_any_order_of_arrival(void **state)
{
    (void)state;
    assert_int_equal(check_file(GOLDEN, check_engine), 0);
}

static void
exported_histories(void **state)
{
    const char *path = getenv("LINJULI_MODEL_EXPORT");

    (void)state;
    if (path == NULL) {
        printf("# LINJULI_MODEL_EXPORT is not set: no exported histories\n");
        return;
    }
    assert_int_equal(check_file(path, check_scratch), 0);
    assert_int_equal(check_file(path, check_engine), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_from_scratch),
        cmocka_unit_test(golden_in_any_order_of_arrival),
        cmocka_unit_test(exported_histories),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
