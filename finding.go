package opsreview

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// A Finding is something that a review says needs work. Its key is made of
// identities only, never of counts, dates or titles, so that the same trouble
// has the same key every week.
type Finding struct {
	Key      string // "burn_unpaged:vault/availability"; see FindingKey
	Kind     string
	Category string   // what kind of work it is: one of Categories
	Title    string   // one line; parts of it may be a source's, so escape it where it is shown
	Evidence []string // sentences with the numbers
	Remedy   string   // what to do about it, in a sentence

	Team    string // "" for everybody's
	Service string // its name; "" if it is about none
	SLO     string // "" if it is about none
	Monitor string // "" if it is about none
	Chart   string // "" if it is about none
	Subject string // the incident's reference or the task's key; "" if it is about neither
	Pages   []Ref  // those behind it, most telling first

	// Cost is what the trouble costs people in minutes a week, and CostMethod how
	// that was reckoned; "" if nobody knows.
	Cost       float64
	CostMethod string
}

// The kinds of finding.
const (
	BudgetOverspent    = "budget_overspent"     // more than the 30-day budget was burned
	BurnUnpaged        = "burn_unpaged"         // a significant episode that nobody was paged for
	MonitorWithoutBurn = "monitor_without_burn" // none of a monitor's judged pages coincides with burn
	SLOWithoutData     = "slo_without_data"     // nothing is known of an SLO in the window

	NoisyMonitor   = "noisy_monitor"   // its pages were mostly not actionable
	IgnoredPages   = "ignored_pages"   // its pages were actionable and nobody acted
	WastedPages    = "wasted_pages"    // people acted again and again on what was not actionable
	WrongHours     = "wrong_hours"     // its pages woke people for what could have waited
	RunbookMissing = "runbook_missing" // people said so
	RunbookPoor    = "runbook_poor"    // wrong, or the page says too little
	LimitBreached  = "limit_breached"  // somebody's load went over a limit

	IncidentUnfinished = "incident_unfinished" // a grave incident without postmortem or follow-up after too long
	ToilHotSpot        = "toil_hot_spot"       // a recurring task costs much
	ToilOverLimit      = "toil_over_limit"     // a team's toil is more than its share

	AnomalyFound     = "anomaly"           // something on a dashboard looked weird, and people accepted it as work
	MonitorUnclear   = "monitor_unclear"   // a monitor that paged does not say what a responder needs
	DashboardUnclear = "dashboard_unclear" // a dashboard does not explain itself
)

// FindingKinds lists every kind.
func FindingKinds() []string {
	return []string{
		BudgetOverspent, BurnUnpaged, MonitorWithoutBurn, SLOWithoutData,
		NoisyMonitor, IgnoredPages, WastedPages, WrongHours, RunbookMissing, RunbookPoor, LimitBreached,
		IncidentUnfinished, ToilHotSpot, ToilOverLimit,
		AnomalyFound, MonitorUnclear, DashboardUnclear,
	}
}

// The categories of work, which sprint planning filters for.
const (
	AlertNoise    = "alert-noise"
	SLORisk       = "slo-risk"
	RunbookGap    = "runbook-gap"
	ResponderLoad = "responder-load"
	Toil          = "toil"
	Weirdness     = "anomaly"
	Hygiene       = "hygiene"
	FollowUpWork  = "incident-follow-up"
)

// Categories lists every category.
func Categories() []string {
	return []string{AlertNoise, SLORisk, RunbookGap, ResponderLoad, Toil, Weirdness, Hygiene, FollowUpWork}
}

// FindingKey makes a finding's key of its kind and the identities that it is
// about.
func FindingKey(kind string, identities ...string) string {
	return kind + ":" + strings.Join(identities, "|")
}

// CostText writes minutes a week for people: "≈ 25 min/week", "≈ 3.4 h/week". It
// is "" where there are none.
func CostText(minutes float64) string {
	switch {
	case minutes <= 0:
		return ""
	case minutes < 1:
		return "< 1 min/week"
	case minutes < 59.5:
		return fmt.Sprintf("≈ %.0f min/week", minutes)
	case minutes < 99.5*60:
		return fmt.Sprintf("≈ %.1f h/week", minutes/60)
	}
	return fmt.Sprintf("≈ %.0f h/week", minutes/60)
}

// fingerprintVersion goes up when keys are made in another way.
const fingerprintVersion = "opsreview/v1"

// Fingerprint is the finding's key as 16 hexadecimal digits, which labels can
// hold.
func (f Finding) Fingerprint() string { return FingerprintOf(f.Key) }

// FingerprintOf is the fingerprint of a finding's key.
func FingerprintOf(key string) string {
	sum := sha256.Sum256([]byte(fingerprintVersion + "\n" + key))
	return hex.EncodeToString(sum[:8])
}
