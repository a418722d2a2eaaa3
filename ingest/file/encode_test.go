package file_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"opsreview"
	"opsreview/ingest"
	"opsreview/ingest/file"
)

func encode(tb testing.TB, pages []opsreview.Page) []byte {
	tb.Helper()
	var buf bytes.Buffer
	if err := file.Encode(&buf, pages); err != nil {
		tb.Fatalf("Encode: %v", err)
	}
	return buf.Bytes()
}

// randomPages makes pages that hold every field of the format.
func randomPages(r *rand.Rand, n int) []opsreview.Page {
	start := time.Date(2026, 10, 19, 0, 0, 0, 0, time.UTC)
	words := []string{"", "vault", `"quoted"`, "<b>&amp;", "a,b;c", "line\nend", "\u202e", "=1+1", "ß 漢"}
	word := func() string { return words[r.IntN(len(words))] }
	name := func() string { return []string{"", "vault", "consul", "ß", "a,b"}[r.IntN(5)] }
	instant := func() time.Time { return start.Add(time.Duration(r.IntN(1e9)) * time.Millisecond) }
	pages := make([]opsreview.Page, n)
	for i := range pages {
		p := opsreview.Page{
			Ref: ref(fmt.Sprintf("P%d", i)), Number: name(), URL: word(), Title: word(), Policy: name(),
			Urgency: []opsreview.Urgency{"", "high", "low"}[r.IntN(3)], Priority: name(), Severity: name(),
			Runbook: word(), MergedInto: name(), Reported: name(), UpdatedAt: instant(), CreatedAt: instant(),
		}
		if s := name(); s != "" {
			p.Service = ref(s)
			p.EndedAt, p.Attributes = instant(), map[string]string{"alertname": "x" + word(), "ho\"st": "y"}
		}
		for j := range r.IntN(12) {
			kinds := opsreview.EventKinds()
			e := opsreview.Event{ID: fmt.Sprintf("%d-%d", i, j), At: instant(), Kind: kinds[r.IntN(len(kinds))], Text: word()}
			if e.Kind == opsreview.Notified || r.IntN(3) == 0 {
				e.Responders = []string{"ada", "ben@example.com"}[:1+r.IntN(2)]
			}
			e.Channel = []opsreview.Channel{"", "sms", "e_2"}[r.IntN(3)]
			e.By.ID, e.By.Name = name(), word()
			e.By.Kind = append(opsreview.AgentKinds(), "")[r.IntN(5)]
			if r.IntN(4) == 0 {
				e.Until = instant()
			}
			p.Events = append(p.Events, e)
		}
		if r.IntN(2) == 0 {
			p.Label = opsreview.Label{
				Page: p.Ref, Verdict: opsreview.NotActionable, Cause: "duplicate", Flags: []string{"poor_details"},
				Actioned: opsreview.Yes, Note: word(), Minutes: r.IntN(100), Author: "ada", At: instant(),
			}
		}
		p.Settle()
		pages[i] = p
	}
	return pages
}

func TestImportingWhatEncodeWroteGivesTheSamePages(t *testing.T) {
	for seed := range uint64(50) {
		want := randomPages(rand.New(rand.NewPCG(seed, 2)), 40)
		got := importText(t, file.JSONL(), string(encode(t, want)))
		if len(got.problems) > 0 {
			t.Fatalf("seed %d: problems: %q", seed, got.reasons())
		}
		labels := map[opsreview.Ref]opsreview.Label{}
		for _, b := range got.batches {
			for _, l := range b.Labels {
				labels[l.Page] = l
			}
		}
		pages := got.pages()
		for i := range pages {
			pages[i].Label = labels[pages[i].Ref]
		}
		if diff := cmp.Diff(want, pages, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("seed %d (-want +got):\n%s", seed, diff)
		}
	}
}

func TestOrderOfLinesDoesNotMatter(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	text := encode(t, randomPages(r, 30))
	want := importText(t, file.JSONL(), string(text)).pages()
	lines := bytes.SplitAfter(bytes.TrimSpace(text), []byte("\n"))
	lines[len(lines)-1] = append(bytes.Clone(lines[len(lines)-1]), '\n')
	r.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	got := importText(t, file.JSONL(), string(bytes.Join(lines, nil))).pages()
	slices.SortFunc(want, func(a, b opsreview.Page) int { return a.Compare(b.Ref) })
	slices.SortFunc(got, func(a, b opsreview.Page) int { return a.Compare(b.Ref) })
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
}

