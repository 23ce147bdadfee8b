/* Answers that open, and yet do not fit: what an answer says of itself is not believed
 * (JOIN.md section 4, conditions 6 and 7). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "node/clock.h"
#include "node/keys.h"
#include "node/open.h"
#include "schema/hub_in.h"

static char base[64], there[96], hub_dir[96];
static struct node *hub;
static struct buf file; /* the request */
static struct request request;
static struct hash name;
static struct invite good;

static void
sheet(struct buf *out, const char *community, const struct pair *root)
{
    (void)root;
    buf_addf(out, "%s\n", community);
}

static struct hub
hub_of(const struct node *n)
{
    return (struct hub){
        .hub = &n->hub, .officer = n->officer, .officers_n = n->officers_n};
}

static enum rc
work_admit(struct node *n, void *arg)
{
    const struct admit_wish wish = {.person = "王芳", .unit = 0, .role = ROLE_CLERK};
    struct hub h = hub_of(n);
    struct author a;
    struct admitted *out = arg;
    enum rc rc = node_author(n, &a, NULL);
    if (rc == RC_OK)
        rc = hub_upkeep(n->ledger, &h, NULL);
    return rc == RC_OK
               ? hub_admit(n->ledger, &h, &a, &request, &wish, "Centre", out, NULL)
               : rc;
}

static int
set_up(void **state)
{
    const struct request wish = {.person = "王芳", .unit = "0000", .role = "clerk"};
    const struct node_birth b = {
        .dir = hub_dir, .community = "Oasis", .person = "Centre", .sheet = sheet};
    struct fault why = {0};
    (void)state;
    (void)snprintf(base, sizeof(base), "/tmp/linjuli-request.XXXXXX");
    if (crypto_init() != RC_OK || mkdtemp(base) == NULL)
        return 1;
    (void)snprintf(there, sizeof(there), "%s/state", base);
    if (setenv("LINJULI_STATE", there, 1) != 0)
        return 1;
    (void)snprintf(there, sizeof(there), "%s/there", base);
    (void)snprintf(hub_dir, sizeof(hub_dir), "%s/hub", base);
    return node_init(&b, &why) != RC_OK ||
           node_open(hub_dir, NODE_WRITE, &hub, &why) != RC_OK ||
           node_request(there, &wish, &file, &why) != RC_OK ||
           request_decode(buf_slice(&file), &request, &name) != RC_OK;
}

static int
tear_down(void **state)
{
    (void)state;
    node_close(hub);
    invite_fini(&good);
    buf_free(&file);
    pid_t p = fork();
    if (p == 0) {
        (void)execlp("rm", "rm", "-rf", base, (char *)NULL);
        _exit(1);
    }
    int status = 1;
    return waitpid(p, &status, 0) == p ? status : 1;
}

/* What the computer makes of an answer with this body. */
static enum rc
answered(const struct invite *body, enum fault_code *code)
{
    struct buf bytes = BUF_NONE;
    struct fault why = {0};
    struct invite out;
    answer_encode_random(body, &name, &request.box, &bytes);
    enum rc rc = node_answer(there, "answer", buf_slice(&bytes), &out, &why);
    if (rc == RC_OK)
        invite_fini(&out);
    *code = why.code;
    buf_free(&bytes);
    return rc;
}

static void
refused(const struct invite *body)
{
    enum fault_code code = FAULT_NONE;
    char path[160];
    assert_int_equal(answered(body, &code), RC_INVALID);
    assert_int_equal(code, FAULT_ANSWER_FILE);
    assert_true(node_waits(there));
    (void)snprintf(path, sizeof(path), "%s/linjuli.db.new", there);
    assert_int_not_equal(access(path, F_OK), 0);
    (void)snprintf(path, sizeof(path), "%s/node.conf", there);
    assert_int_not_equal(access(path, F_OK), 0);
}

