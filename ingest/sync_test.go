package ingest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"opsreview"
	"opsreview/ingest"
	"opsreview/ingest/ingesttest"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func now() time.Time { return noon }

// script is a source that does what a test says.
type script struct {
	pull  func(ctx context.Context, s ingest.Session) error
	remap func(opsreview.Reject) (opsreview.Batch, error)
}

func (script) Name() string                                        { return "pd" }
func (script) Type() string                                        { return "script" }
func (script) Check(context.Context) []ingest.Check                { return nil }
func (s script) Pull(ctx context.Context, n ingest.Session) error  { return s.pull(ctx, n) }
func (s script) Remap(r opsreview.Reject) (opsreview.Batch, error) { return s.remap(r) }

func page(id string) opsreview.Page {
	return opsreview.Page{Ref: opsreview.Ref{Source: "pd", ID: id}, CreatedAt: noon, Events: []opsreview.Event{
		{ID: id + "-1", At: noon, Kind: opsreview.Triggered},
	}}
}

func TestSync_RecordsHowItEnded(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	defer cancel()
	tests := map[string]struct {
		ctx  context.Context
		err  error
		want string
	}{
		"well":                  {t.Context(), nil, ""},
		"the vendor is down":    {t.Context(), opsreview.Errorf(opsreview.Unavailable, "PagerDuty does not answer"), "PagerDuty does not answer"},
		"a bug":                 {t.Context(), errors.New("secret detail"), "internal error"},
		"stopped by the person": {cancelled, context.Canceled, "stopped before it was done; the next sync goes on from there"},
		"stopped by the clock":  {t.Context(), context.DeadlineExceeded, "out of time before it was done; the next sync goes on from there"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m := ingesttest.NewMemory()
			src := script{pull: func(ctx context.Context, s ingest.Session) error {
				if err := s.Save(ctx, opsreview.Batch{Pages: []opsreview.Page{page("Q1")}, Cursor: "c1"}); err != nil {
					return err
				}
				if tt.ctx == cancelled {
					cancel()
				}
				return tt.err
			}}
			saved, err := ingest.Sync(tt.ctx, m, src, ingest.SyncOptions{Now: now})
			if !errors.Is(err, tt.err) || saved.Pages != 1 {
				t.Errorf("Sync saved %+v and returned %v", saved, err)
			}
			h, _ := m.Source(t.Context(), "pd")
			if h.LastError != tt.want || !h.EndedAt.Equal(noon) || h.Cursor != "c1" {
				t.Errorf("the health is %+v, want the error %q", h, tt.want)
			}
		})
	}
}

func TestSync_TriesRejectsAgain(t *testing.T) {
	m := ingesttest.NewMemory()
	fails := true
	src := script{
		pull: func(ctx context.Context, s ingest.Session) error {
			if s.Cursor() != "" {
				return nil
			}
			return s.Save(ctx, opsreview.Batch{Cursor: "c1", Rejects: []opsreview.Reject{{ID: "Q1", Type: "page", Reason: "odd", At: noon}}})
		},
		remap: func(r opsreview.Reject) (opsreview.Batch, error) {
			if fails {
				return opsreview.Batch{}, errors.New("still odd")
			}
			return opsreview.Batch{Pages: []opsreview.Page{page(r.ID)}, Cursor: "must not be taken"}, nil
		},
	}
	steps := []struct {
		fails                 bool
		wantPages, wantReject int
	}{{true, 0, 1}, {true, 0, 1}, {false, 1, 0}, {false, 0, 0}}
	for i, step := range steps {
		fails = step.fails
		saved, err := ingest.Sync(t.Context(), m, src, ingest.SyncOptions{Now: now, Version: "v2"})
		if err != nil {
			t.Fatal(err)
		}
		h, _ := m.Source(t.Context(), "pd")
		if saved.Pages != step.wantPages || h.Rejects != step.wantReject || h.Cursor != "c1" {
			t.Errorf("sync %d saved %+v and left %d rejects at %q", i, saved, h.Rejects, h.Cursor)
		}
	}
}

func TestSync_ReportsEachPiece(t *testing.T) {
	var got []ingest.Progress
	src := script{pull: func(ctx context.Context, s ingest.Session) error {
		for _, id := range []string{"Q1", "Q2"} {
			if err := s.Save(ctx, opsreview.Batch{Pages: []opsreview.Page{page(id)}}); err != nil {
				return err
			}
			s.Report(ingest.Progress{Phase: "pages"})
		}
		return nil
	}}
	_, err := ingest.Sync(t.Context(), ingesttest.NewMemory(), src, ingest.SyncOptions{Now: now, Report: func(p ingest.Progress) { got = append(got, p) }})
	if err != nil || len(got) != 2 || got[1].Saved.Pages != 2 || got[1].Source != "pd" {
		t.Errorf("the reports are %+v (%v)", got, err)
	}
}
