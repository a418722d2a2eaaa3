package cli

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	pb "opsreview/proto/opsreview/v1"
)

func (a *app) budgetCorrectCommand() *cobra.Command {
	req := &pb.CreateCorrectionsRequest{Window: &pb.WindowSelector{}}
	var who choiceFlags
	var output string
	cmd := &cobra.Command{
		Use:   "correct SLO…",
		Short: "Take a stretch of time out of the budgets of SLOs, such as announced maintenance",
		Long: `Take a stretch of time out of budgets. Its events leave the numerator and the
denominator; its slices count as good. How much was taken out is shown with every
budget, and "budget corrections" lists who did so and why.`,
		Example: `  opsreview budget correct vault/availability --from 2026-11-14T02:00 --to 2026-11-14T04:00 --reason "announced upgrade"`,
		Args:    args(cobra.MinimumNArgs(1), "the names of SLOs"),
		RunE: func(cmd *cobra.Command, slos []string) error {
			if err := checkOutput(output, asTable, asJSON); err != nil {
				return err
			}
			if req.GetWindow().GetFrom() == "" || req.GetWindow().GetTo() == "" {
				return usagef("say from when to when: --from TIME --to TIME")
			}
			if strings.TrimSpace(req.GetReason()) == "" {
				return usagef("say why: --reason TEXT")
			}
			req.Slos, req.Author, req.RequestId = slos, a.authorOf(who), rand.Text()
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.budgets.CreateCorrections(ctx, req)
				if err != nil {
					return err
				}
				return a.printCorrected("taken out", resp.GetCorrections(), output)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&req.Window.From, "from", "", "out from `TIME`, such as 2026-11-09T08:00, in UTC or on the clock of --team")
	f.StringVar(&req.Window.To, "to", "", "until `TIME`, which is not included")
	f.StringVar(&req.Team, "team", "", "read times on the clock of `TEAM`")
	f.StringVar(&req.Reason, "reason", "", "why, as a `TEXT` that everybody will read")
	f.StringVar(&who.author, "author", "", "who says so, `NAME` (default the name of the account)")
	f.StringVarP(&output, "output", "o", asTable, "print as `FORM`: table or json")
	return cmd
}

// printCorrected says what became of corrections, one a line.
func (a *app) printCorrected(what string, all []*pb.Correction, output string) error {
	if output == asJSON {
		return printJSON(a.stdout, correctionsToJSON(all))
	}
	for _, c := range all {
		w := c.GetWindow()
		start, end := w.GetStartTime().AsTime(), w.GetEndTime().AsTime()
		writeLine(a.stdout, fmt.Sprintf("%s of %s: %s (%s); to undo: opsreview budget uncorrect %s",
			what, bounded(c.GetSlo()), stretch(start, end), span(end.Sub(start)), shellWord(clean(c.GetId()))))
	}
	return nil
}

// stretch is a stretch of time in UTC.
func stretch(start, end time.Time) string {
	const minute = "2006-01-02 15:04"
	return start.UTC().Format(minute) + " to " + end.UTC().Format(minute) + " UTC"
}

func (a *app) budgetCorrectionsCommand() *cobra.Command {
	var team, output string
	cmd := &cobra.Command{
		Use:     "corrections [SLO…]",
		Short:   "List what people took out of budgets, newest first",
		Example: "  opsreview budget corrections --team secrets",
		RunE: func(cmd *cobra.Command, slos []string) error {
			if err := checkOutput(output, asTable, asJSON, asCSV); err != nil {
				return err
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.budgets.ListCorrections(ctx, &pb.ListCorrectionsRequest{Team: team, Slos: slos})
				if err != nil {
					return err
				}
				return a.printCorrections(resp.GetCorrections(), output)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&team, "team", "", "those of the SLOs of `TEAM` only (default all)")
	f.StringVarP(&output, "output", "o", asTable, "print as `FORM`: table, json or csv")
	return cmd
}

func (a *app) printCorrections(all []*pb.Correction, output string) error {
	switch output {
	case asJSON:
		return printJSON(a.stdout, correctionsToJSON(all))
	case asCSV:
		rows := make([][]string, len(all))
		for i, c := range all {
			rows[i] = correctionCSV(c)
		}
		return printCSV(a.stdout, []string{"id", "slo", "start", "end", "reason", "author", "created_at", "withdrawn_by", "withdrawn_at"}, rows)
	}
	if len(all) == 0 {
		writeLine(a.stdout, "nobody has taken anything out of a budget")
		return nil
	}
	t := table{columns: []column{
		{head: "ID"},
		{head: "SLO", flex: true, min: 16},
		{head: "FROM, UTC"},
		{head: "LENGTH", right: true},
		{head: "REASON", flex: true, min: 16},
		{head: "BY", flex: true},
		{head: "STATE"},
	}}
	for _, c := range all {
		state := "in force"
		if c.GetWithdrawnBy() != "" || c.GetWithdrawTime() != nil {
			state = "withdrawn by " + fit(clean(c.GetWithdrawnBy()), 20)
		}
		start := c.GetWindow().GetStartTime().AsTime()
		t.row(clean(c.GetId()), bounded(c.GetSlo()), start.Format("2006-01-02 15:04"), span(c.GetWindow().GetEndTime().AsTime().Sub(start)),
			bounded(c.GetReason()), bounded(c.GetAuthor()), state)
	}
	t.print(a.stdout, a.style(), "", a.terminalWidth())
	return nil
}

func correctionCSV(c *pb.Correction) []string {
	at := func(t *time.Time) string {
		if t == nil {
			return ""
		}
		return t.Format(time.RFC3339)
	}
	w := c.GetWindow()
	return []string{
		c.GetId(), c.GetSlo(), at(jsonTime(w.GetStartTime())), at(jsonTime(w.GetEndTime())), c.GetReason(), c.GetAuthor(),
		at(jsonTime(c.GetCreateTime())), c.GetWithdrawnBy(), at(jsonTime(c.GetWithdrawTime())),
	}
}

func (a *app) budgetUncorrectCommand() *cobra.Command {
	var who choiceFlags
	var output string
	cmd := &cobra.Command{
		Use:     "uncorrect ID",
		Short:   "Put a stretch of time back into a budget; the history stays",
		Example: "  opsreview budget uncorrect 17",
		Args:    args(cobra.ExactArgs(1), "the id of one correction"),
		RunE: func(cmd *cobra.Command, ids []string) error {
			if err := checkOutput(output, asTable, asJSON); err != nil {
				return err
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.budgets.WithdrawCorrection(ctx, &pb.WithdrawCorrectionRequest{Id: ids[0], Author: a.authorOf(who)})
				if err != nil {
					return err
				}
				one := resp.GetCorrection()
				if output == asJSON {
					return printJSON(a.stdout, correctionsToJSON([]*pb.Correction{one})[0])
				}
				w := one.GetWindow()
				writeLine(a.stdout, fmt.Sprintf("put back into %s: %s", bounded(one.GetSlo()), stretch(w.GetStartTime().AsTime(), w.GetEndTime().AsTime())))
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&who.author, "author", "", "who says so, `NAME` (default the name of the account)")
	cmd.Flags().StringVarP(&output, "output", "o", asTable, "print as `FORM`: table or json")
	return cmd
}
