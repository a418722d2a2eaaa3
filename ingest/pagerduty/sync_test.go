package pagerduty_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"opsreview"
	"opsreview/ingest"
	"opsreview/ingest/ingesttest"
	"opsreview/ingest/pagerduty"
	"opsreview/ingest/pagerduty/pdfake"
	"opsreview/internal/rest"
)

// monday is when the tests' accounts stand: a Monday noon.
var monday = time.Date(2026, 11, 16, 12, 0, 0, 0, time.UTC)

// clock is a clock that moves when somebody sleeps.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func (c *clock) sleep(ctx context.Context, d time.Duration) error {
	c.advance(d)
	return ctx.Err()
}

// account is a fake account with a clock of its own for the client, so that
// the client's waiting does not move the account's time.
type account struct {
	*pdfake.Server
	url   string
	clock *clock // the account's
	wait  *clock // the client's
	cfg   pagerduty.Config
}

func openAccount(t testing.TB, w *pdfake.World, now time.Time) *account {
	t.Helper()
	a := &account{clock: &clock{now: now}, wait: &clock{now: now}}
	a.Server = &pdfake.Server{World: w, Now: a.clock.Now, Token: "s3cr3t-token"}
	srv := httptest.NewServer(a.Server)
	t.Cleanup(srv.Close)
	srv.Config.ErrorLog = nil
	a.url = srv.URL
	a.cfg = pagerduty.Config{Name: "pd", BaseURL: srv.URL, TokenEnv: "PD_TOKEN", Backfill: "30d"}
	return a
}

