package server_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/server"
)

// A reader takes calls of the test's own: the first word says what becomes of
// them, the second is a page's ID.
type reader struct{}

// Receive implements ingest.Receiver.
func (reader) Receive(header http.Header, body []byte) (opsreview.Batch, error) {
	word, id, _ := strings.Cut(strings.TrimSpace(string(body)), " ")
	switch {
	case header.Get("Authorization") != "Bearer s1":
		return opsreview.Batch{}, opsreview.Errorf(opsreview.Unauthenticated, "a stranger calls")
	case word == "later":
		return opsreview.Batch{}, opsreview.Errorf(opsreview.Unavailable, "nobody can tell")
	case word == "nothing":
		return opsreview.Batch{}, nil
	case word != "page":
		return opsreview.Batch{}, opsreview.Errorf(opsreview.Invalid, "that is no call")
	}
	at := monday(0, "10:00:00")
	return opsreview.Batch{Cursor: "must not be taken", Through: at, Pages: []opsreview.Page{{
		Ref: opsreview.Ref{Source: "am", ID: id}, Title: "Disk full", CreatedAt: at,
		Events: []opsreview.Event{{ID: id + "/firing", At: at, Kind: opsreview.Triggered}},
	}}}, nil
}

// openReceiver serves a source whose webhooks are facts.
func openReceiver(t *testing.T) *web {
	t.Helper()
	return openHTTP(t, func(o *server.Options) {
		o.Sources = []server.ScheduledSource{{Source: newFakeSource("am"), Receives: reader{}}}
	})
}

// send calls as the vendor does, and returns the status.
func (w *web) send(t *testing.T, token, body string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+w.addr+"/webhooks/fake/am", strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return 0
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Error(err)
		return 0
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

func TestReceive_Answers(t *testing.T) {
	w := openReceiver(t)
	large := "page L" + strings.Repeat(" ", 4<<20-6)
	for _, step := range []struct {
		name, token, body string
		want              int
	}{
		{"what is new is saved", "s1", "page A", http.StatusAccepted},
		{"what is known changes nothing", "s1", "page A", http.StatusOK},
		{"another page is new", "s1", "page B", http.StatusAccepted},
		{"what is about no page is answered", "s1", "nothing", http.StatusOK},
		{"a stranger is refused", "s2", "page C", http.StatusUnauthorized},
		{"what can never be read is refused", "s1", "<xml/>", http.StatusBadRequest},
		{"what cannot be judged is sent again", "s1", "later", http.StatusServiceUnavailable},
		{"four megabytes are read", "s1", large, http.StatusAccepted},
		{"more is too much", "s1", large + " ", http.StatusRequestEntityTooLarge},
	} {
		if got := w.send(t, step.token, step.body); got != step.want {
			t.Errorf("%s: status %d, want %d", step.name, got, step.want)
		}
	}
	h, err := w.db.Source(t.Context(), "am")
	if err != nil || h.Pages != 3 || h.Events != 3 || h.Cursor != "" || !h.SyncedTo.IsZero() {
		t.Errorf("the source's health is %+v, %v, want three pages and the pull's own cursor left alone", h, err)
	}
	listed := must(w.sources.ListSources(t.Context(), &pb.ListSourcesRequest{}))(t).GetSources()
	if len(listed) != 1 || listed[0].GetPages() != 3 {
		t.Errorf("sources %v, want one with three pages", listed)
	}
	for result, want := range map[string]float64{"accepted": 3, "repeated": 1, "ignored": 1, "forged": 1, "malformed": 2, "delayed": 1} {
		if n := metric(t, w, "opsreview_webhook_calls_total", "source=am", "result="+result); n != want {
			t.Errorf("%v calls are counted as %s, want %v", n, result, want)
		}
	}
	if n := metric(t, w, "opsreview_source_new_pages_total", "source=am"); n != 3 {
		t.Errorf("%v pages are counted as new, want 3", n)
	}
	if log := w.log.String(); strings.Contains(log, "stranger") || !strings.Contains(log, "nobody can tell") {
		t.Errorf("strangers fill the log, or what an operator should know is missing:\n%s", log)
	}
}

// A vendor is told that all is well only if it is: what could not be saved is
// sent again.
func TestReceive_WhatIsNotSavedIsSentAgain(t *testing.T) {
	w := openReceiver(t)
	if err := w.db.Close(); err != nil {
		t.Fatal(err)
	}
	if got := w.send(t, "s1", "page A"); got != http.StatusServiceUnavailable {
		t.Errorf("status %d, want %d", got, http.StatusServiceUnavailable)
	}
	if log := w.log.String(); !strings.Contains(log, "webhook was not taken") {
		t.Errorf("the log does not tell:\n%s", log)
	}
}

// Many calls at once, each of its own page, all arrive.
func TestReceive_ManyAtOnce(t *testing.T) {
	w := openReceiver(t)
	const calls, mostTries = 100, 10_000
	answers := make(chan int, calls)
	for i := range calls {
		go func() {
			status := http.StatusServiceUnavailable
			for try := 0; status == http.StatusServiceUnavailable && try < mostTries; try++ { // as the vendor does
				status = w.send(t, "s1", fmt.Sprintf("page P%d", i))
			}
			answers <- status
		}()
	}
	for range calls {
		if got := <-answers; got != http.StatusAccepted {
			t.Errorf("status %d, want %d", got, http.StatusAccepted)
		}
	}
	if h, err := w.db.Source(t.Context(), "am"); err != nil || h.Pages != calls {
		t.Errorf("%d pages, %v, want %d", h.Pages, err, calls)
	}
}
