/* Acceptance of one log, and what is asked of it. The rule itself is held against the
 * golden histories in test_model.c; here is what those do not say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sync/chain.h"

#define CHAIN_N 3000

static struct hash
id_of(uint32_t n)
{
    struct hash h = {{0}};

    put_u32(h.b, n * 2654435761u); /* in no order */
    put_u32(h.b + 4, n);
    return h;
}

/* Entry n of a chain, behind entry prev (0: none), all signed well. */
static struct fact
fact_of(uint32_t n, uint32_t prev, uint64_t seq)
{
    struct fact f = {.id = id_of(n), .seq = seq, .clock = 100 + n, .sig = true};

    if (prev > 0) {
        f.prev = id_of(prev);
    }
    return f;
}

static void
add_line(struct log_state *log, bool is_revoke, uint64_t seq, const struct hash *id)
{
    struct log_line line = {.id = *id,
                            .seq = seq,
                            .clock = 1000 + log->lines_n,
                            .pos = (uint32_t)log->lines_n,
                            .heir = 7,
                            .is_revoke = is_revoke};

    log_line_add(log, &line);
}

static void
a_line_takes_64_bytes(void **state)
{
    (void)state;
    assert_true(sizeof(struct log_line) <= 64);
}

static void
a_log_cut_at_zero_has_nothing(void **state)
{
    static const struct hash none;
    struct fact f = fact_of(1, 0, 1);
    struct hash id = id_of(1);
    struct log_state log = {.no = 1};

    (void)state;
    add_line(&log, true, 0, &none);
    accept_log(&log, &f, 1, NULL, NULL);
    assert_int_equal(log.passed, 1);
    assert_true(log.is_revoked);
    assert_int_equal(log.heir, 7);
    assert_int_equal(log.head_seq, 0);
    add_line(&log, false, 1, &id); /* lies on no branch of nothing */
    accept_log(&log, &f, 1, NULL, NULL);
    assert_int_equal(log.passed, 2);
    assert_int_equal(log.seal_seq, 0);
    assert_int_equal(log.empty_n, 1);
    add_line(&log, true, 1, &id); /* the last one holds */
    accept_log(&log, &f, 1, NULL, NULL);
    assert_int_equal(log.head_seq, 1);
    log_state_fini(&log);
}

static void
what_is_sealed_cannot_be_cut_at_zero(void **state)
{
    static const struct hash none;
    struct fact f = fact_of(1, 0, 1);
    struct hash id = id_of(1);
    struct log_state log = {.no = 1};

    (void)state;
    add_line(&log, false, 1, &id);
    add_line(&log, true, 0, &none);
    accept_log(&log, &f, 1, NULL, NULL);
    assert_int_equal(log.passed, 2);
    assert_false(log.is_revoked);
    assert_int_equal(log.head_seq, 1);
    assert_int_equal(log.head_clock, 101);
    log_state_fini(&log);
}

/* A long chain with a side branch; facts are given from the end. */
static void
ancestors_are_found_from_anywhere(void **state)
{
    struct fact *f = mem_new(2 * CHAIN_N * sizeof *f);
    struct tree t = {0};
    static const struct hash none;
    uint32_t last;
    uint32_t side;

    (void)state;
    for (uint32_t i = 1; i <= CHAIN_N; i++) {
        f[2 * CHAIN_N - i] = fact_of(i, i - 1, i);
    }
    for (uint32_t i = 1; i <= CHAIN_N; i++) { /* leaves the chain at seq 10 */
        f[CHAIN_N - i] = fact_of(CHAIN_N + i, i > 1 ? CHAIN_N + i - 1 : 10, 10 + i);
    }
    tree_build(&t, f, 2 * CHAIN_N, 0, &none, NULL);
    last = tree_find(&t, &f[CHAIN_N].id);
    side = tree_find(&t, &f[0].id);
    assert_true(tree_is_attached(&t, last) && tree_is_attached(&t, side));
    for (uint32_t seq = 1; seq <= CHAIN_N; seq += 7) {
        assert_int_equal(tree_above(&t, last, seq), 2 * CHAIN_N - seq);
        assert_int_equal(tree_above(&t, side, seq),
                         seq <= 10 ? 2 * CHAIN_N - seq : CHAIN_N + 10 - seq);
    }
    assert_int_equal(tree_above(&t, last, 0), TREE_BASE);
    assert_int_equal(t.fact[t.order[tree_at(&t, 5)]].seq, 5);
    assert_int_equal(tree_at(&t, 2 * CHAIN_N), 2 * CHAIN_N);
    tree_fini(&t);
    mem_free(f);
}

