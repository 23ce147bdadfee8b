/* Private to audit*.c. */
#ifndef LINJULI_AUDIT_IN_H
#define LINJULI_AUDIT_IN_H

#include "schema/audit.h"
#include "schema/log.h"

/* A log as the plan fixed it. */
struct audit_plan_log {
    struct key key;
    uint32_t n; /* short number here */
    enum entry_kind kind;
    uint64_t top;   /* last row that is read */
    uint64_t good;  /* up to here nothing is damaged */
    uint64_t since; /* up to here an earlier audit has looked */
    struct hash since_id;
    uint64_t ids_at; /* place of its first id */
    struct buf state;
};

#define AUDIT_IDS 512

struct audit {
    struct audit_setup setup;
    struct db *db;
    struct log_store *store;
    struct hash community;
    bool has_community;
    struct audit_plan_log *log; /* by key */
    size_t logs_n;
    size_t next_task, next_log; /* of the jobs */
    uint64_t next_seq;
    struct hash *hashed; /* of one range */
    bool has_ids;
    struct { /* of the ids that were put, some */
        struct hash id[AUDIT_IDS];
        uint64_t at;
        size_t n;
    } near;
};

struct audit_plan_log *audit_log_of(struct audit *a, const struct key *key);
/* The head of a log's entry; RC_NOTFOUND. */
enum rc audit_head(struct audit *a, uint32_t n, uint64_t seq,
                   uint8_t out[static ENTRY_HEAD_BYTES]) MUST_USE;

/* The store as the plan fixed it, for a replica that decides everything anew: without
 * what this node noted, and with nothing beside the trunks until it is offered. Writing
 * goes nowhere. */
struct audit_port {
    struct sync_store port;
    struct audit *a;
    bool with_state; /* with what this node noted, and everything beside */
    struct audit_loose *loose;
    size_t loose_n, loose_cap;
    struct key last;  /* log that was read last */
    bool has_written; /* a trunk should look otherwise: that of `last` */
};
void audit_port_init(struct audit_port *p, struct audit *a, bool with_state);
void audit_port_fini(struct audit_port *p);
/* Everything beside the trunks, offered to the replica as if it came from outside. */
enum rc audit_port_offer(struct audit_port *p, struct replica *r) MUST_USE;

/* Whole entries that it keeps beside the log. */
uint64_t audit_port_beside(const struct audit_port *p, const struct key *log);

/* Tables against the replay, and items without effect. */
enum rc audit_tables(struct audit *a, audit_find_fn find, void *arg) MUST_USE;
/* Clocks of accepted entries: `clock` by place in the prefix. */
enum rc audit_clocks(struct audit *a, const struct replica *r, const uint64_t *clock,
                     struct audit_report *out) MUST_USE;
/* The pieces that prove the findings. */
enum rc audit_prove(struct audit *a, const struct replica *r,
                    struct audit_report *out) MUST_USE;

/* Acknowledgement logs have no number: findings name them by key. */
static inline uint32_t
audit_row_no(const struct row *row)
{
    return row->is_ack ? 0 : row->no;
}

#endif
