package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	pb "opsreview/proto/opsreview/v1"
)

func (a *app) ticketCommand() *cobra.Command {
	return noun("ticket", "Findings as tickets in your tracker, each exactly once",
		a.ticketPlanCommand(), a.ticketFileCommand(), a.ticketListCommand(), a.ticketSyncCommand(), a.ticketAdoptCommand(),
		a.ticketResolveCommand(), a.ticketLogCommand(), a.ticketPlanSprintCommand())
}

// planFlags say which findings are filed.
type planFlags struct {
	scope  scopeFlags
	only   []string
	maxNew int32
	output string
}

func (p *planFlags) add(cmd *cobra.Command) {
	p.scope.add(cmd)
	f := cmd.Flags()
	f.StringSliceVar(&p.only, "only", nil, "only the finding with this `KEY` or fingerprint; may be repeated")
	f.Int32Var(&p.maxNew, "max-new", 0, "let the review file at most `N` new tickets in all, those first that matter most (default the configuration's)")
	f.StringVarP(&p.output, "output", "o", asTable, "print as `FORM`: table or json")
}

func (p *planFlags) check(cmd *cobra.Command) error {
	if cmd.Flags().Changed("max-new") && p.maxNew < 1 {
		return usagef("--max-new %d is not a number of tickets: leave it out for the configured one", p.maxNew)
	}
	return checkOutput(p.output, asTable, asJSON)
}

func (a *app) ticketPlanCommand() *cobra.Command {
	var p planFlags
	var verbose bool
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Say what filing would do, and ask nobody",
		Long: `Say for each finding of a review what "ticket file" would do about it, and why. Nothing is
sent. --verbose and -o json show exactly what would be.`,
		Example: `  opsreview ticket plan --team secrets
  opsreview ticket plan --team secrets --verbose
  opsreview ticket plan --team secrets --week 2026-W46 -o json`,
		Args: args(cobra.NoArgs, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := p.check(cmd); err != nil {
				return err
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.tickets.PlanTickets(ctx, &pb.PlanTicketsRequest{
					Team: p.scope.team, Window: p.scope.selector(), Only: p.only, MaxNew: p.maxNew,
				})
				if err != nil {
					return err
				}
				return a.printPlan(resp, p, verbose)
			})
		},
	}
	p.add(cmd)
	cmd.Flags().BoolVar(&verbose, "verbose", false, "show exactly what would be sent")
	return cmd
}

func (a *app) printPlan(resp *pb.PlanTicketsResponse, p planFlags, verbose bool) error {
	if p.output == asJSON {
		return printJSON(a.stdout, ticketPlanToJSON(resp))
	}
	a.indented(0, a.style().bold, "tickets for "+bounded(resp.GetTracker())+teamTitle(p.scope.team))
	if resp.GetWindow() != nil {
		writeLine(a.stdout, "from the review of "+frameOf(resp.GetWindow(), resp.GetTimeZone()).String())
	}
	if len(resp.GetSteps()) == 0 {
		writeLine(a.stdout, "\n  nothing needs work that the policy's rules look for")
		return nil
	}
	var rest []*pb.TicketStep
	for i, step := range resp.GetSteps() {
		if !acts(step) {
			rest = append(rest, step)
			continue
		}
		writeLine(a.stdout, "")
		a.printStep(i+1, step, verbose)
	}
	a.printRest(rest)
	writeLine(a.stdout, "")
	writeLine(a.stdout, planSum(resp.GetSteps()))
	a.printPlanCommand(resp, p)
	return nil
}

// printPlanCommand prints the command that does what a plan says, where there
// is something to do.
func (a *app) printPlanCommand(resp *pb.PlanTicketsResponse, p planFlags) {
	if !anythingToDo(resp.GetSteps()) {
		return
	}
	if !resp.GetConfirmed() {
		a.indented(0, nil, fmt.Sprintf("nobody has agreed yet that tickets are filed in %s; --confirm, once, is how", bounded(resp.GetTracker())))
	}
	writeLine(a.stdout, "  "+a.fileCommandLine(resp, p))
}

// fileCommandLine is the command that files what was planned: the same
// review's, also when it is typed a week later.
func (a *app) fileCommandLine(resp *pb.PlanTicketsResponse, p planFlags) string {
	words := []string{"opsreview ticket file"}
	flag := func(name, value string) {
		if value != "" {
			words = append(words, "--"+name+" "+shellWord(clean(value)))
		}
	}
	flag("config", a.configPath)
	flag("db", a.dbPath)
	flag("server", a.serverAddr)
	flag("team", p.scope.team)
	spec := p.scope.spec
	switch {
	case spec.Week != "":
		flag("week", spec.Week)
	case resp.GetWindow() != nil && resp.GetTimeZone() != "":
		f := frameOf(resp.GetWindow(), resp.GetTimeZone())
		flag("from", flagTime(f.start))
		flag("to", flagTime(f.end))
	default:
		flag("from", spec.From)
		flag("to", spec.To)
		flag("last", spec.Last)
	}
	for _, key := range p.only {
		flag("only", key)
	}
	if p.maxNew > 0 {
		flag("max-new", fmt.Sprint(p.maxNew))
	}
	if !resp.GetConfirmed() {
		words = append(words, "--confirm")
	}
	return strings.Join(words, " ")
}

