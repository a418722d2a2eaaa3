package cli

import (
	"context"
	"crypto/rand"
	"fmt"
	"os/user"
	"strings"

	"github.com/spf13/cobra"

	pb "opsreview/proto/opsreview/v1"
)

// choiceFlags are how label and unlabel name pages: as arguments, or all pages
// of a monitor in a window.
type choiceFlags struct {
	scope   scopeFlags
	monitor string
	author  string
	dryRun  bool
	output  string
}

func (o *choiceFlags) add(cmd *cobra.Command) {
	o.scope.add(cmd)
	f := cmd.Flags()
	f.StringVar(&o.monitor, "monitor", "", "all pages of the monitor `ID` in the window, instead of naming pages")
	f.StringVar(&o.author, "author", "", "who gives the label, `NAME` (default the name of the account)")
	f.BoolVar(&o.dryRun, "dry-run", false, "say what would change, and change nothing")
	f.StringVarP(&o.output, "output", "o", asTable, "print as `FORM`: table or json")
}

func (o *choiceFlags) check(pages []string) error {
	if err := checkOutput(o.output, asTable, asJSON); err != nil {
		return err
	}
	if (len(pages) == 0) == (o.monitor == "") {
		return usagef("name pages, or --monitor ID for all of its pages in the window")
	}
	if o.monitor == "" && o.scope != (scopeFlags{}) {
		return usagef("--team, --week, --from, --to and --last go with --monitor")
	}
	return nil
}

// who is the author of a label: the flag, else the account's name.
func (o *choiceFlags) who() string {
	if o.author != "" {
		return o.author
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return ""
}

func (a *app) pageLabelCommand() *cobra.Command {
	var o choiceFlags
	var label pb.Label
	var actionable, notActionable, onlyUnlabelled, accept bool
	var actioned string
	cmd := &cobra.Command{
		Use:   "label [PAGE…]",
		Short: "Say whether pages were actionable, and why",
		Long: `Label pages. A cause says by itself whether the page was actionable; "page causes"
lists them. A label replaces the one before it, which stays in the history.
--accept-suggestion gives each page what policy suggests for it; the note then says so.`,
		Example: `  opsreview page label pd/Q3YON8WNWTZMRQ --cause service_issue --minutes 40
  opsreview page label 4411 4412 --not-actionable --cause self_resolved
  opsreview page label --monitor m-0123456789ab --team secrets --last 14d --cause threshold_wrong --only-unlabelled`,
		RunE: func(cmd *cobra.Command, pages []string) error {
			if err := o.check(pages); err != nil {
				return err
			}
			switch {
			case actionable:
				label.Verdict = pb.Verdict_VERDICT_ACTIONABLE
			case notActionable:
				label.Verdict = pb.Verdict_VERDICT_NOT_ACTIONABLE
			}
			answer, ok := answers[actioned]
			if !ok {
				return usagef("--actioned %s: choose yes or no", actioned)
			}
			label.Actioned, label.Author = answer, a.authorOf(o)
			req := &pb.LabelPagesRequest{
				Pages: pages, Monitor: o.monitor, Team: o.scope.team, Window: o.scope.selector(), Label: &label,
				OnlyUnlabelled: onlyUnlabelled, ValidateOnly: o.dryRun, RequestId: rand.Text(), AcceptSuggestions: accept,
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.pages.LabelPages(ctx, req)
				if err != nil {
					return err
				}
				return a.printChanged(o, "labelled", resp.GetChanged(), resp.GetUnchanged())
			})
		},
	}
	o.add(cmd)
	f := cmd.Flags()
	f.BoolVar(&actionable, "actionable", false, "there was something for the responder to do, now")
	f.BoolVar(&notActionable, "not-actionable", false, "there was not")
	f.BoolVar(&accept, "accept-suggestion", false, "give each page the verdict and cause that policy suggests for it")
	oneOf(cmd, "actionable", "not-actionable", "accept-suggestion")
	oneOf(cmd, "cause", "accept-suggestion")
	f.StringVar(&label.Cause, "cause", "", "why, as one of the `CAUSE`s of \"page causes\"")
	f.StringArrayVar(&label.Flags, "flag", nil, "what to improve, as one of the `FLAG`s of \"page causes\"; may be repeated")
	f.StringVar(&actioned, "actioned", "", "whether somebody did something: `ANSWER` yes or no (default what the timeline shows)")
	f.StringVar(&label.Note, "note", "", "a `TEXT` to keep with the label")
	f.Int32Var(&label.Minutes, "minutes", 0, "the work that it cost, in `MINUTES`")
	f.BoolVar(&onlyUnlabelled, "only-unlabelled", false, "leave pages that have a label as they are")
	return cmd
}

