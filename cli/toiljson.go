package cli

import (
	"fmt"
	"time"

	pb "opsreview/proto/opsreview/v1"
)

// toilJSON is what toil show -o json prints.
type toilJSON struct {
	Team            string         `json:"team"`
	Window          windowJSON     `json:"window"`
	TimeZone        string         `json:"time_zone"`
	SpentSeconds    float64        `json:"spent_seconds"`
	OverheadSeconds float64        `json:"overhead_seconds"`
	DroppedSeconds  float64        `json:"dropped_seconds"`
	WorkingSeconds  *float64       `json:"working_seconds,omitempty"`
	Limit           float64        `json:"limit"`
	Over            bool           `json:"over"`
	People          []toilSumJSON  `json:"people"`
	PeopleWithheld  int32          `json:"people_withheld"`
	Teams           []toilSumJSON  `json:"teams,omitempty"`
	Categories      []toilSumJSON  `json:"categories"`
	Origins         []toilSumJSON  `json:"origins"`
	Weeks           []toilWeekJSON `json:"weeks"`
	Tasks           []toilTaskJSON `json:"tasks"`
	Method          string         `json:"method"`
	Trend           string         `json:"trend"`
}

type toilSumJSON struct {
	Key            string   `json:"key"`
	Name           string   `json:"name"`
	SpentSeconds   float64  `json:"spent_seconds"`
	WorkingSeconds *float64 `json:"working_seconds,omitempty"`
	Entries        int32    `json:"entries"`
}

type toilWeekJSON struct {
	Week           string     `json:"week"`
	Window         windowJSON `json:"window"`
	SpentSeconds   float64    `json:"spent_seconds"`
	WorkingSeconds *float64   `json:"working_seconds,omitempty"`
	Entries        int32      `json:"entries"`
}

type toilTaskJSON struct {
	Key            string              `json:"key"`
	Name           string              `json:"name"`
	Category       string              `json:"category,omitempty"`
	Overhead       bool                `json:"overhead"`
	Answers        map[string]bool     `json:"answers"`
	Entries        int32               `json:"entries"`
	SpentSeconds   float64             `json:"spent_seconds"`
	PerWeekSeconds float64             `json:"per_week_seconds"`
	QuarterSeconds float64             `json:"quarter_seconds"`
	People         int32               `json:"people"`
	HotSpot        bool                `json:"hot_spot"`
	Ticket         string              `json:"ticket,omitempty"`
	Automation     *toilAutomationJSON `json:"automation,omitempty"`
}

type toilAutomationJSON struct {
	At            time.Time `json:"at"`
	BeforeSeconds float64   `json:"before_seconds"`
	AfterSeconds  float64   `json:"after_seconds"`
	SavedSeconds  float64   `json:"saved_seconds"`
	TooEarly      bool      `json:"too_early"`
	Text          string    `json:"text"`
}

// toilListJSON is what toil list -o json prints.
type toilListJSON struct {
	Window   windowJSON     `json:"window"`
	TimeZone string         `json:"time_zone"`
	Lines    []toilLineJSON `json:"lines"`
	Withheld int32          `json:"withheld"`
}

type toilLineJSON struct {
	Person         string    `json:"person,omitempty"`
	PersonName     string    `json:"person_name,omitempty"`
	Task           string    `json:"task"`
	Title          string    `json:"title"`
	Category       string    `json:"category,omitempty"`
	Origin         string    `json:"origin"`
	At             time.Time `json:"at"`
	SpentSeconds   float64   `json:"spent_seconds"`
	DroppedSeconds float64   `json:"dropped_seconds"`
	Entry          string    `json:"entry,omitempty"`
	Page           string    `json:"page,omitempty"`
	Ticket         string    `json:"ticket,omitempty"`
	Overhead       bool      `json:"overhead"`
}

// toilLoggedJSON is what toil add -o json prints.
type toilLoggedJSON struct {
	Entry    toilEntryJSON `json:"entry"`
	Warnings []string      `json:"warnings"`
}

type toilEntryJSON struct {
	ID           string     `json:"id"`
	Source       string     `json:"source"`
	Task         string     `json:"task"`
	Category     string     `json:"category,omitempty"`
	Team         string     `json:"team,omitempty"`
	Person       string     `json:"person,omitempty"`
	At           time.Time  `json:"at"`
	SpentSeconds float64    `json:"spent_seconds"`
	Ticket       string     `json:"ticket,omitempty"`
	Page         string     `json:"page,omitempty"`
	Note         string     `json:"note,omitempty"`
	Author       string     `json:"author"`
	LoggedAt     time.Time  `json:"logged_at"`
	WithdrawnBy  string     `json:"withdrawn_by,omitempty"`
	WithdrawnAt  *time.Time `json:"withdrawn_at,omitempty"`
}

// toilSyncJSON is what toil sync -o json prints.
type toilSyncJSON struct {
	Tickets  int32    `json:"tickets"`
	Entries  int32    `json:"entries"`
	Saved    int32    `json:"saved"`
	Warnings []string `json:"warnings"`
}

