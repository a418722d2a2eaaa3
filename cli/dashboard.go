package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	pb "opsreview/proto/opsreview/v1"
)

func (a *app) dashboardCommand() *cobra.Command {
	return noun("dashboard", "Dashboards, what of them is looked at, and how well they explain themselves", a.dashboardListCommand(), a.dashboardChartsCommand(), a.dashboardLintCommand())
}

// dashboardJSON is a dashboard as dashboard list -o json prints it.
type dashboardJSON struct {
	Source    string     `json:"source,omitempty"`
	UID       string     `json:"uid"`
	Title     string     `json:"title"`
	Folder    string     `json:"folder,omitempty"`
	URL       string     `json:"url,omitempty"`
	Origin    string     `json:"origin"`
	Panels    int32      `json:"panels"`
	Charts    int32      `json:"charts"`
	UpdatedAt *time.Time `json:"updated_at,omitempty"`
}

func (a *app) dashboardListCommand() *cobra.Command {
	var team, output string
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the dashboards that are known, and how many of their panels are looked at",
		Example: `  opsreview dashboard list --team secrets`,
		Args:    args(cobra.NoArgs, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkOutput(output, asTable, asJSON, asCSV); err != nil {
				return err
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.dashboards.ListDashboards(ctx, &pb.ListDashboardsRequest{Team: team})
				if err != nil {
					return err
				}
				return a.printDashboards(resp.GetDashboards(), output)
			})
		},
	}
	cmd.Flags().StringVar(&team, "team", "", "those of `TEAM` only (default all)")
	cmd.Flags().StringVarP(&output, "output", "o", asTable, "print as `FORM`: table, json or csv")
	return cmd
}

func (a *app) printDashboards(all []*pb.Dashboard, output string) error {
	switch output {
	case asJSON:
		out := make([]dashboardJSON, len(all))
		for i, d := range all {
			out[i] = dashboardJSON{
				Source: d.GetSource(), UID: d.GetUid(), Title: d.GetTitle(), Folder: d.GetFolder(), URL: d.GetUrl(), Origin: d.GetOrigin(),
				Panels: d.GetPanels(), Charts: d.GetCharts(), UpdatedAt: jsonTime(d.GetUpdateTime()),
			}
		}
		return printJSON(a.stdout, out)
	case asCSV:
		rows := make([][]string, len(all))
		for i, d := range all {
			rows[i] = []string{d.GetSource(), d.GetUid(), d.GetTitle(), d.GetFolder(), d.GetUrl(), d.GetOrigin(), fmt.Sprint(d.GetPanels()), fmt.Sprint(d.GetCharts())}
		}
		return printCSV(a.stdout, []string{"source", "uid", "title", "folder", "url", "origin", "panels", "charts"}, rows)
	}
	if len(all) == 0 {
		writeLine(a.stdout, "no dashboard is known: name dashboards: in opsreview.yaml (docs/dashboards.md)")
		return nil
	}
	t := table{columns: []column{
		{head: "UID", flex: true, min: 12},
		{head: "TITLE", flex: true, min: 20},
		{head: "FOLDER", flex: true, drop: 2},
		{head: "PANELS", right: true},
		{head: "LOOKED AT", right: true},
		{head: "FROM", flex: true, min: 16, drop: 1},
	}}
	for _, d := range all {
		t.row(bounded(d.GetUid()), bounded(d.GetTitle()), bounded(d.GetFolder()), fmt.Sprint(d.GetPanels()), fmt.Sprint(d.GetCharts()), bounded(orElse(d.GetSource(), d.GetOrigin())))
	}
	t.print(a.stdout, a.style(), "", a.terminalWidth())
	return nil
}

func (a *app) dashboardChartsCommand() *cobra.Command {
	req := &pb.ListChartsRequest{}
	var output string
	cmd := &cobra.Command{
		Use:   "charts",
		Short: "List what is looked at, and what is not with the reason",
		Example: `  opsreview dashboard charts --team secrets
  opsreview dashboard charts --dashboard vault-overview -o json`,
		Args: args(cobra.NoArgs, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkOutput(output, asTable, asJSON, asCSV); err != nil {
				return err
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.dashboards.ListCharts(ctx, req)
				if err != nil {
					return err
				}
				return a.printCharts(resp.GetCharts(), output)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&req.Team, "team", "", "those of `TEAM` only (default all)")
	f.StringVar(&req.Dashboard, "dashboard", "", "those of the dashboard `UID` only")
	f.StringVarP(&output, "output", "o", asTable, "print as `FORM`: table, json or csv")
	return cmd
}

func (a *app) printCharts(all []*pb.Chart, output string) error {
	switch output {
	case asJSON:
		out := make([]chartJSON, len(all))
		for i, c := range all {
			out[i] = chartToJSON(c)
			series := c.GetSeries()
			out[i].Series = &series
		}
		return printJSON(a.stdout, out)
	case asCSV:
		rows := make([][]string, len(all))
		for i, c := range all {
			rows[i] = []string{c.GetKey(), c.GetTitle(), c.GetDashboard(), c.GetService(), c.GetTeam(), c.GetSource(), fmt.Sprint(c.GetSeries()), fmt.Sprint(c.GetLeftOut()), c.GetSkipped()}
		}
		return printCSV(a.stdout, []string{"key", "title", "dashboard", "service", "team", "source", "series", "left_out", "skipped"}, rows)
	}
	if len(all) == 0 {
		a.printNoCharts()
		return nil
	}
	t := table{columns: []column{
		{head: "CHART", flex: true, min: 18},
		{head: "TITLE", flex: true, min: 20},
		{head: "SERVICE", flex: true, drop: 2},
		{head: "SERIES", right: true},
		{head: "NOT LOOKED AT", flex: true, min: 20},
	}}
	for _, c := range all {
		t.row(bounded(c.GetKey()), bounded(c.GetTitle()), bounded(c.GetService()), fmt.Sprint(c.GetSeries()), chartProblem(c))
		if c.GetSkipped() != "" {
			t.mark()
		}
	}
	t.print(a.stdout, a.style(), "", a.terminalWidth())
	return nil
}

// chartProblem says what of a chart is not looked at, "" if everything is. A
// query may be right and answer nothing, for a name that is not exported.
func chartProblem(c *pb.Chart) string {
	if c.GetSkipped() != "" {
		return bounded(c.GetSkipped())
	}
	if n := c.GetLeftOut(); n > 0 {
		return fmt.Sprintf("%d more series than are looked at", n)
	}
	if c.GetSeries() == 0 {
		return "nothing is stored of it"
	}
	return ""
}
