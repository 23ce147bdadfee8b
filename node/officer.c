/* Officers' keys of this machine: DIR/keys/officer-KEY.key, KEY being the first 16 hex
 * digits of the key; each may lie behind a PIN of its own. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "node/keys.h"
#include "node/node.h"

#define NAME_BYTES 32
#define HEX_BYTES 17

static void
name_of(const struct key *key, char out[static NAME_BYTES])
{
    char hex[HEX_BYTES];
    hex_print(key->b, 8, hex);
    (void)snprintf(out, NAME_BYTES, "officer-%s.key", hex);
}

enum officer_place
node_officer_place(const struct node *n, const struct key *key)
{
    char name[NAME_BYTES], path[4096];
    struct buf bytes = BUF_NONE;
    name_of(key, name);
    keys_path(n->dir, name, path, sizeof(path));
    enum rc rc = file_read(path, KEY_FILE_BYTES_MAX, &bytes);
    bool is_locked = rc == RC_OK && pair_is_locked(buf_slice(&bytes));
    mem_wipe(bytes.p, bytes.n);
    buf_free(&bytes);
    return rc != RC_OK ? OFFICER_ELSEWHERE : is_locked ? OFFICER_LOCKED : OFFICER_HERE;
}

static bool
is_meant(const struct key *key, const char *which)
{
    char hex[2 * KEY_BYTES + 1];
    hex_print(key->b, KEY_BYTES, hex);
    return which == NULL || strncmp(hex, which, strlen(which)) == 0;
}

enum rc
node_officer_open(const struct node *n, const char *which, const char *pin,
                  struct pair *out, struct fault *why)
{
    const struct officers *o =
        authority_officers(replica_authority(ledger_replica(n->ledger)));
    enum rc rc = fault_set(why, RC_NOTFOUND, FAULT_NO_OFFICER, "%s",
                           which != NULL ? which : n->dir);
    for (uint16_t i = 0; i < o->n && rc != RC_OK; i++) {
        char name[NAME_BYTES];
        enum officer_place place = node_officer_place(n, &o->key[i]);
        /* A PIN means a key behind one: not whichever comes first. */
        if (place == OFFICER_ELSEWHERE || !is_meant(&o->key[i], which) ||
            (pin != NULL && place != OFFICER_LOCKED))
            continue;
        name_of(&o->key[i], name);
        rc = keys_open(n->dir, name, PAIR_SIGN, pin, out, why);
        if (rc != RC_OK && rc != RC_DENIED)
            break;
    }
    return rc;
}

enum rc
node_officer_new(struct node *n, const char *pin, struct pair *out, struct fault *why)
{
    char name[NAME_BYTES];
    pair_new_random(PAIR_SIGN, out);
    name_of(&out->pub, name);
    enum rc rc = keys_write_locked(n->dir, name, out, pin, why);
    if (rc == RC_OK && pin == NULL && n->officers_n < OFFICERS_MAX)
        n->officer[n->officers_n++] = *out;
    if (rc != RC_OK)
        pair_wipe(out);
    return rc;
}

void
node_officer_drop(struct node *n, const struct key *key)
{
    char name[NAME_BYTES], path[4096];
    size_t left = 0;
    name_of(key, name);
    keys_path(n->dir, name, path, sizeof(path));
    (void)unlink(path);
    for (size_t i = 0; i < n->officers_n; i++)
        if (!key_eq(&n->officer[i].pub, key))
            n->officer[left++] = n->officer[i];
    for (size_t i = left; i < n->officers_n; i++)
        pair_wipe(&n->officer[i]);
    n->officers_n = left;
}
