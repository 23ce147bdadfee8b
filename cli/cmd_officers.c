#include "cli/commands.h"
#include "cli/hand.h"
#include "cli/order_show.h"
#include "cli/out.h"
#include "cli/people.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SETTING_BYTES 32

static const char *const kinds[NEED_N] = {"grant", "revoke", "lost", "erase"};
static const enum auth_code codes[NEED_N] = {AUTH_GRANT, AUTH_REVOKE, AUTH_LOST,
                                             AUTH_ERASE};

/* Whose a key is, is this machine's own note: the authority log knows keys only. */
static void
setting_of(const struct key *key, char out[static SETTING_BYTES])
{
    char hex[17];
    hex_print(key->b, 8, hex);
    (void)snprintf(out, SETTING_BYTES, "officer-%s", hex);
}

static void
name_of(struct cli *c, const struct key *key, struct buf *out)
{
    char setting[SETTING_BYTES];
    struct buf name = BUF_NONE;
    setting_of(key, setting);
    if (ledger_setting(c->node->ledger, setting, &name) == RC_OK)
        out_escaped(out, buf_slice(&name), false);
    buf_free(&name);
}

static const char *
place_name(enum officer_place p)
{
    return p == OFFICER_HERE ? "here" : p == OFFICER_LOCKED ? "locked" : "elsewhere";
}

static enum word
place_word(enum officer_place p)
{
    return p == OFFICER_HERE     ? WORD_OFFICER_HERE
           : p == OFFICER_LOCKED ? WORD_OFFICER_LOCKED
                                 : WORD_OFFICER_ELSEWHERE;
}

static void
list_json(struct cli *c, const struct officers *o)
{
    const struct authority *a = replica_authority(ledger_replica(c->node->ledger));
    json_t *json = json_object();
    json_t *all = json_array();
    json_t *need = json_object();
    for (uint16_t i = 0; i < o->n; i++) {
        struct buf name = BUF_NONE;
        json_t *one = json_object();
        name_of(c, &o->key[i], &name);
        json_object_set_new(one, "key", json_of_hex(o->key[i].b, KEY_BYTES));
        json_object_set_new(one, "person", json_of_text(buf_slice(&name)));
        json_object_set_new(
            one, "place",
            json_string(place_name(node_officer_place(c->node, &o->key[i]))));
        json_array_append_new(all, one);
        buf_free(&name);
    }
    for (size_t i = 0; i < NEED_N; i++)
        json_object_set_new(need, kinds[i], json_integer(authority_need(a, codes[i])));
    json_object_set_new(json, "officers", all);
    json_object_set_new(json, "need", need);
    out_json(c->out, json);
}

static int
list(struct cli *c)
{
    const struct authority *a = replica_authority(ledger_replica(c->node->ledger));
    const struct officers *o = authority_officers(a);
    if (c->json) {
        list_json(c, o);
        return 0;
    }
    for (uint16_t i = 0; i < o->n; i++) {
        struct buf name = BUF_NONE;
        char hex[17];
        hex_print(o->key[i].b, 8, hex);
        name_of(c, &o->key[i], &name);
        say(c, WORD_OFFICER_ROW, hex, name.n > 0 ? buf_text(&name) : "-",
            word(c, place_word(node_officer_place(c->node, &o->key[i]))), NULL);
        buf_free(&name);
    }
    say(c, WORD_OFFICERS_NEED, num(c, o->n), num(c, authority_need(a, AUTH_GRANT)),
        num(c, authority_need(a, AUTH_REVOKE)), num(c, authority_need(a, AUTH_LOST)),
        num(c, authority_need(a, AUTH_ERASE)), NULL);
    return 0;
}

/* ---- changing them */

struct deed {
    struct cli *c;
    struct hub hub;
    struct auth_op *op;
    const char *added; /* person of a new key */
    struct key new_key;
    struct order_result is;
    struct fault why;
};

static enum rc
work(struct node *n, void *arg)
{
    struct deed *d = arg;
    struct buf who = BUF_NONE;
    char setting[SETTING_BYTES];
    order_asker(d->c, &who);
    enum rc rc = hub_order(n->ledger, &d->hub, d->op, buf_text(&who), &d->is, &d->why);
    setting_of(&d->new_key, setting);
    if (rc == RC_OK && d->added != NULL)
        rc = ledger_set_setting(n->ledger, setting, slice_text(d->added));
    buf_free(&who);
    return rc;
}

static int
bad(struct cli *c, const char *option, const char *value, const char *want)
{
    complain(c, WORD_OPTION_BAD, option, value, want, NULL);
    return rc_exit(RC_USAGE);
}

static int
ask(struct cli *c, struct deed *d)
{
    enum rc rc = node_turn(c->node, work, d);
    return rc == RC_OK ? order_say(c, &d->is) : fail(c, rc, &d->why);
}

static int
add(struct cli *c, struct deed *d, const char *person)
{
    struct officers *o = &d->op->officers;
    struct hand hand;
    struct pair fresh;
    uint16_t at = 0;
    if (person[0] == '\0' || o->n == OFFICERS_MAX ||
        !auth_name_is_good(slice_text(person)))
        return bad(c, "--add", person, word(c, WORD_A_NAME));
    enum rc rc = hand_read(c, &hand, &d->why);
    if (rc == RC_OK)
        rc = node_officer_new(c->node, hand_pin(&hand), &fresh, &d->why);
    hand_fini(&hand);
    if (rc != RC_OK)
        return fail(c, rc, &d->why);
    d->added = person;
    d->new_key = fresh.pub;
    pair_wipe(&fresh);
    while (at < o->n && key_cmp(&o->key[at], &d->new_key) < 0)
        at++;
    memmove(&o->key[at + 1], &o->key[at], (size_t)(o->n - at) * sizeof(o->key[0]));
    o->key[at] = d->new_key;
    o->n++;
    int status = ask(c, d);
    if (status != 0 && status != rc_exit(RC_NO))
        node_officer_drop(c->node, &d->new_key);
    return status;
}

