package cli

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	pb "opsreview/proto/opsreview/v1"
)

func (a *app) incidentAddCommand() *cobra.Command {
	req := &pb.CreateIncidentRequest{}
	var author choiceFlags
	var output string
	cmd := &cobra.Command{
		Use:   "add TITLE",
		Short: "Enter an incident that no source tells of",
		Long: `Enter an incident. Times may be written as 2026-11-09T08:00 on the team's clock,
14:30, "yesterday 14:00", "monday" or "2h ago"; leave out what nobody knows.`,
		Example: `  opsreview incident add "Vault is sealed" --team secrets --severity SEV1 --service vault \
      --start "yesterday 14:00" --detect "yesterday 14:05" --resolve "yesterday 15:30" --detected-by customer`,
		Args: args(cobra.ExactArgs(1), "one title"),
		RunE: func(cmd *cobra.Command, titles []string) error {
			if err := checkOutput(output, asTable, asJSON); err != nil {
				return err
			}
			if strings.TrimSpace(titles[0]) == "" {
				return usagef("an incident needs a title")
			}
			req.Title, req.Author, req.RequestId = titles[0], a.authorOf(author), rand.Text()
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.incidents.CreateIncident(ctx, req)
				if err != nil {
					return err
				}
				x := resp.GetIncident()
				if output == asJSON {
					return printJSON(a.stdout, incidentToJSON(x))
				}
				writeLine(a.stdout, fmt.Sprintf("entered incident %s: %s", clean(x.GetName()), bounded(x.GetTitle())))
				a.printFact("missing", strings.Join(cleaned(x.GetMissing()), ", "))
				writeLine(a.stdout, "to add or correct: opsreview incident link "+shellWord(clean(x.GetName()))+" --severity … --detected-by … --page … --ticket … --postmortem …")
				return nil
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&req.Number, "number", "", "what people call it, `NUMBER`, such as INC-17")
	f.StringVar(&req.Team, "team", "", "whose it is, `TEAM`, on whose clock times are")
	f.StringVar(&req.Severity, "severity", "", "how grave it is, `SEVERITY`, such as SEV1")
	f.StringVar(&req.DetectedBy, "detected-by", "", "what noticed it, `WHAT`: alert, person or customer")
	f.StringArrayVar(&req.Services, "service", nil, "a `SERVICE` that it harmed; may be repeated")
	f.StringArrayVar(&req.Pages, "page", nil, "a `PAGE` of it; may be repeated")
	f.StringVar(&req.Summary, "summary", "", "what happened, a `TEXT`")
	f.StringVar(&req.Url, "url", "", "where people read of it, `ADDRESS`")
	f.StringVar(&req.Postmortem, "postmortem", "", "where its postmortem is, `ADDRESS`")
	f.StringVar(&req.Start, "start", "", "when users began to be harmed, `TIME`")
	f.StringVar(&req.Detect, "detect", "", "when it was noticed, `TIME`")
	f.StringVar(&req.Acknowledge, "ack", "", "when somebody took it on, `TIME`")
	f.StringVar(&req.Mitigate, "mitigate", "", "when users were harmed no more, `TIME`")
	f.StringVar(&req.Resolve, "resolve", "", "when it was resolved, `TIME`")
	f.StringVar(&author.author, "author", "", "who enters it, `NAME` (default the name of the account)")
	f.StringVarP(&output, "output", "o", asTable, "print as `FORM`: table or json")
	return cmd
}

// linkFlags are what can be linked to an incident, in the order in which it is.
type linkFlags struct {
	pages, tickets, services         []string
	postmortem, severity, detectedBy string
	author                           choiceFlags
	output                           string
}

func (o *linkFlags) add(cmd *cobra.Command, verb string) {
	f := cmd.Flags()
	f.StringArrayVar(&o.pages, "page", nil, verb+" a `PAGE`; may be repeated")
	f.StringArrayVar(&o.tickets, "ticket", nil, verb+" a follow-up, the key or the address of a `TICKET`; may be repeated")
	f.StringArrayVar(&o.services, "service", nil, verb+" a `SERVICE`; may be repeated")
	f.StringVar(&o.postmortem, "postmortem", "", verb+" the `ADDRESS` of its postmortem")
	f.StringVar(&o.severity, "severity", "", verb+" a `SEVERITY`, which is stronger than the source's")
	f.StringVar(&o.detectedBy, "detected-by", "", verb+" `WHAT` noticed it: alert, person or customer")
	f.StringVar(&o.author.author, "author", "", "who does it, `NAME` (default the name of the account)")
	f.StringVarP(&o.output, "output", "o", asTable, "print as `FORM`: table or json")
}

// A kindOfLink is what is linked of one kind.
type kindOfLink struct {
	kind    string
	targets []string
}

// links are what was given, by kind.
func (o *linkFlags) links() []kindOfLink {
	var all []kindOfLink
	add := func(kind string, targets ...string) {
		if len(targets) > 0 && (len(targets) > 1 || targets[0] != "") {
			all = append(all, kindOfLink{kind, targets})
		}
	}
	add("page", o.pages...)
	add("ticket", o.tickets...)
	add("service", o.services...)
	add("postmortem", o.postmortem)
	add("severity", o.severity)
	add("detected_by", o.detectedBy)
	return all
}

// words are the links again as flags, for a command to copy.
func (o *linkFlags) words() string {
	var b strings.Builder
	for _, k := range o.links() {
		for _, target := range k.targets {
			b.WriteString(" --" + linkWord(k.kind) + " " + shellWord(clean(target)))
		}
	}
	return b.String()
}

const nothingToLink = "say what: --page, --ticket, --service, --postmortem, --severity or --detected-by"

func (a *app) incidentLinkCommand() *cobra.Command {
	var o linkFlags
	cmd := &cobra.Command{
		Use:   "link INCIDENT",
		Short: "Add pages, follow-ups, a postmortem and more to an incident",
		Long: `Add what its source does not say. Severity, detector and postmortem that people give are
stronger than the source's, and each takes the place of the one before.`,
		Example: `  opsreview incident link INC-17 --page 4411 --ticket OPS-12 --postmortem https://wiki.example.com/17`,
		Args:    args(cobra.ExactArgs(1), "one incident"),
		RunE: func(cmd *cobra.Command, names []string) error {
			if err := checkOutput(o.output, asTable, asJSON); err != nil {
				return err
			}
			if len(o.links()) == 0 {
				return usagef(nothingToLink)
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error { return a.linkAll(ctx, c, names[0], o) })
		},
	}
	o.add(cmd, "link")
	return cmd
}

// linkAll links what was given, one kind after the other.
func (a *app) linkAll(ctx context.Context, c client, name string, o linkFlags) error {
	var x *pb.Incident
	for _, k := range o.links() {
		resp, err := c.incidents.LinkIncident(ctx, &pb.LinkIncidentRequest{
			Name: name, Kind: k.kind, Targets: k.targets, Author: a.authorOf(o.author), RequestId: rand.Text(),
		})
		if err != nil {
			return err
		}
		if x = resp.GetIncident(); o.output == asTable {
			writeLine(a.stdout, fmt.Sprintf("linked %s %s to incident %s", linkWord(k.kind), strings.Join(cleaned(k.targets), ", "), incidentName(x)))
		}
	}
	if o.output == asJSON {
		return printJSON(a.stdout, incidentToJSON(x))
	}
	if x.GetText() != "" {
		a.indented(0, nil, bounded(x.GetText()))
	}
	writeLine(a.stdout, "to take it back: opsreview incident unlink "+shellWord(clean(x.GetName()))+o.words())
	return nil
}

func (a *app) incidentUnlinkCommand() *cobra.Command {
	var o linkFlags
	cmd := &cobra.Command{
		Use:     "unlink INCIDENT",
		Short:   "Take back what was linked to an incident; the history stays",
		Example: `  opsreview incident unlink INC-17 --ticket OPS-12`,
		Args:    args(cobra.ExactArgs(1), "one incident"),
		RunE: func(cmd *cobra.Command, names []string) error {
			if err := checkOutput(o.output, asTable, asJSON); err != nil {
				return err
			}
			if len(o.links()) == 0 {
				return usagef(nothingToLink)
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error { return a.unlinkAll(ctx, c, names[0], o) })
		},
	}
	o.add(cmd, "take back")
	return cmd
}

func (a *app) unlinkAll(ctx context.Context, c client, name string, o linkFlags) error {
	var x *pb.Incident
	for _, k := range o.links() {
		for _, target := range k.targets {
			resp, err := c.incidents.UnlinkIncident(ctx, &pb.UnlinkIncidentRequest{Name: name, Kind: k.kind, Target: target, Author: a.authorOf(o.author)})
			if err != nil {
				return err
			}
			if x = resp.GetIncident(); o.output == asTable {
				writeLine(a.stdout, fmt.Sprintf("took %s %s back from incident %s", linkWord(k.kind), bounded(target), incidentName(x)))
			}
		}
	}
	if o.output == asJSON {
		return printJSON(a.stdout, incidentToJSON(x))
	}
	writeLine(a.stdout, "to link it again: opsreview incident link "+shellWord(clean(x.GetName()))+o.words())
	return nil
}
