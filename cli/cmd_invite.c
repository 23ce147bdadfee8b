#include "cli/commands.h"
#include "cli/address.h"
#include "cli/file.h"
#include "cli/invite_code.h"
#include "cli/invite_qr.h"
#include "cli/invite_show.h"
#include "cli/order_show.h"
#include "cli/out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VALID_DAYS 7
#define VALID_DAYS_MAX 365
#define DAY_MS 86400000ull
#define NAMES_MAX 100

struct wish {
    struct invitee as;
    const char *order; /* NULL: a new invite */
    struct order_result is;
};

/* 7d, 12h, 30m, 90s. */
static bool
parse_valid(const char *text, uint64_t *ms)
{
    static const char units[] = "dhms";
    static const uint64_t each[] = {DAY_MS, 3600000, 60000, 1000};
    size_t digits = strspn(text, "0123456789");
    const char *unit = digits > 0 && digits <= 5 ? strchr(units, text[digits]) : NULL;
    if (unit == NULL || *unit == '\0' || text[digits + 1] != '\0')
        return false;
    *ms = strtoull(text, NULL, 10) * each[unit - units];
    return *ms > 0 && *ms <= VALID_DAYS_MAX * DAY_MS;
}

static int
bad(struct cli *c, const char *option, const char *value, const char *want)
{
    if (value == NULL)
        complain(c, WORD_OPTION_NEEDED, option, NULL);
    else
        complain(c, WORD_OPTION_BAD, option, value, want, NULL);
    return rc_exit(RC_USAGE);
}

static int
read_wish(struct cli *c, struct wish *w)
{
    const char *unit = args_value(c->args, "--unit");
    const char *role = args_value(c->args, "--role");
    const char *node = args_value(c->args, "--node");
    struct invitee *as = &w->as;
    as->person = args_value(c->args, "--person");
    if (as->person == NULL || as->person[0] == '\0')
        return bad(c, "--person", as->person, word(c, WORD_A_NAME));
    if (unit == NULL || !unit_parse(unit, &as->unit))
        return bad(c, "--unit", unit, "0000..9999");
    if (role == NULL || !role_parse(role, &as->role))
        return bad(c, "--role", role, word(c, WORD_ROLES));
    if (node != NULL) {
        size_t n = strlen(node);
        if (n == 0 || n > 9 || strspn(node, "0123456789") != n ||
            (as->node = (uint32_t)strtoul(node, NULL, 10)) == 0)
            return bad(c, "--node", node, word(c, WORD_A_NUMBER));
    }
    return 0;
}

/* An order's, or whom to invite; and for how long, and where the hub is found. */
static int
read_args(struct cli *c, struct wish *w)
{
    static const char *const whom[] = {"--person", "--unit", "--role", "--node"};
    const char *valid = args_value(c->args, "--valid");
    int status = 0;
    *w = (struct wish){.as.valid_ms = VALID_DAYS * DAY_MS,
                       .order = args_value(c->args, "--order")};
    if (w->order == NULL && (status = read_wish(c, w)) != 0)
        return status;
    for (size_t i = 0; w->order != NULL && i < sizeof(whom) / sizeof(whom[0]); i++)
        if (args_has(c->args, whom[i]))
            return bad(c, whom[i], args_value(c->args, whom[i]), "--order");
    if (valid != NULL && !parse_valid(valid, &w->as.valid_ms))
        return bad(c, "--valid", valid, "7d, 12h, 30m, 90s");
    for (size_t i = 0; args_nth(c->args, "--address", i) != NULL; i++)
        if (!address_is(args_nth(c->args, "--address", i)))
            return bad(c, "--address", args_nth(c->args, "--address", i), "HOST:PORT");
    return 0;
}

static bool
is_code(const struct cli *c)
{
    return args_has(c->args, "--code");
}

static bool
is_qr(const struct cli *c)
{
    return args_has(c->args, "--qr") || args_has(c->args, "--svg");
}

/* ---- in the node's process */

