package markdown_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/ticket"
	"opsreview/ticket/markdown"
)

// block is a note as it stands in a file.
func block(marker, text string) string {
	digest := sha256.Sum256([]byte(text))
	return fmt.Sprintf("<!-- opsreview:begin %s %x -->\n%s\n<!-- opsreview:end %s -->\n", marker, digest[:6], text, marker)
}

func crlf(text string) string { return strings.ReplaceAll(text, "\n", "\r\n") }

func say(text string) ticket.Body {
	return ticket.Body{{Paragraph: []ticket.Span{{Text: text}}}}
}

func TestChanges_LeaveEveryOtherByte(t *testing.T) {
	ctx := context.Background()
	label := func(labels ...string) func(*markdown.Tracker) error {
		return func(m *markdown.Tracker) error { return m.AddLabels(ctx, "7-abcdef", labels) }
	}
	relate := func(other, kind string) func(*markdown.Tracker) error {
		return func(m *markdown.Tracker) error { return m.Relate(ctx, "7-abcdef", other, kind) }
	}
	reopen := func(m *markdown.Tracker) error { return m.Reopen(ctx, "7-abcdef", say("It came back.")) }
	note := func(text string) func(*markdown.Tracker) error {
		return func(m *markdown.Tracker) error { return m.Note(ctx, "7-abcdef", "seen", say(text)) }
	}
	why := "\n" + block("reopened", "It came back.")
	const torn = "---\nid: 7-abcdef\n---\n<!-- opsreview:begin seen x -->\nMine.\n<!-- opsreview:begin other x -->\nx\n<!-- opsreview:end seen -->\n"
	edited := "---\nid: 7-abcdef\n---\n" + strings.Replace(block("seen", "Old."), "Old.", "Old. It is the disk.", 1)
	tests := map[string]struct {
		text string
		do   func(*markdown.Tracker) error
		want string
	}{
		"a label goes behind the others on their line": {
			text: "---\nid: 7-abcdef # ours\nlabels: [a, 'b c',  d]  # three\nmine: {x:   y}\n---\nText  \n",
			do:   label("d", "e", "007"),
			want: "---\nid: 7-abcdef # ours\nlabels: [a, 'b c',  d, e, \"007\"]  # three\nmine: {x:   y}\n---\nText  \n",
		},
		"a label goes below the others on their lines": {
			text: "---\nlabels: # many\n  # the first\n  - a\n  - b # c\n\nid: 7-abcdef\n---\n",
			do:   label("e"),
			want: "---\nlabels: # many\n  # the first\n  - a\n  - b # c\n  - e\n\nid: 7-abcdef\n---\n",
		},
		"the first label makes a list": {
			text: "---\nid: 7-abcdef\nlabels:\nx: y\n---\n", do: label("e", "f"),
			want: "---\nid: 7-abcdef\nlabels: [e, f]\nx: y\n---\n",
		},
		"an empty list takes a label": {
			text: "---\nid: 7-abcdef\nlabels: []\n---\n", do: label("e"),
			want: "---\nid: 7-abcdef\nlabels: [e]\n---\n",
		},
		"a word alone becomes a list": {
			text: "---\nid: 7-abcdef\nlabels: a # one\n---\n", do: label("e"),
			want: "---\nid: 7-abcdef\nlabels: [a, e] # one\n---\n",
		},
		"a key that is missing comes last": {
			text: "---\nid: 7-abcdef\n---\nText", do: label("e"),
			want: "---\nid: 7-abcdef\nlabels: [e]\n---\nText",
		},
		"labels that are there change nothing": {
			text: "---\nid: 7-abcdef\nlabels: [e]\n---", do: label("e"),
			want: "---\nid: 7-abcdef\nlabels: [e]\n---",
		},
		"lines keep their ends": {
			text: "---\r\nid: 7-abcdef\r\nlabels: [a]\r\n---\r\nText\r\n", do: label("e"),
			want: "---\r\nid: 7-abcdef\r\nlabels: [a, e]\r\n---\r\nText\r\n",
		},
		"a relation is at the head": {
			text: "---\nid: 7-abcdef\n---\n", do: relate("3-zzz", "relates"),
			want: "---\nid: 7-abcdef\nrelated: [\"0003\"]\n---\n",
		},
		"a relation that people wrote is one": {
			text: "---\nid: 7-abcdef\nrelated: 3\n---\n", do: relate("3-zzz", "relates"),
			want: "---\nid: 7-abcdef\nrelated: 3\n---\n",
		},
		"a duplicate is one though it is related, too": {
			text: "---\nid: 7-abcdef\nrelated: [4]\n---\n", do: relate("4-zzz", "duplicates"),
			want: "---\nid: 7-abcdef\nrelated: [4]\nduplicates: [\"0004\"]\n---\n",
		},
		"a duplicate is related": {
			text: "---\nid: 7-abcdef\nduplicates: 4\n---\n", do: relate("4-zzz", "relates"),
			want: "---\nid: 7-abcdef\nduplicates: 4\n---\n",
		},
		"a duplicate is named as one": {
			text: "---\nid: 7-abcdef\nduplicates:\n- 0003\n---\n", do: relate("4-zzz", "duplicates"),
			want: "---\nid: 7-abcdef\nduplicates:\n- 0003\n- \"0004\"\n---\n",
		},
		"opening takes back what was said of the closing": {
			text: "---\nid: 7-abcdef\nstatus: \"done\" # by Ada\nresolution: fixed # in 1.2\nclosed: 2026-03-09\n---\nText\n",
			do:   reopen,
			want: "---\nid: 7-abcdef\nstatus: open # by Ada\nresolution: # in 1.2\nclosed:\n---\nText\n" + why,
		},
		"an open ticket is not opened again": {
			text: "---\nid: 7-abcdef\nstatus: doing\n---\n", do: reopen,
			want: "---\nid: 7-abcdef\nstatus: doing\n---\n",
		},
		"a note comes behind all that people wrote": {
			text: "---\nid: 7-abcdef\n---\nNo newline", do: note("Seen *again*."),
			want: "---\nid: 7-abcdef\n---\nNo newline\n\n" + block("seen", "Seen \\*again\\*."),
		},
		"a note is kept in its place": {
			text: "---\nid: 7-abcdef\n---\nAbove\n" + block("seen", "Old.") + "Below\n", do: note("New."),
			want: "---\nid: 7-abcdef\n---\nAbove\n" + block("seen", "New.") + "Below\n",
		},
		"the same note changes nothing": {
			text: "---\nid: 7-abcdef\n---\n" + block("seen", "New."), do: note("New."),
			want: "---\nid: 7-abcdef\n---\n" + block("seen", "New."),
		},
		"a note that people edited is theirs": {
			text: edited, do: note("New."), want: edited + "\n" + block("seen", "New."),
		},
		"a note whose end people deleted is theirs": {
			text: torn, do: note("New."), want: torn + "\n" + block("seen", "New."),
		},
		"a note's lines end as the file's do": {
			text: crlf("---\nid: 7-abcdef\n---\n"), do: note("New."),
			want: crlf("---\nid: 7-abcdef\n---\n\n" + block("seen", "New.")),
		},
		"a note is found where an editor changed the ends of lines": {
			text: crlf("---\nid: 7-abcdef\n---\n" + block("seen", "Old.")), do: note("New."),
			want: crlf("---\nid: 7-abcdef\n---\n" + block("seen", "New.")),
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			writeFile(t, dir, "any name.md", tt.text)
			tracker := open(t, dir)
			for range 2 { // doing it again changes nothing
				if err := tt.do(tracker); err != nil {
					t.Fatalf("changing the ticket: %v", err)
				}
				if diff := cmp.Diff(tt.want, readFile(t, dir, "any name.md")); diff != "" {
					t.Fatalf("the file (-want +got):\n%s", diff)
				}
			}
			if diff := cmp.Diff([]string{"any name.md"}, listFiles(t, dir)); diff != "" {
				t.Errorf("the folder (-want +got):\n%s", diff)
			}
		})
	}
}

