/* Histories that somebody has tampered with, one line each: what was changed, by whom,
 * what the audit must say and which place it must name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "schema/audit.h"
#include "schema/hub_in.h"
#include "schema/schema.h"
#include "tests/lib/ledger_fixture.h"

#define assert_ok(call) assert_int_equal((call), RC_OK)
#define NONE VERIFY_NONE
#define DAY_MS 86400000ull

static char base[64];
static struct community town;
static struct record_key kept; /* a record of the first leader */
static uint64_t sealed_to;     /* of log 2 */
static uint64_t wall_size;
static struct hash wall_root;
static uint64_t first_size; /* of seal 1 */
static struct hash first_root;

/* ---- files */

static void
path_of(const char *dir, const char *name, char out[static 128])
{
    snprintf(out, 128, "%s/%s", dir, name);
}

static void
copy_file(const char *from, const char *to)
{
    static char bytes[1 << 16];
    FILE *in = fopen(from, "rb");
    FILE *out = fopen(to, "wb");
    assert_true(in != NULL && out != NULL);
    for (size_t n; (n = fread(bytes, 1, sizeof(bytes), in)) > 0;)
        assert_int_equal(fwrite(bytes, 1, n, out), n);
    fclose(in);
    assert_int_equal(fclose(out), 0);
}

static void
empty_dir(const char *dir)
{
    static const char *const name[] = {"0.db",     "0.db-wal", "0.db-shm", "1.db",
                                       "1.db-wal", "1.db-shm", "2.db",     "2.db-wal",
                                       "2.db-shm", "3.db",     "3.db-wal", "3.db-shm"};
    char path[128];
    for (size_t i = 0; i < sizeof(name) / sizeof(name[0]); i++) {
        path_of(dir, name[i], path);
        (void)unlink(path);
    }
    (void)rmdir(dir);
}

/* ---- one history, made once: a hub, two groups, seals, and something after them */

static void
remember_first(void)
{
    struct tree *t = NULL;
    assert_ok(tree_open(town.m[0].l, &t));
    assert_int_equal(tree_seal_no(t), 1);
    first_size = tree_size(t);
    first_root = *tree_root(t);
    tree_close(t);
}

static int
found(void **state)
{
    (void)state;
    snprintf(base, sizeof(base), "/tmp/linjuli-audit.XXXXXX");
    assert_non_null(mkdtemp(base));
    community_init_at(&town, base);
    community_groups(&town, 2);
    for (uint32_t i = 0; i < 2; i++) {
        struct member *m = community_invite(&town, FIXTURE_GROUP + i, ROLE_LEADER);
        assert_ok(community_join(&town, m));
    }
    community_sync(&town);
    for (int i = 0; i < 6; i++) {
        char text[16];
        snprintf(text, sizeof(text), "第%d件", i);
        town.wall_ms += 60000;
        kept = member_add(&town.m[1], "need", FIXTURE_GROUP, "title", text);
        member_add(&town.m[2], "need", FIXTURE_GROUP + 1, "title", text);
        community_sync(&town);
        if (i % 2 == 1)
            community_seal(&town);
        if (i == 1)
            remember_first();
    }
    community_sync(&town);
    sealed_to = member_log(&town.m[1])->seal_seq;
    member_set(&town.m[1], &kept, "need", "title", "改了");
    member_add(&town.m[1], "need", FIXTURE_GROUP, "title", "封后一件");
    community_sync(&town);
    for (size_t i = 0; i < town.n; i++) {
        ledger_close(town.m[i].l);
        town.m[i].l = NULL;
    }
    return 0;
}

static int
leave(void **state)
{
    (void)state;
    community_fini(&town);
    empty_dir(base);
    return 0;
}

/* ---- what a case works on */

struct place {
    char dir[96], db[128];
    sqlite3 *raw; /* of somebody at the keyboard */
    struct member *hub;
    struct audit_setup setup;
    struct audit_since since;
};

static struct member *
hub_opened(struct place *p)
{
    if (p->hub == NULL) {
        p->hub = &town.m[0];
        assert_ok(member_open(p->hub));
    }
    return p->hub;
}

