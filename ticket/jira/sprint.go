package jira

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/andygrunwald/go-jira"

	"opsreview"
	"opsreview/ticket"
)

const (
	mostMoved     = 50 // issues that one request moves into a sprint
	sprintPage    = 50 // the server gives no more
	closedSprints = 12 // that are listed
	sprintCustom  = "com.pyxis.greenhopper.jira:gh-sprint"
)

// Sprints implements [ticket.Planner].
func (t *Tracker) Sprints(ctx context.Context) ([]ticket.Sprint, error) {
	if t.cfg.Board == 0 {
		return nil, opsreview.Errorf(opsreview.Invalid,
			"the tracker has no board: write its number, which stands in the board's web address, as tracker: board")
	}
	var all []ticket.Sprint
	for range mostPages {
		list, _, err := t.api.Board.GetAllSprintsWithOptionsWithContext(ctx, t.cfg.Board, &jira.GetAllSprintsOptions{
			State: "future,active,closed", SearchOptions: jira.SearchOptions{StartAt: len(all), MaxResults: sprintPage},
		})
		if err != nil {
			return nil, plain(err)
		}
		for _, sp := range list.Values {
			all = append(all, sprint(sp))
		}
		if list.IsLast || len(list.Values) == 0 {
			return lately(all), nil
		}
	}
	return nil, opsreview.Errorf(opsreview.Unavailable, "Jira's sprints of board %d do not end", t.cfg.Board)
}

func sprint(sp jira.Sprint) ticket.Sprint {
	out := ticket.Sprint{ID: strconv.Itoa(sp.ID), Name: sp.Name, State: strings.ToLower(sp.State)}
	if sp.StartDate != nil {
		out.Start = sp.StartDate.UTC()
	}
	if sp.EndDate != nil {
		out.End = sp.EndDate.UTC()
	}
	return out
}

// lately sorts sprints oldest first, those without a beginning last, and
// leaves out all but the last closed ones.
func lately(all []ticket.Sprint) []ticket.Sprint {
	begin := func(sp ticket.Sprint) time.Time {
		if sp.Start.IsZero() && sp.State != "closed" {
			return time.Unix(1<<40, 0)
		}
		return sp.Start
	}
	slices.SortStableFunc(all, func(a, b ticket.Sprint) int {
		return cmp.Or(begin(a).Compare(begin(b)), cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID))
	})
	closed := 0
	for _, sp := range all {
		if sp.State == "closed" {
			closed++
		}
	}
	return slices.DeleteFunc(all, func(sp ticket.Sprint) bool {
		if sp.State != "closed" {
			return false
		}
		closed--
		return closed >= closedSprints
	})
}

// Backlog implements [ticket.Planner].
func (t *Tracker) Backlog(ctx context.Context) ([]ticket.Snapshot, error) {
	if err := t.learnFields(ctx); err != nil {
		return nil, err
	}
	return t.searched(ctx, t.stillOpen()+" ORDER BY created ASC")
}

// InSprint implements [ticket.Planner].
func (t *Tracker) InSprint(ctx context.Context, sprint string) ([]ticket.Snapshot, error) {
	if _, err := strconv.Atoi(sprint); err != nil {
		return nil, opsreview.Errorf(opsreview.Invalid, "there is no sprint %q: sprints are named by their numbers", sprint)
	}
	if err := t.learnFields(ctx); err != nil {
		return nil, err
	}
	return t.searched(ctx, "sprint = "+sprint+" ORDER BY created ASC")
}

// Move implements [ticket.Planner].
func (t *Tracker) Move(ctx context.Context, sprint string, ids []string) error {
	if _, err := strconv.Atoi(sprint); err != nil {
		return opsreview.Errorf(opsreview.Invalid, "there is no sprint %q: sprints are named by their numbers", sprint)
	}
	for chunk := range slices.Chunk(slices.Clone(ids), mostMoved) {
		body := map[string]any{"issues": chunk}
		if err := t.send(ctx, http.MethodPost, fmt.Sprintf("rest/agile/1.0/sprint/%s/issue", sprint), body, nil); err != nil {
			return err
		}
	}
	return nil
}

// Query implements [ticket.Planner].
func (t *Tracker) Query() string {
	return t.stillOpen() + " AND sprint is EMPTY ORDER BY Rank"
}

// stillOpen asks for the open tickets of ours.
func (t *Tracker) stillOpen() string {
	return t.inProjects() + " AND labels = " + quote(ticket.Label) + " AND statusCategory != Done"
}

// learnFields finds out which fields hold sprints and points: their ids differ
// from site to site.
func (t *Tracker) learnFields(ctx context.Context) error {
	t.mu.Lock()
	sprintID, pointsID := t.sprintID, t.pointsID
	t.mu.Unlock()
	if sprintID == "" {
		var err error
		if sprintID, err = t.sprintField(ctx); err != nil {
			return err
		}
	}
	if pointsID == "" && t.cfg.Board != 0 {
		var err error
		if pointsID, err = t.pointsField(ctx); err != nil {
			return err
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sprintID, t.pointsID = sprintID, pointsID
	return nil
}

func (t *Tracker) sprintField(ctx context.Context) (string, error) {
	var fields []struct {
		ID     string `json:"id"`
		Schema struct {
			Custom string `json:"custom"`
		} `json:"schema"`
	}
	if err := t.get(ctx, "rest/api/2/field", nil, &fields); err != nil {
		return "", err
	}
	for _, f := range fields {
		if f.Schema.Custom == sprintCustom {
			return f.ID, nil
		}
	}
	return "", nil // a Jira without boards
}

// pointsField is the field that the board estimates in, "" if it estimates in
// none.
func (t *Tracker) pointsField(ctx context.Context) (string, error) {
	var board struct {
		Estimation struct {
			Field struct {
				FieldID string `json:"fieldId"`
			} `json:"field"`
		} `json:"estimation"`
	}
	err := t.get(ctx, fmt.Sprintf("rest/agile/1.0/board/%d/configuration", t.cfg.Board), nil, &board)
	if err != nil || !customForm.MatchString(board.Estimation.Field.FieldID) {
		return "", err
	}
	return board.Estimation.Field.FieldID, nil
}
