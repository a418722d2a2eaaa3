package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/durationpb"

	pb "opsreview/proto/opsreview/v1"
)

func (a *app) incidentCommand() *cobra.Command {
	return noun("incident", "Declared incidents: how they were noticed, how long they took, what they left",
		a.incidentListCommand(), a.incidentShowCommand(), a.incidentAddCommand(), a.incidentLinkCommand(), a.incidentUnlinkCommand())
}

func (a *app) incidentListCommand() *cobra.Command {
	var scope scopeFlags
	req := &pb.ListIncidentsRequest{}
	var output string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the incidents of a window, the gravest first, and what nobody recorded",
		Long: `List the incidents that touch a window: those that name the team or one of its
services, or own a page of one. One that is no team's shows for everybody only. What
nobody recorded stays missing, and is counted (docs/incidents.md).`,
		Example: `  opsreview incident list --team secrets --last 30d

  # Grave ones that left no postmortem or no follow-up.
  opsreview incident list --overdue`,
		Args: args(cobra.NoArgs, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkOutput(output, asTable, asJSON, asCSV); err != nil {
				return err
			}
			req.Team, req.Window = scope.team, scope.selector()
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.incidents.ListIncidents(ctx, req)
				if err != nil {
					return err
				}
				return a.printIncidents(resp.GetReport(), scope.team, req.GetOverdue(), output)
			})
		},
	}
	scope.add(cmd)
	f := cmd.Flags()
	f.StringVar(&req.Severity, "severity", "", "only those of `SEVERITY`")
	f.BoolVar(&req.Overdue, "overdue", false, "only grave ones that have waited too long for a postmortem or a follow-up")
	f.StringVarP(&output, "output", "o", asTable, "print as `FORM`: table, json or csv")
	return cmd
}

func (a *app) printIncidents(r *pb.IncidentReport, team string, overdue bool, output string) error {
	shown := r.GetIncidents()
	if overdue {
		shown = r.GetOverdue()
	}
	switch output {
	case asJSON:
		return printJSON(a.stdout, incidentReportToJSON(r))
	case asCSV:
		rows := make([][]string, len(shown))
		for i, x := range shown {
			rows[i] = incidentCSV(x)
		}
		return printCSV(a.stdout, incidentCSVHead, rows)
	}
	s, f := a.style(), frameOf(r.GetWindow(), r.GetTimeZone())
	title := plural(len(shown), "incident")
	if overdue {
		title = plural(len(shown), "overdue incident")
	}
	a.indented(0, s.bold, title+forTeam(team))
	writeLine(a.stdout, f.String())
	if len(shown) == 0 {
		return nil
	}
	writeLine(a.stdout, "")
	a.printIncidentTable(shown, f.zone, "")
	a.printOverdue(shown, "")
	if overdue {
		return nil
	}
	writeLine(a.stdout, "")
	a.printIncidentSums(r, 0)
	a.printMissing(r.GetMissing())
	return nil
}

// printIncidentTable prints a line for each incident. What is unknown is a dash.
func (a *app) printIncidentTable(all []*pb.Incident, zone *time.Location, indent string) {
	t := table{columns: []column{
		{head: "STARTED"},
		{head: "SEVERITY"},
		{head: "INCIDENT", flex: true, min: 8},
		{head: "TITLE", flex: true, min: 20},
		{head: "NOTICED BY", drop: 3},
		{head: "DETECT", right: true, drop: 2},
		{head: "ACK", right: true, drop: 1},
		{head: "MITIGATE", right: true, drop: 4},
		{head: "RESOLVE", right: true},
		{head: "BURNED", right: true, drop: 5},
	}}
	for _, x := range all {
		t.row(startedText(x, zone), orElse(bounded(x.GetSeverity()), "–"), incidentName(x), bounded(x.GetTitle()), orElse(detectorText(x), "–"),
			stepText(x.GetTimeToDetect()), stepText(x.GetTimeToAcknowledge()), stepText(x.GetTimeToMitigate()), stepText(x.GetTimeToResolve()), burnedText(x))
	}
	t.print(a.stdout, a.style(), indent, a.terminalWidth())
}

