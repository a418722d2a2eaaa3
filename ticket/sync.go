package ticket

import (
	"context"
	"slices"
	"strings"

	"opsreview"
)

// Synced is what came back of where tickets stand.
type Synced struct {
	Asked      int // tickets that the tracker was asked about
	Changed    int // of which something changed
	Gone       int // that are not there
	Relabelled int // of whose labels one had been taken away and was put back
	Found      int // whose filing had lost its answer, and that exist
}

// Sync brings back where tickets stand, by their ids, and looks for those whose
// filing lost its answer. It files and closes nothing. Its errors are those of
// [Filer.File].
func (f *Filer) Sync(ctx context.Context) (Synced, error) {
	var synced Synced
	err := f.leased(ctx, func() error {
		s, err := f.open(ctx)
		if err != nil {
			return err
		}
		return s.sync(ctx, &synced)
	})
	return synced, err
}

func (s *session) sync(ctx context.Context, synced *Synced) error {
	before := s.all()
	snaps, err := s.refresh(ctx, before)
	synced.Asked = len(snaps)
	for _, snap := range snaps {
		if snap.Missing {
			synced.Gone++
		}
	}
	for _, was := range before {
		if changed(was, s.row(was)) {
			synced.Changed++
		}
	}
	if err != nil {
		return err
	}
	if err := s.relabel(ctx, snaps, synced); err != nil {
		return err
	}
	for _, row := range s.all() {
		if row.State != opsreview.TicketCreating && row.State != opsreview.TicketUncertain {
			continue
		}
		row.State = opsreview.TicketUncertain
		found, err := s.probe(ctx, Step{}, &row)
		if err != nil {
			return err
		}
		if found.kept.ID != "" {
			synced.Found++
		}
		if _, err := s.duplicates(ctx, row, found); err != nil {
			return err
		}
	}
	return nil
}

// all lists the rows in order.
func (s *session) all() []opsreview.Ticket {
	var rows []opsreview.Ticket
	for _, generations := range s.rows {
		rows = append(rows, generations...)
	}
	slices.SortFunc(rows, func(a, b opsreview.Ticket) int {
		if c := strings.Compare(a.Fingerprint, b.Fingerprint); c != 0 {
			return c
		}
		return a.Generation - b.Generation
	})
	return rows
}

// row returns a row as it is.
func (s *session) row(was opsreview.Ticket) opsreview.Ticket {
	for _, r := range s.rows[was.Fingerprint] {
		if r.Generation == was.Generation {
			return r
		}
	}
	return was
}

// changed reports whether anything but the time of asking differs.
func changed(a, b opsreview.Ticket) bool {
	a.SyncedAt = b.SyncedAt
	return a != b
}

// relabel puts back the labels by which findings are found. No other label is
// touched.
func (s *session) relabel(ctx context.Context, snaps []Snapshot, synced *Synced) error {
	byID := make(map[string]Snapshot, len(snaps))
	for _, snap := range snaps {
		byID[snap.ID] = snap
	}
	for _, row := range s.all() {
		snap, ok := byID[row.RemoteID]
		missing := missingLabels(snap, row.Fingerprint)
		if !ok || snap.Missing || len(missing) == 0 {
			continue
		}
		asked, err := s.ask(ctx, &row, effect{
			action: "label", detail: strings.Join(missing, " and ") + " taken away", write: true,
			do: func(ctx context.Context) (Ref, error) {
				return snap.Ref, s.Tracker.AddLabels(ctx, snap.ID, missing)
			},
		})
		if err := s.stop(err, asked); err != nil {
			return err
		}
		if asked == nil {
			synced.Relabelled++
		}
	}
	return nil
}

// Adopted is what a ledger was rebuilt from.
type Adopted struct {
	Found      int      // tickets that carry the label
	Adopted    int      // rows that they made or changed
	Duplicates []string // fingerprints that several open tickets carry
}

