package main

import (
	"bytes"
	"context"
	"testing"

	"opsreview"
	"opsreview/ingest"
	"opsreview/ingest/file"
)

type labelSink struct {
	t      *testing.T
	labels []opsreview.Label
}

func (s *labelSink) Save(_ context.Context, b opsreview.Batch) error {
	s.labels = append(s.labels, b.Labels...)
	return nil
}

func (s *labelSink) Problem(p ingest.Problem) error {
	s.t.Errorf("line %d: %s", p.Line, p.Reason)
	return nil
}

func TestLabels(t *testing.T) {
	s := labelSink{t: t}
	data := generated(t)["labels.jsonl"]
	if err := file.JSONL().Import(t.Context(), "pd", ingest.File{Name: "labels.jsonl", R: bytes.NewReader(data)}, &s); err != nil {
		t.Fatal(err)
	}
	pages := map[string]*page{}
	fortnight := 0
	for _, p := range played().pages {
		pages[p.id] = p
		if p.inFortnight() {
			fortnight++
		}
	}
	authors, byPage := map[string]bool{}, map[string][]opsreview.Label{}
	for _, l := range s.labels {
		authors[l.Author] = true
		byPage[l.Page.ID] = append(byPage[l.Page.ID], l)
		p := pages[l.Page.ID]
		if p == nil || !p.inFortnight() || l.At.Before(p.resolved) || !l.At.Before(now) {
			t.Errorf("label of %s at %s is of no page that had ended by then", l.Page, l.At)
		}
		if string(l.Verdict) != verdict(l.Cause) {
			t.Errorf("label of %s: %s does not go with %s", l.Page, l.Cause, l.Verdict)
		}
	}
	if share := 100 * len(byPage) / fortnight; share < 50 || share > 70 {
		t.Errorf("%d %% of the fortnight's pages are labelled, want about 60", share)
	}
	changed, disputed := 0, 0
	for _, labels := range byPage {
		switch {
		case len(labels) == 1:
		case labels[0].Author == labels[1].Author:
			changed++
		default:
			disputed++
		}
	}
	if len(authors) < 4 || changed == 0 || disputed == 0 {
		t.Errorf("%d authors, %d changed and %d disputed labels, want at least 4, 1 and 1", len(authors), changed, disputed)
	}
}
