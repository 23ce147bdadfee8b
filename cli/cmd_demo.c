/* `linjuli demo`: the community of the article, live. It tells what it does as it goes.
 */
#include "cli/commands.h"
#include "cli/demo.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEED UINT64_C(20230701)
#define CONVERGE_MS (8 * 60 * 1000)
#define COMMUNITY "绿洲社区"

struct story {
    struct demo d;
    char shared[64]; /* number of the record that two nodes change */
};

static const char *
seconds(uint64_t ms, char out[static 24])
{
    (void)snprintf(out, 24, "%.1f", (double)ms / 1000);
    return out;
}

static void
tell(struct story *s, enum word w)
{
    say(s->d.cli, w, NULL);
    s->d.cli->show(s->d.cli);
}

static bool
stop_with(struct story *s, const char *what)
{
    complain(s->d.cli, WORD_DEMO_FAILED, what, buf_text(&s->d.out), NULL);
    return false;
}

/* ---- 1: the community */

static bool
import(struct story *s, const char *type, const char *file)
{
    char path[DEMO_PATH + 32];
    (void)snprintf(path, sizeof(path), "%s/sheets/%s", s->d.dir, file);
    return demo_run(&s->d, &s->d.node[0], "import", type, path, NULL) == 0 ||
           stop_with(s, file);
}

static bool
found(struct story *s)
{
    char listen[32], sheets[DEMO_PATH + 16];
    (void)snprintf(listen, sizeof(listen), "127.0.0.1:%u", s->d.node[0].port);
    (void)snprintf(sheets, sizeof(sheets), "%s/sheets", s->d.dir);
    tell(s, WORD_DEMO_FOUND);
    if (mkdir(sheets, 0700) != 0 || demo_write_sheets(sheets, SEED) != RC_OK)
        return stop_with(s, sheets);
    if (demo_run(&s->d, &s->d.node[0], "init", "--name", COMMUNITY, "--listen", listen,
                 NULL) != 0)
        return stop_with(s, "init");
    return import(s, "org_unit", "units.csv") && import(s, "compound", "compounds.csv") &&
           import(s, "merchant", "merchants.csv") &&
           import(s, "household", "households.csv") &&
           import(s, "resident", "residents.csv");
}

/* What happened before the groups join: the year that the article tells of. */
static bool
year(struct story *s)
{
    const char *what = "";
    uint64_t start = demo_now_ms();
    char text[24];
    tell(s, WORD_DEMO_YEAR);
    if (!demo_year(&s->d, SEED, &what))
        return stop_with(s, what);
    say(s->d.cli, WORD_DEMO_LIVED, seconds(demo_now_ms() - start, text), NULL);
    s->d.cli->show(s->d.cli);
    return true;
}

/* ---- 2: the groups join, first copy */

static bool
invite(struct story *s, struct demo_node *n, unsigned i)
{
    char unit[8], person[32], file[DEMO_PATH + 32];
    (void)snprintf(unit, sizeof(unit), "%04u", n->unit);
    (void)snprintf(person, sizeof(person), "组长%02u", i);
    (void)snprintf(file, sizeof(file), "%s/invites/%s.invite", s->d.dir, unit);
    if (demo_run(&s->d, &s->d.node[0], "invite", "--person", person, "--unit", unit,
                 "--role", "leader", "--file", file, NULL) != 0)
        return stop_with(s, "invite");
    return demo_run(&s->d, n, "join", file, NULL) == 0 || stop_with(s, "join");
}

static bool
serve(struct story *s, unsigned i)
{
    return demo_serve(&s->d, &s->d.node[i]) == RC_OK || stop_with(s, s->d.node[i].dir);
}

static bool
serve_all(struct story *s, unsigned from)
{
    for (unsigned i = from; i <= s->d.nodes_n; i++)
        if (!serve(s, i))
            return false;
    return true;
}

static bool
converge(struct story *s, unsigned from, enum word w)
{
    uint64_t took = 0;
    if (!demo_converge(&s->d, from, s->d.nodes_n, CONVERGE_MS, &took))
        return stop_with(s, "digest");
    char text[24];
    say(s->d.cli, w, num(s->d.cli, s->d.nodes_n), seconds(took, text), NULL);
    s->d.cli->show(s->d.cli);
    return true;
}