// checkAccepted fails if an accepted fact breaks the promises of the format, or
// if importing the accepted pages again does not give them again.
func checkAccepted(t *testing.T, s *sink) {
	t.Helper()
	for _, b := range s.batches {
		for _, p := range b.Pages {
			if p.ID == "" || p.Source != "test" {
				t.Errorf("page is named %v", p.Ref)
			}
			for _, e := range p.Events {
				if !e.Kind.Valid() || e.ID == "" || e.At.IsZero() || e.At.Location() != time.UTC {
					t.Errorf("event is not valid: %+v", e)
				}
			}
		}
		again := importText(t, file.JSONL(), string(encode(t, b.Pages)))
		if len(again.problems) > 0 {
			t.Fatalf("accepted once, refused twice: %q", again.reasons())
		}
		if len(b.Pages) == 0 {
			continue
		}
		var pages []opsreview.Page
		for _, b := range again.batches {
			pages = append(pages, b.Pages...)
		}
		if diff := cmp.Diff(b.Pages, pages, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("second import differs (-first +second):\n%s", diff)
		}
	}
}

func fuzzImport(t *testing.T, im ingest.Importer, text string) {
	s, err := tryImport(t, im, text)
	if err != nil {
		if opsreview.ErrorCode(err) != opsreview.Invalid {
			t.Errorf("unclassified error: %v", err)
		}
		return
	}
	checkAccepted(t, s)
	checkWork(t, s)
	twice := importText(t, im, text)
	if diff := cmp.Diff(s, twice, cmp.AllowUnexported(sink{})); diff != "" {
		t.Errorf("the same text twice (-first +second):\n%s", diff)
	}
}

func FuzzJSONL(f *testing.F) {
	f.Add(story)
	f.Add(`{"kind":"label","page":"P","at":"2026-10-19T02:00:00Z","author":"a","verdict":"actionable","flags":["x"]}`)
	f.Add(`{"kind":"incident","id":"I1","pages":["pd/Q1","Q2"],"started_at":"2026-10-19T02:00:00Z","follow_ups":["OPS-1"]}`)
	f.Add(`{"kind":"toil","task":"rotate","at":"2026-10-19T02:00:00Z","minutes":1.5e1,"page":"Q1"}`)
	f.Add(`{"kind":"shift","responder":"a@b.c","at":"2026-10-19T02:00:00Z","level":1}` + "\n\n{\"kind\":\"\\ud800\"}")
	f.Add("\xEF\xBB\xBF{ \"kind\" : \"noted\" , \"page\" : \"P\\u00e4\", \"at\":\"2026-10-19T02:00:00.5-11:30\" , \"attributes\" : { \"a\" : -1e5 } }")
	f.Fuzz(func(t *testing.T, text string) { fuzzImport(t, file.JSONL(), text) })
}

func FuzzCSV(f *testing.F) {
	f.Add("kind,page,at,title,responders,attr.host\nnotified,P1,2026-10-19T02:00:00Z,\"a\n\"\"b\",ada;ben,x\n")
	f.Add("\"kind\",page,at\nnoted,\"P\n1\",x\nnoted,P1,2026-10-19T02:00:00Z\r\n\"")
	f.Add("kind,id,name,email\nresponder,ada,Ada,ada@example.com\nteam,a,b\n")
	f.Fuzz(func(t *testing.T, text string) { fuzzImport(t, file.CSV(), text) })
}

// BenchmarkImport reads a history of ordinary pages and reports lines a second.
func BenchmarkImport(b *testing.B) {
	jsonText := encode(b, randomPages(rand.New(rand.NewPCG(1, 2)), 5000))
	var csvText bytes.Buffer
	csvText.WriteString("kind,page,at,id,responders,channel,by,by_kind,text,title\n")
	for i := range 40_000 {
		fmt.Fprintf(&csvText, "notified,P%d,2026-10-19T02:00:00Z,e%d,ada;ben,sms,,,\"a, b\",disk is full\n", i/8, i)
	}
	for _, tt := range []struct {
		name     string
		importer ingest.Importer
		text     []byte
	}{{"jsonl", file.JSONL(), jsonText}, {"csv", file.CSV(), csvText.Bytes()}} {
		b.Run(tt.name, func(b *testing.B) {
			lines := bytes.Count(tt.text, []byte("\n"))
			b.SetBytes(int64(len(tt.text)))
			b.ReportAllocs()
			for b.Loop() {
				var c counting
				if err := tt.importer.Import(b.Context(), "test", ingest.File{Name: "in", R: bytes.NewReader(tt.text)}, &c); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(lines)*float64(b.N)/b.Elapsed().Seconds(), "lines/s")
		})
	}
}
