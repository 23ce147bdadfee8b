#include "cli/commands.h"
#include "cli/file.h"
#include "cli/out.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define REFUSED_SHOWN_MAX 1000
#define LOOK_MS 10
#define LOOKS_MAX 500

struct import {
    struct cli *c;
    const char *type;
    bool dry;
    struct sheet_report report;
    json_t *refused; /* NULL: text */
    uint64_t refused_n;
};

/* As spreadsheets count: A, B, ... Z, AA. */
#define LETTERS_BYTES 8
static void
letters_of(uint32_t column, char out[static LETTERS_BYTES])
{
    char back[LETTERS_BYTES];
    size_t n = 0;
    for (; column > 0 && n + 1 < sizeof(back); column = (column - 1) / 26)
        back[n++] = (char)('A' + (column - 1) % 26);
    for (size_t i = 0; i < n; i++)
        out[i] = back[n - 1 - i];
    out[n] = '\0';
}

/* Row, column and what the file calls it; then the reason. */
static void
say_refused(struct cli *c, const struct fault *why, const char *head)
{
    struct buf text = BUF_NONE, label = BUF_NONE;
    struct fault reason = *why;
    char letters[LETTERS_BYTES];
    letters_of(why->column, letters);
    out_escaped(&label, slice_text(head), false);
    if (why->column > 0 && head[0] != '\0')
        add_words(c, &text, WORD_AT_CELL, num(c, why->line), letters, buf_text(&label),
                  NULL);
    else if (why->column > 0)
        add_words(c, &text, WORD_AT_LETTER, num(c, why->line), letters, NULL);
    else
        add_words(c, &text, WORD_AT_LINE, num(c, why->line), NULL);
    reason.line = 0;
    fault_say(&reason, why->rc, c->lang, &text);
    buf_addf(c->err, "%s\n", buf_text(&text));
    buf_free(&label);
    buf_free(&text);
}

static void
take_refused(void *arg, const struct fault *why, const char *head)
{
    struct import *x = arg;
    if (++x->refused_n > REFUSED_SHOWN_MAX)
        return;
    if (x->refused != NULL) {
        char letters[LETTERS_BYTES];
        json_t *one = json_object();
        letters_of(why->column, letters);
        json_object_set_new(one, "row", json_integer(why->line));
        json_object_set_new(one, "column", json_integer(why->column));
        json_object_set_new(one, "letters", json_string(letters));
        json_object_set_new(one, "label", json_of_text(slice_text(head)));
        json_object_set_new(one, "fault", json_string(fault_name(why->code)));
        json_object_set_new(one, "what", json_of_text(slice_text(why->what)));
        json_object_set_new(one, "want", json_of_text(slice_text(why->want)));
        json_array_append_new(x->refused, one);
    } else {
        say_refused(x->c, why, head);
    }
}

static enum rc
work(struct cli *c, const struct author *a, void *arg, struct fault *why)
{
    struct import *x = arg;
    uint32_t unit = 0;
    enum rc rc = unit_given(c, a, &unit, why);
    return rc != RC_OK ? rc
                       : sheet_import(c->node->ledger, a, x->type, unit, c->fd, x->dry,
                                      take_refused, x, &x->report, why);
}

static json_t *
to_json(const struct import *x)
{
    const struct sheet_report *r = &x->report;
    json_t *json = json_object();
    json_object_set_new(json, "rows", json_of_u64(r->rows));
    json_object_set_new(json, "taken", json_of_u64(r->taken));
    json_object_set_new(json, "refused", json_of_u64(r->refused));
    json_object_set_new(json, "gb18030", json_boolean(r->is_gb18030));
    json_object_set_new(json, "dry_run", json_boolean(x->dry));
    json_object_set_new(json, "batch",
                        x->dry ? json_null() : json_of_hex(r->batch, sizeof(r->batch)));
    json_object_set_new(json, "refusals", x->refused);
    return json;
}

static void
tell(struct cli *c, const struct import *x)
{
    const struct sheet_report *r = &x->report;
    char batch[2 * RECORD_ID_BYTES + 1];
    hex_print(r->batch, RECORD_ID_BYTES, batch);
    if (x->refused_n > REFUSED_SHOWN_MAX)
        note(c, WORD_MORE_REFUSED, num(c, x->refused_n - REFUSED_SHOWN_MAX), NULL);
    say(c, x->dry ? WORD_DRY_RUN : WORD_IMPORTED, num(c, r->rows), num(c, r->taken),
        num(c, r->refused), NULL);
    if (!x->dry && r->taken > 0)
        say(c, WORD_BATCH, batch, NULL);
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct import x = {.c = c, .type = argv[0], .dry = args_has(c->args, "--dry-run")};
    (void)argc;
    if (c->fd < 0) {
        complain(c, WORD_NO_INPUT, argv[1], NULL);
        return rc_exit(RC_NOTFOUND);
    }
    x.refused = c->json ? json_array() : NULL;
    int status = turn(c, work, &x);
    if (status != 0) {
        json_decref(x.refused);
        return status;
    }
    if (c->json)
        out_json(c->out, to_json(&x));
    else
        tell(c, &x);
    return x.report.refused > 0 ? rc_exit(RC_INVALID) : 0;
}

