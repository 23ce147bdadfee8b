/* Deadlines: days, ends, verdicts. */
#include "sync/deadline.h"

#define HOUR_MS (UINT64_C(3600) * 1000)
#define IDLE_DAYS_MAX 400 /* in a row; a calendar that says more is wrong */

int64_t
civil_day(uint64_t ms)
{
    return (int64_t)((ms + CIVIL_OFFSET_MS) / CIVIL_DAY_MS);
}

uint64_t
civil_day_begin(int64_t day)
{
    return day <= 0 ? 0 : (uint64_t)day * CIVIL_DAY_MS - CIVIL_OFFSET_MS;
}

bool
calendar_works(const struct calendar *c, int64_t day)
{
    size_t lo = 0;
    size_t hi = c->n;
    int64_t weekday = ((day + 3) % 7 + 7) % 7; /* 1970-01-01 was a Thursday; 0: Monday */

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (c->day[mid].day < day) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo < c->n && c->day[lo].day == day ? c->day[lo].works : weekday < 5;
}

/* The first day from this one on that is worked on. */
static int64_t
next_worked(const struct calendar *c, int64_t day)
{
    for (int i = 0; i < IDLE_DAYS_MAX && !calendar_works(c, day); i++) {
        day++;
    }
    return day;
}

uint64_t
due_after(const struct calendar *c, enum due_unit unit, uint32_t length, uint64_t from_ms)
{
    int64_t day = civil_day(from_ms);

    switch (unit) {
    case DUE_HOURS:
        return from_ms + length * HOUR_MS;
    case DUE_WORKING_DAYS:
        for (uint32_t i = 0; i < length; i++) {
            day = next_worked(c, day + 1);
        }
        break;
    case DUE_DAYS:
        day = next_worked(c, day + length);
        break;
    }
    return civil_day_begin(day + 1);
}

enum in_time
bracket_in_time(const struct bracket *b, uint64_t end)
{
    if (b->to < end) {
        return TIME_BEFORE;
    }
    if (b->from >= end) {
        return TIME_AFTER;
    }
    if (!b->has_stated || b->stated_to <= b->from || b->stated_from > b->to) {
        return TIME_UNCLEAR;
    }
    if (b->stated_to <= end) {
        return TIME_BEFORE;
    }
    return b->stated_from >= end ? TIME_AFTER : TIME_UNCLEAR;
}

const char *
due_verdict_name(enum due_verdict v)
{
    static const char *const name[] = {[DUE_RUNNING] = "running",
                                       [DUE_ON_TIME] = "on_time",
                                       [DUE_LATE] = "late",
                                       [DUE_UNDETERMINED] = "undetermined"};

    return (size_t)v < sizeof(name) / sizeof(name[0]) ? name[v] : "?";
}

static enum due_verdict
judge_by(const struct due_case *is, uint64_t end)
{
    if (!is->is_done) {
        return is->as_of < end ? DUE_RUNNING : DUE_LATE;
    }
    switch (bracket_in_time(&is->done, end)) {
    case TIME_BEFORE:
        return DUE_ON_TIME;
    case TIME_AFTER:
        return DUE_LATE;
    case TIME_UNCLEAR:
        break;
    }
    return DUE_UNDETERMINED;
}

/* More time counts if it was asked for before the end. Where nobody can say when it was,
 * nobody can say more than both ways have in common. */
void
due_judge(const struct calendar *c, const struct due_case *is, struct due *out)
{
    uint64_t most = 0;

    *out = (struct due){.end = due_after(c, is->rule.unit, is->rule.length, is->begin)};
    out->verdict = judge_by(is, out->end);
    if (is->is_extended && is->rule.extension > 0) {
        most =
            due_after(c, is->rule.unit, is->rule.length + is->rule.extension, is->begin);
        if (is->has_until && is->until < most) {
            most = is->until > out->end ? is->until : out->end;
        }
        out->asked = bracket_in_time(&is->asked, out->end);
    }
    if (out->asked == TIME_BEFORE) {
        out->extended = most;
        out->verdict = judge_by(is, most);
    } else if (most > 0 && out->asked == TIME_UNCLEAR) {
        out->extended = most;
        if (judge_by(is, most) != out->verdict) {
            out->verdict = DUE_UNDETERMINED;
        }
    }
    out->is_open = out->verdict == DUE_LATE && !is->is_done;
}

int
due_version_at(const struct due_version *v, size_t n, uint64_t begin)
{
    int best = -1;

    for (size_t i = 0; i < n; i++) {
        if (v[i].from > begin) {
            continue;
        }
        if (best < 0 || v[i].from > v[best].from ||
            (v[i].from == v[best].from && v[i].version > v[best].version)) {
            best = (int)i;
        }
    }
    return best;
}
