/* The audit of a node directory by two forked readers. Public through node/node.h. */
#ifndef LINJULI_NODE_AUDIT_H
#define LINJULI_NODE_AUDIT_H

#include "schema/schema.h"

struct node_audit {
    const char *dir;
    bool chain, has_wall;
    uint64_t wall_size;
    struct hash wall_root;
    const struct audit_since *since; /* NULL: everything */
    /* Entries looked at, and how many there are; NULL: nobody watches. */
    void (*progress)(void *arg, uint64_t done, uint64_t all);
    void *arg;
};
/* Reads only: takes no lock, makes no key, writes nothing into the directory. The report
 * is audit_report_fini's. RC_NOTFOUND: no node there; RC_BUSY: it was written to again
 * and again meanwhile. */
enum rc node_audit(const struct node_audit *s, struct audit_report *out,
                   struct fault *why) MUST_USE;

/* The tables of a node directory, to be looked at: nothing in it changes. */
enum rc node_look(const char *dir, struct ledger **out) MUST_USE;

#endif
