package server_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"

	"opsreview/auth"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/server"
	"opsreview/store"
)

// callers are the tokens of the tests, and what they allow.
var callers = map[string]auth.Grant{
	"reader":         {Role: auth.Reader},
	"writer":         {Role: auth.Writer},
	"admin":          {Role: auth.Admin},
	"secrets-reader": {Role: auth.Reader, Teams: []string{"secrets"}},
	"secrets-writer": {Role: auth.Writer, Teams: []string{"secrets"}},
	"ghost-reader":   {Role: auth.Reader, Teams: []string{"disbanded"}},
}

// A guarded server asks its callers for tokens.
type guarded struct {
	*api
	tokens map[string]string
}

func openGuarded(t *testing.T, change ...func(*server.Options)) *guarded {
	t.Helper()
	clock := now
	file := auth.OpenTokens(t.TempDir()+"/tokens.json", func() time.Time { return clock })
	g := &guarded{tokens: map[string]string{"wrong": "opsreview_nobodys", "empty": ""}}
	add := func(name string, token auth.Token) {
		token.Name = name
		secret, err := file.Create(token)
		if err != nil {
			t.Fatal(err)
		}
		g.tokens[name] = secret
	}
	for name, grant := range callers {
		add(name, auth.Token{Grant: grant})
	}
	add("expired", auth.Token{Grant: auth.Grant{Role: auth.Admin}, Expires: now.Add(time.Minute)})
	clock = now.Add(time.Hour)
	g.api = openServer(t, append(change, func(o *server.Options) { o.Auth = auth.Chain{Tokens: file} })...)
	seed(t, g.api,
		page("Q1", "vault", monday(1, "09:00:00")), page("Q2", "ledger", monday(1, "10:00:00")), page("Q3", "consul", monday(2, "10:00:00")))
	return g
}

// as returns a context with a caller's token; "" has none.
func (g *guarded) as(t *testing.T, name string) context.Context {
	t.Helper()
	if name == "" {
		return t.Context()
	}
	secret, ok := g.tokens[name]
	if !ok {
		t.Fatalf("there is no caller %q", name)
	}
	return metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+secret)
}

// apiMethods lists every method of the API.
func apiMethods(t *testing.T) []protoreflect.MethodDescriptor {
	t.Helper()
	var methods []protoreflect.MethodDescriptor
	protoregistry.GlobalFiles.RangeFilesByPackage("opsreview.v1", func(f protoreflect.FileDescriptor) bool {
		for i := range f.Services().Len() {
			for j := range f.Services().Get(i).Methods().Len() {
				methods = append(methods, f.Services().Get(i).Methods().Get(j))
			}
		}
		return true
	})
	if len(methods) < 20 {
		t.Fatalf("only %d methods were found", len(methods))
	}
	return methods
}

func fullName(m protoreflect.MethodDescriptor) string {
	return "/" + string(m.Parent().FullName()) + "/" + string(m.Name())
}

// ask calls a method with an empty request, but for a team where it has one,
// and returns how that went.
func ask(ctx context.Context, conn *grpc.ClientConn, m protoreflect.MethodDescriptor, team string) error {
	req := dynamicpb.NewMessage(m.Input())
	if f := m.Input().Fields().ByName("team"); f != nil && team != "" {
		req.Set(f, protoreflect.ValueOfString(team))
	}
	if !m.IsStreamingClient() && !m.IsStreamingServer() {
		return conn.Invoke(ctx, fullName(m), req, dynamicpb.NewMessage(m.Output()))
	}
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}, fullName(m))
	if err != nil {
		return err
	}
	if err := stream.SendMsg(req); err != nil && !errors.Is(err, io.EOF) { // EOF: refused already, and RecvMsg says why
		return err
	}
	_ = stream.CloseSend() // a stream that was refused has ended already
	for {
		if err := stream.RecvMsg(dynamicpb.NewMessage(m.Output())); err != nil {
			return err
		}
	}
}

