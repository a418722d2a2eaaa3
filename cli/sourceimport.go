package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
)

// mostProblems is how many problems of an import are printed one by one.
const mostProblems = 1000

// importChunk is how many bytes of a file go into one message.
const importChunk = 64 << 10

type importOptions struct {
	format string
	source string
	strict bool
	dryRun bool
	quiet  bool
	output string
}

func (a *app) sourceImportCommand() *cobra.Command {
	var o importOptions
	cmd := &cobra.Command{
		Use:   "import --as FORMAT FILE…",
		Short: "Read facts from files: PagerDuty's API answers, JSON lines or CSV",
		Long: `Read facts from files. FORMAT is pagerduty (answers of PagerDuty's REST API, one or
many a file, in any order), jsonl or csv (pages of any other tool), segments (the
counted events of SLOs as CSV), series (numbers over time as CSV, such as what
Grafana downloads of a panel), incidents (declared incidents as CSV), rootly (the same
as Rootly's API tells of them) or toil (logged work as CSV): see docs/import.md and
docs/incidents.md. FILE may be a directory, whose files are read, or - for standard
input.

Items that cannot be read are reported with their place, the others are saved, and
the exit status is 1. With --strict one bad item in a file means that nothing of
that file is saved. Importing the same file again changes nothing.`,
		Example: `  opsreview source import --as pagerduty --source pd export/
  opsreview source import --as csv --source legacy pages.csv
  zcat pages.jsonl.gz | opsreview source import --as jsonl --source legacy -
  opsreview source import --as segments budget.csv
  opsreview source import --as series "Vault reads.csv"
  opsreview source import --as rootly incidents.json
  opsreview source import --as toil --source timesheet toil.csv`,
		Args: args(cobra.MinimumNArgs(1), "one or more files"),
		RunE: func(cmd *cobra.Command, paths []string) error {
			if err := checkOutput(o.output, asTable, asJSON); err != nil {
				return err
			}
			if o.format == "" {
				return usagef("say how to read the files: --as pagerduty, --as jsonl, --as csv, --as segments, --as series, --as incidents, --as rootly or --as toil")
			}
			if o.source == "" {
				o.source = o.format
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error { return a.importPaths(ctx, c, paths, o) })
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.format, "as", "", "read the files as `FORMAT`: pagerduty, jsonl, csv, segments, series, incidents, rootly or toil")
	f.StringVar(&o.source, "source", "", "keep the facts under the source `NAME` (default the format's name)")
	f.BoolVar(&o.strict, "strict", false, "all or nothing of each file")
	f.BoolVar(&o.dryRun, "dry-run", false, "say what is wrong with the files, and save nothing")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "print the result only, no progress")
	f.StringVarP(&o.output, "output", "o", asTable, "print as `FORM`: table or json")
	return cmd
}

// importPaths imports each file and says what came of all of them.
func (a *app) importPaths(ctx context.Context, c client, paths []string, o importOptions) error {
	files, err := expand(paths)
	if err != nil {
		return err
	}
	var total importResult
	for _, path := range files {
		r, err := a.importPath(ctx, c, path, o)
		if err != nil {
			return err
		}
		total.add(r)
	}
	if total.problems > mostProblems {
		fmt.Fprintf(a.stderr, "and %d more items that could not be read\n", total.problems-mostProblems)
	}
	switch {
	case o.output == asJSON:
		if err := printJSON(a.stdout, total.json(o, len(files))); err != nil {
			return err
		}
	case o.dryRun:
		writeLine(a.stdout, fmt.Sprintf("%s read, nothing saved (--dry-run)", plural(int32(len(files)), "file")))
	default:
		writeLine(a.stdout, fmt.Sprintf("%s: %s", clean(o.source), savedText(total.saved)))
	}
	if total.problems == 0 {
		return nil
	}
	fmt.Fprintf(a.stderr, "opsreview: %s\n", total.verdict(o))
	return errPartly
}

// An importResult is what came of importing files.
type importResult struct {
	saved    opsreview.Saved
	problems int
	listed   []problemJSON // the first of the problems
	undone   int           // files of which --strict saved nothing
}

func (r *importResult) add(s importResult) {
	r.saved.Add(s.saved)
	r.problems += s.problems
	r.undone += s.undone
	r.listed = append(r.listed, s.listed[:min(len(s.listed), mostProblems-len(r.listed))]...)
}

func (r *importResult) json(o importOptions, files int) importJSON {
	return importJSON{
		Source: o.source, Files: int32(files), DryRun: o.dryRun, Saved: savedToJSON(r.saved), FilesUndone: int32(r.undone),
		Problems: append([]problemJSON{}, r.listed...), MoreProblems: int32(r.problems - len(r.listed)),
	}
}