// Adopt rebuilds the ledger from the tracker's labels: whatever carries a
// finding's label is that finding's ticket. Rows that have a ticket stay as
// they are. Its errors are those of [Filer.File].
func (f *Filer) Adopt(ctx context.Context) (Adopted, error) {
	var adopted Adopted
	err := f.leased(ctx, func() error {
		s, err := f.open(ctx)
		if err != nil {
			return err
		}
		snaps, err := s.Tracker.Find(ctx, Label)
		if err != nil {
			return s.unavailable(err)
		}
		adopted.Found = len(snaps)
		return s.adopt(ctx, snaps, &adopted)
	})
	return adopted, err
}

// Confirm adopts what is there and notes that somebody agreed that tickets are
// filed, so that an empty ledger files nothing twice.
func (f *Filer) Confirm(ctx context.Context, by string) (Adopted, error) {
	adopted, err := f.Adopt(ctx)
	if err != nil {
		return adopted, err
	}
	return adopted, f.Ledger.Confirm(ctx, f.Tracker.Name(), by, f.Now())
}

func (s *session) adopt(ctx context.Context, snaps []Snapshot, adopted *Adopted) error {
	byFinding := map[string][]Snapshot{}
	for _, snap := range snaps {
		for _, fp := range fingerprints(snap.Labels) {
			byFinding[fp] = append(byFinding[fp], snap)
		}
	}
	var order []string
	for fp := range byFinding {
		order = append(order, fp)
	}
	slices.Sort(order)
	for _, fp := range order {
		n, err := s.adoptFinding(ctx, fp, byFinding[fp], adopted)
		if err != nil {
			return err
		}
		adopted.Adopted += n
	}
	return nil
}

// adoptFinding makes rows of the tickets of one finding that have none: each
// closed one a generation, and of the open ones the oldest the last.
func (s *session) adoptFinding(ctx context.Context, fingerprint string, snaps []Snapshot, adopted *Adopted) (int, error) {
	known := map[string]bool{}
	open := Snapshot{}
	for _, row := range s.rows[fingerprint] {
		known[row.RemoteID] = true
		i := slices.IndexFunc(snaps, func(snap Snapshot) bool { return snap.ID == row.RemoteID })
		if i >= 0 && snaps[i].Stands != opsreview.TicketDone {
			open = snaps[i]
		}
	}
	var closed []Snapshot
	var others []Snapshot
	adopts := false
	for _, snap := range snaps {
		switch {
		case known[snap.ID] || snap.Missing:
		case snap.Stands == opsreview.TicketDone && snap.Duplicate == (Ref{}) && len(s.rows[fingerprint]) == 0:
			closed = append(closed, snap)
		case snap.Stands == opsreview.TicketDone:
		case open.ID == "":
			open, adopts = snap, true
		default:
			others = append(others, snap)
		}
	}
	if adopts {
		closed = append(closed, open)
	}
	changed := s.adoptRows(fingerprint, closed)
	if err := s.save(ctx, changed); err != nil {
		return 0, err
	}
	if len(others) == 0 {
		return len(changed), nil
	}
	adopted.Duplicates = append(adopted.Duplicates, fingerprint)
	row, _ := s.latest(fingerprint)
	_, err := s.duplicates(ctx, row, hits{kept: open, others: others})
	return len(changed), err
}

// adoptRows gives each ticket a row: the one that waits for a ticket, or a new
// generation.
func (s *session) adoptRows(fingerprint string, snaps []Snapshot) []opsreview.Ticket {
	var changed []opsreview.Ticket
	for _, snap := range snaps {
		row, ok := s.latest(fingerprint)
		if !ok || row.RemoteID != "" {
			row = s.adoptedRow(fingerprint, row.Generation+1, snap)
		}
		merge(&row, snap, s.Settings, s.Now())
		s.keep(row)
		changed = append(changed, row)
	}
	return changed
}

// adoptedRow is what a ticket tells of the finding that it stands for. The next
// review that sees the finding fills in the rest.
func (s *session) adoptedRow(fingerprint string, generation int, snap Snapshot) opsreview.Ticket {
	now := s.Now()
	row := opsreview.Ticket{
		Tracker: s.Tracker.Name(), Fingerprint: fingerprint, Generation: generation,
		Title: OneLine(snap.Title, longestTitle), FirstAt: now, LastAt: now, Team: teamOf(snap.Labels, s.Teams),
	}
	for _, c := range opsreview.Categories() {
		if slices.Contains(snap.Labels, c) {
			row.Category = c
		}
	}
	return row
}

