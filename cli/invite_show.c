/* Showing invites; never what is secret in them. */
#include "cli/invite_show.h"

#include <string.h>

#include "cli/check_words.h"
#include "cli/out.h"
#include "cli/request_show.h"

/* Of what is not secret in it: the centre, the file and the machine show the same
 * (INVITE.md section 4). */
static struct hash
words_of(const struct invite *i)
{
    static const char tag[] = "linjuli-invite-words-v1";
    struct hash_run run;
    hash_init(&run);
    hash_add(&run, slice_of(tag, sizeof(tag)));
    hash_add(&run, slice_of(i->community.b, HASH_BYTES));
    hash_add(&run, slice_of(i->hub_key.b, KEY_BYTES));
    hash_add(&run, slice_of(i->no, INVITE_NO_BYTES));
    return hash_done(&run);
}

void
invite_add(struct cli *c, const struct invite *i, const struct grant *g)
{
    char until[TIME_TEXT_BYTES];
    out_time(i->until_ms, until);
    say(c, WORD_INVITE_FOR, i->community_name, unit_text(c, g->unit),
        word(c, role_word(g->role)), i->person_name, NULL);
    const struct hash hash = words_of(i);
    words_say(c, WORD_REQUEST_WORDS, &hash);
    say(c, WORD_INVITE_UNTIL, until, NULL);
}

json_t *
invite_json(const struct cli *c, const struct invite *i, const struct grant *g)
{
    struct buf words = BUF_NONE;
    json_t *json = json_object();
    json_t *addresses = json_array();
    struct reader r = reader_of(buf_slice(&i->addresses));
    while (r.n > 0) {
        size_t n = strnlen((const char *)r.p, r.n);
        json_array_append_new(addresses, json_of_text(slice_of(r.p, n)));
        (void)read_slice(&r, n < r.n ? n + 1 : n);
    }
    json_object_set_new(json, "addresses", addresses);
    json_object_set_new(json, "community", json_of_text(slice_text(i->community_name)));
    json_object_set_new(json, "community_id", json_of_hex(i->community.b, HASH_BYTES));
    json_object_set_new(json, "person", json_of_text(slice_text(i->person_name)));
    json_object_set_new(json, "unit", json_of_unit(g->unit));
    json_object_set_new(json, "role", json_string(role_name(g->role)));
    json_object_set_new(json, "post", json_integer(g->post));
    json_object_set_new(json, "log", json_integer(i->log_no));
    json_object_set_new(json, "node", json_integer(i->node));
    json_object_set_new(json, "until_ms", json_of_time(i->until_ms));
    const struct hash hash = words_of(i);
    check_words_add(&words, &hash, c->lang);
    json_object_set_new(json, "words", json_of_text(buf_slice(&words)));
    buf_free(&words);
    return json;
}
