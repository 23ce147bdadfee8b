/* Words and the places in them. */
#include "cli/words.h"

#include <stdlib.h>
#include <string.h>

#include "cli/out.h"

struct phrase {
    const char *id, *zh, *en;
};

static const struct phrase phrases[WORD_N] = {
#define X(id, zh, en) {#id, zh, en},
#include "cli/words.def"
#undef X
};

const char *
word_of(enum word w, enum lang lang)
{
    const struct phrase *p = (unsigned)w < WORD_N ? &phrases[w] : &phrases[0];
    return lang == LANG_EN ? p->en : p->zh;
}

const char *
word_name(enum word w)
{
    return (unsigned)w < WORD_N ? phrases[w].id : "?";
}

void
word_add(struct buf *out, enum word w, enum lang lang, const char *const *arg, size_t n)
{
    for (const char *p = word_of(w, lang); *p != '\0'; p++) {
        if (*p != '%' || p[1] == '\0') {
            buf_add_u8(out, (uint8_t)*p);
            continue;
        }
        p++;
        if (*p == '%')
            buf_add_u8(out, '%');
        else if (*p >= '1' && *p <= '9' && (size_t)(*p - '1') < n)
            out_escaped(out, slice_text(arg[*p - '1']), false);
    }
}

/* ---- languages */

enum lang
lang_of_name(const char *name)
{
    return name != NULL && strncmp(name, "en", 2) == 0 ? LANG_EN : LANG_ZH;
}

const char *
lang_name(enum lang lang)
{
    return lang == LANG_EN ? "en" : "zh";
}

enum lang
lang_of_environment(void)
{
    static const char *const names[] = {"LINJULI_LANG", "LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = getenv(names[i]);
        if (value != NULL && value[0] != '\0')
            return lang_of_name(value);
    }
    return LANG_ZH;
}

/* ---- words of other folders' codes: a code without words does not compile */

enum word
fault_word(enum fault_code code)
{
    static const enum word words[FAULT_N] = {
#define X(name) WORD_FAULT_##name,
        FAULT_LIST(X)
#undef X
    };
    return (unsigned)code < FAULT_N ? words[code] : WORD_FAULT_NONE;
}

enum word
close_word(enum close_reason reason)
{
    static const enum word words[CLOSE_N] = {
#define X(name, text) WORD_CLOSE_##name,
        CLOSE_LIST(X)
#undef X
    };
    return (unsigned)reason < CLOSE_N ? words[reason] : WORD_CLOSE_NONE;
}

enum word
rc_word(enum rc rc)
{
    static const enum word words[RC_N] = {
#define X(name, exit, text) WORD_RC_##name,
        RC_LIST(X)
#undef X
    };
    return (unsigned)rc < RC_N ? words[rc] : WORD_RC_BUG;
}

enum word
role_word(enum role role)
{
    switch (role) {
    case ROLE_LEADER:
        return WORD_ROLE_LEADER;
    case ROLE_HELPER:
        return WORD_ROLE_HELPER;
    case ROLE_GRID:
        return WORD_ROLE_GRID;
    case ROLE_AREA:
        return WORD_ROLE_AREA;
    case ROLE_CLERK:
        return WORD_ROLE_CLERK;
    case ROLE_ADMIN:
        return WORD_ROLE_ADMIN;
    case ROLE_SECRETARY:
        return WORD_ROLE_SECRETARY;
    case ROLE_PARTNER:
        return WORD_ROLE_PARTNER;
    case ROLE_AUDITOR:
        return WORD_ROLE_AUDITOR;
    case ROLE_PRIVACY:
        return WORD_ROLE_PRIVACY;
    }
    return WORD_ROLE_NONE;
}

/* ---- faults */

/* What `want` is, for those codes that have a better phrase than "expected: ...". */
static enum word
want_word(enum fault_code code)
{
    static const enum word words[FAULT_N] = {
        [FAULT_ILLEGAL_MOVE] = WORD_WANT_MOVES,
        [FAULT_UNKNOWN_STATE] = WORD_WANT_MOVES,
        [FAULT_IN_CONFLICT] = WORD_WANT_CASE,
        [FAULT_NODE_IO] = WORD_WANT_SYSTEM,
        [FAULT_ADDRESS] = WORD_WANT_SYSTEM,
        [FAULT_AMBIGUOUS] = WORD_WANT_WHICH,
        [FAULT_NOT_ALLOWED] = WORD_WANT_PLACE,
        [FAULT_UNKNOWN_FIELD] = WORD_WANT_DESCRIBE,
        [FAULT_BAD_RECORD] = WORD_WANT_OF_TYPE,
        [FAULT_RIGHT_SHORT] = WORD_WANT_RIGHTS,
    };
    enum word w = (unsigned)code < FAULT_N ? words[code] : WORD_NOTHING;
    return w == WORD_NOTHING ? WORD_WANT : w;
}

static void
say_place(const struct fault *f, enum lang lang, struct buf *out)
{
    char line[16], column[16];
    const char *const arg[] = {line, column};
    if (f->line == 0)
        return;
    out_number(line, sizeof(line), f->line);
    out_number(column, sizeof(column), f->column);
    word_add(out, f->column > 0 ? WORD_AT_COLUMN : WORD_AT_LINE, lang, arg, 2);
}

void
fault_say(const struct fault *f, enum rc rc, enum lang lang, struct buf *out)
{
    /* A fault left over from something that went well does not explain this. */
    bool is_about = f != NULL && f->code != FAULT_NONE && f->rc == rc;
    if (!is_about || rc == RC_FULL || rc == RC_BUG) {
        const char *const arg[] = {is_about ? f->what : ""};
        word_add(out, rc_word(rc), lang, arg, 1);
        return;
    }
    bool is_rule =
        f->code == FAULT_RULE; /* in the words of its type file, both languages */
    const char *const arg[] = {is_rule && lang == LANG_EN ? f->want : f->what, f->want};
    say_place(f, lang, out);
    word_add(out, fault_word(f->code), lang, arg, 2);
    if (f->want[0] != '\0' && !is_rule) {
        const char *const want[] = {f->want};
        word_add(out, want_word(f->code), lang, want, 1);
    }
}
