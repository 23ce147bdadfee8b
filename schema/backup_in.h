/* Private to backup*.c: the frames of a backup (BACKUP.md section 3). */
#ifndef LINJULI_BACKUP_IN_H
#define LINJULI_BACKUP_IN_H

#include "schema/backup.h"
#include "schema/ledger_in.h"
#include "schema/local.h"

#define BACKUP_MAGIC "linjuli-backup\r\n"
#define BACKUP_MAGIC_BYTES 16
#define BACKUP_SALT_BYTES 16
#define BACKUP_CHECK_BYTES 8
#define BACKUP_KEY_BYTES (4 + 4 + KEY_BYTES)
#define BACKUP_ERASED_BYTES (RECORD_ID_BYTES + 4 + 4 + 1 + 8)
#define BACKUP_LIST_MAX 1024 /* elements of one frame */

_Static_assert(BACKUP_HEAD_BYTES == BACKUP_MAGIC_BYTES + 1 + BACKUP_SALT_BYTES +
                                        STREAM_HEAD_BYTES + BACKUP_CHECK_BYTES,
               "as BACKUP.md says");

enum backup_kind {
    BACKUP_ABOUT = 1,
    BACKUP_CONF,
    BACKUP_KEYS,
    BACKUP_ERASED,
    BACKUP_OWN,
    BACKUP_OFFICERS,
    BACKUP_ASSUMED,
    BACKUP_ENTRIES,
    BACKUP_END
};

struct backup_numbers { /* highest that were given away, used or not */
    uint32_t node, log_no, post;
};

/* Logs and whole entries held, records, seals, digest. */
enum rc backup_count(struct ledger *l, struct backup_about *out) MUST_USE;
/* With a head that has been checked, and the key that the passphrase gives. */
void backup_begin_with(struct slice head, const struct key *key,
                       struct backup_reader **out);
/* Everything of a head but the check, then the check. */
void backup_head_end(struct buf *head);

/* Grants that work goes on under (settings): u16 length ‖ operation, each. */
#define SETTING_ASSUMED "assumed"
enum rc backup_assume(struct ledger *l, struct slice grant_op) MUST_USE;
#define SETTING_GONE "officers-gone"

#endif
