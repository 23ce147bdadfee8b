/* Held for review: what came above the end of a log is listed and nowhere else; adopted
 * it counts once, declined it stays; whoever may not decide, and what may not be, is
 * refused.
 */
#include "schema/review.h"

#include <stdio.h>
#include <string.h>

#include "schema/edit.h"
#include "schema/review_in.h"
#include "schema/ledger_in.h"
#include "schema/query_in.h"
#include "tests/lib/ledger_fixture.h"
#include "tests/lib/ledger_fixture_test.h"

static struct community town;
#define HUB (&town.m[0])
#define OLD (&town.m[1])
#define NEIGHBOUR (&town.m[2])

static struct author
begin_as(struct member *m)
{
    struct author a;
    assert_ok(ledger_begin(m->l));
    assert_ok(author_of(m->l, &m->log, &a));
    return a;
}

static enum rc
done(struct member *m, enum rc rc)
{
    if (rc == RC_OK)
        return ledger_commit(m->l);
    ledger_rollback(m->l);
    return rc;
}

static struct record_key
need(struct member *m, const char *title)
{
    struct author a = begin_as(m);
    struct assign f = {"title", title};
    struct made made;
    assert_ok(done(m, edit_add(m->l, &a, "need", m->unit, &f, 1, &made, NULL)));
    return made.key;
}

static void
set(struct member *m, const struct record_key *key, const char *title)
{
    struct author a = begin_as(m);
    struct assign f = {"title", title};
    assert_ok(done(m, edit_set(m->l, &a, key, &f, 1, NULL)));
}

static enum rc
move(struct member *m, const struct record_key *key, const char *state)
{
    struct author a = begin_as(m);
    return done(m, edit_move(m->l, &a, key, state, NULL, NULL));
}

/* ---- what is there */

static bool
count_one(void *arg, const struct record_row *r)
{
    (void)r;
    (*(size_t *)arg)++;
    return true;
}

static size_t
needs(struct member *m)
{
    size_t n = 0;
    assert_ok(query_list(m->l, "need", NULL, 0, 0, count_one, &n, NULL));
    return n;
}

static void
shows(struct member *m, const struct record_key *key, const char *title)
{
    char text[64] = "";
    enum field_state state;
    size_t n = 0;
    bool is = member_field(m, key, "need", "title", &state, text, &n);
    assert_int_equal(is, title != NULL);
    if (title != NULL) {
        assert_string_equal(text, title);
        assert_int_equal(state, FIELD_CLEAN);
    }
}

struct tally {
    size_t n, here, open, adopted, declined, disputed;
    char words[64];
};

static bool
tally_one(void *arg, const struct review_row *row)
{
    struct tally *t = arg;
    t->n++;
    t->here += row->is_here;
    t->open += row->answer == HELD_OPEN;
    t->adopted += row->answer == HELD_ADOPTED;
    t->declined += row->answer == HELD_DECLINED;
    t->disputed += row->is_disputed;
    if (row->answer != HELD_OPEN)
        assert_non_null(row->by);
    if (row->words.n > 0)
        snprintf(t->words, sizeof(t->words), "%.*s", (int)row->words.n,
                 (const char *)row->words.p);
    return true;
}

static struct tally
tally(struct member *m)
{
    struct tally t = {0};
    assert_ok(review_each(m->l, tally_one, &t));
    return t;
}

struct seen_told {
    size_t taken, left;
    enum fault_code last;
};

static void
take_told(void *arg, const struct review_told *told)
{
    struct seen_told *s = arg;
    s->taken += told->left_out == NULL;
    s->left += told->left_out != NULL;
    if (told->left_out != NULL)
        s->last = told->left_out->code;
}

