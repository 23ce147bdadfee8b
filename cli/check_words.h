/* Four plain words for 32 bits of a hash: two people read them to each other. */
#ifndef LINJULI_CLI_CHECK_WORDS_H
#define LINJULI_CLI_CHECK_WORDS_H

#include "cli/words.h"

#define CHECK_WORDS_N 4

/* "青山 · 白树 · 新桥 · 春茶", in English their sound: "qingshan · baishu · ...". */
void check_words_add(struct buf *out, const struct hash *hash, enum lang lang);

#endif
