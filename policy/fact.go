package policy

import (
	"strconv"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"

	"opsreview"
)

// Facts are what rules may read of one page: nothing but what sources
// delivered and people said of other, earlier pages. [Gather] makes them.
type Facts struct {
	page    *opsreview.Page
	service string // the display name

	timeline      timelineFacts
	interruptions Interruptions
	monitor       monitorFacts
	storm         stormFacts
	maintenance   string // the summary of announced work; "" if there was none
	maintained    bool
}

// Page names the page that the facts are about.
func (f *Facts) Page() opsreview.Ref { return f.page.Ref }

// Source returns the page itself.
func (f *Facts) Source() opsreview.Page { return *f.page }

// A fact is one thing that a rule may read: its name in a condition, its type
// and where it comes from.
type fact struct {
	name    string
	typ     *cel.Type
	read    func(*Facts) ref.Val
	summary string
}

func text(name, summary string, read func(*Facts) string) fact {
	return fact{name, cel.StringType, func(f *Facts) ref.Val { return types.String(clip(read(f))) }, summary}
}

func number(name, summary string, read func(*Facts) int) fact {
	return fact{name, cel.IntType, func(f *Facts) ref.Val { return types.Int(read(f)) }, summary}
}

func truth(name, summary string, read func(*Facts) bool) fact {
	return fact{name, cel.BoolType, func(f *Facts) ref.Val { return types.Bool(read(f)) }, summary}
}

// maxText bounds the texts that rules read, in bytes: their cost grows with it.
const maxText = 1024

func clip(s string) string {
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText], "")
}

// durationFact is the one fact that says how long a page lasted.
const durationFact = "timeline.minutes_open"

// table lists every fact, in the order in which evidence is shown. A name is
// one word of a condition, dots and all.
var table = []fact{
	text("page.urgency", "high, low, or empty if unknown", func(f *Facts) string { return string(f.page.Urgency) }),
	text("page.priority", "the source's name for it; empty if unset", func(f *Facts) string { return f.page.Priority }),
	text("page.severity", "the source's word for it; empty if missing", func(f *Facts) string { return f.page.Severity }),
	text("page.service", "the service's display name", func(f *Facts) string { return f.service }),
	text("page.title", "as the source has it", func(f *Facts) string { return f.page.Title }),
	truth("page.has_runbook", "the page had a link to a runbook", func(f *Facts) bool { return f.page.Runbook != "" }),
	{"page.attributes", cel.MapType(cel.StringType, cel.StringType), attributes, "what the alert carried, by name"},

	truth("timeline.acknowledged_by_person", "somebody said: mine", func(f *Facts) bool { return !f.page.AcknowledgedAt.IsZero() }),
	truth("timeline.resolved", "the page has ended", func(f *Facts) bool { return !f.page.ResolvedAt.IsZero() }),
	text("timeline.resolved_by", "person, automation, integration or timer; empty while open or if unknown",
		func(f *Facts) string { return string(f.page.ResolvedBy.Kind) }),
	truth("timeline.human_trace", "a person wrote a note, changed, escalated or reassigned it, or asked for help",
		func(f *Facts) bool { return f.timeline.traces > 0 }),
	truth("timeline.snoozed", "a person put it off", func(f *Facts) bool { return f.timeline.snoozed }),
	truth("timeline.merged", "it ended by becoming part of another page", func(f *Facts) bool { return f.timeline.merged }),
	truth("timeline.reopened", "it was open again after it had ended", func(f *Facts) bool { return f.timeline.reopened }),
	number("timeline.people_notified", "people to whom it was sent", func(f *Facts) int { return f.timeline.notified }),
	number("timeline.escalations", "times that it moved up the chain", func(f *Facts) int { return f.timeline.escalations }),
	number("timeline.timeouts", "of those, times because nobody answered", func(f *Facts) int { return f.timeline.timeouts }),
	number("timeline.acknowledgements_ran_out", "times that an acknowledgement timed out", func(f *Facts) int { return f.timeline.ranOut }),
	number(durationFact, "from its trigger to its end, or to the time of asking", func(f *Facts) int { return f.timeline.minutes }),

	number("interruptions.total", "interruptions of all people", func(f *Facts) int { return f.interruptions.total() }),
	number("interruptions.business", "in business hours of the person interrupted", func(f *Facts) int { return f.interruptions.Business }),
	number("interruptions.off_hours", "off hours of the person interrupted", func(f *Facts) int { return f.interruptions.OffHours }),
	number("interruptions.sleep", "in sleep hours of the person interrupted", func(f *Facts) int { return f.interruptions.Sleep }),
	number("interruptions.unknown", "of people whose time zone is not known", func(f *Facts) int { return f.interruptions.Unknown }),

	number("monitor.pages", "its pages in the 28 days before, without this one", func(f *Facts) int { return f.monitor.pages }),
	number("monitor.pages_in_last_day", "its pages in the 24 hours before", func(f *Facts) int { return f.monitor.lastDay }),
	number("monitor.pages_in_last_hour", "its pages in the hour before", func(f *Facts) int { return f.monitor.lastHour }),
	number("monitor.transitions_per_hour", "times that it began or ended in the hour before or the hour after the trigger, whichever has more",
		func(f *Facts) int { return f.monitor.transitions }),
	text("monitor.open_page", "an earlier page of it that was still open at the trigger; empty if there was none",
		func(f *Facts) string { return f.monitor.open.String() }),
	{
		"monitor.self_resolved_share", cel.DoubleType, func(f *Facts) ref.Val { return types.Double(f.monitor.selfShare()) },
		"of its earlier pages that have ended, the share that ended by themselves; 0 if there were none",
	},
	number("monitor.labelled", "its earlier pages that people have labelled", func(f *Facts) int { return f.monitor.labelled }),
	number("monitor.labelled_actionable", "of those, how many as actionable", func(f *Facts) int { return f.monitor.actionable }),
	number("monitor.labelled_not_actionable", "of those, how many as not actionable", func(f *Facts) int { return f.monitor.labelled - f.monitor.actionable }),
	text("monitor.last_verdict", "actionable or not_actionable, of the latest of them; empty if there is none",
		func(f *Facts) string { return string(f.monitor.last.Verdict) }),
	text("monitor.last_cause", "the cause of the latest of them", func(f *Facts) string { return f.monitor.last.Cause }),
	number("monitor.same_labels", "how many of the latest of them in a row say the same verdict and cause",
		func(f *Facts) int { return f.monitor.run }),

	number("service.monitors_within_10_minutes", "monitors of the service that paged up to 10 minutes before or after, with this one",
		func(f *Facts) int { return f.storm.around }),
	number("service.monitors_10_minutes_before", "other monitors of the service that had paged in the 10 minutes before",
		func(f *Facts) int { return f.storm.before }),

	truth("maintenance.active", "announced work on the service covered the trigger", func(f *Facts) bool { return f.maintained }),
	text("maintenance.summary", "what the work was", func(f *Facts) string { return f.maintenance }),
}

