/* The root key on paper. Each line: its number, 8 bytes as hex in groups of 4, and a
 * check of 4 hex digits, the first of SHA-256(line number as one byte ‖ the 8 bytes), so
 * that a slip is found in the line where it is. */
#include "cli/root_sheet.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/out.h"
#include "cli/qr.h"
#include "cli/words.h"

#define LINES 4
#define LINE_BYTES (SEED_BYTES / LINES)
#define CHECK_BYTES 2
#define DIGITS (1 + 2 * LINE_BYTES + 2 * CHECK_BYTES) /* of a whole line */
#define QR_MM 55

/* What stands behind the 8 bytes of line `no`. */
static void
check_of(uint8_t no, const uint8_t *bytes, char out[static 2 * CHECK_BYTES + 1])
{
    uint8_t text[1 + LINE_BYTES];
    text[0] = no;
    memcpy(text + 1, bytes, LINE_BYTES);
    struct hash h = hash_of(slice_of(text, sizeof(text)));
    hex_print(h.b, CHECK_BYTES, out);
    mem_wipe(text, sizeof(text));
}

static void
add_lines(struct buf *out, const char *before, const struct pair *root)
{
    for (uint8_t i = 0; i < LINES; i++) {
        const uint8_t *bytes = root->secret + (size_t)i * LINE_BYTES;
        char hex[2 * LINE_BYTES + 1], check[2 * CHECK_BYTES + 1];
        hex_print(bytes, LINE_BYTES, hex);
        check_of((uint8_t)(i + 1), bytes, check);
        buf_addf(out, "%s%u   %.4s %.4s %.4s %.4s   %s\n", before, i + 1u, hex, hex + 4,
                 hex + 8, hex + 12, check);
        mem_wipe(hex, sizeof(hex));
    }
}

/* What the words on it are about. */
struct sheet_args {
    char today[TIME_TEXT_BYTES], fingerprint[17];
    const char *arg[3];
};

static void
sheet_args(const char *community, const struct pair *root, struct sheet_args *out)
{
    struct hash h = hash_of(slice_of(root->pub.b, KEY_BYTES));
    time_t now = time(NULL);
    out_time(now > 0 ? (uint64_t)now * 1000 : 0, out->today);
    hex_print(h.b, 8, out->fingerprint);
    out->arg[0] = community;
    out->arg[1] = out->today;
    out->arg[2] = out->fingerprint;
}

void
root_sheet(struct buf *out, const char *community, const struct pair *root)
{
    struct sheet_args a;
    sheet_args(community, root, &a);
    word_add(out, WORD_SHEET_HEAD, LANG_ZH, a.arg, 3);
    buf_addf(out, "\n\n");
    word_add(out, WORD_SHEET_HEAD, LANG_EN, a.arg, 3);
    buf_addf(out, "\n\n");
    add_lines(out, "    ", root);
    buf_addf(out, "\n");
    word_add(out, WORD_SHEET_FOOT, LANG_ZH, a.arg, 3);
    buf_addf(out, "\n\n");
    word_add(out, WORD_SHEET_FOOT, LANG_EN, a.arg, 3);
    buf_addf(out, "\n");
}

/* ---- the page */

static void
add_word(struct buf *out, const char *tag, enum word w, enum lang lang,
         const struct sheet_args *a)
{
    struct buf text = BUF_NONE;
    word_add(&text, w, lang, a->arg, 3);
    buf_addf(out, "<%s lang=\"%s\">", tag, lang == LANG_ZH ? "zh-CN" : "en");
    out_markup(out, buf_slice(&text));
    buf_addf(out, "</%s>\n", tag);
    buf_free(&text);
}

static void
add_copy(struct buf *out, const struct sheet_args *a, const struct buf *lines)
{
    buf_addf(out, "<section>\n");
    add_word(out, "p", WORD_SHEET_HEAD, LANG_ZH, a);
    add_word(out, "p", WORD_SHEET_HEAD, LANG_EN, a);
    buf_addf(out, "<pre>\n%.*s</pre>\n", (int)lines->n, (const char *)lines->p);
    if (qr_svg(out, buf_slice(lines), QR_MM) == RC_OK) /* else the lines are enough */
        buf_addf(out, "\n");
    add_word(out, "p", WORD_SHEET_FOOT, LANG_ZH, a);
    add_word(out, "p", WORD_SHEET_FOOT, LANG_EN, a);
    buf_addf(out, "</section>\n");
}

void
root_page(struct buf *out, const char *community, const struct pair *root)
{
    struct sheet_args a;
    struct buf lines = BUF_NONE;
    sheet_args(community, root, &a);
    buf_reserve(&lines, 512); /* it does not move: nothing of the key stays behind */
    add_lines(&lines, "", root);
    buf_reserve(out, 1 << 20);
    buf_addf(out,
             "<!DOCTYPE html>\n<html lang=\"zh-CN\">\n<head>\n<meta charset=\"utf-8\">\n"
             "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';"
             " style-src 'unsafe-inline'\">\n");
    add_word(out, "title", WORD_SHEET_TITLE, LANG_ZH, &a);
    buf_addf(out, "<style>\n@page { size: A4; margin: 20mm }\n"
                  "body { font: 12pt/1.5 serif; color: #000; background: #fff }\n"
                  "p { white-space: pre-line }\n"
                  "pre { font: bold 17pt/1.8 monospace; text-align: center }\n"
                  "svg { display: block; margin: 0 auto }\n"
                  "section { break-after: page; page-break-after: always }\n"
                  "section:last-child { break-after: auto; page-break-after: auto }\n"
                  "</style>\n</head>\n<body>\n");
    for (int i = 0; i < 2; i++) /* one for each envelope */
        add_copy(out, &a, &lines);
    buf_addf(out, "</body>\n</html>\n");
    mem_wipe(lines.p, lines.cap);
    buf_free(&lines);
}

