/* `handover`: the post of one log goes to somebody else at this computer. */
#include "cli/commands.h"
#include "cli/out.h"
#include "cli/people.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What the sheet counts, before and after. */
struct sheet {
    struct cli *c;
    const char *heir;
    size_t place;
    uint32_t unit;
    uint64_t households, residents, needs, problems, cases, unsent;
    uint64_t seq; /* of the log's last entry: the handover itself, when it is done */
    struct hash id;
    struct made made;
};

/* ---- counting */

static bool
count_all(void *arg, const struct record_row *r)
{
    (void)r;
    ++*(uint64_t *)arg;
    return true;
}

static bool
count_open(void *arg, const struct record_row *r)
{
    *(uint64_t *)arg += r->state == NULL || !r->state->is_end;
    return true;
}

static bool
count_case(void *arg, const struct case_row *r)
{
    *(uint64_t *)arg += r->is_ours;
    return true;
}

static enum rc
count(struct sheet *s, struct fault *why)
{
    static const struct {
        const char *type;
        record_fn fn;
    } what[] = {{"household", count_all},
                {"resident", count_all},
                {"need", count_open},
                {"problem", count_open}};
    uint64_t *const n[] = {&s->households, &s->residents, &s->needs, &s->problems};
    struct ledger *l = s->c->node->ledger;
    char unit[16];
    (void)snprintf(unit, sizeof(unit), "%04" PRIu32, s->unit);
    const struct filter f = {"unit", unit};
    enum rc rc = RC_OK;
    for (size_t i = 0; i < sizeof(what) / sizeof(what[0]) && rc == RC_OK; i++) {
        *n[i] = 0;
        rc = query_list(l, what[i].type, &f, 1, 0, what[i].fn, n[i], why);
    }
    s->cases = 0;
    return rc == RC_OK ? query_cases(l, count_case, &s->cases) : rc;
}

static void
look_at_log(struct sheet *s)
{
    struct node *n = s->c->node;
    const struct key *key = &n->log[s->place].pub;
    struct replica *r = ledger_replica(n->ledger);
    uint64_t safe = peer_acked(n->ledger, 0, key);
    s->seq = replica_trunk_n(r, key);
    s->id = (struct hash){{0}};
    (void)replica_trunk_head(r, key, &s->id);
    s->unsent = s->seq > safe ? s->seq - safe : 0;
}

/* ---- the last entry */

static enum rc
work(struct cli *c, const struct author *a, void *arg, struct fault *why)
{
    struct sheet *s = arg;
    char n[6][24], last[80], hex[17];
    s->unit = a->unit;
    look_at_log(s);
    enum rc rc = count(s, why);
    const uint64_t counts[] = {s->households, s->residents, s->needs,
                               s->problems,   s->cases,     s->unsent};
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        (void)snprintf(n[i], sizeof(n[i]), "%" PRIu64, counts[i]);
    hex_print(s->id.b, 8, hex);
    (void)snprintf(last, sizeof(last), "%03" PRIu32 ":%" PRIu64 " %s", a->log_no, s->seq,
                   hex);
    const struct assign f[] = {
        {"heir", s->heir},  {"households", n[0]}, {"residents", n[1]}, {"needs", n[2]},
        {"problems", n[3]}, {"cases", n[4]},      {"unsent", n[5]},    {"last", last}};
    if (rc == RC_OK)
        rc = edit_add(c->node->ledger, a, "handover", a->unit, f,
                      sizeof(f) / sizeof(f[0]), &s->made, why);
    return rc == RC_OK ? node_note_handed(c->node, s->place) : rc;
}

/* ---- the sheet */

