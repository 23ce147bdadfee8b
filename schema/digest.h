/* What this node's tables say, as a hash a scope (TYPES.md section 5). Schema/ only;
 * others call ledger_digest. */
#ifndef LINJULI_DIGEST_H
#define LINJULI_DIGEST_H

#include "schema/fold.h"

/* Appends what the digest hashes of one record. */
void digest_record(const struct image *im, struct buf *out);

#endif
