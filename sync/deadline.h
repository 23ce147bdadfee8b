/* Deadlines (schema/TYPES.md section 10): when something is due by a rule and a calendar,
 * and whether it was in time, from what seals say. No clock of a node that wrote decides
 * anything, so every node that holds the same seals says the same. Pure. */
#ifndef LINJULI_DEADLINE_H
#define LINJULI_DEADLINE_H

#include "crypto/crypto.h"

/* China has one civil time. All moments are ms since 1970-01-01 UTC, days since then by
 * this time. */
#define CIVIL_OFFSET_MS (UINT64_C(8) * 3600 * 1000)
#define CIVIL_DAY_MS (UINT64_C(24) * 3600 * 1000)
#define DUE_LENGTH_MAX 1000 /* of a rule, in whatever unit */

int64_t civil_day(uint64_t ms);
uint64_t civil_day_begin(int64_t day); /* its first ms; 0 for days before 1970 */

/* A day that is not what its weekday says: a holiday, a day that is made up for. */
struct special_day {
    int64_t day;
    bool works;
};
struct calendar {
    const struct special_day *day; /* ascending */
    size_t n;
};
bool calendar_works(const struct calendar *c, int64_t day);

enum due_unit { DUE_HOURS = 1, DUE_WORKING_DAYS, DUE_DAYS };
struct due_rule {
    enum due_unit unit;
    uint32_t length;    /* 1 to DUE_LENGTH_MAX */
    uint32_t extension; /* at most so much more, in the same unit; 0: none */
};
/* The first moment that is too late, `length` units after this one. Hours by the clock;
 * days to the end of the last, the day it began not counted; a last day (of DUE_DAYS) on
 * which nobody works passes the end on to the next on which somebody does. */
uint64_t due_after(const struct calendar *c, enum due_unit unit, uint32_t length,
                   uint64_t from_ms);

/* When something was done: not before what its entry's mark names, not after the first
 * seal that covers it; and what the paper says, a stretch of time. */
struct bracket {
    uint64_t from, to;
    bool has_stated;
    uint64_t stated_from, stated_to; /* stated_to: the first moment behind it */
};
enum in_time { TIME_UNCLEAR, TIME_BEFORE, TIME_AFTER };
/* Before `end` or after: what the bracket proves; else the paper, if it lies in the
 * bracket; else nobody can say. */
enum in_time bracket_in_time(const struct bracket *b, uint64_t end);

enum due_verdict { DUE_RUNNING, DUE_ON_TIME, DUE_LATE, DUE_UNDETERMINED };
const char *due_verdict_name(enum due_verdict v); /* "on_time"; static */

struct due_case {
    struct due_rule rule;
    uint64_t begin; /* receipt: the first seal that covers the step it runs from */
    bool is_done;
    struct bracket done;
    bool is_extended; /* granted; */
    struct bracket asked;
    bool has_until; /* the grant says until when; it is no more than the rule allows */
    uint64_t until;
    uint64_t as_of; /* of the newest seal */
};
struct due {
    uint64_t end;      /* first moment that is too late, without what was granted */
    uint64_t extended; /* with it; 0: nothing was, or it was asked for too late */
    enum in_time asked;
    enum due_verdict verdict;
    bool is_open; /* LATE: and still not done */
};
void due_judge(const struct calendar *c, const struct due_case *is, struct due *out);

/* One version of a rule: in force from the seal that covers its move there. Of those the
 * newest that was in force at `begin`, and of equal ones that with the higher version;
 * -1: none. */
struct due_version {
    uint64_t from;
    uint32_t version;
};
int due_version_at(const struct due_version *v, size_t n, uint64_t begin);

#endif
