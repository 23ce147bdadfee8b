/* Days and dates after H. Hinnant, "chrono-compatible low-level date algorithms": years
 * begin in March, so that the leap day is the last of a year; 400 years repeat exactly.
 */
#include "schema/date.h"

#define ERA_DAYS 146097
#define ERA_YEARS 400
#define EPOCH_SHIFT 719468 /* 0000-03-01 to 1970-01-01 */

static int64_t
floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static bool
is_leap(int32_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

bool
date_is_real(const struct date *d)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    if (d->month < 1 || d->month > 12 || d->day < 1) {
        return false;
    }
    return d->day <= days[d->month - 1] + (d->month == 2 && is_leap(d->year));
}

int64_t
date_days(const struct date *d)
{
    int64_t year = (int64_t)d->year - (d->month <= 2);
    int64_t era = floor_div(year, ERA_YEARS);
    int64_t of_era = year - era * ERA_YEARS;
    int64_t month = d->month + (d->month > 2 ? -3 : 9);
    int64_t of_year = (153 * month + 2) / 5 + d->day - 1;
    int64_t day = of_era * 365 + of_era / 4 - of_era / 100 + of_year;

    return era * ERA_DAYS + day - EPOCH_SHIFT;
}

struct date
date_of(int64_t days)
{
    int64_t z = days + EPOCH_SHIFT;
    int64_t era = floor_div(z, ERA_DAYS);
    int64_t day = z - era * ERA_DAYS;
    int64_t of_era = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    int64_t of_year = day - (365 * of_era + of_era / 4 - of_era / 100);
    int64_t month = (5 * of_year + 2) / 153;
    struct date d;

    d.day = (uint8_t)(of_year - (153 * month + 2) / 5 + 1);
    d.month = (uint8_t)(month + (month < 10 ? 3 : -9));
    d.year = (int32_t)(of_era + era * ERA_YEARS + (d.month <= 2));
    return d;
}
