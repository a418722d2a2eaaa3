package meeting

import (
	"time"

	"opsreview"
)

// A SaidFact is what was said in a meeting and what it let pass, kept with what
// it saw: an action that is done later, a ticket that moves on and a waiver that
// is taken back change nothing of minutes that are closed.
type SaidFact struct {
	Items   []ItemFact    `json:"items,omitempty"`
	Waivers []WaiverFact  `json:"waivers,omitempty"`
	Carried []CarriedFact `json:"carried,omitempty"`
	Open    []OpenFact    `json:"open,omitempty"` // what a forced close let pass
}

// An ItemFact is an item of the minutes.
type ItemFact struct {
	ID          string     `json:"id"`
	Meeting     string     `json:"meeting"`
	Kind        string     `json:"kind"`
	Section     string     `json:"section,omitempty"`
	Subject     string     `json:"subject,omitempty"`
	Text        string     `json:"text"`
	Owner       string     `json:"owner,omitempty"`
	Due         *time.Time `json:"due,omitempty"`
	Ticket      string     `json:"ticket,omitempty"`
	Author      string     `json:"author"`
	At          time.Time  `json:"at"`
	DoneBy      string     `json:"done_by,omitempty"`
	DoneAt      *time.Time `json:"done_at,omitempty"`
	WithdrawnBy string     `json:"withdrawn_by,omitempty"`
	WithdrawnAt *time.Time `json:"withdrawn_at,omitempty"`
}

// A WaiverFact is a waiver.
type WaiverFact struct {
	ID          string     `json:"id"`
	Team        string     `json:"team,omitempty"`
	Kind        string     `json:"kind"`
	Subject     string     `json:"subject"`
	Title       string     `json:"title,omitempty"`
	Owner       string     `json:"owner"`
	Reason      string     `json:"reason"`
	Author      string     `json:"author"`
	At          time.Time  `json:"at"`
	Expires     time.Time  `json:"expires"`
	WithdrawnBy string     `json:"withdrawn_by,omitempty"`
	WithdrawnAt *time.Time `json:"withdrawn_at,omitempty"`
}

// A CarriedFact is an action of an earlier review that was not done.
type CarriedFact struct {
	Item   ItemFact       `json:"item"`
	Week   string         `json:"week,omitempty"`
	Age    float64        `json:"age_seconds"`
	Due    bool           `json:"due,omitempty"`
	Text   string         `json:"text"`
	Ticket *CarriedTicket `json:"ticket,omitempty"`
}

// A CarriedTicket is where the ticket of such an action stood.
type CarriedTicket struct {
	Key      string     `json:"key"`
	Title    string     `json:"title,omitempty"`
	URL      string     `json:"url,omitempty"`
	State    string     `json:"state"`
	Stands   string     `json:"stands,omitempty"`
	Status   string     `json:"status,omitempty"`
	ClosedAt *time.Time `json:"closed_at,omitempty"`
}

// An OpenFact is something that kept a review from being closed.
type OpenFact struct {
	Kind    string `json:"kind"`
	Subject string `json:"subject"`
	Title   string `json:"title,omitempty"`
	Text    string `json:"text"`
}

// Keep returns the snapshot of the minutes with what was said in them: what a
// closed meeting keeps.
func Keep(m Minutes) Snapshot {
	said := &SaidFact{}
	for _, i := range m.Items {
		said.Items = append(said.Items, itemFact(i))
	}
	for _, w := range m.Waivers {
		said.Waivers = append(said.Waivers, WaiverFact{
			ID: w.ID, Team: w.Team, Kind: string(w.Kind), Subject: w.Subject, Title: w.Title, Owner: w.Owner, Reason: w.Reason, Author: w.Author,
			At: w.At.UTC(), Expires: w.Expires.UTC(), WithdrawnBy: w.WithdrawnBy, WithdrawnAt: maybe(w.WithdrawnAt),
		})
	}
	for _, c := range m.Carried {
		said.Carried = append(said.Carried, carriedFact(c))
	}
	for _, o := range m.Open {
		said.Open = append(said.Open, OpenFact{Kind: o.Kind, Subject: o.Subject, Title: o.Title, Text: o.Text})
	}
	s := m.Snapshot
	s.Said = said
	return s
}

