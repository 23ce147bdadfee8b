#include <confuse.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "node/hostport.h"
#include "node/node.h"

#define SEAL_S 300
#define SEAL_S_MAX 86400l
#define REPAIR_S 30
#define REPAIR_S_MAX 3600l
#define PEERS_MAX 256

struct context { /* reaches libconfuse's error function through the hidden option "|" */
    struct fault *why;
    bool is_told;
};

static void on_error(cfg_t *cfg, const char *fmt, va_list args)
    __attribute__((format(printf, 2, 0)));

static void
on_error(cfg_t *cfg, const char *fmt, va_list args)
{
    char text[FAULT_WHAT_BYTES];
    cfg_opt_t *o = cfg_getopt(cfg, "|");
    struct context *c = o != NULL ? (struct context *)(void *)o->simple_value.ptr : NULL;
    if (c == NULL || c->is_told)
        return;
    c->is_told = true;
    (void)vsnprintf(text, sizeof(text), fmt, args);
    fault_set(c->why, RC_CONFIG, FAULT_CONF_LINE, "%s", text);
    fault_at(c->why, cfg->line > 0 ? (uint32_t)cfg->line : 1, 0);
}

static enum rc
line_fault(struct fault *why, const char *text, const char *at, const char *what)
{
    uint32_t line = 1;
    for (const char *p = text; p < at; p++)
        line += *p == '\n';
    fault_set(why, RC_CONFIG, FAULT_CONF_LINE, "%s", what);
    fault_at(why, line, 0);
    return RC_CONFIG;
}

/* Behind the comment that begins at p, which is blanked; p itself if none begins. */
static char *
blank_one(char *p)
{
    bool is_block = p[0] == '/' && p[1] == '*';
    if (!is_block && p[0] != '#' && (p[0] != '/' || p[1] != '/'))
        return p;
    char *end = is_block ? strstr(p + 2, "*/") : strchr(p, '\n');
    if (end == NULL)
        end = p + strlen(p);
    else if (is_block)
        end += 2;
    for (; p < end; p++)
        if (*p != '\n')
            *p = ' ';
    return end;
}

/* libconfuse counts the lines of comments more than once: it gets none to see. Gives the
 * comment that is never closed, or NULL. */
static const char *
blank_comments(char *p)
{
    char quote = 0;
    while (*p != '\0') {
        if (quote == 0 && p[0] == '/' && p[1] == '*' && strstr(p + 2, "*/") == NULL)
            return p;
        char *next = quote == 0 ? blank_one(p) : p;
        if (next == p) {
            if (quote != 0 && *p == '\\' && p[1] != '\0')
                next++;
            else if (quote == 0 && (*p == '"' || *p == '\''))
                quote = *p;
            else if (*p == quote)
                quote = 0;
            next++;
        }
        p = next;
    }
    return NULL;
}

static int
is_in_range(cfg_t *cfg, cfg_opt_t *o, long max)
{
    long n = cfg_opt_getnint(o, 0);
    if (n >= 1 && n <= max)
        return 0;
    cfg_error(cfg, "%s: 1..%ld", cfg_opt_name(o), max);
    return -1;
}

static int
check_seal(cfg_t *cfg, cfg_opt_t *o)
{
    return is_in_range(cfg, o, SEAL_S_MAX);
}

static int
check_repair(cfg_t *cfg, cfg_opt_t *o)
{
    return is_in_range(cfg, o, REPAIR_S_MAX);
}

static int
check_listen(cfg_t *cfg, cfg_opt_t *o)
{
    struct hostport at;
    const char *text = cfg_opt_getnstr(o, 0);
    if (text[0] == '\0' || hostport_parse(text, true, &at))
        return 0;
    cfg_error(cfg, "%s: HOST:PORT", cfg_opt_name(o));
    return -1;
}

static int
check_peer(cfg_t *cfg, cfg_opt_t *o)
{
    struct hostport at;
    unsigned n = cfg_opt_size(o);
    if (n <= PEERS_MAX && hostport_parse(cfg_opt_getnstr(o, n - 1), false, &at))
        return 0;
    cfg_error(cfg, n > PEERS_MAX ? "%s: 0..%d" : "%s: HOST:PORT", cfg_opt_name(o),
              PEERS_MAX);
    return -1;
}

