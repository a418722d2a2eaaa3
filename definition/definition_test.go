package definition_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/definition"
	"opsreview/meeting"
)

// idCell is the first cell of a row of docs/definitions.md that defines a
// number.
var idCell = regexp.MustCompile("^`([a-z0-9_.]+)/([0-9]+)`$")

// documented reads the definitions of docs/definitions.md, without their
// sections. The first cell of a table that defines something is "id" or, for
// findings, "kind", and the second one the formula.
func documented(t *testing.T, text string) []definition.Definition {
	t.Helper()
	var all []definition.Definition
	var head []string
	for n, line := range strings.Split(text, "\n") {
		switch cells, ok := cellsOf(line); {
		case !ok:
			head = nil
		case head == nil:
			head = cells
		case strings.HasPrefix(cells[0], "--"):
		case (head[0] == "id" && head[1] == "definition") || head[0] == "kind":
			m := idCell.FindStringSubmatch(cells[0])
			if m == nil || len(cells) != len(head) {
				t.Errorf("docs/definitions.md:%d: want a row of one `id/version` and %d cells", n+1, len(head))
				continue
			}
			version, _ := strconv.Atoi(m[2])
			d := definition.Definition{ID: m[1], Version: version, Formula: cells[1]}
			if i := slices.Index(head, "unit"); i > 0 {
				d.Unit = cells[i]
			}
			if i := slices.Index(head, "source"); i > 0 {
				d.Source = cells[i]
			}
			all = append(all, d)
		}
	}
	return all
}

// cellsOf splits a row of a Markdown table into what it says, without marks; a
// dash says nothing.
func cellsOf(line string) ([]string, bool) {
	line, ok := strings.CutPrefix(strings.TrimSpace(line), "|")
	if !ok {
		return nil, false
	}
	cells := strings.Split(strings.TrimSuffix(line, "|"), "|")
	for i, c := range cells {
		c = strings.TrimSpace(c)
		if i > 0 {
			c = strings.NewReplacer("`", "", "*", "").Replace(c)
		}
		if c == "–" {
			c = ""
		}
		cells[i] = c
	}
	return cells, true
}

func readDocs(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "docs", "definitions.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestRegistry_SaysWhatTheDocumentationSays(t *testing.T) {
	want := map[string]definition.Definition{}
	for _, d := range documented(t, readDocs(t)) {
		if _, twice := want[d.ID]; twice {
			t.Errorf("docs/definitions.md defines %s twice", d.ID)
		}
		want[d.ID] = d
	}
	got := map[string]definition.Definition{}
	for _, d := range definition.All() {
		if _, twice := got[d.ID]; twice {
			t.Errorf("the registry has %s twice", d.ID)
		}
		d.Section = ""
		got[d.ID] = d
	}
	if len(want) < 150 {
		t.Errorf("docs/definitions.md defines %d numbers: its tables cannot be read", len(want))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("docs/definitions.md and package definition differ (-docs +registry):\n%s", diff)
	}
}

func TestDocumented_FindsPlantedDifferences(t *testing.T) {
	const text = "| id | definition | unit | source |\n|---|---|---|---|\n| `x/2` | of `y/1`, *those* | pages | – |\n\n| id | compared with |\n|---|---|\n| `limit` | `x/2` |\n"
	want := []definition.Definition{{ID: "x", Version: 2, Formula: "of y/1, those", Unit: "pages"}}
	if diff := cmp.Diff(want, documented(t, text)); diff != "" {
		t.Errorf("definitions (-want +got):\n%s", diff)
	}
}

func TestRegistry_IsWhole(t *testing.T) {
	var agenda []string
	for _, s := range meeting.Sections() {
		agenda = append(agenda, string(s))
	}
	if diff := cmp.Diff(agenda, definition.Sections()); diff != "" {
		t.Errorf("sections (-agenda +registry):\n%s", diff)
	}
	named := regexp.MustCompile(`\b([a-z][a-z0-9_.]*)/([0-9]+)\b`)
	for _, d := range definition.All() {
		if d.Formula == "" || d.Version < 1 || !slices.Contains(agenda, d.Section) {
			t.Errorf("%s has no formula, no version, or no section of the agenda: %+v", d.ID, d)
		}
		if again, ok := definition.Of(d.ID); !ok || again != d {
			t.Errorf("Of(%q) = %+v, %v", d.ID, again, ok)
		}
		for _, m := range named.FindAllStringSubmatch(d.Formula, -1) {
			if other, ok := definition.Of(m[1]); !ok || strconv.Itoa(other.Version) != m[2] {
				t.Errorf("%s is made of %s, which is not defined", d.ID, m[0])
			}
		}
	}
	if _, ok := definition.Of("nothing"); ok {
		t.Error("nothing is defined")
	}
}

// What the prose names between the tables must be there too.
func TestDocumentation_NamesWhatIsDefined(t *testing.T) {
	for _, m := range regexp.MustCompile("`([a-z][a-z0-9_.]*)/([0-9]+)`").FindAllStringSubmatch(readDocs(t), -1) {
		if d, ok := definition.Of(m[1]); !ok || strconv.Itoa(d.Version) != m[2] {
			t.Errorf("docs/definitions.md speaks of %s, which is not defined", m[0])
		}
	}
}

func TestRegistry_DefinesEveryMeasureOfAMeeting(t *testing.T) {
	for _, m := range meeting.Measures() {
		d, ok := definition.Of(m.ID)
		if !ok || d.Version != m.Version || d.Section != string(m.Section) {
			t.Errorf("%s/%d of section %s is measured, and defined as %+v", m.ID, m.Version, m.Section, d)
		}
	}
}

func TestRegistry_DefinesEveryKindOfFinding(t *testing.T) {
	for _, kind := range opsreview.FindingKinds() {
		if _, ok := definition.Of(kind); !ok {
			t.Errorf("findings of kind %s are not defined", kind)
		}
	}
}
