/* Such files through libconfuse, with its sharp edges covered:
 *   - it expands ${VAR} and escapes in strings, reads # and C comments into a buffer that
 *     it overruns by a byte, and resolves "section|key" as a path: our own pass refuses
 *     those bytes and blanks comments first;
 *   - integers are read with base 0 ("010" is eight) and a stale errno: we take strings;
 *   - a key set twice silently wins: on_set refuses it;
 *   - it keeps no line numbers: on_set leaves each key's line in the key's comment;
 *   - its error function gets no context: the option "|", which no file can name, carries
 *     the place for the fault into every section. */
#include "schema/data_file.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/sync.h"

#define CONTEXT "|"

struct context {
    struct fault *why;
    const char *file;
    bool is_told; /* the first complaint is the true one */
};

/* ---- our pass over the bytes */

struct scan {
    struct slice in;
    size_t at;
    uint32_t line;
    size_t line_from;
    long depth; /* of braces */
    struct buf *out;
};

static enum rc
refuse_byte(const struct scan *s, const char *file, struct fault *why)
{
    size_t from = s->line_from;
    size_t before = value_chars(slice_of(s->in.p + from, s->at - from));
    size_t n = 1;

    while (s->at + n < s->in.n && (s->in.p[s->at + n] & 0xc0) == 0x80) {
        n++;
    }
    fault_set(why, RC_INVALID, FAULT_FILE_BYTE, "%s: %.*s", file, (int)n,
              (const char *)s->in.p + s->at);
    fault_at(why, s->line, (uint32_t)before + 1);
    return RC_INVALID;
}

static bool
is_word_byte(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '_' || c == '-';
}

/* A comment becomes nothing, its newline stays. */
static void
skip_comment(struct scan *s)
{
    while (s->at < s->in.n && s->in.p[s->at] != '\n') {
        s->at++;
    }
}

/* From the opening quote to behind the closing one, which stands on the same line. */
static bool
copy_string(struct scan *s)
{
    do {
        buf_add_u8(s->out, s->in.p[s->at++]);
        if (s->at == s->in.n || strchr("\n\\$|", s->in.p[s->at]) != NULL) {
            return false;
        }
    } while (s->in.p[s->at] != '"');
    buf_add_u8(s->out, s->in.p[s->at++]);
    return true;
}

static enum rc
scan_file(const struct embed_file *file, struct buf *out, struct fault *why)
{
    struct scan s = {slice_of(file->p, file->n), 0, 1, 0, 0, out};

    if (file->n > DATA_FILE_BYTES_MAX) {
        fault_set(why, RC_LIMIT, FAULT_FILE_SIZE, "%s", file->name);
        fault_want(why, "%d", DATA_FILE_BYTES_MAX);
        return RC_LIMIT;
    }
    if (memchr(file->p, 0, file->n) != NULL || !utf8_is_valid(s.in) ||
        !value_text_is_clean(s.in, true)) {
        return fault_set(why, RC_MALFORMED, FAULT_BAD_TEXT, "%s", file->name);
    }
    while (s.at < s.in.n) {
        uint8_t c = s.in.p[s.at];

        if (c == '#') {
            skip_comment(&s);
        } else if (c == '"') {
            if (!copy_string(&s)) {
                s.at -= s.at == s.in.n;
                return refuse_byte(&s, file->name, why);
            }
        } else if (is_word_byte(c) || strchr(" {}=\n", c) != NULL) {
            buf_add_u8(out, c);
            s.at++;
            s.depth += (c == '{') - (c == '}');
            if (c == '\n') {
                s.line++;
                s.line_from = s.at;
            }
        } else {
            return refuse_byte(&s, file->name, why);
        }
    }
    if (s.depth > 0) { /* to libconfuse the end of the file closes a section as well */
        fault_set(why, RC_INVALID, FAULT_FILE_SYNTAX, "%s: }", file->name);
        fault_at(why, s.line, 0);
        return RC_INVALID;
    }
    return RC_OK;
}

/* ---- libconfuse */

static struct context *
context_of(cfg_t *cfg)
{
    cfg_opt_t *o = cfg->opts;

    while (strcmp(o->name, CONTEXT) != 0) {
        o++; /* every table has it */
    }
    return (struct context *)(void *)o->simple_value.ptr;
}

static void
tell(struct context *c, enum fault_code code, int line, const char *text)
{
    if (!c->is_told) {
        fault_set(c->why, RC_INVALID, code, "%s: %s", c->file, text);
        fault_at(c->why, line > 0 ? (uint32_t)line : 1, 0);
        c->is_told = true;
    }
}

