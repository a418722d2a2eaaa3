package cli

import (
	"context"
	"crypto/rand"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/durationpb"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
)

func (a *app) toilCommand() *cobra.Command {
	return noun("toil", "The ledger of work by hand: what it takes, of whom, and what automating it saves",
		a.toilAddCommand(), a.toilListCommand(), a.toilShowCommand(), a.toilWithdrawCommand(),
		a.toilTaskCommand(), a.toilAutomateCommand(), a.toilSyncCommand())
}

// sayFlags are what commands that say something about toil have in common.
type sayFlags struct {
	team   string
	author choiceFlags // its author only
	output string
}

func (o *sayFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.team, "team", "", "the ledger of `TEAM` (default everybody's)")
	f.StringVar(&o.author.author, "author", "", "who says so, `NAME` (default the name of the account)")
	f.StringVarP(&o.output, "output", "o", asTable, "print as `FORM`: table or json")
}

// teamWords are the flags that name the same ledger.
func teamWords(team string) string {
	if team == "" {
		return ""
	}
	return " --team " + shellWord(clean(team))
}

// addToil is what toil add was asked for.
type addToil struct {
	sayFlags
	minutes, category, person, at, ticket, page, note string
}

func (a *app) toilAddCommand() *cobra.Command {
	var o addToil
	cmd := &cobra.Command{
		Use:   "add TASK",
		Short: "Log work that was done by hand",
		Long: `Log work that was done by hand. Use the same words for the same task, so that it
adds up; where a name is much like another's, the answer asks whether that was meant.

What a page that was not actionable took is counted by itself, from its acknowledgement
to its end. To say it better, log the work with --page: it takes the place of that.`,
		Example: `  opsreview toil add "rotate the vault token" --minutes 30 --team secrets
  opsreview toil add "restart the build farm" --minutes 1h30 --at "yesterday 14:00" --category maintenance
  opsreview toil add "clean up after the disk filled" --minutes 45m --page pd/Q1 --responder ada@example.com`,
		Args: args(cobra.ExactArgs(1), "the name of one task, in quotes"),
		RunE: func(cmd *cobra.Command, tasks []string) error {
			return a.addToil(cmd.Context(), tasks[0], o)
		},
	}
	o.sayFlags.add(cmd)
	f := cmd.Flags()
	f.StringVar(&o.minutes, "minutes", "", "how long it took, `LENGTH`: minutes (30), or 45m, 1h30 or 1.5h")
	f.StringVar(&o.category, "category", "", "what kind of toil it is, `NAME` or the beginning of it: interrupts, business, releases, migrations, capacity, troubleshooting or maintenance, or the configuration's")
	f.StringVar(&o.person, "responder", "", "who did it, `NAME` (default who logs it)")
	f.StringVar(&o.at, "at", "", "when it began, `TIME`: 14:30, yesterday, \"2h ago\", 2026-11-09T08:00 (default it has just ended)")
	f.StringVar(&o.ticket, "ticket", "", "the ticket that it was for, such as OPS-12 (`KEY`)")
	f.StringVar(&o.page, "page", "", "the page that it answered, `PAGE`")
	f.StringVar(&o.note, "note", "", "a `TEXT` that everybody will read")
	return cmd
}

func (a *app) addToil(ctx context.Context, task string, o addToil) error {
	if err := checkOutput(o.output, asTable, asJSON); err != nil {
		return err
	}
	if o.minutes == "" {
		return usagef("say how long it took: --minutes 30")
	}
	spent, err := opsreview.ParseEffort(o.minutes)
	if err != nil {
		return usagef("--minutes: %s", opsreview.ErrorMessage(err))
	}
	req := &pb.LogToilRequest{
		Task: task, Spent: durationpb.New(spent), Category: o.category, Team: o.team, Person: o.person, At: o.at,
		Ticket: o.ticket, Page: o.page, Note: o.note, Author: a.authorOf(o.author), RequestId: rand.Text(),
	}
	return a.withClient(ctx, func(ctx context.Context, c client) error {
		resp, err := c.toils.LogToil(ctx, req)
		if err != nil {
			return err
		}
		if o.output == asJSON {
			return printJSON(a.stdout, toilLoggedJSON{Entry: toilEntryToJSON(resp.GetEntry()), Warnings: orEmpty(resp.GetWarnings())})
		}
		a.indented(0, nil, "logged: "+toilEntryText(resp.GetEntry(), resp.GetTimeZone()))
		for _, w := range resp.GetWarnings() {
			a.indented(0, a.style().warn, "! "+bounded(w))
		}
		writeLine(a.stdout, "to take it back: "+a.sayAgain("toil withdraw "+shellWord(clean(resp.GetEntry().GetId()))))
		return nil
	})
}

// orEmpty is the list, and never nil, which JSON would write as null.
func orEmpty(list []string) []string { return append([]string{}, list...) }

