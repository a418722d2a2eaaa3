package cli

import (
	"slices"
	"time"

	pb "opsreview/proto/opsreview/v1"
)

// timeline adds what happened, in fewer lines than page show: there the whole
// has to be read, here a page has to be judged on a small screen.
func (b *triageBody) timeline(events []*pb.Event, zone *time.Location) {
	day := ""
	for len(events) > 0 {
		e, n := events[0], alike(events)
		at := e.GetTime().AsTime().In(zone)
		if d := at.Format("Mon 02 Jan"); d != day {
			if day != "" {
				b.text("", b.style.dim(d))
			}
			day = d
		}
		if !impliedBy(events) {
			text := eventText(e, zone)
			for _, again := range events[1:n] {
				text += ", " + again.GetTime().AsTime().In(zone).Format("15:04") + " by " + orElse(clean(again.GetChannel()), "another way")
			}
			b.text(at.Format("15:04:05"), text)
		}
		events = events[n:]
	}
}

// impliedBy reports whether the first event is an assignment by the paging tool
// that the notification after it tells of.
func impliedBy(events []*pb.Event) bool {
	e := events[0]
	return len(events) > 1 && e.GetKind() == "assigned" && e.GetBy().GetKind() == "timer" && e.GetText() == "" &&
		events[1].GetKind() == "notified" && sameResponders(e, events[1])
}

// alike returns how many events at the beginning are notifications of the same
// people, at least one.
func alike(events []*pb.Event) int {
	n := 1
	for n < len(events) && plainNotice(events[0]) && plainNotice(events[n]) && sameResponders(events[0], events[n]) {
		n++
	}
	return n
}

// plainNotice reports whether an event is a notification of which there is
// nothing to say but whom and how.
func plainNotice(e *pb.Event) bool {
	return e.GetKind() == "notified" && e.GetText() == "" && e.GetBy() == nil && e.GetUntilTime() == nil
}

func sameResponders(a, b *pb.Event) bool {
	return slices.EqualFunc(a.GetResponders(), b.GetResponders(), func(a, b *pb.EventResponder) bool { return a.GetName() == b.GetName() })
}
