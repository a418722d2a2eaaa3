package cli

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"opsreview"
)

func TestLastShift(t *testing.T) {
	const shifts = `{"kind":"responder","id":"ada","name":"Ada","time_zone":"UTC"}
{"kind":"responder","id":"bob","name":"Bob","time_zone":"UTC"}
{"kind":"responder","id":"cem","name":"Cem","time_zone":"UTC"}
{"kind":"shift","responder":"ada","at":"2026-11-02T08:00:00Z","until":"2026-11-04T08:00:00Z","schedule":"primary"}
{"kind":"shift","responder":"ada","at":"2026-11-09T08:00:00Z","until":"2026-11-10T08:00:00Z","schedule":"primary"}
{"kind":"shift","responder":"ada","at":"2026-11-10T08:00:00Z","until":"2026-11-11T08:00:00Z","schedule":"primary"}
{"kind":"shift","responder":"ada","at":"2026-11-23T08:00:00Z","until":"2026-11-30T08:00:00Z","schedule":"primary"}
{"kind":"shift","responder":"bob","at":"2026-11-14T08:00:00Z","until":"2026-11-21T08:00:00Z","schedule":"primary"}
{"kind":"shift","responder":"cem","at":"2026-01-01T00:00:00Z","schedule":"commander"}
`
	now := time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC)
	home := t.TempDir()
	db := filepath.Join(home, "test.db")
	if r := runWith(t, &app{}, home, now, shifts, "--db", db, "source", "import", "--as", "jsonl", "--source", "pd", "-"); r.status != exitOK {
		t.Fatalf("import: %s", r.stderr)
	}
	tests := map[string]struct {
		person   string
		from, to string
		code     opsreview.Code
	}{
		"pieces that touch are one shift, and a coming one is not the last": {"Ada", "2026-11-09T08:00:00Z", "2026-11-11T08:00:00Z", ""},
		"a running shift goes until now":                                    {"pd/bob", "2026-11-14T08:00:00Z", "2026-11-16T09:00:00Z", ""},
		"a duty without an end is no shift":                                 {"Cem", "", "", opsreview.NotFound},
		"nobody has no shift":                                               {"Dan", "", "", opsreview.NotFound},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			a := &app{
				stdout: &strings.Builder{}, stderr: &strings.Builder{}, dbPath: db,
				env: func(string) string { return "" }, now: func() time.Time { return now },
			}
			err := a.withClient(t.Context(), func(ctx context.Context, c client) error {
				spec, err := lastShift(ctx, c.teams, tt.person, now)
				if spec.From != tt.from || spec.To != tt.to {
					t.Errorf("from %q to %q, want %q to %q", spec.From, spec.To, tt.from, tt.to)
				}
				return err
			})
			if opsreview.ErrorCode(err) != tt.code {
				t.Errorf("the error is %v, want code %q", err, tt.code)
			}
		})
	}
}