/* ---- the person's own process: CSV is read where the node is, anything else before it
 * is opened, in a process without rights */

/* The first bytes, without taking them; of a terminal none. */
static size_t
look_ahead(int fd, uint8_t head[static XLSX_HEAD_BYTES])
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int end[2];
    ssize_t n = pread(fd, head, XLSX_HEAD_BYTES, lseek(fd, 0, SEEK_CUR));
    if (n >= 0 || pipe2(end, O_CLOEXEC) != 0)
        return n > 0 ? (size_t)n : 0;
    for (int i = 0; i < LOOKS_MAX;
         i++) { /* a writer may be slow with the first of them */
        n = tee(fd, end[1], XLSX_HEAD_BYTES, 0);
        n = n > 0 ? read(end[0], head, (size_t)n) : n;
        bool could_be = n > 0 && n < 4 && memcmp(head, "PK\x03", (size_t)n) == 0;
        if (!could_be || poll(&p, 1, 0) < 0 || (p.revents & POLLHUP) != 0)
            break;
        (void)poll(NULL, 0, LOOK_MS);
    }
    close(end[0]);
    close(end[1]);
    return n > 0 ? (size_t)n : 0;
}

static enum rc
put_rows(void *arg, struct slice bytes)
{
    return fd_write(*(const int *)arg, bytes);
}

struct workbook {
    struct xlsx_lib *lib;
    const char *name[4]; /* of the sheet that is asked for */
};

static int
read_workbook(void *arg, int in, int out)
{
    const struct workbook *w = arg;
    struct rows_out rows;
    rows_out_init(&rows, put_rows, &out);
    /* At once: what ends from here on is told as a workbook that is broken. */
    enum rc rc = rows_flush(&rows);
    if (rc == RC_OK)
        rc = xlsx_read(w->lib, in, w->name, &rows);
    rows_out_fini(&rows);
    return rc == RC_OK ? 0 : 1;
}

/* c->fd becomes what comes out of the reader. */
static int
begin_workbook(struct cli *c)
{
    struct workbook w = {.name = {c->args->argv[0]}};
    struct fault why = {0};
    struct types *types = NULL;
    struct jail *jail = mem_new(sizeof(*jail));
    void *pin = (void *)(uintptr_t)c->pin;
    enum rc rc = file_spool(&c->fd, &why);
    if (rc == RC_OK)
        rc = xlsx_lib_load(&w.lib);
    if (rc == RC_OK)
        rc = types_load_builtin(&types);
    const struct type *t = rc == RC_OK ? type_by_name(types, w.name[0]) : NULL;
    w.name[1] = t != NULL ? t->label.zh : NULL;
    w.name[2] = t != NULL ? t->label.en : NULL;
    if (rc == RC_OK)
        rc = jail_begin(c->fd, read_workbook, &w, pin, pin != NULL ? strlen(c->pin) : 0,
                        jail);
    types_free(types);
    xlsx_lib_free(w.lib);
    if (rc != RC_OK) {
        mem_free(jail);
        return fail(c, rc, &why);
    }
    if (c->fd > STDERR_FILENO)
        close(c->fd);
    c->fd = jail->fd;
    c->own = jail;
    return 0;
}

static int
before(struct cli *c)
{
    uint8_t head[XLSX_HEAD_BYTES];
    struct fault why = {0};
    int status = file_open(c, c->args->argv[1]);
    if (status != 0)
        return status;
    struct slice s = slice_of(head, look_ahead(c->fd, head));
    if (xlsx_is_old(s)) {
        fault_set(&why, RC_INVALID, FAULT_XLSX_OTHER, "%s", c->args->argv[1]);
        return fail(c, RC_INVALID, &why);
    }
    return xlsx_is(s) ? begin_workbook(c) : 0;
}

/* The daemon may have got a copy of what came out: then that descriptor is not ours. */
static int
after(struct cli *c, int status)
{
    struct jail *jail = c->own;
    if (jail != NULL) {
        if (c->fd == jail->fd)
            c->fd = -1;
        else
            jail->fd = -1;
        jail_end(jail);
    }
    mem_free(jail);
    c->own = NULL;
    return status;
}

static const struct opt opts[] = {{"--unit", "UNIT", WORD_OPT_UNIT},
                                  {"--dry-run", NULL, WORD_OPT_DRY_RUN},
                                  {NULL, NULL, WORD_NOTHING}};

const struct cmd cmd_import = {
    .name = "import",
    .kind = CMD_WRITE,
    .group = GROUP_SHEETS,
    .usage = "TYPE FILE|- [--unit UNIT] [--dry-run]",
    .about = WORD_ABOUT_IMPORT,
    .details = WORD_DETAILS_IMPORT,
    .opts = opts,
    .min = 2,
    .max = 2,
    .has_json = true,
    .exits = {65, 66, 75, 77},
    .example = "  linjuli import household 住户.csv --unit 0302 --dry-run\n"
               "  linjuli import household 住户.csv --unit 0302\n",
    .before = before,
    .run = run,
    .after = after,
};
