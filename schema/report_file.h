/* Between schema/report*.c only: one report from its file's tree, which outlives it. */
#ifndef LINJULI_REPORT_FILE_H
#define LINJULI_REPORT_FILE_H

#include "schema/data_file.h"
#include "schema/report.h"

extern const struct grammar report_grammar;

/* What is in `out` is to be freed also after a failure. */
enum rc report_file_parse(const char *file, const struct section *root,
                          const struct types *types, struct report *out,
                          struct fault *why) MUST_USE;

#endif
