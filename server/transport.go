package server

import (
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	_ "google.golang.org/grpc/encoding/gzip" // clients may compress what they send
	"google.golang.org/grpc/keepalive"
)

const (
	// maxStreams is how many calls one connection may have under way. A call is
	// under way until its answer has been taken, so that a client that reads
	// slowly or not at all keeps so many answers in memory at most.
	maxStreams = 32

	// pingEvery is how often at most clients may ask whether the server is there.
	pingEvery = 20 * time.Second
)

// transport says how the server treats connections. A client that answers no
// ping within 20 seconds is cut off, and with it what it has not read.
func transport(o Options) []grpc.ServerOption {
	options := []grpc.ServerOption{
		grpc.MaxRecvMsgSize(MaxMessage), // of the message as it is once decompressed
		grpc.MaxSendMsgSize(MaxMessage),
		grpc.MaxHeaderListSize(64 << 10), // an ID token with many groups is large
		grpc.MaxConcurrentStreams(maxStreams),
		grpc.ConnectionTimeout(20 * time.Second),
		grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionIdle: 15 * time.Minute, Time: time.Minute, Timeout: 20 * time.Second}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: pingEvery, PermitWithoutStream: true}),
	}
	if o.TLS != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(o.TLS)))
	}
	return options
}
