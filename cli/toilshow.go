package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/durationpb"

	pb "opsreview/proto/opsreview/v1"
)

// mostTasks is how many tasks toil show prints unless it is asked for more.
const mostTasks = 10

func (a *app) toilShowCommand() *cobra.Command {
	var scope scopeFlags
	var output string
	most := mostTasks
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Add up a window's toil: its share of working time, its trend and its dearest tasks",
		Example: `  opsreview toil show --team secrets
  opsreview toil show --team secrets --last 4w -o json`,
		Args: args(cobra.NoArgs, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkOutput(output, asTable, asJSON); err != nil {
				return err
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.toils.GetToil(ctx, &pb.GetToilRequest{Team: scope.team, Window: scope.selector()})
				if err != nil {
					return err
				}
				r := resp.GetReport()
				if output == asJSON {
					return printJSON(a.stdout, toilToJSON(r))
				}
				writeLine(a.stdout, a.style().bold("toil"+teamTitle(r.GetTeam()))+"  "+frameOf(r.GetWindow(), r.GetTimeZone()).String())
				writeLine(a.stdout, "")
				a.printToil(r, most)
				a.printToilWeeks(r)
				return nil
			})
		},
	}
	scope.add(cmd)
	cmd.Flags().IntVar(&most, "tasks", most, "at most `N` tasks")
	cmd.Flags().StringVarP(&output, "output", "o", asTable, "print as `FORM`: table or json")
	return cmd
}

// printToil prints a report of toil but for its weeks.
func (a *app) printToil(r *pb.ToilReport, most int) {
	a.indented(2, a.paintOver(r), toilShare(r))
	a.indented(2, nil, "trend: "+bounded(r.GetTrend()))
	a.indented(2, a.style().dim, "made of "+clean(r.GetMethod()))
	a.printToilSums("RESPONDER", r.GetPeople())
	if n := r.GetPeopleWithheld(); n > 0 {
		a.indented(2, nil, "withheld: "+people(n)+"; what one person carries is for them and their lead")
	}
	a.printToilSums("TEAM", r.GetTeams())
	a.printToilSums("CATEGORY", r.GetCategories())
	a.printToilSums("FROM", r.GetOrigins())
	a.printToilTasks(r, most)
}

func (a *app) paintOver(r *pb.ToilReport) func(string) string {
	if r.GetOver() {
		return a.style().warn
	}
	return nil
}

// toilShare tells how much toil there was, and how much of working time.
func toilShare(r *pb.ToilReport) string {
	spent := r.GetSpent().AsDuration()
	text := work(spent) + " of toil"
	if working := r.GetWorking().AsDuration(); working > 0 {
		text += fmt.Sprintf(", %.0f %% of %s of working time (limit %.0f %%)", 100*float64(spent)/float64(working), work(working), 100*r.GetLimit())
		if r.GetOver() {
			text += ": over the limit"
		}
	} else {
		text += "; nobody's working time is known"
	}
	if d := r.GetOverhead().AsDuration(); d > 0 {
		text += "; " + work(d) + " of overhead beside it"
	}
	if d := r.GetDropped().AsDuration(); d > 0 {
		text += "; " + work(d) + " was told twice and counts once"
	}
	return text
}

// printToilSums prints sums that are not nothing.
func (a *app) printToilSums(head string, sums []*pb.ToilSum) {
	t := table{columns: []column{{head: head, flex: true, min: 20}, {head: "TOIL", right: true}, {head: "OF WORKING TIME", right: true}, {head: "ENTRIES", right: true}}}
	n := 0
	for _, s := range sums {
		if s.GetEntries() == 0 {
			continue
		}
		share := "–"
		if w := s.GetWorking().AsDuration(); w > 0 {
			share = fmt.Sprintf("%.0f %%", 100*float64(s.GetSpent().AsDuration())/float64(w))
		}
		t.row(bounded(s.GetDisplayName()), work(s.GetSpent().AsDuration()), share, fmt.Sprint(s.GetEntries()))
		n++
	}
	if n > 0 {
		writeLine(a.stdout, "")
		t.print(a.stdout, a.style(), "  ", a.terminalWidth())
	}
}

