#include "cli/commands.h"
#include "cli/out.h"
#include "cli/people.h"
#include "cli/status.h"

#define CLOCK_OFF_MS (10 * 60 * 1000) /* more is told */
#define DAY_MS 86400000
#define MIB (1024 * 1024)

static void
add_where(struct cli *c, const struct status *s)
{
    const struct authority *a = replica_authority(ledger_replica(c->node->ledger));
    struct buf name = BUF_NONE;
    out_escaped(&name, authority_name(a), false);
    if (name.n == 0 && c->node->has_invite)
        out_escaped(&name, slice_text(c->node->invite.community_name), false);
    say(c, WORD_STATUS_WHERE, buf_text(&name), c->dir, NULL);
    if (s->self != NULL)
        say(c, WORD_STATUS_NODE, num(c, s->self->no), unit_text(c, s->self->unit), NULL);
    if (s->households + s->residents > 0)
        say(c, WORD_STATUS_COUNTS, num(c, s->households), num(c, s->residents), NULL);
    if (s->is_hub && hub_is_here(c->node->ledger, &c->node->hub.pub))
        say(c, WORD_STATUS_HUB, NULL);
    else if (s->is_hub)
        say(c, WORD_SEAL_REPLACED, num(c, authority_reign(a)), NULL);
    if (node_awaits_succession(c->node))
        say(c, WORD_STATUS_RESTORED, NULL);
    if (s->self != NULL && s->self->is_lost)
        say(c, WORD_SELF_LOST, NULL);
    buf_free(&name);
}

static void
say_phone(struct cli *c)
{
    struct buf phone = BUF_NONE;
    centre_phone(c->node->ledger, &phone);
    if (phone.n > 0)
        say(c, WORD_FORK_PHONE, buf_text(&phone), NULL);
    buf_free(&phone);
}

static enum word
lock_word(enum log_lock lock)
{
    return lock == LOG_LOCKED     ? WORD_PERSON_LOCKED
           : lock == LOG_UNLOCKED ? WORD_PERSON_UNLOCKED
                                  : WORD_PERSON_HANDED;
}

static void
add_log(struct cli *c, const struct status_log *l)
{
    buf_addf(c->out, "  ");
    who_add(c, l->log, l->head + 1, c->out);
    add_words(c, c->out, WORD_STATUS_LOG, num(c, l->head), num(c, l->acked_hub),
              num(c, l->acked_any), num(c, l->log != NULL ? l->log->seal_seq : 0), NULL);
    if (l->lock != LOG_OPEN)
        buf_addf(c->out, "  %s", word(c, lock_word(l->lock)));
    buf_add_u8(c->out, '\n');
    if (l->log != NULL && l->log->is_assumed)
        say(c, WORD_TENT, NULL);
    if (l->log != NULL && l->log->is_revoked)
        say(c, WORD_SELF_REVOKED, NULL);
    if (l->guard != GUARD_FINE)
        say(c, WORD_COPY, NULL);
    if (l->log != NULL && l->log->proof.seq > 0) {
        say(c, WORD_FORK, NULL);
        say_phone(c);
    }
}

/* The one line that a person looks for: is it with the others yet? */
static void
add_delivery(struct cli *c, const struct status *s)
{
    char when[TIME_TEXT_BYTES];
    out_time(s->synced_ms, when);
    if (s->unsent > 0 && !s->is_hub)
        say(c, WORD_SYNC_WAIT, num(c, s->unsent), NULL);
    else if (s->not_at_hub > s->on_stick)
        say(c, WORD_SYNC_NEIGHBOR, num(c, s->not_at_hub), NULL);
    else if (!s->is_hub && s->on_stick == 0)
        say(c, WORD_SYNC_ALL, when, NULL);
    if (s->on_stick > 0)
        say(c, WORD_SYNC_STICK, num(c, s->on_stick), NULL);
    if (s->carried > 0)
        say(c, WORD_SYNC_CARRIED, num(c, s->carried), NULL);
    if (s->seal_no > 0)
        say(c, WORD_SYNC_SEALED, num(c, s->seal_no), NULL);
    if (s->behind > 0)
        say(c, WORD_BEHIND, num(c, s->behind), NULL);
    say(c, WORD_RISK, num(c, s->unsent), NULL);
}

