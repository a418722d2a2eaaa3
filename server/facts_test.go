package server_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/testing/protocmp"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/review"
	"opsreview/server"
	"opsreview/toil"
)

func prepare(tb testing.TB, a *api, team string) *pb.Review {
	tb.Helper()
	return must(a.reviews.PrepareReview(tb.Context(), &pb.PrepareReviewRequest{Team: team, Window: inWeek()}))(tb).GetReview()
}

// loadOf returns the load of the person of that name, nil if the review shows
// none.
func loadOf(loads []*pb.Load, name string) *pb.Load {
	for _, l := range loads {
		if l.GetPerson().GetDisplayName() == name {
			return l
		}
	}
	return nil
}

// handMade is a week with everything that gathering can miss: older pages that
// notify or engage in the week, pages of others, and two sources.
func handMade() (pd, og opsreview.Batch) {
	pd, og = people(), opsreview.Batch{}
	start, end := week.Start, week.End
	pd.Pages = []opsreview.Page{
		page("Q1", "vault", monday(1, "02:00:00"), notify(monday(1, "02:00:00"), "ada", "bob"), ack(monday(1, "02:05:00"), "ada"), resolve(monday(1, "03:00:00"))),
		page("Q2", "consul", monday(2, "15:00:00"), notify(monday(2, "15:00:00"), "cem"), resolve(monday(2, "15:01:00"))),
		page("Q3", "mail", monday(3, "12:00:00"), notify(monday(3, "12:00:00"), "bob")),     // another team's
		page("Q4", "mail", monday(3, "13:00:00"), notify(monday(3, "13:00:00"), "dee")),     // another team's people
		page("Q5", "vault", start.AddDate(0, 0, -20), notify(monday(4, "09:00:00"), "bob")), // notifies again in the week
		page("Q6", "vault", start.Add(-10*time.Hour), notify(start.Add(-10*time.Hour), "cem"), ack(start.Add(-2*time.Hour), "cem"), resolve(start.Add(time.Hour))),
		page("Q7", "vault", end, notify(end, "bob")), // the next week's
		page("Q8", "vault", start.AddDate(0, 0, -3), resolve(start.AddDate(0, 0, -3).Add(time.Hour))),
		page("Q9", "consul", start.AddDate(0, 0, -27), resolve(start.AddDate(0, 0, -27).Add(time.Hour))),
		page("QX", "vault", start.AddDate(-1, 0, 0), resolve(start.AddDate(-1, 0, 0).Add(time.Hour))),
	}
	// Nothing but an old page that was still open reached Eve in the week.
	pd.Responders = append(pd.Responders, opsreview.Responder{Ref: ref("eve"), Name: "Eve", TimeZone: "UTC"})
	pd.Pages = append(pd.Pages, page("QA", "vault", start.AddDate(0, 0, -20), notify(monday(4, "10:00:00"), "eve")))
	label := func(author string, v opsreview.Verdict, at time.Time) opsreview.Label {
		return opsreview.Label{Page: ref("Q1"), Verdict: v, Author: author, At: at}
	}
	pd.Labels = []opsreview.Label{label("ada", opsreview.Actionable, monday(3, "09:00:00")), label("bob", opsreview.NotActionable, monday(3, "10:00:00"))}
	pd.Shifts = []opsreview.Shift{{Responder: ref("bob"), Policy: "Vault", PolicyID: "PP-vault", Schedule: "S", ScheduleID: "S", Level: 1, Start: start, End: end}}
	pd.ShiftWindow, pd.ShiftsObservedAt = week, end
	// Ada is U1 at the other source, which pages for another team.
	og.Responders = []opsreview.Responder{{Ref: opsreview.Ref{Source: "og", ID: "U1"}, Name: "Ada", Email: "ada@example.com"}}
	other := page("Q1", "web", monday(5, "11:00:00"), notify(monday(5, "11:00:00"), "U1"))
	other.Source, other.Service.Source = "og", "og"
	og.Pages = []opsreview.Page{other}
	return pd, og
}

// everything returns all that the test's batches say, as a review's input.
func everything(tb testing.TB, a *api, team string, pd, og opsreview.Batch) review.Input {
	tb.Helper()
	zone := must(review.TeamZone(org(), team))(tb)
	in := review.Input{
		Team: team, Window: must(opsreview.WindowSpec{Week: "2026-W46"}.Resolve(now, zone))(tb), Now: now, Zone: zone, Org: org(), AllServices: map[opsreview.Ref]opsreview.Service{},
		Responders: append(slices.Clone(pd.Responders), og.Responders...), Shifts: pd.Shifts, Labels: pd.Labels,
		DataSince: must(a.db.DataSince(tb.Context()))(tb), Health: must(a.db.Sources(tb.Context()))(tb), Monitors: map[string]opsreview.Monitor{},
	}
	for _, s := range pd.Services {
		in.AllServices[s.Ref] = s
	}
	in.Services = must(review.TeamServices(in.Org, team, pd.Services, nil))(tb)
	for _, p := range append(slices.Clone(pd.Pages), og.Pages...) {
		p.Settle()
		if p.Ref == ref("Q1") {
			p.Label = pd.Labels[1]
		}
		m := in.Org.Monitors.Monitor(&p)
		p.Monitor, in.Monitors[m.ID] = m.ID, m
		in.Pages = append(in.Pages, p)
	}
	return in
}

