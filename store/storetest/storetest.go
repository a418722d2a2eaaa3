// Package storetest is the conformance suite of a store. Every store of
// opsreview's facts must pass it, whichever engine it keeps them in.
package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"opsreview"
	"opsreview/store"
)

// Store lists the methods of a store. *store.DB has them.
type Store interface {
	SaveBatch(ctx context.Context, source string, b opsreview.Batch) (opsreview.Saved, error)
	SaveBatchOnce(ctx context.Context, r store.Request, source string, b opsreview.Batch) (opsreview.Saved, error)
	SaveAll(ctx context.Context, source string, fn func(save func(opsreview.Batch) (opsreview.Saved, error)) error) error

	Pages(ctx context.Context, f store.PageFilter) ([]opsreview.Page, error)
	FindPage(ctx context.Context, name string) (opsreview.Page, error)
	OpenPages(ctx context.Context, source string) ([]string, error)
	CountPages(ctx context.Context, source string, w opsreview.Window) (int, error)
	PageIDs(ctx context.Context, source string, w opsreview.Window) ([]string, error)
	Stored(ctx context.Context, source string, ids []string) (map[string]opsreview.Page, error)
	DataSince(ctx context.Context) (time.Time, error)

	Label(ctx context.Context, labels []opsreview.Label) (changed int, err error)
	LabelOnce(ctx context.Context, r store.Request, labels []opsreview.Label) (changed []opsreview.Ref, err error)
	LabelChanges(ctx context.Context, labels []opsreview.Label) ([]opsreview.Ref, error)
	Labels(ctx context.Context, page opsreview.Ref) ([]opsreview.Label, error)
	MonitorLabels(ctx context.Context, monitor string, limit int) ([]opsreview.Label, error)

	Monitors(ctx context.Context, ids []string) ([]opsreview.Monitor, error)
	Monitor(ctx context.Context, name string) (opsreview.Monitor, error)
	Remonitor(ctx context.Context) (changed int, err error)

	Responders(ctx context.Context) ([]opsreview.Responder, error)
	Teams(ctx context.Context) ([]opsreview.Team, error)
	Services(ctx context.Context) ([]opsreview.Service, error)
	Policies(ctx context.Context) ([]opsreview.EscalationPolicy, error)
	Priorities(ctx context.Context) ([]opsreview.Priority, error)
	Shifts(ctx context.Context, w opsreview.Window) ([]opsreview.Shift, error)

	Source(ctx context.Context, name string) (opsreview.SourceHealth, error)
	Sources(ctx context.Context) ([]opsreview.SourceHealth, error)
	SetScope(ctx context.Context, source, scope string) error
	BeginSync(ctx context.Context, source, sourceType string, at time.Time) error
	EndSync(ctx context.Context, source string, at time.Time, message string) error
	Rejects(ctx context.Context, source, version string) ([]opsreview.Reject, error)
	Raw(ctx context.Context, source, typ, id string) ([]byte, error)
	PurgeRaw(ctx context.Context, before time.Time) (int, error)

	IntendReport(ctx context.Context, destination string, due, at time.Time) (first bool, err error)
	EndReport(ctx context.Context, destination string, due, at time.Time, message string) error
	LastReports(ctx context.Context) ([]opsreview.ReportRun, error)

	Segments(ctx context.Context, f store.SegmentFilter) (map[string][]opsreview.Segment, error)
	SLOStates(ctx context.Context) ([]store.SLOState, error)
	RollUpSegments(ctx context.Context, now time.Time) (fewer int, err error)
	RecordObjectives(ctx context.Context, slos []opsreview.SLO, now time.Time) error
	Objectives(ctx context.Context, slos []string) (map[string][]opsreview.ObjectiveChange, error)
	Corrections(ctx context.Context, slos []string) ([]opsreview.Correction, error)
	SaveCorrections(ctx context.Context, r store.Request, cs []opsreview.Correction) ([]opsreview.Correction, error)
	WithdrawCorrection(ctx context.Context, id, by string, at time.Time) (opsreview.Correction, error)

	Tickets(ctx context.Context, tracker string) ([]opsreview.Ticket, error)
	ListTickets(ctx context.Context, f store.TicketFilter) ([]opsreview.Ticket, error)
	SaveTickets(ctx context.Context, rows []opsreview.Ticket) error
	BeginEffect(ctx context.Context, row opsreview.Ticket, e opsreview.TicketEffect) (int64, error)
	EndEffect(ctx context.Context, row opsreview.Ticket, id int64, outcome, remoteKey string, at time.Time) error
	TicketEffects(ctx context.Context, f store.TicketEffectFilter) ([]opsreview.TicketEffect, error)
	Lease(ctx context.Context, tracker, owner string, now, until time.Time) error
	Confirmed(ctx context.Context, tracker string) (time.Time, error)
	Confirm(ctx context.Context, tracker, by string, at time.Time) error
	SavePlanning(ctx context.Context, tracker, sprint string, at time.Time, chosen, leftOut []string) error
	PassedOver(ctx context.Context, tracker, planned string) (map[string]int, error)
	MonitorPages(ctx context.Context, monitor string, windows []opsreview.Window) ([]int, error)

	Charts(ctx context.Context, f store.ChartFilter) ([]opsreview.Chart, error)
	SeriesStates(ctx context.Context, charts []string) ([]opsreview.SeriesState, error)
	Points(ctx context.Context, series string, w opsreview.Window) (opsreview.Points, error)
	Thin(ctx context.Context, now time.Time) (fewer int, err error)
	Scans(ctx context.Context, series []string, w opsreview.Window) (map[string]opsreview.Scan, error)
	SaveScans(ctx context.Context, scans []opsreview.Scan) error
	DecideAnomaly(ctx context.Context, r store.Request, d opsreview.AnomalyDecision) (opsreview.AnomalyDecision, error)
	AnomalyDecisions(ctx context.Context, charts []string) ([]opsreview.AnomalyDecision, error)
	ListAnomalyDecisions(ctx context.Context, f store.AnomalyDecisionFilter) ([]opsreview.AnomalyDecision, error)
	Dashboards(ctx context.Context) ([]opsreview.Dashboard, error)
	Definitions(ctx context.Context) ([]opsreview.MonitorDefinition, error)
	Runbooks(ctx context.Context) ([]opsreview.Runbook, error)

	Incidents(ctx context.Context, f store.IncidentFilter) ([]opsreview.Incident, error)
	CreateIncident(ctx context.Context, r *store.Request, i opsreview.Incident) (opsreview.Incident, error)
	IncidentLinks(ctx context.Context, incidents []opsreview.Ref) ([]opsreview.IncidentLink, error)
	LinkIncident(ctx context.Context, r *store.Request, links []opsreview.IncidentLink) error
	UnlinkIncident(ctx context.Context, l opsreview.IncidentLink, by string, at time.Time) error

	ToilEntries(ctx context.Context, f store.ToilFilter) ([]opsreview.ToilEntry, error)
	LogToil(ctx context.Context, r *store.Request, e opsreview.ToilEntry) (opsreview.ToilEntry, error)
	WithdrawToil(ctx context.Context, id, by string, at time.Time) (opsreview.ToilEntry, error)
	ToilTasks(ctx context.Context, team string) ([]opsreview.ToilTask, error)
	ChangeToilTask(ctx context.Context, team, name string, change func(*opsreview.ToilTask) error) (opsreview.ToilTask, error)

	Meeting(ctx context.Context, id string) (opsreview.Meeting, error)
	Meetings(ctx context.Context, f store.MeetingFilter) ([]opsreview.Meeting, error)
	OpenMeeting(ctx context.Context, m opsreview.Meeting) (out opsreview.Meeting, there bool, err error)
	UpdateMeeting(ctx context.Context, id string, u store.MeetingUpdate) (opsreview.Meeting, error)
	CloseMeeting(ctx context.Context, r *store.Request, c store.MeetingClose) (opsreview.Meeting, error)
	MeetingItems(ctx context.Context, f store.MeetingItemFilter) ([]opsreview.MeetingItem, error)
	AddMeetingItem(ctx context.Context, r *store.Request, i opsreview.MeetingItem) (opsreview.MeetingItem, error)
	ChangeMeetingItem(ctx context.Context, id string, c store.ItemChange) (opsreview.MeetingItem, error)
	Waivers(ctx context.Context, team *string) ([]opsreview.Waiver, error)
	CreateWaiver(ctx context.Context, r *store.Request, v opsreview.Waiver) (opsreview.Waiver, error)
	WithdrawWaiver(ctx context.Context, id, by string, at time.Time) (opsreview.Waiver, error)

	Backup(ctx context.Context, path string) error
	Check(ctx context.Context) ([]string, error)
}

