/* The guard (design section 4): outside DIR and outside every backup it remembers how far
 * each own log has been signed, so that a restored or copied DIR is noticed before it
 * signs one sequence number twice. A file per log, `KEY.guard`, in the user's state
 * directory. */
#ifndef LINJULI_GUARD_H
#define LINJULI_GUARD_H

#include "crypto/crypto.h"

struct guard;

enum guard_word {
    GUARD_FINE,
    GUARD_MISSING, /* no file: DIR came from elsewhere, or the state directory was lost */
    GUARD_FOREIGN, /* another machine, or another copy of DIR on this one */
    GUARD_AHEAD    /* more was signed than is here: an older state was restored */
};

/* The directory: $LINJULI_STATE, else $XDG_STATE_HOME/linjuli, else
 * ~/.local/state/linjuli. */
enum rc guard_dir(char *out, size_t n) MUST_USE;

/* Makes the file at seq 0 and fsyncs it and its folder: before the log's first COMMIT.
 * key_path: the log's key file, whose inode tells copies apart. */
enum rc guard_new(const struct key *log, const char *key_path) MUST_USE;
/* Opens and compares with what the database holds: head seq and id of the log's trunk.
 * RC_OK also when the word is a bad one; then the log must not write. */
enum rc guard_open(const struct key *log, const char *key_path, uint64_t seq,
                   const struct hash *id, struct guard **out,
                   enum guard_word *word) MUST_USE;
/* After each COMMIT and before anything is sent: the new head. Fsynced at most once a
 * second; being behind the database is normal. */
enum rc guard_put(struct guard *g, uint64_t seq, const struct hash *id,
                  uint64_t now_ms) MUST_USE;
/* The key file is about to be replaced by one of this inode: either is the log's own,
 * until settle says that the replacing is over. Both are on the disk when they return. */
enum rc guard_expect(struct guard *g, uint64_t inode) MUST_USE;
enum rc guard_settle(struct guard *g, const char *key_path) MUST_USE;
void guard_close(struct guard *g);

#endif
