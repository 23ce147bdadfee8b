/* Private to crypto/: the check below sign_check, so that public test vectors, which know
 * no tag, go through the very same code. */
#ifndef LINJULI_SIGN_RAW_H
#define LINJULI_SIGN_RAW_H

#include "key.h"

/* Ed25519 of `sig` over the message as it stands; false for any length but SIG_BYTES. */
bool sign_check_raw(struct slice message, struct slice sig,
                    const struct key *by) MUST_USE;

#endif
