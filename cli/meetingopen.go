package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	pb "opsreview/proto/opsreview/v1"
)

func (a *app) meetingOpenCommand() *cobra.Command {
	var scope scopeFlags
	var m meetingFlags
	var facilitator, presenter string
	var early bool
	cmd := &cobra.Command{
		Use:   "open",
		Short: "Open the review of a window: freeze its facts by hash, and begin the minutes",
		Long: `Open the review of a window, and print its agenda. One that is open already is gone on
with, by whoever does so. While it is open everything shown is as it is at that moment; the
agenda says what has changed since it was opened. "review close" ends it, for ever.`,
		Example: `  opsreview review open --team secrets
  opsreview review open --team secrets --week 2026-W46 --facilitator Ada --presenter Bob`,
		Args: args(cobra.NoArgs, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkOutput(m.output, asTable, asJSON); err != nil {
				return err
			}
			req := &pb.OpenMeetingRequest{
				Team: scope.team, Window: scope.selector(), Author: a.whoSpeaks(&m), Facilitator: facilitator, Presenter: presenter, Early: early,
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error { return a.openMeeting(ctx, c, req, m.output) })
		},
	}
	scope.add(cmd)
	m.addWho(cmd, "opens it")
	m.addOutput(cmd, "table or json")
	cmd.Flags().StringVar(&facilitator, "facilitator", "", "`NAME` leads (default whoever opens it)")
	cmd.Flags().StringVar(&presenter, "presenter", "", "`NAME` presents")
	cmd.Flags().BoolVar(&early, "early", false, "open it although its window has not ended")
	return cmd
}

func (a *app) openMeeting(ctx context.Context, c client, req *pb.OpenMeetingRequest, output string) error {
	resp, err := c.meetings.OpenMeeting(ctx, req)
	if err != nil {
		return err
	}
	if output == asJSON {
		return printJSON(a.stdout, meetingOpenedJSON{Meeting: meetingToJSON(resp.GetMeeting()), Resumed: resp.GetResumed()})
	}
	now, err := c.meetings.GetMeeting(ctx, &pb.GetMeetingRequest{Name: resp.GetMeeting().GetId()})
	if err != nil {
		return err
	}
	if resp.GetResumed() {
		writeLine(a.stdout, "it was open already, and goes on")
	}
	a.printMeetingHead(now.GetMeeting())
	a.printAgenda(now, agendaShort)
	id := now.GetMeeting()
	writeLine(a.stdout, "")
	writeLine(a.stdout, "go through it: "+a.about("run", id))
	writeLine(a.stdout, "end it:        "+a.about("close", id))
	return nil
}

func (a *app) meetingStatusCommand() *cobra.Command {
	var m meetingFlags
	var section string
	var full bool
	cmd := &cobra.Command{
		Use:   "status [REVIEW]",
		Short: "Show where a review stands: its agenda, what was said, what is open",
		Long: `Show the agenda of a review, section by section. An open one is shown as it is at this moment,
with what has changed since it was opened; a closed one as its meeting saw it.`,
		Example: `  opsreview review status --team secrets
  opsreview review status --team secrets --section pages
  opsreview review status secrets/2026-W46 --full`,
		Args: oneReview(),
		RunE: func(cmd *cobra.Command, names []string) error {
			if err := checkOutput(m.output, asTable, asJSON); err != nil {
				return err
			}
			m.named(names)
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.meetings.GetMeeting(ctx, &pb.GetMeetingRequest{Name: m.name, Team: m.team})
				if err != nil {
					return err
				}
				return a.printMeetingStatus(resp, m.output, section, full)
			})
		},
	}
	m.addTeam(cmd)
	m.addOutput(cmd, "table or json")
	cmd.Flags().StringVar(&section, "section", "", "only the `SECTION`, whole: carried_over, budgets, pages, load, incidents, anomalies, toil, wins, failures, demos or actions")
	cmd.Flags().BoolVar(&full, "full", false, "show every section whole")
	oneOf(cmd, "section", "full")
	return cmd
}

func (a *app) printMeetingStatus(resp *pb.GetMeetingResponse, output, section string, full bool) error {
	if output == asJSON {
		return printJSON(a.stdout, agendaToJSON(resp))
	}
	if section != "" {
		var ids []string
		for i, s := range resp.GetAgenda().GetSections() {
			if s.GetId() == section {
				a.printSection(resp, i, agendaFull)
				return nil
			}
			ids = append(ids, s.GetId())
		}
		return usagef("--section %s: choose %s", clean(section), orList(ids))
	}
	form := agendaShort
	if full {
		form = agendaFull
	}
	a.printMeetingHead(resp.GetMeeting())
	a.printAgenda(resp, form)
	a.printSaid(resp)
	a.printGateLine(resp)
	return nil
}

// An agendaForm is how much of an agenda is printed.
type agendaForm int

const (
	agendaShort agendaForm = iota // a line a section
	agendaFull                    // all that a section says, and its points
)

// printAgenda prints every section of an agenda.
func (a *app) printAgenda(resp *pb.GetMeetingResponse, form agendaForm) {
	writeLine(a.stdout, "")
	for i := range resp.GetAgenda().GetSections() {
		a.printSection(resp, i, form)
	}
	if n := len(resp.GetAgenda().GetChanges()); n > 0 && form == agendaShort {
		a.indented(0, nil, plural(n, "change")+" since it was opened; "+a.about("diff", resp.GetMeeting())+" tells them")
	}
}

const sectionIndent = 22

