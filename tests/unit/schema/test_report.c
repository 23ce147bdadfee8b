/* Reports: files refused with their place, figures against a count by hand, and the same
 * seals giving the same figures wherever the rest stands. */
#include <stdio.h>
#include <string.h>

#include "schema/edit.h"
#include "schema/ledger_in.h"
#include "schema/report_run.h"
#include "schema/type.h"
#include "tests/lib/ledger_fixture.h"
#include "tests/lib/ledger_fixture_test.h"

#define DAY_MS UINT64_C(86400000)

static const char base[] =
    "name = r\n"
    "zh = \"报\" en = \"R\"\n"
    "by = unit\n"
    "figure a { zh = \"甲\" en = \"A\" count = need where = \"state is listed, claimed\" "
    "}\n"
    "figure b { zh = \"乙\" en = \"B\" range = \"compound.built_year\" }\n"
    "list l { zh = \"单\" en = \"L\" type = need columns = \"number, title, state\" }\n";

static enum rc
parse(const char *text, struct reports **out, struct fault *why)
{
    static struct types *types;
    struct embed_file files[2] = {{"900-r", (const unsigned char *)text, strlen(text)}};
    if (types == NULL)
        assert_ok(types_load_builtin(&types));
    return reports_parse(files, types, out, why);
}

static void
what_is_wrong_in_a_file_is_refused_with_its_line(void **state)
{
    static const struct {
        const char *from, *to;
        enum fault_code code;
        uint32_t line;
    } slips[] = {
        {"name = r\n", "\n", FAULT_KEY_MISSING, 1},
        {"zh = \"报\" en", "en", FAULT_KEY_MISSING, 1},
        {"by = unit", "by = street", FAULT_KEY_VALUE, 3},
        {"by = unit", "by = unit period = decade", FAULT_KEY_VALUE, 3},
        {"by = unit", "by = unit by = unit", FAULT_KEY_TWICE, 3},
        {"by = unit", "by = unit colour = red", FAULT_FILE_SYNTAX, 3},
        {"count = need", "count = nead", FAULT_KEY_VALUE, 4},
        {"count = need", "count = need sum = \"compound.built_year\"", FAULT_KEY_MISSING,
         4},
        {"count = need", "count = \"need.title\"", FAULT_KEY_VALUE, 4},
        {"count = need", "goal = 1", FAULT_KEY_MISSING, 4},
        {"count = need", "count = need goal = x", FAULT_KEY_VALUE, 4},
        {"count = need", "count = need scale = 0", FAULT_KEY_VALUE, 4},
        {"count = need", "count = need when = title", FAULT_KEY_VALUE, 4},
        {"state is listed", "state is lost", FAULT_KEY_VALUE, 4},
        {"state is listed", "mood is listed", FAULT_KEY_VALUE, 4},
        {"state is listed", "state was listed", FAULT_KEY_VALUE, 4},
        {"state is listed, claimed", "state over 3", FAULT_KEY_VALUE, 4},
        {"state is listed, claimed", "state is listed or", FAULT_KEY_VALUE, 4},
        {"state is listed, claimed", "state is listed and", FAULT_KEY_VALUE, 4},
        {"state is listed, claimed", "whom set", FAULT_KEY_VALUE, 4},
        {"compound.built_year", "compound", FAULT_KEY_VALUE, 5},
        {"compound.built_year", "compound.name", FAULT_KEY_VALUE, 5},
        {"compound.built_year\" }", "compound.built_year\" of = \"state is open\" }",
         FAULT_KEY_MISPLACED, 5},
        {"type = need", "type = nead", FAULT_KEY_VALUE, 6},
        {"number, title", "number, titel", FAULT_KEY_VALUE, 6},
        {" columns = \"number, title, state\"", "", FAULT_KEY_MISSING, 6},
    };
    struct reports *r = NULL;
    struct fault why = {0};
    (void)state;
    if (parse(base, &r, &why) != RC_OK)
        fail_msg("%s %s line %u", fault_name(why.code), why.what, why.line);
    assert_int_equal(reports_n(r), 1);
    assert_non_null(report_by_name(r, "r"));
    assert_null(report_by_name(r, "s"));
    reports_free(r);
    for (size_t i = 0; i < sizeof(slips) / sizeof(slips[0]); i++) {
        char text[1024];
        const char *at = strstr(base, slips[i].from);
        assert_non_null(at);
        snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - base), base, slips[i].to,
                 at + strlen(slips[i].from));
        why = (struct fault){0};
        if (parse(text, &r, &why) == RC_OK || why.code != slips[i].code ||
            why.line != slips[i].line)
            fail_msg("%s: %s %s line %u", slips[i].to, fault_name(why.code), why.what,
                     why.line);
        assert_non_null(strstr(why.what, "900-r"));
    }
}