static void
what_is_out_of_step_is_not_attached(void **state)
{
    static const struct hash none;
    struct fact f[] = {fact_of(1, 0, 1), fact_of(2, 1, 3), fact_of(3, 2, 4),
                       fact_of(4, 9, 2), fact_of(5, 1, 1)};
    struct tree t = {0};

    (void)state;
    tree_build(&t, f, 5, 0, &none, NULL);
    assert_true(tree_is_attached(&t, 0));
    for (uint32_t i = 1; i < 5; i++) {
        assert_false(tree_is_attached(&t, i));
    }
    tree_fini(&t);
}

/* Going on from a seal gives what the whole gives. */
static void
a_fold_goes_on_where_it_stopped(void **state)
{
    struct fact f[40];
    struct log_state whole = {.no = 1};
    struct log_state part = {.no = 1};
    struct hash at = id_of(10);
    struct hash next = id_of(25);
    struct tree t = {0};
    uint32_t path[40];
    struct accept_run run = {.tree = &t, .path = path, .base_clock = 110};

    (void)state;
    for (uint32_t i = 1; i <= 40; i++) {
        f[i - 1] = fact_of(i, i - 1, i);
    }
    f[29].sig = false;
    add_line(&whole, false, 10, &at);
    add_line(&part, false, 10, &at);
    accept_log(&part, f, 12, NULL, NULL);
    add_line(&whole, false, 25, &next);
    add_line(&part, false, 25, &next);
    accept_log(&whole, f, 40, NULL, NULL);
    tree_build(&t, f + 10, 30, 10, &at, NULL);
    accept_from(&part, &run);
    assert_int_equal(part.head_seq, 29);
    assert_int_equal(part.head_seq, whole.head_seq);
    assert_int_equal(part.head_clock, whole.head_clock);
    assert_int_equal(part.seals_n, 2);
    assert_int_equal(run.path_n, 19);
    tree_fini(&t);
    log_state_fini(&whole);
    log_state_fini(&part);
}

static void
the_last_grant_from_below_rules(void **state)
{
    struct log_state log = {.no = 1, .head_seq = 30};
    struct grant g = {.from = 1, .role = ROLE_LEADER, .scopes = {2, {1, 5}}};

    (void)state;
    assert_null(log_grant_at(&log, 1));
    log_grant_add(&log, &g);
    g.from = 20;
    g.role = ROLE_HELPER;
    log_grant_add(&log, &g);
    g.from = 10;
    g.role = ROLE_AUDITOR;
    log_grant_add(&log, &g);
    assert_int_equal(log_grant_at(&log, 9)->role, ROLE_LEADER);
    assert_int_equal(log_grant_at(&log, 10)->role, ROLE_AUDITOR);
    assert_int_equal(log_grant_at(&log, 25)->role, ROLE_AUDITOR); /* the last, not the
                                                                     highest from */
    assert_true(log_effective(&log, 9, 5, OP_PUT));
    assert_false(log_effective(&log, 9, 6, OP_PUT));  /* scope */
    assert_false(log_effective(&log, 9, 5, OP_GIVE)); /* rights are the community's */
    assert_true(log_effective(&log, 9, 1, OP_ISSUE));
    assert_false(log_effective(&log, 10, 5, OP_PUT));   /* role */
    assert_false(log_effective(&log, 31, 5, OP_PUT));   /* not accepted */
    assert_false(log_effective(&log, 9, 1, OP_ERASED)); /* only in a node's own log */
    log_state_fini(&log);
}

static void
the_first_covering_seal_says_the_clock(void **state)
{
    struct log_state log = {.no = 1};

    (void)state;
    assert_true(log_sealed_clock(&log, 1) == UINT64_MAX);
    for (uint32_t i = 1; i <= 5; i++) {
        struct log_line line = {.seq = 10 * i, .clock = 100 + i};
        log_seal_add(&log, &line);
    }
    assert_int_equal(log_sealed_clock(&log, 1), 101);
    assert_int_equal(log_sealed_clock(&log, 10), 101);
    assert_int_equal(log_sealed_clock(&log, 11), 102);
    assert_int_equal(log_sealed_clock(&log, 50), 105);
    assert_true(log_sealed_clock(&log, 51) == UINT64_MAX);
    log_state_fini(&log);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_takes_64_bytes),
        cmocka_unit_test(a_log_cut_at_zero_has_nothing),
        cmocka_unit_test(what_is_sealed_cannot_be_cut_at_zero),
        cmocka_unit_test(ancestors_are_found_from_anywhere),
        cmocka_unit_test(what_is_out_of_step_is_not_attached),
        cmocka_unit_test(a_fold_goes_on_where_it_stopped),
        cmocka_unit_test(the_last_grant_from_below_rules),
        cmocka_unit_test(the_first_covering_seal_says_the_clock),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
