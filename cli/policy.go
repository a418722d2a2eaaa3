package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"opsreview"
	"opsreview/policy"
	pb "opsreview/proto/opsreview/v1"
)

func (a *app) policyCommand() *cobra.Command {
	return noun("policy", "The policy: its rules, how well they do, and whether a file is right",
		a.policyRulesCommand(), a.policyCheckCommand(), a.policyTestCommand(), a.policyDiffCommand(), a.policyFactsCommand())
}

func (a *app) policyRulesCommand() *cobra.Command {
	var scope scopeFlags
	var output string
	cmd := &cobra.Command{
		Use:   "rules",
		Short: "List the rules in force and how often people agreed with them",
		Long: `List the rules that suggest labels, in the order in which they count, with the pages of
the window for which they speak and how often they agreed with people's labels there.
Labels that accepted a suggestion do not count as agreement.`,
		Example: "  opsreview policy rules --team secrets --last 28d",
		Args:    args(cobra.NoArgs, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkOutput(output, asTable, asJSON); err != nil {
				return err
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.policies.ListRules(ctx, &pb.ListRulesRequest{Team: scope.team, Window: scope.selector()})
				if err != nil {
					return err
				}
				if output == asJSON {
					return printJSON(a.stdout, rulesToJSON(resp))
				}
				a.printRules(resp)
				return nil
			})
		},
	}
	scope.add(cmd)
	cmd.Flags().StringVarP(&output, "output", "o", asTable, "print as `FORM`: table or json")
	return cmd
}

func (a *app) policyFactsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "facts",
		Short: "List what the condition of a rule may read",
		Long: `List the facts of a page that the condition of a rule may read. A condition is CEL
(https://cel.dev) without loops; count(n, "page") writes "1 page" or "2 pages". A rule
that asks for an attribute which the page does not have does not speak.`,
		Example: "  opsreview policy facts",
		Args:    args(cobra.NoArgs, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			t := table{columns: []column{{head: "FACT"}, {head: "TYPE"}, {head: "MEANING", flex: true, min: 20}}}
			for _, f := range policy.FactNames() {
				t.row(f.Name, f.Type, f.Summary)
			}
			t.print(a.stdout, a.style(), "", widestTerminal)
			return nil
		},
	}
}

func (a *app) printRules(resp *pb.ListRulesResponse) {
	t := table{columns: []column{
		{head: "RULE"},
		{head: "SUGGESTS"},
		{head: "PAGES", right: true},
		{head: "AGREED"},
		{head: "95 %", drop: 2},
		{head: "CAUSE TOO", drop: 3},
		{head: "SPEAKS OF", flex: true, min: 20, drop: 1},
	}}
	for _, r := range resp.GetRules() {
		words := suggestionWords(&pb.Suggestion{Verdict: r.GetVerdict(), Cause: r.GetCause()})
		if r.GetVerdict() == pb.Verdict_VERDICT_UNSPECIFIED {
			words = "as labelled before"
		}
		agreed, interval := "–", ""
		if h := r.GetHitRate(); h != nil {
			agreed, interval = fmt.Sprintf("%d of %d", h.GetHits(), h.GetTotal()), fmt.Sprintf("%.0f–%.0f %%", 100*h.GetLow(), 100*h.GetHigh())
		}
		if r.GetUnreliable() {
			agreed += " unreliable"
		}
		cause := "–"
		if h := r.GetCauseHitRate(); h != nil {
			cause = fmt.Sprintf("%d of %d", h.GetHits(), h.GetTotal())
		}
		t.row(clean(r.GetId()), words, fmt.Sprint(r.GetPages()), agreed, interval, cause, bounded(r.GetSummary()))
	}
	t.print(a.stdout, a.style(), "", a.terminalWidth())
	writeLine(a.stdout, "")
	writeLine(a.stdout, fmt.Sprintf("%s, of which some rule speaks for %d (%s); %s", plural(resp.GetPages(), "page"), resp.GetPagesSuggested(),
		percent(resp.GetPagesSuggested(), resp.GetPages()), frameOf(resp.GetWindow(), resp.GetTimeZone())))
}

func (a *app) policyCheckCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "check FILE",
		Short:   "Say everything that is wrong with a policy file, with its place",
		Example: "  opsreview policy check policy.yaml",
		Args:    args(cobra.ExactArgs(1), "one file"),
		RunE: func(cmd *cobra.Command, files []string) error {
			return a.checkPolicy(cmd.Context(), files[0], false)
		},
	}
}

