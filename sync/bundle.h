/* Bundles: what one node gives another on a stick (BUNDLE.md). Bytes in, bytes out; the
 * writer appends, the reader takes bytes piecewise and keeps no more than one part. */
#ifndef LINJULI_BUNDLE_H
#define LINJULI_BUNDLE_H

#include "sync/entry.h"

#define BUNDLE_VERSION 1

enum bundle_kind { BUNDLE_REIGN = 1, BUNDLE_DATA = 2, BUNDLE_ACK = 3 };

/* What the exporter holds of one log: the receipt. */
struct bundle_row {
    enum bundle_kind kind;
    uint32_t no;
    uint64_t seq; /* from 1 */
    struct hash id;
};
struct bundle_head {
    struct hash community;
    uint32_t node;     /* the exporter */
    uint32_t receiver; /* 0: everybody */
    uint64_t clock;    /* when it was made, as in an entry */
    struct key log;    /* whose signature stands under it */
    uint32_t rows_n;
    /* decoded only: borrowed */
    struct slice rows, said; /* said: what is signed */
    struct sig sig;
};

/* ---- writing */
struct bundle_writer {
    struct hash chain;
    uint32_t chunks;
    uint64_t entries, bytes;
};
/* Rows ascending by kind, then number; at most BUNDLE_ROWS_MAX. `by` is the log. */
void bundle_begin(struct bundle_writer *w, const struct bundle_head *head,
                  const struct bundle_row *row, const struct pair *by, struct buf *out);
/* A RUN is made in `chunk`: entries of one log, one after the other; false: no room, or
 * it has another form than those before. Start with an empty buffer. */
bool bundle_run_add(struct buf *chunk, struct slice entry);
void bundle_proof(struct buf *chunk, struct slice one, struct slice two);
void bundle_chunk(struct bundle_writer *w, struct slice payload, struct buf *out);
void bundle_end(struct bundle_writer *w, struct buf *out);

/* ---- reading */
enum bundle_got {
    BUNDLE_PART,  /* the bytes are used up, nothing is whole yet */
    BUNDLE_HEAD,  /* the head, whole and unharmed */
    BUNDLE_CHUNK, /* a chunk's payload, whole and unharmed */
    BUNDLE_END,   /* the trailer; nothing may follow */
    BUNDLE_NONE,  /* not a bundle */
    BUNDLE_NEWER, /* of a version that this one cannot read */
    BUNDLE_BAD    /* damaged between `at` and `to` */
};
struct bundle_reader {
    struct buf part;
    struct hash chain;
    uint64_t at, to; /* of the part that is being read, or is damaged */
    uint32_t chunks;
    uint64_t entries;
    bool has_head, is_ended, is_taken;
};
void bundle_reader_init(struct bundle_reader *r);
void bundle_reader_fini(struct bundle_reader *r);
/* Takes what it needs off the front of *bytes. The part is borrowed until the next call.
 * After BUNDLE_NONE, NEWER and BAD it says the same again. */
enum bundle_got bundle_next(struct bundle_reader *r, struct slice *bytes,
                            struct slice *part);
/* The head's fields; of bytes that bundle_next gave. */
enum rc bundle_head_decode(struct slice head, struct bundle_head *out) MUST_USE;
/* Does the signature of the log that it names hold? */
bool bundle_head_check(const struct bundle_head *h) MUST_USE;
/* Of the first 256 bytes of a file: is it a bundle of this community by this node? Says
 * nothing of whether it holds. */
bool bundle_is_of(struct slice front, const struct hash *community, uint32_t node);
/* i below rows_n. */
void bundle_row_at(const struct bundle_head *h, uint32_t i, struct bundle_row *out);

/* A chunk's content. */
struct bundle_items {
    struct reader r;
    bool has_lengths, is_proof, is_unknown;
};
struct bundle_items bundle_items(struct slice chunk);
/* The next entry (proof: head); false at the end, or where r.bad. */
bool bundle_items_next(struct bundle_items *it, struct slice *entry);

#endif
