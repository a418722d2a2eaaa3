package server_test

import (
	"bufio"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"opsreview/ingest"
	"opsreview/ingest/pagerduty"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/server"
)

// A web is the HTTP side of a server, on a port of loopback.
type web struct {
	*api
	addr string
}

// openHTTP serves HTTP beside the API of openServer until the test ends.
func openHTTP(tb testing.TB, change ...func(*server.Options)) *web {
	tb.Helper()
	w := &web{api: openServer(tb, change...)}
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	w.addr = lis.Addr().String()
	served := make(chan error, 1)
	go func() { served <- w.server.ServeHTTP(lis) }()
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(tb.Context()), 10*time.Second)
		defer cancel()
		http.DefaultClient.CloseIdleConnections() // else the server waits for what they may ask
		w.server.Stop(ctx)
		if err := <-served; err != nil {
			tb.Errorf("serve: %v", err)
		}
	})
	return w
}

// schedule runs the server's schedule until the test ends or end is called.
func (w *web) schedule(tb testing.TB) (end func()) {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(tb.Context()))
	ended := make(chan struct{})
	go func() { defer close(ended); w.server.RunSchedule(ctx) }()
	end = func() { cancel(); <-ended }
	tb.Cleanup(end)
	return end
}

// get asks for a path and returns the status and the body.
func (w *web) get(tb testing.TB, path string) (int, string) {
	tb.Helper()
	resp, err := http.Get("http://" + w.addr + path)
	if err != nil {
		tb.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		tb.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// post calls a webhook and returns the status.
func (w *web) post(tb testing.TB, path, signature, body string) int {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodPost, "http://"+w.addr+path, strings.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	req.Header.Set("X-PagerDuty-Signature", signature)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		tb.Error(err)
		return 0
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

// prompt reads the calls of PagerDuty, whose changes can be read at once.
type prompt struct{ ingest.Hinter }

// Hint implements ingest.Hinter.
func (p prompt) Hint(header http.Header, body []byte) (ingest.Hint, error) {
	h, err := p.Hinter.Hint(header, body)
	h.Settles = 0
	return h, err
}

// withWebhook adds a source that takes webhooks signed with secret "s1", and
// one that takes none. The test pulls the source.
func withWebhook(tb testing.TB) (*fakeSource, func(*server.Options), string) {
	tb.Helper()
	secret := filepath.Join(tb.TempDir(), "secret")
	writeSecret(tb, secret, "s1\n")
	src := newFakeSource("pd")
	return src, func(o *server.Options) {
		o.Sources = []server.ScheduledSource{{Source: src, Hints: prompt{pagerduty.NewWebhook(secret)}}, {Source: newFakeSource("deaf")}}
		o.HintDelay = time.Millisecond
	}, secret
}

func writeSecret(tb testing.TB, path, text string) {
	tb.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
}

const hook = "/webhooks/fake/pd" // the fake source's type is "fake"

// call makes the body of a call about an incident.
func call(id string) string {
	return fmt.Sprintf(`{"event": {"id": %q, "event_type": "incident.triggered", "resource_type": "incident", "occurred_at": "2026-11-09T02:00:00Z"}}`, id)
}

func sign(secret, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return "v1=" + hex.EncodeToString(mac.Sum(nil))
}

func TestWebhook_Answers(t *testing.T) {
	_, change, _ := withWebhook(t)
	w := openHTTP(t, change)
	ping := `{"event": {"id": "P", "event_type": "pagey.ping", "resource_type": "pagey"}}`
	large := strings.Repeat(" ", 1<<20)
	tests := map[string]struct {
		path, signature, body string
		want                  int
	}{
		"a signed call is taken":               {hook, sign("s1", call("a")), call("a"), http.StatusAccepted},
		"one right signature of several will":  {hook, sign("s0", call("b")) + ", " + sign("s1", call("b")), call("b"), http.StatusAccepted},
		"a test call is answered":              {hook, sign("s1", ping), ping, http.StatusOK},
		"another secret is refused":            {hook, sign("s0", call("c")), call("c"), http.StatusUnauthorized},
		"no signature is refused":              {hook, "", call("c"), http.StatusUnauthorized},
		"a signature of another body":          {hook, sign("s1", call("c")), call("d"), http.StatusUnauthorized},
		"what is not JSON is refused":          {hook, sign("s1", "<xml/>"), "<xml/>", http.StatusBadRequest},
		"nothing is refused":                   {hook, sign("s1", ""), "", http.StatusBadRequest},
		"a megabyte is read":                   {hook, sign("s1", large), large, http.StatusBadRequest},
		"more is too much":                     {hook, sign("s1", large+" "), large + " ", http.StatusRequestEntityTooLarge},
		"an unknown source":                    {"/webhooks/fake/nobody", sign("s1", call("c")), call("c"), http.StatusNotFound},
		"a source that takes none":             {"/webhooks/fake/deaf", sign("s1", call("c")), call("c"), http.StatusNotFound},
		"a source of another vendor":           {"/webhooks/pagerduty/pd", sign("s1", call("c")), call("c"), http.StatusNotFound},
		"a source's name that leads elsewhere": {"/webhooks/fake/..%2fpd", sign("s1", call("c")), call("c"), http.StatusNotFound},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := w.post(t, tt.path, tt.signature, tt.body); got != tt.want {
				t.Errorf("status %d, want %d", got, tt.want)
			}
		})
	}
	if status, _ := w.get(t, hook); status != http.StatusMethodNotAllowed {
		t.Errorf("a GET is answered with %d", status)
	}
}

func TestWebhook_SecretsAreChangedWithoutARestart(t *testing.T) {
	_, change, secret := withWebhook(t)
	w := openHTTP(t, change)
	steps := []struct {
		file     string
		old, new int
	}{
		{"s1\n", http.StatusAccepted, http.StatusUnauthorized},
		{"s1\ns2\n", http.StatusAccepted, http.StatusAccepted},
		{"s2\n", http.StatusUnauthorized, http.StatusAccepted},
		{"", http.StatusServiceUnavailable, http.StatusServiceUnavailable}, // what an operator can repair is called again
	}
	for i, step := range steps {
		writeSecret(t, secret, step.file)
		a, b := call(fmt.Sprintf("old%d", i)), call(fmt.Sprintf("new%d", i))
		if got := w.post(t, hook, sign("s1", a), a); got != step.old {
			t.Errorf("with %q in the file, the old secret gets %d, want %d", step.file, got, step.old)
		}
		if got := w.post(t, hook, sign("s2", b), b); got != step.new {
			t.Errorf("with %q in the file, the new secret gets %d, want %d", step.file, got, step.new)
		}
	}
	if log := w.log.String(); !strings.Contains(log, "webhook was not taken") || strings.Contains(log, "s2") {
		t.Errorf("the log does not tell, or tells too much:\n%s", log)
	}
}

func TestWebhook_RepetitionAndDisorderAreHarmless(t *testing.T) {
	_, change, _ := withWebhook(t)
	w := openHTTP(t, change)
	for _, step := range []struct {
		id   string
		want int
	}{
		{"2", http.StatusAccepted}, {"1", http.StatusAccepted}, {"2", http.StatusOK}, {"1", http.StatusOK}, {"3", http.StatusAccepted},
	} {
		if got := w.post(t, hook, sign("s1", call(step.id)), call(step.id)); got != step.want {
			t.Errorf("call %s gets %d, want %d", step.id, got, step.want)
		}
	}
	if n := metric(t, w, "opsreview_webhook_calls_total", "source=pd", "result=repeated"); n != 2 {
		t.Errorf("%v repetitions are counted, want 2", n)
	}
}

// TestWebhook_ManyCallsAreFewSyncs calls while a sync runs: all of it is one
// sync more.
func TestWebhook_ManyCallsAreFewSyncs(t *testing.T) {
	src, change, _ := withWebhook(t)
	w := openHTTP(t, change)
	end := w.schedule(t)
	w.post(t, hook, sign("s1", call("first")), call("first"))
	running := <-src.pulls
	var calls sync.WaitGroup
	for i := range 200 {
		calls.Go(func() {
			body := call(fmt.Sprint(i))
			got := w.post(t, hook, sign("s1", body), body)
			for got == http.StatusTooManyRequests { // as the vendor does
				got = w.post(t, hook, sign("s1", body), body)
			}
			if got != http.StatusAccepted {
				t.Errorf("call %d gets %d", i, got)
			}
		})
	}
	calls.Wait()
	running.end <- nil
	(<-src.pulls).end <- nil
	w.post(t, hook, sign("s1", call("last")), call("last"))
	(<-src.pulls).end <- nil
	end()
	if n := metric(t, w, "opsreview_source_syncs_total", "source=pd", "result=stopped"); n != -1 {
		t.Errorf("%v syncs more were under way", n)
	}
	if n := metric(t, w, "opsreview_source_syncs_total", "source=pd", "result=ok"); n != 3 {
		t.Errorf("%v syncs ended well, want 3", n)
	}
}

func TestWebhook_SlowBodiesAreCutOff(t *testing.T) {
	_, change, _ := withWebhook(t)
	w := openHTTP(t, change)
	w.server.SetBodyTimeout(time.Millisecond)
	conn, err := net.Dial("tcp", w.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf", hook)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	// The vendor calls again after a 503, and never again after a 408.
	if resp.StatusCode != http.StatusServiceUnavailable || !resp.Close {
		t.Errorf("status %d, closed %t", resp.StatusCode, resp.Close)
	}
}

func TestWebhook_ASyncOfSomebodyElseIsWaitedFor(t *testing.T) {
	src, change, _ := withWebhook(t)
	w := openHTTP(t, change)
	w.schedule(t)
	stream := must(w.sources.SyncSources(t.Context(), &pb.SyncSourcesRequest{Names: []string{"pd"}}))(t)
	person := <-src.pulls
	if got := w.post(t, hook, sign("s1", call("a")), call("a")); got != http.StatusAccepted {
		t.Fatalf("status %d", got)
	}
	person.end <- nil
	must(drain(stream))(t)
	(<-src.pulls).end <- nil // the webhook's
}
