package server_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/store"
)

// backup receives a copy of the database into a file.
func backup(tb testing.TB, a *api, path string) {
	tb.Helper()
	all := must(drain(must(a.databases.BackupDatabase(tb.Context(), &pb.BackupDatabaseRequest{}))(tb)))(tb)
	var copied []byte
	for _, m := range all {
		copied = append(copied, m.GetData()...)
	}
	if total := all[0].GetTotalBytes(); int64(len(copied)) != total {
		tb.Fatalf("received %d bytes of %d", len(copied), total)
	}
	if err := os.WriteFile(path, copied, 0o600); err != nil {
		tb.Fatal(err)
	}
}

// Every save of the writers is one source's page and its label, so that a copy
// with one and without the other would not be of one instant.
func TestBackupDatabase_IsOfOneInstantWhileOthersWrite(t *testing.T) {
	a := openServer(t)
	write := func(ctx context.Context, source string, n int) error {
		p := opsreview.Page{Ref: opsreview.Ref{Source: source, ID: fmt.Sprint(n)}, Title: "disk full", CreatedAt: monday(0, "00:00:00").Add(time.Duration(n) * time.Second)}
		label := opsreview.Label{Page: p.Ref, Verdict: opsreview.Actionable, Author: "bob", At: now}
		_, err := a.db.SaveBatch(ctx, source, opsreview.Batch{Pages: []opsreview.Page{p}, Labels: []opsreview.Label{label}, Cursor: fmt.Sprint(n)})
		return err
	}
	const writers = 3
	ctx, cancel := context.WithCancel(t.Context())
	began, ended := make(chan struct{}, writers), make(chan error, writers)
	for w := range writers {
		go func() {
			var err error
			for n := 1; err == nil && ctx.Err() == nil; n++ {
				if err = write(context.WithoutCancel(ctx), fmt.Sprintf("w%d", w), n); n == 20 {
					began <- struct{}{}
				}
			}
			ended <- err
		}()
	}
	for range writers {
		<-began
	}
	paths := []string{filepath.Join(t.TempDir(), "1.db"), filepath.Join(t.TempDir(), "2.db")}
	for _, path := range paths {
		backup(t, a, path)
	}
	cancel()
	for range writers {
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range paths {
		checkCopy(t, path)
	}
}

func checkCopy(tb testing.TB, path string) {
	tb.Helper()
	db := must(store.Open(tb.Context(), path, store.Options{Monitors: opsreview.DefaultMonitorRules(), Version: "v1"}))(tb)
	defer db.Close() //nolint:errcheck // it was only read
	if problems := must(db.Check(tb.Context()))(tb); len(problems) > 0 {
		tb.Errorf("the copy is damaged: %v", problems)
	}
	sources := must(db.Sources(tb.Context()))(tb)
	for _, s := range sources {
		if fmt.Sprint(s.Pages) != s.Cursor || s.Pages < 20 {
			tb.Errorf("source %s has %d pages at cursor %s", s.Name, s.Pages, s.Cursor)
		}
	}
	unlabelled := must(db.Pages(tb.Context(), store.PageFilter{Labelled: store.Unlabelled, WithoutEvents: true}))(tb)
	if len(unlabelled) > 0 || len(sources) != 3 {
		tb.Errorf("%d sources, and %d pages without the label they were saved with", len(sources), len(unlabelled))
	}
}

func TestBackupDatabase_LeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	a := openServer(t)
	backup(t, a, filepath.Join(t.TempDir(), "copy.db"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	stream, err := a.databases.BackupDatabase(ctx, &pb.BackupDatabaseRequest{})
	if err == nil {
		_, err = drain(stream)
	}
	wantCode(t, codes.Canceled, err)
	if _, _, err := importFile(t, a, header(func(h *pb.ImportHeader) { h.Strict = true }), lines(true)); err != nil {
		t.Fatal(err)
	}
	stop(t, a)
	if left := must(os.ReadDir(dir))(t); len(left) > 0 {
		t.Errorf("the temporary directory holds %v", left)
	}
}

func TestCheckDatabase(t *testing.T) {
	a := openServer(t)
	seedWeek(t, a)
	if got := must(a.databases.CheckDatabase(t.Context(), &pb.CheckDatabaseRequest{}))(t).GetProblems(); len(got) > 0 {
		t.Errorf("problems %v", got)
	}
}
