/* The demo's table: every store read again, by this process, not told by anybody. */
#include "cli/demo.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

struct tally {
    uint8_t log[16];
    uint64_t records, entries, delivered, own;
    uint64_t households, residents, merchants, groups, compounds, party, grids,
        registered;
    size_t scopes;
    uint8_t scope_digest[16];
    size_t findings;
    char finding[160];
};

static bool
count_registered(void *arg, const struct record_row *r)
{
    struct tally *t = arg;
    for (size_t i = 0; i < r->values_n; i++) {
        struct value v;
        if (strcmp(r->value[i].field->name, "is_registered") == 0 &&
            r->value[i].value.n > 0 && value_decode(VALUE_BOOL, r->value[i].value, &v) &&
            !v.is_nil && v.as.yes)
            t->registered++;
    }
    return true;
}

static uint64_t
count(struct ledger *l, const char *type)
{
    uint64_t n = 0;
    struct fault why = {0};
    return query_count(l, type, &n, &why) == RC_OK ? n : 0;
}

static bool
count_one(void *arg, const struct record_row *r)
{
    (void)r;
    ++*(uint64_t *)arg;
    return true;
}

static uint64_t
count_units(struct ledger *l, const char *kind)
{
    struct filter f = {"kind", kind};
    struct fault why = {0};
    uint64_t n = 0;
    return query_list(l, "org_unit", &f, 1, 0, count_one, &n, &why) == RC_OK ? n : 0;
}

static void
each_scope(void *arg, uint32_t scope, const uint8_t digest[16])
{
    struct tally *t = arg;
    t->scopes++;
    if (scope == SCOPE_NO_COMMUNITY)
        memcpy(t->scope_digest, digest, 16);
}

static void
each_finding(void *arg, const char *what)
{
    struct tally *t = arg;
    if (t->findings++ == 0)
        (void)snprintf(t->finding, sizeof(t->finding), "%s", what);
}

static void
count_records(struct ledger *l, struct tally *t)
{
    const struct types *types = ledger_types(l);
    struct fault why = {0};
    for (size_t i = 0; i < types->n; i++)
        if (types->type[i].private_of == 0)
            t->records += count(l, types->type[i].name);
    t->households = count(l, "household");
    t->residents = count(l, "resident");
    t->merchants = count(l, "merchant");
    t->compounds = count(l, "compound");
    t->groups = count_units(l, "group");
    t->party = count_units(l, "party");
    t->grids = count_units(l, "grid");
    if (query_list(l, "resident", NULL, 0, 0, count_registered, t, &why) != RC_OK)
        t->registered = 0;
}

static void
count_entries(const struct node *n, struct tally *t)
{
    struct replica *r = ledger_replica(n->ledger);
    for (size_t i = 0; i < replica_logs_n(r); i++)
        t->entries += replica_log_at(r, i)->head_seq;
    for (size_t i = 0; i < n->logs_n; i++) {
        const struct log_state *log = replica_log_by_key(r, &n->log[i].pub);
        t->own += log != NULL ? log->head_seq : 0;
        t->delivered += peer_acked(n->ledger, 0, &n->log[i].pub);
    }
}

static enum rc
read_node(const struct demo_node *dn, bool walk, struct tally *t, struct fault *why)
{
    struct node *n = NULL;
    *t = (struct tally){0};
    enum rc rc = node_open(dn->dir, NODE_READ, &n, why);
    if (rc != RC_OK)
        return rc;
    replica_digest(ledger_replica(n->ledger), t->log);
    rc = ledger_digest(n->ledger, each_scope, t);
    if (rc == RC_OK && walk) {
        rc = ledger_doctor(n->ledger, each_finding, t);
        rc = rc == RC_NO ? RC_OK : rc;
    }
    count_records(n->ledger, t);
    count_entries(n, t);
    node_close(n);
    return rc;
}

static bool
is_the_article(const struct tally *t)
{
    return t->households == DEMO_HOUSEHOLDS && t->residents == DEMO_RESIDENTS &&
           t->merchants == DEMO_MERCHANTS && t->compounds == DEMO_COMPOUNDS &&
           t->groups == DEMO_GROUPS && t->party == DEMO_PARTY && t->grids == DEMO_GRIDS &&
           t->registered == DEMO_REGISTERED;
}

static void
say_numbers(struct cli *c, const struct tally *t)
{
    say(c, WORD_DEMO_NUMBERS, num(c, t->compounds), num(c, t->groups), num(c, t->party),
        num(c, t->grids), num(c, t->households), num(c, t->residents),
        num(c, t->registered), num(c, t->merchants), NULL);
}

static void
say_row(struct cli *c, unsigned i, const struct demo_node *n, const struct tally *t,
        bool same, bool walk)
{
    buf_addf(c->out, "%4u  %04u  %8llu %8llu  %6llu/%-6llu  %s      %s\n", i, n->unit,
             (unsigned long long)t->records, (unsigned long long)t->entries,
             (unsigned long long)t->delivered, (unsigned long long)t->own,
             same ? "=" : "x",
             !walk              ? "-"
             : t->findings == 0 ? "ok"
                                : "x");
    c->show(c);
}

bool
demo_check(struct demo *d, bool walk)
{
    struct tally hub = {0}, t;
    struct fault why = {0};
    bool fine = true;
    say(d->cli, WORD_DEMO_TABLE_HEAD, NULL);
    for (unsigned i = 0; i <= d->nodes_n; i++) {
        const struct demo_node *n = &d->node[i];
        enum rc rc = read_node(n, walk, &t, &why);
        if (rc != RC_OK) {
            complain(d->cli, WORD_DEMO_UNREADABLE, n->dir, NULL);
            (void)fail(d->cli, rc, &why);
            fine = false;
            continue;
        }
        if (i == 0)
            hub = t;
        bool same = memcmp(t.log, hub.log, 16) == 0 &&
                    memcmp(t.scope_digest, hub.scope_digest, 16) == 0;
        bool all_there = t.entries == hub.entries && (i == 0 || t.delivered >= t.own);
        say_row(d->cli, i, n, &t, same, walk);
        if (t.findings > 0)
            complain(d->cli, WORD_DEMO_FINDING, n->dir, t.finding, NULL);
        fine = fine && same && all_there && t.findings == 0;
    }
    say_numbers(d->cli, &hub);
    if (!is_the_article(&hub)) {
        complain(d->cli, WORD_DEMO_NOT_ARTICLE, NULL);
        fine = false;
    }
    return fine;
}