static bool
add_addresses(struct cli *c, struct buf *out)
{
    const char *given = NULL;
    for (size_t i = 0; (given = args_nth(c->args, "--address", i)) != NULL; i++)
        buf_add(out, given, strlen(given) + 1);
    return out->n > 0 || address_add(c->node->conf.listen, out);
}

/* The file is written and on the disk before anything is committed. */
static enum rc
write_invite(struct cli *c, const struct invite *i, struct fault *why)
{
    struct buf bytes = BUF_NONE;
    invite_encode(i, &bytes);
    enum rc rc = fd_write(c->fd, buf_slice(&bytes));
    if (rc == RC_OK && fsync(c->fd) != 0)
        rc = RC_IO;
    mem_wipe(bytes.p, bytes.n);
    buf_free(&bytes);
    return rc == RC_OK ? RC_OK : fault_set(why, rc, FAULT_NODE_IO, "--file");
}

static enum rc
work(struct cli *c, const struct author *a, void *arg, struct fault *why)
{
    struct wish *w = arg;
    struct hub hub = cli_hub(c);
    struct invite i;
    struct buf addresses = BUF_NONE;
    if (!add_addresses(c, &addresses)) {
        buf_free(&addresses);
        return fault_set(why, RC_CONFIG, FAULT_ADDRESS, "listen");
    }
    enum rc rc = hub_upkeep(c->node->ledger, &hub, NULL);
    w->is.state = ORDER_READY;
    if (rc == RC_OK && w->order != NULL)
        rc = hub_invite_signed(c->node->ledger, &hub, w->order, w->as.valid_ms, &i, why);
    else if (rc == RC_OK)
        rc = hub_invite_at(c->node->ledger, &hub, a, &w->as, &i, &w->is, why);
    if (rc != RC_OK || w->is.state == ORDER_WAITS) {
        buf_free(&addresses);
        return rc;
    }
    i.addresses = addresses;
    rc = is_code(c) ? invite_code_keep(c, &i, why) : write_invite(c, &i, why);
    invite_fini(&i);
    return rc;
}

static int
run(struct cli *c, int argc, char **argv)
{
    struct wish w;
    (void)argc;
    (void)argv;
    if (!node_may_seal(c->node)) {
        complain(c, WORD_NOT_HUB, NULL);
        return rc_exit(RC_DENIED);
    }
    int status = read_args(c, &w);
    if (status != 0)
        return status;
    struct buf who = BUF_NONE;
    order_asker(c, &who);
    w.as.who = buf_text(&who);
    status = turn(c, work, &w);
    buf_free(&who);
    if (status != 0 || w.is.state != ORDER_WAITS)
        return status;
    status = order_say(c, &w.is);
    if (!c->json)
        say(c, WORD_INVITE_WAITS, w.is.name, NULL);
    return status;
}

/* ---- in the person's process */

static int
before(struct cli *c)
{
    struct fault why = {0};
    struct wish w;
    int status = read_args(c, &w);
    if (status == 0 && is_code(c) && args_has(c->args, "--file"))
        status = bad(c, "--file", args_value(c->args, "--file"), "--code");
    if (status == 0 && is_qr(c) && (is_code(c) || args_has(c->args, "--file")))
        status = bad(c, "--qr", is_code(c) ? "--code" : "--file", "--qr|--file|--code");
    if (status != 0)
        return misuse(c, &cmd_invite);
    if (is_code(c))
        return invite_code_begin(c);
    if (is_qr(c))
        return invite_qr_begin(c);
    struct file_out *f = mem_new(sizeof(*f));
    enum rc rc = file_out_begin(f, args_value(c->args, "--file"), false, &why);
    if (rc != RC_OK) {
        mem_free(f);
        return fail(c, rc, &why);
    }
    c->fd = f->fd;
    c->own = f;
    return 0;
}

