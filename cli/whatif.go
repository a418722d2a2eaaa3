package cli

import (
	"fmt"
	"io"

	pb "opsreview/proto/opsreview/v1"
)

// mostChanges is how many monitors a review proposes to change: a meeting
// decides on few.
const mostChanges = 5

// printWhatToChange prints what to change, of the dearest monitors for which a
// setting is known that would have helped.
func printWhatToChange(w io.Writer, s style, monitors []*pb.MonitorCost, width int) {
	n := 0
	for _, m := range monitors {
		if m.GetBestWhatIf() == nil || n == mostChanges {
			continue
		}
		if n == 0 {
			writeLine(w, "")
			writeLine(w, s.bold("WHAT TO CHANGE"))
		}
		n++
		writeLine(w, "  "+fit(clean(m.GetMonitor())+"  "+clean(m.GetTitle()), width-2))
		for _, line := range wrap(clean(m.GetBestWhatIf().GetSentence()), width-8) {
			writeLine(w, "      "+line)
		}
	}
}

// printWhatIfs prints what other settings of a monitor would have done, and the
// one to propose in words.
func (a *app) printWhatIfs(resp *pb.GetMonitorResponse) {
	all, s, width := resp.GetWhatIfs(), a.style(), a.terminalWidth()
	if len(all) == 0 {
		return
	}
	writeLine(a.stdout, "")
	writeLine(a.stdout, s.bold("WHAT OTHER SETTINGS WOULD HAVE AVOIDED")+"  "+plural(all[0].GetPagesTotal(), "page")+", "+frameOf(all[0].GetWindow(), resp.GetTimeZone()).String())
	best := resp.GetMonitor().GetBestWhatIf()
	t := table{columns: []column{
		{head: "SETTING", flex: true, min: 16},
		{head: "PAGES", right: true},
		{head: "INTERRUPTIONS", right: true},
		{head: "ASLEEP", right: true},
		{head: "REAL LOST", right: true},
		{head: "REAL LATER", flex: true, min: 12},
	}}
	useless, thresholds := 0, 0
	for _, w := range all {
		if w.GetKind() == "higher_threshold" {
			thresholds++
		}
		if w.GetPagesAvoided() == 0 && w.GetSleepInterruptionsAvoided() == 0 {
			useless++
			continue
		}
		t.row(clean(w.GetSetting()), fmt.Sprint(w.GetPagesAvoided()),
			fmt.Sprint(w.GetInterruptionsAvoided()), fmt.Sprint(w.GetSleepInterruptionsAvoided()),
			fmt.Sprintf("%d of %d", w.GetRealPagesLost(), w.GetRealPages()), delayText(w))
		if best.GetSetting() == w.GetSetting() && best.GetKind() == w.GetKind() {
			t.mark()
		}
	}
	if len(t.rows) > 0 {
		t.print(a.stdout, s, "  ", width)
	}
	if useless > 0 {
		writeLine(a.stdout, "  "+plural(useless, "other setting")+" would have avoided nothing")
	}
	if thresholds == 0 {
		writeLine(a.stdout, "  no other threshold was tried: its pages show no value that varies")
	}
	writeLine(a.stdout, "")
	if best == nil {
		writeWrapped(a.stdout, "  ", "None is proposed: each avoids next to nothing, or harms a page that was real or that nobody has labelled.", width)
		history := frameOf(all[0].GetWindow(), resp.GetTimeZone())
		writeLine(a.stdout, fmt.Sprintf("  label more of them: opsreview page list --monitor %s --from %s --to %s --unlabelled",
			resp.GetMonitor().GetMonitor(), flagTime(history.start), flagTime(history.end)))
		return
	}
	writeWrapped(a.stdout, "  ", clean(best.GetSentence()), width)
}

// delayText is by how much real pages would have been later: "2, by 10m", "3, by
// 10m, max 8h 00m".
func delayText(w *pb.WhatIf) string {
	d := w.GetRealDelay()
	if d.GetCount() == 0 {
		return "none"
	}
	text := fmt.Sprintf("%d, by %s", d.GetCount(), span(d.GetMedian().AsDuration()))
	if longest := w.GetRealDelayMax().AsDuration(); longest != d.GetMedian().AsDuration() {
		text += ", max " + span(longest)
	}
	return text
}

// whatIfJSON is a what-if of monitor show and review show -o json.
type whatIfJSON struct {
	Kind                      string      `json:"kind"`
	Setting                   string      `json:"setting"`
	Window                    windowJSON  `json:"window"`
	PagesTotal                int32       `json:"pages_total"`
	PagesAvoided              int32       `json:"pages_avoided"`
	InterruptionsAvoided      int32       `json:"interruptions_avoided"`
	SleepInterruptionsAvoided int32       `json:"sleep_interruptions_avoided"`
	RealPages                 int32       `json:"real_pages"`
	RealPagesLost             int32       `json:"real_pages_lost"`
	RealDelay                 *spreadJSON `json:"real_delay,omitempty"`
	RealDelayMaxSeconds       *float64    `json:"real_delay_max_seconds,omitempty"`
	Sentence                  string      `json:"sentence"`
}

// whatIfToJSON returns nil for no what-if.
func whatIfToJSON(w *pb.WhatIf) *whatIfJSON {
	if w == nil {
		return nil
	}
	return &whatIfJSON{
		Kind: w.GetKind(), Setting: w.GetSetting(), Window: windowToJSON(w.GetWindow()), PagesTotal: w.GetPagesTotal(),
		PagesAvoided: w.GetPagesAvoided(), InterruptionsAvoided: w.GetInterruptionsAvoided(),
		SleepInterruptionsAvoided: w.GetSleepInterruptionsAvoided(), RealPages: w.GetRealPages(), RealPagesLost: w.GetRealPagesLost(),
		RealDelay: spreadToJSON(w.GetRealDelay()), RealDelayMaxSeconds: jsonSeconds(w.GetRealDelayMax()), Sentence: w.GetSentence(),
	}
}

func whatIfsToJSON(all []*pb.WhatIf) []whatIfJSON {
	var out []whatIfJSON
	for _, w := range all {
		out = append(out, *whatIfToJSON(w))
	}
	return out
}
