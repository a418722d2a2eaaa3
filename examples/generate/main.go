// Command generate writes the example organisation: what PagerDuty would
// answer about it, the labels that its responders gave, what its objectives
// counted, and the truth of each page and of each burn. Everything is synthetic
// and deterministic: the same program writes the same bytes.
//
// A fault is simulated the way PagerDuty handles one: whoever is on call is
// assigned and notified by their own rules until somebody acknowledges, and the
// next level is asked when nobody does. Hence the timelines are consistent:
// nobody acknowledges before being notified, and nobody is notified who is not
// on call or was not asked by hand.
//
// Run it from the repository's root:
//
//	go run ./examples/generate
package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

func main() {
	if err := run("examples"); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(dir string) error {
	files, err := generate()
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, files[name], 0o644); err != nil {
			return err
		}
	}
	return nil
}

// generate returns the files by their names below examples/.
func generate() (map[string][]byte, error) {
	org := newOrg()
	w := newWorld(org)
	w.play(scenarios())
	labels := w.labels()
	lists := map[string][]any{
		"users":               org.apiUsers(),
		"teams":               org.apiTeams(),
		"services":            org.apiServices(),
		"escalation_policies": org.apiPolicies(),
		"priorities":          apiPriorities(),
		"schedules":           org.apiSchedules(),
		"oncalls":             org.apiOncalls(),
		"incidents":           w.apiIncidents(),
		"log_entries":         w.apiLogEntries(),
		"alerts":              w.apiAlerts(),
		"notes":               w.apiNotes(),
	}
	files := map[string][]byte{}
	for name, items := range lists {
		data, err := encodeList(name, items)
		if err != nil {
			return nil, err
		}
		files["pagerduty/"+name+".json"] = data
	}
	var err error
	if files["labels.jsonl"], err = encodeLines(labels); err != nil {
		return nil, err
	}
	if files["truth.json"], err = encodeList("pages", w.truths()); err != nil {
		return nil, err
	}
	counted := w.count()
	files["segments.csv"] = segments(counted)
	for _, c := range looked(counted) {
		files["series/"+c.name+".csv"] = c.csv()
	}
	if files["weird.json"], err = encodeList("weird", weirds(counted)); err != nil {
		return nil, err
	}
	files["burns.json"], err = encodeList("burns", burns(counted))
	return files, err
}
