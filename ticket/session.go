package ticket

import (
	"cmp"
	"context"
	"slices"
	"time"

	"opsreview"
)

// atOnce is how many tickets are asked for in one call.
const atOnce = 100

// A session is the ledger as one run of a Filer, which holds the lease, sees
// it.
type session struct {
	*Filer
	rows map[string][]opsreview.Ticket // by fingerprint, in order of generation
	lost int                           // answers in a row that did not come
}

func (f *Filer) open(ctx context.Context) (*session, error) {
	rows, err := f.Ledger.Tickets(ctx, f.Tracker.Name())
	if err != nil {
		return nil, err
	}
	s := &session{Filer: f, rows: map[string][]opsreview.Ticket{}}
	for _, row := range rows {
		s.keep(row)
	}
	return s, nil
}

// keep notes what a row is.
func (s *session) keep(row opsreview.Ticket) {
	rows := s.rows[row.Fingerprint]
	i := slices.IndexFunc(rows, func(r opsreview.Ticket) bool { return r.Generation >= row.Generation })
	switch {
	case i < 0:
		rows = append(rows, row)
	case rows[i].Generation == row.Generation:
		rows[i] = row
	default:
		rows = slices.Insert(rows, i, row)
	}
	s.rows[row.Fingerprint] = rows
}

// latest returns the last generation of a finding.
func (s *session) latest(fingerprint string) (opsreview.Ticket, bool) {
	rows := s.rows[fingerprint]
	if len(rows) == 0 {
		return opsreview.Ticket{}, false
	}
	return rows[len(rows)-1], true
}

// standing is what the ledger knows of a step's finding.
func (s *session) standing(step Step) standing {
	return standingOf(s.rows[step.Finding.Fingerprint()])
}

// earlier returns the generation before a row's that has a ticket.
func (s *session) earlier(row opsreview.Ticket) (opsreview.Ticket, bool) {
	for _, r := range slices.Backward(s.rows[row.Fingerprint]) {
		if r.Generation < row.Generation && r.RemoteID != "" {
			return r, true
		}
	}
	return opsreview.Ticket{}, false
}

// filed is the last ticket that the tracker's search should show by now, so
// that an empty or stale search is noticed.
func (s *session) filed() Ref {
	var last opsreview.Ticket
	shown := s.Now().Add(-s.settle())
	for _, rows := range s.rows {
		for _, r := range rows {
			if r.State == opsreview.TicketFiled && !r.FiledAt.After(shown) && (last.RemoteID == "" || r.FiledAt.After(last.FiledAt) ||
				r.FiledAt.Equal(last.FiledAt) && r.RemoteID > last.RemoteID) {
				last = r
			}
		}
	}
	return Ref{ID: last.RemoteID, Key: last.RemoteKey, URL: last.URL}
}

// look brings the rows of a plan's findings up to date with the tracker, and
// counts that this review saw them.
func (s *session) look(ctx context.Context, steps []Step) error {
	var known []opsreview.Ticket
	for _, step := range steps {
		row := s.standing(step).row
		known = append(known, row)
		if old, ok := s.earlier(row); ok && row.RemoteID == "" {
			known = append(known, old)
		}
	}
	if _, err := s.refresh(ctx, known); err != nil {
		return err
	}
	var changed []opsreview.Ticket
	for _, step := range steps {
		row := s.standing(step).row
		if row.Generation > 0 && touch(&row, step, s.Now()) {
			changed = append(changed, row)
			s.keep(row)
		}
	}
	return s.save(ctx, changed)
}

// touch notes that a review saw a finding. Asking twice counts once.
func touch(row *opsreview.Ticket, step Step, now time.Time) bool {
	f := step.Finding
	if row.LastRun == step.run && row.Key != "" {
		return false
	}
	if row.LastRun != step.run {
		row.Seen++
		row.LastRun, row.LastAt = step.run, now
	}
	describe(row, f)
	return true
}

// describe copies what a finding says into its row. The cost of what people
// will not fix stays what it was when they said so, so that growth shows.
func describe(row *opsreview.Ticket, f opsreview.Finding) {
	row.Key, row.Kind, row.Category = f.Key, f.Kind, f.Category
	row.Team, row.Service, row.SLO, row.Monitor = f.Team, f.Service, f.SLO, f.Monitor
	if row.State != opsreview.TicketSuppressed || row.Cost == 0 {
		row.Cost = f.Cost
	}
	if row.Title == "" {
		row.Title = OneLine(f.Title, longestTitle)
	}
	if row.FirstAt.IsZero() {
		row.FirstAt = row.LastAt
	}
}

func (s *session) save(ctx context.Context, rows []opsreview.Ticket) error {
	if len(rows) == 0 {
		return nil
	}
	return s.Ledger.SaveTickets(ctx, rows)
}

