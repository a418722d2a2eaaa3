package server

import (
	"cmp"
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/store"
)

// maxLabelled is how many pages one request may label.
const maxLabelled = 10_000

func (s *pageService) LabelPages(ctx context.Context, req *pb.LabelPagesRequest) (*pb.LabelPagesResponse, error) {
	label, err := s.wanted(req)
	if err != nil {
		return nil, err
	}
	if label.Author, err = checkAuthor("a label", label.Author); err != nil {
		return nil, err
	}
	pages, err := s.chosen(ctx, choice{req.GetPages(), req.GetMonitor(), req.GetTeam(), req.GetWindow()})
	if err != nil {
		return nil, err
	}
	labels, err := s.labels(ctx, req, pages, label)
	if err != nil {
		return nil, err
	}
	changed, unchanged, err := s.saveLabels(ctx, req, pages, labels)
	if err != nil {
		return nil, err
	}
	return &pb.LabelPagesResponse{Changed: changed, Unchanged: unchanged}, nil
}

// wanted reads the label that a request gives. One that accepts suggestions
// says nothing that they say.
func (s *pageService) wanted(req *pb.LabelPagesRequest) (opsreview.Label, error) {
	label, err := labelFromProto(req.GetLabel())
	switch {
	case err != nil || !req.GetAcceptSuggestions():
	case label.Verdict != "" || label.Cause != "":
		return label, opsreview.Errorf(opsreview.Invalid, "a verdict or a cause does not go with accepting suggestions: they say both")
	default:
		// The rest is checked as if there were a verdict.
		label.Verdict = opsreview.NotActionable
	}
	if err != nil {
		return label, err
	}
	return s.facts.org.Vocabulary.Check(label)
}

// labels returns the labels that the pages shall have.
func (s *pageService) labels(ctx context.Context, req *pb.LabelPagesRequest, pages []opsreview.Page, label opsreview.Label) ([]opsreview.Label, error) {
	label.At = s.facts.now()
	if req.GetOnlyUnlabelled() {
		pages = slices.DeleteFunc(slices.Clone(pages), func(p opsreview.Page) bool { return !p.Label.IsZero() })
	}
	if req.GetAcceptSuggestions() {
		return s.facts.accepted(ctx, pages, label)
	}
	labels := make([]opsreview.Label, len(pages))
	for i, p := range pages {
		label.Page = p.Ref
		labels[i] = label
	}
	return labels, nil
}

func (s *pageService) UnlabelPages(ctx context.Context, req *pb.UnlabelPagesRequest) (*pb.UnlabelPagesResponse, error) {
	author, err := checkAuthor("a label", req.GetAuthor())
	if err != nil {
		return nil, err
	}
	pages, err := s.chosen(ctx, choice{req.GetPages(), req.GetMonitor(), req.GetTeam(), req.GetWindow()})
	if err != nil {
		return nil, err
	}
	labels := make([]opsreview.Label, len(pages))
	for i, p := range pages {
		labels[i] = opsreview.Label{Page: p.Ref, Author: author, Note: req.GetNote(), At: s.facts.now(), Withdrawn: true}
	}
	changed, unchanged, err := s.saveLabels(ctx, req, pages, labels)
	if err != nil {
		return nil, err
	}
	return &pb.UnlabelPagesResponse{Changed: changed, Unchanged: unchanged}, nil
}

// A writeRequest is a request that may be a repetition.
type writeRequest interface {
	proto.Message
	GetRequestId() string
}

// A trialRequest is one that may be a trial, too.
type trialRequest interface {
	writeRequest
	GetValidateOnly() bool
}

// saveLabels gives the labels, or finds out which it would give, and returns
// the names of the pages that changed and of those that did not.
func (s *pageService) saveLabels(ctx context.Context, req trialRequest, pages []opsreview.Page, labels []opsreview.Label) (changed, unchanged []string, err error) {
	r, err := request(req, s.facts.now())
	if err != nil {
		return nil, nil, err
	}
	var refs []opsreview.Ref
	if req.GetValidateOnly() {
		refs, err = s.facts.db.LabelChanges(ctx, labels)
	} else {
		refs, err = s.facts.db.LabelOnce(ctx, r, labels)
	}
	if err != nil {
		return nil, nil, err
	}
	did := make(map[opsreview.Ref]bool, len(refs))
	for _, ref := range refs {
		did[ref] = true
	}
	for _, p := range pages {
		if !did[p.Ref] {
			unchanged = append(unchanged, p.Ref.String())
		}
	}
	// At a repetition the pages may be others than the first time: a window
	// such as the last week has moved. What changed is what changed then.
	return refsToProto(refs), unchanged, nil
}

