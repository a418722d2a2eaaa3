package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	pb "opsreview/proto/opsreview/v1"
)

// addName adds --review for commands whose arguments are what is said.
func (m *meetingFlags) addName(cmd *cobra.Command) {
	cmd.Flags().StringVar(&m.name, "review", "", "the review `NAME`, such as secrets/2026-W46 (default the team's open one)")
}

// The kinds of item, in the API's words.
const (
	itemNote     = "note"
	itemWin      = "win"
	itemFailure  = "failure"
	itemDemo     = "demo"
	itemAction   = "action"
	itemAttended = "attended"
	itemHandOver = "hand_over"
)

// itemWord is what people call a kind of item.
func itemWord(kind string) string { return strings.ReplaceAll(clean(kind), "_", " ") }

// itemText is an item of the minutes in a line.
func itemText(i *pb.MeetingItem, f frame) string {
	text := bounded(i.GetText())
	var more []string
	if i.GetOwner() != "" {
		more = append(more, bounded(i.GetOwner()))
	}
	if i.GetDueTime() != nil {
		more = append(more, "by "+lastDay(i.GetDueTime().AsTime().In(f.zone)).Format("Mon 2 Jan"))
	}
	if i.GetTicket() != "" {
		more = append(more, bounded(i.GetTicket()))
	}
	if i.GetDoneTime() != nil {
		more = append(more, "done")
	}
	if i.GetSubject() != "" {
		more = append(more, "about "+bounded(i.GetSubject()))
	}
	if len(more) == 0 {
		return text
	}
	return text + " (" + strings.Join(more, ", ") + ")"
}

// itemFlags are what can be said of an item.
type itemFlags struct {
	meetingFlags
	item     pb.MeetingItem
	withdraw string
	done     string
	link     string
}

// itemCommand is a verb that writes into the minutes, or takes back.
func (a *app) itemCommand(o *itemFlags, cmd *cobra.Command) *cobra.Command {
	cmd.RunE = func(cmd *cobra.Command, words []string) error {
		if err := checkOutput(o.output, asTable, asJSON); err != nil {
			return err
		}
		if o.withdraw != "" || o.done != "" || o.link != "" {
			return a.changeItem(cmd.Context(), o, words)
		}
		if o.item.Text = strings.TrimSpace(strings.Join(words, " ")); o.item.Text == "" {
			return usagef("%s takes what is to be written down; see %q", cmd.CommandPath(), cmd.CommandPath()+" --help")
		}
		return a.addItem(cmd.Context(), o)
	}
	o.addTeam(cmd)
	o.addName(cmd)
	o.addWho(cmd, "says it")
	o.addOutput(cmd, "table or json")
	cmd.Flags().StringVar(&o.withdraw, "withdraw", "", "take back what has this `ID` instead; it stays in the history")
	return cmd
}

// changeItem takes an item back, or says what has become of it.
func (a *app) changeItem(ctx context.Context, o *itemFlags, words []string) error {
	if len(words) > 0 {
		return usagef("--withdraw, --done and --link change what is written down: leave the text out")
	}
	if o.link != "" && o.item.GetTicket() == "" {
		return usagef("--link needs the ticket: add --ticket KEY")
	}
	req := &pb.ChangeItemRequest{Id: o.withdraw + o.done + o.link, Withdraw: o.withdraw != "", Done: o.done != "", Ticket: o.item.GetTicket(), Author: a.whoSpeaks(&o.meetingFlags)}
	return a.withClient(ctx, func(ctx context.Context, c client) error {
		resp, err := c.meetings.ChangeItem(ctx, req)
		if err != nil {
			return err
		}
		i := resp.GetItem()
		if o.output == asJSON {
			return printJSON(a.stdout, meetingItemToJSON(i))
		}
		text := bounded(i.GetText())
		switch {
		case req.GetWithdraw():
			text = fmt.Sprintf("taken back from %s: %s; to say it again, write it down again", clean(i.GetMeeting()), text)
		case req.GetDone():
			text = "done: " + text
		default:
			text = fmt.Sprintf("%s has the ticket %s", text, bounded(i.GetTicket()))
		}
		a.indented(0, nil, text)
		return nil
	})
}

func (a *app) addItem(ctx context.Context, o *itemFlags) error {
	o.item.Author = a.whoSpeaks(&o.meetingFlags)
	req := &pb.AddItemRequest{Name: o.name, Team: o.team, Item: &o.item, RequestId: newRequestID()}
	return a.withClient(ctx, func(ctx context.Context, c client) error {
		resp, err := c.meetings.AddItem(ctx, req)
		if err != nil {
			return err
		}
		if o.output == asJSON {
			return printJSON(a.stdout, meetingItemToJSON(resp.GetItem()))
		}
		a.printAdded(resp)
		return nil
	})
}

