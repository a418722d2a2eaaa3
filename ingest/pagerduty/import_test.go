package pagerduty_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"opsreview"
	"opsreview/ingest"
	"opsreview/ingest/ingesttest"
	"opsreview/ingest/pagerduty"
)

// sink saves into a memory store and collects problems.
type sink struct {
	m        *ingesttest.Memory
	problems []ingest.Problem
}

func (s *sink) Save(ctx context.Context, b opsreview.Batch) error {
	_, err := s.m.SaveBatch(ctx, "pd", b)
	return err
}

func (s *sink) Problem(p ingest.Problem) error {
	s.problems = append(s.problems, p)
	return nil
}

func importText(t testing.TB, s *sink, texts ...string) error {
	t.Helper()
	for _, text := range texts {
		err := pagerduty.Importer().Import(t.Context(), "pd", ingest.File{Name: "f.json", R: strings.NewReader(text)}, s)
		if err != nil {
			return err
		}
	}
	return nil
}

func newSink() *sink { return &sink{m: ingesttest.NewMemory()} }

const (
	incidentText = `{"id":"Q1","type":"incident","incident_number":7,"title":"Disk full","created_at":"2026-03-02T10:00:00Z",
		"updated_at":"2026-03-02T10:20:00Z","status":"resolved","urgency":"high","resolved_at":"2026-03-02T10:20:00Z",
		"service":{"id":"S1","type":"service_reference","summary":"vault"}}`
	triggerText = `{"id":"R1","type":"trigger_log_entry","created_at":"2026-03-02T10:00:00Z","channel":{"type":"api"},
		"agent":{"id":"S1","type":"service_reference","summary":"vault"},"incident":{"id":"Q1","type":"incident_reference"}}`
	notifyText = `{"id":"R2","type":"notify_log_entry","created_at":"2026-03-02T10:00:05Z","user":{"id":"U1","type":"user_reference","summary":"Ada"},
		"channel":{"type":"auto","notification":{"type":"sms","address":"+49301234567"}},"incident":{"id":"Q1","type":"incident_reference"}}`
	resolveText = `{"id":"R3","type":"resolve_log_entry","created_at":"2026-03-02T10:20:00Z","channel":{"type":"website"},
		"agent":{"id":"U1","type":"user_reference","summary":"Ada"},"incident":{"id":"Q1","type":"incident_reference"}}`
	userText = `{"id":"U1","type":"user","name":"Ada","email":"Ada@Example.com","time_zone":"Eastern Time (US & Canada)",
		"contact_methods":[{"id":"C1","type":"phone_contact_method_reference","address":"+49301234567"}]}`
)

func TestImport_EveryShapeGivesTheSame(t *testing.T) {
	entries := triggerText + "," + notifyText + "," + resolveText
	embedded := strings.TrimSuffix(incidentText, "}") + `,"log_entries":[` + entries + `],"alerts":[],"notes":null}`
	list := func(name, rows string) string {
		return `{"` + name + `":[` + rows + `],"limit":100,"offset":0,"more":false,"total":null}`
	}
	shapes := map[string][]string{
		"answers to list requests":          {list("incidents", incidentText), list("log_entries", entries), list("users", userText)},
		"the same in another order":         {list("users", userText), list("log_entries", entries), list("incidents", incidentText)},
		"paging before the list":            {`{"limit":1,"more":false,"log_entries":[` + entries + `]}`, list("incidents", incidentText), list("users", userText)},
		"single objects, wrapped":           {`{"incident":` + incidentText + `}`, list("log_entries", entries), `{"user":` + userText + `}`},
		"single objects, bare":              {incidentText, triggerText, notifyText, resolveText, userText},
		"an array of anything":              {"[" + incidentText + "," + entries + "," + userText + "]"},
		"lines":                             {strings.Join([]string{userText, incidentText, resolveText, notifyText, triggerText}, "\n") + "\n"},
		"an incident with all that it has":  {embedded, userText},
		"an array of those":                 {"\ufeff[" + embedded + "]", userText},
		"everything twice":                  {embedded, embedded, list("log_entries", entries), userText, userText},
		"lists in one object, side by side": {`{"incidents":[` + incidentText + `],"log_entries":[` + entries + `],"users":[` + userText + `]}`},
	}
	want := ""
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for k := range shapes {
			if !yield(k) {
				return
			}
		}
	}) {
		t.Run(name, func(t *testing.T) {
			s := newSink()
			if err := importText(t, s, shapes[name]...); err != nil || len(s.problems) > 0 {
				t.Fatalf("import: %v, problems %+v", err, s.problems)
			}
			p := s.m.Pages()["Q1"]
			if p.Status != opsreview.Finished || len(p.Events) != 3 || p.Events[1].Channel != opsreview.SMS || p.ResolvedBy.Kind != opsreview.Person {
				t.Errorf("the page is %+v", p)
			}
			if dump := s.m.Dump(); want == "" {
				want = dump
			} else if dump != want {
				t.Errorf("another shape gave other facts:\n%s\nwant\n%s", dump, want)
			}
			if r := s.m.Responders()["U1"]; r.Email != "ada@example.com" || r.TimeZone != "America/New_York" || len(r.Channels) != 1 {
				t.Errorf("the responder is %+v", r)
			}
			for id, body := range s.m.Raw() {
				if strings.Contains(string(body), "+4930") {
					t.Errorf("raw item %s holds a telephone number: %s", id, body)
				}
			}
		})
	}
}