static enum rc
adopt(struct member *m, const char *name, struct seen_told *seen, struct fault *why)
{
    struct review_result is;
    struct seen_told none = {0};
    struct author a = begin_as(m);
    struct seen_told *s = seen != NULL ? seen : &none;
    *s = (struct seen_told){0};
    enum rc rc = done(m, review_adopt(m->l, &a, name, take_told, s, &is, why));
    if (rc == RC_OK) {
        assert_int_equal(is.taken, s->taken);
        assert_int_equal(is.left_out, s->left);
    }
    return rc;
}

static enum rc
decline(struct member *m, const char *name, const char *words, struct fault *why)
{
    struct author a = begin_as(m);
    return done(m, review_decline(m->l, &a, name, words, why));
}

static void
refuses(struct member *m, const char *name, enum rc rc, enum fault_code code)
{
    struct fault why = {0};
    uint64_t head = member_log(m)->head_seq;
    assert_int_equal(adopt(m, name, NULL, &why), rc);
    assert_int_equal(why.code, code);
    assert_int_equal(member_log(m)->head_seq, head); /* nothing was written */
}

static char *
place(uint64_t seq)
{
    static char text[4][32];
    static unsigned at;
    char *to = text[at++ % 4];
    snprintf(to, sizeof(text[0]), "%u:%llu", (unsigned)member_log(OLD)->no,
             (unsigned long long)seq);
    return to;
}

/* Everybody has what OLD has written so far; what follows is above its end. */
static uint64_t
cut_here(void)
{
    uint64_t seq = member_log(OLD)->head_seq;
    community_sync(&town);
    return seq;
}

/* OLD does not hear of it before it has written what is to be held. */
static void
end_log(uint64_t seq)
{
    community_revoke(&town, OLD, seq);
    community_sync(&town);
    assert_int_equal(member_log(HUB)->head_seq > 0, true);
}

static void
agree(void)
{
    static struct digests a, b;
    community_sync(&town);
    member_digests(HUB, &a);
    member_digests(NEIGHBOUR, &b);
    assert_true(digests_agree(&a, &b));
    for (size_t i = 0; i < town.n; i++) {
        struct digests again;
        member_digests(&town.m[i], &a);
        assert_ok(ledger_rebuild(town.m[i].l, NULL, NULL));
        member_digests(&town.m[i], &again);
        assert_int_equal(a.n, again.n);
        assert_memory_equal(a.digest, again.digest, a.n * sizeof(a.digest[0]));
    }
}

/* ---- tests */

static void
held_work_stands_in_no_list(void **state)
{
    (void)state;
    community_of(&town, 2);
    (void)need(OLD, "before");
    uint64_t cut = cut_here();
    struct record_key late = need(OLD, "late");
    end_log(cut);
    assert_int_equal(tally(HUB).open, 1);
    assert_int_equal(tally(OLD).open, 1);
    assert_int_equal(tally(NEIGHBOUR).open, tally(NEIGHBOUR).n);
    for (size_t i = 0; i < 2; i++) {
        size_t n = 0;
        assert_int_equal(needs(&town.m[i]), 1);
        shows(&town.m[i], &late, NULL);
        assert_ok(query_text(town.m[i].l, "late", 0, count_one, &n));
        assert_int_equal(n, 0);
    }
    agree();
    community_fini(&town);
}

static void
what_is_adopted_counts_once(void **state)
{
    struct fault why = {0};
    struct seen_told seen;
    (void)state;
    community_of(&town, 2);
    struct record_key old = need(OLD, "before");
    uint64_t cut = cut_here();
    struct record_key late = need(OLD, "late");
    set(OLD, &old, "changed");
    end_log(cut);
    assert_ok(adopt(HUB, place(cut + 1), &seen, &why));
    assert_int_equal(seen.taken, 1);
    assert_int_equal(needs(HUB), 2);
    shows(HUB, &late, "late");
    shows(HUB, &old, "before");
    assert_ok(adopt(HUB, place(cut + 2), NULL, &why));
    shows(HUB, &old, "changed");
    refuses(HUB, place(cut + 1), RC_NO, FAULT_HELD_TAKEN);
    assert_int_equal(decline(HUB, place(cut + 1), "no", &why), RC_NO);
    assert_int_equal(tally(HUB).adopted, 2);
    agree();
    assert_int_equal(tally(NEIGHBOUR).adopted, 2);
    assert_int_equal(needs(HUB), 2);
    community_fini(&town);
}

