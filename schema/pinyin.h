/* Chinese text by its pinyin: found by initials or syllables, and sorted.
 *
 * Readings and order are ICU's (transliterator Han-Latin, collation zh pinyin), written
 * down once in pinyin/readings by `make pinyin`, so that every node finds and sorts alike
 * whatever ICU it has or has not. Nothing is stored beside the records: what was erased
 * has no initials left anywhere.
 *
 * pinyin/readings: lines in the order of the collation; a syllable in a-z (v for ü), a
 * blank, the characters, next to each other. Rare ones that the collation does not know
 * come last in their syllable. */
#ifndef LINJULI_PINYIN_H
#define LINJULI_PINYIN_H

#include "crypto/crypto.h"

#define PINYIN_LETTERS_MAX 40

struct pinyin;
struct pinyin *pinyin_new(void); /* about a millisecond */
void pinyin_free(struct pinyin *p);

struct pinyin_query {
    char letter[PINYIN_LETTERS_MAX];
    size_t n; /* 0: what is asked for is not letters alone */
};
/* wf, wangfang, WangFang, wang fang, wang'fang */
void pinyin_query(struct slice text, struct pinyin_query *out);
/* Does some run of characters in the text read like that? Each may be given by its
 * initial (zh, ch and sh too) or its syllable, the last one by the beginning of it. A
 * character that is read in several ways, or otherwise as a surname, is found by each. */
bool pinyin_has(const struct pinyin *p, const struct pinyin_query *q, struct slice text);
/* <0, 0, >0: signs and digits, Chinese by pinyin, letters of either case. A short text
 * begins with a surname: 单 is sorted as shan. */
int pinyin_cmp(const struct pinyin *p, struct slice a, struct slice b);
/* The first reading of a character, or NULL; borrowed, not closed by a NUL. */
const char *pinyin_of(const struct pinyin *p, uint32_t c, size_t *n);

#endif
