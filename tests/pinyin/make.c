/* Prints schema/pinyin/readings: every Chinese character that ICU can read, in the order
 * of its pinyin collation, behind its syllable: letters only, v for ü. The collation
 * knows half of them; the rare others follow the last of their syllable. `make pinyin`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/ucol.h>
#include <unicode/ustring.h>
#include <unicode/uset.h>
#include <unicode/utrans.h>

#define CHARS_MAX 120000
#define KEY_BYTES 16

#define LINES_MAX 1000

struct one {
    UChar32 c;
    uint8_t key[KEY_BYTES];
    int is_rare; /* the collation does not know it */
};
struct line {
    char syllable[16];
    char *text;
    size_t n;
};

static struct one all[CHARS_MAX];
static struct line lines[LINES_MAX];
static size_t lines_n;

static int
by_key(const void *a, const void *b)
{
    const struct one *x = a, *y = b;
    int d = x->is_rare - y->is_rare;
    if (d == 0 && !x->is_rare)
        d = memcmp(x->key, y->key, KEY_BYTES);
    return d != 0 ? d : (x->c > y->c) - (x->c < y->c);
}

static void
die(const char *what, UErrorCode e)
{
    fprintf(stderr, "%s: %s\n", what, u_errorName(e));
    exit(70);
}

static UTransliterator *
transliterator(const char *id)
{
    UErrorCode e = U_ZERO_ERROR;
    UChar name[64];
    u_uastrcpy(name, id);
    UTransliterator *t = utrans_openU(name, -1, UTRANS_FORWARD, NULL, -1, NULL, &e);
    if (U_FAILURE(e))
        die(id, e);
    return t;
}

/* 女 → nǚ → nv; 0: ICU has no reading. */
static size_t
reading(UTransliterator *t, UChar32 c, char out[static 16])
{
    UErrorCode e = U_ZERO_ERROR;
    UChar text[64];
    int32_t n = 0, limit;
    size_t out_n = 0;
    U16_APPEND_UNSAFE(text, n, c);
    text[n] = 0;
    limit = n;
    utrans_transUChars(t, text, &n, 64, 0, &limit, &e);
    if (U_FAILURE(e))
        die("transliterate", e);
    for (int32_t i = 0; i < n; i++) {
        if (text[i] == 0x0308 && out_n > 0 && out[out_n - 1] == 'u') {
            out[out_n - 1] = 'v';
            continue;
        }
        if (text[i] >= 0x300 && text[i] < 0x370)
            continue; /* the tone */
        if (text[i] < 'a' || text[i] > 'z' || out_n == 15)
            return 0;
        out[out_n++] = (char)text[i];
    }
    out[out_n] = '\0';
    return out_n;
}

/* The last line, or a new one; of a rare character the last of its syllable. */
static void
add(const struct one *one, const char *syllable)
{
    size_t i = lines_n;
    while (i > 0 && strcmp(lines[i - 1].syllable, syllable) != 0 &&
           (one->is_rare || i == lines_n))
        i--;
    if (i == 0 || strcmp(lines[i - 1].syllable, syllable) != 0) {
        if (lines_n == LINES_MAX)
            exit(70);
        i = ++lines_n;
        memcpy(lines[i - 1].syllable, syllable, sizeof(lines[i - 1].syllable));
    }
    struct line *line = &lines[i - 1];
    int32_t n = 0;
    line->text = realloc(line->text, line->n + 5);
    if (line->text == NULL)
        exit(70);
    U8_APPEND_UNSAFE(line->text + line->n, n, one->c);
    line->n += (size_t)n;
}

int
main(void)
{
    UErrorCode e = U_ZERO_ERROR;
    UCollator *order = ucol_open("zh@collation=pinyin", &e);
    USet *known = U_FAILURE(e) ? NULL : ucol_getTailoredSet(order, &e);
    if (U_FAILURE(e))
        die("zh", e);
    UTransliterator *latin = transliterator("Han-Latin; NFD; Lower");
    size_t n = 0;
    char now[16];
    for (UChar32 c = 0x3400; c < 0x323b0; c++) {
        UChar text[2];
        int32_t text_n = 0;
        if (!u_hasBinaryProperty(c, UCHAR_UNIFIED_IDEOGRAPH) || n == CHARS_MAX)
            continue;
        U16_APPEND_UNSAFE(text, text_n, c);
        all[n].c = c;
        all[n].is_rare = !uset_contains(known, c);
        (void)ucol_getSortKey(order, text, text_n, all[n].key, KEY_BYTES);
        n++;
    }
    qsort(all, n, sizeof(*all), by_key);
    for (size_t i = 0; i < n; i++)
        if (reading(latin, all[i].c, now) > 0)
            add(&all[i], now);
    for (size_t i = 0; i < lines_n; i++)
        printf("%s %.*s\n", lines[i].syllable, (int)lines[i].n, lines[i].text);
    return 0;
}
