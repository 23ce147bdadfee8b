/* Our column of `make bench`: one measurement a call, figures as `name value` lines.
 *
 *   bench_ours bulk DIR N         N records imported, 10,000 a transaction
 *   bench_ours single DIR N       N records, each in its own durable transaction
 *   bench_ours apply DIR N        N records of an import, pulled over loopback
 *   bench_ours entries DIR N      N single-record entries, pulled, every signature
 * checked bench_ours sealed DIR N       the same below a seal bench_ours differ DIR N 88
 * logs, N entries in all: nothing differs, 10 differ bench_ours community DIR      first
 * copy of the article's community
 *
 * bulk and single are a node's turns: begin, work, commit, guard. The others are two
 * processes over TCP, with the handshake, each step committed before anything is sent. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "node/node.h"
#include "schema/peer.h"
#include "tests/lib/ledger_fixture.h"

#define IMPORT_TURN 10000u
#define WARM                                                                             \
    600u /* single records before the clock starts: the log file has its length */
#define READ_BYTES (256 << 10) /* these two as in node/ */
#define TURN_MS 5
#define GROUPS 87u
#define ROUNDS 8u /* of writing, meeting and sealing */
#define HOUSEHOLDS 9225u
#define RESIDENTS 23843u

static double
wall(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint64_t
now_ms(void)
{
    return (uint64_t)(wall() * 1000);
}

static double
cpu(void)
{
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
           (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

static void
die(const char *what, enum rc rc)
{
    fprintf(stderr, "bench_ours: %s: %s\n", what, rc_name(rc));
    exit(1);
}

static void
must(enum rc rc, const char *what)
{
    if (rc != RC_OK)
        die(what, rc);
}

static void
say(const char *name, double value)
{
    printf("%s %.2f\n", name, value);
}

/* ---- rows: four fields, the same as bench_peer's */

struct row_text {
    char name[64], place[64], contact[64], phone[64];
};

static void
row(unsigned i, struct row_text *t, struct assign f[4])
{
    snprintf(t->name, sizeof(t->name), "商户%u", i);
    snprintf(t->place, sizeof(t->place), "%u号", i % 997);
    snprintf(t->contact, sizeof(t->contact), "李%u", i % 4999);
    snprintf(t->phone, sizeof(t->phone), "138%08u", i);
    f[0] = (struct assign){"name", t->name};
    f[1] = (struct assign){"place", t->place};
    f[2] = (struct assign){"contact", t->contact};
    f[3] = (struct assign){"phone", t->phone};
}

static enum rc
import_some(struct ledger *l, const struct author *a, unsigned from, unsigned n)
{
    struct edit_bulk *bulk = NULL;
    struct row_text t;
    struct assign f[4];
    uint8_t batch[RECORD_ID_BYTES];
    bytes_random(batch, sizeof(batch));
    enum rc rc = edit_bulk_begin(l, a, "merchant", batch, &bulk, NULL);
    for (unsigned i = 0; rc == RC_OK && i < n; i++) {
        row(from + i, &t, f);
        rc = edit_bulk_add(bulk, 0, f, 4, NULL);
    }
    return rc == RC_OK ? edit_bulk_end(&bulk) : rc;
}

static enum rc
add_one(struct ledger *l, const struct author *a, uint32_t unit, unsigned i)
{
    struct row_text t;
    struct assign f[4];
    struct made made;
    row(i, &t, f);
    return edit_add(l, a, "merchant", unit, f, 4, &made, NULL);
}

/* ---- one node, as the commands use it */

struct job {
    unsigned from, n;
};

static enum rc
work_import(struct node *n, void *arg)
{
    const struct job *j = arg;
    struct author a;
    enum rc rc = node_author(n, &a, NULL);
    return rc == RC_OK ? import_some(n->ledger, &a, j->from, j->n) : rc;
}

static enum rc
work_add(struct node *n, void *arg)
{
    struct job *j = arg;
    struct author a;
    enum rc rc = node_author(n, &a, NULL);
    return rc == RC_OK ? add_one(n->ledger, &a, 0, j->from++) : rc;
}

static void
sheet(struct buf *out, const char *community, const struct pair *root)
{
    (void)root;
    buf_addf(out, "%s\n", community);
}

static struct node *
hub_at(const char *dir)
{
    struct node *n = NULL;
    struct node_birth b = {
        .dir = dir, .community = "绿洲社区", .person = "中心", .sheet = sheet};
    must(node_init(&b, NULL), "init");
    must(node_open(dir, NODE_WRITE, &n, NULL), "open");
    return n;
}

static double
size_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (double)st.st_size : 0;
}

/* Of a community: its hub's. */
static double
hub_file(const char *dir)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/0.db", dir);
    return size_of(path);
}

/* A turn as every node does it; node_turn adds one of upkeep at the hub alone. */
static enum rc
node_work(struct node *n, enum rc (*work)(struct node *, void *), struct job *j)
{
    enum rc rc = ledger_begin(n->ledger);
    if (rc == RC_OK)
        rc = work(n, j);
    if (rc == RC_OK)
        rc = ledger_commit(n->ledger);
    return rc == RC_OK ? node_after_commit(n) : rc;
}

static void
local(const char *dir, unsigned first, unsigned n, unsigned turn,
      enum rc (*work)(struct node *, void *))
{
    char path[4096];
    struct node *node = hub_at(dir);
    double t = wall(), c = cpu();
    snprintf(path, sizeof(path), "%s/linjuli.db", dir);
    for (unsigned at = 0; at < first + n; at += turn) {
        struct job j = {at, first + n - at < turn ? first + n - at : turn};
        if (at == first) {
            t = wall();
            c = cpu();
        }
        must(node_work(node, work, &j), "turn");
    }
    double took = wall() - t, used = cpu() - c;
    node_close(node);
    say("rows_per_s", n / took);
    say("cpu_us", used / n * 1e6);
    say("file_bytes", size_of(path) / (first + n));
}

/* ---- two nodes over TCP */

struct end {
    struct member *m;
    struct ledger *l;
    struct session *s;
    struct session_effects fx;
    struct buf out;
    int fd;
};

static bool
psk_of(void *arg, const uint8_t invite[INVITE_NO_BYTES], struct key *psk)
{
    return hub_psk(arg, invite, psk);
}

/* An initiator that knows nothing of the community yet joins with its invite. */
static void
end_init(struct end *e, struct member *m, int fd, bool is_initiator)
{
    int one = 1;
    struct session_setup setup = {.replica = ledger_replica(m->l),
                                  .is_initiator = is_initiator,
                                  .pattern = NOISE_XX,
                                  .self = &m->box,
                                  .community = m->c->m[1].invite.community,
                                  .schema = ledger_types(m->l)->version,
                                  .psk_of = psk_of,
                                  .psk_arg = m->l,
                                  .now_ms = now_ms()};
    pair_new_random(PAIR_BOX, &setup.ephemeral);
    if (is_initiator && replica_rows_n(setup.replica) == 0) {
        setup.pattern = NOISE_XXPSK3;
        setup.psk = m->invite.secret;
        memcpy(setup.invite, m->invite.no, INVITE_NO_BYTES);
        setup.join = &m->join;
    }
    *e = (struct end){.m = m, .l = m->l, .s = session_new(&setup), .fd = fd};
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    fcntl(fd, F_SETFL, O_NONBLOCK);
}

static enum rc
step(struct end *e, const struct session_event *event)
{
    struct session_info info;
    enum rc rc = session_step(e->s, event, &e->fx);
    if (rc == RC_OK && e->fx.changes.n > 0)
        rc = ledger_project(e->l, &e->fx.changes);
    session_info(e->s, &info);
    for (size_t i = 0; rc == RC_OK && i < e->fx.acks_n; i++)
        rc = peer_ack(e->l, info.node, &e->fx.acks[i].log, e->fx.acks[i].seq);
    buf_add_slice(&e->out, buf_slice(&e->fx.out));
    if (rc == RC_OK && e->fx.has_join) {
        struct session_event joined = *event;
        joined.kind = SESSION_JOINED;
        joined.bytes = slice_of(NULL, 0);
        rc = hub_join(e->l, &e->m->c->hub, &e->fx.join, NULL);
        return rc == RC_OK ? step(e, &joined) : rc;
    }
    return rc;
}

static bool
has_work(const struct end *e)
{
    return e->fx.close == CLOSE_NONE && e->fx.deadline_ms <= now_ms();
}

static void
turn(struct end *e, enum session_event_kind kind, struct slice bytes)
{
    uint64_t until = now_ms() + TURN_MS;
    must(ledger_begin(e->l), "begin");
    do {
        struct session_event event = {.kind = kind,
                                      .now_ms = now_ms(),
                                      .wall_ms = ledger_wall_ms(e->l),
                                      .bytes = bytes,
                                      .unsent_bytes = e->out.n};
        must(step(e, &event), "step");
        kind = SESSION_TIMER;
        bytes = slice_of(NULL, 0);
    } while (has_work(e) && now_ms() < until);
    must(ledger_commit(e->l), "commit");
}

/* False: the other side is gone. */
static bool
flush(struct end *e)
{
    bool had = e->out.n > 0;
    while (e->out.n > 0) {
        ssize_t n = send(e->fd, e->out.p, e->out.n, MSG_NOSIGNAL);
        if (n < 0)
            return errno == EAGAIN;
        buf_drop(&e->out, (size_t)n);
    }
    if (had && e->fx.close == CLOSE_NONE) {
        turn(e, SESSION_DRAINED, slice_of(NULL, 0));
        return e->out.n == 0 || flush(e);
    }
    return true;
}

/* One round of the loop; false: it is over. */
static bool
go(struct end *e)
{
    static uint8_t in[READ_BYTES];
    if (!flush(e) || e->fx.close != CLOSE_NONE)
        return false;
    if (has_work(e)) {
        turn(e, SESSION_TIMER, slice_of(NULL, 0));
        return true;
    }
    struct pollfd p = {.fd = e->fd, .events = POLLIN | (e->out.n > 0 ? POLLOUT : 0)};
    if (poll(&p, 1, 1000) <= 0 || (p.revents & POLLIN) == 0)
        return true;
    ssize_t n = recv(e->fd, in, sizeof(in), 0);
    if (n <= 0)
        return n < 0 && errno == EAGAIN;
    turn(e, SESSION_BYTES, slice_of(in, (size_t)n));
    return true;
}

static void
end_fini(struct end *e)
{
    close(e->fd);
    session_free(e->s);
    session_effects_fini(&e->fx);
    buf_free(&e->out);
}

/* The other process: serves one connection, then tells what it cost. */
static void
serve(struct member *m, int listener, int tell)
{
    struct end e;
    must(member_open(m), "open");
    double used = cpu();
    end_init(&e, m, accept(listener, NULL, NULL), false);
    while (go(&e))
        continue;
    used = cpu() - used;
    if (write(tell, &used, sizeof(used)) != sizeof(used))
        _exit(1);
    ledger_close(m->l);
    _exit(0);
}

struct exchange {
    double wall_s, cpu_s; /* until both say that nothing differs; both processes */
    uint64_t in, out;     /* bytes */
    uint64_t again;       /* of one more comparison on the open session, both ways */
};

/* `from` serves in a process of its own, from its file; `to` pulls. */
static struct exchange
pull(struct member *to, struct member *from)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t at_n = sizeof(at);
    struct exchange x;
    struct session_info before, after;
    struct end e;
    int tell[2];
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&at, at_n) != 0 || listen(listener, 1) != 0 ||
        getsockname(listener, (struct sockaddr *)&at, &at_n) != 0 || pipe(tell) != 0)
        die("socket", RC_IO);
    ledger_close(from->l);
    from->l = NULL;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        serve(from, listener, tell[1]);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&at, at_n) != 0)
        die("connect", RC_IO);
    end_init(&e, to, fd, true);
    usleep(300000); /* the other process opens its file */
    double t = wall(), c = cpu();
    turn(&e, SESSION_TIMER, slice_of(NULL, 0));
    while (!e.fx.is_synced && go(&e))
        continue;
    flush(&e);
    x.wall_s = wall() - t;
    x.cpu_s = cpu() - c;
    if (!e.fx.is_synced)
        die(close_text(e.fx.close), RC_STALE);
    session_info(e.s, &before);
    turn(&e, SESSION_REPAIR, slice_of(NULL, 0));
    for (e.fx.is_synced = false; !e.fx.is_synced && go(&e);)
        continue;
    session_info(e.s, &after);
    x.in = before.in_bytes;
    x.out = before.out_bytes;
    x.again = after.in_bytes - before.in_bytes + after.out_bytes - before.out_bytes;
    end_fini(&e);
    double theirs = 0;
    if (read(tell[0], &theirs, sizeof(theirs)) != sizeof(theirs))
        die("the other process", RC_IO);
    waitpid(child, NULL, 0);
    x.cpu_s += theirs;
    close(tell[0]);
    close(tell[1]);
    close(listener);
    must(member_open(from), "open");
    return x;
}