// maxRequestID is how many characters a request's id may have.
const maxRequestID = 128

// request names a request that its client may repeat by everything that is
// asked. One without an id is like no other. It returns an Invalid error for an
// id that is too long, in a trial too.
func request(req writeRequest, at time.Time) (store.Request, error) {
	if utf8.RuneCountInString(req.GetRequestId()) > maxRequestID {
		return store.Request{}, opsreview.Errorf(opsreview.Invalid, "a request id may have %d characters at most", maxRequestID)
	}
	content, err := proto.MarshalOptions{Deterministic: true}.Marshal(req)
	return store.Request{
		ID:     cmp.Or(req.GetRequestId(), rand.Text()),
		Method: string(req.ProtoReflect().Descriptor().Name()), Content: content, At: at,
	}, err
}

// A choice is how a request names pages: one by one, or by monitor and window.
type choice struct {
	pages   []string
	monitor string
	team    string
	window  *pb.WindowSelector
}

// chosen reads the pages of a choice. It returns an Invalid error for a choice
// that names nothing or names pages in both ways.
func (s *pageService) chosen(ctx context.Context, c choice) ([]opsreview.Page, error) {
	if (len(c.pages) == 0) == (c.monitor == "") {
		return nil, opsreview.Errorf(opsreview.Invalid, "name pages, or a monitor whose pages in the window are meant")
	}
	if len(c.pages) > maxLabelled {
		return nil, opsreview.Errorf(opsreview.Invalid, "%d pages are too many for one request: at most %d", len(c.pages), maxLabelled)
	}
	if c.monitor != "" {
		return s.ofMonitor(ctx, c)
	}
	var pages []opsreview.Page
	seen := map[opsreview.Ref]bool{}
	for _, name := range c.pages {
		p, err := s.facts.db.FindPage(ctx, name)
		if err != nil {
			return nil, err
		}
		if !seen[p.Ref] {
			seen[p.Ref] = true
			pages = append(pages, p)
		}
	}
	return pages, nil
}

func (s *pageService) ofMonitor(ctx context.Context, c choice) ([]opsreview.Page, error) {
	sc, err := s.facts.scope(ctx, c.team)
	if err != nil {
		return nil, err
	}
	w, err := s.facts.window(windowSpecFromProto(c.window), sc)
	if err != nil {
		return nil, err
	}
	m, err := s.facts.db.Monitor(ctx, c.monitor)
	if err != nil {
		return nil, err
	}
	pages, err := s.facts.db.Pages(ctx, store.PageFilter{
		Window: w, Services: sc.serviceRefs(), Monitor: m.ID, WithoutEvents: true,
	})
	if err == nil && len(pages) == 0 {
		return nil, opsreview.Errorf(opsreview.NotFound, "the monitor %s sent no page from %s to %s",
			m.ID, w.Start.In(sc.zone).Format("2006-01-02 15:04 MST"), w.End.In(sc.zone).Format("2006-01-02 15:04 MST"))
	}
	return pages, err
}

// checkAuthor returns the author of something as it is stored. It returns an
// Invalid error where there is none.
func checkAuthor(of, author string) (string, error) {
	author = strings.TrimSpace(author)
	if author == "" {
		return "", opsreview.Errorf(opsreview.Invalid, "%s needs an author: say who gives it", of)
	}
	if len(author) > 200 {
		return "", opsreview.Errorf(opsreview.Invalid, "the author's name is longer than 200 bytes")
	}
	return author, nil
}

func (s *pageService) GetVocabulary(context.Context, *pb.GetVocabularyRequest) (*pb.GetVocabularyResponse, error) {
	resp := &pb.GetVocabularyResponse{}
	for _, c := range s.facts.org.Vocabulary.Causes {
		resp.Causes = append(resp.Causes, &pb.Cause{
			Id: c.ID, Verdict: verdictToProto[c.Verdict], Summary: c.Summary, Deprecated: c.Deprecated,
		})
	}
	for _, f := range s.facts.org.Vocabulary.Flags {
		resp.Flags = append(resp.Flags, &pb.Flag{Id: f.ID, Summary: f.Summary})
	}
	return resp, nil
}
