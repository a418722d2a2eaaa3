package server

import (
	"context"
	"log/slog"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
)

// observeUnary counts requests and logs them: each at debug, slow ones for the
// operator. It is outermost, so that it sees what the client sees.
func (s *Server) observeUnary(ctx context.Context, req any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	start, done := time.Now(), s.began(info.FullMethod)
	resp, err := handle(ctx, req)
	took := time.Since(start)
	done(took, err)
	level := slog.LevelDebug
	if took > s.opts.SlowRequest {
		level = slog.LevelInfo
	}
	s.logRequest(ctx, level, info.FullMethod, took, err)
	return resp, err
}

// observeStream is observeUnary for streams, which may rightly be long.
func (s *Server) observeStream(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
	start, done := time.Now(), s.began(info.FullMethod)
	err := handle(srv, stream)
	took := time.Since(start)
	done(took, err)
	s.logRequest(stream.Context(), slog.LevelDebug, info.FullMethod, took, err)
	return err
}

// began counts a request that begins, and returns how to count its end.
func (s *Server) began(method string) (done func(took time.Duration, err error)) {
	method = methodName(method)
	inFlight := s.metrics.inFlight.WithLabelValues(method)
	inFlight.Inc()
	return func(took time.Duration, err error) {
		inFlight.Dec()
		s.metrics.requests.WithLabelValues(method, status.Code(err).String()).Observe(took.Seconds())
	}
}

func (s *Server) logRequest(ctx context.Context, level slog.Level, method string, took time.Duration, err error) {
	s.opts.Log.LogAttrs(ctx, level, "request answered", slog.String("method", methodName(method)),
		slog.Duration("took", took), slog.String("code", status.Code(err).String()))
}
