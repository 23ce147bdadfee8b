#include "cli/audit_show.h"

#include <stdio.h>

#include "cli/out.h"
#include "cli/people.h"

#define PLACE_BYTES 160

static const enum word sentence[VERIFY_N] = {[VERIFY_NONE] = WORD_NOTHING,
#define X(name, class) [VERIFY_IS_##name] = WORD_AUDIT_IS_##name,
                                             VERIFY_LIST(X)
#undef X
};

/* What each is told with: l whose log, p place, i item, a and b what belongs to the kind,
 * r record, n table. */
static const char *const sentence_args[VERIFY_N] = {
    [VERIFY_IS_DATABASE] = "l",
    [VERIFY_IS_BYTES] = "lp",
    [VERIFY_IS_PLACE] = "lp",
    [VERIFY_IS_LINK] = "lp",
    [VERIFY_IS_ROOT] = "lp",
    [VERIFY_IS_SIGNATURE] = "lp",
    [VERIFY_IS_WITHHELD] = "lpi",
    [VERIFY_IS_BESIDE] = "lp",
    [VERIFY_IS_STATE] = "lab",
    [VERIFY_IS_TRUNK] = "l",
    [VERIFY_IS_SCOPE] = "ar",
    [VERIFY_IS_TABLE] = "abn",
    [VERIFY_IS_WAITING] = "lpa",
    [VERIFY_IS_WALL_NEWER] = "ab",
    [VERIFY_IS_SINCE_NEWER] = "lp",
    [VERIFY_IS_ORDER_UNREADABLE] = "lpi",
    [VERIFY_IS_ORDER_KEY] = "lpi",
    [VERIFY_IS_ORDER_PLACE] = "lpi",
    [VERIFY_IS_ORDER_FEW] = "lpia",
    [VERIFY_IS_ORDER_STRANGER] = "lpia",
    [VERIFY_IS_ORDER_FORGED] = "lpia",
    [VERIFY_IS_ORDER_STALE] = "lpia",
    [VERIFY_IS_ORDER_REPLAYED] = "lpia",
    [VERIFY_IS_ORDER_NO_LOG] = "lpia",
    [VERIFY_IS_GRANT_FORGED] = "lpia",
    [VERIFY_IS_GRANT_USED] = "lpia",
    [VERIFY_IS_GRANT_OTHER] = "lpia",
    [VERIFY_IS_GRANT_BELOW_SEAL] = "lpia",
    [VERIFY_IS_REVOKED] = "lpa",
    [VERIFY_IS_LOST] = "lpa",
    [VERIFY_IS_QUARANTINED] = "lpa",
    [VERIFY_IS_FORK_ENDED] = "lp",
    [VERIFY_IS_REIGN_ENDED] = "lp",
    [VERIFY_IS_SUCCEEDED] = "lpa",
    [VERIFY_IS_NOT_GRANTED] = "lp",
    [VERIFY_IS_CLOCK_BACK] = "lp",
    [VERIFY_IS_CLOCK_EARLY] = "lpa",
    [VERIFY_IS_CLOCK_LATE] = "lpa",
    [VERIFY_IS_ITEM_VERSION] = "lpi",
    [VERIFY_IS_ITEM_UNREADABLE] = "lpi",
    [VERIFY_IS_ITEM_REFUSED] = "lpir",
    [VERIFY_IS_ITEM_RULE] = "lpirn",
    [VERIFY_IS_ERASE_PENDING] = "lpir",
    [VERIFY_IS_ERASE_UNTOLD] = "ar",
    [VERIFY_IS_FORK] = "lp",
    [VERIFY_IS_HUB_FORK] = "lp",
    [VERIFY_IS_SEAL_ROOT] = "lpa",
    [VERIFY_IS_SEAL_TWICE] = "lpa",
    [VERIFY_IS_SEAL_ROOTS] = "lpb",
    [VERIFY_IS_SEAL_SIGNATURE] = "lp",
    [VERIFY_IS_WALL] = "a",
    [VERIFY_IS_SINCE] = "lp",
    [VERIFY_IS_GONE] = "lpi",
};