func TestImport_BadItemsDoNotStopIt(t *testing.T) {
	s := newSink()
	err := importText(t, s, `{"log_entries":[`+triggerText+`,{"id":"R9","type":"notify_log_entry","created_at":"2026-03-02 10:00","incident":{"id":"Q1"}},
		null,17,"x",{"type":"notify_log_entry"},`+resolveText+`]}`+"\n"+`{"what":"ever"}`+"\n12\n"+incidentText)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.problems) != 7 {
		t.Errorf("%d problems, want 7: %+v", len(s.problems), s.problems)
	}
	if n := len(s.m.Pages()["Q1"].Events); n != 2 {
		t.Errorf("%d good events were kept, want 2", n)
	}
	s = newSink()
	err = importText(t, s, incidentText+"\n{\"incidents\": [")
	if opsreview.ErrorCode(err) != opsreview.Invalid || len(s.m.Pages()) != 1 {
		t.Errorf("a file that breaks off: %v, %d pages kept, want Invalid and 1", err, len(s.m.Pages()))
	}
}

// Where a file stops being JSON is said by line and byte, as an editor and a
// program count them.
func TestImport_SyntaxErrorHasAPlace(t *testing.T) {
	tests := map[string]struct {
		text string
		want []string
	}{
		"in an item":              {"{\"incidents\": [\n" + `{"id":"Q1"},` + "\n" + `{"id":"Q2","title":nope}` + "\n]}", []string{"f.json:3:", "byte 49 "}},
		"between items":           {"[\n" + incidentText + "\n;\n]", []string{"f.json:5:", fmt.Sprintf("byte %d ", 3+len(incidentText))}},
		"in a line":               {incidentText + "\n" + incidentText + "\nthis is not JSON\n", []string{"f.json:7:", fmt.Sprintf("byte %d ", 2+2*len(incidentText))}},
		"where the file ends":     {incidentText + "\n{\"incidents\": [\n", []string{"f.json:5:", "ends in the middle"}},
		"in the middle of a text": {"[\n\"abc", []string{"f.json:2:", "ends in the middle"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := importText(t, newSink(), tt.text)
			for _, part := range tt.want {
				if opsreview.ErrorCode(err) != opsreview.Invalid || !strings.Contains(opsreview.ErrorMessage(err), part) {
					t.Errorf("the error is %v, want Invalid with %q", err, part)
				}
			}
		})
	}
}

// repeated is a text, then a piece many times, then an end, without any of
// them in memory at once.
func repeated(begin, piece string, times int, end string) io.Reader {
	readers := []io.Reader{strings.NewReader(begin)}
	for range times {
		readers = append(readers, strings.NewReader(piece))
	}
	return io.MultiReader(append(readers, strings.NewReader(end))...)
}

// batches counts what is saved.
type batches struct{ saved, items, largest, problems int }

func (b *batches) Save(_ context.Context, batch opsreview.Batch) error {
	n := len(batch.Services) + len(batch.Teams)
	b.saved, b.items, b.largest = b.saved+1, b.items+n, max(b.largest, n)
	return nil
}

func (b *batches) Problem(ingest.Problem) error { b.problems++; return nil }

