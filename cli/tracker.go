package cli

import (
	"context"

	"github.com/spf13/cobra"

	pb "opsreview/proto/opsreview/v1"
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
					writeLine(a.stdout, a.style().bold(bounded(resp.GetTracker())))
				}
				return a.printChecks(checks, output)
			})
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", asTable, "print as `FORM`: table or json")
	return cmd
}
