package server_test

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"opsreview"
	"opsreview/meeting"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/server"
	"opsreview/store"
)

const (
	// crashMeetings names the database of the process that TestMeeting_Crash
	// kills.
	crashMeetings = "OPSREVIEW_CRASH_MEETINGS"
	// crashSaid is how many things were said in each of the reviews.
	crashSaid = 3
)

// openAt serves the database at a path, in the name of Ada.
func openAt(t *testing.T, path string) (*store.DB, pb.MeetingServiceClient) {
	t.Helper()
	db, err := store.Open(t.Context(), path, store.Options{Monitors: opsreview.DefaultMonitorRules(), Version: "v1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	a := openServer(t, func(o *server.Options) {
		o.DB, o.LocalUser, o.Log = db, "ada", slog.New(slog.DiscardHandler)
	})
	return db, pb.NewMeetingServiceClient(a.conn)
}

// TestMeeting_CrashCloser is no test: it is the process that TestMeeting_Crash
// kills. It closes one review after the other and says how far it has come, and
// how long that took.
func TestMeeting_CrashCloser(t *testing.T) {
	path := os.Getenv(crashMeetings)
	if path == "" {
		t.Skip("TestMeeting_Crash runs this in a process of its own")
	}
	db, client := openAt(t, path)
	for _, m := range must(db.Meetings(t.Context(), store.MeetingFilter{State: opsreview.MeetingOpen, Brief: true}))(t) {
		began := time.Now()
		fmt.Printf("closing %s\n", m.ID)
		must(client.CloseMeeting(t.Context(), &pb.CloseMeetingRequest{Name: m.ID, RequestId: "close " + m.ID}))(t)
		fmt.Printf("closed %s %d\n", m.ID, time.Since(began))
	}
	fmt.Println("all")
}

