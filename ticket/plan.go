package ticket

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"opsreview"
)

// An Action is what a plan does about a finding.
type Action string

// The actions.
const (
	Create  Action = "create"  // file it, for the first time or long after its ticket was closed
	Note    Action = "note"    // its ticket is open: say that it was seen again
	Reopen  Action = "reopen"  // its ticket was closed a short while ago: open it again
	Recover Action = "recover" // find out whether it exists: an answer was lost
	Skip    Action = "skip"    // do nothing
	Defer   Action = "defer"   // it would be filed, but not for this review
)

// Actions lists every action.
func Actions() []Action { return []Action{Create, Note, Reopen, Recover, Skip, Defer} }

// Settings say how eagerly tickets are filed.
type Settings struct {
	MaxNew       int           // new tickets of one review, in its order
	ReopenWithin time.Duration // a ticket closed no longer ago is opened again
	WontFix      []string      // resolutions that mean that people will not fix it
	SuppressFor  time.Duration // how long such an answer holds
	CostGrowth   float64       // or until it costs so many times as much
	NoteEvery    time.Duration // between two notes on one ticket, at least
	Settle       time.Duration // how long the tracker's search may lag; 0 for its own word on that
}

// DefaultSettings are those of a program without a configuration.
func DefaultSettings() Settings {
	const day = 24 * time.Hour
	return Settings{
		MaxNew:       5,
		ReopenWithin: 14 * day,
		WontFix:      []string{"Won't Fix", "Won't Do", "Declined", "Rejected", "wontfix", "not_planned"},
		SuppressFor:  90 * day,
		CostGrowth:   2,
		NoteEvery:    7 * day,
	}
}

// wontFix reports whether a resolution means that people will not fix it.
func (s Settings) wontFix(resolution string) bool {
	return slices.ContainsFunc(s.WontFix, func(r string) bool { return strings.EqualFold(r, resolution) })
}

// PlanInput is what a plan is made of. Plan asks nobody: what it knows of the
// tracker is in the ledger's rows.
type PlanInput struct {
	Tracker  string // its name in the ledger
	Findings []opsreview.Finding
	Rows     []opsreview.Ticket // the ledger's, of this tracker
	Settings Settings
	Now      time.Time

	// Run names the review that saw the findings, by its team and window, so that
	// asking twice counts once.
	Run    string
	Window opsreview.Window // of the review
	Zone   *time.Location   // in which texts tell times; UTC if nil

	// Pages are those that findings name, as far as they are known: they tell
	// whether trouble came back after a ticket was closed.
	Pages map[opsreview.Ref]opsreview.Page

	// Preview returns what the tracker would be sent for a draft. It tells whether
	// something that was refused has changed. It may be nil.
	Preview func(Draft) string

	Only   []string // keys or fingerprints of findings; none for all
	MaxNew int      // new tickets of the review at most; 0 for the settings' number, or any where Only says which
}

// A Step is what is to be done about one finding, and why.
type Step struct {
	Finding    opsreview.Finding
	Action     Action
	Reason     string // why, in a sentence
	Generation int
	Row        opsreview.Ticket // the ledger's latest on the finding; zero if there is none
	Draft      Draft            // what creating it would send, also where nothing is created
	Note       Body             // what noting or reopening would say; nil where neither is done

	seen    sighting
	payload func() string // hash of what the tracker would be sent, reckoned when it is needed
	run     string
	again   func(st standing, now time.Time) Step // the step over what is known later
}

// A sighting is what is known of when a finding's trouble happened.
type sighting struct {
	at time.Time // it lasted at least until then; zero if nobody knows
}

// after reports whether the trouble came back after a ticket was closed, as
// far as anybody knows. A review may look at days before the closing, and a
// ticket that opens itself over those is worse than one that opens late.
func (s sighting) after(closed time.Time) bool {
	return s.at.IsZero() || !s.at.Before(closed)
}

