/* Writing records for a person: what is wrong is said before anything is signed. */
#include "schema/edit_in.h"

#include <string.h>

#include "schema/project.h"
#include "schema/query_in.h"
#include "schema/rights_in.h"
#include "schema/type.h"

/* Of one put: with these, its codes and the versions it replaces it fits an entry. */
#define VALUES_BYTES_MAX (ENTRY_BYTES_MAX - 8192)

/* ---- judging */

enum rc
edit_breach(enum breach b, const struct type *type, uint16_t code, uint32_t unit,
            struct fault *why)
{
    const struct field *field = field_by_code(type, code);
    /* Who may not make or move a record at all is told its type, not "state". */
    bool is_own = field != NULL && code >= FIELD_FIRST_OWN;
    const char *name = is_own ? field->name : type->name;
    switch (b) {
    case BREACH_ROLE:
        return fault_set(why, RC_DENIED, FAULT_NOT_ALLOWED, "%s", name);
    case BREACH_UNIT:
    case BREACH_SCOPE:
        fault_set(why, RC_DENIED, FAULT_NOT_ALLOWED, "%s", type->name);
        fault_want(why, "%04u", unit);
        return RC_DENIED;
    case BREACH_CONFLICT:
        return fault_set(why, RC_DENIED, FAULT_IN_CONFLICT, "%s", name);
    case BREACH_FACT:
        return fault_set(why, RC_DENIED, FAULT_FACT, "%s", name);
    case BREACH_MOVE:
    case BREACH_STATE:
        return fault_set(why, RC_INVALID, FAULT_ILLEGAL_MOVE, "%s", type->name);
    case BREACH_NONE:
    case BREACH_TYPE:
    case BREACH_FIELD:
    case BREACH_VALUE:
    case BREACH_APART: /* of a record as a whole: refuse_rule */
    case BREACH_SECOND:
        break;
    }
    return fault_set(why, RC_INVALID, FAULT_UNKNOWN_FIELD, "%s", name);
}

/* Not only some old key: what is written is sealed under the newest. */
static enum rc
may_seal(struct ledger *l, uint32_t scope, uint32_t unit, struct fault *why)
{
    uint32_t epoch = 0;
    return ledger_newest_key(l, scope, &epoch) != NULL
               ? RC_OK
               : fault_set(why, RC_DENIED, FAULT_NOT_READABLE, "%04u", unit);
}

enum rc
edit_scope(struct ledger *l, const struct type *type, uint32_t unit, uint32_t *scope,
           struct fault *why)
{
    enum rc rc = ledger_scope_of(l, type, unit, scope);
    if (rc != RC_OK)
        return fault_set(why, rc, FAULT_NO_SCOPE, "%04u", unit);
    return may_seal(l, *scope, unit, why);
}

enum rc
edit_judge(struct ledger *l, const struct author *a, uint32_t scope, struct draft *d,
           uint32_t unit, const uint8_t record[RECORD_ID_BYTES], struct fault *why)
{
    struct hint_scope info;
    struct writer by = {.role = a->role, .unit = a->unit};
    uint16_t code = 0;
    if (!ledger_scope(l, scope, &info))
        return fault_set(why, RC_BUSY, FAULT_NO_SCOPE, "%04u", unit);
    if (d->values.n > VALUES_BYTES_MAX) {
        fault_set(why, RC_INVALID, FAULT_BAD_LENGTH, "%s", d->type->name);
        fault_want(why, "%d", VALUES_BYTES_MAX);
        return RC_INVALID;
    }
    enum breach b = type_check(ledger_types(l), draft_op(d, unit, record), info.kind,
                               info.unit, &by, &code);
    return b == BREACH_NONE ? RC_OK : edit_breach(b, d->type, code, unit, why);
}

enum rc
edit_put(struct author_run *run, uint32_t scope, struct draft *d, uint32_t unit,
         const uint8_t record[RECORD_ID_BYTES], struct fault *why)
{
    enum rc rc = author_put(run, scope, draft_op(d, unit, record));
    return rc == RC_OK ? RC_OK : fault_set(why, rc, FAULT_DATABASE, "%s", rc_text(rc));
}

/* ---- new records */

