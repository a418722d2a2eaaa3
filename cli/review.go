package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/spf13/cobra"

	pb "opsreview/proto/opsreview/v1"
)

func (a *app) reviewCommand() *cobra.Command {
	return noun("review", "The weekly review: its facts, and the meeting about them", append([]*cobra.Command{a.reviewShowCommand()}, a.meetingCommands()...)...)
}

// defaultMonitors is how many monitors the table of a review shows.
const defaultMonitors = 15

func (a *app) reviewShowCommand() *cobra.Command {
	var scope scopeFlags
	var output string
	var all, anonymous bool
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Show the review of a window: pages, monitors, responders, what to discuss",
		Example: `  # The last complete week of one team.
  opsreview review show --team secrets

  # A given week, for a program.
  opsreview review show --team secrets --week 2026-W46 -o json

  # One file with charts, to share.
  opsreview review show --team secrets -o html > review.html`,
		Args: args(cobra.NoArgs, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkOutput(output, asTable, asJSON, asMarkdown, asHTML); err != nil {
				return err
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				return a.showReview(ctx, c, &pb.PrepareReviewRequest{Team: scope.team, Window: scope.selector(), Anonymous: anonymous}, output, all)
			})
		},
	}
	scope.add(cmd)
	cmd.Flags().StringVarP(&output, "output", "o", asTable, "print as `FORM`: table, json, markdown or html")
	cmd.Flags().BoolVar(&all, "all", false, "show every monitor, not only the dearest")
	cmd.Flags().BoolVar(&anonymous, "anonymous", false, "leave the names of people out, and each one's load")
	return cmd
}

func (a *app) showReview(ctx context.Context, c client, req *pb.PrepareReviewRequest, output string, all bool) error {
	if format, ok := reportFormats[output]; ok {
		return a.printReport(ctx, c, &pb.RenderReviewRequest{Team: req.GetTeam(), Window: req.GetWindow(), Format: format, Anonymous: req.GetAnonymous()})
	}
	resp, err := c.reviews.PrepareReview(ctx, req)
	if err != nil {
		return err
	}
	if output == asJSON {
		return printJSON(a.stdout, reviewToJSON(resp.GetReview()))
	}
	a.printReview(resp.GetReview(), all)
	return nil
}

func (a *app) printReview(r *pb.Review, all bool) {
	s, width, f := a.style(), a.terminalWidth(), frameOf(r.GetWindow(), r.GetTimeZone())
	title := "operational review" + teamTitle(r.GetTeam())
	if r.GetWeek() != "" {
		title += ", " + r.GetWeek()
	}
	writeLine(a.stdout, s.bold(title))
	writeLine(a.stdout, f.String())
	printHeadline(a.stdout, s, r.GetHeadline(), width)
	printSuggested(a.stdout, r, width)
	printMonitors(a.stdout, s, r, width, all)
	printWhatToChange(a.stdout, s, r.GetMonitors(), width)
	writeLine(a.stdout, "")
	writeLine(a.stdout, s.bold("RESPONDERS"))
	a.printResponders(r.GetLoads(), r.GetLoadAggregate(), r.GetWithheld(), 3)
	a.printReviewBudget(r.GetBudget(), f)
	a.printReviewIncidents(r.GetIncidents(), f)
	a.printReviewLookBack(r.GetLookBack(), r, f)
	a.printReviewToil(r.GetToil())
	printTopics(a.stdout, s, r, f, width)
	a.printReviewFindings(r)
	a.printClosedTickets(r)
	printGaps(a.stdout, s, r.GetGaps(), width)
	printNext(a.stdout, r, f)
}

// printNext says what to do next, where something is left to do.
func printNext(w io.Writer, r *pb.Review, f frame) {
	n := r.GetHeadline().GetOutcomes().GetUnlabelled()
	if n == 0 {
		return
	}
	team := ""
	if r.GetTeam() != "" {
		team = " --team " + shellWord(clean(r.GetTeam()))
	}
	writeLine(w, "")
	writeLine(w, fmt.Sprintf("%s unlabelled: opsreview page list%s --from %s --to %s --unlabelled",
		plural(n, "page"), team, flagTime(f.start), flagTime(f.end)))
}

