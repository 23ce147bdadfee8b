/* What went wrong, and where. */
#include "schema/fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sync/sync.h"

#define FORMATTED_BYTES 512

const char *
fault_name(enum fault_code code)
{
    static const char *const name[FAULT_N] = {
#define X(name) #name,
        FAULT_LIST(X)
#undef X
    };

    return (unsigned)code < FAULT_N ? name[code] : "?";
}

/* Bytes of the character at p by its first byte; n of them are there. */
static size_t
char_bytes(const uint8_t *p, size_t n)
{
    size_t want = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;

    return want < n ? want : n;
}

void
fault_escape(struct slice text, char *out, size_t size)
{
    size_t at = 0;
    size_t i = 0;

    while (i < text.n) {
        size_t n = char_bytes(text.p + i, text.n - i);
        struct slice one = slice_of(text.p + i, n);

        if (utf8_is_valid(one) && value_text_is_clean(one, false)) {
            if (at + n >= size) {
                break;
            }
            memcpy(out + at, one.p, n);
            at += n;
            i += n;
        } else {
            if (at + 4 >= size) {
                break;
            }
            (void)snprintf(out + at, size - at, "\\x%02x", text.p[i]);
            at += 4;
            i++;
        }
    }
    out[at] = '\0';
}

static void print_into(char out[static FAULT_WHAT_BYTES], const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

static void
print_into(char out[static FAULT_WHAT_BYTES], const char *fmt, va_list ap)
{
    char text[FORMATTED_BYTES];

    if (vsnprintf(text, sizeof(text), fmt, ap) < 0) {
        text[0] = '\0';
    }
    fault_escape(slice_text(text), out, FAULT_WHAT_BYTES);
}

enum rc
fault_set(struct fault *why, enum rc rc, enum fault_code code, const char *fmt, ...)
{
    va_list ap;

    if (why == NULL) {
        return rc;
    }
    *why = (struct fault){.rc = rc, .code = code};
    va_start(ap, fmt);
    print_into(why->what, fmt, ap);
    va_end(ap);
    return rc;
}

void
fault_want(struct fault *why, const char *fmt, ...)
{
    va_list ap;

    if (why == NULL) {
        return;
    }
    va_start(ap, fmt);
    print_into(why->want, fmt, ap);
    va_end(ap);
}

void
fault_at(struct fault *why, uint32_t line, uint32_t column)
{
    if (why != NULL) {
        why->line = line;
        why->column = column;
    }
}