static void
raw_run(struct place *p, const char *sql)
{
    char *why = NULL;
    if (sqlite3_exec(p->raw, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", sql, why);
}

static int64_t
raw_number(struct place *p, const char *sql, const struct key *key)
{
    sqlite3_stmt *s = NULL;
    assert_int_equal(sqlite3_prepare_v2(p->raw, sql, -1, &s, NULL), SQLITE_OK);
    if (key != NULL)
        sqlite3_bind_blob(s, 1, key->b, KEY_BYTES, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return n;
}

/* Logs by number in the report; 0: the hub's authority log. */
static const struct key *
key_of(unsigned log)
{
    return log == 0 ? &town.hub_key.pub : &town.m[log - 1].log.pub;
}

static int64_t
short_no(struct place *p, unsigned log)
{
    return raw_number(p, "SELECT n FROM log_name WHERE key = ?1", key_of(log));
}

static int64_t
row_of(struct place *p, unsigned log, uint64_t seq)
{
    return short_no(p, log) << 40 | (int64_t)seq;
}

static void
raw_get(struct place *p, int64_t k, const char *column, struct buf *out)
{
    char sql[96];
    sqlite3_stmt *s = NULL;
    snprintf(sql, sizeof(sql), "SELECT %s FROM log_entry WHERE k = ?1", column);
    assert_int_equal(sqlite3_prepare_v2(p->raw, sql, -1, &s, NULL), SQLITE_OK);
    sqlite3_bind_int64(s, 1, k);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    buf_add(out, sqlite3_column_blob(s, 0), (size_t)sqlite3_column_bytes(s, 0));
    sqlite3_finalize(s);
}

static void
raw_put(struct place *p, int64_t k, const char *column, const struct buf *b)
{
    char sql[96];
    sqlite3_stmt *s = NULL;
    snprintf(sql, sizeof(sql), "UPDATE log_entry SET %s = ?2 WHERE k = ?1", column);
    assert_int_equal(sqlite3_prepare_v2(p->raw, sql, -1, &s, NULL), SQLITE_OK);
    sqlite3_bind_int64(s, 1, k);
    sqlite3_bind_blob(s, 2, b->p, (int)b->n, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(s), SQLITE_DONE);
    sqlite3_finalize(s);
}

static void
flip(struct place *p, unsigned log, uint64_t seq, const char *column, size_t at)
{
    struct buf b = BUF_NONE;
    int64_t k = row_of(p, log, seq);
    raw_get(p, k, column, &b);
    assert_true(at < b.n);
    b.p[at] ^= 0x01;
    raw_put(p, k, column, &b);
    buf_free(&b);
}

static uint64_t
top_of(struct place *p, unsigned log)
{
    char sql[128];
    int64_t n = short_no(p, log);
    snprintf(sql, sizeof(sql), "SELECT max(k) FROM log_entry WHERE k >> 40 = %lld",
             (long long)n);
    return (uint64_t)raw_number(p, sql, NULL) & ((UINT64_C(1) << 40) - 1);
}

static void
drop(struct place *p, unsigned log, uint64_t from, uint64_t to)
{
    char sql[128];
    snprintf(sql, sizeof(sql), "DELETE FROM log_entry WHERE k BETWEEN %lld AND %lld",
             (long long)row_of(p, log, from), (long long)row_of(p, log, to));
    raw_run(p, sql);
}

static void
set_state(struct place *p, unsigned log, const char *value)
{
    char sql[192];
    snprintf(sql, sizeof(sql), "UPDATE log_name SET state = %s WHERE n = %lld", value,
             (long long)short_no(p, log));
    raw_run(p, sql);
}

/* ---- changes by hand, in the file */

static void
nothing(struct place *p)
{
    (void)p;
}
static void
bit_clock(struct place *p)
{
    flip(p, 2, 2, "head", 87);
}
static void
bit_seq(struct place *p)
{
    flip(p, 2, 2, "head", 47);
}
static void
bit_log(struct place *p)
{
    flip(p, 2, 2, "head", 9);
}
static void
bit_format(struct place *p)
{
    flip(p, 2, 2, "head", 0);
}
static void
bit_kind(struct place *p)
{
    flip(p, 2, 2, "head", 1);
}
static void
bit_prev(struct place *p)
{
    flip(p, 2, 2, "head", 60);
}
static void
bit_mark(struct place *p)
{
    flip(p, 2, 2, "head", 90);
}
static void
bit_root(struct place *p)
{
    flip(p, 2, 2, "head", 100);
}
static void
bit_items(struct place *p)
{
    flip(p, 2, 2, "head", 5);
}
static void
bit_sig(struct place *p)
{
    flip(p, 2, 2, "head", 130);
}
static void
bit_last(struct place *p)
{
    flip(p, 2, top_of(p, 2), "head", 180);
}
static void
bit_item(struct place *p)
{
    flip(p, 3, 4, "body", 60);
}
static void
bit_body(struct place *p)
{
    flip(p, 3, 4, "body", 0);
}
static void
hub_bit_sig(struct place *p)
{
    flip(p, 0, 3, "head", 150);
}
static void
hub_bit_item(struct place *p)
{
    flip(p, 0, 2, "body", 30);
}
static void
hub_bit_first(struct place *p)
{
    flip(p, 0, 1, "head", 150);
}

static void
short_body(struct place *p)
{
    struct buf b = BUF_NONE;
    raw_get(p, row_of(p, 3, 4), "body", &b);
    b.n -= 3;
    raw_put(p, row_of(p, 3, 4), "body", &b);
    buf_free(&b);
}

static void
swap_column(struct place *p, const char *column)
{
    struct buf one = BUF_NONE;
    struct buf two = BUF_NONE;
    raw_get(p, row_of(p, 2, 2), column, &one);
    raw_get(p, row_of(p, 2, 3), column, &two);
    raw_put(p, row_of(p, 2, 2), column, &two);
    raw_put(p, row_of(p, 2, 3), column, &one);
    buf_free(&one);
    buf_free(&two);
}
static void
swap_bodies(struct place *p)
{
    swap_column(p, "body");
}
static void
swap_entries(struct place *p)
{
    swap_column(p, "head");
    swap_column(p, "body");
}

static void
drop_middle(struct place *p)
{
    drop(p, 2, 3, 3);
}
static void
drop_first(struct place *p)
{
    drop(p, 2, 1, 1);
}
static void
drop_two(struct place *p)
{
    drop(p, 3, 2, 3);
}
static void
cut_tail(struct place *p)
{
    drop(p, 2, top_of(p, 2), top_of(p, 2));
}
static void
cut_sealed(struct place *p)
{
    drop(p, 2, 3, 99);
}
static void
cut_all(struct place *p)
{
    drop(p, 2, 1, 99);
}
static void
cut_hub(struct place *p)
{
    drop(p, 0, top_of(p, 0), top_of(p, 0));
}
static void
cut_told(struct place *p)
{
    drop(p, 2, 3, 99);
    set_state(p, 2, "x''");
}
static void
cut_and_hide(struct place *p)
{
    drop(p, 2, 3, 99);
    set_state(p, 2, "x''");
    p->setup.chain = true; /* the tables would tell */
}
static void
drop_log(struct place *p)
{
    char sql[96];
    int64_t n = short_no(p, 2);
    drop(p, 2, 1, 99);
    snprintf(sql, sizeof(sql), "DELETE FROM log_name WHERE n = %lld", (long long)n);
    raw_run(p, sql);
    p->setup.chain = true;
}
static void
state_head(struct place *p)
{
    set_state(p, 2,
              "CAST(substr(state, 1, 20) || x'ffffffff' || substr(state, 25) AS BLOB)");
}
static void
state_short(struct place *p)
{
    set_state(p, 2, "substr(state, 1, 60)");
}
static void
state_other(struct place *p)
{
    char sql[96];
    snprintf(sql, sizeof(sql), "(SELECT state FROM log_name WHERE n = %lld)",
             (long long)short_no(p, 3));
    set_state(p, 2, sql);
}

static void
row_text(struct place *p)
{
    raw_run(p,
            "UPDATE t_need SET f_title = '假的' WHERE no = (SELECT min(no) FROM t_need)");
}
static void
row_gone(struct place *p)
{
    raw_run(p, "DELETE FROM t_need WHERE no = (SELECT min(no) FROM t_need)");
}
static void
record_gone(struct place *p)
{
    raw_run(p, "DELETE FROM record WHERE type = (SELECT type FROM record WHERE no = "
               "(SELECT min(no) FROM t_need)) AND no = (SELECT max(no) FROM t_need)");
}
static void
row_added(struct place *p)
{
    raw_run(p, "INSERT INTO t_need(no, f_title) VALUES (9999, '多的')");
}
static void
record_unit(struct place *p)
{
    raw_run(p, "UPDATE record SET unit = 302 WHERE no = (SELECT min(no) FROM t_need)");
}
static void
record_item(struct place *p)
{
    raw_run(p, "DELETE FROM record_item");
}
static void
beside_garbage(struct place *p)
{
    char sql[160];
    snprintf(sql, sizeof(sql),
             "INSERT INTO log_loose VALUES (%lld, randomblob(32), 4, randomblob(300))",
             (long long)short_no(p, 2));
    raw_run(p, sql);
}

static void
withhold(struct place *p)
{
    struct buf all = BUF_NONE;
    struct buf less = BUF_NONE;
    struct entry e;
    int64_t k = row_of(p, 2, 2);
    raw_get(p, k, "head", &all);
    raw_get(p, k, "body", &all);
    assert_ok(entry_decode(buf_slice(&all), &e));
    entry_erase(&e, 0, &less);
    buf_drop(&less, ENTRY_HEAD_BYTES);
    raw_put(p, k, "body", &less);
    buf_free(&all);
    buf_free(&less);
}

static void
break_page(struct place *p)
{
    sqlite3_close(p->raw);
    p->raw = NULL;
    FILE *f = fopen(p->db, "r+b");
    assert_non_null(f);
    fseek(f, 0, SEEK_END);
    long pages = ftell(f) / 8192;
    for (long i = 4; i < pages; i++) { /* wherever: page heads */
        fseek(f, i * 8192, SEEK_SET);
        fwrite("\x77\x77\x77\x77\x77\x77\x77\x77", 1, 8, f);
    }
    fclose(f);
}

static void
no_database(struct place *p)
{
    sqlite3_close(p->raw);
    p->raw = NULL;
    FILE *f = fopen(p->db, "r+b");
    assert_non_null(f);
    fwrite("no database at all", 1, 18, f);
    fclose(f);
}

static void
no_history(struct place *p)
{
    raw_run(p, "DELETE FROM log_entry; DELETE FROM log_name; DELETE FROM log_loose");
    p->setup.chain = true;
}
static void
no_community(struct place *p)
{
    no_history(p);
    raw_run(p, "DELETE FROM local_setting WHERE name = 'community'");
}

/* ---- changes by those who hold keys */

static void
seen_now(struct place *p, struct hash *seen)
{
    uint64_t pos = 0;
    assert_true(
        authority_head(replica_authority(ledger_replica(hub_opened(p)->l)), seen, &pos));
}

static struct auth_op *
decree(struct place *p, struct decree *d, enum auth_code code)
{
    struct ledger *l = hub_opened(p)->l;
    assert_ok(ledger_begin(l));
    assert_ok(decree_begin(d, l, &town.hub_key));
    return decree_next(d, code);
}

static void
proclaim(struct place *p, struct decree *d)
{
    assert_ok(decree_add(d));
    assert_ok(decree_end(d));
    assert_ok(ledger_settle(p->hub->l));
    assert_ok(ledger_commit(p->hub->l));
}

static struct hash
id_at(struct place *p, const struct key *log, uint64_t seq)
{
    struct buf e = BUF_NONE;
    struct ledger *l = hub_opened(p)->l;
    assert_ok(log_entry_at(l->log, log_row(log_number(l->log, log), seq), &e));
    struct hash id = entry_id(buf_slice(&e));
    buf_free(&e);
    return id;
}

static void
revoke_by(struct place *p, const struct pair *officer, uint32_t log_no, uint64_t seq,
          const struct hash *seen)
{
    struct decree d;
    struct auth_op *op = decree(p, &d, AUTH_REVOKE);
    op->line.log_no = log_no;
    op->line.seq = seq;
    op->line.id = id_at(p, &town.m[1].log.pub, seq);
    if (officer != NULL)
        decree_sign(&d, officer, seen);
    else
        op->order.is_there = true, op->order.seen = *seen;
    proclaim(p, &d);
}

static void
few_officers(struct place *p)
{
    struct hash seen;
    seen_now(p, &seen);
    revoke_by(p, NULL, 2, 3, &seen);
}
static void
strange_officer(struct place *p)
{
    struct pair other;
    struct hash seen;
    seen_now(p, &seen);
    pair_new_random(PAIR_SIGN, &other);
    revoke_by(p, &other, 2, 3, &seen);
}
static void
stale_order(struct place *p)
{
    struct hash seen = {{7}};
    (void)hub_opened(p);
    revoke_by(p, &town.officer, 2, 3, &seen);
}
static void
no_such_log(struct place *p)
{
    struct hash seen;
    seen_now(p, &seen);
    revoke_by(p, &town.officer, 77, 3, &seen);
}
static void
replayed(struct place *p)
{
    struct hash seen;
    seen_now(p, &seen);
    revoke_by(p, &town.officer, 2, top_of(p, 2), &seen);
    revoke_by(p, &town.officer, 2, top_of(p, 2), &seen);
}
static void
forged_order(struct place *p)
{
    struct decree d;
    struct hash seen;
    seen_now(p, &seen);
    struct auth_op *op = decree(p, &d, AUTH_REVOKE);
    op->line.log_no = 2;
    op->line.seq = 3;
    op->line.id = id_at(p, &town.m[1].log.pub, 3);
    decree_sign(&d, &town.officer, &seen);
    op->order.sig[0].b[5] ^= 1;
    proclaim(p, &d);
}
static void
unknown_code(struct place *p)
{
    struct decree d;
    struct auth_op *op = decree(p, &d, AUTH_SCHEMA);
    op->schema = 1;
    (void)op;
    static const uint8_t item[] = {0, 0, 0, 0, 0, 0, 0, 0, 0x92, 0x63, 0x01};
    entry_add(&d.writer, slice_of(item, sizeof(item)));
    assert_ok(decree_end(&d));
    assert_ok(ledger_settle(p->hub->l));
    assert_ok(ledger_commit(p->hub->l));
}
static void
ended(struct place *p)
{
    struct hash seen;
    seen_now(p, &seen);
    revoke_by(p, &town.officer, 2, top_of(p, 2), &seen);
}
static void
ended_below(struct place *p)
{
    struct hash seen;
    seen_now(p, &seen);
    revoke_by(p, &town.officer, 2, sealed_to, &seen);
}
static void
lost_node(struct place *p)
{
    struct decree d;
    struct hash seen;
    struct buf lines = BUF_NONE;
    seen_now(p, &seen);
    struct line line = {.log_no = 2, .seq = top_of(p, 2)};
    line.id = id_at(p, &town.m[1].log.pub, line.seq);
    auth_lost_add(&lines, &line);
    struct auth_op *op = decree(p, &d, AUTH_LOST);
    op->node = town.m[1].invite.node;
    op->lines = buf_slice(&lines);
    op->lines_n = 1;
    decree_sign(&d, &town.officer, &seen);
    proclaim(p, &d);
    buf_free(&lines);
}

static void
grant_it(struct place *p, uint64_t from, bool invite)
{
    struct decree d;
    struct hash seen;
    seen_now(p, &seen);
    const struct log_state *log = replica_log(ledger_replica(p->hub->l), 2);
    struct grant g = {.log_no = invite ? 9 : 2,
                      .log = log->key,
                      .node = invite ? 9 : log->node,
                      .post = invite ? 9 : log->post,
                      .unit = FIXTURE_GROUP,
                      .role = ROLE_LEADER,
                      .from = from};
    memcpy(g.person, log->person, RECORD_ID_BYTES);
    if (invite) {
        struct pair once;
        pair_new_random(PAIR_SIGN, &once);
        g.is_invite = true;
        g.has_join = true;
        g.once = once.pub;
        pair_new_random(PAIR_SIGN, &once); /* another one signs */
        g.log = once.pub;
        g.join_box = town.m[1].box.pub;
        struct hash community = *replica_community(ledger_replica(p->hub->l));
        auth_join_sign(&g, &community, &once, &g.join_sig);
    }
    struct auth_op *op = decree(p, &d, AUTH_GRANT);
    op->grant = g;
    decree_sign(&d, &town.officer, &seen);
    proclaim(p, &d);
}
static void
below_seal(struct place *p)
{
    grant_it(p, 2, false);
}
static void
forged_grant(struct place *p)
{
    grant_it(p, 1, true);
}
static void
other_grant(struct place *p)
{
    struct decree d;
    struct hash seen;
    seen_now(p, &seen);
    struct auth_op *op = decree(p, &d, AUTH_GRANT);
    op->grant = (struct grant){.log_no = 3, /* the key is that of log 2 */
                               .log = town.m[1].log.pub,
                               .node = 2,
                               .post = 2,
                               .unit = FIXTURE_GROUP,
                               .role = ROLE_LEADER,
                               .from = 90};
    decree_sign(&d, &town.officer, &seen);
    proclaim(p, &d);
}

/* A whole entry of log 2 behind its head, as its holder might write it. */
static void
own_entry(struct place *p, uint64_t seq, const struct hash *prev, uint64_t clock,
          bool broken, struct buf *out, struct hash *id)
{
    struct ledger *l = hub_opened(p)->l;
    struct entry_writer w;
    struct buf item = BUF_NONE;
    uint8_t nonce[ITEM_NONCE_BYTES];
    const struct key *key = ledger_scope_key(l, 1, 1);
    struct item_place at = {.log = town.m[1].log.pub, .seq = seq};
    struct entry head = {.kind = ENTRY_DATA,
                         .schema = 1,
                         .log = town.m[1].log.pub,
                         .seq = seq,
                         .prev = *prev,
                         .clock = clock};
    struct hash seen;
    uint64_t pos;
    assert_true(authority_head(replica_authority(ledger_replica(l)), &seen, &pos));
    memcpy(head.mark, seen.b, 8);
    bytes_random(nonce, sizeof(nonce));
    item_seal(1, 1, key, nonce, &at, slice_text("\x91\x01"), &item);
    entry_writer_init(&w);
    entry_add(&w, buf_slice(&item));
    entry_finish(&w, &head, replica_community(ledger_replica(l)), &town.m[1].log, out,
                 id);
    if (broken) {
        out->p[ENTRY_HEADER_BYTES + 3] ^= 1;
        *id = entry_id(buf_slice(out));
    }
    entry_writer_fini(&w);
    buf_free(&item);
}

static void
take_in(struct place *p, const struct buf *e)
{
    enum offer what = OFFER_UNKNOWN;
    struct ledger *l = hub_opened(p)->l;
    assert_ok(ledger_begin(l));
    assert_ok(replica_offer(ledger_replica(l), buf_slice(e), &what));
    assert_ok(ledger_settle(l));
    assert_ok(ledger_commit(l));
}

static void
write_at(struct place *p, uint64_t ms)
{
    struct buf e = BUF_NONE;
    struct hash id;
    const struct log_state *log = replica_log(ledger_replica(hub_opened(p)->l), 2);
    struct hash prev = log->head;
    own_entry(p, log->head_seq + 1, &prev, ms << 16, false, &e, &id);
    take_in(p, &e);
    buf_free(&e);
}
static void
back_dated(struct place *p)
{
    (void)hub_opened(p);
    write_at(p, town.wall_ms - 3 * DAY_MS);
}
static void
unreadable(struct place *p)
{
    (void)hub_opened(p);
    write_at(p, town.wall_ms + 1000);
}
static void
ahead(struct place *p)
{
    (void)hub_opened(p);
    write_at(p, town.wall_ms + 3 * DAY_MS);
    uint64_t n = 0;
    assert_ok(ledger_begin(p->hub->l));
    assert_ok(hub_seal(p->hub->l, &town.hub, &n));
    assert_ok(ledger_commit(p->hub->l));
}

static void
forked(struct place *p)
{
    struct buf e = BUF_NONE;
    struct hash id;
    struct ledger *l = hub_opened(p)->l;
    const struct log_state *log = replica_log(ledger_replica(l), 2);
    uint64_t seq = log->head_seq;
    struct hash prev = id_at(p, &log->key, seq - 1);
    own_entry(p, seq, &prev, log->head_clock + 5, false, &e, &id);
    take_in(p, &e);
    assert_true(replica_log(ledger_replica(l), 2)->proof.seq > 0);
    buf_free(&e);
}
static void
fork_ended(struct place *p)
{
    struct hash seen;
    forked(p);
    seen_now(p, &seen);
    revoke_by(p, &town.officer, 2, sealed_to, &seen);
}

static void
seal_by_hand(struct place *p, uint64_t no, int size_off, int root_off,
             const struct line *with)
{
    struct decree d;
    struct buf lines = BUF_NONE;
    struct seal_draft draft;
    struct ledger *l = hub_opened(p)->l;
    assert_ok(replica_draft_seal(ledger_replica(l), &draft));
    for (size_t i = 0; i < draft.n && with == NULL; i++)
        auth_line_add(&lines, &draft.line[i]);
    if (with != NULL)
        auth_line_add(&lines, with);
    uint32_t n = with != NULL ? 1 : (uint32_t)draft.n;
    uint64_t size = draft.tree_size + (uint64_t)(int64_t)size_off;
    struct hash root = draft.root;
    root.b[0] ^= (uint8_t)root_off;
    struct auth_op *op = decree(p, &d, AUTH_SEAL);
    op->seal_no = no;
    op->tree_size = size;
    op->hash = root;
    op->lines = buf_slice(&lines);
    op->lines_n = n;
    proclaim(p, &d);
    buf_free(&lines);
}
static uint64_t
next_seal(struct place *p)
{
    return authority_seal_no(replica_authority(ledger_replica(hub_opened(p)->l))) + 1;
}
static void
good_seal(struct place *p)
{
    seal_by_hand(p, next_seal(p), 0, 0, NULL);
}
static void
wrong_root(struct place *p)
{
    seal_by_hand(p, next_seal(p), 0, 1, NULL);
}
static void
wrong_size(struct place *p)
{
    seal_by_hand(p, next_seal(p), 1, 0, NULL);
}
static void
same_number(struct place *p)
{
    seal_by_hand(p, next_seal(p) - 1, 0, 0, NULL);
}
static void
two_roots(struct place *p)
{
    seal_by_hand(p, next_seal(p), 0, 0, NULL);
    struct seal_draft draft;
    assert_ok(replica_draft_seal(ledger_replica(p->hub->l), &draft));
    /* the size of the one before, and another root */
    uint64_t now = draft.tree_size;
    (void)now;
    seal_by_hand(p, next_seal(p), -1, 1, NULL);
}
static void
sealed_badly(struct place *p)
{
    struct buf e = BUF_NONE;
    struct line line = {.log_no = 2};
    struct ledger *l = hub_opened(p)->l;
    const struct log_state *log = replica_log(ledger_replica(l), 2);
    struct hash prev = log->head;
    line.seq = log->head_seq + 1;
    own_entry(p, line.seq, &prev, log->head_clock + 5, true, &e, &line.id);
    seal_by_hand(p, next_seal(p), 1, 0, &line);
    take_in(p, &e);
    assert_int_equal(replica_log(ledger_replica(l), 2)->seal_seq, line.seq);
    buf_free(&e);
}
static void
seal_ahead(struct place *p)
{
    struct line line = {.log_no = 2, .seq = 60, .id = {{9}}};
    seal_by_hand(p, next_seal(p), 0, 0, &line);
}

static void
hub_entry(struct place *p, const struct pair *by, uint64_t seq, const struct hash *prev,
          uint8_t code, struct buf *out)
{
    struct entry_writer w;
    struct hash id;
    uint8_t item[] = {0, 0, 0, 0, 0, 0, 0, 0, 0x92, 0x63, code};
    struct entry head = {.kind = ENTRY_AUTHORITY,
                         .schema = 1,
                         .log = by->pub,
                         .seq = seq,
                         .prev = *prev,
                         .clock = town.wall_ms << 16};
    entry_writer_init(&w);
    entry_add(&w, slice_of(item, sizeof(item)));
    entry_finish(&w, &head, replica_community(ledger_replica(hub_opened(p)->l)), by, out,
                 &id);
    entry_writer_fini(&w);
}
static void
hub_forked(struct place *p)
{
    struct buf e = BUF_NONE;
    struct hash prev;
    struct ledger *l = hub_opened(p)->l;
    uint64_t top = replica_trunk_n(ledger_replica(l), &town.hub_key.pub);
    prev = id_at(p, &town.hub_key.pub, top - 1);
    hub_entry(p, &town.hub_key, top, &prev, 7, &e);
    take_in(p, &e);
    buf_free(&e);
}
static void
succeed_by(struct place *p, const struct pair *hub, uint64_t seq)
{
    struct auth_op *op = mem_new(sizeof(*op));
    struct entry_writer w;
    struct buf item = BUF_NONE;
    struct buf e = BUF_NONE;
    struct hash id;
    struct ledger *l = hub_opened(p)->l;
    const struct hash *community = replica_community(ledger_replica(l));
    op->code = AUTH_SUCCEED;
    op->reign = 2;
    op->reign_seq = seq;
    op->reign_id = id_at(p, &town.hub_key.pub, seq);
    op->hub_key = hub->pub;
    auth_root_sign(op, community, NULL, &town.root, &op->root_sig);
    buf_add_u64(&item, 0);
    auth_op_encode(op, &item);
    struct entry head = {.kind = ENTRY_AUTHORITY,
                         .schema = 1,
                         .log = hub->pub,
                         .seq = 1,
                         .clock = (town.wall_ms + 60000) << 16};
    entry_writer_init(&w);
    entry_add(&w, buf_slice(&item));
    entry_finish(&w, &head, community, hub, &e, &id);
    entry_writer_fini(&w);
    take_in(p, &e);
    buf_free(&item);
    buf_free(&e);
    mem_free(op);
}
static void
reign_ended(struct place *p)
{
    struct pair next;
    hub_forked(p);
    pair_new_random(PAIR_SIGN, &next);
    succeed_by(p, &next,
               replica_trunk_n(ledger_replica(p->hub->l), &town.hub_key.pub) - 1);
}
static void
frozen(struct place *p)
{
    struct pair next;
    uint64_t top = replica_trunk_n(ledger_replica(hub_opened(p)->l), &town.hub_key.pub);
    pair_new_random(PAIR_SIGN, &next);
    succeed_by(p, &next, top);
    pair_new_random(PAIR_SIGN, &next);
    succeed_by(p, &next, top);
}
static void
erased(struct place *p)
{
    struct decree d;
    struct hash seen;
    struct buf items = BUF_NONE;
    seen_now(p, &seen);
    struct erased_name name = {.log_no = 2, .seq = sealed_to, .index = 0};
    auth_erased_add(&items, &name);
    name.seq++; /* what was changed of it later */
    auth_erased_add(&items, &name);
    struct auth_op *op = decree(p, &d, AUTH_ERASE);
    op->scope = kept.scope;
    op->unit = kept.unit;
    memcpy(op->record, kept.id, RECORD_ID_BYTES);
    op->reason = 1;
    op->request = slice_text("2026-1");
    op->items = buf_slice(&items);
    op->items_n = 2;
    decree_sign(&d, &town.officer, &seen);
    proclaim(p, &d);
    buf_free(&items);
}

static void
erase_pending(struct place *p)
{
    struct buf body = BUF_NONE;
    raw_get(p, row_of(p, 2, sealed_to), "body", &body);
    erased(p);
    ledger_close(p->hub->l);
    p->hub->l = NULL;
    p->hub = NULL;
    raw_put(p, row_of(p, 2, sealed_to), "body", &body);
    buf_free(&body);
}

/* ---- what is held against it from outside */

static void
wall(struct place *p, uint64_t size, int off)
{
    p->setup.has_wall = true;
    p->setup.wall_size = size;
    p->setup.wall_root = wall_root;
    p->setup.wall_root.b[4] ^= (uint8_t)off;
}
static void
wall_same(struct place *p)
{
    wall(p, wall_size, 0);
}
static void
wall_newer(struct place *p)
{
    wall(p, wall_size + 5, 0);
}
static void
wall_other(struct place *p)
{
    wall(p, wall_size, 1);
}
static void
wall_older(struct place *p)
{
    wall(p, first_size, 0);
    p->setup.wall_root = first_root;
}
static void
wall_older_other(struct place *p)
{
    wall(p, first_size, 0); /* the newest root under the size of an older seal */
}
static void
wall_never(struct place *p)
{
    wall(p, wall_size - 1, 0);
}
static void
since(struct place *p, uint64_t seq, int off)
{
    p->since.head = mem_new(sizeof(*p->since.head));
    p->since.heads_n = 1;
    p->since.head[0].log = town.m[1].log.pub;
    p->since.head[0].seq = seq;
    if (seq < 50) {
        struct buf e = BUF_NONE;
        raw_get(p, row_of(p, 2, seq), "head", &e);
        p->since.head[0].id = entry_id(buf_slice(&e));
        buf_free(&e);
    }
    p->since.head[0].id.b[0] ^= (uint8_t)off;
    p->since.size = wall_size;
    p->since.root = wall_root;
    p->setup.since = &p->since;
}
static void
since_same(struct place *p)
{
    since(p, 3, 0);
}
static void
since_other(struct place *p)
{
    since(p, 3, 1);
}
static void
since_newer(struct place *p)
{
    since(p, 60, 0);
}
static void
since_root(struct place *p)
{
    since(p, 3, 0);
    p->since.root.b[0] ^= 1;
}
static void
since_growth(struct place *p) /* what lies below is not looked at again, what is new is */
{
    since(p, 3, 0);
    flip(p, 2, 4, "head", 140);
}

/* ---- the table */

struct tampering {
    const char *what;
    const char *who;
    void (*how)(struct place *p);
    int verdict;
    enum verify_kind kind;
    int log;      /* -1: none is named; 0: the hub */
    uint64_t seq; /* 0: any */
};

#define X(name) VERIFY_IS_##name
static const struct tampering table[] = {
    {"nothing", "nobody", nothing, 0, NONE, -1, 0},
    {"bit of the clock", "hand", bit_clock, 4, X(SIGNATURE), 2, 2},
    {"bit of the seq", "hand", bit_seq, 4, X(PLACE), 2, 2},
    {"bit of the log key", "hand", bit_log, 4, X(PLACE), 2, 2},
    {"bit of the format", "hand", bit_format, 4, X(BYTES), 2, 2},
    {"bit of the kind", "hand", bit_kind, 4, X(BYTES), 2, 2},
    {"bit of prev", "hand", bit_prev, 4, X(LINK), 2, 2},
    {"bit of the mark", "hand", bit_mark, 4, X(SIGNATURE), 2, 2},
    {"bit of the root", "hand", bit_root, 4, X(ROOT), 2, 2},
    {"bit of the number of items", "hand", bit_items, 4, X(BYTES), 2, 2},
    {"bit of a signature", "hand", bit_sig, 4, X(SIGNATURE), 2, 2},
    {"bit of the last signature", "hand", bit_last, 4, X(SIGNATURE), 2, 0},
    {"bit of an item", "hand", bit_item, 4, X(ROOT), 3, 4},
    {"bit of a body's head", "hand", bit_body, 4, X(BYTES), 3, 4},
    {"bit of the hub's signature", "hand", hub_bit_sig, 4, X(SIGNATURE), 0, 3},
    {"bit of the hub's item", "hand", hub_bit_item, 4, X(ROOT), 0, 2},
    {"bit of the first entry", "hand", hub_bit_first, 4, X(SIGNATURE), 0, 1},
    {"body cut short", "hand", short_body, 4, X(BYTES), 3, 4},
    {"bodies of two entries swapped", "hand", swap_bodies, 4, X(ROOT), 2, 2},
    {"two entries swapped", "hand", swap_entries, 4, X(PLACE), 2, 3},
    {"entry dropped", "hand", drop_middle, 4, X(PLACE), 2, 3},
    {"first entry dropped", "hand", drop_first, 4, X(PLACE), 2, 1},
    {"two entries dropped", "hand", drop_two, 4, X(PLACE), 3, 2},
    {"tail cut", "hand", cut_tail, 4, X(SCOPE), -1, 0},
    {"sealed tail cut", "hand", cut_sealed, 4, X(STATE), 2, 0},
    {"all of a log cut", "hand", cut_all, 4, X(STATE), 2, 0},
    {"tail of the hub cut", "hand", cut_hub, 4, X(STATE), 0, 0},
    {"tail cut, tables tell", "hand", cut_told, 4, X(SCOPE), -1, 0},
    {"tail cut, traces wiped", "hand", cut_and_hide, 3, X(WAITING), 2, 0},
    {"log dropped, traces wiped", "hand", drop_log, 3, X(WAITING), 2, 0},
    {"noted head", "hand", state_head, 4, X(STATE), 2, 0},
    {"noted state cut short", "hand", state_short, 4, X(STATE), 2, 0},
    {"noted state of another log", "hand", state_other, 4, X(STATE), 2, 0},
    {"text in a table", "hand", row_text, 4, X(SCOPE), -1, 0},
    {"row of a table gone", "hand", row_gone, 4, X(TABLE), -1, 0},
    {"record gone", "hand", record_gone, 4, X(SCOPE), -1, 0},
    {"row added to a table", "hand", row_added, 4, X(TABLE), -1, 0},
    {"record under another unit", "hand", record_unit, 4, X(SCOPE), -1, 0},
    {"later items forgotten", "hand", record_item, 4, X(TABLE), -1, 0},
    {"garbage beside a log", "hand", beside_garbage, 4, X(BESIDE), -1, 4},
    {"item withheld", "hand", withhold, 4, X(WITHHELD), 2, 2},
    {"pages overwritten", "hand", break_page, 4, X(DATABASE), -1, 0},
    {"no database", "hand", no_database, 4, X(DATABASE), -1, 0},
    {"empty history", "hand", no_history, 3, X(NOTHING), -1, 0},
    {"no community", "hand", no_community, 3, X(NOTHING), -1, 0},
    {"order without officers", "hub", few_officers, 1, X(ORDER_FEW), 0, 0},
    {"order of a stranger", "hub", strange_officer, 1, X(ORDER_STRANGER), 0, 0},
    {"order with a forged signature", "hub", forged_order, 1, X(ORDER_FORGED), 0, 0},
    {"stale order", "hub", stale_order, 1, X(ORDER_STALE), 0, 0},
    {"replayed order", "hub", replayed, 1, X(ORDER_REPLAYED), 0, 0},
    {"order about no log", "hub", no_such_log, 1, X(ORDER_NO_LOG), 0, 0},
    {"operation of unknown code", "hub", unknown_code, 1, X(ORDER_UNREADABLE), 0, 0},
    {"forged grant", "hub", forged_grant, 1, X(GRANT_FORGED), 0, 0},
    {"grant below a seal", "hub", below_seal, 1, X(GRANT_BELOW_SEAL), 0, 0},
    {"grant for another's key", "hub", other_grant, 1, X(GRANT_OTHER), 0, 0},
    {"log ended", "officers", ended, 1, X(REVOKED), 2, 0},
    {"log ended below its head", "officers", ended_below, 1, X(QUARANTINED), 2, 0},
    {"node lost", "officers", lost_node, 1, X(LOST), 0, 0},
    {"clock set back", "writer", back_dated, 1, X(CLOCK_BACK), 2, 0},
    {"clock before its mark", "writer", back_dated, 1, X(CLOCK_EARLY), 2, 0},
    {"clock days ahead", "writer", ahead, 1, X(CLOCK_LATE), 2, 0},
    {"item that is no operation", "writer", unreadable, 1, X(ITEM_UNREADABLE), 2, 0},
    {"erase not said to be done", "officers", erased, 1, X(ERASE_UNTOLD), -1, 0},
    {"erased item put back", "hand", erase_pending, 1, X(ERASE_PENDING), 2, 0},
    {"fork of a log", "writer", forked, 5, X(FORK), 2, 0},
    {"fork, then ended", "officers", fork_ended, 1, X(FORK_ENDED), 2, 0},
    {"seal over everything", "hub", good_seal, 0, NONE, -1, 0},
    {"seal with a wrong root", "hub", wrong_root, 5, X(SEAL_ROOT), 0, 0},
    {"seal with a wrong size", "hub", wrong_size, 5, X(SEAL_ROOT), 0, 0},
    {"two seals of one number", "hub", same_number, 5, X(SEAL_TWICE), 0, 0},
    {"two roots of one size", "hub", two_roots, 5, X(SEAL_ROOTS), 0, 0},
    {"bad signature sealed", "hub", sealed_badly, 5, X(SEAL_SIGNATURE), 2, 0},
    {"seal of what is not here", "hub", seal_ahead, 3, X(WAITING), 2, 60},
    {"fork of the hub", "hub", hub_forked, 5, X(HUB_FORK), 0, 0},
    {"fork of the hub, then succeeded", "root", reign_ended, 1, X(REIGN_ENDED), 0, 0},
    {"two successors", "root", frozen, 5, X(FROZEN), -1, 0},
    {"the wall says the same", "wall", wall_same, 0, NONE, -1, 0},
    {"the wall is newer", "wall", wall_newer, 3, X(WALL_NEWER), -1, 0},
    {"the wall says another root", "wall", wall_other, 5, X(WALL), -1, 0},
    {"the wall shows an older seal", "wall", wall_older, 0, NONE, -1, 0},
    {"an older seal with another root", "wall", wall_older_other, 5, X(WALL), 0, 0},
    {"the wall's size never was", "wall", wall_never, 5, X(WALL), -1, 0},
    {"grown since", "report", since_same, 0, NONE, -1, 0},
    {"another history since", "report", since_other, 5, X(SINCE), 2, 3},
    {"the report is newer", "report", since_newer, 3, X(SINCE_NEWER), 2, 60},
    {"another root since", "report", since_root, 5, X(SINCE), -1, 0},
    {"growth with a flaw", "hand", since_growth, 4, X(SIGNATURE), 2, 4},
};

static uint64_t
no_clock(void *arg)
{
    (void)arg;
    return town.wall_ms;
}

static bool
names_it(const struct tampering *t, const struct audit_report *r)
{
    for (size_t i = 0; i < r->findings_n; i++) {
        const struct verify_finding *f = &r->finding[i];
        bool log =
            t->log < 0 || (t->log == 0 ? f->is_authority
                                       : !f->is_authority &&
                                             (f->log_no == (uint32_t)t->log ||
                                              key_eq(&f->log, key_of((unsigned)t->log))));
        if (f->kind == t->kind && log && (t->seq == 0 || f->seq == t->seq))
            return true;
    }
    return t->kind == VERIFY_NONE && r->findings_n == 0;
}

static void
print_findings(const struct audit_report *r)
{
    for (size_t i = 0; i < r->findings_n; i++)
        print_message("#   %s log %s%u seq %llu to %llu index %u fact %llu %llu\n",
                      verify_name(r->finding[i].kind),
                      r->finding[i].is_authority ? "A" : "", r->finding[i].log_no,
                      (unsigned long long)r->finding[i].seq,
                      (unsigned long long)r->finding[i].to, r->finding[i].index,
                      (unsigned long long)r->finding[i].fact[0],
                      (unsigned long long)r->finding[i].fact[1]);
}

static void
place_init(struct place *p)
{
    char from[128];
    *p = (struct place){.setup = {.wall_ms = no_clock}};
    snprintf(p->dir, sizeof(p->dir), "%s/case", base);
    assert_int_equal(mkdir(p->dir, 0700), 0);
    path_of(base, "0.db", from);
    path_of(p->dir, "0.db", p->db);
    copy_file(from, p->db);
    p->setup.path = p->db;
    town.dir = p->dir;
    assert_int_equal(sqlite3_open(p->db, &p->raw), SQLITE_OK);
}

static void
place_fini(struct place *p)
{
    audit_since_fini(&p->since);
    town.dir = base;
    empty_dir(p->dir);
}

static void
place_close(struct place *p)
{
    if (p->hub != NULL)
        ledger_close(p->hub->l);
    town.m[0].l = NULL;
    if (p->raw != NULL)
        sqlite3_close(p->raw);
}

/* ---- ids handed from those who hash to whoever judges */

#define IDS_MAX 4096
static struct hash put[IDS_MAX];

static bool
ids_put(void *arg, uint64_t at, const struct hash *id, size_t n)
{
    (void)arg;
    if (at + n > IDS_MAX)
        return false;
    memcpy(&put[at], id, n * sizeof(*id));
    return true;
}

static bool
ids_get(void *arg, uint64_t at, struct hash *id, size_t n)
{
    unsigned *gets = arg;
    (*gets)++;
    memcpy(id, &put[at], n * sizeof(*id));
    return at + n <= IDS_MAX;
}

/* The same answer with ids that were put before. */
static bool
says_the_same(struct place *p, const struct audit_report *r)
{
    unsigned gets = 0;
    struct audit_ids ids = {&gets, ids_put, ids_get};
    struct audit_report again = {0};
    p->setup.ids = &ids;
    bool same = audit_run(&p->setup, &again) == RC_OK && again.verdict == r->verdict &&
                again.findings_n == r->findings_n && again.tree_size == r->tree_size &&
                hash_eq(&again.root, &r->root);
    for (size_t i = 0; same && i < r->findings_n; i++)
        same = again.finding[i].kind == r->finding[i].kind &&
               again.finding[i].seq == r->finding[i].seq &&
               key_eq(&again.finding[i].log, &r->finding[i].log);
    if (r->verdict == VERIFY_CLEAN && p->setup.since == NULL)
        same = same && gets > 0;
    audit_report_fini(&again);
    return same;
}

static void
one_case(const struct tampering *t, bool *bad)
{
    struct place p;
    struct audit_report r = {0};
    place_init(&p);
    t->how(&p);
    place_close(&p);
    enum rc rc = audit_run(&p.setup, &r);
    if (rc != RC_OK || (int)r.verdict != t->verdict || !names_it(t, &r)) {
        print_message("# %s (%s): rc %s, verdict %d not %d, wanted %s\n", t->what, t->who,
                      rc_name(rc), (int)r.verdict, t->verdict, verify_name(t->kind));
        print_findings(&r);
        *bad = true;
    }
    if (!says_the_same(&p, &r)) {
        print_message("# %s: another answer with ids put before\n", t->what);
        *bad = true;
    }
    audit_report_fini(&r);
    place_fini(&p);
}

static void
every_tampered_history_gets_its_verdict_and_names_the_place(void **state)
{
    bool bad = false;
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        one_case(&table[i], &bad);
    assert_false(bad);
}

static void
the_clean_history_is_told_whole(void **state)
{
    struct place p;
    struct audit_report r = {0};
    (void)state;
    place_init(&p);
    place_close(&p);
    assert_ok(audit_run(&p.setup, &r));
    assert_int_equal(r.verdict, VERIFY_CLEAN);
    assert_int_equal(r.seal_no, 3);
    assert_true(r.tree_size > 12);
    assert_int_equal(r.logs_n, 4);
    assert_int_equal(r.log[2].no, 2);
    assert_int_equal(r.log[2].sealed, sealed_to);
    assert_true(r.log[2].seq > sealed_to);
    assert_true(says_the_same(&p, &r));
    wall_size = r.tree_size;
    wall_root = r.root;
    audit_report_fini(&r);
    place_fini(&p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_clean_history_is_told_whole),
        cmocka_unit_test(every_tampered_history_gets_its_verdict_and_names_the_place),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, found, leave);
}