// printSection prints one section, by its place in the agenda.
func (a *app) printSection(resp *pb.GetMeetingResponse, at int, form agendaForm) {
	s, style := resp.GetAgenda().GetSections()[at], a.style()
	title := fmt.Sprintf("%2d. %s", at+1, fit(strings.ToUpper(clean(s.GetTitle())), sectionIndent-5))
	text := bounded(s.GetSummary())
	if s.GetOpen() > 0 {
		text += fmt.Sprintf(" (%d open)", s.GetOpen())
	}
	for i, line := range wrap(text, a.terminalWidth()-sectionIndent) {
		lead := strings.Repeat(" ", sectionIndent)
		if i == 0 {
			lead = style.bold(title) + strings.Repeat(" ", max(1, sectionIndent-len([]rune(title))))
		}
		if s.GetOpen() > 0 {
			line = style.warn(line)
		}
		writeLine(a.stdout, lead+line)
	}
	if form == agendaShort {
		return
	}
	for _, line := range s.GetLines() {
		if !saidAgain(s, line) {
			writeWrapped(a.stdout, "      ", bounded(line), a.terminalWidth())
		}
	}
	for _, p := range s.GetPoints() {
		mark := "      "
		if p.GetOpen() {
			mark = "    ! "
		}
		a.hanging(mark, pointText(p))
	}
}

// saidAgain reports whether a point of the section says all that a line of it
// says, and what that is called in commands.
func saidAgain(s *pb.AgendaSection, line string) bool {
	if id := s.GetId(); id != "incidents" && id != "anomalies" {
		return false
	}
	return slices.ContainsFunc(s.GetPoints(), func(p *pb.AgendaPoint) bool {
		return p.GetText() != "" && strings.HasSuffix(line, p.GetTitle()+": "+p.GetText())
	})
}

// pointText says what a point is, where it stands and what it is called in
// commands.
func pointText(p *pb.AgendaPoint) string {
	text := bounded(orElse(p.GetTitle(), p.GetSubject()))
	if p.GetText() != "" {
		text += ": " + bounded(p.GetText())
	}
	if p.GetTicket() != "" && !strings.Contains(p.GetText(), p.GetTicket()) {
		text += ", " + bounded(p.GetTicket())
	}
	return text + "  [" + bounded(p.GetSubject()) + "]"
}

// printSaid prints what was written into the minutes, with the names by which
// it is taken back.
func (a *app) printSaid(resp *pb.GetMeetingResponse) {
	var t table
	t.columns = []column{{head: "SAID"}, {head: "SECTION", drop: 1}, {head: "TEXT", flex: true, min: 20}, {head: "BY", flex: true, min: 8}, {head: "ID"}}
	for _, i := range resp.GetAgenda().GetItems() {
		if i.GetWithdrawTime() != nil {
			continue
		}
		t.row(itemWord(i.GetKind()), clean(i.GetSection()), itemText(i, meetingFrame(resp.GetMeeting())), bounded(i.GetAuthor()), clean(i.GetId()))
	}
	if len(t.rows) == 0 {
		return
	}
	writeLine(a.stdout, "")
	t.print(a.stdout, a.style(), "", a.terminalWidth())
}

// printGateLine says what keeps an open review from being closed.
func (a *app) printGateLine(resp *pb.GetMeetingResponse) {
	if resp.GetMeeting().GetState() != meetingIsOpen {
		return
	}
	writeLine(a.stdout, "")
	n := len(resp.GetAgenda().GetOpen())
	if n == 0 {
		writeLine(a.stdout, "nothing keeps it from being closed: "+a.about("close", resp.GetMeeting()))
		return
	}
	writeLine(a.stdout, a.style().warn(plural(n, "open point")+" before it can be closed: "+a.about("close", resp.GetMeeting())+" --dry-run tells how to settle each"))
}

// meetingIsOpen is the state of a review that can be written into.
const meetingIsOpen = "open"

func (a *app) meetingHandOverCommand() *cobra.Command {
	var m meetingFlags
	var presenter string
	cmd := &cobra.Command{
		Use:     "hand-over NAME",
		Short:   "Let somebody else lead the open review from here on",
		Example: `  opsreview review hand-over Bob --team secrets`,
		Args:    args(cobra.ExactArgs(1), "the name of who leads from here on"),
		RunE: func(cmd *cobra.Command, names []string) error {
			if err := checkOutput(m.output, asTable, asJSON); err != nil {
				return err
			}
			req := &pb.UpdateMeetingRequest{Name: m.name, Facilitator: names[0], Presenter: presenter, Author: a.whoSpeaks(&m)}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error { return a.handOver(ctx, c, m, req) })
		},
	}
	m.addTeam(cmd)
	m.addName(cmd)
	m.addWho(cmd, "hands it over")
	m.addOutput(cmd, "table or json")
	cmd.Flags().StringVar(&presenter, "presenter", "", "and `NAME` presents")
	return cmd
}

func (a *app) handOver(ctx context.Context, c client, m meetingFlags, req *pb.UpdateMeetingRequest) error {
	now, err := c.meetings.GetMeeting(ctx, &pb.GetMeetingRequest{Name: m.name, Team: m.team})
	if err != nil {
		return err
	}
	was := now.GetMeeting()
	req.Name = was.GetId()
	resp, err := c.meetings.UpdateMeeting(ctx, req)
	if err != nil {
		return err
	}
	if m.output == asJSON {
		return printJSON(a.stdout, meetingToJSON(resp.GetMeeting()))
	}
	is := resp.GetMeeting()
	a.indented(0, nil, fmt.Sprintf("%s leads %s from here on", bounded(is.GetFacilitator()), clean(is.GetId())))
	if was.GetFacilitator() != "" && was.GetFacilitator() != is.GetFacilitator() {
		writeLine(a.stdout, "back to "+bounded(was.GetFacilitator())+": "+
			a.sayAgain("review hand-over "+shellWord(clean(was.GetFacilitator())), word{"review", is.GetId()}))
	}
	return nil
}
