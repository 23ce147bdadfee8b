/* Type files: the shipped ones, and one small file broken in every way that TYPES.md
 * section 1 forbids. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "schema/type.h"

#define PIN "tests/golden/types/v1.txt"

/* A type with one of everything; line 1 is its comment. */
static const char base[] =
    "# a thing\n"
    "code = 900\n"
    "name = thing\n"
    "zh = \"东西\"\n"
    "en = \"Thing\"\n"
    "visible = all\n"
    "private_code = 901\n"
    "since = 1\n"
    "create { roles = \"leader, grid\" who = \"unit, area\" }\n"
    "edit { roles = \"leader\" who = \"unit, centre\" }\n"
    "purpose call { zh = \"联系\" en = \"To call\" }\n" /* 11 */
    "keep year { zh = \"1年\" en = \"A year\" }\n"
    "field title {\n" /* 13 */
    "code = 10\n"
    "zh = \"标题\"\n"
    "en = \"Title\"\n"
    "kind = text\n"
    "max = 9\n"
    "required = yes title = yes\n"
    "}\n"
    "field kind {\n" /* 21 */
    "code = 11 zh = \"类\" en = \"Kind\"\n"
    "kind = choice\n"
    "choice big { code = 1 zh = \"大\" en = \"Big\" }\n"
    "choice small { code = 2 zh = \"小\" en = \"Small\" }\n"
    "}\n"
    "field phone {\n" /* 27 */
    "code = 12 zh = \"电话\" en = \"Phone\"\n"
    "kind = phone\n"
    "visible = care\n"
    "personal = yes purpose = call keep = year\n"
    "}\n"
    "field unit_no { code = 13 zh = \"号\" en = \"No.\" kind = code "
    "length = 4 }\n"
    "field part { code = 14 zh = \"部\" en = \"Part\" kind = record "
    "of = thing }\n"
    "state open { code = 1 zh = \"开\" en = \"Open\" }\n" /* 35 */
    "state shut { code = 2 zh = \"关\" en = \"Shut\" end = yes }\n"
    "move {\n" /* 37 */
    "from = \"open\"\n"
    "to = \"shut\"\n"
    "roles = \"leader\"\n"
    "who = \"unit\"\n"
    "}\n";

/* `base` with `find` replaced once; the caller frees. */
static struct buf
changed(const char *find, const char *replace)
{
    struct buf b = BUF_NONE;
    const char *at = strstr(base, find);

    if (at == NULL) {
        fail_msg("the table names what is not there: %s", find);
    }
    buf_add(&b, base, (size_t)(at - base));
    buf_add(&b, replace, strlen(replace));
    buf_add(&b, at + strlen(find), strlen(at + strlen(find)));
    (void)buf_text(&b);
    return b;
}

static enum rc
parse_one(const char *name, struct slice text, struct types **out, struct fault *why)
{
    struct embed_file file[2] = {{name, text.p, text.n}, {NULL, NULL, 0}};

    return types_parse(file, out, why);
}

static void
the_small_type_is_fine(void **state)
{
    struct types *t = NULL;
    struct fault why = {.rc = RC_OK};
    const struct type *thing;
    const struct type *half;

    (void)state;
    assert_int_equal(parse_one("900-thing", slice_text(base), &t, &why), RC_OK);
    assert_int_equal(t->n, 2);
    assert_int_equal(t->version, 1);
    thing = type_by_name(t, "thing");
    half = type_by_name(t, "thing_private");
    assert_int_equal(thing->code, 900);
    assert_int_equal(thing->fields_n, 5);
    assert_int_equal(thing->create_roles, 1u << ROLE_LEADER | 1u << ROLE_GRID);
    assert_int_equal(thing->create_who, WHO_UNIT | WHO_AREA);
    assert_int_equal(thing->states_n, 2);
    assert_true(thing->state[0].is_start);
    assert_true(thing->state[1].is_end);
    assert_int_equal(thing->moves_n, 1);
    assert_string_equal(field_by_name(thing, "phone")->purpose.zh, "联系");
    assert_string_equal(field_by_name(thing, "phone")->keep.en, "A year");
    assert_string_equal(field_by_name(thing, "part")->of_type, "thing");
    assert_int_equal(field_by_name(thing, "unit_no")->min, 4);
    assert_int_equal(half->code, 901);
    assert_int_equal(half->private_of, 900);
    assert_int_equal(half->fields_n, 1);
    assert_int_equal(half->visible, VISIBLE_CARE);
    assert_int_equal(half->states_n, 0);
    assert_string_equal(half->label.en, "Thing (private)");
    types_free(t);
    types_free(NULL);
}

struct bad {
    const char *find, *replace;
    const char *want; /* "CODE what, line n" */
};