/* ---- reading it back */

/* One typed character, cheap to mistake or not: a hex digit, ' ', or 0 for what does not
 * belong. *n: bytes it takes. */
static char
typed(const uint8_t *p, size_t left, size_t *n)
{
    uint8_t c = p[0];
    *n = 1;
    if (left >= 3 && c == 0xe3 && p[1] == 0x80 && p[2] == 0x80) { /* wide blank */
        *n = 3;
        return ' ';
    }
    if (left >= 3 && c == 0xef && (p[1] == 0xbc || p[1] == 0xbd)) { /* U+FF01 … U+FF5E */
        *n = 3;
        c = (uint8_t)(p[2] - 0x80 + (p[1] == 0xbc ? 0x20 : 0x60));
    }
    if (c >= 'A' && c <= 'Z')
        c = (uint8_t)(c - 'A' + 'a');
    if (c == 'o')
        return '0';
    if (c == 'l' || c == 'i')
        return '1';
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))
        return (char)c;
    return strchr(" \t\r-.:", c) != NULL && c != 0 ? ' ' : 0;
}

struct sheet_read {
    uint8_t seed[SEED_BYTES];
    bool has[LINES], is_wrong[LINES];
};

/* One line of the text: of the sheet if it begins with a number of one, alone or before
 * exactly what is due. */
static void
read_line(struct sheet_read *r, const uint8_t *p, size_t n)
{
    char digit[DIGITS + 2] = {0};
    uint8_t bytes[LINE_BYTES + CHECK_BYTES];
    char check[2 * CHECK_BYTES + 1];
    size_t digits_n = 0;
    size_t step = 0;
    size_t seen = 0;
    bool is_clean = true;
    bool is_alone = false; /* a blank behind the first digit */
    for (size_t i = 0; i < n; i += step) {
        char c = typed(p + i, n - i, &step);
        if (seen == 0 && c != ' ' && (c < '1' || c > '0' + LINES || isalpha(p[i])))
            return; /* words */
        is_alone = is_alone || (seen == 1 && c == ' ');
        seen += c != ' ';
        is_clean = is_clean && c != 0;
        if (c != ' ' && c != 0 && digits_n <= DIGITS)
            digit[digits_n++] = c;
    }
    bool is_whole = is_clean && digits_n == DIGITS;
    if (digits_n == 0 || (!is_alone && !is_whole))
        return;
    size_t i = (size_t)(digit[0] - '1');
    bool is_right = is_whole && hex_parse(digit + 1, sizeof(bytes), bytes);
    if (is_right)
        check_of((uint8_t)(i + 1), bytes, check);
    is_right =
        is_right && memcmp(check, digit + 1 + 2 * LINE_BYTES, 2 * CHECK_BYTES) == 0;
    uint8_t *at = r->seed + i * LINE_BYTES;
    if (!is_right || (r->has[i] && memcmp(at, bytes, LINE_BYTES) != 0))
        r->is_wrong[i] = true;
    else
        memcpy(at, bytes, LINE_BYTES);
    r->has[i] = true;
    mem_wipe(digit, sizeof(digit));
    mem_wipe(bytes, sizeof(bytes));
}

/* "2, 3": the lines marked. */
static bool
list_lines(const bool mark[static LINES], bool what, char out[static 16])
{
    size_t n = 0;
    out[0] = '\0';
    for (size_t i = 0; i < LINES; i++)
        if (mark[i] == what)
            n += (size_t)snprintf(out + n, 16 - n, "%s%zu", n > 0 ? ", " : "", i + 1);
    return n > 0;
}

enum rc
root_sheet_read(struct slice text, struct pair *out, struct fault *why)
{
    struct sheet_read r = {0};
    char list[16];
    enum rc rc = RC_OK;
    if (text.n > ROOT_SHEET_BYTES_MAX)
        return fault_set(why, RC_LIMIT, FAULT_FILE_SIZE, "%zu", text.n);
    for (size_t at = 0; at < text.n;) {
        const uint8_t *end = memchr(text.p + at, '\n', text.n - at);
        size_t n = end != NULL ? (size_t)(end - text.p) - at : text.n - at;
        read_line(&r, text.p + at, n);
        at += n + 1;
    }
    if (list_lines(r.is_wrong, true, list))
        rc = fault_set(why, RC_MALFORMED, FAULT_SHEET_LINE, "%s", list);
    else if (list_lines(r.has, false, list))
        rc = fault_set(why, RC_MALFORMED, FAULT_SHEET_MISSING, "%s", list);
    else
        pair_from_seed(PAIR_SIGN, r.seed, out);
    mem_wipe(&r, sizeof(r));
    return rc;
}