static void
add_peers(struct cli *c, const struct status *s)
{
    size_t i;
    json_t *p;
    if (!s->is_running)
        say(c, WORD_NOT_RUNNING, NULL);
    else if (s->live_open == 0)
        say(c, WORD_NET_OFF, NULL);
    if (status_heard(s) > 0)
        say(c, WORD_NEIGHBOURS, num(c, (uint64_t)status_heard(s)), NULL);
    json_array_foreach(json_object_get(s->live, "peers"), i, p)
    {
        if (json_is_true(json_object_get(p, "open")))
            say(c, WORD_PEER_LIVE,
                num(c, (uint64_t)json_integer_value(json_object_get(p, "node"))), NULL);
    }
    json_array_foreach(s->peers, i, p)
    {
        char seen[TIME_TEXT_BYTES];
        json_int_t ms = json_integer_value(json_object_get(p, "seen_ms"));
        out_time(ms > 0 ? (uint64_t)ms : 0, seen);
        say(c, WORD_PEER_KNOWN,
            num(c, (uint64_t)json_integer_value(json_object_get(p, "node"))),
            json_string_value(json_object_get(p, "address")), seen, NULL);
    }
}

static void
count_order(void *arg, const struct order_row *r)
{
    *(uint64_t *)arg += r->state == ORDER_WAITS || r->state == ORDER_READY;
}

static void
add_warnings(struct cli *c, const struct status *s)
{
    if (status_twin(s)[0] != '\0')
        say(c, s->is_hub ? WORD_STATUS_TWIN_HUB : WORD_STATUS_TWIN, status_twin(s), NULL);
    int64_t off = s->skew_ms < 0 ? -s->skew_ms : s->skew_ms;
    uint64_t orders = 0;
    if (order_each(c->node->ledger, count_order, &orders) == RC_OK && orders > 0)
        say(c, WORD_ORDERS_WAIT, num(c, orders), NULL);
    if (s->cases > 0)
        say(c, WORD_STATUS_CASES, num(c, s->cases), NULL);
    if (s->has_skew && off >= DAY_MS)
        say(c, WORD_CLOCK_DAYS, num(c, (uint64_t)(off / DAY_MS)), NULL);
    else if (s->has_skew && off > CLOCK_OFF_MS)
        say(c, WORD_CLOCK_MINUTES, num(c, (uint64_t)(off / 60000)), NULL);
    say(c, WORD_STATUS_DISK, num(c, s->disk_free / MIB), NULL);
    if (s->types_differ)
        say(c, WORD_OTHER_TYPES, num(c, s->newer), NULL);
    else if (s->newer > 0)
        say(c, WORD_NEWER_KEPT, num(c, s->newer), NULL);
    if (s->is_disk_low)
        say(c, WORD_DISK_LOW, NULL);
    if (s->needs_join)
        say(c, WORD_STATUS_JOIN, NULL);
    if (s->has_root_sheet)
        say(c, WORD_STATUS_SHEET, NULL);
    if (s->is_frozen)
        say(c, WORD_FROZEN, NULL);
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct status s;
    (void)argc;
    (void)argv;
    enum rc rc = status_gather(c, &s);
    if (rc == RC_OK && c->json) {
        out_json(c->out, status_json(c, &s));
    } else if (rc == RC_OK) {
        add_where(c, &s);
        for (size_t i = 0; i < s.logs_n; i++)
            add_log(c, &s.log[i]);
        add_delivery(c, &s);
        add_peers(c, &s);
        add_warnings(c, &s);
    }
    status_fini(&s);
    return rc == RC_OK ? 0 : fail(c, rc, NULL);
}

const struct cmd cmd_status = {
    .name = "status",
    .kind = CMD_READ,
    .group = GROUP_DAILY,
    .usage = "",
    .about = WORD_ABOUT_STATUS,
    .details = WORD_DETAILS_STATUS,
    .max = 0,
    .has_json = true,
    .exits = {66},
    .example = "  linjuli status --json\n",
    .run = run,
};