/* The record says where it came from, and keeps the number on the slip. */
static void
it_names_the_entry_and_keeps_its_number(void **state)
{
    struct review_row row;
    struct buf keep = BUF_NONE;
    struct image im = {0};
    struct value v;
    int64_t no = 0;
    (void)state;
    community_of(&town, 2);
    uint64_t cut = cut_here();
    struct record_key late = need(OLD, "late");
    end_log(cut);
    assert_ok(review_find(HUB->l, place(cut + 1), &keep, &row, NULL));
    assert_ok(adopt(HUB, place(cut + 1), NULL, NULL));
    assert_ok(query_no_of(HUB->l, &late, 0, &no));
    assert_ok(fold_read(HUB->l, no, &im));
    assert_true(value_decode(VALUE_ENTRY, image_shown(&im, FIELD_FROM), &v));
    assert_true(hash_eq(&v.as.entry, &row.id));
    assert_true(value_decode(VALUE_NUMBER, image_shown(&im, FIELD_NUMBER), &v));
    assert_int_equal(v.as.number.log_no, member_log(OLD)->no);
    image_fini(&im);
    buf_free(&keep);
    community_fini(&town);
}

static void
an_edit_waits_for_its_record(void **state)
{
    (void)state;
    community_of(&town, 2);
    uint64_t cut = cut_here();
    struct record_key late = need(OLD, "late");
    set(OLD, &late, "later");
    end_log(cut);
    refuses(HUB, place(cut + 2), RC_NOTFOUND, FAULT_HELD_FIRST);
    assert_ok(adopt(HUB, place(cut + 1), NULL, NULL));
    assert_ok(adopt(HUB, place(cut + 2), NULL, NULL));
    shows(HUB, &late, "later");
    agree();
    community_fini(&town);
}

static void
declined_stays_visible_and_can_be_adopted(void **state)
{
    struct fault why = {0};
    (void)state;
    community_of(&town, 2);
    uint64_t cut = cut_here();
    struct record_key late = need(OLD, "late");
    end_log(cut);
    assert_ok(decline(HUB, place(cut + 1), "重复了", &why));
    assert_int_equal(needs(HUB), 0);
    assert_int_equal(decline(HUB, place(cut + 1), "again", &why), RC_NO);
    assert_int_equal(why.code, FAULT_HELD_NO);
    agree();
    for (size_t i = 0; i < town.n; i++) {
        struct tally t = tally(&town.m[i]);
        assert_int_equal(t.declined, 1);
        assert_string_equal(t.words, "重复了");
    }
    assert_ok(adopt(HUB, place(cut + 1), NULL, &why));
    shows(HUB, &late, "late");
    agree();
    assert_int_equal(tally(NEIGHBOUR).adopted, 1);
    assert_int_equal(decline(HUB, place(cut + 1), "\xff", &why), RC_NO);
    community_fini(&town);
}

static void
words_are_judged(void **state)
{
    char many[700];
    struct fault why = {0};
    (void)state;
    community_of(&town, 2);
    uint64_t cut = cut_here();
    (void)need(OLD, "late");
    end_log(cut);
    memset(many, 'x', sizeof(many) - 1);
    many[sizeof(many) - 1] = '\0';
    assert_int_equal(decline(HUB, place(cut + 1), many, &why), RC_INVALID);
    assert_int_equal(decline(HUB, place(cut + 1), "\xff", &why), RC_INVALID);
    assert_int_equal(tally(HUB).open, 1);
    community_fini(&town);
}

