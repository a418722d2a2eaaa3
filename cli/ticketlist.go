package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/timestamppb"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
)

func (a *app) ticketListCommand() *cobra.Command {
	var team, output string
	var states []string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the tickets that were filed, open ones and dearest first",
		Long: `List the ledger: every ticket that was filed or tried, where it stood when it was last
asked for ("ticket sync" asks), and what the trouble costs a week.`,
		Example: `  opsreview ticket list --team secrets
  opsreview ticket list --state uncertain,gone
  opsreview ticket list --state todo,doing -o csv`,
		Args: args(cobra.NoArgs, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkOutput(output, asTable, asJSON, asCSV); err != nil {
				return err
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.tickets.ListTickets(ctx, &pb.ListTicketsRequest{Team: team, States: states})
				if err != nil {
					return err
				}
				return a.printTickets(resp, team, output)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&team, "team", "", "the tickets of `TEAM` only (default all)")
	f.StringSliceVar(&states, "state", nil, "only tickets in this `STATE`: planned, creating, uncertain, filed, rejected, suppressed or gone; or todo, doing or done; may be repeated")
	f.StringVarP(&output, "output", "o", asTable, "print as `FORM`: table, json or csv")
	return cmd
}

var ticketCSVHead = []string{
	"key", "state", "status_category", "status", "resolution", "assignee", "minutes_a_week", "points", "title", "team", "service", "category",
	"kind", "finding", "fingerprint", "generation", "filed_at", "closed_at", "last_seen_at", "seen", "url",
}

func ticketCSV(t *pb.Ticket) []string {
	minutes, points := "", ""
	if t.GetCost() > 0 {
		minutes = fmt.Sprintf("%.1f", t.GetCost())
	}
	if t.GetPoints() > 0 {
		points = pointsText(t.GetPoints())
	}
	return []string{
		t.GetKey(), t.GetState(), t.GetStatusCategory(), t.GetStatus(), t.GetResolution(), t.GetAssignee(), minutes, points, t.GetTitle(), t.GetTeam(),
		t.GetService(), t.GetCategory(), t.GetKind(), t.GetFindingKey(), t.GetFingerprint(), fmt.Sprint(t.GetGeneration()),
		csvTime(t.GetFileTime()), csvTime(t.GetCloseTime()), csvTime(t.GetLastSeenTime()), fmt.Sprint(t.GetSeen()), t.GetUrl(),
	}
}

// csvTime is a time in UTC, empty where it is unknown.
func csvTime(t *timestamppb.Timestamp) string {
	if t == nil {
		return ""
	}
	return auditTime(t.AsTime())
}

func (a *app) printTickets(resp *pb.ListTicketsResponse, team, output string) error {
	all := resp.GetTickets()
	switch output {
	case asJSON:
		return printJSON(a.stdout, ticketListJSON{Tracker: resp.GetTracker(), Tickets: ticketsToJSON(all)})
	case asCSV:
		rows := make([][]string, len(all))
		for i, t := range all {
			rows[i] = ticketCSV(t)
		}
		return printCSV(a.stdout, ticketCSVHead, rows)
	}
	if len(all) == 0 {
		writeLine(a.stdout, "no tickets"+forTeam(team)+": \"opsreview ticket plan\" says what would be filed")
		return nil
	}
	s, now := a.style(), a.clock()()
	t := table{columns: []column{
		{head: "TICKET"},
		{head: "STATUS", flex: true, min: 12},
		{head: "AGE", right: true},
		{head: "COST", right: true},
		{head: "SEEN", right: true, drop: 1},
		{head: "FINDING", flex: true, min: 20},
		{head: "ASSIGNEE", flex: true, min: 8, drop: 2},
	}}
	for _, row := range all {
		t.row(bounded(orElse(row.GetKey(), "–")), ticketStatus(row), ticketAge(row, now), orElse(opsreview.CostText(row.GetCost()), "–"),
			fmt.Sprint(row.GetSeen()), bounded(orElse(row.GetTitle(), row.GetFindingKey())), orElse(bounded(row.GetAssignee()), "–"))
		if needsPerson(row) {
			t.mark()
		}
	}
	t.print(a.stdout, s, "", a.terminalWidth())
	a.printTroubled(all)
	return nil
}

// needsPerson reports whether a ticket waits for somebody to say what became
// of it.
func needsPerson(t *pb.Ticket) bool {
	switch t.GetState() {
	case "uncertain", "rejected", "gone":
		return true
	}
	return false
}

// printTroubled says below the table what is to be done about tickets of which
// nobody knows enough.
func (a *app) printTroubled(all []*pb.Ticket) {
	for _, t := range all {
		if !needsPerson(t) {
			continue
		}
		text := bounded(orElse(t.GetKey(), t.GetFindingKey())) + " is " + clean(t.GetState())
		if t.GetError() != "" {
			text += ": " + strings.TrimSuffix(bounded(t.GetError()), ".")
		}
		switch t.GetState() {
		case "uncertain":
			text += ". The next \"ticket file\" looks for it; if you know better: opsreview ticket resolve " + shellWord(clean(t.GetFindingKey())) + " --key KEY, or --retry"
		case "gone":
			text += ". It is not filed again by itself: opsreview ticket resolve " + shellWord(clean(t.GetFindingKey())) + " --retry files it anew"
		case "rejected":
			text += ". \"opsreview tracker check\" says what is missing. It is tried again when what would be sent has changed, or after opsreview ticket resolve " +
				shellWord(clean(t.GetFindingKey())) + " --retry"
		}
		for i, line := range wrap(text, a.terminalWidth()-4) {
			writeLine(a.stdout, a.style().warn([]string{"  ! ", "    "}[min(i, 1)]+line))
		}
	}
}

// ticketAge is how long a ticket has been open, or was.
func ticketAge(t *pb.Ticket, now time.Time) string {
	if t.GetFileTime() == nil {
		return "–"
	}
	if t.GetCloseTime() != nil {
		now = t.GetCloseTime().AsTime()
	}
	return days(now.Sub(t.GetFileTime().AsTime()))
}

// days is a span of days, as a person says how old something is.
func days(d time.Duration) string {
	const day = 24 * time.Hour
	if d < 2*day {
		return span(max(d, 0))
	}
	return fmt.Sprintf("%dd", int(d/day))
}

func (a *app) ticketLogCommand() *cobra.Command {
	var limit int
	var output string
	cmd := &cobra.Command{
		Use:   "log [KEY]",
		Short: "List what was asked of the tracker, newest first",
		Long: `List everything that was asked of the tracker and what came of it, newest first; with the
key or the fingerprint of a finding, what was asked about that. What was asked is kept
before it is asked: an entry without an outcome was cut off.`,
		Example: `  opsreview ticket log --limit 20
  opsreview ticket log 'noisy_monitor:secrets|pd/PMON1'`,
		Args: args(cobra.MaximumNArgs(1), "at most one finding"),
		RunE: func(cmd *cobra.Command, keys []string) error {
			if err := checkOutput(output, asTable, asJSON, asCSV); err != nil {
				return err
			}
			if limit < 1 {
				return usagef("--limit %d is not a number of entries", limit)
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				effects, more, err := fetchEffects(ctx, c, strings.Join(keys, ""), limit)
				if err != nil {
					return err
				}
				return a.printEffects(effects, more, output)
			})
		},
	}
	cmd.Flags().IntVar(&limit, "limit", 100, "at most `N` entries")
	cmd.Flags().StringVarP(&output, "output", "o", asTable, "print as `FORM`: table, json or csv")
	return cmd
}

