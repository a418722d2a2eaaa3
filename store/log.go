package store

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"time"
)

// SQLite empties its log only when a writer finds it copied to the end and
// nobody reading from it. Where reads overlap without a pause that moment never
// comes: during one sync under 16 clients the log grew to 688 MB, and every
// read looked through it. So a writer whose log has outgrown the bound makes the
// moment: while it holds the write lock it copies the whole log, which sends
// those who begin to read to the file itself, and waits for those who still
// read from the log.
const (
	// logBound is how long the log may grow before it is emptied. SQLite copies
	// it at 4 MB, which is where it stays while nobody reads.
	logBound = 16 << 20

	// logWait is how long a writer waits for readers. A query is over sooner; a
	// backup is not, and the writer tries again when the log has grown by another
	// bound.
	logWait = time.Second

	// busyTimeout is how long everybody waits for SQLite's own locks.
	busyTimeout = 5 * time.Second
)

// A walLog is the writer's view of the log.
type walLog struct {
	path  string
	bound int64         // how far it may grow
	wait  time.Duration // for readers
	next  int64         // the size at which to try again, after a trial that failed
}

// size returns the size of the log's file, 0 if there is none.
func (l *walLog) size() int64 {
	info, err := os.Stat(l.path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// due reports whether the log wants to be emptied.
func (l *walLog) due() bool {
	size := l.size()
	if size <= l.bound {
		l.next = 0 // It was emptied since, by whomever.
		return false
	}
	return size > l.next
}

// trimLog empties the log if it has outgrown its bound. What was written is
// safe whether it succeeds or not, so it fails nobody's write: a log that cannot
// be emptied is left for the next writer. The caller has the write connection.
func (db *DB) trimLog(ctx context.Context, conn *sql.Conn) {
	if !db.log.due() {
		return
	}
	// The wait is bounded, and half a checkpoint helps nobody.
	ctx = context.WithoutCancel(ctx)
	if _, err := conn.ExecContext(ctx, pragmaTimeout(db.log.wait)); err != nil {
		return
	}
	var busy, frames, copied int
	err := conn.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &frames, &copied)
	if err != nil || busy != 0 {
		db.log.next = db.log.size() + db.log.bound
	}
	_, _ = conn.ExecContext(ctx, pragmaTimeout(busyTimeout)) // It cannot fail where the one before did not.
}

func pragmaTimeout(d time.Duration) string {
	return fmt.Sprintf("PRAGMA busy_timeout = %d", d.Milliseconds())
}
