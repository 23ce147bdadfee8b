/* A community in memory: a hub and n joined ledgers, and a clock that only tests move. */
#ifndef LINJULI_TESTS_LEDGER_FIXTURE_H
#define LINJULI_TESTS_LEDGER_FIXTURE_H

#include "schema/schema.h"

#define FIXTURE_MAX 96
#define FIXTURE_GROUP 301u /* unit of the first group; the next ones follow */

struct community;
struct member {
    struct ledger *l;
    struct community *c;
    int64_t skew_ms;                /* of this member's clock */
    const struct embed_file *types; /* of another release; NULL: of this one */
    struct pair box, log, ack;
    uint32_t unit;
    struct join join; /* what the hub has to be told; as an invited one only */
    struct invite invite;
};
struct community {
    uint64_t wall_ms;
    struct pair hub_key, officer, root;
    struct hub hub;
    struct member m[FIXTURE_MAX]; /* m[0] is the hub */
    size_t n;
    const char *dir; /* databases as files in there; NULL: in memory */
    const char *vfs; /* databases NUMBER/linjuli.db in it; NULL: as `dir` says */
    const struct embed_file *types; /* of every member; NULL: of this release */
    /* Record types are read once in this process for all such communities: a `types` of a
     * member then never changes. */
    bool reads_types_once;
};

/* The hub alone, born. */
void community_init(struct community *c);
void community_init_at(struct community *c, const char *dir);
/* With other record types; they outlive it. */
void community_init_types(struct community *c, const struct embed_file *types);
/* world_newer.c: what a few people write, and what that points to. Each type more is a
 * table more in every database. */
const struct embed_file *few_types(void);
/* On another VFS (sim_vfs.h); types: NULL, or those that all such communities share. */
void community_init_on(struct community *c, const char *vfs,
                       const struct embed_file *types);
void community_fini(struct community *c);
/* Opens the member's ledger again, in whatever state its disk is: as after a restart. */
enum rc member_open(struct member *m) MUST_USE;
/* Group units FIXTURE_GROUP .. + n - 1 as records of the hub, and their scopes. */
void community_groups(struct community *c, size_t n);
/* One more org_unit record; no scope yet. */
void community_unit(struct community *c, const char *code, const char *kind);
/* Invites a leader of the unit; the member works at once, the hub does not know yet. */
struct member *community_invite(struct community *c, uint32_t unit, enum role role);
/* Tells the hub. */
enum rc community_join(struct community *c, const struct member *m);
/* Hub, n groups, one joined leader each, everybody up to date. */
void community_of(struct community *c, size_t n);

/* All that `from` holds and `to` lacks, entry by entry, settled and committed. */
void member_pull(struct member *to, struct member *from);
/* Everybody pulls from everybody until nothing moves. */
void community_sync(struct community *c);
void community_seal(struct community *c);
/* The member's log ends at seq (0: nothing of it is good). The hub learns it. */
void community_revoke(struct community *c, const struct member *m, uint64_t seq);
/* The same, and who inherits its rights. */
void community_revoke_to(struct community *c, const struct member *m, uint64_t seq,
                         uint32_t heir);
/* An erase of the record that names no item: it takes the record from every table. */
void community_erase(struct community *c, const struct record_key *key);
/* The hub seals this key as that of (scope, 1) to the member's node. */
void community_send_key(struct community *c, const struct member *m, uint32_t scope,
                        const struct key *key);
/* A later grant for the member's log: this role from seq on. */
void community_regrant(struct community *c, const struct member *m, enum role role,
                       uint64_t from);

/* Begins a transaction and a run of the member's own log. */
struct author_run *member_begin(struct member *m);
void member_end(struct member *m, struct author_run *run);
const struct log_state *member_log(const struct member *m);
/* One record of the type with one text field, by the member's own log. */
struct record_key member_add(struct member *m, const char *type, uint32_t unit,
                             const char *field, const char *text);
/* Sets a text field (NULL: empties it), replacing what this member's tables show as
 * surviving. */
void member_set(struct member *m, const struct record_key *key, const char *type,
                const char *field, const char *text);
/* A whole entry of the member's log at its head's seq, another one: a fork. */
void member_fork(struct member *m, const struct record_key *key, const char *type,
                 const char *field, const char *text, struct buf *out);
/* State of the field, its shown text, and how many versions survive; false: no record. */
bool member_field(struct member *m, const struct record_key *key, const char *type,
                  const char *field, enum field_state *state, char text[static 64],
                  size_t *versions);
bool member_is_parallel(struct member *m, const struct record_key *key, const char *type);

struct digests {
    uint32_t scope[64];
    uint8_t digest[64][16];
    size_t n;
};
void member_digests(struct member *m, struct digests *out);
/* Do both say the same of every scope that both can read (at least one)? */
bool digests_agree(const struct digests *a, const struct digests *b);

#endif
