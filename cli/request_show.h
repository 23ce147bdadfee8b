/* A request to join, as who asks and who admits see it: the same words at both ends. */
#ifndef LINJULI_CLI_REQUEST_SHOW_H
#define LINJULI_CLI_REQUEST_SHOW_H

#include <jansson.h>

#include "cli/cli.h"

/* RC_INVALID with a fault that says why it is none. */
enum rc request_read(struct slice file, const char *named, struct request *out,
                     struct hash *name, struct fault *why) MUST_USE;
void request_say(struct cli *c, const struct request *r, const struct hash *name);
json_t *request_json(const struct request *r, const struct hash *name, enum lang lang);
/* A line with the four words of this hash in it. */
void words_say(struct cli *c, enum word w, const struct hash *hash);
/* A whole file, in place of one that is there. */
enum rc file_put(const char *path, struct slice bytes, struct fault *why) MUST_USE;

#endif