// flagTime is a local time as --from and --to take it, as short as it can be.
func flagTime(t time.Time) string {
	return strings.TrimSuffix(t.Format("2006-01-02T15:04"), "T00:00")
}

func printHeadline(w io.Writer, s style, h *pb.Headline, width int) {
	o := h.GetOutcomes()
	writeLine(w, "")
	writeLine(w, s.bold(fmt.Sprintf("%s, %d labelled (%s)", strings.ToUpper(plural(h.GetPages(), "page")), h.GetLabelled(), percent(h.GetLabelled(), h.GetPages()))))
	if h.GetPages() > 0 {
		writeLine(w, "                   acted on     not acted on")
		writeLine(w, fmt.Sprintf("  actionable       %3d handled  %3d ignored", o.GetHandled(), o.GetIgnored()))
		writeLine(w, fmt.Sprintf("  not actionable   %3d wasted   %3d noise       %d unlabelled", o.GetWasted(), o.GetNoise(), o.GetUnlabelled()))
		writeLine(w, "")
	}
	printChanges(w, h, width)
	still := fmt.Sprintf("%d escalated because nobody answered; %d still open", h.GetEscalated(), h.GetOpen())
	in := h.GetInterruptions()
	if in == nil { // withheld
		writeWrapped(w, "  ", still, width)
		printResponse(w, h.GetResponse(), width)
		return
	}
	text := fmt.Sprintf("%s of %s: %d in business hours, %d off hours, %d in sleep hours",
		plural(total(in), "interruption"), people(h.GetPeopleInterrupted()), in.GetBusiness(), in.GetOffHours(), in.GetSleep())
	if in.GetUnknown() > 0 {
		text += fmt.Sprintf(", %d at hours unknown", in.GetUnknown())
	}
	writeWrapped(w, "  ", text, width)
	writeWrapped(w, "  ", fmt.Sprintf("%s of people's time engaged; %s", span(h.GetEngaged().AsDuration()), still), width)
	printResponse(w, h.GetResponse(), width)
}

// printChanges prints the comparisons; one that says what the one before has
// said is left out.
func printChanges(w io.Writer, h *pb.Headline, width int) {
	said := ""
	for _, c := range []*pb.Change{h.GetPrevious(), h.GetBaseline()} {
		text := clean(c.GetText())
		if text == said {
			continue
		}
		said = text
		writeWrapped(w, "  ", text, width)
	}
}

func people(n int32) string {
	if n == 1 {
		return "1 person"
	}
	return fmt.Sprintf("%d people", n)
}

func printMonitors(w io.Writer, s style, r *pb.Review, width int, all bool) {
	writeLine(w, "")
	writeLine(w, s.bold("MONITORS BY COST"))
	monitors := r.GetMonitors()
	if len(monitors) == 0 {
		writeLine(w, "  no monitor paged")
		return
	}
	rest := 0
	if !all && len(monitors) > defaultMonitors {
		rest = len(monitors) - defaultMonitors
		monitors = monitors[:defaultMonitors]
	}
	t := monitorTable(r.GetHeadline().GetPrevious().GetKnown())
	for _, m := range monitors {
		monitorRow(&t, m, r.GetHeadline().GetPrevious().GetKnown())
	}
	t.print(w, s, "  ", width)
	if rest > 0 {
		writeLine(w, s.dim(fmt.Sprintf("  and %s: --all shows them", plural(rest, "more monitor"))))
	}
}

func monitorTable(previous bool) table {
	columns := []column{{head: "PAGES", right: true}}
	if previous {
		columns = append(columns, column{head: "BEFORE", right: true, drop: 1})
	}
	columns = append(columns,
		column{head: "INTERRUPTED", right: true}, column{head: "ENGAGED", right: true},
		column{head: "VERDICT"}, column{head: "MONITOR", flex: true, min: 20}, column{head: "SERVICE", flex: true, min: 10, drop: 2}, column{head: "ID"})
	return table{columns: columns}
}

