/* Writing for a person: what is refused says why and leaves nothing behind. */
#include "schema/edit.h"

#include <stdio.h>
#include <string.h>

#include "schema/ledger_in.h"
#include "schema/query.h"
#include "tests/lib/ledger_fixture.h"
#include "tests/lib/ledger_fixture_test.h"

/* ---- one transaction each */

static enum rc
done(struct member *m, enum rc rc)
{
    if (rc == RC_OK)
        return ledger_commit(m->l);
    ledger_rollback(m->l);
    return rc;
}

static struct author
begin_as(struct member *m, const struct member *who)
{
    struct author a;
    assert_ok(ledger_begin(m->l));
    assert_ok(author_of(m->l, &who->log, &a));
    return a;
}

static enum rc
add(struct member *m, uint32_t unit, const char *title, const char *whom,
    struct made *made, struct fault *why)
{
    struct author a = begin_as(m, m);
    struct assign f[] = {{"title", title}, {"whom", whom}};
    return done(m, edit_add(m->l, &a, "need", unit, f, whom != NULL ? 2 : 1, made, why));
}

static struct record_key
need(struct member *m, const char *title, const char *whom)
{
    struct made made;
    assert_ok(add(m, m->unit, title, whom, &made, NULL));
    return made.key;
}

static enum rc
set(struct member *m, const struct record_key *key, const char *field, const char *value,
    struct fault *why)
{
    struct author a = begin_as(m, m);
    struct assign f = {field, value};
    return done(m, edit_set(m->l, &a, key, &f, 1, why));
}

static enum rc
move(struct member *m, const struct record_key *key, const char *state, struct fault *why)
{
    struct author a = begin_as(m, m);
    return done(m, edit_move(m->l, &a, key, state, "因为", why));
}

static enum rc
settle(struct member *m, const char *name, unsigned choice, struct fault *why)
{
    struct author a = begin_as(m, m);
    return done(m, edit_settle(m->l, &a, name, choice, why));
}

/* ---- what is there */

struct seen {
    const char *field; /* asked for */
    char text[128], state[32], number[40];
    bool is_set, has_conflict, is_gone, is_parallel;
};

static bool
see(void *arg, const struct record_row *r)
{
    struct seen *s = arg;
    struct value v;
    snprintf(s->state, sizeof(s->state), "%s", r->state != NULL ? r->state->name : "");
    snprintf(s->number, sizeof(s->number), "%s", r->number);
    s->has_conflict = r->has_conflict;
    s->is_gone = r->is_gone;
    s->is_parallel = r->is_parallel;
    for (size_t i = 0; i < r->values_n; i++) {
        if (strcmp(r->value[i].field->name, s->field) != 0 || r->value[i].value.n == 0)
            continue;
        assert_true(value_decode(r->value[i].field->kind, r->value[i].value, &v));
        s->is_set = !v.is_nil;
        if (s->is_set)
            snprintf(s->text, sizeof(s->text), "%.*s", (int)v.as.text.n,
                     (const char *)v.as.text.p);
    }
    return true;
}

static struct seen
look(struct member *m, const struct record_key *key, const char *field)
{
    struct seen s = {.field = field};
    assert_ok(query_get(m->l, key, see, &s));
    return s;
}

static void
shows(struct member *m, const struct record_key *key, const char *field, const char *text)
{
    assert_string_equal(look(m, key, field).text, text);
}

struct first_case {
    size_t n, choices;
    char name[9], number[40], type[32], field[32];
    char value[4][32];
};

static bool
see_case(void *arg, const struct case_row *c)
{
    struct first_case *f = arg;
    if (f->n++ > 0)
        return true;
    memcpy(f->name, c->name, sizeof(f->name));
    memcpy(f->number, c->number, sizeof(f->number));
    snprintf(f->type, sizeof(f->type), "%s", c->type->name);
    snprintf(f->field, sizeof(f->field), "%s", c->field->name);
    f->choices = c->choices_n;
    for (size_t i = 0; i < c->choices_n && i < 4; i++) {
        struct value v;
        assert_true(value_decode(c->field->kind, c->choice[i].value, &v));
        if (c->field->code == FIELD_STATE)
            snprintf(f->value[i], 32, "%u>%u", v.as.move.from, v.as.move.to);
        else
            snprintf(f->value[i], 32, "%.*s", (int)v.as.text.n,
                     (const char *)v.as.text.p);
    }
    return true;
}

