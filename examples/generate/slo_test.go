package main

import (
	"os"
	"path/filepath"
	"testing"

	"opsreview"
	"opsreview/slo"
)

// documents returns the objectives as the documents in examples/slo have them.
func documents(t *testing.T) []opsreview.SLO {
	t.Helper()
	names, err := filepath.Glob("../slo/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var docs []slo.Document
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		docs = append(docs, slo.Document{Name: filepath.Base(name), Data: data})
	}
	slos, problems := slo.Parse(docs)
	for _, p := range problems {
		t.Errorf("%s:%d: %s", p.File, p.Line, p.Text)
	}
	return slos
}

func TestTheDocumentsHaveWhatIsCounted(t *testing.T) {
	want := map[string]bool{}
	for _, o := range objectives {
		want[o.name] = true
	}
	for _, s := range documents(t) {
		if !want[s.Name] {
			t.Errorf("nothing is counted for %s", s.Name)
		}
		delete(want, s.Name)
		if s.Service != "vault" || s.Objective.Target != 0.999 || s.Indicator.Total == nil || !s.Indicator.Counter {
			t.Errorf("%s is %+v", s.Name, s)
		}
	}
	for name := range want {
		t.Errorf("there is no document for %s", name)
	}
}
