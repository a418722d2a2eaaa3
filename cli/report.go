package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "opsreview/proto/opsreview/v1"
)

// reportFormats are the forms of a review that the server renders as a
// document.
var reportFormats = map[string]pb.ReportFormat{
	asMarkdown: pb.ReportFormat_REPORT_FORMAT_MARKDOWN,
	asHTML:     pb.ReportFormat_REPORT_FORMAT_HTML,
}

// printReport prints a document as the server rendered it: what strangers wrote
// in it is escaped for its form.
func (a *app) printReport(ctx context.Context, c client, req *pb.RenderReviewRequest) error {
	resp, err := c.reviews.RenderReview(ctx, req)
	if err != nil {
		return err
	}
	_, err = a.stdout.Write(resp.GetContent())
	return err
}

func (a *app) reportCommand() *cobra.Command {
	return noun("report", "Reviews sent to a chat, by mail or to a command", a.reportListCommand(), a.reportSendCommand())
}

// reportJSON is one destination of report list -o json.
type reportJSON struct {
	Name      string     `json:"name"`
	Team      string     `json:"team,omitempty"`
	Kind      string     `json:"kind"`
	Schedule  string     `json:"schedule,omitempty"`
	TimeZone  string     `json:"time_zone"`
	Next      *time.Time `json:"next,omitempty"`
	LastDue   *time.Time `json:"last_due,omitempty"`
	LastState string     `json:"last_state,omitempty"`
	LastError string     `json:"last_error,omitempty"`
}

func (a *app) reportListCommand() *cobra.Command {
	var team, output string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List where reports go, when, and how the last one went",
		Long: `List the configured destinations of reports. A last report that is "intended" was
cut off while it was sent: nobody knows whether it arrived, and it is not sent again.`,
		Example: "  opsreview report list --team secrets",
		Args:    args(cobra.NoArgs, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkOutput(output, asTable, asJSON); err != nil {
				return err
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.reviews.ListReports(ctx, &pb.ListReportsRequest{Team: team})
				if err != nil {
					return err
				}
				return a.printReports(resp.GetReports(), output)
			})
		},
	}
	cmd.Flags().StringVar(&team, "team", "", "list those of `TEAM` only (default all)")
	cmd.Flags().StringVarP(&output, "output", "o", asTable, "print as `FORM`: table or json")
	return cmd
}

func (a *app) printReports(reports []*pb.ReportDestination, output string) error {
	if output == asJSON {
		out := make([]reportJSON, len(reports))
		for i, r := range reports {
			out[i] = reportJSON{
				Name: r.GetName(), Team: r.GetTeam(), Kind: r.GetKind(), Schedule: r.GetSchedule(), TimeZone: r.GetTimeZone(),
				Next: jsonTime(r.GetNextTime()), LastDue: jsonTime(r.GetLastDueTime()), LastState: r.GetLastState(), LastError: r.GetLastError(),
			}
		}
		return printJSON(a.stdout, out)
	}
	if len(reports) == 0 {
		writeLine(a.stdout, "no reports: write some under reports in opsreview.yaml")
		return nil
	}
	t := table{columns: []column{
		{head: "REPORT"}, {head: "TEAM", flex: true, min: 8}, {head: "KIND"}, {head: "SCHEDULE"}, {head: "NEXT"}, {head: "LAST"}, {head: "STATE", flex: true, min: 10},
	}}
	for _, r := range reports {
		zone, err := time.LoadLocation(r.GetTimeZone())
		if err != nil {
			zone = time.UTC
		}
		state := r.GetLastState()
		if r.GetLastError() != "" {
			state += ": " + r.GetLastError()
		}
		t.row(clean(r.GetName()), orDash(clean(r.GetTeam())), clean(r.GetKind()), orDash(clean(r.GetSchedule())),
			whenOrDash(r.GetNextTime(), zone), whenOrDash(r.GetLastDueTime(), zone), orDash(clean(state)))
	}
	t.print(a.stdout, a.style(), "", a.terminalWidth())
	return nil
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

func whenOrDash(t *timestamppb.Timestamp, zone *time.Location) string {
	if t == nil {
		return "–"
	}
	return when(t.AsTime(), zone)
}

// sentJSON is one destination of report send -o json.
type sentJSON struct {
	Destination string `json:"destination"`
	Kind        string `json:"kind"`
	Bytes       int32  `json:"bytes"`
	Sent        bool   `json:"sent"`
	Error       string `json:"error,omitempty"`
}

func (a *app) reportSendCommand() *cobra.Command {
	var scope scopeFlags
	var output string
	var dryRun, anonymous bool
	cmd := &cobra.Command{
		Use:   "send [NAME…]",
		Short: "Send reports to their configured destinations",
		Long: `Send the named reports, or all of the team's. Each destination gets the review of
its own team. The window is the destination's, else the last complete week, unless
flags say otherwise. Sending by hand changes nothing about the schedule.`,
		Example: `  # What would be sent where.
  opsreview report send --team secrets --dry-run

  # Once more, of a given week.
  opsreview report send chat --week 2026-W46`,
		RunE: func(cmd *cobra.Command, names []string) error {
			if err := checkOutput(output, asTable, asJSON); err != nil {
				return err
			}
			req := &pb.SendReportRequest{Team: scope.team, Window: scope.selector(), Destinations: names, ValidateOnly: dryRun, Anonymous: anonymous}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.reviews.SendReport(ctx, req)
				if err != nil {
					return err
				}
				return a.printSent(resp.GetSent(), output, dryRun)
			})
		},
	}
	scope.add(cmd)
	cmd.Flags().StringVarP(&output, "output", "o", asTable, "print as `FORM`: table or json")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "say what would be sent where, and send nothing")
	cmd.Flags().BoolVar(&anonymous, "anonymous", false, "leave the names of people out, as destinations can be configured to")
	return cmd
}

func (a *app) printSent(sent []*pb.SentReport, output string, dryRun bool) error {
	failed := false
	out := make([]sentJSON, len(sent))
	for i, s := range sent {
		failed = failed || s.GetError() != ""
		out[i] = sentJSON{
			Destination: s.GetDestination(), Kind: s.GetKind(), Bytes: s.GetContentBytes(),
			Sent: s.GetError() == "" && !dryRun, Error: s.GetError(),
		}
	}
	if output == asJSON {
		if err := printJSON(a.stdout, out); err != nil {
			return err
		}
	} else {
		a.printSentTable(out, dryRun)
	}
	if failed {
		return errPartly
	}
	return nil
}

func (a *app) printSentTable(sent []sentJSON, dryRun bool) {
	for _, s := range sent {
		verb := "sent"
		if dryRun {
			verb = "would send"
		}
		if s.Error != "" {
			writeLine(a.stderr, fmt.Sprintf("opsreview: %s: not sent: %s", clean(s.Destination), lines(s.Error)))
			continue
		}
		writeLine(a.stdout, fmt.Sprintf("%s %d bytes to %s (%s)", verb, s.Bytes, clean(s.Destination), clean(s.Kind)))
	}
}
