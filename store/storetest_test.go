package store_test

import (
	"testing"

	"opsreview/store/storetest"
)

func open(t *testing.T) storetest.Store { return openDB(t) }

func TestConformance(t *testing.T) { storetest.Run(t, open) }

func TestAnyOrder(t *testing.T) { storetest.SavedInAnyOrder(t, open, 5) }
