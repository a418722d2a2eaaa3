package cli

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	pb "opsreview/proto/opsreview/v1"
)

// meetingCommands are the verbs of the review as a meeting.
func (a *app) meetingCommands() []*cobra.Command {
	return []*cobra.Command{
		a.meetingOpenCommand(), a.meetingRunCommand(),
		a.meetingNoteCommand(), a.meetingWinCommand(), a.meetingFailureCommand(), a.meetingDemoCommand(), a.meetingActionCommand(),
		a.meetingAttendedCommand(), a.meetingHandOverCommand(), a.meetingWaiveCommand(), a.meetingWaiversCommand(),
		a.meetingStatusCommand(), a.meetingCloseCommand(), a.meetingDiffCommand(),
		a.meetingListCommand(), a.meetingTrendsCommand(), a.meetingPickCommand(), a.meetingMinutesCommand(), a.meetingPostCommand(),
	}
}

// meetingFlags say which review is meant, and who speaks.
type meetingFlags struct {
	team   string
	name   string
	author string
	output string
}

// addWho adds the flags of a command that changes a review.
func (m *meetingFlags) addWho(cmd *cobra.Command, what string) {
	cmd.Flags().StringVar(&m.author, "author", "", "who "+what+", `NAME` (default the name of the account)")
}

func (m *meetingFlags) addTeam(cmd *cobra.Command) {
	cmd.Flags().StringVar(&m.team, "team", "", "the review of `TEAM` (default everybody's)")
}

func (m *meetingFlags) addOutput(cmd *cobra.Command, forms string) {
	cmd.Flags().StringVarP(&m.output, "output", "o", asTable, "print as `FORM`: "+forms)
}

// named takes the review that the command line names, at most one.
func (m *meetingFlags) named(names []string) {
	if len(names) > 0 {
		m.name = names[0]
	}
}

// oneReview allows the name of one review, or none.
func oneReview() cobra.PositionalArgs {
	return args(cobra.MaximumNArgs(1), `the name of one review, such as secrets/2026-W46, or none for the team's latest one`)
}

// whoSpeaks is the author of what is said in a review.
func (a *app) whoSpeaks(m *meetingFlags) string { return a.authorOf(choiceFlags{author: m.author}) }

// A word is one flag of a command line that a person may copy.
type word struct{ flag, value string }

// sayAgain is a command line of this program for the same facts: with the
// configuration, the database or the server of this run.
func (a *app) sayAgain(verb string, words ...word) string {
	line := []string{"opsreview " + verb}
	for _, w := range append(words, word{"config", a.configPath}, word{"db", a.dbPath}, word{"server", a.serverAddr}) {
		if w.value != "" {
			line = append(line, "--"+w.flag+" "+shellWord(clean(w.value)))
		}
	}
	return strings.Join(line, " ")
}

// about is the command line of a verb for one review.
func (a *app) about(verb string, m *pb.Meeting) string {
	return a.sayAgain("review " + verb + " " + shellWord(clean(m.GetId())))
}

func meetingFrame(m *pb.Meeting) frame { return frameOf(m.GetWindow(), m.GetTimeZone()) }

// printMeetingHead says which review it is and who leads it.
func (a *app) printMeetingHead(m *pb.Meeting) {
	f := meetingFrame(m)
	title := "review" + teamTitle(m.GetTeam())
	if m.GetWeek() != "" {
		title += ", " + clean(m.GetWeek())
	}
	writeLine(a.stdout, a.style().bold(title)+"  "+clean(m.GetState()))
	writeLine(a.stdout, f.String())
	text := fmt.Sprintf("%s: opened by %s, %s", clean(m.GetId()), bounded(orElse(m.GetOpenedBy(), "somebody")), when(m.GetOpenTime().AsTime(), f.zone))
	if m.GetCloseTime() != nil {
		text += fmt.Sprintf("; closed by %s, %s", bounded(orElse(m.GetClosedBy(), "somebody")), when(m.GetCloseTime().AsTime(), f.zone))
	}
	a.indented(0, nil, text)
	var roles []string
	if m.GetFacilitator() != "" {
		roles = append(roles, bounded(m.GetFacilitator())+" leads")
	}
	if m.GetPresenter() != "" {
		roles = append(roles, bounded(m.GetPresenter())+" presents")
	}
	if len(roles) > 0 {
		a.indented(0, nil, strings.Join(roles, ", "))
	}
	if m.GetForced() != "" {
		a.indented(0, a.style().warn, fmt.Sprintf("closed in spite of %s: %s", plural(len(m.GetForcedOpen()), "open point"), bounded(m.GetForced())))
	}
}

func (a *app) meetingListCommand() *cobra.Command {
	var m meetingFlags
	var limit int32
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List reviews that were held, newest first",
		Example: `  opsreview review list --team secrets
  opsreview review list -o csv`,
		Args: args(cobra.NoArgs, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkOutput(m.output, asTable, asJSON, asCSV); err != nil {
				return err
			}
			if limit < 1 {
				return usagef("--limit %d is not a number of reviews", limit)
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error { return a.listMeetings(ctx, c, m, limit) })
		},
	}
	m.addTeam(cmd)
	m.addOutput(cmd, "table, json or csv")
	cmd.Flags().Int32Var(&limit, "limit", 20, "the last `N` reviews")
	return cmd
}

