/* Private to held*.c. */
#ifndef LINJULI_REVIEW_IN_H
#define LINJULI_REVIEW_IN_H

#include "schema/fold.h"
#include "schema/review.h"

#define HELD_TYPE "held_review"
enum { REVIEW_PLACE = 10, REVIEW_WORDS, REVIEW_LEFT_OUT }; /* its fields */
enum { REVIEW_ADOPTED = 1, REVIEW_DECLINED };              /* its states */

/* The record that answers, as it stands; key set and nothing else: there is none. */
enum rc review_read(struct ledger *l, const struct review_row *row,
                    struct image *out) MUST_USE;

#endif
