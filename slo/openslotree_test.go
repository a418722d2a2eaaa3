package slo_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"opsreview"
	"opsreview/slo"
)

// The YAML parser drops what follows an empty document, as templates leave
// behind; nothing of a file of objectives may be lost.
func TestParse_EmptyDocumentsHideNothing(t *testing.T) {
	other := strings.Replace(right, "availability", "other", 1)
	for name, text := range map[string]string{
		"between":                             right + "---\n---\n" + other,
		"of comments":                         "---\n# one\n---\n" + right + "---\n# two\n\n---   # three\n" + other,
		"after an end":                        right + "...\n" + other,
		"after an end and a begin":            right + "...\n---\n...\n---\n" + other,
		"with directives":                     "%YAML 1.2\n---\n" + right + "...\n# x\n%YAML 1.2\n---\n" + other + "---",
		"with another system's ends of lines": strings.ReplaceAll(right+"---\n# x\n---\n"+other, "\n", "\r\n"),
		"with a mark of its bytes' order":     "\ufeff" + right + "---\n---\n" + other,
	} {
		t.Run(name, func(t *testing.T) {
			slos, problems := parse(t, "a.yaml", text)
			if len(slos) != 2 || problems != nil {
				t.Fatalf("%d SLOs, want 2; problems %q", len(slos), problems)
			}
			lines := strings.Split(text, "\n")
			for _, s := range slos {
				line, _ := strconv.Atoi(strings.TrimPrefix(s.Origin, "a.yaml:"))
				if line == 0 || !strings.Contains(lines[line-1], "apiVersion") {
					t.Errorf("%s is said to stand at %s", s.Name, s.Origin)
				}
			}
		})
	}
}

// A file that is made to exhaust the reader is refused, and soon.
func TestParse_Bombs(t *testing.T) {
	laughs := "a0: &a0 [x]\n"
	merges := "m0: &m0 {k: v}\n"
	for i := range 60 {
		laughs += fmt.Sprintf("a%d: &a%d [*a%d, *a%d, *a%d, *a%d]\n", i+1, i+1, i, i, i, i)
		merges += fmt.Sprintf("m%d: &m%d {<<: [*m%d, *m%d], k%d: v}\n", i+1, i+1, i, i, i)
	}
	wide := "base: &base\n"
	for i := range 1500 {
		wide += fmt.Sprintf("  k%d: v\n", i)
	}
	keys := ""
	for i := range 6000 {
		keys += fmt.Sprintf("k%d: v\n", i)
	}
	tests := map[string]struct {
		text string
		want string // a fatal problem; "" for none
	}{
		"aliases of aliases":        {laughs + right, ""},
		"merges of merges":          {merges + right, ""},
		"merges without end":        {wide + "all:\n" + strings.Repeat("  - {<<: *base}\n", 100), "the file has more than 100000 values"},
		"keys":                      {keys, "the document has 6000 keys, at most 5000 are read"},
		"brackets":                  {strings.Repeat("[", 100_000), "the document is nested too deeply"},
		"dashes":                    {strings.Repeat("- ", 100_000), "the document is nested too deeply"},
		"questions":                 {strings.Repeat("? ", 100_000), "the document is nested too deeply"},
		"indents":                   {strings.Repeat(" ", 200) + "a: b", "the document is nested too deeply"},
		"tags":                      {strings.Repeat("!a ", 100_000) + "x", "the document is nested too deeply"},
		"a file without end":        {strings.Repeat("# x\n", 200_000), "a file of objectives has at most 512 kB"},
		"an alias of itself":        {"a: &a [*a]\n", "nothing is anchored"},
		"brackets in texts are not": {right + "# " + strings.Repeat("[{", 500) + "\n---\nkind: x\nx: '" + strings.Repeat("{", 500) + "'\n", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, problems := parse(t, "a.yaml", tt.text)
			fatal := ""
			for _, p := range problems {
				if strings.HasPrefix(p, "fatal") {
					fatal = p
				}
			}
			if (fatal == "") != (tt.want == "") || !strings.Contains(fatal, tt.want) {
				t.Errorf("fatal problem %q, want %q in it", fatal, tt.want)
			}
		})
	}
}

func TestParse_TellsNoMoreThanAPersonReads(t *testing.T) {
	var b strings.Builder
	b.WriteString(right)
	for i := range 2000 {
		fmt.Fprintf(&b, "k%d: v\n", i)
	}
	slos, problems := parse(t, "a.yaml", b.String())
	if len(problems) > 600 || !strings.HasPrefix(problems[len(problems)-1], "fatal") {
		t.Errorf("%d problems, the last %q", len(problems), problems[len(problems)-1])
	}
	if len(slos) > 1 {
		t.Errorf("%d SLOs", len(slos))
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{right, rightThreshold, byReference, sli, dataSource, alerts, "a: &a {<<: *a}", "? {a: b}\n: c", "- - [{}]", "a: !!x |\n b"} {
		f.Add(text, service)
	}
	f.Fuzz(func(t *testing.T, one, two string) {
		docs := []slo.Document{{Name: "one", Data: []byte(one)}, {Name: "two", Data: []byte(two)}}
		slos, problems := slo.Parse(docs)
		names := map[string]bool{}
		for _, s := range slos {
			o := s.Objective
			if s.Service == "" || names[s.Name] || o.Target < 0 || o.Target >= 1 || (o.Method == opsreview.Occurrences) != (o.Slice == 0) {
				t.Errorf("%+v", s)
			}
			if w := s.Window; (w.Length > 0) == (w.Unit != "") || (w.Unit != "" && w.Count < 1) {
				t.Errorf("window %+v", w)
			}
			names[s.Name] = true
		}
		for _, p := range problems {
			if p.Text == "" || (p.File != "one" && p.File != "two") {
				t.Errorf("problem %+v", p)
			}
		}
	})
}