// historyOf returns a monitor's pages of the window and the four weeks before.
func historyOf(in review.Input, monitor string) review.History {
	h := review.History{
		Window: opsreview.Window{Start: in.Window.Start.AddDate(0, 0, -28), End: in.Window.End},
		Zone:   in.Zone, Roster: review.NewRoster(in.Org, in.Responders, in.Team), Vocabulary: in.Org.Vocabulary,
	}
	for _, p := range in.Pages {
		if p.Monitor == monitor {
			h.Pages = append(h.Pages, p)
		}
	}
	return h
}

// toilOfAll is what the toil of all facts is added up from, nil if there is none.
func toilOfAll(in review.Input) *toil.Input {
	var ours []opsreview.Page
	for _, p := range in.Pages {
		if _, ok := in.Services[p.Service]; ok || in.Services == nil {
			ours = append(ours, p)
		}
	}
	roster := review.NewRoster(in.Org, in.Responders, in.Team)
	ledger := toil.Input{
		Team: in.Team, Window: in.Window, Now: in.Now, Zone: in.Zone, Settings: toil.Settings{Limit: 0.5},
		People:  review.ToilMembers(in.Org, roster, review.ToilCrew(in), in.Zone),
		Engaged: review.ToilStretches(ours, roster, in.Org.Policy.EngagedCap, in.Now),
	}
	if len(ledger.Engaged) == 0 {
		return nil
	}
	return &ledger
}