// startedText is when an incident began. Where nobody recorded that it says so.
func startedText(x *pb.Incident, zone *time.Location) string {
	if x.GetStartTime() == nil {
		return "unknown"
	}
	return when(x.GetStartTime().AsTime(), zone)
}

// incidentName is what people call an incident: its number, else its reference.
func incidentName(x *pb.Incident) string { return bounded(orElse(x.GetNumber(), x.GetName())) }

func detectorText(x *pb.Incident) string {
	if x.GetDetectorInferred() {
		return clean(x.GetDetectedBy()) + "*"
	}
	return clean(x.GetDetectedBy())
}

// stepText is how long a step took: "1h05m", "8s", a dash where it is unknown.
func stepText(d *durationpb.Duration) string {
	if d == nil {
		return "–"
	}
	switch took := d.AsDuration(); {
	case took < time.Second:
		return took.Round(time.Millisecond).String()
	case took < time.Minute:
		return took.Round(time.Second).String()
	default:
		return span(took)
	}
}

// burnedText is the most that one SLO burned of its 30-day budget.
func burnedText(x *pb.Incident) string {
	if len(x.GetBurned()) == 0 {
		return "–"
	}
	return shareText(x.GetBurned()[0].GetShare())
}

func shareText(share float64) string {
	switch {
	case share == 0:
		return "0 %"
	case share < 0.001:
		return "<0.1 %"
	}
	return fmt.Sprintf("%.1f %%", 100*share)
}

// printOverdue says what incidents lack that must not.
func (a *app) printOverdue(all []*pb.Incident, indent string) {
	inferred, first := false, true
	for _, x := range all {
		inferred = inferred || x.GetDetectorInferred()
		if x.GetText() == "" {
			continue
		}
		if first {
			writeLine(a.stdout, "")
		}
		first = false
		paint, mark := a.style().dim, "- "
		if x.GetOverdue() {
			paint, mark = a.style().warn, "! "
		}
		a.indented(len(indent), paint, mark+incidentName(x)+": "+bounded(x.GetText()))
	}
	if inferred {
		writeLine(a.stdout, "")
		a.indented(len(indent), a.style().dim, "* by its own pages: nobody recorded it")
	}
}

// printIncidentSums says what noticed the incidents, and how long they took.
func (a *app) printIncidentSums(r *pb.IncidentReport, indent int) {
	total := r.GetByAlert() + r.GetByPerson() + r.GetByCustomer() + r.GetByUnknown()
	a.indented(indent, nil, fmt.Sprintf("noticed by an alert %d, a person %d, a customer %d, nobody knows %d; of %s",
		r.GetByAlert(), r.GetByPerson(), r.GetByCustomer(), r.GetByUnknown(), plural(total, "incident")))
	for _, step := range []struct {
		name   string
		spread *pb.IncidentSpread
	}{
		{"to detect", r.GetDetect()},
		{"to acknowledge", r.GetAcknowledge()},
		{"to mitigate", r.GetMitigate()},
		{"to resolve", r.GetResolve()},
	} {
		text := fmt.Sprintf("time %s unknown of all", step.name)
		if s := step.spread.GetSpread(); s != nil {
			text = fmt.Sprintf("time %s: median %s, 90th percentile %s, of %d", step.name, stepText(s.GetMedian()), stepText(s.GetP90()), s.GetCount())
			if n := step.spread.GetUnknown(); n > 0 {
				text += fmt.Sprintf("; unknown of %d", n)
			}
		}
		a.indented(indent, nil, text)
	}
}

// printMissing prints how often what was not recorded.
func (a *app) printMissing(all []*pb.MissingField) {
	if len(all) == 0 {
		return
	}
	s := a.style()
	writeLine(a.stdout, "")
	writeLine(a.stdout, s.bold("WHAT NOBODY RECORDED"))
	t := table{columns: []column{{head: "MISSING"}, {head: "INCIDENTS", right: true}, {head: "OF", right: true}}}
	for _, m := range all {
		t.row(clean(m.GetField()), fmt.Sprint(m.GetCount()), fmt.Sprint(m.GetTotal()))
	}
	t.print(a.stdout, s, "  ", a.terminalWidth())
}

