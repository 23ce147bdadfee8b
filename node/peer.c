/* One peer: a socket and the session that speaks over it. This file only translates:
 * bytes become events, effects become bytes, and the commit stands between. */
#include "node/daemon.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "node/clock.h"
#include "node/open.h"

#define READ_BYTES (256 << 10)
#define TOGETHER_MS 5000 /* two that call each other at the same time */
#define SETTLED_MS 60000 /* no `sync` any more */
#define STEADY_MS 10000  /* open for so long: the next loss is a new one */
#define TRIES_KEPT 3
#define TURN_MS 3 /* then the next one: a step adds 3 to 6, and 10 is the most */

static void on_readable(evutil_socket_t fd, short what, void *arg);
static void on_writable(evutil_socket_t fd, short what, void *arg);
static void on_timer(evutil_socket_t fd, short what, void *arg);

static bool
psk_of(void *arg, const uint8_t invite[INVITE_NO_BYTES], struct key *psk)
{
    struct daemon *d = arg;
    return node_may_seal(d->node) && hub_psk(d->node->ledger, invite, psk);
}

static struct session *
start_session(struct daemon *d, bool is_initiator)
{
    struct node *n = d->node;
    struct join join, more[OWN_LOGS_MAX];
    struct session_setup setup = {.replica = ledger_replica(n->ledger),
                                  .is_initiator = is_initiator,
                                  .pattern = NOISE_XX,
                                  .self = &n->box,
                                  .psk_of = psk_of,
                                  .psk_arg = d,
                                  .schema = ledger_types(n->ledger)->version,
                                  .door = n->has_door ? &n->door : NULL,
                                  .now_ms = now_ms()};
    const struct hash *community = replica_community(setup.replica);
    if (community == NULL)
        return NULL;
    setup.community = *community;
    pair_new_random(PAIR_BOX, &setup.ephemeral);
    if (is_initiator && node_needs_join(n)) {
        setup.pattern = NOISE_XXPSK3;
        setup.psk = n->invite.secret;
        memcpy(setup.invite, n->invite.no, INVITE_NO_BYTES);
        node_sign_join(n, node_invite_place(n), &n->invite, &join);
        setup.join = &join;
    }
    setup.more = more;
    setup.more_n = node_persons(n, more);
    setup.takes_persons = node_may_seal(n);
    struct session *s = session_new(&setup);
    pair_wipe(&setup.ephemeral);
    return s;
}

struct peer *
peer_new(struct daemon *d, int fd, const struct sockaddr_storage *from, struct dial *dial)
{
    struct session *s = start_session(d, dial != NULL);
    if (s == NULL) {
        log_warn("peer.none community=0");
        close(fd);
        if (dial != NULL)
            dial_lost(dial, NULL);
        return NULL;
    }
    int one = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
    struct peer *p = mem_new(sizeof(*p));
    *p = (struct peer){.next = d->peers,
                       .daemon = d,
                       .session = s,
                       .fd = fd,
                       .from = *from,
                       .made_ms = now_ms(),
                       .is_initiator = dial != NULL,
                       .dial = dial};
    p->readable = event_new(d->base, fd, EV_READ | EV_PERSIST, on_readable, p);
    p->writable = event_new(d->base, fd, EV_WRITE, on_writable, p);
    p->timer = evtimer_new(d->base, on_timer, p);
    d->peers = p;
    d->peers_n++;
    event_add(p->readable, NULL);
    peer_step(p, SESSION_TIMER); /* the initiator speaks first */
    for (struct peer *q = d->peers; q != NULL; q = q->next)
        if (q == p)
            return p;
    return NULL;
}

struct known {
    struct peer_row *row;
    char address[sizeof(((struct dial *)NULL)->address)];
};

/* What an earlier connection has found out stays, where this one knows no better. */
static void
keep_known(void *arg, const struct peer_row *was)
{
    struct known *k = arg;
    if (was->node != k->row->node)
        return;
    if (k->row->synced_ms < was->synced_ms)
        k->row->synced_ms = was->synced_ms;
    if (k->row->address[0] != '\0')
        return;
    (void)snprintf(k->address, sizeof(k->address), "%s", was->address);
    k->row->address = k->address;
}

enum rc
peer_note(struct peer *p)
{
    struct ledger *l = p->daemon->node->ledger;
    struct session_info info;
    session_info(p->session, &info);
    struct peer_row row = {.node = info.node,
                           .address = p->dial != NULL ? p->dial->address : "",
                           .seen_ms = wall_ms(),
                           .synced_ms = p->synced_ms,
                           .skew_ms = info.skew_ms,
                           .trouble = ""};
    struct known known = {.row = &row};
    if (info.node == 0)
        return RC_OK;
    enum rc rc = peer_each(l, keep_known, &known);
    return rc == RC_OK ? peer_put(l, &row) : rc;
}

