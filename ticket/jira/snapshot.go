package jira

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/andygrunwald/go-jira"

	"opsreview"
	"opsreview/ticket"
)

// categoryChanged is when a ticket was last moved between categories. It tells
// when one was closed where its workflow sets no resolution.
const categoryChanged = "statuscategorychangedate"

// fieldNames lists what snapshots are made of.
func (t *Tracker) fieldNames() []string {
	names := []string{
		"summary", "status", "resolution", "resolutiondate", "labels", "assignee", "updated", "issuelinks", categoryChanged,
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, id := range []string{t.pointsID, t.sprintID} {
		if id != "" {
			names = append(names, id)
		}
	}
	return names
}

var categories = map[string]opsreview.StatusCategory{
	jira.StatusCategoryToDo:       opsreview.TicketTodo,
	jira.StatusCategoryInProgress: opsreview.TicketDoing,
	jira.StatusCategoryComplete:   opsreview.TicketDone,
}

// snapshot is an issue as Jira has it.
func (t *Tracker) snapshot(i jira.Issue) ticket.Snapshot {
	s := ticket.Snapshot{Ref: t.ref(i.ID, i.Key)}
	f := i.Fields
	if f == nil {
		return s
	}
	s.Title, s.Labels, s.UpdatedAt = f.Summary, f.Labels, time.Time(f.Updated)
	if f.Status != nil {
		s.Status, s.Stands = f.Status.Name, categories[f.Status.StatusCategory.Key]
	}
	if f.Resolution != nil {
		s.Resolution = f.Resolution.Name
	}
	if f.Assignee != nil {
		s.Assignee = f.Assignee.DisplayName
	}
	if s.Stands == opsreview.TicketDone {
		s.ClosedAt = closedAt(f)
		s.Duplicate = t.duplicateOf(f)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	s.Points, _ = f.Unknowns[t.pointsID].(float64)
	s.Sprint = sprintOf(f.Unknowns[t.sprintID])
	return s
}

// closedAt is when a closed issue was closed.
func closedAt(f *jira.IssueFields) time.Time {
	if at := time.Time(f.Resolutiondate); !at.IsZero() {
		return at.UTC()
	}
	if text, ok := f.Unknowns[categoryChanged].(string); ok {
		if at, err := time.Parse("2006-01-02T15:04:05.000-0700", text); err == nil {
			return at.UTC()
		}
	}
	return time.Time(f.Updated).UTC()
}

// duplicateOf is the issue that one was closed as a duplicate of.
func (t *Tracker) duplicateOf(f *jira.IssueFields) ticket.Ref {
	if f.Resolution == nil || !strings.EqualFold(f.Resolution.Name, typeDuplicate) {
		return ticket.Ref{}
	}
	for _, l := range f.IssueLinks {
		if l.OutwardIssue != nil && (l.Type.Name == typeDuplicate || strings.EqualFold(l.Type.Outward, duplicates)) {
			return t.ref(l.OutwardIssue.ID, l.OutwardIssue.Key)
		}
	}
	return ticket.Ref{}
}

// sprintText is how Data Center writes a sprint: as the text of a Java object.
var sprintText = regexp.MustCompile(`[\[,]id=([0-9]+).*[\[,]state=([A-Za-z]+)|[\[,]state=([A-Za-z]+).*[\[,]id=([0-9]+)`)

// sprintOf is the sprint that an issue is in, "" for none. Closed sprints stay
// in the field for ever.
func sprintOf(value any) string {
	list, _ := value.([]any)
	for i := len(list) - 1; i >= 0; i-- {
		id, state := "", ""
		switch v := list[i].(type) {
		case map[string]any:
			if n, ok := v["id"].(float64); ok {
				id = strconv.FormatInt(int64(n), 10)
			}
			state, _ = v["state"].(string)
		case string:
			if m := sprintText.FindStringSubmatch(v); m != nil {
				id, state = m[1]+m[4], m[2]+m[3]
			}
		}
		if id != "" && !strings.EqualFold(state, "closed") {
			return id
		}
	}
	return ""
}
