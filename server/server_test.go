package server_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/server"
)

// stop stops the server and waits for the calls under way.
func stop(tb testing.TB, a *api) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), 10*time.Second)
	defer cancel()
	a.server.Stop(ctx)
	if ctx.Err() != nil {
		tb.Fatal("the server did not stop in time")
	}
}

func TestServer_HealthFollowsTheServer(t *testing.T) {
	a := openServer(t)
	if got := must(a.health.Check(t.Context(), &healthpb.HealthCheckRequest{}))(t).GetStatus(); got != healthpb.HealthCheckResponse_SERVING {
		t.Fatalf("health = %s", got)
	}
	watch := must(a.health.Watch(t.Context(), &healthpb.HealthCheckRequest{}))(t)
	if got := must(watch.Recv())(t).GetStatus(); got != healthpb.HealthCheckResponse_SERVING {
		t.Fatalf("watched health = %s", got)
	}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		stop(t, a)
	}()
	if got := must(watch.Recv())(t).GetStatus(); got != healthpb.HealthCheckResponse_NOT_SERVING {
		t.Errorf("while it stops, health = %s", got)
	}
	<-stopped // A watch does not keep the server from stopping.
	_, err := a.health.Check(t.Context(), &healthpb.HealthCheckRequest{})
	wantCode(t, codes.Unavailable, err)
}

func TestServer_StopCutsOffWhatDoesNotEnd(t *testing.T) {
	src := newFakeSource("pd")
	a := openServer(t, withSources(src))
	stream := must(a.sources.SyncSources(t.Context(), &pb.SyncSourcesRequest{}))(t)
	p := <-src.pulls
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	a.server.Stop(ctx)
	<-p.done
	if _, err := drain(stream); err == nil {
		t.Error("the sync ended well")
	}
}

func TestServer_StopAnswersCallsUnderWay(t *testing.T) {
	src := newFakeSource("pd")
	a := openServer(t, withSources(src))
	watch := must(a.health.Watch(t.Context(), &healthpb.HealthCheckRequest{}))(t)
	must(watch.Recv())(t)
	stream := must(a.sources.SyncSources(t.Context(), &pb.SyncSourcesRequest{}))(t)
	s := <-src.pulls
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		a.server.Stop(context.WithoutCancel(t.Context()))
	}()
	must(watch.Recv())(t) // The server is stopping.
	s.save <- opsreview.Batch{Pages: []opsreview.Page{page("Q1", "vault", now)}}
	s.end <- nil
	all, err := drain(stream)
	<-stopped
	if err != nil || !all[len(all)-1].GetFinished() || all[len(all)-1].GetSaved().GetNewPages() != 1 {
		t.Errorf("the sync under way ended with %v, %v", all, err)
	}
}

func TestServer_PanicsAreInternalErrors(t *testing.T) {
	src := newFakeSource("pd")
	src.panics = true
	a := openServer(t, withSources(src))
	_, err := a.sources.CheckSource(t.Context(), &pb.CheckSourceRequest{Name: "pd"})
	unary := wantCode(t, codes.Internal, err)
	_, err = drain(must(a.sources.SyncSources(t.Context(), &pb.SyncSourcesRequest{}))(t))
	stream := wantCode(t, codes.Internal, err)
	if unary.Message() != "internal error" || stream.Message() != "internal error" {
		t.Errorf("clients read %q and %q", unary.Message(), stream.Message())
	}
	if n := strings.Count(a.log.String(), "a secret of the source"); n != 2 {
		t.Errorf("the log tells of %d panics, want 2:\n%s", n, a.log)
	}
	// The source is not taken for being synced for ever.
	src.panics = false
	again := must(a.sources.SyncSources(t.Context(), &pb.SyncSourcesRequest{}))(t)
	(<-src.pulls).end <- nil
	must(drain(again))(t)
}

func TestServer_InternalErrorsDoNotLeak(t *testing.T) {
	a := openServer(t)
	if err := a.db.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := a.teams.ListTeams(t.Context(), &pb.ListTeamsRequest{})
	if s := wantCode(t, codes.Internal, err); s.Message() != "internal error" {
		t.Errorf("the client reads %q", s.Message())
	}
	_, err = drain(must(a.databases.BackupDatabase(t.Context(), &pb.BackupDatabaseRequest{}))(t))
	_ = err // A backup opens the file itself and may go well.
	if log := a.log.String(); !strings.Contains(log, "closed") || !strings.Contains(log, "method=/opsreview.v1.TeamService/ListTeams") {
		t.Errorf("the log does not tell why:\n%s", log)
	}
}

