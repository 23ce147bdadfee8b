/* Facts, and rules over a record, through ledgers: what is refused to a person, and what
 * a node that refuses nothing writes in vain, whatever arrives first. */
#include "schema/edit.h"

#include <stdio.h>
#include <string.h>

#include "schema/hub_in.h"
#include "schema/ledger_in.h"
#include "schema/query.h"
#include "tests/lib/ledger_fixture.h"
#include "tests/lib/ledger_fixture_test.h"

#define FILES_MAX 256

static const char shift[] =
    "code = 905 name = shift zh = \"工时\" en = \"Shift\" visible = all merge = fact "
    "since = 1\n"
    "create { roles = \"leader, helper, clerk, secretary\" who = \"unit, centre\" }\n"
    "edit { roles = \"leader, helper, clerk, secretary\" who = \"unit, centre\" }\n"
    "field title { code = 10 zh = \"事\" en = \"What\" kind = text max = 60 required = "
    "yes title = yes }\n"
    "field place { code = 11 zh = \"地点\" en = \"Place\" kind = text max = 60 }\n"
    "field of { code = 12 zh = \"谁的\" en = \"Whose\" kind = record of = person }\n"
    "state recorded { code = 1 zh = \"已记录\" en = \"Recorded\" }\n"
    "state confirmed { code = 2 zh = \"已确认\" en = \"Confirmed\" }\n"
    "state second { code = 3 zh = \"已复核\" en = \"Approved twice\" end = yes }\n"
    "move { from = recorded to = confirmed roles = \"leader, helper, clerk\" who = "
    "\"unit, centre\" }\n"
    "move { from = confirmed to = second roles = \"leader, helper, clerk\" who = \"unit, "
    "centre\" }\n"
    "apart apart3 { zh = \"记录人不能确认自己记的\" en = \"Who recorded does not "
    "confirm\"\n"
    "    steps = \"create, confirmed, second\" }\n"
    "apart self { zh = \"不能确认自己的\" en = \"Nobody confirms his own\" steps = "
    "confirmed alone = of }\n";

static struct community c;
static struct pair wang_too; /* another log of the first leader, at the hub */

static const struct embed_file *
types(void)
{
    static struct embed_file list[FILES_MAX];
    size_t n = 0;
    for (; embed_types[n].name != NULL; n++)
        list[n] = embed_types[n];
    list[n] =
        (struct embed_file){"905-shift", (const unsigned char *)shift, sizeof(shift) - 1};
    return list;
}

/* One more log of the member's person, granted directly. */
static void
grant_again(const struct member *m, const struct pair *log, uint32_t no)
{
    struct ledger *l = c.m[0].l;
    const struct log_state *is = member_log(m);
    struct decree d;
    struct hash seen;
    uint64_t pos = 0;
    assert_ok(ledger_begin(l));
    assert_ok(decree_begin(&d, l, &c.hub_key));
    struct grant *g = &decree_next(&d, AUTH_GRANT)->grant;
    g->log_no = no;
    g->log = log->pub;
    g->node = 1;
    memcpy(g->person, is->person, RECORD_ID_BYTES);
    g->post = no;
    g->unit = FIXTURE_GROUP;
    g->role = ROLE_LEADER;
    g->scopes = (struct scopes){.n = 1, .no = {SCOPE_ALL}};
    g->from = 1;
    assert_true(authority_head(replica_authority(ledger_replica(l)), &seen, &pos));
    decree_sign(&d, &c.officer, &seen);
    assert_ok(decree_add(&d));
    assert_ok(decree_end(&d));
    assert_ok(ledger_settle(l));
    assert_ok(ledger_commit(l));
}

/* Hub; 1 and 2: leader 王 and helper 李 of one unit; a second log of 王 at the hub. */
static void
begin(void)
{
    static const enum role role[] = {ROLE_LEADER, ROLE_HELPER};
    community_init_types(&c, types());
    community_groups(&c, 1);
    for (size_t i = 0; i < 2; i++) {
        struct member *m = community_invite(&c, FIXTURE_GROUP, role[i]);
        assert_ok(community_join(&c, m));
    }
    community_sync(&c);
    pair_new_random(PAIR_SIGN, &wang_too);
    grant_again(&c.m[1], &wang_too, 50);
    community_sync(&c);
}