static bool
first_copy(struct story *s)
{
    char invites[DEMO_PATH + 16];
    (void)snprintf(invites, sizeof(invites), "%s/invites", s->d.dir);
    tell(s, WORD_DEMO_JOIN);
    if (mkdir(invites, 0700) != 0)
        return stop_with(s, invites);
    for (unsigned i = 1; i <= s->d.nodes_n; i++)
        if (!invite(s, &s->d.node[i], i))
            return false;
    return serve_all(s, 0) && converge(s, 0, WORD_DEMO_COPIED);
}

/* ---- 3: cut off, everybody writes */

static bool
add(struct story *s, struct demo_node *n, const char *type, const char *a, const char *b,
    const char *c)
{
    return demo_run(&s->d, n, "add", type, a, b, c, NULL) == 0 || stop_with(s, type);
}

static bool
write_apart(struct story *s, unsigned i)
{
    struct demo_node *n = &s->d.node[i];
    char title[64];
    (void)snprintf(title, sizeof(title), "title=%u号楼道灯不亮", i);
    return add(s, n, "visit", "words=上门看望，一切都好", "way=door", NULL) &&
           add(s, n, "visit", "words=电话问候，药快用完了", "way=phone", NULL) &&
           add(s, n, "problem", title, "category=facility", "level=normal") &&
           add(s, n, "need", "title=想办一个书法班", "source=visit", NULL) &&
           add(s, n, "wish", "title=想要一副老花镜", "kind=goods",
               "beneficiary=一位独居老人");
}

/* A household of the first group: the record that its leader and the centre both change.
 */
static bool
pick_shared(struct story *s)
{
    char filter[32];
    (void)snprintf(filter, sizeof(filter), "unit=%04u", s->d.node[1].unit);
    if (demo_run(&s->d, &s->d.node[1], "list", "household", filter, "--limit", "1",
                 "--json", NULL) != 0)
        return stop_with(s, "list");
    json_t *rows = json_loadb((const char *)s->d.out.p, s->d.out.n, 0, NULL);
    const char *number =
        json_string_value(json_object_get(json_array_get(rows, 0), "number"));
    if (number != NULL)
        (void)snprintf(s->shared, sizeof(s->shared), "%s", number);
    json_decref(rows);
    return number != NULL || stop_with(s, "list");
}

static bool
cut_off(struct story *s)
{
    tell(s, WORD_DEMO_CUT);
    if (!pick_shared(s))
        return false;
    demo_stop_all(&s->d);
    for (unsigned i = 1; i <= s->d.nodes_n; i++)
        if (!write_apart(s, i))
            return false;
    if (demo_run(&s->d, &s->d.node[1], "set", s->shared, "phone=13800000001", NULL) != 0)
        return stop_with(s, "set");
    if (demo_run(&s->d, &s->d.node[0], "set", s->shared, "phone=13800000002", NULL) != 0)
        return stop_with(s, "set");
    say(s->d.cli, WORD_DEMO_WRITTEN, num(s->d.cli, s->d.nodes_n * 5 + 2), NULL);
    s->d.cli->show(s->d.cli);
    return true;
}

/* ---- 4: neighbours meet, then the hub is back */

/* Hand to hand, without the hub: each meets the next, then the news comes back. */
static bool
neighbours(struct story *s)
{
    char address[32];
    uint64_t start = demo_now_ms();
    tell(s, WORD_DEMO_MEET);
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned k = 1; k < s->d.nodes_n; k++) {
            unsigned i = round == 0 ? k : s->d.nodes_n - k;
            struct demo_node *other = &s->d.node[i + 1];
            if (!serve(s, i + 1))
                return false;
            (void)snprintf(address, sizeof(address), "127.0.0.1:%u", other->port);
            int status = demo_run(&s->d, &s->d.node[i], "sync", address, NULL);
            demo_stop(&s->d, other);
            if (status != 0)
                return stop_with(s, "sync");
        }
    }
    if (s->d.nodes_n < 2)
        return true;
    uint64_t took = 0;
    if (!demo_converge(&s->d, 1, s->d.nodes_n, 0, &took))
        return stop_with(s, "digest");
    char text[24];
    say(s->d.cli, WORD_DEMO_MET, num(s->d.cli, s->d.nodes_n),
        seconds(demo_now_ms() - start, text), NULL);
    s->d.cli->show(s->d.cli);
    return true;
}

