package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	pb "opsreview/proto/opsreview/v1"
	"opsreview/ticket"
)

func (a *app) trackerCommand() *cobra.Command {
	return noun("tracker", "Where tickets are filed", a.trackerCheckCommand())
}

func (a *app) trackerCheckCommand() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Ask the tracker what its credentials can do",
		Long: `Ask the tracker what its credentials can do: who they are, whether the project is there,
what filing needs, and what to do about the rest. Nothing is written.
The exit status is 1 if something cannot be done.`,
		Example: `  opsreview tracker check
  opsreview tracker check -o json`,
		Args: args(cobra.NoArgs, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkOutput(output, asTable, asJSON); err != nil {
				return err
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.tickets.CheckTracker(ctx, &pb.CheckTrackerRequest{})
				if err != nil {
					return err
				}
				checks := make([]*pb.SourceCheck, len(resp.GetChecks()))
				for i, k := range resp.GetChecks() {
					checks[i] = &pb.SourceCheck{Subject: k.GetSubject(), Ok: k.GetOk(), Detail: k.GetDetail(), Remedy: k.GetRemedy()}
				}
				if output == asTable {
					a.indented(0, a.style().bold, bounded(resp.GetTracker()))
				}
				return a.printChecks(checks, output)
			})
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", asTable, "print as `FORM`: table or json")
	return cmd
}

// A brokenTracker is one whose configuration is right but whose token cannot
// be read. It plans, and says what is wrong when it is asked for more: nothing
// goes out.
type brokenTracker struct {
	ticket.Tracker

	err error
}

// refused is what a brokenTracker answers: nothing happened.
func (t brokenTracker) refused() error { return &ticket.Rejected{Reason: message(t.err)} }

// Find implements ticket.Tracker.
func (t brokenTracker) Find(context.Context, ...string) ([]ticket.Snapshot, error) {
	return nil, t.refused()
}

// Healthy implements ticket.Tracker.
func (t brokenTracker) Healthy(context.Context, ticket.Ref) error { return t.refused() }

// Create implements ticket.Tracker.
func (t brokenTracker) Create(context.Context, ticket.Draft) (ticket.Ref, error) {
	return ticket.Ref{}, t.refused()
}

// Get implements ticket.Tracker.
func (t brokenTracker) Get(context.Context, []string) ([]ticket.Snapshot, error) {
	return nil, t.refused()
}

// Note implements ticket.Tracker.
func (t brokenTracker) Note(context.Context, string, string, ticket.Body) error { return t.refused() }

// Reopen implements ticket.Tracker.
func (t brokenTracker) Reopen(context.Context, string, ticket.Body) error { return t.refused() }

// AddLabels implements ticket.Tracker.
func (t brokenTracker) AddLabels(context.Context, string, []string) error { return t.refused() }

// Relate implements ticket.Tracker.
func (t brokenTracker) Relate(context.Context, string, string, string) error { return t.refused() }

// Check implements ticket.Tracker.
func (t brokenTracker) Check(context.Context) []ticket.Check {
	return []ticket.Check{{Subject: "token", Detail: message(t.err), Remedy: "put the token where the configuration says, and make it readable"}}
}

// Sprints implements ticket.Planner.
func (t brokenTracker) Sprints(context.Context) ([]ticket.Sprint, error) { return nil, t.refused() }

// Backlog implements ticket.Planner.
func (t brokenTracker) Backlog(context.Context) ([]ticket.Snapshot, error) { return nil, t.refused() }

// InSprint implements ticket.Planner.
func (t brokenTracker) InSprint(context.Context, string) ([]ticket.Snapshot, error) {
	return nil, t.refused()
}

// Move implements ticket.Planner.
func (t brokenTracker) Move(context.Context, string, []string) error { return t.refused() }

// WorkLogs implements ticket.WorkLogger.
func (t brokenTracker) WorkLogs(context.Context, time.Time, []string) ([]ticket.Logged, error) {
	return nil, t.refused()
}

// Query implements ticket.Planner.
func (t brokenTracker) Query() string {
	if p, ok := t.Tracker.(ticket.Planner); ok {
		return p.Query()
	}
	return ""
}
