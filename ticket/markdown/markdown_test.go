package markdown_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/ticket"
	"opsreview/ticket/markdown"
)

var monday = time.Date(2026, 3, 9, 8, 0, 0, 0, time.UTC)

func newTracker(dir string) (*markdown.Tracker, error) {
	cfg := markdown.Config{Path: dir, Project: "OPS", BrowseURL: "https://git.example.com/ops/"}
	return markdown.New(cfg, func() time.Time { return monday })
}

func open(t testing.TB, dir string) *markdown.Tracker {
	t.Helper()
	tracker, err := newTracker(dir)
	if err != nil {
		t.Fatalf("opening the tracker: %v", err)
	}
	return tracker
}

const fp = "0123456789abcdef"

func draft(title string) ticket.Draft {
	return ticket.Draft{
		Fingerprint: fp, Generation: 1, Attempt: "first", Title: title,
		Labels: []string{ticket.Label, ticket.FingerprintLabel(fp), "alert-noise", "team-secrets"},
		Body: ticket.Body{
			{Paragraph: []ticket.Span{{Text: "≈ 3.4 h/week, 12 pages, 5 people", Strong: true}}},
			{Paragraph: []ticket.Span{{Text: "Raise the threshold."}}},
		},
	}
}

func file(t *testing.T, tracker *markdown.Tracker, d ticket.Draft) ticket.Ref {
	t.Helper()
	ref, err := tracker.Create(t.Context(), d)
	if err != nil {
		t.Fatalf("filing %q: %v", d.Title, err)
	}
	return ref
}

func get(t *testing.T, tracker *markdown.Tracker, id string) ticket.Snapshot {
	t.Helper()
	snaps, err := tracker.Get(t.Context(), []string{id})
	if err != nil || len(snaps) != 1 {
		t.Fatalf("getting %s: %v, %v", id, snaps, err)
	}
	return snaps[0]
}

func readFile(t testing.TB, dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatalf("reading a ticket: %v", err)
	}
	return string(text)
}

func writeFile(t testing.TB, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		t.Fatalf("writing a ticket: %v", err)
	}
}