/* Apart, by the centre and by the new leader of the unit: the same record, once. */
static void
two_who_adopt_apart_make_one_record(void **state)
{
    (void)state;
    community_of(&town, 2);
    struct member *heir = community_invite(&town, OLD->unit, ROLE_LEADER);
    assert_ok(community_join(&town, heir));
    uint64_t cut = cut_here();
    struct record_key late = need(OLD, "late");
    end_log(cut);
    member_pull(heir, OLD);
    assert_int_equal(tally(heir).here, 1);
    assert_ok(adopt(HUB, place(cut + 1), NULL, NULL));
    assert_ok(adopt(heir, place(cut + 1), NULL, NULL));
    community_sync(&town);
    for (size_t i = 0; i < town.n; i++) {
        struct tally t = tally(&town.m[i]);
        assert_int_equal(t.adopted, t.n);
        assert_int_equal(t.disputed, t.n);
    }
    assert_int_equal(needs(HUB), 1);
    assert_int_equal(needs(heir), 1);
    char text[64];
    enum field_state field;
    size_t n = 0;
    assert_true(member_field(HUB, &late, "need", "title", &field, text, &n));
    assert_string_equal(text, "late");
    assert_int_equal(n, 2); /* a case: the home unit settles it */
    refuses(HUB, place(cut + 1), RC_NO, FAULT_HELD_TAKEN);
    agree();
    community_fini(&town);
}

/* One says yes, the other no, apart: whoever adopted has written; it is a case. */
static void
yes_and_no_apart_is_a_case(void **state)
{
    struct fault why = {0};
    (void)state;
    community_of(&town, 2);
    struct member *heir = community_invite(&town, OLD->unit, ROLE_LEADER);
    assert_ok(community_join(&town, heir));
    uint64_t cut = cut_here();
    (void)need(OLD, "late");
    end_log(cut);
    member_pull(heir, OLD);
    assert_ok(decline(heir, place(cut + 1), "no", &why));
    assert_ok(adopt(HUB, place(cut + 1), NULL, NULL));
    agree();
    struct tally t = tally(HUB);
    assert_int_equal(t.adopted, 1);
    assert_int_equal(t.disputed, 1);
    assert_true(query_cases_n(HUB->l) > 0);
    assert_int_equal(needs(HUB), 1);
    community_fini(&town);
}

static void
others_do_not_decide(void **state)
{
    struct fault why = {0};
    (void)state;
    community_of(&town, 2);
    struct member *helper = community_invite(&town, OLD->unit, ROLE_HELPER);
    assert_ok(community_join(&town, helper));
    uint64_t cut = cut_here();
    (void)need(OLD, "late");
    end_log(cut);
    member_pull(NEIGHBOUR, OLD);
    member_pull(helper, OLD);
    assert_int_equal(tally(NEIGHBOUR).here, 1);
    refuses(NEIGHBOUR, place(cut + 1), RC_DENIED, FAULT_NOT_ALLOWED);
    assert_int_equal(decline(NEIGHBOUR, place(cut + 1), "no", &why), RC_DENIED);
    refuses(helper, place(cut + 1), RC_DENIED, FAULT_NOT_ALLOWED);
    assert_int_equal(decline(helper, place(cut + 1), "no", &why), RC_DENIED);
    struct author a;
    assert_int_equal(author_of(OLD->l, &OLD->log, &a), RC_DENIED);
    community_fini(&town);
}

