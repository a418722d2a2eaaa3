-- +goose Up

-- What is looked at as one thing.
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

-- The values of a series on one day of UTC at one step. Of a stretch of time
-- the values are known at one step only.
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

-- What is to be thinned when it is old.
CREATE INDEX points_fine_day_idx ON points (day) WHERE step < 300000;

-- What looking at a series found. It is derived and can be made again.
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

-- What people decided about anomalies. Rows are never changed or deleted.
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

-- Dashboards, definitions of monitors and runbooks, as they were read.
CREATE TABLE documents (
	kind    TEXT    NOT NULL CHECK (kind IN ('dashboard', 'definition', 'runbook')),
	source  TEXT    NOT NULL,
	id      TEXT    NOT NULL,
	at      INTEGER, -- when it was checked, where that is no part of it
	body    BLOB    NOT NULL, -- compressed JSON
	deleted INTEGER NOT NULL DEFAULT 0 CHECK (deleted IN (0, 1)),
	CONSTRAINT documents_kind_source_id_key UNIQUE (kind, source, id)
) STRICT;

PRAGMA user_version = 8;