static void
a_log_that_grants_nothing_is_no_answer(void **state)
{
    struct replica *r = ledger_replica(hub->ledger);
    (void)state;
    good = (struct invite){.community = *replica_community(r),
                           .hub_key = hub->hub.pub,
                           .log_no = 2,
                           .node = 2,
                           .made_ms = wall_ms(),
                           .until_ms = UINT64_MAX,
                           .community_name = "Oasis",
                           .person_name = "王芳"};
    refused(&good); /* without any entry */
    assert_int_equal(hub_all_authority(hub->ledger, &good.authority), RC_OK);
    assert_true(good.authority.n > 0);
    refused(&good);
}

static void
admit(void)
{
    struct admitted is;
    assert_int_equal(node_turn(hub, work_admit, &is), RC_OK);
    assert_int_equal(is.is.state, ORDER_WRITTEN);
    good.log_no = is.log_no;
    good.node = is.node;
    good.authority.n = 0;
    assert_int_equal(hub_all_authority(hub->ledger, &good.authority), RC_OK);
}

static void
each_thing_it_says_has_to_be_so(void **state)
{
    (void)state;
    admit();
    good.community.b[5] ^= 1;
    refused(&good);
    good.community.b[5] ^= 1;
    good.hub_key.b[5] ^= 1;
    refused(&good);
    good.hub_key.b[5] ^= 1;
    good.log_no++;
    refused(&good);
    good.log_no--;
    good.node++;
    refused(&good);
    good.node--;
}

static bool
add_entry(void *arg, const struct stored *stored)
{
    struct buf *out = arg;
    buf_add_u32(out, (uint32_t)stored->bytes.n);
    buf_add_slice(out, stored->bytes);
    return true;
}

/* A good entry, that is no business of the centre's word. */
static void
nothing_else_comes_in_by_it(void **state)
{
    const struct sync_store *store = log_store_port(hub->ledger->log);
    size_t n = good.authority.n;
    (void)state;
    assert_int_equal(
        store->trunk(store->self, &hub->log[0].pub, 1, add_entry, &good.authority),
        RC_OK);
    assert_true(good.authority.n > n);
    refused(&good);
    good.authority.n = n;
}

static void
its_entries_have_to_hold(void **state)
{
    size_t n = good.authority.n;
    (void)state;
    for (size_t at = 4; at < n; at += 41) {
        good.authority.p[at] ^= 1;
        refused(&good);
        good.authority.p[at] ^= 1;
    }
    good.authority.p[5] = ENTRY_DATA; /* kind */
    refused(&good);
    good.authority.p[5] = ENTRY_AUTHORITY;
    buf_add_u32(&good.authority, 1);
    buf_add_u8(&good.authority, 1);
    refused(&good);
    good.authority.n = n;
}

static void
the_clock_has_to_be_near(void **state)
{
    enum fault_code code = FAULT_NONE;
    (void)state;
    good.made_ms += UINT64_C(2) * 3600000;
    assert_int_equal(answered(&good, &code), RC_DENIED);
    assert_int_equal(code, FAULT_INVITE_CLOCK);
    good.made_ms -= UINT64_C(2) * 3600000;
}

static void
then_it_counts_at_once(void **state)
{
    enum fault_code code = FAULT_NONE;
    struct node *n = NULL;
    struct author a;
    struct fault why = {0};
    (void)state;
    assert_int_equal(answered(&good, &code), RC_OK);
    assert_false(node_waits(there));
    assert_int_equal(node_open(there, NODE_WRITE, &n, &why), RC_OK);
    assert_int_equal(node_author(n, &a, &why), RC_OK);
    assert_int_equal(node_number(n), good.node);
    assert_false(node_needs_join(n));
    const struct log_state *log =
        replica_log_by_key(ledger_replica(n->ledger), &request.log);
    assert_true(log != NULL && !log->is_assumed);
    assert_true(ledger_can_read(n->ledger, 1) && ledger_can_read(n->ledger, 2));
    node_close(n);
    assert_int_equal(answered(&good, &code), RC_INVALID);
    assert_int_equal(code, FAULT_NODE_THERE);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_log_that_grants_nothing_is_no_answer),
        cmocka_unit_test(each_thing_it_says_has_to_be_so),
        cmocka_unit_test(nothing_else_comes_in_by_it),
        cmocka_unit_test(its_entries_have_to_hold),
        cmocka_unit_test(the_clock_has_to_be_near),
        cmocka_unit_test(then_it_counts_at_once),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
