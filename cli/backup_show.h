/* What a backup holds, in words and as JSON. */
#ifndef LINJULI_CLI_BACKUP_SHOW_H
#define LINJULI_CLI_BACKUP_SHOW_H

#include <jansson.h>

#include "cli/cli.h"

void backup_say(struct cli *c, const struct backup_about *a);
json_t *backup_json(const struct backup_about *a);
/* Progress, for somebody who looks. */
void backup_progress(struct cli *c, uint64_t done, uint64_t all);

#endif
