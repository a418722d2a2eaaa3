package opsreview

// A Finding is something that a review says needs work. Its key is made of
// identities only, never of counts, dates or titles, so that the same trouble
// has the same key every week.
type Finding struct {
	Key      string // "burn_unpaged:vault/availability"
	Kind     string
	Title    string   // one line; parts of it may be a source's, so escape it where it is shown
	Evidence []string // sentences with the numbers
	Remedy   string   // what to do about it, in a sentence
	SLO      string   // "" if it is about none
	Monitor  string   // "" if it is about none
	Pages    []Ref    // those behind it, most telling first
}

// The kinds of finding about budgets.
const (
	BudgetOverspent    = "budget_overspent"     // more than the 30-day budget was burned
	BurnUnpaged        = "burn_unpaged"         // a significant episode that nobody was paged for
	MonitorWithoutBurn = "monitor_without_burn" // none of a monitor's judged pages coincides with burn
	SLOWithoutData     = "slo_without_data"     // nothing is known of an SLO in the window
)
