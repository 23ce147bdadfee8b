/* Real entries of a small community; nothing is random. */
#include "tests/lib/scene.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void
pair_make(struct pair *out, uint8_t what, uint8_t n)
{
    uint8_t seed[SEED_BYTES] = {what, n};

    pair_from_seed(PAIR_SIGN, seed, out);
}

static int
pair_cmp(const void *a, const void *b)
{
    return key_cmp(&((const struct pair *)a)->pub, &((const struct pair *)b)->pub);
}

static struct auth_op *
op_new(enum auth_code code)
{
    struct auth_op *op = mem_new(sizeof *op);

    op->code = code;
    return op;
}

/* Encodes it as the next item; takes it. */
static void
op_add(struct scene *s, struct auth_op *op)
{
    static const uint8_t head[ITEM_HEAD_BYTES];
    struct buf *b = &s->ops[s->ops_n++];

    b->n = 0;
    buf_add(b, head, sizeof head);
    auth_op_encode(op, b);
    mem_free(op);
}

static void
op_sign(struct scene *s, struct auth_op *op)
{
    bool is_first = s->hub_tip.seq == 0;
    static const struct hash none;
    const struct hash *community = is_first ? &none : &s->community;

    op->order.is_there = true;
    op->order.seen = s->hub_tip.id;
    op->order.n = 2;
    for (uint16_t i = 0; i < 2; i++) {
        op->order.by[i] = s->officer[i].pub;
        auth_order_sign(op, community, &op->order.seen, &s->officer[i],
                        &op->order.sig[i]);
    }
}

void
scene_grant(struct scene *s, uint32_t no, uint64_t from)
{
    struct auth_op *op = op_new(AUTH_GRANT);

    op->grant = (struct grant){.log_no = no,
                               .log = s->log[no - 1].pub,
                               .node = no,
                               .person = {(uint8_t)no},
                               .post = no,
                               .unit = 1,
                               .role = ROLE_LEADER,
                               .scopes = {1, {SCOPE_ALL}},
                               .from = from};
    op_sign(s, op);
    op_add(s, op);
}

void
scene_scope(struct scene *s, uint32_t no, enum scope_kind kind, uint32_t unit,
            const char *name)
{
    struct auth_op *op = op_new(AUTH_SCOPE);

    op->scope = no;
    op->scope_kind = kind;
    op->unit = unit;
    op->name = slice_text(name);
    op_add(s, op);
}

void
scene_node(struct scene *s, uint32_t no)
{
    uint8_t seed[SEED_BYTES] = {'b', (uint8_t)no};
    struct auth_op *op = op_new(AUTH_NODE);
    struct pair box;

    pair_from_seed(PAIR_BOX, seed, &box);
    op->node = no;
    op->box_key = box.pub;
    op->unit = 1;
    op->scopes = (struct scopes){1, {SCOPE_ALL}};
    op->ack_key = s->log[SCENE_LOGS - 1].pub;
    op_add(s, op);
}

void
scene_seal(struct scene *s, const struct line *lines, size_t n, uint64_t size,
           const struct hash *root)
{
    struct auth_op *op = op_new(AUTH_SEAL);
    struct buf packed = BUF_NONE;

    op->seal_no = ++s->seal_no;
    op->tree_size = size;
    op->hash = *root;
    for (size_t i = 0; i < n; i++) {
        auth_line_add(&packed, &lines[i]);
    }
    op->lines_n = (uint32_t)n;
    op->lines = buf_slice(&packed);
    op_add(s, op);
    buf_free(&packed);
}

void
scene_revoke(struct scene *s, uint32_t no, uint64_t seq, const struct hash *id)
{
    struct auth_op *op = op_new(AUTH_REVOKE);

    op->line = (struct line){no, seq, *id, 1};
    op_sign(s, op);
    op_add(s, op);
}

void
scene_erase(struct scene *s, uint32_t no, uint64_t seq, uint16_t index)
{
    struct auth_op *op = op_new(AUTH_ERASE);
    struct erased_name name = {no, seq, index};
    struct buf packed = BUF_NONE;

    auth_erased_add(&packed, &name);
    op->items_n = 1;
    op->items = buf_slice(&packed);
    op->scope = 1;
    op->request = slice_text("R-1");
    op_sign(s, op);
    op_add(s, op);
    buf_free(&packed);
}

void
scene_succeed(struct scene *s, uint32_t reign, uint64_t seq, const struct hash *id)
{
    struct auth_op *op = op_new(AUTH_SUCCEED);

    op->reign = reign;
    op->reign_seq = seq;
    op->reign_id = *id;
    op->hub_key = s->next_hub.pub;
    auth_root_sign(op, &s->community, NULL, &s->root, &op->root_sig);
    op_add(s, op);
}

