#include "sync/checkpoint.h"

#include <assert.h>
#include <string.h>

#define KEY_ID_BYTES 4
#define KEY_ED25519 0x01 /* of signed-note */
#define SIZE_DIGITS_MAX 19
#define ROOT_DIGITS 44

static const char sig_begin[] = "\xe2\x80\x94 "; /* an em dash and a blank */

void
checkpoint_origin(const struct hash *community,
                  char out[static CHECKPOINT_ORIGIN_BYTES + 1])
{
    size_t n = strlen(NOTE_BEGIN);

    memcpy(out, NOTE_BEGIN, n);
    hex_print(community->b, HASH_BYTES, out + n);
}

static void
add_hash(struct buf *out, const struct hash *h)
{
    base64_add(out, h->b, HASH_BYTES);
    buf_add_u8(out, '\n');
}

void
checkpoint_print(const struct checkpoint *c, struct buf *out)
{
    char origin[CHECKPOINT_ORIGIN_BYTES + 1];

    checkpoint_origin(&c->community, origin);
    buf_addf(out, "%s\n%llu\n", origin, (unsigned long long)c->size);
    add_hash(out, &c->root);
}

/* The first bytes of SHA-256(name ‖ newline ‖ type ‖ key). */
static void
key_id(const char *origin, const struct key *hub, uint8_t out[static KEY_ID_BYTES])
{
    static const uint8_t middle[] = {'\n', KEY_ED25519};
    struct hash_run run;
    struct hash h;

    hash_init(&run);
    hash_add(&run, slice_text(origin));
    hash_add(&run, slice_of(middle, sizeof middle));
    hash_add(&run, slice_of(hub->b, KEY_BYTES));
    h = hash_done(&run);
    memcpy(out, h.b, KEY_ID_BYTES);
}

void
checkpoint_sign(const struct checkpoint *c, const struct pair *hub, struct buf *out)
{
    char origin[CHECKPOINT_ORIGIN_BYTES + 1];
    uint8_t line[KEY_ID_BYTES + SIG_BYTES];
    size_t from = out->n;
    struct sig sig;

    checkpoint_print(c, out);
    sign_note_make(slice_of(out->p + from, out->n - from), hub, &sig);
    checkpoint_origin(&c->community, origin);
    key_id(origin, &hub->pub, line);
    memcpy(line + KEY_ID_BYTES, sig.b, SIG_BYTES);
    buf_addf(out, "\n%s%s ", sig_begin, origin);
    base64_add(out, line, sizeof line);
    buf_add_u8(out, '\n');
}

void
checkpoint_key(const struct hash *community, const struct key *hub, struct buf *out)
{
    char origin[CHECKPOINT_ORIGIN_BYTES + 1];
    uint8_t id[KEY_ID_BYTES];
    uint8_t key[1 + KEY_BYTES];

    checkpoint_origin(community, origin);
    key_id(origin, hub, id);
    key[0] = KEY_ED25519;
    memcpy(key + 1, hub->b, KEY_BYTES);
    buf_addf(out, "%s+%02x%02x%02x%02x+", origin, id[0], id[1], id[2], id[3]);
    base64_add(out, key, sizeof key);
}

/* ---- reading */

/* The next line without its newline; false when there is none that ends. */
static bool
next_line(struct slice *rest, struct slice *line)
{
    const uint8_t *end = rest->n > 0 ? memchr(rest->p, '\n', rest->n) : NULL;

    if (end == NULL) {
        return false;
    }
    *line = slice_of(rest->p, (size_t)(end - rest->p));
    *rest = slice_of(end + 1, rest->n - line->n - 1);
    return true;
}

static bool
origin_parse(struct slice line, struct hash *out)
{
    char back[CHECKPOINT_ORIGIN_BYTES + 1] = {0};

    if (line.n != CHECKPOINT_ORIGIN_BYTES) {
        return false;
    }
    memcpy(back, line.p, line.n);
    if (!hex_parse(back + strlen(NOTE_BEGIN), HASH_BYTES, out->b)) {
        return false;
    }
    checkpoint_origin(out, back); /* and small letters only */
    return memcmp(back, line.p, line.n) == 0;
}

static bool
size_parse(struct slice line, uint64_t *out)
{
    uint64_t n = 0;

    if (line.n == 0 || line.n > SIZE_DIGITS_MAX || (line.p[0] == '0' && line.n > 1)) {
        return false;
    }
    for (size_t i = 0; i < line.n; i++) {
        if (line.p[i] < '0' || line.p[i] > '9') {
            return false;
        }
        n = n * 10 + (uint64_t)(line.p[i] - '0');
    }
    *out = n;
    return n <= INT64_MAX;
}

