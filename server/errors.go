package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"opsreview"
)

// statusCodes gives each of the domain's codes its gRPC code.
var statusCodes = map[opsreview.Code]codes.Code{
	opsreview.Invalid:     codes.InvalidArgument,
	opsreview.NotFound:    codes.NotFound,
	opsreview.Conflict:    codes.AlreadyExists,
	opsreview.Unavailable: codes.Unavailable,
	opsreview.Internal:    codes.Internal,

	opsreview.Unauthenticated: codes.Unauthenticated,
	opsreview.Denied:          codes.PermissionDenied,
}

// toStatus is the one place where the domain's errors become gRPC statuses.
// The client gets the message; the log gets the whole chain.
func toStatus(ctx context.Context, log *slog.Logger, method string, err error) error {
	if err == nil {
		return nil
	}
	if ended := contextStatus(err); ended != nil && (ctx.Err() != nil || !classified(err)) {
		return ended
	}
	var own interface{ GRPCStatus() *status.Status } // a broken stream, a message over the limit
	if errors.As(err, &own) {
		return own.GRPCStatus().Err()
	}
	code := statusCodes[opsreview.ErrorCode(err)]
	if code == codes.Internal {
		log.ErrorContext(ctx, "request failed", "method", method, "err", err)
	}
	return status.Error(code, opsreview.ErrorMessage(err))
}

// contextStatus returns the status of a context's end, nil if err is none. It
// does not repeat err's text, which may be a whole chain.
func contextStatus(err error) error {
	for _, ended := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, ended) {
			return status.FromContextError(ended).Err()
		}
	}
	return nil
}

// classified reports whether somebody has said what err means to the caller. A
// vendor's timeout is a context's end too, but not that of the call.
func classified(err error) bool {
	var ours *opsreview.Error
	return errors.As(err, &ours)
}

// recovered turns a panic into an Internal error, so that one bad request does
// not end the server.
func recovered(ctx context.Context, log *slog.Logger, method string, v any) error {
	log.ErrorContext(ctx, "request panicked", "method", method, "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
	return status.Error(codes.Internal, "internal error")
}

func unaryErrors(log *slog.Logger) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (resp any, err error) {
		defer func() {
			if v := recover(); v != nil {
				resp, err = nil, recovered(ctx, log, info.FullMethod, v)
			}
		}()
		resp, err = handle(ctx, req)
		if err != nil {
			return nil, toStatus(ctx, log, info.FullMethod, err)
		}
		return resp, nil
	}
}

func streamErrors(log *slog.Logger) grpc.StreamServerInterceptor {
	return func(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) (err error) {
		ctx := stream.Context()
		defer func() {
			if v := recover(); v != nil {
				err = recovered(ctx, log, info.FullMethod, v)
			}
		}()
		return toStatus(ctx, log, info.FullMethod, handle(srv, stream))
	}
}

// unaryDeadline bounds every unary request, so that a forgotten client holds
// nothing for ever. A client's own deadline holds where it is earlier.
func unaryDeadline(o Options) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
		ctx, cancel := context.WithTimeout(ctx, o.RequestTimeout)
		defer cancel()
		return handle(ctx, req)
	}
}
