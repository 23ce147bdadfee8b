#include "sync/verify.h"

#include <string.h>

enum verify_class
verify_class(enum verify_kind kind)
{
    static const enum verify_class class_of[VERIFY_N] = {
#define X(name, class) [VERIFY_IS_##name] = VERIFY_##class,
        VERIFY_LIST(X)
#undef X
    };

    return class_of[kind];
}

const char *
verify_name(enum verify_kind kind)
{
    static const char *const name_of[VERIFY_N] = {[VERIFY_NONE] = "NONE",
#define X(name, class) [VERIFY_IS_##name] = #name,
                                                  VERIFY_LIST(X)
#undef X
    };

    return name_of[kind];
}

static int
order_of(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

int
verify_order(const struct verify_finding *a, const struct verify_finding *b)
{
    int c = order_of(b->is_authority, a->is_authority);

    c = c != 0 ? c : order_of(a->log_no, b->log_no);
    c = c != 0 ? c : key_cmp(&a->log, &b->log);
    c = c != 0 ? c : order_of(a->seq, b->seq);
    c = c != 0 ? c : order_of(a->index, b->index);
    c = c != 0 ? c : order_of(a->kind, b->kind);
    c = c != 0 ? c : order_of(a->to, b->to);
    c = c != 0 ? c : order_of(a->fact[0], b->fact[0]);
    c = c != 0 ? c : order_of(a->fact[1], b->fact[1]);
    c = c != 0 ? c : hash_cmp(&a->id[0], &b->id[0]);
    c = c != 0 ? c : hash_cmp(&a->id[1], &b->id[1]);
    c = c != 0 ? c : memcmp(a->record.id, b->record.id, RECORD_ID_BYTES);
    return c != 0 ? c : strcmp(a->name, b->name);
}

enum verify_kind
verify_entry(struct slice bytes, const struct verify_at *at, struct entry *e)
{
    if (entry_decode(bytes, e) != RC_OK) {
        return VERIFY_IS_BYTES;
    }
    if (e->kind != at->kind || !key_eq(&e->log, &at->log) || e->seq != at->seq) {
        return VERIFY_IS_PLACE;
    }
    if (!hash_eq(&e->prev, &at->prev)) {
        return VERIFY_IS_LINK;
    }
    if (entry_check_root(e) != RC_OK) {
        return VERIFY_IS_ROOT;
    }
    return at->with_sig && !entry_check_sig(e, at->community) ? VERIFY_IS_SIGNATURE
                                                              : VERIFY_NONE;
}
