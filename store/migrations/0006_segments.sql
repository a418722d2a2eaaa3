-- +goose Up

-- SLOs that anything was counted of.
CREATE TABLE slos (
	key        INTEGER PRIMARY KEY,
	name       TEXT    NOT NULL,
	source     TEXT    NOT NULL, -- of the segments that came last
	segments   INTEGER NOT NULL DEFAULT 0, -- how many there are
	rolled_at  INTEGER NOT NULL DEFAULT 0, -- segments up to there have been joined to 5 minutes
	rolled2_at INTEGER NOT NULL DEFAULT 0, -- and up to there to hours
	CONSTRAINT slos_name_key UNIQUE (name)
) STRICT;

-- Counted events. Segments of one SLO do not overlap. Lengths are in
-- milliseconds; missing is how much of the length was not watched.
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

-- Segments that do not lie within one hour.
CREATE INDEX segments_crossing_slo_end_at_idx ON segments (slo, end_at)
	WHERE (end_at - 1) / 3600000 <> (end_at - length) / 3600000;

-- Derived from the segments: the sum of those that lie within one hour of UTC,
-- from the beginning of the first to the end of the last.
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

-- What SLOs promised, and from when on. The first has the time of the year 1.
CREATE TABLE objectives (
	slo          TEXT    NOT NULL,
	at           INTEGER NOT NULL,
	target       REAL    NOT NULL,
	method       TEXT    NOT NULL,
	slice        INTEGER NOT NULL, -- milliseconds
	slice_target REAL    NOT NULL,
	PRIMARY KEY (slo, at)
) STRICT, WITHOUT ROWID;

-- Stretches of time that people took out of budgets.
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

PRAGMA user_version = 6;
