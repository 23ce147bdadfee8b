-- Migration 1 to 2: what the centre decides about people and records.

-- Records that were here and were erased on request: their printed numbers, so that none
-- is given a second time, and whoever holds the slip is told. Survives `rebuild`.
CREATE TABLE local_erased (
    id     BLOB NOT NULL CHECK (length(id) = 16),
    scope  INTEGER NOT NULL,
    unit   INTEGER NOT NULL,
    number INTEGER,                              -- packed, as in record; NULL: it had none
    PRIMARY KEY (id, scope, unit)
) STRICT, WITHOUT ROWID;

-- Orders that wait for officers' signatures; at the hub only.
CREATE TABLE local_order (
    name    TEXT NOT NULL PRIMARY KEY,           -- order.h: 8 hex digits of its hash
    op      BLOB NOT NULL CHECK (length(op) <= 65344), -- the operation, with `seen` and the signatures so far
    made_ms INTEGER NOT NULL,                    -- wall clock, for people only
    who     TEXT NOT NULL,                       -- who asked
    file    BLOB NOT NULL CHECK (length(file) <= 16777216) -- an invite's: what is handed out once it is signed
) STRICT, WITHOUT ROWID;
-- What lies on a stick for a node (0: for everybody), up to which seq of a log. It waits
-- for a receipt: local_ack says when that has come.
CREATE TABLE local_stick (
    node INTEGER NOT NULL,
    n    INTEGER NOT NULL,
    seq  INTEGER NOT NULL,
    PRIMARY KEY (node, n)
) STRICT, WITHOUT ROWID;

-- What came by stick and is carried to the centre: entries above `since` up to `seq`.
CREATE TABLE local_carried (
    n     INTEGER NOT NULL PRIMARY KEY,
    since INTEGER NOT NULL,
    seq   INTEGER NOT NULL
) STRICT;

-- Invites that wait for their 16 digits; at the hub only. A row stays for a day, so that
-- whoever comes late is told why.
CREATE TABLE local_code (
    name     TEXT NOT NULL PRIMARY KEY CHECK (length(name) = 3), -- the first digits
    psk      BLOB NOT NULL CHECK (length(psk) = 32),             -- what the others stretch to
    invite   BLOB NOT NULL CHECK (length(invite) = 16),          -- local_invite
    file     BLOB NOT NULL CHECK (length(file) <= 16777216),     -- the invite file; empty once fetched or too late
    until_ms INTEGER NOT NULL,                                   -- wall clock
    used     INTEGER NOT NULL DEFAULT 0,
    tries    INTEGER NOT NULL DEFAULT 0,                         -- wrong digits so far
    wait_ms  INTEGER NOT NULL DEFAULT 0                          -- wall clock; nobody may try before
) STRICT, WITHOUT ROWID;

-- Wrong PINs tried for an own log, until the right one comes.
CREATE TABLE local_pin (
    log     BLOB NOT NULL PRIMARY KEY CHECK (length(log) = 32),
    tries   INTEGER NOT NULL,
    wait_ms INTEGER NOT NULL                     -- wall clock; nobody may try before
) STRICT, WITHOUT ROWID;

-- The joiner makes the key of his node's acknowledgement log himself, and tells it when he
-- comes. When an invite was used: whoever comes later with it is told.
ALTER TABLE local_invite DROP COLUMN ack;
ALTER TABLE local_invite ADD COLUMN used_ms INTEGER NOT NULL DEFAULT 0; -- wall clock; 0: not known
