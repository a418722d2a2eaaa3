package cli

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
)

// decideFlags are what dismiss, accept and reopen have in common.
type decideFlags struct {
	lookFlags
	reason, until string
	author        choiceFlags // its author only
	output        string
}

func (o *decideFlags) add(cmd *cobra.Command) {
	o.lookFlags.add(cmd)
	f := cmd.Flags()
	f.StringVar(&o.reason, "reason", "", "why, as a `TEXT` that everybody will read")
	f.StringVar(&o.author.author, "author", "", "who decides, `NAME` (default the name of the account)")
	f.StringVarP(&o.output, "output", "o", asTable, "print as `FORM`: table or json")
}

func (a *app) anomalyDismissCommand() *cobra.Command {
	var o decideFlags
	cmd := &cobra.Command{
		Use:   "dismiss ID",
		Short: "Say that there is nothing to do about an anomaly; its recurrence comes back",
		Long: `Dismiss an anomaly, with the reason. It does not come back; its recurrence does, and
then says that its like was dismissed and why. With --until everything that looks weird
on the chart and begins before that time is dismissed too.`,
		Example: `  opsreview anomaly dismiss a-3f9c12d07b21 --team secrets --reason "the load test"

  # A migration that goes on for two weeks.
  opsreview anomaly dismiss a-3f9c12d07b21 --team secrets --reason "moving to new storage" --until 14d`,
		Args: args(cobra.ExactArgs(1), "the id of one anomaly"),
		RunE: func(cmd *cobra.Command, ids []string) error {
			if strings.TrimSpace(o.reason) == "" {
				return usagef("say why: --reason TEXT")
			}
			return a.decide(cmd.Context(), ids[0], pb.AnomalyVerdict_ANOMALY_VERDICT_DISMISSED, o)
		},
	}
	o.add(cmd)
	cmd.Flags().StringVar(&o.until, "until", "", "dismiss what begins on the chart before `TIME` too: 2026-12-01, or a span from now such as 14d")
	return cmd
}

func (a *app) anomalyAcceptCommand() *cobra.Command {
	var o decideFlags
	cmd := &cobra.Command{
		Use:     "accept ID",
		Short:   "Say that an anomaly needs work: it becomes a finding, ready to be filed",
		Example: `  opsreview anomaly accept a-3f9c12d07b21 --team secrets --reason "find out what runs at three"`,
		Args:    args(cobra.ExactArgs(1), "the id of one anomaly"),
		RunE: func(cmd *cobra.Command, ids []string) error {
			return a.decide(cmd.Context(), ids[0], pb.AnomalyVerdict_ANOMALY_VERDICT_ACCEPTED, o)
		},
	}
	o.add(cmd)
	return cmd
}

func (a *app) anomalyReopenCommand() *cobra.Command {
	var o decideFlags
	cmd := &cobra.Command{
		Use:     "reopen ID",
		Short:   "Take back what was decided about an anomaly; the history stays",
		Example: `  opsreview anomaly reopen a-3f9c12d07b21 --team secrets`,
		Args:    args(cobra.ExactArgs(1), "the id of one anomaly"),
		RunE: func(cmd *cobra.Command, ids []string) error {
			return a.decide(cmd.Context(), ids[0], pb.AnomalyVerdict_ANOMALY_VERDICT_REOPENED, o)
		},
	}
	o.add(cmd)
	return cmd
}

func (a *app) decide(ctx context.Context, id string, verdict pb.AnomalyVerdict, o decideFlags) error {
	if err := checkOutput(o.output, asTable, asJSON); err != nil {
		return err
	}
	until, err := untilOf(o.until, a.now)
	if err != nil {
		return err
	}
	req := &pb.DecideAnomalyRequest{
		Name: id, Team: o.scope.team, Window: o.scope.selector(), LookBack: o.back, Verdict: verdict, Reason: o.reason, Until: until,
		Author: a.authorOf(o.author), RequestId: rand.Text(),
	}
	return a.withClient(ctx, func(ctx context.Context, c client) error {
		resp, err := c.anomalies.DecideAnomaly(ctx, req)
		if err != nil {
			return err
		}
		if o.output == asJSON {
			return printJSON(a.stdout, anomalyDecidedJSON{Anomaly: anomalyToJSON(resp.GetAnomaly()), Decision: anomalyDecisionToJSON(resp.GetDecision())})
		}
		a.printDecided(resp, o)
		return nil
	})
}

// untilOf turns a span from now into a time, and leaves a time as it is: the
// server reads it on the team's clock.
func untilOf(text string, now func() time.Time) (string, error) {
	text = strings.TrimSpace(text)
	if text == "" || !strings.ContainsAny(text[len(text)-1:], "hdw") {
		return text, nil
	}
	at := now().UTC()
	w, err := opsreview.WindowSpec{Last: text}.Resolve(at, time.UTC)
	if err != nil {
		return "", usagef("--until %s: write a date such as 2026-12-01, or a span such as 14d", clean(text))
	}
	return at.Add(w.Duration()).Format(time.RFC3339), nil
}