func (a *app) printToilTasks(r *pb.ToilReport, most int) {
	tasks := r.GetTasks()
	if len(tasks) == 0 {
		return
	}
	t := table{columns: []column{
		{head: "TASK", flex: true, min: 20},
		{head: "CATEGORY", drop: 2},
		{head: "NOW", right: true},
		{head: "A WEEK", right: true},
		{head: "A QUARTER", right: true},
		{head: "PEOPLE", right: true, drop: 1},
	}}
	var notes []string
	shown := tasks[:min(max(most, 0), len(tasks))]
	for _, task := range shown {
		name := bounded(task.GetName())
		if task.GetOverhead() {
			name += " (overhead)"
		}
		t.row(name, clean(orElse(task.GetCategory(), "–")), workOrDash(task.GetSpent()), work(task.GetPerWeek().AsDuration()),
			work(task.GetQuarter().AsDuration()), fmt.Sprint(task.GetPeople()))
		if task.GetHotSpot() {
			t.mark()
		}
		if auto := task.GetAutomation(); auto != nil {
			notes = append(notes, name+": "+bounded(auto.GetText()))
		}
	}
	writeLine(a.stdout, "")
	t.print(a.stdout, a.style(), "  ", a.terminalWidth())
	if n := len(tasks) - len(shown); n > 0 {
		a.indented(2, a.style().dim, fmt.Sprintf("and %d more: opsreview toil show --tasks N shows them", n))
	}
	a.indented(2, a.style().dim, "a quarter is thirteen weeks: what automating the task would save at most")
	for _, note := range notes {
		a.indented(2, nil, note)
	}
}

// printToilWeeks prints the weeks, as many characters long as they are dear.
func (a *app) printToilWeeks(r *pb.ToilReport) {
	most := time.Duration(0)
	for _, w := range r.GetWeeks() {
		most = max(most, w.GetSpent().AsDuration())
	}
	if most == 0 {
		return
	}
	const wide = 40
	writeLine(a.stdout, "")
	for _, w := range r.GetWeeks() {
		spent := w.GetSpent().AsDuration()
		line := fmt.Sprintf("  %s  %6s  %s", clean(w.GetWeek()), work(spent), strings.Repeat("█", int(wide*spent/most)))
		writeLine(a.stdout, strings.TrimRight(line, " "))
	}
}

// printReviewToil prints the toil of a review in short.
func (a *app) printReviewToil(r *pb.ToilReport) {
	if r == nil {
		return
	}
	const few = 5
	writeLine(a.stdout, "")
	writeLine(a.stdout, a.style().bold("TOIL"))
	a.indented(2, a.paintOver(r), toilShare(r))
	a.indented(2, nil, "trend: "+bounded(r.GetTrend()))
	if n := r.GetPeopleWithheld(); n > 0 {
		a.indented(2, nil, "withheld: "+people(n)+"; what one person carries is for them and their lead")
	}
	a.printToilTasks(r, few)
	a.indented(2, a.style().dim, "made of "+clean(r.GetMethod()))
}

// work is a length of work, which has no days: whether a day of it has eight
// hours or twenty-four nobody could tell.
func work(d time.Duration) string {
	d = d.Round(time.Minute)
	h, m := int(d/time.Hour), int(d%time.Hour/time.Minute)
	switch {
	case h == 0:
		return fmt.Sprintf("%dm", m)
	case m == 0:
		return fmt.Sprintf("%dh", h)
	}
	return fmt.Sprintf("%dh%02dm", h, m)
}

func workOrDash(d *durationpb.Duration) string {
	if d.AsDuration() == 0 {
		return "–"
	}
	return work(d.AsDuration())
}