// What the server gathers from the store must be enough: its numbers are those
// of a review of all facts there are.
func TestPrepareReview_IsTheReviewOfAllFacts(t *testing.T) {
	for _, team := range []string{"secrets", "payments", ""} {
		t.Run("team "+team, func(t *testing.T) {
			a := openServer(t)
			pd, og := handMade()
			save(t, a, "pd", pd)
			save(t, a, "og", og)
			all := everything(t, a, team, pd, og)
			all.Toil = toilOfAll(all)
			prepared := review.Prepare(all)
			for i, m := range prepared.Monitors {
				prepared.Monitors[i].WhatIf, _ = review.BestWhatIf(review.WhatIfs(historyOf(all, m.Monitor.ID)))
			}
			want := server.ReviewToProto(prepared)
			got := prepare(t, a, team)
			if !got.GetPrepareTime().AsTime().Equal(now) {
				t.Errorf("prepared at %s", got.GetPrepareTime().AsTime())
			}
			if all.Toil != nil && got.GetToil().GetSpent().AsDuration() != prepared.Toil.Spent {
				t.Errorf("%s of toil, want %s", got.GetToil().GetSpent().AsDuration(), prepared.Toil.Spent)
			}
			want.Toil, got.PrepareTime = got.GetToil(), nil
			if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
				t.Errorf("review (-all facts +gathered):\n%s", diff)
			}
			load := must(a.loads.GetLoad(t.Context(), &pb.GetLoadRequest{Team: team, Window: inWeek()}))(t)
			if diff := cmp.Diff(want.GetLoads(), load.GetLoads(), protocmp.Transform()); diff != "" {
				t.Errorf("loads (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(want.GetHeadline().GetResponse(), load.GetResponse(), protocmp.Transform()); diff != "" {
				t.Errorf("response (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(want.GetGaps(), load.GetGaps(), protocmp.Transform(), cmpopts.EquateEmpty()); diff != "" || len(load.GetVendorResponses()) == 0 {
				t.Errorf("gaps (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPrepareReview_NumbersByHand(t *testing.T) {
	a := openServer(t)
	pd, og := handMade()
	save(t, a, "pd", pd)
	save(t, a, "og", og)
	r := prepare(t, a, "secrets")
	h := r.GetHeadline()
	if h.GetPages() != 2 || h.GetPeopleInterrupted() != 4 || r.GetWeek() != "2026-W46" || h.GetPrevious().GetPages() != 2 || h.GetBaseline().GetPages() != 5 {
		t.Errorf("headline %v", h)
	}
	for name, want := range map[string]struct {
		pages, elsewhere int32
		engaged          time.Duration
	}{
		"Ada": {2, 1, 55 * time.Minute}, // and the other source's page
		"Bob": {3, 1, 0},
		"Eve": {1, 0, 0},
		"Cem": {1, 0, time.Hour}, // still working on a page of the week before
	} {
		l := loadOf(r.GetLoads(), name)
		if l.GetPages() != want.pages || l.GetPagesElsewhere() != want.elsewhere || l.GetEngaged().AsDuration() != want.engaged {
			t.Errorf("%s: %d pages, %d elsewhere, engaged %s; want %+v", name, l.GetPages(), l.GetPagesElsewhere(), l.GetEngaged().AsDuration(), want)
		}
	}
	if l := loadOf(r.GetLoads(), "Dee"); l != nil {
		t.Errorf("Dee has nothing to do with the team: %v", l)
	}
	if reasons := strings.Join(r.GetTopics()[0].GetReasons(), "; "); !strings.Contains(reasons, "people disagree: ada says actionable, bob says not") {
		t.Errorf("the first topic's reasons are %s", reasons)
	}
}

// A team without a page has members all the same, and other teams' pages reach
// those and its people on call.
func TestGetLoad_OfATeamWithoutPages(t *testing.T) {
	a := openServer(t)
	pd, og := handMade()
	pd.Shifts[0].Responder, pd.Shifts[0].PolicyID = ref("bob"), "PP-ledger"
	save(t, a, "pd", pd)
	save(t, a, "og", og)
	// The team's week begins in Berlin, an hour before the UTC week.
	resp := must(a.loads.GetLoad(t.Context(), &pb.GetLoadRequest{Team: "payments", Window: inWeek()}))(t)
	if resp.GetTimeZone() != "Europe/Berlin" || !resp.GetWindow().GetStartTime().AsTime().Equal(week.Start.Add(-time.Hour)) {
		t.Errorf("window %v in %s", resp.GetWindow(), resp.GetTimeZone())
	}
	dee, bob := loadOf(resp.GetLoads(), "Dee"), loadOf(resp.GetLoads(), "Bob")
	if dee.GetPages() != 1 || dee.GetPagesElsewhere() != 1 {
		t.Errorf("Dee, a member: %v", dee)
	}
	if bob.GetPages() != 3 || bob.GetPagesElsewhere() != 3 || bob.GetOnCall() == nil {
		t.Errorf("Bob, on call: %v", bob)
	}
	if len(resp.GetLoads()) != 2 {
		t.Errorf("loads of %d people", len(resp.GetLoads()))
	}
}

func TestGetLoad_AnInterruptionAcrossTheBoundaryIsCountedOnce(t *testing.T) {
	a := openServer(t)
	before, after := week.Start.Add(-20*time.Second), week.Start.Add(20*time.Second)
	// The first of them is another team's, and it began what tore Bob away.
	seed(t, a, page("Q1", "mail", before, notify(before, "bob")), page("Q2", "vault", after, notify(after, "bob")))
	count := func(week string) (n int32) {
		for _, team := range []string{"secrets", ""} {
			resp := must(a.loads.GetLoad(t.Context(), &pb.GetLoadRequest{Team: team, Window: &pb.WindowSelector{Week: week}}))(t)
			n += loadOf(resp.GetLoads(), "Bob").GetInterruptions().GetSleep()
		}
		return n
	}
	if n := count("2026-W46"); n != 0 {
		t.Errorf("%d interruptions in the week in which it did not begin", n)
	}
	if n := count("2026-W45"); n != 1 {
		t.Errorf("%d interruptions of everybody in the week before, want 1", n)
	}
}

func TestReviewAndLoad_Refuse(t *testing.T) {
	a := openServer(t)
	for name, tt := range map[string]struct {
		team   string
		window *pb.WindowSelector
		want   codes.Code
	}{
		"an unknown team":       {"nobody", inWeek(), codes.NotFound},
		"a week that is none":   {"", &pb.WindowSelector{Week: "2026-W99"}, codes.InvalidArgument},
		"a from that is none":   {"", &pb.WindowSelector{From: "yesterday"}, codes.InvalidArgument},
		"a window without time": {"", &pb.WindowSelector{From: "2026-11-09", To: "2026-11-09"}, codes.InvalidArgument},
		"a window of 100 years": {"", &pb.WindowSelector{From: "1980-01-01", To: "2080-01-01"}, codes.InvalidArgument},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := a.loads.GetLoad(t.Context(), &pb.GetLoadRequest{Team: tt.team, Window: tt.window})
			wantCode(t, tt.want, err)
			_, err = a.reviews.PrepareReview(t.Context(), &pb.PrepareReviewRequest{Team: tt.team, Window: tt.window})
			wantCode(t, tt.want, err)
		})
	}
	empty := prepare(t, a, "")
	if empty.GetHeadline().GetPages() != 0 || len(empty.GetGaps()) == 0 || empty.GetHeadline().GetPrevious().GetKnown() {
		t.Errorf("the review of an empty database is %v", empty)
	}
}