/* Every report of this release speaks of types, fields and states that are there. */
static void
the_reports_of_this_release_are_good(void **state)
{
    struct types *types = NULL;
    struct reports *r = NULL;
    struct fault why = {0};
    (void)state;
    assert_ok(types_load_builtin(&types));
    if (reports_parse(embed_reports, types, &r, &why) != RC_OK)
        fail_msg("%s line %u: %s %s", why.what, why.line, fault_name(why.code), why.want);
    assert_true(reports_n(r) > 0);
    reports_free(r);
    types_free(types);
}

/* ARTICLE.md says what each indicator is: all of them are there, under the same names. */
static void
the_indicators_are_those_of_the_article(void **state)
{
    struct types *types = NULL;
    struct reports *r = NULL;
    char line[1024];
    size_t found = 0;
    FILE *page = fopen("schema/ARTICLE.md", "r");
    (void)state;
    assert_non_null(page);
    assert_ok(types_load_builtin(&types));
    assert_ok(reports_parse(embed_reports, types, &r, NULL));
    const struct report *all = report_by_name(r, "indicators");
    assert_non_null(all);
    while (fgets(line, sizeof(line), page) != NULL) {
        char *save = NULL;
        const char *name =
            strncmp(line, "| I", 3) == 0 ? strtok_r(line, "|", &save) : NULL;
        const char *zh = name != NULL ? strtok_r(NULL, "|", &save) : NULL;
        bool is_there = false;
        if (zh == NULL || memcmp(name, " I28", 4) == 0) /* comes with the deadlines */
            continue;
        for (size_t i = 0; i < all->figures_n; i++)
            is_there = is_there ||
                       (memcmp(all->figure[i].name, name + 1, 3) == 0 &&
                        strncmp(all->figure[i].label.zh, zh + 1, strlen(zh) - 2) == 0);
        if (!is_there)
            fail_msg("%s %s", name, zh);
        found++;
    }
    assert_int_equal(found, 29);
    assert_int_equal(all->figures_n, 29);
    reports_free(r);
    types_free(types);
    (void)fclose(page);
}

/* ---- figures */

static const char figures[] =
    "name = r zh = \"报\" en = \"R\" by = unit period = week\n"
    "figure all { zh = \"全\" en = \"All\" count = need }\n"
    "figure listed { zh = \"列\" en = \"Listed\" count = need where = \"state is "
    "listed\" }\n"
    "figure people { zh = \"人\" en = \"People\" sum = \"need.how_many\" }\n"
    "figure span { zh = \"幅\" en = \"Span\" range = \"need.how_many\"\n"
    "    where = \"how_many over 1\" }\n"
    "figure places { zh = \"处\" en = \"Places\" distinct = \"need.place\" }\n"
    "figure done { zh = \"办\" en = \"Done\" count = need of = \"place set\"\n"
    "    where = \"state not listed\" }\n"
    "figure fresh { zh = \"新\" en = \"New\" count = need when = made }\n"
    "figure seen { zh = \"见\" en = \"Seen\" seen = 3 }\n"
    "list l { zh = \"单\" en = \"L\" type = need where = \"how_many over 1\"\n"
    "    columns = \"number, title, unit, how_many, tentative\" }\n";
