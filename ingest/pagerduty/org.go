package pagerduty

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"opsreview"
)

// always is when a duty begins that PagerDuty gives no beginning. It is fixed,
// because a shift's beginning is part of its identity.
var always = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func (u *apiUser) responder(source string) (opsreview.Responder, error) {
	if u.ID == "" {
		return opsreview.Responder{}, errors.New("the user has no id")
	}
	r := opsreview.Responder{
		Ref:      opsreview.Ref{Source: source, ID: u.ID},
		Name:     u.label(),
		Email:    lower(u.Email),
		TimeZone: zoneName(u.TimeZone),
		Teams:    ids(u.Teams),
	}
	for _, c := range u.Contacts {
		kind := strings.TrimSuffix(strings.TrimSuffix(c.Type, "_reference"), "_contact_method")
		if kind != "" {
			r.Channels = append(r.Channels, channelOf(kind))
		}
	}
	slices.Sort(r.Channels)
	r.Channels = slices.Compact(r.Channels)
	return r, nil
}

func (s *apiService) service(source string) (opsreview.Service, error) {
	if s.ID == "" {
		return opsreview.Service{}, errors.New("the service has no id")
	}
	return opsreview.Service{
		Ref: opsreview.Ref{Source: source, ID: s.ID}, Name: s.label(), Teams: ids(s.Teams), Policy: idOf(s.Policy),
	}, nil
}

func (p *apiPolicy) policy(source string) (opsreview.EscalationPolicy, error) {
	if p.ID == "" {
		return opsreview.EscalationPolicy{}, errors.New("the escalation policy has no id")
	}
	return opsreview.EscalationPolicy{
		Ref: opsreview.Ref{Source: source, ID: p.ID}, Name: p.label(), Teams: ids(p.Teams), Levels: len(p.Rules),
	}, nil
}

func ids(refs []apiRef) []string {
	var out []string
	for _, r := range refs {
		if r.ID != "" {
			out = append(out, r.ID)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// shift maps an entry of the on-call list. An entry without beginning or end
// is a permanent duty.
func (o *apiOncall) shift(source string) (opsreview.Shift, error) {
	if idOf(o.User) == "" {
		return opsreview.Shift{}, errors.New("the on-call entry has no user")
	}
	s := opsreview.Shift{
		Responder: opsreview.Ref{Source: source, ID: o.User.ID},
		Schedule:  labelOf(o.Schedule), ScheduleID: idOf(o.Schedule),
		Policy: labelOf(o.Policy), PolicyID: idOf(o.Policy),
		Level: o.Level,
	}
	return bounded(s, o.Start, o.End)
}

// bounded sets a shift's beginning and end.
func bounded(s opsreview.Shift, start, end string) (opsreview.Shift, error) {
	s.Start, s.End = when(start), when(end)
	if s.Start.IsZero() {
		if start != "" {
			return s, fmt.Errorf("start %q is not a time with an offset", clip(start, 40))
		}
		s.Start = always
	}
	if s.End.IsZero() && end != "" {
		return s, fmt.Errorf("end %q is not a time with an offset", clip(end, 40))
	}
	if !s.End.IsZero() && !s.Start.Before(s.End) {
		return s, errors.New("the shift ends before it starts")
	}
	return s, nil
}

// shifts maps the rendered shifts of a schedule of either kind. A gap that a
// shift-based schedule states is no shift.
func (s *apiSchedule) shifts(source string) ([]opsreview.Shift, error) {
	if s.ID == "" {
		return nil, errors.New("the schedule has no id")
	}
	if s.Final == nil {
		return nil, nil
	}
	var out []opsreview.Shift
	add := func(user, start, end string) error {
		if user == "" {
			return nil
		}
		shift, err := bounded(opsreview.Shift{
			Responder: opsreview.Ref{Source: source, ID: user}, Schedule: s.label(), ScheduleID: s.ID,
		}, start, end)
		out = append(out, shift)
		return err
	}
	for _, e := range s.Final.Entries {
		if err := add(idOf(e.User), e.Start, e.End); err != nil {
			return nil, err
		}
	}
	for _, a := range s.Final.Assignments {
		if err := add(a.Member.UserID, a.Start, a.End); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// joinShifts drops repeated shifts and joins pieces of one duty that touch:
// the on-call list repeats entries, and rendered schedules cut them.
func joinShifts(shifts []opsreview.Shift) []opsreview.Shift {
	slices.SortFunc(shifts, func(a, b opsreview.Shift) int {
		return cmp.Or(
			cmp.Compare(a.PolicyID, b.PolicyID), cmp.Compare(a.Level, b.Level),
			cmp.Compare(a.ScheduleID, b.ScheduleID), a.Responder.Compare(b.Responder), a.Start.Compare(b.Start))
	})
	var out []opsreview.Shift
	for _, s := range shifts {
		if len(out) > 0 && extends(&out[len(out)-1], s) {
			continue
		}
		out = append(out, s)
	}
	return out
}

// extends lengthens last by s and reports true if both are one duty without a
// gap.
func extends(last *opsreview.Shift, s opsreview.Shift) bool {
	if last.PolicyID != s.PolicyID || last.Level != s.Level || last.ScheduleID != s.ScheduleID || last.Responder != s.Responder {
		return false
	}
	if last.End.IsZero() {
		return true
	}
	if s.Start.After(last.End) {
		return false
	}
	if s.End.IsZero() || s.End.After(last.End) {
		last.End = s.End
	}
	return true
}