func TestServer_RequestsEndAtTheirDeadline(t *testing.T) {
	src := newFakeSource("pd")
	a := openServer(t, withSources(src), func(o *server.Options) { o.RequestTimeout = time.Nanosecond })
	_, err := a.teams.ListTeams(t.Context(), &pb.ListTeamsRequest{})
	if s := wantCode(t, codes.DeadlineExceeded, err); s.Message() != "context deadline exceeded" {
		t.Errorf("the client reads %q", s.Message())
	}
}

func TestServer_ReflectionListsTheServices(t *testing.T) {
	stream := must(reflectionpb.NewServerReflectionClient(openServer(t).conn).ServerReflectionInfo(t.Context()))(t)
	if err := stream.Send(&reflectionpb.ServerReflectionRequest{MessageRequest: &reflectionpb.ServerReflectionRequest_ListServices{}}); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range must(stream.Recv())(t).GetListServicesResponse().GetService() {
		got = append(got, s.GetName())
	}
	for _, noun := range []string{"Page", "Load", "Review", "Monitor", "Team", "Source", "Ingest", "Database"} {
		if !slices.Contains(got, "opsreview.v1."+noun+"Service") {
			t.Errorf("%sService is not among %v", noun, got)
		}
	}
	if !slices.Contains(got, "grpc.health.v1.Health") {
		t.Errorf("health is not among %v", got)
	}
}

// An importer in another language knows nothing but what reflection tells.
func TestServer_ServesClientsThatKnowOnlyItsReflection(t *testing.T) {
	a := openServer(t)
	service := reflected(t, a.conn, "opsreview.v1.IngestService")
	method := service.Methods().ByName("PushEvents")
	request := dynamicpb.NewMessage(method.Input())
	field := func(m protoreflect.Message, name protoreflect.Name) protoreflect.FieldDescriptor {
		f := m.Descriptor().Fields().ByName(name)
		if f == nil {
			t.Fatalf("%s has no field %s", m.Descriptor().FullName(), name)
		}
		return f
	}
	set := func(m protoreflect.Message, name protoreflect.Name, v any) {
		m.Set(field(m, name), protoreflect.ValueOf(v))
	}
	set(request, "source", "ruby")
	events := request.Mutable(field(request, "events")).List()
	e := events.NewElement().Message()
	set(e, "page", "7")
	set(e, "kind", "triggered")
	set(e, "title", "from afar")
	set(e.Mutable(field(e, "time")).Message(), "seconds", now.Unix())
	events.Append(protoreflect.ValueOfMessage(e))
	response := dynamicpb.NewMessage(method.Output())
	if err := a.conn.Invoke(t.Context(), "/opsreview.v1.IngestService/PushEvents", request, response); err != nil {
		t.Fatal(err)
	}
	saved := response.Get(field(response, "saved")).Message()
	if n := saved.Get(field(saved, "new_pages")).Int(); n != 1 {
		t.Errorf("saved %d pages", n)
	}
	p := must(a.pages.GetPage(t.Context(), &pb.GetPageRequest{Name: "ruby/7"}))(t).GetPage()
	if p.GetTitle() != "from afar" || !p.GetTriggerTime().AsTime().Equal(now) {
		t.Errorf("page = %v", p)
	}
}

// reflected builds a service's descriptor from what the server tells of it.
func reflected(tb testing.TB, conn *grpc.ClientConn, name string) protoreflect.ServiceDescriptor {
	tb.Helper()
	stream := must(reflectionpb.NewServerReflectionClient(conn).ServerReflectionInfo(tb.Context()))(tb)
	ask := &reflectionpb.ServerReflectionRequest{MessageRequest: &reflectionpb.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: name}}
	if err := stream.Send(ask); err != nil {
		tb.Fatal(err)
	}
	set := &descriptorpb.FileDescriptorSet{}
	for _, raw := range must(stream.Recv())(tb).GetFileDescriptorResponse().GetFileDescriptorProto() {
		fd := &descriptorpb.FileDescriptorProto{}
		if err := proto.Unmarshal(raw, fd); err != nil {
			tb.Fatal(err)
		}
		set.File = append(set.File, fd)
	}
	files := must(protodesc.NewFiles(set))(tb)
	d := must(files.FindDescriptorByName(protoreflect.FullName(name)))(tb)
	return d.(protoreflect.ServiceDescriptor)
}