enum { ALL, LISTED, PEOPLE, SPAN, PLACES, DONE, FRESH, SEEN };

static struct report_result *
run(struct member *m, int64_t day)
{
    struct reports *r = NULL;
    struct report_result *out = NULL;
    struct fault why = {0};
    if (parse(figures, &r, &why) != RC_OK)
        fail_msg("%s %s line %u %s", fault_name(why.code), why.what, why.line, why.want);
    struct report_span span = report_span_of(report_by_name(r, "r"), day);
    assert_ok(report_run(m->l, report_by_name(r, "r"), &span, UINT32_MAX, TEXT_EN, &out));
    reports_free(r);
    return out;
}

static struct record_key
need(struct member *m, const char *title, const char *how_many, const char *place)
{
    struct author a;
    struct assign f[] = {{"title", title}, {"how_many", how_many}, {"place", place}};
    struct made made;
    assert_ok(ledger_begin(m->l));
    assert_ok(author_of(m->l, &m->log, &a));
    assert_ok(edit_add(m->l, &a, "need", m->unit, f, 3, &made, NULL));
    assert_ok(ledger_commit(m->l));
    return made.key;
}

static void
set(struct member *m, const struct record_key *key, const char *field, const char *value)
{
    struct author a;
    struct assign f = {field, value};
    assert_ok(ledger_begin(m->l));
    assert_ok(author_of(m->l, &m->log, &a));
    assert_ok(edit_set(m->l, &a, key, &f, 1, NULL));
    assert_ok(ledger_commit(m->l));
}

/* What `undo` writes of a record. */
static void
take_back(struct member *m, const struct record_key *key)
{
    struct op *op = mem_new(sizeof(*op));
    struct value v = {.kind = VALUE_GONE, .as.gone = {.reason = GONE_MISTAKE}};
    struct buf gone = BUF_NONE;
    value_encode(&v, &gone);
    op->code = OP_PUT;
    op->unit = key->unit;
    op->type = type_by_name(ledger_types(m->l), "need")->code;
    memcpy(op->record, key->id, sizeof(op->record));
    op->fields_n = 1;
    op->field[0] = (struct put_field){.code = FIELD_GONE, .value = buf_slice(&gone)};
    struct author_run *run = member_begin(m);
    assert_ok(author_put(run, key->scope, op));
    member_end(m, run);
    buf_free(&gone);
    mem_free(op);
}

static const struct report_line *
line_of(const struct report_result *r, uint32_t unit)
{
    size_t i = 0;
    while (i + 2 < r->lines_n && r->line[i].unit != unit)
        i++;
    assert_int_equal(r->line[i].unit, unit);
    return &r->line[i];
}

/* All that the seal covers, as bytes: what must be equal wherever the seal is. */
static void
sealed_bytes(const struct report_result *r, struct buf *out)
{
    buf_addf(out, "%u %llu\n", r->seal_no, (unsigned long long)r->seal_ms);
    for (size_t i = 0; i < r->lines_n; i++) {
        const struct report_line *l = &r->line[i];
        buf_addf(out, "%u %s %d %lld", l->unit, l->name, l->is_silent,
                 (long long)l->last_day);
        for (size_t k = 0; k < r->figures_n; k++)
            buf_addf(out, " %llu/%llu %lld %lld-%lld", (unsigned long long)l->sealed[k].n,
                     (unsigned long long)l->sealed[k].of_n, (long long)l->sealed[k].sum,
                     (long long)l->sealed[k].low, (long long)l->sealed[k].high);
        buf_addf(out, "\n");
    }
    for (size_t k = 0; k < r->table[0].n; k++)
        for (size_t i = 0; i + 1 < r->table[0].columns_n; i++)
            buf_addf(out, "%s\n", buf_text(&r->table[0].entry[k].cell[i]));
}