// Plan says what to do about each finding, in their order: a review puts first
// what matters most, and the last ones are deferred. It is pure: the same
// input gives the same steps.
func Plan(in PlanInput) []Step {
	rows := byFinding(in.Rows)
	budget := in.MaxNew
	switch {
	case budget > 0:
	case len(in.Only) > 0: // somebody chose them
		budget = math.MaxInt
	default:
		budget = in.Settings.MaxNew
	}
	var steps []Step
	created := filedBy(in.Rows, in.Run)
	for _, f := range chosen(in.Findings, in.Only) {
		step := in.step(f, standingOf(rows[f.Fingerprint()]))
		if step.Action == Create {
			if created++; created > budget {
				step.Action, step.Reason = Defer, fmt.Sprintf("One review files at most %s; those come first that matter most.", counted(budget, "new ticket"))
			}
		}
		steps = append(steps, step)
	}
	return steps
}

// filedBy counts the tickets that a review was the first to ask for, so that
// filing it again files nothing more.
func filedBy(rows []opsreview.Ticket, run string) int {
	n := 0
	for _, r := range rows {
		asked := r.State != opsreview.TicketPlanned && r.State != opsreview.TicketRejected
		if asked && r.LastRun == run && r.Seen == 1 {
			n++
		}
	}
	return n
}

// step decides about one finding and writes its texts.
func (in PlanInput) step(f opsreview.Finding, st standing) Step {
	s := Step{Finding: f, Row: st.row, Generation: max(1, st.row.Generation), seen: in.sighting(f), run: in.Run}
	d := decide(f, st, s.seen, in.Run, in.Settings, in.Now)
	if d.action == Create {
		s.Generation = st.next()
	}
	s.Draft = in.draft(f, st.row, s.Generation)
	s.payload = func() string { return in.payload(s.Draft) }
	s.again = func(st standing, now time.Time) Step {
		in.Now = now
		return in.step(f, st)
	}
	if unfiled := st.unfiled(); d.action == Create && unfiled.State == opsreview.TicketRejected && unfiled.Payload == s.payload() {
		d = because(Skip, "The tracker refused it: %s. It is tried again when what would be sent has changed, or after `ticket resolve KEY --retry`.",
			strings.TrimSuffix(orUnknown(unfiled.Error), "."))
	}
	s.Action, s.Reason = d.action, d.reason
	switch s.Action {
	case Note:
		s.Note = in.seenAgain(f, st.row)
	case Reopen:
		s.Note = in.cameBack(f, st.row)
	case Create, Recover, Skip, Defer:
	}
	return s
}

// payload is a hash of what the tracker would be sent, but for the attempt's
// name.
func (in PlanInput) payload(d Draft) string {
	d.Attempt = ""
	text := d.Title + "\n" + strings.Join(d.Labels, " ") + "\n" + RenderMarkdown(d.Body, 0)
	if in.Preview != nil {
		text = in.Preview(d)
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}

// sighting is the last page that is known of a finding, or else the beginning
// of the review's window.
func (in PlanInput) sighting(f opsreview.Finding) sighting {
	var last time.Time
	for _, ref := range f.Pages {
		if p, ok := in.Pages[ref]; ok && p.TriggeredAt.After(last) {
			last = p.TriggeredAt
		}
	}
	if last.IsZero() {
		last = in.Window.Start
	}
	return sighting{at: last}
}

// chosen returns each finding that is asked for once, in their order.
func chosen(findings []opsreview.Finding, only []string) []opsreview.Finding {
	seen := map[string]bool{}
	var wanted []opsreview.Finding
	for _, f := range findings {
		fp := f.Fingerprint()
		asked := len(only) == 0 || slices.Contains(only, f.Key) || slices.Contains(only, fp)
		if asked && !seen[fp] {
			seen[fp] = true
			wanted = append(wanted, f)
		}
	}
	return wanted
}

// byFinding puts rows in order by finding and generation.
func byFinding(rows []opsreview.Ticket) map[string][]opsreview.Ticket {
	sorted := slices.Clone(rows)
	slices.SortFunc(sorted, func(a, b opsreview.Ticket) int { return a.Generation - b.Generation })
	grouped := make(map[string][]opsreview.Ticket, len(rows))
	for _, row := range sorted {
		grouped[row.Fingerprint] = append(grouped[row.Fingerprint], row)
	}
	return grouped
}
