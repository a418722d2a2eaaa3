package pagerduty

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"opsreview"
	"opsreview/internal/rest"
)

const (
	pageSize   = 100    // rows in one answer
	mostOffset = 10_000 // offset and limit together, else the API refuses
	mostLeaf   = 1000   // entries in one piece; larger windows are halved

	// splittable is the shortest window that is halved. Both halves share a
	// second, because nobody documents whether the ends belong to a window.
	splittable = 3 * time.Second

	fewReads  = 6  // of a window whose count does not come out
	mostReads = 25 // while each further read brings something new
)

// A listing is one answer of a paged list.
type listing struct {
	rows  []json.RawMessage
	more  bool
	total int // -1 if unsaid
}

// get asks and checks that the answer is JSON.
func (s *Source) get(ctx context.Context, path string, q url.Values) ([]byte, error) {
	resp, err := s.client.Do(ctx, rest.Request{Path: path, Query: q, Check: checkJSON})
	return resp.Body, err
}

func checkJSON(body []byte) error {
	if !json.Valid(body) {
		return errors.New("the answer broke off, or is not JSON")
	}
	return nil
}

// list asks for rows of a list, beginning at offset.
func (s *Source) list(ctx context.Context, path, key string, q url.Values, offset int) (listing, error) {
	asked := url.Values{}
	for k, v := range q {
		asked[k] = v
	}
	asked.Set("limit", strconv.Itoa(min(pageSize, mostOffset-offset)))
	asked.Set("offset", strconv.Itoa(offset))
	body, err := s.get(ctx, path, asked)
	if err != nil {
		return listing{}, err
	}
	return readListing(path, key, body)
}

// readListing reads an answer of a paged list.
func readListing(path, key string, body []byte) (listing, error) {
	var fields map[string]json.RawMessage
	out := listing{total: -1}
	err := json.Unmarshal(body, &fields)
	if err == nil {
		err = json.Unmarshal(fields[key], &out.rows)
	}
	if err != nil {
		return out, opsreview.Wrapf(err, opsreview.Unavailable, "PagerDuty answers GET %s without %q", path, key)
	}
	_ = json.Unmarshal(fields["more"], &out.more) // absent where a list is not paged
	var total *int
	if json.Unmarshal(fields["total"], &total) == nil && total != nil {
		out.total = *total
	}
	return out, nil
}

// all reads a list whole. It returns an error if the list is longer than the
// API lets anybody read.
func (s *Source) all(ctx context.Context, path, key string, q url.Values) ([]json.RawMessage, error) {
	var rows []json.RawMessage
	for {
		l, err := s.list(ctx, path, key, q, len(rows))
		if err != nil {
			return rows, err
		}
		rows = append(rows, l.rows...)
		switch {
		case !l.more:
			return rows, nil
		case len(l.rows) == 0:
			return rows, opsreview.Errorf(opsreview.Unavailable, "PagerDuty says that GET %s has more and gives nothing", path)
		case len(rows) >= mostOffset:
			return rows, opsreview.Errorf(opsreview.Unavailable, "GET %s has more than the %d rows that PagerDuty hands out", path, mostOffset)
		}
	}
}

// A leaf is a window that was read.
type leaf struct {
	opsreview.Window
	rows    []json.RawMessage
	suspect string // why it may not be whole; "" if it is
}

// An order says which half of a window is read first.
type order bool

const (
	oldestFirst order = false
	newestFirst order = true
)

// entries reads the log entries of a window in pieces small enough to be read
// whole, and hands each to fn.
func (p *puller) entries(ctx context.Context, w opsreview.Window, o order, fn func(leaf) error) error {
	q := p.teamQuery(url.Values{
		"since": {w.Start.Format(time.RFC3339)}, "until": {w.End.Format(time.RFC3339)},
		"time_zone": {"UTC"}, "is_overview": {"false"}, "total": {"true"},
		"include[]": {"incidents", "channels", "services", "teams"},
	})
	r := reading{path: "/log_entries", key: "log_entries", query: q}
	first, err := p.list(ctx, r.path, r.key, q, 0)
	if err == nil && first.total > mostLeaf && w.Duration() >= splittable {
		return p.halves(ctx, w, o, fn)
	}
	l := leaf{Window: w}
	if err == nil {
		l, err = p.collect(ctx, r, w, first)
	}
	if err == nil {
		return fn(l)
	}
	if errors.Is(err, errCap) && w.Duration() >= splittable {
		return p.halves(ctx, w, o, fn)
	}
	if !errors.Is(err, errCap) && p.down(ctx, err) {
		return err
	}
	l.suspect = clip(opsreview.ErrorMessage(err), 300)
	return fn(l)
}