// A long list is saved as it is read: memory does not grow with the file.
func TestImport_LongListStreams(t *testing.T) {
	const team = `{"id":"T1","type":"team","name":"Vault"},`
	b := &batches{}
	r := repeated(`{"limit":100,"teams":[`, team, 99_999, strings.TrimSuffix(team, ",")+`],"more":false}`)
	if err := pagerduty.Importer().Import(t.Context(), "pd", ingest.File{Name: "f.json", R: r}, b); err != nil {
		t.Fatal(err)
	}
	if b.items != 100_000 || b.largest > 500 || b.problems != 0 {
		t.Errorf("%d items in %d batches of up to %d, %d problems, want 100,000 in batches of up to 500", b.items, b.saved, b.largest, b.problems)
	}
}

// One item that does not end must not fill the memory.
func TestImport_ItemIsBounded(t *testing.T) {
	b := &batches{}
	r := repeated(`{"teams":[{"id":"T1","type":"team","name":"Vault"},`+"\n"+`{"id":"T2","type":"team","name":"`, strings.Repeat("x", 1<<20), 17, `"}]}`)
	err := pagerduty.Importer().Import(t.Context(), "pd", ingest.File{Name: "f.json", R: r}, b)
	if opsreview.ErrorCode(err) != opsreview.Invalid || !strings.Contains(opsreview.ErrorMessage(err), "f.json:2: the item at byte 52 is longer than 16 MiB") {
		t.Errorf("the error is %v, want Invalid that names the item's place", err)
	}
	if b.items != 1 {
		t.Errorf("%d items before it were kept, want 1", b.items)
	}
	r = repeated(`{"teams":[{"id":"T2","type":"team","name":"`, strings.Repeat("x", 1<<20), 15, `"}]}`)
	if err := pagerduty.Importer().Import(t.Context(), "pd", ingest.File{Name: "f.json", R: r}, b); err != nil {
		t.Errorf("an item of 15 MiB: %v", err)
	}
}

// A note and the log entry that tells of it come in two files, some seconds
// apart, the entry with or without the text: one event, in any order.
func TestImport_NoteAndItsLogEntryAreOne(t *testing.T) {
	const author = `{"id":"U1","type":"user_reference","summary":"Ada"}`
	entry := func(id, at, channel string) string {
		return `{"id":"` + id + `","type":"annotate_log_entry","created_at":"2026-03-02T10:05:` + at + `Z","channel":` + channel +
			`,"agent":` + author + `,"incident":{"id":"Q1","type":"incident_reference"}}`
	}
	note := `{"id":"N1","content":"restarted","created_at":"2026-03-02T10:05:03Z","user":` + author + `,"incident":{"id":"Q1","type":"incident_reference"}}`
	for name, told := range map[string]string{
		"without text, before": entry("R5", "00", `{"type":"note"}`),
		"without text, after":  entry("R5", "06", `{"type":"note"}`),
		"with the text":        entry("R5", "01", `{"type":"note","summary":"restarted"}`),
		"in the same second":   entry("R5", "03", `{"type":"note","summary":"restarted"}`),
	} {
		t.Run(name, func(t *testing.T) {
			want, parts := "", []string{incidentText, triggerText, told, note, resolveText}
			for range parts {
				s := newSink()
				if err := importText(t, s, append(slices.Clone(parts), parts...)...); err != nil || len(s.problems) > 0 {
					t.Fatal(err, s.problems)
				}
				p := s.m.Pages()["Q1"]
				if len(p.Events) != 3 || p.Events[1].Text != "restarted" {
					t.Errorf("the events are %+v, want the note once", p.Events)
				}
				for _, line := range strings.Split(s.m.Dump(), "\n") {
					if strings.Contains(line, `"note:`) && want == "" {
						want = line
					} else if strings.Contains(line, `"note:`) && line != want {
						t.Errorf("in another order the note is %s, want %s", line, want)
					}
				}
				parts = append(parts[1:], parts[0])
			}
		})
	}
}

func TestImport_OncallsAreNoLook(t *testing.T) {
	s := newSink()
	err := importText(t, s, `{"oncalls":[{"user":{"id":"U1","type":"user_reference","summary":"Ada"},"escalation_level":1,
		"escalation_policy":{"id":"P1","summary":"Default"},"schedule":null,"start":null,"end":null},
		{"user":{"id":"U1"},"escalation_level":2,"schedule":{"id":"S","summary":"Primary"},"start":"2026-03-02T00:00:00Z","end":"2026-03-09T00:00:00Z"}]}`)
	if err != nil || len(s.problems) > 0 {
		t.Fatal(err, s.problems)
	}
	for _, shift := range s.m.Shifts() {
		if !shift.ObservedAt.IsZero() {
			t.Errorf("an imported shift claims to have been observed: %+v", shift)
		}
	}
	if len(s.m.Shifts()) != 2 {
		t.Errorf("%d shifts, want 2", len(s.m.Shifts()))
	}
}

