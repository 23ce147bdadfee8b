/* Between schema/report_*.c only. */
#ifndef LINJULI_REPORT_IN_H
#define LINJULI_REPORT_IN_H

#include "schema/asof.h"
#include "schema/report_run.h"

/* A value that is to be counted once. */
struct report_mark {
    uint32_t figure, line;
    bool now;
    uint8_t of[16]; /* SHA-256 of the value, cut */
};

struct report_work {
    struct ledger *l;
    const struct report *report;
    struct asof *asof;
    struct report_span span;
    uint32_t unit;
    enum text_lang lang;
    struct report_result *out;
    struct report_mark *mark;
    size_t marks_n, marks_cap;
    /* of the row at hand */
    const struct type *type;
    bool now;
    enum rc rc;
};

bool conditions_hold(const struct conditions *all, const struct asof_row *r);
/* Is the row in the period? */
enum rc report_is_in(struct report_work *w, const struct asof_row *r,
                     enum figure_when when, const struct field *field, bool *in) MUST_USE;
/* The lines, without their cells: the groups, and the total. */
enum rc report_lines(struct report_work *w) MUST_USE; /* report_unit.c */
enum rc report_lists(struct report_work *w) MUST_USE; /* report_list.c */

#endif
