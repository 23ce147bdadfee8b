/* Private to the files of the stick. */
#ifndef LINJULI_STICK_IN_H
#define LINJULI_STICK_IN_H

#include "schema/ledger_in.h"
#include "schema/stick.h"

/* stick.c: what came of others' logs is carried on. */
enum rc stick_carry(struct ledger *l, const struct key *log, uint64_t since,
                    uint64_t seq) MUST_USE;
/* The log that a row of a bundle's head is about; false: none here. */
bool stick_find(const struct replica *r, const struct bundle_row *row, struct key *out);

#endif