// printAdded says what was written down and how to take it back.
func (a *app) printAdded(resp *pb.AddItemResponse) {
	i := resp.GetItem()
	text := fmt.Sprintf("%s written into the minutes of %s: %s", itemWord(i.GetKind()), clean(resp.GetMeeting()), bounded(i.GetText()))
	var more []string
	if i.GetOwner() != "" {
		more = append(more, "for "+bounded(i.GetOwner()))
	}
	if i.GetDueTime() != nil {
		more = append(more, "by "+lastDay(i.GetDueTime().AsTime().In(frameOf(nil, resp.GetTimeZone()).zone)).Format("Mon 2 Jan 2006"))
	}
	if i.GetTicket() != "" {
		more = append(more, "ticket "+bounded(i.GetTicket()))
	}
	if len(more) > 0 {
		text += " (" + strings.Join(more, ", ") + ")"
	}
	a.indented(0, nil, text)
	writeLine(a.stdout, "to take it back: "+a.sayAgain("review "+strings.ReplaceAll(i.GetKind(), "_", "-"), word{"withdraw", i.GetId()}))
}

// section adds the flags that say what an item is about.
func (o *itemFlags) about(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.item.Section, "section", o.item.GetSection(), "the agenda's `SECTION` that it belongs to")
	cmd.Flags().StringVar(&o.item.Subject, "subject", "", "what it is about: a page, a monitor, a finding's key, an incident: `NAME`")
}

func (a *app) meetingNoteCommand() *cobra.Command {
	o := &itemFlags{item: pb.MeetingItem{Kind: itemNote}}
	cmd := a.itemCommand(o, &cobra.Command{
		Use:   "note TEXT",
		Short: "Write a note into the minutes of the open review",
		Example: `  opsreview review note --team secrets "the probe was moved to another zone"
  opsreview review note --team secrets --section pages --subject pd/Q3YON8WNWTZMRQ "nobody knew the runbook"
  opsreview review note --withdraw i-3f9c12d07b21`,
	})
	o.about(cmd)
	return cmd
}

func (a *app) meetingWinCommand() *cobra.Command {
	return a.itemCommand(&itemFlags{item: pb.MeetingItem{Kind: itemWin, Section: "wins"}}, &cobra.Command{
		Use:     "win TEXT",
		Short:   "Write down something that went well",
		Example: `  opsreview review win --team secrets "a month without the token alarm"`,
	})
}

func (a *app) meetingFailureCommand() *cobra.Command {
	return a.itemCommand(&itemFlags{item: pb.MeetingItem{Kind: itemFailure, Section: "failures"}}, &cobra.Command{
		Use:     "failure TEXT",
		Short:   "Write down something that went wrong, for everybody to learn from",
		Example: `  opsreview review failure --team secrets "we restored the wrong snapshot, and noticed after an hour"`,
	})
}

func (a *app) meetingDemoCommand() *cobra.Command {
	return a.itemCommand(&itemFlags{item: pb.MeetingItem{Kind: itemDemo, Section: "demos"}}, &cobra.Command{
		Use:     "demo TEXT",
		Short:   "Write down what was shown",
		Example: `  opsreview review demo --team secrets "the canary that rotates tokens by itself"`,
	})
}

func (a *app) meetingAttendedCommand() *cobra.Command {
	return a.itemCommand(&itemFlags{item: pb.MeetingItem{Kind: itemAttended}}, &cobra.Command{
		Use:     "attended NAME…",
		Short:   "Write down who was there",
		Example: `  opsreview review attended --team secrets Ada, Bob, Chidi`,
	})
}

func (a *app) meetingActionCommand() *cobra.Command {
	o := &itemFlags{item: pb.MeetingItem{Kind: itemAction, Section: "actions"}}
	cmd := a.itemCommand(o, &cobra.Command{
		Use:   "action TEXT",
		Short: "Write down something to do, or say that it is done",
		Long: `Write down something to do. It is carried over from review to review until it or its
ticket is done. With --subject and --ticket it settles a page, a monitor or a breach that
would keep the review from being closed.`,
		Example: `  opsreview review action --team secrets --owner Ada --due 14d "write the runbook for sealed vaults"
  opsreview review action --team secrets --subject m-0123456789ab --ticket OPS-12 "raise the threshold"
  opsreview review action --done i-3f9c12d07b21
  opsreview review action --link i-3f9c12d07b21 --ticket OPS-12`,
	})
	o.about(cmd)
	f := cmd.Flags()
	f.StringVar(&o.item.Owner, "owner", "", "who does it, `NAME`")
	f.StringVar(&o.item.Due, "due", "", "by when: a date, a time or a `SPAN` from now, such as 2026-12-01 or 14d")
	f.StringVar(&o.item.Ticket, "ticket", "", "its ticket's `KEY`")
	f.StringVar(&o.done, "done", "", "say instead that the action `ID` is done")
	f.StringVar(&o.link, "link", "", "give the action `ID` the ticket instead")
	oneOf(cmd, "withdraw", "done", "link")
	return cmd
}

// lastDay is the day in which an end is: one at midnight ends the day before.
func lastDay(t time.Time) time.Time { return t.Add(-time.Second) }
