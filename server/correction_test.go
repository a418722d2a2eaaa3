package server_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	"opsreview/auth"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/server"
	"opsreview/store"
)

// maintenance asks to take the outage of Tuesday night out.
func maintenance(change ...func(*pb.CreateCorrectionsRequest)) *pb.CreateCorrectionsRequest {
	req := &pb.CreateCorrectionsRequest{
		Slos: []string{"vault/availability"}, Window: &pb.WindowSelector{From: "2026-11-10T02:00", To: "2026-11-10T02:10"},
		Reason: " announced maintenance ", Author: "ada",
	}
	for _, c := range change {
		c(req)
	}
	return req
}

func badOf(t *testing.T, a *api, name string) float64 {
	t.Helper()
	resp := must(a.budgets.ListBudgets(t.Context(), &pb.ListBudgetsRequest{Slos: []string{name}}))(t)
	return resp.GetStandings()[0].GetMonth().GetBad()
}

func TestCorrections(t *testing.T) {
	a := openServer(t, withObjectives)
	seedBurn(t, a)
	about(t, "what is bad before", 1500, badOf(t, a, "vault/availability"))
	resp := must(a.budgets.CreateCorrections(t.Context(), maintenance(func(r *pb.CreateCorrectionsRequest) {
		r.Slos = []string{"vault/writes", "vault/availability", "vault/writes"}
	})))(t)
	if n := len(resp.GetCorrections()); n != 2 {
		t.Fatalf("%d corrections", n)
	}
	var taken *pb.Correction
	for _, c := range resp.GetCorrections() {
		if c.GetSlo() == "vault/availability" {
			taken = c
		}
	}
	if taken.GetId() == "" || taken.GetReason() != "announced maintenance" || taken.GetAuthor() != "ada" ||
		!taken.GetCreateTime().AsTime().Equal(now) || !taken.GetWindow().GetStartTime().AsTime().Equal(monday(1, "02:00:00")) {
		t.Errorf("the correction is %v", taken)
	}
	about(t, "what is bad with it", 500, badOf(t, a, "vault/availability"))
	standing := must(a.budgets.ListBudgets(t.Context(), &pb.ListBudgetsRequest{Slos: []string{"vault/availability"}}))(t).GetStandings()[0]
	about(t, "minutes taken out", 10, standing.GetMonth().GetCorrected().AsDuration().Minutes())
	about(t, "the total with it", 30*24*60*100-1000, standing.GetMonth().GetTotal())

	gone := must(a.budgets.WithdrawCorrection(t.Context(), &pb.WithdrawCorrectionRequest{Id: taken.GetId(), Author: "bob"}))(t).GetCorrection()
	if gone.GetWithdrawnBy() != "bob" || !gone.GetWithdrawTime().AsTime().Equal(now) {
		t.Errorf("the withdrawn correction is %v", gone)
	}
	about(t, "what is bad without it", 1500, badOf(t, a, "vault/availability"))
	list := must(a.budgets.ListCorrections(t.Context(), &pb.ListCorrectionsRequest{Slos: []string{"vault/availability"}}))(t).GetCorrections()
	if len(list) != 1 || !proto.Equal(list[0], gone) {
		t.Errorf("the list has %v", list)
	}
	_, err := a.budgets.WithdrawCorrection(t.Context(), &pb.WithdrawCorrectionRequest{Id: "nothing", Author: "bob"})
	wantCode(t, codes.NotFound, err)
}

func TestListCorrections_Selects(t *testing.T) {
	a := openServer(t, withObjectives)
	seed(t, a)
	for _, name := range []string{"vault/availability", "ledger/latency"} {
		must(a.budgets.CreateCorrections(t.Context(), maintenance(func(r *pb.CreateCorrectionsRequest) { r.Slos = []string{name} })))(t)
	}
	tests := map[string]struct {
		req  *pb.ListCorrectionsRequest
		want []string
		code codes.Code
	}{
		"everybody's":          {&pb.ListCorrectionsRequest{}, []string{"ledger/latency", "vault/availability"}, codes.OK},
		"a team's":             {&pb.ListCorrectionsRequest{Team: "secrets"}, []string{"vault/availability"}, codes.OK},
		"an SLO's":             {&pb.ListCorrectionsRequest{Slos: []string{"ledger/latency"}}, []string{"ledger/latency"}, codes.OK},
		"an SLO without any":   {&pb.ListCorrectionsRequest{Slos: []string{"vault/writes"}}, nil, codes.OK},
		"an unknown SLO":       {&pb.ListCorrectionsRequest{Slos: []string{"x"}}, nil, codes.NotFound},
		"an unknown team":      {&pb.ListCorrectionsRequest{Team: "x"}, nil, codes.NotFound},
		"another team's SLO's": {&pb.ListCorrectionsRequest{Team: "secrets", Slos: []string{"ledger/latency"}}, nil, codes.NotFound},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			resp, err := a.budgets.ListCorrections(t.Context(), tt.req)
			wantCode(t, tt.code, err)
			got := map[string]bool{}
			for _, c := range resp.GetCorrections() {
				got[c.GetSlo()] = true
			}
			if len(got) != len(tt.want) || len(resp.GetCorrections()) != len(tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
			for _, name := range tt.want {
				if !got[name] {
					t.Errorf("got %v, want %v", got, tt.want)
				}
			}
		})
	}
}

