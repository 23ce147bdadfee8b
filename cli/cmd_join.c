#include "cli/commands.h"
#include "cli/file.h"
#include "cli/invite_show.h"
#include "cli/join.h"
#include "cli/out.h"
#include "schema/invite_text.h"

#include <string.h>
#include <time.h>

#define DAY_MS 86400000u
#define CLOCK_OFF_MS 600000u

static void
tell(struct cli *c, const struct invite *i, const struct grant *g)
{
    if (c->json) {
        c->own = invite_json(c, i, g); /* join_end prints it */
        return;
    }
    invite_add(c, i, g);
    say(c, invite_is_small(i) ? WORD_JOIN_SMALL : WORD_JOIN_DONE, c->dir, NULL);
}

void
join_end(struct cli *c, const char *next, const struct sync_report *report)
{
    json_t *json = c->own;
    bool is_met = report != NULL && report->close == CLOSE_DONE;
    c->own = NULL;
    bool is_refused =
        report != NULL && (report->close == CLOSE_INVITE || report->close == CLOSE_USED ||
                           report->close == CLOSE_EXPIRED);
    if (is_refused)
        complain_refused(c, report);
    if (report != NULL)
        note_clock(c, report->skew_ms);
    if (json != NULL) {
        json_object_set_new(json, "dir", json_of_text(slice_text(c->dir)));
        json_object_set_new(json, "met", json_boolean(is_met));
        out_json(c->out, json);
    } else if (is_refused) {
        return;
    } else if (is_met) {
        say(c, WORD_SYNC_DONE, num(c, report->in_entries), num(c, report->out_entries),
            NULL);
        say(c, WORD_JOIN_MET, NULL);
    } else {
        say(c, WORD_JOIN_NEXT, next, NULL);
    }
}

void
complain_refused(struct cli *c, const struct sync_report *report)
{
    struct buf why = BUF_NONE;
    char when[TIME_TEXT_BYTES];
    out_moment(report->close_ms, true, c->lang, when);
    add_words(c, &why, close_word(report->close), when, NULL);
    complain(c, WORD_SYNC_REFUSED, buf_text(&why), NULL);
    buf_free(&why);
}

void
note_clock(struct cli *c, int64_t skew_ms)
{
    uint64_t off = skew_ms < 0 ? (uint64_t)-skew_ms : (uint64_t)skew_ms;
    if (off >= DAY_MS)
        note(c, WORD_CLOCK_DAYS, num(c, off / DAY_MS), NULL);
    else if (off > CLOCK_OFF_MS)
        note(c, WORD_CLOCK_MINUTES, num(c, off / 60000), NULL);
}

/* The wrong file of several on the stick. */
static enum rc
check_unit(struct cli *c, const struct grant *g, struct fault *why)
{
    const char *said = args_value(c->args, "--unit");
    uint32_t unit = 0;
    if (said == NULL)
        return RC_OK;
    if (!unit_parse(said, &unit))
        return fault_set(why, RC_USAGE, FAULT_BAD_CODE, "--unit");
    if (unit == g->unit)
        return RC_OK;
    fault_set(why, RC_INVALID, FAULT_INVITE_UNIT, "%04u", (unsigned)g->unit);
    fault_want(why, "%04u", (unsigned)unit);
    return RC_INVALID;
}

/* Where a node lies already: one more person for it, by an invite that says so; else a
 * copy or a restored one gets its new invite. */
static enum rc
join_there(struct cli *c, const struct invite *i, const struct grant *g,
           struct slice file, struct fault *why)
{
    struct node *n = NULL;
    struct fault f = {0};
    if (node_open(c->dir, NODE_READ, &n, &f) != RC_OK)
        return why->rc;
    const struct hash *community = replica_community(ledger_replica(n->ledger));
    bool is_other = community != NULL && !hash_eq(community, &i->community);
    uint32_t self = node_number(n);
    bool is_hub = !is_other && n->has_hub && hub_is_here(n->ledger, &n->hub.pub) &&
                  !node_awaits_succession(n);
    node_close(n);
    if (!is_other && self != 0 && self == i->node)
        return join_here(c, file, why);
    enum rc rc = node_join_again(c->dir, file, why);
    bool is_there = rc == RC_INVALID && why->code == FAULT_NODE_THERE;
    if (is_hub && (is_there || rc == RC_BUSY)) {
        rc = RC_INVALID;
        fault_set(why, rc, FAULT_INVITE_CENTRE, "%s", c->dir);
    } else if (is_there) {
        fault_set(why, rc, FAULT_INVITE_NODE, "%04u · %u", g->unit, (unsigned)i->node);
    }
    return rc;
}

enum rc
join_file(struct cli *c, const char *named, struct slice file, struct fault *why)
{
    struct invite i;
    struct grant *g = mem_new(sizeof(*g));
    enum rc rc = invite_decode(file, &i);
    if (rc == RC_OK && !invite_grant(&i, g)) {
        invite_fini(&i);
        rc = RC_MALFORMED;
    }
    if (rc != RC_OK) {
        enum fault_code code = rc == RC_CORRUPT ? FAULT_INVITE_TORN : FAULT_INVITE_FILE;
        mem_free(g);
        return fault_set(why, RC_INVALID, code, "%s", named);
    }
    rc = check_unit(c, g, why);
    if (rc == RC_OK)
        rc = node_join(c->dir, file, why);
    if (rc == RC_INVALID && why->code == FAULT_NODE_THERE)
        rc = join_there(c, &i, g, file, why);
    if (rc == RC_OK)
        tell(c, &i, g);
    invite_fini(&i);
    mem_free(g);
    return rc;
}

