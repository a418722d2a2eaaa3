package incident

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"opsreview"
)

// Linked returns an incident with what people added to it and did not take back.
// Their word on its severity, on what noticed it and on its postmortem is
// stronger than the source's. Links of other incidents make no difference.
func Linked(i opsreview.Incident, links []opsreview.IncidentLink) opsreview.Incident {
	i.Pages, i.Services, i.FollowUps = slices.Clone(i.Pages), slices.Clone(i.Services), slices.Clone(i.FollowUps)
	for _, l := range links {
		if l.Incident == i.Ref && l.WithdrawnBy == "" {
			link(&i, l)
		}
	}
	return i
}

func link(i *opsreview.Incident, l opsreview.IncidentLink) {
	target := strings.TrimSpace(l.Target)
	switch l.Kind {
	case opsreview.LinkPage:
		if ref, err := opsreview.ParseRef(target); err == nil && !slices.Contains(i.Pages, ref) {
			i.Pages = append(i.Pages, ref)
		}
	case opsreview.LinkTicket:
		if !slices.ContainsFunc(i.FollowUps, func(f opsreview.FollowUp) bool { return isCalled(f, target) }) {
			i.FollowUps = append(i.FollowUps, opsreview.FollowUp{Key: target, URL: address(target)})
		}
	case opsreview.LinkService:
		if !slices.ContainsFunc(i.Services, func(name string) bool { return fold(name) == fold(target) }) {
			i.Services = append(i.Services, target)
		}
	case opsreview.LinkPostmortem:
		i.Postmortem = target
	case opsreview.LinkSeverity:
		i.Severity = target
	case opsreview.LinkDetectedBy:
		i.DetectedBy = opsreview.Detector(target)
	}
}

// isCalled reports whether name, a key or an address, means the follow-up.
func isCalled(f opsreview.FollowUp, name string) bool {
	return name != "" && (strings.EqualFold(f.Key, name) || f.URL == name)
}

// address returns name if it is one.
func address(name string) string {
	if strings.HasPrefix(name, "https://") || strings.HasPrefix(name, "http://") {
		return name
	}
	return ""
}

// followUps are the tickets that an incident left, as the ledger knows them, or
// else as its source does. What a person merely linked, and no ledger has, is of
// unknown state.
func (in *Input) followUps(i opsreview.Incident) []FollowUp {
	var all []FollowUp
	for _, known := range i.FollowUps {
		f := FollowUp{FollowUp: known, Known: true}
		for _, l := range in.Links {
			if l.Incident == i.Ref && l.Kind == opsreview.LinkTicket && l.WithdrawnBy == "" && isCalled(known, strings.TrimSpace(l.Target)) {
				f.Known, f.Age = known.Title != "" || known.Done, since(l.At, in.Now)
			}
		}
		for _, t := range in.Tickets {
			if isCalled(known, t.RemoteKey) || isCalled(known, t.URL) {
				f.Key, f.Title, f.URL = cmp.Or(t.RemoteKey, f.Key), cmp.Or(f.Title, t.Title), cmp.Or(f.URL, t.URL)
				f.Known, f.Done = t.Stands != "" || !t.ClosedAt.IsZero(), t.Stands == opsreview.TicketDone || !t.ClosedAt.IsZero()
				f.Age = since(cmp.Or(t.FiledAt, t.FirstAt), in.Now)
			}
		}
		all = append(all, f)
	}
	return all
}

// since is how long ago t was; 0 if nobody knows, or if it is yet to come.
func since(t, now time.Time) time.Duration {
	if t.IsZero() {
		return 0
	}
	return max(now.Sub(t), 0)
}

func fold(s string) string { return strings.ToLower(strings.TrimSpace(s)) }
