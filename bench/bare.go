package main

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"strings"
)

// A bare is the same schema without the store in front of it.
type bare struct {
	from *sql.DB // the store's database, whose rows it inserts
	to   *sql.DB
}

// pragmas are those that the store opens its databases with.
const pragmas = "?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)" +
	"&_pragma=foreign_keys(1)&_pragma=cache_size(-16000)&_pragma=temp_store(MEMORY)&_txlock=immediate"

// openBare takes the paths of the store's database and of another one that the
// store has made and closed again, so that its schema is the same.
func openBare(from, to string) (*bare, error) {
	pools := make([]*sql.DB, 2)
	for i, path := range []string{from, to} {
		pool, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+pragmas)
		if err != nil {
			return nil, err
		}
		pool.SetMaxOpenConns(1)
		pools[i] = pool
	}
	return &bare{from: pools[0], to: pools[1]}, nil
}

func (b *bare) close() error { return errors.Join(b.from.Close(), b.to.Close()) }

// bareTables are the tables that grow with the history, and the column of each
// that holds a page's key. What a batch changes in the others, once for many
// pages, is the store's to bear.
var bareTables = []struct{ name, key string }{{"pages", "key"}, {"events", "page"}, {"notified", "page"}}

// A tableRows is rows of one table.
type tableRows struct {
	table string
	rows  [][]any
}

// read returns the rows that belong to the pages with keys above after, up to
// and with the key last, in the order of their primary keys.
func (b *bare) read(ctx context.Context, after, last int64) ([]tableRows, error) {
	var all []tableRows
	for _, t := range bareTables {
		query := "SELECT * FROM " + t.name + " WHERE " + t.key + " > ? AND " + t.key + " <= ?"
		rows, err := readRows(ctx, b.from, query, after, last)
		if err != nil {
			return nil, err
		}
		all = append(all, tableRows{t.name, rows})
	}
	return all, nil
}

func readRows(ctx context.Context, db *sql.DB, query string, args ...any) ([][]any, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err below tells what went wrong.
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var all [][]any
	for rows.Next() {
		row, dest := make([]any, len(columns)), make([]any, len(columns))
		for i := range row {
			dest[i] = &row[i]
		}
		if err := rows.Scan(dest...); err != nil {
			return nil, err
		}
		all = append(all, row)
	}
	return all, rows.Err()
}

// insert inserts the rows in one transaction with a prepared statement for
// each table, and does nothing else.
func (b *bare) insert(ctx context.Context, all []tableRows) error {
	tx, err := b.to.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // A no-op after the commit.
	for _, t := range all {
		if len(t.rows) == 0 {
			continue
		}
		marks := strings.TrimSuffix(strings.Repeat("?,", len(t.rows[0])), ",")
		s, err := tx.PrepareContext(ctx, "INSERT INTO "+t.table+" VALUES ("+marks+")") //nolint:sqlclosecheck // The transaction closes it.
		if err != nil {
			return err
		}
		for _, row := range t.rows {
			if _, err := s.ExecContext(ctx, row...); err != nil {
				return err
			}
		}
	}
	return tx.Commit()
}

func countRows(all []tableRows) int {
	n := 0
	for _, t := range all {
		n += len(t.rows)
	}
	return n
}
