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
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/known/durationpb"

	"opsreview"
	"opsreview/auth"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/server"
)

// A telling is what a method may tell of people to those who may not see their
// load.
type telling int

const (
	quiet telling = iota // nobody's name, address or key
	story                // names of those who did something or said something, no addresses
	named                // whom the caller has named, or what takes the role admin
)

// tellings classifies every method of the API. A new one has to be thought of.
var tellings = map[string]telling{
	"ListPages": story, "GetPage": story, "LabelPages": story, "UnlabelPages": story, "ListDisputes": story, "GetVocabulary": quiet,
	"GetLoad": quiet, "PrepareReview": quiet, "RenderReview": quiet, "SendReport": quiet, "ListReports": quiet,
	"ListBudgets": quiet, "ListEpisodes": quiet, "ListCorrections": story, "CreateCorrections": story, "WithdrawCorrection": story,
	"ListAnomalies": story, "GetAnomaly": story, "DecideAnomaly": story, "ListDecisions": story,
	"ListDashboards": quiet, "ListCharts": quiet, "LintDashboards": quiet, "LintMonitors": quiet,
	"ListMonitors": quiet, "GetMonitor": quiet, "ListRules": quiet, "CheckPolicy": quiet, "DiffPolicies": story,
	"ListFindings": quiet, "PlanTickets": quiet, "FileTickets": quiet, "SyncTickets": quiet, "AdoptTickets": quiet, "ResolveTicket": quiet,
	"ListTickets": quiet, "ListTicketEffects": story, "CheckTracker": quiet, "PlanSprint": quiet,
	"ListIncidents": story, "GetIncident": story, "CreateIncident": story, "LinkIncident": story, "UnlinkIncident": story,
	"LogToil": named, "WithdrawToil": named, "ListToil": quiet, "GetToil": quiet, "AnswerTask": quiet, "AutomateTask": quiet, "SyncWorkLogs": quiet,
	"OpenMeeting": quiet, "GetMeeting": quiet, "ListMeetings": quiet, "UpdateMeeting": quiet, "AddItem": story, "ChangeItem": story,
	"CloseMeeting": quiet, "DiffMeeting": quiet, "ListTrends": quiet, "PickPeople": story, "RenderMinutes": quiet, "SendMinutes": quiet,
	"CreateWaiver": story, "WithdrawWaiver": story, "ListWaivers": quiet,
	"ListTeams": quiet, "ListPeople": story, "ListShifts": named, "ListSources": quiet, "CheckSource": quiet, "SyncSources": quiet,
	"PushEvents": quiet, "ImportFile": quiet, "BackupDatabase": named, "CheckDatabase": named, "ListAuditEntries": named,
}

// whole are requests of methods to which a team and a window are not enough.
var whole = map[string]proto.Message{
	"RenderReview":  &pb.RenderReviewRequest{Team: "secrets", Window: inWeek(), Format: pb.ReportFormat_REPORT_FORMAT_MARKDOWN},
	"GetPage":       &pb.GetPageRequest{Name: "pd/Q0"},
	"RenderMinutes": &pb.RenderMinutesRequest{Team: "secrets", Format: pb.ReportFormat_REPORT_FORMAT_HTML},
	"CloseMeeting":  &pb.CloseMeetingRequest{Team: "secrets", ValidateOnly: true, Author: "me"},
	"FileTickets":   &pb.FileTicketsRequest{Team: "secrets", Window: inWeek(), ValidateOnly: true},
}

// The people of the test, by the token that each has: who is whom to see.
var seers = map[string][]string{
	"deploy": {}, "ada": {"Ada"}, "laptop": {"Ada"}, "grace": {"Ada", "Bob", "Cem", "Fay"}, "boss": {"Ada", "Bob", "Cem", "Fay", "Dee"},
}

// Tokens that were made for somebody.
var madeFor = map[string]string{"laptop": "ada@example.com"}

