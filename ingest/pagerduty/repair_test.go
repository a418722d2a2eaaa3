package pagerduty_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"opsreview"
	"opsreview/ingest"
	"opsreview/ingest/ingesttest"
	"opsreview/ingest/pagerduty/pdfake"
)

const (
	firstID  = "Q000000000001" // resolved, with a note
	sixthID  = "Q000000000006" // resolved, reopened and resolved again
	eleventh = "Q00000000000B" // resolved, with a note whose log entry has no text
	openID   = "Q000000000012" // still open
)

// counter counts the requests of each path.
func (a *account) counter() map[string]int {
	asked := map[string]int{}
	a.Intercept = func(_ http.ResponseWriter, r *http.Request) bool {
		asked[r.URL.Path]++
		return false
	}
	return asked
}

// lastNote returns the last note of a pull that holds text.
func lastNote(told []ingest.Progress, text string) string {
	for _, p := range slices.Backward(told) {
		if strings.Contains(p.Note, text) {
			return p.Note
		}
	}
	return ""
}

// What neither the polls nor the daily second readings can see is found by
// comparing counts, weekly.
func TestPull_DailyCountsFindWhatWasMissed(t *testing.T) {
	tests := map[string]func(w *pdfake.World){
		"its log entries became visible days late": func(w *pdfake.World) { w.Delay(eleventh, monday.Add(3*24*time.Hour)) },
		"the log entries leave it out":             func(w *pdfake.World) { w.Hide(eleventh, true) },
	}
	for name, miss := range tests {
		t.Run(name, func(t *testing.T) {
			w := smallWorld()
			miss(w)
			a := openAccount(t, w, monday)
			a.cfg.Notes = new(bool) // the daily look at resolved incidents would find it first
			m := ingesttest.NewMemory()
			for range 3 {
				a.mustSync(t, m)
				if _, ok := m.Pages()[eleventh]; ok {
					t.Fatal("the incident is stored already: the test proves nothing")
				}
				a.clock.advance(25 * time.Hour)
			}
			a.clock.advance(6 * 24 * time.Hour)
			a.mustSync(t, m)
			p := m.Pages()[eleventh]
			if p.Status != opsreview.Finished || p.Severity != "critical" {
				t.Errorf("the page is %+v, want it whole, with its alert", p)
			}
			if want := w.Truth(a.clock.Now()).Incidents[eleventh]; len(p.Events) != len(want.Entries) {
				t.Errorf("%d events, want %d", len(p.Events), len(want.Entries))
			}
		})
	}
}

func TestPull_OpenIncidentThatNoLogEntryTellsOf(t *testing.T) {
	w := smallWorld()
	w.Hide(openID, true)
	a := openAccount(t, w, monday)
	m := ingesttest.NewMemory()
	a.mustSync(t, m)
	compare(t, w, monday, m)
	if p := m.Pages()[openID]; p.Severity != "critical" {
		t.Errorf("its alert was not read: %+v", p)
	}
}

// oneOpen is an account whose only incident is stored as open and ends unseen
// by the log entries.
func oneOpen(t *testing.T) (*account, *ingesttest.Memory) {
	t.Helper()
	w := pdfake.Build(pdfake.Spec{Incidents: 1, Start: monday.Add(-5 * time.Minute), End: monday})
	a := openAccount(t, w, monday)
	a.cfg.Notes = new(bool) // the daily look at resolved incidents asks for nothing then
	m := ingesttest.NewMemory()
	a.mustSync(t, m)
	if p := m.Pages()[firstID]; p.Status == opsreview.Finished || len(p.Events) == 0 {
		t.Fatalf("the incident should be open: %+v", p)
	}
	w.Hide(firstID, true)
	return a, m
}

func TestPull_OpenPageThatEndedUnseen(t *testing.T) {
	a, m := oneOpen(t)
	a.clock.advance(2 * time.Hour)
	a.mustSync(t, m)
	compare(t, a.World, a.clock.Now(), m)
}

