/* Frames inside, Noise messages outside (PROTOCOL.md section 3). Bytes only: no key, no
 * state of the exchange. */
#ifndef LINJULI_FRAME_H
#define LINJULI_FRAME_H

#include "crypto/crypto.h"
#include "sync/limits.h"

/* ---- outside: u16 length ‖ Noise message */
#define WIRE_HEAD_BYTES 2

/* Cuts Noise messages out of a stream of bytes. Start as {0}, end with wire_fini. */
struct wire {
    struct buf part; /* the beginning of a message that is not whole yet */
    bool is_taken;   /* the whole message in `part` was handed out */
};
enum wire_got {
    WIRE_PART, /* the bytes are used up, no message is whole */
    WIRE_WHOLE,
    WIRE_OVER /* longer than `max`: nothing was kept */
};
/* Takes the next message off the front of *bytes; it is borrowed until the next call. */
enum wire_got wire_next(struct wire *w, struct slice *bytes, size_t max,
                        struct slice *message);
void wire_fini(struct wire *w);

/* ---- inside: u32 length of what follows ‖ u8 type ‖ payload */
#define FRAME_HEAD_BYTES 5

struct frame {
    uint8_t type;
    struct slice payload;
};
enum frame_got { FRAME_PART, FRAME_WHOLE, FRAME_OVER };
/* The frame at the front of `plain`, and how many bytes it takes up. The length is judged
 * as soon as its four bytes are there. */
enum frame_got frame_next(struct slice plain, struct frame *out, size_t *used);

/* Writing: begin gives a place for end, between them the payload is appended. */
size_t frame_begin(struct buf *out, uint8_t type);
void frame_end(struct buf *out, size_t at);

/* ---- numbers: LEB128, shortest form, below 2^63 */
#define NUMBER_BYTES_MAX 9
void number_add(struct buf *out, uint64_t v);
uint64_t number_read(struct reader *r); /* sets bad for any other form */

#endif