// source returns a source as a new process has it.
func (a *account) source(t testing.TB) *pagerduty.Source {
	t.Helper()
	src, err := pagerduty.New(a.cfg, rest.Secret("s3cr3t-token"), &http.Client{},
		pagerduty.WithClock(rest.Clock{Now: a.wait.Now, Sleep: a.wait.sleep}), pagerduty.WithPatience(8, time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func (a *account) sync(t testing.TB, m *ingesttest.Memory) (opsreview.Saved, error) {
	t.Helper()
	return ingest.Sync(t.Context(), m, a.source(t), ingest.SyncOptions{Now: a.clock.Now})
}

// watch syncs and returns what the pull told the person who waits.
func (a *account) watch(t testing.TB, m *ingesttest.Memory) []ingest.Progress {
	t.Helper()
	var told []ingest.Progress
	_, err := ingest.Sync(t.Context(), m, a.source(t), ingest.SyncOptions{
		Now: a.clock.Now, Report: func(p ingest.Progress) { told = append(told, p) },
	})
	if err != nil {
		t.Fatalf("sync: %v", err)
	}
	return told
}

func (a *account) mustSync(t testing.TB, m *ingesttest.Memory) opsreview.Saved {
	t.Helper()
	saved, err := a.sync(t, m)
	if err != nil {
		t.Fatalf("sync: %v", err)
	}
	return saved
}

// compare fails the test unless the store holds exactly what the account held
// before a time.
func compare(t testing.TB, w *pdfake.World, at time.Time, m *ingesttest.Memory) {
	t.Helper()
	truth, pages := w.Truth(at), m.Pages()
	lost, doubled, wrong := 0, 0, []string{}
	for id, inc := range truth.Incidents {
		p, ok := pages[id]
		if !ok {
			lost += len(inc.Entries)
			continue
		}
		l, d := compareEvents(inc, p)
		lost, doubled = lost+l, doubled+d
		if p.Title != inc.Title || p.Number != fmt.Sprint(inc.Number) || !p.TriggeredAt.Equal(inc.CreatedAt) ||
			string(p.Status) != inc.Status || !p.ResolvedAt.Equal(inc.ResolvedAt) || p.MergedInto != inc.MergedInto {
			wrong = append(wrong, fmt.Sprintf("%s: %s %s triggered %s resolved %s merged into %q, want %+v",
				id, p.Title, p.Status, p.TriggeredAt, p.ResolvedAt, p.MergedInto, inc))
		}
	}
	if lost+doubled+len(wrong) > 0 || len(pages) != len(truth.Incidents) {
		t.Errorf("of %d incidents with %d entries: %d pages, %d events lost, %d doubled, %d pages wrong: %.3q",
			len(truth.Incidents), truth.Entries, len(pages), lost, doubled, len(wrong), wrong)
	}
}

func compareEvents(inc pdfake.Incident, p opsreview.Page) (lost, doubled int) {
	times := map[string]int{}
	for _, e := range p.Events {
		times[e.ID]++
		if strings.HasPrefix(e.ID, "note:") {
			times[e.Text]++
		}
	}
	want := map[string]bool{}
	for id, e := range inc.Entries {
		if e.Note != "" {
			id = e.Note
		}
		want[id] = true
		if times[id] == 0 {
			lost++
		}
		doubled += max(0, times[id]-1)
	}
	for _, e := range p.Events {
		if !want[e.ID] && !want[e.Text] {
			doubled++
		}
	}
	return lost, doubled
}

func smallWorld() *pdfake.World {
	return pdfake.Build(pdfake.Spec{Seed: 1, Incidents: 60, Start: monday.AddDate(0, 0, -20), End: monday.Add(-time.Minute)})
}

func TestSource(t *testing.T) {
	ingesttest.Run(t, func(t testing.TB) ingesttest.Fixture {
		a := openAccount(t, smallWorld(), monday)
		return ingesttest.Fixture{
			New:       func(t testing.TB) ingest.Source { return a.source(t) },
			Now:       a.clock.Now,
			MostStops: mostStops,
		}
	})
}

func TestPull_EverythingIsThere(t *testing.T) {
	w := smallWorld()
	a := openAccount(t, w, monday)
	m := ingesttest.NewMemory()
	a.mustSync(t, m)
	compare(t, w, monday, m)

	p := m.Pages()["Q000000000001"]
	if p.Severity != "critical" || p.Runbook != "https://wiki.example.com/runbook/disk" || p.Attributes["alertname"] != "Alert0" ||
		p.Attributes["alert_key"] != "key-1" || p.Attributes["env"] != "prod" {
		t.Errorf("the alert's facts are missing: %+v", p)
	}
	if _, ok := p.Attributes["api_token"]; ok {
		t.Error("a token was kept as an attribute")
	}
	zone := map[string]string{}
	for id, r := range m.Responders() {
		zone[id] = r.TimeZone
	}
	if zone["PUSER1"] != "America/New_York" || zone["PUSER3"] != "Asia/Kolkata" || zone["PUSER7"] != "" {
		t.Errorf("zones were not mapped: %v", zone)
	}
	if r := m.Responders()["PUSER8"]; r.Name != "Person I" {
		t.Errorf("the deleted user is %+v, want the name from a reference", r)
	}
	for id, body := range m.Raw() {
		for _, private := range []string{"+4930", "private.example.com", "hunter2"} {
			if strings.Contains(string(body), private) {
				t.Fatalf("raw item %s holds %q: %s", id, private, body)
			}
		}
	}
}

func TestPull_Shifts(t *testing.T) {
	a := openAccount(t, smallWorld(), monday)
	m := ingesttest.NewMemory()
	a.mustSync(t, m)
	schedules := map[string]int{}
	for _, s := range m.Shifts() {
		schedules[s.Schedule]++
	}
	for _, name := range []string{"Primary", "Spare", "Shift based", ""} {
		if schedules[name] == 0 {
			t.Errorf("no shift of schedule %q: %v", name, schedules)
		}
	}
	before := len(m.Shifts())
	a.clock.advance(25 * time.Hour)
	a.mustSync(t, m)
	if after := len(m.Shifts()); after < before {
		t.Errorf("a later look dropped shifts: %d, then %d", before, after)
	}
}

// The sync of a hostile account: entries become visible hours late, a storm is
// larger than the API hands out, entries of one instant change their order,
// nobody knows whether the ends of a range belong to it, answers fail in every
// way, and the process dies again and again.
func TestPull_HostileAccount(t *testing.T) {
	tests := map[string]struct {
		storm  int // about nine log entries each; the API hands out 10,000
		change func(*account)
	}{
		"both ends belong to the range":    {200, func(*account) {}},
		"the end is outside of the range":  {1300, func(a *account) { a.UntilExclusive = true }},
		"neither end belongs to the range": {200, func(a *account) { a.UntilExclusive, a.SinceExclusive = true, true }},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			incidents, hours := 90, 30*time.Hour
			if raceEnabled { // The cap is met without the detector, and so is the crowd.
				tt.storm, incidents, hours = min(tt.storm, 40), 20, 12*time.Hour
			}
			w := pdfake.Build(pdfake.Spec{
				Seed: 7, Incidents: incidents, Start: monday, End: monday.Add(hours),
				Storm: tt.storm, StormAt: monday.Add(5 * time.Hour), StormSpan: 5 * time.Minute,
				Late: 0.05, LateBy: 3 * time.Hour,
			})
			a := openAccount(t, w, monday)
			a.cfg.Alerts = new(bool) // the storm's alerts are a request each
			a.Shuffle = true
			a.Faults = pdfake.Faults{Seed: 3, Limited: 0.01, Bare: 0.01, Broken: 0.01, Truncated: 0.01, Dropped: 0.01}
			tt.change(a)
			m := ingesttest.NewMemory()
			rng := rand.New(rand.NewPCG(5, 5))
			m.BeforeSave = func(int) error { return die(rng) }
			m.AfterSave = func(int) error { return die(rng) }
			for a.clock.Now().Before(monday.Add(hours + 30*time.Hour)) {
				if _, err := a.sync(t, m); err != nil && !errors.Is(err, errDied) {
					t.Fatalf("sync: %v", err)
				}
				a.clock.advance(71 * time.Minute)
			}
			m.BeforeSave, m.AfterSave = nil, nil
			a.mustSync(t, m)
			compare(t, w, a.clock.Now(), m)
			if again := a.mustSync(t, m); again.Events != 0 || again.Pages != 0 {
				t.Errorf("one more pull brought %+v", again)
			}
		})
	}
}

var errDied = errors.New("the process died")

func die(rng *rand.Rand) error {
	if rng.Float64() < 0.01 {
		return errDied
	}
	return nil
}

// A window that PagerDuty cannot answer must not stop the windows after it.
func TestPull_SuspectWindowIsRetried(t *testing.T) {
	w := smallWorld()
	a := openAccount(t, w, monday)
	broken := true
	bad := monday.AddDate(0, 0, -10).Format("2006-01-02T")
	a.Intercept = func(rw http.ResponseWriter, r *http.Request) bool {
		if broken && r.URL.Path == "/log_entries" && strings.HasPrefix(r.URL.Query().Get("since"), bad) {
			rw.WriteHeader(http.StatusInternalServerError)
			return true
		}
		return false
	}
	m := ingesttest.NewMemory()
	a.mustSync(t, m)
	h, _ := m.Source(t.Context(), "pd")
	if len(h.Suspect) == 0 {
		t.Fatal("no window is suspect although one could not be read")
	}
	broken = false
	a.clock.advance(5 * time.Minute)
	a.mustSync(t, m)
	if h, _ := m.Source(t.Context(), "pd"); len(h.Suspect) != 0 {
		t.Errorf("the window is still suspect: %+v", h.Suspect)
	}
	compare(t, w, a.clock.Now(), m)
}

func TestPull_RefusedTokenSaysWhatToDo(t *testing.T) {
	a := openAccount(t, smallWorld(), monday)
	a.Token = "another"
	_, err := a.sync(t, ingesttest.NewMemory())
	if opsreview.ErrorCode(err) != opsreview.Invalid || !strings.Contains(opsreview.ErrorMessage(err), "api.eu.pagerduty.com") {
		t.Errorf("a refused token answers %v, want Invalid with the other region", err)
	}
	if strings.Contains(fmt.Sprint(err), "s3cr3t") {
		t.Errorf("the token is in the error: %v", err)
	}
}

func TestPull_SilentServerIsUnavailable(t *testing.T) {
	a := openAccount(t, smallWorld(), monday)
	a.Faults = pdfake.Faults{Broken: 1}
	if _, err := a.sync(t, ingesttest.NewMemory()); opsreview.ErrorCode(err) != opsreview.Unavailable {
		t.Errorf("a server that is down answers %v, want Unavailable", err)
	}
}

func TestPull_OptionalDataMayBeRefused(t *testing.T) {
	w := smallWorld()
	a := openAccount(t, w, monday)
	a.Refused = map[string]int{"/abilities": 403, "/v3/schedules": 403, "/priorities": 402, "/teams": 402, "/analytics/raw/incidents": 403}
	m := ingesttest.NewMemory()
	a.mustSync(t, m)
	compare(t, w, monday, m)
	refused := 0
	for _, c := range a.source(t).Check(t.Context()) {
		if !c.OK {
			refused++
			if c.Remedy == "" {
				t.Errorf("no remedy: %+v", c)
			}
		}
	}
	if refused != 4 {
		t.Errorf("%d checks failed, want 4", refused)
	}
}