// printReviewIncidents prints the incidents of a review, and those that wait
// for what they must leave.
func (a *app) printReviewIncidents(r *pb.IncidentReport, f frame) {
	if r == nil {
		return
	}
	s := a.style()
	writeLine(a.stdout, "")
	writeLine(a.stdout, s.bold("INCIDENTS"))
	if len(r.GetIncidents()) == 0 {
		writeLine(a.stdout, "  no incident in this window")
	} else {
		a.printIncidentTable(r.GetIncidents(), f.zone, "  ")
		a.printIncidentSums(r, 2)
	}
	a.printOverdue(withOverdue(r), "  ")
}

// withOverdue are the incidents of a window, and older ones that are overdue.
func withOverdue(r *pb.IncidentReport) []*pb.Incident {
	all, seen := []*pb.Incident{}, map[string]bool{}
	for _, list := range [][]*pb.Incident{r.GetIncidents(), r.GetOverdue()} {
		for _, x := range list {
			if !seen[x.GetName()] {
				all = append(all, x)
			}
			seen[x.GetName()] = true
		}
	}
	return all
}

func (a *app) incidentShowCommand() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "show INCIDENT",
		Short: "Show one incident: its times, its pages, what it burned and what it left",
		Long: `Show one incident. It may be named by its number, its reference or a beginning of its
id that fits one only.`,
		Example: `  opsreview incident show INC-17`,
		Args:    args(cobra.ExactArgs(1), "one incident"),
		RunE: func(cmd *cobra.Command, names []string) error {
			if err := checkOutput(output, asTable, asJSON); err != nil {
				return err
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.incidents.GetIncident(ctx, &pb.GetIncidentRequest{Name: names[0]})
				if err != nil {
					return err
				}
				if output == asJSON {
					return printJSON(a.stdout, incidentShowToJSON(resp))
				}
				a.printIncident(resp)
				return nil
			})
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", asTable, "print as `FORM`: table or json")
	return cmd
}

func (a *app) printIncident(resp *pb.GetIncidentResponse) {
	x, s := resp.GetIncident(), a.style()
	zone := frameOf(nil, resp.GetTimeZone()).zone
	a.indented(0, s.bold, strings.TrimSpace(clean(x.GetNumber())+"  "+bounded(x.GetTitle())))
	a.indented(0, nil, fmt.Sprintf("%s, severity %s, %s", clean(x.GetName()), orElse(clean(x.GetSeverity()), "unknown"), orElse(clean(x.GetStatus()), "status unknown")))
	a.printFact("noticed by", detectorLong(x))
	a.printFact("services", strings.Join(cleaned(x.GetServices()), ", "))
	a.printFact("teams", strings.Join(cleaned(x.GetTeams()), ", "))
	a.printFact("commander", bounded(x.GetCommander()))
	a.printFact("address", clean(x.GetUrl()))
	a.printFact("postmortem", clean(x.GetPostmortem()))
	a.printFact("missing", strings.Join(cleaned(x.GetMissing()), ", "))
	writeLine(a.stdout, "")
	writeLine(a.stdout, s.bold("TIMES")+", "+zone.String())
	a.printIncidentTimes(x, zone)
	if x.GetSummary() != "" {
		writeLine(a.stdout, "")
		writeLine(a.stdout, s.bold("SUMMARY"))
		a.indented(2, nil, fit(clean(x.GetSummary()), 4000))
	}
	a.printIncidentLeft(x)
	a.printIncidentLinks(resp.GetLinks(), zone)
}

// printFact prints one thing that is known.
func (a *app) printFact(name, text string) {
	if text != "" {
		a.indented(0, nil, name+": "+text)
	}
}

func cleaned(all []string) []string {
	out := make([]string, len(all))
	for i, text := range all {
		out[i] = bounded(text)
	}
	return out
}