// A FactName is a fact as people learn of it.
type FactName struct{ Name, Type, Summary string }

// FactNames lists every fact that a condition may read.
func FactNames() []FactName {
	names := make([]FactName, len(table))
	for i, f := range table {
		names[i] = FactName{Name: f.name, Type: f.typ.String(), Summary: f.summary}
	}
	return names
}

// index finds a fact of the table by its name.
var index = func() map[string]int {
	m := make(map[string]int, len(table))
	for i, f := range table {
		m[f.name] = i
	}
	return m
}()

func attributes(f *Facts) ref.Val {
	m := make(map[string]string, len(f.page.Attributes))
	for k, v := range f.page.Attributes {
		m[k] = clip(v)
	}
	return types.NewStringStringMap(types.DefaultTypeAdapter, m)
}

// A view gives a program the facts of one page. Each is read when a rule first
// asks for it.
type view struct {
	facts  *Facts
	values []ref.Val
}

func newView() *view { return &view{values: make([]ref.Val, len(table))} }

// look turns the view to another page.
func (v *view) look(f *Facts) {
	v.facts = f
	clear(v.values)
}

func (v *view) value(i int) ref.Val {
	if v.values[i] == nil {
		v.values[i] = table[i].read(v.facts)
	}
	return v.values[i]
}

// ResolveName implements cel.Activation.
func (v *view) ResolveName(name string) (any, bool) {
	i, ok := index[name]
	if !ok {
		return nil, false
	}
	return v.value(i), true
}

// Parent implements cel.Activation.
func (v *view) Parent() cel.Activation { return nil }

// words returns a value as evidence and reasons show it.
func words(v ref.Val) string {
	switch v := v.(type) {
	case types.String:
		return string(v)
	case types.Bool:
		if v {
			return "yes"
		}
		return "no"
	case types.Int:
		return strconv.FormatInt(int64(v), 10)
	case types.Double:
		return strconv.FormatFloat(float64(v), 'g', 2, 64)
	}
	return ""
}
