/* One type file as libconfuse's tree: every value a string, every key at most once, each
 * with its line. TYPES.md section 1 says what may stand in it. Schema/ only. */
#ifndef LINJULI_TYPE_FILE_H
#define LINJULI_TYPE_FILE_H

#include <confuse.h>

#include "schema/embed.h"
#include "schema/fault.h"

#define TYPE_FILE_BYTES_MAX 65536

/* Refuses everything that is not the small language of type files before libconfuse sees
 * a byte: no escape, no variable, no include. */
enum rc type_file_open(const struct embed_file *file, cfg_t **out,
                       struct fault *why) MUST_USE;
void type_file_close(cfg_t *root); /* NULL is fine */

/* The string, or NULL when the key does not stand there. */
const char *type_file_get(cfg_t *section, const char *key);
/* Line of the key, or of the section's closing brace when the key is missing; 1 for the
 * file itself. */
uint32_t type_file_line(cfg_t *section, const char *key);
unsigned type_file_n(cfg_t *section, const char *kind); /* sections of that kind in it */
cfg_t *type_file_at(cfg_t *section, const char *kind, unsigned i);
cfg_t *type_file_titled(cfg_t *section, const char *kind, const char *title);

#endif
