package cli

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"

	pb "opsreview/proto/opsreview/v1"
)

// A progress tells the person who waits how far a sync or an import has come:
// a bar on a terminal, one line a saved window otherwise, on standard error.
type progress struct {
	w     io.Writer
	bar   *progressbar.ProgressBar // nil where nobody watches a terminal
	quiet bool
	phase string
}

func (a *app) progress(quiet bool) *progress {
	return &progress{w: a.stderr, quiet: quiet, bar: a.bar(1000, quiet)}
}

// bar returns a progress bar, or nil where there is no terminal to draw it on.
func (a *app) bar(steps int64, quiet bool) *progressbar.ProgressBar {
	if quiet || !isTerminal(a.stderr) {
		return nil
	}
	return progressbar.NewOptions64(steps,
		progressbar.OptionSetWriter(a.stderr), progressbar.OptionSetWidth(24), progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(), progressbar.OptionSetElapsedTime(true), progressbar.OptionSetPredictTime(false))
}

// step shows one saved piece.
func (p *progress) step(msg *pb.SyncSourcesResponse) {
	if p.quiet {
		return
	}
	if p.bar == nil {
		p.line(msg)
		return
	}
	if msg.GetPhase() != p.phase {
		p.phase = msg.GetPhase()
		p.bar.Reset()
	}
	p.bar.Describe(fmt.Sprintf("%s: %s, %s", clean(msg.GetSource()), clean(msg.GetPhase()), plural(msg.GetSaved().GetEvents(), "event")))
	_ = p.bar.Set64(int64(1000 * msg.GetDone())) // drawing fails with the terminal; the sync goes on
	if msg.GetNote() != "" {
		_ = p.bar.Clear()
		p.note(msg)
	}
}

func (p *progress) line(msg *pb.SyncSourcesResponse) {
	if msg.GetNote() != "" {
		p.note(msg)
		return
	}
	window := ""
	if w := msg.GetWindow(); w != nil {
		window = fmt.Sprintf(" %s to %s", w.GetStartTime().AsTime().Format(time.RFC3339), w.GetEndTime().AsTime().Format(time.RFC3339))
	}
	fmt.Fprintf(p.w, "%s: %s%s: %s so far\n", clean(msg.GetSource()), clean(msg.GetPhase()), window, savedText(savedFromProto(msg.GetSaved())))
}

func (p *progress) note(msg *pb.SyncSourcesResponse) {
	fmt.Fprintf(p.w, "%s: %s\n", clean(msg.GetSource()), bounded(msg.GetNote()))
}

// stop takes the bar off the terminal.
func (p *progress) stop() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}
