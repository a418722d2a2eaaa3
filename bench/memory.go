package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"opsreview/ingest/file"
)

// maxMemory is how many megabytes an import of any size may take.
const maxMemory = 200

// memory lets the program itself import a long file from a pipe and measures
// the most memory that its process had.
func (b *bench) memory(ctx context.Context) ([]result, error) {
	program, err := filepath.Abs(b.program) // It runs in another directory.
	if err != nil {
		return nil, err
	}
	b.say("memory: %s imports %d pages as jsonl from a pipe", b.program, b.imported)
	cmd := exec.CommandContext(ctx, program, "source", "import", "--as", "jsonl", "--source", source,
		"--db", b.path("import.db"), "--quiet", "-")
	cmd.Env = append(os.Environ(), "HOME="+b.dir, "XDG_CONFIG_HOME="+b.dir, "OPSREVIEW_CONFIG=")
	cmd.Dir = b.dir
	out := &strings.Builder{}
	cmd.Stdout, cmd.Stderr = out, out
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	took, err := timed(func() error {
		if err := cmd.Start(); err != nil {
			return fmt.Errorf("%w: build it with make build", err)
		}
		return errors.Join(writePages(in, b.imported), in.Close(), cmd.Wait())
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	peak, err := peakMemory(cmd.ProcessState)
	if err != nil {
		return nil, err
	}
	b.say("memory: %s", strings.TrimSpace(out.String()))
	return []result{{
		name: "memory: the program imports a jsonl stream", atMost: maxMemory,
		value: peak, text: fmt.Sprintf("%.0f MB", peak),
		detail: fmt.Sprintf("%d pages in %.0f s, %.0f pages/s", b.imported, took, float64(b.imported)/took),
	}}, os.Remove(b.path("import.db"))
}

// writePages writes n pages as JSON lines: a line for each page and one for
// each of its four to six events.
func writePages(w io.Writer, n int) error {
	buf := bufio.NewWriterSize(w, 1<<16)
	const some = 100
	for from := lastPage - n; from < lastPage; from += some {
		if err := file.Encode(buf, pages(from, min(from+some, lastPage))); err != nil {
			return err
		}
	}
	return buf.Flush()
}
