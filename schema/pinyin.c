/* Pinyin of characters, and what is found and sorted by it. */
#include "schema/pinyin.h"

#include <assert.h>
#include <string.h>

#include "schema/embed.h"

#define CHARS_END 0x32400u /* behind the last block of Chinese characters */
#define SYLLABLES_MAX 1024
#define OTHERS_MAX 256
#define SURNAME_CHARS_MAX 4 /* longer ones are no names */

struct syllable {
    const char *text;
    uint8_t n;
    uint16_t last; /* rank of its last character */
};
struct other { /* another reading */
    uint32_t c;
    uint16_t syllable; /* number in the list, from 1 */
    bool is_surname;
};
struct one {
    uint16_t syllable; /* number in the list, from 1; 0: none */
    uint16_t rank;
};
struct pinyin {
    struct one of[CHARS_END];
    struct syllable syllable[SYLLABLES_MAX];
    size_t syllables_n;
    struct other other[OTHERS_MAX];
    size_t others_n;
};

/* What ICU, which knows one reading a character, does not: surnames first, then
 * characters of names and places that are read in two ways. */
static const char *const surnames[] = {
    "单shan", "解xie",  "仇qiu",   "区ou",   "查zha",  "曾zeng", "尉yu",    "朴piao",
    "盖ge",   "乐yue",  "翟zhai",  "缪miao", "冼xian", "覃qin",  "种chong", "宓fu",
    "秘bi",   "员yun",  "折she",   "召shao", "黑he",   "能nai",  "隗kui",   "洗xian",
    "祭zhai", "万wan",  "澹tan",   "逄pang", "佴nai",  "谌chen", "那na",    "任ren",
    "石shi",  "沈shen", "长zhang", "车che",  "贾jia",  "柏bai",  "薄bo",    "藏zang"};
static const char *const doubles[] = {
    "重chong", "重zhong", "长chang", "行hang",  "行xing",   "朝chao",   "朝zhao",
    "调diao",  "调tiao",  "传chuan", "传zhuan", "藏cang",   "弹tan",    "弹dan",
    "会hui",   "会kuai",  "乐le",    "率lv",    "率shuai",  "模mo",     "模mu",
    "强qiang", "强jiang", "省sheng", "省xing",  "都dou",    "都du",     "还hai",
    "还huan",  "大da",    "大dai",   "降jiang", "降xiang",  "角jiao",   "角jue",
    "卡ka",    "卡qia",   "车ju",    "称cheng", "称chen",   "乘cheng",  "乘sheng",
    "薄bao",   "柏bo",    "阿a",     "阿e",     "茜qian",   "茜xi",     "娜na",
    "娜nuo",   "堡bao",   "堡bu",    "堡pu",    "厦sha",    "厦xia",    "校xiao",
    "校jiao",  "便bian",  "便pian",  "参can",   "参shen",   "差cha",    "差chai",
    "落luo",   "落la",    "绿lv",    "绿lu",    "露lu",     "露lou",    "六liu",
    "六lu",    "泊bo",    "泊po",    "单dan",   "单chan",   "解jie",    "仇chou",
    "区qu",    "查cha",   "曾ceng",  "尉wei",   "朴pu",     "盖gai",    "覃tan",
    "种zhong", "召zhao",  "黑hei",   "能neng",  "万mo",     "什shi",    "什shen",
    "地di",    "地de",    "数shu",   "量liang", "处chu",    "间jian",   "好hao",
    "教jiao",  "觉jue",   "觉jiao",  "看kan",   "累lei",    "难nan",    "铺pu",
    "曲qu",    "塞sai",   "塞se",    "散san",   "色se",     "扇shan",   "舍she",
    "系xi",    "系ji",    "削xue",   "压ya",    "应ying",   "载zai",    "着zhe",
    "着zhao",  "只zhi",   "中zhong", "转zhuan", "幢zhuang", "幢chuang", "弄nong",
    "弄long",  "圳zhen",  "埔bu",    "埔pu",    "蚌beng",   "蚌bang",   "亳bo"};

