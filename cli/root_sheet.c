/* The root key on paper. Each line: its number, 8 bytes as hex in groups of 4, and a
 * check of 4 hex digits, the first of SHA-256(line number as one byte ‖ the 8 bytes), so
 * that a slip is found in the line where it is. */
#include "cli/root_sheet.h"

#include <time.h>

#include "cli/out.h"
#include "cli/words.h"

#define LINE_BYTES 8
#define CHECK_BYTES 2

static void
add_line(struct buf *out, uint8_t no, const uint8_t *bytes)
{
    uint8_t text[1 + LINE_BYTES];
    char hex[2 * LINE_BYTES + 1], check[2 * CHECK_BYTES + 1];
    text[0] = no;
    for (size_t i = 0; i < LINE_BYTES; i++)
        text[1 + i] = bytes[i];
    struct hash h = hash_of(slice_of(text, sizeof(text)));
    hex_print(bytes, LINE_BYTES, hex);
    hex_print(h.b, CHECK_BYTES, check);
    buf_addf(out, "    %u   %.4s %.4s %.4s %.4s   %s\n", no, hex, hex + 4, hex + 8,
             hex + 12, check);
    mem_wipe(hex, sizeof(hex));
    mem_wipe(text, sizeof(text));
}

void
root_sheet(struct buf *out, const char *community, const struct pair *root)
{
    char today[TIME_TEXT_BYTES], fingerprint[2 * KEY_BYTES + 1];
    struct hash h = hash_of(slice_of(root->pub.b, KEY_BYTES));
    time_t now = time(NULL);
    out_time(now > 0 ? (uint64_t)now * 1000 : 0, today);
    hex_print(h.b, 8, fingerprint);
    const char *const arg[] = {community, today, fingerprint};
    word_add(out, WORD_SHEET_HEAD, LANG_ZH, arg, 3);
    buf_addf(out, "\n\n");
    word_add(out, WORD_SHEET_HEAD, LANG_EN, arg, 3);
    buf_addf(out, "\n\n");
    for (uint8_t i = 0; i < SEED_BYTES / LINE_BYTES; i++)
        add_line(out, (uint8_t)(i + 1), root->secret + (size_t)i * LINE_BYTES);
    buf_addf(out, "\n");
    word_add(out, WORD_SHEET_FOOT, LANG_ZH, arg, 3);
    buf_addf(out, "\n\n");
    word_add(out, WORD_SHEET_FOOT, LANG_EN, arg, 3);
    buf_addf(out, "\n");
}
