/* A computer whose clock is 40 years ahead: it works, and drags nobody along. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "cli/out.h"
#include "tests/lib/ledger_fixture.h"

#define YEAR_MS INT64_C(31557600000)
#define FORTY_YEARS_MS (40 * YEAR_MS)

static enum rc
add(struct member *m, struct made *made)
{
    struct author a;
    struct fault why = {0};
    const struct assign f[] = {{"title", "lamp"}, {"wanted_by", "2026-11-24"}};
    enum rc rc = ledger_begin(m->l);
    if (rc == RC_OK)
        rc = author_of(m->l, &m->log, &a);
    if (rc == RC_OK)
        rc = edit_add(m->l, &a, "need", m->unit, f, 2, made, &why);
    if (rc == RC_OK)
        return ledger_commit(m->l);
    ledger_rollback(m->l);
    return rc;
}

static void
a_clock_forty_years_ahead_writes_and_drags_nobody(void **state)
{
    struct community *c = mem_new(sizeof(*c));
    struct made early, late;
    char before[8], after[8];
    (void)state;
    community_of(c, 2);
    assert_int_equal(add(&c->m[1], &early), RC_OK);
    c->m[1].skew_ms = FORTY_YEARS_MS;
    assert_int_equal(add(&c->m[1], &late), RC_OK);
    memcpy(before, strchr(early.number, '-') + 5, 2);
    memcpy(after, strchr(late.number, '-') + 5, 2);
    before[2] = after[2] = '\0';
    assert_string_not_equal(before,
                            after); /* the year in the number, as the clock has it */

    community_sync(c);
    const struct log_state *log = member_log(&c->m[1]);
    assert_int_equal(log->head_seq,
                     replica_trunk_n(ledger_replica(c->m[0].l), &log->key));
    assert_true(log->head_clock >> 16 > c->wall_ms + (uint64_t)FORTY_YEARS_MS / 2);

    struct made next;
    assert_int_equal(add(&c->m[2], &next), RC_OK);
    uint64_t clock = member_log(&c->m[2])->head_clock >> 16;
    assert_true(clock <= c->wall_ms + CLOCK_STEP_MS);
    assert_true(clock + CLOCK_STEP_MS >= c->wall_ms);

    /* Set right again it goes on: its own clock never goes back, and nothing is locked.
     */
    c->m[1].skew_ms = 0;
    assert_int_equal(add(&c->m[1], &next), RC_OK);
    community_sync(c);
    struct digests a, b;
    member_digests(&c->m[0], &a);
    member_digests(&c->m[1], &b);
    assert_true(digests_agree(&a, &b));
    community_fini(c);
    mem_free(c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clock_forty_years_ahead_writes_and_drags_nobody),
    };
    return crypto_init() == RC_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 70;
}
