/* Whom a beacon makes the daemon call, and whom not. No datagram leaves: what is heard is
 * given by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "node/daemon.h"

#define MEMBERS 7 /* nodes 2 to 8 */
#define WALL_MS 1700000000000u

static char base[64];

static const char *
in_base(const char *name)
{
    static char path[4][256];
    static unsigned turn;
    char *out = path[turn++ % 4];
    (void)snprintf(out, sizeof(path[0]), "%s/%s", base, name);
    return out;
}

static int
set_up(void **state)
{
    (void)state;
    (void)snprintf(base, sizeof(base), "/tmp/linjuli-lan.XXXXXX");
    return mkdtemp(base) == NULL || setenv("LINJULI_STATE", in_base("state"), 1) != 0;
}

static int
tear_down(void **state)
{
    (void)state;
    pid_t p = fork();
    if (p == 0) {
        (void)execlp("rm", "rm", "-rf", base, (char *)NULL);
        _exit(1);
    }
    int status = 1;
    return waitpid(p, &status, 0) == p ? status : 1;
}

static void
sheet(struct buf *out, const char *community, const struct pair *root)
{
    (void)root;
    buf_addf(out, "%s\n", community);
}

static int
no_command(struct node *n, const struct command *c, struct buf *out, struct buf *err)
{
    (void)n;
    (void)c;
    (void)out;
    (void)err;
    return 0;
}

/* One more node, as if it had come. */
static enum rc
work_member(struct node *n, void *arg)
{
    struct author a;
    struct invite i;
    struct pair once, box, log, ack;
    const struct hub hub = {
        .hub = &n->hub, .officer = n->officer, .officers_n = n->officers_n};
    enum rc rc = node_author(n, &a, arg);
    if (rc == RC_OK)
        rc = hub_invite(n->ledger, &hub, &a, "Wang", 0, ROLE_AUDITOR, 60000, &i, arg);
    if (rc != RC_OK)
        return rc;
    pair_new_random(PAIR_BOX, &box);
    pair_new_random(PAIR_SIGN, &log);
    pair_new_random(PAIR_SIGN, &ack);
    struct join j = {.box_key = box.pub, .log_key = log.pub, .ack_key = ack.pub};
    struct grant g = {.log_no = i.log_no, .log = log.pub, .join_box = box.pub};
    pair_from_seed(PAIR_SIGN, i.once_seed, &once);
    auth_join_sign(&g, &i.community, &once, &j.sig);
    memcpy(j.invite, i.no, INVITE_NO_BYTES);
    invite_fini(&i);
    return hub_join(n->ledger, &hub, &j, NULL);
}

static struct daemon *
begin(void)
{
    static const struct serve s = {.run = no_command};
    const struct node_birth b = {
        .dir = in_base("hub"), .community = "Oasis", .person = "Centre", .sheet = sheet};
    struct fault why = {0};
    struct daemon *d = NULL;
    struct node *n = NULL;
    assert_int_equal(node_init(&b, &why), RC_OK);
    assert_int_equal(node_open(in_base("hub"), NODE_WRITE, &n, &why), RC_OK);
    for (unsigned i = 0; i < MEMBERS; i++)
        assert_int_equal(node_turn(n, work_member, &why), RC_OK);
    assert_int_equal(daemon_new(n, &s, &d, &why), RC_OK);
    lan_start(d);
    if (d->lan == NULL) {
        print_message("no multicast on this machine\n");
        skip();
    }
    return d;
}

static void
end(struct daemon *d)
{
    struct node *n = d->node;
    daemon_free(d);
    node_close(n);
}

struct said {
    uint32_t node;
    unsigned host; /* 127.0.0.host */
    uint64_t after_ms;
    bool is_equal, is_hub;
};

static void
hear(struct daemon *d, struct said what)
{
    struct ledger *l = d->node->ledger;
    const struct hash *community = replica_community(ledger_replica(l));
    uint8_t digest[16], nonce[AEAD_NONCE_BYTES];
    struct sockaddr_in from = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(0x7f000000u + what.host)};
    struct buf bytes = BUF_NONE;
    uint32_t epoch = 0;
    struct key key;
    beacon_key(community, 1, ledger_newest_key(l, SCOPE_NO_COMMUNITY, &epoch), &key);
    assert_int_equal(epoch, 1);
    struct beacon b = {.is_hub = what.is_hub,
                       .port = 7431,
                       .node = what.node,
                       .wall_ms = WALL_MS + what.after_ms};
    replica_digest(ledger_replica(l), digest);
    memcpy(b.digest, digest, sizeof(b.digest));
    b.digest[0] ^= !what.is_equal;
    bytes_random(nonce, sizeof(nonce));
    beacon_encode(&b, &key, nonce, &bytes);
    lan_hear(d, buf_slice(&bytes), &from);
    buf_free(&bytes);
}