func monitorRow(t *table, m *pb.MonitorCost, previous bool) {
	cells := []string{fmt.Sprint(len(m.GetPages()))}
	if previous {
		cells = append(cells, fmt.Sprint(m.GetPreviousPages()))
	}
	engaged := "–"
	if m.GetEngaged() != nil {
		engaged = span(m.GetEngaged().AsDuration())
	}
	t.row(append(cells, toldCount(m.GetInterruptions()), engaged,
		mainVerdict(m.GetOutcomes()), clean(m.GetTitle()), clean(m.GetServiceDisplayName()), m.GetMonitor())...)
}

// mainVerdict is the outcome that most labelled pages of a monitor have:
// "noise 12 of 14", or a dash where nobody has labelled one.
func mainVerdict(o *pb.Outcomes) string {
	labelled := o.GetHandled() + o.GetIgnored() + o.GetWasted() + o.GetNoise()
	best, word := int32(0), ""
	for _, p := range outcomeWords(o)[:4] {
		if p.n > best {
			best, word = p.n, p.word
		}
	}
	if labelled == 0 {
		return "–"
	}
	return fmt.Sprintf("%s %d of %d", word, best, labelled)
}

// An outcomeCount is how many pages have an outcome.
type outcomeCount struct {
	n    int32
	word string
}

func outcomeWords(o *pb.Outcomes) []outcomeCount {
	return []outcomeCount{
		{o.GetHandled(), "handled"},
		{o.GetIgnored(), "ignored"},
		{o.GetWasted(), "wasted"},
		{o.GetNoise(), "noise"},
		{o.GetUnlabelled(), "unlabelled"},
	}
}

// verdicts says what people made of a monitor's pages, and how many nobody has
// looked at.
func verdicts(o *pb.Outcomes) string {
	var parts []string
	for _, p := range outcomeWords(o) {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.word))
		}
	}
	return strings.Join(parts, ", ")
}

func printTopics(w io.Writer, s style, r *pb.Review, f frame, width int) {
	topics := r.GetTopics()
	if len(topics) == 0 {
		return
	}
	writeLine(w, "")
	writeLine(w, s.bold("WORTH DISCUSSING"))
	for i, t := range topics {
		head := fmt.Sprintf("%2d. %s  %s  ", i+1, when(t.GetTriggerTime().AsTime(), f.zone), fit(clean(t.GetPage()), width/2))
		writeLine(w, "  "+head+fit(clean(t.GetTitle()), width-2-ansi.StringWidth(head)))
		for _, reason := range t.GetReasons() {
			for _, line := range wrap(clean(reason), width-8) {
				writeLine(w, "      "+line)
			}
		}
	}
	if n := r.GetMoreTopics(); n > 0 {
		writeLine(w, s.dim(fmt.Sprintf("  and %s", plural(n, "more page"))))
	}
}

// reviewJSON is what review show -o json prints. Scripts depend on it: add
// fields, never rename or remove one. docs/json.md is its contract.
type reviewJSON struct {
	Team     string        `json:"team,omitempty"`
	Window   windowJSON    `json:"window"`
	Week     string        `json:"week,omitempty"`
	TimeZone string        `json:"time_zone"`
	Headline headlineJSON  `json:"headline"`
	Monitors []monitorJSON `json:"monitors"`
	Loads    []loadJSON    `json:"loads"`
	Topics   []topicJSON   `json:"topics"`
	More     int32         `json:"more_topics"`
	Gaps     []gapJSON     `json:"gaps"`

	LoadAggregate *loadAggregateJSON `json:"load_aggregate,omitempty"`
	Withheld      string             `json:"withheld,omitempty"`

	Suggested *suggestedJSON  `json:"suggested,omitempty"`
	Budget    *burnReportJSON `json:"budget,omitempty"`
	LookBack  *lookBackJSON   `json:"look_back,omitempty"`
	Toil      *toilJSON       `json:"toil,omitempty"`

	Incidents *incidentReportJSON `json:"incidents,omitempty"`

	Findings       []findingJSON `json:"findings"`
	FindingTickets []ticketJSON  `json:"finding_tickets"`
	ClosedTickets  []ticketJSON  `json:"closed_tickets"`

	Definitions map[string]int32 `json:"definitions"`
}

