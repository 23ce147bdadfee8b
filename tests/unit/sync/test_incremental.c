/* The incremental engine says what the folds from scratch say, whatever arrives in which
 * order. Random histories: LINJULI_HISTORIES of them (2,000), from LINJULI_SEED (1) on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/lib/fold.h"
#include "tests/lib/history.h"

static uint64_t
number(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    return text != NULL ? strtoull(text, NULL, 10) : otherwise;
}

/* What the histories were made of, so that nobody tests empty ones. */
static struct {
    uint64_t entries, accepted, sealed, revoked, closed, forks, waiting, frozen, reigns;
} seen;

static void
count(const struct golden *g, const struct fold *f)
{
    seen.entries += g->n;
    seen.frozen += f->authority->is_frozen;
    seen.reigns += f->authority->reign > 1;
    for (size_t i = 0; i < g->n; i++) {
        seen.accepted += f->accepted[i];
    }
    for (size_t i = 0; i < f->logs_n; i++) {
        seen.sealed += f->logs[i]->seal_seq > 0;
        seen.revoked += f->logs[i]->is_revoked;
        seen.closed += f->logs[i]->is_closed;
        seen.forks += f->logs[i]->proof.seq > 0;
        seen.waiting += f->logs[i]->waiting;
    }
}

static void
engine_and_scratch_agree(void **state)
{
    uint64_t n = number("LINJULI_HISTORIES", 2000);
    uint64_t from = number("LINJULI_SEED", 1);

    (void)state;
    for (uint64_t i = from; i < from + n; i++) {
        struct golden g;
        struct fold a;
        struct fold b;
        const char *why;

        history_init(&g, i);
        fold_scratch(&g, &a);
        why = fold_engine(&g, i, &b);
        why = why != NULL ? why : fold_same(&g, &a, &b);
        count(&g, &a);
        if (why != NULL) {
            fail_msg("LINJULI_SEED=%llu LINJULI_HISTORIES=1: %s", (unsigned long long)i,
                     why);
        }
        fold_fini(&a);
        fold_fini(&b);
        golden_fini(&g);
    }
    printf(
        "# %llu histories: %llu entries, %llu accepted; logs: %llu sealed, %llu revoked, "
        "%llu closed, %llu forked, %llu waiting; %llu frozen, %llu with a second reign\n",
        (unsigned long long)n, (unsigned long long)seen.entries,
        (unsigned long long)seen.accepted, (unsigned long long)seen.sealed,
        (unsigned long long)seen.revoked, (unsigned long long)seen.closed,
        (unsigned long long)seen.forks, (unsigned long long)seen.waiting,
        (unsigned long long)seen.frozen, (unsigned long long)seen.reigns);
    assert_true(seen.accepted > n && seen.sealed > n / 10 && seen.forks > n / 20);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(engine_and_scratch_agree),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
