/* What a report says, as of the last seal (REPORTS.md section 2). */
#ifndef LINJULI_REPORT_RUN_H
#define LINJULI_REPORT_RUN_H

#include "schema/report.h"
#include "schema/text.h"

struct report_span { /* days since 1970-01-01, both within; has false: no period */
    bool has;
    int64_t from, to;
};
/* The report's own period that the day lies in. */
struct report_span report_span_of(const struct report *r, int64_t day);

struct report_cell {
    uint64_t n; /* COUNT, DISTINCT, SEEN: what is counted; SUM, RANGE: records with it */
    uint64_t of_n; /* a share: of how many */
    int64_t sum;   /* stops at the ends of 64 bits */
    int64_t low, high;
};
struct report_line { /* BY_NONE: one; BY_UNIT: the groups by code, then all */
    uint32_t unit;
    bool is_total;
    char name[96];              /* of the unit */
    char compound[96];          /* of the unit above it, or "" */
    bool is_silent;             /* nothing of its logs was received in the period */
    int64_t last_day;           /* of what was received last; INT64_MIN: nothing ever */
    struct report_cell *sealed; /* by figure */
    struct report_cell *now;    /* the same with what is not sealed yet */
};
struct report_entry { /* one line of a list */
    uint32_t unit;
    int64_t number;
    uint8_t id[RECORD_ID_BYTES];
    struct buf *cell; /* by column, as text */
};
struct report_table {
    struct report_entry *entry;
    size_t n, cap;
    size_t columns_n;
};

struct report_result {
    uint32_t seal_no; /* 0: nothing is sealed yet */
    uint64_t seal_ms;
    struct report_span span;
    struct report_line *line;
    size_t lines_n;
    struct report_table *table; /* by list */
    size_t figures_n, tables_n; /* as in the report */
};
/* unit: only this one's records, UINT32_MAX for all. */
enum rc report_run(struct ledger *l, const struct report *r,
                   const struct report_span *span, uint32_t unit, enum text_lang lang,
                   struct report_result **out) MUST_USE;
void report_result_free(struct report_result *r); /* NULL is fine */

#endif
