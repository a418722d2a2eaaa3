package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"

	"opsreview"
)

//go:embed migrations/*.sql
var migrations embed.FS

const (
	// schemaVersion is the number of the newest migration. Each migration ends
	// by writing its number to user_version, so that opening a database that is
	// up to date costs one read.
	schemaVersion = 9

	// applicationID marks the files of this program ("oprv").
	applicationID = 0x6f707276
)

// migrate brings the schema up to date. Another process may be doing the same
// at the same time: whoever comes second finds the work done.
func (db *DB) migrate(ctx context.Context) error {
	const tries = 5
	var err error
	for range tries {
		done, cerr := db.checkVersion(ctx)
		if cerr != nil || done {
			return cerr
		}
		if err = migrateTo(ctx, db.write, schemaVersion); ctx.Err() != nil {
			break
		}
	}
	if done, cerr := db.checkVersion(ctx); cerr != nil || done {
		return cerr
	}
	return opsreview.Wrapf(err, opsreview.Internal, "the database could not be brought up to date")
}

// checkVersion reports whether the schema is this program's. It refuses
// databases that are not for this program to change.
func (db *DB) checkVersion(ctx context.Context) (current bool, err error) {
	var version, app, tables int
	err = db.write.QueryRowContext(ctx, `SELECT
		(SELECT user_version FROM pragma_user_version),
		(SELECT application_id FROM pragma_application_id),
		(SELECT count(*) FROM sqlite_schema WHERE name NOT GLOB 'goose_*' AND name NOT GLOB 'sqlite_*')`,
	).Scan(&version, &app, &tables)
	switch {
	case err != nil:
		return false, classify(ctx, fmt.Errorf("read schema version: %w", err))
	case app != applicationID && (app != 0 || version != 0 || tables != 0):
		return false, opsreview.Errorf(opsreview.Invalid, "the file is a database of another program")
	case version > schemaVersion:
		return false, opsreview.Errorf(opsreview.Conflict,
			"the database is from a newer version of opsreview (schema %d; this program knows %d): upgrade the program",
			version, schemaVersion)
	}
	return version == schemaVersion, nil
}

// migrateTo applies the migrations up to a version, each in one transaction.
func migrateTo(ctx context.Context, pool *sql.DB, version int64) error {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, pool, dir)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	if _, err := p.UpTo(ctx, version); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}
