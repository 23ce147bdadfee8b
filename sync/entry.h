/* Entries: signed header and body (ENTRY.md). Bytes in, struct out; nothing allocated. */
#ifndef LINJULI_ENTRY_H
#define LINJULI_ENTRY_H

#include "crypto/crypto.h"
#include "sync/limits.h"

/* F: sequence numbers fit a signed 64-bit number wherever they are kept. */
#define ENTRY_SEQ_MAX ((uint64_t)INT64_MAX)

enum entry_kind { ENTRY_DATA = 1, ENTRY_AUTHORITY = 2 };

struct entry {
    enum entry_kind kind;
    uint16_t schema;
    uint16_t items_n;
    uint16_t body_bytes; /* as the header says */
    struct key log;
    uint64_t seq;
    struct hash prev;
    uint64_t clock; /* 48 bit ms since 1970, 16 bit counter */
    uint8_t mark[8];
    struct hash root;
    struct sig sig;
    /* decoded only: borrowed from the bytes */
    struct slice header; /* 128 bytes */
    struct slice body;
    struct slice bytes; /* the whole entry */
};

/* One element of a body. An erased item has only its leaf hash; that of an item which is
 * there is not made before entry_item_leaf is asked for it. */
struct entry_item {
    struct slice bytes; /* borrowed; {NULL, 0} when erased */
    bool is_erased;
    struct hash leaf; /* when erased */
};

/* Strict: one legal encoding (ENTRY.md section 2). Checks everything that needs no key
 * and no other entry: ranges, body canonical, item count, sizes. Does not compute the
 * root. RC_MALFORMED. */
enum rc entry_decode(struct slice bytes, struct entry *out) MUST_USE;
/* The body's items in order, of an entry that was decoded: call until it returns false.
 */
struct entry_items {
    struct slice rest;
    uint16_t left;
};
struct entry_items entry_items(const struct entry *e);
bool entry_items_next(struct entry_items *it, struct entry_item *out);
struct hash entry_item_leaf(const struct entry_item *item); /* SHA-256(0x00 ‖ item) */
/* Does the root in the header match the body? RC_FORGED. */
enum rc entry_check_root(const struct entry *e) MUST_USE;
/* Does the signature hold in this community (zero id for the community's own entry 1)? */
bool entry_check_sig(const struct entry *e, const struct hash *community) MUST_USE;
/* SHA-256(0x00 ‖ header ‖ signature): name, link and Merkle leaf. At least 192 bytes. */
struct hash entry_id(struct slice entry_or_head);
/* The entry written anew without the content of one item (below items_n): its leaf hash
 * stands there instead; header, signature, id and root stay what they are. Appended. */
void entry_erase(const struct entry *e, uint16_t index, struct buf *out);

/* Writing: items are appended sealed (or, for authority, as they are); finish computes
 * root and header and signs. entry_room tells whether an item of n bytes still fits. */
struct entry_writer {
    struct buf body;   /* elements, without the array head */
    struct buf leaves; /* 32 bytes an item */
    uint16_t items_n;
};
void entry_writer_init(struct entry_writer *w);
void entry_writer_fini(struct entry_writer *w);
bool entry_room(const struct entry_writer *w, size_t item_bytes);
void entry_add(struct entry_writer *w, struct slice item);
/* At least one item. Takes kind, schema, log, seq, prev, clock, mark of `head`; appends
 * the whole entry to out; `id` gets its id. The writer is empty again afterwards. */
void entry_finish(struct entry_writer *w, const struct entry *head,
                  const struct hash *community, const struct pair *by, struct buf *out,
                  struct hash *id);

/* Hybrid logical clock (Kulkarni et al. 2014), ENTRY.md section 3: the next own clock
 * after `last`, at wall time `wall_ms`. A received clock moves ours only within
 * CLOCK_STEP_MS. */
uint64_t clock_next(uint64_t last, uint64_t wall_ms);
uint64_t clock_merge(uint64_t last, uint64_t received, uint64_t wall_ms);
uint64_t clock_ms(uint64_t clock);

#endif
