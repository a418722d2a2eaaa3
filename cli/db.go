package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
)

func (a *app) dbCommand() *cobra.Command {
	return noun("db", "The database: backup and check", a.dbBackupCommand(), a.dbCheckCommand())
}

func (a *app) dbBackupCommand() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Write a whole copy of the database to a new file, while others write",
		Example: `  opsreview db backup /backup/opsreview-2026-11-16.db
  opsreview --server 127.0.0.1:7474 db backup opsreview.db`,
		Args: args(cobra.ExactArgs(1), "the file to write"),
		RunE: func(cmd *cobra.Command, paths []string) error {
			if err := checkOutput(output, asTable, asJSON); err != nil {
				return err
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				size, err := a.backup(ctx, c, paths[0])
				switch {
				case err != nil:
					return err
				case output == asJSON:
					return printJSON(a.stdout, backupJSON{File: paths[0], Bytes: size})
				}
				writeLine(a.stdout, backupText(paths[0], size))
				return nil
			})
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", asTable, "print as `FORM`: table or json")
	return cmd
}

func backupText(path string, size int64) string { return fmt.Sprintf("%s: %d bytes", path, size) }

// backup writes the copy beside path and moves it there once it is whole. It
// returns the copy's size.
func (a *app) backup(ctx context.Context, c client, path string) (int64, error) {
	if _, err := os.Lstat(path); err == nil {
		return 0, opsreview.Errorf(opsreview.Conflict, "%s exists: name a file that does not", path)
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".opsreview-backup-*")
	if errors.Is(err, fs.ErrNotExist) {
		return 0, opsreview.Wrapf(err, opsreview.NotFound, "there is no folder %q", filepath.Dir(path))
	}
	if err != nil {
		return 0, err
	}
	defer os.Remove(file.Name()) //nolint:errcheck // it has been moved, or is of no use
	size, err := receiveBackup(ctx, c, file)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return 0, err
	}
	// A link, unlike a rename, never replaces a file that appeared meanwhile.
	if err := os.Link(file.Name(), path); err != nil {
		return 0, fmt.Errorf("the copy is whole but could not be put at %s: %w", path, err)
	}
	return size, nil
}

func receiveBackup(ctx context.Context, c client, w io.Writer) (int64, error) {
	stream, err := c.databases.BackupDatabase(ctx, &pb.BackupDatabaseRequest{})
	if err != nil {
		return 0, err
	}
	var size, total int64
	for {
		msg, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return size, err
		}
		n, err := w.Write(msg.GetData())
		size, total = size+int64(n), msg.GetTotalBytes()
		if err != nil {
			return size, err
		}
	}
	if size != total {
		return size, opsreview.Errorf(opsreview.Unavailable, "the backup ended after %d of %d bytes: try again", size, total)
	}
	return size, nil
}

func (a *app) dbCheckCommand() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:     "check",
		Short:   "Look for damage in the database",
		Long:    "Look for damage in the database. The exit status is 1 if there is any.",
		Example: "  opsreview db check",
		Args:    args(cobra.NoArgs, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkOutput(output, asTable, asJSON); err != nil {
				return err
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.databases.CheckDatabase(ctx, &pb.CheckDatabaseRequest{})
				if err != nil {
					return err
				}
				return a.printProblems(resp.GetProblems(), output)
			})
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", asTable, "print as `FORM`: table or json")
	return cmd
}

// printProblems says whether the database is sound; errPartly if it is not.
func (a *app) printProblems(problems []string, output string) error {
	switch {
	case output == asJSON:
		if err := printJSON(a.stdout, soundJSON{Sound: len(problems) == 0, Problems: append([]string{}, problems...)}); err != nil {
			return err
		}
	case len(problems) == 0:
		writeLine(a.stdout, "the database is sound")
	default:
		for _, p := range problems {
			writeLine(a.stdout, bounded(p))
		}
	}
	if n := len(problems); n > 0 {
		fmt.Fprintf(a.stderr, "opsreview: %s found: restore a backup, or import and sync into a new file\n", plural(n, "problem"))
		return errPartly
	}
	return nil
}
