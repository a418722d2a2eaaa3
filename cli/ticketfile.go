package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	pb "opsreview/proto/opsreview/v1"
)

func (a *app) ticketFileCommand() *cobra.Command {
	var p planFlags
	var confirm, dryRun bool
	cmd := &cobra.Command{
		Use:   "file",
		Short: "File what a review found, and follow up on what was filed before",
		Long: `Do what "ticket plan" says, and tell each step as it is done. Running it again files
nothing twice: not after a crash, not after a lost answer, not from two machines.

The first time on a tracker it only says what it would do; --confirm agrees, once.
It stops between two steps, never within one, and goes on from there when it is run again.
The exit status is 1 if some step could not be done, and 4 if the tracker does not answer.`,
		Example: `  opsreview ticket file --team secrets --dry-run
  opsreview ticket file --team secrets --confirm
  opsreview ticket file --team secrets --max-new 3`,
		Args: args(cobra.NoArgs, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := p.check(cmd); err != nil {
				return err
			}
			req := &pb.FileTicketsRequest{
				Team: p.scope.team, Window: p.scope.selector(), Only: p.only, MaxNew: p.maxNew, Confirm: confirm, ValidateOnly: dryRun,
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				return a.fileTickets(ctx, c, req, p.output)
			})
		},
	}
	p.add(cmd)
	cmd.Flags().BoolVar(&confirm, "confirm", false, "agree that tickets are filed in this tracker; needed once")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "say what would be done, and do nothing")
	oneOf(cmd, "confirm", "dry-run")
	return cmd
}

// A filing is what came of filing so far.
type filing struct {
	tracker     string
	steps       []*pb.FileTicketsResponse
	finished    bool
	unconfirmed bool
}

// fileTickets files and tells each step as it is done or, as JSON, all at the
// end: those before it too where one fails.
func (a *app) fileTickets(ctx context.Context, c client, req *pb.FileTicketsRequest, output string) error {
	var f filing
	err := a.followFiling(ctx, c, req, output, &f)
	if output == asJSON {
		err = errors.Join(err, printJSON(a.stdout, f.toJSON(req.GetValidateOnly())))
	} else {
		a.printFiled(&f, req, err)
	}
	if err != nil {
		return err
	}
	if f.unconfirmed && !req.GetValidateOnly() {
		fmt.Fprintf(a.stderr, "opsreview: nothing was filed: nobody has agreed yet that tickets are filed in %s; the same command with --confirm agrees, once\n",
			bounded(f.tracker))
		return errPartly
	}
	if f.failed() > 0 {
		return errPartly
	}
	return nil
}

// followFiling notes what the server tells until it ends.
func (a *app) followFiling(ctx context.Context, c client, req *pb.FileTicketsRequest, output string, f *filing) error {
	stream, err := c.tickets.FileTickets(ctx, req)
	if err != nil {
		return err
	}
	for {
		msg, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		f.tracker = orElse(msg.GetTracker(), f.tracker)
		f.finished = f.finished || msg.GetFinished()
		f.unconfirmed = f.unconfirmed || msg.GetUnconfirmed()
		if msg.GetStep() == nil {
			continue
		}
		f.steps = append(f.steps, msg)
		if output == asTable {
			a.printDid(len(f.steps), msg)
		}
	}
}

// The outcomes of a step, in the API's words.
const (
	didPlanned = "planned"
	didDone    = "done"
)

// failed counts the steps that were to be done and were not.
func (f *filing) failed() int {
	n := 0
	for _, m := range f.steps {
		if m.GetOutcome() != didDone && m.GetOutcome() != didPlanned {
			n++
		}
	}
	return n
}

// printDid prints one step as it ends: what was done, to which ticket, where
// it is, and what went wrong.
func (a *app) printDid(n int, msg *pb.FileTicketsResponse) {
	step, t := msg.GetStep(), msg.GetTicket()
	if restful(msg) {
		return // told at the end, with the others
	}
	if msg.GetOutcome() == didPlanned {
		a.printStep(n, step, false)
		if msg.GetDetail() != step.GetReason() {
			a.printDetails(msg)
		}
		return
	}
	s := a.style()
	head := strings.TrimSpace(didWord(msg) + " " + bounded(t.GetKey()))
	paint := s.bold
	if msg.GetOutcome() != didDone {
		paint = s.warn
	}
	for i, line := range wrap(head+"  "+bounded(step.GetFinding().GetTitle()), a.terminalWidth()-workIndent) {
		lead := strings.Repeat(" ", workIndent)
		if i == 0 {
			lead = fmt.Sprintf("  %2d. ", n)
		}
		writeLine(a.stdout, lead+paint(line))
	}
	if t.GetUrl() != "" {
		writeLine(a.stdout, strings.Repeat(" ", workIndent)+bounded(t.GetUrl()))
	}
	a.printDetails(msg)
}

