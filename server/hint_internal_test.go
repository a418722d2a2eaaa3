package server

import (
	"context"
	"testing"
	"time"

	"opsreview"
	"opsreview/ingest"
)

func TestHints(t *testing.T) {
	begin := time.Date(2026, 11, 9, 2, 0, 0, 0, time.UTC)
	at := func(seconds int) time.Time { return begin.Add(time.Duration(seconds) * time.Second) }
	tests := map[string]struct {
		do   func(h *hints)
		want time.Time // when the pull that waits begins
	}{
		"without hints nothing waits": {func(*hints) {}, time.Time{}},
		"a hint waits for others": {
			func(h *hints) { h.add(at(0), 0) }, at(5),
		},
		"a hint waits until what it tells of can be read": {
			func(h *hints) { h.add(at(0), 2*time.Minute) }, at(125),
		},
		"more hints do not put it off": {
			func(h *hints) { h.add(at(0), 0); h.add(at(4), 0) }, at(5),
		},
		"a pull serves the hint": {
			func(h *hints) { h.add(at(0), 0); h.served(at(5)) }, time.Time{},
		},
		"a hint that was too young for the pull waits for one more": {
			func(h *hints) { h.add(at(0), 0); h.add(at(4), 0); h.served(at(5)) }, at(9),
		},
		"hints during a pull wait for one more, all together": {
			func(h *hints) { h.add(at(0), 0); h.add(at(7), 0); h.add(at(8), 0); h.served(at(5)) }, at(13),
		},
		"the one more serves them": {
			func(h *hints) { h.add(at(0), 0); h.add(at(7), 0); h.served(at(5)); h.served(at(12)) }, time.Time{},
		},
		"while somebody else pulls it is put off": {
			func(h *hints) { h.add(at(0), 0); h.postpone(at(6)) }, at(11),
		},
		"nobody waits for ever, whatever a vendor's reader says": {
			func(h *hints) { h.add(at(0), 24*time.Hour) }, at(600),
		},
		"a negative time is none": {
			func(h *hints) { h.add(at(0), -time.Hour) }, at(5),
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			h := newHints(0)
			tt.do(h)
			if got := h.next(); !got.Equal(tt.want) {
				t.Errorf("the pull begins at %s, want %s", got, tt.want)
			}
		})
	}
}

func TestHints_RunWaitsForWhoeverPulls(t *testing.T) {
	h := newHints(time.Nanosecond)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	pulls := 0
	h.add(time.Now(), 0)
	h.run(ctx, func(context.Context) error {
		if pulls++; pulls == 3 {
			cancel()
			return nil
		}
		return opsreview.Errorf(opsreview.Conflict, "somebody else pulls")
	})
	if pulls != 3 || !h.next().IsZero() {
		t.Errorf("it was pulled %d times, want 3; the next one at %s", pulls, h.next())
	}
}

func TestReceiver_RemembersABoundedNumberOfCalls(t *testing.T) {
	r := newReceiver(ScheduledSource{Source: nameless{}}, 0)
	name := func(i int) string { return time.Duration(i).String() }
	for i := range 3 * remembered {
		if !r.first(name(i), time.Time{}) {
			t.Fatalf("call %d counts as a repetition", i)
		}
	}
	if len(r.seen) != remembered || len(r.order) != remembered {
		t.Errorf("%d and %d calls are remembered, want %d", len(r.seen), len(r.order), remembered)
	}
	if r.first(name(3*remembered-1), time.Time{}) || r.first(name(2*remembered), time.Time{}) {
		t.Error("a call that is remembered counts twice")
	}
	if !r.first(name(0), time.Time{}) {
		t.Error("a call of long ago is remembered")
	}
	for range 2 {
		if !r.first("", time.Time{}) {
			t.Error("a call without a name counts as a repetition")
		}
	}
}

// A nameless source is one of which only the type is asked.
type nameless struct{ ingest.Source }

// Type implements ingest.Source.
func (nameless) Type() string { return "fake" }
