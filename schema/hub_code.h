/* Invites that wait at the hub for their 16 digits (sync/CODE.md). Wrong digits are
 * counted here, in the database: a restart forgives nobody. */
#ifndef LINJULI_HUB_CODE_H
#define LINJULI_HUB_CODE_H

#include "schema/hub.h"

#define HUB_CODE_MS 1800000u /* 30 minutes */
#define HUB_CODE_TRIES 5u    /* wrong ones before the first delay */
#define HUB_CODES_MAX 200u   /* waiting at a time */

struct hub_code {
    struct key psk; /* mem_wipe the whole when done */
    bool is_used, is_late;
    unsigned left;     /* how often it may be tried at once */
    unsigned wait_min; /* minutes until it may be tried at all; 0: now */
};

/* The whole invite waits under this name. RC_NO: the name is taken; RC_LIMIT: too many
 * wait, or the file is too long. Inside a turn, like what changes something below. */
enum rc hub_code_put(struct ledger *l, const struct code_name *name,
                     const struct key *psk, const struct invite *i) MUST_USE;
/* RC_NOTFOUND: no such name. */
enum rc hub_code_get(struct ledger *l, const struct code_name *name,
                     struct hub_code *out) MUST_USE;
/* The invite file, appended; for whoever proved the digits of one neither used nor late.
 */
enum rc hub_code_file(struct ledger *l, const struct code_name *name,
                      struct buf *out) MUST_USE;
/* Somebody tried other digits: after HUB_CODE_TRIES of them each one doubles the wait. */
enum rc hub_code_wrong(struct ledger *l, const struct code_name *name) MUST_USE;
/* The joiner has the file: it goes from here. */
enum rc hub_code_used(struct ledger *l, const struct code_name *name) MUST_USE;
/* Files of those that came too late go; rows a day later. */
enum rc hub_code_sweep(struct ledger *l) MUST_USE;

#endif