func (a *app) policyTestCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "test FILE",
		Short: "Try a policy file's rules on the cases beside them",
		Long: `Try the rules of a policy file, and those of the default that it keeps, on its cases:

cases:
  - name: a disk that clears by itself is noise
    page: {service: consul, urgency: high}
    timeline:
      - {at: 0s, kind: triggered}
      - {at: 20s, kind: notified, hours: sleep}
      - {at: 6m, kind: resolved, by: integration}
    want: self_resolved   # a rule's id, or none`,
		Example: "  opsreview policy test policy.yaml",
		Args:    args(cobra.ExactArgs(1), "one file"),
		RunE: func(cmd *cobra.Command, files []string) error {
			return a.checkPolicy(cmd.Context(), files[0], true)
		},
	}
}

func (a *app) checkPolicy(ctx context.Context, path string, cases bool) error {
	doc, err := a.policyDocument(path)
	if err != nil {
		return err
	}
	return a.withClient(ctx, func(ctx context.Context, c client) error {
		resp, err := c.policies.CheckPolicy(ctx, &pb.CheckPolicyRequest{Policy: doc, RunCases: cases})
		if err != nil {
			return err
		}
		for _, text := range append(resp.GetProblems(), resp.GetFailedCases()...) {
			writeLine(a.stderr, clean(text))
		}
		failed := len(resp.GetFailedCases())
		switch {
		case len(resp.GetProblems()) > 0:
			return saidError{opsreview.Errorf(opsreview.Invalid, "the policy is wrong")}
		case failed > 0:
			writeLine(a.stdout, fmt.Sprintf("%d of %s failed", failed, plural(resp.GetCases(), "case")))
			return saidError{errors.New("cases failed")}
		case cases:
			writeLine(a.stdout, fmt.Sprintf("%s passed, of %s", plural(resp.GetCases(), "case"), plural(resp.GetRules(), "rule")))
		default:
			writeLine(a.stdout, fmt.Sprintf("the policy is right: %s, %s", plural(resp.GetRules(), "rule"), plural(resp.GetCases(), "case")))
		}
		return nil
	})
}

// maxPolicy is how much of a policy file is read. The server refuses less.
const maxPolicy = 1 << 20

// policyDocument reads a policy file; "-" reads standard input.
func (a *app) policyDocument(path string) (*pb.PolicyDocument, error) {
	in := a.stdin
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			code := opsreview.Invalid
			if errors.Is(err, fs.ErrNotExist) {
				code = opsreview.NotFound
			}
			return nil, opsreview.Wrapf(err, code, "the policy file %q cannot be read", path)
		}
		defer file.Close() //nolint:errcheck // it is only read
		in = file
	}
	data, err := io.ReadAll(io.LimitReader(in, maxPolicy))
	if err != nil {
		return nil, opsreview.Wrapf(err, opsreview.Invalid, "the policy file %q cannot be read", path)
	}
	if len(data) == 0 {
		data = []byte("\n") // An empty document is the default; no document is the policy in force.
	}
	return &pb.PolicyDocument{Name: path, Content: data}, nil
}

func (a *app) policyDiffCommand() *cobra.Command {
	var scope scopeFlags
	var output string
	cmd := &cobra.Command{
		Use:   "diff [OLD] NEW",
		Short: "Say for which pages of a window two policies suggest different things",
		Long:  "Replay two policy files over the stored pages of a window. Without OLD the policy in\nforce is compared with NEW.",
		Example: `  opsreview policy diff policy.yaml --team secrets --last 28d
  opsreview policy diff old.yaml new.yaml`,
		Args: args(cobra.RangeArgs(1, 2), "one file or two"),
		RunE: func(cmd *cobra.Command, files []string) error {
			if err := checkOutput(output, asTable, asJSON); err != nil {
				return err
			}
			req := &pb.DiffPoliciesRequest{Team: scope.team, Window: scope.selector()}
			var err error
			if req.New, err = a.policyDocument(files[len(files)-1]); err != nil {
				return err
			}
			if len(files) == 2 {
				if req.Old, err = a.policyDocument(files[0]); err != nil {
					return err
				}
			}
			return a.diffPolicies(cmd.Context(), req, output)
		},
	}
	scope.add(cmd)
	cmd.Flags().StringVarP(&output, "output", "o", asTable, "print as `FORM`: table or json")
	return cmd
}

func (a *app) diffPolicies(ctx context.Context, req *pb.DiffPoliciesRequest, output string) error {
	return a.withClient(ctx, func(ctx context.Context, c client) error {
		resp, err := c.policies.DiffPolicies(ctx, req)
		if err != nil {
			return err
		}
		if output == asJSON {
			return printJSON(a.stdout, policyDiffToJSON(resp))
		}
		a.printPolicyDiff(resp)
		return nil
	})
}

