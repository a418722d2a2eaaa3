package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"opsreview"
)

// Backup writes a whole copy of the database, as it is at one instant, to path.
// Others read and write meanwhile. The copy appears under its name only when it
// is complete; a file that is there already is not touched, and a Conflict
// error is returned.
func (db *DB) Backup(ctx context.Context, path string) error {
	exists := opsreview.Errorf(opsreview.Conflict, "the backup's file exists already")
	if _, err := os.Lstat(path); err == nil {
		return exists
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp")
	if err != nil {
		return opsreview.Wrapf(err, opsreview.Invalid, "cannot write to the backup's directory")
	}
	defer os.Remove(tmp.Name()) //nolint:errcheck // It has gone or nobody needs it.
	err = errors.Join(db.copyTo(ctx, tmp.Name()), tmp.Sync(), tmp.Close())
	if err != nil {
		return classify(ctx, fmt.Errorf("back up: %w", err))
	}
	// A link, unlike renaming, never replaces a file.
	if err := os.Link(tmp.Name(), path); errors.Is(err, fs.ErrExist) {
		return exists
	} else if err == nil {
		return nil
	}
	// Not every file system has links.
	if err := os.Rename(tmp.Name(), path); err != nil {
		return fmt.Errorf("name backup: %w", err)
	}
	return nil
}

// copyTo copies the database into an empty file. The readers' connections will
// not do: SQLite takes VACUUM for a change, wherever the copy goes.
func (db *DB) copyTo(ctx context.Context, path string) error {
	conn, err := sql.Open("sqlite", dsn(db.path, ""))
	if err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, `VACUUM INTO ?`, path)
	return errors.Join(err, conn.Close())
}