func toilToJSON(r *pb.ToilReport) *toilJSON {
	if r == nil {
		return nil
	}
	out := &toilJSON{
		Team: r.GetTeam(), Window: windowToJSON(r.GetWindow()), TimeZone: r.GetTimeZone(),
		SpentSeconds: r.GetSpent().AsDuration().Seconds(), OverheadSeconds: r.GetOverhead().AsDuration().Seconds(),
		DroppedSeconds: r.GetDropped().AsDuration().Seconds(), WorkingSeconds: jsonSeconds(r.GetWorking()),
		Limit: r.GetLimit(), Over: r.GetOver(), PeopleWithheld: r.GetPeopleWithheld(), Method: r.GetMethod(), Trend: r.GetTrend(),
		People: toilSumsToJSON(r.GetPeople()), Teams: toilSumsToJSON(r.GetTeams()), Categories: toilSumsToJSON(r.GetCategories()), Origins: toilSumsToJSON(r.GetOrigins()),
		Weeks: []toilWeekJSON{}, Tasks: []toilTaskJSON{},
	}
	for _, w := range r.GetWeeks() {
		out.Weeks = append(out.Weeks, toilWeekJSON{
			Week: w.GetWeek(), Window: windowToJSON(w.GetWindow()), SpentSeconds: w.GetSpent().AsDuration().Seconds(),
			WorkingSeconds: jsonSeconds(w.GetWorking()), Entries: w.GetEntries(),
		})
	}
	for _, t := range r.GetTasks() {
		out.Tasks = append(out.Tasks, toilTaskToJSON(t))
	}
	return out
}

func toilSumsToJSON(sums []*pb.ToilSum) []toilSumJSON {
	out := make([]toilSumJSON, len(sums))
	for i, s := range sums {
		out[i] = toilSumJSON{
			Key: s.GetKey(), Name: s.GetDisplayName(), SpentSeconds: s.GetSpent().AsDuration().Seconds(),
			WorkingSeconds: jsonSeconds(s.GetWorking()), Entries: s.GetEntries(),
		}
	}
	return out
}

func toilTaskToJSON(t *pb.ToilTask) toilTaskJSON {
	out := toilTaskJSON{
		Key: t.GetKey(), Name: t.GetName(), Category: t.GetCategory(), Overhead: t.GetOverhead(), Answers: map[string]bool{},
		Entries: t.GetEntries(), SpentSeconds: t.GetSpent().AsDuration().Seconds(), PerWeekSeconds: t.GetPerWeek().AsDuration().Seconds(),
		QuarterSeconds: t.GetQuarter().AsDuration().Seconds(), People: t.GetPeople(), HotSpot: t.GetHotSpot(), Ticket: t.GetTicket(),
	}
	for q, yes := range t.GetAnswers() {
		out.Answers[q] = yes
	}
	if a := t.GetAutomation(); a != nil {
		out.Automation = &toilAutomationJSON{
			At: a.GetAutomateTime().AsTime(), BeforeSeconds: a.GetBefore().AsDuration().Seconds(), AfterSeconds: a.GetAfter().AsDuration().Seconds(),
			SavedSeconds: a.GetSaved().AsDuration().Seconds(), TooEarly: a.GetTooEarly(), Text: a.GetText(),
		}
	}
	return out
}

func toilListToJSON(resp *pb.ListToilResponse) toilListJSON {
	out := toilListJSON{Window: windowToJSON(resp.GetWindow()), TimeZone: resp.GetTimeZone(), Lines: []toilLineJSON{}, Withheld: resp.GetWithheld()}
	for _, l := range resp.GetLines() {
		out.Lines = append(out.Lines, toilLineJSON{
			Person: l.GetPerson(), PersonName: l.GetPersonDisplayName(), Task: l.GetTask(), Title: l.GetTitle(), Category: l.GetCategory(),
			Origin: l.GetOrigin(), At: l.GetStartTime().AsTime(), SpentSeconds: l.GetSpent().AsDuration().Seconds(),
			DroppedSeconds: l.GetDropped().AsDuration().Seconds(), Entry: l.GetEntry(), Page: l.GetPage(), Ticket: l.GetTicket(), Overhead: l.GetOverhead(),
		})
	}
	return out
}

func toilEntryToJSON(e *pb.ToilEntry) toilEntryJSON {
	return toilEntryJSON{
		ID: e.GetId(), Source: e.GetSource(), Task: e.GetTask(), Category: e.GetCategory(), Team: e.GetTeam(), Person: e.GetPerson(),
		At: e.GetStartTime().AsTime(), SpentSeconds: e.GetSpent().AsDuration().Seconds(), Ticket: e.GetTicket(), Page: e.GetPage(),
		Note: e.GetNote(), Author: e.GetAuthor(), LoggedAt: e.GetLogTime().AsTime(), WithdrawnBy: e.GetWithdrawnBy(), WithdrawnAt: jsonTime(e.GetWithdrawTime()),
	}
}

var toilCSVHead = []string{"at", "person", "task", "title", "category", "origin", "minutes", "told_twice_minutes", "overhead", "entry", "page", "ticket"}

func toilCSV(l *pb.ToilLine) []string {
	return []string{
		l.GetStartTime().AsTime().Format(time.RFC3339), l.GetPerson(), l.GetTask(), l.GetTitle(), l.GetCategory(), l.GetOrigin(),
		fmt.Sprintf("%.1f", l.GetSpent().AsDuration().Minutes()), fmt.Sprintf("%.1f", l.GetDropped().AsDuration().Minutes()),
		fmt.Sprint(l.GetOverhead()), l.GetEntry(), l.GetPage(), l.GetTicket(),
	}
}
