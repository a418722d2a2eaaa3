package jira_test

import (
	"context"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"opsreview/internal/rest"
	"opsreview/ticket"
	"opsreview/ticket/jira"
	"opsreview/ticket/jira/jirafake"
)

var monday = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// A site is a fake Jira that is served, with a clock that moves when the
// tracker waits.
type site struct {
	*jirafake.Server
	cfg jira.Config

	mu sync.Mutex
	at time.Time
}

func (s *site) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at
}

func (s *site) advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = s.at.Add(d)
}

func (s *site) sleep(ctx context.Context, d time.Duration) error {
	s.advance(max(d, 0))
	return ctx.Err()
}

func (s *site) clock() rest.Clock { return rest.Clock{Now: s.now, Sleep: s.sleep} }

func openSite(t testing.TB, p jirafake.Personality) *site {
	t.Helper()
	s := &site{Server: jirafake.New(p), at: monday}
	s.Now = s.now
	srv := httptest.NewServer(s.Server)
	t.Cleanup(srv.Close)
	s.cfg = jira.Config{Type: "jira", BaseURL: srv.URL, BrowseURL: "https://jira.example.com", Project: "OPS", TokenFile: "token"}
	if p == jirafake.Cloud {
		s.cfg.Email = "bot@example.com"
	}
	return s
}

func (s *site) tracker(t testing.TB) *jira.Tracker {
	t.Helper()
	tr, err := jira.New(s.cfg, "hush-hush", nil, jira.WithClock(s.clock()))
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func personalities() []jirafake.Personality {
	return []jirafake.Personality{jirafake.Cloud, jirafake.DataCenter}
}

// each runs a test against both personalities.
func each(t *testing.T, test func(t *testing.T, s *site)) {
	t.Helper()
	for _, p := range personalities() {
		t.Run(string(p), func(t *testing.T) { test(t, openSite(t, p)) })
	}
}

func paragraph(text string) ticket.Body {
	return ticket.Body{{Paragraph: []ticket.Span{{Text: text}}}}
}

func draft(fingerprint string) ticket.Draft {
	return ticket.Draft{
		Fingerprint: fingerprint, Generation: 1, Attempt: "attempt-1",
		Title: "VaultLatency pages for nothing", Body: paragraph("≈ 3.4 h/week, 12 pages, 5 people"),
		Labels: []string{ticket.Label, ticket.FingerprintLabel(fingerprint), "alert-noise", "team-secrets"},
		Team:   "secrets", Service: "vault", Category: "alert-noise", Kind: "noisy_monitor", Cost: 204.4,
	}
}

func create(t *testing.T, tr *jira.Tracker, d ticket.Draft) ticket.Ref {
	t.Helper()
	ref, err := tr.Create(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

func get(t *testing.T, tr *jira.Tracker, id string) ticket.Snapshot {
	t.Helper()
	list, err := tr.Get(t.Context(), []string{id})
	if err != nil || len(list) != 1 {
		t.Fatalf("Get gave %d tickets and %v", len(list), err)
	}
	return list[0]
}

func TestCheck_Passes(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.cfg.Board = 1
		for _, c := range s.tracker(t).Check(t.Context()) {
			t.Log(c)
			if !c.OK {
				t.Errorf("%s failed: %s; %s", c.Subject, c.Detail, c.Remedy)
			}
		}
	})
}
