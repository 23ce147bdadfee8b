/* Every word that people read, in one place (words.def): Chinese first, English second.
 * Places for arguments are %1 to %9, so that each language has its own order; %% is a
 * percent sign. */
#ifndef LINJULI_WORDS_H
#define LINJULI_WORDS_H

#include "schema/schema.h"

enum lang { LANG_ZH, LANG_EN };

enum word {
#define X(id, zh, en) WORD_##id,
#include "cli/words.def"
#undef X
    WORD_N
};

#define WORD_ARGS_MAX 9

const char *word_of(enum word w, enum lang lang);
const char *word_name(enum word w); /* its id, for tests */
/* The words with their arguments in place, appended. Arguments are escaped on the way: a
 * stored name does not drive the terminal. A missing argument is nothing. */
void word_add(struct buf *out, enum word w, enum lang lang, const char *const *arg,
              size_t n);

/* From LINJULI_LANG, else LC_ALL, LC_MESSAGES, LANG; Chinese unless they begin with "en".
 */
enum lang lang_of_environment(void);
enum lang lang_of_name(const char *name); /* NULL: Chinese */
const char *lang_name(enum lang lang);

/* A fault as sentences that say what and where and what to do, appended. `rc` speaks
 * where the fault is about something else or nothing (NULL). */
void fault_say(const struct fault *f, enum rc rc, enum lang lang, struct buf *out);
enum word fault_word(enum fault_code code);
enum word close_word(enum close_reason reason);
enum word rc_word(enum rc rc);
enum word role_word(enum role role);

#endif
