package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	pb "opsreview/proto/opsreview/v1"
)

func (a *app) monitorCommand() *cobra.Command {
	return noun("monitor", "What decided to page, what it cost, and how well it explains itself", a.monitorListCommand(), a.monitorShowCommand(), a.monitorLintCommand())
}

func (a *app) monitorListCommand() *cobra.Command {
	var scope scopeFlags
	var output string
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the monitors that paged in a window, dearest first",
		Example: `  opsreview monitor list --team secrets --last 4w`,
		Args:    args(cobra.NoArgs, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkOutput(output, asTable, asJSON, asCSV); err != nil {
				return err
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				return a.listMonitors(ctx, c, &pb.ListMonitorsRequest{Team: scope.team, Window: scope.selector(), PageSize: 1000}, output)
			})
		},
	}
	scope.add(cmd)
	cmd.Flags().StringVarP(&output, "output", "o", asTable, "print as `FORM`: table, json or csv")
	return cmd
}

// monitorListJSON is what monitor list -o json prints.
type monitorListJSON struct {
	Window   windowJSON    `json:"window"`
	TimeZone string        `json:"time_zone"`
	Monitors []monitorJSON `json:"monitors"`
}

func (a *app) listMonitors(ctx context.Context, c client, req *pb.ListMonitorsRequest, output string) error {
	var monitors []*pb.MonitorCost
	var last *pb.ListMonitorsResponse
	for {
		resp, err := c.monitors.ListMonitors(ctx, req)
		if err != nil {
			return err
		}
		monitors, last = append(monitors, resp.GetMonitors()...), resp
		if req.PageToken = resp.GetNextPageToken(); req.PageToken == "" {
			break
		}
	}
	switch output {
	case asJSON:
		out := monitorListJSON{Window: windowToJSON(last.GetWindow()), TimeZone: last.GetTimeZone(), Monitors: make([]monitorJSON, len(monitors))}
		for i, m := range monitors {
			out.Monitors[i] = monitorToJSON(m)
		}
		return printJSON(a.stdout, out)
	case asCSV:
		rows := make([][]string, len(monitors))
		for i, m := range monitors {
			in := m.GetInterruptions()
			rows[i] = []string{
				m.GetMonitor(), m.GetTitle(), m.GetServiceDisplayName(), fmt.Sprint(len(m.GetPages())), fmt.Sprint(total(in)),
				fmt.Sprint(in.GetSleep()), fmt.Sprintf("%.0f", m.GetEngaged().AsDuration().Seconds()), verdicts(m.GetOutcomes()),
			}
		}
		return printCSV(a.stdout, []string{"id", "title", "service", "pages", "interruptions", "sleep_interruptions", "engaged_seconds", "verdicts"}, rows)
	}
	f := frameOf(last.GetWindow(), last.GetTimeZone())
	if len(monitors) == 0 {
		writeLine(a.stdout, "no monitor paged from "+f.String())
		return nil
	}
	t := monitorTable(false)
	for _, m := range monitors {
		monitorRow(&t, m, false)
	}
	t.print(a.stdout, a.style(), "", a.terminalWidth())
	writeLine(a.stdout, "")
	writeLine(a.stdout, plural(int32(len(monitors)), "monitor")+"; "+f.String())
	return nil
}

func (a *app) monitorShowCommand() *cobra.Command {
	var scope scopeFlags
	var output string
	cmd := &cobra.Command{
		Use:     "show MONITOR",
		Short:   "Show one monitor with what it cost in a window",
		Example: `  opsreview monitor show m-0123456789ab --last 4w`,
		Args:    args(cobra.ExactArgs(1), "one monitor"),
		RunE: func(cmd *cobra.Command, monitors []string) error {
			if err := checkOutput(output, asTable, asJSON); err != nil {
				return err
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.monitors.GetMonitor(ctx, &pb.GetMonitorRequest{Name: monitors[0], Team: scope.team, Window: scope.selector()})
				if err != nil {
					return err
				}
				if output == asJSON {
					m := monitorToJSON(resp.GetMonitor())
					m.IdentifiedBy, m.FirstSeen, m.LastSeen = resp.GetIdentifiedBy(), jsonTime(resp.GetFirstSeenTime()), jsonTime(resp.GetLastSeenTime())
					m.WhatIfs = whatIfsToJSON(resp.GetWhatIfs())
					return printJSON(a.stdout, m)
				}
				a.printMonitor(resp)
				return nil
			})
		},
	}
	scope.add(cmd)
	cmd.Flags().StringVarP(&output, "output", "o", asTable, "print as `FORM`: table or json")
	return cmd
}

func (a *app) printMonitor(resp *pb.GetMonitorResponse) {
	m, f, in := resp.GetMonitor(), frameOf(resp.GetWindow(), resp.GetTimeZone()), resp.GetMonitor().GetInterruptions()
	writeLine(a.stdout, a.style().bold(bounded(m.GetTitle())))
	field := func(name, value string) { writeLine(a.stdout, fmt.Sprintf("  %-13s %s", name, value)) }
	field("monitor", m.GetMonitor()+", recognised by "+clean(resp.GetIdentifiedBy()))
	field("service", bounded(m.GetServiceDisplayName()))
	if resp.GetFirstSeenTime() != nil {
		field("seen", when(resp.GetFirstSeenTime().AsTime(), f.zone)+" to "+when(resp.GetLastSeenTime().AsTime(), f.zone))
	}
	field("window", f.String())
	field("pages", fmt.Sprintf("%d (%s)", len(m.GetPages()), orElse(verdicts(m.GetOutcomes()), "none")))
	field("interrupted", fmt.Sprintf("%s, %d in sleep hours", plural(total(in), "time"), in.GetSleep()))
	field("engaged", span(m.GetEngaged().AsDuration()))
	for _, cause := range slices.Sorted(maps.Keys(m.GetCauses())) {
		field("cause", fmt.Sprintf("%s, %s", clean(cause), plural(m.GetCauses()[cause], "page")))
	}
	for _, line := range wrap(strings.Join(cleanAll(some(m.GetPages(), 40)), " "), a.terminalWidth()-2) {
		writeLine(a.stdout, "  "+line)
	}
	a.printWhatIfs(resp)
}
