/* A small authority log with two seals and the entries that they cover
 * (tests/golden/authority/seals.txt, AUTHORITY.md section 8). The roots are computed here
 * as RFC 6962 writes them down, from the ids alone. LINJULI_GOLDEN=write makes the file
 * anew. */
#include "sync/replica_impl.h"
#include "tests/lib/mem_store.h"
#include "tests/lib/scene.h"
#include "tests/unit/crypto/figures.h"

#define FIGURES "tests/golden/authority/seals.txt"
#define ENTRIES 7
#define LEAVES 6

/* As they are written; what each seal adds to the tree is in `leaves`. */
static const char *const names[ENTRIES] = {"authority 1", "log 1 seq 1", "log 2 seq 1",
                                           "authority 2", "log 1 seq 2", "log 1 seq 3",
                                           "authority 3"};
static const size_t leaves[LEAVES] = {0, 1, 2, 3, 4, 5};
static const size_t sizes[2] = {3, LEAVES}; /* after seal 1, after seal 2 */

struct tale {
    struct buf entry[ENTRIES];
    struct hash id[ENTRIES];
    struct hash root[2];
};

/* RFC 6962 section 2.1: MTH over leaf hashes that are there already. */
static struct hash
tree_hash(const struct hash *leaf, size_t n)
{
    struct buf b = BUF_NONE;
    size_t k = 1;
    struct hash left, right, out;

    if (n == 1) {
        return leaf[0];
    }
    while (2 * k < n) {
        k *= 2;
    }
    left = tree_hash(leaf, k);
    right = tree_hash(leaf + k, n - k);
    buf_add_u8(&b, 1);
    buf_add(&b, left.b, HASH_BYTES);
    buf_add(&b, right.b, HASH_BYTES);
    out = hash_of(buf_slice(&b));
    buf_free(&b);
    return out;
}

static struct hash
root_of(const struct tale *t, size_t n)
{
    struct hash leaf[LEAVES];

    for (size_t i = 0; i < n; i++) {
        leaf[i] = t->id[leaves[i]];
    }
    return tree_hash(leaf, n);
}

static void
keep(struct tale *t, size_t i, struct slice entry)
{
    struct buf head = BUF_NONE;

    buf_add_slice(&t->entry[i], entry);
    buf_add_u8(&head, 0); /* a leaf: SHA-256(0 ‖ header ‖ signature) */
    buf_add(&head, entry.p, ENTRY_HEAD_BYTES);
    t->id[i] = hash_of(buf_slice(&head));
    buf_free(&head);
}

/* As the scene writes it: nothing is random. */
static void
write_tale(struct tale *t)
{
    struct scene s;
    struct line line[2];

    scene_init(&s, 2);
    keep(t, 0, buf_slice(&s.entry));
    keep(t, 1, scene_write(&s, 0, &s.tip[0], 1));
    keep(t, 2, scene_write(&s, 1, &s.tip[1], 2));
    line[0] = (struct line){1, 1, t->id[1], 0};
    line[1] = (struct line){2, 1, t->id[2], 0};
    t->root[0] = root_of(t, sizes[0]);
    scene_scope(&s, SCOPE_NO_COMMUNITY, SCOPE_COMMUNITY, 0, "邻聚里");
    scene_scope(&s, SCOPE_NO_CENTRE, SCOPE_DESK, 0, "中心");
    scene_node(&s, 1);
    scene_seal(&s, line, 2, sizes[0], &t->root[0]);
    keep(t, 3, scene_say(&s, &s.hub, &s.hub_tip));
    keep(t, 4, scene_write(&s, 0, &s.tip[0], 1));
    keep(t, 5, scene_write(&s, 0, &s.tip[0], 3));
    line[0] = (struct line){1, 3, t->id[5], 0};
    t->root[1] = root_of(t, sizes[1]);
    scene_seal(&s, line, 1, sizes[1], &t->root[1]);
    keep(t, 6, scene_say(&s, &s.hub, &s.hub_tip));
    scene_fini(&s);
}

static void
tale_fini(struct tale *t)
{
    for (size_t i = 0; i < ENTRIES; i++) {
        buf_free(&t->entry[i]);
    }
}

static void
add_hex(struct buf *out, const char *key, const void *p, size_t n)
{
    char *text = mem_new(2 * n + 1);

    hex_print(p, n, text);
    buf_addf(out, "%s %s\n", key, text);
    mem_free(text);
}

