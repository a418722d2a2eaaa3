package storetest

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"opsreview/store"
)

// empty is the file of a database in which nothing is stored, made once for all
// tests of a process: under the race detector all the migrations together take
// half a second, and most tests are about something else.
var empty = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "opsreview-empty-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a leftover in the temporary directory is nobody's loss
	path := filepath.Join(dir, "empty.db")
	db, err := store.Open(context.Background(), path, store.Options{})
	if err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil { // which brings the log into the file
		return nil, err
	}
	return os.ReadFile(path)
})

// Fresh makes an empty database at path, unless there is a file already, and
// returns path. Opening it then finds nothing to migrate.
func Fresh(tb testing.TB, path string) string {
	tb.Helper()
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return path
	}
	data, err := empty()
	if err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		tb.Fatal(err)
	}
	return path
}
