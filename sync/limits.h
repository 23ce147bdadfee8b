/* Every limit of linjuli, in one place. Those marked F decide validity: they are
 * constants of the format and never change within a format version. All are compared
 * before anything is allocated. Units last in the name. */
#ifndef LINJULI_LIMITS_H
#define LINJULI_LIMITS_H

#define ENTRY_HEADER_BYTES 128
#define ENTRY_SIG_BYTES 64
#define ENTRY_HEAD_BYTES (ENTRY_HEADER_BYTES + ENTRY_SIG_BYTES) /* the Merkle leaf */
#define ENTRY_BYTES_MAX 65536 /* F: header, signature, body */
#define ENTRY_BODY_BYTES_MAX (ENTRY_BYTES_MAX - ENTRY_HEAD_BYTES)
#define ENTRY_ITEMS_MAX 4096 /* F */
#define PACK_DEPTH_MAX 16    /* F: nesting */
#define PUT_FIELDS_MAX 64    /* F: fields of one put */
#define OP_VERSIONS_MAX 256  /* F: replaced versions of one put, all fields together */
#define GRANT_SCOPES_MAX 128 /* F */
#define OFFICERS_MAX 16      /* F */
#define TEXT_BYTES_MAX 16384 /* F: one text value */
#define NAME_BYTES_MAX 256   /* F: names in authority operations */
#define REQUEST_BYTES_MAX 32 /* F: number of a request to erase */
#define PHOTO_BYTES_MAX 40960

#define MESSAGE_BYTES_MAX (1 << 20)
#define CHUNK_BYTES 65536            /* entries streamed in one message, about */
#define UNSENT_BYTES_MAX (2 << 20)   /* a peer */
#define AHEAD_BYTES (256 << 10)      /* streamed ahead of what the socket takes */
#define WAITING_BYTES_MAX (64 << 20) /* a peer, on disk */
#define HELD_BYTES_MAX                                                                   \
    (16 << 20) /* a log: unverified below a waiting line, or quarantined */
#define CONNECTIONS_MAX 256
#define STRANGERS_PER_ADDRESS_MAX 8
#define HANDSHAKE_MS 5000
#define IDLE_MS 60000
#define CLOCK_STEP_MS (10 * 60 * 1000)
#define LOGS_PER_NODE_MAX 8
#define LOGS_MAX 32768
#define FORK_RANGE 64 /* ids exchanged at a time in the fork search */

#define BUNDLE_ROWS_MAX 65536               /* F: rows of a bundle's head */
#define BUNDLE_CHUNK_BYTES_MAX (128 * 1024) /* F: payload of one chunk */
#define BUNDLE_BYTES_MAX (4ll << 30)        /* what a stick formatted as FAT holds */

#endif
