/* Adopting what is held for review: its content is judged as if it were typed now, then
 * written again. Nothing is written before all of it has been judged. */
#include "schema/review.h"

#include <stdio.h>
#include <string.h>

#include "schema/edit_in.h"
#include "schema/review_in.h"
#include "schema/query_in.h"
#include "schema/type.h"

struct named { /* a record that an item of the entry has been about */
    struct record_key key;
    uint16_t type;
};

struct adoption {
    struct ledger *l;
    const struct author *a;
    const struct review_row *row;
    struct author_run *run; /* NULL: only judged yet */
    struct draft draft;
    struct image im;
    struct named *named;
    size_t named_n, named_cap;
    review_told_fn told;
    void *arg;
    struct review_result is;
    enum rc rc;
    struct fault *why;
};

/* ---- one item */

/* The record of the item as it stands; `im` has its key in any case. */
static enum rc
read_present(struct adoption *x, const struct review_item *it, bool *is_there)
{
    int64_t no = 0;
    image_clear(&x->im);
    enum rc rc = query_no_of(x->l, &it->key, it->type->code, &no);
    *is_there = rc == RC_OK;
    if (rc == RC_OK)
        rc = fold_read(x->l, no, &x->im);
    x->im.key = it->key;
    x->im.type = it->type->code;
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

static bool
is_named(const struct adoption *x, const struct record_key *key, uint16_t type)
{
    for (size_t i = 0; i < x->named_n; i++)
        if (x->named[i].type == type && record_key_cmp(&x->named[i].key, key) == 0)
            return true;
    return false;
}

static void
name(struct adoption *x, const struct review_item *it)
{
    if (x->named_n == x->named_cap) {
        x->named_cap = 2 * x->named_cap + 16;
        x->named = mem_grow(x->named, x->named_cap * sizeof(*x->named));
    }
    x->named[x->named_n++] = (struct named){it->key, it->type->code};
}

/* A private half hangs on its public record: there, or in front of it in this entry. */
static enum rc
has_whole(struct adoption *x, const struct review_item *it, bool *has)
{
    const struct type *whole = type_by_code(ledger_types(x->l), it->type->private_of);
    struct record_key key = it->key;
    int64_t no = 0;
    *has = false;
    if (whole == NULL || ledger_scope_of(x->l, whole, key.unit, &key.scope) != RC_OK)
        return RC_OK;
    *has = is_named(x, &key, whole->code);
    enum rc rc = *has ? RC_OK : query_no_of(x->l, &key, whole->code, &no);
    *has = *has || rc == RC_OK;
    return rc == RC_NOTFOUND ? RC_OK : rc;
}

/* Does the item make its record, which is not there? */
static enum rc
makes(struct adoption *x, const struct review_item *it, bool *does)
{
    const struct put_field *f = put_field(it->op, FIELD_STATE);
    struct value v;
    if (it->type->private_of != 0)
        return has_whole(x, it, does);
    *does = it->type->states_n == 0
                ? it->op->pool_n == 0
                : f != NULL && value_decode(VALUE_STATE, f->value, &v) && !v.is_nil &&
                      v.as.move.from == 0;
    return RC_OK;
}

/* A step is taken from where the record stands now; one that has been taken is none. */
static enum rc
add_state(struct adoption *x, const struct put_field *f, bool is_there, struct fault *why)
{
    struct value v, now;
    struct slice shown = image_shown(&x->im, FIELD_STATE);
    if (!value_decode(VALUE_STATE, f->value, &v) || v.is_nil)
        return fault_set(why, RC_INVALID, FAULT_ILLEGAL_MOVE, "%s", x->draft.type->name);
    if (!is_there)
        return draft_add_value(&x->draft, f->code, &v, NULL, why);
    if (v.as.move.from == 0 || shown.n == 0 || !value_decode(VALUE_STATE, shown, &now) ||
        now.is_nil || now.as.move.to == v.as.move.to)
        return RC_OK;
    v.as.move.from = now.as.move.to;
    return draft_add_value(&x->draft, f->code, &v, &x->im, why);
}

static enum rc
add_field(struct adoption *x, const struct put_field *f, bool is_there, struct fault *why)
{
    const struct image *im = is_there ? &x->im : NULL;
    const struct field *named = field_by_code(x->draft.type, f->code);
    if (f->code == FIELD_FROM) /* the entry that is adopted now stands there */
        return RC_OK;
    if (f->code == FIELD_STATE)
        return add_state(x, f, is_there, why);
    if ((f->code == FIELD_NUMBER && image_field(&x->im, f->code) != NULL) ||
        draft_is_same(f->value, im, f->code))
        return RC_OK;
    enum rc rc = draft_add(&x->draft, f->code, f->value, im);
    return rc == RC_OK ? RC_OK
                       : fault_set(why, RC_INVALID, FAULT_BAD_LENGTH, "%s",
                                   named != NULL ? named->name : "?");
}

static enum rc
add_value(struct draft *d, uint16_t code, const struct value *v, const struct image *im,
          struct fault *why)
{
    struct buf bytes = BUF_NONE;
    value_encode(v, &bytes);
    bool is_same = draft_is_same(buf_slice(&bytes), im, code);
    buf_free(&bytes);
    return is_same ? RC_OK : draft_add_value(d, code, v, im, why);
}

static enum rc
add_from(struct draft *d, const struct review_row *row, const struct image *im,
         struct fault *why)
{
    const struct value v = {.kind = VALUE_ENTRY, .as.entry = row->id};
    return add_value(d, FIELD_FROM, &v, im, why);
}

/* The put that says the same here and now; it may have nothing left to say. */
static enum rc
build(struct adoption *x, const struct review_item *it, bool is_there, struct fault *why)
{
    enum rc rc = RC_OK;
    draft_clear(&x->draft, it->type);
    for (uint16_t i = 0; rc == RC_OK && i < it->op->fields_n; i++)
        rc = add_field(x, &it->op->field[i], is_there, why);
    if (rc == RC_OK && x->draft.fields_n > 0)
        rc = add_from(&x->draft, x->row, is_there ? &x->im : NULL, why);
    return rc == RC_OK ? edit_check(x->l, x->a, &x->im, &x->draft, why) : rc;
}

/* RC_INVALID: this item can take no effect, and is left out. Others end it. */
static enum rc
take_put(struct adoption *x, const struct review_item *it, struct fault *why)
{
    bool is_there = false, is_new = false;
    if (it->breach != BREACH_NONE) {
        enum rc rc =
            edit_breach(it->breach, it->type, it->breach_field, it->key.unit, why);
        return rc == RC_OK ? RC_BUG : RC_INVALID;
    }
    /* of several items of one record in an entry the first counts */
    if (is_named(x, &it->key, it->type->code))
        return fault_set(why, RC_INVALID, FAULT_HELD_ITEM, "%s", it->type->name);
    enum rc rc = read_present(x, it, &is_there);
    if (rc == RC_OK && !is_there)
        rc = makes(x, it, &is_new);
    if (rc != RC_OK)
        return fault_set(why, rc, FAULT_DATABASE, "%s", rc_text(rc));
    if (!is_there && !is_new)
        return fault_set(why, RC_NOTFOUND, FAULT_HELD_FIRST, "%s", it->type->name);
    rc = build(x, it, is_there, why);
    if (rc != RC_OK)
        return rc;
    name(x, it);
    if (x->run != NULL && x->draft.fields_n > 0)
        rc = edit_put(x->run, it->key.scope, &x->draft, it->key.unit, it->key.id, why);
    return rc;
}

static enum rc
take(struct adoption *x, const struct review_item *it, struct fault *why)
{
    switch (it->kind) {
    case HELD_PUT:
        return take_put(x, it, why);
    case HELD_GONE:
        return fault_set(why, RC_INVALID, FAULT_ERASED, "%u:%llu",
                         (unsigned)x->row->log->no, (unsigned long long)x->row->seq);
    case HELD_LOCKED:
        return fault_set(why, RC_DENIED, FAULT_NOT_READABLE, "%04u", it->unit);
    case HELD_NEWER:
        return fault_set(why, RC_BUSY, FAULT_HELD_NEWER, "%u:%llu",
                         (unsigned)x->row->log->no, (unsigned long long)x->row->seq);
    case HELD_BROKEN:
        return fault_set(why, RC_INVALID, FAULT_HELD_ITEM, "%u", it->index);
    case HELD_RIGHTS:
        break;
    }
    return fault_set(why, RC_INVALID, FAULT_HELD_RIGHTS, "%u", it->index);
}

static bool
take_item(void *arg, const struct review_item *it)
{
    struct adoption *x = arg;
    struct fault fault = {0};
    struct review_told told = {.item = it};
    enum rc rc = take(x, it, &fault);
    if (rc == RC_INVALID)
        told.left_out = &fault;
    if (rc != RC_OK && rc != RC_INVALID) {
        x->rc = rc;
        if (x->why != NULL)
            *x->why = fault;
        return false;
    }
    if (x->run != NULL) /* counted and told when it was judged */
        return true;
    x->is.taken += rc == RC_OK;
    x->is.left_out += rc != RC_OK;
    if (x->told != NULL)
        x->told(x->arg, &told);
    return true;
}

static enum rc
each_item(struct adoption *x)
{
    x->named_n = 0;
    enum rc rc = review_items(x->l, x->row, take_item, x);
    return x->rc != RC_OK ? x->rc
           : rc != RC_OK  ? fault_set(x->why, rc, FAULT_DATABASE, "%s", rc_text(rc))
                          : RC_OK;
}

/* ---- the answer */

static enum rc
add_answer(struct adoption *x, uint16_t state, const struct image *im, bool is_there,
           struct fault *why)
{
    struct value v = {.kind = VALUE_STATE, .as.move = {.from = 0, .to = state}};
    struct value now;
    struct slice shown = is_there ? image_shown(im, FIELD_STATE) : slice_of(NULL, 0);
    if (shown.n > 0 && value_decode(VALUE_STATE, shown, &now) && !now.is_nil)
        v.as.move.from = now.as.move.to;
    return draft_add_value(&x->draft, FIELD_STATE, &v, im, why);
}

static enum rc
add_words(struct adoption *x, const char *words, const struct image *im)
{
    struct buf value = BUF_NONE;
    const struct field *f = field_by_code(x->draft.type, REVIEW_WORDS);
    enum rc rc = text_parse(f, slice_text(words), NULL, &value, x->why);
    if (rc == RC_OK && !draft_is_same(buf_slice(&value), im, REVIEW_WORDS))
        rc = draft_add(&x->draft, REVIEW_WORDS, buf_slice(&value), im);
    buf_free(&value);
    return rc;
}

/* Judged, and left in x->draft and x->im to be put. */
static enum rc
build_review(struct adoption *x, uint16_t state, const char *words)
{
    const struct type *t = type_by_name(ledger_types(x->l), HELD_TYPE);
    char place[40];
    (void)snprintf(place, sizeof(place), "%u:%llu", (unsigned)x->row->log->no,
                   (unsigned long long)x->row->seq);
    struct value at = {.kind = VALUE_TEXT, .as.text = slice_text(place)};
    struct value left = {.kind = VALUE_INT, .as.num = (int64_t)x->is.left_out};
    enum rc rc = review_read(x->l, x->row, &x->im);
    if (rc != RC_OK)
        return fault_set(x->why, rc, FAULT_DATABASE, "%s", rc_text(rc));
    bool is_there = image_field(&x->im, FIELD_STATE) != NULL;
    const struct image *im = is_there ? &x->im : NULL;
    draft_clear(&x->draft, t);
    rc = add_answer(x, state, im, is_there, x->why);
    if (rc == RC_OK)
        rc = add_from(&x->draft, x->row, im, x->why);
    if (rc == RC_OK)
        rc = add_value(&x->draft, REVIEW_PLACE, &at, im, x->why);
    if (rc == RC_OK && words != NULL)
        rc = add_words(x, words, im);
    if (rc == RC_OK && x->is.left_out > 0)
        rc = add_value(&x->draft, REVIEW_LEFT_OUT, &left, im, x->why);
    return rc == RC_OK ? edit_check(x->l, x->a, &x->im, &x->draft, x->why) : rc;
}

/* The answer goes first: who has any of the content, has it too. */
static enum rc
write_all(struct adoption *x, bool with_items)
{
    const struct record_key key = x->im.key;
    enum rc rc = author_begin(x->l, x->a, &x->run);
    if (rc != RC_OK)
        return fault_set(x->why, rc, FAULT_NO_LOG, "%s", rc_text(rc));
    rc = edit_put(x->run, key.scope, &x->draft, key.unit, key.id, x->why);
    if (rc == RC_OK && with_items)
        rc = each_item(x);
    if (rc != RC_OK) {
        author_drop(&x->run);
        return rc;
    }
    rc = author_end(&x->run);
    return rc == RC_OK ? RC_OK : fault_set(x->why, rc, FAULT_DATABASE, "%s", rc_text(rc));
}

/* ---- the two verbs */

/* It was held unverified, perhaps, until its log ended. */
static enum rc
check_entry(const struct adoption *x)
{
    struct entry e;
    if (entry_decode(x->row->bytes, &e) != RC_OK || entry_check_root(&e) != RC_OK ||
        !key_eq(&e.log, &x->row->log->key) || !entry_check_sig(&e, &x->l->community))
        return fault_set(x->why, RC_FORGED, FAULT_HELD_FORGED, "%u:%llu",
                         (unsigned)x->row->log->no, (unsigned long long)x->row->seq);
    return RC_OK;
}

static void
adoption_init(struct adoption *x, struct ledger *l, const struct author *a,
              const struct review_row *row, struct fault *why)
{
    *x = (struct adoption){.l = l, .a = a, .row = row, .why = why};
    draft_init(&x->draft, NULL);
}

static void
adoption_fini(struct adoption *x)
{
    draft_fini(&x->draft);
    image_fini(&x->im);
    mem_free(x->named);
}

enum rc
review_adopt(struct ledger *l, const struct author *a, const char *place,
             review_told_fn told, void *arg, struct review_result *out, struct fault *why)
{
    struct buf keep = BUF_NONE;
    struct review_row row = {0};
    struct adoption x;
    adoption_init(&x, l, a, &row, why);
    x.told = told;
    x.arg = arg;
    enum rc rc = review_find(l, place, &keep, &row, why);
    if (rc == RC_OK && row.answer == HELD_ADOPTED)
        rc = fault_set(why, RC_NO, FAULT_HELD_TAKEN, "%s", place);
    if (rc == RC_OK)
        rc = check_entry(&x);
    if (rc == RC_OK) /* who may not answer hears that first */
        rc = build_review(&x, REVIEW_ADOPTED, NULL);
    if (rc == RC_OK)
        rc = each_item(&x);
    if (rc == RC_OK && x.is.taken == 0)
        rc = fault_set(why, RC_INVALID, FAULT_HELD_EMPTY, "%s", place);
    if (rc == RC_OK)
        rc = build_review(&x, REVIEW_ADOPTED, NULL);
    if (rc == RC_OK)
        rc = write_all(&x, true);
    *out = x.is;
    adoption_fini(&x);
    buf_free(&keep);
    return rc;
}

enum rc
review_decline(struct ledger *l, const struct author *a, const char *place,
               const char *words, struct fault *why)
{
    struct buf keep = BUF_NONE;
    struct review_row row = {0};
    struct adoption x;
    adoption_init(&x, l, a, &row, why);
    enum rc rc = review_find(l, place, &keep, &row, why);
    if (rc == RC_OK && row.answer != HELD_OPEN)
        rc = fault_set(why, RC_NO,
                       row.answer == HELD_ADOPTED ? FAULT_HELD_TAKEN : FAULT_HELD_NO,
                       "%s", place);
    if (rc == RC_OK)
        rc = build_review(&x, REVIEW_DECLINED, words);
    if (rc == RC_OK)
        rc = write_all(&x, false);
    adoption_fini(&x);
    buf_free(&keep);
    return rc;
}
