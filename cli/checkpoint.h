/* What is published of the history: the checkpoint of the newest seal, tiles, proofs, the
 * sheet for the wall. */
#ifndef LINJULI_CLI_CHECKPOINT_H
#define LINJULI_CLI_CHECKPOINT_H

#include "cli/cli.h"

struct published {
    struct tree *tree;
    struct checkpoint at;
    bool is_signed;
    struct buf note; /* the text, and at the hub its signature */
};

/* All return the exit status and have said what there is to say. */

/* tiles_dir.c: DIR becomes a tlog-tiles of this checkpoint, or stays as it is. */
int tiles_write(struct cli *c, const struct published *p, const char *dir);
/* prove.c: proofs of inclusion of an entry (id) or a record's entries; of growth. */
int prove_entries(struct cli *c, const struct published *p, const char *id);
int prove_growth(struct cli *c, const struct published *p, const char *size);
/* wall.c */
int wall_text(struct cli *c, const struct published *p);
int wall_svg(struct cli *c, const struct published *p, const char *path);

/* What somebody typed or scanned from the wall, tidied into a note: other line ends,
 * blanks behind, and words before it are fine. *seal_no: the last number in the line
 * above it, 0: none. RC_MALFORMED, RC_LIMIT. */
enum rc wall_read(struct slice text, struct buf *out, uint64_t *seal_no,
                  struct checkpoint *at) MUST_USE;

#endif