func TestCreateCorrections_Refuses(t *testing.T) {
	a := openServer(t, withObjectives)
	seed(t, a)
	type change = func(*pb.CreateCorrectionsRequest)
	tests := map[string]struct {
		change change
		want   codes.Code
	}{
		"no SLO":                         {func(r *pb.CreateCorrectionsRequest) { r.Slos = nil }, codes.InvalidArgument},
		"too many SLOs":                  {func(r *pb.CreateCorrectionsRequest) { r.Slos = make([]string, 1001) }, codes.InvalidArgument},
		"one unknown SLO of two":         {func(r *pb.CreateCorrectionsRequest) { r.Slos = append(r.Slos, "vault/reads") }, codes.NotFound},
		"an SLO of another team":         {func(r *pb.CreateCorrectionsRequest) { r.Team = "payments" }, codes.NotFound},
		"an unknown team":                {func(r *pb.CreateCorrectionsRequest) { r.Team = "nobody" }, codes.NotFound},
		"no stretch":                     {func(r *pb.CreateCorrectionsRequest) { r.Window = nil }, codes.InvalidArgument},
		"a stretch that ends first":      {func(r *pb.CreateCorrectionsRequest) { r.Window.To = "2026-11-09" }, codes.InvalidArgument},
		"a stretch of three years":       {func(r *pb.CreateCorrectionsRequest) { r.Window.From = "2023-01-01" }, codes.InvalidArgument},
		"a stretch before computers":     {func(r *pb.CreateCorrectionsRequest) { r.Window.From, r.Window.To = "1900-01-01", "1900-01-02" }, codes.InvalidArgument},
		"no reason":                      {func(r *pb.CreateCorrectionsRequest) { r.Reason = " \n" }, codes.InvalidArgument},
		"a reason of 2001 characters":    {func(r *pb.CreateCorrectionsRequest) { r.Reason = strings.Repeat("ü", 2001) }, codes.InvalidArgument},
		"no author":                      {func(r *pb.CreateCorrectionsRequest) { r.Author = "" }, codes.InvalidArgument},
		"an author of 201 bytes":         {func(r *pb.CreateCorrectionsRequest) { r.Author = strings.Repeat("x", 201) }, codes.InvalidArgument},
		"a request id of 129 characters": {func(r *pb.CreateCorrectionsRequest) { r.RequestId = strings.Repeat("x", 129) }, codes.InvalidArgument},
		"the longest reason, in any tone": {func(r *pb.CreateCorrectionsRequest) {
			r.Reason = strings.Repeat("ü", 2000)
			r.Slos = []string{"mail/delivery"}
		}, codes.OK},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := a.budgets.CreateCorrections(t.Context(), maintenance(tt.change))
			wantCode(t, tt.want, err)
		})
	}
	list := must(a.budgets.ListCorrections(t.Context(), &pb.ListCorrectionsRequest{Team: "secrets"}))(t)
	if len(list.GetCorrections()) != 0 {
		t.Errorf("what was refused left %v", list)
	}
}

// A client that did not hear the answer asks again.
func TestCreateCorrections_Repeated(t *testing.T) {
	a := openServer(t, withObjectives)
	seed(t, a)
	req := maintenance(func(r *pb.CreateCorrectionsRequest) { r.RequestId = "once" })
	first := must(a.budgets.CreateCorrections(t.Context(), req))(t)
	again := must(a.budgets.CreateCorrections(t.Context(), req))(t)
	if !proto.Equal(first, again) {
		t.Errorf("first %v, then %v", first, again)
	}
	if n := len(must(a.budgets.ListCorrections(t.Context(), &pb.ListCorrectionsRequest{}))(t).GetCorrections()); n != 1 {
		t.Errorf("%d corrections", n)
	}
	req.Reason = "something else"
	_, err := a.budgets.CreateCorrections(t.Context(), req)
	wantCode(t, codes.AlreadyExists, err)
}

