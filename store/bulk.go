package store

import (
	"context"
	"strings"
)

// A bulk is an INSERT of many rows. Several rows in one statement save most of
// what a statement costs in Go.
type bulk struct {
	into    string // "events (page, id)"
	columns int
	suffix  string // "ON CONFLICT DO NOTHING"
}

// bulkRows are how many rows one statement takes, most first. Few sizes mean
// few statements to compile.
var bulkRows = []int{64, 8, 1}

// insert inserts the rows whose values args hold one after another, and
// returns how many rows changed.
func (w *writer) insert(ctx context.Context, b bulk, args []any) (int, error) {
	changed := 0
	for _, rows := range bulkRows {
		size := rows * b.columns
		for len(args) >= size && len(args) > 0 {
			n, err := w.exec(ctx, b.statement(rows), args[:size]...)
			if err != nil {
				return changed, err
			}
			changed, args = changed+n, args[size:]
		}
	}
	return changed, nil
}

func (b bulk) statement(rows int) string {
	row := "(" + marks(b.columns) + ")"
	return "INSERT INTO " + b.into + " VALUES " +
		strings.TrimSuffix(strings.Repeat(row+",", rows), ",") + " " + b.suffix
}

// marks returns n question marks for a list of values.
func marks(n int) string {
	return strings.TrimSuffix(strings.Repeat("?,", n), ",")
}

// chunk is how many names one query asks for.
const chunk = 256
