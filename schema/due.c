#include "schema/due.h"

#include <stdlib.h>
#include <string.h>

#include "schema/asof.h"
#include "schema/project.h"
#include "schema/query_in.h"

#define MINUTE_MS 60000

struct rule_row {
    uint16_t kind, level; /* codes; level 0: of every level without its own */
    struct due_rule rule;
    struct due_version at;
};

struct due_book {
    struct ledger *l;
    struct asof *asof;
    struct special_day *day;
    struct calendar calendar;
    struct rule_row *rule;
    size_t rules_n, days_cap, rules_cap;
    struct buf entry;
    struct image image;
    enum rc rc;
};

/* ---- calendar and rules */

static const struct type *
type_named(const struct due_book *b, const char *name)
{
    return type_by_name(ledger_types(b->l), name);
}

static int64_t
number_in(const struct asof_row *r, const struct type *t, const char *name)
{
    const struct field *f = field_by_name(t, name);
    struct cell cell = {.is_set = false};
    if (f != NULL)
        asof_cell(r, f, &cell);
    return cell.is_set ? cell.num : 0;
}

static bool
take_day(void *arg, const struct asof_row *r)
{
    struct due_book *b = arg;
    const struct type *t = type_named(b, "calendar_day");
    if (b->calendar.n == b->days_cap) {
        b->days_cap = b->days_cap * 2 + 64;
        b->day = mem_grow(b->day, b->days_cap * sizeof(*b->day));
    }
    b->day[b->calendar.n++] = (struct special_day){
        .day = number_in(r, t, "day"), .works = number_in(r, t, "works") != 0};
    return true;
}

/* Of two about one day the one that says it is free. */
static int
by_day(const void *a, const void *b)
{
    const struct special_day *x = a, *y = b;
    if (x->day != y->day)
        return x->day < y->day ? -1 : 1;
    return (int)x->works - (int)y->works;
}

struct force {
    uint16_t state;
    uint64_t from;
};

/* When a rule came into force: the first seal over its move there. */
static void
note_force(void *arg, int64_t row, const struct record_item *item)
{
    struct force *force = arg;
    const struct put_field *f = put_field(item->put, FIELD_STATE);
    struct value v;
    (void)row;
    if (f == NULL || !value_decode(VALUE_STATE, f->value, &v) || v.is_nil ||
        v.as.move.to != force->state)
        return;
    uint64_t ms = clock_ms(item->sealed);
    force->from = ms < force->from ? ms : force->from;
}

static bool
take_rule(void *arg, const struct asof_row *r)
{
    struct due_book *b = arg;
    const struct type *t = type_named(b, "deadline_rule");
    struct record_key key = r->key;
    const struct state *state = state_by_name(t, "in_force");
    struct force force = {.state = state != NULL ? state->code : 0, .from = UINT64_MAX};
    int64_t no = 0;
    int64_t length = number_in(r, t, "length"), unit = number_in(r, t, "unit_of");
    b->rc = query_no_of(b->l, &key, t->code, &no);
    if (b->rc == RC_OK)
        b->rc = project_sealed_items(b->l, no, note_force, &force);
    if (b->rc != RC_OK)
        return false;
    if (force.from == UINT64_MAX || length < 1 || length > DUE_LENGTH_MAX ||
        unit < DUE_HOURS || unit > DUE_DAYS)
        return true; /* a draft */
    if (b->rules_n == b->rules_cap) {
        b->rules_cap = b->rules_cap * 2 + 16;
        b->rule = mem_grow(b->rule, b->rules_cap * sizeof(*b->rule));
    }
    b->rule[b->rules_n++] =
        (struct rule_row){.kind = (uint16_t)number_in(r, t, "kind"),
                          .level = (uint16_t)number_in(r, t, "level"),
                          .rule = {(enum due_unit)unit, (uint32_t)length,
                                   (uint32_t)number_in(r, t, "extension")},
                          .at = {force.from, (uint32_t)number_in(r, t, "version")}};
    return true;
}

