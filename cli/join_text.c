/* `join` by the text of a QR code: as words, in a file, or typed by a scanner. */
#include "cli/join.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/file.h"
#include "cli/invite_show.h"
#include "schema/invite_text.h"

#define READ_BYTES 4096

/* Which parts are not there: "1, 3". */
static void
missing(const struct invite_seen *seen, struct buf *out)
{
    for (unsigned k = 1; k <= seen->n; k++)
        if ((seen->have & 1u << (k - 1)) == 0)
            buf_addf(out, out->n > 0 ? ", %u" : "%u", k);
}

static enum rc
text_fault(const struct invite_seen *seen, const char *named, struct fault *why)
{
    struct buf list = BUF_NONE;
    if (seen->is_mixed)
        return fault_set(why, RC_INVALID, FAULT_INVITE_MIXED, "%s", named);
    if (seen->n == 0)
        return fault_set(why, RC_INVALID, FAULT_INVITE_TEXT, "%s", named);
    missing(seen, &list);
    if (list.n == 0)
        fault_set(why, RC_INVALID, FAULT_INVITE_TEXT, "%s", named);
    else
        fault_set(why, RC_INVALID, FAULT_INVITE_PARTS, "%s", buf_text(&list));
    fault_want(why, "%u", seen->n);
    buf_free(&list);
    return RC_INVALID;
}

static void
drop(struct buf *b)
{
    if (b->p != NULL)
        mem_wipe(b->p, b->cap);
    buf_free(b);
}

enum rc
join_text(struct buf *file, const char *named, struct fault *why)
{
    struct invite_seen seen;
    struct buf text = *file;
    *file = BUF_NONE;
    enum rc rc = invite_text_parse(buf_slice(&text), &seen, file);
    drop(&text);
    return rc == RC_OK ? RC_OK : text_fault(&seen, named, why);
}

/* A scanner types one part after another: whoever holds it sees what is still to come. */
static void
tell_part(struct cli *c, const struct invite_seen *seen, uint32_t *told)
{
    struct buf list = BUF_NONE;
    if (seen->have == *told || seen->n < 2)
        return;
    *told = seen->have;
    missing(seen, &list);
    if (list.n > 0)
        note(c, WORD_JOIN_PARTS, buf_text(&list), num(c, seen->n), NULL);
    c->show(c);
    buf_free(&list);
}

/* Until all parts are there, or nothing more comes. */
static enum rc
read_typed(struct cli *c, struct buf *text, bool *more, struct fault *why)
{
    uint32_t told = 0;
    for (ssize_t n = 1; n != 0;) {
        struct invite_seen seen;
        struct buf file = BUF_NONE;
        buf_reserve(text, READ_BYTES);
        n = read(STDIN_FILENO, text->p + text->n, READ_BYTES);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fault_set(why, RC_IO, FAULT_NODE_IO, "-");
        text->n += (size_t)n;
        if (text->n > INVITE_TEXT_BYTES_MAX)
            return RC_OK;
        enum rc rc = invite_text_parse(buf_slice(text), &seen, &file);
        drop(&file);
        if (rc == RC_OK)
            *more = false;
        if (rc == RC_OK || seen.is_mixed)
            return RC_OK;
        tell_part(c, &seen, &told);
    }
    *more = false;
    return RC_OK;
}

enum rc
join_typed(struct cli *c, struct buf *out, struct fault *why)
{
    bool more = true;
    buf_reserve(out, 2 * INVITE_TEXT_BYTES_MAX); /* a text grows nowhere else */
    if (c->is_terminal)
        note(c, WORD_JOIN_SCAN, NULL);
    c->show(c);
    enum rc rc = read_typed(c, out, &more, why);
    if (rc == RC_OK && more && !invite_text_is(buf_slice(out)))
        rc = file_take_fd(STDIN_FILENO, "-", INVITE_FILE_BYTES_MAX, out, why);
    return rc;
}

/* Whichever of its addresses the hub answers at; else the node tries again later. */
bool
join_meet(struct cli *c, const struct invite *i, struct sync_report *out)
{
    struct reader r = reader_of(buf_slice(&i->addresses));
    while (r.n > 0) {
        const char *address = (const char *)r.p;
        (void)read_slice(&r, strnlen(address, r.n));
        (void)read_u8(&r);
        *out = join_at(c, address);
        if (out->is_reached)
            return true;
    }
    return false;
}
