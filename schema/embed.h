/* Files that are part of the program: record types, migrations, reports, readings of
 * characters (embed.sh makes them). */
#ifndef LINJULI_EMBED_H
#define LINJULI_EMBED_H

#include <stddef.h>

struct embed_file {
    const char *name; /* without folder; NULL closes the list */
    const unsigned char *p;
    size_t n; /* bytes; a NUL stands behind them */
};

extern const struct embed_file embed_types[];
extern const struct embed_file embed_sql[];
extern const struct embed_file embed_reports[];
extern const struct embed_file embed_pinyin[]; /* one: readings */

#endif
