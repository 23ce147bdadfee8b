/* A small invite as text for QR codes, in one part or in several (INVITE.md section 7).
 */
#ifndef LINJULI_INVITE_TEXT_H
#define LINJULI_INVITE_TEXT_H

#include "schema/hub.h"

#define INVITE_PARTS_MAX 8
#define INVITE_SHARE_BYTES_MAX 640 /* of the file in one part */
#define INVITE_TEXT_BYTES_MAX 65536

/* The invite's file without authority entries and keys: these come from the hub. mem_wipe
 * when done. */
void invite_small(const struct invite *i, struct buf *out);
bool invite_is_small(const struct invite *i);
/* Part k of n (both from 1) of that file, appended; no newline. RC_LIMIT: n parts are too
 * few or too many for it. */
enum rc invite_part(struct slice file, unsigned k, unsigned n, struct buf *out) MUST_USE;

struct invite_seen {  /* what a text holds */
    unsigned n;       /* parts of the invite; 0: none was read */
    uint32_t have;    /* bit k - 1: part k */
    bool is_torn;     /* there is a part that was not read rightly */
    bool is_mixed;    /* there are parts of two invites */
    bool is_complete; /* nothing at its end waits for more */
};
/* Does it begin as such a text? Blanks before it are none. */
bool invite_text_is(struct slice text);
/* All parts in any order, with anything else that begins as one; blanks are skipped, case
 * is none. RC_OK: the file, appended; mem_wipe when done. RC_NO: parts are missing.
 * RC_MALFORMED: parts of two invites, or they do not make a file. RC_LIMIT. */
enum rc invite_text_parse(struct slice text, struct invite_seen *seen,
                          struct buf *file) MUST_USE;

#endif