static const struct bad bad[] = {
    /* bytes */
    {"a thing", "a \x01thing", "BAD_TEXT 900-thing, line 0"},
    {"a thing", "a \xff thing", "BAD_TEXT 900-thing, line 0"},
    {"\"Thing\"", "\"\xe2\x80\xae\"", "BAD_TEXT 900-thing, line 0"},
    {"\"Thing\"", "\"${HOME}\"", "FILE_BYTE 900-thing: $, line 5"},
    {"\"Thing\"", "${HOME}", "FILE_BYTE 900-thing: $, line 5"},
    {"\"Thing\"", "\"a\\x41\"", "FILE_BYTE 900-thing: \\, line 5"},
    {"\"Thing\"", "\"a", "FILE_BYTE 900-thing: \\x0a, line 5"},
    {"\"Thing\"", "'Thing'", "FILE_BYTE 900-thing: ', line 5"},
    {"en = \"Thing\"", "东西 = \"Thing\"", "FILE_BYTE 900-thing: 东, line 5"},
    {"code = 900\n", "code = (\n", "FILE_BYTE 900-thing: (, line 2"},
    {"code = 900\n", "include \"x\"\n",
     "FILE_SYNTAX 900-thing: no such option 'include', line 2"},
    {"code = 900\n", "field|code = 900\n", "FILE_BYTE 900-thing: |, line 2"},
    {"code = 900\n", "// code = 900\n", "FILE_BYTE 900-thing: /, line 2"},
    {"code = 900\n", "code = 900,\n", "FILE_BYTE 900-thing: ,, line 2"},
    /* syntax */
    {"code = 900\n", "colour = 900\n",
     "FILE_SYNTAX 900-thing: no such option 'colour', line 2"},
    {"code = 900\n", "code 900\n",
     "FILE_SYNTAX 900-thing: missing equal sign after option 'code', line 2"},
    {"kind = text\n", "length { }\n",
     "FILE_SYNTAX 900-thing: missing equal sign after option 'length', line 17"},
    {"kind = text\n", "field x { }\n",
     "FILE_SYNTAX 900-thing: no such option 'field', line 17"},
    {"who = \"unit\"\n}\n", "who = \"unit\"\n", "FILE_SYNTAX 900-thing: }, line 42"},
    {"who = \"unit\"\n}\n", "who = \"unit\"\n}\n}\n",
     "FILE_SYNTAX 900-thing: unexpected closing brace, line 43"},
    {"field kind {", "field title {",
     "FILE_SYNTAX 900-thing: found duplicate title 'title', line 21"},
    {"code = 900\n", "code = 900 code = 900\n", "KEY_TWICE 900-thing: code, line 2"},
    {"max = 9\n", "max = 9\nmax = 10\n", "KEY_TWICE 900-thing: max, line 19"},
    {"purpose call", "create { }\npurpose call", "KEY_TWICE 900-thing: create, line 11"},
    /* the head */
    {"code = 900\n", "\n", "KEY_MISSING 900-thing: code, line 1"},
    {"code = 900\n", "code = 0900\n", "KEY_VALUE 900-thing: code, line 2"},
    {"code = 900\n", "code = 0x384\n", "KEY_VALUE 900-thing: code, line 2"},
    {"code = 900\n", "code = 1000\n", "KEY_VALUE 900-thing: code, line 2"},
    {"code = 900\n", "code = 910\n", "FILE_NAME 900-thing: name, line 3"},
    {"name = thing", "name = Thing", "KEY_VALUE 900-thing: name, line 3"},
    {"name = thing", "name = thong", "FILE_NAME 900-thing: name, line 3"},
    {"zh = \"东西\"\n", "\n", "KEY_MISSING 900-thing: zh, line 1"},
    {"en = \"Thing\"\n", "en = \"\"\n", "KEY_MISSING 900-thing: en, line 5"},
    {"visible = all", "visible = some", "KEY_VALUE 900-thing: visible, line 6"},
    {"visible = all\n", "\n", "KEY_MISSING 900-thing: visible, line 1"},
    {"visible = all", "visible = home",
     "KEY_MISPLACED 900-thing: field phone visible, line 30"},
    {"private_code = 901\n", "\n", "KEY_MISSING 900-thing: private_code, line 1"},
    {"visible = care\n", "\n", "KEY_MISPLACED 900-thing: private_code, line 7"},
    {"private_code = 901", "private_code = 900",
     "CODE_TWICE 900-thing: private_code, line 7"},
    {"since = 1\n", "\n", "KEY_MISSING 900-thing: since, line 1"},
    {"since = 1\n", "since = 0\n", "KEY_VALUE 900-thing: since, line 8"},
    /* rights */
    {"create { roles = \"leader, grid\"", "create {",
     "KEY_MISSING 900-thing: create roles, line 9"},
    {"edit { roles = \"leader\" who = \"unit, centre\" }\n", "\n",
     "KEY_MISSING 900-thing: edit roles, line 1"},
    {"roles = \"leader\" who", "roles = \"boss\" who",
     "KEY_VALUE 900-thing: edit roles, line 10"},
    {"roles = \"leader\" who", "roles = \"\" who",
     "KEY_VALUE 900-thing: edit roles, line 10"},
    {"who = \"unit, centre\"", "who = \"moon\"",
     "KEY_VALUE 900-thing: edit who, line 10"},
    {"who = \"unit, centre\"", "", "KEY_MISSING 900-thing: edit who, line 10"},
    {"who = \"unit, centre\"", "who = \"area\"",
     "KEY_MISPLACED 900-thing: edit who, line 10"},
    /* fields */
    {"code = 10\n", "code = 9\n", "KEY_VALUE 900-thing: field title code, line 14"},
    {"code = 10\n", "\n", "KEY_MISSING 900-thing: field title code, line 20"},
    {"code = 11 ", "code = 10 ", "CODE_TWICE 900-thing: field title code, line 14"},
    {"field kind {", "field Kind {", "KEY_VALUE 900-thing: field Kind, line 26"},
    {"field kind {", "field state {", "KEY_VALUE 900-thing: field state, line 26"},
    {"zh = \"标题\"\n", "\n", "KEY_MISSING 900-thing: field title zh, line 20"},
    {"en = \"Title\"\n", "\n", "KEY_MISSING 900-thing: field title en, line 20"},
    {"zh = \"类\"", "zh = \"标题\"", "LABEL_TWICE 900-thing: field kind zh, line 22"},
    {"en = \"Kind\"", "en = \"Title\"", "LABEL_TWICE 900-thing: field kind en, line 22"},
    {"kind = text\n", "\n", "KEY_MISSING 900-thing: field title kind, line 20"},
    {"kind = text\n", "kind = novel\n", "KEY_VALUE 900-thing: field title kind, line 17"},
    {"kind = text\n", "kind = state\n", "KEY_VALUE 900-thing: field title kind, line 17"},
    {"max = 9\n", "\n", "KEY_MISSING 900-thing: field title max, line 20"},
    {"max = 9\n", "max = 4001\n", "KEY_VALUE 900-thing: field title max, line 18"},
    {"max = 9\n", "max = 9 min = 10\n", "KEY_VALUE 900-thing: field title max, line 18"},
    {"max = 9\n", "max = 9 length = 3\n",
     "KEY_MISPLACED 900-thing: field title length, line 18"},
    {"kind = phone\n", "kind = phone max = 9\n",
     "KEY_MISPLACED 900-thing: field phone max, line 29"},
    {" length = 4", "", "KEY_MISSING 900-thing: field unit_no length, line 33"},
    {"of = thing", "of = thong", "NO_SUCH_NAME 900-thing: field part of, line 34"},
    {"required = yes title", "required = maybe title",
     "KEY_VALUE 900-thing: field title required, line 19"},
    {"required = yes title", "title",
     "KEY_MISPLACED 900-thing: field title title, line 19"},
    {"required = yes title = yes", "required = yes", "KEY_MISSING 900-thing, line 1"},
    {"length = 4 }", "length = 4 required = yes title = yes }",
     "KEY_MISPLACED 900-thing: field unit_no title, line 33"},
    {"kind = phone\n", "kind = phone roles = clerk\n",
     "KEY_MISPLACED 900-thing: field phone roles, line 29"},
    {"visible = care", "visible = wall",
     "KEY_VALUE 900-thing: field phone visible, line 30"},
    {"length = 4 }", "length = 4 visible = home }",
     "KEY_MISPLACED 900-thing: field unit_no visible, line 33"},
    /* personal */
    {"personal = yes", "personal = very",
     "KEY_VALUE 900-thing: field phone personal, line 31"},
    {"personal = yes ", "", "KEY_MISPLACED 900-thing: field phone purpose, line 31"},
    {"purpose = call ", "", "KEY_MISSING 900-thing: field phone purpose, line 32"},
    {" keep = year", "", "KEY_MISSING 900-thing: field phone keep, line 32"},
    {"purpose = call", "purpose = fun",
     "NO_SUCH_NAME 900-thing: field phone purpose, line 31"},
    {"en = \"To call\"", "", "KEY_MISSING 900-thing: purpose call en, line 11"},
    /* choices */
    {"kind = choice\n", "kind = bool\n", "KEY_MISPLACED 900-thing: field kind, line 26"},
    {"kind = phone\n", "kind = choice\n", "KEY_MISSING 900-thing: field phone, line 32"},
    {"code = 2 zh = \"小\"", "code = 1 zh = \"小\"",
     "CODE_TWICE 900-thing: choice small code, line 25"},
    {"zh = \"小\"", "zh = \"大\"", "LABEL_TWICE 900-thing: choice small zh, line 25"},
    {"en = \"Small\"", "en = \"Big\"", "LABEL_TWICE 900-thing: choice small en, line 25"},
    {"en = \"Small\"", "", "KEY_MISSING 900-thing: choice small en, line 25"},
    {"choice small {", "choice s-all {", "KEY_VALUE 900-thing: choice s-all, line 25"},
    /* life */
    {"state shut { code = 2", "state shut { code = 1",
     "CODE_TWICE 900-thing: state shut code, line 36"},
    {"zh = \"关\"", "zh = \"开\"", "LABEL_TWICE 900-thing: state shut zh, line 36"},
    {"en = \"Shut\"", "en = \"Open\"", "LABEL_TWICE 900-thing: state shut en, line 36"},
    {"state shut {", "state Shut {", "KEY_VALUE 900-thing: state Shut, line 36"},
    {" end = yes", "", "NO_EXIT 900-thing: state shut, line 36"},
    {"move {\n", "state lost { code = 3 zh = \"丢\" en = \"Lost\" end = yes }\nmove {\n",
     "NO_WAY_IN 900-thing: state lost, line 37"},
    {"move {\n", /* an island: each is reached, from the other */
     "state a { code = 3 zh = \"甲\" en = \"A\" } state b { code = 4 zh = \"乙\" en = "
     "\"B\" }\n"
     "move { from = a to = b roles = leader who = unit }\n"
     "move { from = b to = a roles = leader who = unit }\nmove {\n",
     "NO_WAY_IN 900-thing: state a, line 37"},
    {"to = \"shut\"\n", "to = \"ajar\"\n", "NO_SUCH_NAME 900-thing: move to, line 39"},
    {"to = \"shut\"\n", "to = \"open\"\n", "NO_SUCH_NAME 900-thing: move to, line 39"},
    {"to = \"shut\"\n", "to = \"\"\n", "KEY_VALUE 900-thing: move to, line 39"},
    {"to = \"shut\"\n", "\n", "KEY_MISSING 900-thing: move to, line 42"},
    {"from = \"open\"\n", "from = \"a_name_that_goes_on_for_ever\"\n",
     "NO_SUCH_NAME 900-thing: move from, line 38"},
    {"who = \"unit\"\n", "\n", "KEY_MISSING 900-thing: move who, line 42"},
    {"who = \"unit\"\n", "who = \"unit\" until = 0\n",
     "KEY_VALUE 900-thing: move until, line 41"},
    /* rights */
    {"purpose call", "asset { }\npurpose call",
     "KEY_MISSING 900-thing: asset amount, line 11"},
    {"purpose call", "asset { amount = 0 }\npurpose call",
     "KEY_VALUE 900-thing: asset amount, line 11"},
    {"purpose call", "asset { amount = 1099511627777 }\npurpose call",
     "KEY_VALUE 900-thing: asset amount, line 11"},
    {"purpose call", "asset { amount = title }\npurpose call",
     "KEY_VALUE 900-thing: asset amount, line 11"},
    {"purpose call", "asset { amount = phone }\npurpose call",
     "NO_SUCH_NAME 900-thing: asset amount, line 11"},
    {"purpose call", "asset { amount = 1 } asset { amount = 1 }\npurpose call",
     "KEY_TWICE 900-thing: asset, line 11"},
    {"purpose call", "costs { of = part amount = 1 }\npurpose call",
     "NO_SUCH_NAME 900-thing: costs of, line 11"},
    {"purpose call", "asset { amount = 1 } costs { amount = 1 }\npurpose call",
     "KEY_MISSING 900-thing: costs of, line 11"},
    {"purpose call", "asset { amount = 1 } costs { of = title amount = 1 }\npurpose call",
     "NO_SUCH_NAME 900-thing: costs of, line 11"},
    {"purpose call",
     "asset { amount = 1 } costs { of = part amount = 1 state = ajar }\npurpose call",
     "NO_SUCH_NAME 900-thing: costs state, line 11"},
    {"purpose call",
     "asset { amount = 1 } costs { of = part amount = 1 state = \"\" }\npurpose call",
     "KEY_VALUE 900-thing: costs state, line 11"},
    {"purpose call",
     "asset { amount = 1 } adds { of = part amount = 1 state = open }\npurpose call",
     "KEY_VALUE 900-thing: adds state, line 11"},
    /* how changes meet */
    {"since = 1\n", "since = 1 merge = sum\n", "KEY_VALUE 900-thing: merge, line 8"},
    {"since = 1\n", "since = 1 merge = hub\n", "KEY_VALUE 900-thing: create who, line 9"},
    {"since = 1\ncreate { roles = \"leader, grid\" who = \"unit, area\" }\n",
     "since = 1 merge = hub\ncreate { roles = leader who = centre }\n",
     "KEY_VALUE 900-thing: edit who, line 10"},
/* rules over a record */
#define APART(keys)                                                                      \
    "move {\n", "apart ab { zh = \"分\" en = \"Apart\" " keys " }\nmove {\n"
#define BAD_APART(code, key) code " 900-thing: apart ab " key ", line 37"
    {"move {\n",
     "apart A-b { zh = \"分\" en = \"Apart\" steps = \"create, shut\" }\nmove {\n",
     "KEY_VALUE 900-thing: apart A-b, line 37"},
    {"move {\n", "apart ab { zh = \"分\" steps = \"create, shut\" }\nmove {\n",
     BAD_APART("KEY_MISSING", "en")},
    {APART(""), BAD_APART("KEY_MISSING", "steps")},
    {APART("steps = \"create, ajar\""), BAD_APART("NO_SUCH_NAME", "steps")},
    {APART("steps = \"shut, create\""), BAD_APART("KEY_VALUE", "steps")},
    {APART("steps = \"create, open\""), BAD_APART("KEY_VALUE", "steps")},
    {APART("steps = \"create, shut, shut\""), BAD_APART("NAME_TWICE", "steps")},
    {APART("steps = create"), BAD_APART("KEY_VALUE", "steps")},
    {APART("steps = shut"), BAD_APART("KEY_VALUE", "steps")},
    {APART("steps = \"\""), BAD_APART("KEY_VALUE", "steps")},
    {APART("steps = \"create, shut\" alone = nobody"),
     BAD_APART("NO_SUCH_NAME", "alone")},
    {APART("steps = \"create, shut\" alone = kind"), BAD_APART("KEY_VALUE", "alone")},
    {APART("steps = \"create, shut\" alone = part"), BAD_APART("KEY_VALUE", "alone")},
    {APART("steps = \"create, shut\" since = 0"), BAD_APART("KEY_VALUE", "since")},
#define SECOND(keys)                                                                      \
    "move {\n", "second ab { zh = \"二\" en = \"Twice\" " keys                            \
                " }\nstate done { code = 3 zh = \"完\" en = \"Done\" end = yes }\nmove " \
                "{ from = shut to = done roles = leader who = unit }\nfield n { code = "  \
                "20 zh = \"数\" en = \"N\" kind = int max = 9 }\nmove {\n"
#define BAD_SECOND(code, key) code " 900-thing: second ab " key ", line 37"
    {SECOND("over = 1 before = done steps = shut"), BAD_SECOND("KEY_MISSING", "field")},
    {SECOND("before = \"create, done\" steps = shut"), BAD_SECOND("KEY_VALUE", "before")},
    {SECOND("before = \"done, done\" steps = shut"), BAD_SECOND("NAME_TWICE", "before")},
    {SECOND("field = x over = 1 before = done steps = shut"),
     BAD_SECOND("NO_SUCH_NAME", "field")},
    {SECOND("field = kind over = 1 before = done steps = shut"),
     BAD_SECOND("KEY_VALUE", "field")},
    {SECOND("field = n before = done steps = shut"), BAD_SECOND("KEY_MISSING", "over")},
    {SECOND("field = n over = -1 before = done steps = shut"),
     BAD_SECOND("KEY_VALUE", "over")},
    {SECOND("field = n over = 1 steps = shut"), BAD_SECOND("KEY_MISSING", "before")},
    {SECOND("field = n over = 1 before = ajar steps = shut"),
     BAD_SECOND("NO_SUCH_NAME", "before")},
    {SECOND("field = n over = 1 before = open steps = shut"),
     BAD_SECOND("KEY_VALUE", "before")},
    {SECOND("field = n over = 1 before = done"), BAD_SECOND("KEY_MISSING", "steps")},
    {SECOND("field = n over = 1 before = done steps = create"),
     BAD_SECOND("KEY_VALUE", "steps")},
    {SECOND("field = n over = 1 before = done steps = done"),
     BAD_SECOND("KEY_VALUE", "steps")},
#define DUE(keys)                                                                        \
    "move {\n", "deadline ab { zh = \"限\" en = \"Due\" " keys " }\nmove {\n"
#define BAD_DUE(code, key) code " 900-thing: deadline ab " key ", line 37"
    {DUE("from = create until = shut"), BAD_DUE("KEY_MISSING", "rule")},
    {DUE("rule = x until = shut"), BAD_DUE("KEY_MISSING", "from")},
    {DUE("rule = x from = ajar until = shut"), BAD_DUE("NO_SUCH_NAME", "from")},
    {DUE("rule = x from = \"create, shut\" until = shut"), BAD_DUE("KEY_VALUE", "from")},
    {DUE("rule = x from = create"), BAD_DUE("KEY_MISSING", "until")},
    {DUE("rule = x from = create until = create"), BAD_DUE("KEY_VALUE", "until")},
    {DUE("rule = x from = create until = shut extend = open"),
     BAD_DUE("KEY_VALUE", "extend")},
    {DUE("rule = x from = create until = shut to = kind"), BAD_DUE("KEY_VALUE", "to")},
    {DUE("rule = x from = create until = shut stated = when"),
     BAD_DUE("NO_SUCH_NAME", "stated")},
    {DUE("rule = x from = create until = shut level = title"),
     BAD_DUE("KEY_VALUE", "level")},
    {DUE("rule = x from = create until = shut"), BAD_DUE("NO_SUCH_NAME", "rule")},
    {"move {\n", /* each wants the other's first */
     "state a { code = 3 zh = \"甲\" en = \"A\" end = yes }\n"
     "move { from = open to = a roles = leader who = unit }\n"
     "apart ab { zh = \"分\" en = \"Apart\" steps = \"a, shut\" }\n"
     "apart ba { zh = \"离\" en = \"Off\" steps = \"shut, a\" since = 2 }\nmove {\n",
     "KEY_VALUE 900-thing: apart ba steps, line 40"},
};