static enum rc
work_note(void *arg)
{
    return peer_note(arg);
}

static void
unlink_peer(struct peer *p)
{
    struct daemon *d = p->daemon;
    for (struct peer **at = &d->peers; *at != NULL; at = &(*at)->next) {
        if (*at == p) {
            *at = p->next;
            d->peers_n--;
            return;
        }
    }
}

static void
free_peer(struct peer *p)
{
    event_free(p->readable);
    event_free(p->writable);
    event_free(p->timer);
    session_free(p->session);
    session_effects_fini(&p->effects);
    buf_free(&p->out);
    mem_free(p);
}

int
peer_release(struct peer *p)
{
    int fd = p->fd;
    unlink_peer(p);
    free_peer(p);
    return fd;
}

void
peer_close(struct peer *p, const char *why)
{
    struct daemon *d = p->daemon;
    struct session_info info;
    session_info(p->session, &info);
    unlink_peer(p);
    log_info("peer.close node=%u in=%llu out=%llu why=\"%s\"", info.node,
             (unsigned long long)info.in_entries, (unsigned long long)info.out_entries,
             why);
    if (!p->is_closing) {
        p->is_closing = true;
        enum rc rc = p->is_open ? daemon_turn(d, work_note, p) : RC_OK;
        if (rc != RC_OK)
            log_warn("peer.note rc=%s", rc_name(rc));
    }
    struct sync_report report = {.in_entries = info.in_entries,
                                 .out_entries = info.out_entries,
                                 .in_bytes = info.in_bytes,
                                 .out_bytes = info.out_bytes,
                                 .close = p->effects.close,
                                 .skew_ms = info.has_hello ? info.skew_ms : 0,
                                 .is_reached = true};
    /* Why we were refused, where the hub has said it. */
    if (info.bye == CLOSE_INVITE || info.bye == CLOSE_USED || info.bye == CLOSE_EXPIRED) {
        report.close = info.bye;
        report.close_ms = info.bye_ms;
    }
    struct dial *dial = p->dial;
    if (dial != NULL && p->is_open && now_ms() - p->opened_ms >= STEADY_MS)
        dial->tries = 0;
    close(p->fd);
    free_peer(p);
    if (dial != NULL)
        dial_lost(dial, &report);
}

/* ---- one turn */

struct turn {
    struct peer *peer;
    struct session_event event;
    bool did_change, did_open; /* at any step of the turn */
};

static enum rc
take_acks(struct peer *p)
{
    struct ledger *l = p->daemon->node->ledger;
    enum rc rc = RC_OK;
    struct session_info info;
    session_info(p->session, &info);
    for (size_t i = 0; rc == RC_OK && i < p->effects.acks_n; i++)
        rc = peer_ack(l, info.node, &p->effects.acks[i].log, p->effects.acks[i].seq);
    return rc;
}

/* What an operator has to look into: two entries for one seq, a seal whose root is wrong.
 */
static void
warn_of(const struct changes *changes)
{
    for (size_t i = 0; i < changes->n; i++) {
        const struct change *c = &changes->p[i];
        if (c->kind == CHANGE_FORK)
            log_warn("fork log=%u", c->log_no);
        else if (c->kind == CHANGE_WRONG_ROOT)
            log_warn("seal.wrong_root place=%llu", (unsigned long long)c->from);
    }
}

static enum rc
step_event(struct turn *t, const struct session_event *event)
{
    struct peer *p = t->peer;
    struct ledger *l = p->daemon->node->ledger;
    enum rc rc = session_step(p->session, event, &p->effects);
    t->did_open = t->did_open || p->effects.opened;
    if (rc == RC_OK && p->effects.is_synced) {
        bool is_first = p->synced_ms == 0;
        p->synced_ms = wall_ms();
        if (is_first) /* later ones are noted with the repair, and at the end */
            rc = peer_note(p);
    }
    if (rc == RC_OK && p->effects.changes.n > 0) {
        t->did_change = true;
        warn_of(&p->effects.changes);
        rc = ledger_project(l, &p->effects.changes);
    }
    if (rc == RC_OK)
        rc = take_acks(p);
    if (rc == RC_OK && p->effects.keys.n > 0) {
        rc = hub_take_keys(l, p->effects.keys);
        log_info("keys.taken bytes=%zu", p->effects.keys.n);
    }
    /* Committed before the socket sees it: the caller sends p->out after the commit. */
    if (rc == RC_OK)
        buf_add_slice(&p->out, buf_slice(&p->effects.out));
    return rc;
}