enum rc
due_open(struct ledger *l, struct due_book **out)
{
    struct due_book *b = mem_new(sizeof(*b));
    b->l = l;
    const struct type *day = type_named(b, "calendar_day");
    const struct type *rule = type_named(b, "deadline_rule");
    enum rc rc = asof_new(l, &b->asof);
    if (rc == RC_OK && day != NULL)
        rc = asof_each(b->asof, day, false, take_day, b);
    if (rc == RC_OK && rule != NULL)
        rc = asof_each(b->asof, rule, false, take_rule, b);
    if (rc == RC_OK)
        rc = b->rc;
    if (b->calendar.n > 1)
        qsort(b->day, b->calendar.n, sizeof(*b->day), by_day);
    b->calendar.day = b->day;
    if (rc == RC_OK)
        *out = b;
    else
        due_close(b);
    return rc;
}

void
due_close(struct due_book *b)
{
    if (b == NULL)
        return;
    asof_free(b->asof);
    image_fini(&b->image);
    buf_free(&b->entry);
    mem_free(b->day);
    mem_free(b->rule);
    mem_free(b);
}

uint64_t
due_as_of(const struct due_book *b)
{
    return asof_ms(b->asof);
}

/* The rule of that kind for the level, else for all of them, in force at `begin`. */
static const struct rule_row *
rule_at(const struct due_book *b, uint16_t kind, uint16_t level, uint64_t begin)
{
    const struct rule_row *best = NULL;
    for (size_t i = 0; i < b->rules_n; i++) {
        const struct rule_row *r = &b->rule[i];
        if (r->kind != kind || (r->level != 0 && r->level != level))
            continue;
        struct due_version pair[2] = {r->at, best != NULL ? best->at : r->at};
        if (due_version_at(pair, 1, begin) < 0)
            continue;
        bool is_closer = best != NULL && (r->level != 0) != (best->level != 0);
        if (best == NULL || (is_closer && r->level != 0) ||
            (!is_closer && due_version_at(pair, 2, begin) == 0))
            best = r;
    }
    return best;
}

/* ---- steps of a record */

/* Where the authority entry at this place stands. */
static bool
authority_row(struct due_book *b, uint64_t pos, int64_t *out)
{
    const struct replica *r = ledger_replica(b->l);
    for (size_t i = 0; i < replica_rows_n(r); i++) {
        struct row row;
        replica_row_at(r, i, &row);
        if (!row.is_authority)
            continue;
        if (pos < row.head_seq) {
            *out = log_row(log_number(b->l->log, &row.log), pos + 1);
            return true;
        }
        pos -= row.head_seq;
    }
    return false;
}

/* Not before: the time of what the entry's mark names; 0: nothing that is known. */
static uint64_t
not_before(struct due_book *b, int64_t row)
{
    struct entry e;
    int64_t at = 0;
    if (log_entry_at(b->l->log, row, &b->entry) != RC_OK ||
        entry_decode(buf_slice(&b->entry), &e) != RC_OK)
        return 0;
    int64_t pos = authority_pos(replica_authority(ledger_replica(b->l)), e.mark);
    if (pos < 0 || !authority_row(b, (uint64_t)pos, &at) ||
        log_entry_at(b->l->log, at, &b->entry) != RC_OK ||
        entry_decode(buf_slice(&b->entry), &e) != RC_OK)
        return 0;
    return clock_ms(e.clock);
}

struct step {
    uint16_t from, to; /* STEP_CREATE: made */
    int64_t row;
    uint64_t sealed;
    struct version at;
};
struct steps {
    struct step *p;
    size_t n, cap;
};

static void
take_step(void *arg, int64_t row, const struct record_item *item)
{
    struct steps *all = arg;
    const struct put_field *f = put_field(item->put, FIELD_STATE);
    struct value v;
    if (f == NULL || !value_decode(VALUE_STATE, f->value, &v) || v.is_nil)
        return;
    if (all->n == all->cap) {
        all->cap = all->cap * 2 + 16;
        all->p = mem_grow(all->p, all->cap * sizeof(*all->p));
    }
    all->p[all->n++] =
        (struct step){.from = v.as.move.from,
                      .to = v.as.move.from == 0 ? STEP_CREATE : v.as.move.to,
                      .row = row,
                      .sealed = clock_ms(item->sealed),
                      .at = item->at};
}

