/* What goes to people and to scripts: escaped text, times, numbers, JSON. */
#ifndef LINJULI_CLI_OUT_H
#define LINJULI_CLI_OUT_H

#include <jansson.h>

#include "cli/words.h"
#include "schema/schema.h"

#define TIME_TEXT_BYTES 32

/* Data for a terminal: what hides, reorders or commands becomes \xNN. `lines`: newline
 * and tab may stay. */
void out_escaped(struct buf *out, struct slice text, bool lines);
/* Text inside HTML or SVG. */
void out_markup(struct buf *out, struct slice text);
void out_number(char *out, size_t size, uint64_t n);
/* 2026-11-24 08:30, local; "-" for 0 and for what is no time. */
void out_time(uint64_t ms, char out[static TIME_TEXT_BYTES]);
/* 11月24日 08:30, in another year than this 2025年11月24日 08:30; in English as out_time.
 * Without the hour: `day`. */
void out_moment(uint64_t ms, bool day, enum lang lang, char out[static TIME_TEXT_BYTES]);
/* Pads with blanks, one at least, to `columns` on a terminal, where a Chinese character
 * takes two. */
void out_padded(struct buf *out, const char *text, size_t columns);
size_t out_columns(const char *text);

/* One document, keys sorted, newline behind; takes the reference. */
void out_json(struct buf *out, json_t *json);
/* A JSON string of data: valid UTF-8 without what hides or reorders. */
json_t *json_of_text(struct slice text);
json_t *json_of_hex(const void *p, size_t n);
json_t *json_of_unit(uint32_t unit); /* "0302" */
json_t *json_of_time(uint64_t ms);   /* ms since 1970, or null for 0 */
json_t *json_of_u64(uint64_t n);

#endif