/* With what follows from it at once. */
static enum rc
step_once(struct turn *t)
{
    struct session_event next;
    struct buf list = BUF_NONE;
    struct session_effects *e = &t->peer->effects;
    enum rc rc = step_event(t, &t->event);
    if (rc == RC_OK && e->close == CLOSE_NONE && peer_keys(t->peer, &next, &list)) {
        bool was_synced = e->is_synced, had_opened = e->opened;
        rc = step_event(t, &next);
        e->is_synced |= was_synced; /* a visit ends by it */
        e->opened |= had_opened;
    }
    if (list.p != NULL)
        mem_wipe(list.p, list.cap);
    buf_free(&list);
    return rc;
}

/* This node failed, not what it was given. */
static bool
is_ours(enum rc rc)
{
    return rc == RC_DB || rc == RC_FULL || rc == RC_IO || rc == RC_CORRUPT ||
           rc == RC_BUSY || rc == RC_BUG;
}

/* The hub answers a joiner in the same turn; an invite that does not hold changes
 * nothing. */
static enum rc
answer_join(struct turn *t)
{
    struct peer *p = t->peer;
    struct daemon *d = p->daemon;
    struct hub hub = daemon_hub(d);
    if (!node_may_seal(d->node))
        return RC_DENIED;
    enum rc rc = hub_join(d->node->ledger, &hub, &p->effects.join, &p->refusal);
    bool goes_on = p->effects.is_person && rc != RC_OK && !is_ours(rc);
    if (goes_on) {
        log_info("person refused=1");
        rc = RC_OK;
    }
    if (rc != RC_OK) /* whatever a joiner sends is no reason to drop the others */
        return is_ours(rc) ? rc : RC_DENIED;
    t->did_change = true;
    if (!goes_on)
        log_info("join done=1");
    t->event = (struct session_event){
        .kind = SESSION_JOINED, .now_ms = now_ms(), .wall_ms = wall_ms()};
    return step_once(t);
}

static enum rc
work_turn(void *arg)
{
    struct turn *t = arg;
    struct peer *p = t->peer;
    uint64_t until = now_ms() + TURN_MS;
    enum rc rc = step_once(t);
    while (rc == RC_OK && p->effects.has_join)
        rc = answer_join(t);
    /* A session that has more buffered asks to be stepped at once: within the turn. */
    while (rc == RC_OK && p->effects.close == CLOSE_NONE &&
           p->effects.deadline_ms <= now_ms() && now_ms() < until) {
        t->event = (struct session_event){.kind = SESSION_TIMER,
                                          .now_ms = now_ms(),
                                          .wall_ms = wall_ms(),
                                          .unsent_bytes = p->out.n};
        rc = step_once(t);
    }
    return rc;
}

static enum rc
work_said(void *arg)
{
    struct turn *t = arg;
    return step_event(t, &t->event);
}

/* Sends what it can; false: the peer is gone. */
static bool
flush(struct peer *p)
{
    while (p->out.n > 0) {
        ssize_t n = send(p->fd, p->out.p, p->out.n, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN) {
            event_add(p->writable, NULL);
            return true;
        }
        if (n < 0) {
            peer_close(p, "the connection broke");
            return false;
        }
        buf_drop(&p->out, (size_t)n);
    }
    buf_free(&p->out); /* 88 peers at rest hold nothing */
    return true;
}

static bool
is_visit(const struct peer *p)
{
    return p->dial != NULL && p->dial->is_once;
}

static uint64_t
apart_ms(const struct peer *p, const struct peer *q)
{
    return p->opened_ms > q->opened_ms ? p->opened_ms - q->opened_ms
                                       : q->opened_ms - p->opened_ms;
}

/* Of two connections that we have opened the newer goes. Of one each way, opened at about
 * the same time, the one that the node with the smaller key has opened stays: both sides
 * find the same. A connection that comes long after the other is a `sync`, or the other
 * is dead and nobody has noticed yet: both stay until they have settled. */
bool
peer_is_double(const struct peer *p, bool is_settled)
{
    struct session_info mine;
    if (!p->is_open || p->node == 0 || is_visit(p) ||
        (is_settled && now_ms() - p->opened_ms < SETTLED_MS))
        return false;
    for (const struct peer *q = p->daemon->peers; q != NULL; q = q->next) {
        if (q == p || !q->is_open || q->node != p->node || is_visit(q))
            continue;
        if (q->is_initiator == p->is_initiator) {
            if (p->is_initiator && q->opened_ms <= p->opened_ms)
                return true;
            continue;
        }
        if (!is_settled && apart_ms(p, q) >= TOGETHER_MS)
            continue;
        session_info(p->session, &mine);
        bool we_are_smaller = key_cmp(&p->daemon->node->box.pub, &mine.box_key) < 0;
        if (p->is_initiator != we_are_smaller)
            return true;
    }
    return false;
}