/* ---- what there is to pull */

static struct community c;

static struct author
author_in(struct member *m)
{
    struct author a;
    must(author_of(m->l, &m->log, &a), "author");
    return a;
}

static void
clock_goes(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    c.wall_ms = (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static struct member *
joined(uint32_t unit, enum role role)
{
    struct member *m = community_invite(&c, unit, role);
    must(community_join(&c, m), "join");
    member_pull(m, &c.m[0]);
    return m;
}

static void
fill(struct member *m, unsigned from, unsigned n, bool is_import)
{
    for (unsigned at = 0, some; at < n; at += some) {
        some = n - at < IMPORT_TURN ? n - at : IMPORT_TURN;
        clock_goes();
        must(ledger_begin(m->l), "begin");
        struct author a = author_in(m);
        if (is_import)
            must(import_some(m->l, &a, from + at, some), "import");
        for (unsigned i = 0; !is_import && i < some; i++) {
            clock_goes();
            must(add_one(m->l, &a, m->unit, from + at + i), "add");
        }
        must(ledger_commit(m->l), "commit");
    }
}

static bool
add_bytes(void *arg, const struct stored *e)
{
    *(uint64_t *)arg += e->bytes.n;
    return true;
}

/* Of the entries' own bytes in all logs. */
static uint64_t
own_bytes(struct member *m)
{
    struct replica *r = ledger_replica(m->l);
    const struct sync_store *s = replica_store(r);
    uint64_t n = 0;
    for (size_t i = 0; i < replica_rows_n(r); i++) {
        struct row of;
        replica_row_at(r, i, &of);
        must(s->trunk(s->self, &of.log, 1, add_bytes, &n), "trunk");
    }
    return n;
}

static void
apply(unsigned n, bool is_import, bool is_sealed)
{
    clock_goes();
    struct member *hub = &c.m[0];
    struct member *m = joined(0, ROLE_SECRETARY);
    uint64_t own = own_bytes(hub);
    fill(hub, 0, n, is_import);
    own = own_bytes(hub) - own;
    if (is_sealed)
        community_seal(&c);
    struct exchange x = pull(m, hub);
    say("rows_per_s", n / x.wall_s);
    say("cpu_us", x.cpu_s / n * 1e6);
    say("cpu_s", x.cpu_s);
    say("wire_bytes", (double)(x.in + x.out) / n);
    say("wire_ratio", (double)(x.in + x.out) / (double)own);
}

static void
leaders(void)
{
    community_groups(&c, GROUPS);
    for (unsigned i = 0; i < GROUPS; i++)
        joined(FIXTURE_GROUP + i, ROLE_LEADER);
}

/* Households or residents of one group, by its leader. */
static void
people(struct member *m, const char *type, unsigned from, unsigned n)
{
    struct edit_bulk *bulk = NULL;
    uint8_t batch[RECORD_ID_BYTES] = {1};
    clock_goes();
    must(ledger_begin(m->l), "begin");
    struct author a = author_in(m);
    must(edit_bulk_begin(m->l, &a, type, batch, &bulk, NULL), "import");
    for (unsigned i = from; i < from + n; i++) {
        char first[64], phone[16];
        bool is_door = strcmp(type, "household") == 0;
        snprintf(first, sizeof(first), is_door ? "%u-%u-%u01" : "居民%u", i % 40 + 1,
                 i % 4 + 1, i % 30 + 1);
        snprintf(phone, sizeof(phone), "138%08u", i);
        struct assign f[2] = {{is_door ? "door" : "name", first}, {"phone", phone}};
        must(edit_bulk_add(bulk, m->unit, f, 2, NULL), type);
    }
    must(edit_bulk_end(&bulk), "import");
    must(ledger_commit(m->l), "commit");
}

static void
first_copy(void)
{
    clock_goes();
    leaders();
    for (unsigned i = 0; i < GROUPS; i++) {
        struct member *m = &c.m[i + 1];
        unsigned h = HOUSEHOLDS * i / GROUPS, r = RESIDENTS * i / GROUPS;
        people(m, "household", h, HOUSEHOLDS * (i + 1) / GROUPS - h);
        people(m, "resident", r, RESIDENTS * (i + 1) / GROUPS - r);
        member_pull(&c.m[0], m);
    }
    struct exchange x = pull(community_invite(&c, 0, ROLE_SECRETARY), &c.m[0]);
    say("wall_s", x.wall_s);
    say("cpu_s", x.cpu_s);
    say("wire_bytes", (double)x.in);
}

/* What tests/bench/audit.sh audits: N single-record entries of 87 leaders in the centre's
 * store, sealed from time to time. */
static void
history(unsigned n)
{
    clock_goes();
    leaders();
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned from = (unsigned)((uint64_t)n * round / ROUNDS);
        unsigned some = (unsigned)((uint64_t)n * (round + 1) / ROUNDS) - from;
        for (unsigned i = 0; i < GROUPS; i++) {
            unsigned at = some * i / GROUPS;
            fill(&c.m[i + 1], from + at, some * (i + 1) / GROUPS - at, false);
            member_pull(&c.m[0], &c.m[i + 1]);
        }
        clock_goes();
        community_seal(&c);
    }
}

static void
differ(unsigned n)
{
    clock_goes();
    leaders();
    struct member *reader = joined(0, ROLE_SECRETARY);
    for (unsigned i = 0; i < GROUPS; i++)
        fill(&c.m[i + 1], i, n / GROUPS, false);
    for (unsigned i = 0; i < GROUPS; i++)
        member_pull(&c.m[0], &c.m[i + 1]);
    community_seal(&c);
    struct exchange x = pull(reader, &c.m[0]);
    say("same_bytes", (double)x.again);
    uint64_t own = own_bytes(&c.m[0]);
    for (unsigned i = 1; i <= 10; i++) {
        fill(&c.m[i], n + i, 1, false);
        member_pull(&c.m[0], &c.m[i]);
    }
    own = own_bytes(&c.m[0]) - own;
    x = pull(reader, &c.m[0]);
    say("differ_bytes", (double)(x.in + x.out));
    say("over_bytes", (double)(x.in + x.out) - (double)own);
}

int
main(int argc, char **argv)
{
    unsigned n = argc == 4 ? (unsigned)strtoul(argv[3], NULL, 10) : 0;
    const char *what = argc >= 3 ? argv[1] : "";
    bool is_all = strcmp(what, "community") == 0;
    if (crypto_init() != RC_OK || (n == 0 && !is_all)) {
        fprintf(
            stderr,
            "usage: bench_ours bulk|single|apply|entries|sealed|differ|history DIR N\n"
            "       bench_ours community DIR\n");
        return 64;
    }
    if (strcmp(what, "bulk") == 0) {
        local(argv[2], 0, n, IMPORT_TURN, work_import);
        return 0;
    }
    if (strcmp(what, "single") == 0) {
        local(argv[2], WARM, n, 1, work_add);
        return 0;
    }
    community_init_at(&c, argv[2]);
    if (is_all)
        first_copy();
    else if (strcmp(what, "differ") == 0)
        differ(n);
    else if (strcmp(what, "history") == 0)
        history(n);
    else
        apply(n, strcmp(what, "apply") == 0, strcmp(what, "sealed") == 0);
    community_fini(&c);
    if (n > 0 && strcmp(what, "differ") != 0)
        say("file_bytes", hub_file(argv[2]) / n);
    return 0;
}
