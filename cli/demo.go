package cli

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	pathpkg "path"
	"path/filepath"

	"github.com/spf13/cobra"

	"opsreview/config"
	"opsreview/examples"
	pb "opsreview/proto/opsreview/v1"
)

// The demo's review: the example fortnight of the example team.
const (
	demoTeam = "secrets"
	demoFrom = "2026-10-19"
	demoTo   = "2026-11-02"
)

func (a *app) demoCommand() *cobra.Command {
	var scope scopeFlags
	var output, keep string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show a whole review on a made-up fortnight, in a temporary database",
		Long: `Import the example organisation (examples/: synthetic, in PagerDuty's API shape)
into a temporary database through the ordinary import, print the ordinary review of
its fortnight, file what it found as tickets in a folder, and file again: nothing is
filed twice. As JSON, Markdown or HTML the review comes alone, and nothing is filed.
--keep FILE keeps the database, to try the other commands on, and the folder beside it.`,
		Example: `  opsreview demo
  opsreview demo --team payments
  opsreview demo --keep demo.db`,
		Args: args(cobra.NoArgs, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkOutput(output, asTable, asJSON, asMarkdown, asHTML); err != nil {
				return err
			}
			if a.serverAddr != "" || a.configPath != "" || a.dbPath != "" {
				return usagef("the demo brings its own database and configuration: leave --db, --config and --server out")
			}
			if scope.spec.IsZero() {
				scope.spec.From, scope.spec.To = demoFrom, demoTo
			}
			req := &pb.PrepareReviewRequest{Team: scope.team, Window: scope.selector()}
			return a.demo(cmd.Context(), req, output, keep)
		},
	}
	scope.add(cmd)
	cmd.Flags().Lookup("team").DefValue = demoTeam
	scope.team = demoTeam
	cmd.Flags().StringVarP(&output, "output", "o", asTable, "print as `FORM`: table, json, markdown or html")
	cmd.Flags().StringVar(&keep, "keep", "", "keep the database as `FILE`, which must not exist, and the tickets beside it")
	return cmd
}

func (a *app) demo(ctx context.Context, req *pb.PrepareReviewRequest, output, keep string) error {
	dir, err := os.MkdirTemp("", "opsreview-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a leftover in the temporary directory is nobody's loss
	place := filepath.Join(dir, "demo.db")
	if keep != "" {
		place = keep
	}
	tickets, err := a.useExamples(dir, filepath.Dir(place))
	if err != nil {
		return err
	}
	if keep != "" {
		if err := keepsDemo(keep, tickets); err != nil {
			return err
		}
	}
	return a.withClient(ctx, func(ctx context.Context, c client) error {
		if err := a.importExamples(ctx, c); err != nil {
			return err
		}
		if err := a.showReview(ctx, c, req, output, false); err != nil {
			return err
		}
		if output == asTable {
			if err := a.fileDemo(ctx, c, req); err != nil {
				return err
			}
		}
		if keep != "" {
			return a.keepDemo(ctx, c, keep, tickets)
		}
		return nil
	})
}

// useExamples makes the app run on the example organisation's configuration,
// clock and a database in dir, with the folder of its tickets in another. It
// returns that folder's path.
func (a *app) useExamples(dir, beside string) (tickets string, err error) {
	data, err := fs.ReadFile(examples.FS, "opsreview.yaml")
	if err != nil {
		return "", err
	}
	cfg, err := config.ParseWith("examples/opsreview.yaml", data, examples.FS)
	if err != nil {
		return "", err
	}
	tickets = filepath.Join(beside, filepath.Base(cfg.Tracker.Markdown.Path))
	cfg.Tracker.Markdown.Path = tickets
	a.embedded = &embedded{config: cfg, now: examples.Now}
	a.dbPath = filepath.Join(dir, "demo.db")
	return tickets, nil
}

// importExamples imports the example files as source import would.
func (a *app) importExamples(ctx context.Context, c client) error {
	return fs.WalkDir(examples.FS, ".", func(path string, _ fs.DirEntry, err error) error {
		o := importOptions{source: examples.Source, quiet: true, strict: true}
		switch folder, _ := pathpkg.Split(path); {
		case folder == "pagerduty/":
			o.format = "pagerduty"
		case folder == "series/":
			o.format, o.source = "series", examples.Metrics
		case path == "labels.jsonl":
			o.format = "jsonl"
		case path == "segments.csv":
			o.format, o.source = "segments", examples.Metrics
		case path == "incidents.csv":
			o.format, o.source = "incidents", examples.Declared
		case path == "toil.csv":
			o.format, o.source = "toil", examples.Timesheet
		}
		if err != nil || o.format == "" {
			return err
		}
		file, err := examples.FS.Open(path)
		if err != nil {
			return err
		}
		defer file.Close() //nolint:errcheck // in memory
		r, err := a.importFile(ctx, c, "examples/"+path, file, 0, o)
		if err == nil && r.problems > 0 {
			err = fmt.Errorf("the examples are broken: %s", r.verdict(o))
		}
		return err
	})
}

func (a *app) keepDemo(ctx context.Context, c client, path, tickets string) error {
	size, err := a.backup(ctx, c, path)
	if err != nil {
		return err
	}
	writeLine(a.stdout, backupText(path, size))
	if _, err := os.Lstat(tickets); err == nil {
		writeLine(a.stdout, tickets+": the tickets; examples/opsreview.yaml looks for them beside the folder examples")
	}
	writeLine(a.stderr, "try: opsreview --db "+shellWord(path)+" --config examples/opsreview.yaml page list --from "+demoFrom+" --to "+demoTo+" --sort cost --limit 20")
	return nil
}
