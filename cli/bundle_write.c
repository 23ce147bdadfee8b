/* `bundle write`: the file is made in this process, from its own view of the store. */
#include "cli/bundle.h"
#include "cli/out.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_COMMUNITY_BYTES 60
#define HEAD_PEEK_BYTES 256

struct writing {
    struct cli *c;
    struct node *node;
    uint32_t receiver;
    bool is_folder, reply;
    const char *near;
    char *path;
    struct file_out file;
    struct pair log[OWN_LOGS_MAX]; /* own ones that can sign */
    size_t logs_n;
    bool is_full; /* from here on it is only counted */
    uint64_t head_to;
    struct stick_written done;
};

/* ---- who signs */

/* A locked log by its PIN. The node counts wrong ones, so it is asked first; the key is
 * then read here, where the file is written. */
static int
open_locked(struct writing *w)
{
    struct cli *c = w->c;
    struct bundle_worker worker = {.c = c};
    struct fault why = {0};
    size_t i = 0;
    int status = bundle_pin_check(&worker);
    bundle_worker_fini(&worker);
    if (status != 0)
        return status;
    struct node *was = c->node;
    c->node = w->node;
    enum rc rc = cli_place(c, &i, &why);
    c->node = was;
    if (rc == RC_OK)
        rc = node_log_key(w->node, i, c->pin, &w->log[w->logs_n], &why);
    if (rc != RC_OK)
        return fail(c, rc, &why);
    w->logs_n++;
    return 0;
}

/* Any own log that is open will do; else one whose PIN is given. */
static int
take_signers(struct writing *w)
{
    struct node *n = w->node;
    struct fault why = {0};
    size_t locked = SIZE_MAX;
    for (size_t i = 0; i < n->logs_n; i++) {
        if (n->lock[i] == LOG_OPEN || n->lock[i] == LOG_UNLOCKED)
            w->log[w->logs_n++] = n->log[i];
        else if (n->lock[i] == LOG_LOCKED)
            locked = i;
    }
    if (locked == SIZE_MAX || (w->logs_n > 0 && w->c->pin == NULL))
        return 0;
    return w->c->pin != NULL ? open_locked(w)
                             : fail(w->c, node_log_fault(n, locked, &why), &why);
}

/* ---- the name */

/* What no file system of a stick takes, and what drives a terminal, is left out. */
static void
add_plain(struct buf *out, struct slice name)
{
    char shown[FAULT_WHAT_BYTES];
    size_t n = name.n;
    if (n > NAME_COMMUNITY_BYTES)
        for (n = NAME_COMMUNITY_BYTES; n > 0 && (name.p[n] & 0xc0) == 0x80; n--)
            ;
    fault_escape(slice_of(name.p, n), shown, sizeof(shown));
    for (const char *p = shown; *p != '\0'; p++)
        buf_add_u8(out, strchr("/\\:*?\"<>|. ", *p) != NULL ? '-' : (uint8_t)*p);
    if (out->n == 0)
        buf_addf(out, "linjuli");
}

static void
make_name(struct writing *w, unsigned tries, struct buf *out)
{
    const struct authority *a = replica_authority(ledger_replica(w->node->ledger));
    const struct node_info *self = authority_node_by_box(a, &w->node->box.pub);
    const struct node_info *to = authority_node(a, w->receiver);
    char when[TIME_TEXT_BYTES];
    add_plain(out, authority_name(a));
    buf_addf(out, "_%04u", self != NULL ? self->unit : 0);
    if (w->reply && to != NULL)
        buf_addf(out, "-%04u", to->unit);
    buf_add_u8(out, '_');
    out_time(ledger_wall_ms(w->node->ledger), when);
    for (const char *p = when; *p != '\0'; p++) {
        if (isdigit((unsigned char)*p))
            buf_add_u8(out, (uint8_t)*p);
        else if (*p == ' ')
            buf_add_u8(out, '_');
    }
    if (tries > 0)
        buf_addf(out, "_%u", tries + 1);
    buf_addf(out, BUNDLE_SUFFIX);
}

/* Is there a bundle of ours at the path? */
static bool
is_ours(struct writing *w, const char *path)
{
    const struct replica *r = ledger_replica(w->node->ledger);
    const struct node_info *self =
        authority_node_by_box(replica_authority(r), &w->node->box.pub);
    const struct hash *community = replica_community(r);
    uint8_t b[HEAD_PEEK_BYTES];
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, b, sizeof(b)) : -1;
    if (fd >= 0)
        close(fd);
    return self != NULL && community != NULL && n == (ssize_t)sizeof(b) &&
           bundle_is_of(slice_of(b, sizeof(b)), community, self->no);
}

static bool
fits(struct writing *w, const char *name)
{
    int n = name != NULL ? snprintf(w->path, FILE_PATH_BYTES, "%s/%s", w->near, name)
                         : snprintf(w->path, FILE_PATH_BYTES, "%s", w->near);
    return n > 0 && n < FILE_PATH_BYTES;
}