// fingerprints reads the findings out of a ticket's labels.
func fingerprints(labels []string) []string {
	var found []string
	for _, label := range labels {
		fp, ok := strings.CutPrefix(label, Label+"-")
		if ok && isFingerprint(fp) {
			found = append(found, fp)
		}
	}
	return found
}

func isFingerprint(s string) bool {
	return len(s) == 16 && strings.Trim(s, "0123456789abcdef") == ""
}

// A Resolution is what a person knows of a ticket of which nobody else does:
// its name in the tracker, or that it is to be filed again.
type Resolution struct {
	Finding string // the finding's key or fingerprint
	Key     string // the ticket's key or id; "" with Retry
	Retry   bool   // it does not exist: file it again
}

// Resolve writes into the ledger what a person knows. It returns a NotFound
// error for a finding or a ticket that is not there and an Invalid one where
// there is nothing to resolve; further errors are those of [Filer.File].
func (f *Filer) Resolve(ctx context.Context, r Resolution) (opsreview.Ticket, error) {
	if r.Retry == (r.Key != "") {
		return opsreview.Ticket{}, opsreview.Errorf(opsreview.Invalid, "say either which ticket it is or that it is to be filed again")
	}
	var row opsreview.Ticket
	err := f.leased(ctx, func() error {
		s, err := f.open(ctx)
		if err != nil {
			return err
		}
		var ok bool
		if row, ok = s.find(r.Finding); !ok {
			return opsreview.Errorf(opsreview.NotFound, "the ledger has no finding %q", r.Finding)
		}
		if r.Retry {
			return s.retry(ctx, &row)
		}
		return s.name(ctx, &row, r.Key)
	})
	return row, err
}

// find returns the last generation of a finding by its key or fingerprint.
func (s *session) find(finding string) (opsreview.Ticket, bool) {
	if row, ok := s.latest(finding); ok {
		return row, true
	}
	return s.latest(opsreview.FingerprintOf(finding))
}

// retry lets a finding be filed by the next run.
func (s *session) retry(ctx context.Context, row *opsreview.Ticket) error {
	switch row.State {
	case opsreview.TicketFiled:
		return opsreview.Errorf(opsreview.Invalid, "it is filed as %s: nothing is to be tried again", name(*row))
	case opsreview.TicketSuppressed:
		row.SuppressedUntil = s.Now()
	case opsreview.TicketPlanned, opsreview.TicketCreating, opsreview.TicketUncertain, opsreview.TicketRejected, opsreview.TicketGone:
		row.State, row.Attempt, row.Payload, row.Error = opsreview.TicketPlanned, "", "", ""
		row.RemoteID, row.RemoteKey, row.URL, row.Stands, row.Status, row.Resolution = "", "", "", "", "", ""
		row.NotBefore = s.Now()
	}
	return s.save(ctx, []opsreview.Ticket{*row})
}

// name says which ticket a finding's is.
func (s *session) name(ctx context.Context, row *opsreview.Ticket, key string) error {
	snaps, err := s.Tracker.Get(ctx, []string{key})
	if err != nil {
		return s.unavailable(err)
	}
	if len(snaps) == 0 || snaps[0].Missing {
		return opsreview.Errorf(opsreview.NotFound, "%s has no ticket %q, or we may not see it", s.Tracker.Name(), key)
	}
	snap := snaps[0]
	merge(row, snap, s.Settings, s.Now())
	if err := s.save(ctx, []opsreview.Ticket{*row}); err != nil {
		return err
	}
	missing := missingLabels(snap, row.Fingerprint)
	if len(missing) == 0 {
		return nil
	}
	asked, err := s.ask(ctx, row, effect{
		action: "label", detail: "a person says that it is " + snap.Key, write: true,
		do: func(ctx context.Context) (Ref, error) {
			return snap.Ref, s.Tracker.AddLabels(ctx, snap.ID, missing)
		},
	})
	if err == nil && asked != nil {
		err = s.unavailable(asked)
	}
	return err
}
