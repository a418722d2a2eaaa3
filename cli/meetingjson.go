package cli

import (
	"time"

	pb "opsreview/proto/opsreview/v1"
)

// meetingJSON is a review as a meeting.
type meetingJSON struct {
	ID          string     `json:"id"`
	Team        string     `json:"team,omitempty"`
	Window      windowJSON `json:"window"`
	Week        string     `json:"week,omitempty"`
	TimeZone    string     `json:"time_zone"`
	State       string     `json:"state"`
	OpenedAt    *time.Time `json:"opened_at,omitempty"`
	OpenedBy    string     `json:"opened_by,omitempty"`
	Facilitator string     `json:"facilitator,omitempty"`
	Presenter   string     `json:"presenter,omitempty"`
	Section     string     `json:"section,omitempty"`
	Facts       string     `json:"facts"`
	ClosedAt    *time.Time `json:"closed_at,omitempty"`
	ClosedBy    string     `json:"closed_by,omitempty"`
	Forced      string     `json:"forced,omitempty"`
	ForcedOpen  []string   `json:"forced_open"`
}

func meetingToJSON(m *pb.Meeting) meetingJSON {
	return meetingJSON{
		ID: m.GetId(), Team: m.GetTeam(), Window: windowToJSON(m.GetWindow()), Week: m.GetWeek(), TimeZone: m.GetTimeZone(), State: m.GetState(),
		OpenedAt: jsonTime(m.GetOpenTime()), OpenedBy: m.GetOpenedBy(), Facilitator: m.GetFacilitator(), Presenter: m.GetPresenter(),
		Section: m.GetSection(), Facts: m.GetFacts(), ClosedAt: jsonTime(m.GetCloseTime()), ClosedBy: m.GetClosedBy(),
		Forced: m.GetForced(), ForcedOpen: append([]string{}, m.GetForcedOpen()...),
	}
}

// meetingOpenedJSON is what review open prints.
type meetingOpenedJSON struct {
	Meeting meetingJSON `json:"meeting"`
	Resumed bool        `json:"resumed"`
}

// meetingItemJSON is one thing that was said in a review.
type meetingItemJSON struct {
	ID          string     `json:"id"`
	Meeting     string     `json:"meeting"`
	Kind        string     `json:"kind"`
	Section     string     `json:"section,omitempty"`
	Subject     string     `json:"subject,omitempty"`
	Text        string     `json:"text"`
	Owner       string     `json:"owner,omitempty"`
	DueAt       *time.Time `json:"due_at,omitempty"`
	Ticket      string     `json:"ticket,omitempty"`
	Author      string     `json:"author"`
	At          *time.Time `json:"at,omitempty"`
	DoneBy      string     `json:"done_by,omitempty"`
	DoneAt      *time.Time `json:"done_at,omitempty"`
	WithdrawnBy string     `json:"withdrawn_by,omitempty"`
	WithdrawnAt *time.Time `json:"withdrawn_at,omitempty"`
}

func meetingItemToJSON(i *pb.MeetingItem) meetingItemJSON {
	return meetingItemJSON{
		ID: i.GetId(), Meeting: i.GetMeeting(), Kind: i.GetKind(), Section: i.GetSection(), Subject: i.GetSubject(), Text: i.GetText(),
		Owner: i.GetOwner(), DueAt: jsonTime(i.GetDueTime()), Ticket: i.GetTicket(), Author: i.GetAuthor(), At: jsonTime(i.GetItemTime()),
		DoneBy: i.GetDoneBy(), DoneAt: jsonTime(i.GetDoneTime()), WithdrawnBy: i.GetWithdrawnBy(), WithdrawnAt: jsonTime(i.GetWithdrawTime()),
	}
}

