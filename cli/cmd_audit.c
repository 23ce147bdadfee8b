/* audit: the history of a node directory, checked without trusting it. */
#include <string.h>
#include <time.h>

#include "cli/audit_show.h"
#include "cli/commands.h"
#include "cli/file.h"
#include "cli/out.h"
#include "cli/show.h"

#define SINCE_BYTES_MAX (64 << 20)
#define PROGRESS_S 1

struct asked {
    struct node_audit audit;
    struct audit_since since;
    struct audit_wall wall;
    uint64_t sample;
    const char *seed;
};

/* ---- what is asked for */

static bool
digits_parse(const char *text, uint64_t max, uint64_t *out, const char **end)
{
    uint64_t n = 0;
    const char *p = text;
    for (; *p >= '0' && *p <= '9' && n <= max; p++)
        n = n * 10 + (uint64_t)(*p - '0');
    *end = p;
    *out = n;
    return p != text && n <= max;
}

static bool
root_parse(const char *text, struct node_audit *a)
{
    const char *end = NULL;
    a->has_wall = digits_parse(text, INT64_MAX / 16, &a->wall_size, &end) &&
                  *end == ':' && strlen(end + 1) == 2 * HASH_BYTES &&
                  hex_parse(end + 1, HASH_BYTES, a->wall_root.b);
    return a->has_wall;
}

static bool
hex_of(const json_t *json, const char *name, uint8_t *out)
{
    const char *text = json_string_value(json_object_get(json, name));
    return text != NULL && strlen(text) == 2 * HASH_BYTES &&
           hex_parse(text, HASH_BYTES, out);
}

static bool
number_of(const json_t *json, const char *name, uint64_t *out)
{
    const json_t *n = json_object_get(json, name);
    *out = json_is_integer(n) ? (uint64_t)json_integer_value(n) : 0;
    return json_is_integer(n) && json_integer_value(n) >= 0;
}

/* An earlier report as `audit --json` printed it. */
static bool
since_parse(const struct buf *text, struct audit_since *s)
{
    json_t *json =
        json_loadb((const char *)text->p, text->n, JSON_REJECT_DUPLICATES, NULL);
    const json_t *logs = json_object_get(json, "logs");
    bool good = json_is_array(logs) && hex_of(json, "community", s->community.b) &&
                hex_of(json, "root", s->root.b) && number_of(json, "tree_size", &s->size);
    size_t n = json_array_size(logs);
    s->head = mem_new((n + 1) * sizeof(*s->head));
    for (size_t i = 0; i < n && good; i++) {
        const json_t *log = json_array_get(logs, i);
        struct audit_head *h = &s->head[s->heads_n++];
        h->is_authority = json_is_true(json_object_get(log, "authority"));
        good = hex_of(log, "key", h->log.b) && hex_of(log, "id", h->id.b) &&
               number_of(log, "seq", &h->seq);
    }
    json_decref(json);
    return good;
}

static int
read_since(struct cli *c, const char *path, struct asked *asked)
{
    struct buf text = BUF_NONE;
    struct fault why = {0};
    int status = 0;
    enum rc rc = file_take(path, SINCE_BYTES_MAX, &text, &why);
    if (rc != RC_OK) {
        status = fail(c, rc, &why);
    } else if (!since_parse(&text, &asked->since)) {
        complain(c, WORD_AUDIT_BAD_SINCE, path, NULL);
        status = rc_exit(RC_MALFORMED);
    } else {
        asked->audit.since = &asked->since;
    }
    buf_free(&text);
    return status;
}

