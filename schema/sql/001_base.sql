-- linjuli's database, version 1. Three kinds of tables:
--   log_*    truth: the exact signed bytes; practically never changes its shape
--   local_*  this node's own: settings, keys of scopes, peers
--   others   derived: everything people see; dropped and replayed by `rebuild`
-- Tables of record types are derived too; schema/table.c makes them from the type files.

-- Logs that this node holds anything of. n is this node's own short number for the key.
CREATE TABLE log_name (
    n     INTEGER PRIMARY KEY,                    -- 1, 2, ...: never leaves this node
    key   BLOB NOT NULL UNIQUE CHECK (length(key) = 32),
    state BLOB NOT NULL DEFAULT x''               -- replica.c's; opaque here
) STRICT;

-- The trunk of every log. k = n << 40 | seq, so that a log is one ascending run of rows.
CREATE TABLE log_entry (
    k    INTEGER PRIMARY KEY,
    head BLOB NOT NULL CHECK (length(head) = 192), -- header and signature: ids and links are read without the body
    body BLOB NOT NULL CHECK (length(body) <= 65344)
) STRICT;

-- Held beside the trunk: branches of a fork, headers of a proof, quarantine.
CREATE TABLE log_loose (
    n    INTEGER NOT NULL,
    id   BLOB NOT NULL CHECK (length(id) = 32),
    seq  INTEGER NOT NULL,
    data BLOB NOT NULL CHECK (length(data) BETWEEN 192 AND 65536),
    PRIMARY KEY (n, id)
) STRICT, WITHOUT ROWID;

-- Settings by name.
CREATE TABLE local_setting (
    name  TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Keys of scopes that this node may read.
CREATE TABLE local_scope_key (
    scope INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    key   BLOB NOT NULL CHECK (length(key) = 32),
    PRIMARY KEY (scope, epoch)
) STRICT, WITHOUT ROWID;

-- What each peer node has acknowledged of each log, after its commit.
CREATE TABLE local_ack (
    node INTEGER NOT NULL,
    n    INTEGER NOT NULL,
    seq  INTEGER NOT NULL,
    PRIMARY KEY (node, n)
) STRICT, WITHOUT ROWID;

-- Peers as people know them: where, when seen, what went wrong last.
CREATE TABLE local_peer (
    node      INTEGER NOT NULL PRIMARY KEY,
    address   TEXT NOT NULL DEFAULT '',
    seen_ms   INTEGER NOT NULL DEFAULT 0,        -- wall clock, for people only
    synced_ms INTEGER NOT NULL DEFAULT 0,
    skew_ms   INTEGER NOT NULL DEFAULT 0,
    trouble   TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;

-- Invitations that this hub gave and nobody has used yet.
CREATE TABLE local_invite (
    invite BLOB NOT NULL PRIMARY KEY CHECK (length(invite) = 16),
    secret BLOB NOT NULL CHECK (length(secret) = 32),
    grant_op BLOB NOT NULL,                       -- the officer-signed grant, unjoined
    node   INTEGER NOT NULL,                      -- numbers given away with it
    log_no INTEGER NOT NULL,
    post   INTEGER NOT NULL,
    ack    BLOB NOT NULL CHECK (length(ack) = 32), -- key of the node's acknowledgement log
    until_ms INTEGER NOT NULL,
    used   INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
