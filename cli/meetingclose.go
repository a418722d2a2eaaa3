package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	pb "opsreview/proto/opsreview/v1"
)

// errStaysOpen ends a close that was refused, after it has been said why.
var errStaysOpen = saidError{errors.New("the review stays open")}

func (a *app) meetingCloseCommand() *cobra.Command {
	var m meetingFlags
	var force string
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "close [REVIEW]",
		Short: "Close a review for ever, if nothing is left open",
		Long: `Close the minutes of a review. They never change after that: their numbers stay as the
meeting saw them, and "review diff" tells what has changed since.

It is refused, with status 1, while a page of the window has no label, or a page that was
not actionable or a breach has neither a ticket nor a waiver. Each is listed with the
commands that settle it. --force closes it all the same, and is recorded in the minutes.`,
		Example: `  opsreview review close --team secrets --dry-run
  opsreview review close --team secrets
  opsreview review close secrets/2026-W46 --force "the tracker is down; Ada files them tomorrow"`,
		Args: oneReview(),
		RunE: func(cmd *cobra.Command, names []string) error {
			if err := checkOutput(m.output, asTable, asJSON); err != nil {
				return err
			}
			if cmd.Flags().Changed("force") && strings.TrimSpace(force) == "" {
				return usagef("--force needs the reason, which the minutes record")
			}
			m.named(names)
			req := &pb.CloseMeetingRequest{
				Name: m.name, Team: m.team, ForceReason: strings.TrimSpace(force), ValidateOnly: dryRun, Author: a.whoSpeaks(&m), RequestId: newRequestID(),
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error { return a.closeMeeting(ctx, c, req, m.output) })
		},
	}
	m.addTeam(cmd)
	m.addWho(cmd, "closes it")
	m.addOutput(cmd, "table or json")
	cmd.Flags().StringVar(&force, "force", "", "close it in spite of what is open, for this `REASON`")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "say what is open, and close nothing")
	oneOf(cmd, "force", "dry-run")
	return cmd
}

func (a *app) closeMeeting(ctx context.Context, c client, req *pb.CloseMeetingRequest, output string) error {
	resp, err := c.meetings.CloseMeeting(ctx, req)
	if err != nil {
		return err
	}
	if output == asJSON {
		if err := printJSON(a.stdout, meetingClosedJSON{Closed: resp.GetClosed(), Meeting: meetingToJSON(resp.GetMeeting()), Open: openPointsToJSON(resp.GetOpen())}); err != nil {
			return err
		}
	} else {
		a.printClosed(resp, req.GetValidateOnly())
	}
	if !resp.GetClosed() && len(resp.GetOpen()) > 0 {
		return errStaysOpen
	}
	return nil
}

func (a *app) printClosed(resp *pb.CloseMeetingResponse, dryRun bool) {
	m := resp.GetMeeting()
	if resp.GetClosed() {
		a.indented(0, a.style().bold, "closed: "+clean(m.GetId()))
		if m.GetForced() != "" {
			a.indented(2, nil, fmt.Sprintf("in spite of %s, which the minutes record: %s", plural(len(m.GetForcedOpen()), "open point"), bounded(m.GetForced())))
		}
		writeLine(a.stdout, "the minutes never change now: "+a.about("minutes", m))
		writeLine(a.stdout, "what changes from here on:    "+a.about("diff", m))
		return
	}
	if len(resp.GetOpen()) == 0 {
		writeLine(a.stdout, "nothing keeps "+clean(m.GetId())+" from being closed: "+a.about("close", m))
		return
	}
	for i, o := range resp.GetOpen() {
		a.printOpenPoint(i+1, o, m)
	}
	writeLine(a.stdout, "")
	if dryRun {
		writeLine(a.stdout, plural(len(resp.GetOpen()), "open point")+" in "+clean(m.GetId()))
		return
	}
	fmt.Fprintf(a.stderr, "opsreview: %s stays open: settle the %s, or close it with --force REASON, which the minutes record\n",
		clean(m.GetId()), plural(len(resp.GetOpen()), "point"))
}

// printOpenPoint prints what keeps a review open, and what settles it.
func (a *app) printOpenPoint(n int, o *pb.OpenPoint, m *pb.Meeting) {
	a.hanging(fmt.Sprintf("%3d. ", n), bounded(orElse(o.GetTitle(), o.GetSubject()))+": "+bounded(o.GetText()))
	for _, line := range o.GetDo() {
		writeLine(a.stdout, "       "+a.remedy(line, o.GetSubject(), m))
	}
}

