package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	pb "opsreview/proto/opsreview/v1"
)

// waiveKinds are what can be waived.
var waiveKinds = []string{"page", "monitor", "breach", "incident"}

type waiveFlags struct {
	meetingFlags
	req      pb.CreateWaiverRequest
	withdraw string
}

func (a *app) meetingWaiveCommand() *cobra.Command {
	var o waiveFlags
	cmd := &cobra.Command{
		Use:   "waive SUBJECT",
		Short: "Let a page, a monitor or a breach pass without a ticket, for a while",
		Long: `Waive what would keep a review from being closed. A waiver has an owner, a reason and an
end, at most 180 days away; after it the subject is open again.`,
		Example: `  opsreview review waive m-0123456789ab --team secrets --owner Ada --reason "replaced next month" --expires 14d
  opsreview review waive pages_per_shift:ada@example.com --team secrets --owner Bob --reason "one bad night" --expires 2026-12-01
  opsreview review waive --withdraw w-3f9c12d07b21`,
		Args: args(cobra.MaximumNArgs(1), "one page, monitor, breach or incident"),
		RunE: func(cmd *cobra.Command, subjects []string) error {
			if err := checkOutput(o.output, asTable, asJSON); err != nil {
				return err
			}
			if o.withdraw != "" {
				return a.withdrawWaiver(cmd.Context(), &o)
			}
			if len(subjects) == 0 {
				return usagef("name what to waive: \"review status\" lists what is open")
			}
			if o.req.GetOwner() == "" || o.req.GetReason() == "" || o.req.GetExpires() == "" {
				return usagef("a waiver needs --owner, --reason and --expires")
			}
			o.req.Subject = subjects[0]
			return a.waive(cmd.Context(), &o)
		},
	}
	o.addTeam(cmd)
	o.addWho(cmd, "waives it")
	o.addOutput(cmd, "table or json")
	f := cmd.Flags()
	f.StringVar(&o.req.Kind, "kind", "", "what SUBJECT is, as a `KIND`: page, monitor, breach or incident (default whatever has that name)")
	f.StringVar(&o.req.Owner, "owner", "", "who answers for it, `NAME`")
	f.StringVar(&o.req.Reason, "reason", "", "why, as a `TEXT`")
	f.StringVar(&o.req.Expires, "expires", "", "until when: a date, a time or a `SPAN` from now, such as 2026-12-01 or 14d")
	f.StringVar(&o.withdraw, "withdraw", "", "take the waiver `ID` back instead; it stays in the history")
	return cmd
}

func (a *app) waive(ctx context.Context, o *waiveFlags) error {
	if o.req.GetKind() != "" {
		if err := oneOfWords("--kind", o.req.GetKind(), waiveKinds); err != nil {
			return err
		}
	}
	o.req.Team, o.req.Author, o.req.RequestId = o.team, a.whoSpeaks(&o.meetingFlags), newRequestID()
	return a.withClient(ctx, func(ctx context.Context, c client) error {
		resp, err := c.meetings.CreateWaiver(ctx, &o.req)
		if err != nil {
			return err
		}
		w := resp.GetWaiver()
		if o.output == asJSON {
			return printJSON(a.stdout, waiverToJSON(w))
		}
		a.indented(0, nil, fmt.Sprintf("waived until %s: the %s %s, owner %s: %s", endText(w.GetExpireTime().AsTime().In(frameOf(nil, w.GetTimeZone()).zone)),
			clean(w.GetKind()), bounded(orElse(w.GetTitle(), w.GetSubject())), bounded(w.GetOwner()), bounded(w.GetReason())))
		writeLine(a.stdout, "to take it back: "+a.sayAgain("review waive", word{"withdraw", w.GetId()}))
		return nil
	})
}

// endText is an end by its last day, with the time where it is not midnight.
func endText(end time.Time) string {
	if h, m, s := end.Clock(); h+m+s > 0 {
		return end.Format("Mon 2 Jan 2006 15:04")
	}
	return lastDay(end).Format("Mon 2 Jan 2006")
}

