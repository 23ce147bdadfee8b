#include "schema/data_file.h"

#include <assert.h>
#include <string.h>

#include "sync/sync.h"

#define KEYS_MAX 24

struct setting {
    const char *value; /* NULL: it does not stand there */
    uint32_t line;
};
struct section {
    const struct grammar *grammar;
    const char *title;
    struct section *above;   /* NULL: the file */
    struct section **inside; /* in their order */
    size_t n, cap;
    uint32_t line;                    /* of its closing brace */
    struct setting setting[KEYS_MAX]; /* by the key's place in the grammar */
    char *text;                       /* the file's: words and strings, each with a NUL */
};

enum token { TOKEN_END, TOKEN_WORD, TOKEN_STRING, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_IS };

struct scan {
    const struct embed_file *file;
    struct fault *why;
    struct slice in;
    size_t at;
    uint32_t line;
    size_t line_from;
    char *free; /* where the next word goes */
};

/* ---- refusals */

static enum rc
refuse_byte(const struct scan *s)
{
    size_t from = s->line_from;
    size_t before = value_chars(slice_of(s->in.p + from, s->at - from));
    size_t n = 1;

    while (s->at + n < s->in.n && (s->in.p[s->at + n] & 0xc0) == 0x80)
        n++;
    fault_set(s->why, RC_INVALID, FAULT_FILE_BYTE, "%s: %.*s", s->file->name, (int)n,
              (const char *)s->in.p + s->at);
    fault_at(s->why, s->line, (uint32_t)before + 1);
    return RC_INVALID;
}

/* `what` stands between two parts of a sentence. */
static enum rc
refuse(const struct scan *s, enum fault_code code, const char *before, const char *what,
       const char *behind)
{
    fault_set(s->why, RC_INVALID, code, "%s: %s%s%s", s->file->name, before, what,
              behind);
    fault_at(s->why, s->line, 0);
    return RC_INVALID;
}

/* ---- tokens */

static bool
is_word_byte(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '_' || c == '-';
}

static void
skip_blank(struct scan *s)
{
    for (; s->at < s->in.n; s->at++) {
        uint8_t c = s->in.p[s->at];

        if (c == '#')
            while (s->at + 1 < s->in.n && s->in.p[s->at + 1] != '\n')
                s->at++;
        else if (c != ' ' && c != '\n')
            return;
        if (c == '\n') {
            s->line++;
            s->line_from = s->at + 1;
        }
    }
}

/* A string stands on one line. What other languages expand is refused, so that nobody
 * expects it. */
static enum rc
next_string(struct scan *s)
{
    for (s->at++; s->at < s->in.n && s->in.p[s->at] != '"'; s->at++) {
        if (strchr("\n\\$|", s->in.p[s->at]) != NULL)
            return refuse_byte(s);
        *s->free++ = (char)s->in.p[s->at];
    }
    if (s->at == s->in.n) {
        s->at--;
        return refuse_byte(s);
    }
    s->at++;
    return RC_OK;
}

/* text: of a word or string, good as long as the tree is. */
static enum rc
next(struct scan *s, enum token *what, const char **text)
{
    enum rc rc = RC_OK;

    skip_blank(s);
    *text = s->free;
    if (s->at == s->in.n) {
        *what = TOKEN_END;
        return RC_OK;
    }
    uint8_t c = s->in.p[s->at];
    if (c == '"') {
        *what = TOKEN_STRING;
        rc = next_string(s);
        *s->free++ = '\0';
    } else if (is_word_byte(c)) {
        *what = TOKEN_WORD;
        for (; s->at < s->in.n && is_word_byte(s->in.p[s->at]); s->at++)
            *s->free++ = (char)s->in.p[s->at];
        *s->free++ = '\0';
    } else if (c == '{' || c == '}' || c == '=') {
        *what = c == '{' ? TOKEN_OPEN : c == '}' ? TOKEN_CLOSE : TOKEN_IS;
        s->at++;
    } else {
        rc = refuse_byte(s);
    }
    return rc;
}