type headlineJSON struct {
	Pages             int32              `json:"pages"`
	Labelled          int32              `json:"labelled"`
	Coverage          *float64           `json:"coverage,omitempty"`
	Outcomes          outcomesJSON       `json:"outcomes"`
	Open              int32              `json:"open"`
	Escalated         int32              `json:"escalated"`
	Interruptions     *interruptionsJSON `json:"interruptions,omitempty"`
	PeopleInterrupted *int32             `json:"people_interrupted,omitempty"`
	EngagedSeconds    *float64           `json:"engaged_seconds,omitempty"`
	Response          responseJSON       `json:"response"`
	Previous          changeJSON         `json:"previous"`
	Baseline          changeJSON         `json:"baseline"`
}

type changeJSON struct {
	Known       bool        `json:"known"`
	Window      *windowJSON `json:"window,omitempty"`
	Pages       *int32      `json:"pages,omitempty"`
	Rate        *float64    `json:"rate,omitempty"`
	PValue      *float64    `json:"p_value,omitempty"`
	WithinNoise *bool       `json:"within_noise,omitempty"`
	Text        string      `json:"text,omitempty"`
}

type topicJSON struct {
	Page        string     `json:"page"`
	Title       string     `json:"title"`
	TriggeredAt *time.Time `json:"triggered_at,omitempty"`
	Reasons     []string   `json:"reasons"`
}

func reviewToJSON(r *pb.Review) reviewJSON {
	out := reviewJSON{
		Team: r.GetTeam(), Window: windowToJSON(r.GetWindow()), Week: r.GetWeek(), TimeZone: r.GetTimeZone(), Definitions: reviewDefinitions(),
		Headline: headlineToJSON(r.GetHeadline()), Monitors: []monitorJSON{}, Loads: loadsToJSON(r.GetLoads()),
		Topics: []topicJSON{}, More: r.GetMoreTopics(), Gaps: gapsToJSON(r.GetGaps()),
		LoadAggregate: loadAggregateToJSON(r.GetLoadAggregate()), Withheld: r.GetWithheld(),
		Suggested: suggestedToJSON(r.GetSuggested()), Budget: burnReportToJSON(r.GetBudget()), LookBack: lookBackToJSON(r.GetLookBack()), Toil: toilToJSON(r.GetToil()), Incidents: reviewIncidentsToJSON(r.GetIncidents()),
		Findings: findingsToJSON(r.GetFindings()), FindingTickets: ticketsToJSON(r.GetFindingTickets()), ClosedTickets: ticketsToJSON(r.GetClosedTickets()),
	}
	for _, m := range r.GetMonitors() {
		out.Monitors = append(out.Monitors, monitorToJSON(m))
	}
	for _, t := range r.GetTopics() {
		out.Topics = append(out.Topics, topicJSON{Page: t.GetPage(), Title: t.GetTitle(), TriggeredAt: jsonTime(t.GetTriggerTime()), Reasons: append([]string{}, t.GetReasons()...)})
	}
	return out
}

func headlineToJSON(h *pb.Headline) headlineJSON {
	out := headlineJSON{
		Pages: h.GetPages(), Labelled: h.GetLabelled(), Outcomes: outcomesToJSON(h.GetOutcomes()), Open: h.GetOpen(),
		Escalated: h.GetEscalated(), Interruptions: toldInterruptionsToJSON(h.GetInterruptions()), EngagedSeconds: jsonSeconds(h.GetEngaged()),
		Response: responseToJSON(h.GetResponse()), Previous: changeToJSON(h.GetPrevious()), Baseline: changeToJSON(h.GetBaseline()),
	}
	if people := h.GetPeopleInterrupted(); out.Interruptions != nil {
		out.PeopleInterrupted = &people
	}
	if h.GetPages() > 0 {
		coverage := float64(h.GetLabelled()) / float64(h.GetPages())
		out.Coverage = &coverage
	}
	return out
}

func changeToJSON(c *pb.Change) changeJSON {
	out := changeJSON{Known: c.GetKnown(), Text: c.GetText()}
	if c.GetWindow() != nil {
		w := windowToJSON(c.GetWindow())
		out.Window = &w
	}
	if c.GetKnown() {
		pages, rate, p, noise := c.GetPages(), c.GetRate(), c.GetPValue(), c.GetWithinNoise()
		out.Pages, out.Rate, out.PValue, out.WithinNoise = &pages, &rate, &p, &noise
	}
	return out
}
