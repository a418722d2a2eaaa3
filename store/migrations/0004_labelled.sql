-- +goose Up

-- Derived from the labels: the one given last, even if it withdraws, and when
-- the label in force was given; NULL if there is none.
ALTER TABLE pages ADD COLUMN label INTEGER;
ALTER TABLE pages ADD COLUMN labelled_at INTEGER;

UPDATE pages SET (label, labelled_at) = (
	SELECT l.key, iif(l.withdrawn OR l.verdict = '', NULL, l.at) FROM labels l
	WHERE l.source = pages.source AND l.page = pages.id ORDER BY l.at DESC, l.author DESC LIMIT 1)
WHERE (source, id) IN (SELECT source, page FROM labels);

-- The labels of a monitor, newest first.
CREATE INDEX pages_monitor_labelled_at_source_id_idx ON pages (monitor, labelled_at DESC, source, id)
	WHERE labelled_at IS NOT NULL;

-- The pages that somebody still worked on at some time.
CREATE INDEX pages_acknowledged_triggered_at_resolved_at_idx ON pages (triggered_at, resolved_at)
	WHERE acknowledged_at IS NOT NULL;

-- Whom a page notified.
CREATE INDEX notified_page_idx ON notified (page);

PRAGMA user_version = 4;