static enum rc
done(struct member *m, enum rc rc)
{
    if (rc == RC_OK)
        return ledger_commit(m->l);
    ledger_rollback(m->l);
    return rc;
}

static struct author
begin_as(struct member *m, const struct pair *log)
{
    struct author a;
    assert_ok(ledger_begin(m->l));
    assert_ok(author_of(m->l, log, &a));
    return a;
}

static enum rc
move(struct member *m, const struct pair *log, const struct record_key *key,
     const char *state, struct fault *why)
{
    struct author a = begin_as(m, log);
    return done(m, edit_move(m->l, &a, key, state, NULL, why));
}

static enum rc
set(struct member *m, const struct record_key *key, const char *field, const char *value,
    struct fault *why)
{
    struct author a = begin_as(m, &m->log);
    struct assign f = {field, value};
    return done(m, edit_set(m->l, &a, key, &f, 1, why));
}

/* Writes whatever it is asked to: one field of that code, replacing this version. */
static void
force(struct member *m, const struct pair *log, const struct record_key *key,
      uint16_t code, const struct value *v, const struct version *replaces)
{
    struct author a = begin_as(m, log);
    struct author_run *run = NULL;
    struct op *op = mem_new(sizeof(*op));
    struct buf b = BUF_NONE;
    value_encode(v, &b);
    op->code = OP_PUT;
    op->unit = key->unit;
    op->type = 905;
    memcpy(op->record, key->id, RECORD_ID_BYTES);
    op->fields_n = 1;
    op->pool[0] = *replaces;
    op->pool_n = 1;
    op->field[0] = (struct put_field){
        .code = code, .replaces = op->pool, .replaces_n = 1, .value = buf_slice(&b)};
    assert_ok(author_begin(m->l, &a, &run));
    assert_ok(author_put(run, key->scope, op));
    assert_ok(author_end(&run));
    assert_ok(ledger_commit(m->l));
    buf_free(&b);
    mem_free(op);
}

struct told {
    struct version at[8]; /* of each item with a state */
    enum breach breach[8];
    const char *rule[8];
    size_t n;
};

static bool
tell(void *arg, const struct history_row *h)
{
    struct told *t = arg;
    if (put_field(h->put, FIELD_STATE) == NULL)
        return true;
    assert_true(t->n < 8);
    assert_int_equal(h->is_effective, h->breach == BREACH_NONE);
    t->at[t->n] = h->at;
    t->breach[t->n] = h->breach;
    t->rule[t->n++] = h->rule != NULL ? h->rule->name : "";
    return true;
}

static struct told
history(struct member *m, const struct record_key *key)
{
    struct told t = {.n = 0};
    assert_ok(query_history(m->l, key, tell, &t));
    return t;
}

static void
force_move(struct member *m, const struct pair *log, const struct record_key *key,
           uint16_t from, uint16_t to)
{
    struct value v = {.kind = VALUE_STATE, .as.move = {from, to, {NULL, 0}}};
    struct told t = history(m, key);
    assert_true(t.n > 0);
    force(m, log, key, FIELD_STATE, &v, &t.at[0]);
}

struct seen {
    char state[32], title[64], place[64];
    bool has_conflict;
};

static bool
see(void *arg, const struct record_row *r)
{
    struct seen *s = arg;
    s->has_conflict = r->has_conflict;
    snprintf(s->state, sizeof(s->state), "%s", r->state != NULL ? r->state->name : "");
    for (size_t i = 0; i < r->values_n; i++) {
        struct value v;
        char *to = strcmp(r->value[i].field->name, "title") == 0   ? s->title
                   : strcmp(r->value[i].field->name, "place") == 0 ? s->place
                                                                   : NULL;
        if (to == NULL || !value_decode(VALUE_TEXT, r->value[i].value, &v) || v.is_nil)
            continue;
        snprintf(to, 64, "%.*s", (int)v.as.text.n, (const char *)v.as.text.p);
    }
    return true;
}

