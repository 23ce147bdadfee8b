/* What `join` asks of whoever has the node, when one more person comes to it. Nobody
 * types it; the invite file comes along. */
#include "cli/bundle.h"
#include "cli/commands.h"
#include "cli/hand.h"
#include "cli/join.h"
#include "cli/people.h"

#include <sys/mman.h>
#include <unistd.h>

/* ---- where the node is */

/* Somebody of that name whose log here goes on. */
static bool
is_here(struct cli *c, const char *person)
{
    struct node *n = c->node;
    for (size_t i = 0; i < n->logs_n; i++) {
        const struct log_state *log =
            replica_log_by_key(ledger_replica(n->ledger), &n->log[i].pub);
        if (n->lock[i] != LOG_HANDED && n->guard[i] != NULL && log != NULL &&
            !log->is_revoked && !log->is_closed && who_is(n->ledger, log, person))
            return true;
    }
    return false;
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct fault why = {0};
    struct hand hand;
    struct invite i = {0};
    (void)argc;
    (void)argv;
    enum rc rc = hand_read(c, &hand, &why);
    if (rc == RC_OK && (rc = invite_decode(buf_slice(&hand.file), &i)) != RC_OK)
        fault_set(&why, rc, FAULT_INVITE_FILE, "%s", rc_text(rc));
    if (rc == RC_OK && is_here(c, i.person_name))
        rc = fault_set(&why, RC_INVALID, FAULT_INVITE_TWICE, "%s", i.person_name);
    if (rc == RC_OK)
        rc = node_join_person(c->node, buf_slice(&hand.file), &why);
    invite_fini(&i);
    if (hand.file.p != NULL)
        mem_wipe(hand.file.p, hand.file.cap);
    hand_fini(&hand);
    return rc == RC_OK ? 0 : fail(c, rc, &why);
}

const struct cmd cmd_join_here = {
    .name = "join-here",
    .kind = CMD_WRITE,
    .group = GROUP_NODE,
    .usage = "",
    .about = WORD_ABOUT_JOIN,
    .details = WORD_DETAILS_JOIN,
    .max = 0,
    .example = "",
    .run = run,
};

/* ---- in the person's process */

/* The exit status as a code: what it was for has been said. */
static enum rc
rc_of(int status)
{
    static const enum rc codes[] = {RC_OK,   RC_INVALID, RC_NOTFOUND,
                                    RC_BUSY, RC_DENIED,  RC_IO};
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (rc_exit(codes[i]) == status)
            return codes[i];
    return RC_BUG;
}

enum rc
join_here(struct cli *c, struct slice file, struct fault *why)
{
    char name[] = "join-here";
    char *argv[] = {name, NULL};
    struct bundle_worker w = {.c = c};
    struct buf bytes = BUF_NONE, said = BUF_NONE;
    *why = (struct fault){0};
    buf_reserve(&bytes, file.n + 4);
    buf_add_u32(&bytes, 0); /* no PIN */
    buf_add_slice(&bytes, file);
    int fd = memfd_create("linjuli", MFD_CLOEXEC);
    enum rc rc = fd < 0 ? RC_IO : fd_write(fd, buf_slice(&bytes));
    if (rc == RC_OK && lseek(fd, 0, SEEK_SET) != 0)
        rc = RC_IO;
    if (rc != RC_OK)
        fault_set(why, rc, FAULT_NODE_IO, "%s", c->dir);
    struct command command = {
        .argc = 1, .argv = argv, .in_fd = fd, .lang = lang_name(c->lang)};
    if (rc == RC_OK)
        rc = rc_of(bundle_line(&w, &command, &said));
    bundle_worker_fini(&w);
    if (fd >= 0)
        close(fd);
    mem_wipe(bytes.p, bytes.cap);
    buf_free(&bytes);
    buf_free(&said);
    return rc;
}
