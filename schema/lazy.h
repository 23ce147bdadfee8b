/* Libraries that few commands need and that bring many others with them: loaded when they
 * are, so that all other commands start as fast as without them. Linked they would cost
 * every start 15 ms (libarchive alone brings ICU, libxml2 and libstdc++). */
#ifndef LINJULI_LAZY_H
#define LINJULI_LAZY_H

#include "crypto/crypto.h"

/* The n functions of the library, in order. They stay for good. RC_CONFIG: it is not
 * installed, or another one. */
enum rc lazy_load(const char *soname, const char *const *names, void **out,
                  size_t n) MUST_USE;

/* Functions F1, F2, ... of a header as struct lib's pointers of the same names:
 *   #define LIB(X) X(F1) X(F2)
 *   struct lib { LIB(LAZY_POINTER) };
 * and their names, in the same order, by LAZY_NAME. */
#define LAZY_POINTER(f) __typeof__(&f) f;
#define LAZY_NAME(f) #f,

#endif