static int
by_seal(const void *a, const void *b)
{
    const struct step *x = a, *y = b;
    if (x->sealed != y->sealed)
        return x->sealed < y->sealed ? -1 : 1;
    return version_cmp(&x->at, &y->at);
}

/* The first step to `to` that was sealed at `since` or later. */
static const struct step *
step_since(const struct steps *all, uint16_t to, uint64_t since)
{
    for (size_t i = 0; i < all->n; i++)
        if (all->p[i].to == to && all->p[i].sealed >= since)
            return &all->p[i];
    return NULL;
}

static struct bracket
bracket_of(struct due_book *b, const struct step *s)
{
    struct bracket out = {.from = not_before(b, s->row), .to = s->sealed};
    out.from = out.from < out.to ? out.from : out.to;
    return out;
}

/* ---- a deadline */

/* The moment, or the day, that a field says: a stretch of time. */
static bool
stretch_of(const struct due_book *b, const struct type *t, uint16_t code, uint64_t *from,
           uint64_t *to)
{
    const struct field *f = code == 0 ? NULL : field_by_code(t, code);
    struct slice shown = f == NULL ? slice_of(NULL, 0) : image_shown(&b->image, code);
    struct value v;
    if (shown.n == 0 || !value_decode(f->kind, shown, &v) || v.is_nil || v.as.num < 1)
        return false;
    if (f->kind == VALUE_DATE) {
        *from = civil_day_begin(v.as.num);
        *to = civil_day_begin(v.as.num + 1);
        return true;
    }
    uint64_t ms = (uint64_t)v.as.num * MINUTE_MS; /* minutes of civil time */
    *from = ms > CIVIL_OFFSET_MS ? ms - CIVIL_OFFSET_MS : 0;
    *to = *from + MINUTE_MS;
    return true;
}

/* The level's code in deadline_rule: choices are the same by name. */
static uint16_t
choice_named(const struct field *f, const char *name)
{
    for (size_t i = 0; f != NULL && i < f->choices_n; i++)
        if (strcmp(f->choice[i].name, name) == 0)
            return f->choice[i].code;
    return 0;
}

static uint16_t
level_of(const struct due_book *b, const struct type *t, const struct deadline *d)
{
    const struct type *rule = type_named(b, "deadline_rule");
    const struct field *f = d->level == 0 ? NULL : field_by_code(t, d->level);
    struct slice shown = f == NULL ? slice_of(NULL, 0) : image_shown(&b->image, d->level);
    struct value v;
    if (shown.n == 0 || !value_decode(f->kind, shown, &v) || v.is_nil)
        return 0;
    const struct choice *c = choice_by_code(f, (uint16_t)v.as.num);
    return c == NULL ? 0 : choice_named(field_by_name(rule, "level"), c->name);
}

static void
fill_done(struct due_book *b, const struct type *t, const struct deadline *d,
          const struct steps *all, struct due_case *is)
{
    const struct step *done = NULL;
    for (size_t i = 0; i < d->untils_n; i++) {
        const struct step *s = step_since(all, d->until[i], is->begin);
        done = s != NULL && (done == NULL || by_seal(s, done) < 0) ? s : done;
    }
    if (done == NULL)
        return;
    is->is_done = true;
    is->done = bracket_of(b, done);
    is->done.has_stated =
        stretch_of(b, t, d->stated, &is->done.stated_from, &is->done.stated_to);
}

static void
fill_more(struct due_book *b, const struct type *t, const struct deadline *d,
          const struct steps *all, struct due_case *is)
{
    const struct step *granted =
        d->extend == 0 ? NULL : step_since(all, d->extend, is->begin);
    uint64_t from = 0;
    if (granted == NULL)
        return;
    const struct step *asked = step_since(all, granted->from, is->begin);
    is->is_extended = true;
    is->asked = bracket_of(b, asked != NULL ? asked : granted);
    is->has_until = stretch_of(b, t, d->to, &from, &is->until);
}

