/* QR codes (ISO/IEC 18004) of short texts: for terminals, and as SVG for paper. The one
 * door to libqrencode. */
#ifndef LINJULI_CLI_QR_H
#define LINJULI_CLI_QR_H

#include "crypto/crypto.h"

#define QR_BYTES_MAX 1280

/* Squares across, and columns of the terminal, quiet zone included. RC_LIMIT. */
enum rc qr_width(struct slice text, unsigned *width) MUST_USE;

/* Half blocks, two rows of squares a line, light ones drawn: as scanners want it where
 * the terminal is dark. RC_LIMIT: the text is too long. */
enum rc qr_text(struct buf *out, struct slice text) MUST_USE;
/* An <svg> element of so many millimetres, quiet zone included; it stands alone, and in a
 * page. */
enum rc qr_svg(struct buf *out, struct slice text, unsigned mm) MUST_USE;

#endif
