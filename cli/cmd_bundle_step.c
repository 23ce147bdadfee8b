/* What `bundle` asks of whoever has the node, a bounded piece at a time. Nobody types it.
 * The bytes are those of the file that came along; each entry proves itself. */
#include "cli/commands.h"
#include "cli/out.h"
#include "cli/people.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STEP_BYTES_MAX (4u << 20)

struct piece {
    struct buf bytes;
    struct bundle_head head;
    struct stick_taken taken;
    bool believed;
};

static enum rc
read_piece(int fd, uint64_t from, uint64_t to, struct buf *out)
{
    if (to <= from || to - from > STEP_BYTES_MAX)
        return RC_USAGE;
    buf_reserve(out, (size_t)(to - from));
    while (out->n < to - from) {
        ssize_t n = pread(fd, out->p + out->n, (size_t)(to - from) - out->n,
                          (off_t)(from + out->n));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return RC_IO;
        out->n += (size_t)n;
    }
    return RC_OK;
}

/* ---- the steps */

static enum rc
work_note(struct node *n, void *arg)
{
    struct piece *p = arg;
    return stick_note(n->ledger, &p->head);
}

static enum rc
work_end(struct node *n, void *arg)
{
    struct piece *p = arg;
    return stick_end(n->ledger, &p->head, &p->believed);
}

static enum rc
work_take(struct node *n, void *arg)
{
    struct piece *p = arg;
    struct reader r = reader_of(buf_slice(&p->bytes));
    enum rc rc = RC_OK;
    while (rc == RC_OK && r.n > 0) {
        uint32_t bytes = read_u32(&r);
        struct slice chunk = read_slice(&r, bytes);
        (void)read_slice(&r, HASH_BYTES);
        if (r.bad || bytes == 0 || bytes > BUNDLE_CHUNK_BYTES_MAX)
            return RC_MALFORMED;
        rc = stick_take(n->ledger, chunk, &p->taken);
    }
    return rc;
}

/* ---- answers */

static void
add_logs(struct cli *c, const struct stick_taken *t, json_t *to)
{
    const struct replica *r = ledger_replica(c->node->ledger);
    json_t *logs = json_array();
    for (size_t i = 0; i < t->n; i++) {
        const struct stick_log *s = &t->log[i];
        const struct log_state *log = replica_log_by_key(r, &s->key);
        const struct log_grant *g = log != NULL ? grant_now(log) : NULL;
        json_t *one = json_object();
        json_object_set_new(one, "key", json_of_hex(s->key.b, KEY_BYTES));
        json_object_set_new(one, "log", json_of_u64(s->no));
        json_object_set_new(one, "authority", json_boolean(s->is_authority));
        json_object_set_new(one, "unit", g != NULL ? json_of_unit(g->unit) : json_null());
        json_object_set_new(one, "new", json_of_u64(s->fresh));
        json_object_set_new(one, "had", json_of_u64(s->had));
        json_object_set_new(one, "sealed", json_of_u64(s->sealed));
        json_object_set_new(one, "waiting", json_of_u64(s->gap + s->unknown));
        json_object_set_new(one, "refused", json_of_u64(s->refused));
        json_array_append_new(logs, one);
    }
    json_object_set_new(to, "logs", logs);
}

/* Own entries that the centre has said it holds. */
static uint64_t
own_at_hub(struct cli *c)
{
    uint64_t n = 0;
    for (size_t i = 0; i < c->node->logs_n && !c->node->has_hub; i++)
        n += peer_acked(c->node->ledger, NODE_NO_HUB, &c->node->log[i].pub);
    return n;
}

static void
add_head(struct cli *c, const struct piece *p, json_t *to)
{
    struct ledger *l = c->node->ledger;
    const struct replica *r = ledger_replica(l);
    const struct hash *community = replica_community(r);
    const struct node_info *self =
        authority_node_by_box(replica_authority(r), &c->node->box.pub);
    bool same = community != NULL && hash_eq(community, &p->head.community);
    json_object_set_new(to, "same", json_boolean(same));
    json_object_set_new(to, "own",
                        json_boolean(same && self != NULL && self->no == p->head.node));
    json_object_set_new(to, "hub", json_boolean(c->node->has_hub));
    json_object_set_new(to, "node", json_of_u64(p->head.node));
    json_object_set_new(to, "believed", json_boolean(p->believed));
    json_object_set_new(to, "acked", json_of_u64(own_at_hub(c)));
    json_object_set_new(to, "missing", json_of_u64(stick_missing(l, &p->head)));
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct piece p = {.bytes = BUF_NONE};
    const char *what = argv[0];
    bool takes = strcmp(what, "take") == 0;
    enum rc rc = c->fd < 0 ? RC_NOTFOUND
                           : read_piece(c->fd, strtoull(argv[1], NULL, 10),
                                        strtoull(argv[2], NULL, 10), &p.bytes);
    (void)argc;
    if (rc == RC_OK && !takes)
        rc = p.bytes.n < HASH_BYTES
                 ? RC_MALFORMED
                 : bundle_head_decode(slice_of(p.bytes.p, p.bytes.n - HASH_BYTES),
                                      &p.head);
    if (rc == RC_OK && takes)
        rc = node_turn(c->node, work_take, &p);
    else if (rc == RC_OK && strcmp(what, "note") == 0)
        rc = node_turn(c->node, work_note, &p);
    else if (rc == RC_OK && strcmp(what, "end") == 0)
        rc = node_turn(c->node, work_end, &p);
    if (rc == RC_OK) {
        json_t *json = json_object();
        if (takes)
            add_logs(c, &p.taken, json);
        else
            add_head(c, &p, json);
        out_json(c->out, json);
    }
    stick_taken_fini(&p.taken);
    buf_free(&p.bytes);
    return rc == RC_OK ? 0 : fail(c, rc, NULL);
}

const struct cmd cmd_bundle_step = {
    .name = "bundle-step",
    .kind = CMD_WRITE,
    .group = GROUP_NODE,
    .usage = "head|take|end|note FROM TO",
    .about = WORD_ABOUT_BUNDLE,
    .details = WORD_DETAILS_BUNDLE,
    .min = 3,
    .max = 3,
    .example = "",
    .run = run,
};