static void
forged_names_find_nothing(void **state)
{
    static const struct {
        const char *name;
        enum rc rc;
    } names[] = {{"", RC_INVALID},
                 {"5", RC_INVALID},
                 {":", RC_INVALID},
                 {"2:", RC_INVALID},
                 {":2", RC_INVALID},
                 {"2:0", RC_INVALID},
                 {"2:-1", RC_INVALID},
                 {"2:1x", RC_INVALID},
                 {" 2:1", RC_INVALID},
                 {"9999999999:1", RC_INVALID},
                 {"2:9999999999999999999", RC_INVALID},
                 {"zzzzzzzz", RC_INVALID},
                 {"0000000", RC_INVALID},
                 {"00000000", RC_NOTFOUND},
                 {"2:1", RC_NOTFOUND}, /* it counts: there is nothing to adopt */
                 {"2:99", RC_NOTFOUND},
                 {"77:1", RC_NOTFOUND}};
    char many[300];
    (void)state;
    community_of(&town, 2);
    (void)need(OLD, "before");
    uint64_t cut = cut_here();
    (void)need(OLD, "late");
    end_log(cut);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct fault why = {0};
        enum rc rc = adopt(HUB, names[i].name, NULL, &why);
        if (rc != names[i].rc)
            print_message("%s: %s\n", names[i].name, rc_name(rc));
        assert_int_equal(rc, names[i].rc);
    }
    memset(many, 'a', sizeof(many) - 1);
    many[sizeof(many) - 1] = '\0';
    assert_int_equal(adopt(HUB, many, NULL, NULL), RC_INVALID);
    many[64] = '\0';
    assert_int_equal(adopt(HUB, many, NULL, NULL), RC_NOTFOUND);
    community_fini(&town);
}

static void
an_id_names_it_too(void **state)
{
    struct review_row row;
    struct buf keep = BUF_NONE;
    char hex[2 * HASH_BYTES + 1];
    (void)state;
    community_of(&town, 2);
    uint64_t cut = cut_here();
    (void)need(OLD, "late");
    end_log(cut);
    assert_ok(review_find(HUB->l, place(cut + 1), &keep, &row, NULL));
    hex_print(row.id.b, HASH_BYTES, hex);
    hex[9] = '\0'; /* an odd number of digits */
    assert_ok(review_find(HUB->l, hex, &keep, &row, NULL));
    hex[8] = hex[8] == '0' ? '1' : '0';
    assert_int_equal(review_find(HUB->l, hex, &keep, &row, NULL), RC_NOTFOUND);
    buf_free(&keep);
    community_fini(&town);
}

static void
what_was_erased_is_left_out(void **state)
{
    struct seen_told seen;
    struct fault why = {0};
    (void)state;
    community_of(&town, 2);
    struct record_key old = need(OLD, "before");
    uint64_t cut = cut_here();
    set(OLD, &old, "changed");
    end_log(cut);
    community_erase(&town, &old);
    community_sync(&town);
    assert_int_equal(adopt(HUB, place(cut + 1), &seen, &why), RC_INVALID);
    assert_int_equal(why.code, FAULT_HELD_EMPTY);
    assert_int_equal(seen.left, 1);
    assert_int_equal(seen.last, FAULT_ERASED);
    assert_int_equal(needs(HUB), 0);
    agree();
    community_fini(&town);
}

static void
a_step_that_is_no_step_any_more_is_left_out(void **state)
{
    struct seen_told seen;
    struct fault why = {0};
    (void)state;
    community_of(&town, 2);
    struct record_key old = need(OLD, "before");
    uint64_t cut = cut_here();
    assert_ok(move(OLD, &old, "claimed"));
    end_log(cut);
    assert_ok(move(HUB, &old, "declined"));
    enum rc rc = adopt(HUB, place(cut + 1), &seen, &why);
    assert_int_equal(rc, RC_INVALID);
    assert_int_equal(why.code, FAULT_HELD_EMPTY);
    assert_int_equal(seen.last, FAULT_ILLEGAL_MOVE);
    agree();
    community_fini(&town);
}

