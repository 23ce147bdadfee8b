/* A record goes on as one of another type (TYPES.md 9): what was taken down as a problem
 * was a need. Number and running deadline go along; the old one stays and says what
 * became of it. */
#include "schema/edit_in.h"

#include <string.h>

#include "schema/query_in.h"
#include "schema/type.h"

#define TURNED "turned"

struct turning {
    struct ledger *l;
    const struct author *a;
    const struct type *old, *next;
    struct image im, im_half;
    struct draft was, d, half;
    struct fault *why;
};

/* The same, by another name. */
static const char *const alias[][2] = {
    {"found_on", "noted_on"}, {"reporter", "person"}, {"reporter_phone", "person_phone"}};

static const struct field *
source_of(const struct type *old, const char *name)
{
    const struct field *f = field_by_name(old, name);
    for (size_t i = 0; f == NULL && i < sizeof(alias) / sizeof(alias[0]); i++)
        for (size_t k = 0; f == NULL && k < 2; k++)
            if (strcmp(alias[i][k], name) == 0)
                f = field_by_name(old, alias[i][1 - k]);
    return f != NULL && f->code >= FIELD_FIRST_OWN ? f : NULL;
}

/* To more readers than before go the title and what names nobody. */
static bool
may_be_shown(const struct field *from, const struct field *to)
{
    if (to->visible >= from->visible)
        return true;
    return from->personal == PERSONAL_NONE &&
           (to->is_title || (from->kind != VALUE_TEXT && from->kind != VALUE_PHONE &&
                             from->kind != VALUE_RECORD));
}

/* Choices are the same where their names are. */
static bool
choice_of(const struct field *from, const struct field *to, struct slice value,
          struct buf *out)
{
    struct value v;
    const struct choice *c = value_decode(VALUE_CHOICE, value, &v) && !v.is_nil
                                 ? choice_by_code(from, (uint16_t)v.as.num)
                                 : NULL;
    for (size_t i = 0; c != NULL && i < to->choices_n; i++) {
        if (strcmp(to->choice[i].name, c->name) != 0)
            continue;
        v.as.num = to->choice[i].code;
        value_encode(&v, out);
        return true;
    }
    return false;
}

static enum rc
copy_field(struct turning *t, const struct field *to)
{
    const struct field *from = source_of(t->old, to->name);
    struct draft *d = field_is_private(t->next, to) ? &t->half : &t->d;
    struct buf value = BUF_NONE;
    if (from == NULL || from->kind != to->kind || draft_has(d, to->code) ||
        from->kind == VALUE_CHOICES || !may_be_shown(from, to))
        return RC_OK;
    struct slice shown =
        image_shown(field_is_private(t->old, from) ? &t->im_half : &t->im, from->code);
    enum rc rc = RC_OK;
    if (shown.n == 0)
        return RC_OK;
    if (from->kind != VALUE_CHOICE)
        buf_add_slice(&value, shown);
    else if (!choice_of(from, to, shown, &value))
        return RC_OK;
    if (value_check(to, buf_slice(&value)))
        rc = draft_add(d, to->code, buf_slice(&value), NULL);
    mem_wipe(value.p, value.cap);
    buf_free(&value);
    return rc == RC_OK ? RC_OK : fault_set(t->why, rc, FAULT_BAD_LENGTH, "%s", to->name);
}

static enum rc
open_old(struct turning *t, const struct record_key *key)
{
    struct record_key half = *key;
    int64_t no = 0;
    enum rc rc = query_no_of(t->l, key, 0, &no);
    if (rc == RC_OK)
        rc = fold_read(t->l, no, &t->im);
    t->old = rc == RC_OK ? type_by_code(ledger_types(t->l), t->im.type) : NULL;
    if (t->old == NULL)
        return fault_set(t->why, rc == RC_OK ? RC_NOTFOUND : rc, FAULT_NOT_FOUND, "%s",
                         "");
    const struct type *half_type = edit_half_of(t->l, t->old);
    /* whoever cannot read it copies nothing of it */
    if (half_type == NULL ||
        ledger_scope_of(t->l, half_type, key->unit, &half.scope) != RC_OK ||
        query_no_of(t->l, &half, half_type->code, &no) != RC_OK)
        return RC_OK;
    return fold_read(t->l, no, &t->im_half);
}

/* What the new one says, but who it is: fields that were given, else those of the old. */
static enum rc
fill(struct turning *t, const struct assign *f, size_t n)
{
    struct slice number = image_shown(&t->im, FIELD_NUMBER);
    struct value v = {.kind = VALUE_LINK,
                      .as.link = {.kind = LINK_TURNED_FROM, .to = t->im.key}};
    enum rc rc = edit_assign(t->l, t->next, f, n, NULL, NULL, &t->d, &t->half, t->why);
    for (size_t i = 0; rc == RC_OK && i < t->next->fields_n; i++)
        rc = copy_field(t, &t->next->field[i]);
    if (rc == RC_OK)
        rc = edit_required(t->next, &t->d, &t->half, t->why);
    if (rc == RC_OK && number.n > 0)
        rc = draft_add(&t->d, FIELD_NUMBER, number, NULL);
    if (rc == RC_OK)
        rc = draft_add_value(&t->d, FIELD_LINK, &v, NULL, t->why);
    if (rc != RC_OK || draft_has(&t->d, FIELD_STATE))
        return rc;
    v = (struct value){.kind = VALUE_STATE, .as.move = {.to = t->next->state[0].code}};
    return draft_add_value(&t->d, FIELD_STATE, &v, NULL, t->why);
}

