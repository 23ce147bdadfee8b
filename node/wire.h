/* Private to node/: what runs over DIR/control.sock, both directions.
 * Request: u32 length of what follows ‖ kind u8 ‖ words, each closed by a NUL: the
 * language, then the arguments; kind 4 has the person's PIN and a new one (or nothing)
 * between them. A file to read comes as an attached descriptor
 * (SCM_RIGHTS). Answer: u32 n ‖ out ‖ u32 n ‖ err ‖ u32 exit status; then the daemon
 * closes. */
#ifndef LINJULI_WIRE_H
#define LINJULI_WIRE_H

#include <sys/un.h>

#include "node/node.h"

enum wire_kind { WIRE_COMMAND = 1, WIRE_STATUS = 2, WIRE_SYNC = 3, WIRE_COMMAND_PIN = 4 };
#define WIRE_SOCKET "control.sock"
#define WIRE_REQUEST_MAX (1 << 20)
#define WIRE_ANSWER_MAX (256 << 20)
#define WIRE_WORDS_MAX 4096

/* Where DIR's socket is. Its address has room for some 100 bytes: a longer DIR is reached
 * through *dir_fd, which the caller closes (-1: not needed) when the address has served.
 * False: errno says why. */
bool wire_address(const char *dir, struct sockaddr_un *out, int *dir_fd);

void wire_report_encode(const struct sync_report *r, struct buf *out);
bool wire_report_decode(struct slice s, struct sync_report *out);

#endif