static void
whose(struct cli *c, const struct verify_finding *f, struct buf *out)
{
    static const struct key none;
    char hex[17];
    if (f->is_authority) {
        add_words(c, out, WORD_AUDIT_OF_HUB, num(c, f->log_no), NULL);
    } else if (f->log_no != 0) {
        add_words(c, out, WORD_AUDIT_OF_LOG, num(c, f->log_no), NULL);
    } else if (key_eq(&f->log, &none)) {
        add_words(c, out, WORD_AUDIT_OF_NONE, NULL);
    } else {
        hex_print(f->log.b, 8, hex);
        add_words(c, out, WORD_AUDIT_OF_KEY, hex, NULL);
    }
}

void
audit_sentence(struct cli *c, const struct verify_finding *f, struct buf *out)
{
    struct buf log = BUF_NONE;
    struct buf at = BUF_NONE;
    char record[2 * RECORD_ID_BYTES + 1] = "-";
    bool range = f->to > f->seq && f->kind != VERIFY_IS_SEAL_TWICE &&
                 f->kind != VERIFY_IS_SEAL_ROOTS;
    whose(c, f, &log);
    if (range)
        add_words(c, &at, WORD_AUDIT_FROM_TO, num(c, f->seq), num(c, f->to), NULL);
    else
        add_words(c, &at, WORD_AUDIT_AT, num(c, f->seq), NULL);
    if (f->has_record)
        hex_print(f->record.id, RECORD_ID_BYTES, record);
    const char *arg[WORD_ARGS_MAX] = {NULL};
    size_t n = 0;
    for (const char *p = sentence_args[f->kind]; p != NULL && *p != '\0'; p++)
        arg[n++] = *p == 'l'   ? buf_text(&log)
                   : *p == 'p' ? buf_text(&at)
                   : *p == 'i' ? num(c, f->index)
                   : *p == 'r' ? record
                   : *p == 'n' ? f->name
                               : num(c, f->fact[*p == 'b']);
    word_add(out, sentence[f->kind], c->lang, arg, n);
    buf_free(&log);
    buf_free(&at);
}

static enum word
verdict_word(enum verify_class v, bool saved)
{
    switch (v) {
    case VERIFY_CLEAN:
        return WORD_V_CLEAN;
    case VERIFY_EXPLAINED:
        return WORD_V_EXPL;
    case VERIFY_INCOMPLETE:
        return WORD_V_PART;
    case VERIFY_DAMAGED:
        return WORD_V_DMG;
    case VERIFY_PROVEN:
        break;
    }
    return saved ? WORD_V_BAD : WORD_V_BAD_UNSAVED;
}

/* ---- for people */

static void
show_head(struct cli *c, const struct audit_report *r, const char *line)
{
    char hex[2 * HASH_BYTES + 1];
    if (r->name.n > 0) {
        struct buf name = BUF_NONE;
        buf_add_slice(&name, buf_slice(&r->name));
        say(c, WORD_AUDIT_COMMUNITY, buf_text(&name), NULL);
        buf_free(&name);
    }
    if (r->has_community) {
        hex_print(r->community.b, HASH_BYTES, hex);
        say(c, WORD_AUDIT_FINGERPRINT, hex, NULL);
    }
    say(c, WORD_AUDIT_SEAL, num(c, r->seal_no), num(c, r->tree_size), NULL);
    if (r->seal_no > 0) {
        hex_print(r->root.b, HASH_BYTES, hex);
        say(c, WORD_AUDIT_ROOT, hex, NULL);
    }
    say(c, WORD_AUDIT_PROGRAM, LINJULI_VERSION, NULL);
    say(c, WORD_AUDIT_LINE, line, NULL);
}

static void
cell(struct cli *c, const char *text, size_t columns)
{
    if (columns > 0)
        out_padded(c->out, text, columns);
    else
        buf_addf(c->out, "%s", text);
}

static const size_t columns_of[] = {10, 6, 14, 6, 18, 18, 10, 8, 0};

