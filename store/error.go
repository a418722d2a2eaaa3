package store

import (
	"context"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"opsreview"
)

// classify gives an engine's error the code by which callers act on it. Errors
// that are classified already stay as they are.
func classify(ctx context.Context, err error) error {
	var ours *opsreview.Error
	if err == nil || errors.As(err, &ours) {
		return err
	}
	if ctx.Err() != nil && !errors.Is(err, ctx.Err()) {
		// The end of a context rolls a transaction back from aside, and what is
		// under way then fails in several ways: interrupted, done, closed.
		return fmt.Errorf("%w: %w", ctx.Err(), err)
	}
	switch sqliteCode(err) {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return opsreview.Wrapf(err, opsreview.Unavailable, "the database is busy: try again")
	case sqlite3.SQLITE_FULL:
		return opsreview.Wrapf(err, opsreview.Internal, "the disk is full")
	case sqlite3.SQLITE_NOTADB:
		return opsreview.Wrapf(err, opsreview.Invalid, "the file is not a database")
	case sqlite3.SQLITE_CORRUPT:
		return opsreview.Wrapf(err, opsreview.Internal, "the database is damaged: run opsreview db check and restore a backup")
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		return opsreview.Wrapf(err, opsreview.Invalid, "the database cannot be written: see its permissions")
	}
	return err
}

// sqliteCode returns the engine's primary code of err, 0 if it has none.
func sqliteCode(err error) int {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return 0
	}
	return e.Code() & 0xff
}