static void
tell_json(struct cli *c, const struct sheet *s)
{
    const struct log_state *log =
        replica_log_by_key(ledger_replica(c->node->ledger), &c->node->log[s->place].pub);
    json_t *json = json_object();
    who_json(c, log, s->seq, json);
    json_object_set_new(json, "heir", json_of_text(slice_text(s->heir)));
    json_object_set_new(json, "number", json_string(s->made.number));
    json_object_set_new(json, "households", json_of_u64(s->households));
    json_object_set_new(json, "residents", json_of_u64(s->residents));
    json_object_set_new(json, "needs", json_of_u64(s->needs));
    json_object_set_new(json, "problems", json_of_u64(s->problems));
    json_object_set_new(json, "cases", json_of_u64(s->cases));
    json_object_set_new(json, "unsent", json_of_u64(s->unsent));
    json_object_set_new(json, "seq", json_of_u64(s->seq));
    json_object_set_new(json, "id", json_of_hex(s->id.b, HASH_BYTES));
    out_json(c->out, json);
}

static void
tell(struct cli *c, const struct sheet *s)
{
    const struct log_state *log =
        replica_log_by_key(ledger_replica(c->node->ledger), &c->node->log[s->place].pub);
    char hex[17], when[TIME_TEXT_BYTES];
    struct buf who = BUF_NONE, heir = BUF_NONE;
    hex_print(s->id.b, 8, hex);
    out_time(ledger_wall_ms(c->node->ledger), when);
    who_add(c, log, s->seq, &who);
    out_escaped(&heir, slice_text(s->heir), false);
    say(c, WORD_HAND_TITLE, unit_text(c, s->unit), s->made.number, when, NULL);
    say(c, WORD_HAND_WHO, buf_text(&who), buf_text(&heir), NULL);
    say(c, WORD_HAND_COUNTS, num(c, s->households), num(c, s->residents), NULL);
    say(c, WORD_HAND_OPEN, num(c, s->needs), num(c, s->problems), num(c, s->cases), NULL);
    say(c, WORD_HAND_LAST, num(c, s->seq), hex, num(c, s->unsent), NULL);
    say(c, WORD_HAND_HUB, NULL);
    say(c, WORD_HAND_SIGN, NULL);
    buf_free(&who);
    buf_free(&heir);
}

/* ---- the command */

static int
run(struct cli *c, int argc, char **argv)
{
    struct fault why = {0};
    struct sheet s = {.c = c, .heir = args_value(c->args, "--to")};
    (void)argc;
    (void)argv;
    if (s.heir == NULL || s.heir[0] == '\0') {
        complain(c, WORD_OPTION_NEEDED, "--to", NULL);
        return misuse(c, &cmd_handover);
    }
    enum rc rc = cli_place(c, &s.place, &why);
    const struct log_state *log =
        rc != RC_OK ? NULL
                    : replica_log_by_key(ledger_replica(c->node->ledger),
                                         &c->node->log[s.place].pub);
    if (log != NULL && who_is(c->node->ledger, log, s.heir)) {
        complain(c, WORD_HAND_SELF, s.heir, NULL);
        return rc_exit(RC_INVALID);
    }
    if (rc != RC_OK)
        return fail(c, rc, &why);
    node_lock(c->node, s.place); /* he signs: an unlocked log does not do it for him */
    int status = turn(c, work, &s);
    if (status != 0)
        return status;
    /* It is written: from here on the key only has to go, now or at the next start. */
    rc = node_end_handed(c->node, &why);
    uint64_t unsent = s.unsent; /* before the sheet, as it says itself */
    look_at_log(&s);
    s.unsent = unsent;
    if (c->json)
        tell_json(c, &s);
    else
        tell(c, &s);
    return rc == RC_OK ? 0 : fail(c, rc, &why);
}

static const struct opt opts[] = {{"--to", "PERSON", WORD_OPT_HAND_TO},
                                  {NULL, NULL, WORD_NOTHING}};

const struct cmd cmd_handover = {
    .name = "handover",
    .kind = CMD_WRITE,
    .group = GROUP_NODE,
    .usage = "--to PERSON [--pin-file FILE]",
    .about = WORD_ABOUT_HANDOVER,
    .details = WORD_DETAILS_HANDOVER,
    .opts = opts,
    .max = 0,
    .has_json = true,
    .exits = {65, 66, 74, 75, 77},
    .example = "  linjuli --as 王某 handover --to 李某 --pin-file pin.txt\n",
    .run = run,
};
