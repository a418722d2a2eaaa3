package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
)

// questionHelp says what each question about a task asks.
var questionHelp = map[opsreview.ToilQuestion]string{
	opsreview.ToilManual:      "does a person do it by hand?",
	opsreview.ToilRepetitive:  "does it come again and again?",
	opsreview.ToilAutomatable: "could a machine do it as well?",
	opsreview.ToilTactical:    "does it answer to something, rather than follow a plan?",
	opsreview.ToilNoValue:     "is the service the same afterwards as before?",
	opsreview.ToilGrows:       "is there more of it the more the service is used?",
}

func questionsText() string {
	var lines []string
	for _, q := range opsreview.ToilQuestions() {
		lines = append(lines, fmt.Sprintf("  %-17s %s", q, questionHelp[q]))
	}
	return strings.Join(lines, "\n")
}

func (a *app) toilTaskCommand() *cobra.Command {
	var o sayFlags
	var yes, no, forget []string
	cmd := &cobra.Command{
		Use:   "task TASK",
		Short: "Answer what kind of work a task is, so that overhead is not called toil",
		Long: `Answer what kind of work a task is. A task with more "no" than "yes" is overhead:
it is listed apart and does not count. The questions:

` + questionsText(),
		Example: `  opsreview toil task "rotate the vault token" --yes manual,repetitive,automatable --team secrets
  opsreview toil task "weekly planning" --no tactical,automatable,grows --yes manual --team secrets
  opsreview toil task "weekly planning" --forget manual --team secrets`,
		Args: args(cobra.ExactArgs(1), "the name of one task, in quotes"),
		RunE: func(cmd *cobra.Command, tasks []string) error {
			if err := checkOutput(o.output, asTable, asJSON); err != nil {
				return err
			}
			answers := map[string]bool{}
			for _, q := range yes {
				answers[questionWord(q)] = true
			}
			for _, q := range no {
				if answers[questionWord(q)] {
					return usagef("%q is answered with yes and with no", q)
				}
				answers[questionWord(q)] = false
			}
			for i, q := range forget {
				forget[i] = questionWord(q)
			}
			req := &pb.AnswerTaskRequest{Team: o.team, Task: tasks[0], Answers: answers, Forget: forget, Author: a.authorOf(o.author)}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.toils.AnswerTask(ctx, req)
				if err != nil {
					return err
				}
				return a.printTask(resp.GetTask(), o)
			})
		},
	}
	o.add(cmd)
	f := cmd.Flags()
	f.StringSliceVar(&yes, "yes", nil, "answer `QUESTIONS` with yes, with commas between them")
	f.StringSliceVar(&no, "no", nil, "answer `QUESTIONS` with no")
	f.StringSliceVar(&forget, "forget", nil, "take back the answers to `QUESTIONS`")
	return cmd
}

// questionWord is a question as the API has it.
func questionWord(q string) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimSpace(q)), "-", "_")
}

func (a *app) printTask(t *pb.ToilTask, o sayFlags) error {
	if o.output == asJSON {
		return printJSON(a.stdout, toilTaskToJSON(t))
	}
	what := "toil"
	if t.GetOverhead() {
		what = "overhead: it is listed apart and does not count"
	}
	a.indented(0, nil, bounded(t.GetName())+": "+what)
	for _, q := range opsreview.ToilQuestions() {
		yes, answered := t.GetAnswers()[string(q)]
		answer := "not answered"
		if answered {
			answer = map[bool]string{true: "yes", false: "no"}[yes]
		}
		a.indented(2, nil, fmt.Sprintf("%-17s %s", q, answer))
	}
	var given []string
	for q := range t.GetAnswers() {
		given = append(given, clean(q))
	}
	if slices.Sort(given); len(given) > 0 {
		writeLine(a.stdout, "to take it back: opsreview toil task "+shellWord(clean(t.GetName()))+" --forget "+strings.Join(given, ",")+teamWords(o.team))
	}
	return nil
}

func (a *app) toilAutomateCommand() *cobra.Command {
	var o sayFlags
	var at, ticket string
	var undo bool
	cmd := &cobra.Command{
		Use:   "automate TASK",
		Short: "Record that a machine does a task, with what it had cost until then",
		Long: `Record that a machine does a task from some time on. What it took in the thirteen weeks
before is kept with it, and toil show says from two weeks on what was really saved.`,
		Example: `  opsreview toil automate "rotate the vault token" --ticket OPS-12 --team secrets
  opsreview toil automate "rotate the vault token" --undo --team secrets`,
		Args: args(cobra.ExactArgs(1), "the name of one task, in quotes"),
		RunE: func(cmd *cobra.Command, tasks []string) error {
			if err := checkOutput(o.output, asTable, asJSON); err != nil {
				return err
			}
			req := &pb.AutomateTaskRequest{Team: o.team, Task: tasks[0], At: at, Ticket: ticket, Undo: undo, Author: a.authorOf(o.author)}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.toils.AutomateTask(ctx, req)
				if err != nil {
					return err
				}
				return a.printAutomated(resp.GetTask(), o)
			})
		},
	}
	o.add(cmd)
	f := cmd.Flags()
	f.StringVar(&at, "at", "", "from when on, `TIME` (default now)")
	f.StringVar(&ticket, "ticket", "", "the ticket that it was done for (`KEY`)")
	f.BoolVar(&undo, "undo", false, "it is not automated after all")
	oneOf(cmd, "undo", "at")
	return cmd
}

func (a *app) printAutomated(t *pb.ToilTask, o sayFlags) error {
	if o.output == asJSON {
		return printJSON(a.stdout, toilTaskToJSON(t))
	}
	name := bounded(t.GetName())
	if t.GetAutomation() == nil {
		a.indented(0, nil, name+": done by hand")
		return nil
	}
	a.indented(0, nil, name+": "+bounded(t.GetAutomation().GetText()))
	writeLine(a.stdout, "to take it back: opsreview toil automate "+shellWord(clean(t.GetName()))+" --undo"+teamWords(o.team))
	return nil
}

func (a *app) toilSyncCommand() *cobra.Command {
	var last, output string
	cmd := &cobra.Command{
		Use:   "sync",
		Short: "Bring the work logs of tagged tickets from the tracker",
		Long: `Bring the work logs of tagged tickets from the tracker. Each becomes an entry of the
ledger; one that was changed or deleted there is changed or taken back here.`,
		Example: `  opsreview toil sync --last 4w`,
		Args:    args(cobra.NoArgs, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkOutput(output, asTable, asJSON); err != nil {
				return err
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.toils.SyncWorkLogs(ctx, &pb.SyncWorkLogsRequest{Last: last})
				if err != nil {
					return err
				}
				if output == asJSON {
					return printJSON(a.stdout, toilSyncJSON{
						Tickets: resp.GetTickets(), Entries: resp.GetEntries(), Saved: resp.GetSaved(), Warnings: orEmpty(resp.GetWarnings()),
					})
				}
				a.indented(0, nil, fmt.Sprintf("%s with %s: %d new or changed", plural(int(resp.GetTickets()), "ticket"), plural(int(resp.GetEntries()), "work log"), resp.GetSaved()))
				for _, w := range resp.GetWarnings() {
					a.indented(0, a.style().warn, "! "+bounded(w))
				}
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&last, "last", "", "work of the last `SPAN`, such as 4w (default thirteen weeks)")
	cmd.Flags().StringVarP(&output, "output", "o", asTable, "print as `FORM`: table or json")
	return cmd
}