static struct first_case
cases(struct member *m)
{
    struct first_case f = {0};
    assert_ok(query_cases(m->l, see_case, &f));
    return f;
}

static unsigned
choice_of(const struct first_case *f, const char *value)
{
    for (unsigned i = 0; i < f->choices && i < 4; i++)
        if (strcmp(f->value[i], value) == 0)
            return i + 1;
    fail();
    return 0;
}

/* The need of unit 301 whose field the leader and the centre set apart. */
static struct record_key
conflict(struct community *c, const char *field)
{
    struct record_key key = need(&c->m[1], "灯", "某某");
    community_sync(c);
    assert_ok(set(&c->m[1], &key, field, "a", NULL));
    assert_ok(set(&c->m[0], &key, field, "b", NULL));
    community_sync(c);
    return key;
}

static uint64_t
head(struct member *m)
{
    return member_log(m)->head_seq;
}

/* ---- tests */

static void
a_record_gets_number_first_state_and_both_halves(void **state)
{
    static struct community c;
    struct made made;
    (void)state;
    community_of(&c, 1);
    assert_ok(add(&c.m[1], 301, "灯", "某某", &made, NULL));
    struct seen s = look(&c.m[1], &made.key, "whom");
    assert_string_equal(s.text, "某某");
    assert_string_equal(s.state, "listed");
    assert_string_equal(s.number, made.number);
    assert_string_equal(made.number, "0301-002-26-0001");
    shows(&c.m[1], &made.key, "title", "灯");
    community_fini(&c);
}

static void
what_is_wrong_with_a_new_record_is_said_and_nothing_is_written(void **state)
{
    static const struct {
        const char *type, *field, *value;
        enum rc rc;
        enum fault_code code;
    } wrong[] = {
        {"nothing", "title", "x", RC_INVALID, FAULT_UNKNOWN_TYPE},
        {"need_private", "whom", "x", RC_INVALID, FAULT_UNKNOWN_TYPE},
        {"need", "nothing", "x", RC_INVALID, FAULT_UNKNOWN_FIELD},
        {"need", "words", "x", RC_INVALID, FAULT_MISSING_FIELD},
        {"need", "title", "", RC_INVALID, FAULT_MISSING_FIELD},
        {"need", "title", " \t", RC_INVALID, FAULT_MISSING_FIELD},
        {"need", "gone", "1", RC_INVALID, FAULT_NOT_SETTABLE},
        {"need", "urgency", "9", RC_INVALID, FAULT_BAD_CHOICE},
        {"org_unit", "code", "0309", RC_INVALID, FAULT_MISSING_FIELD},
    };
    static struct community c;
    struct made made;
    (void)state;
    community_of(&c, 1);
    uint64_t before = head(&c.m[1]);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct fault why = {0};
        struct author a = begin_as(&c.m[1], &c.m[1]);
        struct assign f = {wrong[i].field, wrong[i].value};
        enum rc rc =
            done(&c.m[1], edit_add(c.m[1].l, &a, wrong[i].type, 301, &f, 1, &made, &why));
        assert_int_equal(rc, wrong[i].rc);
        assert_int_equal(why.rc, rc);
        assert_int_equal(why.code, wrong[i].code);
    }
    struct author a = begin_as(&c.m[1], &c.m[1]);
    struct assign twice[] = {{"title", "a"}, {"words", ""}, {"words", "b"}};
    struct fault why = {0};
    assert_int_equal(
        done(&c.m[1], edit_add(c.m[1].l, &a, "need", 301, twice, 3, &made, &why)),
        RC_INVALID);
    assert_int_equal(why.code, FAULT_FIELD_TWICE);
    assert_int_equal(head(&c.m[1]), before);
    community_fini(&c);
}