// Access to an incident may be lost for good. What is stored stays, the person
// is told, and the vendor is asked weekly, four times.
func TestPull_AccessLost(t *testing.T) {
	tests := map[string]func(a *account){
		"deleted for good":                       func(a *account) { a.World.Delete(firstID, monday) },
		"forbidden":                              func(a *account) { a.Refused = map[string]int{"/incidents/" + firstID: 403} },
		"unreadable since it is resolved (2018)": func(a *account) { a.LoseResolved = true },
	}
	for name, lose := range tests {
		t.Run(name, func(t *testing.T) {
			a, m := oneOpen(t)
			lose(a)
			asked := a.counter()
			before := len(m.Pages()[firstID].Events)
			for hour := range 5 {
				a.clock.advance(61 * time.Minute)
				if note := lastNote(a.watch(t, m), "access lost"); !strings.Contains(note, firstID) {
					t.Errorf("hour %d: the note is %q, want it to name the incident", hour, note)
				}
			}
			if n := asked["/incidents/"+firstID]; n != 1 {
				t.Errorf("it was asked for %d times in five hours, want once", n)
			}
			for range 8 {
				a.clock.advance(8 * 24 * time.Hour)
				a.mustSync(t, m)
			}
			if n := asked["/incidents/"+firstID]; n != 4 {
				t.Errorf("it was asked for %d times in two months, want 4", n)
			}
			if p := m.Pages()[firstID]; len(p.Events) != before || p.Title == "" {
				t.Errorf("what was stored is gone: %d events of %d", len(p.Events), before)
			}
		})
	}
}

func TestPull_AccessThatComesBack(t *testing.T) {
	a, m := oneOpen(t)
	a.Refused = map[string]int{"/incidents/" + firstID: 403}
	a.clock.advance(2 * time.Hour)
	a.mustSync(t, m)
	a.Refused = nil
	a.clock.advance(8 * 24 * time.Hour)
	told := a.watch(t, m)
	compare(t, a.World, a.clock.Now(), m)
	if note := lastNote(told, "access lost"); note != "" {
		t.Errorf("it is still called lost: %s", note)
	}
}

// Details that cannot be seen are given up at once, and the person is told.
func TestPull_DetailsThatCannotBeSeen(t *testing.T) {
	w := pdfake.Build(pdfake.Spec{Incidents: 10, Start: monday.AddDate(0, 0, -5), End: monday})
	a := openAccount(t, w, monday)
	a.LoseResolved = true
	m := ingesttest.NewMemory()
	if note := lastNote(a.watch(t, m), "access lost"); !strings.Contains(note, "alerts, notes or timelines of") {
		t.Errorf("the note is %q", note)
	}
	compare(t, w, monday, m)
	asked := a.counter()
	a.clock.advance(5 * time.Minute)
	a.mustSync(t, m)
	for path, n := range asked {
		if strings.HasSuffix(path, "/alerts") || strings.HasSuffix(path, "/notes") {
			t.Errorf("%s was asked %d times again", path, n)
		}
	}
}

func TestPull_AnalyticsFindWhatChangedUnseen(t *testing.T) {
	tests := map[string]struct {
		spec   pdfake.Spec
		hidden string
		early  bool // whether the incident is hidden before the first pull
	}{
		"an incident that is not stored": {
			pdfake.Spec{Incidents: 1, Start: monday.Add(-24 * time.Hour), End: monday}, firstID, true,
		},
		"an incident that was reopened and ended again": {
			pdfake.Spec{Incidents: 6, Start: monday.Add(-15 * time.Minute), End: monday.Add(-15*time.Minute + 6*time.Second)}, sixthID, false,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := pdfake.Build(tt.spec)
			a := openAccount(t, w, monday)
			a.Analytics, a.cfg.Notes = true, new(bool)
			m := ingesttest.NewMemory()
			w.Hide(tt.hidden, tt.early)
			a.mustSync(t, m)
			if p, ok := m.Pages()[tt.hidden]; ok == tt.early || (ok && p.Status != opsreview.Finished) {
				t.Fatalf("the test proves nothing: stored %t, %s", ok, p.Status)
			}
			w.Hide(tt.hidden, true)
			a.clock.advance(27 * time.Hour)
			a.mustSync(t, m)
			want := w.Truth(a.clock.Now()).Incidents[tt.hidden]
			if p := m.Pages()[tt.hidden]; !p.ResolvedAt.Equal(want.ResolvedAt) || len(p.Events) == 0 {
				t.Errorf("the page ended at %s with %d events, want %s", p.ResolvedAt, len(p.Events), want.ResolvedAt)
			}
		})
	}
}

// Rows that agree with what is stored, or are older than it, make no requests.
func TestPull_AnalyticsThatAgreeCostNothing(t *testing.T) {
	w := pdfake.Build(pdfake.Spec{Seed: 4, Incidents: 60, Start: monday.AddDate(0, 0, -4), End: monday.AddDate(0, 0, 1)})
	a := openAccount(t, w, monday)
	a.Analytics = true
	m := ingesttest.NewMemory()
	a.mustSync(t, m)
	asked := a.counter()
	a.clock.advance(24*time.Hour + 5*time.Minute) // a row has the incident open that began at noon, and has ended since
	a.mustSync(t, m)
	if asked["/analytics/raw/incidents"] == 0 {
		t.Fatal("the analytics were not asked")
	}
	for path, n := range asked {
		if strings.HasPrefix(path, "/incidents/") && strings.HasSuffix(path, "/log_entries") {
			t.Errorf("%s was asked %d times", path, n)
		}
	}
	compare(t, w, a.clock.Now(), m)
}

