/* The checkpoint from the wall beside an audit. */
#include "cli/audit_show.h"
#include "cli/checkpoint.h"
#include "cli/file.h"
#include "cli/out.h"

#define WALL_FILE_BYTES_MAX 65536

int
audit_wall_read(struct cli *c, const char *path, struct audit_wall *out)
{
    struct buf text = BUF_NONE;
    struct fault why = {0};
    int status = 0;
    enum rc rc = file_take(path, WALL_FILE_BYTES_MAX, &text, &why);
    if (rc != RC_OK) {
        status = fail(c, rc, &why);
    } else {
        rc = wall_read(buf_slice(&text), &out->note, &out->seal_no, &out->at);
        if (rc != RC_OK) {
            complain(c, WORD_AUDIT_BAD_WALL, path, NULL);
            status = rc_exit(RC_MALFORMED);
        }
    }
    buf_free(&text);
    return status;
}

int
audit_wall_check(struct cli *c, const struct audit_report *r, struct audit_wall *w)
{
    if (r->has_community && !hash_eq(&r->community, &w->at.community)) {
        complain(c, WORD_AUDIT_WALL_FOREIGN, NULL);
        return rc_exit(RC_MALFORMED);
    }
    for (size_t i = 0; i < r->logs_n && !w->is_signed; i++) {
        const struct audit_log *log = &r->log[i];
        if (!log->is_authority) /* the keys of all reigns come first */
            break;
        switch (checkpoint_check(buf_slice(&w->note), &log->key, &w->sig)) {
        case CHECKPOINT_FORGED:
            complain(c, WORD_AUDIT_WALL_FORGED, NULL);
            return rc_exit(RC_FORGED);
        case CHECKPOINT_SIGNED:
            w->is_signed = true;
            w->hub = log->key;
            break;
        case CHECKPOINT_UNSIGNED:
            break;
        }
    }
    return 0;
}

static bool
is_newer(const struct audit_report *r)
{
    for (size_t i = 0; i < r->findings_n; i++)
        if (r->finding[i].kind == VERIFY_IS_WALL_NEWER)
            return true;
    return false;
}

void
audit_wall_show(struct cli *c, const struct audit_report *r, const struct audit_wall *w)
{
    if (is_newer(r) && w->seal_no > r->seal_no)
        say(c, WORD_AUDIT_WALL_BEHIND, num(c, w->seal_no), num(c, r->seal_no), NULL);
    say(c, w->is_signed ? WORD_AUDIT_WALL_SIGNED : WORD_AUDIT_WALL_UNSIGNED,
        num(c, w->at.size), NULL);
}

json_t *
audit_wall_json(const struct audit_wall *w)
{
    json_t *json = json_object();
    json_object_set_new(json, "size", json_of_u64(w->at.size));
    json_object_set_new(json, "root", json_of_hex(w->at.root.b, HASH_BYTES));
    json_object_set_new(json, "seal",
                        w->seal_no > 0 ? json_of_u64(w->seal_no) : json_null());
    json_object_set_new(json, "signed", json_boolean(w->is_signed));
    return json;
}
