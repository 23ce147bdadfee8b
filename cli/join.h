/* Joining, whichever way the invite comes. */
#ifndef LINJULI_CLI_JOIN_H
#define LINJULI_CLI_JOIN_H

#include "cli/cli.h"

/* Makes the node out of an invite file's bytes and tells who it is for. `named`: what the
 * person calls it, for a fault. */
enum rc join_file(struct cli *c, const char *named, struct slice file,
                  struct fault *why) MUST_USE;
/* Then, once: what comes next, or (report not NULL) what the first meeting with the hub
 * has brought. */
void join_end(struct cli *c, const char *next, const struct sync_report *report);

/* Why nothing was exchanged; of an invite, since when it is no good. */
void complain_refused(struct cli *c, const struct sync_report *report);
/* Says so if the two clocks are far apart. */
void note_clock(struct cli *c, int64_t skew_ms);

/* ---- join_text.c: the text of QR codes (schema/INVITE.md section 7) */
/* The file that it stands for, in its place. */
enum rc join_text(struct buf *file, const char *named, struct fault *why) MUST_USE;
/* What a scanner types on stdin, until all parts are there; or a file that comes there.
 */
enum rc join_typed(struct cli *c, struct buf *out, struct fault *why) MUST_USE;
/* False: the hub answered at none of its addresses. */
bool join_meet(struct cli *c, const struct invite *i, struct sync_report *out);

/* The first meeting. The node is there whatever comes of it: it tries again later. */
struct sync_report join_at(struct cli *c, const char *hub);

/* ---- join_code.c: sixteen digits, in one word or in four */
bool join_is_code(int argc, char **argv);
int join_by_code(struct cli *c, int argc, char **argv);

/* ---- join_request.c: --request FILE and --answer FILE */
int join_offline(struct cli *c);

/* One more person at this node, whoever has it open (cmd_join_here.c). What fails there
 * has been said: then the fault is empty. */
enum rc join_here(struct cli *c, struct slice file, struct fault *why) MUST_USE;

#endif
