package alertmanager_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/ingest"
	"opsreview/ingest/alertmanager"
	"opsreview/ingest/ingesttest"
)

// noon is the clock of the histories, on a Monday.
var noon = time.Date(2026, 11, 16, 12, 0, 0, 0, time.UTC)

// clock returns a time of that Monday, or of the day before for one with a
// minus.
func clock(text string) time.Time {
	days := 0
	if rest, ok := strings.CutPrefix(text, "-"); ok {
		text, days = rest, -1
	}
	t, err := time.Parse("15:04:05.999", text)
	if err != nil {
		panic(err)
	}
	return time.Date(2026, 11, 16+days, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

func named(name string) map[string]string {
	return map[string]string{"alertname": name, "severity": "page", "job": "vault"}
}

// fires is a stretch in which an alert fires, evaluated each minute.
func fires(name, from, to string) rule {
	return rule{labels: named(name), from: clock(from), to: clock(to), step: time.Minute}
}

// pull pulls once.
func pull(t testing.TB, m *ingesttest.Memory, f *fake, change ...func(*alertmanager.Config)) opsreview.Saved {
	t.Helper()
	saved, err := ingest.Sync(t.Context(), m, f.source(t, change...), ingest.SyncOptions{Now: f.clock})
	if err != nil {
		t.Fatal(err)
	}
	return saved
}

// stretches says when pages began and ended, in order.
func stretches(m *ingesttest.Memory) []string {
	var all []string
	for _, line := range strings.Split(m.Dump(), "\n") {
		id, ok := strings.CutPrefix(line, "event ")
		if !ok || !strings.Contains(line, `"triggered"`) {
			continue
		}
		p := m.Pages()[strings.Fields(id)[0]]
		end := "open"
		if !p.ResolvedAt.IsZero() {
			end = p.ResolvedAt.Format("15:04:05.999")
		}
		all = append(all, fmt.Sprintf("%s %s–%s", p.Attributes["alertname"], p.TriggeredAt.Format("15:04:05.999"), end))
	}
	return all
}

// heard makes a source take webhooks too.
func heard(c *alertmanager.Config) { c.WebhookTokenFile = "token" }

func TestPull_History(t *testing.T) {
	tests := map[string]struct {
		rules []rule
		down  [][2]time.Time
		want  []string
	}{
		"an alert is a page from its first sample to the evaluation that ended it": {
			rules: []rule{fires("A", "03:00:07.123", "03:40:07.123")},
			want:  []string{"A 03:00:07.123–03:40:07.123"},
		},
		"one that fires is open": {
			rules: []rule{fires("A", "11:40:00", "23:00:00")},
			want:  []string{"A 11:40:00–open"},
		},
		"one that has just ended may go on": {
			rules: []rule{fires("A", "11:40:00", "11:56:00")},
			want:  []string{"A 11:40:00–open"},
		},
		"one that fires longer than a piece is one page": {
			rules: []rule{fires("A", "-13:00:00", "11:00:00")},
			want:  []string{"A 13:00:00–11:00:00"},
		},
		"one that fired before anything is known has no name": {
			rules: []rule{fires("A", "-00:00:00", "11:00:00"), {labels: named("B"), from: clock("-10:00:00").Add(-48 * time.Hour), to: clock("11:00:00"), step: time.Minute}},
			want:  []string{"A 00:00:00–11:00:00"},
		},
		"one that ends and fires anew is two pages": {
			rules: []rule{fires("A", "03:00:00", "03:10:00"), fires("A", "03:12:00", "03:20:00")},
			want:  []string{"A 03:00:00–03:10:00", "A 03:12:00–03:20:00"},
		},
		"a Prometheus that was down for less than five minutes is no end": {
			rules: []rule{fires("A", "03:00:00", "03:30:00")}, down: [][2]time.Time{{clock("03:10:00"), clock("03:13:30")}},
			want: []string{"A 03:00:00–03:30:00"},
		},
		"one that was down for longer is": {
			rules: []rule{fires("A", "03:00:00", "03:30:00")}, down: [][2]time.Time{{clock("03:10:00"), clock("03:20:00")}},
			want: []string{"A 03:00:00–03:10:00", "A 03:20:00–03:30:00"},
		},
		"one that fired at a single evaluation lasts for as long as others take": {
			rules: []rule{fires("A", "03:00:00", "03:01:00"), {labels: named("B"), from: clock("04:00:00"), to: clock("04:05:00"), step: 15 * time.Second}},
			want:  []string{"A 03:00:00–03:00:15", "B 04:00:00–04:05:00"},
		},
		"what does not match is no page": {
			rules: []rule{{labels: map[string]string{"alertname": "A", "severity": "ticket"}, from: clock("03:00:00"), to: clock("04:00:00"), step: time.Minute}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f, m := openFake(t, noon, tt.rules...), ingesttest.NewMemory()
			f.down = tt.down
			pull(t, m, f)
			got := stretches(m)
			slices.Sort(got)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("pages (-want +got):\n%s", diff)
			}
		})
	}
}

// However often it is pulled meanwhile, the same history is the same pages.
func TestPull_OftenOrOnce(t *testing.T) {
	rules := []rule{
		fires("A", "07:59:30", "09:00:30"), fires("A", "09:02:30", "10:10:30"), fires("B", "08:00:00", "08:01:00"),
		fires("C", "08:14:10", "08:45:10"), fires("C", "08:46:10", "08:47:10"), fires("D", "08:00:00", "20:00:00"),
	}
	once, often := ingesttest.NewMemory(), ingesttest.NewMemory()
	pull(t, once, openFake(t, noon, rules...))
	f := openFake(t, clock("06:00:00"), rules...)
	for !f.now.After(noon) {
		pull(t, often, f)
		f.now = f.now.Add(7 * time.Minute)
	}
	f.now = noon
	pull(t, often, f)
	if diff := cmp.Diff(once.Dump(), often.Dump()); diff != "" {
		t.Errorf("stored (-once +often):\n%s", diff)
	}
}

// call is what Alertmanager sends of an alert of these histories.
func call(t testing.TB, m *ingesttest.Memory, r rule, resolved bool) {
	t.Helper()
	text := fmt.Sprintf(`{"status":"firing","labels":{"alertname":%q,"severity":"page","job":"vault"},"annotations":{"summary":"told"},"startsAt":%q,"endsAt":"0001-01-01T00:00:00Z"}`,
		r.labels["alertname"], r.from.Format(time.RFC3339Nano))
	if resolved {
		text = strings.NewReplacer("firing", "resolved", "0001-01-01T00:00:00Z", r.to.Format(time.RFC3339Nano)).Replace(text)
	}
	b, err := openWebhook(t).Receive(bearer("s1"), []byte(message(text)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.SaveBatch(t.Context(), "am", b); err != nil {
		t.Fatal(err)
	}
}

func TestPull_MeetsWebhooks(t *testing.T) {
	a := fires("A", "11:00:00.250", "11:30:00.250")
	tests := map[string]struct {
		told     rule // what Alertmanager says
		resolved bool
		want     []string
	}{
		"what was told already does not change":          {a, true, []string{"A 11:00:00.25–11:30:00.25"}},
		"an end that nobody told of is found in history": {a, false, []string{"A 11:00:00.25–11:30:00.25"}},
		"Alertmanager's time is that of the earliest server": {
			fires("A", "10:59:42.1", "11:29:59"), true, []string{"A 10:59:42.1–11:29:59"},
		},
		"a page that Alertmanager ended stays ended": {fires("A", "11:00:00.250", "11:12:00"), true, []string{"A 11:00:00.25–11:12:00"}},
		"a page of another time is another": {
			fires("A", "10:40:00", "10:50:00"), true, []string{"A 10:40:00–10:50:00", "A 11:00:00.25–11:30:00.25"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f, m := openFake(t, noon, a), ingesttest.NewMemory()
			call(t, m, tt.told, false)
			if tt.resolved {
				call(t, m, tt.told, true)
			}
			pull(t, m, f, heard)
			pull(t, m, f, heard)
			got := stretches(m)
			slices.Sort(got)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("pages (-want +got):\n%s", diff)
			}
			for _, p := range m.Pages() {
				if p.TriggeredAt.Equal(tt.told.from) && p.Title != "told" {
					t.Errorf("the title is %q, want Alertmanager's", p.Title)
				}
			}
		})
	}
}

// An alert that ended and fired anew between two flushes is told of once. The
// one that was told keeps its name, and the other is found.
func TestPull_FlappingBetweenFlushes(t *testing.T) {
	first, second := fires("A", "11:00:00", "11:01:00"), fires("A", "11:03:00", "11:20:00")
	f, m := openFake(t, noon, first, second), ingesttest.NewMemory()
	call(t, m, second, false)
	pull(t, m, f, heard)
	got := stretches(m)
	slices.Sort(got)
	if diff := cmp.Diff([]string{"A 11:00:00–11:01:00", "A 11:03:00–11:20:00"}, got); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
}

// While somebody listens, what nobody was told of was silenced, inhibited or
// routed elsewhere.
func TestPull_WhatNobodyWasToldOf(t *testing.T) {
	a := fires("A", "12:10:00", "12:30:00")
	tests := map[string]struct {
		change []func(*alertmanager.Config)
		every  time.Duration
		want   int
	}{
		"is no page while somebody listens":               {[]func(*alertmanager.Config){heard}, 5 * time.Minute, 0},
		"is one if nobody was running":                    {[]func(*alertmanager.Config){heard}, time.Hour, 1},
		"is one if history is all that there ever is":     {nil, 5 * time.Minute, 1},
		"is one if history is all there is, pulled often": {nil, time.Minute, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f, m := openFake(t, noon, a), ingesttest.NewMemory()
			for f.now.Before(noon.Add(2 * time.Hour)) {
				pull(t, m, f, tt.change...)
				f.now = f.now.Add(tt.every)
			}
			if n := len(m.Pages()); n != tt.want {
				t.Errorf("%d pages, want %d", n, tt.want)
			}
		})
	}
	t.Run("is one as soon as somebody is told, and ends in history", func(t *testing.T) {
		f, m := openFake(t, noon, a), ingesttest.NewMemory()
		for f.now.Before(noon.Add(2 * time.Hour)) {
			if f.now.Equal(clock("12:25:00")) {
				call(t, m, a, false) // a silence ran out
			}
			pull(t, m, f, heard)
			f.now = f.now.Add(5 * time.Minute)
		}
		if diff := cmp.Diff([]string{"A 12:10:00–12:30:00"}, stretches(m)); diff != "" {
			t.Errorf("pages (-want +got):\n%s", diff)
		}
	})
}

// What Alertmanager left out of a call is found in history, once the hour is
// over.
func TestPull_FindsWhatWasLeftOut(t *testing.T) {
	f, m := openFake(t, noon, fires("A", "12:10:00", "12:20:00"), fires("B", "13:10:00", "13:20:00")), ingesttest.NewMemory()
	for f.now.Before(noon.Add(2 * time.Hour)) {
		if f.now.Equal(clock("12:30:00")) {
			hour := opsreview.Window{Start: noon, End: noon.Add(time.Hour)}
			b := opsreview.Batch{Suspect: []opsreview.SuspectWindow{{Window: hour, Reason: "alerts are missing", At: f.now}}}
			if _, err := m.SaveBatch(t.Context(), "am", b); err != nil {
				t.Fatal(err)
			}
		}
		pull(t, m, f, heard)
		f.now = f.now.Add(5 * time.Minute)
	}
	if diff := cmp.Diff([]string{"A 12:10:00–12:20:00"}, stretches(m)); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
	if h, err := m.Source(t.Context(), "am"); err != nil || len(h.Suspect) != 0 {
		t.Errorf("suspect windows %+v, %v, want none", h.Suspect, err)
	}
}

// A stretch of which Prometheus warns is read until it does not.
func TestPull_ReadsAgainWhatPrometheusWarnsOf(t *testing.T) {
	f, m := openFake(t, noon, fires("A", "09:00:00", "09:10:00")), ingesttest.NewMemory()
	f.warns = true
	pull(t, m, f)
	h, err := m.Source(t.Context(), "am")
	if err != nil || len(h.Suspect) == 0 {
		t.Fatalf("suspect windows %+v, %v, want what was read", h.Suspect, err)
	}
	f.warns = false
	f.now = f.now.Add(time.Minute)
	pull(t, m, f)
	if h, err = m.Source(t.Context(), "am"); err != nil || len(h.Suspect) != 0 {
		t.Errorf("suspect windows %+v, %v, want none", h.Suspect, err)
	}
}

func TestPull_ExternalLabels(t *testing.T) {
	f, m := openFake(t, noon, fires("A", "03:00:00", "03:10:00")), ingesttest.NewMemory()
	f.config = "global:\n  scrape_interval: 15s\n  external_labels:\n    cluster: eu\n    replica: a\n  rule_query_offset: 30s\n"
	_, err := ingest.Sync(t.Context(), m, f.source(t), ingest.SyncOptions{Now: f.clock})
	if opsreview.ErrorCode(err) != opsreview.Invalid || !strings.Contains(opsreview.ErrorMessage(err), "external_labels: {cluster: eu, replica: a}") {
		t.Fatalf("Sync = %v, want it to ask for the labels", err)
	}
	eu := func(c *alertmanager.Config) { c.ExternalLabels = map[string]string{"cluster": "eu"} }
	if _, err := ingest.Sync(t.Context(), m, f.source(t, eu), ingest.SyncOptions{Now: f.clock}); opsreview.ErrorCode(err) != opsreview.Invalid || !strings.Contains(opsreview.ErrorMessage(err), "query_offset: 30s") {
		t.Fatalf("Sync = %v, want it to ask for the offset", err)
	}
	pull(t, m, f, eu, func(c *alertmanager.Config) { c.QueryOffset = "30s" })
	if diff := cmp.Diff([]string{"A 03:00:30–03:10:30"}, stretches(m)); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
	for _, p := range m.Pages() {
		if p.Attributes["cluster"] != "eu" {
			t.Errorf("attributes %v, want the cluster", p.Attributes)
		}
	}
}

func TestPull_Faults(t *testing.T) {
	f, m := openFake(t, noon, fires("A", "03:00:00", "03:10:00")), ingesttest.NewMemory()
	f.fails = 1
	if _, err := ingest.Sync(t.Context(), m, f.source(t), ingest.SyncOptions{Now: f.clock}); opsreview.ErrorCode(err) != opsreview.Unavailable {
		t.Errorf("Sync = %v, want unavailable", err)
	}
	pull(t, m, f)
	if h, err := m.Source(t.Context(), "am"); err != nil || !h.SyncedTo.Equal(noon.Add(-10*time.Second)) {
		t.Errorf("synced to %s, %v, want 10 s ago", h.SyncedTo, err)
	}
	asked := f.queries
	pull(t, m, f)
	if f.queries != asked {
		t.Errorf("a pull at the same second asked %d questions more", f.queries-asked)
	}
	newer := ingesttest.NewMemory()
	if _, err := newer.SaveBatch(t.Context(), "am", opsreview.Batch{Cursor: `{"v":2,"to":"2026-11-16T11:00:00Z"}`}); err != nil {
		t.Fatal(err)
	}
	if _, err := ingest.Sync(t.Context(), newer, f.source(t), ingest.SyncOptions{Now: f.clock}); opsreview.ErrorCode(err) != opsreview.Invalid {
		t.Errorf("with a newer program's cursor Sync = %v, want invalid", err)
	}
}

func TestPull_KeepsItsPromises(t *testing.T) {
	ingesttest.Run(t, func(t testing.TB) ingesttest.Fixture {
		f := openFake(t, noon, fires("A", "-11:00:00", "-19:00:00"), fires("B", "01:00:00", "01:20:00"), fires("B", "01:22:00", "02:00:00"), fires("C", "11:00:00", "23:00:00"))
		return ingesttest.Fixture{New: func(t testing.TB) ingest.Source { return f.source(t) }, Now: f.clock}
	})
}

func TestCheck(t *testing.T) {
	f := openFake(t, noon, fires("A", "11:00:00", "23:00:00"))
	for name, tt := range map[string]struct {
		change func(*alertmanager.Config)
		want   map[string]bool // by subject, whether it is well
	}{
		"history alone": {func(*alertmanager.Config) {}, map[string]bool{"history": true, "external labels": true, "alerts": true}},
		"a token that is not there": {
			heard, map[string]bool{"webhook token": false, "history": true, "external labels": true, "alerts": true},
		},
		"no history": {
			func(c *alertmanager.Config) { *c = alertmanager.Config{Name: "am", WebhookTokenFile: "gone"} },
			map[string]bool{"webhook token": false, "history": true},
		},
		"nobody there": {
			func(c *alertmanager.Config) { c.PrometheusURL = "http://127.0.0.1:1" }, map[string]bool{"history": false},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := map[string]bool{}
			for _, c := range f.source(t, tt.change).Check(t.Context()) {
				got[c.Subject] = c.OK
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("checks (-want +got):\n%s", diff)
			}
		})
	}
}