/* One of them, by key or by the name noted here. */
static int
find(struct cli *c, const struct officers *o, const char *what)
{
    int found = -1;
    for (uint16_t i = 0; i < o->n; i++) {
        struct buf name = BUF_NONE;
        char hex[2 * KEY_BYTES + 1];
        hex_print(o->key[i].b, KEY_BYTES, hex);
        name_of(c, &o->key[i], &name);
        bool is = (strlen(what) >= 4 && strncmp(hex, what, strlen(what)) == 0) ||
                  (name.n > 0 && strcmp(buf_text(&name), what) == 0);
        buf_free(&name);
        if (is && found >= 0)
            return -2;
        if (is)
            found = i;
    }
    return found;
}

static int
take_away(struct cli *c, struct deed *d, const char *what)
{
    struct officers *o = &d->op->officers;
    int at = find(c, o, what);
    if (at == -2)
        return fail(c, fault_set(&d->why, RC_AMBIGUOUS, FAULT_AMBIGUOUS, "%s", what),
                    &d->why);
    if (at < 0)
        return fail(c, fault_set(&d->why, RC_NOTFOUND, FAULT_NOT_FOUND, "%s", what),
                    &d->why);
    if (o->n == 1) { /* without one nothing could ever be decided again */
        complain(c, WORD_OFFICER_LAST, NULL);
        return rc_exit(RC_DENIED);
    }
    struct key gone = o->key[at];
    memmove(&o->key[at], &o->key[at + 1], (size_t)(o->n - at - 1) * sizeof(o->key[0]));
    o->n--;
    int status = ask(c, d);
    if (status == 0)
        node_officer_drop(c->node, &gone);
    return status;
}

/* grant=1,revoke=2,lost=2,erase=2: those that are not named stay. */
static bool
parse_need(const char *text, uint8_t need[static NEED_N])
{
    while (*text != '\0') {
        size_t k = 0;
        while (k < NEED_N && !(strncmp(text, kinds[k], strlen(kinds[k])) == 0 &&
                               text[strlen(kinds[k])] == '='))
            k++;
        if (k == NEED_N)
            return false;
        text += strlen(kinds[k]) + 1;
        size_t digits = strspn(text, "0123456789");
        if (digits == 0 || digits > 2)
            return false;
        need[k] = (uint8_t)strtoul(text, NULL, 10);
        text += digits;
        if (need[k] < 1 || need[k] > OFFICERS_MAX || (*text != ',' && *text != '\0'))
            return false;
        text += *text == ',';
    }
    return true;
}

static int
change(struct cli *c, struct deed *d)
{
    const char *add_who = args_value(c->args, "--add");
    const char *remove = args_value(c->args, "--remove");
    const char *need = args_value(c->args, "--need");
    if ((add_who != NULL) + (remove != NULL) + (need != NULL) > 1)
        return misuse(c, &cmd_officers);
    if (!node_may_seal(c->node)) {
        complain(c, WORD_NOT_HUB, NULL);
        return rc_exit(RC_DENIED);
    }
    d->op->code = AUTH_OFFICERS;
    d->op->officers =
        *authority_officers(replica_authority(ledger_replica(c->node->ledger)));
    if (add_who != NULL)
        return add(c, d, add_who);
    if (remove != NULL)
        return take_away(c, d, remove);
    if (need[0] == '\0' || !parse_need(need, d->op->officers.need))
        return bad(c, "--need", need, "grant=1,revoke=2,lost=2,erase=2");
    return ask(c, d);
}

static int
run(struct cli *c, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    if (!args_has(c->args, "--add") && !args_has(c->args, "--remove") &&
        !args_has(c->args, "--need"))
        return list(c);
    struct deed d = {.c = c, .hub = cli_hub(c), .op = mem_new(sizeof(struct auth_op))};
    int status = change(c, &d);
    mem_free(d.op);
    return status;
}

static int
before(struct cli *c)
{
    return hand_begin(c, NULL, 0);
}

static const struct opt opts[] = {{"--add", "PERSON", WORD_OPT_OFFICER_ADD},
                                  {"--remove", "PERSON|KEY", WORD_OPT_OFFICER_REMOVE},
                                  {"--need", "COUNTS", WORD_OPT_OFFICER_NEED},
                                  {"--pin-file", "FILE", WORD_OPT_PIN_FILE},
                                  {NULL, NULL, WORD_NOTHING}};

const struct cmd cmd_officers = {
    .name = "officers",
    .kind = CMD_WRITE,
    .group = GROUP_HUB,
    .usage = "[--add PERSON [--pin-file FILE]] [--remove PERSON|KEY] [--need COUNTS]",
    .about = WORD_ABOUT_OFFICERS,
    .details = WORD_DETAILS_OFFICERS,
    .opts = opts,
    .max = 0,
    .has_json = true,
    .exits = {1, 65, 66, 75, 77},
    .example = "  linjuli officers --add 李某 --pin-file pin.txt\n"
               "  linjuli officers --need grant=1,revoke=2,lost=2,erase=2\n",
    .before = before,
    .run = run,
};