func (a *app) listMeetings(ctx context.Context, c client, m meetingFlags, limit int32) error {
	req := &pb.ListMeetingsRequest{Team: m.team, PageSize: min(limit, 1000)}
	var all []*pb.Meeting
	for {
		resp, err := c.meetings.ListMeetings(ctx, req)
		if err != nil {
			return err
		}
		all = append(all, resp.GetMeetings()...)
		if req.PageToken = resp.GetNextPageToken(); req.PageToken == "" || len(all) >= int(limit) {
			break
		}
	}
	all = all[:min(len(all), int(limit))]
	switch m.output {
	case asJSON:
		out := make([]meetingJSON, len(all))
		for i, x := range all {
			out[i] = meetingToJSON(x)
		}
		return printJSON(a.stdout, out)
	case asCSV:
		return printCSV(a.stdout, []string{"id", "team", "week", "start", "end", "state", "facilitator", "presenter", "opened_by", "closed_by", "forced"}, meetingRows(all))
	}
	if len(all) == 0 {
		writeLine(a.stdout, "no review was held yet: "+a.sayAgain("review open", word{"team", m.team})+" opens the first")
		return nil
	}
	t := table{columns: []column{
		{head: "REVIEW"}, {head: "WINDOW", drop: 1}, {head: "STATE"}, {head: "LED BY", flex: true, min: 8}, {head: "PRESENTED BY", flex: true, min: 8, drop: 2},
	}}
	for _, x := range all {
		state := clean(x.GetState())
		if x.GetForced() != "" {
			state += ", forced"
		}
		t.row(clean(x.GetId()), meetingFrame(x).days(), state, bounded(orElse(x.GetFacilitator(), "–")), bounded(orElse(x.GetPresenter(), "–")))
	}
	t.print(a.stdout, a.style(), "", a.terminalWidth())
	return nil
}

// days is a window in short.
func (f frame) days() string {
	return f.start.Format("02 Jan") + " to " + f.end.Add(-1).Format("02 Jan 2006")
}

func meetingRows(all []*pb.Meeting) [][]string {
	var rows [][]string
	for _, x := range all {
		rows = append(rows, []string{
			x.GetId(), x.GetTeam(), x.GetWeek(), csvTime(x.GetWindow().GetStartTime()), csvTime(x.GetWindow().GetEndTime()), x.GetState(),
			x.GetFacilitator(), x.GetPresenter(), x.GetOpenedBy(), x.GetClosedBy(), x.GetForced(),
		})
	}
	return rows
}

func (a *app) meetingMinutesCommand() *cobra.Command {
	var m meetingFlags
	var anonymous bool
	cmd := &cobra.Command{
		Use:   "minutes [REVIEW]",
		Short: "Print the minutes of a review as a document",
		Long: `Print the minutes. Those of a closed review never change: their numbers are those that
the meeting saw. --anonymous leaves people's names out, for minutes that leave the team.`,
		Example: `  opsreview review minutes secrets/2026-W46 > 2026-W46.md
  opsreview review minutes --team secrets -o html --anonymous > minutes.html`,
		Args: oneReview(),
		RunE: func(cmd *cobra.Command, names []string) error {
			format, ok := reportFormats[m.output]
			if !ok {
				return checkOutput(m.output, asMarkdown, asHTML)
			}
			m.named(names)
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.meetings.RenderMinutes(ctx, &pb.RenderMinutesRequest{Name: m.name, Team: m.team, Format: format, Anonymous: anonymous})
				if err != nil {
					return err
				}
				_, err = a.stdout.Write(resp.GetContent())
				return err
			})
		},
	}
	m.addTeam(cmd)
	cmd.Flags().StringVarP(&m.output, "output", "o", asMarkdown, "print as `FORM`: markdown or html")
	cmd.Flags().BoolVar(&anonymous, "anonymous", false, "leave the names of people out")
	return cmd
}

func (a *app) meetingPostCommand() *cobra.Command {
	var m meetingFlags
	var to []string
	var anonymous, dryRun bool
	cmd := &cobra.Command{
		Use:   "post [REVIEW]",
		Short: "Send the minutes to configured destinations",
		Long: `Send the minutes to the destinations of the configuration's reports, or to those that --to
names: a Slack webhook, mail, or the standard input of a command.`,
		Example: `  opsreview review post --team secrets --dry-run
  opsreview review post secrets/2026-W46 --to chat --anonymous`,
		Args: oneReview(),
		RunE: func(cmd *cobra.Command, names []string) error {
			if err := checkOutput(m.output, asTable, asJSON); err != nil {
				return err
			}
			m.named(names)
			req := &pb.SendMinutesRequest{Name: m.name, Team: m.team, Destinations: to, Anonymous: anonymous, ValidateOnly: dryRun}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.meetings.SendMinutes(ctx, req)
				if err != nil {
					return err
				}
				if len(resp.GetSent()) == 0 && m.output == asTable {
					return usagef("no destination is configured for this team: write one under reports:")
				}
				return a.printSent(resp.GetSent(), m.output, dryRun)
			})
		},
	}
	m.addTeam(cmd)
	m.addOutput(cmd, "table or json")
	cmd.Flags().StringSliceVar(&to, "to", nil, "only the destination `NAME`; may be repeated")
	cmd.Flags().BoolVar(&anonymous, "anonymous", false, "leave the names of people out")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "say what would be sent where, and send nothing")
	return cmd
}

// newRequestID names one request, so that it is done once however often it is
// sent.
func newRequestID() string { return rand.Text() }