var answers = map[string]pb.Answer{
	"": pb.Answer_ANSWER_UNSPECIFIED, "yes": pb.Answer_ANSWER_YES, "no": pb.Answer_ANSWER_NO,
}

func (a *app) pageUnlabelCommand() *cobra.Command {
	var o choiceFlags
	var note string
	cmd := &cobra.Command{
		Use:     "unlabel [PAGE…]",
		Short:   "Take the labels of pages back; the history stays",
		Example: `  opsreview page unlabel pd/Q3YON8WNWTZMRQ --note "wrong page"`,
		RunE: func(cmd *cobra.Command, pages []string) error {
			if err := o.check(pages); err != nil {
				return err
			}
			req := &pb.UnlabelPagesRequest{
				Pages: pages, Monitor: o.monitor, Team: o.scope.team, Window: o.scope.selector(),
				Author: a.authorOf(o), Note: note, ValidateOnly: o.dryRun, RequestId: rand.Text(),
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.pages.UnlabelPages(ctx, req)
				if err != nil {
					return err
				}
				return a.printChanged(o, "unlabelled", resp.GetChanged(), resp.GetUnchanged())
			})
		},
	}
	o.add(cmd)
	cmd.Flags().StringVar(&note, "note", "", "why, as a `TEXT` to keep in the history")
	return cmd
}

// printChanged says what happened to pages, or would have.
func (a *app) printChanged(o choiceFlags, verb string, changed, unchanged []string) error {
	if o.output == asJSON {
		return printJSON(a.stdout, changedJSON{
			DryRun: o.dryRun, Changed: append([]string{}, changed...), Unchanged: append([]string{}, unchanged...),
		})
	}
	text := fmt.Sprintf("%s %s", plural(int32(len(changed)), "page"), verb)
	if o.dryRun {
		text = fmt.Sprintf("%s would be %s", plural(int32(len(changed)), "page"), verb)
	}
	if len(changed) > 0 {
		text += ": " + strings.Join(cleanAll(some(changed, 10)), " ")
	}
	if len(unchanged) > 0 {
		text += fmt.Sprintf("; %d left as they were", len(unchanged))
	}
	writeLine(a.stdout, text)
	return nil
}

func (a *app) pageCausesCommand() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:     "causes",
		Short:   "List the words that labels are made of",
		Example: "  opsreview page causes",
		Args:    args(cobra.NoArgs, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkOutput(output, asTable, asJSON); err != nil {
				return err
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.pages.GetVocabulary(ctx, &pb.GetVocabularyRequest{})
				if err != nil {
					return err
				}
				return a.printVocabulary(resp, output)
			})
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", asTable, "print as `FORM`: table or json")
	return cmd
}

type wordJSON struct {
	ID         string `json:"id"`
	Verdict    string `json:"verdict,omitempty"`
	Summary    string `json:"summary"`
	Deprecated bool   `json:"deprecated,omitempty"`
}

// vocabularyJSON is what page causes -o json prints.
type vocabularyJSON struct {
	Causes []wordJSON `json:"causes"`
	Flags  []wordJSON `json:"flags"`
}

func (a *app) printVocabulary(resp *pb.GetVocabularyResponse, output string) error {
	causes, flags := []wordJSON{}, []wordJSON{}
	for _, c := range resp.GetCauses() {
		causes = append(causes, wordJSON{ID: c.GetId(), Verdict: enumWord(c.GetVerdict().String(), "VERDICT_"), Summary: c.GetSummary(), Deprecated: c.GetDeprecated()})
	}
	for _, f := range resp.GetFlags() {
		flags = append(flags, wordJSON{ID: f.GetId(), Summary: f.GetSummary()})
	}
	if output == asJSON {
		return printJSON(a.stdout, vocabularyJSON{Causes: causes, Flags: flags})
	}
	t := table{columns: []column{{head: "VERDICT"}, {head: "CAUSE OR FLAG"}, {head: "MEANING", flex: true, min: 20}}}
	for _, c := range causes {
		if !c.Deprecated {
			t.row(strings.ReplaceAll(c.Verdict, "_", " "), clean(c.ID), clean(c.Summary))
		}
	}
	for _, f := range flags {
		t.row("flag", clean(f.ID), clean(f.Summary))
	}
	t.print(a.stdout, a.style(), "", widestTerminal) // a meaning that is cut explains nothing
	return nil
}
