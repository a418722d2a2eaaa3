package pdfake

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Faults are shares of requests that go wrong, each between 0 and 1. Which
// requests they hit follows from the seed and the number of the request.
type Faults struct {
	Seed      uint64
	Limited   float64 // 429 with the rate limit's headers
	Bare      float64 // 429 without any
	Broken    float64 // 500, 502, 503 or 504
	Truncated float64 // 200 with half a body
	Dropped   float64 // the connection ends without an answer
}

// A Server shows a world as PagerDuty's API does. Set its fields before the
// first request.
type Server struct {
	World *World
	Now   func() time.Time // the account's clock
	Token string           // what a client must send; anything goes if empty

	Faults         Faults
	Shuffle        bool // log entries of one instant come in another order each time
	UntilExclusive bool // "until" is outside of the range of log entries
	SinceExclusive bool // "since" is outside too

	// LoseResolved makes incidents unreadable once they are resolved, as they are
	// to some keys.
	LoseResolved bool

	// Analytics shows rows of incidents as they stood a day ago; without it the
	// analytics are empty.
	Analytics bool

	// Refused are paths that the token may not see: they answer the status.
	Refused map[string]int

	// Intercept is asked first; it returns true if it answered.
	Intercept func(w http.ResponseWriter, r *http.Request) bool

	mu       sync.Mutex
	requests int
}

// Requests returns how many requests have come.
func (s *Server) Requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.requests++
	rng := rand.New(rand.NewPCG(s.Faults.Seed, uint64(s.requests)))
	s.mu.Unlock()
	now := s.Now()
	w.Header().Set("Date", now.UTC().Format(http.TimeFormat))
	w.Header().Set("Content-Type", "application/json")
	if s.Intercept != nil && s.Intercept(w, r) {
		return
	}
	if s.Token != "" && r.Header.Get("Authorization") != "Token token="+s.Token {
		refuse(w, http.StatusUnauthorized, 2006, "You must provide valid credentials")
		return
	}
	if status := s.Refused[r.URL.Path]; status != 0 {
		refuse(w, status, 2010, "Access Denied")
		return
	}
	if s.fail(w, rng) {
		return
	}
	a := &answer{s: s, q: r.URL.Query(), now: now, rng: rng}
	if name := unknown(r); name != "" {
		refuse(w, http.StatusBadRequest, 2001, "Invalid Input Provided: "+name+" is not a parameter")
		return
	}
	status, body := a.route(r)
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // the world is made of marshalable values
	}
	if status == http.StatusOK && rng.Float64() < s.Faults.Truncated {
		text = text[:len(text)/2]
	}
	w.WriteHeader(status)
	_, _ = w.Write(text) // a client that has gone away misses nothing
}

// fail answers wrongly if this request's turn has come.
func (s *Server) fail(w http.ResponseWriter, rng *rand.Rand) bool {
	f, x := s.Faults, rng.Float64()
	switch {
	case x < f.Limited:
		w.Header().Set("ratelimit-limit", "960")
		w.Header().Set("ratelimit-remaining", "0")
		w.Header().Set("ratelimit-reset", "7")
		refuse(w, http.StatusTooManyRequests, 2020, "Rate Limit Exceeded")
	case x < f.Limited+f.Bare:
		w.WriteHeader(http.StatusTooManyRequests)
	case x < f.Limited+f.Bare+f.Broken:
		w.WriteHeader([]int{500, 502, 503, 504}[rng.IntN(4)])
	case x < f.Limited+f.Bare+f.Broken+f.Dropped:
		panic(http.ErrAbortHandler)
	default:
		return false
	}
	return true
}

func refuse(w http.ResponseWriter, status, code int, message string) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(problem(code, message)) // a client that has gone away misses nothing
}

func problem(code int, message string) object {
	return object{"error": object{"code": code, "message": message, "errors": []any{}}}
}

// An answer is one request being answered.
type answer struct {
	s   *Server
	q   url.Values
	now time.Time
	rng *rand.Rand
}