func (p *puller) halves(ctx context.Context, w opsreview.Window, o order, fn func(leaf) error) error {
	mid := w.Start.Add(w.Duration() / 2).Truncate(time.Second)
	halves := [2]opsreview.Window{{Start: w.Start, End: mid.Add(time.Second)}, {Start: mid, End: w.End}}
	if o == newestFirst {
		halves[0], halves[1] = halves[1], halves[0]
	}
	for _, h := range halves {
		if err := p.entries(ctx, h, o, fn); err != nil {
			return err
		}
	}
	return nil
}

// down reports whether err means that nothing more can be read at all, rather
// than that one window makes trouble.
func (p *puller) down(ctx context.Context, err error) bool {
	if ctx.Err() != nil || rest.Status(err) == http.StatusUnauthorized || rest.Status(err) == http.StatusForbidden {
		return true
	}
	_, probe := p.get(ctx, "/log_entries", p.teamQuery(url.Values{
		"since": {p.end.Add(-time.Minute).Format(time.RFC3339)}, "until": {p.end.Format(time.RFC3339)},
		"time_zone": {"UTC"}, "limit": {"1"},
	}))
	return probe != nil
}

// errCap says that a window has more entries than the API hands out.
var errCap = opsreview.Errorf(opsreview.Unavailable, "more than %d log entries within %s", mostOffset, splittable)

// collect reads a window until as many different entries have come as the API
// counts. Entries of one instant may change their order between two answers,
// so that one reading may miss some.
func (p *puller) collect(ctx context.Context, r reading, w opsreview.Window, first listing) (leaf, error) {
	l := leaf{Window: w}
	known := map[string]bool{}
	for read := 1; ; read++ {
		before := len(known)
		if read > 1 {
			first = listing{}
		}
		total, err := p.readOnce(ctx, r, first, func(row json.RawMessage) {
			if id := identity(row); !known[id] {
				known[id] = true
				l.rows = append(l.rows, row)
			}
		})
		switch {
		case errors.Is(err, errCap) || (err != nil && !errors.Is(err, errGap)):
			return l, err
		case err == nil && len(known) >= total:
			return l, nil
		case read >= mostReads || (read >= fewReads && len(known) == before):
			l.suspect = fmt.Sprintf("PagerDuty counts %d log entries and gave %d", total, len(known))
			return l, nil
		}
	}
}

// errGap says that a list broke off although it should go on.
var errGap = errors.New("the list has more and gives nothing")

// A reading is a paged list with its query.
type reading struct {
	path, key string
	query     url.Values
}

// readOnce reads all rows of a window one time and returns how many the API
// says there are. The first answer may be at hand already.
func (p *puller) readOnce(ctx context.Context, r reading, first listing, add func(json.RawMessage)) (int, error) {
	total := 0
	l := first
	for offset := 0; ; {
		if offset >= mostOffset {
			return total, errCap
		}
		if offset > 0 || l.rows == nil {
			var err error
			if l, err = p.list(ctx, r.path, r.key, r.query, offset); err != nil {
				return total, err
			}
		}
		if l.total >= 0 {
			total = l.total
		}
		for _, row := range l.rows {
			add(row)
		}
		offset += len(l.rows)
		if !l.more {
			return total, nil
		}
		if len(l.rows) == 0 {
			return total, errGap
		}
	}
}

// teamQuery restricts a query to the configured teams.
func (p *puller) teamQuery(q url.Values) url.Values {
	if len(p.cfg.Teams) > 0 {
		q["team_ids[]"] = p.cfg.Teams
	}
	return q
}
