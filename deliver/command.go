package deliver

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"os"
	"os/exec"
	"time"

	"opsreview"
	"opsreview/report"
)

// Command gives the report to a program's standard input. No shell reads the
// arguments.
type Command struct {
	Args    []string // the program and its arguments
	HTML    bool     // the report is HTML, and Markdown otherwise
	Timeout time.Duration
}

const (
	commandTimeout = 2 * time.Minute // where the configuration says nothing
	commandGrace   = 5 * time.Second // for pipes that its children hold open
)

// Compose returns the report in the command's format.
func (c Command) Compose(b report.Bundle) ([]byte, error) {
	if c.HTML {
		return b.HTML, nil
	}
	return b.Markdown, nil
}

// Send runs the command. It gets little of this process's environment, which
// may hold secrets, and what the report is about.
func (c Command) Send(ctx context.Context, b report.Bundle, content []byte) error {
	run, cancel := context.WithTimeout(ctx, cmp.Or(c.Timeout, commandTimeout))
	defer cancel()
	var stderr tail
	cmd := exec.CommandContext(run, c.Args[0], c.Args[1:]...)
	cmd.Stdin, cmd.Stderr, cmd.WaitDelay = bytes.NewReader(content), &stderr, commandGrace
	cmd.Env = c.environment(b)
	err := cmd.Run()
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ended(ctx, err)
	case run.Err() != nil:
		return opsreview.Wrapf(err, opsreview.Unavailable, "%s did not end within %s", c.Args[0], cmp.Or(c.Timeout, commandTimeout))
	case errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist):
		return opsreview.Wrapf(err, opsreview.Invalid, "there is no command %q", c.Args[0])
	}
	text := ""
	if said := oneLine(string(stderr.end)); said != "" {
		text = ": " + said
	}
	return opsreview.Wrapf(err, opsreview.Unavailable, "%s failed (%s)%s", c.Args[0], err, text)
}

func (c Command) environment(b report.Bundle) []string {
	var env []string
	for _, name := range []string{"PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	format := "markdown"
	if c.HTML {
		format = "html"
	}
	return append(env,
		"OPSREVIEW_TITLE="+b.Title, "OPSREVIEW_TEAM="+b.Team, "OPSREVIEW_FORMAT="+format,
		"OPSREVIEW_WINDOW_START="+b.Window.Start.UTC().Format(time.RFC3339),
		"OPSREVIEW_WINDOW_END="+b.Window.End.UTC().Format(time.RFC3339))
}

// A tail keeps the end of what is written to it.
type tail struct{ end []byte }

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	const most = 2 << 10
	t.end = append(t.end, p...)
	if len(t.end) > most {
		t.end = append([]byte(nil), t.end[len(t.end)-most:]...)
	}
	return len(p), nil
}
