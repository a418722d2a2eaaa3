package main

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"runtime"
	"time"

	"opsreview"
	"opsreview/ticket"
	"opsreview/ticket/jira"
	"opsreview/ticket/jira/jirafake"
)

const (
	fewerFindings = 10  // times fewer are planned for comparison
	ticketsAtOnce = 100 // that one request asks about
	syncHost      = "127.0.0.1"
)

// tickets measures plans over many findings against plans over a tenth of
// them, and counts what bringing back the status of many tickets asks of Jira.
func (b *bench) tickets(ctx context.Context) ([]result, error) {
	planned, err := b.planning()
	if err != nil {
		return nil, err
	}
	asked, err := b.syncing(ctx, jirafake.Cloud)
	if err != nil {
		return nil, err
	}
	asked.atMost = float64((b.filed+ticketsAtOnce-1)/ticketsAtOnce + 1) // and one that asks which product it is
	// Data Center has no way to ask for many at once that does not lag.
	oneByOne, err := b.syncing(ctx, jirafake.DataCenter)
	return []result{planned, asked, oneByOne}, err
}

// finding returns the nth finding of a kind that comes often.
func finding(n int) opsreview.Finding {
	monitor := fmt.Sprintf("m-%06d", n)
	f := opsreview.Finding{
		Key: opsreview.FindingKey(opsreview.NoisyMonitor, monitor), Kind: opsreview.NoisyMonitor, Category: opsreview.AlertNoise,
		Title: fmt.Sprintf("%q pages mostly for nothing", "Disk usage above # % on "+monitor), Team: "secrets", Service: "vault", Monitor: monitor,
		Evidence: []string{"12 of 14 labelled pages were not actionable; 14 of 25 pages had a label.", "People say why: threshold_wrong (12)."},
		Remedy:   "Set its threshold by what harms users, or make it a ticket.",
		Cost:     float64(mix(n) % 600), CostMethod: "engaged time and interruptions in the 14 days, scaled to a week",
	}
	for i := range 5 {
		f.Pages = append(f.Pages, opsreview.Ref{Source: source, ID: fmt.Sprintf("Q%08d", 10*n+i)})
	}
	return f
}

// ticketRow is the ledger's row of the nth finding, filed as an issue.
func ticketRow(tracker string, n int, i jirafake.Issue) opsreview.Ticket {
	f, at := finding(n), now().AddDate(0, 0, -14)
	return opsreview.Ticket{
		Tracker: tracker, Fingerprint: f.Fingerprint(), Generation: 1,
		Key: f.Key, Kind: f.Kind, Category: f.Category, Team: f.Team, Service: f.Service, Monitor: f.Monitor, Title: f.Title, Cost: f.Cost,
		State: opsreview.TicketFiled, Attempt: fmt.Sprint("attempt ", n), AttemptAt: at,
		RemoteID: i.Remote(), RemoteKey: i.Key(), Stands: opsreview.TicketTodo, Status: i.Status,
		FiledAt: at, FirstAt: at, LastAt: at, LastRun: "an earlier review", Seen: 1, NoteID: "an earlier review",
	}
}

// planning compares a plan over many findings, half of which are filed, with
// plans over a tenth as many.
func (b *bench) planning() (result, error) {
	b.say("tickets: planning over %d findings", b.findings)
	tracker, err := jira.New(jiraConfig("http://"+syncHost), "hush-hush", nil)
	if err != nil {
		return result{}, err
	}
	many, few := planInput(tracker, b.findings), planInput(tracker, b.findings/fewerFindings)
	var ratios, times []float64
	for i := range b.rounds + 1 {
		runtime.GC() // Nobody pays for what the round before left behind.
		fewTook, err := timed(func() error {
			for range fewerFindings {
				if n := countSteps(ticket.Plan(few)); n != b.findings/fewerFindings {
					return fmt.Errorf("a plan over %d findings has %d steps that make sense", b.findings/fewerFindings, n)
				}
			}
			return nil
		})
		if err != nil {
			return result{}, err
		}
		runtime.GC()
		took, err := timed(func() error {
			if n := countSteps(ticket.Plan(many)); n != b.findings {
				return fmt.Errorf("a plan over %d findings has %d steps that make sense", b.findings, n)
			}
			return nil
		})
		if err != nil {
			return result{}, err
		}
		if i == 0 {
			continue // The first round fills the caches.
		}
		ratios, times = append(ratios, took/fewTook), append(times, took)
	}
	ratio := median(ratios)
	return result{
		name:  fmt.Sprintf("tickets: planning over %d findings against %d times %d", b.findings, fewerFindings, b.findings/fewerFindings),
		value: ratio, text: fmt.Sprintf("%.2f", ratio), atMost: 2, // Comparing each with each would give 10.
		detail: fmt.Sprintf("%s for the plan; rounds from %.2f to %.2f", milliseconds(median(times)), quantile(ratios, 0), quantile(ratios, 1)),
	}, nil
}

