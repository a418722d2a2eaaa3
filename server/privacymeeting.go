package server

import (
	"context"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"opsreview"
	"opsreview/meeting"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/review"
)

// audience returns who the answer to a call is for, whatever team it is about.
func (f *facts) audience(ctx context.Context) (review.Audience, error) {
	sc, err := f.scope(ctx, "")
	if err != nil {
		return review.Audience{}, err
	}
	v, err := f.viewer(ctx, sc)
	return v.audience(), err
}

// tellMinutes takes from whatever a call about minutes answers the names of
// those whose load is not for the caller: what was forced, waived or is open may
// be of one person. It changes the answer.
func (g *guard) tellMinutes(ctx context.Context, c call, resp any) error {
	msg, ok := resp.(proto.Message)
	if !ok || !strings.HasPrefix(c.method, "/"+pb.MeetingService_ServiceDesc.ServiceName+"/") {
		return nil
	}
	a, err := g.facts.audience(withCaller(ctx, c.caller))
	if err != nil || a.Sees == nil {
		return err
	}
	tellMessage(msg.ProtoReflect(), a)
	return nil
}

// tellMessage tells a message and all messages in it.
func tellMessage(m protoreflect.Message, a review.Audience) {
	switch msg := m.Interface().(type) {
	case *pb.Meeting:
		msg.ForcedOpen = meeting.ToldForced(msg.ForcedOpen)
	case *pb.MeetingItem:
		msg.Subject = meeting.ToldSubject(msg.Subject, a)
	case *pb.Waiver:
		w := meeting.ToldWaiver(opsreview.Waiver{Kind: opsreview.WaiverKind(msg.Kind), Subject: msg.Subject, Title: msg.Title}, a)
		msg.Subject, msg.Title = w.Subject, w.Title
	case *pb.OpenPoint:
		o := meeting.ToldOpen(meeting.Open{Kind: msg.Kind, Subject: msg.Subject, Title: msg.Title, Text: msg.Text, Do: msg.Do}, a)
		msg.Subject, msg.Title, msg.Text, msg.Do = o.Subject, o.Title, o.Text, o.Do
	}
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.Message() == nil || f.IsMap():
		case f.IsList():
			for i := range v.List().Len() {
				tellMessage(v.List().Get(i).Message(), a)
			}
		default:
			tellMessage(v.Message(), a)
		}
		return true
	})
}