/* The invite's bytes, however they come: a file, or the text of QR codes as words, in a
 * file, typed by a scanner. `named`: what the person calls it. */
static enum rc
take(struct cli *c, int argc, char **argv, const char **named, struct buf *out,
     struct fault *why)
{
    enum rc rc = RC_OK;
    *named = argv[0];
    if (invite_text_is(slice_text(argv[0]))) {
        *named = "LJI1:";
        for (int k = 0; k < argc; k++)
            buf_addf(out, "%s ", argv[k]);
    } else if (strcmp(argv[0], "-") == 0) {
        rc = join_typed(c, out, why);
    } else {
        rc = file_take(argv[0], INVITE_FILE_BYTES_MAX, out, why);
    }
    return rc == RC_OK && invite_text_is(buf_slice(out)) ? join_text(out, *named, why)
                                                         : rc;
}

/* What a small one lacks comes from the hub: it is met at once, if it answers. */
static void
end(struct cli *c, const struct invite *i)
{
    struct sync_report report;
    const char *hub = i->addresses.n > 0 ? (const char *)i->addresses.p : "";
    bool is_met = invite_is_small(i) && join_meet(c, i, &report);
    join_end(c, hub, is_met ? &report : NULL);
}

/* Nothing here tells an old invite from a clock that is ahead: whoever sees both does. */
static void
note_expired(struct cli *c, struct slice file)
{
    struct invite i;
    char until[TIME_TEXT_BYTES], now[TIME_TEXT_BYTES];
    if (invite_decode(file, &i) != RC_OK)
        return;
    out_time(i.until_ms, until);
    out_time((uint64_t)time(NULL) * 1000, now);
    note(c, WORD_JOIN_CLOCK, until, now, NULL);
    invite_fini(&i);
}

static int
by_file(struct cli *c, int argc, char **argv)
{
    struct fault why = {0};
    struct buf file = BUF_NONE;
    struct invite i = {0};
    const char *named = NULL;
    enum rc rc = take(c, argc, argv, &named, &file, &why);
    if (rc == RC_OK)
        rc = join_file(c, named, buf_slice(&file), &why);
    if (rc == RC_OK && invite_decode(buf_slice(&file), &i) == RC_OK) {
        end(c, &i);
        invite_fini(&i);
    }
    int status = rc == RC_OK ? 0 : rc_exit(rc);
    if (rc != RC_OK && why.code != FAULT_NONE) /* else said where it was done */
        status = fail(c, rc, &why);
    if (why.code == FAULT_INVITE_EXPIRED)
        note_expired(c, buf_slice(&file));
    if (file.p != NULL)
        mem_wipe(file.p, file.cap);
    buf_free(&file);
    return status;
}

static int
run(struct cli *c, int argc, char **argv)
{
    if (args_has(c->args, "--request") || args_has(c->args, "--answer"))
        return argc == 0 ? join_offline(c) : misuse(c, &cmd_join);
    if (argc == 0) {
        complain(c, WORD_TOO_FEW, "join", NULL);
        return misuse(c, &cmd_join);
    }
    if (join_is_code(argc, argv))
        return join_by_code(c, argc, argv);
    if ((argc > 1 && !invite_text_is(slice_text(argv[0]))) || args_has(c->args, "--at")) {
        complain(c, argc > 1 ? WORD_TOO_MANY : WORD_JOIN_AT_CODE, argv[argc - 1], NULL);
        return misuse(c, &cmd_join);
    }
    return by_file(c, argc, argv);
}

static const struct opt opts[] = {{"--at", "HOST:PORT", WORD_OPT_AT},
                                  {"--unit", "UNIT", WORD_OPT_JOIN_UNIT},
                                  {"--request", "FILE", WORD_OPT_REQUEST},
                                  {"--person", "NAME", WORD_OPT_PERSON},
                                  {"--role", "ROLE", WORD_OPT_ROLE},
                                  {"--answer", "FILE", WORD_OPT_ANSWER},
                                  {NULL, NULL, WORD_NOTHING}};

const struct cmd cmd_join = {
    .name = "join",
    .kind = CMD_PLAIN,
    .group = GROUP_NODE,
    .usage = "FILE|CODE|TEXT|- [--unit UNIT] [--at HOST:PORT]"
             " | --request FILE --person NAME --unit UNIT --role ROLE | --answer FILE",
    .about = WORD_ABOUT_JOIN,
    .details = WORD_DETAILS_JOIN,
    .opts = opts,
    .max = INVITE_PARTS_MAX,
    .has_json = true,
    .exits = {65, 66, 69, 75, 77},
    .example =
        "  linjuli join 0302-leader-3.lji\n"
        "  linjuli join 1234-5678-9012-3459\n"
        "  linjuli join -\n"
        "  linjuli join --request wang.ljr --person 王某 --unit 0302 --role leader\n"
        "  linjuli join --answer wang.ljr.answer\n",
    .run = run,
};