// printDetails prints what more there is to say of a step.
func (a *app) printDetails(msg *pb.FileTicketsResponse) {
	texts := []string{msg.GetError(), msg.GetDetail()}
	for _, text := range slices.Compact(texts) { // what a step says of itself is often why it failed
		if text != "" {
			a.indented(workIndent, nil, bounded(text))
		}
	}
	if all := msg.GetDuplicates(); len(all) > 0 {
		a.indented(workIndent, a.style().warn, "! other open tickets stand for it too: "+bounded(strings.Join(all, ", ")))
	}
}

// restful reports whether a step did nothing and was to do nothing.
func restful(msg *pb.FileTicketsResponse) bool {
	return msg.GetOutcome() == didPlanned && !acts(msg.GetStep())
}

// didWords are what was done, by action.
var didWords = map[pb.TicketAction]string{
	pb.TicketAction_TICKET_ACTION_CREATE:  "created",
	pb.TicketAction_TICKET_ACTION_NOTE:    "noted on",
	pb.TicketAction_TICKET_ACTION_REOPEN:  "reopened",
	pb.TicketAction_TICKET_ACTION_RECOVER: "recovered",
}

// restWords are what was not done, by action.
var restWords = map[pb.TicketAction]string{pb.TicketAction_TICKET_ACTION_DEFER: "deferred"}

func didWord(msg *pb.FileTicketsResponse) string {
	if msg.GetOutcome() == didDone {
		if word, ok := didWords[msg.GetStep().GetAction()]; ok {
			return word
		}
	}
	return strings.ToUpper(clean(msg.GetOutcome()))
}

// printFiled ends the list of steps with their number.
func (a *app) printFiled(f *filing, req *pb.FileTicketsRequest, err error) {
	if len(f.steps) == 0 {
		if err == nil {
			writeLine(a.stdout, "nothing needs work that the policy's rules look for")
		}
		return
	}
	var rest []*pb.TicketStep
	for _, m := range f.steps {
		if restful(m) {
			rest = append(rest, m.GetStep())
		}
	}
	a.printRest(rest)
	writeLine(a.stdout, "")
	if f.unconfirmed || req.GetValidateOnly() {
		steps := make([]*pb.TicketStep, len(f.steps))
		for i, m := range f.steps {
			steps[i] = m.GetStep()
		}
		writeLine(a.stdout, "nothing was done; "+planSum(steps))
		return
	}
	text := f.sum() + " in " + bounded(f.tracker)
	if err != nil {
		text += ", and then it ended early"
	}
	a.indented(0, nil, text)
}

// sum counts what was done.
func (f *filing) sum() string {
	counts := map[string]int{}
	for _, m := range f.steps {
		switch m.GetOutcome() {
		case didDone:
			counts[orElse(didWords[m.GetStep().GetAction()], didDone)]++
		case didPlanned:
			counts[orElse(restWords[m.GetStep().GetAction()], "left alone")]++
		default:
			counts[clean(m.GetOutcome())]++
		}
	}
	var parts []string
	for _, word := range []string{"created", "noted on", "reopened", "recovered", didDone, "rejected", "throttled", "uncertain", "deferred", "left alone"} {
		if counts[word] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[word], word))
		}
	}
	return strings.Join(parts, ", ")
}

func (f *filing) toJSON(dryRun bool) ticketFilingJSON {
	out := ticketFilingJSON{
		Tracker: f.tracker, DryRun: dryRun, Unconfirmed: f.unconfirmed, Finished: f.finished, Steps: make([]ticketDidJSON, len(f.steps)),
	}
	for i, m := range f.steps {
		out.Steps[i] = ticketDidJSON{
			Outcome: m.GetOutcome(), Detail: m.GetDetail(), Error: m.GetError(), Step: ticketStepToJSON(m.GetStep()), Ticket: ticketToJSON(m.GetTicket()),
			Duplicates: append([]string{}, m.GetDuplicates()...),
		}
	}
	return out
}
