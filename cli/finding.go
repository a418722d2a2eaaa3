package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
)

func (a *app) findingCommand() *cobra.Command {
	return noun("finding", "What a review says needs work", a.findingListCommand())
}

func (a *app) findingListCommand() *cobra.Command {
	var scope scopeFlags
	var output string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List what a review says needs work, what harms users first",
		Long: `List what the review of a window says needs work: what harms users first, then the
dearest, with the numbers, what to do about it, and the key that stands for it every week.
"opsreview ticket plan" says what would be filed.`,
		Example: `  opsreview finding list --team secrets
  opsreview finding list --team secrets --week 2026-W46 -o json`,
		Args: args(cobra.NoArgs, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkOutput(output, asTable, asJSON, asCSV); err != nil {
				return err
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.findings.ListFindings(ctx, &pb.ListFindingsRequest{Team: scope.team, Window: scope.selector()})
				if err != nil {
					return err
				}
				return a.printFindingList(resp, scope.team, output)
			})
		},
	}
	scope.add(cmd)
	cmd.Flags().StringVarP(&output, "output", "o", asTable, "print as `FORM`: table, json or csv")
	return cmd
}

var findingCSVHead = []string{
	"key", "fingerprint", "kind", "category", "team", "service", "slo", "monitor", "title", "minutes_a_week", "pages", "remedy",
}

func (a *app) printFindingList(resp *pb.ListFindingsResponse, team, output string) error {
	switch output {
	case asJSON:
		return printJSON(a.stdout, findingListJSON{
			Window: windowToJSON(resp.GetWindow()), TimeZone: resp.GetTimeZone(), Findings: findingsToJSON(resp.GetFindings()),
		})
	case asCSV:
		rows := make([][]string, len(resp.GetFindings()))
		for i, f := range resp.GetFindings() {
			minutes := ""
			if f.Cost != nil {
				minutes = fmt.Sprintf("%.1f", f.GetCost())
			}
			rows[i] = []string{
				f.GetKey(), f.GetFingerprint(), f.GetKind(), f.GetCategory(), f.GetTeam(), f.GetService(), f.GetSlo(), f.GetMonitor(),
				f.GetTitle(), minutes, fmt.Sprint(len(f.GetPages())), f.GetRemedy(),
			}
		}
		return printCSV(a.stdout, findingCSVHead, rows)
	}
	s := a.style()
	a.indented(0, s.bold, "what needs work"+teamTitle(team))
	writeLine(a.stdout, frameOf(resp.GetWindow(), resp.GetTimeZone()).String())
	if len(resp.GetFindings()) == 0 {
		writeLine(a.stdout, "\n  nothing that the policy's rules look for")
		return nil
	}
	for i, f := range resp.GetFindings() {
		writeLine(a.stdout, "")
		a.printFinding(i+1, f, nil, len(f.GetEvidence()))
		if f.GetCostMethod() != "" {
			a.indented(workIndent, s.dim, "cost: "+bounded(f.GetCostMethod()))
		}
		a.indented(workIndent, s.dim, bounded(f.GetKey()))
	}
	return nil
}

// workIndent is how far in the lines below a finding's title begin.
const workIndent = 6

// printFinding prints a finding's cost, title and ticket, some of its numbers
// and what to do about it.
func (a *app) printFinding(n int, f *pb.Finding, filed *pb.Ticket, evidence int) {
	s, width := a.style(), a.terminalWidth()
	head := bounded(f.GetTitle())
	if c := costText(f); c != "" {
		head = c + ": " + head
	}
	if filed != nil {
		head += " [" + ticketMark(filed) + "]"
	}
	for i, line := range wrap(head, width-workIndent) {
		lead := strings.Repeat(" ", workIndent)
		if i == 0 {
			lead = fmt.Sprintf("  %2d. ", n)
		}
		writeLine(a.stdout, lead+line)
	}
	for _, text := range f.GetEvidence()[:min(evidence, len(f.GetEvidence()))] {
		a.indented(workIndent+2, nil, bounded(text))
	}
	if f.GetRemedy() != "" {
		a.indented(workIndent+2, s.bold, "→ "+bounded(f.GetRemedy()))
	}
}

// indented writes a text over as many lines as it needs, each so far in.
func (a *app) indented(indent int, paint func(string) string, text string) {
	for _, line := range wrap(text, a.terminalWidth()-max(indent, 1)) {
		if paint != nil {
			line = paint(line)
		}
		writeLine(a.stdout, strings.Repeat(" ", indent)+line)
	}
}

// costText is a finding's cost: "≈ 3.4 h/week", "" if nobody knows.
func costText(f *pb.Finding) string { return opsreview.CostText(f.GetCost()) }

// ticketMark names a ticket and tells where it stands, in a few words.
func ticketMark(t *pb.Ticket) string {
	return bounded(orElse(t.GetKey(), "no ticket yet")) + ", " + ticketStatus(t)
}

// ticketStatus is where a ticket stands: in the tracker's words where it is
// filed, and in this program's where it is not.
func ticketStatus(t *pb.Ticket) string {
	switch t.GetState() {
	case "filed":
		status := orElse(bounded(t.GetStatus()), orElse(clean(t.GetStatusCategory()), "filed"))
		if t.GetResolution() != "" && !strings.EqualFold(t.GetResolution(), t.GetStatus()) {
			status += " (" + bounded(t.GetResolution()) + ")"
		}
		return status
	case "suppressed":
		text := "won't fix"
		if t.GetSuppressEndTime() != nil {
			text += " until " + t.GetSuppressEndTime().AsTime().UTC().Format("2006-01-02")
		}
		return text
	case "creating":
		return "being filed, or cut off"
	}
	return clean(t.GetState())
}