static void
figures_are_what_a_count_by_hand_gives(void **state)
{
    struct community *c = mem_new(sizeof(*c));
    (void)state;
    community_of(c, 2);
    int64_t day = (int64_t)((c->wall_ms + 8 * 3600000) / DAY_MS);
    struct member *a = &c->m[1], *b = &c->m[2];
    (void)need(a, "灯", "3", "东门");
    (void)need(a, "水", "1", "东门");
    struct record_key third = need(a, "门", "5", "西门");
    (void)need(b, "树", "", "");
    set(a, &third, "how_many", "9");
    community_sync(c);
    community_seal(c);
    community_sync(c);

    struct report_result *r = run(b, day);
    const struct report_line *total = &r->line[r->lines_n - 1];
    assert_int_equal(r->lines_n, 3);
    assert_int_equal(r->seal_no, authority_seal_no(replica_authority(b->l->replica)));
    assert_int_equal(total->sealed[ALL].n, 4);
    assert_int_equal(total->sealed[PEOPLE].sum, 3 + 1 + 9);
    assert_int_equal(total->sealed[SPAN].low, 3);
    assert_int_equal(total->sealed[SPAN].high, 9);
    assert_int_equal(total->sealed[PLACES].n, 2);
    assert_int_equal(total->sealed[DONE].of_n, 3);
    assert_int_equal(total->sealed[DONE].n, 3 - total->sealed[LISTED].n + 1);
    assert_int_equal(total->sealed[FRESH].n, 4);
    assert_int_equal(total->sealed[SEEN].of_n, 3);
    assert_int_equal(total->sealed[SEEN].n, 3);
    assert_int_equal(line_of(r, a->unit)->sealed[ALL].n, 3);
    assert_int_equal(line_of(r, b->unit)->sealed[ALL].n, 1);
    assert_int_equal(line_of(r, b->unit)->sealed[SPAN].n, 0);
    assert_false(line_of(r, b->unit)->is_silent);
    assert_int_equal(r->table[0].n, 2);
    assert_string_equal(buf_text(&r->table[0].entry[0].cell[1]), "灯");
    assert_string_equal(buf_text(&r->table[0].entry[1].cell[3]), "9");
    report_result_free(r);

    /* in another week nothing is new, and nobody was heard of */
    r = run(b, day + 7);
    assert_int_equal(r->line[r->lines_n - 1].sealed[FRESH].n, 0);
    assert_int_equal(r->line[r->lines_n - 1].sealed[ALL].n, 4);
    assert_true(line_of(r, b->unit)->is_silent);
    assert_int_equal(line_of(r, b->unit)->last_day, day);
    report_result_free(r);
    community_fini(c);
    mem_free(c);
}

/* Whatever each has above the seal, made, changed or taken back. */
static void
the_same_seals_say_the_same(void **state)
{
    struct community *c = mem_new(sizeof(*c));
    struct buf want = BUF_NONE, have = BUF_NONE;
    (void)state;
    community_of(c, 2);
    int64_t day = (int64_t)((c->wall_ms + 8 * 3600000) / DAY_MS);
    struct member *a = &c->m[1], *b = &c->m[2];
    struct record_key one = need(a, "灯", "3", "东门");
    struct record_key two = need(b, "水", "4", "东门");
    community_sync(c);
    community_seal(c);
    community_sync(c);
    struct report_result *r = run(&c->m[0], day);
    sealed_bytes(r, &want);
    report_result_free(r);

    set(a, &one, "how_many", "30");
    set(a, &one, "title", "路灯");
    (void)need(a, "门", "50", "西门");
    take_back(b, &two);
    for (size_t i = 0; i < c->n; i++) {
        r = run(&c->m[i], day);
        sealed_bytes(r, &have);
        assert_string_equal(buf_text(&want), buf_text(&have));
        have.n = 0;
        report_result_free(r);
    }
    r = run(a, day);
    assert_int_equal(r->line[r->lines_n - 1].sealed[PEOPLE].sum, 7);
    assert_int_equal(r->line[r->lines_n - 1].now[PEOPLE].sum, 30 + 4 + 50);
    assert_int_equal(r->line[r->lines_n - 1].now[ALL].n, 3);
    report_result_free(r);
    r = run(b, day);
    assert_int_equal(r->line[r->lines_n - 1].sealed[ALL].n, 2);
    assert_int_equal(r->line[r->lines_n - 1].now[ALL].n, 1);
    report_result_free(r);

    /* once sealed it counts, everywhere */
    community_sync(c);
    community_seal(c);
    community_sync(c);
    want.n = 0;
    for (size_t i = 0; i < c->n; i++) {
        r = run(&c->m[i], day);
        assert_int_equal(r->line[r->lines_n - 1].sealed[PEOPLE].sum, 80);
        sealed_bytes(r, i == 0 ? &want : &have);
        if (i > 0)
            assert_string_equal(buf_text(&want), buf_text(&have));
        have.n = 0;
        report_result_free(r);
    }
    buf_free(&want);
    buf_free(&have);
    community_fini(c);
    mem_free(c);
}

