package server

import (
	"cmp"
	"context"
	"strings"
	"time"

	"opsreview"
	"opsreview/store"
)

// everybodysMeetings begins the names of the reviews of all teams together.
const everybodysMeetings = "everybody"

// meetingID names the review of a team over a window: "secrets/2026-W46", or
// "secrets/2026-11-09T08:00--2026-11-12T08:00" on the team's clock where the
// window is no week.
func meetingID(team string, w opsreview.Window, zone *time.Location) string {
	name := strings.ToLower(cmp.Or(team, everybodysMeetings)) + "/"
	if week := w.WeekName(zone); week != "" {
		return name + week
	}
	const minute = "2006-01-02T15:04"
	return name + w.Start.In(zone).Format(minute) + "--" + w.End.In(zone).Format(minute)
}

func errNoMeeting(name string) error {
	return opsreview.Errorf(opsreview.NotFound, "there is no review %q: review list names those that there are", bounded(name))
}

// findMeeting returns the review that a name means: its ID, or what follows the
// team in it. No name means the latest open review of the team, else its
// latest. It returns a NotFound error, or an Invalid one for a name that fits
// several.
func (f *facts) findMeeting(ctx context.Context, name, team string) (opsreview.Meeting, error) {
	name = strings.TrimSpace(name)
	if team != "" || name == "" {
		sc, err := f.scope(ctx, team)
		if err != nil {
			return opsreview.Meeting{}, err
		}
		team = sc.team
	}
	if name == "" {
		return f.latestMeeting(ctx, team)
	}
	fits, err := f.meetingsCalled(ctx, name, team)
	if err != nil {
		return opsreview.Meeting{}, err
	}
	switch len(fits) {
	case 0:
		return opsreview.Meeting{}, errNoMeeting(name)
	case 1:
		return f.db.Meeting(ctx, fits[0].ID)
	}
	return opsreview.Meeting{}, opsreview.Errorf(opsreview.Invalid, "%q fits %d reviews, such as %s and %s: name one whole, or a team",
		bounded(name), len(fits), fits[0].ID, fits[1].ID)
}

// meetingsCalled lists the reviews that a name fits: the one that is called so,
// or those of whose name it is the end. A team leaves out those of others.
func (f *facts) meetingsCalled(ctx context.Context, name, team string) ([]opsreview.Meeting, error) {
	filter := store.MeetingFilter{Brief: true}
	if team != "" {
		filter.Team = &team
	}
	all, err := f.db.Meetings(ctx, filter)
	if err != nil {
		return nil, err
	}
	var fits []opsreview.Meeting
	for _, m := range all {
		if strings.EqualFold(m.ID, name) {
			return []opsreview.Meeting{m}, nil
		}
		if strings.EqualFold(m.ID[strings.LastIndexByte(m.ID, '/')+1:], name) {
			fits = append(fits, m)
		}
	}
	return fits, nil
}

// latestMeeting returns the team's review of the latest window that is open, or
// else that is closed.
func (f *facts) latestMeeting(ctx context.Context, team string) (opsreview.Meeting, error) {
	for _, state := range []opsreview.MeetingState{opsreview.MeetingOpen, opsreview.MeetingClosed} {
		found, err := f.db.Meetings(ctx, store.MeetingFilter{Team: &team, State: state, Limit: 1})
		if err != nil {
			return opsreview.Meeting{}, err
		}
		if len(found) > 0 {
			return found[0], nil
		}
	}
	others, err := f.othersOpen(ctx, team)
	if err != nil {
		return opsreview.Meeting{}, err
	}
	return opsreview.Meeting{}, opsreview.Errorf(opsreview.NotFound, "there is no review%s yet: %sopen one with review open", ofTeam(team), others)
}

// othersOpen says which reviews of teams are open, for who has named no team.
// Only who may see every team's reviews can leave the team out.
func (f *facts) othersOpen(ctx context.Context, team string) (string, error) {
	if team != "" {
		return "", nil
	}
	const most = 5
	found, err := f.db.Meetings(ctx, store.MeetingFilter{State: opsreview.MeetingOpen, Limit: most, Brief: true})
	if err != nil || len(found) == 0 {
		return "", err
	}
	names := make([]string, len(found))
	for i, m := range found {
		names[i] = m.ID
	}
	return "name a team, as open are " + strings.Join(names, ", ") + "; or ", nil
}

// openMeeting returns the review that a name means, or the team's latest open
// one. It returns a Conflict error for one that is closed, and a NotFound error
// if there is none.
func (f *facts) openMeeting(ctx context.Context, name, team string) (opsreview.Meeting, error) {
	m, err := f.findMeeting(ctx, name, team)
	switch {
	case err != nil:
		return m, err
	case m.State == opsreview.MeetingOpen:
		return m, nil
	case strings.TrimSpace(name) == "":
		others, err := f.othersOpen(ctx, team)
		if err != nil {
			return m, err
		}
		return m, opsreview.Errorf(opsreview.NotFound, "no review%s is open: %sopen one with review open", ofTeam(team), others)
	}
	return m, opsreview.Errorf(opsreview.Conflict, "the review %q is closed: its minutes never change", m.ID)
}
