package store_test

import (
	"strings"
	"testing"

	"opsreview"
	"opsreview/store"
)

// TestHostileText saves and finds what strangers may put into titles and ids.
func TestHostileText(t *testing.T) {
	for name, text := range map[string]string{
		"terminal escapes":   "\x1b]0;owned\x07\x1b[2J",
		"bidi controls":      "safe\u202egnp.exe",
		"a NUL":              "before\x00after",
		"bytes not UTF-8":    "caf\xe9 \xff\xfe",
		"ten thousand runes": strings.Repeat("ü", 10_000),
		"a formula":          `=HYPERLINK("http://example.com","x")`,
		"SQL":                `'; DROP TABLE pages; --`,
		"JSON":               `["a","b"]`,
		"LIKE wildcards":     `100%_\`,
	} {
		t.Run(name, func(t *testing.T) {
			db := openDB(t)
			p := opsreview.Page{
				Ref: opsreview.Ref{Source: "pd", ID: text}, Number: text, Title: text, UpdatedAt: at(0, "10:00:00"), CreatedAt: at(0, "10:00:00"),
				Attributes: map[string]string{"a": "b"},
				Events: []opsreview.Event{
					{ID: text, At: at(0, "10:00:00"), Kind: opsreview.Noted, Text: text, By: opsreview.Agent{Kind: opsreview.Person, Name: text}},
					{ID: "n", At: at(0, "11:00:00"), Kind: opsreview.Notified, Responders: []string{text}},
				},
			}
			b := opsreview.Batch{Pages: []opsreview.Page{p}}
			save(t, db, "pd", b)
			if again := save(t, db, "pd", b); again != (opsreview.Saved{}) {
				t.Errorf("saved again: %+v", again)
			}
			got, err := db.FindPage(t.Context(), "pd/"+text)
			if err != nil {
				t.Fatal(err)
			}
			if got.Title != text || got.ID != text || got.Events[0].Text != text || got.Events[0].By.Name != text {
				t.Errorf("came back as %q", got.Title)
			}
			found, err := db.Pages(t.Context(), store.PageFilter{Refs: []opsreview.Ref{p.Ref}})
			if name != "bytes not UTF-8" && (err != nil || len(found) != 1) { // Lists of references travel as JSON.
				t.Errorf("by reference there are %d: %v", len(found), err)
			}
			if search := []rune(text); err == nil && len(search) < 1000 && name != "bytes not UTF-8" && name != "a NUL" {
				if found, err := db.Pages(t.Context(), store.PageFilter{Search: text}); err != nil || len(found) != 1 {
					t.Errorf("by title there are %d: %v", len(found), err)
				}
			}
			wantSound(t, db)
		})
	}
}
