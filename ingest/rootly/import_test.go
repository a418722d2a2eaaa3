package rootly_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/ingest"
	"opsreview/ingest/rootly"
)

// A sink collects what an importer reads.
type sink struct {
	incidents []opsreview.Incident
	problems  []ingest.Problem
	err       error // that a save answers
}

func (s *sink) Save(_ context.Context, b opsreview.Batch) error {
	s.incidents = append(s.incidents, b.Incidents...)
	return s.err
}

func (s *sink) Problem(p ingest.Problem) error {
	s.problems = append(s.problems, p)
	return nil
}

func importText(t testing.TB, s *sink, text string) error {
	t.Helper()
	return rootly.Importer().Import(t.Context(), "rootly", ingest.File{Name: "f.json", R: strings.NewReader(text)}, s)
}

const (
	plain = `{"id":"a","type":"incidents","attributes":{"sequential_id":17,"slug":"x","title":" Vault is down ","summary":"sealed","status":"resolved",
		"severity":"SEV2","created_at":"2026-01-21T09:36:10.722-08:00","started_at":"2026-01-21T09:36:10.672-08:00",
		"acknowledged_at":null,"mitigated_at":"2026-01-21T10:00:00-08:00","resolved_at":"2026-01-21T11:00:00-08:00",
		"user":{"id":"1","email":"ada@example.com","name":"Ada"}}}`
	rich = `{"id":"b","type":"incidents","attributes":{"title":"Slow","slug":"s","created_at":"2026-01-22T10:00:00Z","updated_at":"2026-01-23T10:00:00Z",
		"severity":{"data":{"id":"s1","type":"severities","attributes":{"name":"SEV1","severity":"critical"}}},
		"services":[{"data":{"id":"v","type":"services","attributes":{"name":"vault"}}}],"groups":[{"data":{"id":"t","type":"groups","attributes":{"name":"secrets"}}}]},
		"relationships":{"action_items":{"data":[{"id":"1","type":"incident_action_items"},{"id":"2","type":"incident_action_items"}]},
		"incident_post_mortem":{"data":{"id":"9","type":"incident_post_mortems"}}}}`
	included = `[{"id":"1","type":"incident_action_items","attributes":{"summary":"Raise the limit","kind":"follow_up","status":"done","jira_issue_url":"https://example.atlassian.net/browse/OPS-12"}},
		{"id":"2","type":"incident_action_items","attributes":{"summary":"Restart","kind":"task","status":"done"}},
		{"id":"9","type":"incident_post_mortems","attributes":{"title":"Slow","status":"published","url":"https://rootly.com/pm/9"}}]`
)

func wantPlain() opsreview.Incident {
	return opsreview.Incident{
		Ref: opsreview.Ref{Source: "rootly", ID: "a"}, Number: "17", Title: "Vault is down", Summary: "sealed", Status: "resolved", Severity: "SEV2",
		DeclaredAt: time.Date(2026, 1, 21, 17, 36, 10, 722e6, time.UTC), StartedAt: time.Date(2026, 1, 21, 17, 36, 10, 672e6, time.UTC),
		MitigatedAt: time.Date(2026, 1, 21, 18, 0, 0, 0, time.UTC), ResolvedAt: time.Date(2026, 1, 21, 19, 0, 0, 0, time.UTC),
	}
}

func wantRich() opsreview.Incident {
	return opsreview.Incident{
		Ref: opsreview.Ref{Source: "rootly", ID: "b"}, Title: "Slow", Severity: "SEV1", Services: []string{"vault"}, Teams: []string{"secrets"},
		Postmortem: "https://rootly.com/pm/9",
		FollowUps:  []opsreview.FollowUp{{Key: "OPS-12", Title: "Raise the limit", URL: "https://example.atlassian.net/browse/OPS-12", Done: true}},
		DeclaredAt: time.Date(2026, 1, 22, 10, 0, 0, 0, time.UTC), UpdatedAt: time.Date(2026, 1, 23, 10, 0, 0, 0, time.UTC),
	}
}

func TestImport_EveryShape(t *testing.T) {
	page := `{"data":[` + plain + `,` + rich + `],"included":` + included + `,"links":{"next":null}}`
	bare := wantRich()
	bare.Postmortem, bare.FollowUps = "", nil
	tests := map[string]struct {
		text string
		want []opsreview.Incident
	}{
		"an array of incidents":              {"[" + plain + "," + rich + "]", []opsreview.Incident{wantPlain(), bare}},
		"a page of the API with what it has": {page, []opsreview.Incident{wantPlain(), wantRich()}},
		"pages one after the other":          {`{"data":[` + plain + "]}\n" + `{"data":[` + rich + `],"included":` + included + `}`, []opsreview.Incident{wantPlain(), wantRich()}},
		"one incident as the API answers":    {`{"data":` + rich + `,"included":` + included + `}`, []opsreview.Incident{wantRich()}},
		"one incident bare":                  {plain, []opsreview.Incident{wantPlain()}},
		"lines after a mark":                 {"\ufeff" + strings.ReplaceAll(plain, "\n", " ") + "\n" + strings.ReplaceAll(rich, "\n", " ") + "\n", []opsreview.Incident{wantPlain(), bare}},
		"nothing":                            {"", nil},
		"an empty list":                      {" [ ] ", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := &sink{}
			if err := importText(t, s, tt.text); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, s.incidents); diff != "" {
				t.Errorf("incidents (-want +got):\n%s", diff)
			}
			if len(s.problems) > 0 {
				t.Errorf("problems: %v", s.problems)
			}
		})
	}
}

