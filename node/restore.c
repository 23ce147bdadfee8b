/* `backup` and `restore`: a node's history on a file, and a new node out of it. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "node/birth.h"
#include "node/keys.h"

#define FRAMES_TOGETHER 32 /* nothing is durable before the rename anyway */

enum rc
node_backup(struct node *n, const struct node_backup *b, struct backup_about *out)
{
    const struct officers *o =
        authority_officers(replica_authority(ledger_replica(n->ledger)));
    struct key own[OWN_LOGS_MAX], officer[OFFICERS_MAX];
    struct buf conf = BUF_NONE;
    struct backup_setup s = {.pass = b->pass,
                             .own = own,
                             .officer = officer,
                             .is_hub = n->has_hub,
                             .put = b->put,
                             .progress = b->progress,
                             .arg = b->arg};
    for (size_t i = 0; i < n->logs_n; i++) {
        const struct log_state *log =
            replica_log_by_key(ledger_replica(n->ledger), &n->log[i].pub);
        if (log != NULL && !log->is_assumed)
            own[s.own_n++] = n->log[i].pub;
    }
    for (uint16_t i = 0; i < o->n; i++)
        if (node_officer_place(n, &o->key[i]) != OFFICER_ELSEWHERE)
            officer[s.officers_n++] = o->key[i];
    conf_print(&n->conf, &conf);
    s.conf = buf_slice(&conf);
    enum rc rc = ledger_begin(n->ledger);
    if (rc == RC_OK) {
        rc = backup_write(n->ledger, &s, out);
        enum rc ended = ledger_commit(n->ledger);
        rc = rc == RC_OK ? ended : rc;
    }
    buf_free(&conf);
    return rc;
}

struct restoring {
    struct birth b;
    const struct node_restore *setup;
    struct backup_reader *reader;
    struct backup_about *now;
    unsigned frames; /* in the transaction that is open */
    bool differs;
};

