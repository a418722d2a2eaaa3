package deliver_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"opsreview"
	"opsreview/report"
	"opsreview/review"
)

// bundle is a report of a team with an unpleasant name.
func bundle(t testing.TB, team string) report.Bundle {
	t.Helper()
	start := time.Date(2026, 11, 9, 0, 0, 0, 0, time.UTC)
	w := opsreview.Window{Start: start, End: start.AddDate(0, 0, 7)}
	b, err := report.Render(report.Data{
		At: w.End.Add(8 * time.Hour),
		Review: review.Review{Team: team, Window: w, Week: "2026-W46", Zone: "UTC", Gaps: []review.Gap{
			{Subject: "Grüße", Text: strings.Repeat("eine sehr lange Zeile = ", 60)},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// file writes a secret's file.
func file(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

type sender interface {
	Compose(b report.Bundle) ([]byte, error)
}

func compose(t testing.TB, s sender, b report.Bundle) []byte {
	t.Helper()
	content, err := s.Compose(b)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// wantRefused fails the test unless err has the code, says what, and hides the
// secret.
func wantRefused(t testing.TB, err error, code opsreview.Code, what string, secrets ...string) {
	t.Helper()
	message := opsreview.ErrorMessage(err)
	if opsreview.ErrorCode(err) != code || !strings.Contains(message, what) {
		t.Errorf("got %q (%s), want %q in a message of code %s", message, opsreview.ErrorCode(err), what, code)
	}
	for _, s := range secrets {
		if strings.Contains(message, s) || (err != nil && strings.Contains(err.Error(), s)) {
			t.Errorf("the secret %q is in the error %q", s, err)
		}
	}
}