static void
choose_name(struct file_out *f, const struct grant *g)
{
    if (f->path[0] != '\0')
        return;
    for (unsigned k = 1; k < NAMES_MAX; k++) {
        char more[16] = "";
        if (k > 1)
            (void)snprintf(more, sizeof(more), "-%u", k);
        (void)snprintf(f->path, sizeof(f->path), "%04u-%s-%u%s.lji", g->unit,
                       role_name(g->role), g->post, more);
        if (access(f->path, F_OK) != 0)
            return;
    }
}

static int
finish(struct cli *c, struct file_out *f)
{
    struct fault why = {0};
    struct buf bytes = BUF_NONE;
    struct invite i = {0};
    struct grant *g = mem_new(sizeof(*g));
    char path[FILE_PATH_BYTES];
    enum rc rc = file_take(f->temp, INVITE_FILE_BYTES_MAX, &bytes, &why);
    if (rc == RC_OK)
        rc = invite_decode(buf_slice(&bytes), &i);
    if (rc == RC_OK && !invite_grant(&i, g))
        rc = RC_BUG;
    if (rc == RC_OK) {
        choose_name(f, g);
        memcpy(path, f->path, sizeof(path));
        rc = file_out_end(f, &why);
    }
    if (rc == RC_OK && c->json) {
        json_t *json = invite_json(c, &i, g);
        json_object_set_new(json, "file", json_of_text(slice_text(path)));
        out_json(c->out, json);
    } else if (rc == RC_OK) {
        invite_add(c, &i, g);
        say(c, WORD_INVITE_DONE, path, NULL);
    }
    invite_fini(&i);
    mem_free(g);
    mem_wipe(bytes.p, bytes.n);
    buf_free(&bytes);
    return rc == RC_OK ? 0 : fail(c, rc, &why);
}

static int
after(struct cli *c, int status)
{
    if (is_code(c))
        return invite_code_end(c, status);
    if (is_qr(c))
        return invite_qr_end(c, status);
    struct file_out *f = c->own;
    c->fd = -1;
    c->own = NULL;
    if (status == 0)
        status = finish(c, f);
    file_out_drop(f);
    mem_free(f);
    return status;
}

static const struct opt opts[] = {{"--person", "NAME", WORD_OPT_PERSON},
                                  {"--unit", "UNIT", WORD_OPT_INVITE_UNIT},
                                  {"--role", "ROLE", WORD_OPT_ROLE},
                                  {"--node", "NODE", WORD_OPT_INVITE_NODE},
                                  {"--order", "ORDER", WORD_OPT_INVITE_ORDER},
                                  {"--file", "FILE", WORD_OPT_FILE},
                                  {"--code", NULL, WORD_OPT_CODE},
                                  {"--qr", NULL, WORD_OPT_INVITE_QR},
                                  {"--svg", "FILE", WORD_OPT_INVITE_SVG},
                                  {"--valid", "7d", WORD_OPT_VALID},
                                  {"--address", "HOST:PORT", WORD_OPT_ADDRESS},
                                  {NULL, NULL, WORD_NOTHING}};

const struct cmd cmd_invite = {
    .name = "invite",
    .kind = CMD_WRITE,
    .group = GROUP_HUB,
    .usage = "--person NAME --unit UNIT --role ROLE [--node NODE] | --order ORDER"
             " [--file FILE | --code | [--qr] [--svg FILE]]"
             " [--valid 7d] [--address HOST:PORT]...",
    .about = WORD_ABOUT_INVITE,
    .details = WORD_DETAILS_INVITE,
    .opts = opts,
    .max = 0,
    .has_json = true,
    .exits = {1, 65, 66, 75, 77, 78},
    .example =
        "  linjuli add org_unit code=0302 name=星火党小组 kind=group\n"
        "  linjuli invite --person 王某 --unit 0302 --role leader\n"
        "  linjuli invite --person 王某 --unit 0302 --role leader --code\n"
        "  linjuli invite --person 王某 --unit 0302 --role leader --qr --svg 0302.svg\n"
        "  linjuli invite --order 3f0c11aa\n",
    .before = before,
    .run = run,
    .after = after,
};