static enum rc
want(struct scan *s, enum token token, const char *sentence, const char *about)
{
    const char *text = NULL;
    enum token is = TOKEN_END;
    enum rc rc = next(s, &is, &text);

    return rc == RC_OK && is != token ? refuse(s, FAULT_FILE_SYNTAX, sentence, about, "'")
                                      : rc;
}

/* ---- the tree */

static int
key_at(const struct grammar *g, const char *key)
{
    for (int i = 0; g->key[i] != NULL; i++) {
        assert(i < KEYS_MAX);
        if (strcmp(g->key[i], key) == 0)
            return i;
    }
    return -1;
}

static const struct grammar *
inside_of(const struct grammar *g, const char *kind)
{
    for (const struct grammar *in = g->inside; in != NULL && in->name != NULL; in++)
        if (strcmp(in->name, kind) == 0)
            return in;
    return NULL;
}

static enum rc
read_setting(struct scan *s, struct section *to, int key)
{
    struct setting *set = &to->setting[key];
    const char *name = to->grammar->key[key];
    const char *text = NULL;
    enum token is = TOKEN_END;
    enum rc rc = want(s, TOKEN_IS, "missing equal sign after option '", name);

    if (rc == RC_OK)
        rc = next(s, &is, &text);
    if (rc == RC_OK && is != TOKEN_WORD && is != TOKEN_STRING)
        rc = refuse(s, FAULT_FILE_SYNTAX, "missing value of option '", name, "'");
    if (rc == RC_OK && set->value != NULL)
        rc = refuse(s, FAULT_KEY_TWICE, "", name, "");
    *set = (struct setting){text, s->line};
    return rc;
}

static struct section *
add_section(struct section *to, const struct grammar *g, const char *title)
{
    struct section *in = mem_new(sizeof(*in));

    in->grammar = g;
    in->title = title;
    in->above = to;
    if (to->n == to->cap) {
        to->cap = to->cap * 2 + 8;
        to->inside = mem_grow(to->inside, to->cap * sizeof(struct section *));
    }
    to->inside[to->n++] = in;
    return in;
}

/* Up to and with the opening brace. */
static enum rc
read_section(struct scan *s, struct section **at, const struct grammar *g)
{
    const char *title = NULL;
    enum token is = TOKEN_END;
    enum rc rc = RC_OK;

    if (g->how == GRAMMAR_TITLED) {
        rc = next(s, &is, &title);
        if (rc == RC_OK && is != TOKEN_WORD && is != TOKEN_STRING)
            rc = refuse(s, FAULT_FILE_SYNTAX, "missing title of section '", g->name, "'");
        if (rc == RC_OK && data_file_titled(*at, g->name, title) != NULL)
            rc = refuse(s, FAULT_FILE_SYNTAX, "found duplicate title '", title, "'");
    } else if (g->how == GRAMMAR_ONCE && data_file_n(*at, g->name) > 0) {
        rc = refuse(s, FAULT_KEY_TWICE, "", g->name, "");
    }
    if (rc == RC_OK)
        rc = want(s, TOKEN_OPEN, "missing opening brace of section '", g->name);
    if (rc == RC_OK)
        *at = add_section(*at, g, title);
    return rc;
}

/* One setting, or the beginning or the end of a section. */
static enum rc
read_one(struct scan *s, struct section **at, bool *more)
{
    const char *text = NULL;
    enum token is = TOKEN_END;
    enum rc rc = next(s, &is, &text);

    if (rc != RC_OK)
        return rc;
    *more = is != TOKEN_END;
    if (is == TOKEN_END)
        return (*at)->above == NULL ? RC_OK : refuse(s, FAULT_FILE_SYNTAX, "", "}", "");
    if (is == TOKEN_CLOSE) {
        if ((*at)->above == NULL)
            return refuse(s, FAULT_FILE_SYNTAX, "", "unexpected closing brace", "");
        (*at)->line = s->line;
        *at = (*at)->above;
        return RC_OK;
    }
    int key = is == TOKEN_WORD ? key_at((*at)->grammar, text) : -1;
    const struct grammar *in = is == TOKEN_WORD ? inside_of((*at)->grammar, text) : NULL;
    if (key < 0 && in == NULL)
        return refuse(s, FAULT_FILE_SYNTAX, "no such option '",
                      is == TOKEN_WORD || is == TOKEN_STRING ? text : "", "'");
    return key >= 0 ? read_setting(s, *at, key) : read_section(s, at, in);
}

