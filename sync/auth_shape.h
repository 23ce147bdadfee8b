/* Private to auth_op.c and auth_write.c: how many elements an operation has. */
#ifndef LINJULI_AUTH_SHAPE_H
#define LINJULI_AUTH_SHAPE_H

#include "sync/auth_op.h"

/* Elements of an operation's array with the code: those that officers sign, and those
 * behind them (what a joiner added, the order). */
struct shape {
    uint8_t signed_n;
    uint8_t behind_n;
};
static const struct shape shapes[] = {
    [AUTH_CREATE] = {6, 0},   [AUTH_SCHEMA] = {3, 0}, [AUTH_SCOPE] = {5, 0},
    [AUTH_NODE] = {6, 0},     [AUTH_GRANT] = {11, 2}, [AUTH_EPOCH] = {6, 0},
    [AUTH_SEAL] = {5, 0},     [AUTH_REVOKE] = {6, 1}, [AUTH_LOST] = {3, 1},
    [AUTH_OFFICERS] = {3, 1}, [AUTH_ERASE] = {7, 1},  [AUTH_SUCCEED] = {5, 0},
};

#endif