static void
who_may_not_write_there_is_told_so(void **state)
{
    static struct community c;
    struct made made;
    struct fault why = {0};
    (void)state;
    community_of(&c, 2);
    assert_int_equal(add(&c.m[1], 302, "灯", NULL, &made, &why), RC_DENIED);
    assert_int_equal(why.code, FAULT_NOT_ALLOWED);
    assert_string_equal(why.want, "0302");
    assert_int_equal(add(&c.m[1], 302, "灯", NULL, &made, NULL), RC_DENIED);
    struct record_key key = need(&c.m[1], "灯", NULL);
    community_sync(&c);
    assert_int_equal(set(&c.m[2], &key, "title", "x", &why), RC_DENIED);
    assert_int_equal(why.code, FAULT_NOT_ALLOWED);
    assert_int_equal(move(&c.m[2], &key, "claimed", &why), RC_DENIED);
    assert_int_equal(why.code, FAULT_NOT_ALLOWED);
    community_fini(&c);
}

static void
an_equal_value_makes_no_new_version(void **state)
{
    static struct community c;
    (void)state;
    community_of(&c, 1);
    struct record_key key = need(&c.m[1], "灯", "某某");
    uint64_t before = head(&c.m[1]);
    assert_ok(set(&c.m[1], &key, "title", "灯", NULL));
    assert_ok(set(&c.m[1], &key, "title", " 灯 ", NULL));
    assert_ok(set(&c.m[1], &key, "whom", "某某", NULL));
    assert_ok(set(&c.m[1], &key, "words", "", NULL));
    assert_int_equal(head(&c.m[1]), before);
    assert_ok(set(&c.m[1], &key, "title", "路灯", NULL));
    assert_int_equal(head(&c.m[1]), before + 1);
    community_fini(&c);
}

static void
an_empty_value_takes_a_field_away_but_no_required_one(void **state)
{
    static struct community c;
    struct fault why = {0};
    (void)state;
    community_of(&c, 1);
    struct record_key key = need(&c.m[1], "灯", "某某");
    assert_ok(set(&c.m[1], &key, "whom", "", NULL));
    assert_false(look(&c.m[1], &key, "whom").is_set);
    uint64_t before = head(&c.m[1]);
    assert_ok(set(&c.m[1], &key, "whom", "", NULL)); /* it is away */
    assert_int_equal(head(&c.m[1]), before);
    assert_ok(set(&c.m[1], &key, "whom", "他", NULL));
    shows(&c.m[1], &key, "whom", "他");
    assert_int_equal(set(&c.m[1], &key, "title", "", &why), RC_INVALID);
    assert_int_equal(why.code, FAULT_MISSING_FIELD);
    community_fini(&c);
}

static void
a_private_field_waits_for_its_scope(void **state)
{
    static struct community c;
    struct fault why = {0};
    struct made made;
    (void)state;
    community_of(&c, 1);
    community_unit(&c, "0309", "group"); /* its scope is not made yet */
    assert_int_equal(add(&c.m[0], 309, "灯", "某某", &made, &why), RC_BUSY);
    assert_int_equal(why.code, FAULT_NO_SCOPE);
    assert_ok(add(&c.m[0], 309, "灯", NULL, &made, NULL));
    assert_int_equal(set(&c.m[0], &made.key, "whom", "某某", &why), RC_BUSY);
    assert_int_equal(why.code, FAULT_NO_SCOPE);
    assert_string_equal(why.what, "0309");
    assert_ok(set(&c.m[0], &made.key, "title", "路灯", NULL));
    community_fini(&c);
}

static void
who_cannot_read_the_private_half_cannot_set_it(void **state)
{
    static struct community c;
    struct fault why = {0};
    (void)state;
    community_of(&c, 2);
    struct member *grid = community_invite(&c, 302, ROLE_GRID);
    assert_ok(community_join(&c, grid));
    struct record_key key = need(&c.m[1], "灯", "某某");
    community_sync(&c);
    assert_false(look(grid, &key, "whom").is_set);
    shows(grid, &key, "title", "灯");
    uint64_t before = head(grid);
    struct author a = begin_as(grid, grid);
    struct assign f[] = {{"title", "x"}, {"whom", "y"}};
    assert_int_equal(done(grid, edit_set(grid->l, &a, &key, f, 2, &why)), RC_DENIED);
    assert_int_equal(why.code, FAULT_NOT_READABLE);
    assert_int_equal(head(grid), before);
    assert_ok(set(grid, &key, "title", "x", NULL)); /* a grid worker goes everywhere */
    community_fini(&c);
}

