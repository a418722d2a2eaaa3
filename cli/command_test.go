package cli

import (
	"bytes"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"opsreview"
)

// commands lists every command of the program that a person can see.
func commands(a *app) []*cobra.Command {
	var all []*cobra.Command
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		all = append(all, c)
		for _, sub := range c.Commands() {
			if !sub.Hidden && sub.Name() != "help" && sub.Name() != "completion" {
				walk(sub)
			}
		}
	}
	walk(a.rootCommand())
	return all
}

func TestCommands_ExplainThemselves(t *testing.T) {
	for _, c := range commands(&app{}) {
		t.Run(c.CommandPath(), func(t *testing.T) {
			if c.Short == "" || strings.HasSuffix(c.Short, ".") {
				t.Errorf("Short is %q: one line, without a full stop", c.Short)
			}
			if !c.HasSubCommands() && !strings.Contains(c.Example, "opsreview ") {
				t.Errorf("Example is %q: show how it is called", c.Example)
			}
			if c.RunE == nil {
				t.Error("it has no RunE: wrong use would not be told")
			}
			if strings.Contains(c.UsageString(), "string") {
				t.Error("a flag has no placeholder of its own: back-quote one in its usage")
			}
		})
	}
}

// TestCommands_HelpTouchesNothing asks every command for help with an
// environment that must not be read and files that are not there.
func TestCommands_HelpTouchesNothing(t *testing.T) {
	for _, c := range commands(&app{}) {
		t.Run(c.CommandPath(), func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			a := &app{
				stdin: forbidden{t}, stdout: &stdout, stderr: &stderr,
				env: func(name string) string { t.Errorf("the variable %s was read", name); return "" },
				now: func() time.Time { t.Error("the clock was read"); return time.Time{} },
			}
			args := append(strings.Fields(c.CommandPath())[1:], "--help", "--config", "/nowhere/x.yaml", "--db", "/nowhere/x.db")
			if status := a.run(args); status != exitOK {
				t.Errorf("exit status %d: %s", status, stderr.String())
			}
			if !strings.Contains(stdout.String(), "Usage:") || stderr.Len() > 0 {
				t.Errorf("help is %q and %q", stdout.String(), stderr.String())
			}
		})
	}
}

type forbidden struct{ t *testing.T }

// Read implements io.Reader.
func (f forbidden) Read([]byte) (int, error) {
	f.t.Error("standard input was read")
	return 0, io.EOF
}

func TestExitStatuses_CoverTheCodes(t *testing.T) {
	want := slices.Sorted(slices.Values(opsreview.Codes()))
	got := slices.Sorted(maps.Keys(exitStatuses))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("codes with an exit status (-want +got):\n%s", diff)
	}
	for code, status := range exitStatuses {
		if status == exitOK {
			t.Errorf("%s is an error and exits with 0", code)
		}
	}
}

func TestDomainCodes_CoverTheCodes(t *testing.T) {
	var got []opsreview.Code
	for _, code := range domainCodes {
		got = append(got, code)
	}
	slices.Sort(got)
	want := slices.Sorted(slices.Values(opsreview.Codes()))
	if diff := cmp.Diff(want, slices.Compact(got)); diff != "" {
		t.Errorf("codes that a server can send (-want +got):\n%s", diff)
	}
}

func TestFromStatus(t *testing.T) {
	tests := map[string]struct {
		code codes.Code
		want opsreview.Code
	}{
		"a wrong request is the caller's":          {codes.InvalidArgument, opsreview.Invalid},
		"what is not there is not there":           {codes.NotFound, opsreview.NotFound},
		"what exists is a conflict":                {codes.AlreadyExists, opsreview.Conflict},
		"a server that is away is unavailable":     {codes.Unavailable, opsreview.Unavailable},
		"one that took too long is too":            {codes.DeadlineExceeded, opsreview.Unavailable},
		"a bug is a bug":                           {codes.Internal, opsreview.Internal},
		"a code that nobody expects is a bug":      {codes.DataLoss, opsreview.Internal},
		"a call that the server lacks is invalid":  {codes.Unimplemented, opsreview.Invalid},
		"a message over the limit is the caller's": {codes.ResourceExhausted, opsreview.Invalid},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := fromStatus(status.Error(tt.code, "so it is"))
			if got := opsreview.ErrorCode(err); got != tt.want || opsreview.ErrorMessage(err) != "so it is" {
				t.Errorf("got %s %q, want %s", got, opsreview.ErrorMessage(err), tt.want)
			}
		})
	}
	if err := fromStatus(nil); err != nil {
		t.Errorf("no error became %v", err)
	}
}