// fetchEffects asks for effects until there are enough, and tells whether
// there are more.
func fetchEffects(ctx context.Context, c client, finding string, limit int) (effects []*pb.TicketEffect, more bool, err error) {
	req := &pb.ListTicketEffectsRequest{Finding: finding}
	for {
		req.PageSize = int32(min(limit-len(effects), 1000))
		resp, err := c.tickets.ListTicketEffects(ctx, req)
		if err != nil {
			return nil, false, err
		}
		effects = append(effects, resp.GetEffects()...)
		req.PageToken = resp.GetNextPageToken()
		if req.PageToken == "" || len(effects) >= limit {
			return effects, req.PageToken != "", nil
		}
	}
}

func (a *app) printEffects(effects []*pb.TicketEffect, more bool, output string) error {
	switch output {
	case asJSON:
		out := make([]ticketEffectJSON, len(effects))
		for i, e := range effects {
			out[i] = ticketEffectToJSON(e)
		}
		return printJSON(a.stdout, out)
	case asCSV:
		head := []string{"started_at", "ended_at", "tracker", "fingerprint", "generation", "action", "detail", "outcome", "key", "caller"}
		rows := make([][]string, len(effects))
		for i, e := range effects {
			rows[i] = []string{
				csvTime(e.GetStartTime()), csvTime(e.GetEndTime()), e.GetTracker(), e.GetFingerprint(), fmt.Sprint(e.GetGeneration()), e.GetAction(),
				e.GetDetail(), e.GetOutcome(), e.GetKey(), e.GetCaller(),
			}
		}
		return printCSV(a.stdout, head, rows)
	}
	if len(effects) == 0 {
		writeLine(a.stdout, "nothing was asked of the tracker")
		return nil
	}
	t := table{columns: []column{
		{head: "WHEN (UTC)"},
		{head: "ACTION"},
		{head: "TICKET"},
		{head: "OUTCOME"},
		{head: "WHAT", flex: true, min: 16},
		{head: "FINGERPRINT", drop: 1},
		{head: "WHO", drop: 2},
	}}
	for _, e := range effects {
		t.row(e.GetStartTime().AsTime().Format("2006-01-02 15:04:05"), clean(e.GetAction()), orElse(bounded(e.GetKey()), "–"),
			orElse(strings.ReplaceAll(clean(e.GetOutcome()), "_", " "), "under way, or cut off"), bounded(e.GetDetail()), clean(e.GetFingerprint()), bounded(e.GetCaller()))
		if e.GetOutcome() != "ok" {
			t.mark()
		}
	}
	t.print(a.stdout, a.style(), "", a.terminalWidth())
	if more {
		writeLine(a.stdout, fmt.Sprintf("there are more than these %d: see --limit", len(effects)))
	}
	return nil
}
