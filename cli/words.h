/* Every word that people read, in one place: Chinese first, English second. Formats are
 * printf's; both languages take the same arguments in the same order. */
#ifndef LINJULI_WORDS_H
#define LINJULI_WORDS_H

#include "schema/fault.h"

enum lang { LANG_ZH, LANG_EN };

enum word {
#define X(id, zh, en) WORD_##id,
#include "cli/words.def"
#undef X
    WORD_N
};

const char *word_of(enum word w, enum lang lang);
/* From LINJULI_LANG, else LC_ALL, LC_MESSAGES, LANG; Chinese unless they begin with "en".
 */
enum lang lang_of_environment(void);
enum lang lang_of_name(const char *name);
const char *lang_name(enum lang lang);
/* A fault as one sentence that says what and where and what to do, appended. */
void fault_say(const struct fault *f, enum lang lang, struct buf *out);

#endif