static void
note_open(struct peer *p)
{
    struct session_info info;
    session_info(p->session, &info);
    if (!p->is_open) {
        log_info("peer.open node=%u initiator=%d", info.node, p->is_initiator);
        p->opened_ms = now_ms();
        if (p->dial != NULL && p->dial->tries > TRIES_KEPT)
            p->dial->tries = TRIES_KEPT; /* until it has proved steady */
    }
    p->is_open = true;
    p->node = info.node; /* 0: a joiner, whom the hub has not answered yet */
    if (p->dial != NULL)
        p->dial->node = info.node;
}

/* What comes next: the timer, and the socket only when the session has worked through
 * what it has; else what is read would pile up. */
static void
await(struct peer *p)
{
    uint64_t now = now_ms();
    bool has_work = p->effects.deadline_ms <= now;
    if (has_work)
        event_del(p->readable);
    else
        event_add(p->readable, NULL);
    if (p->effects.deadline_ms != UINT64_MAX)
        timer_set(p->timer, has_work ? 0 : p->effects.deadline_ms - now);
    else
        event_del(p->timer);
}

/* He has proved that he has the invite: he may hear why it does not let him in. */
static void
refuse(struct peer *p)
{
    enum close_reason reason =
        p->refusal.reason != CLOSE_NONE ? p->refusal.reason : CLOSE_INVITE;
    struct turn t = {.peer = p,
                     .event = {.kind = SESSION_REFUSED,
                               .now_ms = now_ms(),
                               .wall_ms = wall_ms(),
                               .reason = reason,
                               .when_ms = p->refusal.when_ms}};
    if (daemon_turn(p->daemon, work_said, &t) == RC_OK && flush(p))
        peer_close(p, close_text(reason));
}

static void
step(struct peer *p, const struct session_event *event)
{
    struct daemon *d = p->daemon;
    struct turn t = {.peer = p, .event = *event};
    enum rc rc = daemon_turn(d, work_turn, &t);
    if (rc == RC_DENIED || rc == RC_INVALID) {
        refuse(p);
        return;
    }
    if (rc != RC_OK)
        return; /* daemon_turn has closed every peer, this one too */
    if (t.did_open || (p->is_open && p->node == 0))
        note_open(p);
    if (t.did_change)
        daemon_changed(d);
    if (!flush(p))
        return;
    if (p->out.n > UNSENT_BYTES_MAX) {
        peer_close(p, close_text(CLOSE_SLOW));
        return;
    }
    if (p->effects.close != CLOSE_NONE) {
        peer_close(p, close_text(p->effects.close));
        return;
    }
    if (peer_is_double(p, false)) {
        peer_close(p, "connected twice");
        return;
    }
    if (is_visit(p) && p->effects.is_synced) {
        p->effects.close = CLOSE_DONE;
        peer_close(p, close_text(CLOSE_DONE));
        return;
    }
    await(p);
}

void
peer_step(struct peer *p, enum session_event_kind kind)
{
    struct session_event e = {
        .kind = kind, .now_ms = now_ms(), .wall_ms = wall_ms(), .unsent_bytes = p->out.n};
    step(p, &e);
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct peer *p = arg;
    struct daemon *d = p->daemon;
    (void)what;
    buf_reserve(&d->scratch, READ_BYTES);
    ssize_t n = recv(fd, d->scratch.p, READ_BYTES, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    bool is_first = !p->is_initiator && !p->has_heard;
    p->has_heard = true;
    if (is_first && n > 0 && d->scratch.p[0] == CODE_PATTERN) {
        int guest = peer_release(p); /* no exchange: sixteen digits */
        guest_new(d, guest, slice_of(d->scratch.p, (size_t)n));
        return;
    }
    struct session_event e = {.kind = n > 0 ? SESSION_BYTES : SESSION_EOF,
                              .now_ms = now_ms(),
                              .wall_ms = wall_ms(),
                              .bytes = slice_of(d->scratch.p, n > 0 ? (size_t)n : 0),
                              .unsent_bytes = p->out.n};
    step(p, &e);
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
    struct peer *p = arg;
    (void)fd;
    (void)what;
    if (flush(p) && p->out.n == 0)
        peer_step(p, SESSION_DRAINED);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    peer_step(arg, SESSION_TIMER);
}
