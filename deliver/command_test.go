package deliver_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"opsreview"
	"opsreview/deliver"
)

func TestCommand_GetsTheReportAndWhatItIsAbout(t *testing.T) {
	t.Setenv("PD_TOKEN", "sEcReT")
	out := filepath.Join(t.TempDir(), "out")
	b := bundle(t, "secrets; rm -rf $HOME")
	for _, c := range []deliver.Command{
		{Args: []string{"sh", "-c", `env > "$0"; cat >> "$0"`, out}},
		{Args: []string{"sh", "-c", `env > "$0"; cat >> "$0"`, out}, HTML: true},
	} {
		content := compose(t, c, b)
		if err := c.Send(t.Context(), b, content); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		format := map[bool]string{true: "html", false: "markdown"}[c.HTML]
		for _, want := range []string{
			"OPSREVIEW_TEAM=secrets; rm -rf $HOME\n", "OPSREVIEW_FORMAT=" + format + "\n",
			"OPSREVIEW_WINDOW_START=2026-11-09T00:00:00Z\n", "OPSREVIEW_WINDOW_END=2026-11-16T00:00:00Z\n", "PATH=", string(content),
		} {
			if !strings.Contains(string(got), want) {
				t.Errorf("the command did not get %.80q", want)
			}
		}
		if strings.Contains(string(got), "sEcReT") {
			t.Error("the command got this process's secrets")
		}
	}
}

func TestCommand_Failures(t *testing.T) {
	tests := map[string]struct {
		command deliver.Command
		code    opsreview.Code
		want    string
	}{
		"it fails, and says why":    {deliver.Command{Args: []string{"sh", "-c", "echo 'no\troute' >&2; exit 3"}}, opsreview.Unavailable, "sh failed (exit status 3): no route"},
		"it is not there":           {deliver.Command{Args: []string{"no-such-command-here"}}, opsreview.Invalid, `there is no command "no-such-command-here"`},
		"its path is not there":     {deliver.Command{Args: []string{"/no/such/command"}}, opsreview.Invalid, `there is no command "/no/such/command"`},
		"it does not end":           {deliver.Command{Args: []string{"sleep", "60"}, Timeout: 50 * time.Millisecond}, opsreview.Unavailable, "sleep did not end within 50ms"},
		"it talks without an end":   {deliver.Command{Args: []string{"sh", "-c", "yes x | head -c 1000000 >&2; exit 1"}}, opsreview.Unavailable, "…"},
		"it does not read its fill": {deliver.Command{Args: []string{"true"}}, "", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := bundle(t, "secrets")
			wantRefused(t, tt.command.Send(t.Context(), b, compose(t, tt.command, b)), tt.code, tt.want)
		})
	}
}

func TestCommand_EndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := deliver.Command{Args: []string{"sleep", "60"}}.Send(ctx, bundle(t, "a"), nil)
	if err == nil || ctx.Err() == nil {
		t.Errorf("got %v, want the context's end", err)
	}
}