static void
a_half_without_its_public_record_is_no_record(void **state)
{
    static struct community c;
    struct record_key key = {.unit = 301};
    struct made made;
    struct fault why = {0};
    struct assign f = {"whom", "x"};
    struct op *op = mem_new(sizeof(*op));
    struct buf b = BUF_NONE;
    (void)state;
    community_of(&c, 1);
    const struct type *half = type_by_name(ledger_types(c.m[1].l), "need_private");
    pack_text(&b, slice_text("某某"));
    op->code = OP_PUT;
    op->unit = 301;
    op->type = half->code;
    op->fields_n = 1;
    op->field[0] =
        (struct put_field){.code = half->field[0].code, .value = buf_slice(&b)};
    ledger_new_id(c.m[1].l, op->record);
    memcpy(key.id, op->record, RECORD_ID_BYTES);
    assert_ok(ledger_scope_of(c.m[1].l, half, 301, &key.scope));
    struct author_run *run = member_begin(&c.m[1]);
    assert_ok(author_put(run, key.scope, op));
    member_end(&c.m[1], run);
    char hex[2 * RECORD_ID_BYTES + 1];
    hex_print(key.id, RECORD_ID_BYTES, hex);
    assert_int_equal(query_find_one(c.m[1].l, hex, &key, NULL), RC_NOTFOUND);
    struct author a = begin_as(&c.m[1], &c.m[1]);
    assert_int_equal(done(&c.m[1], edit_set(c.m[1].l, &a, &key, &f, 1, &why)),
                     RC_NOTFOUND);
    assert_string_equal(why.what, hex);
    assert_ok(add(&c.m[1], 301, "灯", NULL, &made, NULL));
    buf_free(&b);
    mem_free(op);
    community_fini(&c);
}

/* ---- conflicts */

static void
the_home_unit_settles_and_others_are_told_the_case(void **state)
{
    static struct community c;
    struct fault why = {0};
    (void)state;
    community_of(&c, 2);
    struct member *grid = community_invite(&c, 302, ROLE_GRID);
    assert_ok(community_join(&c, grid));
    struct record_key key = conflict(&c, "title");
    struct first_case f = cases(grid);
    assert_int_equal(f.n, 1);
    assert_int_equal(f.choices, 2);
    assert_string_equal(f.number, "0301-002-26-0001");
    assert_int_equal(set(grid, &key, "title", "c", &why), RC_DENIED);
    assert_int_equal(why.code, FAULT_IN_CONFLICT);
    assert_string_equal(why.want, f.name);
    assert_ok(set(grid, &key, "words", "c", NULL)); /* another field is free */
    assert_int_equal(settle(grid, f.name, 1, &why), RC_DENIED);
    assert_int_equal(why.code, FAULT_NOT_ALLOWED);
    assert_int_equal(settle(&c.m[1], f.name, 0, &why), RC_INVALID);
    assert_int_equal(settle(&c.m[1], f.name, 3, &why), RC_INVALID);
    assert_int_equal(why.code, FAULT_BAD_CHOICE);
    assert_string_equal(why.want, "1..2");
    assert_int_equal(settle(&c.m[1], "00000000", 1, &why), RC_NOTFOUND);
    assert_int_equal(settle(&c.m[1], "no hex", 1, &why), RC_NOTFOUND);
    assert_ok(settle(&c.m[1], f.name, choice_of(&f, "b"), NULL));
    assert_int_equal(settle(&c.m[1], f.name, 1, &why), RC_NOTFOUND); /* stale */
    community_sync(&c);
    for (size_t i = 0; i < c.n; i++) {
        assert_int_equal(cases(&c.m[i]).n, 0);
        shows(&c.m[i], &key, "title", "b");
    }
    community_fini(&c);
}

static void
a_set_of_the_shown_value_settles_a_conflict(void **state)
{
    static struct community c;
    (void)state;
    community_of(&c, 1);
    struct record_key key = conflict(&c, "title");
    struct seen s = look(&c.m[1], &key, "title");
    assert_true(s.has_conflict);
    assert_ok(set(&c.m[1], &key, "title", s.text, NULL));
    assert_int_equal(cases(&c.m[1]).n, 0);
    community_fini(&c);
}

