/* Records as people and scripts see them. */
#ifndef LINJULI_CLI_SHOW_H
#define LINJULI_CLI_SHOW_H

#include <jansson.h>

#include "cli/cli.h"

/* A value as text; references by number. `lines`: newlines may stay. */
void value_add(struct cli *c, const struct type *t, const struct field *f,
               struct slice value, bool lines, struct buf *out);
json_t *value_json(struct cli *c, const struct type *t, const struct field *f,
                   struct slice value);
/* Is there anything in it? A field that was emptied has a value that says so. */
bool value_is_filled(const struct field *f, struct slice value);
/* The one-line name of a record: its title field. */
void title_add(struct cli *c, const struct record_row *r, struct buf *out);
/* One line of a list; `typed`: the type's label too. */
void row_add(struct cli *c, const struct record_row *r, bool typed);
/* Everything about it. */
void record_add(struct cli *c, const struct record_row *r);
json_t *record_json(struct cli *c, const struct record_row *r);

/* The label in the person's language. */
const char *label_of(const struct cli *c, const struct label *label, const char *name);
const char *type_label(const struct cli *c, const struct type *t);

/* Collects rows: text into c->out, or a JSON array. */
struct rows {
    struct cli *c;
    json_t *json; /* NULL: text */
    bool typed;
    uint64_t n;
};
bool rows_show(void *arg, const struct record_row *r);
/* A line that says how many, or the document. */
void rows_done(struct rows *rows);

#endif