func TestAuthz_EveryMethodHasARow(t *testing.T) {
	rows := map[string]bool{}
	for _, name := range server.AuthzMethods() {
		rows[name] = true
	}
	for _, m := range apiMethods(t) {
		if !rows[fullName(m)] {
			t.Errorf("%s has no row", fullName(m))
		}
		delete(rows, fullName(m))
		if m.IsStreamingClient() && server.AuthzLooksIntoRequests(fullName(m)) {
			t.Errorf("%s is a stream of requests: they come too late to be compared with the caller's teams", m.Name())
		}
		if f := m.Input().Fields(); !m.IsStreamingClient() && server.AuthzByTeam(fullName(m)) && f.ByName("team") == nil {
			t.Errorf("%s is by team and its request has no team", m.Name())
		}
	}
	for name := range rows {
		if !strings.HasPrefix(name, "/grpc.health.v1.Health/") && !strings.HasPrefix(name, "/grpc.reflection.") {
			t.Errorf("there is a row for %s, which the API lacks", name)
		}
	}
}

func TestAuthz_EveryMethodKnowsItsCallers(t *testing.T) {
	g := openGuarded(t)
	everybody := append(slices.Collect(mapsKeys(callers)), "", "wrong", "expired", "empty")
	for _, m := range apiMethods(t) {
		for _, name := range everybody {
			err := ask(g.as(t, name), g.conn, m, "payments")
			got := codeOf(err)
			grant, known := callers[name]
			switch least, everywhere := server.AuthzRole(fullName(m)), len(grant.Teams) == 0; {
			case !known:
				if got != codes.Unauthenticated {
					t.Errorf("%s by %q: %v, want Unauthenticated", m.Name(), name, err)
				}
			case !grant.Role.Includes(least):
				if got != codes.PermissionDenied {
					t.Errorf("%s by %s: %v, want PermissionDenied", m.Name(), name, err)
				}
			case !everywhere && server.AuthzNeedsTeam(fullName(m)):
				if got != codes.PermissionDenied {
					t.Errorf("%s of another team by %s: %v, want PermissionDenied", m.Name(), name, err)
				}
			default:
				if got == codes.Unauthenticated || (got == codes.PermissionDenied && everywhere) {
					t.Errorf("%s by %s: %v, who may do this", m.Name(), name, err)
				}
			}
		}
	}
}

func mapsKeys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// A method that an embedder adds without a row is nobody's.
func TestAuthz_WhatHasNoRowIsDenied(t *testing.T) {
	g := openGuarded(t)
	for _, ctx := range []context.Context{t.Context(), g.as(t, "admin")} {
		err := g.conn.Invoke(ctx, "/opsreview.v1.PageService/DropPages", &pb.GetVocabularyRequest{}, &pb.GetVocabularyResponse{})
		if c := codeOf(err); c != codes.Unimplemented && c != codes.PermissionDenied {
			t.Errorf("got %v", err)
		}
	}
}

func TestAuthz_Credentials(t *testing.T) {
	g := openGuarded(t)
	good := g.tokens["reader"]
	tests := map[string]struct {
		headers []string
		want    codes.Code
	}{
		"a bearer token":            {[]string{"Bearer " + good}, codes.OK},
		"the scheme in lower case":  {[]string{"bearer " + good}, codes.OK},
		"no scheme":                 {[]string{good}, codes.Unauthenticated},
		"another scheme":            {[]string{"Basic " + good}, codes.Unauthenticated},
		"two tokens":                {[]string{"Bearer " + good, "Bearer " + good}, codes.Unauthenticated},
		"two tokens in one":         {[]string{"Bearer " + good + " " + good}, codes.Unauthenticated},
		"a scheme without a token":  {[]string{"Bearer "}, codes.Unauthenticated},
		"what would be an ID token": {[]string{"Bearer a.b.c"}, codes.Unauthenticated},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			for _, h := range tt.headers {
				ctx = metadata.AppendToOutgoingContext(ctx, "authorization", h)
			}
			_, err := g.pages.GetVocabulary(ctx, &pb.GetVocabularyRequest{})
			if s := wantCode(t, tt.want, err); strings.Contains(s.Message(), good) {
				t.Errorf("the error repeats the token: %s", s.Message())
			}
		})
	}
	if strings.Contains(g.log.String(), good) || strings.Contains(g.log.String(), strings.TrimPrefix(good, "opsreview_")) {
		t.Errorf("the log holds a token:\n%s", g.log)
	}
}

