/* A backup (BACKUP.md): everything that a node holds, but the keys by which it signs and
 * is known; sealed under a passphrase. It is a stream of entries and local facts, not a
 * database: whoever restores takes every entry as if a stranger had brought it. */
#ifndef LINJULI_BACKUP_H
#define LINJULI_BACKUP_H

#include "schema/ledger.h"

#define BACKUP_VERSION 1
#define BACKUP_HEAD_BYTES 65
#define BACKUP_FRAME_BYTES_MAX (BUNDLE_CHUNK_BYTES_MAX + 64)
#define BACKUP_CONF_BYTES_MAX 65536

/* What it says of itself. */
struct backup_about {
    struct hash community;
    char name[NAME_BYTES_MAX + 1]; /* of the community */
    uint64_t made_ms;              /* civil time */
    uint32_t node;                 /* 0: it did not count yet */
    bool is_hub;
    uint64_t entries, logs, records, seal_no;
    uint8_t digest[16]; /* PROTOCOL.md section 5 */
};

/* ---- writing, from the reading transaction that is open */
struct backup_setup {
    const char *pass;
    struct slice conf;     /* text of node.conf */
    const struct key *own; /* the node's own logs, the oldest first */
    size_t own_n;
    const struct key *officer; /* officers whose keys are on this machine */
    size_t officers_n;
    bool is_hub;
    enum rc (*put)(void *arg, struct slice bytes);
    void (*progress)(void *arg, uint64_t done, uint64_t all); /* may be NULL */
    void *arg;
    /* Tests: salt and head of the stream instead of random ones. */
    const uint8_t *drawn;
};
enum rc backup_write(struct ledger *l, const struct backup_setup *s,
                     struct backup_about *out) MUST_USE;

/* ---- reading: the head, then one frame after the other */
struct backup_reader;
/* RC_MALFORMED: no backup, or its head is damaged; RC_STALE: of a newer version. */
enum rc backup_begin(struct slice head, const char *pass,
                     struct backup_reader **out) MUST_USE;
void backup_free(struct backup_reader *r); /* NULL is fine */
/* The next frame (without its length) into the ledger, a fresh one, inside a transaction;
 * settles. RC_DENIED: wrong passphrase; RC_FORGED: damaged, or an entry in it does not
 * hold; RC_MALFORMED: not what BACKUP.md says. */
enum rc backup_take(struct backup_reader *r, struct ledger *l,
                    struct slice frame) MUST_USE;
bool backup_is_ended(const struct backup_reader *r);
const struct backup_about *backup_about(const struct backup_reader *r);
uint64_t backup_entries(const struct backup_reader *r); /* taken so far */
struct slice backup_conf(const struct backup_reader *r);
/* The node's last log that counted, under whose grant work goes on; false: none. */
bool backup_own(const struct backup_reader *r, struct key *out);
/* Counts what is here now, in a transaction; RC_NO: it differs from what was written. */
enum rc backup_compare(const struct backup_reader *r, struct ledger *l,
                       struct backup_about *out) MUST_USE;

/* ---- work without a grant of its own (design section 4) */
/* `fresh` writes as if it had the newest grant of `old`, until one of its own counts.
 * Kept; inside a transaction. RC_NOTFOUND: `old` has none. */
enum rc ledger_stand_in(struct ledger *l, const struct key *old,
                        const struct key *fresh) MUST_USE;
/* What was kept so, again: after each ledger_open, outside a transaction. */
enum rc ledger_assume_kept(struct ledger *l) MUST_USE;
/* Officers whose keys were on the machine that was lost; at most OFFICERS_MAX. */
enum rc ledger_gone_officers(struct ledger *l, struct key *out, size_t *n) MUST_USE;

#endif