// A second with more log entries than PagerDuty hands out is marked, and stops
// nothing.
func TestPull_SecondBeyondTheCap(t *testing.T) {
	if raceEnabled {
		t.Skip("ten thousand log entries one after another take minutes, and no path of their own")
	}
	w := pdfake.Build(pdfake.Spec{
		Incidents: 12, Start: monday.Add(-10 * time.Hour), End: monday.Add(-time.Hour), Burst: 10_200, BurstAt: monday.Add(-5 * time.Hour),
	})
	a := openAccount(t, w, monday)
	a.cfg.Alerts, a.cfg.Backfill = new(bool), "1d"
	m := ingesttest.NewMemory()
	if note := lastNote(a.watch(t, m), "not whole"); !strings.Contains(note, "10000") {
		t.Errorf("the note is %q, want the cap", note)
	}
	h, _ := m.Source(t.Context(), "pd")
	if len(h.Suspect) == 0 || !strings.Contains(h.Suspect[0].Reason, "more than 10000 log entries") {
		t.Fatalf("the second is not suspect: %+v", h.Suspect)
	}
	covered := false
	for _, s := range h.Suspect {
		if s.Start.Before(monday.Add(-5*time.Hour-3*time.Second)) || s.End.After(monday.Add(-5*time.Hour+3*time.Second)) {
			t.Errorf("%s to %s is suspect, want the second and its neighbours only", s.Start, s.End)
		}
		covered = covered || s.Contains(monday.Add(-5*time.Hour))
	}
	if !covered {
		t.Errorf("the second itself is not suspect: %+v", h.Suspect)
	}
	if n := len(m.Pages()[firstID].Events); n < 10_000 {
		t.Errorf("%d events of the storm were kept, want what PagerDuty handed out", n)
	}
	pages, truth := m.Pages(), w.Truth(monday)
	for id, inc := range truth.Incidents {
		if p := pages[id]; id != firstID && len(p.Events) != len(inc.Entries) {
			t.Errorf("page %s has %d events, want %d", id, len(p.Events), len(inc.Entries))
		}
	}
	asked := a.counter()
	a.clock.advance(10 * time.Minute)
	a.mustSync(t, m)
	if n := asked["/log_entries"]; n > 20 {
		t.Errorf("the next pull sent %d requests for log entries: the second was read again at once", n)
	}
}

// A late page's alerts are read although only the second reading brings it.
func TestPull_SecondReadingQueuesDetails(t *testing.T) {
	w := pdfake.Build(pdfake.Spec{Incidents: 1, Start: monday.Add(-4 * time.Hour), End: monday})
	w.Delay(firstID, monday.Add(3*time.Hour))
	a := openAccount(t, w, monday)
	m := ingesttest.NewMemory()
	a.mustSync(t, m)
	a.clock.advance(25 * time.Hour)
	asked := a.counter()
	a.mustSync(t, m)
	compare(t, w, a.clock.Now(), m)
	if p := m.Pages()[firstID]; p.Severity != "critical" {
		t.Errorf("the late page's alert was not read: %+v", p)
	}
	if asked["/incidents/"+firstID+"/alerts"] != 1 {
		t.Errorf("its alerts were asked %d times, want once", asked["/incidents/"+firstID+"/alerts"])
	}
	a.clock.advance(25 * time.Hour)
	a.mustSync(t, m)
	if n := asked["/incidents/"+firstID+"/alerts"]; n != 1 {
		t.Errorf("one more second reading asked for its alerts again: %d", n)
	}
}

// Notes are edited after the end of an incident. Deleted ones are kept.
func TestPull_NotesOfResolvedIncidents(t *testing.T) {
	w := pdfake.Build(pdfake.Spec{Incidents: 11, Start: monday.Add(-11 * time.Hour), End: monday})
	a := openAccount(t, w, monday)
	m := ingesttest.NewMemory()
	a.mustSync(t, m)
	w.EditNote(firstID, "it was the index", monday.Add(time.Hour))
	a.clock.advance(25 * time.Hour)
	a.mustSync(t, m)
	w.DeleteNote(firstID, a.clock.Now())
	a.clock.advance(25 * time.Hour)
	a.mustSync(t, m)
	var texts []string
	for _, e := range m.Pages()[firstID].Events {
		if e.Kind == opsreview.Noted {
			texts = append(texts, e.Text)
		}
	}
	if want := []string{"restarted the batch", "it was the index"}; !slices.Equal(texts, want) {
		t.Errorf("the notes are %q, want %q", texts, want)
	}
	notes := 0
	for _, e := range m.Pages()[eleventh].Events {
		if e.Kind == opsreview.Noted {
			notes++
		}
	}
	if notes != 1 {
		t.Errorf("a note and its log entry without text are %d events, want 1", notes)
	}
}