// seedWeeks opens reviews of the weeks before and says something in each.
func seedWeeks(t *testing.T, path string) {
	t.Helper()
	db, client := openAt(t, path)
	b := people()
	for i := range crashWeeks {
		b.Pages = append(b.Pages, page("Q"+strconv.Itoa(i), "vault", monday(-7*i, "10:00:00"), resolve(monday(-7*i, "11:00:00"))))
		b.Labels = append(b.Labels, opsreview.Label{
			Page: ref("Q" + strconv.Itoa(i)), Verdict: opsreview.Actionable, Author: "ada", At: monday(-7*i, "12:00:00"),
		})
	}
	if _, err := db.SaveBatch(t.Context(), "pd", b); err != nil {
		t.Fatal(err)
	}
	for i := range crashWeeks {
		from, to := monday(-7*i, "00:00:00"), monday(7-7*i, "00:00:00")
		w := &pb.WindowSelector{From: from.Format(time.RFC3339), To: to.Format(time.RFC3339)}
		m := must(client.OpenMeeting(t.Context(), &pb.OpenMeetingRequest{Team: "secrets", Window: w}))(t).GetMeeting()
		for n := range crashSaid {
			item := &pb.MeetingItem{Kind: "note", Text: fmt.Sprintf("note %d of %s", n, m.GetId())}
			must(client.AddItem(t.Context(), &pb.AddItemRequest{Name: m.GetId(), Item: item}))(t)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// halfClosed says in what a meeting is neither open nor closed, "" for one that
// is either. Items are what the store has of what was said.
func halfClosed(m opsreview.Meeting, items []opsreview.MeetingItem) string {
	if len(items) != crashSaid {
		return fmt.Sprintf("of what was said %d of %d are there", len(items), crashSaid)
	}
	if m.State == opsreview.MeetingOpen {
		if m.Closed != nil || m.ClosedBy != "" || !m.ClosedAt.IsZero() {
			return "it is open and has an end"
		}
		return ""
	}
	kept, err := meeting.Kept(m)
	switch {
	case m.ClosedBy == "" || m.ClosedAt.IsZero():
		return "it is closed, by nobody or at no time"
	case err != nil:
		return "what it saw at its end cannot be read: " + err.Error()
	case len(kept.Items) != crashSaid:
		return fmt.Sprintf("its minutes have %d of the %d things that were said", len(kept.Items), crashSaid)
	case !kept.Snapshot.Start.Equal(m.Window.Start):
		return "its minutes are of another window"
	}
	return ""
}

func TestMeeting_HalfClosedIsSeen(t *testing.T) {
	whole := opsreview.Meeting{State: opsreview.MeetingOpen}
	said := make([]opsreview.MeetingItem, crashSaid)
	tests := map[string]struct {
		change func(*opsreview.Meeting)
		items  []opsreview.MeetingItem
		half   bool
	}{
		"an open one":                  {func(*opsreview.Meeting) {}, said, false},
		"one that lost what was said":  {func(*opsreview.Meeting) {}, said[1:], true},
		"an open one with a snapshot":  {func(m *opsreview.Meeting) { m.Closed = []byte("{}") }, said, true},
		"an open one that was closed":  {func(m *opsreview.Meeting) { m.ClosedBy = "ada" }, said, true},
		"a closed one without an end":  {func(m *opsreview.Meeting) { m.State = opsreview.MeetingClosed }, said, true},
		"a closed one without minutes": {func(m *opsreview.Meeting) { m.State, m.ClosedBy, m.ClosedAt = opsreview.MeetingClosed, "ada", now }, said, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m := whole
			tt.change(&m)
			if got := halfClosed(m, tt.items); (got != "") != tt.half {
				t.Errorf("half closed: %q", got)
			}
		})
	}
}

// TestMeeting_Crash kills the server with SIGKILL in the middle of closing
// reviews, at many points, and finds each review open with all that was said or
// closed with what it saw. Closing it again works, and closes it once.
func TestMeeting_Crash(t *testing.T) {
	path := t.TempDir() + "/crash.db"
	seedWeeks(t, path)
	rnd := rand.New(rand.NewPCG(7, 46))
	long := 5 * time.Millisecond // how long closing takes, to begin with
	met := map[opsreview.MeetingState]int{}
	defer func() { t.Logf("kills met reviews that were %v afterwards", met) }()
	for range crashes {
		closed, under, took := closeAndKill(t, path, 1+rnd.IntN(2), time.Duration(rnd.Float64()*1.2*float64(long)))
		if took > 0 {
			long = took
		}
		if checkCrashed(t, path, closed, under, met) == 0 {
			return // everything is closed
		}
	}
}

// checkCrashed looks at every review after a crash, closes the one that was under
// way, and returns how many are left. It counts how the crash had left that one.
func checkCrashed(t *testing.T, path string, closed []string, under string, met map[opsreview.MeetingState]int) int {
	t.Helper()
	db, client := openAt(t, path)
	defer func() { _ = db.Close() }()
	left := 0
	var before opsreview.Meeting
	for _, m := range must(db.Meetings(t.Context(), store.MeetingFilter{}))(t) {
		items := must(db.MeetingItems(t.Context(), store.MeetingItemFilter{Meetings: []string{m.ID}}))(t)
		if half := halfClosed(m, items); half != "" {
			t.Fatalf("%s after a crash while %s was being closed: %s", m.ID, under, half)
		}
		if m.State == opsreview.MeetingOpen {
			left++
		}
		if slices.Contains(closed, m.ID) && m.State != opsreview.MeetingClosed {
			t.Fatalf("%s was reported as closed and is not", m.ID)
		}
		if m.ID == under {
			before = m
			met[m.State]++
		}
	}
	if under == "" {
		return left
	}
	c := must(client.CloseMeeting(t.Context(), &pb.CloseMeetingRequest{Name: under, RequestId: "close " + under}))(t)
	after := must(db.Meeting(t.Context(), under))(t)
	if !c.GetClosed() || after.State != opsreview.MeetingClosed {
		t.Fatalf("%s cannot be closed again: %v", under, c)
	}
	if before.State == opsreview.MeetingClosed && (after.Version != before.Version || string(after.Closed) != string(before.Closed)) {
		t.Fatalf("%s was closed twice", under)
	}
	return left
}

// closeAndKill runs a process that closes reviews and kills it a while after it
// began to close the nth. It returns what that reported as closed, the review
// that it was at, and how long one took; the wait is no test of time, it only
// chooses where the kill meets it.
func closeAndKill(t *testing.T, path string, n int, wait time.Duration) (closed []string, under string, took time.Duration) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMeeting_CrashCloser$", "-test.v")
	cmd.Env = append(os.Environ(), crashMeetings+"="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Wait() }() // It was killed, so it failed.
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		word, rest, _ := strings.Cut(lines.Text(), " ")
		switch word {
		case "closing":
			under = rest
			if n--; n > 0 {
				continue
			}
			for began := time.Now(); time.Since(began) < wait; { // No sleep: those are longer than a commit.
			}
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_, _ = io.ReadAll(out) // What it says after the kill was sent is not counted.
			return closed, under, took
		case "closed":
			id, nanos, _ := strings.Cut(rest, " ")
			ns, _ := strconv.ParseInt(nanos, 10, 64)
			closed, under, took = append(closed, id), "", max(took, time.Duration(ns))
		case "all":
			return closed, "", took
		}
	}
	t.Fatal("the closing process ended by itself")
	return nil, "", 0
}

// What is said while a review is being closed is in its minutes or is refused,
// and of two who close it one does.
func TestMeeting_WhatIsSaidMeanwhile(t *testing.T) {
	s := openSitting(t)
	m := s.open(t)
	s.settle(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	said, closes := map[string]bool{}, 0
	for range 4 {
		wg.Go(func() {
			for n := range 10 {
				resp, err := s.meetings.AddItem(t.Context(), &pb.AddItemRequest{Name: m.GetId(), Item: &pb.MeetingItem{Kind: "win", Text: strconv.Itoa(n)}})
				if codeOf(err) == codes.AlreadyExists {
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				said[resp.GetItem().GetId()] = true
				mu.Unlock()
			}
		})
	}
	for range 2 {
		wg.Go(func() {
			for range 1000 {
				resp, err := s.meetings.CloseMeeting(t.Context(), &pb.CloseMeetingRequest{Name: m.GetId()})
				if err == nil && resp.GetClosed() {
					mu.Lock()
					closes++
					mu.Unlock()
					return
				}
				if err != nil && strings.Contains(err.Error(), "is closed") {
					return
				}
			}
		})
	}
	wg.Wait()
	kept := map[string]bool{}
	for _, i := range s.get(t, "").GetAgenda().GetItems() {
		kept[i.GetId()] = true
	}
	if len(kept) != len(said) || closes != 1 {
		t.Errorf("%d things were said and %d are in the minutes; %d closed it", len(said), len(kept), closes)
	}
	for id := range said {
		if !kept[id] {
			t.Errorf("%s was said and is not in the minutes", id)
		}
	}
}
