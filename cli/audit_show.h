/* An audit's report, for people and for scripts. */
#ifndef LINJULI_AUDIT_SHOW_H
#define LINJULI_AUDIT_SHOW_H

#include <jansson.h>

#include "cli/cli.h"

/* The sentence of one finding, appended. */
void audit_sentence(struct cli *c, const struct verify_finding *f, struct buf *out);
/* `line` is what repeats it. `l` (NULL: none) tells names of persons. */
void audit_show(struct cli *c, const struct audit_report *r, struct ledger *l,
                const char *line, bool saved);
/* Nothing of time, place or order of arrival: the same from every node that holds the
 * same. */
json_t *audit_json(const struct audit_report *r);

/* What somebody brought from the wall (audit_wall.c). */
struct audit_wall {
    struct buf note; /* empty: nothing was brought */
    struct checkpoint at;
    uint64_t seal_no; /* as it was typed; 0: it was not */
    bool is_signed;   /* by this key */
    struct key hub;
    struct sig sig;
};
/* Both return the exit status and have complained. */
int audit_wall_read(struct cli *c, const char *path, struct audit_wall *out);
/* Is it of this community, and does a signature under it hold? */
int audit_wall_check(struct cli *c, const struct audit_report *r, struct audit_wall *w);
void audit_wall_show(struct cli *c, const struct audit_report *r,
                     const struct audit_wall *w);
json_t *audit_wall_json(const struct audit_wall *w);

/* One folder a contradiction under `dir`, which must not be there yet. */
int audit_save(struct cli *c, const struct audit_report *r, const struct audit_wall *w,
               const char *dir);

#endif
