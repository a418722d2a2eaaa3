package server

import (
	"context"

	"google.golang.org/grpc"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

// endWatches ends every watch of the server's health once it has told that the
// server stops. A client that balances load watches as long as it is connected,
// and would keep the server from stopping.
func endWatches(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
	if info.FullMethod != healthpb.Health_Watch_FullMethodName {
		return handle(srv, stream)
	}
	ctx, cancel := context.WithCancel(stream.Context())
	defer cancel()
	return handle(srv, &watch{ServerStream: stream, ctx: ctx, end: cancel})
}

// A watch is the stream of one watch of the server's health.
type watch struct {
	grpc.ServerStream
	ctx context.Context
	end context.CancelFunc
}

// Context implements grpc.ServerStream.
func (w *watch) Context() context.Context { return w.ctx }

// SendMsg implements grpc.ServerStream.
func (w *watch) SendMsg(m any) error {
	err := w.ServerStream.SendMsg(m)
	if r, ok := m.(*healthpb.HealthCheckResponse); ok && r.GetStatus() == healthpb.HealthCheckResponse_NOT_SERVING {
		w.end()
	}
	return err
}
