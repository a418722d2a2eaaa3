package cli

import (
	"context"
	"errors"
	"math"
	"net"
	"slices"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	"opsreview"
	"opsreview/config"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/server"
)

// A client is a connection to the API.
type client struct {
	pages      pb.PageServiceClient
	loads      pb.LoadServiceClient
	reviews    pb.ReviewServiceClient
	monitors   pb.MonitorServiceClient
	policies   pb.PolicyServiceClient
	teams      pb.TeamServiceClient
	sources    pb.SourceServiceClient
	ingests    pb.IngestServiceClient
	databases  pb.DatabaseServiceClient
	audits     pb.AuditServiceClient
	budgets    pb.BudgetServiceClient
	findings   pb.FindingServiceClient
	tickets    pb.TicketServiceClient
	anomalies  pb.AnomalyServiceClient
	dashboards pb.DashboardServiceClient
	toils      pb.ToilServiceClient
	meetings   pb.MeetingServiceClient
	incidents  pb.IncidentServiceClient
}

// withClient connects to the API, calls fn and closes what it opened. With
// --server it asks that server; without, it serves the API from this process,
// so that every command has one way of working.
func (a *app) withClient(ctx context.Context, fn func(context.Context, client) error) (err error) {
	dial, closeAll, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeAll()) }()
	conn, err := dial()
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // nothing is lost with a client's connection
	return fn(ctx, client{
		pages:      pb.NewPageServiceClient(conn),
		loads:      pb.NewLoadServiceClient(conn),
		reviews:    pb.NewReviewServiceClient(conn),
		monitors:   pb.NewMonitorServiceClient(conn),
		policies:   pb.NewPolicyServiceClient(conn),
		teams:      pb.NewTeamServiceClient(conn),
		sources:    pb.NewSourceServiceClient(conn),
		ingests:    pb.NewIngestServiceClient(conn),
		databases:  pb.NewDatabaseServiceClient(conn),
		audits:     pb.NewAuditServiceClient(conn),
		budgets:    pb.NewBudgetServiceClient(conn),
		findings:   pb.NewFindingServiceClient(conn),
		tickets:    pb.NewTicketServiceClient(conn),
		anomalies:  pb.NewAnomalyServiceClient(conn),
		dashboards: pb.NewDashboardServiceClient(conn),
		toils:      pb.NewToilServiceClient(conn),
		meetings:   pb.NewMeetingServiceClient(conn),
		incidents:  pb.NewIncidentServiceClient(conn),
	})
}

type dialer func() (*grpc.ClientConn, error)

// connect returns how to reach the API and how to let go of it.
func (a *app) connect(ctx context.Context) (dialer, func() error, error) {
	options := []grpc.DialOption{
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(server.MaxMessage), grpc.MaxCallSendMsgSize(server.MaxMessage)),
		grpc.WithChainUnaryInterceptor(unaryStatus),
		grpc.WithChainStreamInterceptor(streamStatus),
	}
	if a.serverAddr != "" {
		if a.dbPath != "" {
			return nil, nil, usagef("choose one of --db and --server")
		}
		access, err := a.dialOptions()
		if err != nil {
			return nil, nil, err
		}
		if err := reach(ctx, a.serverAddr); err != nil {
			return nil, nil, err
		}
		options = append(options, access...)
		return func() (*grpc.ClientConn, error) { return grpc.NewClient("passthrough:///"+a.serverAddr, options...) },
			func() error { return nil }, nil
	}
	backend, err := a.open(ctx, unhurried)
	if err != nil {
		return nil, nil, err
	}
	lis := bufconn.Listen(1 << 20)
	served := make(chan error, 1)
	go func() { served <- backend.server.Serve(lis) }()
	options = append(options, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) }))
	closeAll := func() error {
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		backend.server.Stop(stop)
		return errors.Join(<-served, backend.close())
	}
	return func() (*grpc.ClientConn, error) { return grpc.NewClient("passthrough:///in-process", options...) }, closeAll, nil
}

// reachTimeout is how long a server may take to accept a
// connection.
const reachTimeout = 5 * time.Second

// reach returns an Unavailable error unless somebody listens at addr. gRPC
// would find out too, in its own words.
func reach(ctx context.Context, addr string) error {
	if _, _, err := net.SplitHostPort(addr); err != nil {
		return usagef("%q is not an address: write host:port, such as 127.0.0.1:7474", addr)
	}
	dialer := net.Dialer{Timeout: reachTimeout}
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return opsreview.Wrapf(err, opsreview.Unavailable,
			"no server answers at %s: is \"opsreview serve\" running there? Without --server the database file is used directly", addr)
	}
	return conn.Close()
}

// domainCodes gives each gRPC code that the server sends its domain code.
var domainCodes = map[codes.Code]opsreview.Code{
	codes.InvalidArgument:   opsreview.Invalid,
	codes.NotFound:          opsreview.NotFound,
	codes.AlreadyExists:     opsreview.Conflict,
	codes.Unavailable:       opsreview.Unavailable,
	codes.DeadlineExceeded:  opsreview.Unavailable,
	codes.ResourceExhausted: opsreview.Invalid,
	codes.Unimplemented:     opsreview.Invalid,
	codes.Internal:          opsreview.Internal,
	codes.Unauthenticated:   opsreview.Unauthenticated,
	codes.PermissionDenied:  opsreview.Denied,
}

// fromStatus turns a gRPC status back into the domain's error.
func fromStatus(err error) error {
	s, ok := status.FromError(err)
	if err == nil || !ok {
		return err
	}
	if s.Code() == codes.Canceled {
		return context.Canceled
	}
	code, ok := domainCodes[s.Code()]
	if !ok {
		code = opsreview.Internal
	}
	if slices.ContainsFunc(s.Details(), func(d any) bool { _, again := d.(*errdetails.RetryInfo); return again }) {
		code = opsreview.Unavailable // it says when to come again
	}
	return opsreview.Errorf(code, "%s", s.Message())
}

func unaryStatus(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	return fromStatus(invoke(ctx, method, req, reply, cc, opts...))
}

func streamStatus(ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	stream, err := open(ctx, desc, cc, method, opts...)
	if err != nil {
		return nil, fromStatus(err)
	}
	return statusStream{stream}, nil
}

// A statusStream is a stream whose errors are the domain's.
type statusStream struct{ grpc.ClientStream }

// RecvMsg implements grpc.ClientStream.
func (s statusStream) RecvMsg(m any) error { return fromStatus(s.ClientStream.RecvMsg(m)) }

// unhurried keeps the log from telling whoever waits for an answer that it took
// long.
func unhurried(_ config.Config, o *server.Options) error {
	o.SlowRequest = math.MaxInt64
	return nil
}
