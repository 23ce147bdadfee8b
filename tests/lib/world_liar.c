/* A node of the community that says what is false. Its own ledger is honest; what it puts
 * on the wire, through the same enciphered session, is not. */
#include "tests/lib/world_impl.h"

#include <string.h>

#include "sync/message.h"
#include "sync/session_impl.h"

void
liar_tell(struct world *w, struct wlink *l, unsigned e, struct slice entry, bool aside)
{
    struct session *s = l->end[e].s;
    size_t at = frame_begin(&s->frames, MESSAGE_RUN);
    buf_add_u8(&s->frames, aside ? 2 : 0);
    buf_add_slice(&s->frames, entry);
    frame_end(&s->frames, at);
    s->runs_out++;
    w->out->lies++;
}

/* It has one sealed item. */
void
liar_entry(struct member *m, const struct key *log, uint64_t seq, const struct hash *prev,
           const struct pair *by, struct buf *out, struct hash *id)
{
    const struct hash *community = replica_community(ledger_replica(m->l));
    const struct key *key = ledger_scope_key(m->l, SCOPE_NO_COMMUNITY, 1);
    struct entry head = {.kind = ENTRY_DATA,
                         .schema = 1,
                         .log = by->pub,
                         .seq = seq,
                         .prev = *prev,
                         .clock = seq << 16};
    struct item_place at = {.log = *log, .seq = seq, .index = 0};
    struct entry_writer writer;
    struct buf op = BUF_NONE, item = BUF_NONE;
    uint8_t nonce[ITEM_NONCE_BYTES], record[RECORD_ID_BYTES];
    bytes_random(nonce, sizeof(nonce));
    bytes_random(record, sizeof(record));
    pack_array(&op, 7);
    pack_uint(&op, OP_PUT);
    pack_uint(&op, 0);
    pack_bin(&op, slice_of(record, sizeof(record)));
    pack_uint(&op, 180);
    pack_uint(&op, 10);
    pack_text(&op, slice_text("假的"));
    pack_array(&op, 0);
    item_seal(SCOPE_NO_COMMUNITY, 1, key, nonce, &at, buf_slice(&op), &item);
    entry_writer_init(&writer);
    entry_add(&writer, buf_slice(&item));
    entry_finish(&writer, &head, community, by, out, id);
    memcpy(out->p + 8, log->b,
           KEY_BYTES); /* whose it claims to be (ENTRY.md section 2) */
    entry_writer_fini(&writer);
    buf_free(&op);
    buf_free(&item);
}

/* The victim: any honest log; often the very one we are talking to. */
static const struct log_state *
victim(struct world *w, const struct wlink *l, unsigned e)
{
    struct replica *r = ledger_replica(w->node[l->node[e]].m->l);
    unsigned peer = l->node[1 - e];
    if (rng_chance(&w->rng, 500))
        return replica_log_by_key(r, &w->node[peer].m->log.pub);
    return replica_log_at(r, rng_below(&w->rng, (uint32_t)replica_logs_n(r) - 1));
}

/* An entry of somebody else's log, signed by the liar. */
static void
lie_forged(struct world *w, struct wlink *l, unsigned e)
{
    const struct log_state *log = victim(w, l, e);
    struct buf entry = BUF_NONE;
    struct hash id;
    if (log == NULL)
        return;
    liar_entry(w->node[l->node[e]].m, &log->key, log->head_seq + 1, &log->head,
               &w->node[l->node[e]].m->log, &entry, &id);
    liar_tell(w, l, e, buf_slice(&entry), false);
    buf_free(&entry);
}

/* Two entries of its own log, of which only the second is told. */
static void
lie_gap(struct world *w, struct wlink *l, unsigned e)
{
    struct member *m = w->node[l->node[e]].m;
    struct buf first = BUF_NONE, second = BUF_NONE;
    struct hash id, prev = {{0}};
    uint64_t seq = 0;
    if (!own_head(w, l->node[e], &seq, &prev))
        seq = 0;
    liar_entry(m, &m->log.pub, seq + 1, &prev, &m->log, &first, &id);
    liar_entry(m, &m->log.pub, seq + 2, &id, &m->log, &second, &id);
    liar_tell(w, l, e, buf_slice(&second), false);
    buf_free(&first);
    buf_free(&second);
}

/* What was told before, once more. */
struct replay {
    struct buf entry;
};

static bool
take_first(void *arg, const struct stored *s)
{
    buf_add_slice(&((struct replay *)arg)->entry, s->bytes);
    return false;
}

static void
lie_again(struct world *w, struct wlink *l, unsigned e)
{
    const struct log_state *log = victim(w, l, e);
    struct replica *r = ledger_replica(w->node[l->node[e]].m->l);
    const struct sync_store *store = replica_store(r);
    struct replay again = {.entry = BUF_NONE};
    if (log == NULL || log->head_seq == 0)
        return;
    if (store->trunk(store->self, &log->key, log->head_seq, take_first, &again) ==
            RC_OK &&
        again.entry.n > 0)
        liar_tell(w, l, e, buf_slice(&again.entry), false);
    buf_free(&again.entry);
}

/* A valid item of its own in its own scope, under the id of another scope's record. */
static void
lie_other_scope(struct world *w, unsigned i)
{
    struct member *m = w->node[i].m;
    struct author a;
    struct author_run *run = NULL;
    struct buf value = BUF_NONE;
    uint32_t scope = 0;
    struct op *op = mem_new(sizeof(*op));
    const struct type *type = type_by_name(ledger_types(m->l), "household");
    op->code = OP_PUT;
    op->unit = m->unit;
    op->type = type->code;
    memcpy(op->record, w->shared[0].id, RECORD_ID_BYTES);
    pack_text(&value, slice_text("9-9-999"));
    op->fields_n = 1;
    op->field[0] = (struct put_field){.code = field_by_name(type, "door")->code,
                                      .value = buf_slice(&value)};
    enum rc rc = ledger_begin(m->l);
    if (rc == RC_OK)
        rc = author_of(m->l, &m->log, &a);
    if (rc == RC_OK)
        rc = ledger_scope_of(m->l, type, m->unit, &scope);
    if (rc == RC_OK)
        rc = author_begin(m->l, &a, &run);
    if (rc == RC_OK)
        rc = author_put(run, scope, op);
    if (run != NULL && rc == RC_OK)
        rc = author_end(&run);
    if (run != NULL)
        author_drop(&run);
    if (rc == RC_OK)
        rc = ledger_commit(m->l);
    else
        ledger_rollback(m->l);
    if (rc == RC_OK) {
        w->out->lies++;
        node_changed(w, i);
    } else if (disk_has_crashed(i)) {
        node_trouble(w, i, rc);
    }
    buf_free(&value);
    mem_free(op);
}

void
liar_tick(struct world *w, unsigned i)
{
    uint32_t what = rng_below(&w->rng, 4);
    if (what == 3) {
        lie_other_scope(w, i);
        return;
    }
    for (size_t k = 0; k < w->links_n; k++) {
        struct wlink *l = &w->link[k];
        unsigned e = l->node[0] == i ? 0 : 1;
        if (l->node[e] != i || l->end[e].s == NULL || l->end[e].s->state < STATE_MEET ||
            l->end[e].s->state == STATE_CLOSED)
            continue;
        if (what == 0)
            lie_forged(w, l, e);
        else if (what == 1)
            lie_gap(w, l, e);
        else
            lie_again(w, l, e);
        l->end[e].is_changed = true; /* so that it goes out */
    }
}
