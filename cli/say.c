/* Saying things. */
#include "cli/cli.h"

#include <stdarg.h>
#include <stdio.h>

#include "cli/out.h"

static void
add(struct cli *c, struct buf *out, enum word w, va_list ap)
{
    const char *arg[WORD_ARGS_MAX];
    size_t n = 0;
    for (const char *a; n < WORD_ARGS_MAX && (a = va_arg(ap, const char *)) != NULL;)
        arg[n++] = a;
    word_add(out, w, c->lang, arg, n);
}

void
add_words(struct cli *c, struct buf *out, enum word w, ...)
{
    va_list ap;
    va_start(ap, w);
    add(c, out, w, ap);
    va_end(ap);
}

void
say(struct cli *c, enum word w, ...)
{
    va_list ap;
    va_start(ap, w);
    add(c, c->out, w, ap);
    va_end(ap);
    buf_add_u8(c->out, '\n');
}

void
complain(struct cli *c, enum word w, ...)
{
    va_list ap;
    va_start(ap, w);
    buf_addf(c->err, "linjuli: ");
    add(c, c->err, w, ap);
    va_end(ap);
    buf_add_u8(c->err, '\n');
}

void
note(struct cli *c, enum word w, ...)
{
    va_list ap;
    va_start(ap, w);
    add(c, c->err, w, ap);
    va_end(ap);
    buf_add_u8(c->err, '\n');
}

const char *
word(const struct cli *c, enum word w)
{
    return word_of(w, c->lang);
}

const char *
num(struct cli *c, uint64_t n)
{
    char *text = c->num[c->num_at++ % NUM_RING];
    out_number(text, sizeof(c->num[0]), n);
    return text;
}

const char *
unit_text(struct cli *c, uint32_t unit)
{
    char *text = c->num[c->num_at++ % NUM_RING];
    (void)snprintf(text, sizeof(c->num[0]), "%04u", unit);
    return text;
}

int
fail(struct cli *c, enum rc rc, const struct fault *why)
{
    buf_addf(c->err, "linjuli: ");
    fault_say(why, rc, c->lang, c->err);
    buf_add_u8(c->err, '\n');
    return rc_exit(rc);
}

int
misuse(struct cli *c, const struct cmd *cmd)
{
    complain(c, WORD_USAGE, cmd->name, cmd->usage, NULL);
    complain(c, WORD_USAGE_MORE, cmd->name, NULL);
    return rc_exit(RC_USAGE);
}
