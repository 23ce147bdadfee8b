/* Two sessions, byte by byte: the figures of the tree, and the example in PROTOCOL.md.
 * LINJULI_GOLDEN=write makes the figures anew. */
#include "sync/message.h"
#include "tests/lib/pipe.h"
#include "tests/unit/crypto/figures.h"

#define FIGURES_1 "tests/golden/protocol/session-1.txt"
#define FIGURES_2 "tests/golden/protocol/session-2.txt"
#define DOCUMENT "sync/PROTOCOL.md"

/* The session, and what was made of it. */
struct golden {
    struct street s;
    struct session_setup setup[2];
    struct pair ephemeral[2];
    struct pipe p;
    struct buf text;
    struct buf plain[2]; /* up to the end of the first comparison */
    struct buf opening;
    unsigned turns;
    size_t wire_at[2], plain_at[2];
};

static void
line(struct buf *out, const char *key, const void *p, size_t n)
{
    char *hex = mem_new(2 * n + 1);

    hex_print(p, n, hex);
    buf_addf(out, "%s %s\n", key, hex);
    mem_free(hex);
}

static void
entry_line(struct golden *g, const char *who)
{
    struct buf key = BUF_NONE;

    buf_addf(&key, "entry.%s", who);
    line(&g->text, buf_text(&key), g->s.e.p, g->s.e.n);
    buf_free(&key);
}

/* An entry of a log, for the homes of the mask. */
static void
writes(struct golden *g, uint32_t log, unsigned homes)
{
    static const char *const who[] = {"", "initiator", "responder", "both"};

    street_writes(&g->s, log, 1, 16, homes);
    entry_line(g, who[homes]);
}

/* What both sides said since, turn by turn: one side's whole before the other's. */
static bool
turn(struct golden *g, int i)
{
    static const char *const who[] = {"initiator", "responder"};
    struct side *side = &g->p.side[i];
    struct buf key = BUF_NONE;
    size_t wire = side->cipher.n - g->wire_at[i];
    size_t plain = side->plain.n - g->plain_at[i];

    if (wire == 0) {
        return false;
    }
    g->turns++;
    buf_addf(&key, "%u.%s.wire", g->turns, who[i]);
    line(&g->text, buf_text(&key), side->cipher.p + g->wire_at[i], wire);
    key.n = 0;
    buf_addf(&key, "%u.%s.plain", g->turns, who[i]);
    if (plain > 0) {
        line(&g->text, buf_text(&key), side->plain.p + g->plain_at[i], plain);
    }
    g->wire_at[i] = side->cipher.n;
    g->plain_at[i] = side->plain.n;
    buf_free(&key);
    return true;
}

/* Alternately: all that lies on the wire, then all that is to be done. */
static void
talks(struct golden *g)
{
    bool moved = true;

    while (moved) {
        moved = false;
        for (int i = 0; i < 2; i++) {
            moved = pipe_turn(&g->p, i) || moved;
            moved = turn(g, i) || moved;
        }
    }
}

static void
heads(struct golden *g)
{
    struct buf e = BUF_NONE;
    static const char *const who[] = {"initiator", "responder"};

    buf_addf(&g->text, "# A session (sync/PROTOCOL.md sections 14 and 15). Secrets are "
                       "X25519 scalars.\n\n"
                       "# who and where\n");
    line(&g->text, "community", g->s.town.id.b, HASH_BYTES);
    for (int i = 0; i < 2; i++) {
        e.n = 0;
        buf_addf(&e, "static.%s", who[i]);
        line(&g->text, buf_text(&e), g->s.home[i].box.secret, 32);
        e.n = 0;
        buf_addf(&e, "ephemeral.%s", who[i]);
        line(&g->text, buf_text(&e), g->ephemeral[i].secret, 32);
    }
    entry_line(g, "both");
    buf_free(&e);
}

static void
begin(struct golden *g)
{
    memset(g, 0, sizeof *g);
    street_init(&g->s, 2, 2);
    for (int i = 0; i < 2; i++) {
        g->ephemeral[i] = town_pair(PAIR_BOX, 'g', (uint32_t)i);
        pipe_setup(&g->s.town, &g->s.home[i], i == 0, &g->setup[i]);
        g->setup[i].ephemeral = g->ephemeral[i];
    }
    heads(g);
}

static void
meet(struct golden *g)
{
    pipe_init_with(&g->p, &g->s.home[0], &g->setup[0], &g->s.home[1], &g->setup[1]);
    pipe_tape(&g->p);
    buf_addf(&g->text, "\n# they meet\n");
    talks(g);
}

static void
leave(struct golden *g)
{
    uint8_t digest[16];

    buf_addf(&g->text, "\n# a farewell\n");
    pipe_step(&g->p, 0, SESSION_END);
    talks(g);
    buf_addf(&g->text, "\n# what came of it\n");
    line(&g->text, "handshake_hash", session_hash(g->p.side[0].session),
         NOISE_HASH_BYTES);
    assert_true(home_same(&g->s.home[0], &g->s.home[1]));
    replica_digest(g->s.home[0].replica, digest);
    line(&g->text, "digest", digest, sizeof digest);
    assert_int_equal(g->p.side[0].close, CLOSE_DONE);
    assert_int_equal(g->p.side[1].close, CLOSE_DONE);
}

