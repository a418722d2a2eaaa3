package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/timestamppb"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
)

func (a *app) pageDisputesCommand() *cobra.Command {
	var scope scopeFlags
	var output, changedAfter string
	cmd := &cobra.Command{
		Use:   "disputes",
		Short: "List what people do not agree about: labels that differ, labels changed late",
		Example: `  # Last week's disagreements, to settle in the meeting.
  opsreview page disputes --team secrets

  # Labels that were changed since the meeting on Tuesday.
  opsreview page disputes --team secrets --week 2026-W46 --changed-after 2026-11-17T10:00`,
		Args: args(cobra.NoArgs, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkOutput(output, asTable, asJSON); err != nil {
				return err
			}
			req := &pb.ListDisputesRequest{Team: scope.team, Window: scope.selector()}
			if changedAfter != "" {
				at, err := parseTime(changedAfter)
				if err != nil {
					return usagef("--changed-after: %s", opsreview.ErrorMessage(err))
				}
				req.ChangedAfterTime = timestamppb.New(at)
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.pages.ListDisputes(ctx, req)
				if err != nil {
					return err
				}
				if output == asJSON {
					return printJSON(a.stdout, disputesToJSON(resp))
				}
				a.printDisputes(resp)
				return nil
			})
		},
	}
	scope.add(cmd)
	cmd.Flags().StringVar(&changedAfter, "changed-after", "", "list labels that replaced others after `TIME`, in UTC where it names no zone (default the end of the window)")
	cmd.Flags().StringVarP(&output, "output", "o", asTable, "print as `FORM`: table or json")
	return cmd
}

// parseTime reads a time as --from takes it; without a zone it is in UTC.
func parseTime(text string) (time.Time, error) {
	w, err := opsreview.WindowSpec{From: text, To: "9999-12-31"}.Resolve(time.Time{}, time.UTC)
	return w.Start, err
}

func (a *app) printDisputes(resp *pb.ListDisputesResponse) {
	f, s, width := frameOf(resp.GetWindow(), resp.GetTimeZone()), a.style(), a.terminalWidth()
	if len(resp.GetDisputes()) == 0 && len(resp.GetChanges()) == 0 {
		writeLine(a.stdout, "nobody disagrees about pages from "+f.String())
		return
	}
	writeLine(a.stdout, f.String())
	if len(resp.GetDisputes()) > 0 {
		writeLine(a.stdout, "")
		writeLine(a.stdout, s.bold("LABELLED DIFFERENTLY"))
	}
	for _, d := range resp.GetDisputes() {
		writeLine(a.stdout, "  "+fit(clean(d.GetMonitor())+"  "+clean(d.GetTitle()), width-2))
		for _, o := range opinions(d.GetLabels()) {
			writeWrapped(a.stdout, "    ", o.String(), width)
		}
	}
	if len(resp.GetChanges()) > 0 {
		writeLine(a.stdout, "")
		writeLine(a.stdout, s.bold("CHANGED LATE"))
	}
	for _, c := range resp.GetChanges() {
		writeLine(a.stdout, "  "+fit(clean(c.GetPage())+"  "+clean(c.GetTitle()), width-2))
		for _, l := range []*pb.Label{c.GetBefore(), c.GetAfter()} {
			writeWrapped(a.stdout, "    ", when(l.GetLabelTime().AsTime(), f.zone)+"  "+labelText(l), width)
		}
	}
}

// An opinion is what some people made of some pages of a monitor.
type opinion struct {
	words   string
	authors []string
	pages   []string
}

// opinions gathers labels by what they say, the verdict first, in order of the
// words.
func opinions(labels []*pb.MonitorLabel) []opinion {
	var all []opinion
	for _, l := range labels {
		words := strings.ReplaceAll(enumWord(l.GetLabel().GetVerdict().String(), "VERDICT_"), "_", " ")
		if cause := l.GetLabel().GetCause(); cause != "" {
			words += ", " + clean(cause)
		}
		i := slices.IndexFunc(all, func(o opinion) bool { return o.words == words })
		if i < 0 {
			i, all = len(all), append(all, opinion{words: words})
		}
		if author := bounded(l.GetLabel().GetAuthor()); !slices.Contains(all[i].authors, author) {
			all[i].authors = append(all[i].authors, author)
		}
		all[i].pages = append(all[i].pages, clean(l.GetPage()))
	}
	slices.SortStableFunc(all, func(a, b opinion) int { return strings.Compare(a.words, b.words) })
	return all
}

// String returns "actionable, capacity: 2 pages by ada, bob: pd/Q1 pd/Q2".
func (o opinion) String() string {
	return fmt.Sprintf("%s: %s by %s: %s", o.words, plural(len(o.pages), "page"),
		strings.Join(some(o.authors, 10), ", "), strings.Join(some(o.pages, 3), " "))
}

// disputesJSON is what page disputes -o json prints.
type disputesJSON struct {
	Window   windowJSON        `json:"window"`
	TimeZone string            `json:"time_zone"`
	Disputes []disputeJSON     `json:"disputes"`
	Changes  []labelChangeJSON `json:"changes"`
}

type disputeJSON struct {
	Monitor string             `json:"monitor"`
	Title   string             `json:"title"`
	Labels  []monitorLabelJSON `json:"labels"`
}

type labelChangeJSON struct {
	Page   string     `json:"page"`
	Title  string     `json:"title"`
	Before *labelJSON `json:"before"`
	After  *labelJSON `json:"after"`
}

func disputesToJSON(resp *pb.ListDisputesResponse) disputesJSON {
	out := disputesJSON{
		Window: windowToJSON(resp.GetWindow()), TimeZone: resp.GetTimeZone(), Disputes: []disputeJSON{}, Changes: []labelChangeJSON{},
	}
	for _, d := range resp.GetDisputes() {
		j := disputeJSON{Monitor: d.GetMonitor(), Title: d.GetTitle()}
		for _, l := range d.GetLabels() {
			j.Labels = append(j.Labels, monitorLabelJSON{Page: l.GetPage(), labelJSON: labelToJSON(l.GetLabel())})
		}
		out.Disputes = append(out.Disputes, j)
	}
	for _, c := range resp.GetChanges() {
		out.Changes = append(out.Changes, labelChangeJSON{Page: c.GetPage(), Title: c.GetTitle(), Before: labelToJSON(c.GetBefore()), After: labelToJSON(c.GetAfter())})
	}
	return out
}