static size_t
calls(const struct daemon *d)
{
    size_t n = 0;
    for (const struct dial *k = d->dials; k != NULL; k = k->next)
        n += k->lan_node != 0;
    return n;
}

static void
neighbours_that_say_something_else_are_called_five_at_most(void **state)
{
    (void)state;
    struct daemon *d = begin();
    for (uint32_t node = 2; node < 2 + MEMBERS; node++) {
        hear(d, (struct said){.node = node, .host = node});
        hear(d, (struct said){.node = node, .host = node, .after_ms = 1});
        assert_int_equal(calls(d), node - 1 < 5 ? node - 1 : 5);
    }
    assert_int_equal(lan_heard_n(d), MEMBERS);
    assert_string_equal(d->dials->address, "127.0.0.6:7431");
    end(d);
}

static void
who_says_the_same_is_not_called_but_for_the_hub(void **state)
{
    (void)state;
    struct daemon *d = begin();
    hear(d, (struct said){.node = 2, .host = 2, .is_equal = true});
    assert_int_equal(calls(d), 0);
    assert_int_equal(lan_heard_n(d), 1);
    hear(d, (struct said){.node = 3, .host = 3, .is_equal = true, .is_hub = true});
    assert_int_equal(calls(d), 1);
    end(d);
}

static void
itself_and_nobody_are_not_heard(void **state)
{
    (void)state;
    struct daemon *d = begin();
    hear(d, (struct said){.node = 1, .host = 1});
    hear(d, (struct said){.node = 2 + MEMBERS, .host = 9});
    assert_int_equal(lan_heard_n(d), 0);
    assert_int_equal(calls(d), 0);
    end(d);
}

/* Somebody repeats what a node said before, from his own address. */
static void
an_older_beacon_changes_no_address(void **state)
{
    (void)state;
    struct daemon *d = begin();
    hear(d, (struct said){.node = 2, .host = 2, .after_ms = 5, .is_equal = true});
    hear(d, (struct said){.node = 2, .host = 66, .after_ms = 4});
    hear(d, (struct said){.node = 2, .host = 66, .after_ms = 5});
    assert_int_equal(calls(d), 0);
    hear(d, (struct said){.node = 2, .host = 2, .after_ms = 6});
    assert_int_equal(calls(d), 1);
    assert_string_equal(d->dials->address, "127.0.0.2:7431");
    end(d);
}

static void
a_call_that_failed_waits_unless_the_address_is_another(void **state)
{
    (void)state;
    struct daemon *d = begin();
    hear(d, (struct said){.node = 2, .host = 2});
    assert_int_equal(calls(d), 1);
    dial_lost(d->dials, NULL);
    assert_int_equal(calls(d), 0);
    hear(d, (struct said){.node = 2, .host = 2, .after_ms = 1});
    assert_int_equal(calls(d), 0); /* a moment ago nobody answered there */
    hear(d, (struct said){.node = 2, .host = 3, .after_ms = 2});
    assert_int_equal(calls(d), 1);
    assert_string_equal(d->dials->address, "127.0.0.3:7431");
    end(d);
}

static void
what_strangers_say_costs_nothing(void **state)
{
    struct sockaddr_in from = {.sin_family = AF_INET};
    uint8_t bytes[BEACON_BYTES];
    (void)state;
    struct daemon *d = begin();
    for (unsigned i = 0; i < 10000; i++) {
        bytes_random(bytes, sizeof(bytes));
        bytes[0] = i % 3 == 0 ? (uint8_t)i : i % 3 == 1 ? BEACON_KIND : CODE_ASK_KIND;
        lan_hear(d, slice_of(bytes, i % 2 == 0 ? sizeof(bytes) : i % sizeof(bytes)),
                 &from);
    }
    assert_int_equal(lan_heard_n(d), 0);
    assert_int_equal(calls(d), 0);
    end(d);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(neighbours_that_say_something_else_are_called_five_at_most),
        T(who_says_the_same_is_not_called_but_for_the_hub),
        T(itself_and_nobody_are_not_heard),
        T(an_older_beacon_changes_no_address),
        T(a_call_that_failed_waits_unless_the_address_is_another),
        T(what_strangers_say_costs_nothing),
    };
    return crypto_init() == RC_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 70;
}