func (a *answer) route(r *http.Request) (int, any) {
	w, path := a.s.World, r.URL.Path
	parts := strings.Split(strings.Trim(path, "/"), "/")
	switch {
	case path == "/abilities":
		return http.StatusOK, object{"abilities": []any{"teams", "priorities"}}
	case path == "/log_entries":
		return a.logEntries(w.entries)
	case path == "/incidents":
		return a.incidents()
	case path == "/oncalls":
		since, until := a.span(time.Hour)
		return a.page("oncalls", w.oncalls(since, until))
	case path == "/analytics/raw/incidents" && r.Method == http.MethodPost:
		return a.analytics(r.Body)
	case parts[0] == "incidents":
		return a.incident(parts[1:])
	case parts[0] == "schedules" && len(parts) == 2:
		since, until := a.span(week)
		return http.StatusOK, object{"schedule": w.layered(parts[1], since, until)}
	case strings.HasPrefix(path, "/v3/schedules/"):
		since, until := a.span(week)
		return http.StatusOK, object{"schedule": w.shiftBased(since, until)}
	case parts[0] == "users" && len(parts) == 2:
		return a.user(parts[1])
	}
	if rows := w.reference(path); rows != nil {
		return a.page(parts[len(parts)-1], slices.DeleteFunc(rows, func(row any) bool { return !a.ofTeams(row) }))
	}
	return http.StatusNotFound, problem(2100, "Not Found")
}

func (a *answer) user(id string) (int, any) {
	for _, row := range a.s.World.reference("/users") {
		if o, ok := row.(object); ok && o["id"] == id {
			return http.StatusOK, object{"user": row}
		}
	}
	return http.StatusNotFound, problem(2100, "Not Found")
}

// page cuts a list to what limit and offset ask for, within the API's bounds.
func (a *answer) page(key string, rows []any) (int, any) {
	limit, offset := min(a.number("limit", 25), 100), a.number("offset", 0)
	if limit < 1 || offset < 0 || offset+limit > 10_000 {
		return http.StatusBadRequest, problem(2002, "Offset and limit together are too large")
	}
	start := min(offset, len(rows))
	end := min(offset+limit, len(rows))
	cut := append([]any{}, rows[start:end]...)
	out := object{key: cut, "limit": limit, "offset": offset, "more": end < len(rows), "total": nil}
	if a.q.Get("total") == "true" {
		out["total"] = len(rows)
	}
	return http.StatusOK, out
}

func (a *answer) number(name string, or int) int {
	if !a.q.Has(name) {
		return or
	}
	n, err := strconv.Atoi(a.q.Get(name))
	if err != nil {
		return -1
	}
	return n
}

// span returns the asked range. If an end is missing the range is as long as
// or says; the API's own default is a month.
func (a *answer) span(or time.Duration) (since, until time.Time) {
	since, err1 := time.Parse(time.RFC3339, a.q.Get("since"))
	until, err2 := time.Parse(time.RFC3339, a.q.Get("until"))
	switch {
	case err1 != nil && err2 != nil:
		return a.now.Add(-or), a.now
	case err1 != nil:
		return until.Add(-or), until
	case err2 != nil:
		return since, since.Add(or)
	}
	return since, until
}

const month = 30 * 24 * time.Hour

// logEntries shows the visible entries of the range, newest first.
func (a *answer) logEntries(entries []*entry) (int, any) {
	since, until := a.span(month)
	from, _ := slices.BinarySearchFunc(entries, since, func(e *entry, t time.Time) int { return e.at.Compare(t) })
	var found []*entry
	for _, e := range entries[from:] {
		if e.at.After(until) || (a.s.UntilExclusive && !e.at.Before(until)) {
			break
		}
		if a.shows(e) && !e.incident.hidden && a.wantsTeam(e.incident.team()) && (!a.s.SinceExclusive || e.at.After(since)) {
			found = append(found, e)
		}
	}
	if a.s.Shuffle {
		a.rng.Shuffle(len(found), func(i, j int) { found[i], found[j] = found[j], found[i] })
	} else {
		slices.Reverse(found)
	}
	slices.SortStableFunc(found, func(x, y *entry) int { return y.at.Compare(x.at) })
	return a.entryPage(found)
}

