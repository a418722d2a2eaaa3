package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	pb "opsreview/proto/opsreview/v1"
)

func (a *app) auditCommand() *cobra.Command {
	return noun("audit", "Who changed what: list", a.auditListCommand())
}

// auditJSON is an entry as audit list -o json prints it.
type auditJSON struct {
	StartedAt    *time.Time `json:"started_at"`
	EndedAt      *time.Time `json:"ended_at,omitempty"`
	Caller       string     `json:"caller"`
	Via          string     `json:"via"`
	Address      string     `json:"address,omitempty"`
	Action       string     `json:"action"`
	ActingFor    string     `json:"acting_for,omitempty"`
	Team         string     `json:"team,omitempty"`
	Subjects     []string   `json:"subjects"`
	SubjectsSize int32      `json:"subjects_size"`
	RequestID    string     `json:"request_id,omitempty"`
	Outcome      string     `json:"outcome,omitempty"`
}

type auditListOptions struct {
	from, to, last string
	caller, action string
	limit          int
	output         string
}

func (a *app) auditListCommand() *cobra.Command {
	var o auditListOptions
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List what callers changed or tried to, newest first",
		Example: `  opsreview audit list --last 7d
  opsreview --server ops.example.com:7474 audit list --caller ci -o json`,
		Args: args(cobra.NoArgs, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkOutput(o.output, asTable, asJSON, asCSV); err != nil {
				return err
			}
			if o.limit < 1 {
				return usagef("--limit %d is not a number of entries", o.limit)
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				entries, more, err := o.fetch(ctx, c)
				if err != nil {
					return err
				}
				return a.printAudit(entries, more, o.output)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.from, "from", "", "from `TIME` on, in UTC: 2026-11-09 or 2026-11-09T08:00")
	f.StringVar(&o.to, "to", "", "until `TIME`, in UTC (default now)")
	f.StringVar(&o.last, "last", "", "the last `SPAN`: 14d, 2w or 36h (default everything)")
	f.StringVar(&o.caller, "caller", "", "only what `NAME` did")
	f.StringVar(&o.action, "action", "", "only this `ACTION`: LabelPages, CreateToken, …")
	f.IntVar(&o.limit, "limit", 100, "at most `N` entries")
	f.StringVarP(&o.output, "output", "o", asTable, "print as `FORM`: table, json or csv")
	return cmd
}

// fetch asks for entries until there are enough, and tells whether there are
// more.
func (o auditListOptions) fetch(ctx context.Context, c client) (entries []*pb.AuditEntry, more bool, err error) {
	req := &pb.ListAuditEntriesRequest{Caller: o.caller, Action: o.action}
	if o.from != "" || o.to != "" || o.last != "" {
		req.Window = &pb.WindowSelector{From: o.from, To: o.to, Last: o.last}
	}
	for {
		req.PageSize = int32(min(o.limit-len(entries), 1000))
		resp, err := c.audits.ListAuditEntries(ctx, req)
		if err != nil {
			return nil, false, err
		}
		entries = append(entries, resp.GetEntries()...)
		req.PageToken = resp.GetNextPageToken()
		if req.PageToken == "" || len(entries) >= o.limit {
			return entries, req.PageToken != "", nil
		}
	}
}

func (a *app) printAudit(entries []*pb.AuditEntry, more bool, output string) error {
	switch output {
	case asJSON:
		out := make([]auditJSON, len(entries))
		for i, e := range entries {
			out[i] = auditToJSON(e)
		}
		return printJSON(a.stdout, out)
	case asCSV:
		head := []string{"started_at", "ended_at", "caller", "via", "address", "action", "acting_for", "team", "subjects", "request_id", "outcome"}
		var rows [][]string
		for _, e := range entries {
			rows = append(rows, []string{
				auditTime(e.GetStartTime().AsTime()), auditEnd(e), e.GetCaller(), e.GetVia(), e.GetAddress(), e.GetAction(),
				e.GetActingFor(), e.GetTeam(), strings.Join(e.GetSubjects(), " "), e.GetRequestId(), e.GetOutcome(),
			})
		}
		return printCSV(a.stdout, head, rows)
	}
	if len(entries) == 0 {
		writeLine(a.stdout, "nobody changed anything")
		return nil
	}
	t := table{columns: []column{
		{head: "WHEN (UTC)"}, {head: "WHO"}, {head: "ACTION"}, {head: "WHAT", flex: true, min: 16}, {head: "FROM", drop: 1}, {head: "OUTCOME"},
	}}
	for _, e := range entries {
		who := clean(e.GetCaller())
		if e.GetActingFor() != "" {
			who += " for " + clean(e.GetActingFor())
		}
		t.row(e.GetStartTime().AsTime().Format("2006-01-02 15:04:05"), who, clean(e.GetAction()), auditWhat(e),
			orElse(clean(e.GetAddress()), "here"), orElse(clean(e.GetOutcome()), "under way, or cut off"))
		if e.GetOutcome() != "ok" {
			t.mark()
		}
	}
	t.print(a.stdout, a.style(), "", a.terminalWidth())
	if more {
		writeLine(a.stdout, fmt.Sprintf("there are more than these %d: see --limit, --from and --to", len(entries)))
	}
	return nil
}

func auditTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func auditEnd(e *pb.AuditEntry) string {
	if e.GetEndTime() == nil {
		return ""
	}
	return auditTime(e.GetEndTime().AsTime())
}

// auditWhat says what an entry is about, in a line.
func auditWhat(e *pb.AuditEntry) string {
	var parts []string
	if e.GetTeam() != "" {
		parts = append(parts, "team "+e.GetTeam()+":")
	}
	const most = 3
	subjects := e.GetSubjects()
	parts = append(parts, subjects[:min(len(subjects), most)]...)
	if n := int(e.GetSubjectsSize()); n > most {
		parts = append(parts, fmt.Sprintf("and %d more", n-most))
	}
	if len(parts) == 0 {
		return "everything"
	}
	return bounded(strings.Join(parts, " "))
}

func auditToJSON(e *pb.AuditEntry) auditJSON {
	return auditJSON{
		StartedAt: jsonTime(e.GetStartTime()), EndedAt: jsonTime(e.GetEndTime()), Caller: e.GetCaller(), Via: e.GetVia(), Address: e.GetAddress(),
		Action: e.GetAction(), ActingFor: e.GetActingFor(), Team: e.GetTeam(), Subjects: append([]string{}, e.GetSubjects()...),
		SubjectsSize: e.GetSubjectsSize(), RequestID: e.GetRequestId(), Outcome: e.GetOutcome(),
	}
}