static void
each_slip_is_refused_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct buf text = changed(bad[i].find, bad[i].replace);
        struct types *t = NULL;
        struct fault why = {.rc = RC_OK};
        struct buf got = BUF_NONE;
        enum rc rc = parse_one("900-thing", buf_slice(&text), &t, &why);

        buf_addf(&got, "%s %s, line %u", fault_name(why.code), why.what, why.line);
        if (rc == RC_OK || strcmp(buf_text(&got), bad[i].want) != 0) {
            fail_msg("row %zu (%s): %s; wanted %s", i, bad[i].replace, buf_text(&got),
                     bad[i].want);
        }
        assert_int_equal(why.rc, rc);
        assert_null(t);
        assert_int_equal(parse_one("900-thing", buf_slice(&text), &t, NULL), rc);
        buf_free(&got);
        buf_free(&text);
    }
}

/* Person and a second step, to be kept apart. */
static void
rules_stand_in_the_type(void **state)
{
    struct buf text = changed(
        "move {\n",
        "field by { code = 20 zh = \"人\" en = \"By\" kind = record of = person }\n"
        "state done { code = 3 zh = \"完\" en = \"Done\" end = yes }\n"
        "move { from = shut to = done roles = leader who = unit }\n"
        "apart second { zh = \"二\" en = \"Second\" steps = \"shut, done\" }\n"
        "apart first { zh = \"一\" en = \"First\" steps = \"create, shut\" alone = by "
        "since = 2 }\n"
        "move {\n");
    struct embed_file file[3] = {{"060-person", NULL, 0}, {"900-thing", text.p, text.n}};
    struct types *t = NULL;
    struct types *old = NULL;

    (void)state;
    for (size_t i = 0; embed_types[i].name != NULL; i++) {
        if (strcmp(embed_types[i].name, "060-person") == 0) {
            file[0] = embed_types[i];
        }
    }
    assert_int_equal(types_parse(file, &t, NULL), RC_OK);
    assert_int_equal(types_parse_at(file, 1, &old, NULL), RC_OK);
    const struct type *thing = type_by_name(t, "thing");
    const struct type *was = type_by_name(old, "thing");
    assert_int_equal(thing->aparts_n, 2);
    assert_string_equal(thing->apart[0].rule.name, "second");
    assert_string_equal(thing->apart[1].rule.label.zh, "一");
    assert_int_equal(thing->apart[0].steps_n, 2);
    assert_int_equal(thing->apart[0].step[1], 3);
    assert_int_equal(thing->apart[1].step[0], STEP_CREATE);
    assert_int_equal(thing->apart[1].alone, 20);
    assert_int_equal(thing->steps_n, 3); /* in the only order that both rules allow */
    assert_int_equal(thing->step[0], STEP_CREATE);
    assert_int_equal(thing->step[1], 2);
    assert_int_equal(thing->step[2], 3);
    assert_int_equal(was->aparts_n,
                     1); /* `first` came later, its place in the order not */
    assert_int_equal(was->steps_n, 3);
    assert_int_equal(type_by_name(t, "thing_private")->aparts_n, 0);
    types_free(t);
    types_free(old);
    buf_free(&text);
}