static void
a_version_that_comes_after_the_settle_makes_a_case_again(void **state)
{
    static struct community c;
    (void)state;
    community_of(&c, 2);
    struct member *grid = community_invite(&c, 302, ROLE_GRID);
    assert_ok(community_join(&c, grid));
    struct record_key key = need(&c.m[1], "灯", NULL);
    community_sync(&c);
    assert_ok(set(&c.m[0], &key, "title", "a", NULL));
    assert_ok(set(&c.m[1], &key, "title", "b", NULL));
    assert_ok(set(grid, &key, "title", "c", NULL)); /* nobody has seen it yet */
    member_pull(&c.m[1], &c.m[0]);
    struct first_case f = cases(&c.m[1]);
    assert_ok(settle(&c.m[1], f.name, choice_of(&f, "a"), NULL));
    assert_int_equal(cases(&c.m[1]).n, 0);
    community_sync(&c);
    for (size_t i = 0; i < c.n; i++) {
        f = cases(&c.m[i]);
        assert_int_equal(f.n, 1);
        assert_int_equal(f.choices, 2);
    }
    assert_ok(settle(&c.m[0], f.name, choice_of(&f, "c"), NULL)); /* the centre may */
    community_sync(&c);
    for (size_t i = 0; i < c.n; i++)
        assert_int_equal(cases(&c.m[i]).n, 0);
    community_fini(&c);
}

static void
a_case_of_a_private_half_is_named_by_its_record(void **state)
{
    static struct community c;
    (void)state;
    community_of(&c, 1);
    struct record_key key = conflict(&c, "whom");
    assert_ok(set(&c.m[1], &key, "title", "x", NULL));
    struct first_case f = cases(&c.m[1]);
    assert_int_equal(f.n, 1);
    assert_string_equal(f.type, "need");
    assert_string_equal(f.field, "whom");
    assert_string_equal(f.number, look(&c.m[1], &key, "whom").number);
    assert_ok(settle(&c.m[1], f.name, choice_of(&f, "a"), NULL));
    assert_int_equal(cases(&c.m[1]).n, 0);
    shows(&c.m[1], &key, "whom", "a");
    community_fini(&c);
}

static void
both_halves_in_conflict_are_two_cases(void **state)
{
    static struct community c;
    (void)state;
    community_of(&c, 1);
    struct record_key key = conflict(&c, "whom");
    assert_ok(set(&c.m[1], &key, "title", "a", NULL));
    assert_ok(set(&c.m[0], &key, "title", "b", NULL));
    community_sync(&c);
    struct first_case f = cases(&c.m[0]);
    assert_int_equal(f.n, 2);
    assert_ok(settle(&c.m[0], f.name, 1, NULL));
    assert_int_equal(cases(&c.m[0]).n, 1);
    community_fini(&c);
}

/* ---- states */

static void
a_move_says_what_there_is_instead(void **state)
{
    static struct community c;
    struct fault why = {0};
    (void)state;
    community_of(&c, 1);
    struct record_key key = need(&c.m[1], "灯", NULL);
    assert_int_equal(move(&c.m[1], &key, "closed", &why), RC_INVALID);
    assert_int_equal(why.code, FAULT_ILLEGAL_MOVE);
    assert_string_equal(why.want, "claimed under_way declined merged");
    assert_int_equal(move(&c.m[1], &key, "listed", &why), RC_INVALID); /* it is there */
    assert_int_equal(move(&c.m[1], &key, "nowhere", &why), RC_INVALID);
    assert_int_equal(why.code, FAULT_UNKNOWN_STATE);
    assert_ok(move(&c.m[1], &key, "已认领", NULL));
    assert_string_equal(look(&c.m[1], &key, "title").state, "claimed");
    struct author a = begin_as(&c.m[1], &c.m[1]);
    assert_int_equal(
        done(&c.m[1], edit_move(c.m[1].l, &a, &key, "listed", "a\x01", &why)),
        RC_INVALID);
    assert_int_equal(why.code, FAULT_BAD_TEXT);
    static char words[VALUE_WHY_BYTES_MAX + 2];
    memset(words, 'x', sizeof(words) - 1);
    a = begin_as(&c.m[1], &c.m[1]);
    assert_int_equal(done(&c.m[1], edit_move(c.m[1].l, &a, &key, "listed", words, &why)),
                     RC_INVALID);
    assert_int_equal(why.code, FAULT_BAD_LENGTH);
    community_fini(&c);
}

