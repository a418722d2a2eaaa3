package store_test

import (
	"testing"

	"opsreview/store/storetest"
)

func open(t *testing.T) storetest.Store { return openDB(t) }

func TestConformance(t *testing.T) { storetest.Run(t, open) }

func TestAnyOrder(t *testing.T) {
	orders := 5
	if raceEnabled {
		orders = 2
	}
	storetest.SavedInAnyOrder(t, open, orders)
}
