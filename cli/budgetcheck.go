package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"opsreview"
	"opsreview/slo"
)

func (a *app) budgetCheckCommand() *cobra.Command {
	var strict bool
	var output string
	cmd := &cobra.Command{
		Use:   "check FILE…",
		Short: "Say what is wrong with files of objectives, and list the SLOs in them",
		Long: `Read OpenSLO documents (openslo/v1 or openslo.com/v2alpha; docs/slo.md) as the program
would, without a database: every problem goes to standard error with its place, and the
SLOs to standard output. Files may refer to one another, so name all of them; "-" reads
standard input. Problems that can be lived with are warnings, unless --strict is given.`,
		Example: `  opsreview budget check slo/*.yaml
  opsreview budget check --strict slo/vault.yaml slo/sources.yaml`,
		Args: args(cobra.MinimumNArgs(1), "one file or more"),
		RunE: func(_ *cobra.Command, files []string) error {
			if err := checkOutput(output, asTable, asJSON); err != nil {
				return err
			}
			return a.checkObjectives(files, output, strict)
		},
	}
	cmd.Flags().BoolVar(&strict, "strict", false, "take every problem for an error")
	cmd.Flags().StringVarP(&output, "output", "o", asTable, "print as `FORM`: table or json")
	return cmd
}

func (a *app) checkObjectives(files []string, output string, strict bool) error {
	var docs []slo.Document
	for _, name := range files {
		doc, err := a.objectivesFile(name)
		if err != nil {
			return err
		}
		docs = append(docs, doc)
	}
	slos, problems := slo.Parse(docs)
	wrong := 0
	for i, p := range problems {
		problems[i].Fatal = p.Fatal || strict
		if problems[i].Fatal {
			wrong++
		}
		writeLine(a.stderr, clean(problemLine(problems[i])))
	}
	if output == asJSON {
		if err := printJSON(a.stdout, budgetCheckToJSON(slos, problems)); err != nil {
			return err
		}
	} else {
		a.printObjectives(slos, wrong, len(problems)-wrong)
	}
	if wrong > 0 {
		return saidError{opsreview.Errorf(opsreview.Invalid, "the objectives are wrong")}
	}
	return nil
}

// problemLine is a problem with its place in front, where programs look for it.
func problemLine(p slo.Problem) string {
	if !p.Fatal {
		p.Text = "warning: " + p.Text
	}
	return p.String()
}

// maxObjectives is how much of a file is read: more than the reader accepts, so
// that it is the one to refuse.
const maxObjectives = 1 << 20

// objectivesFile reads a file of objectives; "-" reads standard input.
func (a *app) objectivesFile(path string) (slo.Document, error) {
	in := a.stdin
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return slo.Document{}, opsreview.Wrapf(err, opsreview.NotFound, "there is no objectives file %q", path)
			}
			return slo.Document{}, opsreview.Wrapf(err, opsreview.Invalid, "the objectives file %q cannot be read", path)
		}
		defer file.Close() //nolint:errcheck // it is only read
		in = file
	}
	data, err := io.ReadAll(io.LimitReader(in, maxObjectives))
	if err != nil {
		return slo.Document{}, opsreview.Wrapf(err, opsreview.Invalid, "the objectives file %q cannot be read", path)
	}
	return slo.Document{Name: path, Data: data}, nil
}

func (a *app) printObjectives(slos []opsreview.SLO, wrong, warnings int) {
	if len(slos) > 0 {
		t := table{columns: []column{
			{head: "SLO", flex: true, min: 20},
			{head: "TARGET", right: true},
			{head: "METHOD"},
			{head: "WINDOW"},
			{head: "INDICATOR", drop: 1},
		}}
		for _, s := range slos {
			t.row(bounded(s.Name), target(s.Objective.Target), methodText(s.Objective), clean(ownWindow(s.Window)), indicatorText(s.Indicator))
		}
		t.print(a.stdout, a.style(), "", a.terminalWidth())
		writeLine(a.stdout, "")
	}
	writeLine(a.stdout, fmt.Sprintf("%s, %s, %s", plural(len(slos), "SLO"), plural(wrong, "error"), plural(warnings, "warning")))
}

// methodText is what a budget is counted in: "Timeslices of 1m, 99 % good".
func methodText(o opsreview.Objective) string {
	switch o.Method {
	case opsreview.Timeslices:
		return fmt.Sprintf("%s of %s, %s good", o.Method, span(o.Slice), target(o.SliceTarget))
	case opsreview.RatioTimeslices:
		return fmt.Sprintf("%s of %s", o.Method, span(o.Slice))
	case opsreview.Occurrences:
	}
	return string(o.Method)
}

// ownWindow is an SLO's own window: "28d rolling".
func ownWindow(w opsreview.SLOWindow) string {
	switch {
	case w.Unit != "" && w.Zone == "":
		return w.Text + " calendar"
	case w.Unit != "":
		return w.Text + " calendar, " + w.Zone
	case w.Text == "":
		return "30d assumed"
	}
	return w.Text + " rolling"
}

// indicatorText is what is counted: "bad of total".
func indicatorText(i opsreview.Indicator) string {
	switch {
	case i.Threshold != nil:
		return "value " + i.Op + " " + strconv.FormatFloat(i.Value, 'g', -1, 64)
	case i.RawFailure:
		return "ratio of bad"
	case i.Raw != nil:
		return "ratio of good"
	case i.Bad != nil:
		return "bad of total"
	}
	return "good of total"
}

// budgetCheckJSON is what budget check -o json prints.
type budgetCheckJSON struct {
	SLOs     []checkedSLOJSON     `json:"slos"`
	Problems []checkedProblemJSON `json:"problems"`
}

type checkedSLOJSON struct {
	Name            string   `json:"name"`
	Title           string   `json:"title,omitempty"`
	Service         string   `json:"service"`
	Origin          string   `json:"origin"`
	Target          float64  `json:"target"`
	BudgetingMethod string   `json:"budgeting_method"`
	SliceSeconds    *float64 `json:"slice_seconds,omitempty"`
	SliceTarget     *float64 `json:"slice_target,omitempty"`
	Window          string   `json:"window,omitempty"`
	Rolling         bool     `json:"rolling"`
	TimeZone        string   `json:"time_zone,omitempty"`
	Indicator       string   `json:"indicator"`
}

type checkedProblemJSON struct {
	File  string `json:"file"`
	Line  int    `json:"line,omitempty"`
	Text  string `json:"text"`
	Error bool   `json:"error"`
}

func budgetCheckToJSON(slos []opsreview.SLO, problems []slo.Problem) budgetCheckJSON {
	out := budgetCheckJSON{SLOs: []checkedSLOJSON{}, Problems: []checkedProblemJSON{}}
	for _, s := range slos {
		c := checkedSLOJSON{
			Name: s.Name, Title: s.Title, Service: s.Service, Origin: s.Origin, Target: s.Objective.Target, BudgetingMethod: string(s.Objective.Method),
			Window: s.Window.Text, Rolling: s.Window.Unit == "", TimeZone: s.Window.Zone, Indicator: indicatorText(s.Indicator),
		}
		if seconds := s.Objective.Slice.Seconds(); seconds > 0 {
			c.SliceSeconds = &seconds
		}
		if s.Objective.Method == opsreview.Timeslices {
			c.SliceTarget = &s.Objective.SliceTarget
		}
		out.SLOs = append(out.SLOs, c)
	}
	for _, p := range problems {
		out.Problems = append(out.Problems, checkedProblemJSON{File: p.File, Line: p.Line, Text: p.Text, Error: p.Fatal})
	}
	return out
}
