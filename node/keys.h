/* Key files of a node directory (crypto/KEYS.md): DIR/keys, one file a key, 0600. */
#ifndef LINJULI_KEYS_H
#define LINJULI_KEYS_H

#include "schema/fault.h"

/* Writes DIR/keys/NAME and fsyncs file and folder; refuses to overwrite. */
enum rc keys_write(const char *dir, const char *name, const struct pair *p,
                   struct fault *why) MUST_USE;
/* The same behind a PIN; NULL: none. */
enum rc keys_write_locked(const char *dir, const char *name, const struct pair *p,
                          const char *pin, struct fault *why) MUST_USE;
/* Reads one, with its PIN or without (NULL). */
enum rc keys_open(const char *dir, const char *name, enum pair_kind kind, const char *pin,
                  struct pair *out, struct fault *why) MUST_USE;
/* Reads one without. RC_DENIED: locked by a PIN. RC_NOTFOUND: not there; RC_CONFIG:
 * others may read it, or it does not hold.
 */
enum rc keys_read(const char *dir, const char *name, enum pair_kind kind,
                  struct pair *out, struct fault *why) MUST_USE;
/* Kind and public key alone, of a file that may be locked. */
enum rc keys_public(const char *dir, const char *name, enum pair_kind kind,
                    struct pair *out, struct fault *why) MUST_USE;
/* A key file that is there, anew behind another PIN (NULL: none): at every moment it is
 * whole, the old one or the new one. `soon` hears the inode of the new one, which is on
 * the disk by then, before it takes the old one's place; what is not RC_OK ends it. The
 * old one's bytes are written over. */
enum rc keys_rewrite(const char *dir, const char *name, const struct pair *p,
                     const char *pin, enum rc (*soon)(void *arg, uint64_t inode),
                     void *arg, struct fault *why) MUST_USE;
/* A key file's bytes are written over, then it goes, and the folder knows. */
enum rc keys_destroy(const char *dir, const char *name, struct fault *why) MUST_USE;
/* What a rewriting that was cut off has left beside the file. */
void keys_sweep(const char *dir, const char *name);
void keys_path(const char *dir, const char *name, char *out, size_t n);

/* A whole regular file, at most max bytes, in one piece of memory; RC_NOTFOUND, RC_LIMIT,
 * RC_IO. */
enum rc file_read(const char *path, size_t max, struct buf *out) MUST_USE;
/* Temp file, fsync, rename, fsync of the folder: it is there whole or not at all. */
enum rc file_write(const char *path, struct slice bytes) MUST_USE;

/* The folder knows that the file is there, also after a power cut. */
enum rc file_sync_parent(const char *path) MUST_USE;

#endif