static void
a_conflict_of_states_is_settled_to_either(void **state)
{
    static struct community c;
    static const char *const want[] = {"claimed", "declined"};
    static const char *const value[] = {"1>2", "1>7"};
    (void)state;
    community_of(&c, 1);
    for (size_t i = 0; i < 2; i++) {
        struct record_key key = need(&c.m[1], "灯", NULL);
        community_sync(&c);
        assert_ok(move(&c.m[1], &key, "claimed", NULL));
        assert_ok(move(&c.m[0], &key, "declined", NULL));
        community_sync(&c);
        struct first_case f = cases(&c.m[1]);
        assert_int_equal(f.n, 1);
        assert_string_equal(f.field, "state");
        assert_ok(settle(&c.m[1], f.name, choice_of(&f, value[i]), NULL));
        community_sync(&c);
        for (size_t k = 0; k < c.n; k++) {
            assert_int_equal(cases(&c.m[k]).n, 0);
            assert_string_equal(look(&c.m[k], &key, "title").state, want[i]);
        }
    }
    community_fini(&c);
}

static void
a_move_by_the_home_unit_ends_a_conflict_of_states(void **state)
{
    static struct community c;
    (void)state;
    community_of(&c, 1);
    struct record_key key = need(&c.m[1], "灯", NULL);
    community_sync(&c);
    assert_ok(move(&c.m[1], &key, "claimed", NULL));
    assert_ok(move(&c.m[0], &key, "under_way", NULL));
    community_sync(&c);
    bool is_claimed = strcmp(look(&c.m[1], &key, "title").state, "claimed") == 0;
    assert_ok(move(&c.m[1], &key, is_claimed ? "under_way" : "met", NULL));
    community_sync(&c);
    assert_int_equal(cases(&c.m[0]).n, 0);
    community_fini(&c);
}

/* A move that replaces nothing leaves the state in which the record was made. */
static void
a_conflict_with_the_first_state_can_be_settled_to_it(void **state)
{
    static struct community c;
    struct value v = {.kind = VALUE_STATE, .as.move = {.from = 1, .to = 2}};
    struct op *op = mem_new(sizeof(*op));
    struct buf b = BUF_NONE;
    (void)state;
    community_of(&c, 1);
    struct record_key key = need(&c.m[1], "灯", NULL);
    value_encode(&v, &b);
    op->code = OP_PUT;
    op->unit = 301;
    op->type = type_by_name(ledger_types(c.m[1].l), "need")->code;
    memcpy(op->record, key.id, RECORD_ID_BYTES);
    op->fields_n = 1;
    op->field[0] = (struct put_field){.code = FIELD_STATE, .value = buf_slice(&b)};
    struct author_run *run = member_begin(&c.m[1]);
    assert_ok(author_put(run, key.scope, op));
    member_end(&c.m[1], run);
    struct first_case f = cases(&c.m[1]);
    assert_int_equal(f.n, 1);
    assert_ok(settle(&c.m[1], f.name, choice_of(&f, "0>1"), NULL));
    assert_int_equal(cases(&c.m[1]).n, 0);
    assert_string_equal(look(&c.m[1], &key, "title").state, "listed");
    buf_free(&b);
    mem_free(op);
    community_fini(&c);
}

/* ---- batches */

static const uint8_t batch[RECORD_ID_BYTES] = {7};

static void
import(struct member *m, size_t n)
{
    struct edit_bulk *bulk = NULL;
    struct author a = begin_as(m, m);
    assert_ok(edit_bulk_begin(m->l, &a, "need", batch, &bulk, NULL));
    for (size_t i = 0; i < n; i++) {
        struct assign f[] = {{"title", "灯"}, {"whom", "某某"}};
        struct assign wrong[] = {{"title", "灯"}, {"whom", "某某"}, {"urgency", "?"}};
        assert_ok(edit_bulk_add(bulk, m->unit, f, 2, NULL));
        assert_int_equal(edit_bulk_add(bulk, m->unit, wrong, 3, NULL), RC_INVALID);
    }
    assert_ok(edit_bulk_end(&bulk));
    assert_null(bulk);
    assert_ok(ledger_commit(m->l));
}

struct keys {
    struct record_key key[64];
    char number[64][40];
    size_t n;
};

