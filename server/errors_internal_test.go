package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"opsreview"
)

func TestStatusCodes_EveryCodeHasOne(t *testing.T) {
	seen := map[codes.Code]opsreview.Code{}
	for _, code := range opsreview.Codes() {
		c, ok := statusCodes[code]
		if !ok || c == codes.OK {
			t.Errorf("the code %q has no status", code)
		}
		if other, taken := seen[c]; taken {
			t.Errorf("%q and %q are both %s", code, other, c)
		}
		seen[c] = code
	}
	if len(statusCodes) != len(opsreview.Codes()) {
		t.Errorf("%d statuses for %d codes", len(statusCodes), len(opsreview.Codes()))
	}
}

func TestToStatus(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	broken := status.Error(codes.ResourceExhausted, "too large")
	tests := map[string]struct {
		ctx     context.Context
		err     error
		want    codes.Code
		message string
		logged  bool
	}{
		"none":                              {t.Context(), nil, codes.OK, "", false},
		"a stranger is internal":            {t.Context(), errors.New("dial /secret"), codes.Internal, "internal error", true},
		"ours, annotated, keeps to itself":  {t.Context(), fmt.Errorf("query prod.db: %w", opsreview.Errorf(opsreview.NotFound, "no page")), codes.NotFound, "no page", false},
		"ours with a cause":                 {t.Context(), opsreview.Wrapf(errors.New("secret"), opsreview.Conflict, "taken"), codes.AlreadyExists, "taken", false},
		"an internal one of ours is logged": {t.Context(), opsreview.Wrapf(errors.New("secret"), opsreview.Internal, "the disk is full"), codes.Internal, "the disk is full", true},
		"grpc's own within ours":            {t.Context(), opsreview.Wrapf(broken, opsreview.Unavailable, "cannot read secret"), codes.ResourceExhausted, "too large", false},
		"the call was cancelled":            {ended, fmt.Errorf("query: %w", context.Canceled), codes.Canceled, "context canceled", false},
		"it was cancelled within ours":      {ended, opsreview.Wrapf(context.Canceled, opsreview.Unavailable, "down"), codes.Canceled, "context canceled", false},
		"a vendor's timeout within ours":    {t.Context(), opsreview.Wrapf(context.DeadlineExceeded, opsreview.Unavailable, "down"), codes.Unavailable, "down", false},
		"ours while the call is cancelled":  {ended, opsreview.Errorf(opsreview.Invalid, "wrong"), codes.InvalidArgument, "wrong", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var log strings.Builder
			s := status.Convert(toStatus(tt.ctx, slog.New(slog.NewTextHandler(&log, nil)), "/x", tt.err))
			if s.Code() != tt.want || s.Message() != tt.message {
				t.Errorf("%s %q, want %s %q", s.Code(), s.Message(), tt.want, tt.message)
			}
			if (log.Len() > 0) != tt.logged || tt.logged && !strings.Contains(log.String(), "secret") {
				t.Errorf("logged %q", log.String())
			}
		})
	}
}