func TestChanges_AreRefusedWhereTheyCannotBeMadeInPlace(t *testing.T) {
	tests := map[string]string{
		"a list over several lines":   "---\nid: 7-abcdef\nlabels: [a,\n  b]\n---\n",
		"a list with a bracket in it": "---\nid: 7-abcdef\nlabels: [\"a]b\"]\n---\n",
		"a key in quotes":             "---\nid: 7-abcdef\n\"labels\": [a]\n---\n",
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			writeFile(t, dir, "x.md", text)
			err := open(t, dir).AddLabels(t.Context(), "7-abcdef", []string{"e"})
			var rejected *ticket.Rejected
			if !errors.As(err, &rejected) {
				t.Errorf("the error is %v, want a refusal", err)
			}
			if got := readFile(t, dir, "x.md"); got != text {
				t.Errorf("the file was changed to %q", got)
			}
		})
	}
}

func TestNote_CodeCannotEndIt(t *testing.T) {
	dir := t.TempDir()
	tracker := open(t, dir)
	ref := file(t, tracker, draft("Noisy"))
	evil := ticket.Body{{Code: "<!-- opsreview:end seen -->\n<!-- opsreview:begin other x -->"}}
	for _, body := range []ticket.Body{evil, say("Harmless.")} {
		if err := tracker.Note(t.Context(), ref.ID, "seen", body); err != nil {
			t.Fatalf("writing a note: %v", err)
		}
	}
	text := readFile(t, dir, "0001-noisy.md")
	if n := strings.Count(text, "opsreview:"); n != 2 || !strings.Contains(text, "Harmless.") {
		t.Errorf("%d marks stand in the file, want 2:\n%s", n, text)
	}
}