enum rc
edit_required(const struct type *type, const struct draft *d, const struct draft *half,
              struct fault *why)
{
    for (size_t i = 0; i < type->fields_n; i++) {
        const struct field *f = &type->field[i];
        if (f->is_required && !draft_has(d, f->code) && !draft_has(half, f->code))
            return fault_set(why, RC_INVALID, FAULT_MISSING_FIELD, "%s", f->name);
    }
    return RC_OK;
}

static enum rc
add_first_state(struct draft *d, const struct type *type, struct fault *why)
{
    struct value v = {.kind = VALUE_STATE};
    if (type->states_n == 0 || draft_has(d, FIELD_STATE))
        return RC_OK;
    v.as.move = (struct state_move){.from = 0, .to = type->state[0].code};
    return draft_add_value(d, FIELD_STATE, &v, NULL, why);
}

enum rc
edit_make(struct ledger *l, struct author_run *run, const struct author *a, bool is_try,
          const struct type *type, uint32_t unit, const struct assign *f, size_t n,
          struct draft *d, struct draft *half, struct made *out, struct fault *why)
{
    const struct type *half_type = edit_half_of(l, type);
    struct value number = {.kind = VALUE_NUMBER};
    uint32_t scope = 0, half_scope = 0;
    draft_clear(d, type);
    draft_clear(half, half_type);
    enum rc rc = edit_assign(l, type, f, n, NULL, NULL, d, half, why);
    if (rc == RC_OK)
        rc = edit_required(type, d, half, why);
    if (rc == RC_OK)
        rc = edit_scope(l, type, unit, &scope, why);
    if (rc == RC_OK && half->fields_n > 0)
        rc = edit_scope(l, half_type, unit, &half_scope, why);
    if (rc != RC_OK)
        return rc;
    *out = (struct made){.key = {.scope = scope, .unit = unit}};
    ledger_new_id(l, out->key.id);
    rc = author_number(run, unit, &number.as.number);
    if (rc != RC_OK)
        return fault_set(why, rc, FAULT_DATABASE, "%s", rc_text(rc));
    rc = draft_add_value(d, FIELD_NUMBER, &number, NULL, why);
    if (rc == RC_OK)
        rc = add_first_state(d, type, why);
    if (rc != RC_OK)
        return rc;
    number_print(&number.as.number, out->number);
    /* Both halves are judged before either is written: a refused row changes nothing. */
    rc = edit_judge(l, a, scope, d, unit, out->key.id, why);
    if (rc == RC_OK && half->fields_n > 0)
        rc = edit_judge(l, a, half_scope, half, unit, out->key.id, why);
    struct rights_pen pen = {.l = l, .run = run, .a = a, .is_try = is_try, .why = why};
    if (rc == RC_OK)
        rc = edit_right(&pen, type, &out->key, d, NULL);
    if (rc == RC_OK && !is_try)
        rc = edit_put(run, scope, d, unit, out->key.id, why);
    if (rc == RC_OK && !is_try && half->fields_n > 0)
        rc = edit_put(run, half_scope, half, unit, out->key.id, why);
    return rc;
}

enum rc
edit_add(struct ledger *l, const struct author *a, const char *type_name, uint32_t unit,
         const struct assign *f, size_t n, struct made *out, struct fault *why)
{
    const struct type *type = type_by_name(ledger_types(l), type_name);
    struct author_run *run = NULL;
    struct draft d, half;
    if (type == NULL || type->private_of != 0)
        return fault_set(why, RC_INVALID, FAULT_UNKNOWN_TYPE, "%s", type_name);
    enum rc rc = author_begin(l, a, &run);
    if (rc != RC_OK)
        return fault_set(why, rc, FAULT_NO_LOG, "%s", rc_text(rc));
    draft_init(&d, type);
    draft_init(&half, NULL);
    rc = edit_make(l, run, a, false, type, unit, f, n, &d, &half, out, why);
    draft_fini(&d);
    draft_fini(&half);
    if (rc != RC_OK) {
        author_drop(&run);
        return rc;
    }
    rc = author_end(&run);
    return rc == RC_OK ? RC_OK : fault_set(why, rc, FAULT_DATABASE, "%s", rc_text(rc));
}

/* ---- changing what is there */

