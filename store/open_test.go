package store_test

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/store"
)

var update = flag.Bool("update", false, "rewrite schema.sql")

// openSQL opens the file beside the store, to look and to damage.
func openSQL(tb testing.TB, path string) *sql.DB {
	tb.Helper()
	pool, err := sql.Open("sqlite", store.DSN(path, ""))
	if err != nil {
		tb.Fatal(err)
	}
	pool.SetMaxOpenConns(1)
	tb.Cleanup(func() { _ = pool.Close() })
	return pool
}

func execSQL(tb testing.TB, pool *sql.DB, query string, args ...any) {
	tb.Helper()
	if _, err := pool.ExecContext(context.WithoutCancel(tb.Context()), query, args...); err != nil {
		tb.Fatalf("%s: %v", query, err)
	}
}

func tryOpen(t *testing.T, path string, rules opsreview.MonitorRules) error {
	t.Helper()
	db, err := store.Open(t.Context(), path, store.Options{Monitors: rules, Version: "v1"})
	if err == nil {
		err = db.Close()
	}
	return err
}

func TestOpen_CreatesPrivateFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "b c#?%", "test.db")
	db := openAt(t, path, store.Options{})
	save(t, db, "pd", history("pd", 0, 1))
	for file, want := range map[string]os.FileMode{filepath.Dir(path): 0o700, path: 0o600, path + "-wal": 0o600, path + "-shm": 0o600} {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", filepath.Base(file), got, want)
		}
	}
}

func TestOpen_Refuses(t *testing.T) {
	for name, tt := range map[string]struct {
		spoil   func(t *testing.T, path string)
		code    opsreview.Code
		message string
	}{
		"a database from a newer version": {
			spoil: func(t *testing.T, path string) {
				if err := tryOpen(t, path, opsreview.MonitorRules{}); err != nil {
					t.Fatal(err)
				}
				execSQL(t, openSQL(t, path), fmt.Sprintf("PRAGMA user_version = %d", store.SchemaVersion+1))
			},
			code: opsreview.Conflict,
			message: fmt.Sprintf("the database is from a newer version of opsreview (schema %d; this program knows %d): upgrade the program",
				store.SchemaVersion+1, store.SchemaVersion),
		},
		"a database of another program": {
			spoil: func(t *testing.T, path string) {
				execSQL(t, openSQL(t, path), "CREATE TABLE songs (title TEXT)")
			},
			code: opsreview.Invalid, message: "the file is a database of another program",
		},
		"a file that is no database": {
			spoil: func(t *testing.T, path string) {
				if err := os.WriteFile(path, []byte(strings.Repeat("This is a letter. ", 500)), 0o600); err != nil {
					t.Fatal(err)
				}
			},
			code: opsreview.Invalid, message: "the file is not a database",
		},
		"a directory": {
			spoil: func(t *testing.T, path string) {
				if err := os.Mkdir(path, 0o700); err != nil {
					t.Fatal(err)
				}
			},
			code: opsreview.Invalid, message: "cannot open the database file",
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := dbPath(t)
			tt.spoil(t, path)
			err := tryOpen(t, path, opsreview.MonitorRules{})
			if opsreview.ErrorCode(err) != tt.code || opsreview.ErrorMessage(err) != tt.message {
				t.Errorf("got %q, %q, want %q, %q: %v", opsreview.ErrorCode(err), opsreview.ErrorMessage(err), tt.code, tt.message, err)
			}
		})
	}
	if err := tryOpen(t, "", opsreview.MonitorRules{}); opsreview.ErrorCode(err) != opsreview.Invalid {
		t.Errorf("no name: %v", err)
	}
}

