package server

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/store"
	"opsreview/ticket"
)

// bySync is who takes entries back whose work logs are gone from their tickets.
const bySync = "sync"

// workLogSource is a tracker's name as a source: "jira-ops" for "jira/OPS".
func workLogSource(tracker string) string {
	return strings.Map(func(r rune) rune {
		if (r >= 'a' && r <= 'z') || (r >= '0' && r <= '9') || r == '_' {
			return r
		}
		return '-'
	}, strings.ToLower(tracker))
}

// SyncWorkLogs asks for the work of a stretch of time whole, so that what was
// deleted in the tracker is found out.
func (s *toilService) SyncWorkLogs(ctx context.Context, req *pb.SyncWorkLogsRequest) (*pb.SyncWorkLogsResponse, error) {
	tracker, err := s.facts.configured()
	if err != nil {
		return nil, err
	}
	logger, ok := tracker.(ticket.WorkLogger)
	if !ok {
		return nil, opsreview.Errorf(opsreview.Invalid, "the tracker %s keeps no work logs", tracker.Name())
	}
	sc, err := s.facts.scope(ctx, "")
	if err != nil {
		return nil, err
	}
	now := s.facts.now()
	spec := opsreview.WindowSpec{Last: strings.TrimSpace(req.GetLast())}
	if spec.Last == "" {
		spec.Last = fmt.Sprintf("%dw", toilWeeks)
	}
	w, err := s.facts.window(spec, sc)
	if err != nil {
		return nil, err
	}
	source := workLogSource(tracker.Name())
	before, err := s.facts.db.ToilEntries(ctx, store.ToilFilter{Source: source, Window: opsreview.Window{Start: w.Start}})
	if err != nil {
		return nil, err
	}
	var keys []string
	for _, e := range before {
		if !slices.Contains(keys, e.Ticket) {
			keys = append(keys, e.Ticket)
		}
	}
	logged, err := logger.WorkLogs(ctx, w.Start, keys)
	if err != nil {
		return nil, err
	}
	teams, err := s.facts.ticketTeams(ctx, tracker.Name())
	if err != nil {
		return nil, err
	}
	entries := toilOfWork(source, logged, before, teams, sc, now)
	saved, err := s.facts.db.SaveBatch(ctx, source, opsreview.Batch{Toil: entries})
	if err != nil {
		return nil, err
	}
	gone, err := s.withdrawGone(ctx, before, logged, entries, now)
	if err != nil {
		return nil, err
	}
	resp := &pb.SyncWorkLogsResponse{Tickets: int32(len(logged)), Entries: int32(len(entries)), Saved: int32(saved.Toil + gone)}
	if n := homeless(entries); n > 0 && len(s.facts.org.Teams) > 0 {
		resp.Warnings = append(resp.Warnings, fmt.Sprintf("%d work logs are of tickets of no team: they are in everybody's ledger only; a label that is a team's name says whose a ticket is", n))
	}
	if gone > 0 {
		resp.Warnings = append(resp.Warnings, fmt.Sprintf("%d work logs are gone from their tickets and were taken back", gone))
	}
	return resp, nil
}

// teamLabel is a label that names a team, with or without "team-" before it, so
// that it is no ticket's key.
func teamLabel(label string) string {
	return "label " + strings.ToLower(strings.Join(strings.Fields(label), "-"))
}

// withdrawGone takes entries back whose work logs are gone. Those of a ticket
// that the tracker did not show stay: the work was done all the same.
func (s *toilService) withdrawGone(ctx context.Context, before []opsreview.ToilEntry, logged []ticket.Logged, now []opsreview.ToilEntry, at time.Time) (int, error) {
	asked, there := map[string]bool{}, map[string]bool{}
	for _, l := range logged {
		asked[l.Key] = true
	}
	for _, e := range now {
		there[e.SourceID] = true
	}
	gone := 0
	for _, e := range before {
		if there[e.SourceID] || !asked[e.Ticket] {
			continue
		}
		if _, err := s.facts.db.WithdrawToil(ctx, e.ID, bySync, at); err != nil {
			return gone, err
		}
		gone++
	}
	return gone, nil
}

// ticketTeams tells whose the tickets of the ledger are, by key.
func (f *facts) ticketTeams(ctx context.Context, tracker string) (map[string]string, error) {
	rows, err := f.db.Tickets(ctx, tracker)
	teams := map[string]string{}
	for _, row := range rows {
		if row.RemoteKey != "" && row.Team != "" {
			teams[row.RemoteKey] = row.Team
		}
	}
	for _, t := range f.org.Teams {
		teams[teamLabel(t.Name)], teams[teamLabel("team-"+t.Name)] = t.Name, t.Name
	}
	return teams, err
}

// toilOfWork makes entries of the ledger of work logs. What is not known of a
// ticket that the search did not find is as it was before.
func toilOfWork(source string, logged []ticket.Logged, before []opsreview.ToilEntry, teams map[string]string, sc scope, now time.Time) []opsreview.ToilEntry {
	old := map[string]opsreview.ToilEntry{}
	for _, e := range before {
		old[e.Ticket] = e
	}
	entries := []opsreview.ToilEntry{}
	for _, l := range logged {
		team, task := teams[l.Key], l.Title
		for _, label := range l.Labels {
			if team == "" {
				team = teams[teamLabel(label)]
			}
		}
		if task == "" {
			task = l.Key
			if e, ok := old[l.Key]; ok {
				team, task = e.Team, e.Task
			}
		}
		for _, w := range l.Work {
			e := opsreview.ToilEntry{
				Source: source, SourceID: w.ID, Task: task, Team: team, Person: sc.worker(w.Names), At: w.At, Spent: min(w.Spent, longestEntry),
				Ticket: l.Key, Note: w.Note, Author: sc.worker(w.Names), LoggedAt: w.LoggedAt,
			}
			if e.LoggedAt.IsZero() {
				e.LoggedAt = now
			}
			entries = append(entries, e)
		}
	}
	return entries
}

// worker returns the key of the person who bears one of the names, the first name
// where nobody does.
func (sc scope) worker(names []string) string {
	for _, name := range names {
		if p, err := sc.findPerson(name); err == nil {
			return p.Key
		}
	}
	if len(names) == 0 {
		return ""
	}
	return names[0]
}

func homeless(entries []opsreview.ToilEntry) int {
	n := 0
	for _, e := range entries {
		if e.Team == "" {
			n++
		}
	}
	return n
}