/* The example of the document, and an entry pushed. */
static void
golden_1(struct golden *g)
{
    begin(g);
    for (int i = 0; i < 5; i++) {
        writes(g, 1, i < 2 ? 3 : 1);
    }
    for (int i = 0; i < 3; i++) {
        writes(g, 2, 2);
    }
    meet(g);
    for (int i = 0; i < 2; i++) {
        buf_add_slice(&g->plain[i], buf_slice(&g->p.side[i].plain));
    }
    buf_add(&g->opening, g->p.side[0].cipher.p, PREFACE_BYTES + WIRE_HEAD_BYTES + 32);
    buf_addf(&g->text, "\n# an entry is pushed\n");
    writes(g, 1, 1);
    pipe_step(&g->p, 0, SESSION_CHANGED);
    talks(g);
    buf_addf(&g->text, "\n# nothing differs\n");
    pipe_step(&g->p, 1, SESSION_REPAIR);
    (void)turn(g, 1);
    talks(g);
    leave(g);
}

/* Log 1 forked at seq 3 of 70 and 5; the initiator has sealed its branch, whose last
 * entries it holds alone. */
static void
golden_2(struct golden *g)
{
    struct chain at;

    begin(g);
    writes(g, 1, 3);
    writes(g, 1, 3);
    at = g->s.town.log[1];
    for (int i = 0; i < 68; i++) {
        writes(g, 1, 2);
    }
    g->s.town.log[1] = at;
    for (int i = 0; i < 3; i++) {
        street_writes(&g->s, 1, 1, 32, 1);
        entry_line(g, "initiator");
    }
    street_seals(&g->s, 1);
    entry_line(g, "initiator");
    meet(g);
    leave(g);
}

static void
golden_fini(struct golden *g)
{
    pipe_fini(&g->p);
    street_fini(&g->s);
    buf_free(&g->text);
    buf_free(&g->plain[0]);
    buf_free(&g->plain[1]);
    buf_free(&g->opening);
}

static void
compare(const struct golden *g, const char *path)
{
    struct buf want = BUF_NONE;

    if (getenv("LINJULI_GOLDEN") != NULL) {
        FILE *f = fopen(path, "wb");

        assert_non_null(f);
        assert_int_equal(fwrite(g->text.p, 1, g->text.n, f), g->text.n);
        assert_int_equal(fclose(f), 0);
    }
    tree_read(path, &want);
    assert_bytes(buf_slice(&g->text), buf_slice(&want));
    buf_free(&want);
}

static size_t
count(const struct golden *g, enum message type)
{
    return pipe_count(&g->p, 0, (uint8_t)type) + pipe_count(&g->p, 1, (uint8_t)type);
}

static void
the_first_session_is_the_figures_of_the_tree(void **state)
{
    struct golden g;

    (void)state;
    golden_1(&g);
    assert_true(count(&g, MESSAGE_VECTOR) == 1 && count(&g, MESSAGE_RUN) == 3);
    compare(&g, FIGURES_1);
    golden_fini(&g);
}

static void
the_second_session_is_the_figures_of_the_tree(void **state)
{
    struct golden g;

    (void)state;
    golden_2(&g);
    assert_true(street_row(&g.s, 1, false, 1).has_proof);
    assert_int_equal(street_row(&g.s, 1, false, 1).head_seq, 5);
    assert_true(count(&g, MESSAGE_IDS) > 0 && count(&g, MESSAGE_PROOF) > 0);
    compare(&g, FIGURES_2);
    golden_fini(&g);
}

/* The n-th frame (from 0) of a type, with its head. */
static struct slice
frame_of(const struct buf *plain, uint8_t type, size_t n)
{
    struct slice rest = buf_slice(plain);
    struct frame f;
    size_t used;

    while (frame_next(rest, &f, &used) == FRAME_WHOLE) {
        if (f.type == type && n-- == 0) {
            return slice_of(rest.p, used);
        }
        rest.p += used;
        rest.n -= used;
    }
    fail_msg("no frame of type %u", type);
    return slice_of(NULL, 0);
}

static void
check_block(const char *document, const char *name, struct slice one, struct slice two)
{
    struct buf want = document_hex(document, name);
    struct buf have = BUF_NONE;

    buf_add_slice(&have, one);
    buf_add_slice(&have, two);
    if (!slice_eq(buf_slice(&want), buf_slice(&have))) {
        char *hex = mem_new(2 * have.n + 1);

        hex_print(have.p, have.n, hex);
        print_message("# block %s is\n%s\n", name, hex);
        mem_free(hex);
    }
    assert_bytes(buf_slice(&have), buf_slice(&want));
    buf_free(&want);
    buf_free(&have);
}

static void
the_example_in_the_document_is_this_session(void **state)
{
    struct buf b = BUF_NONE;
    struct golden g;
    const char *doc;
    const struct slice none = {NULL, 0};

    (void)state;
    golden_1(&g);
    tree_read(DOCUMENT, &b);
    doc = buf_text(&b);
    check_block(doc, "opening", buf_slice(&g.opening), none);
    check_block(doc, "hello", frame_of(&g.plain[0], MESSAGE_HELLO, 0),
                frame_of(&g.plain[0], MESSAGE_DIGEST, 0));
    check_block(doc, "vector", frame_of(&g.plain[0], MESSAGE_VECTOR, 0), none);
    check_block(doc, "rows", frame_of(&g.plain[1], MESSAGE_ROWS, 0), none);
    check_block(doc, "ack", frame_of(&g.plain[0], MESSAGE_ACK, 0), none);
    check_block(doc, "digests", frame_of(&g.plain[0], MESSAGE_DIGEST, 1),
                frame_of(&g.plain[1], MESSAGE_DIGEST, 1));
    buf_free(&b);
    golden_fini(&g);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_session_is_the_figures_of_the_tree),
        cmocka_unit_test(the_second_session_is_the_figures_of_the_tree),
        cmocka_unit_test(the_example_in_the_document_is_this_session),
    };

    return cmocka_run_group_tests(tests, start_crypto, NULL);
}