// toilEntryText is an entry of the ledger in a line.
func toilEntryText(e *pb.ToilEntry, zone string) string {
	f := frameOf(nil, zone)
	parts := []string{
		bounded(e.GetTask()), work(e.GetSpent().AsDuration()), "at " + when(e.GetStartTime().AsTime(), f.zone),
	}
	for _, p := range []struct{ lead, text string }{
		{"by ", e.GetPerson()}, {"team ", e.GetTeam()}, {"", e.GetCategory()}, {"for ", e.GetTicket()}, {"for page ", e.GetPage()}, {"note: ", e.GetNote()},
	} {
		if p.text != "" {
			parts = append(parts, p.lead+bounded(p.text))
		}
	}
	return strings.Join(parts, ", ") + " (" + clean(e.GetId()) + ")"
}

func (a *app) toilWithdrawCommand() *cobra.Command {
	var o sayFlags
	cmd := &cobra.Command{
		Use:     "withdraw ID",
		Short:   "Take an entry of the ledger back; it stays on record and counts no more",
		Example: `  opsreview toil withdraw t-12`,
		Args:    args(cobra.ExactArgs(1), "the id of one entry"),
		RunE: func(cmd *cobra.Command, ids []string) error {
			if err := checkOutput(o.output, asTable, asJSON); err != nil {
				return err
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.toils.WithdrawToil(ctx, &pb.WithdrawToilRequest{Id: ids[0], Author: a.authorOf(o.author)})
				if err != nil {
					return err
				}
				if o.output == asJSON {
					return printJSON(a.stdout, toilEntryToJSON(resp.GetEntry()))
				}
				a.indented(0, nil, "taken back: "+toilEntryText(resp.GetEntry(), resp.GetTimeZone()))
				writeLine(a.stdout, "to have it again, log it again: opsreview toil add")
				return nil
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.author.author, "author", "", "who takes it back, `NAME` (default the name of the account)")
	f.StringVarP(&o.output, "output", "o", asTable, "print as `FORM`: table or json")
	return cmd
}

// listToil is what toil list was asked for.
type listToil struct {
	scope                  scopeFlags
	person, task, category string
	output                 string
}

func (a *app) toilListCommand() *cobra.Command {
	var o listToil
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List what counts in a window in order of time, pages too",
		Example: `  opsreview toil list --team secrets --last 7d
  opsreview toil list --responder ada@example.com --task "rotate the vault token" -o csv`,
		Args: args(cobra.NoArgs, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkOutput(o.output, asTable, asJSON, asCSV); err != nil {
				return err
			}
			req := &pb.ListToilRequest{Team: o.scope.team, Window: o.scope.selector(), Person: o.person, Task: o.task, Category: o.category}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.toils.ListToil(ctx, req)
				if err != nil {
					return err
				}
				return a.printToilList(resp, o.output)
			})
		},
	}
	o.scope.add(cmd)
	f := cmd.Flags()
	f.StringVar(&o.person, "responder", "", "what `NAME` did only")
	f.StringVar(&o.task, "task", "", "`TASK` only")
	f.StringVar(&o.category, "category", "", "toil of category `NAME` only")
	f.StringVarP(&o.output, "output", "o", asTable, "print as `FORM`: table, json or csv")
	return cmd
}

func (a *app) printToilList(resp *pb.ListToilResponse, output string) error {
	switch output {
	case asJSON:
		return printJSON(a.stdout, toilListToJSON(resp))
	case asCSV:
		rows := make([][]string, len(resp.GetLines()))
		for i, l := range resp.GetLines() {
			rows[i] = toilCSV(l)
		}
		return printCSV(a.stdout, toilCSVHead, rows)
	}
	f := frameOf(resp.GetWindow(), resp.GetTimeZone())
	writeLine(a.stdout, a.style().bold("toil")+"  "+f.String())
	t := table{columns: []column{
		{head: "BEGAN"},
		{head: "RESPONDER", flex: true, min: 10},
		{head: "TASK", flex: true, min: 16},
		{head: "CATEGORY", drop: 2},
		{head: "FROM", drop: 1},
		{head: "COUNTS", right: true},
		{head: "TOLD TWICE", right: true},
		{head: "ID"},
	}}
	for _, l := range resp.GetLines() {
		from := strings.ReplaceAll(clean(l.GetOrigin()), "_", " ")
		if l.GetOverhead() {
			from = "overhead"
		}
		t.row(when(l.GetStartTime().AsTime(), f.zone), bounded(orElse(l.GetPersonDisplayName(), orElse(l.GetPerson(), "–"))), bounded(l.GetTitle()),
			clean(orElse(l.GetCategory(), "–")), from, work(l.GetSpent().AsDuration()), workOrDash(l.GetDropped()), clean(orElse(l.GetEntry(), l.GetPage())))
	}
	if len(resp.GetLines()) == 0 {
		writeLine(a.stdout, "  nothing was logged, and no page that was not actionable engaged anybody")
	} else {
		t.print(a.stdout, a.style(), "  ", a.terminalWidth())
	}
	if n := resp.GetWithheld(); n > 0 {
		a.indented(2, nil, "withheld: "+plural(int(n), "line")+" of people whose load is for them and their lead")
	}
	return nil
}