// openPrivate serves a team of four, its lead, an admin and a pipeline, all of
// whom have tokens of their own, with a week in which Ada was over a limit.
func openPrivate(t *testing.T, change ...func(*server.Options)) *guarded {
	t.Helper()
	g := &guarded{tokens: map[string]string{}}
	file := auth.OpenTokens(t.TempDir()+"/tokens.json", func() time.Time { return now })
	for name := range seers {
		role := auth.Writer
		if name == "boss" {
			role = auth.Admin
		}
		secret, err := file.Create(auth.Token{Name: name, Person: madeFor[name], Grant: auth.Grant{Role: role}})
		if err != nil {
			t.Fatal(err)
		}
		g.tokens[name] = secret
	}
	g.api = openServer(t, append([]func(*server.Options){func(o *server.Options) {
		o.Auth = auth.Chain{Tokens: file}
		o.Org.Teams[0].Members, o.Org.Teams[0].Leads = []string{"Ada", "Bob", "Cem", "fay@example.com"}, []string{"Grace"}
	}}, change...)...)
	b := people()
	b.Responders = append(b.Responders, opsreview.Responder{Ref: ref("fay"), Name: "Fay", Email: "fay@example.com", TimeZone: "UTC"})
	for i, who := range [][]string{{"ada"}, {"ada"}, {"ada"}, {"bob"}, {"cem"}, {"fay"}} {
		at := monday(1, "10:00:00").Add(time.Duration(i) * time.Hour)
		b.Pages = append(b.Pages, page("Q"+string(rune('0'+i)), "vault", at, notify(at, who...), ack(at.Add(time.Minute), who[0]), resolve(at.Add(9*time.Minute))))
	}
	save(t, g.api, "pd", b)
	boss, toil, meetings := g.as(t, "boss"), pb.NewToilServiceClient(g.conn), pb.NewMeetingServiceClient(g.conn)
	for _, who := range []string{"Ada", "Bob", "Cem"} {
		must(toil.LogToil(boss, &pb.LogToilRequest{
			Team: "secrets", Task: "rotate the token", Person: who, Spent: durationpb.New(time.Hour), At: "2026-11-11T08:00:00Z", Author: "me",
		}))(t)
	}
	must(meetings.OpenMeeting(boss, &pb.OpenMeetingRequest{Team: "secrets", Window: inWeek(), Author: "me"}))(t)
	must(meetings.CreateWaiver(boss, &pb.CreateWaiverRequest{
		Team: "secrets", Kind: "breach", Subject: "pages_per_shift:ada@example.com", Owner: "me", Reason: "a new certificate", Expires: "14d", Author: "me",
	}))(t)
	return g
}

// answer calls a method and returns all that it answers as text, the error too.
func (g *guarded) answer(ctx context.Context, m protoreflect.MethodDescriptor) (string, error) {
	var req proto.Message = dynamicpb.NewMessage(m.Input())
	if r, ok := whole[string(m.Name())]; ok {
		req = r
	} else {
		fill(req.ProtoReflect())
	}
	stream, err := g.conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}, fullName(m))
	if err == nil {
		err = stream.SendMsg(req)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return err.Error(), err
	}
	_ = stream.CloseSend()
	var text strings.Builder
	for {
		resp := dynamicpb.NewMessage(m.Output())
		if err := stream.RecvMsg(resp); err != nil {
			if errors.Is(err, io.EOF) {
				return text.String(), nil
			}
			return text.String() + err.Error(), err
		}
		text.WriteString(prototext.Format(resp))
	}
}

// fill asks for the team and the week where a request can.
func fill(m protoreflect.Message) {
	if f := m.Descriptor().Fields().ByName("team"); f != nil {
		m.Set(f, protoreflect.ValueOfString("secrets"))
	}
	if f := m.Descriptor().Fields().ByName("window"); f != nil {
		w := m.Mutable(f).Message()
		w.Set(w.Descriptor().Fields().ByName("week"), protoreflect.ValueOfString("2026-W46"))
	}
}

