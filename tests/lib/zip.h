/* ZIP archives whose files are stored as they are: workbooks for tests. */
#ifndef LINJULI_TESTS_ZIP_H
#define LINJULI_TESTS_ZIP_H

#include "crypto/crypto.h"

struct zip {
    struct buf out, directory;
    uint16_t n;
};
void zip_add(struct zip *z, const char *name, struct slice bytes);
void zip_end(struct zip *z); /* then z->out is the archive */
void zip_fini(struct zip *z);
/* A file without a name that holds the bytes, at its beginning. */
int zip_file(struct slice bytes);

#endif
