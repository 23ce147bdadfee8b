#include "cli/commands.h"
#include "cli/review_show.h"
#include "cli/out.h"

#include <stdlib.h>
#include <string.h>

#define LIMIT_DEFAULT 200 /* entries at a time */

struct listing {
    struct cli *c;
    json_t *rows; /* NULL: text */
    uint64_t skip, limit, n;
    uint32_t log_no; /* whose bytes are added up */
    uint64_t bytes;
    json_t *full; /* numbers of logs of which no more is kept */
};

/* Nothing the size of an entry fits any more: later ones stay where they are. */
static void
log_done(struct listing *x)
{
    struct cli *c = x->c;
    if (x->log_no != 0 && x->bytes + ENTRY_BYTES_MAX > HELD_BYTES_MAX) {
        if (x->rows == NULL)
            say(c, WORD_HELD_FULL, num(c, x->log_no), num(c, HELD_BYTES_MAX >> 20), NULL);
        else
            json_array_append_new(x->full, json_integer(x->log_no));
    }
    x->bytes = 0;
}

static bool
take(void *arg, const struct review_row *row)
{
    struct listing *x = arg;
    if (row->log->no != x->log_no)
        log_done(x);
    x->log_no = row->log->no;
    x->bytes += row->bytes.n;
    x->n++;
    if (x->n <= x->skip || x->n > x->skip + x->limit)
        return true;
    if (x->rows != NULL)
        json_array_append_new(x->rows, review_json(x->c, row, HELD_ITEMS_SHOWN));
    else
        review_add(x->c, row, HELD_ITEMS_SHOWN);
    return true;
}

static void
list_json(struct listing *x)
{
    json_t *json = json_object();
    json_object_set_new(json, "n", json_of_u64(x->n));
    json_object_set_new(json, "entries", json_incref(x->rows));
    json_object_set_new(json, "full_logs", json_incref(x->full));
    out_json(x->c->out, json);
}

static int
list(struct cli *c, uint64_t skip, uint64_t limit)
{
    struct listing x = {.c = c, .skip = skip, .limit = limit};
    if (c->json) {
        x.rows = json_array();
        x.full = json_array();
    }
    enum rc rc = review_each(c->node->ledger, take, &x);
    if (rc == RC_OK)
        log_done(&x);
    if (rc == RC_OK && c->json)
        list_json(&x);
    else if (rc == RC_OK && x.n == 0)
        say(c, WORD_HELD_NOTHING, NULL);
    else if (rc == RC_OK && x.n > skip + limit)
        say(c, WORD_HELD_MORE, num(c, x.n - skip - limit), num(c, skip + limit), NULL);
    json_decref(x.rows);
    json_decref(x.full);
    return rc == RC_OK ? 0 : fail(c, rc, NULL);
}

static int
one(struct cli *c, const char *name)
{
    struct buf keep = BUF_NONE;
    struct review_row row;
    struct fault why = {0};
    enum rc rc = review_find(c->node->ledger, name, &keep, &row, &why);
    if (rc == RC_OK && c->json)
        out_json(c->out, review_json(c, &row, 0));
    else if (rc == RC_OK)
        review_add(c, &row, 0);
    buf_free(&keep);
    return rc == RC_OK ? 0 : fail(c, rc, &why);
}

static bool
number(struct cli *c, const char *option, uint64_t *out)
{
    const char *text = args_value(c->args, option);
    if (text == NULL)
        return true;
    if (text[0] == '\0' || strlen(text) > 9 ||
        strspn(text, "0123456789") != strlen(text)) {
        complain(c, WORD_BAD_NUMBER, option, text, NULL);
        return false;
    }
    *out = strtoull(text, NULL, 10);
    return true;
}

static int
run(struct cli *c, int argc, char **argv)
{
    uint64_t skip = 0, limit = LIMIT_DEFAULT;
    if (!number(c, "--skip", &skip) || !number(c, "--limit", &limit))
        return rc_exit(RC_USAGE);
    return argc == 1 ? one(c, argv[0]) : list(c, skip, limit);
}

static const struct opt opts[] = {{"--limit", "N", WORD_OPT_LIMIT},
                                  {"--skip", "N", WORD_OPT_SKIP},
                                  {NULL, NULL, WORD_NOTHING}};

const struct cmd cmd_quarantine = {
    .name = "quarantine",
    .kind = CMD_READ,
    .group = GROUP_READ,
    .usage = "[ENTRY] [--skip N] [--limit N]",
    .about = WORD_ABOUT_QUARANTINE,
    .details = WORD_DETAILS_QUARANTINE,
    .opts = opts,
    .max = 1,
    .has_json = true,
    .exits = {65, 66},
    .example = "  linjuli quarantine\n"
               "  linjuli quarantine 5:414\n",
    .run = run,
};