func TestImport_Problems(t *testing.T) {
	tests := map[string]struct {
		item string
		want ingest.Problem
	}{
		"a number is no incident":         {`7`, ingest.Problem{File: "f.json", Reason: "it is none of Rootly's objects"}},
		"an incident needs a name":        {`{"type":"incidents","attributes":{}}`, ingest.Problem{File: "f.json", Item: "incident", Reason: "it has no id"}},
		"other objects are not read":      {`{"id":"1","type":"alerts","attributes":{}}`, ingest.Problem{File: "f.json", Item: "incident 1", Reason: `"alerts" is not read here: incidents are`}},
		"a time that is none is told":     {`{"id":"1","attributes":{"started_at":"yesterday"}}`, ingest.Problem{File: "f.json", Item: "incident 1", Reason: `its started_at is no time: "yesterday"`}},
		"a field of another form is told": {`{"id":"1","attributes":{"title":7}}`, ingest.Problem{File: "f.json", Item: "incident 1", Reason: "its attributes cannot be read: title is a number"}},
		"no attributes are told":          {`{"id":"1"}`, ingest.Problem{File: "f.json", Item: "incident 1", Reason: "its attributes cannot be read"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := &sink{}
			if err := importText(t, s, "["+tt.item+","+plain+"]"); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]ingest.Problem{tt.want}, s.problems); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if len(s.incidents) != 1 {
				t.Errorf("%d other incidents were read, want 1", len(s.incidents))
			}
		})
	}
}

func TestImport_BrokenFiles(t *testing.T) {
	tests := map[string]string{
		"one that ends in the middle":         "[" + plain + ",{",
		"one with a stray bracket":            plain + "]",
		"one that is no JSON after the first": plain + "\nhello",
		"one with an item that does not end":  plain + `{"id":"` + strings.Repeat("x", 17<<20),
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			s := &sink{}
			if err := importText(t, s, text); opsreview.ErrorCode(err) != opsreview.Invalid {
				t.Errorf("the import answered %v, want an Invalid error", err)
			}
			if len(s.incidents) != 1 {
				t.Errorf("%d incidents before the error were saved, want 1", len(s.incidents))
			}
		})
	}
}

func TestImport_StopsWithItsSink(t *testing.T) {
	s := &sink{err: errors.New("the disk is full")}
	if err := importText(t, s, plain); !errors.Is(err, s.err) {
		t.Errorf("the import answered %v, want the sink's error", err)
	}
}

// The corpus is 103 incidents as dirty as life: nothing is made up for them.
func TestImport_Corpus(t *testing.T) {
	s := &sink{}
	if err := importText(t, s, string(corpusFile(t, "oncall-health/incidents.json"))); err != nil {
		t.Fatal(err)
	}
	got := map[string]int{"incidents": len(s.incidents), "problems": len(s.problems)}
	for _, i := range s.incidents {
		for field, missing := range map[string]bool{
			"severity": i.Severity == "", "start": i.StartedAt.IsZero(), "acknowledgement": i.AcknowledgedAt.IsZero(), "resolution": i.ResolvedAt.IsZero(),
			"detection": i.DetectedAt.IsZero(), "detector": i.DetectedBy == "", "declaration": i.DeclaredAt.IsZero(),
		} {
			if missing {
				got["no "+field]++
			}
		}
	}
	want := map[string]int{
		"incidents": 103, "problems": 0, "no severity": 26, "no start": 1, "no acknowledgement": 94, "no resolution": 23, "no detection": 103, "no detector": 103,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what is missing (-want +got):\n%s", diff)
	}
}

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

func FuzzImport(f *testing.F) {
	for _, text := range []string{plain, rich, "[" + plain + "]", `{"data":[` + rich + `],"included":` + included + `}`, `[{"id":"a","attributes":{"services":["x",null,{}]}}]`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := &sink{}
		_ = importText(t, s, text)
		for _, i := range s.incidents {
			if i.ID == "" || i.Source != "rootly" {
				t.Errorf("an incident has no name: %+v", i)
			}
		}
	})
}
