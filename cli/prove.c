/* Proofs for a stranger, in the text formats of public logs: tlog-proof, and what a
 * witness is sent (CHECKPOINT.md section 3). */
#include <stdlib.h>
#include <string.h>

#include "cli/checkpoint.h"
#include "cli/out.h"

struct wanted { /* an entry, and where it was found */
    struct key log;
    uint64_t seq;
    bool is_found;
    uint64_t index;
    uint8_t leaf[ENTRY_HEAD_BYTES];
};

struct proving {
    struct hash *leaf; /* of the whole tree */
    uint64_t n;
    struct wanted *want; /* ascending log and seq */
    size_t want_n, want_cap;
    bool by_id; /* want[0] is asked for by its id */
    struct hash id;
};

static void
proving_fini(struct proving *v)
{
    mem_free(v->leaf);
    mem_free(v->want);
}

static struct wanted *
want(struct proving *v)
{
    if (v->want_n == v->want_cap) {
        v->want_cap = v->want_cap * 2 + 16;
        v->want = mem_grow(v->want, v->want_cap * sizeof(*v->want));
    }
    struct wanted *w = &v->want[v->want_n++];
    *w = (struct wanted){.seq = 0};
    return w;
}

static int
by_place(const void *a, const void *b)
{
    const struct wanted *x = a;
    const struct wanted *y = b;
    int c = key_cmp(&x->log, &y->log);
    return c != 0 ? c : x->seq < y->seq ? -1 : x->seq > y->seq;
}

static enum rc
take_leaf(void *arg, const struct tree_leaf *leaf)
{
    struct proving *v = arg;
    struct wanted here = {.log = *leaf->log, .seq = leaf->seq};
    struct wanted *w = NULL;
    if (leaf->index >= v->n)
        return RC_CORRUPT;
    v->leaf[leaf->index] = leaf->id;
    if (v->by_id)
        w = hash_eq(&leaf->id, &v->id) ? &v->want[0] : NULL;
    else if (v->want_n > 0)
        w = bsearch(&here, v->want, v->want_n, sizeof(here), by_place);
    if (w != NULL) {
        w->log = *leaf->log;
        w->seq = leaf->seq;
        w->is_found = true;
        w->index = leaf->index;
        memcpy(w->leaf, leaf->bytes.p, sizeof(w->leaf));
    }
    return RC_OK;
}

static enum rc
read_leaves(struct proving *v, const struct published *p)
{
    v->n = p->at.size;
    v->leaf = mem_new((size_t)v->n * sizeof(*v->leaf) + 1);
    return tree_each(p->tree, take_leaf, v);
}

/* ---- which entries */

static bool
take_history(void *arg, const struct history_row *h)
{
    struct wanted *w = want(arg);
    w->log = h->log->key;
    w->seq = h->at.seq;
    return true;
}

static enum rc
find_wanted(struct cli *c, const char *id, struct proving *v, struct fault *why)
{
    struct record_key key;
    if (strlen(id) == 2 * HASH_BYTES && hex_parse(id, HASH_BYTES, v->id.b)) {
        v->by_id = true;
        (void)want(v);
        return RC_OK;
    }
    enum rc rc = query_find_one(c->node->ledger, id, &key, why);
    if (rc == RC_OK)
        rc = query_history(c->node->ledger, &key, take_history, v);
    if (rc != RC_OK || v->want_n == 0)
        return rc != RC_OK ? rc : RC_NOTFOUND;
    qsort(v->want, v->want_n, sizeof(*v->want), by_place);
    size_t n = 1;
    for (size_t i = 1; i < v->want_n; i++) /* several items of one entry */
        if (by_place(&v->want[n - 1], &v->want[i]) != 0)
            v->want[n++] = v->want[i];
    v->want_n = n;
    return RC_OK;
}

/* ---- what is printed */