func TestAuthz_HealthAsksNobody(t *testing.T) {
	g := openGuarded(t)
	must(g.health.Check(t.Context(), &healthpb.HealthCheckRequest{}))(t)
	watch := must(g.health.Watch(t.Context(), &healthpb.HealthCheckRequest{}))(t)
	must(watch.Recv())(t)
}

func TestAuthz_TeamsSeeTheirOwn(t *testing.T) {
	g := openGuarded(t)
	ctx := g.as(t, "secrets-writer")
	label := &pb.Label{Cause: "service_issue"}
	mine, err := g.pages.ListPages(ctx, &pb.ListPagesRequest{Team: "Secrets", Window: inWeek()})
	if err != nil || !slices.Equal(names(mine.GetPages()), []string{"pd/Q1", "pd/Q3"}) {
		t.Fatalf("their own pages: %v, %v", names(mine.GetPages()), err)
	}
	all := must(g.pages.ListPages(g.as(t, "reader"), &pb.ListPagesRequest{Window: inWeek()}))(t)
	monitor := map[string]string{}
	for _, p := range all.GetPages() {
		monitor[p.GetName()] = p.GetMonitor()
	}
	call := func(_ any, err error) error { return err }
	tests := map[string]struct {
		err  error
		want codes.Code
	}{
		"a page of theirs":                        {call(g.pages.GetPage(ctx, &pb.GetPageRequest{Name: "pd/Q1"})), codes.OK},
		"by its number alone":                     {call(g.pages.GetPage(ctx, &pb.GetPageRequest{Name: "Q1"})), codes.OK},
		"a page of others is not there":           {call(g.pages.GetPage(ctx, &pb.GetPageRequest{Name: "pd/Q2"})), codes.NotFound},
		"like one that is not there":              {call(g.pages.GetPage(ctx, &pb.GetPageRequest{Name: "pd/Q9"})), codes.NotFound},
		"no page at all":                          {call(g.pages.GetPage(ctx, &pb.GetPageRequest{})), codes.NotFound},
		"everybody's pages":                       {call(g.pages.ListPages(ctx, &pb.ListPagesRequest{Window: inWeek()})), codes.PermissionDenied},
		"another team's pages":                    {call(g.pages.ListPages(ctx, &pb.ListPagesRequest{Team: "payments"})), codes.PermissionDenied},
		"a service of others, by their own team":  {call(g.pages.ListPages(ctx, &pb.ListPagesRequest{Team: "secrets", Service: "Ledger"})), codes.NotFound},
		"labels of theirs":                        {call(g.pages.LabelPages(ctx, &pb.LabelPagesRequest{Pages: []string{"pd/Q1"}, Label: label})), codes.OK},
		"labels of others":                        {call(g.pages.LabelPages(ctx, &pb.LabelPagesRequest{Pages: []string{"pd/Q1", "pd/Q2"}, Label: label})), codes.NotFound},
		"labels of others, in their team's name":  {call(g.pages.LabelPages(ctx, &pb.LabelPagesRequest{Pages: []string{"pd/Q2"}, Team: "secrets", Label: label})), codes.NotFound},
		"a trial on pages of others":              {call(g.pages.LabelPages(ctx, &pb.LabelPagesRequest{Pages: []string{"pd/Q2"}, Label: label, ValidateOnly: true})), codes.NotFound},
		"withdrawing labels of others":            {call(g.pages.UnlabelPages(ctx, &pb.UnlabelPagesRequest{Pages: []string{"pd/Q2"}})), codes.NotFound},
		"a monitor's pages, for everybody":        {call(g.pages.LabelPages(ctx, &pb.LabelPagesRequest{Monitor: monitor["pd/Q1"], Window: inWeek(), Label: label})), codes.PermissionDenied},
		"a monitor's pages, for their team":       {call(g.pages.LabelPages(ctx, &pb.LabelPagesRequest{Monitor: monitor["pd/Q1"], Team: "secrets", Window: inWeek(), Label: label})), codes.OK},
		"a monitor of theirs":                     {call(g.monitors.GetMonitor(ctx, &pb.GetMonitorRequest{Name: monitor["pd/Q1"], Team: "secrets", Window: inWeek()})), codes.OK},
		"a monitor of others, by their own team":  {call(g.monitors.GetMonitor(ctx, &pb.GetMonitorRequest{Name: monitor["pd/Q2"], Team: "secrets", Window: inWeek()})), codes.NotFound},
		"a team that nobody knows has nothing":    {call(g.pages.GetPage(g.as(t, "ghost-reader"), &pb.GetPageRequest{Name: "pd/Q1"})), codes.NotFound},
		"what anybody may know":                   {call(g.pages.GetVocabulary(ctx, &pb.GetVocabularyRequest{})), codes.OK},
		"everybody's addresses are not for teams": {call(g.teams.ListPeople(ctx, &pb.ListPeopleRequest{})), codes.PermissionDenied},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { wantCode(t, tt.want, tt.err) })
	}
	teams := must(g.teams.ListTeams(ctx, &pb.ListTeamsRequest{}))(t).GetTeams()
	if len(teams) != 1 || teams[0].GetDisplayName() != "secrets" {
		t.Errorf("they see the teams %v", teams)
	}
	if n := len(must(g.teams.ListTeams(g.as(t, "reader"), &pb.ListTeamsRequest{}))(t).GetTeams()); n != 2 {
		t.Errorf("a reader sees %d teams", n)
	}
}

