/* What `status` knows, gathered before it is told. */
#ifndef LINJULI_CLI_STATUS_H
#define LINJULI_CLI_STATUS_H

#include <jansson.h>

#include "cli/cli.h"

struct status_log {              /* an own log */
    const struct log_state *log; /* NULL: neither granted nor assumed */
    struct key key;
    uint64_t head;      /* own entries */
    uint64_t acked_hub; /* of them at the centre */
    uint64_t acked_any; /* with any other node */
    enum guard_word guard;
    enum log_lock lock; /* as the daemon has it, where one runs */
};

struct status {
    struct status_log log[OWN_LOGS_MAX];
    size_t logs_n;
    const struct node_info *self; /* NULL: not joined yet */
    bool is_hub, is_running, needs_join, has_root_sheet, is_frozen;
    uint64_t unsent;     /* nobody else has them */
    uint64_t not_at_hub; /* the centre has not */
    uint64_t on_stick;   /* of them: lie on a stick for the centre */
    uint64_t carried;    /* of others, came by stick for the centre */
    uint64_t newer;      /* entries that wait for another release */
    bool types_differ;   /* this release's record types, from the community's */
    uint64_t behind;     /* entries known of and not held */
    uint64_t cases;
    uint64_t households, residents; /* that are readable here */
    uint64_t seal_no, entries;
    uint64_t synced_ms; /* last whole exchange with the centre; 0: never */
    uint64_t disk_free;
    bool is_disk_low;
    bool has_skew;
    int64_t skew_ms; /* others' clocks minus ours, the middle one */
    json_t *live;    /* what the daemon says; NULL: none runs */
    size_t live_open;
    json_t *peers; /* known ones */
};

enum rc status_gather(struct cli *c, struct status *out) MUST_USE;
void status_fini(struct status *s);
const char *lock_name(enum log_lock lock);
/* Another machine that speaks as this one, HOST:PORT; "": none was heard. */
const char *status_twin(const struct status *s);
json_int_t status_heard(const struct status *s); /* neighbours on the local network */
json_t *status_json(struct cli *c, const struct status *s);

#endif
