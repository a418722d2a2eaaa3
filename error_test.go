package opsreview_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"opsreview"
)

func TestError(t *testing.T) {
	disk := errors.New("disk /var is full")
	tests := map[string]struct {
		err     error
		code    opsreview.Code
		message string
		log     string
	}{
		"no error has no code": {},
		"an error of ours says its message": {
			err:     opsreview.Errorf(opsreview.NotFound, "there is no team %q", "nobody"),
			code:    opsreview.NotFound,
			message: `there is no team "nobody"`,
			log:     `there is no team "nobody"`,
		},
		"the cause is for the log only": {
			err:     opsreview.Wrapf(disk, opsreview.Internal, "the page was not saved"),
			code:    opsreview.Internal,
			message: "the page was not saved",
			log:     "the page was not saved: disk /var is full",
		},
		"an annotated error keeps its code and its message": {
			err:     fmt.Errorf("query pages in prod.db: %w", opsreview.Errorf(opsreview.NotFound, "page not found")),
			code:    opsreview.NotFound,
			message: "page not found",
			log:     "query pages in prod.db: page not found",
		},
		"the outermost classification counts": {
			err:     opsreview.Wrapf(opsreview.Errorf(opsreview.NotFound, "gone"), opsreview.Conflict, "changed underfoot"),
			code:    opsreview.Conflict,
			message: "changed underfoot",
			log:     "changed underfoot: gone",
		},
		"a stranger is internal and says nothing": {
			err:     disk,
			code:    opsreview.Internal,
			message: "internal error",
			log:     "disk /var is full",
		},
		"an error without a code is internal, not a success": {
			err:     &opsreview.Error{Message: "odd"},
			code:    opsreview.Internal,
			message: "odd",
			log:     "odd",
		},
		"an error among others is found": {
			err:     errors.Join(disk, opsreview.Errorf(opsreview.Unavailable, "pd does not answer")),
			code:    opsreview.Unavailable,
			message: "pd does not answer",
			log:     "disk /var is full\npd does not answer",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := opsreview.ErrorCode(tt.err); got != tt.code {
				t.Errorf("ErrorCode = %q, want %q", got, tt.code)
			}
			if got := opsreview.ErrorMessage(tt.err); got != tt.message {
				t.Errorf("ErrorMessage = %q, want %q", got, tt.message)
			}
			if tt.err != nil && tt.err.Error() != tt.log {
				t.Errorf("Error = %q, want %q", tt.err.Error(), tt.log)
			}
		})
	}
}

func TestWrapf_NilStaysNil(t *testing.T) {
	if err := opsreview.Wrapf(nil, opsreview.Internal, "never"); err != nil {
		t.Errorf("Wrapf(nil) = %v, want nil", err)
	}
}

func TestWrapf_KeepsTheCause(t *testing.T) {
	err := opsreview.Wrapf(context.Canceled, opsreview.Unavailable, "pd does not answer")
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v does not unwrap to its cause", err)
	}
}

func TestCodes_AreDistinct(t *testing.T) {
	codes := opsreview.Codes()
	slices.Sort(codes)
	if len(slices.Compact(codes)) != len(opsreview.Codes()) || slices.Contains(codes, "") {
		t.Errorf("Codes() = %q: want distinct codes without the empty one", opsreview.Codes())
	}
}
