package server

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"opsreview"
	"opsreview/auth"
	pb "opsreview/proto/opsreview/v1"
)

// An auditedStream keeps an entry once its first message has come, before
// anything is done about it, and compares that message with the caller's teams.
type auditedStream struct {
	grpc.ServerStream
	guard *guard
	call  call
	end   func(context.Context, string) // nil until there is an entry
	came  bool                          // the first message
}

// Context implements grpc.ServerStream. It knows who calls.
func (s *auditedStream) Context() context.Context {
	return withCaller(s.ServerStream.Context(), s.call.caller)
}

// RecvMsg implements grpc.ServerStream.
func (s *auditedStream) RecvMsg(m any) error {
	if err := s.ServerStream.RecvMsg(m); err != nil || s.came {
		return err
	}
	s.came = true
	msg, ok := m.(proto.Message)
	if !ok {
		return opsreview.Errorf(opsreview.Internal, "%s does not take a message", s.call.method)
	}
	file, isFile := m.(*pb.ImportFileRequest)
	if !isTrial(m) && (!isFile || !file.GetHeader().GetValidateOnly()) {
		var err error
		if s.end, err = beginAudit(s.Context(), s.guard.opts, newAuditEntry(s.call, msg)); err != nil {
			return err
		}
	}
	return s.guard.checkReach(s.Context(), s.call, msg)
}

// run calls the handler and keeps how it went.
func (s *auditedStream) run(handle func() error) (err error) {
	outcome := string(opsreview.Internal) // of a panic
	defer func() {
		if s.end != nil {
			s.end(s.Context(), outcome)
		}
	}()
	err = handle()
	outcome = outcomeOf(err)
	return err
}

type callerKey struct{}

// withCaller returns a context that knows who calls.
func withCaller(ctx context.Context, c auth.Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// callOf returns whoever made the call, and false for work that no call asks
// for.
func callOf(ctx context.Context) (auth.Caller, bool) {
	c, ok := ctx.Value(callerKey{}).(auth.Caller)
	return c, ok
}

// callerOf returns the name of whoever made the call, as far as it is known.
func callerOf(ctx context.Context) string {
	if c, _ := callOf(ctx); c.Name != "" {
		return c.Name
	}
	return "somebody"
}
