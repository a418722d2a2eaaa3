package file_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"opsreview"
	"opsreview/ingest/file"
)

// blocks returns the code blocks of docs/import.md in one language.
func blocks(t *testing.T, language string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "import.md"))
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, m := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllSubmatch(text, -1) {
		list = append(list, string(m[1]))
	}
	if len(list) == 0 {
		t.Fatalf("docs/import.md has no example in %s", language)
	}
	return list
}

func TestTheDocumentedExamplesImport(t *testing.T) {
	for _, text := range blocks(t, "json") {
		if s := importText(t, file.JSONL(), text); len(s.problems) > 0 {
			t.Errorf("problems: %q", s.reasons())
		}
	}
	for _, text := range blocks(t, "csv") {
		if strings.HasPrefix(text, "# chart") || strings.HasPrefix(text, "time,") {
			b, s := importSeries(t, text)
			if len(s.problems) > 0 || len(b.Series) != 2 || b.Charts[0].Service == "" {
				t.Errorf("charts %+v, problems: %q", b.Charts, s.reasons())
			}
			continue
		}
		if strings.HasPrefix(text, "slo,") {
			s := importText(t, file.Segments(), text)
			if len(s.problems) > 0 || len(s.segments()) < 2 {
				t.Errorf("%d segments, problems: %q", len(s.segments()), s.reasons())
			}
			continue
		}
		if strings.HasPrefix(text, "id,") || strings.HasPrefix(text, "task,") {
			incidents, toil := importWork(t, file.Incidents(), text), importWork(t, file.Toil(), text)
			if n := len(incidents.Incidents) + len(toil.Toil); n != 2 {
				t.Errorf("%d incidents and entries of toil, want 2", n)
			}
			continue
		}
		s := importText(t, file.CSV(), text)
		if len(s.problems) > 0 {
			t.Errorf("problems: %q", s.reasons())
		}
		if p := s.pages()[0]; p.Status != opsreview.Finished || p.AcknowledgedAt.IsZero() || len(p.Events) != 5 {
			t.Errorf("page is %+v", p)
		}
	}
}

func TestEveryKindAndFieldIsDocumented(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "import.md"))
	if err != nil {
		t.Fatal(err)
	}
	s := importText(t, file.JSONL(), `{"what":1}`+"\n"+`{"kind":"what"}`)
	for _, reason := range s.reasons() {
		_, list, _ := strings.Cut(reason, " are ")
		for _, word := range strings.Split(list, ", ") {
			if !strings.Contains(string(text), fmt.Sprintf("`%s`", word)) {
				t.Errorf("docs/import.md does not say what %q is", word)
			}
		}
	}
	for _, k := range opsreview.EventKinds() {
		if s := importText(t, file.JSONL(), fmt.Sprintf(`{"kind":%q,"page":"P","at":"2026-10-19T02:00:00Z","responders":["a"]}`, k)); len(s.problems) > 0 {
			t.Errorf("kind %s: %q", k, s.reasons())
		}
	}
}

func TestEveryColumnOfSegmentsIsDocumented(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "import.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = tryImport(t, file.Segments(), "what\n")
	_, list, _ := strings.Cut(opsreview.ErrorMessage(err), " are ")
	for _, column := range strings.Split(list, ", ") {
		if !strings.Contains(string(text), fmt.Sprintf("| `%s` |", column)) {
			t.Errorf("docs/import.md does not say what the column %q is", column)
		}
	}
}

func TestEveryColumnOfSeriesIsDocumented(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "import.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = tryImport(t, file.Series(), "chart,what\n")
	list, _, _ := strings.Cut(opsreview.ErrorMessage(err), ", and ")
	_, list, _ = strings.Cut(list, "the columns are ")
	for _, column := range strings.Split(list, ", ") {
		if column == "" || !strings.Contains(string(text), fmt.Sprintf("`%s`", column)) {
			t.Errorf("docs/import.md does not say what the column %q is", column)
		}
	}
}