static void
how_changes_meet_is_said(void **state)
{
    static const char *const word[] = {"record", "fact", "owned", "scarce", "hub"};
    struct types *t = NULL;

    (void)state;
    assert_int_equal(parse_one("900-thing", slice_text(base), &t, NULL), RC_OK);
    assert_int_equal(t->type[0].merge, MERGE_RECORD); /* unsaid */
    types_free(t);
    for (size_t i = 0; i < 5; i++) {
        char line[64];
        snprintf(line, sizeof(line), "since = 1 merge = %s\n", word[i]);
        struct buf text = changed("since = 1\n", line);
        enum rc rc = parse_one("900-thing", buf_slice(&text), &t, NULL);

        assert_int_equal(rc, i == MERGE_HUB ? RC_INVALID : RC_OK);
        if (rc == RC_OK) {
            assert_int_equal(t->type[0].merge, i);
            assert_int_equal(t->type[1].merge, i); /* the private half, too */
            assert_string_equal(merge_name(t->type[0].merge), word[i]);
            types_free(t);
        }
        buf_free(&text);
    }
    struct buf hub = changed("since = 1\n"
                             "create { roles = \"leader, grid\" who = \"unit, area\" }\n"
                             "edit { roles = \"leader\" who = \"unit, centre\" }\n",
                             "since = 1 merge = hub\n"
                             "create { roles = clerk who = centre }\n"
                             "edit { roles = clerk who = centre }\n");
    assert_int_equal(parse_one("900-thing", buf_slice(&hub), &t, NULL), RC_OK);
    assert_int_equal(t->type[0].merge, MERGE_HUB);
    types_free(t);
    buf_free(&hub);
}