struct sig_line {
    struct slice name;
    struct slice data; /* base64 */
};

/* "— name base64"; what is not one of ours is only looked at from outside. */
static bool
sig_parse(struct slice line, struct sig_line *out)
{
    size_t n = strlen(sig_begin);
    const uint8_t *blank;

    if (line.n <= n || memcmp(line.p, sig_begin, n) != 0) {
        return false;
    }
    line = slice_of(line.p + n, line.n - n);
    blank = memchr(line.p, ' ', line.n);
    if (blank == NULL || blank == line.p) {
        return false;
    }
    out->name = slice_of(line.p, (size_t)(blank - line.p));
    out->data = slice_of(blank + 1, line.n - out->name.n - 1);
    return out->data.n > 0;
}

/* The three lines; `rest` is what follows. */
static bool
text_parse(struct slice *rest, struct checkpoint *out)
{
    struct slice line;

    return next_line(rest, &line) && origin_parse(line, &out->community) &&
           next_line(rest, &line) && size_parse(line, &out->size) &&
           next_line(rest, &line) && line.n == ROOT_DIGITS &&
           base64_parse(line, HASH_BYTES, out->root.b);
}

enum rc
checkpoint_parse(struct slice note, struct checkpoint *out)
{
    struct slice line;
    struct sig_line sig;
    size_t n = 0;

    if (note.n > CHECKPOINT_BYTES_MAX) {
        return RC_LIMIT;
    }
    if (!utf8_is_valid(note) || !text_parse(&note, out)) {
        return RC_MALFORMED;
    }
    if (note.n == 0) {
        return RC_OK;
    }
    if (!next_line(&note, &line) || line.n > 0 || note.n == 0) {
        return RC_MALFORMED;
    }
    for (; note.n > 0; n++) {
        if (!next_line(&note, &line) || !sig_parse(line, &sig)) {
            return RC_MALFORMED;
        }
    }
    return n <= CHECKPOINT_SIGS_MAX ? RC_OK : RC_LIMIT;
}

enum checkpoint_signed
checkpoint_check(struct slice note, const struct key *hub, struct sig *sig)
{
    enum checkpoint_signed answer = CHECKPOINT_UNSIGNED;
    char origin[CHECKPOINT_ORIGIN_BYTES + 1];
    uint8_t id[KEY_ID_BYTES];
    uint8_t data[KEY_ID_BYTES + SIG_BYTES];
    struct checkpoint c;
    struct slice rest = note;
    struct slice line;
    struct sig_line s;
    struct sig one;

    if (checkpoint_parse(note, &c) != RC_OK || !text_parse(&rest, &c)) {
        return CHECKPOINT_UNSIGNED;
    }
    struct slice text = slice_of(note.p, note.n - rest.n);
    checkpoint_origin(&c.community, origin);
    key_id(origin, hub, id);
    while (next_line(&rest, &line)) {
        if (!sig_parse(line, &s) || !slice_eq(s.name, slice_text(origin)) ||
            !base64_parse(s.data, sizeof data, data) ||
            memcmp(data, id, KEY_ID_BYTES) != 0) {
            continue; /* somebody else's */
        }
        memcpy(one.b, data + KEY_ID_BYTES, SIG_BYTES);
        if (!sign_note_check(text, hub, &one)) {
            return CHECKPOINT_FORGED;
        }
        answer = CHECKPOINT_SIGNED;
        if (sig != NULL) {
            *sig = one;
        }
    }
    return answer;
}

/* ---- proofs */

static void
add_path(struct buf *out, const struct hash *path, size_t n, struct slice note)
{
    for (size_t i = 0; i < n; i++) {
        add_hash(out, &path[i]);
    }
    buf_add_u8(out, '\n');
    buf_add_slice(out, note);
}

void
checkpoint_prove(uint64_t index, struct slice leaf, const struct hash *path,
                 size_t path_n, struct slice note, struct buf *out)
{
    buf_addf(out, "c2sp.org/tlog-proof@v1\nextra ");
    base64_add(out, leaf.p, leaf.n);
    buf_addf(out, "\nindex %llu\n", (unsigned long long)index);
    add_path(out, path, path_n, note);
}

void
checkpoint_prove_growth(uint64_t size, const struct hash *path, size_t path_n,
                        struct slice note, struct buf *out)
{
    buf_addf(out, "old %llu\n", (unsigned long long)size);
    add_path(out, path, path_n, note);
}
