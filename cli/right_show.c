#include "cli/right_show.h"

#include <stdlib.h>
#include <string.h>

#include "cli/out.h"
#include "cli/people.h"
#include "cli/show.h"

#define AMOUNT_DIGITS_MAX 13
#define LOG_DIGITS_MAX 9

struct naming {
    struct cli *c;
    struct buf *out;
    bool is_there;
};

static bool
take_name(void *arg, const struct record_row *r)
{
    struct naming *n = arg;
    buf_addf(n->out, "%s  ", r->number);
    title_add(n->c, r, n->out);
    n->is_there = true;
    return true;
}

void
right_subject_add(struct cli *c, const struct record_key *key, struct buf *out)
{
    struct naming n = {.c = c, .out = out};
    char id[2 * RECORD_ID_BYTES + 1];
    if (query_get(c->node->ledger, key, take_name, &n) == RC_OK && n.is_there)
        return;
    hex_print(key->id, RECORD_ID_BYTES, id);
    buf_addf(out, "%s", id);
}

bool
right_amount_parse(struct cli *c, const char *text, uint64_t *out)
{
    size_t n = strlen(text);
    if (n == 0 || n > AMOUNT_DIGITS_MAX || strspn(text, "0123456789") != n) {
        complain(c, WORD_BAD_NUMBER, "AMOUNT", text, NULL);
        return false;
    }
    *out = strtoull(text, NULL, 10);
    return true;
}

enum rc
right_log_find(struct cli *c, const char *text, uint32_t *out, struct fault *why)
{
    const struct replica *r = ledger_replica(c->node->ledger);
    size_t digits = strspn(text, "0123456789");
    bool by_log = text[digits] == '\0' && digits > 0 && digits <= LOG_DIGITS_MAX;
    struct buf which = BUF_NONE;
    size_t n = 0;
    for (size_t i = 0; i < replica_logs_n(r); i++) {
        const struct log_state *log = replica_log_at(r, i);
        bool is = by_log ? log->no == strtoul(text, NULL, 10)
                         : !log->is_revoked && who_is(c->node->ledger, log, text);
        if (!is)
            continue;
        *out = log->no;
        buf_addf(&which, "%s%03u", n++ > 0 ? ", " : "", (unsigned)log->no);
    }
    enum rc rc = n == 1  ? RC_OK
                 : n > 1 ? fault_set(why, RC_AMBIGUOUS, FAULT_AMBIGUOUS, "%s", text)
                         : fault_set(why, RC_NOTFOUND, FAULT_NO_LOG_OF, "%s", text);
    if (n > 1)
        fault_want(why, "%s", buf_text(&which));
    buf_free(&which);
    return rc;
}

void
right_backing_add(struct cli *c, const struct record_key *key)
{
    struct rights_backing b;
    if (rights_backing(c->node->ledger, key, &b) != RC_OK || !b.needs)
        return;
    if (b.backed < b.amount)
        say(c, WORD_RIGHT_LACKS, num(c, b.amount), num(c, b.backed), NULL);
    else
        say(c, WORD_RIGHT_HAS, num(c, b.backed),
            word(c, b.is_final ? WORD_CONF : WORD_TENT), NULL);
}

void
right_backing_json(struct cli *c, const struct record_key *key, json_t *to)
{
    struct rights_backing b;
    if (rights_backing(c->node->ledger, key, &b) != RC_OK || !b.needs)
        return;
    json_t *json = json_object();
    json_object_set_new(json, "needs", json_of_u64(b.amount));
    json_object_set_new(json, "has", json_of_u64(b.backed));
    json_object_set_new(json, "final", json_boolean(b.is_final));
    json_object_set_new(to, "right", json);
}

enum word
right_state_word(const struct rights_op_row *o)
{
    if (o->state == RIGHTS_VOID)
        return WORD_RIGHT_VOID;
    return o->state == RIGHTS_OK && o->is_confirmed ? WORD_CONF : WORD_TENT;
}