static void
rights_are_tied_to_records(void **state)
{
    struct buf text =
        changed("purpose call", "asset { amount = 7 }\n"
                                "costs { of = part amount = 2 state = \"open\" }\n"
                                "adds { of = part amount = 3 state = shut }\n"
                                "purpose call");
    struct types *t = NULL;
    struct fault why = {.rc = RC_OK};

    (void)state;
    if (parse_one("900-thing", buf_slice(&text), &t, &why) != RC_OK) {
        fail_msg("%s", why.what);
    }
    const struct type *thing = type_by_name(t, "thing");
    const struct type *half = type_by_name(t, "thing_private");

    assert_true(thing->asset.is_there && thing->asset.amount == 7);
    assert_int_equal(thing->costs.of, 14);
    assert_int_equal(thing->costs.amount, 2);
    assert_true(right_rule_has(thing, &thing->costs, 1));
    assert_false(right_rule_has(thing, &thing->costs, 2));
    assert_true(right_rule_has(thing, &thing->adds, 2));
    assert_false(half->asset.is_there || half->costs.is_there || half->adds.is_there);
    types_free(t);
    buf_free(&text);
}

static void
a_refusal_leaves_no_trace_in_the_next_parse(void **state)
{
    struct types *t = NULL;

    (void)state;
    assert_int_not_equal(parse_one("900-thing", slice_text("code = \"9"), &t, NULL),
                         RC_OK);
    assert_int_not_equal(parse_one("900-thing", slice_text("code = 9 {"), &t, NULL),
                         RC_OK);
    assert_int_equal(parse_one("900-thing", slice_text(base), &t, NULL), RC_OK);
    types_free(t);
}