// entryPage shows one page of entries. Only those on it are rendered: a storm
// has tens of thousands.
func (a *answer) entryPage(found []*entry) (int, any) {
	rows := make([]any, len(found))
	offset := min(max(a.number("offset", 0), 0), len(found))
	shown := map[*incident]object{}
	for i := offset; i < min(offset+100, len(found)); i++ {
		inc := found[i].incident
		if shown[inc] == nil {
			shown[inc] = a.s.World.asOf(inc, a.now)
		}
		rows[i] = show(found[i], shown[inc])
	}
	return a.page("log_entries", rows)
}

// shows reports whether a log entry can be seen.
func (a *answer) shows(e *entry) bool {
	return !e.visible.After(a.now) && !e.incident.gone(a.now)
}

// wantsTeam reports whether what belongs to a team is asked for.
func (a *answer) wantsTeam(id string) bool {
	return !a.q.Has("team_ids[]") || slices.Contains(a.q["team_ids[]"], id)
}

// ofTeams reports whether a row of reference data belongs to a team that is
// asked for.
func (a *answer) ofTeams(row any) bool {
	list, ok := row.(object)["teams"].([]any)
	if !ok || !a.q.Has("team_ids[]") {
		return true
	}
	return slices.ContainsFunc(list, func(t any) bool { return a.wantsTeam(fmt.Sprint(t.(object)["id"])) })
}

// incidents lists incidents by the time at which they were created, or by the
// one at which they were resolved, the latest first.
func (a *answer) incidents() (int, any) {
	since, until := a.span(month)
	if a.q.Get("date_range") != "all" && until.Sub(since) > 183*24*time.Hour {
		return http.StatusBadRequest, problem(2001, " is invalid.")
	}
	var found []*incident
	for _, inc := range a.s.World.sorted() {
		inRange := a.q.Get("date_range") == "all" || (!inc.created.Before(since) && inc.created.Before(until))
		status, _ := inc.status(a.now)
		wanted := a.wantsTeam(inc.team()) && (!a.q.Has("statuses[]") || slices.Contains(a.q["statuses[]"], status))
		if inRange && wanted && !inc.created.After(a.now) && !inc.gone(a.now) {
			found = append(found, inc)
		}
	}
	if a.q.Get("sort_by") == "resolved_at:desc" {
		slices.SortStableFunc(found, func(x, y *incident) int {
			_, xEnd := x.status(a.now)
			_, yEnd := y.status(a.now)
			return yEnd.Compare(xEnd)
		})
	}
	var rows []any
	for _, inc := range found {
		rows = append(rows, a.s.World.asOf(inc, a.now))
	}
	return a.page("incidents", rows)
}

// sorted returns the incidents by the time at which they were created.
func (w *World) sorted() []*incident {
	list := slices.Clone(w.incidents)
	slices.SortFunc(list, func(a, b *incident) int {
		return cmp.Or(a.created.Compare(b.created), cmp.Compare(a.number, b.number))
	})
	return list
}

// incident shows one incident, or what belongs to it.
func (a *answer) incident(parts []string) (int, any) {
	inc := a.s.World.byID[parts[0]]
	if inc == nil || inc.created.After(a.now) || inc.gone(a.now) {
		return http.StatusNotFound, problem(2100, "Not Found")
	}
	if status, _ := inc.status(a.now); status == "resolved" && a.s.LoseResolved {
		return http.StatusBadRequest, problem(2018, "You may have lost access to this incident if it has been resolved")
	}
	if len(parts) == 1 {
		return http.StatusOK, object{"incident": a.s.World.asOf(inc, a.now)}
	}
	switch parts[1] {
	case "log_entries":
		var found []*entry
		for _, e := range inc.entries {
			if a.shows(e) {
				found = append(found, e)
			}
		}
		slices.Reverse(found)
		return a.entryPage(found)
	case "alerts":
		return a.page("alerts", alerts(inc))
	case "notes":
		return http.StatusOK, object{"notes": shownNotes(inc, a.now)}
	}
	return http.StatusNotFound, problem(2100, "Not Found")
}