/* A record as it stands, with its private half where there is one and it can be read. */
struct target {
    const struct type *type, *half_type;
    struct image im, im_half;
};

static void
target_fini(struct target *t)
{
    image_fini(&t->im);
    image_fini(&t->im_half);
}

static enum rc
open_half(struct ledger *l, const struct record_key *key, struct target *t)
{
    int64_t no = 0;
    t->half_type = edit_half_of(l, t->type);
    t->im_half.key = *key;
    if (t->half_type == NULL ||
        ledger_scope_of(l, t->half_type, key->unit, &t->im_half.key.scope) != RC_OK)
        return RC_OK;
    struct record_key half = t->im_half.key;
    enum rc rc = query_no_of(l, &half, t->half_type->code, &no);
    if (rc == RC_OK)
        rc = fold_read(l, no, &t->im_half);
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc
target_open(struct ledger *l, const struct record_key *key, struct target *t,
            struct fault *why)
{
    int64_t no = 0;
    char id[2 * RECORD_ID_BYTES + 1];
    *t = (struct target){0};
    hex_print(key->id, RECORD_ID_BYTES, id);
    enum rc rc = query_no_of(l, key, 0, &no);
    if (rc == RC_OK)
        rc = fold_read(l, no, &t->im);
    if (rc == RC_OK)
        t->type = type_by_code(ledger_types(l), t->im.type);
    if (rc == RC_NOTFOUND || (rc == RC_OK && t->type == NULL))
        return fault_set(why, RC_NOTFOUND, FAULT_NOT_FOUND, "%s", id);
    if (rc == RC_OK)
        rc = open_half(l, key, t);
    return rc == RC_OK ? RC_OK : fault_set(why, rc, FAULT_DATABASE, "%s", rc_text(rc));
}

/* While a field is in conflict only the home unit and the centre may set it: they settle.
 */
static enum rc
refuse_conflict(const struct author *a, const struct image *im, const struct draft *d,
                struct fault *why)
{
    if (a->unit == im->key.unit || a->unit == CENTRE_UNIT)
        return RC_OK;
    for (size_t i = 0; i < d->fields_n; i++) {
        const struct image_field *f = image_field(im, d->field[i].code);
        if (f == NULL || f->state == FIELD_CLEAN)
            continue;
        const struct field *named = field_by_code(d->type, f->code);
        fault_set(why, RC_DENIED, FAULT_IN_CONFLICT, "%s",
                  named != NULL ? named->name : "?");
        fault_want(why, "%08x", fold_case_name(&im->key, f->code, f->state));
        return RC_DENIED;
    }
    return RC_OK;
}

/* A rule over the record in its own words, of both languages: the types are not known
 * where faults are said. */
static enum rc
refuse_rule(struct ledger *l, const struct author *a, const struct image *im,
            struct draft *d, struct fault *why)
{
    struct record_key key = im->key;
    const struct rule *rule = NULL;
    int64_t no = 0;
    if (!type_has_rules(d->type) || !draft_has(d, FIELD_STATE))
        return RC_OK;
    enum rc rc = query_no_of(l, &key, d->type->code, &no);
    if (rc == RC_OK)
        rc = project_rule_against(l, no, &a->log->pub, draft_op(d, key.unit, key.id),
                                  &rule);
    if (rc != RC_OK || rule == NULL)
        return rc == RC_NOTFOUND ? RC_OK : rc;
    fault_set(why, RC_DENIED, FAULT_RULE, "%s", rule->label.zh);
    fault_want(why, "%s", rule->label.en);
    return RC_DENIED;
}

/* `im` is where the draft goes: its key, and what it says now. */
enum rc
edit_check(struct ledger *l, const struct author *a, const struct image *im,
           struct draft *d, struct fault *why)
{
    if (d->fields_n == 0)
        return RC_OK;
    enum rc rc = may_seal(l, im->key.scope, im->key.unit, why);
    if (rc == RC_OK)
        rc = refuse_conflict(a, im, d, why);
    if (rc == RC_OK)
        rc = edit_judge(l, a, im->key.scope, d, im->key.unit, im->key.id, why);
    return rc == RC_OK ? refuse_rule(l, a, im, d, why) : rc;
}

static enum rc
put_draft(struct author_run *run, const struct image *im, struct draft *d,
          struct fault *why)
{
    return d->fields_n > 0
               ? edit_put(run, im->key.scope, d, im->key.unit, im->key.id, why)
               : RC_OK;
}

/* Both are judged before either is written. `half` may be NULL. */
static enum rc
write_both(struct ledger *l, const struct author *a, const struct image *im,
           struct draft *d, const struct image *im_half, struct draft *half,
           struct fault *why)
{
    struct author_run *run = NULL;
    enum rc rc = edit_check(l, a, im, d, why);
    if (rc == RC_OK && half != NULL)
        rc = edit_check(l, a, im_half, half, why);
    if (rc != RC_OK || (d->fields_n == 0 && (half == NULL || half->fields_n == 0)))
        return rc;
    rc = author_begin(l, a, &run);
    if (rc != RC_OK)
        return fault_set(why, rc, FAULT_NO_LOG, "%s", rc_text(rc));
    struct rights_pen pen = {.l = l, .run = run, .a = a, .why = why};
    rc = put_draft(run, im, d, why);
    if (rc == RC_OK && half != NULL)
        rc = put_draft(run, im_half, half, why);
    if (rc == RC_OK)
        rc = edit_right(&pen, d->type, &im->key, d, im);
    if (rc != RC_OK) {
        author_drop(&run);
        return rc;
    }
    rc = author_end(&run);
    return rc == RC_OK ? RC_OK : fault_set(why, rc, FAULT_DATABASE, "%s", rc_text(rc));
}

enum rc
edit_set(struct ledger *l, const struct author *a, const struct record_key *key,
         const struct assign *f, size_t n, struct fault *why)
{
    struct target t;
    struct draft d, half;
    enum rc rc = target_open(l, key, &t, why);
    draft_init(&d, t.type);
    draft_init(&half, t.half_type);
    if (rc == RC_OK)
        rc = edit_assign(l, t.type, f, n, &t.im, &t.im_half, &d, &half, why);
    if (rc == RC_OK)
        rc = write_both(l, a, &t.im, &d, &t.im_half, &half, why);
    draft_fini(&d);
    draft_fini(&half);
    target_fini(&t);
    return rc;
}

/* The steps there are from here, for this writer: what people can do instead. */
static void
want_moves(const struct type *type, uint16_t from, const struct author *a, uint32_t unit,
           struct fault *why)
{
    struct buf names = BUF_NONE;
    struct writer by = {.role = a->role, .unit = a->unit};
    for (size_t i = 0; i < type->moves_n; i++) {
        const struct move *m = &type->move[i];
        const struct state *to = state_by_code(type, m->to);
        if (m->from == from && to != NULL && move_is_legal(type, from, m->to, &by, unit))
            buf_addf(&names, "%s%s", names.n > 0 ? " " : "", to->name);
    }
    fault_want(why, "%s", buf_text(&names));
    buf_free(&names);
}

static uint16_t
state_now(const struct image *im)
{
    struct value v;
    struct slice shown = image_shown(im, FIELD_STATE);
    return shown.n > 0 && value_decode(VALUE_STATE, shown, &v) && !v.is_nil ? v.as.move.to
                                                                            : 0;
}

/* Where to: the state by its name or label, and whether this writer may go there. */
static enum rc
choose_move(const struct target *t, const struct author *a, const char *state,
            struct state_move *move, struct fault *why)
{
    struct writer by = {.role = a->role, .unit = a->unit};
    const struct state *to = query_state(t->type, state);
    uint32_t unit = t->im.key.unit;
    move->from = state_now(&t->im);
    enum rc rc = RC_OK;
    if (to == NULL) {
        rc = fault_set(why, RC_INVALID, FAULT_UNKNOWN_STATE, "%s", state);
    } else if (!move_is_legal(t->type, move->from, to->code, &by, unit)) {
        bool is_there = false;
        for (size_t i = 0; i < t->type->moves_n; i++)
            is_there = is_there || (t->type->move[i].from == move->from &&
                                    t->type->move[i].to == to->code);
        rc = is_there ? fault_set(why, RC_DENIED, FAULT_NOT_ALLOWED, "%s", state)
                      : fault_set(why, RC_INVALID, FAULT_ILLEGAL_MOVE, "%s", state);
    } else {
        move->to = to->code;
    }
    if (rc != RC_OK)
        want_moves(t->type, move->from, a, unit, why);
    return rc;
}

static enum rc
check_words(struct slice words, struct fault *why)
{
    if (words.n > VALUE_WHY_BYTES_MAX)
        return fault_set(why, RC_INVALID, FAULT_BAD_LENGTH, "why");
    if (!utf8_is_valid(words) || !value_text_is_clean(words, true))
        return fault_set(why, RC_INVALID, FAULT_BAD_TEXT, "why");
    return RC_OK;
}

enum rc
edit_move(struct ledger *l, const struct author *a, const struct record_key *key,
          const char *state, const char *why_text, struct fault *why)
{
    struct target t;
    struct draft d;
    struct value v = {.kind = VALUE_STATE};
    enum rc rc = target_open(l, key, &t, why);
    draft_init(&d, t.type);
    if (rc == RC_OK)
        rc = choose_move(&t, a, state, &v.as.move, why);
    if (why_text != NULL)
        v.as.move.why = slice_text(why_text);
    if (rc == RC_OK)
        rc = check_words(v.as.move.why, why);
    if (rc == RC_OK)
        rc = draft_add_value(&d, FIELD_STATE, &v, &t.im, why);
    if (rc == RC_OK)
        rc = write_both(l, a, &t.im, &d, NULL, NULL, why);
    draft_fini(&d);
    target_fini(&t);
    return rc;
}

/* The chosen version once more, replacing all. A state is kept as it was moved there;
 * where the settler may not make that move, or it made the record, the settle only keeps
 * it, which whoever may edit may do. */
static enum rc
choose(const struct author *a, const struct image *im, const struct image_field *f,
       unsigned choice, struct draft *d, struct fault *why)
{
    struct slice value = image_value(im, &im->choice[f->first + choice - 1]);
    struct writer by = {.role = a->role, .unit = a->unit};
    struct value v;
    if (f->code == FIELD_STATE && value_decode(VALUE_STATE, value, &v) && !v.is_nil &&
        !move_is_legal(d->type, v.as.move.from, v.as.move.to, &by, im->key.unit)) {
        v.as.move.from = v.as.move.to;
        return draft_add_value(d, f->code, &v, im, why);
    }
    enum rc rc = draft_add(d, f->code, value, im);
    return rc == RC_OK ? rc : fault_set(why, rc, FAULT_BAD_LENGTH, "%u", f->n);
}

enum rc
edit_settle(struct ledger *l, const struct author *a, const char *case_name,
            unsigned choice, struct fault *why)
{
    struct image im = {0};
    struct draft d;
    int64_t no = 0;
    uint16_t code = 0;
    enum rc rc = query_case(l, case_name, &no, &code);
    if (rc == RC_OK)
        rc = fold_read(l, no, &im);
    const struct image_field *f = rc == RC_OK ? image_field(&im, code) : NULL;
    draft_init(&d, rc == RC_OK ? type_by_code(ledger_types(l), im.type) : NULL);
    if (rc == RC_AMBIGUOUS)
        fault_set(why, rc, FAULT_AMBIGUOUS, "%s", case_name);
    else if (rc != RC_OK && rc != RC_NOTFOUND)
        fault_set(why, rc, FAULT_DATABASE, "%s", rc_text(rc));
    else if (f == NULL || f->state == FIELD_CLEAN || d.type == NULL)
        rc = fault_set(why, RC_NOTFOUND, FAULT_NOT_FOUND, "%s", case_name);
    else if (a->unit != im.key.unit && a->unit != CENTRE_UNIT)
        rc = fault_set(why, RC_DENIED, FAULT_NOT_ALLOWED, "%s", case_name);
    else if (choice < 1 || choice > f->n) {
        rc = fault_set(why, RC_INVALID, FAULT_BAD_CHOICE, "%u", choice);
        fault_want(why, "1..%u", f->n);
    } else
        rc = choose(a, &im, f, choice, &d, why);
    if (rc == RC_OK)
        rc = write_both(l, a, &im, &d, NULL, NULL, why);
    draft_fini(&d);
    image_fini(&im);
    return rc;
}