static void
two_files_may_not_claim_the_same(void **state)
{
    static const struct bad row[] = {
        {"code = 900\n", "code = 901\n", "NAME_TWICE 901-thing: name, line 3"},
        {"private_code = 901", "private_code = 902", "FILE_NAME 950-thing: name, line 3"},
        {"code = 900\n", "code = 950\n", "CODE_TWICE 950-thing: private_code, line 7"},
    };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct buf two = changed(row[i].find, row[i].replace);
        struct embed_file file[3] = {
            {"900-thing", (const uint8_t *)base, sizeof(base) - 1},
            {i == 0 ? "901-thing" : "950-thing", two.p, two.n},
            {NULL, NULL, 0}};
        struct types *t = NULL;
        struct fault why = {.rc = RC_OK};
        struct buf got = BUF_NONE;

        assert_int_not_equal(types_parse(file, &t, &why), RC_OK);
        buf_addf(&got, "%s %s, line %u", fault_name(why.code), why.what, why.line);
        assert_string_equal(buf_text(&got), row[i].want);
        buf_free(&got);
        buf_free(&two);
    }
}

static void
too_large_a_file_is_not_looked_at(void **state)
{
    size_t n = 65537;
    char *text = mem_new(n + 1);
    struct types *t = NULL;
    struct fault why = {.rc = RC_OK};

    (void)state;
    memset(text, '\n', n);
    assert_int_equal(parse_one("900-thing", slice_of(text, n), &t, &why), RC_LIMIT);
    assert_int_equal(why.code, FAULT_FILE_SIZE);
    assert_int_equal(parse_one("900-thing", slice_of(text, n - 1), &t, &why), RC_INVALID);
    text[100] = '\0';
    assert_int_equal(parse_one("900-thing", slice_of(text, n - 1), &t, &why),
                     RC_MALFORMED);
    mem_free(text);
}

static void
each_version_has_its_own_rules(void **state)
{
    struct buf text = changed(
        "move {\n",
        "field late { code = 20 zh = \"晚\" en = \"Late\" kind = bool since = 3 }\n"
        "state ajar { code = 3 zh = \"半\" en = \"Ajar\" end = yes since = 2 }\n"
        "move { from = open to = ajar roles = grid who = unit since = 2 until = 2 }\n"
        "move { from = open to = ajar roles = leader who = unit since = 3 }\n"
        "move {\n");
    struct embed_file file[2] = {{"900-thing", text.p, text.n}, {NULL, NULL, 0}};
    struct writer leader = {ROLE_LEADER, 1}, grid = {ROLE_GRID, 1};
    struct types *t[4] = {NULL};
    struct hash zero = {{0}};

    (void)state;
    for (uint16_t v = 1; v <= 3; v++) {
        struct fault why;

        assert_int_equal(types_parse_at(file, v, &t[v], &why), RC_OK);
        assert_int_equal(t[v]->version, v);
        assert_int_equal(field_by_name(&t[v]->type[0], "late") != NULL, v >= 3);
        assert_int_equal(state_by_name(&t[v]->type[0], "ajar") != NULL, v >= 2);
        assert_int_equal(move_is_legal(&t[v]->type[0], 1, 3, &grid, 1), v == 2);
        assert_int_equal(move_is_legal(&t[v]->type[0], 1, 3, &leader, 1), v == 3);
        assert_int_equal(hash_eq(&t[v]->hash, &zero), v < 3);
    }
    assert_int_equal(types_parse_at(file, 4, &t[0], NULL), RC_NOTFOUND);
    assert_int_equal(types_parse_at(file, 0, &t[0], NULL), RC_NOTFOUND);
    assert_int_equal(types_parse(file, &t[0], NULL), RC_OK);
    assert_int_equal(t[0]->version, 3);
    for (size_t i = 0; i < 4; i++) {
        types_free(t[i]);
    }
    buf_free(&text);
}

static void
a_type_that_comes_later_is_not_in_version_1(void **state)
{
    struct buf text = changed("since = 1\n", "since = 2\n");
    struct embed_file file[2] = {{"900-thing", text.p, text.n}, {NULL, NULL, 0}};
    struct types *t = NULL;

    (void)state;
    assert_int_equal(types_parse_at(file, 1, &t, NULL), RC_OK);
    assert_int_equal(t->n, 0);
    types_free(t);
    buf_free(&text);
}

