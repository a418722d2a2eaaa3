package cli

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	pb "opsreview/proto/opsreview/v1"
)

// printWithheld prints what is not told of people, and their loads taken
// together in its place.
func printWithheld(w io.Writer, a *pb.LoadAggregate, withheld string, width int) {
	if a != nil && !a.GetWithheld() {
		writeWrapped(w, "  ", togetherText(a), width)
	}
	if withheld != "" {
		for text := range strings.SplitSeq(withheld, "; ") {
			writeWrapped(w, "  ", clean(text), width)
		}
	}
}

// togetherText tells loads taken together.
func togetherText(a *pb.LoadAggregate) string {
	in := a.GetInterruptions()
	text := fmt.Sprintf("together, %s: %s interruptions, %s engaged; %s interrupted in sleep hours; %s pages each in the middle and %d at most",
		people(a.GetPeople()), interrupted(in), span(a.GetEngaged().AsDuration()), people(a.GetWoken()),
		strings.TrimSuffix(fmt.Sprintf("%.1f", a.GetMedianPages()), ".0"), a.GetMostPages())
	var over []string
	for _, limit := range slices.Sorted(maps.Keys(a.GetBreaches())) {
		over = append(over, fmt.Sprintf("%d over %s", a.GetBreaches()[limit], clean(strings.ReplaceAll(limit, "_", " "))))
	}
	if len(over) > 0 {
		text += "; " + strings.Join(over, ", ")
	}
	return text
}

// toldCount is a monitor's count of interruptions, or a dash where it is
// withheld.
func toldCount(in *pb.Interruptions) string {
	if in == nil {
		return "–"
	}
	return interrupted(in)
}

// loadAggregateJSON is the loads of several people taken together. With too few
// of them, only their number is told.
type loadAggregateJSON struct {
	People         int32              `json:"people"`
	Withheld       bool               `json:"withheld"`
	Interruptions  *interruptionsJSON `json:"interruptions,omitempty"`
	EngagedSeconds *float64           `json:"engaged_seconds,omitempty"`
	MedianPages    *float64           `json:"median_pages,omitempty"`
	MostPages      *int32             `json:"most_pages,omitempty"`
	Woken          *int32             `json:"woken,omitempty"`
	Breaches       map[string]int32   `json:"breaches,omitempty"`
}

func loadAggregateToJSON(a *pb.LoadAggregate) *loadAggregateJSON {
	if a == nil {
		return nil
	}
	out := &loadAggregateJSON{People: a.GetPeople(), Withheld: a.GetWithheld()}
	if !a.GetWithheld() {
		median, most, woken := a.GetMedianPages(), a.GetMostPages(), a.GetWoken()
		out.Interruptions, out.EngagedSeconds = toldInterruptionsToJSON(a.GetInterruptions()), jsonSeconds(a.GetEngaged())
		out.MedianPages, out.MostPages, out.Woken, out.Breaches = &median, &most, &woken, a.GetBreaches()
	}
	return out
}

// toldInterruptionsToJSON returns nil for interruptions that are withheld.
func toldInterruptionsToJSON(in *pb.Interruptions) *interruptionsJSON {
	if in == nil {
		return nil
	}
	out := interruptionsToJSON(in)
	return &out
}
