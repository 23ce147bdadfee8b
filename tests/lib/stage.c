/* A scene with one replica. */
#include "tests/lib/stage.h"

#include <string.h>

const struct hash no_root = {{0}};

void
stage_keep(struct stage *t)
{
    assert_true(t->n < sizeof t->kept / sizeof t->kept[0]);
    buf_add_slice(&t->kept[t->n++], buf_slice(&t->s.entry));
}

enum offer
stage_offer(struct stage *t, struct slice entry)
{
    enum offer what;

    assert_int_equal(replica_offer(t->r, entry, &what), RC_OK);
    return what;
}

enum rc
stage_refuse(struct stage *t, struct slice entry)
{
    enum offer what;

    return replica_offer(t->r, entry, &what);
}

void
stage_settle(struct stage *t)
{
    assert_int_equal(replica_settle(t->r, &t->changes), RC_OK);
}

void
stage_settle_finally(struct stage *t)
{
    replica_final(t->r);
    stage_settle(t);
}

const struct log_state *
stage_log(const struct stage *t, uint32_t no)
{
    return replica_log(t->r, no);
}

struct change
stage_change(const struct stage *t, enum change_kind kind)
{
    struct change found = {0};
    size_t n = 0;

    for (size_t i = 0; i < t->changes.n; i++) {
        if (t->changes.p[i].kind == kind) {
            found = t->changes.p[i];
            n++;
        }
    }
    assert_int_equal(n, 1);
    return found;
}

bool
stage_has_change(const struct stage *t, enum change_kind kind)
{
    for (size_t i = 0; i < t->changes.n; i++) {
        if (t->changes.p[i].kind == kind) {
            return true;
        }
    }
    return false;
}

void
stage_init(struct stage *t, size_t logs)
{
    memset(t, 0, sizeof *t);
    scene_init(&t->s, logs);
    stage_keep(t);
    t->store = mem_store_new();
    t->r = replica_new(mem_store_port(t->store));
    assert_int_equal(replica_load(t->r, &t->s.community), RC_OK);
    assert_int_equal(stage_offer(t, buf_slice(&t->s.entry)), OFFER_TAKEN);
    stage_settle(t);
}

void
stage_fini(struct stage *t)
{
    for (size_t i = 0; i < t->n; i++) {
        buf_free(&t->kept[i]);
    }
    replica_free(t->r);
    mem_store_free(t->store);
    scene_fini(&t->s);
}

void
stage_write(struct stage *t, size_t i, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        scene_write(&t->s, i, &t->s.tip[i], 1);
        stage_keep(t);
    }
}

enum offer
stage_offer_kept(struct stage *t, size_t at)
{
    return stage_offer(t, buf_slice(&t->kept[at]));
}

struct slice
stage_seal(struct stage *t, size_t n, uint64_t size, const struct hash *root)
{
    struct line lines[SCENE_LOGS];
    struct slice out;

    for (size_t i = 0; i < n; i++) {
        lines[i] = (struct line){(uint32_t)i + 1, t->s.tip[i].seq, t->s.tip[i].id, 0};
    }
    scene_seal(&t->s, lines, n, size, root);
    out = scene_say(&t->s, &t->s.hub, &t->s.hub_tip);
    stage_keep(t);
    return out;
}