/* The words of the head line stand between bars. */
static void
show_heads(struct cli *c)
{
    const char *at = word(c, WORD_AUDIT_HEADS);
    char text[64];
    for (size_t i = 0; i < sizeof(columns_of) / sizeof(columns_of[0]); i++) {
        size_t n = 0;
        while (at[n] != '|' && at[n] != '\0' && n + 1 < sizeof(text)) {
            text[n] = at[n];
            n++;
        }
        text[n] = '\0';
        cell(c, text, columns_of[i]);
        at += n + (at[n] == '|');
    }
    buf_addf(c->out, "\n");
}

static void
show_log(struct cli *c, const struct audit_log *log, struct ledger *l)
{
    struct buf text = BUF_NONE;
    char time[TIME_TEXT_BYTES];
    if (log->is_authority)
        add_words(c, &text, WORD_AUDIT_HUB_LOG, num(c, log->no), NULL);
    else if (log->is_ack)
        add_words(c, &text, WORD_AUDIT_ACK_LOG, num(c, log->no), NULL);
    else
        buf_addf(&text, "%u", log->no);
    cell(c, buf_text(&text), columns_of[0]);
    cell(c, log->post > 0 ? num(c, log->post) : "-", columns_of[1]);
    text.n = 0;
    if (l != NULL && !log->is_authority && !log->is_ack)
        person_name(l, log->person, &text);
    cell(c, text.n > 0 ? buf_text(&text) : "-", columns_of[2]);
    cell(c, log->role > 0 ? unit_text(c, log->unit) : "-", columns_of[3]);
    out_time(log->from_ms, time);
    cell(c, time, columns_of[4]);
    out_time(log->to_ms, time);
    cell(c, time, columns_of[5]);
    cell(c, num(c, log->seq), columns_of[6]);
    cell(c, log->is_authority ? "-" : num(c, log->sealed), columns_of[7]);
    cell(c, log->gap > 0 ? num(c, log->gap) : "-", columns_of[8]);
    buf_addf(c->out, "\n");
    buf_free(&text);
}

void
audit_show(struct cli *c, const struct audit_report *r, struct ledger *l,
           const char *line, bool saved)
{
    say(c, verdict_word(r->verdict, saved), NULL);
    show_head(c, r, line);
    say(c, WORD_AUDIT_COUNTS, num(c, r->entries), num(c, r->items), num(c, r->logs_n),
        num(c, r->findings_n + r->unsaid), num(c, r->quarantined), num(c, r->erased),
        NULL);
    if (r->logs_n > 0) {
        buf_addf(c->out, "\n%s\n", word(c, WORD_AUDIT_LOGS));
        show_heads(c);
    }
    for (size_t i = 0; i < r->logs_n; i++)
        show_log(c, &r->log[i], l);
    if (r->findings_n > 0)
        buf_addf(c->out, "\n%s\n", word(c, WORD_AUDIT_FINDINGS));
    for (size_t i = 0; i < r->findings_n; i++) {
        buf_addf(c->out, "%zu. ", i + 1);
        audit_sentence(c, &r->finding[i], c->out);
        buf_addf(c->out, "\n");
    }
    if (r->unsaid > 0)
        say(c, WORD_AUDIT_UNSAID, num(c, r->unsaid), NULL);
}

/* ---- for scripts */

