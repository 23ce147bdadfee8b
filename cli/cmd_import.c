#include "cli/commands.h"
#include "cli/file.h"
#include "cli/out.h"

#define REFUSED_SHOWN_MAX 1000

struct import {
    struct cli *c;
    const char *type;
    bool dry;
    struct sheet_report report;
    json_t *refused; /* NULL: text */
    uint64_t refused_n;
};

static void
take_refused(void *arg, const struct fault *why)
{
    struct import *x = arg;
    struct buf text = BUF_NONE;
    if (++x->refused_n > REFUSED_SHOWN_MAX)
        return;
    fault_say(why, why->rc, x->c->lang, &text);
    if (x->refused != NULL) {
        json_t *one = json_object();
        json_object_set_new(one, "row", json_integer(why->line));
        json_object_set_new(one, "column", json_integer(why->column));
        json_object_set_new(one, "fault", json_string(fault_name(why->code)));
        json_object_set_new(one, "what", json_of_text(slice_text(why->what)));
        json_object_set_new(one, "want", json_of_text(slice_text(why->want)));
        json_array_append_new(x->refused, one);
    } else {
        buf_addf(x->c->err, "%s\n", buf_text(&text));
    }
    buf_free(&text);
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

static int
before(struct cli *c)
{
    return file_open(c, c->args->argv[1]);
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
};
