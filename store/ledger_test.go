package store_test

import (
	"testing"

	"opsreview/ticket"
	"opsreview/ticket/tickettest"
)

func TestLedger(t *testing.T) {
	tickettest.RunLedger(t, func(t testing.TB) ticket.Ledger { return openDB(t) })
}
