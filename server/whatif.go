package server

import (
	"context"

	"google.golang.org/protobuf/types/known/durationpb"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/review"
	"opsreview/store"
)

// judgedMonitors is how many of the dearest monitors of a review are tried with
// other settings. It bounds the work: each one's own history is read.
const judgedMonitors = 10

// whatIfs tries other settings of a monitor on its history: the window and the
// four weeks before it.
func (f *facts) whatIfs(ctx context.Context, sc scope, w opsreview.Window, monitor string) ([]review.WhatIf, error) {
	h := review.History{
		Window: opsreview.Window{Start: w.Start.In(sc.zone).AddDate(0, 0, -7*baselineWeeks), End: w.End},
		Zone:   sc.zone, Roster: sc.roster, Vocabulary: f.org.Vocabulary,
	}
	var err error
	h.Pages, err = f.db.Pages(ctx, store.PageFilter{Monitor: monitor, Services: sc.serviceRefs(), Window: h.Window})
	if err != nil {
		return nil, err
	}
	return review.WhatIfs(h), nil
}

// addWhatIfs finds out for the dearest of the monitors which other setting would
// have avoided most. The monitors come dearest first.
func (f *facts) addWhatIfs(ctx context.Context, sc scope, w opsreview.Window, monitors []review.MonitorCost) error {
	for i := range monitors[:min(len(monitors), judgedMonitors)] {
		all, err := f.whatIfs(ctx, sc, w, monitors[i].Monitor.ID)
		if err != nil {
			return err
		}
		monitors[i].WhatIf, _ = review.BestWhatIf(all)
	}
	return nil
}

// whatIfToProto returns nil for the zero what-if.
func whatIfToProto(w review.WhatIf) *pb.WhatIf {
	if w.IsZero() {
		return nil
	}
	out := &pb.WhatIf{
		Kind:                      string(w.Kind),
		Setting:                   w.Setting,
		PagesAvoided:              int32(w.Avoided),
		PagesTotal:                int32(w.Pages),
		InterruptionsAvoided:      int32(w.Interruptions),
		SleepInterruptionsAvoided: int32(w.Sleep),
		RealPages:                 int32(w.Real),
		RealPagesLost:             int32(w.Lost),
		RealDelay:                 spreadToProto(w.Delay),
		Sentence:                  w.Sentence,
		Window:                    windowToProto(w.Window),
	}
	if w.Delay.OK {
		out.RealDelayMax = durationpb.New(w.DelayMax)
	}
	return out
}

func whatIfsToProto(all []review.WhatIf) []*pb.WhatIf {
	out := make([]*pb.WhatIf, len(all))
	for i, w := range all {
		out[i] = whatIfToProto(w)
	}
	return out
}