// verifier knows one person who has logged in.
type verifier auth.Caller

// Verify implements auth.Verifier.
func (v verifier) Verify(context.Context, string) (auth.Caller, error) { return auth.Caller(v), nil }

func TestAuthz_Authors(t *testing.T) {
	person := func(role auth.Role) auth.Caller {
		return auth.Caller{Name: "ada@example.com", Via: auth.ViaOIDC, Grants: []auth.Grant{{Role: role}}}
	}
	token := auth.Caller{Name: "ci", Via: auth.ViaToken, Grants: []auth.Grant{{Role: auth.Writer}}}
	tests := map[string]struct {
		caller          auth.Caller
		author          string
		want, actingFor string
	}{
		"a person labels in their own name":        {person(auth.Writer), "", "ada@example.com", ""},
		"and in no other":                          {person(auth.Writer), "bob", "ada@example.com", ""},
		"an admin may pass on what somebody said":  {person(auth.Admin), "bob", "bob", "bob"},
		"an admin who names nobody speaks as self": {person(auth.Admin), "", "ada@example.com", ""},
		"automation passes on what somebody said":  {token, "bob", "bob", "bob"},
		"automation may label by itself":           {token, "", "ci", ""},
		"naming oneself is acting for nobody else": {token, "ci", "ci", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			a := openServer(t, func(o *server.Options) { o.Auth = verifier(tt.caller) })
			seed(t, a, page("Q1", "vault", monday(1, "09:00:00")))
			ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer x")
			must(a.pages.LabelPages(ctx, &pb.LabelPagesRequest{Pages: []string{"pd/Q1"}, Label: &pb.Label{Cause: "service_issue", Author: tt.author}}))(t)
			must(a.pages.UnlabelPages(ctx, &pb.UnlabelPagesRequest{Pages: []string{"pd/Q1"}, Author: tt.author}))(t)
			for _, l := range must(a.pages.GetPage(ctx, &pb.GetPageRequest{Name: "pd/Q1"}))(t).GetLabels() {
				if l.GetAuthor() != tt.want {
					t.Errorf("the author is %q, want %q", l.GetAuthor(), tt.want)
				}
			}
			for _, e := range must(a.db.AuditLog(t.Context(), store.AuditFilter{}))(t) {
				if e.Caller != tt.caller.Name || e.Via != tt.caller.Via || e.ActingFor != tt.actingFor {
					t.Errorf("the audit log tells of %+v", e)
				}
			}
		})
	}
}
