package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	pb "opsreview/proto/opsreview/v1"
)

func (a *app) pageShowCommand() *cobra.Command {
	var output, zone string
	cmd := &cobra.Command{
		Use:   "show PAGE",
		Short: "Show one page with its timeline and its labels",
		Long:  "Show one page. PAGE is its reference (pd/Q3YON8WNWTZMRQ), or its id or number\nwhere that fits one page only.",
		Example: `  opsreview page show pd/Q3YON8WNWTZMRQ
  opsreview page show 4411 --zone Europe/Berlin`,
		Args: args(cobra.ExactArgs(1), "one page"),
		RunE: func(cmd *cobra.Command, pages []string) error {
			if err := checkOutput(output, asTable, asJSON); err != nil {
				return err
			}
			loc, err := time.LoadLocation(zone)
			if err != nil {
				return usagef("--zone %s: there is no such time zone", zone)
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.pages.GetPage(ctx, &pb.GetPageRequest{Name: pages[0]})
				if err != nil {
					return err
				}
				if output == asJSON {
					return printJSON(a.stdout, pageShowToJSON(resp))
				}
				a.printPage(resp, loc)
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&zone, "zone", "UTC", "show times in `ZONE`, such as Europe/Berlin")
	cmd.Flags().StringVarP(&output, "output", "o", asTable, "print as `FORM`: table or json")
	return cmd
}

func (a *app) printPage(resp *pb.GetPageResponse, zone *time.Location) {
	p, s := resp.GetPage(), a.style()
	writeLine(a.stdout, s.bold(bounded(p.GetTitle())))
	a.printFields(p, zone)
	a.printBurns(resp.GetBurns())
	writeLine(a.stdout, "")
	writeLine(a.stdout, s.bold("TIMELINE")+"  "+zone.String())
	for _, e := range resp.GetEvents() {
		text := eventText(e, zone)
		for i, line := range wrap(text, a.terminalWidth()-22) {
			lead := strings.Repeat(" ", 22)
			if i == 0 {
				lead = "  " + e.GetTime().AsTime().In(zone).Format("Mon 02 Jan 15:04:05") + " "
			}
			writeLine(a.stdout, lead+line)
		}
	}
	a.printAssignments(resp.GetAssignments(), zone)
	a.printLabels(resp, zone)
	a.printSuggestion(resp)
}

// printFields prints what is known of a page, one fact a line.
func (a *app) printFields(p *pb.Page, zone *time.Location) {
	field := func(name, value string) {
		if value != "" {
			writeLine(a.stdout, fmt.Sprintf("  %-13s %s", name, value))
		}
	}
	at := func(t *time.Time) string {
		if t == nil {
			return ""
		}
		return t.In(zone).Format("Mon 2006-01-02 15:04:05 MST")
	}
	number := ""
	if p.GetNumber() != "" {
		number = "  (#" + clean(p.GetNumber()) + ")"
	}
	field("page", clean(p.GetName())+number)
	field("service", bounded(p.GetServiceDisplayName()))
	field("monitor", p.GetMonitor())
	field("urgency", bounded(p.GetUrgency()))
	field("priority", bounded(p.GetPriority()))
	field("severity", bounded(p.GetSeverity()))
	field("status", statusWord(p.GetStatus()))
	field("triggered", at(jsonTime(p.GetTriggerTime())))
	field("acknowledged", orElse(at(jsonTime(p.GetAcknowledgeTime())), "never by a person"))
	field("resolved", at(jsonTime(p.GetResolveTime()))+byWhom(p.GetResolvedBy()))
	field("merged into", clean(p.GetMergedInto()))
	in := p.GetCost().GetInterruptions()
	field("interrupted", fmt.Sprintf("%s (%d in sleep hours) of %s", plural(total(in), "time"), in.GetSleep(),
		orElse(bounded(strings.Join(p.GetCost().GetNotified(), ", ")), "nobody")))
	field("engaged", span(p.GetCost().GetEngaged().AsDuration()))
	field("outcome", p.GetOutcome())
	field("acted on", orElse(bounded(p.GetActedEvidence()), "nothing shows that somebody did anything"))
	field("runbook", bounded(p.GetRunbook()))
	field("url", bounded(p.GetUrl()))
	for _, name := range slices.Sorted(maps.Keys(p.GetAttributes())) {
		field("", bounded(name+"="+p.GetAttributes()[name]))
	}
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// byWhom says who or what did something, "" where nothing is known of it.
func byWhom(a *pb.Agent) string {
	name := bounded(orElse(a.GetDisplayName(), a.GetResponder()))
	switch a.GetKind() {
	case "timer":
		return ", by the paging tool itself"
	case "integration":
		return strings.TrimSuffix(", by the integration "+name, " ")
	case "automation":
		return ", by a program with the token of " + orElse(name, "somebody")
	case "person":
		return ", by " + orElse(name, "somebody")
	}
	if name == "" {
		return ""
	}
	return ", by " + name
}

// eventText says what happened as a person reads it.
func eventText(e *pb.Event, zone *time.Location) string {
	who := make([]string, len(e.GetResponders()))
	for i, r := range e.GetResponders() {
		who[i] = bounded(r.GetDisplayName())
		if e.GetKind() == "notified" {
			who[i] += " (" + localTime(e, r) + ")"
		}
	}
	text := strings.ReplaceAll(clean(e.GetKind()), "_", " ")
	if list := strings.Join(who, ", "); list != "" {
		switch e.GetKind() {
		case "notified":
			text += " " + list
		default:
			text += " to " + list
		}
	}
	if e.GetChannel() != "" && e.GetKind() == "notified" {
		text += " by " + clean(e.GetChannel())
	}
	text += byWhom(e.GetBy())
	if e.GetUntilTime() != nil {
		text += ", until " + e.GetUntilTime().AsTime().In(zone).Format("Mon 15:04 MST")
	}
	if e.GetText() != "" {
		text += ": " + bounded(e.GetText())
	}
	return text
}

// localTime is an event's time on the clock of somebody it concerns, with the
// class of the hour.
func localTime(e *pb.Event, r *pb.EventResponder) string {
	loc, err := time.LoadLocation(r.GetTimeZone())
	if err != nil || r.GetTimeZone() == "" {
		return "time zone unknown"
	}
	return e.GetTime().AsTime().In(loc).Format("15:04 MST") + ", " + strings.ReplaceAll(r.GetHours(), "_", " ")
}

func (a *app) printAssignments(assignments []*pb.Assignment, zone *time.Location) {
	if len(assignments) == 0 {
		return
	}
	writeLine(a.stdout, "")
	writeLine(a.stdout, a.style().bold("ASSIGNMENTS"))
	t := table{columns: []column{{head: "RESPONDER", flex: true}, {head: "FROM"}, {head: "ANSWERED"}}}
	for _, as := range assignments {
		answer := "no answer"
		switch {
		case as.GetTimeToAcknowledge() != nil:
			answer = "acknowledged after " + span(as.GetTimeToAcknowledge().AsDuration())
		case as.GetTimedOut():
			answer = "timed out"
		}
		t.row(bounded(as.GetResponder().GetDisplayName()), when(as.GetStartTime().AsTime(), zone), answer)
	}
	t.print(a.stdout, a.style(), "  ", a.terminalWidth())
}

func (a *app) printLabels(resp *pb.GetPageResponse, zone *time.Location) {
	s := a.style()
	writeLine(a.stdout, "")
	writeLine(a.stdout, s.bold("LABELS"))
	if len(resp.GetLabels()) == 0 {
		writeLine(a.stdout, "  nobody has labelled this page")
	}
	for _, l := range resp.GetLabels() {
		writeLine(a.stdout, "  "+when(l.GetLabelTime().AsTime(), zone)+"  "+labelText(l))
	}
	if len(resp.GetMonitorLabels()) > 0 {
		writeLine(a.stdout, "")
		writeLine(a.stdout, s.bold("LABELS OF THIS MONITOR'S OTHER PAGES"))
	}
	for _, m := range resp.GetMonitorLabels() {
		writeLine(a.stdout, "  "+when(m.GetLabel().GetLabelTime().AsTime(), zone)+"  "+clean(m.GetPage())+"  "+labelText(m.GetLabel()))
	}
}

func labelText(l *pb.Label) string {
	if l.GetWithdrawn() {
		return strings.TrimSpace(fmt.Sprintf("%s took the label back %s", clean(l.GetAuthor()), bounded(l.GetNote())))
	}
	text := clean(l.GetAuthor()) + ": " + strings.ReplaceAll(enumWord(l.GetVerdict().String(), "VERDICT_"), "_", " ")
	if l.GetCause() != "" {
		text += ", " + clean(l.GetCause())
	}
	if len(l.GetFlags()) > 0 {
		text += ", " + strings.Join(cleanAll(l.GetFlags()), ", ")
	}
	switch l.GetActioned() {
	case pb.Answer_ANSWER_YES:
		text += ", acted on"
	case pb.Answer_ANSWER_NO:
		text += ", not acted on"
	}
	if l.GetMinutes() > 0 {
		text += fmt.Sprintf(", %d min", l.GetMinutes())
	}
	if l.GetNote() != "" {
		text += ": " + bounded(l.GetNote())
	}
	return text
}

type eventResponderJSON struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	TimeZone string `json:"time_zone,omitempty"`
	Hours    string `json:"hours,omitempty"`
}

type eventJSON struct {
	ID         string               `json:"id"`
	At         *time.Time           `json:"at"`
	Kind       string               `json:"kind"`
	By         *agentJSON           `json:"by,omitempty"`
	Responders []eventResponderJSON `json:"responders,omitempty"`
	Channel    string               `json:"channel,omitempty"`
	Text       string               `json:"text,omitempty"`
	Until      *time.Time           `json:"until,omitempty"`
}

type assignmentJSON struct {
	Responder                eventResponderJSON `json:"responder"`
	Start                    *time.Time         `json:"start"`
	End                      *time.Time         `json:"end,omitempty"`
	TimeToAcknowledgeSeconds *float64           `json:"time_to_acknowledge_seconds,omitempty"`
	TimedOut                 bool               `json:"timed_out"`
}

// pageShowJSON is what page show -o json prints.
type pageShowJSON struct {
	pageJSON
	Events        []eventJSON        `json:"events"`
	Assignments   []assignmentJSON   `json:"assignments"`
	Labels        []*labelJSON       `json:"labels"`
	MonitorLabels []monitorLabelJSON `json:"monitor_labels"`
	Suggestions   []suggestionJSON   `json:"suggestions"`
	Burns         []pageBurnJSON     `json:"burns"`
}

type monitorLabelJSON struct {
	Page string `json:"page"`
	*labelJSON
}

func responderToJSON(r *pb.EventResponder) eventResponderJSON {
	return eventResponderJSON{ID: r.GetName(), Name: r.GetDisplayName(), TimeZone: r.GetTimeZone(), Hours: r.GetHours()}
}

func pageShowToJSON(r *pb.GetPageResponse) pageShowJSON {
	out := pageShowJSON{
		pageJSON: pageToJSON(r.GetPage()), Events: []eventJSON{}, Assignments: []assignmentJSON{}, Labels: []*labelJSON{},
		MonitorLabels: []monitorLabelJSON{}, Suggestions: suggestionsToJSON(r.GetSuggestions()),
		Burns: pageBurnsToJSON(r.GetBurns()),
	}
	for _, e := range r.GetEvents() {
		ev := eventJSON{
			ID: e.GetId(), At: jsonTime(e.GetTime()), Kind: e.GetKind(), By: agentToJSON(e.GetBy()),
			Channel: e.GetChannel(), Text: e.GetText(), Until: jsonTime(e.GetUntilTime()),
		}
		for _, resp := range e.GetResponders() {
			ev.Responders = append(ev.Responders, responderToJSON(resp))
		}
		out.Events = append(out.Events, ev)
	}
	for _, as := range r.GetAssignments() {
		out.Assignments = append(out.Assignments, assignmentJSON{
			Responder: responderToJSON(as.GetResponder()), Start: jsonTime(as.GetStartTime()), End: jsonTime(as.GetEndTime()),
			TimeToAcknowledgeSeconds: jsonSeconds(as.GetTimeToAcknowledge()), TimedOut: as.GetTimedOut(),
		})
	}
	for _, l := range r.GetLabels() {
		out.Labels = append(out.Labels, labelToJSON(l))
	}
	for _, m := range r.GetMonitorLabels() {
		out.MonitorLabels = append(out.MonitorLabels, monitorLabelJSON{Page: m.GetPage(), labelJSON: labelToJSON(m.GetLabel())})
	}
	return out
}
