package grafana_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"opsreview"
	"opsreview/ingest"
	"opsreview/ingest/grafana"
	"opsreview/ingest/ingesttest"
	"opsreview/internal/rest"
)

const goodToken = "glsa_Token1"

// noon is when the fake's clock starts.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// A board is a dashboard of the fake's.
type board struct {
	uid, title, folder string
	tags               []string
	body               string // of the dashboard itself; "" for one with one panel
	hidden             bool   // the list has it, and it cannot be read
}

// A fake is a Grafana as far as the source asks it: the search in pages, the
// envelope of dashboards, and health, under a path as behind a proxy.
type fake struct {
	*httptest.Server
	mu     sync.Mutex
	now    time.Time
	boards []board
	asked  []string
	fault  func(path string) (status int, body string) // 0 for none
	gone   string                                      // the list has it, and it is deleted before it is read
}

func newFake(t testing.TB, boards ...board) *fake {
	f := &fake{now: noon, boards: boards}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /grafana/api/health", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, `{"commit":"x","database":"ok","version":"11.2.0"}`)
	})
	mux.HandleFunc("GET /grafana/api/search", f.search)
	mux.HandleFunc("GET /grafana/api/dashboards/uid/{uid}", f.dashboard)
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()
		w.Header().Set("Date", f.now.Format(http.TimeFormat))
		w.Header().Set("Content-Type", "application/json")
		f.asked = append(f.asked, r.URL.RequestURI())
		if f.fault != nil {
			if status, body := f.fault(r.URL.Path); status != 0 {
				answer(w, status, body)
				return
			}
		}
		if r.URL.Path != "/grafana/api/health" && r.Header.Get("Authorization") != "Bearer "+goodToken {
			answer(w, http.StatusUnauthorized, `{"message":"Invalid API key","messageId":"api-key.invalid","statusCode":401,"traceID":""}`)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(f.Close)
	return f
}

func answer(w http.ResponseWriter, status int, body string) {
	w.WriteHeader(status)
	_, _ = fmt.Fprint(w, body)
}

func (f *fake) search(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	limit, err := strconv.Atoi(q.Get("limit"))
	if err != nil || limit < 1 || limit > 5000 {
		limit = 1000
	}
	page, err := strconv.Atoi(q.Get("page"))
	if err != nil || page < 1 {
		page = 1
	}
	list := []map[string]any{}
	for _, b := range f.boards[min((page-1)*limit, len(f.boards)):min(page*limit, len(f.boards))] {
		item := map[string]any{
			"id": 1, "uid": b.uid, "title": b.title, "uri": "db/x", "url": "/grafana/d/" + b.uid + "/x", "slug": "",
			"type": "dash-db", "tags": slices.Concat([]string{}, b.tags), "isStarred": false, "sortMeta": 0,
		}
		if b.folder != "" {
			item["folderUid"], item["folderTitle"] = "uid-"+b.folder, b.folder
		}
		list = append(list, item)
	}
	_ = json.NewEncoder(w).Encode(list)
}

func (f *fake) dashboard(w http.ResponseWriter, r *http.Request) {
	uid := r.PathValue("uid")
	i := slices.IndexFunc(f.boards, func(b board) bool { return b.uid == uid })
	if i < 0 || uid == f.gone {
		answer(w, http.StatusNotFound, `{"message":"Dashboard not found","traceID":""}`)
		return
	}
	b := f.boards[i]
	if b.hidden {
		answer(w, http.StatusForbidden, `{"accessErrorId":"ACE1","message":"You'll need additional permissions to perform this action. Permissions needed: dashboards:read","title":"Access denied"}`)
		return
	}
	body := b.body
	if body == "" {
		body = fmt.Sprintf(`{"id":1,"uid":%q,"title":%q,"version":3,"panels":[{"id":4,"type":"stat","title":"Up","targets":[{"refId":"A","expr":"up"}]}]}`, uid, b.title)
	}
	folder := b.folder
	if folder == "" {
		folder = "General"
	}
	meta, _ := json.Marshal(map[string]any{
		"type": "db", "slug": "x", "url": "/grafana/d/" + uid + "/x", "created": "2026-01-01T00:00:00Z", "updated": "2026-02-01T00:00:00Z",
		"version": 3, "folderTitle": folder, "provisioned": false,
	})
	_, _ = fmt.Fprintf(w, `{"meta":%s,"dashboard":%s}`, meta, body)
}

// set changes the fake between two pulls.
func (f *fake) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
	f.asked = nil
}

// questions are what was asked since the last set, without the address.
func (f *fake) questions() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []string
	for _, uri := range f.asked {
		u, _ := url.Parse(uri)
		all = append(all, strings.TrimPrefix(u.Path, "/grafana/api/"))
	}
	return all
}

func (f *fake) clock() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

func (f *fake) config() grafana.Config {
	return grafana.Config{Name: "gf", Type: "grafana", BaseURL: f.URL + "/grafana/", TokenFile: "t"}
}

// source returns a source of the fake, which waits for nothing.
func (f *fake) source(t testing.TB, cfg grafana.Config, token rest.Secret) *grafana.Source {
	t.Helper()
	clock := rest.Clock{Now: f.clock, Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }}
	s, err := grafana.New(cfg, token, f.Client(), grafana.WithClock(clock), grafana.WithPatience(3, time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// pull syncs the source once.
func (f *fake) pull(t testing.TB, m *ingesttest.Memory, cfg grafana.Config) (opsreview.Saved, error) {
	t.Helper()
	return ingest.Sync(t.Context(), m, f.source(t, cfg, goodToken), ingest.SyncOptions{Now: f.clock, Version: "1"})
}
