/* Checkpoints: size and root of the community's tree as a signed note (C2SP
 * tlog-checkpoint, signed-note), and proofs that refer to one (tlog-proof, and what a
 * witness is sent). CHECKPOINT.md says what is written. Pure. */
#ifndef LINJULI_CHECKPOINT_H
#define LINJULI_CHECKPOINT_H

#include "crypto/crypto.h"
#include "sync/limits.h"

#define CHECKPOINT_ORIGIN_BYTES (sizeof(NOTE_BEGIN) - 1 + 2 * HASH_BYTES)
#define CHECKPOINT_BYTES_MAX 16384 /* of a note with all its signatures */
#define CHECKPOINT_SIGS_MAX 64

struct checkpoint {
    struct hash community;
    uint64_t size; /* at most INT64_MAX */
    struct hash root;
};

/* "linjuli/" and the community id in hex, NUL-terminated. */
void checkpoint_origin(const struct hash *community,
                       char out[static CHECKPOINT_ORIGIN_BYTES + 1]);
/* The text: origin, size, root, a line each. */
void checkpoint_print(const struct checkpoint *c, struct buf *out);
/* The text with the hub's signature below it. */
void checkpoint_sign(const struct checkpoint *c, const struct pair *hub, struct buf *out);
/* What a verifier of notes is made from: name+id+key, without a newline. */
void checkpoint_key(const struct hash *community, const struct key *hub, struct buf *out);
/* A note with or without signatures; RC_MALFORMED, RC_LIMIT. */
enum rc checkpoint_parse(struct slice note, struct checkpoint *out) MUST_USE;
/* Does it carry this key's signature? `sig` (may be NULL): the one that holds. */
enum checkpoint_signed { CHECKPOINT_UNSIGNED, CHECKPOINT_SIGNED, CHECKPOINT_FORGED };
enum checkpoint_signed checkpoint_check(struct slice note, const struct key *hub,
                                        struct sig *sig);

/* A proof of inclusion: the leaf at index, its path, the checkpoint as it stands. */
void checkpoint_prove(uint64_t index, struct slice leaf, const struct hash *path,
                      size_t path_n, struct slice note, struct buf *out);
/* A proof that the tree of this size is a beginning of the checkpoint's. */
void checkpoint_prove_growth(uint64_t size, const struct hash *path, size_t path_n,
                             struct slice note, struct buf *out);

#endif