static json_t *
proof_json(const struct wanted *w, const struct hash *path, size_t path_n,
           const struct buf *text)
{
    json_t *json = json_object();
    json_t *hashes = json_array();
    for (size_t i = 0; i < path_n; i++)
        json_array_append_new(hashes, json_of_hex(path[i].b, HASH_BYTES));
    if (w != NULL) {
        struct hash id = entry_id(slice_of(w->leaf, sizeof(w->leaf)));
        json_object_set_new(json, "id", json_of_hex(id.b, HASH_BYTES));
        json_object_set_new(json, "log", json_of_hex(w->log.b, KEY_BYTES));
        json_object_set_new(json, "seq", json_of_u64(w->seq));
        json_object_set_new(json, "index", json_of_u64(w->index));
    }
    json_object_set_new(json, "path", hashes);
    json_object_set_new(json, "text", json_stringn((const char *)text->p, text->n));
    return json;
}

static size_t
print_proofs(struct cli *c, const struct published *p, const struct proving *v,
             json_t *json)
{
    struct hash path[MERKLE_PROOF_MAX];
    struct buf text = BUF_NONE;
    size_t found = 0;
    for (size_t i = 0; i < v->want_n; i++) {
        const struct wanted *w = &v->want[i];
        if (!w->is_found)
            continue;
        size_t n = merkle_prove(v->leaf, v->n, w->index, path);
        text.n = 0;
        checkpoint_prove(w->index, slice_of(w->leaf, sizeof(w->leaf)), path, n,
                         buf_slice(&p->note), &text);
        if (json != NULL)
            json_array_append_new(json, proof_json(w, path, n, &text));
        else
            buf_add_slice(c->out, buf_slice(&text));
        found++;
    }
    buf_free(&text);
    return found;
}

int
prove_entries(struct cli *c, const struct published *p, const char *id)
{
    struct proving v = {.n = 0};
    struct fault why = {0};
    enum rc rc = find_wanted(c, id, &v, &why);
    if (rc == RC_OK)
        rc = read_leaves(&v, p);
    int status = rc == RC_OK ? 0 : fail(c, rc, &why);
    if (status == 0) {
        json_t *json = c->json ? json_array() : NULL;
        size_t found = print_proofs(c, p, &v, json);
        if (found < v.want_n)
            note(c, WORD_PROVE_UNSTAMPED, num(c, v.want_n - found), NULL);
        if (found == 0)
            status = rc_exit(RC_STALE);
        else if (json != NULL)
            out_json(c->out, json_incref(json));
        json_decref(json);
    }
    proving_fini(&v);
    return status;
}

static bool
size_parse(const char *text, uint64_t *out)
{
    uint64_t n = 0;
    const char *p = text;
    for (; *p >= '0' && *p <= '9' && n <= INT64_MAX / 16; p++)
        n = n * 10 + (uint64_t)(*p - '0');
    *out = n;
    return p != text && *p == '\0';
}

int
prove_growth(struct cli *c, const struct published *p, const char *size)
{
    struct proving v = {.n = 0};
    struct hash path[MERKLE_PROOF_MAX];
    struct buf text = BUF_NONE;
    uint64_t from = 0;
    if (!size_parse(size, &from)) {
        complain(c, WORD_PROVE_BAD_SIZE, size, NULL);
        return rc_exit(RC_USAGE);
    }
    if (from > p->at.size) {
        complain(c, WORD_PROVE_AHEAD, size, num(c, p->at.size), NULL);
        return rc_exit(RC_STALE);
    }
    enum rc rc = read_leaves(&v, p);
    if (rc == RC_OK) {
        size_t n = merkle_prove_growth(v.leaf, v.n, from, path);
        checkpoint_prove_growth(from, path, n, buf_slice(&p->note), &text);
        if (c->json)
            out_json(c->out, proof_json(NULL, path, n, &text));
        else
            buf_add_slice(c->out, buf_slice(&text));
    }
    buf_free(&text);
    proving_fini(&v);
    return rc == RC_OK ? 0 : fail(c, rc, NULL);
}