static void
a_whole_import_is_adopted(void **state)
{
    static const uint8_t batch[RECORD_ID_BYTES] = {9};
    struct edit_bulk *b = NULL;
    struct seen_told seen;
    char title[16];
    (void)state;
    community_of(&town, 2);
    uint64_t cut = cut_here();
    struct author a = begin_as(OLD);
    assert_ok(edit_bulk_begin(OLD->l, &a, "need", batch, &b, NULL));
    for (unsigned i = 0; i < 400; i++) {
        struct assign f = {"title", title};
        snprintf(title, sizeof(title), "n%u", i);
        assert_ok(edit_bulk_add(b, OLD->unit, &f, 1, NULL));
    }
    assert_ok(edit_bulk_end(&b));
    assert_ok(ledger_commit(OLD->l));
    uint64_t last = member_log(OLD)->head_seq;
    end_log(cut);
    assert_int_equal(needs(HUB), 0);
    size_t taken = 0;
    for (uint64_t seq = cut + 1; seq <= last; seq++) {
        assert_ok(adopt(HUB, place(seq), &seen, NULL));
        taken += seen.taken;
    }
    assert_int_equal(taken, 400);
    assert_int_equal(needs(HUB), 400);
    agree();
    community_fini(&town);
}

/* ---- entries that no program of ours writes */

/* What `w` has is the next entry of OLD's log, at the hub. */
static void
offer_held(struct entry_writer *w, uint64_t seq, const struct hash *prev, uint16_t schema,
           struct hash *id)
{
    struct buf bytes = BUF_NONE;
    enum offer what = OFFER_HAVE;
    struct entry head = {.kind = ENTRY_DATA,
                         .schema = schema,
                         .log = OLD->log.pub,
                         .seq = seq,
                         .prev = *prev,
                         .clock = town.wall_ms << 16};
    entry_finish(w, &head, replica_community(ledger_replica(HUB->l)), &OLD->log, &bytes,
                 id);
    entry_writer_fini(w);
    assert_ok(ledger_begin(HUB->l));
    assert_ok(replica_offer(ledger_replica(HUB->l), buf_slice(&bytes), &what));
    assert_int_equal(what, OFFER_HELD);
    assert_ok(ledger_settle(HUB->l));
    assert_ok(ledger_commit(HUB->l));
    buf_free(&bytes);
}

/* The same of this operation, n times, sealed; `schema` as it says. */
static void
own_entry(uint64_t seq, const struct hash *prev, uint16_t schema, const struct op *op,
          size_t n, struct hash *id)
{
    struct entry_writer w;
    struct buf plain = BUF_NONE, item = BUF_NONE;
    uint32_t scope = 0, epoch = 0;
    const struct type *need_type = type_by_name(ledger_types(OLD->l), "need");
    assert_ok(ledger_scope_of(OLD->l, need_type, OLD->unit, &scope));
    const struct key *key = ledger_newest_key(OLD->l, scope, &epoch);
    entry_writer_init(&w);
    op_encode(op, &plain);
    for (size_t i = 0; i < n; i++) {
        struct item_place at = {.log = OLD->log.pub, .seq = seq, .index = (uint16_t)i};
        uint8_t nonce[ITEM_NONCE_BYTES];
        bytes_random(nonce, sizeof(nonce));
        item.n = 0;
        item_seal(scope, epoch, key, nonce, &at, buf_slice(&plain), &item);
        assert_true(entry_room(&w, item.n));
        entry_add(&w, buf_slice(&item));
    }
    offer_held(&w, seq, prev, schema, id);
    buf_free(&plain);
    buf_free(&item);
}

static struct op *
title_op(const struct record_key *key, struct slice value)
{
    struct op *op = mem_new(sizeof(*op));
    op->code = OP_PUT;
    op->unit = OLD->unit;
    memcpy(op->record, key->id, RECORD_ID_BYTES);
    op->type = type_by_name(ledger_types(OLD->l), "need")->code;
    op->fields_n = 1;
    op->field[0] = (struct put_field){.code = 10, .value = value};
    return op;
}