func listFiles(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatalf("listing the folder: %v", err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

const filed = `---
id: 1-rkprim
title: "Vault's seal check is noisy"
status: open # open, doing or done
resolution: # when it is done: fixed, wontfix or duplicate
labels: [opsreview, opsreview-0123456789abcdef, alert-noise, team-secrets]
fingerprint: "0123456789abcdef"
generation: 1
created: 2026-03-09T08:00:00Z
closed: # the day, such as 2026-03-09
assignee:
points:
sprint:
---

**≈ 3.4 h/week, 12 pages, 5 people**

Raise the threshold.
`

func TestCreate_WritesAFileThatPeopleCanEdit(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tickets")
	tracker := open(t, dir)
	ref := file(t, tracker, draft("Vault's seal check is noisy"))
	id := ref.ID
	want := ticket.Ref{ID: id, Key: "0001", URL: "https://git.example.com/ops/0001-vault-s-seal-check-is-noisy.md"}
	if diff := cmp.Diff(want, ref); diff != "" {
		t.Errorf("the ticket's name (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"0001-vault-s-seal-check-is-noisy.md"}, listFiles(t, dir)); diff != "" {
		t.Errorf("the folder (-want +got):\n%s", diff)
	}
	got := readFile(t, dir, "0001-vault-s-seal-check-is-noisy.md")
	if diff := cmp.Diff(strings.Replace(filed, "1-rkprim", id, 1), got); diff != "" {
		t.Errorf("the file (-want +got):\n%s", diff)
	}
	snap := get(t, tracker, id)
	snap.UpdatedAt = time.Time{}
	wantSnap := ticket.Snapshot{
		Ref: want, Title: "Vault's seal check is noisy", Stands: opsreview.TicketTodo, Status: "open",
		Labels: []string{"opsreview", "opsreview-0123456789abcdef", "alert-noise", "team-secrets"},
	}
	if diff := cmp.Diff(wantSnap, snap); diff != "" {
		t.Errorf("the ticket (-want +got):\n%s", diff)
	}
}

func TestFiles_SayWhatPeopleWrote(t *testing.T) {
	head := func(lines string) string { return "---\nid: 7-abcdef\n" + lines + "---\nText.\n" }
	tests := map[string]struct {
		text string
		want ticket.Snapshot
	}{
		"a done ticket has its resolution and its day": {
			text: head("status: done\nresolution: wontfix\nclosed: 2026-03-09\n"),
			want: ticket.Snapshot{Stands: opsreview.TicketDone, Status: "done", Resolution: "wontfix", ClosedAt: time.Date(2026, 3, 9, 0, 0, 0, 0, time.UTC)},
		},
		"an open ticket has neither": {
			text: head("status: doing\nresolution: fixed\nclosed: 2026-03-09\n"),
			want: ticket.Snapshot{Stands: opsreview.TicketDoing, Status: "doing"},
		},
		"quotes, comments and lists on lines of their own are read": {
			text: head("status: 'In Progress' # since Monday\nlabels:\n  - opsreview # ours\n  - \"a b\"\nassignee: Ada\n"),
			want: ticket.Snapshot{Stands: opsreview.TicketDoing, Status: "In Progress", Labels: []string{"opsreview", "a b"}, Assignee: "Ada"},
		},
		"what looks like a number is read as it is written": {
			text: head("status: open\nsprint: 012\npoints: 2.5\nlabels: 007\n"),
			want: ticket.Snapshot{Stands: opsreview.TicketTodo, Status: "open", Sprint: "012", Points: 2.5, Labels: []string{"007"}},
		},
		"a status that nobody knows is neither open nor done": {
			text: head("status: parked\n"),
			want: ticket.Snapshot{Status: "parked"},
		},
		"a ticket closed as a duplicate names the other": {
			text: head("status: done\nresolution: Duplicate\nduplicates: 0003\n"),
			want: ticket.Snapshot{Stands: opsreview.TicketDone, Status: "done", Resolution: "Duplicate", Duplicate: ticket.Ref{Key: "0003"}},
		},
		"a fixed ticket is nobody's duplicate": {
			text: head("status: done\nresolution: fixed\nduplicates: [\"0003\"]\n"),
			want: ticket.Snapshot{Stands: opsreview.TicketDone, Status: "done", Resolution: "fixed"},
		},
		"some editors mark the beginning of a file": {
			text: "\ufeff" + head("status: open\n"),
			want: ticket.Snapshot{Stands: opsreview.TicketTodo, Status: "open"},
		},
		"people's own keys are theirs, and lines may end as on Windows": {
			text: strings.ReplaceAll(head("status: open\nseverity: {a: [1]}\n"), "\n", "\r\n"),
			want: ticket.Snapshot{Stands: opsreview.TicketTodo, Status: "open"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			writeFile(t, dir, "anything.md", tt.text)
			got := get(t, open(t, dir), "7-abcdef")
			got.UpdatedAt = time.Time{}
			tt.want.Ref = ticket.Ref{ID: "7-abcdef", Key: "0007", URL: "https://git.example.com/ops/anything.md"}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("the ticket (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCreate_NamesOfFilesHoldNothingBad(t *testing.T) {
	tests := map[string]struct{ title, want string }{
		"a path stays in the folder":           {"../../etc/passwd", "0001-etc-passwd.md"},
		"no title is a ticket":                 {"???", "0001-ticket.md"},
		"other scripts are kept":               {"Überlast: диск voll", "0001-überlast-диск-voll.md"},
		"a long title is cut at a word":        {strings.Repeat("noisy ", 40), "0001" + strings.Repeat("-noisy", 10) + ".md"},
		"a long word alone is a ticket":        {strings.Repeat("x", 400), "0001-ticket.md"},
		"controls and direction marks are out": {"a\x00b\u202ec\n---\nid: 9", "0001-a-b-c-id-9.md"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			tracker := open(t, dir)
			ref := file(t, tracker, draft(tt.title))
			if diff := cmp.Diff([]string{tt.want}, listFiles(t, dir)); diff != "" {
				t.Errorf("the folder (-want +got):\n%s", diff)
			}
			if got := get(t, tracker, ref.ID); got.Missing || got.Stands != opsreview.TicketTodo {
				t.Errorf("the ticket is not read back: %+v", got)
			}
		})
	}
}