static int
read_asked(struct cli *c, struct asked *asked)
{
    const char *root = args_value(c->args, "--root");
    const char *since = args_value(c->args, "--since");
    const char *wall = args_value(c->args, "--checkpoint");
    const char *sample = args_value(c->args, "--sample");
    const char *end = "";
    asked->seed = args_value(c->args, "--seed");
    asked->audit.chain = args_has(c->args, "--chain");
    if (root != NULL && !root_parse(root, &asked->audit)) {
        complain(c, WORD_AUDIT_BAD_ROOT, NULL);
        return rc_exit(RC_USAGE);
    }
    if ((sample != NULL) != (asked->seed != NULL) ||
        (sample != NULL &&
         (!digits_parse(sample, AUDIT_SAMPLE_MAX, &asked->sample, &end) || *end != '\0' ||
          asked->sample == 0))) {
        complain(c, WORD_AUDIT_BAD_SAMPLE, num(c, AUDIT_SAMPLE_MAX), NULL);
        return rc_exit(RC_USAGE);
    }
    if (root != NULL && wall != NULL) {
        complain(c, WORD_AUDIT_ONE_WALL, NULL);
        return rc_exit(RC_USAGE);
    }
    int status = wall != NULL ? audit_wall_read(c, wall, &asked->wall) : 0;
    if (status == 0 && wall != NULL) {
        asked->audit.has_wall = true;
        asked->audit.wall_size = asked->wall.at.size;
        asked->audit.wall_root = asked->wall.at.root;
    }
    return status == 0 && since != NULL ? read_since(c, since, asked) : status;
}

/* ---- while it looks */

struct watch {
    struct cli *c;
    time_t start, last;
};

static time_t
seconds(void)
{
    struct timespec t = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec;
}

static void
progress(void *arg, uint64_t done, uint64_t all)
{
    struct watch *w = arg;
    time_t now = seconds();
    if (now - w->last < PROGRESS_S || done == 0)
        return;
    w->last = now;
    uint64_t spent = (uint64_t)(now - w->start);
    uint64_t left = all > done ? spent * (all - done) / done : 0;
    note(w->c, WORD_AUDIT_PROGRESS, num(w->c, done), num(w->c, all),
         num(w->c, (left + 59) / 60), NULL);
    w->c->show(w->c);
}

/* ---- the sample */

struct sample {
    struct cli *c;
    json_t *json; /* NULL: text */
};

static bool
take_record(void *arg, const struct record_row *r)
{
    struct sample *s = arg;
    if (s->json != NULL) {
        json_array_append_new(s->json, record_json(s->c, r));
    } else {
        buf_addf(s->c->out, "\n");
        record_add(s->c, r);
    }
    return true;
}

static enum rc
draw(struct cli *c, const struct asked *asked, json_t *json)
{
    struct ledger *l = c->node->ledger;
    struct sample s = {c, json != NULL ? json_array() : NULL};
    struct audit_drawn *drawn = NULL;
    size_t n = 0;
    enum rc rc = audit_draw(l, asked->sample, asked->seed, &drawn, &n);
    if (json == NULL) {
        buf_addf(c->out, "\n");
        say(c, WORD_AUDIT_SAMPLED, asked->seed, NULL);
    }
    for (size_t i = 0; i < n && rc == RC_OK; i++) {
        struct record_key key = {.scope = drawn[i].scope, .unit = drawn[i].unit};
        memcpy(key.id, drawn[i].id, RECORD_ID_BYTES);
        rc = query_get(l, &key, take_record, &s);
    }
    if (json != NULL)
        json_object_set_new(json, "sample", s.json);
    mem_free(drawn);
    return rc;
}

/* ---- the command */

/* The line that does the same again; where the directory lies does not matter. */
static void
repeat_line(const struct cli *c, struct buf *out)
{
    static const char *const name[] = {"--since", "--sample", "--seed", "--root",
                                       "--checkpoint"};
    buf_addf(out, "linjuli audit%s", args_has(c->args, "--chain") ? " --chain" : "");
    for (size_t i = 0; i < sizeof(name) / sizeof(name[0]); i++)
        if (args_has(c->args, name[i]))
            buf_addf(out, " %s %s", name[i], args_value(c->args, name[i]));
}