static void
strange_contents_are_told_apart(void **state)
{
    static const uint8_t text[] = {0xa1, 'x'}, number[] = {5};
    struct seen_told seen;
    struct fault why = {0};
    struct hash at;
    (void)state;
    community_of(&town, 2);
    struct record_key old = need(OLD, "before");
    uint64_t cut = cut_here();
    at = member_log(OLD)->head;
    end_log(cut);
    struct op *op = title_op(&old, slice_of(text, sizeof(text)));
    own_entry(cut + 1, &at, 77, op, 1, &at); /* a later release */
    refuses(HUB, place(cut + 1), RC_BUSY, FAULT_HELD_NEWER);
    own_entry(cut + 2, &at, 1, op, 3, &at); /* the same record three times */
    assert_ok(adopt(HUB, place(cut + 2), &seen, &why));
    assert_int_equal(seen.taken, 1);
    assert_int_equal(seen.left, 2);
    shows(HUB, &old, "x");
    op->field[0].value = slice_of(number, sizeof(number)); /* no text */
    own_entry(cut + 3, &at, 1, op, 1, &at);
    refuses(HUB, place(cut + 3), RC_INVALID, FAULT_HELD_EMPTY);
    op->field[0].value = slice_of(text, sizeof(text));
    op->type = 999; /* no such type in these rules: never had effect, or of later ones */
    own_entry(cut + 4, &at, 1, op, 1, &at);
    refuses(HUB, place(cut + 4), RC_BUSY, FAULT_HELD_NEWER);
    op->type = type_by_name(ledger_types(OLD->l), "need")->code;
    op->unit = NEIGHBOUR->unit; /* not its unit */
    own_entry(cut + 5, &at, 1, op, 1, &at);
    refuses(HUB, place(cut + 5), RC_INVALID, FAULT_HELD_EMPTY);
    *op = (struct op){.code = OP_OPEN};
    own_entry(cut + 6, &at, 1, op, 2, &at); /* rights are inherited */
    refuses(HUB, place(cut + 6), RC_INVALID, FAULT_HELD_EMPTY);
    mem_free(op);
    agree();
    assert_int_equal(tally(HUB).open, 5);
    community_fini(&town);
}

/* As many items as an entry can have: their records are there, so each is a change. */
static void
an_entry_full_of_items_is_adopted(void **state)
{
    static const uint8_t text[] = {0xa1, 'x'};
    struct seen_told seen;
    struct fault why = {0};
    struct hash at;
    (void)state;
    community_of(&town, 2);
    struct record_key old = need(OLD, "before");
    uint64_t cut = cut_here();
    at = member_log(OLD)->head;
    end_log(cut);
    struct op *op = title_op(&old, slice_of(text, sizeof(text)));
    own_entry(cut + 1, &at, 1, op, 500, &at); /* 64 KiB of them */
    assert_ok(adopt(HUB, place(cut + 1), &seen, &why));
    assert_int_equal(seen.taken, 1);
    assert_int_equal(seen.left, 499);
    mem_free(op);
    community_fini(&town);
}

/* As many items as fit, and none of them opens. */
static void
an_entry_of_rubbish_is_refused(void **state)
{
    uint8_t junk[ITEM_OVERHEAD_BYTES + 16] = {0};
    struct seen_told seen;
    uint16_t n = 0;
    struct fault why = {0};
    struct hash at;
    (void)state;
    community_of(&town, 2);
    uint64_t cut = cut_here();
    at = member_log(OLD)->head;
    end_log(cut);
    struct entry_writer w;
    entry_writer_init(&w);
    put_u32(junk, SCOPE_NO_COMMUNITY);
    put_u32(junk + 4, 1);
    for (; entry_room(&w, sizeof(junk)); n++)
        entry_add(&w, slice_of(junk, sizeof(junk)));
    assert_true(n > 900);
    offer_held(&w, cut + 1, &at, 1, &at);
    assert_int_equal(adopt(HUB, place(cut + 1), &seen, &why), RC_INVALID);
    assert_int_equal(why.code, FAULT_HELD_EMPTY);
    assert_int_equal(seen.left, n);
    assert_int_equal(seen.last, FAULT_HELD_ITEM);
    community_fini(&town);
}

