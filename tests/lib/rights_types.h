/* The record types of this release, and those of tests/golden/rights: a purse, a
 * handout that costs its points, a bonus that adds some. */
#ifndef LINJULI_TEST_RIGHTS_TYPES_H
#define LINJULI_TEST_RIGHTS_TYPES_H

#include "schema/embed.h"

const struct embed_file *rights_types(void); /* closed by a NULL name; read once */

#endif