/* ---- what is shipped */

static const struct {
    const char *type;
    const char *required; /* fields that an `add` cannot do without */
} shipped[] = {
    {"community", "name"},    {"compound", "name"},  {"building", "no"},
    {"dwelling", "door"},     {"merchant", "name"},  {"org_unit", "code name kind"},
    {"person", "name"},       {"household", "door"}, {"resident", "name"},
    {"need", "title"},        {"need_private", ""},  {"problem", "title"},
    {"wish", "title"},        {"wish_private", ""},  {"visit", "words way"},
    {"held_review", "place"}, {"handover", "heir"},
};
#define REQUIRED_MAX 5 /* of any type: a form that asks for more is not filled in */

static void
the_shipped_types_ask_for_little(void **state)
{
    struct types *t = NULL;

    (void)state;
    assert_int_equal(types_load_builtin(&t), RC_OK);
    for (size_t i = 0; i < sizeof(shipped) / sizeof(shipped[0]); i++) {
        const struct type *type = type_by_name(t, shipped[i].type);
        struct buf got = BUF_NONE;

        assert_non_null(type);
        for (size_t f = 0; f < type->fields_n; f++) {
            if (type->field[f].is_required) {
                buf_addf(&got, "%s%s", got.n > 0 ? " " : "", type->field[f].name);
            }
        }
        assert_string_equal(buf_text(&got), shipped[i].required);
        buf_free(&got);
    }
    for (size_t i = 0; i < t->n; i++) {
        size_t n = 0;

        for (size_t f = 0; f < t->type[i].fields_n; f++) {
            n += t->type[i].field[f].is_required;
        }
        if (n > REQUIRED_MAX) {
            fail_msg("%s asks for %zu fields", t->type[i].name, n);
        }
    }
    types_free(t);
}

/* What a person is called, what can be dialled, and notes about people are personal in
 * whatever type they stand; the phone of nobody is in none. */
static void
no_shipped_type_forgets_that_a_field_is_personal(void **state)
{
    static const char *const words[] = {"姓名", "电话",     "监护人",
                                        "户主", "居民档案", "联系人"};
    struct types *t = NULL;

    (void)state;
    assert_int_equal(types_load_builtin(&t), RC_OK);
    for (size_t i = 0; i < t->n; i++) {
        for (size_t f = 0; f < t->type[i].fields_n; f++) {
            const struct field *field = &t->type[i].field[f];
            bool is_about = field->kind == VALUE_PHONE;

            for (size_t k = 0; k < sizeof(words) / sizeof(words[0]); k++) {
                is_about |= strstr(field->label.zh, words[k]) != NULL &&
                            field->kind != VALUE_BOOL && field->kind != VALUE_CHOICE;
            }
            if (is_about && field->personal == PERSONAL_NONE) {
                fail_msg("%s.%s is personal", t->type[i].name, field->name);
            }
        }
    }
    types_free(t);
}

/* Nothing sensitive hangs on the wall or goes to all, and nothing personal on the wall
 * but what its purpose says is shown there. */
static void
no_shipped_type_shows_what_is_sensitive(void **state)
{
    struct types *t = NULL;

    (void)state;
    assert_int_equal(types_load_builtin(&t), RC_OK);
    for (size_t i = 0; i < t->n; i++) {
        const struct type *type = &t->type[i];

        for (size_t f = 0; f < type->fields_n; f++) {
            const struct field *field = &type->field[f];
            bool is_own = !field_is_private(type, field);

            if (is_own && type->visible <= VISIBLE_ALL &&
                field->personal == PERSONAL_SENSITIVE) {
                fail_msg("%s.%s is sensitive, and all may read it", type->name,
                         field->name);
            }
            if (is_own && type->visible == VISIBLE_WALL &&
                field->personal != PERSONAL_NONE && strcmp(type->name, "course") != 0) {
                fail_msg("%s.%s is personal, and hangs on the wall", type->name,
                         field->name);
            }
        }
    }
    types_free(t);
}

static void
the_shipped_types_let_people_do_their_work(void **state)
{
    static const struct writer leader = {ROLE_LEADER, 302}, helper = {ROLE_HELPER, 302},
                               grid = {ROLE_GRID, 901}, clerk = {ROLE_CLERK, 0},
                               area = {ROLE_AREA, 51}, other = {ROLE_LEADER, 511},
                               partner = {ROLE_PARTNER, 302}, privacy = {ROLE_PRIVACY, 0};
    static const struct {
        const char *type, *from, *to;
        const struct writer *by;
        bool is_legal;
    } row[] = {
        {"problem", "found", "received", &clerk, true},
        {"problem", "found", "received", &leader, false},
        {"problem", "received", "dispatched", &clerk, true},
        {"problem", "received", "dispatched", &leader, false}, /* the centre's */
        {"problem", "dispatched", "extension_asked", &leader, true},
        {"problem", "extension_asked", "extension_granted", &leader, false},
        {"problem", "dispatched", "handled", &leader, false},
        {"problem", "handled", "checked", &grid, true},
        {"problem", "closed", "rated", &helper, true},
        {"need", "listed", "claimed", &leader, true},
        {"need", "listed", "claimed", &helper, false}, /* no approvals */
        {"need", "listed", "closed", &leader, false},
        {"wish", "checked", "published", &area, true},
        {"wish", "checked", "published", &leader, false},
        {"visit", "done", "reviewed", &leader, true},
        {"household", "listed", "verified", &grid, true},
        {"org_unit", "formed", "ended", &leader, false},
        {"problem", "dispatched", "reported_done", &leader, true},
        {"problem", "reported_done", "handled", &leader, false}, /* a proposal only */
        {"claim", "tentative", "confirmed", &leader, true},
        {"claim", "tentative", "confirmed", &other, false}, /* the target's unit */
        {"claim", "confirmed", "delivered", &other, true},  /* whoever claimed */
        {"claim", "confirmed", "accepted", &partner, false},
        {"resource", "offered", "withdrawn", &partner, true},
        {"resource", "offered", "checked", &partner, false},
        {"hours", "recorded", "confirmed", &leader, true},
        {"hours", "recorded", "confirmed", &helper, false},
        {"hours", "on_notice", "final", &leader, false},
        {"points", "proposed", "approved", &leader, false},
        {"booking", "tentative", "confirmed", &leader, false},
        {"booking", "tentative", "cancelled", &leader, true},
        {"lease", "applied", "drawn", &leader, false},
        {"fund", "recorded", "checked", &clerk, false},
        {"care_case", "proposed", "open", &clerk, false}, /* assessed first */
        {"data_request", "identity_checked", "done", &clerk, false},
        {"data_request", "identity_checked", "done", &privacy, true},
        {"suggestion", "put_right", "reopened", &helper, true},
    };
    struct types *t = NULL;

    (void)state;
    assert_int_equal(types_load_builtin(&t), RC_OK);
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        const struct type *type = type_by_name(t, row[i].type);
        const struct state *from = state_by_name(type, row[i].from);
        const struct state *to = state_by_name(type, row[i].to);

        assert_non_null(from);
        assert_non_null(to);
        if (move_is_legal(type, from->code, to->code, row[i].by, 302) !=
            row[i].is_legal) {
            fail_msg("%s: %s to %s", row[i].type, row[i].from, row[i].to);
        }
    }
    types_free(t);
}