func TestPrivacy_EveryMethodKeepsPeoplesLoadToThoseWhoMaySeeIt(t *testing.T) {
	g := openPrivate(t)
	for _, m := range apiMethods(t) {
		name := string(m.Name())
		class, known := tellings[name]
		if !known {
			t.Errorf("say what %s may tell of people", name)
			continue
		}
		if m.IsStreamingClient() || class == named {
			continue
		}
		for token, seen := range seers {
			text, _ := g.answer(g.as(t, token), m)
			for _, who := range []string{"Ada", "Bob", "Cem", "Fay", "Dee"} {
				if slices.Contains(seen, who) {
					continue
				}
				if address := strings.ToLower(who) + "@example.com"; strings.Contains(text, address) {
					t.Errorf("%s tells %s the address of %s:\n%s", name, token, who, around(text, address))
				}
				if class == quiet && strings.Contains(text, who) {
					t.Errorf("%s tells %s of %s:\n%s", name, token, who, around(text, who))
				}
			}
		}
	}
}

// What is kept from some is there: an admin is told it.
func TestPrivacy_AdminsAreTold(t *testing.T) {
	g := openPrivate(t)
	there := []string{"GetLoad", "PrepareReview", "RenderReview", "GetMeeting", "RenderMinutes", "ListWaivers", "ListToil", "GetToil", "ListPeople"}
	for _, m := range apiMethods(t) {
		if !slices.Contains(there, string(m.Name())) {
			continue
		}
		if text, err := g.answer(g.as(t, "boss"), m); err != nil || !strings.Contains(text, "Ada") {
			t.Errorf("%s: %v, and Ada is not in\n%.2000s", m.Name(), err, text)
		}
	}
}

// around is what stands around the first place of a word.
func around(text, word string) string {
	at := strings.Index(text, word)
	return text[max(0, at-200):min(len(text), at+200)]
}

func TestPrivacy_WhoSeesWhom(t *testing.T) {
	g := openPrivate(t)
	tests := map[string]struct {
		loads []string
		few   bool // the sum is withheld
		whole bool // there is no sum, since everybody is told
	}{
		"deploy": {loads: nil},
		"ada":    {loads: []string{"Ada"}},
		"laptop": {loads: []string{"Ada"}},
		"grace":  {loads: []string{"Ada", "Bob", "Cem", "Fay"}, whole: true},
		"boss":   {loads: []string{"Ada", "Bob", "Cem", "Fay"}, whole: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			resp := must(g.loads.GetLoad(g.as(t, name), &pb.GetLoadRequest{Team: "secrets", Window: inWeek()}))(t)
			var got []string
			for _, l := range resp.GetLoads() {
				got = append(got, l.GetPerson().GetDisplayName())
			}
			slices.Sort(got)
			if !slices.Equal(got, tt.loads) {
				t.Errorf("loads of %v, want %v", got, tt.loads)
			}
			if (resp.GetAggregate() == nil) != tt.whole || (resp.GetWithheld() == "") != tt.whole {
				t.Errorf("aggregate %v, withheld %q", resp.GetAggregate(), resp.GetWithheld())
			}
			if a := resp.GetAggregate(); a != nil && (a.GetPeople() != 4 || a.GetWithheld() || a.GetInterruptions().GetBusiness() != 6 || a.GetMostPages() != 3 || a.GetBreaches()["pages_per_shift"] != 1) {
				t.Errorf("aggregate %v", a)
			}
		})
	}
}

// Two people cannot hide each other: whoever is one of them would subtract
// themselves, and everybody else would halve.
func TestPrivacy_FewPeopleAreNoSum(t *testing.T) {
	g := openPrivate(t, func(o *server.Options) { o.Privacy.LeastPeople = 5 })
	for _, name := range []string{"deploy", "ada"} {
		resp := must(g.reviews.PrepareReview(g.as(t, name), &pb.PrepareReviewRequest{Team: "secrets", Window: inWeek()}))(t).GetReview()
		h, a := resp.GetHeadline(), resp.GetLoadAggregate()
		if !a.GetWithheld() || a.GetPeople() != 4 || a.GetInterruptions() != nil || a.GetEngaged() != nil {
			t.Errorf("%s is told %v", name, a)
		}
		if h.GetInterruptions() != nil || h.GetEngaged() != nil || h.GetPeopleInterrupted() != 0 || h.GetPages() != 6 {
			t.Errorf("%s is told in the headline %v", name, h)
		}
		for _, m := range resp.GetMonitors() {
			if m.GetInterruptions() != nil || m.GetEngaged() != nil {
				t.Errorf("%s is told of a monitor %v", name, m)
			}
		}
		if resp.GetToil() != nil {
			t.Errorf("%s is told of toil %v", name, resp.GetToil())
		}
	}
}

