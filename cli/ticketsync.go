package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	pb "opsreview/proto/opsreview/v1"
)

func (a *app) ticketSyncCommand() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "sync",
		Short: "Bring back from the tracker where the tickets stand",
		Long: `Ask the tracker where the tickets of the ledger stand, by their ids, not by searching.
Nothing is written there, but for a label of this program's that somebody has taken away:
by that a ticket is found again.`,
		Example: "  opsreview ticket sync",
		Args:    args(cobra.NoArgs, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkOutput(output, asTable, asJSON); err != nil {
				return err
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.tickets.SyncTickets(ctx, &pb.SyncTicketsRequest{})
				if err != nil {
					return err
				}
				return a.printTicketSync(resp, output)
			})
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", asTable, "print as `FORM`: table or json")
	return cmd
}

func (a *app) printTicketSync(resp *pb.SyncTicketsResponse, output string) error {
	if output == asJSON {
		return printJSON(a.stdout, ticketSyncJSON{
			Tracker: resp.GetTracker(), Asked: resp.GetAsked(), Changed: resp.GetChanged(), Gone: resp.GetGone(), Relabelled: resp.GetRelabelled(),
			Found: resp.GetFound(),
		})
	}
	text := fmt.Sprintf("%s: %s asked for, %d changed", bounded(resp.GetTracker()), plural(resp.GetAsked(), "ticket"), resp.GetChanged())
	if resp.GetFound() > 0 {
		text += fmt.Sprintf(", %d found whose filing had lost its answer", resp.GetFound())
	}
	if resp.GetRelabelled() > 0 {
		text += fmt.Sprintf(", %d had their label put back", resp.GetRelabelled())
	}
	if resp.GetGone() > 0 {
		text += fmt.Sprintf(", %d gone (opsreview ticket list --state gone)", resp.GetGone())
	}
	a.indented(0, nil, text)
	return nil
}

func (a *app) ticketAdoptCommand() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "adopt",
		Short: "Rebuild a lost ledger from the labels in the tracker",
		Long: `Find every ticket that carries this program's labels and take those that the ledger does
not know into it. Nothing is filed and nothing in the tracker changes. The exit status
is 1 if several open tickets stand for one finding: keep one, close the others as its duplicates.`,
		Example: "  opsreview ticket adopt",
		Args:    args(cobra.NoArgs, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkOutput(output, asTable, asJSON); err != nil {
				return err
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.tickets.AdoptTickets(ctx, &pb.AdoptTicketsRequest{})
				if err != nil {
					return err
				}
				return a.printAdoption(resp, output)
			})
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", asTable, "print as `FORM`: table or json")
	return cmd
}

func (a *app) printAdoption(resp *pb.AdoptTicketsResponse, output string) error {
	if output == asJSON {
		if err := printJSON(a.stdout, ticketAdoptionJSON{
			Tracker: resp.GetTracker(), Found: resp.GetFound(), Adopted: resp.GetAdopted(), Duplicates: append([]string{}, resp.GetDuplicates()...),
		}); err != nil {
			return err
		}
	} else {
		a.indented(0, nil, fmt.Sprintf("%s: %s found by label, %d taken into the ledger", bounded(resp.GetTracker()), plural(resp.GetFound(), "ticket"), resp.GetAdopted()))
		for _, d := range resp.GetDuplicates() {
			a.indented(2, a.style().warn, "! several open tickets stand for "+bounded(d)+": keep one, and close the others as its duplicates")
		}
	}
	if len(resp.GetDuplicates()) > 0 {
		return errPartly
	}
	return nil
}

func (a *app) ticketResolveCommand() *cobra.Command {
	var key, output string
	var retry bool
	cmd := &cobra.Command{
		Use:   "resolve KEY",
		Short: "Say what became of a ticket of which nobody else knows",
		Long: `Say what became of the ticket of a finding (its key or fingerprint) whose filing got no
answer, or that is gone: --key names the ticket that it is, --retry says that it does not
exist, so that the next "ticket file" files it.`,
		Example: `  opsreview ticket resolve 'noisy_monitor:secrets|pd/PMON1' --key OPS-12
  opsreview ticket resolve 7c1f0a9be2d34410 --retry`,
		Args: args(cobra.ExactArgs(1), "the key or the fingerprint of one finding"),
		RunE: func(cmd *cobra.Command, findings []string) error {
			if err := checkOutput(output, asTable, asJSON); err != nil {
				return err
			}
			if (key == "") != retry {
				return usagef("say what became of it: --key names its ticket, --retry says that it has none")
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.tickets.ResolveTicket(ctx, &pb.ResolveTicketRequest{Finding: findings[0], Key: key, Retry: retry})
				if err != nil {
					return err
				}
				return a.printResolved(resp.GetTicket(), output)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&key, "key", "", "it is the tracker's `TICKET`, such as OPS-12")
	f.BoolVar(&retry, "retry", false, "it does not exist: file it again")
	f.StringVarP(&output, "output", "o", asTable, "print as `FORM`: table or json")
	oneOf(cmd, "key", "retry")
	return cmd
}

func (a *app) printResolved(t *pb.Ticket, output string) error {
	if output == asJSON {
		return printJSON(a.stdout, ticketToJSON(t))
	}
	text := bounded(t.GetFindingKey()) + ": "
	if t.GetKey() != "" {
		text += ticketMark(t)
	} else {
		text += "the next \"opsreview ticket file\" files it"
	}
	a.indented(0, nil, text)
	if t.GetUrl() != "" {
		writeLine(a.stdout, "  "+bounded(t.GetUrl()))
	}
	return nil
}
