package rest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"opsreview"
	"opsreview/internal/rest"
)

func TestPlain(t *testing.T) {
	refused := &rest.Refusal{Status: 404, Err: errors.New("no such issue")}
	classified := opsreview.Errorf(opsreview.Unavailable, "it does not answer")
	tests := map[string]struct {
		err    error
		want   string
		status int
	}{
		"nothing is nothing":                {nil, "<nil>", 0},
		"a refusal loses its wrapping":      {fmt.Errorf("library: %w", refused), "no such issue", 404},
		"so does an error of the client":    {fmt.Errorf("library: %w", classified), "it does not answer", 0},
		"so does an end that was asked for": {fmt.Errorf("library: %w", context.Canceled), "context canceled", 0},
		"the rest could not be decoded":     {errors.New("invalid character '<'"), "Jira's answer cannot be read: invalid character '<'", 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := rest.Plain(tt.err, "Jira")
			if fmt.Sprint(got) != tt.want || rest.Status(got) != tt.status {
				t.Errorf("Plain() = %v with status %d, want %s with %d", got, rest.Status(got), tt.want, tt.status)
			}
		})
	}
}