static bool
take_key(void *arg, const struct record_row *r)
{
    struct keys *k = arg;
    memcpy(k->number[k->n], r->number, sizeof(r->number));
    k->key[k->n++] = r->key;
    return k->n < 64;
}

static struct keys
list(struct member *m)
{
    struct keys k = {.n = 0};
    assert_ok(query_list(m->l, "need", NULL, 0, 0, take_key, &k, NULL));
    return k;
}

static enum rc
undo(struct member *m, const struct member *who, uint64_t *undone, uint64_t *kept)
{
    struct author a = begin_as(m, who);
    *undone = *kept = 99;
    return done(m, edit_undo(m->l, &a, batch, undone, kept, NULL));
}

static void
undo_takes_back_what_nobody_changed_in_either_half(void **state)
{
    static struct community c;
    uint64_t undone, kept;
    (void)state;
    community_of(&c, 1);
    import(&c.m[1], 5);
    struct keys k = list(&c.m[1]);
    assert_int_equal(k.n, 5);
    assert_ok(set(&c.m[1], &k.key[0], "title", "x", NULL));
    assert_ok(set(&c.m[1], &k.key[1], "whom", "x", NULL));
    assert_ok(undo(&c.m[1], &c.m[1], &undone, &kept));
    assert_int_equal(undone, 3);
    assert_int_equal(kept, 2);
    assert_int_equal(list(&c.m[1]).n, 2);
    assert_true(look(&c.m[1], &k.key[2], "title").is_gone);
    uint64_t before = head(&c.m[1]);
    assert_ok(undo(&c.m[1], &c.m[1], &undone, &kept)); /* twice */
    assert_int_equal(undone, 0);
    assert_int_equal(kept, 2);
    assert_int_equal(head(&c.m[1]), before);
    community_fini(&c);
}

static void
undo_knows_its_batch_after_a_rebuild_also_what_others_changed(void **state)
{
    static struct community c;
    uint64_t undone, kept;
    (void)state;
    community_of(&c, 1);
    import(&c.m[1], 4);
    struct keys k = list(&c.m[1]);
    community_sync(&c);
    /* The hub's log comes before ours in a replay: there its item is the first. */
    assert_ok(set(&c.m[0], &k.key[1], "title", "x", NULL));
    assert_ok(set(&c.m[0], &k.key[2], "whom", "x", NULL));
    community_sync(&c);
    assert_ok(ledger_rebuild(c.m[1].l, NULL, NULL));
    assert_ok(undo(&c.m[1], &c.m[1], &undone, &kept));
    assert_int_equal(undone, 2);
    assert_int_equal(kept, 2);
    community_fini(&c);
}

static void
undo_asks_the_rules_and_other_nodes_know_no_batch(void **state)
{
    static struct community c;
    uint64_t undone, kept;
    (void)state;
    community_of(&c, 2);
    import(&c.m[1], 3);
    community_sync(&c);
    assert_int_equal(undo(&c.m[1], &c.m[2], &undone, &kept), RC_DENIED);
    assert_int_equal(undone, 99);
    assert_int_equal(list(&c.m[1]).n, 3);
    assert_int_equal(undo(&c.m[0], &c.m[0], &undone, &kept), RC_NOTFOUND);
    assert_ok(undo(&c.m[1], &c.m[0], &undone, &kept)); /* the secretary, at that node */
    assert_int_equal(undone, 3);
    community_fini(&c);
}

static void
an_import_of_nothing_is_no_batch_and_trying_writes_nothing(void **state)
{
    static struct community c;
    uint64_t undone, kept;
    struct edit_bulk *bulk = NULL;
    struct assign f = {"title", "灯"};
    (void)state;
    community_of(&c, 1);
    import(&c.m[1], 0);
    assert_int_equal(undo(&c.m[1], &c.m[1], &undone, &kept), RC_NOTFOUND);
    uint64_t before = head(&c.m[1]);
    struct author a = begin_as(&c.m[1], &c.m[1]);
    assert_ok(edit_bulk_begin(c.m[1].l, &a, "need", batch, &bulk, NULL));
    edit_bulk_try(bulk);
    for (size_t i = 0; i < 2000; i++) /* more than an entry holds */
        assert_ok(edit_bulk_add(bulk, 301, &f, 1, NULL));
    edit_bulk_drop(&bulk);
    assert_ok(ledger_commit(c.m[1].l));
    assert_int_equal(head(&c.m[1]), before);
    assert_int_equal(list(&c.m[1]).n, 0);
    community_fini(&c);
}

