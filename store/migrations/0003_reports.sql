-- +goose Up

-- Scheduled reports. An occurrence is recorded before its report is sent, so
-- that it is sent at most once; one that stays "intended" was cut off.
CREATE TABLE reports (
	destination TEXT    NOT NULL,
	due_at      INTEGER NOT NULL,
	state       TEXT    NOT NULL CHECK (state IN ('intended', 'sent', 'failed')),
	error       TEXT    NOT NULL, -- why it failed
	at          INTEGER NOT NULL, -- of the state
	PRIMARY KEY (destination, due_at)
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 3;
