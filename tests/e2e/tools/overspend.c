/* A node that skips every question: spends rights that it may not have, and moves a
 * record into a state that costs them, as a changed program would.
 *
 * overspend DIR ASSET AMOUNT RECORD STATE */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/node.h"
#include "schema/edit_in.h"
#include "schema/query_in.h"
#include "schema/rights_in.h"

struct lie {
    const char *asset, *record, *state;
    uint64_t amount;
    struct op *op;
};

static bool
take_asset(void *arg, const struct rights_asset_row *a)
{
    ((struct op *)arg)->asset = a->name;
    return false;
}

static enum rc
put_spend(struct ledger *l, struct author_run *run, struct lie *x,
          const struct record_key *key)
{
    struct record_key of;
    enum rc rc = query_find_one(l, x->asset, &of, NULL);
    x->op->code = OP_SPEND;
    x->op->amount = x->amount;
    x->op->subject = *key;
    if (rc == RC_OK)
        rc = rights_assets(l, &of, take_asset, x->op);
    return rc == RC_OK ? author_put(run, SCOPE_NO_COMMUNITY, x->op) : rc;
}

static enum rc
put_state(struct ledger *l, struct author_run *run, const struct lie *x,
          const struct record_key *key)
{
    struct image im = {0};
    struct draft d;
    struct value now, v = {.kind = VALUE_STATE};
    int64_t no = 0;
    enum rc rc = query_no_of(l, key, 0, &no);
    if (rc == RC_OK)
        rc = fold_read(l, no, &im);
    if (rc != RC_OK)
        return rc;
    const struct type *t = type_by_code(ledger_types(l), im.type);
    const struct state *to = t != NULL ? query_state(t, x->state) : NULL;
    draft_init(&d, t);
    if (to == NULL || !value_decode(VALUE_STATE, image_shown(&im, FIELD_STATE), &now))
        rc = RC_NOTFOUND;
    if (rc == RC_OK) {
        v.as.move = (struct state_move){.from = now.as.move.to, .to = to->code};
        rc = draft_add_value(&d, FIELD_STATE, &v, &im, NULL);
    }
    if (rc == RC_OK)
        rc = author_put(run, key->scope, draft_op(&d, key->unit, key->id));
    draft_fini(&d);
    image_fini(&im);
    return rc;
}

static enum rc
work(struct node *n, void *arg)
{
    struct lie *x = arg;
    struct author a;
    struct author_run *run = NULL;
    struct record_key key;
    enum rc rc = node_author(n, &a, NULL);
    if (rc == RC_OK)
        rc = query_find_one(n->ledger, x->record, &key, NULL);
    if (rc == RC_OK)
        rc = author_begin(n->ledger, &a, &run);
    if (rc == RC_OK)
        rc = put_spend(n->ledger, run, x, &key);
    if (rc == RC_OK)
        rc = put_state(n->ledger, run, x, &key);
    if (rc == RC_OK)
        return author_end(&run);
    author_drop(&run);
    return rc;
}

int
main(int argc, char **argv)
{
    struct lie x = {.op = NULL};
    struct node *n = NULL;
    struct fault why = {0};
    if (argc != 6 || crypto_init() != RC_OK)
        return rc_exit(RC_USAGE);
    x = (struct lie){.asset = argv[2],
                     .amount = strtoull(argv[3], NULL, 10),
                     .record = argv[4],
                     .state = argv[5],
                     .op = mem_new(sizeof(*x.op))};
    enum rc rc = node_open(argv[1], NODE_WRITE, &n, &why);
    if (rc == RC_OK)
        rc = node_turn(n, work, &x);
    if (rc != RC_OK)
        (void)fprintf(stderr, "overspend: %s %s\n", rc_name(rc), why.what);
    node_close(n);
    mem_free(x.op);
    return rc_exit(rc);
}
