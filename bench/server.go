package main

import (
	"context"
	"errors"
	"log/slog"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"opsreview/policy"
	"opsreview/server"
	"opsreview/store"
)

// A served is a database behind the program's own server on loopback.
type served struct {
	db     *store.DB
	server *server.Server
	addr   string
	ended  chan error
}

func serve(ctx context.Context, db *store.DB) (*served, error) {
	var lc net.ListenConfig
	lis, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &served{db: db, addr: lis.Addr().String(), ended: make(chan error, 1)}
	s.server = server.New(server.Options{DB: db, Org: org(), Rules: policy.Default().Rules, Log: slog.New(slog.DiscardHandler), Now: now, Version: "bench"})
	go func() { s.ended <- s.server.Serve(lis) }()
	return s, nil
}

func (s *served) dial() (*grpc.ClientConn, error) {
	return grpc.NewClient("passthrough:///"+s.addr, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(server.MaxMessage)))
}

func (s *served) close(ctx context.Context) error {
	s.server.Stop(ctx)
	return errors.Join(<-s.ended, s.db.Close())
}