static void
take(cfg_t *cfg, struct conf *out)
{
    (void)snprintf(out->listen, sizeof(out->listen), "%s", cfg_getstr(cfg, "listen"));
    (void)snprintf(out->web, sizeof(out->web), "%s", cfg_getstr(cfg, "web"));
    out->lan = cfg_getbool(cfg, "lan");
    out->seal_s = (unsigned)cfg_getint(cfg, "seal_s");
    out->repair_s = (unsigned)cfg_getint(cfg, "repair_s");
    for (unsigned i = 0; i < cfg_size(cfg, "peers"); i++) {
        const char *peer = cfg_getnstr(cfg, "peers", i);
        buf_add(&out->peers, peer, strlen(peer) + 1);
    }
}

enum rc
conf_parse(const char *text, struct conf *out, struct fault *why)
{
    struct context context = {.why = why};
    cfg_opt_t options[] = {
        CFG_STR("listen", "", CFGF_NONE),
        CFG_STR("web", "", CFGF_NONE),
        CFG_STR_LIST("peers", NULL, CFGF_NONE),
        CFG_BOOL("lan", cfg_true, CFGF_NONE),
        CFG_INT("seal_s", SEAL_S, CFGF_NONE),
        CFG_INT("repair_s", REPAIR_S, CFGF_NONE),
        CFG_SIMPLE_INT("|", NULL),
        CFG_END(),
    };
    *out = (struct conf){.lan = true};
    options[6].simple_value.ptr = (void *)&context;
    /* ${VAR} would be expanded: what a node does shall stand in its settings. */
    const char *variable = strstr(text, "${");
    if (variable != NULL)
        return line_fault(why, text, variable, "${");
    char *bare = mem_text(text);
    const char *open = blank_comments(bare);
    cfg_t *cfg = open == NULL ? cfg_init(options, CFGF_NONE) : NULL;
    if (cfg == NULL) {
        line_fault(why, bare, open != NULL ? open : bare, "/*");
        mem_free(bare);
        return RC_CONFIG;
    }
    (void)cfg_set_error_function(cfg, on_error);
    (void)cfg_set_validate_func(cfg, "listen", check_listen);
    (void)cfg_set_validate_func(cfg, "web", check_listen);
    (void)cfg_set_validate_func(cfg, "peers", check_peer);
    (void)cfg_set_validate_func(cfg, "seal_s", check_seal);
    (void)cfg_set_validate_func(cfg, "repair_s", check_repair);
    bool is_good = cfg_parse_buf(cfg, bare) == CFG_SUCCESS && !context.is_told;
    if (is_good)
        take(cfg, out);
    else if (!context.is_told)
        fault_set(why, RC_CONFIG, FAULT_CONF_LINE, "node.conf");
    cfg_free(cfg);
    mem_free(bare);
    return is_good ? RC_OK : RC_CONFIG;
}

void
conf_fini(struct conf *c)
{
    buf_free(&c->peers);
}

void
conf_print(const struct conf *c, struct buf *out)
{
    buf_addf(out,
             "# linjuli node.conf\n"
             "listen = \"%s\"   # HOST:PORT to be called at; empty: nobody calls\n"
             "peers = {",
             c->listen);
    struct reader r = reader_of(buf_slice(&c->peers));
    for (bool is_first = true; r.n > 0; is_first = false) {
        const char *peer = (const char *)r.p;
        buf_addf(out, "%s\"%s\"", is_first ? "" : ", ", peer);
        (void)read_slice(&r, strlen(peer) + 1);
    }
    buf_addf(out,
             "}     # HOST:PORT to call, besides those of the invite\n"
             "web = \"%s\"\n"
             "lan = %s\n"
             "seal_s = %u     # hub: seconds between seals while there is something new\n"
             "repair_s = %u   # digests are compared about this often\n",
             c->web, c->lan ? "true" : "false", c->seal_s, c->repair_s);
}
