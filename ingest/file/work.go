package file

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"opsreview"
)

// Bounds of an incident and of an entry of toil, so that one line that is too
// large does not cost the others of its batch.
const (
	maxText     = 20_000 // characters
	maxElements = 1000   // of a list
)

// incident understands a declared incident. Times that are not given stay
// missing, and times that contradict each other are kept as they were recorded.
func (r *record) incident(source string) (opsreview.Incident, error) {
	i := opsreview.Incident{
		Ref: opsreview.Ref{Source: source, ID: r.text[fID]}, Number: r.text[fNumber], Title: r.text[fTitle], Summary: r.text[fSummary],
		Status: r.text[fStatus], Severity: r.text[fSeverity], DetectedBy: opsreview.Detector(r.text[fDetectedBy]), URL: r.text[fURL],
		Postmortem: r.text[fPostmortem], Services: r.list(fServices), Teams: r.list(fTeams), Commander: r.text[fCommander],
	}
	if err := r.bounded(); err != nil {
		return i, err
	}
	switch i.DetectedBy {
	case "", opsreview.DetectedByAlert, opsreview.DetectedByPerson, opsreview.DetectedByCustomer:
	default:
		return i, wrong("there is no detector %s: write alert, person or customer, or leave it out", short(string(i.DetectedBy)))
	}
	if err := refuseNumbers([]string{i.Commander}); err != nil {
		return i, err
	}
	for _, name := range r.list(fPages) {
		page, err := pageRef(source, name)
		if err != nil {
			return i, err
		}
		i.Pages = append(i.Pages, page)
	}
	for _, name := range r.list(fFollowUps) {
		f := opsreview.FollowUp{Key: name}
		if strings.Contains(name, "://") {
			f.URL = name
		}
		i.FollowUps = append(i.FollowUps, f)
	}
	err := r.incidentTimes(&i)
	return i, err
}

func (r *record) incidentTimes(i *opsreview.Incident) (err error) {
	for _, t := range [...]struct {
		field field
		to    *time.Time
	}{
		{fDeclaredAt, &i.DeclaredAt},
		{fStartedAt, &i.StartedAt},
		{fDetectedAt, &i.DetectedAt},
		{fAcknowledgedAt, &i.AcknowledgedAt},
		{fMitigatedAt, &i.MitigatedAt},
		{fResolvedAt, &i.ResolvedAt},
		{fUpdatedAt, &i.UpdatedAt},
	} {
		if *t.to, err = r.time(t.field); err != nil {
			return err
		}
	}
	return nil
}

// pageRef understands the name of a page: "source/id", or the id alone of a page
// of the source that the file is kept under.
func pageRef(source, name string) (opsreview.Ref, error) {
	if !strings.Contains(name, "/") {
		name = source + "/" + name
	}
	ref, err := opsreview.ParseRef(name)
	if err != nil {
		return ref, wrong("%s is not a page: write source/id, such as pd/Q3YON8WNWTZMRQ", short(name))
	}
	return ref, nil
}

// toil understands an entry of toil. One without an id is named by what it says,
// so that importing it again changes nothing. When it was logged the format does
// not tell: the time of the work stands for it.
func (r *record) toil(source string) (opsreview.ToilEntry, error) {
	e := opsreview.ToilEntry{
		Source: source, SourceID: r.text[fID], Task: r.text[fTask], Category: r.text[fCategory], Team: r.text[fTeam],
		Person: r.text[fPerson], Ticket: r.text[fTicket], Note: r.text[fNote], Author: r.text[fAuthor],
	}
	if err := r.bounded(); err != nil {
		return e, err
	}
	if err := refuseNumbers([]string{e.Person, e.Author}); err != nil {
		return e, err
	}
	if !isWord(e.Category) {
		return e, wrong("%s is not a category: they are words such as maintenance", short(e.Category))
	}
	var err error
	if e.At, err = r.time(fAt); err != nil {
		return e, err
	}
	e.LoggedAt = e.At
	if e.Spent, err = r.spent(); err != nil {
		return e, err
	}
	if name := r.text[fPage]; name != "" {
		if e.Page, err = pageRef(source, name); err != nil {
			return e, err
		}
	}
	if e.SourceID == "" {
		e.SourceID = toilID(&e)
	}
	return e, nil
}

// spent understands how long the work took.
func (r *record) spent() (time.Duration, error) {
	minutes, spent := r.text[fMinutes], r.text[fSpent]
	switch {
	case minutes != "" && spent != "":
		return 0, wrong(`a line says "minutes" or "spent", not both`)
	case minutes == "" && spent == "":
		return 0, wrong(`the field "minutes" is missing: say how long the work took, or "spent" as 1h30m`)
	case spent != "":
		d, err := opsreview.ParseEffort(spent)
		if err != nil {
			return 0, wrong("%s of the field \"spent\" is not a length of time: write 45m, 1h30m or 1.5h, up to a week", short(spent))
		}
		return d.Truncate(time.Millisecond), nil
	}
	n, ok := plainNumber(minutes)
	if !ok || n < 1.0/60 || n > maxMinutes {
		return 0, wrong("%s of the field \"minutes\" is not between a second and a week", short(minutes))
	}
	return time.Duration(n * float64(time.Minute)).Round(time.Millisecond), nil
}

// toilID names an entry by what it says.
func toilID(e *opsreview.ToilEntry) string {
	sum := sha256.New()
	for _, part := range []string{
		opsreview.TaskKey(e.Task), e.Category, e.Team, e.Person, formatTime(e.At), e.Spent.String(), e.Ticket, e.Page.String(), e.Note, e.Author,
	} {
		sum.Write([]byte(part + "\x00")) // Texts hold no NUL.
	}
	return "e-" + hex.EncodeToString(sum.Sum(nil)[:16])
}

// bounded returns an error for what is longer than the store keeps.
func (r *record) bounded() error {
	for f, text := range r.text {
		if utf8.RuneCountInString(text) > maxText {
			return wrong("the field %q is longer than %d characters", fieldNames[f], maxText)
		}
	}
	for i, list := range r.lists {
		f := field(i) + fResponders
		if len(list) > maxElements {
			return wrong("the field %q has more than %d elements", fieldNames[f], maxElements)
		}
		if slices.ContainsFunc(list, func(s string) bool { return strings.IndexByte(s, 0) >= 0 }) {
			return wrong("the field %q holds a NUL character", fieldNames[f])
		}
	}
	return nil
}
