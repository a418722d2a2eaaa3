package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
)

// scopeFlags are the flags of every command that looks at a team's window.
type scopeFlags struct {
	team string
	spec opsreview.WindowSpec
}

func (s *scopeFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&s.team, "team", "", "look at `TEAM` only (default everybody)")
	flags.StringVar(&s.spec.Week, "week", "", "look at ISO `WEEK`, such as 2026-W46 (default the last complete one)")
	flags.StringVar(&s.spec.From, "from", "", "look from `TIME`, such as 2026-11-09 or 2026-11-09T08:00, on the team's clock")
	flags.StringVar(&s.spec.To, "to", "", "look until `TIME`, which is not included (default now)")
	flags.StringVar(&s.spec.Last, "last", "", "look at the last `SPAN`, such as 14d or 36h")
	oneOf(cmd, "week", "from", "last")
	oneOf(cmd, "week", "to", "last")
}

func (s *scopeFlags) selector() *pb.WindowSelector {
	return &pb.WindowSelector{Week: s.spec.Week, From: s.spec.From, To: s.spec.To, Last: s.spec.Last}
}

// A frame is the window that a response was computed for, on the team's clock.
type frame struct {
	start, end time.Time
	zone       *time.Location
}

func frameOf(w *pb.Window, zone string) frame {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		loc = time.UTC
	}
	return frame{start: w.GetStartTime().AsTime().In(loc), end: w.GetEndTime().AsTime().In(loc), zone: loc}
}

// String returns the window as a heading shows it: the last day that is in it,
// where it is made of whole days.
func (f frame) String() string {
	const day, minute = "Mon 2006-01-02", "Mon 2006-01-02 15:04"
	midnight := func(t time.Time) bool { return t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0 }
	if midnight(f.start) && midnight(f.end) {
		last := f.end.AddDate(0, 0, -1)
		return fmt.Sprintf("%s to %s, %s", f.start.Format(day), last.Format(day), f.zone)
	}
	return fmt.Sprintf("%s to %s, %s", f.start.Format(minute), f.end.Format(minute), f.zone)
}

// A windowJSON is a half-open window in UTC.
type windowJSON struct {
	Start *time.Time `json:"start"`
	End   *time.Time `json:"end"`
}

func windowToJSON(w *pb.Window) windowJSON {
	return windowJSON{Start: jsonTime(w.GetStartTime()), End: jsonTime(w.GetEndTime())}
}