/* ---- characters */

/* Of valid UTF-8; *at moves behind it. */
static uint32_t
next_char(struct slice s, size_t *at)
{
    uint8_t b = s.p[(*at)++];
    unsigned more = b < 0xc0 ? 0 : b < 0xe0 ? 1 : b < 0xf0 ? 2 : 3;
    uint32_t c = more == 0 ? b : b & (0x3fu >> more);
    while (more-- > 0 && *at < s.n)
        c = c << 6 | (s.p[(*at)++] & 0x3fu);
    return c;
}

static uint32_t
lower(uint32_t c)
{
    return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

static const struct one *
one_of(const struct pinyin *p, uint32_t c)
{
    static const struct one none;
    return c < CHARS_END ? &p->of[c] : &none;
}

/* ---- the table */

static uint16_t
syllable_of(struct pinyin *p, const char *text, size_t n)
{
    for (size_t i = 0; i < p->syllables_n; i++)
        if (p->syllable[i].n == n && memcmp(p->syllable[i].text, text, n) == 0)
            return (uint16_t)(i + 1);
    assert(p->syllables_n < SYLLABLES_MAX && n > 0 && n < 8);
    p->syllable[p->syllables_n++] = (struct syllable){.text = text, .n = (uint8_t)n};
    return (uint16_t)p->syllables_n;
}

static void
read_table(struct pinyin *p, struct slice s)
{
    uint16_t rank = 0;
    for (size_t at = 0; at < s.n; at++) { /* at: behind a newline */
        size_t from = at;
        while (s.p[at] != ' ')
            at++;
        uint16_t syllable = syllable_of(p, (const char *)s.p + from, at - from);
        at++;
        while (s.p[at] != '\n') {
            uint32_t c = next_char(s, &at);
            assert(c < CHARS_END && rank < UINT16_MAX);
            p->of[c] = (struct one){.syllable = syllable, .rank = ++rank};
        }
        p->syllable[syllable - 1].last = rank;
    }
}

static void
read_others(struct pinyin *p, const char *const *list, size_t n, bool is_surname)
{
    for (size_t i = 0; i < n; i++) {
        struct slice s = slice_text(list[i]);
        size_t at = 0;
        uint32_t c = next_char(s, &at);
        uint16_t syllable = syllable_of(p, list[i] + at, s.n - at);
        if (one_of(p, c)->syllable == syllable)
            continue;
        assert(p->others_n < OTHERS_MAX);
        p->other[p->others_n++] = (struct other){c, syllable, is_surname};
    }
}

struct pinyin *
pinyin_new(void)
{
    struct pinyin *p = mem_new(sizeof(*p));
    read_table(p, slice_of(embed_pinyin[0].p, embed_pinyin[0].n));
    read_others(p, surnames, sizeof(surnames) / sizeof(surnames[0]), true);
    read_others(p, doubles, sizeof(doubles) / sizeof(doubles[0]), false);
    return p;
}

void
pinyin_free(struct pinyin *p)
{
    mem_free(p);
}

const char *
pinyin_of(const struct pinyin *p, uint32_t c, size_t *n)
{
    const struct one *o = one_of(p, c);
    if (o->syllable == 0)
        return NULL;
    *n = p->syllable[o->syllable - 1].n;
    return p->syllable[o->syllable - 1].text;
}

/* ---- finding */

void
pinyin_query(struct slice text, struct pinyin_query *out)
{
    out->n = 0;
    for (size_t i = 0; i < text.n; i++) {
        uint32_t c = lower(text.p[i]);
        if (c == ' ' || c == '\'')
            continue;
        if (c < 'a' || c > 'z' || out->n == PINYIN_LETTERS_MAX) {
            out->n = 0;
            return;
        }
        out->letter[out->n++] = (char)c;
    }
}

/* People type v or u for ü. */
static bool
is_same(const char *typed, const char *syllable, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (typed[i] != syllable[i] && !(typed[i] == 'u' && syllable[i] == 'v'))
            return false;
    return true;
}

/* States are bits: how many letters have been used up by the characters so far. */
static uint64_t
step_syllable(const struct pinyin_query *q, uint64_t states, const struct syllable *s)
{
    uint64_t next = 0;
    bool is_double = s->n > 1 && s->text[1] == 'h' && strchr("zcs", s->text[0]) != NULL;
    for (size_t at = 0; at < q->n; at++) {
        size_t left = q->n - at;
        const char *typed = q->letter + at;
        if ((states >> at & 1) == 0 || !is_same(typed, s->text, 1))
            continue;
        next |= UINT64_C(1) << (at + 1);
        if (is_double && left >= 2 && typed[1] == 'h')
            next |= UINT64_C(1) << (at + 2);
        size_t n = left < s->n ? left : s->n;
        if (is_same(typed, s->text, n))
            next |= UINT64_C(1) << (at + n);
    }
    return next;
}

static uint64_t
step_letter(const struct pinyin_query *q, uint64_t states, uint32_t c)
{
    uint64_t next = 0;
    for (size_t at = 0; at < q->n; at++)
        if ((states >> at & 1) != 0 && (uint32_t)(unsigned char)q->letter[at] == c)
            next |= UINT64_C(1) << (at + 1);
    return next;
}

static uint64_t
step(const struct pinyin *p, const struct pinyin_query *q, uint64_t states, uint32_t c)
{
    const struct one *o = one_of(p, c);
    uint64_t next = 0;
    if (o->syllable == 0)
        return step_letter(q, states, lower(c));
    next = step_syllable(q, states, &p->syllable[o->syllable - 1]);
    for (size_t i = 0; i < p->others_n; i++)
        if (p->other[i].c == c)
            next |= step_syllable(q, states, &p->syllable[p->other[i].syllable - 1]);
    return next;
}

bool
pinyin_has(const struct pinyin *p, const struct pinyin_query *q, struct slice text)
{
    uint64_t states = 0;
    for (size_t at = 0; q->n > 0 && at < text.n;) {
        uint32_t c = next_char(text, &at);
        if (c == ' ' || c == 0xb7) /* 买买提·丁 */
            continue;
        states = step(p, q, states | 1, c);
        if ((states >> q->n & 1) != 0)
            return true;
    }
    return false;
}

/* ---- sorting */

static size_t
chars_of(struct slice s)
{
    size_t n = 0;
    for (size_t at = 0; at < s.n; n++)
        (void)next_char(s, &at);
    return n;
}

/* Where the character stands; surnames between the last of their syllable and the next.
 */
static uint32_t
place_of(const struct pinyin *p, uint32_t c, bool is_surname)
{
    const struct one *o = one_of(p, c);
    if (o->syllable == 0)
        return c < 'A' || (c > 'Z' && c < 'a') ? c : 0x1000000 + lower(c);
    for (size_t i = 0; is_surname && i < p->others_n; i++)
        if (p->other[i].c == c && p->other[i].is_surname)
            return 0x200001 + 2u * p->syllable[p->other[i].syllable - 1].last;
    return 0x200000 + 2u * o->rank;
}

int
pinyin_cmp(const struct pinyin *p, struct slice a, struct slice b)
{
    bool a_is = chars_of(a) <= SURNAME_CHARS_MAX, b_is = chars_of(b) <= SURNAME_CHARS_MAX;
    size_t i = 0, k = 0;
    while (i < a.n && k < b.n) {
        bool is_first = i == 0;
        uint32_t x = place_of(p, next_char(a, &i), is_first && a_is);
        uint32_t y = place_of(p, next_char(b, &k), is_first && b_is);
        if (x != y)
            return x < y ? -1 : 1;
    }
    if (i < a.n || k < b.n)
        return k < b.n ? -1 : 1;
    return slice_cmp(a, b);
}
