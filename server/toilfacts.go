package server

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"opsreview"
	"opsreview/review"
	"opsreview/store"
	"opsreview/toil"
)

const (
	// toilWeeks is how far back toil is compared, the window's own week included.
	toilWeeks = 13

	// longestEntry is the longest that one entry of the ledger can be: one that
	// began so long ago may overlap a page.
	longestEntry = 7 * 24 * time.Hour
)

// A ToilSettings says how toil is reckoned.
type ToilSettings struct {
	toil.Settings
	Categories []string // that entries can have; nil means [opsreview.ToilCategories]
}

// categories lists the categories that entries can have.
func (s ToilSettings) categories() []string {
	if len(s.Categories) > 0 {
		return s.Categories
	}
	return opsreview.ToilCategories()
}

// addToil adds what the toil of a review is added up from, if there is any.
func (f *facts) addToil(ctx context.Context, sc scope, in *review.Input) error {
	ledger, err := f.toilInput(ctx, sc, *in)
	if err == nil && (len(ledger.Entries) > 0 || len(ledger.Engaged) > 0 || len(ledger.Tasks) > 0) {
		in.Toil = &ledger
	}
	return err
}

// toilOf reads what the toil of a team's window is added up from.
func (f *facts) toilOf(ctx context.Context, sc scope, w opsreview.Window) (toil.Input, error) {
	in, err := f.loadInput(ctx, sc, w)
	if err != nil {
		return toil.Input{}, err
	}
	return f.toilInput(ctx, sc, in)
}

// toilInput reads the ledger of the window of a review and of what it is compared
// with: twelve weeks before, and all the time since a task was automated.
func (f *facts) toilInput(ctx context.Context, sc scope, in review.Input) (toil.Input, error) {
	ledger := toil.Input{
		Team: sc.team, Window: in.Window, Now: in.Now, Zone: sc.zone, Settings: f.toilSettings(),
		People: review.ToilMembers(f.org, sc.roster, review.ToilCrew(in), sc.zone),
	}
	var err error
	if ledger.Tasks, err = f.db.ToilTasks(ctx, sc.team); err != nil {
		return ledger, err
	}
	w := opsreview.Window{Start: in.Window.Start.In(sc.zone).AddDate(0, 0, -7*toilWeeks), End: in.Window.End}
	for _, t := range ledger.Tasks {
		if !t.AutomatedAt.IsZero() {
			w.Start = earliest(w.Start, t.AutomatedAt)
		}
	}
	entries := opsreview.Window{Start: w.Start.Add(-longestEntry), End: w.End}
	if ledger.Entries, err = f.db.ToilEntries(ctx, store.ToilFilter{Team: sc.team, Window: entries}); err != nil {
		return ledger, err
	}
	pages, err := f.forNothing(ctx, sc, w)
	ledger.Engaged = review.ToilStretches(pages, sc.roster, f.org.Policy.EngagedCap, in.Now)
	if sc.team == "" {
		f.nameTeams(sc, pages, ledger.Engaged)
	}
	return ledger, err
}

// nameTeams says of stretches whose pages they were for.
func (f *facts) nameTeams(sc scope, pages []opsreview.Page, stretches []toil.Engaged) {
	service := make(map[opsreview.Ref]opsreview.Ref, len(pages))
	team := map[opsreview.Ref]string{}
	for _, p := range pages {
		service[p.Ref] = p.Service
		if _, known := team[p.Service]; !known {
			team[p.Service] = f.owner(sc, p.Service)
		}
	}
	for i := range stretches {
		stretches[i].Team = team[service[stretches[i].Page]]
	}
}

// toilSettings are the configuration's; the share that toil may take is policy's
// where it says none.
func (f *facts) toilSettings() toil.Settings {
	s := f.toil.Settings
	if limit, ok := f.org.Policy.Limit(opsreview.LimitOperationalWorkShare); ok && s.Limit == 0 {
		s.Limit = limit.Max / 100
	}
	return s
}

// forNothing returns the team's pages of a window that people labelled not
// actionable, with their timelines. Which ones they are is found out without
// timelines, which are most of the work.
func (f *facts) forNothing(ctx context.Context, sc scope, w opsreview.Window) ([]opsreview.Page, error) {
	labelled, err := f.db.Pages(ctx, store.PageFilter{
		Services: sc.serviceRefs(), Window: w, Labelled: store.Labelled, WithoutEvents: true,
	})
	if err != nil {
		return nil, err
	}
	refs := []opsreview.Ref{}
	for _, p := range labelled {
		if p.Label.Verdict == opsreview.NotActionable {
			refs = append(refs, p.Ref)
		}
	}
	if len(refs) == 0 {
		return nil, nil
	}
	return f.db.Pages(ctx, store.PageFilter{Refs: refs})
}

// toilPerson returns the key of whoever is said to have done something: a person's
// key, name or reference. Who only logs, with an account of their own, need not
// be known here.
func (sc scope) toilPerson(person, author string) (string, error) {
	if person = strings.TrimSpace(person); person != "" {
		p, err := sc.findPerson(person)
		return p.Key, err
	}
	p, err := sc.findPerson(author)
	if err != nil {
		return author, nil //nolint:nilerr // The name of an account is a name, too.
	}
	return p.Key, nil
}

