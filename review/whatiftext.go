package review

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"opsreview"
)

// sentence says what a person would put in the ticket.
func (t *trials) sentence(w WhatIf, e experiment, real realFates) string {
	parts := []string{fmt.Sprintf("%s: %s.", e.change, t.effect(w, e)), t.harm(w, real)}
	if e.doubt != "" {
		parts = append(parts, e.doubt)
	}
	return strings.Join(parts, " ")
}

// effect says what a setting would have spared people.
func (t *trials) effect(w WhatIf, e experiment) string {
	zone := t.Zone
	if zone == nil {
		zone = time.UTC
	}
	text := fmt.Sprintf("%d of %s since %s %s", w.Avoided, count(w.Pages, "page"), t.Window.Start.In(zone).Format("2 Jan 2006"), e.how)
	if w.Kind == BusinessOnly && w.Later > 0 {
		text += fmt.Sprintf(", and %d would have waited", w.Later)
	}
	switch {
	case w.Interruptions == 0 && w.Sleep == 0:
		return text
	case w.Sleep > w.Interruptions:
		return text + fmt.Sprintf("; %s, and %s in sleep hours", fewer(w.Interruptions), fewer(w.Sleep))
	}
	return text + fmt.Sprintf("; %s, %s of them in sleep hours", fewer(w.Interruptions), share(w.Sleep, w.Interruptions))
}

// share writes a part of a total: "none", "all", or its number.
func share(n, total int) string {
	switch {
	case n == 0:
		return "none"
	case n == total && n > 1:
		return "all"
	}
	return strconv.Itoa(n)
}

func fewer(n int) string {
	if n == 1 {
		return "1 fewer interruption"
	}
	return fmt.Sprintf("%d fewer interruptions", n)
}

// harm says what would have become of real pages.
func (t *trials) harm(w WhatIf, real realFates) string {
	switch {
	case w.Real == 0 && t.labelled == 0:
		return "Nobody has labelled its pages, and none escalated: whether one was real is not known."
	case w.Real == 0:
		return fmt.Sprintf("None was real: of the %s none was actionable, and no other escalated.", count(t.labelled, "labelled page"))
	}
	var parts []string
	say := func(n int, format string, args ...any) {
		switch text := fmt.Sprintf(format, args...); {
		case n > 0 && w.Real == 1:
			parts = append(parts, text)
		case n > 0:
			parts = append(parts, share(n, w.Real)+" "+text)
		}
	}
	say(len(real.lost), "would not have come (%s)", shortRefs(real.lost))
	say(real.joined, "would have joined a page that people had already")
	say(real.pardoned, "would have waited, as people say that it could")
	if w.Delay.Median == w.DelayMax {
		say(w.Delay.N, "would have come %s later", length(w.DelayMax))
	} else {
		say(w.Delay.N, "would have come later, by %s in the median and %s at most", length(w.Delay.Median), length(w.DelayMax))
	}
	switch {
	case w.Real == 1 && len(parts) == 0:
		return "The one real page would have come as it did."
	case w.Real == 1:
		return "The one real page " + parts[0] + "."
	case len(parts) == 0:
		return fmt.Sprintf("Of %d real pages none would have been lost or later.", w.Real)
	}
	return fmt.Sprintf("Of %d real pages, %s.", w.Real, strings.Join(parts, ", "))
}

// mostNamed is how many pages a sentence names.
const mostNamed = 3

func shortRefs(refs []opsreview.Ref) string {
	names := make([]string, 0, mostNamed)
	for i, r := range refs {
		if i == mostNamed {
			return strings.Join(names, ", ") + fmt.Sprintf(" and %d more", len(refs)-i)
		}
		names = append(names, r.String())
	}
	return strings.Join(names, ", ")
}

// brief writes whole minutes as settings do: "5m", "1h".
func brief(d time.Duration) string {
	if d >= time.Hour && d%time.Hour == 0 {
		return fmt.Sprintf("%dh", d/time.Hour)
	}
	return fmt.Sprintf("%dm", d/time.Minute)
}

// minutes writes whole minutes in words.
func minutes(d time.Duration) string { return count(int(d/time.Minute), "minute") }