static json_t *
finding_json(const struct verify_finding *f)
{
    static const struct key none;
    json_t *json = json_object();
    json_object_set_new(json, "kind", json_string(verify_name(f->kind)));
    json_object_set_new(json, "verdict", json_integer(verify_class(f->kind)));
    json_object_set_new(json, "authority", json_boolean(f->is_authority));
    json_object_set_new(json, "log", json_integer(f->log_no));
    if (!key_eq(&f->log, &none))
        json_object_set_new(json, "key", json_of_hex(f->log.b, KEY_BYTES));
    json_object_set_new(json, "seq", json_of_u64(f->seq));
    if (f->to > 0)
        json_object_set_new(json, "to", json_of_u64(f->to));
    if (f->has_index)
        json_object_set_new(json, "item", json_integer(f->index));
    if (f->has_record)
        json_object_set_new(json, "record", json_of_hex(f->record.id, RECORD_ID_BYTES));
    if (f->has_ids) {
        json_t *ids = json_array();
        json_array_append_new(ids, json_of_hex(f->id[0].b, HASH_BYTES));
        json_array_append_new(ids, json_of_hex(f->id[1].b, HASH_BYTES));
        json_object_set_new(json, "ids", ids);
    }
    if (f->name[0] != '\0')
        json_object_set_new(json, f->kind == VERIFY_IS_ITEM_RULE ? "rule" : "table",
                            json_string(f->name));
    json_t *facts = json_array();
    json_array_append_new(facts, json_of_u64(f->fact[0]));
    json_array_append_new(facts, json_of_u64(f->fact[1]));
    json_object_set_new(json, "facts", facts);
    return json;
}

static json_t *
log_json(const struct audit_log *log)
{
    json_t *json = json_object();
    json_object_set_new(json, "authority", json_boolean(log->is_authority));
    json_object_set_new(json, "log", json_integer(log->no));
    json_object_set_new(json, "key", json_of_hex(log->key.b, KEY_BYTES));
    json_object_set_new(json, "seq", json_of_u64(log->seq));
    json_object_set_new(json, "id", json_of_hex(log->id.b, HASH_BYTES));
    json_object_set_new(json, "from_ms", json_of_time(log->from_ms));
    json_object_set_new(json, "to_ms", json_of_time(log->to_ms));
    json_object_set_new(json, "acknowledgements", json_boolean(log->is_ack));
    if (log->is_authority)
        return json;
    json_object_set_new(json, "post", json_integer(log->post));
    json_object_set_new(json, "node", json_integer(log->node));
    json_object_set_new(json, "unit", json_of_unit(log->unit));
    json_object_set_new(json, "role", json_integer(log->role));
    json_object_set_new(json, "person", json_of_hex(log->person, RECORD_ID_BYTES));
    json_object_set_new(json, "sealed", json_of_u64(log->sealed));
    json_object_set_new(json, "held", json_of_u64(log->held));
    json_object_set_new(json, "gap", json_of_u64(log->gap));
    json_object_set_new(json, "revoked", json_boolean(log->is_revoked));
    json_object_set_new(json, "closed", json_boolean(log->is_closed));
    return json;
}

json_t *
audit_json(const struct audit_report *r)
{
    json_t *json = json_object();
    json_t *logs = json_array();
    json_t *findings = json_array();
    for (size_t i = 0; i < r->logs_n; i++)
        json_array_append_new(logs, log_json(&r->log[i]));
    for (size_t i = 0; i < r->findings_n; i++)
        json_array_append_new(findings, finding_json(&r->finding[i]));
    json_object_set_new(json, "verdict", json_integer(r->verdict));
    json_object_set_new(json, "community",
                        r->has_community ? json_of_hex(r->community.b, HASH_BYTES)
                                         : json_null());
    json_object_set_new(json, "name", json_of_text(buf_slice(&r->name)));
    json_object_set_new(json, "program", json_string(LINJULI_VERSION));
    json_object_set_new(json, "chain", json_boolean(r->is_chain));
    json_object_set_new(json, "growth", json_boolean(r->is_growth));
    json_object_set_new(json, "seal", json_of_u64(r->seal_no));
    json_object_set_new(json, "tree_size", json_of_u64(r->tree_size));
    json_object_set_new(json, "root", json_of_hex(r->root.b, HASH_BYTES));
    json_object_set_new(json, "entries", json_of_u64(r->entries));
    json_object_set_new(json, "items", json_of_u64(r->items));
    json_object_set_new(json, "held", json_of_u64(r->quarantined));
    json_object_set_new(json, "erased", json_of_u64(r->erased));
    json_object_set_new(json, "unsaid", json_of_u64(r->unsaid));
    json_object_set_new(json, "logs", logs);
    json_object_set_new(json, "findings", findings);
    return json;
}