// toilTeam returns the team whose ledger an entry is for: the one that was named,
// else the only one that the person is a configured member of.
func (f *facts) toilTeam(sc scope, person string) string {
	if sc.team != "" {
		return sc.team
	}
	name := person
	for _, p := range sc.roster.Persons() {
		if p.Key == person {
			name = p.Name
		}
	}
	var teams []string
	for _, t := range f.org.Teams {
		if slices.ContainsFunc(t.Members, func(m string) bool { return strings.EqualFold(m, name) }) {
			teams = append(teams, t.Name)
		}
	}
	if len(teams) == 1 {
		return teams[0]
	}
	return ""
}

// toilCategory returns the configured category that is meant: its name in any
// case, or so much of it that no other begins so.
func (f *facts) toilCategory(name string) (string, error) {
	name = strings.ToLower(strings.TrimSpace(name))
	known := f.toil.categories()
	var found []string
	for _, c := range known {
		if strings.EqualFold(c, name) {
			return c, nil
		}
		if name != "" && strings.HasPrefix(strings.ToLower(c), name) {
			found = append(found, c)
		}
	}
	switch {
	case name == "":
		return "", nil
	case len(found) == 1:
		return found[0], nil
	}
	return "", opsreview.Errorf(opsreview.Invalid, "there is no category %q of toil: choose one of %s", bounded(name), strings.Join(known, ", "))
}

// toilStart reads when work began. Without a time it has just ended; a day
// without a time of day is its noon, so that it does not seem to be night work.
func (f *facts) toilStart(text string, spent time.Duration, zone *time.Location) (time.Time, error) {
	now := f.now()
	text = strings.TrimSpace(text)
	if text == "" {
		return now.Add(-spent), nil
	}
	at, err := opsreview.ParseMoment(text, now, zone)
	if err != nil {
		return at, err
	}
	if at.After(now) {
		return at, opsreview.Errorf(opsreview.Invalid, "%q is in the future: log work that has been done", bounded(text))
	}
	y, m, d := at.In(zone).Date()
	if !strings.ContainsAny(text, ":T") && at.Equal(time.Date(y, m, d, 0, 0, 0, 0, zone)) {
		at = time.Date(y, m, d, 12, 0, 0, 0, zone)
		if at.Add(spent).After(now) {
			at = earliest(at, now.Add(-spent))
		}
	}
	return at, nil
}

// knownTasks lists the names of a team's tasks, by key: those that people said
// something of, and those of the entries of a stretch of time.
func (f *facts) knownTasks(ctx context.Context, team string, w opsreview.Window) (map[string]string, []opsreview.ToilEntry, error) {
	names := map[string]string{}
	tasks, err := f.db.ToilTasks(ctx, team)
	if err != nil {
		return nil, nil, err
	}
	for _, t := range tasks {
		if t.Team == team {
			names[t.Key] = t.Name
		}
	}
	entries, err := f.db.ToilEntries(ctx, store.ToilFilter{Team: team, Window: w})
	for _, e := range entries {
		if e.Team == team {
			names[opsreview.TaskKey(e.Task)] = e.Task
		}
	}
	return names, entries, err
}

// nearTask returns the name of the task that is most like a name, "" if none is
// much like it: as many words in another order, or few other letters.
func nearTask(names map[string]string, task string) string {
	key := opsreview.TaskKey(task)
	if _, ok := names[key]; ok {
		return ""
	}
	words := func(k string) string {
		all := strings.Fields(k)
		slices.Sort(all)
		return strings.Join(all, " ")
	}
	best, far := "", max(1, min(len(key)/6, 4))+1
	for known, name := range names {
		d := distance(key, known)
		if words(key) == words(known) {
			d = 0
		}
		if d < far || (d == far && best != "" && cmp.Less(name, best)) {
			best, far = name, d
		}
	}
	return best
}

// toilWarnings says what a person should know of what they log: that the same was
// logged in the last hour, and that the name of the task is much like another's.
func (f *facts) toilWarnings(ctx context.Context, e opsreview.ToilEntry) ([]string, error) {
	now := f.now()
	names, entries, err := f.knownTasks(ctx, e.Team, opsreview.Window{Start: now.AddDate(0, 0, -7*toilWeeks), End: now.Add(time.Minute)})
	if err != nil {
		return nil, err
	}
	var all []string
	for _, other := range slices.Backward(entries) {
		same := opsreview.TaskKey(other.Task) == opsreview.TaskKey(e.Task) && other.Person == e.Person && other.Team == e.Team
		if same && other.ID != e.ID && now.Sub(other.LoggedAt) < time.Hour {
			all = append(all, "the same was logged in the last hour, as "+other.ID+"; if it is the same work, take one of them back")
			break
		}
	}
	delete(names, opsreview.TaskKey(e.Task))
	logged := func(other opsreview.ToilEntry) bool {
		return other.ID != e.ID && opsreview.TaskKey(other.Task) == opsreview.TaskKey(e.Task)
	}
	if name := nearTask(names, e.Task); name != "" && !slices.ContainsFunc(entries, logged) {
		all = append(all, "there is a task named much the same: did you mean \""+name+"\"?")
	}
	if e.Team == "" {
		all = append(all, "it is in no team's ledger: name the team")
	}
	return all, nil
}
