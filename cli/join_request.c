/* `join` by two files: what is asked, and what the centre answers (schema/JOIN.md). */
#include <string.h>

#include "cli/check_words.h"
#include "cli/commands.h"
#include "cli/file.h"
#include "cli/invite_show.h"
#include "cli/join.h"
#include "cli/out.h"
#include "cli/request_show.h"

/* ---- shown the same at both ends */

static void
wish_say(struct cli *c, const struct request *r)
{
    uint32_t unit = 0;
    enum role role;
    const char *what = role_parse(r->role, &role) ? word(c, role_word(role)) : r->role;
    say(c, WORD_REQUEST_FOR, r->person,
        unit_parse(r->unit, &unit) ? unit_text(c, unit) : r->unit, what, NULL);
}

void
words_say(struct cli *c, enum word w, const struct hash *hash)
{
    struct buf words = BUF_NONE;
    check_words_add(&words, hash, c->lang);
    say(c, w, buf_text(&words), NULL);
    buf_free(&words);
}

void
request_say(struct cli *c, const struct request *r, const struct hash *name)
{
    char time[TIME_TEXT_BYTES];
    out_time(r->made_ms, time);
    wish_say(c, r);
    say(c, WORD_REQUEST_MADE, time, NULL);
    words_say(c, WORD_REQUEST_WORDS, name);
}

json_t *
request_json(const struct request *r, const struct hash *name, enum lang lang)
{
    json_t *json = json_object();
    struct buf words = BUF_NONE;
    check_words_add(&words, name, lang);
    json_object_set_new(json, "person", json_of_text(slice_text(r->person)));
    json_object_set_new(json, "unit", json_of_text(slice_text(r->unit)));
    json_object_set_new(json, "role", json_of_text(slice_text(r->role)));
    json_object_set_new(json, "made_ms", json_of_time(r->made_ms));
    json_object_set_new(json, "request", json_of_hex(name->b, HASH_BYTES));
    json_object_set_new(json, "words", json_of_text(buf_slice(&words)));
    buf_free(&words);
    return json;
}

enum rc
request_read(struct slice file, const char *named, struct request *out, struct hash *name,
             struct fault *why)
{
    enum rc rc = request_decode(file, out, name);
    enum fault_code code = rc == RC_CORRUPT  ? FAULT_REQUEST_TORN
                           : rc == RC_FORGED ? FAULT_REQUEST_FORGED
                                             : FAULT_REQUEST_FILE;
    return rc == RC_OK ? RC_OK : fault_set(why, RC_INVALID, code, "%s", named);
}

enum rc
file_put(const char *path, struct slice bytes, struct fault *why)
{
    struct file_out f;
    enum rc rc = file_out_begin(&f, path, true, why);
    if (rc != RC_OK)
        return rc;
    rc = fd_write(f.fd, bytes);
    if (rc == RC_OK)
        return file_out_end(&f, why);
    file_out_drop(&f);
    return fault_set(why, rc, FAULT_NODE_IO, "%s", path);
}

/* ---- asking */

static int
missing(struct cli *c, const char *option, const char *value, const char *want)
{
    if (value == NULL)
        complain(c, WORD_OPTION_NEEDED, option, NULL);
    else
        complain(c, WORD_OPTION_BAD, option, value, want, NULL);
    return misuse(c, &cmd_join);
}

static int
read_wish(struct cli *c, struct request *out)
{
    const char *person = args_value(c->args, "--person");
    const char *unit = args_value(c->args, "--unit");
    const char *role = args_value(c->args, "--role");
    uint32_t no = 0;
    enum role is;
    if (person == NULL || person[0] == '\0' || strlen(person) > NAME_BYTES_MAX ||
        !utf8_is_valid(slice_text(person)))
        return missing(c, "--person", person, word(c, WORD_A_NAME));
    if (unit == NULL || !unit_parse(unit, &no))
        return missing(c, "--unit", unit, "0000..9999");
    if (role == NULL || !role_parse(role, &is))
        return missing(c, "--role", role, word(c, WORD_ROLES));
    memcpy(out->person, person, strlen(person) + 1);
    memcpy(out->unit, unit, strlen(unit) + 1);
    memcpy(out->role, role, strlen(role) + 1);
    return 0;
}

static int
ask(struct cli *c, const char *path)
{
    struct fault why = {0};
    struct request r = {.made_ms = 0};
    struct buf file = BUF_NONE;
    struct hash name;
    int status = node_waits(c->dir) ? 0 : read_wish(c, &r);
    if (status != 0)
        return status;
    enum rc rc = node_request(c->dir, &r, &file, &why);
    if (rc == RC_OK)
        rc = request_read(buf_slice(&file), path, &r, &name, &why);
    if (rc == RC_OK)
        rc = file_put(path, buf_slice(&file), &why);
    if (rc == RC_OK && c->json) {
        json_t *json = request_json(&r, &name, c->lang);
        json_object_set_new(json, "file", json_of_text(slice_text(path)));
        out_json(c->out, json);
    } else if (rc == RC_OK) {
        request_say(c, &r, &name);
        say(c, WORD_REQUEST_DONE, path, NULL);
    }
    buf_free(&file);
    return rc == RC_OK ? 0 : fail(c, rc, &why);
}

/* ---- the answer */

static void
tell(struct cli *c, const struct invite *i)
{
    struct grant *g = mem_new(sizeof(*g));
    bool has = invite_grant(i, g);
    const char *next = i->addresses.n > 0 ? (const char *)i->addresses.p : "HOST:PORT";
    if (c->json) {
        json_t *json = has ? invite_json(c, i, g) : json_object();
        json_object_del(json, "until_ms");
        json_object_del(json, "words"); /* those of the request count */
        json_object_set_new(json, "dir", json_of_text(slice_text(c->dir)));
        out_json(c->out, json);
    } else {
        if (has)
            say(c, WORD_INVITE_FOR, i->community_name, unit_text(c, g->unit),
                word(c, role_word(g->role)), i->person_name, NULL);
        words_say(c, WORD_COMMUNITY_WORDS, &i->community);
        say(c, WORD_ANSWER_TAKEN, NULL);
        say(c, WORD_JOIN_NEXT, next, NULL);
    }
    mem_free(g);
}

static int
take(struct cli *c, const char *path)
{
    struct fault why = {0};
    struct buf file = BUF_NONE;
    struct invite i;
    enum rc rc = file_take(path, ANSWER_FILE_BYTES_MAX, &file, &why);
    if (rc == RC_OK)
        rc = node_answer(c->dir, path, buf_slice(&file), &i, &why);
    if (rc == RC_OK) {
        tell(c, &i);
        invite_fini(&i);
    }
    buf_free(&file);
    return rc == RC_OK ? 0 : fail(c, rc, &why);
}

int
join_offline(struct cli *c)
{
    const char *request = args_value(c->args, "--request");
    const char *answer = args_value(c->args, "--answer");
    if (request != NULL && answer != NULL)
        return misuse(c, &cmd_join);
    return answer != NULL ? take(c, answer) : ask(c, request);
}
