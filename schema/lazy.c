#include "schema/lazy.h"

#include <dlfcn.h>

enum rc
lazy_load(const char *soname, const char *const *names, void **out, size_t n)
{
    void *library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        return RC_CONFIG;
    for (size_t i = 0; i < n; i++) {
        out[i] = dlsym(library, names[i]);
        if (out[i] == NULL)
            return RC_CONFIG;
    }
    return RC_OK;
}
