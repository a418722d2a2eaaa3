package file

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"opsreview"
)

// unknownAgent is how the format writes the agent kind that means "nobody
// knows".
const unknownAgent = "unknown"

// event understands a line that is an event.
func (r *record) event(k opsreview.EventKind) (opsreview.Event, error) {
	var e opsreview.Event
	at, err := r.time(fAt)
	if err != nil {
		return e, err
	}
	until, err := r.time(fUntil)
	if err != nil {
		return e, err
	}
	by, err := r.agent()
	if err != nil {
		return e, err
	}
	channel, err := parseChannel(r.text[fChannel])
	if err != nil {
		return e, err
	}
	if err := refuseNumbers(r.list(fResponders)); err != nil {
		return e, err
	}
	e = opsreview.Event{
		ID: r.text[fID], At: at, Kind: k, By: by, Responders: r.list(fResponders),
		Channel: channel, Text: r.text[fText], Until: until,
	}
	if e.ID == "" {
		e.ID = contentID(r.text[fPage], e)
	}
	return e, nil
}

// contentID names an event after what it says, so that the same line always
// makes the same event. What the line says of its page does not count.
func contentID(page string, e opsreview.Event) string {
	var b []byte
	part := func(s string) { b = append(append(strconv.AppendInt(b, int64(len(s)), 10), ':'), s...) }
	part(page)
	part(string(e.Kind))
	part(strconv.FormatInt(e.At.UnixMilli(), 10))
	part(string(e.By.Kind))
	part(e.By.ID)
	part(e.By.Name)
	responders := e.Responders
	if !slices.IsSorted(responders) {
		responders = slices.Sorted(slices.Values(responders))
	}
	for _, id := range responders {
		part(id)
	}
	part(string(e.Channel))
	part(e.Text)
	if !e.Until.IsZero() {
		b = strconv.AppendInt(b, e.Until.UnixMilli(), 10)
	}
	sum := sha256.Sum256(b)
	return "e-" + hex.EncodeToString(sum[:16])
}

// agent understands who did it. A name without a kind is refused: taking it for
// a person or for nobody would silently change every time to acknowledge.
func (r *record) agent() (opsreview.Agent, error) {
	a := opsreview.Agent{Kind: opsreview.AgentKind(r.text[fByKind]), ID: r.text[fBy], Name: r.text[fByName]}
	switch {
	case a.Kind == unknownAgent:
		a.Kind = ""
	case a.Kind == "" && (a.ID != "" || a.Name != ""):
		return a, wrong(`the field "by" needs a "by_kind": person, automation, integration, timer or unknown`)
	case a.Kind != "" && !slices.Contains(opsreview.AgentKinds(), a.Kind):
		return a, wrong("there is no by_kind %s: write person, automation, integration, timer or unknown", short(r.text[fByKind]))
	}
	return a, nil
}

// parseChannel takes one lower-case word. An address is refused rather than
// kept: the format has no place for telephone numbers.
func parseChannel(s string) (opsreview.Channel, error) {
	digits := 0
	for _, c := range s {
		switch {
		case c >= 'a' && c <= 'z', c == '_', c == '-':
		case c >= '0' && c <= '9':
			digits++
		default:
			digits = len(s)
		}
	}
	if len(s) > 32 || digits > 4 {
		return "", wrong(`the field "channel" must be one word in lower case, such as sms, phone, push, chat or email, without the address`)
	}
	return opsreview.Channel(s), nil
}

// refuseNumbers refuses telephone numbers as names of responders, whatever
// blanks and brackets they are written with. They are not repeated in the
// message, which may be kept.
func refuseNumbers(ids []string) error {
	for _, id := range ids {
		if !strings.HasPrefix(id, "+") {
			continue
		}
		if strings.Trim(id, "+0123456789 ()-./") == "" {
			return wrong("a responder is named by a telephone number: use a name, an id or an e-mail address")
		}
	}
	return nil
}

// facts understands what a line says of its page. Its UpdatedAt is the line's
// time, zero on a line without one.
func (r *record) facts(source string) (opsreview.Page, error) {
	p := opsreview.Page{
		Ref:    opsreview.Ref{Source: source, ID: r.text[fPage]},
		Number: r.text[fNumber], URL: r.text[fURL], Title: r.text[fTitle],
		Policy: r.text[fPolicy], Priority: r.text[fPriority], Severity: r.text[fSeverity],
		Runbook: r.text[fRunbook], MergedInto: r.text[fMergedInto], Reported: r.text[fStatus],
		Urgency: opsreview.Urgency(r.text[fUrgency]), Attributes: r.attributes,
	}
	if id := r.text[fService]; id != "" {
		p.Service = opsreview.Ref{Source: source, ID: id}
	}
	switch {
	case p.Urgency != "" && p.Urgency != opsreview.HighUrgency && p.Urgency != opsreview.LowUrgency:
		return p, wrong("there is no urgency %s: write high or low, or leave it out", short(string(p.Urgency)))
	case r.text[fServiceName] != "" && r.text[fService] == "":
		return p, wrong(`the field "service_name" needs a "service"`)
	case p.MergedInto == p.ID:
		return p, wrong("the page is merged into itself")
	}
	var err error
	if p.UpdatedAt, err = r.time(fAt); err != nil {
		return p, err
	}
	if p.CreatedAt, err = r.time(fCreatedAt); err != nil {
		return p, err
	}
	p.EndedAt, err = r.time(fEndedAt)
	return p, err
}

// time understands a time, to the millisecond; zero if the field is not given.
func (r *record) time(f field) (time.Time, error) {
	if r.text[f] == "" {
		return time.Time{}, nil
	}
	return parseTime(fieldNames[f], r.text[f])
}

// parseTime understands the time s of the field that is called name.
func parseTime(name, s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return t, timeError(name, s)
	}
	return plausibleTime(name, t)
}

// plausibleTime cuts t to the millisecond. It refuses years in which nobody
// counted anything.
func plausibleTime(name string, t time.Time) (time.Time, error) {
	if y := t.UTC().Year(); y < 1980 || y > 2999 {
		return t, wrong("the field %q lies in the year %d, which cannot be", name, y)
	}
	return t.UTC().Truncate(time.Millisecond), nil
}

var naiveLayouts = []string{
	"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02",
}

func timeError(name, s string) error {
	for _, layout := range naiveLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			at := t.Format("2006-01-02T15:04:05")
			return wrong("the time %q of the field %q has no offset: write %sZ for UTC, or %s+02:00 for the clock of that place",
				s, name, at, at)
		}
	}
	return wrong("%s of the field %q is not a time: write it as 2026-10-19T02:00:00+02:00", short(s), name)
}