static void
no_shipped_type_asks_for_an_id_number(void **state)
{
    struct types *t = NULL;

    (void)state;
    assert_int_equal(types_load_builtin(&t), RC_OK);
    for (size_t i = 0; i < t->n; i++) {
        for (size_t f = 0; f < t->type[i].fields_n; f++) {
            assert_null(strstr(t->type[i].field[f].label.zh, "身份证"));
        }
    }
    types_free(t);
}

static void
the_released_files_have_not_changed(void **state)
{
    struct types *t = NULL;
    char hex[2 * HASH_BYTES + 1];
    char pinned[2 * HASH_BYTES + 2] = "";
    const char *root = getenv("LINJULI_ROOT");
    struct buf path = BUF_NONE;
    FILE *f;

    (void)state;
    buf_addf(&path, "%s/%s", root == NULL ? "." : root, PIN);
    f = fopen(buf_text(&path), "r");
    assert_non_null(f);
    assert_non_null(fgets(pinned, sizeof(pinned), f));
    (void)fclose(f);
    buf_free(&path);
    assert_int_equal(types_load_builtin(&t), RC_OK);
    hex_print(t->hash.b, HASH_BYTES, hex);
    types_free(t);
    if (strncmp(pinned, hex, 2 * HASH_BYTES) != 0) {
        fail_msg(
            "schema/types has changed. A released file is never edited in place: new "
            "parts get `since`, old ones `until` (schema/TYPES.md section 7). Before "
            "a release, renew the pin:\n  echo %s > %s",
            hex, PIN);
    }
}

static void
words_of_enums_come_back(void **state)
{
    enum role role;

    (void)state;
    for (int r = ROLE_LEADER; r <= ROLE_PRIVACY; r++) {
        assert_true(role_parse(role_name((enum role)r), &role));
        assert_int_equal(role, r);
    }
    assert_false(role_parse("boss", &role));
    assert_false(role_parse("", &role));
    assert_string_equal(role_name((enum role)0), "?");
    assert_string_equal(role_name((enum role)99), "?");
    assert_string_equal(value_kind_name(VALUE_CHOICES), "choices");
    assert_string_equal(visibility_name(VISIBLE_WALL), "wall");
}

static void
faults_are_safe_on_a_terminal(void **state)
{
    struct fault why;
    char out[12];

    (void)state;
    assert_int_equal(fault_set(NULL, RC_INVALID, FAULT_BAD_INT, "x"), RC_INVALID);
    fault_want(NULL, "x");
    fault_at(NULL, 1, 1);
    fault_set(&why, RC_INVALID, FAULT_BAD_INT, "%s", "a\x1b[31m\xe2\x80\xae\xff楼");
    assert_string_equal(why.what, "a\\x1b[31m\\xe2\\x80\\xae\\xff楼");
    assert_string_equal(why.want, "");
    fault_escape(slice_text("楼楼楼楼"), out, sizeof(out));
    assert_string_equal(out, "楼楼楼");
    fault_escape(slice_text("1234567\x01"), out, sizeof(out));
    assert_string_equal(out, "1234567\\x01");
    fault_escape(slice_text("12345678\x01"), out, sizeof(out));
    assert_string_equal(out, "12345678");
    assert_string_equal(fault_name((enum fault_code)999), "?");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_small_type_is_fine),
        cmocka_unit_test(each_slip_is_refused_with_its_place),
        cmocka_unit_test(rights_are_tied_to_records),
        cmocka_unit_test(rules_stand_in_the_type),
        cmocka_unit_test(how_changes_meet_is_said),
        cmocka_unit_test(a_refusal_leaves_no_trace_in_the_next_parse),
        cmocka_unit_test(two_files_may_not_claim_the_same),
        cmocka_unit_test(too_large_a_file_is_not_looked_at),
        cmocka_unit_test(each_version_has_its_own_rules),
        cmocka_unit_test(a_type_that_comes_later_is_not_in_version_1),
        cmocka_unit_test(the_shipped_types_ask_for_little),
        cmocka_unit_test(no_shipped_type_forgets_that_a_field_is_personal),
        cmocka_unit_test(no_shipped_type_shows_what_is_sensitive),
        cmocka_unit_test(the_shipped_types_let_people_do_their_work),
        cmocka_unit_test(no_shipped_type_asks_for_an_id_number),
        cmocka_unit_test(the_released_files_have_not_changed),
        cmocka_unit_test(words_of_enums_come_back),
        cmocka_unit_test(faults_are_safe_on_a_terminal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
