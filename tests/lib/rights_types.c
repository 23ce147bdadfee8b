#include "tests/lib/rights_types.h"

#include <stdio.h>
#include <stdlib.h>

#define FILES_MAX 256
#define FILE_BYTES_MAX 4096

const struct embed_file *
rights_types(void)
{
    static const char *const name[] = {"900-purse", "910-handout", "920-bonus"};
    static unsigned char text[3][FILE_BYTES_MAX];
    static struct embed_file list[FILES_MAX + 1];
    size_t n = 0;
    if (list[0].name != NULL)
        return list;
    for (; embed_types[n].name != NULL && n + 3 < FILES_MAX; n++)
        list[n] = embed_types[n];
    for (size_t i = 0; i < 3; i++) {
        char path[64];
        (void)snprintf(path, sizeof(path), "tests/golden/rights/%s", name[i]);
        FILE *f = fopen(path, "rb");
        if (f == NULL) {
            perror(path);
            abort();
        }
        size_t got = fread(text[i], 1, sizeof(text[i]), f);
        (void)fclose(f);
        list[n++] = (struct embed_file){name[i], text[i], got};
    }
    return list;
}