// Run tests the store that open opens. It must be empty, know the default
// monitor rules and be of the program's version "v1".
func Run(t *testing.T, open func(t *testing.T) Store) {
	for _, group := range []map[string]func(*testing.T, Store){pageTests, filterTests, labelTests, sourceTests, orgTests, shiftTests, reportTests, segmentTests, objectiveTests, ticketTests, effectTests, seriesTests, anomalyTests, incidentTests, toilTests, meetingTests, itemTests} {
		for name, test := range group {
			t.Run(name, func(t *testing.T) {
				st := open(t)
				test(t, st)
				sound(t, st)
			})
		}
	}
}

// sound fails the test if the store finds itself damaged.
func sound(t *testing.T, st Store) {
	t.Helper()
	if problems := must(st.Check(t.Context()))(t); len(problems) > 0 {
		t.Errorf("check: %q", problems)
	}
}

// must returns a function that fails the test if err is not nil, and else
// returns v.
func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func mustDo(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func save(t *testing.T, st Store, source string, b opsreview.Batch) opsreview.Saved {
	t.Helper()
	return must(st.SaveBatch(t.Context(), source, b))(t)
}

func wantCode(t *testing.T, err error, want opsreview.Code) {
	t.Helper()
	if got := opsreview.ErrorCode(err); got != want {
		t.Errorf("the code is %q, want %q: %v", got, want, err)
	}
}

func same[T any](t *testing.T, what string, want, got T) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// monday is when everything begins here.
var monday = time.Date(2026, 11, 9, 0, 0, 0, 0, time.UTC)

// hour returns a time that many hours after monday.
func hour(h float64) time.Time { return monday.Add(time.Duration(h * float64(time.Hour))) }

func ref(id string) opsreview.Ref { return opsreview.Ref{Source: "pd", ID: id} }

// trigger returns a page that was triggered at a time and notified responders.
func trigger(id string, at time.Time, title string, responders ...string) opsreview.Page {
	p := opsreview.Page{Ref: ref(id), Title: title, UpdatedAt: at, Events: []opsreview.Event{
		{ID: id + "-t", At: at, Kind: opsreview.Triggered, By: opsreview.Agent{Kind: opsreview.Integration}},
	}}
	for i, r := range responders {
		p.Events = append(p.Events, opsreview.Event{
			ID: id + "-n" + r, At: at.Add(time.Duration(i+1) * time.Minute), Kind: opsreview.Notified,
			Channel: opsreview.Push, Responders: []string{r},
		})
	}
	return p
}

func ids(pages []opsreview.Page) []string {
	var out []string
	for _, p := range pages {
		out = append(out, p.ID)
	}
	return out
}

// find returns the IDs of the pages that a filter selects.
func find(t *testing.T, st Store, f store.PageFilter) []string {
	t.Helper()
	return ids(must(st.Pages(t.Context(), f))(t))
}