/* A record was received when the first of its items was, whichever came here first. */
static void
what_was_made_last_week_stays_there(void **state)
{
    struct community *c = mem_new(sizeof(*c));
    (void)state;
    community_of(c, 2);
    int64_t day = (int64_t)((c->wall_ms + 8 * 3600000) / DAY_MS);
    struct member *hub = &c->m[0], *late = &c->m[2];
    struct record_key key = need(&c->m[1], "灯", "3", "东门");
    member_pull(hub, &c->m[1]);
    community_seal(c);
    c->wall_ms += 7 * DAY_MS;
    set(hub, &key, "how_many", "4");
    community_seal(c);
    member_pull(late, hub); /* the hub's log first */
    for (size_t i = 0; i < 3; i += 2) {
        struct report_result *r = run(&c->m[i], day);
        assert_int_equal(r->line[r->lines_n - 1].sealed[FRESH].n, 1);
        report_result_free(r);
        r = run(&c->m[i], day + 7);
        assert_int_equal(r->line[r->lines_n - 1].sealed[FRESH].n, 0);
        assert_int_equal(r->line[r->lines_n - 1].sealed[PEOPLE].sum, 4);
        report_result_free(r);
    }
    community_fini(c);
    mem_free(c);
}

static void
periods_are_whole_weeks_months_and_years(void **state)
{
    static const struct {
        enum report_period period;
        int32_t day, from, to;
    } cases[] = {{PERIOD_WEEK, 0, -3, 3}, /* 1970-01-01, a Thursday */
                 {PERIOD_WEEK, 4, 4, 10},    {PERIOD_WEEK, 10, 4, 10},
                 {PERIOD_WEEK, -4, -10, -4}, {PERIOD_MONTH, 20, 0, 30},
                 {PERIOD_MONTH, 31, 31, 58}, {PERIOD_MONTH, 364, 334, 364},
                 {PERIOD_YEAR, 100, 0, 364}, {PERIOD_YEAR, 730, 730, 1095}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct report r = {.period = cases[i].period};
        struct report_span s = report_span_of(&r, cases[i].day);
        assert_true(s.has);
        assert_int_equal(s.from, cases[i].from);
        assert_int_equal(s.to, cases[i].to);
    }
    struct report none = {.period = PERIOD_NONE};
    assert_false(report_span_of(&none, 9).has);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_wrong_in_a_file_is_refused_with_its_line),
        cmocka_unit_test(the_reports_of_this_release_are_good),
        cmocka_unit_test(the_indicators_are_those_of_the_article),
        cmocka_unit_test(periods_are_whole_weeks_months_and_years),
        cmocka_unit_test(figures_are_what_a_count_by_hand_gives),
        cmocka_unit_test(the_same_seals_say_the_same),
        cmocka_unit_test(what_was_made_last_week_stays_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