// A configuration that asks for less gets less, and asks for no more.
func TestPull_Restrictions(t *testing.T) {
	tests := map[string]struct {
		change func(*account)
		never  string // the end of the paths that must not be asked
		teams  []string
		alerts bool
	}{
		"no alerts":             {func(a *account) { a.cfg.Alerts = new(bool) }, "/alerts", nil, false},
		"no notes":              {func(a *account) { a.cfg.Notes = new(bool) }, "/notes", nil, true},
		"the teams of interest": {func(a *account) { a.cfg.Teams = []string{"PTEAM1", "PTEAM2"} }, "/nothing", []string{"PTEAM1", "PTEAM2"}, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := smallWorld()
			a := openAccount(t, w, monday)
			a.Analytics = true
			tt.change(a)
			asked := a.counter()
			m := ingesttest.NewMemory()
			a.mustSync(t, m)
			a.clock.advance(8 * 24 * time.Hour)
			a.mustSync(t, m)
			for path, n := range asked {
				if strings.HasSuffix(path, tt.never) {
					t.Errorf("%s was asked %d times", path, n)
				}
			}
			want, pages := 0, m.Pages()
			for id, inc := range w.Truth(a.clock.Now()).Incidents {
				p, ok := pages[id]
				if wanted := tt.teams == nil || slices.Contains(tt.teams, inc.Team); ok != wanted {
					t.Errorf("incident %s of team %s is stored: %t, want %t", id, inc.Team, ok, wanted)
				} else if ok {
					want++
					checkDetails(t, p, inc, tt.alerts)
				}
			}
			if len(pages) != want {
				t.Errorf("%d pages, want %d", len(pages), want)
			}
		})
	}
}

func checkDetails(t *testing.T, p opsreview.Page, inc pdfake.Incident, alerts bool) {
	t.Helper()
	if (p.Severity == "critical") != alerts {
		t.Errorf("page %s has severity %q, alerts %t", p.ID, p.Severity, alerts)
	}
	if len(p.Events) != len(inc.Entries) {
		t.Errorf("page %s has %d events, want %d", p.ID, len(p.Events), len(inc.Entries))
	}
}

// Each phase tells how much of it is done, and never less than before.
func TestPull_Progress(t *testing.T) {
	a := openAccount(t, smallWorld(), monday)
	m := ingesttest.NewMemory()
	told := a.watch(t, m)
	a.clock.advance(8 * 24 * time.Hour)
	told = append(told, a.watch(t, m)...)
	seen, last := map[string]float64{}, ingest.Progress{}
	for _, p := range told {
		if p.Phase == "" || strings.ContainsAny(p.Phase, "_/") {
			t.Errorf("a phase is named %q", p.Phase)
		}
		if p.Done < 0 || p.Done > 1 {
			t.Errorf("%s: %g of it is done", p.Phase, p.Done)
		}
		if p.Phase == last.Phase && p.Done < last.Done && last.Done < 1 {
			t.Errorf("%s goes back from %.3f to %.3f", p.Phase, last.Done, p.Done)
		}
		seen[p.Phase], last = max(seen[p.Phase], p.Done), p
	}
	for _, phase := range []string{
		"people and services", "on-call shifts", "log entries", "history", "alerts and notes", "open incidents",
		"the last week once more", "changed incidents", "daily counts", "notes of resolved incidents",
	} {
		if seen[phase] != 1 {
			t.Errorf("%s ends at %g, want 1: %v", phase, seen[phase], seen)
		}
	}
}

func TestFake_RefusesUnknownParameters(t *testing.T) {
	s := &pdfake.Server{World: smallWorld(), Now: func() time.Time { return monday }}
	for query, want := range map[string]int{"limit=1": 200, "is_overview=false": 200, "updated_since=x": 400, "limit[]=1": 400} {
		rec := httptest.NewRecorder()
		s.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/log_entries?"+query, nil))
		if rec.Code != want {
			t.Errorf("%s answers %d, want %d: %s", query, rec.Code, want, rec.Body)
		}
	}
}