// printDecided says what was done and how to take it back.
func (a *app) printDecided(resp *pb.DecideAnomalyResponse, o decideFlags) {
	x, d := resp.GetAnomaly(), resp.GetDecision()
	what := enumWord(d.GetVerdict().String(), "ANOMALY_VERDICT_") + ": " + chartText(x.GetChart()) + ", " + stretch(x.GetWindow().GetStartTime().AsTime(), x.GetWindow().GetEndTime().AsTime())
	a.indented(0, nil, what)
	a.indented(2, nil, bounded(orElse(x.GetText(), d.GetText())))
	if d.GetUntilTime() != nil {
		a.indented(2, nil, "and what begins on that chart before "+d.GetUntilTime().AsTime().Format("2006-01-02 15:04")+" UTC")
	}
	id, flags := shellWord(clean(x.GetId())), o.words()
	switch d.GetVerdict() {
	case pb.AnomalyVerdict_ANOMALY_VERDICT_ACCEPTED:
		writeLine(a.stdout, "it is a finding: opsreview finding list"+o.findingWords()+" shows it")
	case pb.AnomalyVerdict_ANOMALY_VERDICT_REOPENED:
		writeLine(a.stdout, "it is open again: opsreview anomaly show "+id+flags)
		return
	case pb.AnomalyVerdict_ANOMALY_VERDICT_DISMISSED, pb.AnomalyVerdict_ANOMALY_VERDICT_UNSPECIFIED:
	}
	writeLine(a.stdout, "to take it back: opsreview anomaly reopen "+id+flags)
}

// findingWords are the flags that finding list knows.
func (o *lookFlags) findingWords() string {
	short := *o
	short.back = ""
	return short.words()
}

func (a *app) anomalyDecisionsCommand() *cobra.Command {
	var team, output string
	limit := 100
	cmd := &cobra.Command{
		Use:     "decisions",
		Short:   "List what people decided about anomalies, newest first",
		Example: `  opsreview anomaly decisions --team secrets`,
		Args:    args(cobra.NoArgs, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkOutput(output, asTable, asJSON, asCSV); err != nil {
				return err
			}
			if limit < 1 {
				return usagef("--limit %d is not a number of decisions", limit)
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				all, more, err := fetchDecisions(ctx, c, team, limit)
				if err != nil {
					return err
				}
				return a.printDecisions(all, more, output)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&team, "team", "", "those about the charts of `TEAM` only (default all)")
	f.IntVar(&limit, "limit", limit, "at most `N` decisions")
	f.StringVarP(&output, "output", "o", asTable, "print as `FORM`: table, json or csv")
	return cmd
}

// fetchDecisions asks until there are enough, and tells whether there are more.
func fetchDecisions(ctx context.Context, c client, team string, limit int) (all []*pb.AnomalyDecision, more bool, err error) {
	req := &pb.ListDecisionsRequest{Team: team}
	for {
		req.PageSize = int32(min(limit-len(all), 1000))
		resp, err := c.anomalies.ListDecisions(ctx, req)
		if err != nil {
			return nil, false, err
		}
		all = append(all, resp.GetDecisions()...)
		req.PageToken = resp.GetNextPageToken()
		if req.PageToken == "" || len(all) >= limit {
			return all, req.PageToken != "", nil
		}
	}
}

func (a *app) printDecisions(all []*pb.AnomalyDecision, more bool, output string) error {
	switch output {
	case asJSON:
		return printJSON(a.stdout, anomalyDecisionsToJSON(all))
	case asCSV:
		rows := make([][]string, len(all))
		for i, d := range all {
			rows[i] = decisionCSV(d)
		}
		return printCSV(a.stdout, []string{"id", "decided_at", "verdict", "chart", "anomaly", "start", "end", "text", "reason", "author", "until"}, rows)
	}
	if len(all) == 0 {
		writeLine(a.stdout, "nobody has decided anything about an anomaly")
		return nil
	}
	a.printDecisionLines(all, time.UTC)
	if more {
		writeLine(a.stdout, fmt.Sprintf("there are more than these %d: see --limit", len(all)))
	}
	return nil
}

// printDecisionLines prints a decision a line, and why below it.
func (a *app) printDecisionLines(all []*pb.AnomalyDecision, zone *time.Location) {
	for _, d := range all {
		head := fmt.Sprintf("%s  %-9s  %s  by %s", d.GetDecideTime().AsTime().In(zone).Format("2006-01-02 15:04"),
			enumWord(d.GetVerdict().String(), "ANOMALY_VERDICT_"), bounded(d.GetChart()), bounded(orElse(d.GetAuthor(), "somebody")))
		a.indented(2, nil, head)
		a.indented(6, nil, clean(d.GetAnomaly())+", "+when(d.GetWindow().GetStartTime().AsTime(), zone)+": "+bounded(d.GetText()))
		text := bounded(d.GetReason())
		if d.GetUntilTime() != nil {
			text = strings.TrimPrefix(text+"; until "+d.GetUntilTime().AsTime().In(zone).Format("2006-01-02 15:04"), "; ")
		}
		if text != "" {
			a.indented(6, a.style().dim, "why: "+text)
		}
	}
}
