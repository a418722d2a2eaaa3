package server

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
)

const (
	// maxReason is how many characters the reason of a correction may have.
	maxReason = 2000

	// maxCorrected is how many SLOs one request may correct.
	maxCorrected = 1000
)

func (s *budgetService) ListCorrections(ctx context.Context, req *pb.ListCorrectionsRequest) (*pb.ListCorrectionsResponse, error) {
	sc, err := s.facts.scope(ctx, req.GetTeam())
	if err != nil {
		return nil, err
	}
	var names []string // everybody's, of SLOs too that are no longer configured
	if req.GetTeam() != "" || len(req.GetSlos()) > 0 {
		slos, err := s.facts.teamSLOs(sc, req.GetSlos())
		if err != nil {
			return nil, err
		}
		names = namesOf(slos)
	}
	corrections, err := s.facts.db.Corrections(ctx, names)
	if err != nil {
		return nil, err
	}
	return &pb.ListCorrectionsResponse{Corrections: correctionsToProto(corrections)}, nil
}

func namesOf(slos []opsreview.SLO) []string {
	names := make([]string, len(slos))
	for i, s := range slos {
		names[i] = s.Name
	}
	return names
}

func (s *budgetService) CreateCorrections(ctx context.Context, req *pb.CreateCorrectionsRequest) (*pb.CreateCorrectionsResponse, error) {
	corrections, err := s.corrections(ctx, req)
	if err != nil {
		return nil, err
	}
	r, err := request(req, s.facts.now())
	if err != nil {
		return nil, err
	}
	saved, err := s.facts.db.SaveCorrections(ctx, r, corrections)
	if err != nil {
		return nil, err
	}
	return &pb.CreateCorrectionsResponse{Corrections: correctionsToProto(saved)}, nil
}

// corrections reads what a request takes out of which budgets.
func (s *budgetService) corrections(ctx context.Context, req *pb.CreateCorrectionsRequest) ([]opsreview.Correction, error) {
	author, err := checkAuthor("a correction", req.GetAuthor())
	if err != nil {
		return nil, err
	}
	reason, err := checkReason(req.GetReason())
	if err != nil {
		return nil, err
	}
	if n := len(req.GetSlos()); n == 0 || n > maxCorrected {
		return nil, opsreview.Errorf(opsreview.Invalid, "name the SLOs whose budgets the stretch is taken out of: at least one, at most %d", maxCorrected)
	}
	sc, err := s.facts.scope(ctx, req.GetTeam())
	if err != nil {
		return nil, err
	}
	w, err := s.stretch(req.GetWindow(), sc)
	if err != nil {
		return nil, err
	}
	slos, err := s.facts.teamSLOs(sc, req.GetSlos())
	if err != nil {
		return nil, err
	}
	corrections := make([]opsreview.Correction, len(slos))
	for i, o := range slos {
		corrections[i] = opsreview.Correction{SLO: o.Name, Window: w, Reason: reason, Author: author, At: s.facts.now()}
	}
	return corrections, nil
}

// stretch reads the time that a correction takes out. It has no default: the
// last week is not what anybody means.
func (s *budgetService) stretch(selector *pb.WindowSelector, sc scope) (opsreview.Window, error) {
	spec := windowSpecFromProto(selector)
	if spec.IsZero() {
		return opsreview.Window{}, opsreview.Errorf(opsreview.Invalid, "say which stretch of time is taken out: from and to")
	}
	w, err := s.facts.window(spec, sc)
	if err == nil && w.Start.Year() < 1970 {
		err = opsreview.Errorf(opsreview.Invalid, "%s is long before anything was counted", w.Start.Format(time.DateOnly))
	}
	return w, err
}

func checkReason(reason string) (string, error) {
	reason = strings.TrimSpace(reason)
	switch {
	case reason == "":
		return "", opsreview.Errorf(opsreview.Invalid, "a correction needs a reason: say why the time does not count")
	case utf8.RuneCountInString(reason) > maxReason:
		return "", opsreview.Errorf(opsreview.Invalid, "a reason may have %d characters at most", maxReason)
	}
	return reason, nil
}

func (s *budgetService) WithdrawCorrection(ctx context.Context, req *pb.WithdrawCorrectionRequest) (*pb.WithdrawCorrectionResponse, error) {
	author, err := checkAuthor("a withdrawal", req.GetAuthor())
	if err != nil {
		return nil, err
	}
	c, err := s.facts.db.WithdrawCorrection(ctx, req.GetId(), author, s.facts.now())
	if err != nil {
		return nil, err
	}
	return &pb.WithdrawCorrectionResponse{Correction: correctionToProto(c)}, nil
}
