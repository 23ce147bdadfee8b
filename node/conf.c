#include <confuse.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "node/node.h"

#define SEAL_S 300
#define REPAIR_S 30

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

/* libconfuse expands ${VAR} and knows include(): neither belongs into a node's settings.
 */
static bool
is_plain(const char *text)
{
    return strstr(text, "${") == NULL && strchr(text, '(') == NULL;
}

static enum rc
take(cfg_t *cfg, struct conf *out, struct fault *why)
{
    const char *listen = cfg_getstr(cfg, "listen");
    const char *web = cfg_getstr(cfg, "web");
    long seal = cfg_getint(cfg, "seal_s");
    long repair = cfg_getint(cfg, "repair_s");
    if (strlen(listen) >= sizeof(out->listen))
        return fault_set(why, RC_CONFIG, FAULT_CONF_LINE, "listen");
    if (strlen(web) >= sizeof(out->web))
        return fault_set(why, RC_CONFIG, FAULT_CONF_LINE, "web");
    if (seal < 1 || seal > 86400)
        return fault_set(why, RC_CONFIG, FAULT_CONF_LINE, "seal_s");
    if (repair < 1 || repair > 3600)
        return fault_set(why, RC_CONFIG, FAULT_CONF_LINE, "repair_s");
    (void)snprintf(out->listen, sizeof(out->listen), "%s", listen);
    (void)snprintf(out->web, sizeof(out->web), "%s", web);
    out->lan = cfg_getbool(cfg, "lan");
    out->seal_s = (unsigned)seal;
    out->repair_s = (unsigned)repair;
    for (unsigned i = 0; i < cfg_size(cfg, "peers"); i++) {
        const char *peer = cfg_getnstr(cfg, "peers", i);
        buf_add(&out->peers, peer, strlen(peer) + 1);
    }
    return RC_OK;
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
    if (!is_plain(text))
        return fault_set(why, RC_CONFIG, FAULT_CONF_LINE, "( ${");
    cfg_t *cfg = cfg_init(options, CFGF_NONE);
    if (cfg == NULL)
        return RC_CONFIG;
    (void)cfg_set_error_function(cfg, on_error);
    enum rc rc =
        cfg_parse_buf(cfg, text) == CFG_SUCCESS ? take(cfg, out, why) : RC_CONFIG;
    if (rc != RC_OK && why != NULL && why->rc == RC_OK)
        fault_set(why, rc, FAULT_CONF_LINE, "node.conf");
    cfg_free(cfg);
    if (rc != RC_OK)
        conf_fini(out);
    return rc;
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
