#include "cli/due_show.h"

#include <stdio.h>

#include "cli/out.h"
#include "cli/show.h"

#define LABEL_COLUMNS 18
#define END_COLUMNS 18
#define END_TEXT_BYTES 32

/* A day's end is told by the day: 24 o'clock is nobody's. */
static void
end_text(uint64_t end, char out[static END_TEXT_BYTES])
{
    int64_t day = civil_day(end);
    uint64_t minutes = (end - civil_day_begin(day)) / 60000;
    struct date d = date_of(minutes == 0 ? day - 1 : day);
    int n = snprintf(out, END_TEXT_BYTES, "%04d-%02u-%02u", (int)d.year, d.month, d.day);
    if (minutes != 0)
        (void)snprintf(out + n, END_TEXT_BYTES - (size_t)n, " %02u:%02u",
                       (unsigned)(minutes / 60), (unsigned)(minutes % 60));
}

static enum word
verdict_word(const struct due *d)
{
    switch (d->verdict) {
    case DUE_RUNNING:
        return WORD_DUE_RUNNING;
    case DUE_ON_TIME:
        return WORD_DUE_ON_TIME;
    case DUE_LATE:
        return d->is_open ? WORD_DUE_OVERDUE : WORD_DUE_LATE;
    case DUE_UNDETERMINED:
        break;
    }
    return WORD_DUE_UNCLEAR;
}

void
due_add(struct cli *c, const struct due_row *r, struct buf *out)
{
    char end[END_TEXT_BYTES];
    end_text(r->end, end);
    out_padded(out, label_of(c, &r->deadline->label, r->deadline->name), LABEL_COLUMNS);
    out_padded(out, end, END_COLUMNS);
    buf_addf(out, "%s", word(c, verdict_word(&r->due)));
    if (r->due.extended != 0)
        buf_addf(out, "%s", word(c, WORD_DUE_EXTENDED));
}

json_t *
due_json(const struct due_row *r)
{
    json_t *json = json_object();
    json_object_set_new(json, "id", json_of_hex(r->key.id, RECORD_ID_BYTES));
    json_object_set_new(json, "unit", json_of_unit(r->key.unit));
    json_object_set_new(json, "type", json_string(r->type->name));
    json_object_set_new(json, "deadline", json_string(r->deadline->name));
    json_object_set_new(json, "begin_ms", json_of_time(r->begin));
    json_object_set_new(json, "due_ms", json_of_time(r->end));
    json_object_set_new(json, "first_due_ms", json_of_time(r->due.end));
    json_object_set_new(json, "verdict", json_string(due_verdict_name(r->due.verdict)));
    json_object_set_new(json, "open", json_boolean(r->done_to == 0));
    if (r->done_to != 0) {
        json_object_set_new(json, "done_from_ms", json_of_time(r->done_from));
        json_object_set_new(json, "done_to_ms", json_of_time(r->done_to));
    }
    return json;
}

struct shown {
    struct cli *c;
    json_t *json;
};

static bool
show_one(void *arg, const struct due_row *r)
{
    struct shown *s = arg;
    if (s->json != NULL) {
        json_array_append_new(s->json, due_json(r));
        return true;
    }
    buf_addf(s->c->out, "  ");
    due_add(s->c, r, s->c->out);
    buf_add_u8(s->c->out, '\n');
    return true;
}

enum rc
due_show_of(struct cli *c, const struct record_key *key, json_t *json)
{
    struct due_book *book = NULL;
    struct shown s = {c, json != NULL ? json_array() : NULL};
    enum rc rc = due_open(c->node->ledger, &book);
    if (rc == RC_OK)
        rc = due_of_record(book, key, show_one, &s);
    due_close(book);
    if (json != NULL)
        json_object_set_new(json, "due", s.json);
    return rc;
}
