/* The audit of one database: reads only, believes nothing. The work is cut into jobs that
 * know nothing of each other, so that several processes can do them, each with a database
 * of its own (audit_open); whoever leads (node/audit.c) hands them out, collects what
 * they find, and ends with audit_judge. */
#ifndef LINJULI_AUDIT_H
#define LINJULI_AUDIT_H

#include "schema/fault.h"
#include "schema/ledger.h"
#include "sync/sync.h"

#define AUDIT_FINDINGS_MAX 65536
#define AUDIT_JOB_FINDINGS_MAX 256 /* of one job: what is broken everywhere */
#define AUDIT_RUNS_MAX 64          /* ranges told of one log and kind of clock */
#define AUDIT_JOB_ENTRIES 4096     /* read in one short transaction */
#define AUDIT_SAMPLE_MAX 10000

/* Where an earlier audit got to. */
struct audit_head {
    bool is_authority;
    struct key log;
    uint64_t seq;
    struct hash id;
};
struct audit_since {
    struct hash community;
    uint64_t size; /* of the tree at its last seal; 0: none */
    struct hash root;
    struct audit_head *head;
    size_t heads_n;
};
void audit_since_fini(struct audit_since *s);

/* A place outside the node for ids that one process has hashed and another needs: put
 * and get n of them from place `at` on; false: that did not work. */
struct audit_ids {
    void *arg;
    bool (*put)(void *arg, uint64_t at, const struct hash *id, size_t n);
    bool (*get)(void *arg, uint64_t at, struct hash *id, size_t n);
};

struct audit_setup {
    const char *path; /* of linjuli.db */
    const char *vfs;
    /* The invite that lies beside it while its grant does not count; {NULL, 0}: none. */
    struct slice invite;
    bool chain; /* no signatures of data entries, no clocks, no tables */
    bool has_wall;
    uint64_t wall_size;
    struct hash wall_root;
    const struct audit_since *since; /* NULL: everything */
    const struct audit_ids *ids;     /* NULL: everything is hashed again */
    uint64_t (*wall_ms)(void *arg);  /* for the ledger; nothing of it is in the report */
    void *arg;
};

/* What is told of one log. */
struct audit_log {
    bool is_authority, is_ack;
    uint32_t no; /* reign, log number, or node whose acknowledgements they are */
    struct key key;
    uint32_t post, node, unit;
    int role; /* 0: none */
    uint8_t person[RECORD_ID_BYTES];
    uint64_t seq; /* last accepted */
    struct hash id;
    uint64_t from_ms, to_ms; /* clocks of the first and the last */
    uint64_t sealed;         /* up to here */
    uint64_t held;           /* kept beside, not counted */
    uint64_t gap;            /* a line names this seq, which is not here; 0: none */
    bool is_revoked, is_closed;
};

/* What proves a contradiction: two signed heads, or whole entries. */
struct audit_proof {
    size_t finding;
    struct buf part[2];
};

struct audit_report {
    struct hash community;
    bool has_community;
    struct buf name; /* of the community */
    bool is_chain, is_growth;
    uint64_t seal_no, tree_size;
    struct hash root;
    uint64_t entries, items, quarantined, erased;
    enum verify_class verdict;
    struct verify_finding *finding; /* in verify_order */
    size_t findings_n, findings_cap;
    uint64_t unsaid;       /* findings beyond AUDIT_FINDINGS_MAX */
    struct audit_log *log; /* authority first, by number */
    size_t logs_n;
    struct audit_proof *proof;
    size_t proofs_n;
};
void audit_report_fini(struct audit_report *r);
void audit_add(struct audit_report *r, const struct verify_finding *f);

struct audit;
enum audit_task { AUDIT_PAGES, AUDIT_BESIDE, AUDIT_TABLES, AUDIT_RANGE };
struct audit_job {
    enum audit_task task;
    uint32_t place; /* of its log in the plan */
    struct key log;
    enum entry_kind kind;
    uint64_t from, to;
    uint64_t ids_at; /* place of the id of `from` */
    bool with_sig;
};
struct audit_done { /* what a job says at its end */
    uint64_t entries, items;
    bool has_ids; /* those of the whole range are put */
    enum rc rc;
};

/* RC_CORRUPT: no database of ours, or too damaged to be opened: the audit's answer is
 * DATABASE. */
enum rc audit_open(const struct audit_setup *s, struct audit **out) MUST_USE;
void audit_close(struct audit *a); /* NULL is fine */
/* Fixes up to where is read. Jobs are asked for in turn, the long ones first; false: no
 * more. `entries` (may be NULL): how many the ranges hold. */
enum rc audit_plan(struct audit *a, struct audit_report *r, uint64_t *entries) MUST_USE;
bool audit_next(struct audit *a, struct audit_job *out);
typedef void (*audit_find_fn)(void *arg, const struct verify_finding *f);
void audit_work(struct audit *a, const struct audit_job *job, audit_find_fn find,
                void *arg, struct audit_done *done);
/* All jobs are done and their findings are in `r`: acceptance, authority, seals, state.
 * has_ids: every range has put its ids. */
enum rc audit_judge(struct audit *a, bool has_ids, struct audit_report *r) MUST_USE;
/* All of it in this process. A database that cannot be read at all is a finding. */
enum rc audit_run(const struct audit_setup *s, struct audit_report *r) MUST_USE;

/* Records for comparison with paper, drawn by a seed: the same from every node that holds
 * the same. Told in the order of drawing. */
struct audit_drawn {
    uint32_t scope, unit;
    uint8_t id[RECORD_ID_BYTES];
};
enum rc audit_draw(struct ledger *l, uint64_t n, const char *seed,
                   struct audit_drawn **out, size_t *out_n) MUST_USE;

#endif
