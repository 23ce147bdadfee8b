/* Golden histories: the folds from scratch give what the executable rule gives. With
 * LINJULI_MODEL_EXPORT=FILE the same for histories exported by the model's generator. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sync/authority_impl.h"
#include "tests/lib/golden_check.h"

#define GOLDEN "tests/golden/model/golden.json"

/* ---- from scratch */

struct scratch {
    struct authority *a;
    struct row rows[256];
    const struct log_state *logs[256];
    const struct golden_entry *accepted[4096];
    size_t rows_n, logs_n, accepted_n;
};

static void
give_op(void *self, uint32_t index, struct auth_op *out)
{
    const struct golden_entry *e = self;

    *out = e->ops[index];
}

static void
scratch_authority(struct scratch *s, struct golden *g)
{
    struct auth_fact *facts = mem_new(g->n * sizeof *facts);
    struct key *keys = mem_new(g->n * sizeof *keys);
    struct golden_entry **entry = mem_new(g->n * sizeof(struct golden_entry *));
    struct prefix prefix = {0};
    size_t n = 0;
    uint32_t keys_n = 0;
    uint32_t reign = 0;

    for (size_t i = 0; i < g->n; i++) {
        struct golden_entry *e = &g->entry[i];
        uint32_t k = 0;
        if (!e->is_authority) {
            continue;
        }
        while (k < keys_n && !key_eq(&keys[k], &e->log)) {
            k++;
        }
        keys[k] = e->log;
        keys_n = k == keys_n ? k + 1 : keys_n;
        facts[n] = (struct auth_fact){.fact = e->fact, .key = k};
        if (e->has_succeed) {
            facts[n].has_root = e->ops[0].root_holds;
            facts[n].reign = e->ops[0].reign;
            facts[n].to_seq = e->ops[0].reign_seq;
            facts[n].to = e->ops[0].reign_id;
        }
        entry[n++] = e;
    }
    authority_prefix(facts, n, &g->community, &prefix);
    for (size_t i = 0; i < prefix.n; i++) {
        struct golden_entry *e = entry[prefix.at[i]];
        reign += e->fact.seq == 1;
        authority_apply(s->a,
                        &(struct auth_entry){e->fact.id, e->log, e->fact.seq,
                                             e->fact.clock, reign, e->ops_n, give_op, e});
    }
    authority_freeze(s->a, prefix.is_frozen);
    for (size_t i = 0; i < prefix.rows_n; i++) {
        const struct auth_row *r = &prefix.row[i];
        s->rows[s->rows_n++] = (struct row){.is_authority = true,
                                            .no = r->reign,
                                            .head_seq = r->head_seq,
                                            .head = r->head,
                                            .has_proof = r->proof.seq > 0,
                                            .proof_seq = r->proof.seq,
                                            .proof = {r->proof.id[0], r->proof.id[1]}};
    }
    prefix_fini(&prefix);
    mem_free(facts);
    mem_free(keys);
    mem_free(entry);
}

static void
scratch_log(struct scratch *s, const struct golden *g, struct log_state *log)
{
    struct fact *facts = mem_new(g->n * sizeof *facts);
    const struct fact **accepted = mem_new(g->n * sizeof(struct fact *));
    const struct golden_entry **entry = mem_new(g->n * sizeof(struct golden_entry *));
    size_t n = 0;
    size_t accepted_n = 0;

    for (size_t i = 0; i < g->n; i++) {
        if (!g->entry[i].is_authority && key_eq(&g->entry[i].log, &log->key)) {
            facts[n] = g->entry[i].fact;
            entry[n++] = &g->entry[i];
        }
    }
    accept_log(log, facts, n, accepted, &accepted_n);
    for (size_t i = 0; i < accepted_n; i++) {
        s->accepted[s->accepted_n++] = entry[accepted[i] - facts];
    }
    s->rows[s->rows_n++] = (struct row){.no = log->no,
                                        .head_seq = log->head_seq,
                                        .head = log->head,
                                        .has_proof = log->proof.seq > 0,
                                        .proof_seq = log->proof.seq,
                                        .proof = {log->proof.id[0], log->proof.id[1]},
                                        .passed = log->passed};
    s->logs[s->logs_n++] = log;
    mem_free(facts);
    mem_free(accepted);
    mem_free(entry);
}

static bool
scratch_is_accepted(void *arg, const struct golden_entry *e)
{
    const struct scratch *s = arg;

    for (size_t i = 0; i < s->accepted_n; i++) {
        if (s->accepted[i] == e) {
            return true;
        }
    }
    return false;
}

static const char *
check_scratch(struct golden *g)
{
    struct scratch *s = mem_new(sizeof *s);
    struct golden_view v = {.is_accepted = scratch_is_accepted, .arg = s};
    const char *out;

    s->a = authority_new();
    scratch_authority(s, g);
    for (size_t i = 0; i < authority_logs_n(s->a); i++) {
        scratch_log(s, g, &authority_log_at(s->a, i)->log);
    }
    v.authority = s->a;
    v.rows = s->rows;
    v.rows_n = s->rows_n;
    v.logs = s->logs;
    v.logs_n = s->logs_n;
    out = golden_check(g, &v);
    authority_free(s->a);
    mem_free(s);
    return out;
}

/* ---- all histories of a file */

static size_t
check_file(const char *path, const char *(*check)(struct golden *g))
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
        const char *out;
        golden_init(&g, json_array_get(all, i));
        out = check(&g);
        if (out != NULL) {
            bad++;
            printf("# '%s': %s\n", g.name, out);
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
exported_from_scratch(void **state)
{
    const char *path = getenv("LINJULI_MODEL_EXPORT");

    (void)state;
    if (path == NULL) {
        printf("# LINJULI_MODEL_EXPORT is not set: no exported histories\n");
        return;
    }
    assert_int_equal(check_file(path, check_scratch), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_from_scratch),
        cmocka_unit_test(exported_from_scratch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