func detectorLong(x *pb.Incident) string {
	text := orElse(clean(x.GetDetectedBy()), "nobody knows what")
	if x.GetDetectorInferred() {
		text += ", by its own pages: nobody recorded it"
	}
	return text
}

// printIncidentTimes prints when each step was, and how long it took.
func (a *app) printIncidentTimes(x *pb.Incident, zone *time.Location) {
	t := table{columns: []column{{head: "STEP"}, {head: "WHEN"}, {head: "TOOK", right: true}}}
	for _, step := range []struct {
		name string
		at   interface{ AsTime() time.Time }
		ok   bool
		took string
	}{
		{"declared", x.GetDeclareTime(), x.GetDeclareTime() != nil, ""},
		{"started", x.GetStartTime(), x.GetStartTime() != nil, ""},
		{"detected", x.GetDetectTime(), x.GetDetectTime() != nil, stepText(x.GetTimeToDetect())},
		{"acknowledged", x.GetAcknowledgeTime(), x.GetAcknowledgeTime() != nil, stepText(x.GetTimeToAcknowledge())},
		{"mitigated", x.GetMitigateTime(), x.GetMitigateTime() != nil, stepText(x.GetTimeToMitigate())},
		{"resolved", x.GetResolveTime(), x.GetResolveTime() != nil, stepText(x.GetTimeToResolve())},
	} {
		at := "nobody recorded it"
		if step.ok {
			at = step.at.AsTime().In(zone).Format("Mon 2006-01-02 15:04:05")
		}
		t.row(step.name, at, step.took)
	}
	t.print(a.stdout, a.style(), "  ", a.terminalWidth())
}

// printIncidentLeft prints an incident's pages, what it burned and what it left.
func (a *app) printIncidentLeft(x *pb.Incident) {
	s := a.style()
	section := func(title string, lines []string) {
		if len(lines) == 0 {
			return
		}
		writeLine(a.stdout, "")
		writeLine(a.stdout, s.bold(title))
		for _, line := range lines {
			a.indented(2, nil, line)
		}
	}
	section("PAGES", cleaned(x.GetPages()))
	var burned, left []string
	for _, b := range x.GetBurned() {
		burned = append(burned, fmt.Sprintf("%s of the 30-day budget of %s", shareText(b.GetShare()), bounded(b.GetSlo())))
	}
	section("BURNED WHILE IT LASTED", burned)
	for _, f := range x.GetFollowUps() {
		state := "open"
		switch {
		case !f.GetKnown():
			state = "state unknown"
		case f.GetDone():
			state = "done"
		}
		left = append(left, strings.TrimSpace(fmt.Sprintf("%s  %s  %s", bounded(f.GetKey()), state, bounded(f.GetTitle()))))
	}
	section("FOLLOW-UPS", left)
	if x.GetText() != "" {
		writeLine(a.stdout, "")
		paint := s.dim
		if x.GetOverdue() {
			paint = s.warn
		}
		a.indented(0, paint, bounded(x.GetText()))
	}
}

// printIncidentLinks prints what people added, newest first.
func (a *app) printIncidentLinks(links []*pb.IncidentLink, zone *time.Location) {
	if len(links) == 0 {
		return
	}
	writeLine(a.stdout, "")
	writeLine(a.stdout, a.style().bold("LINKED BY PEOPLE"))
	for _, l := range links {
		text := fmt.Sprintf("%s  %s %s, by %s", when(l.GetLinkTime().AsTime(), zone), linkWord(l.GetKind()), bounded(l.GetTarget()), bounded(l.GetAuthor()))
		if l.GetWithdrawnBy() != "" {
			text += fmt.Sprintf("; taken back by %s %s", bounded(l.GetWithdrawnBy()), when(l.GetWithdrawTime().AsTime(), zone))
		}
		a.indented(2, nil, text)
	}
}

// linkWord is the flag that links a kind of thing.
func linkWord(kind string) string { return strings.ReplaceAll(clean(kind), "_", "-") }