// planInput is what is planned over: each second finding has an open ticket.
func planInput(tracker *jira.Tracker, n int) ticket.PlanInput {
	in := ticket.PlanInput{
		Tracker: tracker.Name(), Settings: ticket.DefaultSettings(), Now: now(), Run: "this review", Zone: time.UTC,
		Window: opsreview.Window{Start: now().AddDate(0, 0, -7), End: now()}, Preview: tracker.Preview,
	}
	for i := range n {
		in.Findings = append(in.Findings, finding(i))
		if i%2 == 0 {
			in.Rows = append(in.Rows, ticketRow(in.Tracker, i, jirafake.Issue{ID: 10001 + i, Project: "OPS", Number: 1 + i, Status: jirafake.Todo}))
		}
	}
	return in
}

// countSteps counts the steps that planInput must lead to.
func countSteps(steps []ticket.Step) int {
	n := 0
	for _, s := range steps {
		filed := s.Row.State == opsreview.TicketFiled
		if filed == (s.Action == ticket.Note) && (filed || s.Action == ticket.Create || s.Action == ticket.Defer) {
			n++
		}
	}
	return n
}

func jiraConfig(url string) jira.Config {
	return jira.Config{Type: "jira", BaseURL: url, Project: "OPS", TokenFile: "token", Pause: "0s"}
}

// syncing brings back the status of all filed tickets, of which one in ten has
// changed, and counts the requests.
func (b *bench) syncing(ctx context.Context, p jirafake.Personality) (r result, err error) {
	b.say("tickets: syncing %d tickets with %s", b.filed, p)
	site := jirafake.New(p)
	served := httptest.NewServer(site)
	defer served.Close()
	tracker, err := jira.New(jiraConfig(served.URL), "hush-hush", nil)
	if err != nil {
		return result{}, err
	}
	db, err := b.open(ctx, "tickets of "+string(p)+".db")
	if err != nil {
		return result{}, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	rows := make([]opsreview.Ticket, b.filed)
	changed := 0
	for i := range rows {
		labels := []string{ticket.Label, ticket.FingerprintLabel(finding(i).Fingerprint())}
		issue := site.Add(jirafake.Issue{Summary: finding(i).Title, Labels: labels})
		rows[i] = ticketRow(tracker.Name(), i, issue)
		rows[i].URL = served.URL + "/browse/" + issue.Key()
		if i%10 == 0 {
			site.Edit(issue.Remote(), func(i *jirafake.Issue) { i.Status = jirafake.Doing })
			changed++
		}
	}
	if err := db.SaveTickets(ctx, rows); err != nil {
		return result{}, err
	}
	filer := ticket.Filer{Tracker: tracker, Ledger: db, Settings: ticket.DefaultSettings(), Now: now, Caller: "bench"}
	var synced ticket.Synced
	took, err := timed(func() error {
		synced, err = filer.Sync(ctx)
		return err
	})
	if err != nil {
		return result{}, err
	}
	if synced.Asked != b.filed || synced.Changed != changed {
		return result{}, fmt.Errorf("of %d tickets, %d of which had changed, it brought back %+v", b.filed, changed, synced)
	}
	requests := len(site.Requests())
	return result{
		name: fmt.Sprintf("tickets: requests that sync %d tickets, %s", b.filed, products[p]), value: float64(requests), text: fmt.Sprint(requests),
		detail: fmt.Sprintf("in %s, %d changed", milliseconds(took), synced.Changed),
	}, nil
}

// products are what people call the personalities.
var products = map[jirafake.Personality]string{jirafake.Cloud: "Jira Cloud", jirafake.DataCenter: "Data Center"}
