/* Whoever changes his program so that it refuses him nothing: moves a record into a state
 * as an entry of his log, whatever the rules say, or writes a text over one that is
 * there.
 *
 * overrule DIR RECORD state STATE
 * overrule DIR RECORD FIELD TEXT */
#include <stdio.h>
#include <string.h>

#include "node/node.h"
#include "schema/fold.h"
#include "schema/query_in.h"
#include "schema/type.h"

struct deed {
    struct node *node;
    const char *record, *field, *value;
};

static bool
value_of(const struct deed *x, const struct type *t, const struct image *im,
         const struct field *f, struct buf *out)
{
    struct value v = {.kind = f->kind};
    struct value now;
    if (f->code != FIELD_STATE) {
        v.as.text = slice_text(x->value);
        value_encode(&v, out);
        return f->kind == VALUE_TEXT;
    }
    const struct state *to = state_by_name(t, x->value);
    if (to == NULL || !value_decode(f->kind, image_shown(im, f->code), &now))
        return false;
    v.as.move.from = now.as.move.to;
    v.as.move.to = to->code;
    value_encode(&v, out);
    return true;
}

static enum rc
put(struct deed *x, const struct author *a, const struct type *t, const struct image *im,
    struct op *op)
{
    const struct field *f = field_by_name(t, x->field);
    const struct image_field *is = f != NULL ? image_field(im, f->code) : NULL;
    struct author_run *run = NULL;
    struct buf value = BUF_NONE;
    if (f == NULL || is == NULL || !value_of(x, t, im, f, &value)) {
        buf_free(&value);
        return RC_USAGE;
    }
    op->code = OP_PUT;
    op->unit = im->key.unit;
    op->type = t->code;
    memcpy(op->record, im->key.id, RECORD_ID_BYTES);
    for (uint32_t i = 0; i < is->n && i < OP_VERSIONS_MAX; i++)
        op->pool[op->pool_n++] = im->choice[is->first + i].at;
    op->field[0] = (struct put_field){.code = f->code,
                                      .replaces = op->pool,
                                      .replaces_n = op->pool_n,
                                      .value = buf_slice(&value)};
    op->fields_n = 1;
    enum rc rc = author_begin(x->node->ledger, a, &run);
    if (rc == RC_OK && (rc = author_put(run, im->key.scope, op)) == RC_OK)
        rc = author_end(&run);
    else if (run != NULL)
        author_drop(&run);
    buf_free(&value);
    return rc;
}

static enum rc
work(struct node *n, void *arg)
{
    struct deed *x = arg;
    struct image im = {0};
    struct author a;
    struct fault why = {0};
    int64_t no = 0;
    struct op *op = mem_new(sizeof(*op));
    enum rc rc = node_author_at(n, n->logs_n - 1, &a, &why);
    if (rc == RC_OK)
        rc = query_resolve(n->ledger, x->record, &no, &why);
    if (rc == RC_OK)
        rc = fold_read(n->ledger, no, &im);
    if (rc == RC_OK)
        rc = put(x, &a, type_by_code(ledger_types(n->ledger), im.type), &im, op);
    image_fini(&im);
    mem_free(op);
    return rc;
}

int
main(int argc, char **argv)
{
    struct deed x = {0};
    struct fault why = {0};
    if (argc != 5)
        return rc_exit(RC_USAGE);
    x.record = argv[2];
    x.field = argv[3];
    x.value = argv[4];
    enum rc rc = node_open(argv[1], NODE_WRITE, &x.node, &why);
    if (rc == RC_OK)
        rc = node_turn(x.node, work, &x);
    if (rc != RC_OK)
        fprintf(stderr, "overrule: %s\n", rc_text(rc));
    node_close(x.node);
    return rc_exit(rc);
}