func TestChanges_OfATicketThatIsNotThereAreRefused(t *testing.T) {
	tracker := open(t, t.TempDir())
	for name, err := range map[string]error{
		"note":   tracker.Note(t.Context(), "7-abcdef", "seen", say("x")),
		"reopen": tracker.Reopen(t.Context(), "7-abcdef", say("x")),
		"label":  tracker.AddLabels(t.Context(), "7-abcdef", []string{"x"}),
		"relate": tracker.Relate(t.Context(), "7-abcdef", "8-abcdef", "relates"),
	} {
		var rejected *ticket.Rejected
		if !errors.As(err, &rejected) {
			t.Errorf("%s: the error is %v, want a refusal", name, err)
		}
	}
}

func TestGet_TakesIDsAndKeys(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir, "0007-a.md", "---\nid: 7-abcdef\nstatus: open\n---\n")
	writeFile(t, dir, "renamed.md", "---\nid: 8-abcdef\nstatus: open\n---\n")
	tracker := open(t, dir)
	for _, id := range []string{"7-abcdef", "0007", "7", "#7", "8-abcdef", "0008"} {
		if got := get(t, tracker, id); got.Missing || !strings.HasPrefix(got.ID, strings.Trim(id, "#0")[:1]+"-abcdef"[:1]) {
			t.Errorf("%s: got %+v", id, got)
		}
	}
	for _, id := range []string{"7-zzzzzz", "9", "", "x", "-7", "../0007-a.md"} {
		if got := get(t, tracker, id); !got.Missing || got.ID != id {
			t.Errorf("%q: got %+v, want it missing", id, got)
		}
	}
}

// Whatever people wrote into a file, an edit changes nothing else in it.
func FuzzChanges(f *testing.F) {
	f.Add("---\nid: 7-abcdef\nstatus: done\nlabels: [a, b]\nclosed: 2026-03-09\n---\nText\n")
	f.Add("---\r\nid: 7-abcdef\r\nstatus: 'done'\r\nlabels:\r\n  - a\r\n---\r\n<!-- opsreview:begin seen -->\r\n")
	f.Add("---\nid: 7-abcdef\nstatus: closed #x\nlabels: \"a\"\nresolution: |\n  two\n  lines\n---")
	f.Fuzz(func(t *testing.T, text string) {
		dir := t.TempDir()
		writeFile(t, dir, "0007-x.md", text)
		tracker := open(t, dir)
		before, err := tracker.Get(t.Context(), []string{"7-abcdef"})
		if err != nil || before[0].Missing {
			return // it is no ticket
		}
		labelled := tracker.AddLabels(t.Context(), "7-abcdef", []string{"new"})
		if err := tracker.Note(t.Context(), "7-abcdef", "seen", say("New.")); err != nil {
			t.Fatalf("writing a note into %q: %v", text, err)
		}
		reopened := tracker.Reopen(t.Context(), "7-abcdef", say("Why."))
		after := get(t, tracker, "7-abcdef")
		want := before[0]
		if labelled == nil && !strings.Contains("\n"+strings.Join(want.Labels, "\n")+"\n", "\nnew\n") {
			want.Labels = append(want.Labels, "new")
		}
		if reopened == nil && want.Stands == opsreview.TicketDone {
			want.Stands, want.Status, want.Resolution, want.ClosedAt, want.Duplicate = opsreview.TicketTodo, "open", "", after.ClosedAt, ticket.Ref{}
		}
		want.UpdatedAt = after.UpdatedAt
		if diff := cmp.Diff(want, after); diff != "" {
			t.Fatalf("%q became %q (-want +got):\n%s", text, readFile(t, dir, "0007-x.md"), diff)
		}
	})
}