static enum rc
leave_old(struct turning *t, const struct record_key *next, const char *words)
{
    const struct state *to = state_by_name(t->old, TURNED);
    struct value v = {.kind = VALUE_STATE}, now;
    struct slice shown = image_shown(&t->im, FIELD_STATE);
    v.as.move.from = shown.n > 0 && value_decode(VALUE_STATE, shown, &now) && !now.is_nil
                         ? now.as.move.to
                         : 0;
    v.as.move.to = to->code;
    v.as.move.why = slice_text(words != NULL ? words : "");
    enum rc rc = draft_add_value(&t->was, FIELD_STATE, &v, &t->im, t->why);
    v = (struct value){.kind = VALUE_LINK,
                       .as.link = {.kind = LINK_TURNED_INTO, .to = *next}};
    if (rc == RC_OK)
        rc = draft_add_value(&t->was, FIELD_LINK, &v, &t->im, t->why);
    return rc == RC_OK ? edit_check(t->l, t->a, &t->im, &t->was, t->why) : rc;
}

static enum rc
put_all(struct turning *t, const struct record_key *next, uint32_t half_scope)
{
    struct author_run *run = NULL;
    const struct record_key *old = &t->im.key;
    enum rc rc = author_begin(t->l, t->a, &run);
    if (rc != RC_OK)
        return fault_set(t->why, rc, FAULT_NO_LOG, "%s", rc_text(rc));
    rc = edit_put(run, next->scope, &t->d, next->unit, next->id, t->why);
    if (rc == RC_OK && t->half.fields_n > 0)
        rc = edit_put(run, half_scope, &t->half, next->unit, next->id, t->why);
    if (rc == RC_OK)
        rc = edit_put(run, old->scope, &t->was, old->unit, old->id, t->why);
    if (rc != RC_OK) {
        author_drop(&run);
        return rc;
    }
    rc = author_end(&run);
    return rc == RC_OK ? RC_OK : fault_set(t->why, rc, FAULT_DATABASE, "%s", rc_text(rc));
}

/* All is judged before anything is written. */
static enum rc
turn(struct turning *t, const struct assign *f, size_t n, const char *words,
     struct made *out)
{
    uint32_t unit = t->im.key.unit, half_scope = 0;
    const struct type *half_type = edit_half_of(t->l, t->next);
    struct value number;
    enum rc rc = edit_scope(t->l, t->next, unit, &out->key.scope, t->why);
    out->key.unit = unit;
    ledger_new_id(t->l, out->key.id);
    if (rc == RC_OK)
        rc = fill(t, f, n);
    if (rc == RC_OK && t->half.fields_n > 0)
        rc = edit_scope(t->l, half_type, unit, &half_scope, t->why);
    if (rc == RC_OK)
        rc = leave_old(t, &out->key, words);
    if (rc == RC_OK)
        rc = edit_judge(t->l, t->a, out->key.scope, &t->d, unit, out->key.id, t->why);
    if (rc == RC_OK && t->half.fields_n > 0)
        rc = edit_judge(t->l, t->a, half_scope, &t->half, unit, out->key.id, t->why);
    if (rc == RC_OK)
        rc = put_all(t, &out->key, half_scope);
    if (rc == RC_OK &&
        value_decode(VALUE_NUMBER, image_shown(&t->im, FIELD_NUMBER), &number))
        number_print(&number.as.number, out->number);
    return rc;
}

enum rc
edit_turn(struct ledger *l, const struct author *a, const struct record_key *key,
          const char *type, const struct assign *f, size_t n, const char *words,
          struct made *out, struct fault *why)
{
    struct turning t = {.l = l, .a = a, .why = why};
    const struct type *next = type_by_name(ledger_types(l), type);
    *out = (struct made){.number = ""};
    if (next == NULL || next->private_of != 0)
        return fault_set(why, RC_INVALID, FAULT_UNKNOWN_TYPE, "%s", type);
    enum rc rc = open_old(&t, key);
    t.next = next;
    if (rc == RC_OK && (t.old == next || state_by_name(t.old, TURNED) == NULL ||
                        state_by_name(next, TURNED) == NULL))
        rc = fault_set(why, RC_INVALID, FAULT_ILLEGAL_MOVE, "%s", type);
    draft_init(&t.was, t.old);
    draft_init(&t.d, next);
    draft_init(&t.half, edit_half_of(l, next));
    if (rc == RC_OK)
        rc = turn(&t, f, n, words, out);
    draft_fini(&t.was);
    draft_fini(&t.d);
    draft_fini(&t.half);
    image_fini(&t.im);
    image_fini(&t.im_half);
    return rc;
}
