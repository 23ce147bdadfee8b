/* sync/: the core. Entries, authority, acceptance, records, replica, session: pure
 * functions of bytes and state. No socket, clock, file, randomness, log or SQL
 * (tests/lint proves it). */
#ifndef LINJULI_SYNC_H
#define LINJULI_SYNC_H

#include "sync/limits.h"
#include "sync/pack.h"
#include "sync/entry.h"
#include "sync/op.h"
#include "sync/auth_op.h"
#include "sync/authority.h"
#include "sync/accept.h"
#include "sync/record.h"
#include "sync/rights.h"
#include "sync/type.h"
#include "sync/store.h"
#include "sync/replica.h"
#include "sync/session.h"
#include "sync/bundle.h"
#include "sync/beacon.h"
#include "sync/code.h"
#include "sync/code_talk.h"
#include "sync/verify.h"
#include "sync/checkpoint.h"
#include "sync/tile.h"
#include "sync/deadline.h"

#endif
