#include "schema/report.h"

#include <string.h>

#include "schema/report_file.h"

#define REPORTS_MAX 64

struct reports {
    struct section *root[REPORTS_MAX]; /* names and labels are theirs */
    struct report report[REPORTS_MAX];
    size_t n;
};

enum rc
reports_parse(const struct embed_file *files, const struct types *types,
              struct reports **out, struct fault *why)
{
    struct reports *r = mem_new(sizeof(*r));
    enum rc rc = RC_OK;
    for (; rc == RC_OK && files[r->n].name != NULL; r->n++) {
        const struct embed_file *f = &files[r->n];
        struct report *to = &r->report[r->n];
        if (r->n == REPORTS_MAX - 1) {
            rc = fault_set(why, RC_LIMIT, FAULT_FILE_SIZE, "%s", f->name);
            break;
        }
        rc = data_file_open(f, &report_grammar, &r->root[r->n], why);
        if (rc == RC_OK)
            rc = report_file_parse(f->name, r->root[r->n], types, to, why);
        for (size_t i = 0; rc == RC_OK && i < r->n; i++)
            if (strcmp(r->report[i].name, to->name) == 0)
                rc = fault_set(why, RC_INVALID, FAULT_NAME_TWICE, "%s: %s", f->name,
                               to->name);
    }
    if (rc == RC_OK)
        *out = r;
    else
        reports_free(r);
    return rc;
}

void
reports_free(struct reports *r)
{
    if (r == NULL)
        return;
    for (size_t i = 0; i < REPORTS_MAX; i++) {
        mem_free(r->report[i].figure);
        mem_free(r->report[i].list);
        data_file_close(r->root[i]);
    }
    mem_free(r);
}

size_t
reports_n(const struct reports *r)
{
    return r->n;
}

const struct report *
reports_at(const struct reports *r, size_t i)
{
    return &r->report[i];
}

const struct report *
report_by_name(const struct reports *r, const char *name)
{
    for (size_t i = 0; i < r->n; i++)
        if (strcmp(r->report[i].name, name) == 0)
            return &r->report[i];
    return NULL;
}
