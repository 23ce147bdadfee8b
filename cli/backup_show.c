#include "cli/backup_show.h"

#include "cli/out.h"

#define STEP 1024

void
backup_say(struct cli *c, const struct backup_about *a)
{
    char made[TIME_TEXT_BYTES];
    out_time(a->made_ms, made);
    say(c, WORD_BACKUP_HOLDS, a->name, made, num(c, a->entries), num(c, a->logs),
        num(c, a->records), num(c, a->seal_no), NULL);
}

json_t *
backup_json(const struct backup_about *a)
{
    json_t *json = json_object();
    json_object_set_new(json, "community", json_of_hex(a->community.b, HASH_BYTES));
    json_object_set_new(json, "name", json_of_text(slice_text(a->name)));
    json_object_set_new(json, "made_ms", json_of_time(a->made_ms));
    json_object_set_new(json, "node", json_integer(a->node));
    json_object_set_new(json, "hub", json_boolean(a->is_hub));
    json_object_set_new(json, "entries", json_of_u64(a->entries));
    json_object_set_new(json, "logs", json_of_u64(a->logs));
    json_object_set_new(json, "records", json_of_u64(a->records));
    json_object_set_new(json, "seal_no", json_of_u64(a->seal_no));
    json_object_set_new(json, "digest", json_of_hex(a->digest, sizeof(a->digest)));
    return json;
}

void
backup_progress(struct cli *c, uint64_t done, uint64_t all)
{
    if (!c->sees_progress || (done % STEP != 0 && done != all))
        return;
    buf_addf(c->err, "\r%llu / %llu ", (unsigned long long)done, (unsigned long long)all);
    if (done == all)
        buf_addf(c->err, "\n");
    c->show(c);
}