static enum rc
check_bytes(const struct embed_file *file, struct fault *why)
{
    struct slice in = slice_of(file->p, file->n);

    if (file->n > DATA_FILE_BYTES_MAX) {
        fault_set(why, RC_LIMIT, FAULT_FILE_SIZE, "%s", file->name);
        fault_want(why, "%d", DATA_FILE_BYTES_MAX);
        return RC_LIMIT;
    }
    if (memchr(file->p, 0, file->n) != NULL || !utf8_is_valid(in) ||
        !value_text_is_clean(in, true))
        return fault_set(why, RC_MALFORMED, FAULT_BAD_TEXT, "%s", file->name);
    return RC_OK;
}

enum rc
data_file_open(const struct embed_file *file, const struct grammar *grammar,
               struct section **out, struct fault *why)
{
    struct scan s = {
        .file = file, .why = why, .in = slice_of(file->p, file->n), .line = 1};
    enum rc rc = check_bytes(file, why);

    if (rc != RC_OK)
        return rc;
    struct section *root = mem_new(sizeof(*root));
    struct section *at = root;
    bool more = true;
    root->grammar = grammar;
    root->text = mem_new(file->n + 1); /* a NUL each, where a blank or quote was */
    s.free = root->text;
    while (rc == RC_OK && more)
        rc = read_one(&s, &at, &more);
    if (rc == RC_OK)
        *out = root;
    else
        data_file_close(root);
    return rc;
}

void
data_file_close(struct section *root)
{
    struct section *s = root;

    while (s !=
           NULL) { /* from the leaves: a grammar is not deep, but this asks nothing */
        if (s->n > 0) {
            s = s->inside[--s->n];
            continue;
        }
        struct section *above = s->above;
        mem_free(s->inside);
        mem_free(s->text);
        mem_free(s);
        s = above;
    }
}

/* ---- questions */

const char *
data_file_get(const struct section *s, const char *key)
{
    int at = key_at(s->grammar, key);

    assert(at >= 0); /* the grammars are ours */
    return s->setting[at].value;
}

uint32_t
data_file_line(const struct section *s, const char *key)
{
    int at = key != NULL ? key_at(s->grammar, key) : -1;

    if (at >= 0 && s->setting[at].value != NULL)
        return s->setting[at].line;
    /* of the file itself the beginning, not the end, is where one would look */
    return s->above != NULL ? s->line : 1;
}

unsigned
data_file_n(const struct section *s, const char *kind)
{
    unsigned n = 0;

    for (size_t i = 0; i < s->n; i++)
        n += strcmp(s->inside[i]->grammar->name, kind) == 0;
    return n;
}

const struct section *
data_file_at(const struct section *s, const char *kind, unsigned at)
{
    for (size_t i = 0; i < s->n; i++)
        if (strcmp(s->inside[i]->grammar->name, kind) == 0 && at-- == 0)
            return s->inside[i];
    return NULL;
}

const struct section *
data_file_titled(const struct section *s, const char *kind, const char *title)
{
    for (size_t i = 0; i < s->n; i++)
        if (strcmp(s->inside[i]->grammar->name, kind) == 0 &&
            strcmp(s->inside[i]->title, title) == 0)
            return s->inside[i];
    return NULL;
}

const char *
data_file_title(const struct section *s)
{
    return s->title;
}

const char *
data_file_kind(const struct section *s)
{
    return s->grammar->name;
}
