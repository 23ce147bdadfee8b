/* The names, texts and exit codes of enum rc, all from the one list in rc.h. */
#include "crypto/rc.h"

#include <stddef.h>

struct rc_row {
    const char *name;
    const char *text;
    int exit;
};

static const struct rc_row rows[RC_N] = {
#define X(name, exit, text) {#name, text, exit},
    RC_LIST(X)
#undef X
};

/* A value that is none of ours can only come from a mistake here. */
static const struct rc_row *
row_of(enum rc rc)
{
    size_t i = (size_t)rc;

    return i < RC_N ? &rows[i] : &rows[RC_BUG];
}

const char *
rc_name(enum rc rc)
{
    return row_of(rc)->name;
}

const char *
rc_text(enum rc rc)
{
    return row_of(rc)->text;
}

int
rc_exit(enum rc rc)
{
    return row_of(rc)->exit;
}
