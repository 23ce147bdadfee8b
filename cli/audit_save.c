/* Evidence: what was signed, as files that stock tools check. */
#include "cli/audit_show.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/file.h"

#define TAG "linjuli-entry-v1"

static enum rc
put(const char *dir, const char *name, struct slice bytes, struct fault *why)
{
    char path[FILE_PATH_BYTES];
    struct file_out f;
    (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
    enum rc rc = file_out_begin(&f, path, false, why);
    if (rc != RC_OK)
        return rc;
    rc = fd_write(f.fd, bytes);
    if (rc == RC_OK)
        return file_out_end(&f, why);
    file_out_drop(&f);
    return rc;
}

/* RFC 8410: an Ed25519 public key as OpenSSL reads it. */
static enum rc
put_key(const char *dir, const char *name, const uint8_t *key, struct fault *why)
{
    static const uint8_t head[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                   0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
    struct buf der = BUF_NONE;
    struct buf pem = BUF_NONE;
    buf_add(&der, head, sizeof(head));
    buf_add(&der, key, KEY_BYTES);
    buf_addf(&pem, "-----BEGIN PUBLIC KEY-----\n");
    base64_add(&pem, der.p, der.n);
    buf_addf(&pem, "\n-----END PUBLIC KEY-----\n");
    enum rc rc = put(dir, name, buf_slice(&pem), why);
    buf_free(&der);
    buf_free(&pem);
    return rc;
}

/* Piece `i` in files that begin with its number; its part of the README. */
static enum rc
put_piece(const char *dir, unsigned i, const struct audit_report *r, const struct buf *p,
          struct buf *readme, struct fault *why)
{
    char name[32], hex[2 * HASH_BYTES + 1];
    struct buf b = BUF_NONE;
    struct hash id = entry_id(buf_slice(p));
    static const struct hash none;
    const struct hash *community = hash_eq(&id, &r->community) ? &none : &r->community;
    (void)snprintf(name, sizeof(name), "%u.entry.bin", i);
    enum rc rc = put(dir, name, buf_slice(p), why);
    buf_addf(&b, TAG);
    buf_add(&b, community->b, HASH_BYTES);
    buf_add(&b, p->p, ENTRY_HEADER_BYTES);
    (void)snprintf(name, sizeof(name), "%u.signed.bin", i);
    if (rc == RC_OK)
        rc = put(dir, name, buf_slice(&b), why);
    (void)snprintf(name, sizeof(name), "%u.signature.bin", i);
    if (rc == RC_OK)
        rc = put(dir, name, slice_of(p->p + ENTRY_HEADER_BYTES, ENTRY_SIG_BYTES), why);
    b.n = 0;
    buf_add_u8(&b, 0);
    buf_add(&b, p->p, ENTRY_HEAD_BYTES);
    (void)snprintf(name, sizeof(name), "%u.leaf.bin", i);
    if (rc == RC_OK)
        rc = put(dir, name, buf_slice(&b), why);
    (void)snprintf(name, sizeof(name), "%u.key.pem", i);
    if (rc == RC_OK)
        rc = put_key(dir, name, p->p + 8, why);
    hex_print(id.b, HASH_BYTES, hex);
    buf_addf(readme,
             "openssl pkeyutl -verify -pubin -inkey %u.key.pem -rawin -in %u.signed.bin"
             " -sigfile %u.signature.bin\n"
             "sha256sum %u.leaf.bin   # %s\n",
             i, i, i, i, hex);
    hex_print(p->p + 8, KEY_BYTES, hex);
    buf_addf(readme, "# %u.key.pem: %s, seq %llu\n\n", i, hex,
             (unsigned long long)get_u64(p->p + 40));
    buf_free(&b);
    return rc;
}

/* The other side of the contradiction: what hung on the wall. */
static enum rc
put_wall(const char *dir, const struct audit_wall *w, struct buf *readme,
         struct fault *why)
{
    struct buf text = BUF_NONE;
    enum rc rc = put(dir, "wall.txt", buf_slice(&w->note), why);
    buf_addf(readme, "wall.txt: the checkpoint that was brought from the wall.\n");
    if (rc != RC_OK || !w->is_signed)
        return rc;
    checkpoint_print(&w->at, &text);
    rc = put(dir, "wall.signed.bin", buf_slice(&text), why);
    if (rc == RC_OK)
        rc = put(dir, "wall.signature.bin", slice_of(w->sig.b, SIG_BYTES), why);
    if (rc == RC_OK)
        rc = put_key(dir, "wall.key.pem", w->hub.b, why);
    buf_addf(readme, "Its signature is the hub's:\n"
                     "openssl pkeyutl -verify -pubin -inkey wall.key.pem -rawin -in"
                     " wall.signed.bin -sigfile wall.signature.bin\n");
    buf_free(&text);
    return rc;
}

static enum rc
save_one(struct cli *c, const struct audit_report *r, const struct audit_proof *p,
         const struct audit_wall *w, const char *dir, struct fault *why)
{
    char hex[2 * HASH_BYTES + 1];
    const struct verify_finding *f = &r->finding[p->finding];
    struct buf readme = BUF_NONE;
    if (mkdir(dir, 0700) != 0)
        return fault_set(why, RC_IO, FAULT_NODE_IO, "%s", dir);
    hex_print(r->community.b, HASH_BYTES, hex);
    audit_sentence(c, f, &readme);
    buf_addf(&readme, "\n%s\ncommunity %s\n\n", verify_name(f->kind), hex);
    buf_addf(&readme, "N.entry.bin: header 128, signature 64, body as it was signed.\n"
                      "N.signed.bin: \"" TAG "\", community id 32 (zeros for its first"
                      " entry), header 128.\n"
                      "N.leaf.bin: 00, header, signature; its SHA-256 is the entry's id."
                      "\n\n");
    enum rc rc = RC_OK;
    for (unsigned i = 0; i < 2 && rc == RC_OK; i++)
        if (p->part[i].n >= ENTRY_HEAD_BYTES)
            rc = put_piece(dir, i + 1, r, &p->part[i], &readme, why);
    if (rc == RC_OK && f->kind == VERIFY_IS_WALL && w->note.n > 0)
        rc = put_wall(dir, w, &readme, why);
    if (rc == RC_OK)
        rc = put(dir, "README.txt", buf_slice(&readme), why);
    buf_free(&readme);
    return rc;
}

int
audit_save(struct cli *c, const struct audit_report *r, const struct audit_wall *w,
           const char *dir)
{
    char path[FILE_PATH_BYTES];
    struct fault why = {0};
    enum rc rc = RC_OK;
    if (r->proofs_n == 0)
        return 0;
    if (mkdir(dir, 0700) != 0) {
        if (errno == EEXIST) {
            complain(c, WORD_AUDIT_DIR_THERE, dir, NULL);
            return rc_exit(RC_USAGE);
        }
        return fail(c, RC_IO, NULL);
    }
    for (size_t i = 0; i < r->proofs_n && rc == RC_OK; i++) {
        const char *kind = verify_name(r->finding[r->proof[i].finding].kind);
        int n = snprintf(path, sizeof(path), "%s/%03zu-%s", dir, i + 1, kind);
        rc = n > 0 && (size_t)n < sizeof(path)
                 ? save_one(c, r, &r->proof[i], w, path, &why)
                 : RC_IO;
    }
    return rc == RC_OK ? 0 : fail(c, rc, &why);
}