/* In a folder the first free name; a name that was given must be free, or ours. */
static int
choose(struct writing *w)
{
    struct stat st;
    struct buf shown = BUF_NONE;
    w->is_folder = stat(w->near, &st) == 0 && S_ISDIR(st.st_mode);
    for (unsigned i = 0; i < 100; i++) {
        struct buf name = BUF_NONE;
        if (w->is_folder)
            make_name(w, i, &name);
        bool ok = fits(w, w->is_folder ? buf_text(&name) : NULL);
        buf_free(&name);
        if (!ok)
            break;
        if (lstat(w->path, &st) != 0)
            return 0;
        if (!w->is_folder && is_ours(w, w->path))
            return 0;
        if (!w->is_folder)
            break;
    }
    complain(w->c, WORD_BUNDLE_THERE, bundle_shown(w->path, &shown), NULL);
    buf_free(&shown);
    return BUNDLE_EXIT_IO;
}

/* ---- the bytes */

/* A full stick: the rest is counted, to say how much room it takes. */
static enum rc
put(void *arg, struct slice bytes)
{
    struct writing *w = arg;
    if (w->head_to == 0)
        w->head_to = bytes.n;
    if (w->is_full)
        return RC_OK;
    enum rc rc = fd_write(w->file.fd, bytes);
    w->is_full = rc == RC_FULL;
    return w->is_full ? RC_OK : rc;
}

static enum rc
collect(struct writing *w)
{
    struct node *n = w->node;
    struct stick_setup s = {.receiver = w->receiver,
                            .log = w->log,
                            .logs_n = w->logs_n,
                            .put = put,
                            .arg = w};
    enum rc rc = ledger_begin(n->ledger);
    if (rc != RC_OK)
        return rc;
    rc = stick_write(n->ledger, &s, &w->done);
    enum rc ended = ledger_commit(n->ledger);
    return rc != RC_OK ? rc : ended;
}

static int
refused(struct writing *w, enum rc rc, struct fault *why)
{
    struct cli *c = w->c;
    struct buf shown = BUF_NONE;
    if (rc == RC_BUSY && why->code == FAULT_NONE)
        complain(c, WORD_BUNDLE_NOT_YET, NULL);
    else if (rc == RC_NOTFOUND && why->code == FAULT_NONE)
        complain(c, WORD_BUNDLE_NO_NODE, num(c, w->receiver), NULL);
    else if (rc == RC_INVALID)
        complain(c, WORD_BUNDLE_SELF, num(c, w->receiver), NULL);
    else if (rc == RC_IO)
        complain(c, WORD_BUNDLE_CUT, bundle_shown(w->path, &shown), NULL);
    else if (rc == RC_FULL)
        complain(c, WORD_BUNDLE_FULL, num(c, w->done.bytes / 1024 + 1), NULL);
    else
        (void)fail(c, rc, why);
    buf_free(&shown);
    return rc_exit(rc);
}

static int
make(struct writing *w)
{
    struct fault why = {0};
    enum rc rc = file_out_begin(&w->file, w->path, true, &why);
    if (rc != RC_OK)
        return fail(w->c, rc, &why);
    rc = collect(w);
    if (rc == RC_OK && w->is_full)
        rc = RC_FULL;
    /* Another person's computer reads it: the contents are sealed. */
    if (rc == RC_OK)
        (void)fchmod(w->file.fd, 0644);
    if (rc == RC_OK)
        rc = file_out_end(&w->file, &why);
    if (rc == RC_OK)
        rc = file_out_settle(w->path, &why);
    if (rc == RC_OK)
        return 0;
    file_out_drop(&w->file);
    return refused(w, rc, &why);
}

/* It is there: what it holds waits for a receipt from now on. */
static int
note_it(struct writing *w)
{
    struct bundle_worker worker = {.c = w->c};
    json_t *json = NULL;
    int status = 0;
    int fd = bundle_open(w->c, w->path, &status);
    if (fd < 0)
        return status;
    status = bundle_step(&worker, "note", fd, 0, w->head_to, &json);
    json_decref(json);
    bundle_worker_fini(&worker);
    close(fd);
    return status;
}

int
bundle_write(struct cli *c, uint32_t receiver, const char *near, bool reply,
             char path[static FILE_PATH_BYTES], uint64_t *entries)
{
    struct writing w = {
        .c = c, .receiver = receiver, .near = near, .path = path, .reply = reply};
    struct fault why = {0};
    enum rc rc = node_open(c->dir, NODE_READ, &w.node, &why);
    if (rc != RC_OK)
        return fail(c, rc, &why);
    if (receiver == BUNDLE_TO_DEFAULT)
        w.receiver = w.node->has_hub ? 0 : STICK_HUB;
    int status = take_signers(&w);
    if (status == 0)
        status = choose(&w);
    if (status == 0)
        status = make(&w);
    for (size_t i = 0; i < w.logs_n; i++)
        pair_wipe(&w.log[i]);
    node_close(w.node);
    if (status == 0)
        status = note_it(&w);
    *entries = w.done.entries;
    return status;
}
