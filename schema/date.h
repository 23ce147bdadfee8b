/* Civil dates by integer arithmetic: no time zone, no locale, no C library clock. */
#ifndef LINJULI_DATE_H
#define LINJULI_DATE_H

#include <stdbool.h>
#include <stdint.h>

struct date {
    int32_t year;
    uint8_t month, day; /* from 1 */
};

bool date_is_real(const struct date *d); /* proleptic Gregorian */
int64_t date_days(const struct date *d); /* since 1970-01-01, of a real date */
struct date date_of(int64_t days);

#endif