static void
the_tale_is_the_figures_of_the_tree(void **state)
{
    const char *mode = getenv("LINJULI_GOLDEN");
    struct tale t = {0};
    struct buf want = BUF_NONE;
    struct buf file = BUF_NONE;

    (void)state;
    write_tale(&t);
    buf_addf(
        &file,
        "# An authority log with two seals, and the entries they cover, in an order\n"
        "# in which each can be taken (sync/AUTHORITY.md section 8). The items of\n"
        "# data entries are no operations: their headers and signatures count here.\n"
        "# Entry 1 creates and grants logs 1 and 2. Authority entry 2 names scopes\n"
        "# and a node and has seal 1, authority entry 3 seal 2.\n");
    add_hex(&file, "community", t.id[0].b, HASH_BYTES);
    for (size_t i = 0; i < ENTRIES; i++) {
        buf_addf(&file, "\n# %s\n", names[i]);
        add_hex(&file, "entry", t.entry[i].p, t.entry[i].n);
        add_hex(&file, "id", t.id[i].b, HASH_BYTES);
    }
    for (size_t i = 0; i < 2; i++) {
        buf_addf(&file, "\n# seal %zu\nsize %zu\n", i + 1, sizes[i]);
        add_hex(&file, "root", t.root[i].b, HASH_BYTES);
    }
    if (mode != NULL && strcmp(mode, "write") == 0) {
        FILE *f = fopen(FIGURES, "wb");

        assert_non_null(f);
        assert_int_equal(fwrite(file.p, 1, file.n, f), file.n);
        assert_int_equal(fclose(f), 0);
    }
    tree_read(FIGURES, &want);
    assert_bytes(buf_slice(&file), buf_slice(&want));
    buf_free(&file);
    buf_free(&want);
    tale_fini(&t);
}

/* Entries as the file has them. */
static void
read_tale(struct tale *t)
{
    struct buf file = BUF_NONE;
    const char *at;
    size_t n = 0;
    size_t roots = 0;

    tree_read(FIGURES, &file);
    for (at = figure_next((const char *)file.p); at != NULL; at = figure_next(at)) {
        struct slice s;

        if (figure_find(at, "entry", &s)) {
            assert_true(n < ENTRIES);
            t->entry[n] = figure(at, "entry");
            figure_fill(at, "id", t->id[n++].b, HASH_BYTES);
        } else {
            assert_true(roots < 2);
            figure_fill(at, "root", t->root[roots++].b, HASH_BYTES);
        }
    }
    assert_true(n == ENTRIES && roots == 2);
    buf_free(&file);
}

static void
take(struct replica *r, const struct tale *t, size_t i)
{
    enum offer what;
    struct changes changes;

    assert_int_equal(replica_offer(r, buf_slice(&t->entry[i]), &what), RC_OK);
    assert_true(what == OFFER_TAKEN || what == OFFER_HELD);
    assert_int_equal(replica_settle(r, &changes), RC_OK);
}

static void
a_replica_finds_both_roots_in_any_order(void **state)
{
    static const size_t orders[3][ENTRIES] = {
        {0, 1, 2, 3, 4, 5, 6}, {0, 3, 6, 1, 4, 5, 2}, {0, 2, 3, 1, 6, 4, 5}};
    struct tale t = {0};

    (void)state;
    read_tale(&t);
    for (size_t k = 0; k < 3; k++) {
        struct mem_store *store = mem_store_new();
        struct replica *r = replica_new(mem_store_port(store));
        struct seal_draft draft;

        assert_int_equal(replica_load(r, &t.id[0]), RC_OK);
        for (size_t i = 0; i < ENTRIES; i++) {
            take(r, &t, orders[k][i]);
        }
        assert_int_equal(replica_check_seal(r, 1), SEAL_RIGHT);
        assert_int_equal(replica_check_seal(r, 2), SEAL_RIGHT);
        assert_int_equal(replica_log(r, 1)->seal_seq, 3);
        assert_int_equal(replica_log(r, 2)->seal_seq, 1);
        assert_int_equal(authority_scopes_n(replica_authority(r)), 2);
        assert_int_equal(authority_nodes_n(replica_authority(r)), 1);
        assert_int_equal(replica_draft_seal(r, &draft), RC_OK);
        assert_int_equal(draft.tree_size, sizes[1] + 1); /* authority entry 3 */
        replica_free(r);
        mem_store_free(store);
    }
    tale_fini(&t);
}

/* What the document says of it is what the file has. */
static void
the_document_has_the_same_tree(void **state)
{
    struct tale t = {0};
    struct buf document = BUF_NONE;
    struct buf ids, first, second;

    (void)state;
    read_tale(&t);
    tree_read("sync/AUTHORITY.md", &document);
    ids = document_hex((const char *)document.p, "leaves");
    first = document_hex((const char *)document.p, "root-of-3");
    second = document_hex((const char *)document.p, "root-of-6");
    assert_int_equal(ids.n, LEAVES * HASH_BYTES);
    for (size_t i = 0; i < LEAVES; i++) {
        assert_bytes(slice_of(ids.p + i * HASH_BYTES, HASH_BYTES),
                     slice_of(t.id[leaves[i]].b, HASH_BYTES));
    }
    assert_bytes(buf_slice(&first), slice_of(t.root[0].b, HASH_BYTES));
    assert_bytes(buf_slice(&second), slice_of(t.root[1].b, HASH_BYTES));
    buf_free(&document);
    buf_free(&ids);
    buf_free(&first);
    buf_free(&second);
    tale_fini(&t);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tale_is_the_figures_of_the_tree),
        cmocka_unit_test(a_replica_finds_both_roots_in_any_order),
        cmocka_unit_test(the_document_has_the_same_tree),
    };

    return cmocka_run_group_tests(tests, start_crypto, NULL);
}