func (r *importResult) verdict(o importOptions) string {
	text := plural(int32(r.problems), "item") + " could not be read"
	switch {
	case o.dryRun:
		return text
	case o.strict:
		return fmt.Sprintf("%s: nothing of %s was saved (--strict)", text, plural(int32(r.undone), "file"))
	}
	return text + ", the others were saved"
}

// expand returns the files that paths name: directories stand for the files in
// them, in the order of their names.
func expand(paths []string) ([]string, error) {
	var files []string
	for _, path := range paths {
		if path == "-" {
			files = append(files, path)
			continue
		}
		info, err := os.Stat(path)
		if err != nil {
			return nil, notFound(path, err)
		}
		if !info.IsDir() {
			files = append(files, path)
			continue
		}
		inside, err := importable(path)
		if err != nil {
			return nil, err
		}
		if len(inside) == 0 {
			return nil, usagef("%s has no .json, .jsonl, .ndjson or .csv file in it", path)
		}
		files = append(files, inside...)
	}
	return files, nil
}

func notFound(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return opsreview.Wrapf(err, opsreview.NotFound, "there is no file %q", path)
	}
	return err
}

func importable(dir string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		known := slices.Contains([]string{".json", ".jsonl", ".ndjson", ".csv"}, strings.ToLower(filepath.Ext(path)))
		if err == nil && d.Type().IsRegular() && known {
			files = append(files, path)
		}
		return err
	})
	slices.Sort(files)
	return files, err
}

func (a *app) importPath(ctx context.Context, c client, path string, o importOptions) (importResult, error) {
	if path == "-" {
		return a.importFile(ctx, c, "standard input", a.stdin, 0, o)
	}
	file, err := os.Open(path)
	if err != nil {
		return importResult{}, notFound(path, err)
	}
	defer file.Close() //nolint:errcheck // opened for reading
	info, err := file.Stat()
	if err != nil {
		return importResult{}, err
	}
	return a.importFile(ctx, c, path, file, info.Size(), o)
}

// importFile sends one file and prints what the server says of it.
func (a *app) importFile(ctx context.Context, c client, name string, r io.Reader, size int64, o importOptions) (importResult, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := c.ingests.ImportFile(ctx)
	if err != nil {
		return importResult{}, err
	}
	header := &pb.ImportHeader{Format: o.format, Source: o.source, File: name, Strict: o.strict, ValidateOnly: o.dryRun}
	sent := make(chan error, 1)
	go func() { sent <- sendFile(stream, header, r) }()
	result, err := a.receiveImport(stream, a.bar(size, o.quiet || size == 0))
	if err != nil {
		return result, err
	}
	if err := <-sent; err != nil {
		return result, err
	}
	if o.strict && result.problems > 0 {
		result.undone = 1
	}
	return result, nil
}

type importClient interface {
	Send(*pb.ImportFileRequest) error
	Recv() (*pb.ImportFileResponse, error)
	CloseSend() error
}

// sendFile sends the header and then the file's bytes. A server that has ended
// the call says why to the receiver, so that sending just stops.
func sendFile(stream importClient, header *pb.ImportHeader, r io.Reader) error {
	err := stream.Send(&pb.ImportFileRequest{Part: &pb.ImportFileRequest_Header{Header: header}})
	buf := make([]byte, importChunk)
	for err == nil {
		n, readErr := r.Read(buf)
		if n > 0 {
			err = stream.Send(&pb.ImportFileRequest{Part: &pb.ImportFileRequest_Data{Data: slices.Clone(buf[:n])}})
		}
		if errors.Is(readErr, io.EOF) {
			break
		}
		if readErr != nil {
			return readErr
		}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return stream.CloseSend()
}

func (a *app) receiveImport(stream importClient, bar *progressbar.ProgressBar) (importResult, error) {
	var result importResult
	for {
		msg, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return result, nil
		}
		if err != nil {
			return result, err
		}
		if bar != nil {
			_ = bar.Set64(msg.GetReadBytes()) // drawing fails with the terminal; the import goes on
		}
		for _, p := range msg.GetProblems() {
			result.problems++
			if result.problems <= mostProblems {
				fmt.Fprintln(a.stderr, problemText(p))
				result.listed = append(result.listed, problemToJSON(p))
			}
		}
		if msg.GetSaved() != nil {
			result.saved = savedFromProto(msg.GetSaved())
		}
	}
}

// problemText is "file:line: item: reason".
func problemText(p *pb.ImportProblem) string {
	place := clean(p.GetFile())
	if p.GetLine() > 0 {
		place += fmt.Sprintf(":%d", p.GetLine())
	}
	if p.GetItem() != "" {
		place += ": " + bounded(p.GetItem())
	}
	return place + ": " + bounded(p.GetReason())
}
