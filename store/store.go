// Package store keeps opsreview's facts in one SQLite file.
//
// Each exported method of [DB] is one transaction: it happens whole or not at
// all, and no transaction outlives the call. Errors are *opsreview.Error where
// the caller can act on them.
//
// Facts are joined and never doubled: saving a batch again changes nothing, and
// batches may come late and in any order. Times are kept to the millisecond.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"opsreview"
)

// readers is how many queries run side by side; more wait in Go.
const readers = 8

// DB is an open database. Readers run side by side, each on one snapshot, and
// never wait for a writer; writers take turns. SQLite allows one writer at a
// time anyway, and waiting for a connection in Go is fair where waiting for
// SQLite's lock is not.
type DB struct {
	read  *sql.DB // query_only, many connections
	write *sql.DB // one connection, begins IMMEDIATE
	log   walLog  // of the writer's connection, and used by whoever has that
	path  string
	opts  Options
}

// Options are what an open database needs to know of the program.
type Options struct {
	Monitors opsreview.MonitorRules // how pages are joined to monitors
	Version  string                 // the program's; rejects of other versions are tried again
}

// Open opens the database at path and creates it, readable by its owner only,
// if it is not there. A database of an earlier version is brought up to date;
// one of a newer version is refused with a Conflict error, and a file that is
// no database of this program with an Invalid one. If the monitor rules have
// changed since the database was last open, every page's monitor is found
// again.
func Open(ctx context.Context, path string, opts Options) (*DB, error) {
	if err := createFile(path); err != nil {
		return nil, err
	}
	write, err := sql.Open("sqlite", dsn(path, "_txlock=immediate"))
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	write.SetMaxOpenConns(1)
	read, err := sql.Open("sqlite", dsn(path, "_pragma=query_only(1)"))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open database: %w", err), write.Close())
	}
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers)
	db := &DB{read: read, write: write, log: walLog{path: path + "-wal", bound: logBound, wait: logWait}, path: path, opts: opts}
	if err := db.prepare(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// Close closes the database. It waits for what is running.
func (db *DB) Close() error {
	// The writer goes last: the last connection to close empties the log, which
	// a query_only connection cannot.
	return errors.Join(db.read.Close(), db.write.Close())
}

// prepare makes the database fit for this program.
func (db *DB) prepare(ctx context.Context) error {
	if err := db.migrate(ctx); err != nil {
		return err
	}
	return db.followRules(ctx)
}

// createFile makes sure that the file is there, so that the files which SQLite
// puts beside it get its permissions.
func createFile(path string) error {
	if path == "" {
		return opsreview.Errorf(opsreview.Invalid, "the database needs a file name")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return opsreview.Wrapf(err, opsreview.Invalid, "cannot create the database's directory")
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return opsreview.Wrapf(err, opsreview.Invalid, "cannot open the database file")
	}
	return f.Close()
}

func dsn(path, extra string) string {
	return "file:" + (&url.URL{Path: path}).EscapedPath() +
		fmt.Sprintf("?_pragma=busy_timeout(%d)", busyTimeout.Milliseconds()) + // first, so that switching to WAL can wait too
		"&_pragma=journal_mode(WAL)" +
		fmt.Sprintf("&_pragma=journal_size_limit(%d)", logBound) +
		"&_pragma=synchronous(NORMAL)" +
		"&_pragma=foreign_keys(1)" +
		"&_pragma=cache_size(-16000)" +
		"&_pragma=temp_store(MEMORY)&" + extra
}

// A writer is a transaction that changes the database. It keeps the statements
// it has prepared until it ends.
type writer struct {
	*sql.Tx
	stmts map[string]*sql.Stmt
}

// prepared returns a statement for query that is compiled once in w.
func (w *writer) prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	if s := w.stmts[query]; s != nil {
		return s, nil
	}
	s, err := w.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	w.stmts[query] = s
	return s, nil
}

// exec runs a statement and returns how many rows it changed.
func (w *writer) exec(ctx context.Context, query string, args ...any) (int, error) {
	s, err := w.prepared(ctx, query)
	if err != nil {
		return 0, err
	}
	res, err := s.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// queryRow runs a query that has one row.
func (w *writer) queryRow(ctx context.Context, query string, args []any, dest ...any) error {
	s, err := w.prepared(ctx, query)
	if err != nil {
		return err
	}
	return s.QueryRowContext(ctx, args...).Scan(dest...)
}

// view runs fn in a transaction that sees one snapshot and cannot write.
func (db *DB) view(ctx context.Context, fn func(*sql.Tx) error) error {
	return inTx(ctx, db.read, fn)
}

// update runs fn in a transaction and commits it if fn returns nil.
func (db *DB) update(ctx context.Context, fn func(*writer) error) error {
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return classify(ctx, err)
	}
	defer conn.Close() //nolint:errcheck // It goes back to the pool.
	defer db.trimLog(ctx, conn)
	return change(ctx, conn, fn)
}

// updateDurably is update for what must outlast a power failure: it returns when
// the disk has it. After update alone the last writes may be lost then, though
// nothing is damaged.
func (db *DB) updateDurably(ctx context.Context, fn func(*writer) error) error {
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return classify(ctx, err)
	}
	defer conn.Close() //nolint:errcheck // It goes back to the pool.
	defer db.trimLog(ctx, conn)
	if _, err := conn.ExecContext(ctx, `PRAGMA synchronous = FULL`); err != nil {
		return classify(ctx, err)
	}
	defer func() { // Where it fails, writes stay durable.
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), `PRAGMA synchronous = NORMAL`)
	}()
	return change(ctx, conn, fn)
}

// change runs fn in a transaction of the writer's connection.
func change(ctx context.Context, conn *sql.Conn, fn func(*writer) error) error {
	return inTx(ctx, conn, func(tx *sql.Tx) error {
		return fn(&writer{Tx: tx, stmts: map[string]*sql.Stmt{}})
	})
}

// A beginner begins transactions: a pool, or one connection of it.
type beginner interface {
	BeginTx(ctx context.Context, opts *sql.TxOptions) (*sql.Tx, error)
}

func inTx(ctx context.Context, on beginner, fn func(*sql.Tx) error) error {
	tx, err := on.BeginTx(ctx, nil)
	if err != nil {
		return classify(ctx, err)
	}
	defer func() { _ = tx.Rollback() }() // A no-op after the commit.
	if err := fn(tx); err != nil {
		return classify(ctx, err)
	}
	return classify(ctx, tx.Commit())
}
