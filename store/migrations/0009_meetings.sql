-- +goose Up

-- Declared incidents as their sources know them. Lists are JSON, '' for none.
CREATE TABLE incidents (
	source          TEXT NOT NULL,
	id              TEXT NOT NULL,
	number          TEXT NOT NULL,
	title           TEXT NOT NULL,
	summary         TEXT NOT NULL,
	status          TEXT NOT NULL, -- in the source's words
	severity        TEXT NOT NULL, -- '' if nobody said
	detected_by     TEXT NOT NULL CHECK (detected_by IN ('', 'alert', 'person', 'customer')),
	url             TEXT NOT NULL,
	postmortem      TEXT NOT NULL,
	services        TEXT NOT NULL,
	teams           TEXT NOT NULL,
	pages           TEXT NOT NULL,
	follow_ups      TEXT NOT NULL,
	commander       TEXT NOT NULL,
	declared_at     INTEGER,
	started_at      INTEGER,
	detected_at     INTEGER,
	acknowledged_at INTEGER,
	mitigated_at    INTEGER,
	resolved_at     INTEGER,
	updated_at      INTEGER,
	begins_at       INTEGER NOT NULL, -- the earliest of the times that are known
	PRIMARY KEY (source, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX incidents_begins_at_idx ON incidents (begins_at);

CREATE INDEX incidents_ended_at_idx ON incidents (coalesce(resolved_at, 9223372036854775807));

CREATE INDEX incidents_id_idx ON incidents (id);

CREATE INDEX incidents_number_idx ON incidents (number COLLATE NOCASE);

-- What people added to incidents. A link that was taken back stays.
CREATE TABLE incident_links (
	key          INTEGER NOT NULL PRIMARY KEY,
	source       TEXT    NOT NULL,
	incident     TEXT    NOT NULL,
	kind         TEXT    NOT NULL CHECK (kind IN ('page', 'ticket', 'postmortem', 'service', 'severity', 'detected_by')),
	target       TEXT    NOT NULL,
	author       TEXT    NOT NULL,
	at           INTEGER NOT NULL,
	withdrawn_by TEXT    NOT NULL DEFAULT '',
	withdrawn_at INTEGER,
	CONSTRAINT incident_links_incident_fkey FOREIGN KEY (source, incident) REFERENCES incidents (source, id)
) STRICT;

CREATE INDEX incident_links_incident_idx ON incident_links (source, incident);

CREATE UNIQUE INDEX incident_links_target_idx ON incident_links (source, incident, kind, target) WHERE withdrawn_by = '';

-- The ledger of toil. Entries that were taken back stay.
CREATE TABLE toil (
	key          INTEGER NOT NULL PRIMARY KEY,
	source       TEXT    NOT NULL,
	source_id    TEXT    NOT NULL, -- '' for what was logged here
	task         TEXT    NOT NULL,
	task_key     TEXT    NOT NULL,
	category     TEXT    NOT NULL,
	team         TEXT    NOT NULL,
	person       TEXT    NOT NULL,
	at           INTEGER NOT NULL,
	spent        INTEGER NOT NULL CHECK (spent > 0), -- milliseconds
	ticket       TEXT    NOT NULL,
	page         TEXT    NOT NULL, -- "source/id"
	note         TEXT    NOT NULL,
	author       TEXT    NOT NULL,
	logged_at    INTEGER NOT NULL,
	withdrawn_by TEXT    NOT NULL DEFAULT '',
	withdrawn_at INTEGER
) STRICT;

CREATE INDEX toil_at_idx ON toil (at);

CREATE INDEX toil_team_idx ON toil (team, at);

CREATE INDEX toil_task_key_idx ON toil (task_key, at);

CREATE UNIQUE INDEX toil_source_idx ON toil (source, source_id) WHERE source_id <> '';

-- What people said of recurring tasks.
CREATE TABLE toil_tasks (
	team             TEXT NOT NULL,
	task_key         TEXT NOT NULL,
	name             TEXT NOT NULL,
	answers          TEXT NOT NULL, -- JSON by question, '' for none
	author           TEXT NOT NULL,
	at               INTEGER NOT NULL,
	automated_at     INTEGER,
	automated_by     TEXT NOT NULL,
	ticket           TEXT NOT NULL,
	baseline_from_at INTEGER,
	baseline_to_at   INTEGER,
	baseline_entries INTEGER NOT NULL,
	baseline_spent   INTEGER NOT NULL, -- milliseconds
	PRIMARY KEY (team, task_key)
) STRICT, WITHOUT ROWID;

-- Reviews and their minutes. A closed one never changes.
CREATE TABLE meetings (
	id          TEXT    NOT NULL PRIMARY KEY,
	team        TEXT    NOT NULL,
	start_at    INTEGER NOT NULL,
	end_at      INTEGER NOT NULL,
	week        TEXT    NOT NULL,
	state       TEXT    NOT NULL CHECK (state IN ('open', 'closed')),
	opened_at   INTEGER NOT NULL,
	opened_by   TEXT    NOT NULL,
	facilitator TEXT    NOT NULL,
	presenter   TEXT    NOT NULL,
	section     TEXT    NOT NULL,
	facts       TEXT    NOT NULL, -- a hash
	opened      BLOB    NOT NULL, -- compressed snapshots
	closed      BLOB,
	closed_at   INTEGER,
	closed_by   TEXT    NOT NULL DEFAULT '',
	forced      TEXT    NOT NULL DEFAULT '',
	forced_open TEXT    NOT NULL DEFAULT '', -- JSON, '' for none
	version     INTEGER NOT NULL,
	definitions TEXT    NOT NULL DEFAULT '',
	CONSTRAINT meetings_closed_check CHECK ((state = 'closed') = (closed IS NOT NULL) AND (state = 'closed') = (closed_at IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX meetings_team_idx ON meetings (team, start_at);

-- +goose StatementBegin
CREATE TRIGGER meetings_closed_trigger BEFORE UPDATE ON meetings WHEN old.state = 'closed'
BEGIN
	SELECT RAISE(ABORT, 'a closed meeting never changes');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER meetings_deleted_trigger BEFORE DELETE ON meetings
BEGIN
	SELECT RAISE(ABORT, 'a meeting is never deleted');
END;
-- +goose StatementEnd

-- What was said in reviews. Items that were taken back stay.
CREATE TABLE meeting_items (
	key          INTEGER NOT NULL PRIMARY KEY,
	meeting      TEXT    NOT NULL,
	kind         TEXT    NOT NULL CHECK (kind IN ('note', 'win', 'failure', 'demo', 'action', 'attended', 'hand_over')),
	section      TEXT    NOT NULL,
	subject      TEXT    NOT NULL,
	text         TEXT    NOT NULL,
	owner        TEXT    NOT NULL,
	due_at       INTEGER,
	ticket       TEXT    NOT NULL,
	author       TEXT    NOT NULL,
	at           INTEGER NOT NULL,
	done_by      TEXT    NOT NULL DEFAULT '',
	done_at      INTEGER,
	withdrawn_by TEXT    NOT NULL DEFAULT '',
	withdrawn_at INTEGER,
	CONSTRAINT meeting_items_meeting_fkey FOREIGN KEY (meeting) REFERENCES meetings (id)
) STRICT;

CREATE INDEX meeting_items_meeting_idx ON meeting_items (meeting, key);

CREATE INDEX meeting_items_action_idx ON meeting_items (meeting) WHERE kind = 'action' AND done_by = '' AND withdrawn_by = '';

-- To what a closed review said nothing is added, and nothing of it changes but
-- that an action is done or has a ticket.
-- +goose StatementBegin
CREATE TRIGGER meeting_items_added_trigger BEFORE INSERT ON meeting_items
	WHEN (SELECT state FROM meetings WHERE id = new.meeting) = 'closed'
BEGIN
	SELECT RAISE(ABORT, 'a closed meeting never changes');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER meeting_items_changed_trigger
	BEFORE UPDATE OF key, meeting, kind, section, subject, text, owner, due_at, author, at, withdrawn_by, withdrawn_at ON meeting_items
	WHEN (SELECT state FROM meetings WHERE id = old.meeting) = 'closed' OR (SELECT state FROM meetings WHERE id = new.meeting) = 'closed'
BEGIN
	SELECT RAISE(ABORT, 'a closed meeting never changes');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER meeting_items_deleted_trigger BEFORE DELETE ON meeting_items
BEGIN
	SELECT RAISE(ABORT, 'an item of minutes is never deleted');
END;
-- +goose StatementEnd

-- What may pass without a ticket, until when and by whom.
CREATE TABLE waivers (
	key          INTEGER NOT NULL PRIMARY KEY,
	team         TEXT    NOT NULL,
	kind         TEXT    NOT NULL CHECK (kind IN ('page', 'monitor', 'breach', 'incident')),
	subject      TEXT    NOT NULL,
	title        TEXT    NOT NULL,
	owner        TEXT    NOT NULL CHECK (owner <> ''),
	reason       TEXT    NOT NULL CHECK (reason <> ''),
	author       TEXT    NOT NULL,
	at           INTEGER NOT NULL,
	expires_at   INTEGER NOT NULL,
	withdrawn_by TEXT    NOT NULL DEFAULT '',
	withdrawn_at INTEGER,
	CONSTRAINT waivers_expires_at_check CHECK (expires_at > at)
) STRICT;

CREATE INDEX waivers_team_idx ON waivers (team, expires_at);

PRAGMA user_version = 9;
