/* backup: made in this process, from its own view of the store; a daemon runs on. */
#include <time.h>

#include "cli/backup_show.h"
#include "cli/commands.h"
#include "cli/file.h"
#include "cli/out.h"
#include "cli/pass.h"

struct making {
    struct cli *c;
    struct file_out file;
    uint64_t bytes;
};

static enum rc
put(void *arg, struct slice bytes)
{
    struct making *m = arg;
    m->bytes += bytes.n;
    return fd_write(m->file.fd, bytes);
}

static void
progress(void *arg, uint64_t done, uint64_t all)
{
    backup_progress(((struct making *)arg)->c, done, all);
}

static enum rc
make(struct making *m, const char *path, const struct pass *pass,
     struct backup_about *about, struct fault *why)
{
    struct node_backup b = {
        .pass = pass->text, .put = put, .progress = progress, .arg = m};
    enum rc rc = file_out_begin(&m->file, path, true, why);
    if (rc != RC_OK)
        return rc;
    rc = node_backup(m->c->node, &b, about);
    if (rc == RC_OK)
        rc = file_out_end(&m->file, why);
    if (rc == RC_OK)
        return file_out_settle(path, why);
    file_out_drop(&m->file);
    return rc;
}

static void
tell(struct cli *c, const char *path, const struct backup_about *about, uint64_t bytes,
     uint64_t ms)
{
    if (c->json) {
        json_t *json = backup_json(about);
        json_object_set_new(json, "file", json_of_text(slice_text(path)));
        json_object_set_new(json, "bytes", json_of_u64(bytes));
        json_object_set_new(json, "took_ms", json_of_u64(ms));
        out_json(c->out, json);
        return;
    }
    say(c, WORD_BACKUP_DONE, path, num(c, bytes / 1024 + 1), num(c, ms), NULL);
    backup_say(c, about);
    say(c, WORD_BACKUP_IN, NULL);
    say(c, WORD_BACKUP_ERASED, NULL);
}

static uint64_t
now_ms(void)
{
    struct timespec t = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct fault why = {0};
    struct making m = {.c = c};
    struct backup_about about;
    struct pass pass;
    (void)argc;
    int status = pass_take(c, true, &pass);
    if (status != 0)
        return status;
    uint64_t start = now_ms();
    enum rc rc = make(&m, argv[0], &pass, &about, &why);
    pass_wipe(&pass);
    if (rc == RC_OK) {
        tell(c, argv[0], &about, m.bytes, now_ms() - start);
        return 0;
    }
    if (rc == RC_BUSY && why.code == FAULT_NONE) {
        complain(c, WORD_BUNDLE_NOT_YET, NULL);
        return rc_exit(rc);
    }
    return fail(c, rc, &why);
}

static const struct opt opts[] = {{"--passphrase-file", "FILE", WORD_OPT_PASS_FILE},
                                  {NULL, NULL, WORD_NOTHING}};

const struct cmd cmd_backup = {
    .name = "backup",
    .kind = CMD_READ,
    .group = GROUP_CARE,
    .usage = "FILE [--passphrase-file FILE]",
    .about = WORD_ABOUT_BACKUP,
    .details = WORD_DETAILS_BACKUP,
    .opts = opts,
    .min = 1,
    .max = 1,
    .has_json = true,
    .exits = {65, 66, 75},
    .example = "  linjuli backup /media/disk/linjuli-20261124.ljb\n",
    .run = run,
};
