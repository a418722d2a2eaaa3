package ingesttest

import (
	"fmt"

	"opsreview"
)

// checkWork returns an error for incidents and toil that no store keeps.
func checkWork(source string, b opsreview.Batch) error {
	for _, i := range b.Incidents {
		if i.Source != source || i.ID == "" {
			return fmt.Errorf("an incident is named %q, which is not of source %q", i.Ref, source)
		}
		for _, p := range i.Pages {
			if again, err := opsreview.ParseRef(p.String()); err != nil || again != p {
				return fmt.Errorf("incident %s owns the page %q, which nobody could read again", i.Ref, p)
			}
		}
	}
	for _, e := range b.Toil {
		switch {
		case e.Source != source || e.SourceID == "":
			return fmt.Errorf("an entry of toil is named %q, which is not of source %q", e.SourceID, source)
		case opsreview.TaskKey(e.Task) == "" || e.Spent <= 0 || e.At.IsZero() || e.LoggedAt.IsZero():
			return fmt.Errorf("entry %s of toil lacks a task, a time or a length: %+v", e.SourceID, e)
		}
	}
	return nil
}

// saveWork stores incidents and toil. Of an incident the latest look counts, and
// of an entry it does not count when it was logged.
func (m *Memory) saveWork(b opsreview.Batch, saved *opsreview.Saved) {
	for _, i := range b.Incidents {
		old, ok := m.incidents[i.ID]
		if ok && !i.UpdatedAt.IsZero() && i.UpdatedAt.Before(old.UpdatedAt) {
			continue
		}
		saved.Incidents += put(m.incidents, i.ID, i)
	}
	for _, e := range b.Toil {
		if old, ok := m.toil[e.SourceID]; ok {
			same := e
			same.LoggedAt = old.LoggedAt
			if same == old {
				continue
			}
		}
		saved.Toil += put(m.toil, e.SourceID, e)
	}
}

func (m *Memory) workLines() []string {
	var lines []string
	for _, i := range m.incidents {
		lines = append(lines, line("incident", i))
	}
	for _, e := range m.toil {
		lines = append(lines, line("toil", e))
	}
	return lines
}

// Incidents returns the stored incidents in the order of their IDs.
func (m *Memory) Incidents() []opsreview.Incident {
	m.mu.Lock()
	defer m.mu.Unlock()
	return sorted(m.incidents)
}

// Toil returns the stored entries of toil in the order of their names at the
// source.
func (m *Memory) Toil() []opsreview.ToilEntry {
	m.mu.Lock()
	defer m.mu.Unlock()
	return sorted(m.toil)
}
