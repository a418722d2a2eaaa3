package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"time"

	"opsreview"
)

// The example organisation: what really was the matter with each page, which
// only this benchmark reads, and the days in which its pages began.
const (
	truthFile   = "examples/truth.json"
	truthConfig = "examples/opsreview.yaml"
	truthFrom   = "2026-09-19"
	truthTo     = "2026-11-03"
)

// confusionTime bounds the program's runs.
const confusionTime = 2 * time.Minute

// verdicts are the rows of the confusion table.
var verdicts = []opsreview.Verdict{opsreview.Actionable, opsreview.NotActionable}

// A truth is what really was the matter with a page.
type truth struct {
	Page       string `json:"page"`
	Actionable bool   `json:"actionable"`
	Cause      string `json:"cause"`
}

func (t truth) verdict() opsreview.Verdict {
	if t.Actionable {
		return opsreview.Actionable
	}
	return opsreview.NotActionable
}

// A suggested page is what page list -o json says of it.
type suggested struct {
	ID         string `json:"id"`
	Suggestion struct {
		Rule    string            `json:"rule"`
		Verdict opsreview.Verdict `json:"verdict"`
		Cause   string            `json:"cause"`
	} `json:"suggestion"`
}

// A tally is how a rule did against the truth.
type tally struct {
	spoke, right, cause int
	found               [2]int // of right, by the verdicts' order
}

// confusion compares what the program suggests for the pages of the example
// organisation with the truth, through its own commands.
func (b *bench) confusion(ctx context.Context) ([]result, error) {
	ctx, cancel := context.WithTimeout(ctx, confusionTime)
	defer cancel()
	truths, err := readTruth()
	if err != nil {
		return nil, err
	}
	pages, err := b.suggestions(ctx)
	if err != nil {
		return nil, err
	}
	table := map[opsreview.Verdict]map[opsreview.Verdict]int{opsreview.Actionable: {}, opsreview.NotActionable: {}}
	rules, all := map[string]tally{}, tally{}
	for _, p := range pages {
		t, ok := truths[p.ID]
		if !ok {
			return nil, fmt.Errorf("nobody knows the truth of %s", p.ID)
		}
		s := p.Suggestion
		table[t.verdict()][s.Verdict]++
		if s.Rule == "" {
			continue
		}
		rules[s.Rule] = rules[s.Rule].with(t, s.Verdict, s.Cause)
		all = all.with(t, s.Verdict, s.Cause)
	}
	return confusionResults(table, rules, all, len(pages)), nil
}

func (r tally) with(t truth, v opsreview.Verdict, cause string) tally {
	r.spoke++
	if v == t.verdict() {
		r.right++
		r.found[slices.Index(verdicts, v)]++
		if cause == t.Cause {
			r.cause++
		}
	}
	return r
}

func readTruth() (map[string]truth, error) {
	data, err := os.ReadFile(truthFile)
	if err != nil {
		return nil, err
	}
	var file struct {
		Pages []truth `json:"pages"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, err
	}
	truths := make(map[string]truth, len(file.Pages))
	for _, t := range file.Pages {
		truths["pd/"+t.Page] = t
	}
	return truths, nil
}

// suggestions asks the program, which knows nothing of the truth.
func (b *bench) suggestions(ctx context.Context) ([]suggested, error) {
	db := b.path("confusion.db")
	if out, err := exec.CommandContext(ctx, b.program, "demo", "--keep", db).CombinedOutput(); err != nil { //nolint:gosec // the binary under test
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	out, err := exec.CommandContext(ctx, b.program, "--db", db, "--config", truthConfig, "page", "list", //nolint:gosec // the binary under test
		"--from", truthFrom, "--to", truthTo, "-o", "json").Output()
	if err != nil {
		return nil, err
	}
	var list struct {
		Pages []suggested `json:"pages"`
	}
	if err := json.Unmarshal(out, &list); err != nil {
		return nil, err
	}
	if len(list.Pages) == 0 {
		return nil, errors.New("the program lists no pages")
	}
	return list.Pages, nil
}

// minPrecision is how often suggestions must be right where they speak.
const minPrecision = 0.9

// confusionResults are the table of confusion, and the precision and recall of
// all rules together and of each. Rules share the work, so that the recall of one
// is only told: how many of the pages of either verdict it found.
func confusionResults(table map[opsreview.Verdict]map[opsreview.Verdict]int, rules map[string]tally, all tally, pages int) []result {
	var results []result
	var total [2]int
	for i, v := range verdicts {
		row := table[v]
		n := row[opsreview.Actionable] + row[opsreview.NotActionable] + row[""]
		total[i] = n
		results = append(results, result{
			name:   fmt.Sprintf("suggestions: of %d pages truly %s", n, v),
			text:   fmt.Sprintf("%d actionable, %d not actionable, %d nothing", row[opsreview.Actionable], row[opsreview.NotActionable], row[""]),
			detail: fmt.Sprintf("recall %.0f %%", 100*share(row[v], n)),
		})
	}
	results = append(results,
		precision("suggestions: precision where they speak", all),
		result{
			name: "suggestions: coverage", text: fmt.Sprintf("%.0f %%", 100*share(all.spoke, pages)),
			detail: fmt.Sprintf("some rule speaks for %d of %d pages", all.spoke, pages),
		})
	for _, id := range slices.Sorted(maps.Keys(rules)) {
		t := rules[id]
		r := precision("suggestions: precision of "+id, t)
		r.detail += fmt.Sprintf("; found %d of %d actionable, %d of %d not actionable", t.found[0], total[0], t.found[1], total[1])
		results = append(results, r)
	}
	return results
}

func precision(name string, t tally) result {
	p := share(t.right, t.spoke)
	return result{
		name: name, value: p, text: fmt.Sprintf("%.3f", p), atLeast: minPrecision,
		detail: fmt.Sprintf("%d of %d verdicts right, %d causes too", t.right, t.spoke, t.cause),
	}
}

func share(k, n int) float64 {
	if n == 0 {
		return 0
	}
	return float64(k) / float64(n)
}