static int
show_all(struct cli *c, const struct audit_report *r, const struct asked *asked,
         bool saved)
{
    struct buf line = BUF_NONE;
    struct node look = {.lock_fd = -1};
    json_t *json = c->json ? audit_json(r) : NULL;
    enum rc rc = RC_OK;
    /* Names and samples come from the tables, where these can be trusted. */
    bool tables =
        r->verdict != VERIFY_DAMAGED && node_look(c->dir, &look.ledger) == RC_OK;
    c->node = tables ? &look : NULL;
    repeat_line(c, &line);
    if (json == NULL)
        audit_show(c, r, look.ledger, buf_text(&line), saved);
    if (json == NULL && asked->wall.note.n > 0)
        audit_wall_show(c, r, &asked->wall);
    if (json != NULL && asked->wall.note.n > 0)
        json_object_set_new(json, "wall", audit_wall_json(&asked->wall));
    if (asked->sample > 0 && tables)
        rc = draw(c, asked, json);
    if (json != NULL && rc == RC_OK)
        out_json(c->out, json_incref(json));
    json_decref(json);
    c->node = NULL;
    ledger_close(look.ledger);
    buf_free(&line);
    return rc == RC_OK ? (int)r->verdict : fail(c, rc, NULL);
}

static int
audit(struct cli *c, struct asked *asked)
{
    struct watch watch = {.c = c, .start = seconds(), .last = seconds()};
    struct audit_report r = {0};
    struct fault why = {0};
    const char *dir = args_value(c->args, "--evidence");
    asked->audit.dir = c->dir;
    asked->audit.arg = &watch;
    asked->audit.progress = c->sees_progress && !c->json ? progress : NULL;
    enum rc rc = node_audit(&asked->audit, &r, &why);
    int status = rc == RC_OK ? 0 : fail(c, rc, &why);
    if (status == 0 && asked->audit.since != NULL && r.has_community &&
        !hash_eq(&r.community, &asked->since.community)) {
        complain(c, WORD_AUDIT_BAD_SINCE, args_value(c->args, "--since"), NULL);
        status = rc_exit(RC_MALFORMED);
    }
    if (status == 0 && asked->wall.note.n > 0)
        status = audit_wall_check(c, &r, &asked->wall);
    if (status == 0 && dir != NULL)
        status = audit_save(c, &r, &asked->wall, dir);
    if (status == 0) {
        status = show_all(c, &r, asked, dir != NULL);
        if (dir != NULL && r.proofs_n > 0 && !c->json)
            say(c, WORD_AUDIT_SAVED, dir, NULL);
    }
    audit_report_fini(&r);
    return status;
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct asked asked = {.seed = NULL};
    (void)argc;
    (void)argv;
    int status = read_asked(c, &asked);
    if (status == 0)
        status = audit(c, &asked);
    audit_since_fini(&asked.since);
    buf_free(&asked.wall.note);
    return status;
}

static const struct opt opts[] = {{"--chain", NULL, WORD_OPT_AUDIT_CHAIN},
                                  {"--since", "FILE", WORD_OPT_AUDIT_SINCE},
                                  {"--sample", "N", WORD_OPT_AUDIT_SAMPLE},
                                  {"--seed", "S", WORD_OPT_AUDIT_SEED},
                                  {"--evidence", "DIR", WORD_OPT_AUDIT_EVIDENCE},
                                  {"--root", "SIZE:HEX", WORD_OPT_AUDIT_ROOT},
                                  {"--checkpoint", "FILE", WORD_OPT_AUDIT_WALL},
                                  {NULL, NULL, WORD_NOTHING}};

const struct cmd cmd_audit = {
    .name = "audit",
    .kind = CMD_PLAIN,
    .group = GROUP_CARE,
    .usage = "[--chain] [--since FILE] [--sample N --seed S] [--evidence DIR]"
             " [--root SIZE:HEX | --checkpoint FILE]",
    .about = WORD_ABOUT_AUDIT,
    .details = WORD_DETAILS_AUDIT,
    .opts = opts,
    .max = 0,
    .has_json = true,
    .exits = {1, 3, 4, 5, 65, 66, 75},
    .example = "  linjuli audit\n"
               "  linjuli audit --json > 2026-11.json\n"
               "  linjuli audit --since 2026-11.json --evidence proof\n"
               "  linjuli audit --checkpoint wall.txt\n",
    .run = run,
};