// printStep prints what is planned for one finding.
func (a *app) printStep(n int, step *pb.TicketStep, verbose bool) {
	s, f := a.style(), step.GetFinding()
	head := stepWord(step)
	if c := costText(f); c != "" {
		head += "  " + c
	}
	head += "  " + bounded(f.GetTitle())
	for i, line := range wrap(head, a.terminalWidth()-workIndent) {
		lead := strings.Repeat(" ", workIndent)
		if i == 0 {
			lead = fmt.Sprintf("  %2d. ", n)
			line = s.bold(line)
		}
		writeLine(a.stdout, lead+line)
	}
	a.indented(workIndent, nil, bounded(step.GetReason()))
	a.indented(workIndent, s.dim, bounded(f.GetKey()))
	if t := step.GetTicket(); t.GetUrl() != "" {
		a.indented(workIndent, s.dim, bounded(t.GetUrl()))
	}
	if verbose && step.GetPreview() != "" {
		a.printPreview(step.GetPreview())
	}
}

// mostRest is how many findings are named about which nothing is done.
const mostRest = 20

// printRest prints the steps that do nothing, each with why, or once why where
// it is the same for several.
func (a *app) printRest(steps []*pb.TicketStep) {
	var reasons []string
	byReason := map[string][]*pb.TicketStep{}
	for _, step := range steps[:min(len(steps), mostRest)] {
		if byReason[step.GetReason()] == nil {
			reasons = append(reasons, step.GetReason())
		}
		byReason[step.GetReason()] = append(byReason[step.GetReason()], step)
	}
	if len(reasons) > 0 {
		writeLine(a.stdout, "")
		writeLine(a.stdout, a.style().bold("NOTHING TO DO NOW"))
	}
	for _, reason := range reasons {
		group := byReason[reason]
		if len(group) > 1 {
			a.indented(2, nil, bounded(reason))
		}
		for _, step := range group {
			text := bounded(step.GetFinding().GetTitle())
			if c := costText(step.GetFinding()); c != "" {
				text = c + "  " + text
			}
			writeLine(a.stdout, "  - "+fit(text, a.terminalWidth()-4))
		}
		if len(group) == 1 {
			a.indented(4, nil, bounded(reason))
		}
	}
	if n := len(steps) - mostRest; n > 0 {
		writeLine(a.stdout, a.style().dim(fmt.Sprintf("  and %d more: opsreview ticket plan -o json has them all", n)))
	}
}

// mostPreview is how many lines of what would be sent are printed. Trackers
// take no more than some tens of thousands of characters.
const mostPreview = 2000

// invisible keeps strangers' texts from being read as markup. It is sent, and
// would only be in the way of people.
const invisible = "\u2060"

// printPreview prints what would be sent, line by line, as it is but for what
// could harm a terminal and what nobody sees. -o json has it to the letter.
func (a *app) printPreview(text string) {
	writeLine(a.stdout, "")
	all := strings.Split(strings.TrimRight(strings.ReplaceAll(text, invisible, ""), "\n"), "\n")
	for _, line := range all[:min(len(all), mostPreview)] {
		writeLine(a.stdout, strings.TrimRight(strings.Repeat(" ", workIndent)+"| "+clean(line), " "))
	}
	if n := len(all) - mostPreview; n > 0 {
		writeLine(a.stdout, strings.Repeat(" ", workIndent)+"| and "+plural(n, "more line"))
	}
}

// stepWord is what a step does, and to which ticket.
func stepWord(step *pb.TicketStep) string {
	word := orElse(actionWord(step.GetAction()), "do nothing")
	if key := step.GetTicket().GetKey(); key != "" && step.GetAction() != pb.TicketAction_TICKET_ACTION_CREATE {
		word += " " + bounded(key)
	}
	return word
}

// planActions are the actions in the order in which they are counted.
var planActions = []struct {
	action pb.TicketAction
	words  string
}{
	{pb.TicketAction_TICKET_ACTION_CREATE, "to create"},
	{pb.TicketAction_TICKET_ACTION_NOTE, "to note"},
	{pb.TicketAction_TICKET_ACTION_REOPEN, "to reopen"},
	{pb.TicketAction_TICKET_ACTION_RECOVER, "to recover"},
	{pb.TicketAction_TICKET_ACTION_DEFER, "deferred"},
	{pb.TicketAction_TICKET_ACTION_SKIP, "left alone"},
}

// planSum counts steps by what they do.
func planSum(steps []*pb.TicketStep) string {
	counts := map[pb.TicketAction]int{}
	for _, s := range steps {
		counts[s.GetAction()]++
	}
	var parts []string
	for _, a := range planActions {
		if n := counts[a.action]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, a.words))
		}
	}
	return plural(len(steps), "finding") + ": " + strings.Join(parts, ", ")
}

// acts reports whether a step asks the tracker for anything.
func acts(step *pb.TicketStep) bool {
	switch step.GetAction() {
	case pb.TicketAction_TICKET_ACTION_CREATE, pb.TicketAction_TICKET_ACTION_NOTE, pb.TicketAction_TICKET_ACTION_REOPEN, pb.TicketAction_TICKET_ACTION_RECOVER:
		return true
	case pb.TicketAction_TICKET_ACTION_UNSPECIFIED, pb.TicketAction_TICKET_ACTION_SKIP, pb.TicketAction_TICKET_ACTION_DEFER:
	}
	return false
}

func anythingToDo(steps []*pb.TicketStep) bool {
	for _, s := range steps {
		if acts(s) {
			return true
		}
	}
	return false
}
