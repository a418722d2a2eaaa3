package ticket

import (
	"fmt"
	"slices"
	"time"

	"opsreview"
)

// A decision is an action and its reason.
type decision struct {
	action Action
	reason string
}

func because(a Action, format string, args ...any) decision {
	return decision{a, fmt.Sprintf(format, args...)}
}

// A standing is what the ledger knows of one finding.
type standing struct {
	// row decides: the last that has a ticket or may have one, or else the last.
	row opsreview.Ticket

	// shell is a later generation that was never filed: it waits, or was refused.
	// It is used where row asks for a successor, and decides nothing, since people
	// may have opened the earlier ticket again meanwhile. Zero if there is none.
	shell opsreview.Ticket
}

// standingOf reads a finding's rows, in order of generation.
func standingOf(rows []opsreview.Ticket) standing {
	if len(rows) == 0 {
		return standing{}
	}
	last := rows[len(rows)-1]
	if last.State != opsreview.TicketPlanned && last.State != opsreview.TicketRejected {
		return standing{row: last}
	}
	for _, row := range slices.Backward(rows) {
		if row.RemoteID != "" {
			return standing{row: row, shell: last}
		}
	}
	return standing{row: last}
}

// known reports whether the ledger has anything on the finding.
func (st standing) known() bool { return st.row.Generation > 0 }

// unfiled is the row in which a ticket would be created, zero if that would be
// a new one.
func (st standing) unfiled() opsreview.Ticket {
	switch {
	case st.shell.Generation > 0:
		return st.shell
	case st.row.RemoteID == "":
		return st.row
	}
	return opsreview.Ticket{}
}

// next is the generation that would be created.
func (st standing) next() int {
	if row := st.unfiled(); row.Generation > 0 {
		return row.Generation
	}
	return st.row.Generation + 1
}

// decide says what to do about a finding. It is asked twice: by the plan, and
// once more when the step is carried out, over what the tracker says then.
// Whether what was refused has changed is for the plan.
func decide(f opsreview.Finding, st standing, seen sighting, run string, s Settings, now time.Time) decision {
	if !st.known() {
		return because(Create, "Nothing is filed for it.")
	}
	d := decideRow(f, st.row, seen, run, s, now)
	if d.action == Create && st.shell.NotBefore.After(now) {
		return because(Defer, "The tracker asked to wait until %s.", clock(st.shell.NotBefore))
	}
	return d
}

func decideRow(f opsreview.Finding, row opsreview.Ticket, seen sighting, run string, s Settings, now time.Time) decision {
	switch row.State {
	case opsreview.TicketPlanned:
		if row.NotBefore.After(now) {
			return because(Defer, "The tracker asked to wait until %s.", clock(row.NotBefore))
		}
		return because(Create, "It was planned before and is not filed.")
	case opsreview.TicketCreating, opsreview.TicketUncertain:
		return because(Recover, "The answer to filing it on %s was lost: it may exist.", clock(row.AttemptAt))
	case opsreview.TicketRejected:
		return because(Create, "The tracker refused it, and what would be sent has changed.")
	case opsreview.TicketGone:
		return because(Skip, "%s was deleted or is out of our sight: `ticket resolve KEY --retry` files it anew.", name(row))
	case opsreview.TicketSuppressed:
		return decideSuppressed(f, row, seen, s, now)
	case opsreview.TicketFiled:
		if row.Stands == opsreview.TicketDone {
			return decideClosed(f, row, seen, s, now)
		}
		return decideOpen(row, run, s, now)
	}
	return because(Skip, "Its state %q is not known to this program.", row.State)
}

func decideOpen(row opsreview.Ticket, run string, s Settings, now time.Time) decision {
	if row.NoteID == run {
		return because(Skip, "%s is open, and this review is on it.", name(row))
	}
	last := row.FiledAt
	if row.NotedAt.After(last) {
		last = row.NotedAt
	}
	// A weekly timer comes a little early now and then.
	if now.Sub(last) < s.NoteEvery-s.NoteEvery/14 {
		return because(Skip, "%s is open, and was written to on %s.", name(row), day(last))
	}
	return because(Note, "%s is open: it was seen again.", name(row))
}

func decideClosed(f opsreview.Finding, row opsreview.Ticket, seen sighting, s Settings, now time.Time) decision {
	if s.wontFix(row.Resolution) {
		row.SuppressedUntil = suppressedUntil(row, s)
		return decideSuppressed(f, row, seen, s, now)
	}
	if !seen.after(row.ClosedAt) {
		return because(Skip, "%s was closed on %s, and nothing is known to have happened since.", name(row), day(row.ClosedAt))
	}
	if now.Sub(row.ClosedAt) <= s.ReopenWithin {
		return because(Reopen, "%s was closed on %s, and it came back.", name(row), day(row.ClosedAt))
	}
	return because(Create, "%s was closed on %s, which is long ago: a new ticket is linked to it.", name(row), day(row.ClosedAt))
}

func decideSuppressed(f opsreview.Finding, row opsreview.Ticket, seen sighting, s Settings, now time.Time) decision {
	grown := s.CostGrowth > 0 && row.Cost > 0 && f.Cost > s.CostGrowth*row.Cost
	switch {
	case !grown && now.Before(row.SuppressedUntil):
		return because(Skip, "People closed %s as %q: nothing is filed until %s.", name(row), row.Resolution, day(row.SuppressedUntil))
	case !seen.after(row.ClosedAt):
		return because(Skip, "%s was closed on %s, and nothing is known to have happened since.", name(row), day(row.ClosedAt))
	case grown:
		return because(Create, "%s was closed as %q, and it costs %.1f times as much since: a new ticket is linked to it.",
			name(row), row.Resolution, f.Cost/row.Cost)
	}
	return because(Create, "%s was closed as %q, which held until %s: a new ticket is linked to it.",
		name(row), row.Resolution, day(row.SuppressedUntil))
}

func suppressedUntil(row opsreview.Ticket, s Settings) time.Time {
	if !row.SuppressedUntil.IsZero() {
		return row.SuppressedUntil
	}
	return row.ClosedAt.Add(s.SuppressFor)
}

// name is what people call a ticket.
func name(row opsreview.Ticket) string {
	switch {
	case row.RemoteKey != "":
		return row.RemoteKey
	case row.RemoteID != "":
		return row.RemoteID
	}
	return "Its ticket"
}

func orUnknown(text string) string {
	if text == "" {
		return "it did not say why"
	}
	return text
}

func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

func day(t time.Time) string {
	if t.IsZero() {
		return "an unknown day"
	}
	return t.UTC().Format("2006-01-02")
}