static bool
judge(struct due_book *b, const struct record_key *key, const struct type *t,
      const struct deadline *d, const struct steps *all, struct due_row *out)
{
    const struct type *rules = type_named(b, "deadline_rule");
    struct due_case is = {.as_of = asof_ms(b->asof)};
    bool has_begun = false;
    for (size_t i = 0; i < all->n; i++) { /* taken up again: it runs anew */
        if (all->p[i].to == d->from) {
            is.begin = all->p[i].sealed;
            has_begun = true;
        }
    }
    if (!has_begun || rules == NULL)
        return false;
    const struct rule_row *rule =
        rule_at(b, choice_named(field_by_name(rules, "kind"), d->kind), level_of(b, t, d),
                is.begin);
    if (rule == NULL)
        return false;
    is.rule = rule->rule;
    fill_done(b, t, d, all, &is);
    fill_more(b, t, d, all, &is);
    *out = (struct due_row){.key = *key, .type = t, .deadline = d, .begin = is.begin};
    due_judge(&b->calendar, &is, &out->due);
    out->end = out->due.extended > out->due.end ? out->due.extended : out->due.end;
    if (is.is_done) {
        out->done_from = is.done.from;
        out->done_to = is.done.to;
    }
    return true;
}

static enum rc
judge_all(struct due_book *b, const struct record_key *key, const struct type *t,
          int64_t no, bool (*each)(void *arg, const struct due_row *r), void *arg,
          bool *more)
{
    struct steps all = {NULL, 0, 0};
    bool any = false;
    enum rc rc = project_sealed_items(b->l, no, take_step, &all);
    if (rc == RC_OK && all.n > 0)
        rc = project_image(b->l, no, PROJECT_SEALED, &b->image, &any);
    if (any && all.n > 1)
        qsort(all.p, all.n, sizeof(*all.p), by_seal);
    for (size_t i = 0; rc == RC_OK && any && *more && i < t->deadlines_n; i++) {
        struct due_row row;
        if (judge(b, key, t, &t->deadline[i], &all, &row))
            *more = each(arg, &row);
    }
    mem_free(all.p);
    return rc;
}

enum rc
due_of_record(struct due_book *b, const struct record_key *key,
              bool (*each)(void *arg, const struct due_row *r), void *arg)
{
    struct record_key of = *key;
    int64_t no = 0;
    int64_t number = 0;
    bool more = true;
    enum rc rc = query_no_of(b->l, &of, 0, &no);
    if (rc == RC_OK)
        rc = fold_read_record(b->l, no, &b->image, &number);
    const struct type *t =
        rc == RC_OK ? type_by_code(ledger_types(b->l), b->image.type) : NULL;
    if (t == NULL || t->deadlines_n == 0)
        return rc;
    return judge_all(b, key, t, no, each, arg, &more);
}

struct every {
    struct due_book *b;
    const struct type *type;
    bool (*each)(void *arg, const struct due_row *r);
    void *arg;
    bool more;
};

static bool
each_one(void *arg, const struct asof_row *r)
{
    struct every *e = arg;
    struct record_key key = r->key;
    int64_t no = 0;
    e->b->rc = query_no_of(e->b->l, &key, e->type->code, &no);
    if (e->b->rc == RC_OK)
        e->b->rc = judge_all(e->b, &key, e->type, no, e->each, e->arg, &e->more);
    return e->b->rc == RC_OK && e->more;
}

enum rc
due_each(struct due_book *b, bool (*each)(void *arg, const struct due_row *r), void *arg)
{
    const struct types *types = ledger_types(b->l);
    struct every e = {.b = b, .each = each, .arg = arg, .more = true};
    enum rc rc = RC_OK;
    for (size_t i = 0; i < types->n && rc == RC_OK && e.more; i++) {
        e.type = &types->type[i];
        if (e.type->deadlines_n > 0)
            rc = asof_each(b->asof, e.type, false, each_one, &e);
        rc = rc == RC_OK ? b->rc : rc;
    }
    return rc;
}
