/* What is held for review, in words and as JSON. */
#ifndef LINJULI_CLI_REVIEW_SHOW_H
#define LINJULI_CLI_REVIEW_SHOW_H

#include <jansson.h>

#include "cli/cli.h"

#define HELD_ITEMS_SHOWN 20 /* of an entry; one that is named shows all */

/* Whose it is, when it was written, what it says, what was answered. At most `items` of
 * its items (0: all). */
void review_add(struct cli *c, const struct review_row *row, uint64_t items);
json_t *review_json(struct cli *c, const struct review_row *row, uint64_t items);
/* "5:414". */
void review_place(const struct review_row *row, struct buf *out);
/* One item that was not taken over, and why. */
void review_left_add(struct cli *c, const struct review_item *it, const struct fault *why,
                     struct buf *out);
/* What was answered to those whose person writes (or wrote) on this node. */
bool review_is_own(struct cli *c, const struct review_row *row);
/* "您的 414 号没有收下：…" */
void review_tell(struct cli *c, const struct review_row *row);
const char *review_answer_name(enum review_answer a); /* "waits": for scripts */

#endif