/* Exactly n bytes; RC_STALE: the file ends before. */
static enum rc
read_exactly(int fd, size_t n, struct buf *out)
{
    out->n = 0;
    buf_reserve(out, n);
    while (out->n < n) {
        ssize_t got = read(fd, out->p + out->n, n - out->n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return RC_IO;
        if (got == 0)
            return RC_STALE;
        out->n += (size_t)got;
    }
    return RC_OK;
}

static enum rc
file_fault(const struct restoring *r, enum rc rc, struct fault *why)
{
    const char *name = r->setup->name;
    if (rc == RC_IO)
        return node_io_fault(why, name);
    if (rc == RC_DENIED)
        return fault_set(why, rc, FAULT_BACKUP_PASS, "%s", name);
    if (rc == RC_STALE)
        return fault_set(why, RC_MALFORMED, FAULT_BACKUP_CUT, "%s", name);
    if (rc == RC_FORGED)
        return fault_set(why, rc, FAULT_BACKUP_ENTRY, "%s", name);
    if (rc == RC_MALFORMED || rc == RC_LIMIT)
        return fault_set(why, RC_MALFORMED, FAULT_BACKUP_FILE, "%s", name);
    return fault_set(why, rc, FAULT_DATABASE, "restore");
}

static enum rc
open_backup(struct restoring *r, struct fault *why)
{
    struct buf head = BUF_NONE;
    enum rc rc = read_exactly(r->setup->fd, BACKUP_HEAD_BYTES, &head);
    if (rc == RC_STALE)
        rc = RC_MALFORMED;
    if (rc == RC_OK) {
        rc = backup_begin(buf_slice(&head), r->setup->pass, &r->reader);
        if (rc == RC_STALE)
            rc = fault_set(why, RC_CONFIG, FAULT_BACKUP_NEWER, "%s", r->setup->name);
    }
    buf_free(&head);
    return rc == RC_OK || rc == RC_CONFIG ? rc : file_fault(r, rc, why);
}

static enum rc
take_frame(struct restoring *r, struct buf *frame)
{
    struct ledger *l = r->b.ledger;
    enum rc rc = read_exactly(r->setup->fd, 4, frame);
    uint32_t n = rc == RC_OK ? get_u32(frame->p) : 0;
    if (rc == RC_OK && n > BACKUP_FRAME_BYTES_MAX)
        rc = RC_FORGED;
    if (rc == RC_OK)
        rc = read_exactly(r->setup->fd, n, frame);
    if (rc == RC_OK && r->frames == 0)
        rc = ledger_begin(l);
    if (rc != RC_OK)
        return rc;
    r->frames++;
    rc = backup_take(r->reader, l, buf_slice(frame));
    if (rc == RC_OK && (r->frames == FRAMES_TOGETHER || backup_is_ended(r->reader))) {
        r->frames = 0;
        rc = ledger_commit(l);
    }
    if (rc == RC_OK && r->setup->progress != NULL)
        r->setup->progress(r->setup->arg, backup_entries(r->reader),
                           backup_about(r->reader)->entries);
    return rc;
}

/* Counted before anything of the new node's own is in it; then its standing. */
static enum rc
settle_in(struct restoring *r, struct fault *why)
{
    struct ledger *l = r->b.ledger;
    struct key old;
    enum rc rc = ledger_begin(l);
    if (rc != RC_OK)
        return fault_set(why, rc, FAULT_DATABASE, "begin");
    rc = backup_compare(r->reader, l, r->now);
    r->differs = rc == RC_NO;
    if (rc == RC_NO)
        rc = RC_OK;
    if (rc == RC_OK)
        rc = node_note_restored(l, backup_about(r->reader));
    if (rc == RC_OK && backup_own(r->reader, &old)) {
        rc = ledger_stand_in(l, &old, &r->b.log.pub);
        rc = rc == RC_NOTFOUND ? RC_OK : rc;
    }
    if (rc == RC_OK)
        return ledger_commit(l);
    ledger_rollback(l);
    return fault_set(why, rc, FAULT_DATABASE, "restore");
}

static enum rc
restore(struct restoring *r, struct fault *why)
{
    struct buf frame = BUF_NONE;
    enum rc rc = birth_ledger(&r->b, why);
    if (rc == RC_OK)
        rc = birth_guard(&r->b, &r->b.log.pub, "log-01.key", why);
    if (rc == RC_OK)
        rc = birth_guard(&r->b, &r->b.ack.pub, "ack.key", why);
    while (rc == RC_OK && !backup_is_ended(r->reader))
        if ((rc = take_frame(r, &frame)) != RC_OK)
            rc = file_fault(r, rc, why);
    if (rc == RC_OK && (rc = read_exactly(r->setup->fd, 1, &frame)) != RC_STALE)
        rc = file_fault(r, RC_MALFORMED, why); /* something follows */
    else if (rc == RC_STALE)
        rc = settle_in(r, why);
    if (rc == RC_OK)
        rc = birth_write(&r->b, "node.conf", backup_conf(r->reader), why);
    if (rc != RC_OK && r->frames > 0)
        ledger_rollback(r->b.ledger);
    buf_free(&frame);
    return rc;
}

enum rc
node_restore(const struct node_restore *setup, struct backup_about *was,
             struct backup_about *now, struct fault *why)
{
    struct restoring r = {.b = {.fresh_fd = -1}, .setup = setup, .now = now};
    enum rc rc = open_backup(&r, why);
    if (rc == RC_OK)
        rc = birth_begin(&r.b, setup->dir, why);
    if (rc == RC_OK)
        rc = restore(&r, why);
    rc = birth_end(&r.b, rc, why);
    if (r.reader != NULL)
        *was = *backup_about(r.reader);
    backup_free(r.reader);
    return rc == RC_OK && r.differs ? RC_NO : rc;
}