func TestOpen_AtOnce(t *testing.T) {
	path := dbPath(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := tryOpen(t, path, opsreview.DefaultMonitorRules()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	wantSound(t, openAt(t, path, store.Options{Monitors: opsreview.DefaultMonitorRules()}))
}

func TestOpen_FollowsMonitorRules(t *testing.T) {
	path := dbPath(t)
	open := func(rules opsreview.MonitorRules) (*store.DB, []opsreview.Monitor) {
		db, err := store.Open(t.Context(), path, store.Options{Monitors: rules})
		if err != nil {
			t.Fatal(err)
		}
		monitors, err := db.Monitors(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		return db, monitors
	}
	db, _ := open(opsreview.MonitorRules{})
	b := opsreview.Batch{}
	pages := 2500
	if raceEnabled {
		pages = 500
	}
	for i := range pages {
		p := opsreview.Page{Ref: opsreview.Ref{Source: "pd", ID: fmt.Sprint(i)}, Title: fmt.Sprintf("disk %d is full", i%50), CreatedAt: at(i%30, "10:00:00")}
		b.Pages = append(b.Pages, p)
	}
	save(t, db, "pd", b)
	for _, tt := range []struct {
		rules opsreview.MonitorRules
		want  int
	}{
		{opsreview.MonitorRules{}, 50},
		{opsreview.DefaultMonitorRules(), 1},
		{opsreview.MonitorRules{Replace: []opsreview.Replacement{{Pattern: regexp.MustCompile(`\d is`), With: "#"}}}, 5},
		{opsreview.MonitorRules{}, 50},
	} {
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		var monitors []opsreview.Monitor
		if db, monitors = open(tt.rules); len(monitors) != tt.want {
			t.Errorf("there are %d monitors, want %d", len(monitors), tt.want)
		}
		wantSound(t, db)
		if n, err := db.Remonitor(t.Context()); n != 0 || err != nil {
			t.Errorf("by the same rules %d pages changed: %v", n, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// schema returns the database's schema as SQL.
func schema(t *testing.T, pool *sql.DB) string {
	t.Helper()
	rows, err := pool.QueryContext(t.Context(), `SELECT sql FROM sqlite_schema
		WHERE sql IS NOT NULL AND tbl_name NOT GLOB 'goose_*' AND name NOT GLOB 'sqlite_*' ORDER BY tbl_name, type DESC, name`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var text strings.Builder
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		text.WriteString(s + ";\n\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

func TestSchema(t *testing.T) {
	path := dbPath(t)
	openAt(t, path, store.Options{})
	got := schema(t, openSQL(t, path))
	if *update {
		if err := os.WriteFile("schema.sql", []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("schema.sql differs; if that is meant, run go test ./store -update (-want +got):\n%s", diff)
	}
	for table := range strings.SplitSeq(got, ";\n\n") {
		if strings.HasPrefix(table, "CREATE TABLE") && !regexp.MustCompile(`\) STRICT(, WITHOUT ROWID)?$`).MatchString(table) {
			t.Errorf("a table is not STRICT: %s", table)
		}
	}
}

// TestMigrate brings a database of each earlier version, with the data of
// testdata/vN.sql in it, up to date.
func TestMigrate(t *testing.T) {
	for version := int64(1); version <= store.SchemaVersion; version++ {
		t.Run(fmt.Sprintf("from version %d", version), func(t *testing.T) {
			path := dbPath(t)
			pool := openSQL(t, path)
			if err := store.MigrateTo(t.Context(), pool, version); err != nil {
				t.Fatal(err)
			}
			var stored int64
			if err := pool.QueryRowContext(t.Context(), "PRAGMA user_version").Scan(&stored); err != nil || stored != version {
				t.Fatalf("the migration writes user_version %d, want %d: %v", stored, version, err)
			}
			data, err := os.ReadFile(fmt.Sprintf("testdata/v%d.sql", version))
			if err != nil {
				t.Fatal(err)
			}
			execSQL(t, pool, string(data))
			db := openAt(t, path, store.Options{Monitors: opsreview.DefaultMonitorRules(), Version: "v1"})
			wantSound(t, db)
			p, err := db.FindPage(t.Context(), "#4411")
			if err != nil {
				t.Fatal(err)
			}
			if p.Title != "Vault is sealed" || len(p.Events) != 4 || p.Label.Verdict != opsreview.Actionable || p.Status != opsreview.Finished {
				t.Errorf("the page has become %+v", p)
			}
			h, err := db.Source(t.Context(), "pd")
			if err != nil || h.Cursor != "2026-11-09T10:00:00Z" || h.Pages != 1 || h.Rejects != 1 {
				t.Errorf("the source has become %+v: %v", h, err)
			}
			fresh := dbPath(t)
			openAt(t, fresh+"2", store.Options{})
			if diff := cmp.Diff(schema(t, openSQL(t, fresh+"2")), schema(t, pool)); diff != "" {
				t.Errorf("the schema differs from a new database's (-new +migrated):\n%s", diff)
			}
		})
	}
}

// migrated returns a database that came from a version, with the data of that
// version's file in it.
func migrated(t *testing.T, version int64) *store.DB {
	t.Helper()
	path := dbPath(t)
	pool := openSQL(t, path)
	if err := store.MigrateTo(t.Context(), pool, version); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(fmt.Sprintf("testdata/v%d.sql", version))
	if err != nil {
		t.Fatal(err)
	}
	execSQL(t, pool, string(data))
	return openAt(t, path, store.Options{Monitors: opsreview.DefaultMonitorRules(), Version: "v1"})
}
