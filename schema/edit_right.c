/* What a put has to do with rights (TYPES.md 1.7): written in the same entry, or the put
 * is refused. */
#include "schema/edit_in.h"
#include "schema/rights_in.h"

#include <string.h>

/* A field of the put, else as it is now. */
static struct slice
value_after(const struct draft *d, const struct image *im, uint16_t code)
{
    for (size_t i = 0; i < d->fields_n; i++)
        if (d->field[i].code == code)
            return slice_of(d->values.p + d->field[i].value_at, d->field[i].value_n);
    return im != NULL ? image_shown(im, code) : slice_of(NULL, 0);
}

static bool
is_in(const struct type *t, const struct right_rule *r, struct slice state,
      struct slice gone)
{
    struct value v;
    if (gone.n > 0 && value_decode(VALUE_GONE, gone, &v) && !v.is_nil)
        return false;
    return state.n > 0 && value_decode(VALUE_STATE, state, &v) && !v.is_nil &&
           right_rule_has(t, r, v.as.move.to);
}

static bool
is_in_now(const struct type *t, const struct right_rule *r, const struct image *im)
{
    return im != NULL &&
           is_in(t, r, image_shown(im, FIELD_STATE), image_shown(im, FIELD_GONE));
}

static bool
is_in_after(const struct type *t, const struct right_rule *r, const struct draft *d,
            const struct image *im)
{
    return is_in(t, r, value_after(d, im, FIELD_STATE), value_after(d, im, FIELD_GONE));
}

/* Which record's rights the rule is about; false: of none. */
static bool
thing_of(const struct right_rule *r, const struct draft *d, const struct image *im,
         struct record_key *of)
{
    struct value v;
    struct slice value = value_after(d, im, r->of);
    if (value.n == 0 || !value_decode(VALUE_RECORD, value, &v) || v.is_nil)
        return false;
    *of = v.as.record;
    return true;
}

static enum rc
amount_of(const struct rights_pen *pen, const struct type *t, const struct right_rule *r,
          const struct draft *d, const struct image *im, uint64_t *out)
{
    const struct field *f = r->field != 0 ? field_by_code(t, r->field) : NULL;
    *out = rights_rule_amount(r, value_after(d, im, r->field));
    return *out > 0 ? RC_OK
                    : fault_set(pen->why, RC_INVALID, FAULT_MISSING_FIELD, "%s",
                                f != NULL ? f->name : t->name);
}

static enum rc
costs(const struct rights_pen *pen, const struct type *t, const struct record_key *key,
      const struct draft *d, const struct image *im)
{
    const struct right_rule *r = &t->costs;
    bool was = is_in_now(t, r, im);
    bool is = is_in_after(t, r, d, im);
    struct record_key of = {.scope = 0};
    struct rights_backing b = {.backed = 0};
    uint64_t amount = 0;
    size_t n = 0;
    is = is && thing_of(r, d, im, &of);
    if (!is)
        return was ? rights_pen_return(pen, key, NULL, &n) : RC_OK;
    if (was && !draft_has(d, r->of) && (r->field == 0 || !draft_has(d, r->field)) &&
        !draft_has(d, FIELD_STATE))
        return RC_OK;
    enum rc rc = amount_of(pen, t, r, d, im, &amount);
    if (rc == RC_OK && im != NULL)
        rc = rights_backed_by(pen->l, key, &of, &b);
    if (rc == RC_OK && b.backed < amount)
        rc = rights_pen_spend(pen, &of, amount - b.backed, key);
    if (rc == RC_OK && was && draft_has(d, r->of))
        rc = rights_pen_return(pen, key, &of, &n);
    return rc;
}

static enum rc
adds(const struct rights_pen *pen, const struct type *t, const struct draft *d,
     const struct image *im)
{
    const struct right_rule *r = &t->adds;
    struct record_key of = {.scope = 0};
    uint64_t amount = 0;
    if (is_in_now(t, r, im) || !is_in_after(t, r, d, im) || !thing_of(r, d, im, &of))
        return RC_OK;
    enum rc rc = amount_of(pen, t, r, d, im, &amount);
    return rc == RC_OK ? rights_pen_issue(pen, &of, amount) : rc;
}

static enum rc
asset(const struct rights_pen *pen, const struct type *t, const struct record_key *key,
      const struct draft *d, const struct image *im)
{
    const struct right_rule *r = &t->asset;
    uint64_t is = rights_rule_amount(r, value_after(d, im, r->field));
    if (im != NULL)
        return r->field != 0 && draft_has(d, r->field)
                   ? rights_pen_change(
                         pen, key, rights_rule_amount(r, image_shown(im, r->field)), is)
                   : RC_OK;
    if (pen->is_try)
        return RC_OK;
    enum rc rc = author_open(pen->run, key, is);
    return rc == RC_OK ? RC_OK
                       : fault_set(pen->why, rc, FAULT_DATABASE, "%s", rc_text(rc));
}

enum rc
edit_right(const struct rights_pen *pen, const struct type *t,
           const struct record_key *key, const struct draft *d, const struct image *im)
{
    enum rc rc = RC_OK;
    if (d->fields_n == 0)
        return RC_OK;
    if (t->asset.is_there)
        rc = asset(pen, t, key, d, im);
    if (rc == RC_OK && t->costs.is_there)
        rc = costs(pen, t, key, d, im);
    if (rc == RC_OK && t->adds.is_there)
        rc = adds(pen, t, d, im);
    return rc;
}