// hanging prints a text with a lead before its first line.
func (a *app) hanging(lead, text string) {
	for i, line := range wrap(text, a.terminalWidth()-len(lead)-2) {
		if i == 1 {
			lead = strings.Repeat(" ", len(lead)+2)
		}
		writeLine(a.stdout, lead+line)
	}
}

// remedy is a command that the server names, as it is typed here: for the same
// facts, team and window, and with the subject as one word of the shell.
func (a *app) remedy(line, subject string, m *pb.Meeting) string {
	line, ok := strings.CutPrefix(clean(line), "opsreview ")
	if !ok {
		return line
	}
	line = replaceWord(line, clean(subject), shellWord(clean(subject)))
	var words []word
	switch {
	case strings.Contains(line, " --team "):
	case strings.HasPrefix(line, "review waive"):
		words = []word{{"team", m.GetTeam()}}
	case strings.HasPrefix(line, "review "):
		words = []word{{"review", m.GetId()}}
	case strings.HasPrefix(line, "ticket "):
		f := meetingFrame(m)
		words = []word{{"team", m.GetTeam()}, {"from", flagTime(f.start)}, {"to", flagTime(f.end)}}
		if key, found := strings.CutPrefix(line, "ticket file --only "); found {
			line = "ticket file --only " + shellWord(strings.Trim(key, "'"))
		}
	}
	return a.sayAgain(line, words...)
}

// replaceWord replaces a word between spaces, or at the end.
func replaceWord(line, old, is string) string {
	if old == "" || strings.Contains(line, "'"+old+"'") {
		return line
	}
	if rest, ok := strings.CutSuffix(line, " "+old); ok {
		return rest + " " + is
	}
	return strings.Replace(line, " "+old+" ", " "+is+" ", 1)
}

func (a *app) meetingDiffCommand() *cobra.Command {
	var m meetingFlags
	cmd := &cobra.Command{
		Use:   "diff [REVIEW]",
		Short: "Tell what has changed since a review saw it",
		Long: `Tell what has changed since a closed review was closed, or an open one opened: pages that came
late, labels that were changed, numbers, tickets, definitions. The minutes stay as they are.`,
		Example: `  opsreview review diff secrets/2026-W46
  opsreview review diff --team secrets -o json`,
		Args: oneReview(),
		RunE: func(cmd *cobra.Command, names []string) error {
			if err := checkOutput(m.output, asTable, asJSON); err != nil {
				return err
			}
			m.named(names)
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.meetings.DiffMeeting(ctx, &pb.DiffMeetingRequest{Name: m.name, Team: m.team})
				if err != nil {
					return err
				}
				return a.printDiff(resp, m.output)
			})
		},
	}
	m.addTeam(cmd)
	m.addOutput(cmd, "table or json")
	return cmd
}

func (a *app) printDiff(resp *pb.DiffMeetingResponse, output string) error {
	m := resp.GetMeeting()
	if output == asJSON {
		return printJSON(a.stdout, meetingDiffJSON{Meeting: meetingToJSON(m), Changes: changesToJSON(resp.GetChanges())})
	}
	since := "it was closed"
	at := m.GetCloseTime()
	if m.GetState() == meetingIsOpen {
		since, at = "it was opened", m.GetOpenTime()
	}
	since += ", " + when(at.AsTime(), meetingFrame(m).zone)
	if len(resp.GetChanges()) == 0 {
		writeLine(a.stdout, fmt.Sprintf("%s: nothing has changed since %s", clean(m.GetId()), since))
		return nil
	}
	writeLine(a.stdout, fmt.Sprintf("%s: %s since %s", clean(m.GetId()), plural(len(resp.GetChanges()), "change"), since))
	for _, x := range resp.GetChanges() {
		writeWrapped(a.stdout, "  ", changeLine(x), a.terminalWidth())
	}
	if m.GetState() != meetingIsOpen {
		writeLine(a.stdout, "the minutes stay as the meeting saw it")
	}
	return nil
}

// changeLine is one change in words.
func changeLine(x *pb.MeetingChange) string {
	if x.GetText() != "" {
		return bounded(x.GetText())
	}
	return fmt.Sprintf("%s: was %s, is %s", bounded(x.GetSubject()), bounded(orElse(x.GetWas(), "nothing")), bounded(orElse(x.GetIs(), "nothing")))
}
