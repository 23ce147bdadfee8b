/* `serve` and `sync`: the daemon with all its doors, and one exchange without any. */
#include "node/daemon.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/hostport.h"

#define SYNC_MS (30 * 60 * 1000)

static void
dial_all(struct daemon *d, struct slice addresses)
{
    struct reader r = reader_of(addresses);
    while (r.n > 0) {
        const char *address = (const char *)r.p;
        size_t n = strnlen(address, r.n);
        if (n == r.n)
            return; /* not closed by a NUL: not one of ours */
        (void)dial_new(d, address, false);
        (void)read_slice(&r, n + 1);
    }
}

static enum rc
open_doors(struct daemon *d, struct fault *why)
{
    const struct serve *s = &d->serve;
    struct hostport at;
    const struct conf *conf = &d->node->conf;
    const char *listen = s->listen != NULL ? s->listen : conf->listen;
    bool is_lan = conf->lan && !s->no_lan;
    enum rc rc = control_listen(d, why);
    if (rc == RC_OK && listen[0] != '\0')
        rc = net_listen(d, listen, why);
    else if (rc == RC_OK && is_lan)
        rc = net_listen_anywhere(d, why);
    if (rc != RC_OK)
        return rc;
    dial_all(d, buf_slice(&conf->peers));
    if (d->node->has_invite)
        dial_all(d, buf_slice(&d->node->invite.addresses));
    for (size_t i = 0; i < s->peers_n; i++) {
        if (!hostport_parse(s->peers[i], false, &at))
            return fault_set(why, RC_USAGE, FAULT_ADDRESS, "%s", s->peers[i]);
        (void)dial_new(d, s->peers[i], false);
    }
    if (is_lan)
        lan_start(d);
    return RC_OK;
}

enum rc
node_serve(struct node *n, const struct serve *s, struct fault *why)
{
    char path[4096];
    struct daemon *d = NULL;
    (void)snprintf(path, sizeof(path), "%s/linjuli.log", n->dir);
    log_open(path);
    enum rc rc = daemon_new(n, s, &d, why);
    if (rc == RC_OK)
        rc = open_doors(d, why);
    if (rc == RC_OK) {
        log_info("start hub=%d", node_may_seal(n));
        if (s->ready != NULL)
            s->ready(s->ready_arg);
        daemon_changed(d); /* the hub does what fell due while it was off */
        if (event_base_dispatch(d->base) < 0)
            rc = fault_set(why, RC_IO, FAULT_NODE_IO, "libevent");
    }
    unsigned long long hold = d->max_hold_us, work = d->max_work_us;
    unsigned long long command = d->max_command_us;
    daemon_free(d);
    log_info("end hold_us=%llu work_us=%llu command_us=%llu", hold, work, command);
    log_close();
    return rc;
}

enum rc
node_sync(struct node *n, const char *address, struct sync_report *out, struct fault *why)
{
    struct serve none = {.no_lan = true};
    struct daemon *d = NULL;
    struct timeval limit = {.tv_sec = SYNC_MS / 1000};
    *out = (struct sync_report){.close = CLOSE_NONE};
    enum rc rc = daemon_new(n, &none, &d, why);
    if (rc == RC_OK) {
        d->is_visit = true;
        (void)dial_new(d, address, true);
        event_base_loopexit(d->base, &limit);
        (void)event_base_dispatch(d->base);
        /* Interrupted, or too long: what went over so far is told all the same. */
        daemon_drop_peers(d, CLOSE_NONE, "this node leaves");
        *out = d->report;
    }
    daemon_free(d);
    return rc;
}

static json_t *
peer_json(const struct peer *p)
{
    struct session_info i;
    char hex[17];
    session_info(p->session, &i);
    hex_print(i.box_key.b, 8, hex);
    return json_pack(
        "{s:I, s:s, s:b, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s}", "node",
        (json_int_t)i.node, "key", p->is_open ? hex : "", "open", p->is_open, "called",
        p->is_initiator, "skew_ms", (json_int_t)i.skew_ms, "missing_here",
        (json_int_t)i.missing_here, "missing_there", (json_int_t)i.missing_there,
        "in_entries", (json_int_t)i.in_entries, "out_entries", (json_int_t)i.out_entries,
        "in_bytes", (json_int_t)i.in_bytes, "out_bytes", (json_int_t)i.out_bytes,
        "address", p->dial != NULL ? p->dial->address : "");
}

void
daemon_status(struct daemon *d, struct buf *out)
{
    json_t *peers = json_array();
    for (const struct peer *p = d->peers; p != NULL; p = p->next)
        json_array_append_new(peers, peer_json(p));
    json_t *unlocked = json_array();
    for (size_t i = 0; i < d->node->logs_n; i++)
        if (d->node->lock[i] == LOG_UNLOCKED)
            json_array_append_new(unlocked, json_integer((json_int_t)i));
    char twin[TWIN_TEXT_BYTES];
    json_t *all =
        json_pack("{s:o, s:o, s:I, s:I, s:I, s:b, s:b, s:I}", "unlocked", unlocked,
                  "peers", peers, "max_hold_us", (json_int_t)d->max_hold_us,
                  "max_work_us", (json_int_t)d->max_work_us, "max_command_us",
                  (json_int_t)d->max_command_us, "hub", node_may_seal(d->node), "lan",
                  d->lan != NULL, "lan_heard", (json_int_t)lan_heard_n(d));
    json_object_set_new(all, "twin", lan_twin(d, twin) ? json_string(twin) : json_null());
    char *text = json_dumps(all, JSON_COMPACT | JSON_SORT_KEYS);
    if (text != NULL)
        buf_add(out, text, strlen(text));
    free(text);
    json_decref(all);
}