func (a *app) printPolicyDiff(resp *pb.DiffPoliciesResponse) {
	words := func(s *pb.Suggestion) string {
		if s == nil {
			return "nothing"
		}
		return suggestionWords(s) + " (" + clean(s.GetRule()) + ")"
	}
	if len(resp.GetChanges()) > 0 {
		t := table{columns: []column{
			{head: "PAGE"},
			{head: "BEFORE", flex: true, min: 12},
			{head: "AFTER", flex: true, min: 12},
			{head: "LABEL", flex: true, min: 8, drop: 1},
			{head: "TITLE", flex: true, min: 16, drop: 2},
		}}
		for _, c := range resp.GetChanges() {
			label := "–"
			if c.GetLabel() != nil {
				label = suggestionWords(&pb.Suggestion{Verdict: c.GetLabel().GetVerdict(), Cause: c.GetLabel().GetCause()})
			}
			t.row(clean(c.GetPage()), words(c.GetOld()), words(c.GetNew()), label, clean(c.GetTitle()))
		}
		t.print(a.stdout, a.style(), "", a.terminalWidth())
		writeLine(a.stdout, "")
	}
	writeLine(a.stdout, fmt.Sprintf("%d of %s changed; %s", len(resp.GetChanges()), plural(resp.GetPages(), "page"), frameOf(resp.GetWindow(), resp.GetTimeZone())))
}

// ruleJSON is a rule and how it did.
type ruleJSON struct {
	ID           string       `json:"id"`
	Verdict      string       `json:"verdict,omitempty"`
	Cause        string       `json:"cause,omitempty"`
	Summary      string       `json:"summary"`
	When         string       `json:"when"`
	Pages        int32        `json:"pages"`
	HitRate      *hitRateJSON `json:"hit_rate,omitempty"`
	CauseHitRate *hitRateJSON `json:"cause_hit_rate,omitempty"`
	Unreliable   bool         `json:"unreliable,omitempty"`
}

// rulesJSON is what policy rules -o json prints.
type rulesJSON struct {
	Window    windowJSON `json:"window"`
	TimeZone  string     `json:"time_zone"`
	Pages     int32      `json:"pages"`
	Suggested int32      `json:"pages_suggested"`
	Rules     []ruleJSON `json:"rules"`
}

func rulesToJSON(resp *pb.ListRulesResponse) rulesJSON {
	out := rulesJSON{
		Window: windowToJSON(resp.GetWindow()), TimeZone: resp.GetTimeZone(), Pages: resp.GetPages(),
		Suggested: resp.GetPagesSuggested(), Rules: []ruleJSON{},
	}
	for _, r := range resp.GetRules() {
		out.Rules = append(out.Rules, ruleJSON{
			ID: r.GetId(), Verdict: enumWord(r.GetVerdict().String(), "VERDICT_"), Cause: r.GetCause(), Summary: r.GetSummary(), When: r.GetWhen(),
			Pages: r.GetPages(), HitRate: hitRateToJSON(r.GetHitRate()), CauseHitRate: hitRateToJSON(r.GetCauseHitRate()), Unreliable: r.GetUnreliable(),
		})
	}
	return out
}

// policyChangeJSON is a page for which two policies suggest different things.
type policyChangeJSON struct {
	Page  string          `json:"page"`
	Title string          `json:"title"`
	Old   *suggestionJSON `json:"old,omitempty"`
	New   *suggestionJSON `json:"new,omitempty"`
	Label *labelJSON      `json:"label,omitempty"`
}

// policyDiffJSON is what policy diff -o json prints.
type policyDiffJSON struct {
	Window   windowJSON         `json:"window"`
	TimeZone string             `json:"time_zone"`
	Pages    int32              `json:"pages"`
	Changes  []policyChangeJSON `json:"changes"`
}

func policyDiffToJSON(resp *pb.DiffPoliciesResponse) policyDiffJSON {
	out := policyDiffJSON{
		Window: windowToJSON(resp.GetWindow()), TimeZone: resp.GetTimeZone(), Pages: resp.GetPages(), Changes: []policyChangeJSON{},
	}
	for _, c := range resp.GetChanges() {
		out.Changes = append(out.Changes, policyChangeJSON{
			Page: c.GetPage(), Title: c.GetTitle(), Old: suggestionToJSON(c.GetOld()), New: suggestionToJSON(c.GetNew()), Label: labelToJSON(c.GetLabel()),
		})
	}
	return out
}