func TestPrivacy_AskingAboutOnePerson(t *testing.T) {
	g := openPrivate(t)
	pages := func(who string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := g.pages.ListPages(ctx, &pb.ListPagesRequest{Window: inWeek(), Responder: who})
			return err
		}
	}
	shifts := func(who string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := g.teams.ListShifts(ctx, &pb.ListShiftsRequest{Window: inWeek(), Person: who})
			return err
		}
	}
	tests := map[string]struct {
		as   string
		call func(context.Context) error
		want codes.Code
	}{
		"oneself":                           {"ada", pages("Ada"), codes.OK},
		"oneself by address":                {"ada", shifts("ada@example.com"), codes.OK},
		"a colleague":                       {"ada", pages("Bob"), codes.PermissionDenied},
		"a colleague's shifts":              {"ada", shifts("pd/bob"), codes.PermissionDenied},
		"somebody of one's team":            {"grace", pages("bob@example.com"), codes.OK},
		"somebody of another team":          {"grace", shifts("Dee"), codes.PermissionDenied},
		"somebody whom nobody knows":        {"ada", pages("Zoe"), codes.PermissionDenied},
		"somebody, asked by a pipeline":     {"deploy", shifts("Ada"), codes.PermissionDenied},
		"somebody whom nobody knows, admin": {"boss", pages("Zoe"), codes.NotFound},
		"anybody, asked by an admin":        {"boss", shifts("Dee"), codes.OK},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { wantCode(t, tt.want, tt.call(g.as(t, tt.as))) })
	}
}

func TestPrivacy_RolesAreConfigured(t *testing.T) {
	tests := map[string]struct {
		roles []auth.Role
		as    string
		all   bool
	}{
		"admins unless something is said": {nil, "boss", true},
		"writers do not see, then":        {nil, "deploy", false},
		"nobody":                          {[]auth.Role{}, "boss", false},
		"writers":                         {[]auth.Role{auth.Writer}, "deploy", true},
		"writers, and who may do more":    {[]auth.Role{auth.Writer}, "boss", true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := openPrivate(t, func(o *server.Options) { o.Privacy.Roles = tt.roles })
			resp := must(g.loads.GetLoad(g.as(t, tt.as), &pb.GetLoadRequest{Team: "secrets", Window: inWeek()}))(t)
			if all := resp.GetWithheld() == ""; all != tt.all {
				t.Errorf("loads %v, withheld %q", resp.GetLoads(), resp.GetWithheld())
			}
		})
	}
}

func TestRenderReview_AnonymousNamesNobody(t *testing.T) {
	g := openPrivate(t)
	boss := g.as(t, "boss")
	must(g.pages.LabelPages(boss, &pb.LabelPagesRequest{Pages: []string{"pd/Q0"}, Label: &pb.Label{Verdict: pb.Verdict_VERDICT_ACTIONABLE, Author: "bob@example.com"}}))(t)
	texts := map[string]string{"json": prototext.Format(must(g.reviews.PrepareReview(boss, &pb.PrepareReviewRequest{Team: "secrets", Window: inWeek(), Anonymous: true}))(t))}
	for name, format := range map[string]pb.ReportFormat{"markdown": pb.ReportFormat_REPORT_FORMAT_MARKDOWN, "html": pb.ReportFormat_REPORT_FORMAT_HTML} {
		resp := must(g.reviews.RenderReview(boss, &pb.RenderReviewRequest{Team: "secrets", Window: inWeek(), Format: format, Anonymous: true}))(t)
		texts[name] = string(resp.GetContent())
	}
	for form, text := range texts {
		for _, who := range []string{"Ada", "Bob", "Cem", "Fay", "Dee", "@example.com"} {
			if strings.Contains(text, who) {
				t.Errorf("%s names %s:\n%s", form, who, around(text, who))
			}
		}
		if !strings.Contains(text, "told as a sum only") {
			t.Errorf("%s does not say that loads are withheld", form)
		}
	}
}
