package cli

import (
	"context"
	"fmt"

	tea "charm.land/bubbletea/v2"
	"google.golang.org/grpc"

	pb "opsreview/proto/opsreview/v1"
)

// meetingAPI is what a walk needs of the API while it runs.
type meetingAPI interface {
	GetMeeting(context.Context, *pb.GetMeetingRequest, ...grpc.CallOption) (*pb.GetMeetingResponse, error)
	UpdateMeeting(context.Context, *pb.UpdateMeetingRequest, ...grpc.CallOption) (*pb.UpdateMeetingResponse, error)
	AddItem(context.Context, *pb.AddItemRequest, ...grpc.CallOption) (*pb.AddItemResponse, error)
	ChangeItem(context.Context, *pb.ChangeItemRequest, ...grpc.CallOption) (*pb.ChangeItemResponse, error)
	CreateWaiver(context.Context, *pb.CreateWaiverRequest, ...grpc.CallOption) (*pb.CreateWaiverResponse, error)
	WithdrawWaiver(context.Context, *pb.WithdrawWaiverRequest, ...grpc.CallOption) (*pb.WithdrawWaiverResponse, error)
	CloseMeeting(context.Context, *pb.CloseMeetingRequest, ...grpc.CallOption) (*pb.CloseMeetingResponse, error)
}

// A walkCaller makes commands that ask the API. It never changes, so that
// commands may run beside the model.
type walkCaller struct {
	ctx    func() context.Context
	api    meetingAPI
	author string
	file   func(context.Context, *pb.FileTicketsRequest) (*filing, error)
	pages  func(ctx context.Context, m *pb.Meeting, first string) (*triage, error)
}

// The messages in which commands end. The agenda is nil where it could not be
// read again.
type (
	walkPlaceMsg struct {
		section string
		meeting *pb.Meeting
		err     error
	}
	walkWroteMsg struct {
		entry walkEntry
		resp  *pb.GetMeetingResponse
		err   error
	}
	walkUndoneMsg struct {
		text string
		resp *pb.GetMeetingResponse
		err  error
	}
	walkPlanMsg struct {
		key  string
		plan *filing
		err  error
	}
	walkPagesMsg struct {
		triage *triage
		err    error
	}
	walkClosedMsg struct {
		resp *pb.CloseMeetingResponse
		err  error
	}
)

func (c walkCaller) deadline() (context.Context, context.CancelFunc) {
	return context.WithTimeout(c.ctx(), triageTimeout)
}

// place saves where the walk stands.
func (c walkCaller) place(meeting, section string) tea.Cmd {
	return func() tea.Msg {
		ctx, cancel := c.deadline()
		defer cancel()
		resp, err := c.api.UpdateMeeting(ctx, &pb.UpdateMeetingRequest{Name: meeting, Section: section, Author: c.author})
		return walkPlaceMsg{section: section, meeting: resp.GetMeeting(), err: err}
	}
}

// again reads the agenda, nil if that fails: what was written is written all
// the same.
func (c walkCaller) again(ctx context.Context, meeting string) *pb.GetMeetingResponse {
	resp, err := c.api.GetMeeting(ctx, &pb.GetMeetingRequest{Name: meeting})
	if err != nil {
		return nil
	}
	return resp
}

// write does something and reads the agenda again.
func (c walkCaller) write(meeting string, do func(context.Context) (walkEntry, error)) tea.Cmd {
	return func() tea.Msg {
		ctx, cancel := c.deadline()
		defer cancel()
		entry, err := do(ctx)
		if err != nil {
			return walkWroteMsg{err: err}
		}
		return walkWroteMsg{entry: entry, resp: c.again(ctx, meeting)}
	}
}

// read reads the agenda.
func (c walkCaller) read(meeting string) tea.Cmd {
	return func() tea.Msg {
		ctx, cancel := c.deadline()
		defer cancel()
		resp, err := c.api.GetMeeting(ctx, &pb.GetMeetingRequest{Name: meeting})
		return walkWroteMsg{resp: resp, err: err}
	}
}

// add writes an item into the minutes.
func (c walkCaller) add(req *pb.AddItemRequest) tea.Cmd {
	return c.write(req.GetName(), func(ctx context.Context) (walkEntry, error) {
		resp, err := c.api.AddItem(ctx, req)
		if err != nil {
			return walkEntry{}, err
		}
		i := resp.GetItem()
		return walkEntry{text: itemWord(i.GetKind()) + " written down: " + bounded(i.GetText()), undo: c.withdraw(i)}, nil
	})
}

// withdraw takes an item back.
func (c walkCaller) withdraw(i *pb.MeetingItem) func() (string, error) {
	return func() (string, error) {
		ctx, cancel := c.deadline()
		defer cancel()
		_, err := c.api.ChangeItem(ctx, &pb.ChangeItemRequest{Id: i.GetId(), Withdraw: true, Author: c.author})
		return itemWord(i.GetKind()) + ": " + bounded(i.GetText()), err
	}
}