// Callers of one team correct and see what is that team's, in their own name,
// and the audit log tells of it.
func TestCorrections_ByTeam(t *testing.T) {
	g := openGuarded(t, withObjectives)
	ours := maintenance(func(r *pb.CreateCorrectionsRequest) { r.Team = "secrets" })
	ledgers := maintenance(func(r *pb.CreateCorrectionsRequest) { r.Slos = []string{"ledger/latency"} })
	theirs := must(g.budgets.CreateCorrections(g.as(t, "writer"), ledgers))(t).GetCorrections()[0].GetId()
	mine := must(g.budgets.CreateCorrections(g.as(t, "secrets-writer"), ours))(t).GetCorrections()[0].GetId()
	call := func(_ any, err error) error { return err }
	ctx := g.as(t, "secrets-writer")
	ledgers.Team = "secrets"
	tests := map[string]struct {
		err  error
		want codes.Code
	}{
		"an SLO of others, by their own team":  {call(g.budgets.CreateCorrections(ctx, ledgers)), codes.NotFound},
		"without a team":                       {call(g.budgets.CreateCorrections(ctx, maintenance())), codes.PermissionDenied},
		"as a reader":                          {call(g.budgets.CreateCorrections(g.as(t, "secrets-reader"), ours)), codes.PermissionDenied},
		"withdrawing what is others'":          {call(g.budgets.WithdrawCorrection(ctx, &pb.WithdrawCorrectionRequest{Id: theirs})), codes.NotFound},
		"withdrawing what nobody made":         {call(g.budgets.WithdrawCorrection(ctx, &pb.WithdrawCorrectionRequest{Id: "x"})), codes.NotFound},
		"withdrawing for a team of nobody":     {call(g.budgets.WithdrawCorrection(g.as(t, "ghost-reader"), &pb.WithdrawCorrectionRequest{Id: mine})), codes.PermissionDenied},
		"withdrawing what is theirs":           {call(g.budgets.WithdrawCorrection(ctx, &pb.WithdrawCorrectionRequest{Id: mine})), codes.OK},
		"everybody's budgets":                  {call(g.budgets.ListBudgets(ctx, &pb.ListBudgetsRequest{})), codes.PermissionDenied},
		"their own budgets":                    {call(g.budgets.ListBudgets(ctx, &pb.ListBudgetsRequest{Team: "secrets"})), codes.OK},
		"another team's episodes":              {call(g.budgets.ListEpisodes(ctx, &pb.ListEpisodesRequest{Team: "payments"})), codes.PermissionDenied},
		"another team's SLO through their own": {call(g.budgets.ListEpisodes(ctx, &pb.ListEpisodesRequest{Team: "secrets", Slos: []string{"ledger/latency"}})), codes.NotFound},
		"another team's corrections":           {call(g.budgets.ListCorrections(ctx, &pb.ListCorrectionsRequest{Team: "payments"})), codes.PermissionDenied},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { wantCode(t, tt.want, tt.err) })
	}
	told := map[string]bool{}
	for _, e := range must(g.db.AuditLog(t.Context(), store.AuditFilter{Caller: "secrets-writer"}))(t) {
		told[e.Action+" "+e.Team+" "+strings.Join(e.Subjects, ",")+" "+e.Outcome] = true
	}
	for _, want := range []string{
		"CreateCorrections secrets vault/availability ok", "CreateCorrections secrets ledger/latency not_found",
		"WithdrawCorrection  correction " + mine + " ok", "WithdrawCorrection  correction " + theirs + " not_found",
	} {
		if !told[want] {
			t.Errorf("the audit log does not tell of %q: %v", want, told)
		}
	}
}

func TestCorrections_Authors(t *testing.T) {
	person := auth.Caller{Name: "ada@example.com", Via: auth.ViaOIDC, Grants: []auth.Grant{{Role: auth.Writer}}}
	token := auth.Caller{Name: "ci", Via: auth.ViaToken, Grants: []auth.Grant{{Role: auth.Writer}}}
	tests := map[string]struct {
		caller       auth.Caller
		author, want string
	}{
		"a person corrects in their own name": {person, "", "ada@example.com"},
		"and in no other":                     {person, "bob", "ada@example.com"},
		"automation passes on what was said":  {token, "bob", "bob"},
		"automation may correct by itself":    {token, "", "ci"},
		"whoever uses this machine":           {auth.Caller{}, "", "maintainer"},
		"and on behalf of others":             {auth.Caller{}, "bob", "bob"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			a := openServer(t, withObjectives, func(o *server.Options) {
				if o.LocalUser = "maintainer"; tt.caller.Name != "" {
					o.Auth = verifier(tt.caller)
				}
			})
			seed(t, a)
			ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer x")
			made := must(a.budgets.CreateCorrections(ctx, maintenance(func(r *pb.CreateCorrectionsRequest) { r.Author = tt.author })))(t).GetCorrections()[0]
			gone := must(a.budgets.WithdrawCorrection(ctx, &pb.WithdrawCorrectionRequest{Id: made.GetId(), Author: tt.author}))(t).GetCorrection()
			if diff := cmp.Diff([]string{tt.want, tt.want}, []string{made.GetAuthor(), gone.GetWithdrawnBy()}); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