static void on_error(cfg_t *cfg, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

static void
on_error(cfg_t *cfg, const char *fmt, va_list ap)
{
    char text[FAULT_WHAT_BYTES];

    if (vsnprintf(text, sizeof(text), fmt, ap) < 0) {
        text[0] = '\0';
    }
    tell(context_of(cfg), FAULT_FILE_SYNTAX, cfg->line, text);
}

/* After a key got its value, and after a section's closing brace. */
static int
on_set(cfg_t *cfg, cfg_opt_t *opt)
{
    char line[16];

    if ((opt->flags & CFGF_MULTI) != 0) {
        return 0;
    }
    if (opt->comment != NULL) {
        tell(context_of(cfg), FAULT_KEY_TWICE, cfg->line, opt->name);
        return -1;
    }
    (void)snprintf(line, sizeof(line), "%d", cfg->line);
    return cfg_opt_setcomment(opt, line);
}

static size_t
keys_n(const struct grammar *g)
{
    size_t n = 0;

    while (g->key[n] != NULL) {
        n++;
    }
    return n;
}

static size_t
inside_n(const struct grammar *g)
{
    size_t n = 0;

    while (g->inside != NULL && g->inside[n].name != NULL) {
        n++;
    }
    return n;
}

/* Sections that lie in sections. */
static size_t
deep_n(const struct grammar *g)
{
    size_t n = 0;

    for (size_t i = 0; i < inside_n(g); i++) {
        n += inside_n(&g->inside[i]);
    }
    return n;
}

/* The options of a section, and at[i] where those of its own sections begin. */
static void
fill(const struct grammar *g, struct context *c, cfg_opt_t *opt, cfg_opt_t *const *at)
{
    static const cfg_flag_t flags[] = {[GRAMMAR_ONCE] = CFGF_NONE,
                                       [GRAMMAR_MANY] = CFGF_MULTI,
                                       [GRAMMAR_TITLED] =
                                           CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES};

    *opt++ = (cfg_opt_t){
        .name = CONTEXT, .type = CFGT_STR, .simple_value.ptr = (void **)(void *)c};
    for (size_t i = 0; i < keys_n(g); i++) {
        *opt++ = (cfg_opt_t){.name = g->key[i], .type = CFGT_STR, .validcb = on_set};
    }
    for (size_t i = 0; i < inside_n(g); i++) {
        *opt++ = (cfg_opt_t){.name = g->inside[i].name,
                             .type = CFGT_SEC,
                             .flags = flags[g->inside[i].how],
                             .subopts = at[i],
                             .validcb = on_set};
    }
}

#define OPTIONS_MAX 32 /* of one section, with the two that are no key */

/* libconfuse copies the tables. A section lies at most two deep in a file. */
static cfg_t *
new_root(const struct grammar *g, struct context *c)
{
    cfg_opt_t root[OPTIONS_MAX] = {0};
    cfg_opt_t *section = mem_new((inside_n(g) + 1) * OPTIONS_MAX * sizeof(*section));
    cfg_opt_t *deep = mem_new((deep_n(g) + 1) * OPTIONS_MAX * sizeof(*deep));
    cfg_opt_t *at[OPTIONS_MAX] = {0};
    size_t used = 0;
    cfg_t *out = NULL;

    assert(keys_n(g) + inside_n(g) + 2 <= OPTIONS_MAX);
    for (size_t i = 0; i < inside_n(g); i++) {
        const struct grammar *in = &g->inside[i];
        cfg_opt_t *below[OPTIONS_MAX] = {0};

        assert(keys_n(in) + inside_n(in) + 2 <= OPTIONS_MAX);
        for (size_t k = 0; k < inside_n(in); k++) {
            assert(in->inside[k].inside == NULL);
            below[k] = &deep[used++ * OPTIONS_MAX];
            fill(&in->inside[k], c, below[k], NULL);
        }
        at[i] = &section[i * OPTIONS_MAX];
        fill(in, c, at[i], below);
    }
    fill(g, c, root, at);
    out = cfg_init(root, CFGF_NONE);
    mem_free(section);
    mem_free(deep);
    return out;
}

enum rc
data_file_open(const struct embed_file *file, const struct grammar *root_grammar,
               cfg_t **out, struct fault *why)
{
    struct context c = {why, file->name, false};
    struct buf text = BUF_NONE;
    cfg_t *root = NULL;
    enum rc rc = scan_file(file, &text, why);

    if (rc != RC_OK) {
        goto out;
    }
    root = new_root(root_grammar, &c);
    if (root == NULL) {
        abort(); /* out of memory */
    }
    (void)cfg_set_error_function(root, on_error);
    if (cfg_parse_buf(root, buf_text(&text)) != CFG_SUCCESS) {
        tell(&c, FAULT_FILE_SYNTAX, root->line, "");
        rc = RC_INVALID;
        goto out;
    }
    *out = root;
    root = NULL;
out:
    data_file_close(root);
    buf_free(&text);
    return rc;
}

void
data_file_close(cfg_t *root)
{
    if (root != NULL) {
        (void)cfg_free(root);
    }
}

static cfg_opt_t *
option(cfg_t *section, const char *key)
{
    for (cfg_opt_t *o = section->opts; o->name != NULL; o++) {
        if (strcmp(o->name, key) == 0) {
            return o;
        }
    }
    abort(); /* the tables above are ours */
}

const char *
data_file_get(cfg_t *section, const char *key)
{
    return cfg_opt_getnstr(option(section, key), 0);
}

uint32_t
data_file_line(cfg_t *section, const char *key)
{
    const char *line = key == NULL ? NULL : option(section, key)->comment;

    if (line != NULL) {
        return (uint32_t)strtoul(line, NULL, 10);
    }
    /* of the file itself the beginning, not the end, is where one would look */
    return strcmp(cfg_name(section), "root") != 0 && section->line > 0
               ? (uint32_t)section->line
               : 1;
}

unsigned
data_file_n(cfg_t *section, const char *kind)
{
    return cfg_opt_size(option(section, kind));
}

cfg_t *
data_file_at(cfg_t *section, const char *kind, unsigned i)
{
    return cfg_opt_getnsec(option(section, kind), i);
}

cfg_t *
data_file_titled(cfg_t *section, const char *kind, const char *title)
{
    for (unsigned i = 0; i < data_file_n(section, kind); i++) {
        cfg_t *sec = data_file_at(section, kind, i);

        if (strcmp(cfg_title(sec), title) == 0) {
            return sec;
        }
    }
    return NULL;
}
