/* crypto/: the floor. Bytes, hashes, keys, signatures, sealed items, the handshake.
 * Nothing here knows what linjuli is for. Functions that draw randomness end in _random.
 */
#ifndef LINJULI_CRYPTO_H
#define LINJULI_CRYPTO_H

#include "rc.h"
#include "bytes.h"
#include "hash.h"
#include "merkle.h"
#include "key.h"
#include "sign.h"
#include "item.h"
#include "stream.h"
#include "noise.h"
#include "aead.h"

#endif
