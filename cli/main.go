// Package cli is the opsreview command.
//
// Every command speaks the gRPC API: to a server named with --server, or to
// the same server inside this process over a database file. Data goes to
// standard output and messages to standard error; errors are printed in one
// place, [Main], which is also the only one that decides the exit status.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"opsreview"
)

// The exit statuses.
const (
	exitOK          = 0
	exitFailure     = 1
	exitUsage       = 2
	exitNotFound    = 3
	exitUnavailable = 4
)

// exitStatuses gives each of the domain's codes its exit status.
var exitStatuses = map[opsreview.Code]int{
	opsreview.Invalid:     exitUsage,
	opsreview.NotFound:    exitNotFound,
	opsreview.Conflict:    exitFailure,
	opsreview.Unavailable: exitUnavailable,
	opsreview.Internal:    exitFailure,

	opsreview.Unauthenticated: exitFailure,
	opsreview.Denied:          exitFailure,
}

// A saidError is one whose text the person has been told already. It only
// decides the exit status.
type saidError struct{ error }

// Unwrap returns what was said.
func (e saidError) Unwrap() error { return e.error }

// errPartly ends a command that did some of its work and has said what it
// could not do.
var errPartly = saidError{errors.New("not everything could be done")}

// usagef returns an error of the command line.
func usagef(format string, args ...any) error {
	return opsreview.Errorf(opsreview.Invalid, format, args...)
}

// An app is one run of the command: its streams, its clock and its flags.
type app struct {
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	env    func(string) string
	now    func() time.Time

	configPath string
	dbPath     string
	serverAddr string
	logLevel   slog.Level // the least that is logged
	access     accessFlags
	embedded   *embedded // the demo's configuration and clock; nil otherwise
	vendors    vendorOptions
	columns    int // how wide the output is; 0 asks the terminal
}

// Main runs the command and returns its exit status.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr, env: os.Getenv, now: time.Now}
	return a.run(args)
}

func (a *app) run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := a.rootCommand()
	root.SetArgs(args)
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	return a.exit(ctx, root.ExecuteContext(ctx))
}

// exit prints err, if there is one to print, and returns the exit status.
func (a *app) exit(ctx context.Context, err error) int {
	var said saidError
	switch {
	case err == nil:
		return exitOK
	case ctx.Err() != nil:
		fmt.Fprintln(a.stderr, "opsreview: interrupted; what was saved stays saved, and running the command again goes on from there")
		return exitFailure
	case !errors.As(err, &said):
		fmt.Fprintf(a.stderr, "opsreview: %s\n", lines(message(err)))
	}
	return exitStatuses[opsreview.ErrorCode(err)]
}

// message is what a person is told: a classified error's message alone, and
// the whole text of one from this machine.
func message(err error) string {
	var e *opsreview.Error
	if errors.As(err, &e) {
		return e.Message
	}
	return err.Error()
}

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "opsreview",
		Short: "The memory and the arithmetic of a weekly operational review",
		Long: `opsreview pulls pages into a database, tells for every page whether it was
actionable and actioned, and how heavy the load on each responder is.

Begin with "opsreview demo": it shows a whole review on made-up data.`,
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
		Args:              cobra.ArbitraryArgs, // needsVerb judges them
		RunE:              needsVerb,

		SuggestionsMinimumDistance: nearEnough,
	}
	flags := root.PersistentFlags()
	flags.StringVar(&a.configPath, "config", "", "read the configuration from `FILE` (default opsreview.yaml here, else in the XDG configuration directory)")
	flags.StringVar(&a.dbPath, "db", "", "keep the facts in `FILE` (default in the XDG data directory)")
	flags.StringVar(&a.serverAddr, "server", "", "ask the server at `ADDR` instead of a database file")
	flags.StringVar(&a.access.tokenFile, "token-file", "", "show the server the token in `FILE` (default OPSREVIEW_TOKEN_FILE)")
	flags.StringVar(&a.access.caFile, "ca-file", "", "trust a server whose certificate is signed by those in `FILE` (default OPSREVIEW_CA_FILE, else the system's)")
	flags.StringVar(&a.access.certFile, "cert-file", "", "show the server the certificate in `FILE`, where it asks for one")
	flags.StringVar(&a.access.keyFile, "key-file", "", "with the key in `FILE`")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usagef("%s; see %q", err, cmd.CommandPath()+" --help")
	})
	root.AddCommand(
		a.demoCommand(), a.reviewCommand(), a.reportCommand(), a.pageCommand(), a.monitorCommand(), a.loadCommand(), a.budgetCommand(), a.anomalyCommand(), a.incidentCommand(), a.dashboardCommand(), a.toilCommand(), a.findingCommand(), a.ticketCommand(), a.trackerCommand(), a.policyCommand(),
		a.teamCommand(), a.sourceCommand(), a.serveCommand(), a.tokenCommand(), a.auditCommand(), a.dbCommand(), a.configCommand(), a.definitionCommand(), a.versionCommand(),
	)
	return root
}

// noun returns a command that only holds verbs.
func noun(use, short string, verbs ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, RunE: needsVerb, SuggestionsMinimumDistance: nearEnough}
	cmd.AddCommand(verbs...)
	return cmd
}

// nearEnough is how many typing mistakes apart a word may be from the command
// that it is taken for.
const nearEnough = 2

// needsVerb is what a noun without a verb, or with an unknown one, answers.
func needsVerb(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		hint := ""
		if names := cmd.SuggestionsFor(args[0]); len(names) > 0 {
			hint = fmt.Sprintf("; did you mean %q?", names[0])
		}
		return usagef("there is no command %q%s; see %q", cmd.CommandPath()+" "+args[0], hint, cmd.CommandPath()+" --help")
	}
	if !cmd.HasParent() {
		return cmd.Help()
	}
	verbs := make([]string, 0, len(cmd.Commands()))
	for _, c := range cmd.Commands() {
		verbs = append(verbs, c.Name())
	}
	return usagef("%q needs a verb: %s", cmd.CommandPath(), orList(verbs))
}

// oneOf makes cmd refuse more than one of the named flags.
func oneOf(cmd *cobra.Command, names ...string) {
	before := cmd.PreRunE
	cmd.PreRunE = func(cmd *cobra.Command, args []string) error {
		var given []string
		for _, name := range names {
			if cmd.Flags().Changed(name) {
				given = append(given, "--"+name)
			}
		}
		if len(given) > 1 {
			return usagef("%s do not go together: choose one", strings.Join(given, " and "))
		}
		if before == nil {
			return nil
		}
		return before(cmd, args)
	}
}

// args is cobra's check, with the program's own errors.
func args(check cobra.PositionalArgs, want string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if check(cmd, args) != nil {
			return usagef("%s takes %s; see %q", cmd.CommandPath(), want, cmd.CommandPath()+" --help")
		}
		return nil
	}
}

// widestTerminal is how many cells wide a line of output may be.
const widestTerminal = 200

// terminalWidth returns how many cells wide the output is: a terminal's own
// width between 80 and 200, and 100 anywhere else.
func (a *app) terminalWidth() int {
	if a.columns > 0 {
		return a.columns
	}
	if f, ok := a.stdout.(*os.File); ok {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil {
			return min(max(w, 80), widestTerminal)
		}
	}
	return 100
}

// style returns colours if a person looks at standard output and has not asked
// for none (NO_COLOR).
func (a *app) style() style {
	return style{on: isTerminal(a.stdout) && a.env("NO_COLOR") == "" && a.env("TERM") != "dumb"}
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
