-- +goose Up

-- Where tickets are filed.
CREATE TABLE trackers (
	name            TEXT    NOT NULL PRIMARY KEY,
	confirmed_at    INTEGER, -- when somebody first agreed that tickets are filed there
	confirmed_by    TEXT    NOT NULL DEFAULT '',
	owner           TEXT    NOT NULL DEFAULT '', -- who may file there now; '' while nobody has asked
	leased_at       INTEGER, -- since when
	leased_until_at INTEGER  -- and until when
) STRICT, WITHOUT ROWID;

-- The ledger: findings, filed or to be. Rows are never deleted.
CREATE TABLE tickets (
	tracker             TEXT    NOT NULL,
	fingerprint         TEXT    NOT NULL,
	generation          INTEGER NOT NULL CHECK (generation >= 1),
	finding             TEXT    NOT NULL, -- its key
	kind                TEXT    NOT NULL,
	category            TEXT    NOT NULL,
	team                TEXT    NOT NULL,
	service             TEXT    NOT NULL,
	slo                 TEXT    NOT NULL,
	monitor             TEXT    NOT NULL,
	title               TEXT    NOT NULL,
	cost                REAL    NOT NULL, -- minutes a week
	points              REAL    NOT NULL,
	state               TEXT    NOT NULL
		CHECK (state IN ('planned', 'creating', 'uncertain', 'filed', 'rejected', 'suppressed', 'gone')),
	attempt             TEXT    NOT NULL,
	attempt_at          INTEGER,
	probes              INTEGER NOT NULL,
	probed_at           INTEGER,
	not_before_at       INTEGER,
	payload             TEXT    NOT NULL, -- a hash of what was sent
	error               TEXT    NOT NULL,
	remote_id           TEXT    NOT NULL,
	remote_key          TEXT    NOT NULL,
	url                 TEXT    NOT NULL,
	stands              TEXT    NOT NULL CHECK (stands IN ('', 'todo', 'doing', 'done')),
	status              TEXT    NOT NULL,
	resolution          TEXT    NOT NULL,
	assignee            TEXT    NOT NULL,
	closed_at           INTEGER,
	synced_at           INTEGER,
	filed_at            INTEGER,
	first_at            INTEGER,
	last_at             INTEGER,
	last_run            TEXT    NOT NULL,
	seen                INTEGER NOT NULL,
	noted_at            INTEGER,
	note_id             TEXT    NOT NULL,
	suppressed_until_at INTEGER,
	-- A creation without an attempt could never settle, and a filed ticket
	-- without a name could never be found again.
	CONSTRAINT tickets_attempt_check CHECK (state NOT IN ('creating', 'uncertain') OR (attempt <> '' AND attempt_at IS NOT NULL)),
	CONSTRAINT tickets_remote_id_check CHECK (state <> 'filed' OR remote_id <> ''),
	PRIMARY KEY (tracker, fingerprint, generation)
) STRICT, WITHOUT ROWID;

-- One generation of a finding is under way at a time.
CREATE UNIQUE INDEX tickets_under_way_tracker_fingerprint_idx ON tickets (tracker, fingerprint)
	WHERE state IN ('planned', 'creating', 'uncertain');

CREATE INDEX tickets_team_idx ON tickets (team);

CREATE INDEX tickets_fingerprint_idx ON tickets (fingerprint);

CREATE INDEX tickets_tracker_closed_at_idx ON tickets (tracker, closed_at) WHERE closed_at IS NOT NULL;

-- What trackers were asked. An effect is kept before the tracker hears of it,
-- and ended after; what has no end was cut off.
CREATE TABLE ticket_effects (
	key         INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice
	started_at  INTEGER NOT NULL,
	ended_at    INTEGER,
	tracker     TEXT    NOT NULL,
	fingerprint TEXT    NOT NULL,
	generation  INTEGER NOT NULL,
	action      TEXT    NOT NULL,
	detail      TEXT    NOT NULL,
	outcome     TEXT    NOT NULL,
	remote_key  TEXT    NOT NULL,
	caller      TEXT    NOT NULL,
	FOREIGN KEY (tracker, fingerprint, generation) REFERENCES tickets (tracker, fingerprint, generation)
) STRICT;

CREATE INDEX ticket_effects_tracker_idx ON ticket_effects (tracker);

CREATE INDEX ticket_effects_fingerprint_idx ON ticket_effects (fingerprint);

-- What plannings of sprints chose and left out.
CREATE TABLE plannings (
	tracker     TEXT    NOT NULL,
	fingerprint TEXT    NOT NULL,
	sprint      TEXT    NOT NULL,
	at          INTEGER NOT NULL, -- when the sprint was first planned
	chosen      INTEGER NOT NULL CHECK (chosen IN (0, 1)),
	PRIMARY KEY (tracker, fingerprint, sprint)
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 7;
