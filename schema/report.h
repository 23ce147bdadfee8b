/* Reports as data (REPORTS.md): what is counted of which records, in which rows. What a
 * report says is a function of what the last seal covers and this node can read: whoever
 * holds the same says the same, byte for byte. */
#ifndef LINJULI_REPORT_H
#define LINJULI_REPORT_H

#include "schema/ledger.h"

#define REPORT_CONDITIONS_MAX 6
#define REPORT_CODES_MAX 16
#define REPORT_COLUMNS_MAX 24

enum condition_how {
    CONDITION_IS,  /* one of the codes; a bool: yes, no; a record: ones of that unit */
    CONDITION_NOT, /* the rest, also when nothing is said */
    CONDITION_OVER,
    CONDITION_UNDER,
    CONDITION_SET,
    CONDITION_UNSET
};
struct condition {
    const struct field *field; /* NULL: the state */
    enum condition_how how;
    uint16_t code[REPORT_CODES_MAX]; /* choices or states; a bool: 0, 1 */
    size_t codes_n;
    int64_t than;
};
struct conditions {
    struct condition c[REPORT_CONDITIONS_MAX];
    size_t n;
};

enum figure_kind {
    FIGURE_COUNT,    /* records */
    FIGURE_SUM,      /* of a field */
    FIGURE_RANGE,    /* smallest and largest of a field */
    FIGURE_DISTINCT, /* different values of a field */
    FIGURE_SEEN      /* of the nodes those that were heard of in `days` */
};
enum figure_when {
    WHEN_ANY,   /* as it stands, whatever the period */
    WHEN_FIELD, /* a date or time in the period */
    WHEN_MADE,  /* received in the period: the first seal over its first item */
    WHEN_STATE  /* its present state was received in the period */
};
struct figure {
    const char *name;
    struct label label;
    enum figure_kind kind;
    const struct type *type;   /* NULL: SEEN */
    const struct field *field; /* SUM, RANGE, DISTINCT */
    struct conditions where;
    struct conditions of; /* with has_of: a share; what is counted of what */
    bool has_of;
    enum figure_when when;
    const struct field *when_field;
    int64_t days;
    int64_t goal;  /* GOAL_NONE; else what the year's report named */
    int64_t scale; /* shown is the figure divided by this */
};
#define GOAL_NONE INT64_MIN

struct list { /* one line a record */
    const char *name;
    struct label label;
    const struct type *type;
    struct conditions where;
    enum figure_when when;
    const struct field *when_field;
    const struct field *field[REPORT_COLUMNS_MAX]; /* NULL: see `common` */
    enum list_column {
        LIST_FIELD,
        LIST_NUMBER,
        LIST_STATE,
        LIST_UNIT,
        LIST_COMPOUND,
        LIST_MADE,     /* day of receipt */
        LIST_TENTATIVE /* changed since the seal: 定/未定 */
    } common[REPORT_COLUMNS_MAX];
    size_t columns_n;
};

enum report_by { BY_NONE, BY_UNIT };
enum report_period { PERIOD_NONE, PERIOD_WEEK, PERIOD_MONTH, PERIOD_YEAR };
struct report {
    const char *name;
    struct label label;
    enum report_by by;
    enum report_period period; /* unless somebody says from when to when */
    struct figure *figure;
    size_t figures_n;
    struct list *list;
    size_t lists_n;
};
struct reports;

/* The files in name order, closed by a NULL name. The first thing wrong is refused with
 * file, place and line. The types outlive them. */
enum rc reports_parse(const struct embed_file *files, const struct types *types,
                      struct reports **out, struct fault *why) MUST_USE;
void reports_free(struct reports *r); /* NULL is fine */
size_t reports_n(const struct reports *r);
const struct report *reports_at(const struct reports *r, size_t i);
const struct report *report_by_name(const struct reports *r, const char *name);

#endif
