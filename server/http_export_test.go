package server

import (
	"context"
	"time"
)

// SetBodyTimeout changes how long the body of a webhook may take to arrive.
func (s *Server) SetBodyTimeout(d time.Duration) { s.bodyTimeout = d }

// RollUp joins old segments, as the schedule does.
func (s *Server) RollUp(ctx context.Context) { s.syncs.rollUp(ctx) }

// ComputeHeadlines computes what metrics tell of reviews.
func (s *Server) ComputeHeadlines(ctx context.Context) { s.headlines.compute(ctx) }
