#include "cli/bundle.h"
#include "cli/commands.h"
#include "cli/out.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILES_MAX 10000 /* of one folder */

/* ---- write */

static bool
receiver_given(struct cli *c, uint32_t *out)
{
    const char *text = args_value(c->args, "--for");
    char *end = NULL;
    *out = BUNDLE_TO_DEFAULT;
    if (text == NULL)
        return true;
    unsigned long n = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || n >= UINT32_MAX) {
        complain(c, WORD_BAD_NUMBER, "--for", text, NULL);
        return false;
    }
    *out = (uint32_t)n;
    return true;
}

static int
run_write(struct cli *c, const char *near)
{
    uint32_t receiver = 0;
    uint64_t entries = 0;
    struct buf shown = BUF_NONE;
    if (!receiver_given(c, &receiver))
        return rc_exit(RC_USAGE);
    char *path = mem_new(FILE_PATH_BYTES);
    int status = bundle_write(c, receiver, near, false, path, &entries);
    if (status == 0 && c->json) {
        json_t *json = json_object();
        json_object_set_new(json, "file", json_of_text(slice_text(path)));
        json_object_set_new(json, "entries", json_of_u64(entries));
        out_json(c->out, json);
    } else if (status == 0) {
        say(c, WORD_BUNDLE_WRITTEN, bundle_shown(path, &shown), num(c, entries), NULL);
    }
    buf_free(&shown);
    mem_free(path);
    return status;
}

/* ---- read */

struct names {
    char **name;
    size_t n;
};

static int
by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool
is_bundle_name(const char *name)
{
    size_t n = strlen(name), suffix = strlen(BUNDLE_SUFFIX);
    return name[0] != '.' && n > suffix && strcmp(name + n - suffix, BUNDLE_SUFFIX) == 0;
}

/* Paths of what is called like a bundle, before anything is written there. */
static bool
list(const char *folder, struct names *out)
{
    DIR *d = opendir(folder);
    if (d == NULL)
        return false;
    out->name = mem_new(FILES_MAX * sizeof(*out->name));
    for (struct dirent *e = readdir(d); e != NULL && out->n < FILES_MAX; e = readdir(d)) {
        if (!is_bundle_name(e->d_name))
            continue;
        size_t n = strlen(folder) + strlen(e->d_name) + 2;
        char *path = mem_new(n);
        (void)snprintf(path, n, "%s/%s", folder, e->d_name);
        out->name[out->n++] = path;
    }
    closedir(d);
    qsort(out->name, out->n, sizeof(*out->name), by_name);
    return true;
}

static int
read_folder(struct bundle_worker *w, const char *folder, json_t *all)
{
    struct names names = {0};
    struct buf shown = BUF_NONE;
    size_t others = 0;
    int status = 0;
    if (!list(folder, &names)) {
        complain(w->c, WORD_NO_INPUT, bundle_shown(folder, &shown), NULL);
        status = BUNDLE_EXIT_NONE;
    }
    for (size_t i = 0; i < names.n; i++) {
        bool own = false;
        int one = bundle_read(w, names.name[i], all, &own);
        status = status == 0 ? one : status;
        others += !own;
        mem_free(names.name[i]);
    }
    if (others == 0 && status == 0) {
        complain(w->c, WORD_BUNDLE_EMPTY, bundle_shown(folder, &shown), NULL);
        status = BUNDLE_EXIT_NONE;
    }
    buf_free(&shown);
    mem_free(names.name);
    return status;
}

static int
run_read(struct cli *c, const char *path)
{
    struct bundle_worker w = {.c = c};
    struct buf shown = BUF_NONE;
    struct stat st;
    json_t *all = json_array();
    bool own = false;
    int status = lstat(path, &st) == 0 && S_ISDIR(st.st_mode)
                     ? read_folder(&w, path, all)
                     : bundle_read(&w, path, all, &own);
    if (own) {
        complain(c, WORD_BUNDLE_OWN, bundle_shown(path, &shown), NULL);
        status = status == 0 ? rc_exit(RC_NO) : status;
    }
    if (c->json)
        out_json(c->out, json_incref(all));
    json_decref(all);
    buf_free(&shown);
    bundle_worker_fini(&w);
    return status;
}

static int
run(struct cli *c, int argc, char **argv)
{
    (void)argc;
    if (strcmp(argv[0], "write") == 0 && !args_has(c->args, "--no-reply"))
        return run_write(c, argv[1]);
    if (strcmp(argv[0], "read") == 0 && !args_has(c->args, "--for"))
        return run_read(c, argv[1]);
    return misuse(c, &cmd_bundle);
}

static const struct opt opts[] = {{"--for", "NODE", WORD_OPT_BUNDLE_FOR},
                                  {"--no-reply", NULL, WORD_OPT_BUNDLE_NO_REPLY},
                                  {NULL, NULL, WORD_NOTHING}};

const struct cmd cmd_bundle = {
    .name = "bundle",
    .kind = CMD_PLAIN,
    .group = GROUP_NODE,
    .usage = "write FILE [--for NODE] | read FILE [--no-reply]",
    .about = WORD_ABOUT_BUNDLE,
    .details = WORD_DETAILS_BUNDLE,
    .opts = opts,
    .min = 2,
    .max = 2,
    .has_json = true,
    .exits = {65, 66, 74, 75, 77, 78},
    .example = "  linjuli bundle write /media/usb\n"
               "  linjuli bundle read /media/usb\n",
    .run = run,
};
