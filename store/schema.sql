CREATE TABLE anomaly_decisions (
	key      INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice
	chart    TEXT    NOT NULL,
	start_at INTEGER NOT NULL,
	end_at   INTEGER NOT NULL,
	anomaly  TEXT    NOT NULL,
	text     TEXT    NOT NULL,
	verdict  TEXT    NOT NULL CHECK (verdict IN ('dismissed', 'accepted', 'reopened')),
	reason   TEXT    NOT NULL,
	author   TEXT    NOT NULL,
	at       INTEGER NOT NULL,
	until_at INTEGER
) STRICT;

CREATE INDEX anomaly_decisions_at_idx ON anomaly_decisions (at, key);

CREATE INDEX anomaly_decisions_chart_at_idx ON anomaly_decisions (chart, at, key);

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

CREATE TABLE charts (
	id        TEXT    NOT NULL PRIMARY KEY, -- "vault-overview/4"
	source    TEXT    NOT NULL, -- that answers it
	title     TEXT    NOT NULL,
	dashboard TEXT    NOT NULL,
	section   TEXT    NOT NULL, -- the row of the dashboard
	url       TEXT    NOT NULL,
	unit      TEXT    NOT NULL,
	service   TEXT    NOT NULL,
	team      TEXT    NOT NULL,
	queries   TEXT    NOT NULL, -- JSON; '' for none
	also      TEXT    NOT NULL,
	skipped   TEXT    NOT NULL,
	left_out  INTEGER NOT NULL,
	deleted   INTEGER NOT NULL DEFAULT 0 CHECK (deleted IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE INDEX charts_source_idx ON charts (source);

CREATE TABLE corrections (
	key          INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice
	slo          TEXT    NOT NULL,
	start_at     INTEGER NOT NULL,
	end_at       INTEGER NOT NULL,
	reason       TEXT    NOT NULL,
	author       TEXT    NOT NULL,
	at           INTEGER NOT NULL,
	withdrawn_by TEXT    NOT NULL, -- '' while it is in force
	withdrawn_at INTEGER
) STRICT;

CREATE INDEX corrections_slo_at_idx ON corrections (slo, at);

CREATE TABLE documents (
	kind    TEXT    NOT NULL CHECK (kind IN ('dashboard', 'definition', 'runbook')),
	source  TEXT    NOT NULL,
	id      TEXT    NOT NULL,
	at      INTEGER, -- when it was checked, where that is no part of it
	body    BLOB    NOT NULL, -- compressed JSON
	deleted INTEGER NOT NULL DEFAULT 0 CHECK (deleted IN (0, 1)),
	CONSTRAINT documents_kind_source_id_key UNIQUE (kind, source, id)
) STRICT;

CREATE TABLE events (
	page       INTEGER NOT NULL REFERENCES pages (key),
	id         TEXT    NOT NULL,
	at         INTEGER NOT NULL,
	kind       TEXT    NOT NULL,
	agent_kind TEXT    NOT NULL,
	agent      TEXT    NOT NULL,
	agent_name TEXT    NOT NULL,
	responders TEXT    NOT NULL,
	channel    TEXT    NOT NULL,
	text       TEXT    NOT NULL,
	until_at   INTEGER,
	PRIMARY KEY (page, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX events_notified_at_idx ON events (at) WHERE kind = 'notified';

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

CREATE TABLE labels (
	key       INTEGER PRIMARY KEY,
	source    TEXT    NOT NULL,
	page      TEXT    NOT NULL,
	at        INTEGER NOT NULL,
	author    TEXT    NOT NULL,
	verdict   TEXT    NOT NULL,
	cause     TEXT    NOT NULL,
	flags     TEXT    NOT NULL,
	actioned  TEXT    NOT NULL,
	note      TEXT    NOT NULL,
	minutes   INTEGER NOT NULL,
	withdrawn INTEGER NOT NULL CHECK (withdrawn IN (0, 1)),
	CONSTRAINT labels_source_page_at_author_key UNIQUE (source, page, at, author)
) STRICT;

CREATE TRIGGER meeting_items_added_trigger BEFORE INSERT ON meeting_items
	WHEN (SELECT state FROM meetings WHERE id = new.meeting) = 'closed'
BEGIN
	SELECT RAISE(ABORT, 'a closed meeting never changes');
END;

CREATE TRIGGER meeting_items_changed_trigger
	BEFORE UPDATE OF key, meeting, kind, section, subject, text, owner, due_at, author, at, withdrawn_by, withdrawn_at ON meeting_items
	WHEN (SELECT state FROM meetings WHERE id = old.meeting) = 'closed' OR (SELECT state FROM meetings WHERE id = new.meeting) = 'closed'
BEGIN
	SELECT RAISE(ABORT, 'a closed meeting never changes');
END;

CREATE TRIGGER meeting_items_deleted_trigger BEFORE DELETE ON meeting_items
BEGIN
	SELECT RAISE(ABORT, 'an item of minutes is never deleted');
END;

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

CREATE INDEX meeting_items_action_idx ON meeting_items (meeting) WHERE kind = 'action' AND done_by = '' AND withdrawn_by = '';

CREATE INDEX meeting_items_meeting_idx ON meeting_items (meeting, key);

CREATE TRIGGER meetings_closed_trigger BEFORE UPDATE ON meetings WHEN old.state = 'closed'
BEGIN
	SELECT RAISE(ABORT, 'a closed meeting never changes');
END;

CREATE TRIGGER meetings_deleted_trigger BEFORE DELETE ON meetings
BEGIN
	SELECT RAISE(ABORT, 'a meeting is never deleted');
END;

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

CREATE TABLE meta (
	name  TEXT NOT NULL PRIMARY KEY,
	value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE monitors (
	id             TEXT    NOT NULL PRIMARY KEY,
	service_source TEXT    NOT NULL,
	service        TEXT    NOT NULL,
	title          TEXT    NOT NULL,
	rule           TEXT    NOT NULL,
	first_seen_at  INTEGER NOT NULL,
	last_seen_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE notified (
	responder TEXT    NOT NULL, -- at the page's source
	page      INTEGER NOT NULL REFERENCES pages (key),
	PRIMARY KEY (responder, page)
) STRICT, WITHOUT ROWID;

CREATE INDEX notified_page_idx ON notified (page);

CREATE TABLE objectives (
	slo          TEXT    NOT NULL,
	at           INTEGER NOT NULL,
	target       REAL    NOT NULL,
	method       TEXT    NOT NULL,
	slice        INTEGER NOT NULL, -- milliseconds
	slice_target REAL    NOT NULL,
	PRIMARY KEY (slo, at)
) STRICT, WITHOUT ROWID;

CREATE TABLE pages (
	key             INTEGER PRIMARY KEY,
	source          TEXT    NOT NULL,
	id              TEXT    NOT NULL,
	number          TEXT    NOT NULL,
	url             TEXT    NOT NULL,
	title           TEXT    NOT NULL,
	service_source  TEXT    NOT NULL,
	service         TEXT    NOT NULL,
	policy          TEXT    NOT NULL,
	monitor         TEXT    NOT NULL,
	urgency         TEXT    NOT NULL,
	priority        TEXT    NOT NULL,
	severity        TEXT    NOT NULL,
	runbook         TEXT    NOT NULL,
	attributes      TEXT    NOT NULL,
	merged_into     TEXT    NOT NULL,
	reported        TEXT    NOT NULL,
	created_at      INTEGER,
	ended_at        INTEGER,
	updated_at      INTEGER,
	-- derived from the columns above and the events
	status          TEXT    NOT NULL,
	triggered_at    INTEGER NOT NULL,
	acknowledged_at INTEGER,
	resolved_at     INTEGER,
	resolver_kind   TEXT    NOT NULL,
	resolver        TEXT    NOT NULL,
	resolver_name   TEXT    NOT NULL, label INTEGER, labelled_at INTEGER,
	CONSTRAINT pages_source_id_key UNIQUE (source, id)
) STRICT;

CREATE INDEX pages_acknowledged_triggered_at_resolved_at_idx ON pages (triggered_at, resolved_at)
	WHERE acknowledged_at IS NOT NULL;

CREATE INDEX pages_monitor_labelled_at_source_id_idx ON pages (monitor, labelled_at DESC, source, id)
	WHERE labelled_at IS NOT NULL;

CREATE INDEX pages_monitor_triggered_at_idx ON pages (monitor, triggered_at);

CREATE INDEX pages_number_idx ON pages (number) WHERE number <> '';

CREATE INDEX pages_open_source_id_idx ON pages (source, id) WHERE status <> 'resolved';

CREATE INDEX pages_service_service_source_triggered_at_idx ON pages (service, service_source, triggered_at);

CREATE INDEX pages_triggered_at_source_id_idx ON pages (triggered_at, source, id);

CREATE TABLE plannings (
	tracker     TEXT    NOT NULL,
	fingerprint TEXT    NOT NULL,
	sprint      TEXT    NOT NULL,
	at          INTEGER NOT NULL, -- when the sprint was first planned
	chosen      INTEGER NOT NULL CHECK (chosen IN (0, 1)),
	PRIMARY KEY (tracker, fingerprint, sprint)
) STRICT, WITHOUT ROWID;

CREATE TABLE points (
	series   INTEGER NOT NULL REFERENCES series (key),
	day      INTEGER NOT NULL, -- when it begins
	step     INTEGER NOT NULL, -- milliseconds
	first_at INTEGER NOT NULL, -- of the first value that is known
	last_at  INTEGER NOT NULL,
	body     BLOB    NOT NULL, -- see packValues
	CONSTRAINT points_series_day_step_key UNIQUE (series, day, step)
) STRICT;

CREATE INDEX points_day_idx ON points (day);

CREATE INDEX points_fine_day_idx ON points (day) WHERE step < 300000;

CREATE TABLE policies (
	source  TEXT    NOT NULL,
	id      TEXT    NOT NULL,
	name    TEXT    NOT NULL,
	teams   TEXT    NOT NULL,
	levels  INTEGER NOT NULL,
	deleted INTEGER NOT NULL CHECK (deleted IN (0, 1)),
	PRIMARY KEY (source, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE priorities (
	source TEXT    NOT NULL,
	id     TEXT    NOT NULL,
	name   TEXT    NOT NULL,
	rank   INTEGER NOT NULL,
	PRIMARY KEY (source, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE raw (
	key    INTEGER PRIMARY KEY,
	source TEXT    NOT NULL,
	type   TEXT    NOT NULL,
	id     TEXT    NOT NULL,
	at     INTEGER NOT NULL,
	body   BLOB    NOT NULL,
	CONSTRAINT raw_source_type_id_key UNIQUE (source, type, id)
) STRICT;

CREATE INDEX raw_at_idx ON raw (at);

CREATE TABLE rejects (
	source  TEXT    NOT NULL,
	id      TEXT    NOT NULL,
	type    TEXT    NOT NULL,
	reason  TEXT    NOT NULL,
	body    BLOB    NOT NULL,
	at      INTEGER NOT NULL,
	version TEXT    NOT NULL, -- of the program that tried last
	PRIMARY KEY (source, id)
) STRICT;

CREATE TABLE reports (
	destination TEXT    NOT NULL,
	due_at      INTEGER NOT NULL,
	state       TEXT    NOT NULL CHECK (state IN ('intended', 'sent', 'failed')),
	error       TEXT    NOT NULL, -- why it failed
	at          INTEGER NOT NULL, -- of the state
	PRIMARY KEY (destination, due_at)
) STRICT, WITHOUT ROWID;

CREATE TABLE requests (
	id      TEXT    NOT NULL PRIMARY KEY,
	method  TEXT    NOT NULL,
	content BLOB    NOT NULL, -- a hash of what was asked
	result  TEXT    NOT NULL,
	at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX requests_at_idx ON requests (at);

CREATE TABLE responders (
	source    TEXT    NOT NULL,
	id        TEXT    NOT NULL,
	name      TEXT    NOT NULL,
	email     TEXT    NOT NULL,
	time_zone TEXT    NOT NULL,
	teams     TEXT    NOT NULL,
	channels  TEXT    NOT NULL,
	deleted   INTEGER NOT NULL CHECK (deleted IN (0, 1)),
	PRIMARY KEY (source, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE scans (
	key      INTEGER PRIMARY KEY AUTOINCREMENT, -- the newest has the greatest
	series   INTEGER NOT NULL REFERENCES series (key),
	start_at INTEGER NOT NULL,
	end_at   INTEGER NOT NULL,
	made_of  TEXT    NOT NULL,
	body     BLOB    NOT NULL,
	CONSTRAINT scans_series_start_at_end_at_key UNIQUE (series, start_at, end_at)
) STRICT;

CREATE INDEX scans_end_at_idx ON scans (end_at);

CREATE TABLE segment_hours (
	slo     INTEGER NOT NULL REFERENCES slos (key),
	end_at  INTEGER NOT NULL,
	length  INTEGER NOT NULL,
	total   REAL    NOT NULL,
	bad     REAL    NOT NULL,
	missing INTEGER NOT NULL,
	gap_bad REAL    NOT NULL,
	excess  REAL    NOT NULL,
	resets  INTEGER NOT NULL,
	PRIMARY KEY (slo, end_at)
) STRICT, WITHOUT ROWID;

CREATE TABLE segments (
	slo     INTEGER NOT NULL REFERENCES slos (key),
	end_at  INTEGER NOT NULL,
	length  INTEGER NOT NULL,
	total   REAL    NOT NULL,
	bad     REAL    NOT NULL,
	missing INTEGER NOT NULL,
	gap_bad REAL    NOT NULL,
	excess  REAL    NOT NULL,
	resets  INTEGER NOT NULL,
	PRIMARY KEY (slo, end_at)
) STRICT, WITHOUT ROWID;

CREATE INDEX segments_crossing_slo_end_at_idx ON segments (slo, end_at)
	WHERE (end_at - 1) / 3600000 <> (end_at - length) / 3600000;

CREATE TABLE series (
	key      INTEGER PRIMARY KEY,
	id       TEXT    NOT NULL, -- see opsreview.SeriesKey
	chart    TEXT    NOT NULL REFERENCES charts (id),
	query    TEXT    NOT NULL,
	name     TEXT    NOT NULL,
	labels   TEXT    NOT NULL,
	counter  INTEGER NOT NULL CHECK (counter IN (0, 1)),
	version  INTEGER NOT NULL DEFAULT 0, -- goes up with each change of its points
	first_at INTEGER, -- of its points; derived from them
	last_at  INTEGER,
	CONSTRAINT series_id_key UNIQUE (id)
) STRICT;

CREATE INDEX series_chart_idx ON series (chart);

CREATE TABLE services (
	source  TEXT    NOT NULL,
	id      TEXT    NOT NULL,
	name    TEXT    NOT NULL,
	teams   TEXT    NOT NULL,
	policy  TEXT    NOT NULL,
	deleted INTEGER NOT NULL CHECK (deleted IN (0, 1)),
	PRIMARY KEY (source, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE shifts (
	source           TEXT    NOT NULL,
	policy_id        TEXT    NOT NULL,
	level            INTEGER NOT NULL,
	schedule_id      TEXT    NOT NULL,
	responder_source TEXT    NOT NULL,
	responder        TEXT    NOT NULL,
	start_at         INTEGER NOT NULL,
	end_at           INTEGER,
	policy           TEXT    NOT NULL,
	schedule         TEXT    NOT NULL,
	observed_at      INTEGER,
	PRIMARY KEY (source, policy_id, level, schedule_id, responder_source, responder, start_at)
) STRICT, WITHOUT ROWID;

CREATE INDEX shifts_end_at_start_at_idx ON shifts (end_at, start_at);

CREATE TABLE slos (
	key        INTEGER PRIMARY KEY,
	name       TEXT    NOT NULL,
	source     TEXT    NOT NULL, -- of the segments that came last
	segments   INTEGER NOT NULL DEFAULT 0, -- how many there are
	rolled_at  INTEGER NOT NULL DEFAULT 0, -- segments up to there have been joined to 5 minutes
	rolled2_at INTEGER NOT NULL DEFAULT 0, -- and up to there to hours
	CONSTRAINT slos_name_key UNIQUE (name)
) STRICT;

CREATE TABLE sources (
	name             TEXT    NOT NULL PRIMARY KEY,
	type             TEXT    NOT NULL DEFAULT '',
	cursor           TEXT    NOT NULL DEFAULT '',
	synced_to_at     INTEGER,
	started_at       INTEGER,
	ended_at         INTEGER,
	last_error       TEXT    NOT NULL DEFAULT '',
	scope            TEXT    NOT NULL DEFAULT '',
	pages            INTEGER NOT NULL DEFAULT 0, -- how many the source has in pages
	events           INTEGER NOT NULL DEFAULT 0, -- and in events
	shifts_seen_at   INTEGER                     -- the latest look at who is on call
) STRICT, WITHOUT ROWID;

CREATE TABLE suspect_windows (
	source   TEXT    NOT NULL,
	start_at INTEGER NOT NULL,
	end_at   INTEGER NOT NULL,
	reason   TEXT    NOT NULL,
	at       INTEGER NOT NULL,
	PRIMARY KEY (source, start_at, end_at)
) STRICT, WITHOUT ROWID;

CREATE TABLE teams (
	source  TEXT    NOT NULL,
	id      TEXT    NOT NULL,
	name    TEXT    NOT NULL,
	deleted INTEGER NOT NULL CHECK (deleted IN (0, 1)),
	PRIMARY KEY (source, id)
) STRICT, WITHOUT ROWID;

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

CREATE INDEX ticket_effects_fingerprint_idx ON ticket_effects (fingerprint);

CREATE INDEX ticket_effects_tracker_idx ON ticket_effects (tracker);

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

CREATE INDEX tickets_fingerprint_idx ON tickets (fingerprint);

CREATE INDEX tickets_team_idx ON tickets (team);

CREATE INDEX tickets_tracker_closed_at_idx ON tickets (tracker, closed_at) WHERE closed_at IS NOT NULL;

CREATE UNIQUE INDEX tickets_under_way_tracker_fingerprint_idx ON tickets (tracker, fingerprint)
	WHERE state IN ('planned', 'creating', 'uncertain');

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

CREATE UNIQUE INDEX toil_source_idx ON toil (source, source_id) WHERE source_id <> '';

CREATE INDEX toil_task_key_idx ON toil (task_key, at);

CREATE INDEX toil_team_idx ON toil (team, at);

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

CREATE TABLE trackers (
	name            TEXT    NOT NULL PRIMARY KEY,
	confirmed_at    INTEGER, -- when somebody first agreed that tickets are filed there
	confirmed_by    TEXT    NOT NULL DEFAULT '',
	owner           TEXT    NOT NULL DEFAULT '', -- who may file there now; '' while nobody has asked
	leased_at       INTEGER, -- since when
	leased_until_at INTEGER  -- and until when
) STRICT, WITHOUT ROWID;

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

