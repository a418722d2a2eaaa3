package opsreview_test

import (
	"slices"
	"testing"

	"opsreview"
)

func TestEventKinds_AreDistinctAndValid(t *testing.T) {
	kinds := opsreview.EventKinds()
	for _, k := range kinds {
		if !k.Valid() {
			t.Errorf("the kind %q is not valid", k)
		}
	}
	slices.Sort(kinds)
	if n := len(slices.Compact(kinds)); n != len(opsreview.EventKinds()) {
		t.Errorf("%d of %d kinds are distinct", n, len(opsreview.EventKinds()))
	}
	for _, k := range []opsreview.EventKind{"", "exploded", "Triggered"} {
		if k.Valid() {
			t.Errorf("the kind %q is valid", k)
		}
	}
}

func TestChannel_Interrupts(t *testing.T) {
	tests := map[string]struct {
		channel opsreview.Channel
		want    bool
	}{
		"a text message":             {opsreview.SMS, true},
		"a call":                     {opsreview.Phone, true},
		"a push message":             {opsreview.Push, true},
		"a chat message":             {opsreview.Chat, true},
		"mail waits":                 {opsreview.Email, false},
		"an unknown channel does":    {"pigeon", true},
		"so does one nobody told of": {"", true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := tt.channel.Interrupts(); got != tt.want {
				t.Errorf("Interrupts = %t, want %t", got, tt.want)
			}
		})
	}
}
