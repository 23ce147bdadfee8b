#include "cli/check_words.h"

/* 16 × 16 words of two characters, by the halves of a byte. No two of one column sound
 * alike, with or without tones. */
static const char *const first[16][2] = {
    {"青", "qing"},  {"白", "bai"},  {"红", "hong"},   {"大", "da"},
    {"小", "xiao"},  {"新", "xin"},  {"老", "lao"},    {"高", "gao"},
    {"长", "chang"}, {"南", "nan"},  {"春", "chun"},   {"秋", "qiu"},
    {"金", "jin"},   {"明", "ming"}, {"双", "shuang"}, {"远", "yuan"}};
static const char *const second[16][2] = {
    {"山", "shan"}, {"水", "shui"},  {"石", "shi"},  {"花", "hua"},
    {"草", "cao"},  {"树", "shu"},   {"茶", "cha"},  {"鸟", "niao"},
    {"马", "ma"},   {"鱼", "yu"},    {"桥", "qiao"}, {"门", "men"},
    {"灯", "deng"}, {"船", "chuan"}, {"田", "tian"}, {"云", "yun"}};

void
check_words_add(struct buf *out, const struct hash *hash, enum lang lang)
{
    unsigned column = lang == LANG_EN ? 1 : 0;
    for (size_t i = 0; i < CHECK_WORDS_N; i++)
        buf_addf(out, "%s%s%s", i > 0 ? " · " : "", first[hash->b[i] >> 4][column],
                 second[hash->b[i] & 15][column]);
}