/* ---- numbers */

static void
a_number_is_not_given_again_after_its_record_is_gone(void **state)
{
    static struct community c;
    uint64_t undone, kept;
    struct made made;
    (void)state;
    community_of(&c, 1);
    import(&c.m[1], 3);
    assert_ok(undo(&c.m[1], &c.m[1], &undone, &kept));
    assert_ok(add(&c.m[1], 301, "灯", NULL, &made, NULL));
    assert_string_equal(made.number, "0301-002-26-0004");
    community_fini(&c);
}

static void
numbers_pass_9999_and_begin_again_with_the_year(void **state)
{
    static struct community c;
    struct made made;
    struct edit_bulk *bulk = NULL;
    struct record_key key;
    struct assign f = {"title", "灯"};
    (void)state;
    community_of(&c, 1);
    struct author a = begin_as(&c.m[1], &c.m[1]);
    assert_ok(edit_bulk_begin(c.m[1].l, &a, "need", batch, &bulk, NULL));
    for (size_t i = 0; i < 10000; i++)
        assert_ok(edit_bulk_add(bulk, 301, &f, 1, NULL));
    assert_ok(edit_bulk_end(&bulk));
    assert_ok(ledger_commit(c.m[1].l));
    assert_ok(add(&c.m[1], 301, "灯", NULL, &made, NULL));
    assert_string_equal(made.number, "0301-002-26-10001");
    assert_ok(query_find_one(c.m[1].l, "0301-002-26-10001", &key, NULL));
    assert_memory_equal(key.id, made.key.id, RECORD_ID_BYTES);
    /* A whole number is meant, though a longer one begins like it. */
    assert_ok(query_find_one(c.m[1].l, "0301-002-26-1000", &key, NULL));
    c.wall_ms += UINT64_C(366) * 86400000;
    assert_ok(add(&c.m[1], 301, "灯", NULL, &made, NULL));
    assert_string_equal(made.number, "0301-002-27-0001");
    c.wall_ms -= UINT64_C(366) * 86400000;
    assert_ok(add(&c.m[1], 301, "灯", NULL, &made, NULL));
    assert_string_equal(made.number, "0301-002-26-10002");
    community_fini(&c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_gets_number_first_state_and_both_halves),
        cmocka_unit_test(what_is_wrong_with_a_new_record_is_said_and_nothing_is_written),
        cmocka_unit_test(who_may_not_write_there_is_told_so),
        cmocka_unit_test(an_equal_value_makes_no_new_version),
        cmocka_unit_test(an_empty_value_takes_a_field_away_but_no_required_one),
        cmocka_unit_test(a_private_field_waits_for_its_scope),
        cmocka_unit_test(who_cannot_read_the_private_half_cannot_set_it),
        cmocka_unit_test(a_half_without_its_public_record_is_no_record),
        cmocka_unit_test(the_home_unit_settles_and_others_are_told_the_case),
        cmocka_unit_test(a_set_of_the_shown_value_settles_a_conflict),
        cmocka_unit_test(a_version_that_comes_after_the_settle_makes_a_case_again),
        cmocka_unit_test(a_case_of_a_private_half_is_named_by_its_record),
        cmocka_unit_test(both_halves_in_conflict_are_two_cases),
        cmocka_unit_test(a_move_says_what_there_is_instead),
        cmocka_unit_test(a_conflict_of_states_is_settled_to_either),
        cmocka_unit_test(a_move_by_the_home_unit_ends_a_conflict_of_states),
        cmocka_unit_test(a_conflict_with_the_first_state_can_be_settled_to_it),
        cmocka_unit_test(undo_takes_back_what_nobody_changed_in_either_half),
        cmocka_unit_test(undo_knows_its_batch_after_a_rebuild_also_what_others_changed),
        cmocka_unit_test(undo_asks_the_rules_and_other_nodes_know_no_batch),
        cmocka_unit_test(an_import_of_nothing_is_no_batch_and_trying_writes_nothing),
        cmocka_unit_test(a_number_is_not_given_again_after_its_record_is_gone),
        cmocka_unit_test(numbers_pass_9999_and_begin_again_with_the_year),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