// The three real payloads of the corpus: incidents with embedded log entries,
// in which only summaries say who was notified and how.
func TestImport_RealPayloads(t *testing.T) {
	s := newSink()
	for _, payload := range corpusIncidents(t) {
		if err := importText(t, s, payload); err != nil || len(s.problems) > 0 {
			t.Fatalf("import: %v, problems %+v", err, s.problems)
		}
	}
	pages := s.m.Pages()
	want := map[string]opsreview.Status{
		"Q3YON8WNWTZMRQ": opsreview.Open, "Q3CZAU7Q4008QD": opsreview.Acked, "Q1OHFWFP3GPXOG": opsreview.Finished,
	}
	for id, status := range want {
		if p := pages[id]; p.Status != status || p.Reported != string(status) || p.Title == "" {
			t.Errorf("page %s is %q with title %q, want %q", id, p.Status, p.Title, status)
		}
	}
	emails := 0
	for _, e := range pages["Q3YON8WNWTZMRQ"].Events {
		for _, id := range e.Responders {
			if id != "PQYACO3" && id != "P25K520" {
				t.Errorf("event %s is for %q, want one of the two users", e.ID, id)
			}
		}
		if e.Kind == opsreview.Notified && e.Channel == opsreview.Email && len(e.Responders) == 1 {
			emails++
		}
	}
	if emails != 12 {
		t.Errorf("%d notifications by e-mail, want 12", emails)
	}
	if n := len(pages["Q3YON8WNWTZMRQ"].Events); n != 31 {
		t.Errorf("%d events, want the payload's 31", n)
	}
	if p := pages["Q1OHFWFP3GPXOG"]; p.ResolvedBy.ID != "PQYACO3" || p.ResolvedBy.Kind != opsreview.Person || p.AcknowledgedAt.IsZero() {
		t.Errorf("the resolved page was ended by %+v", p.ResolvedBy)
	}
}

// corpusFile opens a file of the corpus, or skips the test where it is absent.
func corpusFile(t testing.TB, name string) []byte {
	t.Helper()
	dir := os.Getenv("OPSREVIEW_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Skipf("the corpus is not here (set OPSREVIEW_CORPUS): %s", filepath.Base(name))
	}
	return b
}

func corpusIncidents(t testing.TB) []string {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(corpusFile(t, "pagerduty/_raw_pagerduty_incidents.csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, row := range rows[1:] {
		out = append(out, row[2])
	}
	return out
}

func FuzzImport(f *testing.F) {
	for _, seed := range []string{incidentText, `{"log_entries":[` + triggerText + `]}`, "[" + userText + "]", `{"incident":null}`, `{"oncalls":[{}]}`, "[[[", `{"alerts":{"a":[1]}}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := newSink()
		err := importText(t, s, text)
		if code := opsreview.ErrorCode(err); err != nil && code != opsreview.Invalid {
			t.Fatalf("import: %q %v", code, err)
		}
		once := s.m.Dump()
		if again := importText(t, s, text); (again == nil) != (err == nil) || s.m.Dump() != once {
			t.Fatalf("importing again changed the facts: %v, then %v", err, again)
		}
	})
}

func FuzzLogEntry(f *testing.F)  { fuzzItem(f, "log_entry", triggerText, notifyText, resolveText) }
func FuzzIncident(f *testing.F)  { fuzzItem(f, "incident", incidentText) }
func FuzzReference(f *testing.F) { fuzzItem(f, "user", userText) }

// fuzzItem reads strange items through the path of rejects, and expects facts
// that a store takes.
func fuzzItem(f *testing.F, kind string, seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	src, err := pagerduty.New(pagerduty.Config{Name: "pd", TokenEnv: "X", BaseURL: "http://127.0.0.1:1"}, "t", nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		b, err := src.Remap(opsreview.Reject{ID: "x", Type: kind, Body: body, At: monday})
		if err != nil {
			return
		}
		if _, err := ingesttest.NewMemory().SaveBatch(t.Context(), "pd", b); err != nil {
			t.Fatalf("the store refuses what was read: %v", err)
		}
		for _, r := range b.Raw {
			if !json.Valid(r.Body) {
				t.Fatalf("a raw body is no JSON: %q", r.Body)
			}
		}
	})
}