static struct auth_op *
officers_of(const struct key *officer)
{
    struct auth_op *op = op_new(AUTH_OFFICERS);

    op->officers.n = 1;
    op->officers.key[0] = *officer;
    return op;
}

void
scene_officers(struct scene *s, const struct key *officer)
{
    op_add(s, officers_of(officer));
}

void
scene_succeed_beside(struct scene *s, uint32_t reign, uint64_t seq, const struct hash *id,
                     const struct key *officer)
{
    struct auth_op *op = op_new(AUTH_SUCCEED);
    struct auth_op *beside = officers_of(officer);

    op->reign = reign;
    op->reign_seq = seq;
    op->reign_id = *id;
    op->hub_key = s->next_hub.pub;
    auth_root_sign(op, &s->community, beside, &s->root, &op->root_sig);
    op_add(s, op);
    op_add(s, beside);
}

static struct slice
finish(struct scene *s, struct entry_writer *w, enum entry_kind kind,
       const struct pair *by, struct scene_tip *tip)
{
    struct entry head = {.kind = kind,
                         .schema = 1,
                         .log = by->pub,
                         .seq = tip->seq + 1,
                         .prev = tip->id,
                         .clock = s->clock++ << 16};

    s->entry.n = 0;
    entry_finish(w, &head, &s->community, by, &s->entry, &tip->id);
    tip->seq++;
    entry_writer_fini(w);
    return buf_slice(&s->entry);
}

struct slice
scene_say(struct scene *s, const struct pair *by, struct scene_tip *tip)
{
    struct entry_writer w;

    entry_writer_init(&w);
    for (size_t i = 0; i < s->ops_n; i++) {
        entry_add(&w, buf_slice(&s->ops[i]));
    }
    s->ops_n = 0;
    return finish(s, &w, ENTRY_AUTHORITY, by, tip);
}

struct slice
scene_write(struct scene *s, size_t i, struct scene_tip *tip, uint16_t items)
{
    struct entry_writer w;

    entry_writer_init(&w);
    for (uint16_t k = 0; k < items; k++) {
        uint8_t item[ITEM_OVERHEAD_BYTES + 32] = {0};

        put_u32(item, 1);
        put_u32(item + 4, 1);
        put_u64(item + 8, ++s->drawn); /* all different, that is enough here */
        entry_add(&w, slice_of(item, sizeof item));
    }
    return finish(s, &w, ENTRY_DATA, &s->log[i], tip);
}

struct slice
scene_break(struct scene *s, struct scene_tip *tip)
{
    s->entry.p[ENTRY_HEADER_BYTES + 1] ^= 1;
    tip->id = entry_id(buf_slice(&s->entry));
    return buf_slice(&s->entry);
}

void
scene_init(struct scene *s, size_t logs)
{
    struct auth_op *op = op_new(AUTH_CREATE);

    if (crypto_init() != RC_OK) {
        abort();
    }
    *s = (struct scene){.clock = 1000};
    pair_make(&s->hub, 'h', 1);
    pair_make(&s->next_hub, 'h', 2);
    pair_make(&s->root, 'r', 1);
    for (uint8_t i = 0; i < SCENE_OFFICERS; i++) {
        pair_make(&s->officer[i], 'o', i);
    }
    qsort(s->officer, SCENE_OFFICERS, sizeof s->officer[0], pair_cmp);
    for (uint8_t i = 0; i < SCENE_LOGS; i++) {
        pair_make(&s->log[i], 'l', i);
    }
    op->name = slice_text("linju");
    op->root_key = s->root.pub;
    op->hub_key = s->hub.pub;
    op->officers.n = SCENE_OFFICERS;
    for (size_t i = 0; i < SCENE_OFFICERS; i++) {
        op->officers.key[i] = s->officer[i].pub;
    }
    memcpy(op->officers.need, (uint8_t[]){1, 2, 2, 2}, NEED_N);
    op_add(s, op);
    for (uint32_t no = 1; no <= logs; no++) {
        scene_grant(s, no, 1);
    }
    scene_say(s, &s->hub, &s->hub_tip);
    s->community = s->hub_tip.id;
}

void
scene_fini(struct scene *s)
{
    for (size_t i = 0; i < sizeof s->ops / sizeof s->ops[0]; i++) {
        buf_free(&s->ops[i]);
    }
    buf_free(&s->entry);
}
