/* A file of record types or reports as a tree: every value a string, every key at most
 * once, each with its line. TYPES.md section 1.1 says how such files are written.
 * Schema/ only. */
#ifndef LINJULI_DATA_FILE_H
#define LINJULI_DATA_FILE_H

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

struct section;

/* Reads the file, whose text the tree goes on using; `root` outlives it too. The first
 * thing wrong is refused with file and line. */
enum rc data_file_open(const struct embed_file *file, const struct grammar *root,
                       struct section **out, struct fault *why) MUST_USE;
void data_file_close(struct section *root); /* NULL is fine */

/* The string, or NULL when the key does not stand there. */
const char *data_file_get(const struct section *s, const char *key);
/* Line of the key, or of the section's closing brace when the key is missing; 1 for the
 * file itself. */
uint32_t data_file_line(const struct section *s, const char *key);
unsigned data_file_n(const struct section *s, const char *kind); /* such sections in it */
const struct section *data_file_at(const struct section *s, const char *kind, unsigned i);
const struct section *data_file_titled(const struct section *s, const char *kind,
                                       const char *title);
const char *data_file_title(const struct section *s); /* NULL: it has none */
const char *data_file_kind(const struct section *s);

#endif
