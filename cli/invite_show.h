/* An invite, as whoever hands it out and whoever takes it see it. */
#ifndef LINJULI_CLI_INVITE_SHOW_H
#define LINJULI_CLI_INVITE_SHOW_H

#include <jansson.h>

#include "cli/cli.h"

#define INVITE_FILE_BYTES_MAX (16 << 20)

void invite_add(struct cli *c, const struct invite *i, const struct grant *g);
json_t *invite_json(const struct cli *c, const struct invite *i, const struct grant *g);

#endif
