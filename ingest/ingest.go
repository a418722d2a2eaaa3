// Package ingest brings facts from sources into the store.
//
// A [Source] is pulled: it hands closed pieces to a [Session] one by one, and
// each piece is saved with its cursor in one transaction. An [Importer] reads a
// file of the same facts. Both may be stopped anywhere and run again: nothing is
// lost, and nothing is counted twice.
//
// The package declares the few methods it needs of a store and knows no vendor;
// each vendor has a folder of its own.
package ingest

import (
	"context"
	"io"
	"time"

	"opsreview"
)

// A Source is one place that facts are pulled from.
type Source interface {
	// Name is the source's name in the configuration, such as "pd".
	Name() string

	// Type is the vendor, such as "pagerduty".
	Type() string

	// Pull hands everything that changed since the session's cursor to the
	// session, in closed pieces, each with the cursor that is true once it is
	// saved. It returns an Unavailable error if the source does not answer, an
	// Invalid error if the source refuses the credentials, and ctx's error as
	// soon as ctx ends.
	Pull(ctx context.Context, s Session) error

	// Check asks the source what its credentials can see. A failed check is an
	// answer, not an error.
	Check(ctx context.Context) []Check
}

// A Mapper is a Source that can read its own rejects again, which is tried
// after the program has changed.
type Mapper interface {
	// Remap reads one rejected item. It returns an error if it still cannot.
	Remap(r opsreview.Reject) (opsreview.Batch, error)
}

// A Check is one thing that a source's credentials can or cannot see.
type Check struct {
	Subject string // "log entries"
	OK      bool
	Detail  string // what was seen, or what was answered
	Remedy  string // what to do about it; "" if OK
}

// A Session is what a source sees of the store while it is pulled.
type Session interface {
	// Cursor is the last saved cursor, "" if there is none.
	Cursor() string

	// Save saves a batch and its cursor together, or neither.
	Save(ctx context.Context, b opsreview.Batch) error

	// OpenPages lists the IDs of the source's pages that the store holds for open.
	OpenPages(ctx context.Context) ([]string, error)

	// CountPages counts the source's stored pages that began in w.
	CountPages(ctx context.Context, w opsreview.Window) (int, error)

	// PageIDs lists the IDs of the source's stored pages that began in w, in order.
	PageIDs(ctx context.Context, w opsreview.Window) ([]string, error)

	// Stored returns those of the source's pages that are stored, by ID, with
	// every event that was ever saved of them, in no order.
	Stored(ctx context.Context, ids []string) (map[string]opsreview.Page, error)

	// Suspect lists the windows that earlier pulls could not read whole.
	Suspect(ctx context.Context) ([]opsreview.SuspectWindow, error)

	// Report tells the person who waits how far the pull has come.
	Report(p Progress)
}

// Progress says how far a pull has come.
type Progress struct {
	Source string
	Phase  string           // "log entries", "reference data", …
	Window opsreview.Window // the piece that was saved; zero if the piece has none
	Done   float64          // the share of this phase that is done, 0 to 1; 0 if unknown
	Saved  opsreview.Saved  // since the pull began
	Note   string           // something that a person should know; "" mostly
}

// Store is where facts are kept. *store.DB is one.
type Store interface {
	// Source returns the health of a source; a source that was never synced has
	// a zero one with its name.
	Source(ctx context.Context, name string) (opsreview.SourceHealth, error)

	// SaveBatch saves the batch's facts and its cursor together, or neither.
	SaveBatch(ctx context.Context, source string, b opsreview.Batch) (opsreview.Saved, error)

	// BeginSync and EndSync record when a sync ran and how it ended. The message
	// is "" if it went well.
	BeginSync(ctx context.Context, source, sourceType string, at time.Time) error
	EndSync(ctx context.Context, source string, at time.Time, message string) error

	// OpenPages lists the IDs of the source's open pages in order.
	OpenPages(ctx context.Context, source string) ([]string, error)

	// CountPages counts the source's pages that began in w.
	CountPages(ctx context.Context, source string, w opsreview.Window) (int, error)

	// PageIDs lists the IDs of the source's pages that began in w, in order.
	PageIDs(ctx context.Context, source string, w opsreview.Window) ([]string, error)

	// Stored returns those of the source's pages that are stored, by ID, with
	// every event that was ever saved of them, in no order.
	Stored(ctx context.Context, source string, ids []string) (map[string]opsreview.Page, error)

	// Rejects lists the source's rejects that were last tried by a program other
	// than version.
	Rejects(ctx context.Context, source, version string) ([]opsreview.Reject, error)
}

// A File is one file to import. Name is for messages.
type File struct {
	Name string
	R    io.Reader
}

// An Importer reads files of one format. It streams: its memory does not grow
// with the file.
type Importer interface {
	// Import reads file and hands what it says to sink, as facts of the named
	// source. Items that cannot be read go to sink.Problem and do not stop it. An
	// error means that the rest of the file cannot be read at all, or is sink's.
	Import(ctx context.Context, source string, file File, sink Sink) error
}

// A Sink takes what an importer reads.
type Sink interface {
	Save(ctx context.Context, b opsreview.Batch) error
	Problem(p Problem) error
}

// A Problem is an item of a file that could not be read.
type Problem struct {
	File   string
	Line   int    // 1 is the first; 0 if lines mean nothing in this format
	Item   string // the item's name where it has one
	Reason string
}