// waiverJSON is a waiver.
type waiverJSON struct {
	ID          string     `json:"id"`
	Team        string     `json:"team,omitempty"`
	Kind        string     `json:"kind"`
	Subject     string     `json:"subject"`
	Title       string     `json:"title,omitempty"`
	Owner       string     `json:"owner"`
	Reason      string     `json:"reason"`
	Author      string     `json:"author"`
	CreatedAt   *time.Time `json:"created_at,omitempty"`
	ExpiresAt   *time.Time `json:"expires_at,omitempty"`
	State       string     `json:"state"`
	WithdrawnBy string     `json:"withdrawn_by,omitempty"`
	WithdrawnAt *time.Time `json:"withdrawn_at,omitempty"`
}

func waiverToJSON(w *pb.Waiver) waiverJSON {
	return waiverJSON{
		ID: w.GetId(), Team: w.GetTeam(), Kind: w.GetKind(), Subject: w.GetSubject(), Title: w.GetTitle(), Owner: w.GetOwner(), Reason: w.GetReason(),
		Author: w.GetAuthor(), CreatedAt: jsonTime(w.GetCreateTime()), ExpiresAt: jsonTime(w.GetExpireTime()), State: w.GetState(),
		WithdrawnBy: w.GetWithdrawnBy(), WithdrawnAt: jsonTime(w.GetWithdrawTime()),
	}
}

// agendaJSON is what review status prints.
type agendaJSON struct {
	Meeting  meetingJSON         `json:"meeting"`
	Sections []agendaSectionJSON `json:"sections"`
	Carried  []carryOverJSON     `json:"carried"`
	Items    []meetingItemJSON   `json:"items"`
	Open     []openPointJSON     `json:"open"`
	Waivers  []waiverJSON        `json:"waivers"`
	Changes  []meetingChangeJSON `json:"changes"`
}

type agendaSectionJSON struct {
	ID      string            `json:"id"`
	Title   string            `json:"title"`
	Summary string            `json:"summary"`
	Open    int32             `json:"open"`
	Lines   []string          `json:"lines"`
	Points  []agendaPointJSON `json:"points"`
}

type agendaPointJSON struct {
	Kind    string `json:"kind"`
	Subject string `json:"subject"`
	Title   string `json:"title,omitempty"`
	Text    string `json:"text,omitempty"`
	Open    bool   `json:"open"`
	Ticket  string `json:"ticket,omitempty"`
}

type carryOverJSON struct {
	Item    meetingItemJSON `json:"item"`
	Meeting string          `json:"meeting"`
	AgeDays int32           `json:"age_days"`
	Ticket  *ticketJSON     `json:"ticket,omitempty"`
	Due     bool            `json:"due"`
	Text    string          `json:"text"`
}

type openPointJSON struct {
	Kind    string   `json:"kind"`
	Subject string   `json:"subject"`
	Title   string   `json:"title,omitempty"`
	Text    string   `json:"text"`
	Do      []string `json:"do"`
}

type meetingChangeJSON struct {
	Kind    string `json:"kind"`
	Subject string `json:"subject"`
	Text    string `json:"text"`
	Was     string `json:"was,omitempty"`
	Is      string `json:"is,omitempty"`
}

func agendaToJSON(resp *pb.GetMeetingResponse) agendaJSON {
	g := resp.GetAgenda()
	out := agendaJSON{
		Meeting: meetingToJSON(resp.GetMeeting()), Sections: []agendaSectionJSON{}, Carried: []carryOverJSON{}, Items: []meetingItemJSON{},
		Open: openPointsToJSON(g.GetOpen()), Waivers: []waiverJSON{}, Changes: changesToJSON(g.GetChanges()),
	}
	for _, s := range g.GetSections() {
		section := agendaSectionJSON{
			ID: s.GetId(), Title: s.GetTitle(), Summary: s.GetSummary(), Open: s.GetOpen(), Lines: append([]string{}, s.GetLines()...), Points: []agendaPointJSON{},
		}
		for _, p := range s.GetPoints() {
			section.Points = append(section.Points, agendaPointJSON{
				Kind: p.GetKind(), Subject: p.GetSubject(), Title: p.GetTitle(), Text: p.GetText(), Open: p.GetOpen(), Ticket: p.GetTicket(),
			})
		}
		out.Sections = append(out.Sections, section)
	}
	for _, c := range g.GetCarried() {
		carried := carryOverJSON{Item: meetingItemToJSON(c.GetItem()), Meeting: c.GetMeeting(), AgeDays: c.GetAgeDays(), Due: c.GetDue(), Text: c.GetText()}
		if c.GetTicket() != nil {
			carried.Ticket = ticketToJSON(c.GetTicket())
		}
		out.Carried = append(out.Carried, carried)
	}
	for _, i := range g.GetItems() {
		out.Items = append(out.Items, meetingItemToJSON(i))
	}
	for _, w := range g.GetWaivers() {
		out.Waivers = append(out.Waivers, waiverToJSON(w))
	}
	return out
}