static void
no_finding(void *arg, const char *what)
{
    (void)arg;
    fail_msg("doctor: %s", what);
}

/* Every member shows this state, and the same as all others; so do its logs replayed. */
static void
assert_state(const struct record_key *key, const char *state)
{
    struct digests hub;
    community_sync(&c);
    member_digests(&c.m[0], &hub);
    for (size_t i = 0; i < c.n; i++) {
        struct seen s = {.has_conflict = false};
        struct digests d;
        assert_ok(query_get(c.m[i].l, key, see, &s));
        assert_string_equal(s.state, state);
        member_digests(&c.m[i], &d);
        assert_true(digests_agree(&hub, &d));
        assert_ok(ledger_doctor(c.m[i].l, no_finding, NULL));
        assert_ok(ledger_rebuild(c.m[i].l, NULL, NULL));
        member_digests(&c.m[i], &d);
        assert_true(digests_agree(&hub, &d));
    }
}

static void
a_fact_stays_as_it_was_written(void **state)
{
    struct fault why = {0};
    struct seen s = {.has_conflict = false};
    (void)state;
    begin();
    struct record_key k = member_add(&c.m[1], "shift", FIXTURE_GROUP, "title", "扫雪");
    community_sync(&c);
    assert_int_equal(set(&c.m[1], &k, "title", "打牌", &why), RC_DENIED);
    assert_int_equal(why.code, FAULT_FACT);
    assert_string_equal(why.what, "title");
    assert_ok(set(&c.m[1], &k, "title", "扫雪", &why)); /* it says so already */
    assert_ok(set(&c.m[1], &k, "place", "东门", &why)); /* what was left out */
    assert_int_equal(set(&c.m[1], &k, "place", "西门", &why), RC_DENIED);
    struct value v = {.kind = VALUE_TEXT, .as.text = slice_text("打牌")};
    struct told t = history(&c.m[1], &k);
    force(&c.m[1], &c.m[1].log, &k, 10, &v, &t.at[0]);
    assert_state(&k, "recorded");
    for (size_t i = 0; i < c.n; i++) {
        assert_ok(query_get(c.m[i].l, &k, see, &s));
        assert_string_equal(s.title, "扫雪");
        assert_string_equal(s.place, "东门");
        assert_false(s.has_conflict);
    }
    community_fini(&c);
}

static void
who_recorded_is_told_that_he_does_not_confirm(void **state)
{
    struct fault why = {0};
    (void)state;
    begin();
    struct record_key k = member_add(&c.m[1], "shift", FIXTURE_GROUP, "title", "扫雪");
    assert_int_equal(move(&c.m[1], &c.m[1].log, &k, "confirmed", &why), RC_DENIED);
    assert_int_equal(why.code, FAULT_RULE);
    assert_string_equal(why.what, "记录人不能确认自己记的");
    assert_string_equal(why.want, "Who recorded does not confirm");
    community_sync(&c);
    /* nor in his other log, on another node */
    assert_int_equal(move(&c.m[0], &wang_too, &k, "confirmed", &why), RC_DENIED);
    assert_ok(move(&c.m[2], &c.m[2].log, &k, "confirmed", &why));
    assert_int_equal(move(&c.m[2], &c.m[2].log, &k, "second", &why), RC_DENIED);
    community_sync(&c);
    assert_int_equal(move(&c.m[1], &c.m[1].log, &k, "second", &why), RC_DENIED);
    assert_ok(move(&c.m[0], &c.m[0].log, &k, "second", &why));
    assert_state(&k, "second");
    community_fini(&c);
}

