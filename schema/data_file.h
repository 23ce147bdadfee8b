/* A file of record types or reports as libconfuse's tree: every value a string, every key
 * at most once, each with its line. TYPES.md section 1.1 says how such files are written.
 * Schema/ only. */
#ifndef LINJULI_DATA_FILE_H
#define LINJULI_DATA_FILE_H

#include <confuse.h>

#include "schema/embed.h"
#include "schema/fault.h"

#define DATA_FILE_BYTES_MAX 65536

enum grammar_how { GRAMMAR_ONCE, GRAMMAR_MANY, GRAMMAR_TITLED /* each with its name */ };
/* What may stand in a section. */
struct grammar {
    const char *name;             /* NULL closes a list */
    const char *const *key;       /* closed by NULL */
    const struct grammar *inside; /* sections in it; NULL: none */
    enum grammar_how how;
};

/* Refuses everything that is not the small language of such files before libconfuse sees
 * a byte: no escape, no variable, no include. `root` outlives the tree. */
enum rc data_file_open(const struct embed_file *file, const struct grammar *root,
                       cfg_t **out, struct fault *why) MUST_USE;
void data_file_close(cfg_t *root); /* NULL is fine */

/* The string, or NULL when the key does not stand there. */
const char *data_file_get(cfg_t *section, const char *key);
/* Line of the key, or of the section's closing brace when the key is missing; 1 for the
 * file itself. */
uint32_t data_file_line(cfg_t *section, const char *key);
unsigned data_file_n(cfg_t *section, const char *kind); /* sections of that kind in it */
cfg_t *data_file_at(cfg_t *section, const char *kind, unsigned i);
cfg_t *data_file_titled(cfg_t *section, const char *kind, const char *title);

#endif