// waive waives a point.
func (c walkCaller) waive(meeting string, req *pb.CreateWaiverRequest) tea.Cmd {
	return c.write(meeting, func(ctx context.Context) (walkEntry, error) {
		resp, err := c.api.CreateWaiver(ctx, req)
		if err != nil {
			return walkEntry{}, err
		}
		w := resp.GetWaiver()
		text := fmt.Sprintf("the %s %s, until %s", clean(w.GetKind()), bounded(orElse(w.GetTitle(), w.GetSubject())), w.GetExpireTime().AsTime().Format("2 Jan 2006"))
		return walkEntry{text: "waived: " + text, undo: func() (string, error) {
			ctx, cancel := c.deadline()
			defer cancel()
			_, err := c.api.WithdrawWaiver(ctx, &pb.WithdrawWaiverRequest{Id: w.GetId(), Author: c.author})
			return "the waiver of " + text, err
		}}, nil
	})
}

// hand lets somebody else lead.
func (c walkCaller) hand(m *pb.Meeting, to string) tea.Cmd {
	lead := func(ctx context.Context, who string) error {
		_, err := c.api.UpdateMeeting(ctx, &pb.UpdateMeetingRequest{Name: m.GetId(), Facilitator: who, Author: c.author})
		return err
	}
	was := m.GetFacilitator()
	return c.write(m.GetId(), func(ctx context.Context) (walkEntry, error) {
		entry := walkEntry{text: clean(to) + " leads from here on"}
		if was != "" {
			entry.undo = func() (string, error) {
				ctx, cancel := c.deadline()
				defer cancel()
				return bounded(was) + " leads again", lead(ctx, was)
			}
		}
		return entry, lead(ctx, to)
	})
}

// undo takes an entry back and reads the agenda again.
func (c walkCaller) undo(meeting string, entry walkEntry) tea.Cmd {
	return func() tea.Msg {
		text, err := entry.undo()
		if err != nil {
			return walkUndoneMsg{err: err}
		}
		ctx, cancel := c.deadline()
		defer cancel()
		return walkUndoneMsg{text: text, resp: c.again(ctx, meeting)}
	}
}

// fileRequest asks for the ticket of one finding of the review.
func fileRequest(m *pb.Meeting, key string) *pb.FileTicketsRequest {
	return &pb.FileTicketsRequest{Team: m.GetTeam(), Window: instants(m.GetWindow()), Only: []string{key}}
}

// plan asks what filing a finding would do, and does nothing.
func (c walkCaller) plan(m *pb.Meeting, key string) tea.Cmd {
	return func() tea.Msg {
		ctx, cancel := c.deadline()
		defer cancel()
		req := fileRequest(m, key)
		req.ValidateOnly = true
		plan, err := c.file(ctx, req)
		return walkPlanMsg{key: key, plan: plan, err: err}
	}
}

// ticket files a finding. Filing again files nothing twice.
func (c walkCaller) ticket(m *pb.Meeting, key string) tea.Cmd {
	return c.write(m.GetId(), func(ctx context.Context) (walkEntry, error) {
		req := fileRequest(m, key)
		req.Confirm = true
		did, err := c.file(ctx, req)
		if err != nil {
			return walkEntry{}, err
		}
		if len(did.steps) == 0 {
			return walkEntry{idle: true, text: "nothing was filed: the finding is not there any more"}, nil
		}
		s := did.steps[0]
		if s.GetOutcome() != didDone {
			return walkEntry{idle: true, text: "nothing was filed: " + bounded(orElse(s.GetError(), orElse(s.GetDetail(), s.GetStep().GetReason())))}, nil
		}
		return walkEntry{text: fmt.Sprintf("%s %s in %s, where it can be closed", didWord(s), bounded(s.GetTicket().GetKey()), bounded(did.tracker))}, nil
	})
}

// label asks for the pages to label.
func (c walkCaller) label(m *pb.Meeting, first string) tea.Cmd {
	return func() tea.Msg {
		ctx, cancel := c.deadline()
		defer cancel()
		t, err := c.pages(ctx, m, first)
		return walkPagesMsg{triage: t, err: err}
	}
}

// end closes the review, unless something keeps it open.
func (c walkCaller) end(meeting, id string) tea.Cmd {
	return func() tea.Msg {
		ctx, cancel := c.deadline()
		defer cancel()
		resp, err := c.api.CloseMeeting(ctx, &pb.CloseMeetingRequest{Name: meeting, Author: c.author, RequestId: id})
		return walkClosedMsg{resp: resp, err: err}
	}
}