static bool
hub_back(struct story *s)
{
    tell(s, WORD_DEMO_BACK);
    return serve_all(s, 0) && converge(s, 0, WORD_DEMO_CONVERGED);
}

/* ---- 5: what came out */

static bool
show_case(struct story *s, unsigned i)
{
    if (demo_run(&s->d, &s->d.node[i], "cases", NULL) != 0)
        return stop_with(s, "cases");
    say(s->d.cli, WORD_DEMO_CASE, unit_text(s->d.cli, s->d.node[i].unit), NULL);
    buf_add_slice(s->d.cli->out, buf_slice(&s->d.out));
    return true;
}

static bool
seal_and_settle(struct story *s)
{
    uint64_t took = 0;
    if (demo_run(&s->d, &s->d.node[0], "seal", NULL) != 0)
        return stop_with(s, "seal");
    /* Delivered means acknowledged: the last acknowledgements come with the seal. */
    return demo_converge(&s->d, 0, s->d.nodes_n, CONVERGE_MS, &took) ||
           stop_with(s, "digest");
}

static bool
outcome(struct story *s, bool keep)
{
    uint64_t group_kb = 0;
    if (!seal_and_settle(s) || !show_case(s, 0) || !show_case(s, 1))
        return false;
    demo_sleep_ms(500);
    demo_stop_all(&s->d);
    bool fine = demo_check(&s->d, false);
    for (unsigned i = 1; i <= s->d.nodes_n; i++)
        if (s->d.node[i].peak_kb > group_kb)
            group_kb = s->d.node[i].peak_kb;
    say(s->d.cli, WORD_DEMO_MEMORY, num(s->d.cli, s->d.node[0].peak_kb / 1024),
        num(s->d.cli, group_kb / 1024), NULL);
    if (fine && keep) {
        say(s->d.cli, WORD_DEMO_NEXT, s->d.dir, unit_text(s->d.cli, s->d.node[1].unit),
            NULL);
        say(s->d.cli, WORD_DEMO_STATE, s->d.dir, NULL);
    }
    return fine;
}

static bool
play(struct story *s, bool keep)
{
    return found(s) && year(s) && first_copy(s) && cut_off(s) && neighbours(s) &&
           hub_back(s) && outcome(s, keep);
}

/* ---- the command */

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

static bool
port_is_given(const struct demo *d, unsigned n, uint16_t port)
{
    for (unsigned i = 0; i < n; i++)
        if (d->node[i].port == port)
            return true;
    return false;
}

static bool
lay_out(struct demo *d, unsigned n)
{
    d->nodes_n = n;
    d->node = mem_new((n + 1) * sizeof(*d->node));
    for (unsigned i = 0; i <= n; i++) {
        struct demo_node *dn = &d->node[i];
        /* Spread over the compounds: every (87 / n)-th group. */
        dn->unit = i == 0 ? 0 : demo_group_unit((i - 1) * DEMO_GROUPS / n);
        do {
            dn->port = demo_free_port();
        } while (dn->port != 0 && port_is_given(d, i, dn->port));
        if (i == 0)
            (void)snprintf(dn->dir, sizeof(dn->dir), "%.4000s/hub", d->dir);
        else
            (void)snprintf(dn->dir, sizeof(dn->dir), "%.4000s/group-%04u", d->dir,
                           dn->unit);
        if (dn->port == 0)
            return false;
    }
    ssize_t k = readlink("/proc/self/exe", d->program, sizeof(d->program) - 1);
    d->program[k > 0 ? k : 0] = '\0';
    return k > 0;
}

/* The nodes that lie under DIR: the hub, and each group. */
static unsigned
count_nodes(const char *dir)
{
    unsigned n = 0;
    char path[DEMO_PATH + 64];
    struct stat st;
    for (unsigned i = 0; i < DEMO_GROUPS; i++) {
        (void)snprintf(path, sizeof(path), "%s/group-%04u", dir, demo_group_unit(i));
        n += stat(path, &st) == 0;
    }
    return n;
}

