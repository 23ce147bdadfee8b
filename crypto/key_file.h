/* Private to crypto/: a key file whose salt and nonce come from outside, for the worked
 * examples in KEYS.md. */
#ifndef LINJULI_KEY_FILE_H
#define LINJULI_KEY_FILE_H

#include "key.h"

#define FILE_SALT_BYTES 16
#define FILE_NONCE_BYTES 24

/* Appends the file; `drawn` is salt ‖ nonce and not looked at without a passphrase. */
void pair_encode_with(const struct pair *p, const char *pass,
                      const uint8_t drawn[static FILE_SALT_BYTES + FILE_NONCE_BYTES],
                      struct buf *out);

#endif
