package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"opsreview"
)

// A Status is how an open database is.
type Status struct {
	Bytes    int64 // the size of the file
	LogBytes int64 // the size of the write-ahead log beside it
}

// Status asks the database whether it answers and how large it is. It returns a
// Conflict error if another program has changed the schema since it was opened.
// It costs next to nothing.
func (db *DB) Status(ctx context.Context) (Status, error) {
	var version int
	err := db.view(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT user_version FROM pragma_user_version`).Scan(&version)
	})
	if err != nil {
		return Status{}, fmt.Errorf("ask the database: %w", err)
	}
	if version != schemaVersion {
		return Status{}, opsreview.Errorf(opsreview.Conflict, "the database has schema %d and this program knows %d: another version of opsreview has opened it", version, schemaVersion)
	}
	var st Status
	if st.Bytes, err = fileSize(db.path); err == nil {
		st.LogBytes, err = fileSize(db.path + "-wal")
	}
	return st, err
}

// fileSize returns a file's size, 0 if there is no file.
func fileSize(path string) (int64, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, opsreview.Wrapf(err, opsreview.Internal, "the database's file cannot be found")
	}
	return info.Size(), nil
}
