-- +goose Up

-- Who changed what. An entry is made before the change, and ended after; what
-- has no end was cut off.
CREATE TABLE audit (
	key        INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice
	started_at INTEGER NOT NULL,
	ended_at   INTEGER,
	caller     TEXT    NOT NULL,
	via        TEXT    NOT NULL,
	address    TEXT    NOT NULL,
	action     TEXT    NOT NULL,
	acting_for TEXT    NOT NULL,
	team       TEXT    NOT NULL,
	subjects   TEXT    NOT NULL, -- a JSON list of the first of them
	total      INTEGER NOT NULL, -- how many there were
	request_id TEXT    NOT NULL,
	outcome    TEXT    NOT NULL
) STRICT;

CREATE INDEX audit_started_at_key_idx ON audit (started_at, key);

PRAGMA user_version = 2;