static int
check_only(struct cli *c, const char *dir)
{
    struct demo d = {.cli = c};
    (void)snprintf(d.dir, sizeof(d.dir), "%.4000s", dir);
    unsigned n = count_nodes(dir);
    if (n == 0) {
        complain(c, WORD_DEMO_NOTHING, dir, NULL);
        return rc_exit(RC_NOTFOUND);
    }
    bool fine = lay_out(&d, n) && demo_check(&d, true);
    mem_free(d.node);
    say(c, fine ? WORD_DEMO_FINE : WORD_DEMO_NOT_FINE, NULL);
    return fine ? 0 : rc_exit(RC_NO);
}

static bool
make_dir(struct cli *c, const char *given, char out[static DEMO_PATH])
{
    if (given == NULL) {
        const char *tmp = getenv("TMPDIR");
        (void)snprintf(out, DEMO_PATH, "%.3900s/linjuli-demo-XXXXXX",
                       tmp != NULL ? tmp : "/tmp");
        if (mkdtemp(out) != NULL)
            return true;
        complain(c, WORD_DEMO_NO_DIR, out, strerror(errno), NULL);
        return false;
    }
    char cwd[DEMO_PATH] = "";
    if (given[0] != '/' && getcwd(cwd, sizeof(cwd)) == NULL)
        return false;
    (void)snprintf(out, DEMO_PATH, "%.1900s%s%.1900s", cwd, given[0] != '/' ? "/" : "",
                   given);
    if (mkdir(out, 0700) == 0)
        return true;
    complain(c, errno == EEXIST ? WORD_DEMO_DIR_THERE : WORD_DEMO_NO_DIR, out,
             strerror(errno), NULL);
    return false;
}

static int
run(struct cli *c, int argc, char **argv)
{
    const char *nodes = args_value(c->args, "--nodes");
    const char *dir = args_value(c->args, "--dir");
    const char *check = args_value(c->args, "--check");
    bool keep = args_has(c->args, "--keep") || dir != NULL;
    struct story s = {.d = {.cli = c}};
    char *end = NULL, text[24];
    unsigned long n = nodes != NULL ? strtoul(nodes, &end, 10) : 8;
    (void)argc;
    (void)argv;
    if (check != NULL)
        return check_only(c, check);
    if (n < 1 || n > DEMO_GROUPS || (end != NULL && *end != '\0')) {
        complain(c, WORD_OPTION_BAD, "--nodes", nodes, "1-87", NULL);
        return rc_exit(RC_USAGE);
    }
    if (!make_dir(c, dir, s.d.dir))
        return rc_exit(RC_INVALID);
    uint64_t start = demo_now_ms();
    bool fine = lay_out(&s.d, (unsigned)n) && play(&s, keep);
    demo_stop_all(&s.d);
    say(c, fine ? WORD_DEMO_DONE : WORD_DEMO_BROKEN, seconds(demo_now_ms() - start, text),
        NULL);
    if (!keep && nftw(s.d.dir, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
        complain(c, WORD_DEMO_NO_DIR, s.d.dir, strerror(errno), NULL);
    mem_free(s.d.node);
    buf_free(&s.d.out);
    return fine ? 0 : rc_exit(RC_NO);
}

static const struct opt opts[] = {{"--nodes", "N", WORD_OPT_DEMO_NODES},
                                  {"--dir", "DIR", WORD_OPT_DEMO_DIR},
                                  {"--keep", NULL, WORD_OPT_DEMO_KEEP},
                                  {"--check", "DIR", WORD_OPT_DEMO_CHECK},
                                  {NULL, NULL, WORD_NOTHING}};

const struct cmd cmd_demo = {
    .name = "demo",
    .kind = CMD_PLAIN,
    .group = GROUP_CARE,
    .usage = "[--nodes N] [--dir DIR] [--keep] | --check DIR",
    .about = WORD_ABOUT_DEMO,
    .details = WORD_DETAILS_DEMO,
    .opts = opts,
    .max = 0,
    .exits = {1, 65, 66},
    .example = "  linjuli demo --nodes 20 --keep\n",
    .run = run,
};