/* A fork without an order: neither branch counts from there, both are held. */
static void
both_branches_of_a_fork_are_held(void **state)
{
    struct buf other = BUF_NONE;
    struct review_row row;
    struct buf keep = BUF_NONE;
    struct fault why = {0};
    enum offer what = OFFER_HAVE;
    (void)state;
    community_of(&town, 2);
    struct record_key old = need(OLD, "before");
    cut_here();
    set(OLD, &old, "mine");
    uint64_t seq = member_log(OLD)->head_seq;
    member_fork(OLD, &old, "need", "title", "other", &other);
    community_sync(&town);
    assert_ok(ledger_begin(HUB->l));
    assert_ok(replica_offer(ledger_replica(HUB->l), buf_slice(&other), &what));
    assert_ok(ledger_settle(HUB->l));
    assert_ok(ledger_commit(HUB->l));
    assert_true(tally(HUB).n >= 2);
    shows(HUB, &old, "before");
    assert_int_equal(review_find(HUB->l, place(seq), &keep, &row, &why), RC_AMBIGUOUS);
    buf_free(&other);
    buf_free(&keep);
    community_fini(&town);
}

/* TYPES.md section 8 */
static void
the_answer_has_the_documented_name(void **state)
{
    struct log_state log = {0};
    struct record_key key;
    struct hash id;
    char hex[2 * RECORD_ID_BYTES + 1];
    (void)state;
    for (unsigned i = 0; i < HASH_BYTES; i++)
        id.b[i] = (uint8_t)i;
    review_key(&log, 5, &id, &key);
    hex_print(key.id, RECORD_ID_BYTES, hex);
    assert_string_equal(hex, "7efbdf3d9ae942f75f1c66a3fe68986d");
    assert_int_equal(key.scope, SCOPE_NO_COMMUNITY);
}

/* A record of that type under any other id answers for nothing. */
static void
a_made_up_answer_is_none(void **state)
{
    struct fault why = {0};
    struct made made;
    (void)state;
    community_of(&town, 2);
    uint64_t cut = cut_here();
    (void)need(OLD, "late");
    end_log(cut);
    struct author a = begin_as(HUB);
    struct assign f = {"place", place(cut + 1)};
    assert_ok(done(HUB, edit_add(HUB->l, &a, HELD_TYPE, 0, &f, 1, &made, &why)));
    struct tally t = tally(HUB);
    assert_int_equal(t.n, 1);
    assert_int_equal(t.open, 1);
    community_fini(&town);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(held_work_stands_in_no_list),
        cmocka_unit_test(what_is_adopted_counts_once),
        cmocka_unit_test(it_names_the_entry_and_keeps_its_number),
        cmocka_unit_test(an_edit_waits_for_its_record),
        cmocka_unit_test(declined_stays_visible_and_can_be_adopted),
        cmocka_unit_test(words_are_judged),
        cmocka_unit_test(two_who_adopt_apart_make_one_record),
        cmocka_unit_test(yes_and_no_apart_is_a_case),
        cmocka_unit_test(others_do_not_decide),
        cmocka_unit_test(forged_names_find_nothing),
        cmocka_unit_test(an_id_names_it_too),
        cmocka_unit_test(what_was_erased_is_left_out),
        cmocka_unit_test(a_step_that_is_no_step_any_more_is_left_out),
        cmocka_unit_test(a_whole_import_is_adopted),
        cmocka_unit_test(strange_contents_are_told_apart),
        cmocka_unit_test(an_entry_full_of_items_is_adopted),
        cmocka_unit_test(an_entry_of_rubbish_is_refused),
        cmocka_unit_test(both_branches_of_a_fork_are_held),
        cmocka_unit_test(the_answer_has_the_documented_name),
        cmocka_unit_test(a_made_up_answer_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