// Kept returns the minutes of a closed meeting as it saw them, with what changed
// from its opening to its end.
func Kept(m opsreview.Meeting) (Minutes, error) {
	s, err := Decode(m.Closed)
	if err != nil {
		return Minutes{}, err
	}
	opened, err := Decode(m.Opened)
	if err != nil {
		return Minutes{}, err
	}
	out := Minutes{Meeting: m, Snapshot: s, Changes: Diff(opened, s)}
	if s.Said == nil {
		return out, nil
	}
	out.Snapshot.Said = nil // so that there is one place to take names out of
	for _, i := range s.Said.Items {
		out.Items = append(out.Items, i.item())
	}
	for _, w := range s.Said.Waivers {
		out.Waivers = append(out.Waivers, opsreview.Waiver{
			ID: w.ID, Team: w.Team, Kind: opsreview.WaiverKind(w.Kind), Subject: w.Subject, Title: w.Title, Owner: w.Owner, Reason: w.Reason,
			Author: w.Author, At: w.At, Expires: w.Expires, WithdrawnBy: w.WithdrawnBy, WithdrawnAt: orZero(w.WithdrawnAt),
		})
	}
	for _, c := range s.Said.Carried {
		out.Carried = append(out.Carried, c.carryOver())
	}
	for _, o := range s.Said.Open {
		out.Open = append(out.Open, Open{Kind: o.Kind, Subject: o.Subject, Title: o.Title, Text: o.Text})
	}
	return out, nil
}

func itemFact(i opsreview.MeetingItem) ItemFact {
	return ItemFact{
		ID: i.ID, Meeting: i.Meeting, Kind: string(i.Kind), Section: i.Section, Subject: i.Subject, Text: i.Text, Owner: i.Owner,
		Due: maybe(i.Due), Ticket: i.Ticket, Author: i.Author, At: i.At.UTC(), DoneBy: i.DoneBy, DoneAt: maybe(i.DoneAt),
		WithdrawnBy: i.WithdrawnBy, WithdrawnAt: maybe(i.WithdrawnAt),
	}
}

func (i ItemFact) item() opsreview.MeetingItem {
	return opsreview.MeetingItem{
		ID: i.ID, Meeting: i.Meeting, Kind: opsreview.ItemKind(i.Kind), Section: i.Section, Subject: i.Subject, Text: i.Text, Owner: i.Owner,
		Due: orZero(i.Due), Ticket: i.Ticket, Author: i.Author, At: i.At, DoneBy: i.DoneBy, DoneAt: orZero(i.DoneAt),
		WithdrawnBy: i.WithdrawnBy, WithdrawnAt: orZero(i.WithdrawnAt),
	}
}

func carriedFact(c CarryOver) CarriedFact {
	f := CarriedFact{Item: itemFact(c.Item), Week: c.From.Week, Age: c.Age.Seconds(), Due: c.Due, Text: c.Text}
	if t := c.Ticket; t != nil {
		f.Ticket = &CarriedTicket{
			Key: t.RemoteKey, Title: t.Title, URL: t.URL, State: string(t.State), Stands: string(t.Stands), Status: t.Status, ClosedAt: maybe(t.ClosedAt),
		}
	}
	return f
}

func (f CarriedFact) carryOver() CarryOver {
	c := CarryOver{
		Item: f.Item.item(), From: opsreview.Meeting{ID: f.Item.Meeting, Week: f.Week},
		Age: time.Duration(f.Age * float64(time.Second)), Due: f.Due, Text: f.Text,
	}
	if t := f.Ticket; t != nil {
		c.Ticket = &opsreview.Ticket{
			RemoteKey: t.Key, Title: t.Title, URL: t.URL, State: opsreview.TicketState(t.State), Stands: opsreview.StatusCategory(t.Stands),
			Status: t.Status, ClosedAt: orZero(t.ClosedAt),
		}
	}
	return c
}

// maybe is a time as it is kept: absent where it is zero.
func maybe(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func orZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}
