package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	pb "opsreview/proto/opsreview/v1"
)

func (a *app) teamCommand() *cobra.Command {
	return noun("team", "Teams and the people in them", a.teamListCommand(), a.teamPeopleCommand())
}

type teamJSON struct {
	Name       string   `json:"name"`
	TimeZone   string   `json:"time_zone,omitempty"`
	Services   []string `json:"services"`
	Configured bool     `json:"configured"`
}

func (a *app) teamListCommand() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the teams that --team knows",
		Example: "  opsreview team list",
		Args:    args(cobra.NoArgs, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkOutput(output, asTable, asJSON); err != nil {
				return err
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.teams.ListTeams(ctx, &pb.ListTeamsRequest{})
				if err != nil {
					return err
				}
				return a.printTeams(resp.GetTeams(), output)
			})
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", asTable, "print as `FORM`: table or json")
	return cmd
}

func (a *app) printTeams(teams []*pb.Team, output string) error {
	if output == asJSON {
		out := make([]teamJSON, len(teams))
		for i, t := range teams {
			out[i] = teamJSON{Name: t.GetDisplayName(), TimeZone: t.GetTimeZone(), Services: append([]string{}, t.GetServices()...), Configured: t.GetConfigured()}
		}
		return printJSON(a.stdout, out)
	}
	if len(teams) == 0 {
		writeLine(a.stdout, "no teams: write some in opsreview.yaml, or sync a source that has them")
		return nil
	}
	t := table{columns: []column{{head: "TEAM", flex: true}, {head: "ZONE"}, {head: "FROM"}, {head: "SERVICES", flex: true, min: 20}}}
	for _, team := range teams {
		from := "source"
		if team.GetConfigured() {
			from = "configuration"
		}
		t.row(clean(team.GetDisplayName()), clean(team.GetTimeZone()), from, clean(strings.Join(team.GetServices(), ", ")))
	}
	t.print(a.stdout, a.style(), "", a.terminalWidth())
	return nil
}

func (a *app) teamPeopleCommand() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:     "people",
		Short:   "List everybody who can be or was paged, with their time zones",
		Example: "  opsreview team people",
		Args:    args(cobra.NoArgs, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkOutput(output, asTable, asJSON); err != nil {
				return err
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.teams.ListPeople(ctx, &pb.ListPeopleRequest{})
				if err != nil {
					return err
				}
				return a.printPeople(resp.GetPeople(), output)
			})
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", asTable, "print as `FORM`: table or json")
	return cmd
}

func (a *app) printPeople(list []*pb.Person, output string) error {
	if output == asJSON {
		out := make([]personJSON, len(list))
		for i, p := range list {
			out[i] = personToJSON(p)
		}
		return printJSON(a.stdout, out)
	}
	if len(list) == 0 {
		writeLine(a.stdout, "nobody yet: sync a source or import a file first")
		return nil
	}
	t := table{columns: []column{{head: "NAME", flex: true, min: 12}, {head: "ZONE"}, {head: "HOLIDAYS"}, {head: "RESPONDERS", flex: true, min: 12}}}
	for _, p := range list {
		name := clean(p.GetDisplayName())
		if p.GetDeleted() {
			name += " (gone)"
		}
		t.row(name, orElse(clean(p.GetTimeZone()), "unknown"), orElse(clean(p.GetHolidays()), "–"), clean(strings.Join(p.GetResponders(), " ")))
	}
	t.print(a.stdout, a.style(), "", a.terminalWidth())
	return nil
}