func openPointsToJSON(all []*pb.OpenPoint) []openPointJSON {
	out := make([]openPointJSON, len(all))
	for i, o := range all {
		out[i] = openPointJSON{Kind: o.GetKind(), Subject: o.GetSubject(), Title: o.GetTitle(), Text: o.GetText(), Do: append([]string{}, o.GetDo()...)}
	}
	return out
}

func changesToJSON(all []*pb.MeetingChange) []meetingChangeJSON {
	out := make([]meetingChangeJSON, len(all))
	for i, x := range all {
		out[i] = meetingChangeJSON{Kind: x.GetKind(), Subject: x.GetSubject(), Text: x.GetText(), Was: x.GetWas(), Is: x.GetIs()}
	}
	return out
}

// meetingClosedJSON is what review close prints.
type meetingClosedJSON struct {
	Closed  bool            `json:"closed"`
	Meeting meetingJSON     `json:"meeting"`
	Open    []openPointJSON `json:"open"`
}

// meetingDiffJSON is what review diff prints.
type meetingDiffJSON struct {
	Meeting meetingJSON         `json:"meeting"`
	Changes []meetingChangeJSON `json:"changes"`
}

// trendJSON is one number over past reviews.
type trendJSON struct {
	ID     string           `json:"id"`
	Name   string           `json:"name"`
	Unit   string           `json:"unit,omitempty"`
	Points []trendPointJSON `json:"points"`
	Text   string           `json:"text,omitempty"`
}

type trendPointJSON struct {
	Meeting string     `json:"meeting"`
	Week    string     `json:"week,omitempty"`
	Start   *time.Time `json:"start,omitempty"`
	Value   *float64   `json:"value,omitempty"`
	Version int32      `json:"version"`
}

func trendToJSON(t *pb.Trend) trendJSON {
	out := trendJSON{ID: t.GetId(), Name: t.GetDisplayName(), Unit: t.GetUnit(), Points: []trendPointJSON{}, Text: t.GetText()}
	for _, p := range t.GetPoints() {
		out.Points = append(out.Points, trendPointJSON{
			Meeting: p.GetMeeting(), Week: p.GetWeek(), Start: jsonTime(p.GetStartTime()), Value: p.Value, Version: p.GetVersion(),
		})
	}
	return out
}

// pickJSON is what review pick prints.
type pickJSON struct {
	Presenter   string           `json:"presenter"`
	Facilitator string           `json:"facilitator"`
	Seed        string           `json:"seed"`
	Weights     []pickWeightJSON `json:"weights"`
}

type pickWeightJSON struct {
	Person string  `json:"person"`
	Weight float64 `json:"weight"`
	Why    string  `json:"why"`
}

func pickToJSON(p *pb.PickPeopleResponse) pickJSON {
	out := pickJSON{Presenter: p.GetPresenter(), Facilitator: p.GetFacilitator(), Seed: p.GetSeed(), Weights: []pickWeightJSON{}}
	for _, w := range p.GetWeights() {
		out.Weights = append(out.Weights, pickWeightJSON{Person: w.GetPerson(), Weight: w.GetWeight(), Why: w.GetWhy()})
	}
	return out
}
