#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/backup_show.h"
#include "cli/commands.h"
#include "cli/file.h"
#include "cli/out.h"
#include "cli/pass.h"

static void
progress(void *arg, uint64_t done, uint64_t all)
{
    backup_progress(arg, done, all);
}

static void
tell(struct cli *c, const struct backup_about *was, const struct backup_about *now,
     bool same)
{
    if (c->json) {
        json_t *json = json_object();
        json_object_set_new(json, "dir", json_of_text(slice_text(c->dir)));
        json_object_set_new(json, "written", backup_json(was));
        json_object_set_new(json, "here", backup_json(now));
        json_object_set_new(json, "same", json_boolean(same));
        out_json(c->out, json);
        return;
    }
    say(c, WORD_RESTORE_DONE, c->dir, NULL);
    backup_say(c, was);
    if (same) {
        say(c, WORD_RESTORE_SAME, NULL);
    } else {
        say(c, WORD_RESTORE_DIFFERS, num(c, now->entries), num(c, now->logs),
            num(c, now->records), num(c, now->seal_no), NULL);
    }
    say(c, was->is_hub ? WORD_RESTORE_HUB : WORD_RESTORE_NODE, NULL);
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct fault why = {0};
    struct backup_about was = {0}, now = {0};
    struct pass pass;
    (void)argc;
    int status = file_open(c, argv[0]);
    if (status == 0)
        status = pass_take(c, false, &pass);
    if (status != 0)
        return status;
    struct node_restore r = {.dir = c->dir,
                             .fd = c->fd,
                             .name = argv[0],
                             .pass = pass.text,
                             .progress = progress,
                             .arg = c};
    enum rc rc = node_restore(&r, &was, &now, &why);
    pass_wipe(&pass);
    if (rc != RC_OK && rc != RC_NO)
        return fail(c, rc, &why);
    tell(c, &was, &now, rc == RC_OK);
    return rc_exit(rc);
}

static const struct opt opts[] = {{"--passphrase-file", "FILE", WORD_OPT_PASS_FILE},
                                  {NULL, NULL, WORD_NOTHING}};

const struct cmd cmd_restore = {
    .name = "restore",
    .kind = CMD_PLAIN,
    .group = GROUP_CARE,
    .usage = "FILE [--passphrase-file FILE]",
    .about = WORD_ABOUT_RESTORE,
    .details = WORD_DETAILS_RESTORE,
    .opts = opts,
    .min = 1,
    .max = 1,
    .has_json = true,
    .exits = {1, 65, 66, 77, 78},
    .example = "  linjuli -C /srv/linjuli restore /media/disk/linjuli-20261124.ljb\n",
    .run = run,
};