// refresh asks the tracker where rows stand, by their ids, and returns what it
// said. Rows without a ticket are left alone.
func (s *session) refresh(ctx context.Context, rows []opsreview.Ticket) ([]Snapshot, error) {
	var ids []string
	byID := map[string][]opsreview.Ticket{}
	for _, row := range rows {
		if row.RemoteID == "" {
			continue
		}
		if len(byID[row.RemoteID]) == 0 {
			ids = append(ids, row.RemoteID)
		}
		byID[row.RemoteID] = append(byID[row.RemoteID], row)
	}
	var all []Snapshot
	for chunk := range slices.Chunk(ids, atOnce) {
		if err := s.renew(ctx); err != nil {
			return all, err
		}
		snaps, err := s.Tracker.Get(ctx, chunk)
		if err != nil {
			return all, s.unavailable(err)
		}
		for _, snap := range snaps {
			if err := s.update(ctx, byID[snap.ID], snap); err != nil {
				return all, err
			}
		}
		if err := s.saveAll(ctx, chunk, byID); err != nil {
			return all, err
		}
		all = append(all, snaps...)
	}
	return all, nil
}

// saveAll saves the rows of some tickets as they are.
func (s *session) saveAll(ctx context.Context, ids []string, byID map[string][]opsreview.Ticket) error {
	var rows []opsreview.Ticket
	for _, id := range ids {
		for _, row := range byID[id] {
			rows = append(rows, s.row(row))
		}
	}
	return s.save(ctx, rows)
}

// update brings a ticket's rows up to date with it.
func (s *session) update(ctx context.Context, rows []opsreview.Ticket, snap Snapshot) error {
	for _, row := range rows {
		if err := s.updateRow(ctx, &row, snap); err != nil {
			return err
		}
		s.keep(row)
	}
	return nil
}

// updateRow brings one row up to date. Where people closed its ticket as a
// duplicate of another, the row goes over to the other.
func (s *session) updateRow(ctx context.Context, row *opsreview.Ticket, snap Snapshot) error {
	if merge(row, snap, s.Settings, s.Now()); snap.Missing || snap.Stands != opsreview.TicketDone || snap.Duplicate == (Ref{}) {
		return nil
	}
	target, err := s.follow(ctx, snap)
	if err != nil || target.ID == "" || target.ID == snap.ID {
		return err
	}
	merge(row, target, s.Settings, s.Now())
	missing := missingLabels(target, row.Fingerprint)
	if len(missing) == 0 {
		return nil
	}
	_, err = s.ask(ctx, row, effect{
		action: "label", detail: "taken over as the target of a duplicate: " + target.Key, write: true,
		do: func(ctx context.Context) (Ref, error) {
			return target.Ref, s.Tracker.AddLabels(ctx, target.ID, missing)
		},
	})
	return err
}

// follow goes from a duplicate to the ticket that it is one of. It returns the
// zero Snapshot where the way ends in nothing or goes in a circle.
func (s *session) follow(ctx context.Context, snap Snapshot) (Snapshot, error) {
	seen := map[string]bool{snap.ID: true}
	for snap.Stands == opsreview.TicketDone && snap.Duplicate != (Ref{}) {
		got, err := s.Tracker.Get(ctx, []string{cmp.Or(snap.Duplicate.ID, snap.Duplicate.Key)})
		if err != nil {
			return Snapshot{}, s.unavailable(err)
		}
		if len(got) == 0 || got[0].Missing || seen[got[0].ID] {
			return Snapshot{}, nil
		}
		snap = got[0]
		seen[snap.ID] = true
	}
	return snap, nil
}

// missingLabels lists those of the program's own labels by which a ticket is
// found again that it does not carry.
func missingLabels(snap Snapshot, fingerprint string) []string {
	var missing []string
	for _, label := range []string{Label, FingerprintLabel(fingerprint)} {
		if !slices.Contains(snap.Labels, label) {
			missing = append(missing, label)
		}
	}
	return missing
}

// merge writes into a row where its ticket stands. People's status decides:
// what they closed is closed, and what they opened is open.
func merge(row *opsreview.Ticket, snap Snapshot, settings Settings, now time.Time) {
	row.SyncedAt = now
	if snap.Missing {
		row.State, row.Error = opsreview.TicketGone, "deleted, or out of our sight"
		return
	}
	row.RemoteID, row.RemoteKey, row.URL = snap.ID, snap.Key, snap.URL
	row.Stands, row.Status, row.Resolution, row.Assignee = snap.Stands, snap.Status, snap.Resolution, snap.Assignee
	row.Points = snap.Points
	was := row.State
	row.State, row.Error = opsreview.TicketFiled, ""
	if snap.Stands != opsreview.TicketDone {
		row.ClosedAt, row.SuppressedUntil = time.Time{}, time.Time{}
		return
	}
	if !snap.ClosedAt.IsZero() {
		row.ClosedAt = snap.ClosedAt
	} else if row.ClosedAt.IsZero() {
		row.ClosedAt = now
	}
	if !settings.wontFix(snap.Resolution) {
		row.SuppressedUntil = time.Time{}
		return
	}
	row.State = opsreview.TicketSuppressed
	if was != opsreview.TicketSuppressed || row.SuppressedUntil.IsZero() {
		row.SuppressedUntil = row.ClosedAt.Add(settings.SuppressFor)
	}
}