static void
nobody_confirms_what_is_about_himself(void **state)
{
    struct fault why = {0};
    char of[2 * RECORD_ID_BYTES + 1];
    (void)state;
    begin();
    struct record_key k = member_add(&c.m[1], "shift", FIXTURE_GROUP, "title", "扫雪");
    hex_print(member_log(&c.m[2])->person, RECORD_ID_BYTES, of);
    assert_ok(set(&c.m[1], &k, "of", of, &why));
    community_sync(&c);
    assert_int_equal(move(&c.m[2], &c.m[2].log, &k, "confirmed", &why), RC_DENIED);
    assert_string_equal(why.want, "Nobody confirms his own");
    force_move(&c.m[2], &c.m[2].log, &k, 1, 2);
    assert_state(&k, "recorded");
    assert_ok(move(&c.m[0], &c.m[0].log, &k, "confirmed", &why));
    assert_state(&k, "confirmed");
    community_fini(&c);
}

static void
a_dishonest_entry_has_no_effect_anywhere(void **state)
{
    (void)state;
    begin();
    struct record_key k = member_add(&c.m[1], "shift", FIXTURE_GROUP, "title", "扫雪");
    force_move(&c.m[1], &c.m[1].log, &k, 1, 2);
    assert_state(&k, "recorded");
    for (size_t i = 0; i < c.n; i++) {
        struct told t = history(&c.m[i], &k);
        assert_int_equal(t.n, 2);
        assert_int_equal(t.breach[0], BREACH_NONE);
        assert_int_equal(t.breach[1], BREACH_APART);
        assert_string_equal(t.rule[1], "apart3");
    }
    force_move(&c.m[0], &wang_too, &k, 1, 2);
    assert_state(&k, "recorded");
    community_seal(&c);
    assert_state(&k, "recorded");
    assert_ok(move(&c.m[2], &c.m[2].log, &k, "confirmed", NULL));
    assert_state(&k, "confirmed");
    community_fini(&c);
}

struct pull {
    struct replica *to;
};

static bool
offer(void *arg, const struct stored *e)
{
    struct pull *p = arg;
    enum offer what = OFFER_HAVE;
    assert_ok(replica_offer(p->to, e->bytes, &what));
    return true;
}

/* One log's entries alone. */
static void
pull_log(struct member *to, struct member *from, const struct key *log)
{
    struct pull p = {ledger_replica(to->l)};
    const struct sync_store *store = replica_store(ledger_replica(from->l));
    assert_ok(ledger_begin(to->l));
    assert_ok(store->trunk(store->self, log, replica_trunk_n(p.to, log) + 1, offer, &p));
    assert_ok(ledger_settle(to->l));
    assert_ok(ledger_commit(to->l));
}

static void
what_arrives_first_does_not_matter(void **state)
{
    struct seen s = {.has_conflict = false};
    (void)state;
    begin();
    struct record_key k = member_add(&c.m[1], "shift", FIXTURE_GROUP, "title", "扫雪");
    member_pull(&c.m[0], &c.m[1]);
    force_move(&c.m[0], &wang_too, &k, 1, 2);
    pull_log(&c.m[2], &c.m[0], &wang_too.pub);
    assert_ok(query_get(c.m[2].l, &k, see, &s));
    assert_string_equal(s.state, "confirmed"); /* by whom it was recorded is not here */
    pull_log(&c.m[2], &c.m[0], &c.m[1].log.pub);
    assert_ok(query_get(c.m[2].l, &k, see, &s));
    assert_string_equal(s.state, "recorded");
    assert_state(&k, "recorded");
    community_fini(&c);
}

static void
without_what_was_recorded_the_confirmation_counts(void **state)
{
    (void)state;
    begin();
    struct record_key k = member_add(&c.m[1], "shift", FIXTURE_GROUP, "title", "扫雪");
    community_sync(&c);
    force_move(&c.m[0], &wang_too, &k, 1, 2);
    assert_state(&k, "recorded");
    community_revoke(&c, &c.m[1], 0); /* nothing of that log is good */
    community_sync(&c);
    assert_state(&k, "confirmed");
    community_fini(&c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fact_stays_as_it_was_written),
        cmocka_unit_test(who_recorded_is_told_that_he_does_not_confirm),
        cmocka_unit_test(nobody_confirms_what_is_about_himself),
        cmocka_unit_test(a_dishonest_entry_has_no_effect_anywhere),
        cmocka_unit_test(what_arrives_first_does_not_matter),
        cmocka_unit_test(without_what_was_recorded_the_confirmation_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
