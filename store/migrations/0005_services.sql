-- +goose Up

-- A team's pages of a window, among those of many teams.
CREATE INDEX pages_service_service_source_triggered_at_idx ON pages (service, service_source, triggered_at);

PRAGMA user_version = 5;