// waivedUntil is in the last day of a waiver, on its team's clock.
func waivedUntil(w *pb.Waiver) time.Time {
	return lastDay(w.GetExpireTime().AsTime().In(frameOf(nil, w.GetTimeZone()).zone))
}

// oneOfWords returns a usage error unless the value is one of the words.
func oneOfWords(flag, value string, words []string) error {
	for _, w := range words {
		if w == value {
			return nil
		}
	}
	return usagef("%s %s: choose %s", flag, clean(value), orList(words))
}

func (a *app) withdrawWaiver(ctx context.Context, o *waiveFlags) error {
	return a.withClient(ctx, func(ctx context.Context, c client) error {
		resp, err := c.meetings.WithdrawWaiver(ctx, &pb.WithdrawWaiverRequest{Id: o.withdraw, Author: a.whoSpeaks(&o.meetingFlags)})
		if err != nil {
			return err
		}
		w := resp.GetWaiver()
		if o.output == asJSON {
			return printJSON(a.stdout, waiverToJSON(w))
		}
		a.indented(0, nil, fmt.Sprintf("waived no more: the %s %s; it needs a ticket, or another waiver", clean(w.GetKind()), bounded(orElse(w.GetTitle(), w.GetSubject()))))
		return nil
	})
}

func (a *app) meetingWaiversCommand() *cobra.Command {
	var m meetingFlags
	var all bool
	cmd := &cobra.Command{
		Use:   "waivers",
		Short: "List waivers, with their owners, reasons and ends",
		Example: `  opsreview review waivers --team secrets
  opsreview review waivers --team secrets --all -o csv`,
		Args: args(cobra.NoArgs, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkOutput(m.output, asTable, asJSON, asCSV); err != nil {
				return err
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.meetings.ListWaivers(ctx, &pb.ListWaiversRequest{Team: m.team, All: all})
				if err != nil {
					return err
				}
				return a.printWaivers(resp.GetWaivers(), m.output)
			})
		},
	}
	m.addTeam(cmd)
	m.addOutput(cmd, "table, json or csv")
	cmd.Flags().BoolVar(&all, "all", false, "list those that have expired or were taken back, too")
	return cmd
}

func (a *app) printWaivers(all []*pb.Waiver, output string) error {
	switch output {
	case asJSON:
		out := make([]waiverJSON, len(all))
		for i, w := range all {
			out[i] = waiverToJSON(w)
		}
		return printJSON(a.stdout, out)
	case asCSV:
		var rows [][]string
		for _, w := range all {
			rows = append(rows, []string{
				w.GetId(), w.GetTeam(), w.GetState(), w.GetKind(), w.GetSubject(), w.GetTitle(), w.GetOwner(), w.GetReason(), w.GetAuthor(),
				csvTime(w.GetCreateTime()), csvTime(w.GetExpireTime()),
			})
		}
		return printCSV(a.stdout, []string{"id", "team", "state", "kind", "subject", "title", "owner", "reason", "author", "created_at", "expires_at"}, rows)
	}
	if len(all) == 0 {
		writeLine(a.stdout, "no waiver is in force")
		return nil
	}
	t := table{columns: []column{
		{head: "STATE"},
		{head: "UNTIL"},
		{head: "KIND", drop: 2},
		{head: "WHAT", flex: true, min: 16},
		{head: "OWNER", flex: true, min: 8},
		{head: "REASON", flex: true, min: 12, drop: 1},
		{head: "ID"},
	}}
	for _, w := range all {
		t.row(strings.ReplaceAll(clean(w.GetState()), "_", " "), waivedUntil(w).Format(time.DateOnly), clean(w.GetKind()),
			bounded(orElse(w.GetTitle(), w.GetSubject())), bounded(w.GetOwner()), bounded(w.GetReason()), clean(w.GetId()))
	}
	t.print(a.stdout, a.style(), "", a.terminalWidth())
	return nil
}
