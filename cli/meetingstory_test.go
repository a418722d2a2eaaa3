package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview/examples"
)

// A season is the demo organisation over three weeks of reviews: its database,
// its folder of tickets and its clock.
type season struct {
	t   *testing.T
	dir string
	now time.Time
}

// The reviews of the story, and when they are held.
const (
	firstReview  = "secrets/2026-W43"
	secondReview = "secrets/2026-W44"
	thirdReview  = "secrets/2026-W45"
)

func openSeason(t *testing.T) *season {
	t.Helper()
	s := &season{t: t, dir: t.TempDir()}
	if err := os.CopyFS(filepath.Join(s.dir, "examples"), examples.FS); err != nil {
		t.Fatal(err)
	}
	config := s.path("examples", "opsreview.yaml")
	data, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(data), "services: [vault, consul]", "services: [vault, consul, gen/vault]", 1)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *season) path(parts ...string) string {
	return filepath.Join(append([]string{s.dir}, parts...)...)
}

func (s *season) args(args ...string) []string {
	return append(args, "--db", s.path("season.db"), "--config", s.path("examples", "opsreview.yaml"))
}

// at sets the clock.
func (s *season) at(text string) {
	s.t.Helper()
	now, err := time.Parse(time.RFC3339, text)
	if err != nil {
		s.t.Fatal(err)
	}
	s.now = now
}

// do runs a command that has to succeed, and returns what it printed.
func (s *season) do(args ...string) string {
	s.t.Helper()
	return must(s.t, s.dir, s.now, s.args(args...)...)
}

// refused runs a command that has to fail with status 1.
func (s *season) refused(args ...string) result {
	s.t.Helper()
	r := run(s.t, s.dir, s.now, s.args(args...)...)
	if r.status != exitFailure {
		s.t.Fatalf("opsreview %s: exit status %d, want 1\n%s%s", strings.Join(args, " "), r.status, r.stdout, r.stderr)
	}
	return r
}

// read decodes what a command prints with -o json, whatever its exit status.
func read[T any](s *season, args ...string) T {
	s.t.Helper()
	r := run(s.t, s.dir, s.now, s.args(append(args, "-o", "json")...)...)
	var out T
	if err := json.Unmarshal([]byte(r.stdout), &out); err != nil {
		s.t.Fatalf("opsreview %s: %v\n%s%s", strings.Join(args, " "), err, r.stdout, r.stderr)
	}
	return out
}

// open lists what keeps a review open, by kind.
func (s *season) open(review string) map[string][]string {
	s.t.Helper()
	open := map[string][]string{}
	for _, o := range read[meetingClosedJSON](s, "review", "close", review, "--dry-run").Open {
		open[o.Kind] = append(open[o.Kind], o.Subject)
	}
	return open
}

// label says of every page of a review that nobody has labelled that it
// resolved itself.
func (s *season) label(review string) {
	s.t.Helper()
	var pages []string
	for _, o := range read[meetingClosedJSON](s, "review", "close", review, "--dry-run").Open {
		if o.Kind == "page" && strings.Contains(o.Text, "labelled") {
			pages = append(pages, o.Subject)
		}
	}
	if len(pages) > 0 {
		s.do(append([]string{"page", "label", "--cause", "self_resolved", "--author", "Ada Thorsen"}, pages...)...)
	}
}

// settle waives what is left open, but for one subject.
func (s *season) settle(review, but string) {
	s.t.Helper()
	for _, subjects := range s.open(review) {
		for _, subject := range subjects {
			if subject == but {
				continue
			}
			s.do("review", "waive", subject, "--team", "secrets", "--owner", "Ben Okafor", "--reason", "agreed in the meeting", "--expires", "120d", "--author", "Ada Thorsen")
		}
	}
}

// pages imports pages of a monitor that nobody needed: one at each time.
func (s *season) pages(title string, times ...string) {
	s.t.Helper()
	var b strings.Builder
	for _, at := range times {
		id := strings.NewReplacer("-", "", ":", "").Replace(at)
		began, err := time.Parse(time.RFC3339, at)
		if err != nil {
			s.t.Fatal(err)
		}
		fmt.Fprintf(&b, "{\"page\": %q, \"kind\": \"triggered\", \"at\": %q, \"title\": %q, \"service\": \"vault\"}\n", id, at, title)
		fmt.Fprintf(&b, "{\"page\": %q, \"kind\": \"resolved\", \"at\": %q, \"by_kind\": \"integration\"}\n", id, began.Add(9*time.Minute).Format(time.RFC3339))
	}
	file := s.path("more.jsonl")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		s.t.Fatal(err)
	}
	s.do("source", "import", "--as", "jsonl", "--source", "gen", file)
}

// finish closes the ticket whose file has a word in its name, as somebody would
// in an editor, and brings that back.
func (s *season) finish(word, day string) {
	s.t.Helper()
	files, err := filepath.Glob(s.path("demo-tickets", "*"+word+"*.md"))
	if err != nil || len(files) == 0 {
		s.t.Fatalf("no ticket is called %q: %v", word, err)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		s.t.Fatal(err)
	}
	text := strings.Replace(string(data), "status: open", "status: done", 1)
	text = strings.Replace(text, "\nclosed:", "\nclosed: "+day, 1)
	if err := os.WriteFile(files[0], []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	s.do("ticket", "sync")
}

// file files what a week's review found.
func (s *season) file(week string) {
	s.t.Helper()
	s.do("ticket", "file", "--team", "secrets", "--week", week, "--confirm", "--max-new", "100")
}

// minutes returns the minutes of a review in both forms.
func (s *season) minutes(review string) string {
	s.t.Helper()
	return s.do("review", "minutes", review) + s.do("review", "minutes", review, "-o", "html")
}

// killClose runs "review close" in a process of its own and kills it when it has
// begun to write, some turns of a loop later. It reports whether that came in
// time.
func (s *season) killClose(review string, turns int) (killed bool) {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), commandVariable+"="+strings.Join(s.args("review", "close", review, "--author", "Ben Okafor"), commandSeparator),
		clockVariable+"="+s.now.Format(time.RFC3339), "HOME="+s.dir, "OPSREVIEW_CONFIG=")
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // it is killed, or was quicker
	}()
	for writing := false; turns > 0; {
		select {
		case <-ended:
			return false
		default:
		}
		if info, err := os.Stat(s.path("season.db-wal")); err == nil && info.Size() > 0 {
			writing = true
		}
		if writing {
			turns--
		}
		runtime.Gosched()
	}
	_ = cmd.Process.Kill() // it may have ended
	<-ended
	return cmd.ProcessState.ExitCode() < 0
}

// has checks that a text says something, however its lines are broken.
func has(t *testing.T, text string, want ...string) {
	t.Helper()
	flat := strings.Join(strings.Fields(text), " ")
	for _, w := range want {
		if !strings.Contains(flat, w) {
			t.Errorf("%q is not in:\n%s", w, text)
		}
	}
}

// fourADay are the times of six days of pages, every six hours.
func fourADay(from string) []string {
	at, _ := time.Parse(time.RFC3339, from)
	var times []string
	for range 24 {
		times = append(times, at.Format(time.RFC3339))
		at = at.Add(6 * time.Hour)
	}
	return times
}

// chatter is a monitor that pages for nothing until its ticket is closed.
const chatter = "Token cleanup is late"

// TestMeeting_ThreeWeeks holds three reviews of the demo organisation, one a
// week, through the commands that people type.
func TestMeeting_ThreeWeeks(t *testing.T) {
	if underRace() {
		t.Skip("its hundred processes take ten times as long to start, and share no memory")
	}
	s := openSeason(t)
	first := s.firstWeek()
	s.secondWeek()
	if diff := cmp.Diff(first, s.minutes(firstReview)); diff != "" {
		t.Errorf("the minutes of a closed review have changed (-then +now):\n%s", diff)
	}
	s.thirdWeek()
	if diff := cmp.Diff(first, s.minutes(firstReview)); diff != "" {
		t.Errorf("the minutes of a closed review have changed (-then +now):\n%s", diff)
	}
}

// firstWeek imports, labels, files and waives; one leads and hands over; the
// process that closes is killed, and nothing that was said is lost. It returns
// the minutes.
func (s *season) firstWeek() string {
	t := s.t
	t.Helper()
	s.at("2026-10-26T15:00:00Z")
	files, err := filepath.Glob(s.path("examples", "pagerduty", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	s.do(append([]string{"source", "import", "--as", "pagerduty", "--source", "pd"}, files...)...)
	s.do("source", "import", "--as", "jsonl", "--source", "pd", s.path("examples", "labels.jsonl"))
	s.pages(chatter, fourADay("2026-10-19T06:00:00Z")...)

	has(t, s.do("review", "open", "--team", "secrets", "--author", "Ada Thorsen"), "review of team secrets, 2026-W43 open", "Ada Thorsen leads")
	has(t, s.do("review", "open", "--team", "secrets", "--author", "Ben Okafor"), "it was open already, and goes on", "opened by Ada Thorsen")
	s.do("review", "attended", "--team", "secrets", "Ada Thorsen, Ben Okafor")
	s.do("review", "note", "--team", "secrets", "--section", "pages", "--author", "Ada Thorsen", "the probe of consul-3 was moved")
	slip := read[meetingItemJSON](s, "review", "win", "--team", "secrets", "said too early")
	has(t, s.do("review", "win", "--withdraw", slip.ID), "taken back")

	refused := s.refused("review", "close", firstReview)
	has(t, refused.stdout, "nobody has labelled it", "opsreview page label pd/", "not actionable, and neither ticket nor waiver", "review waive m-")
	has(t, refused.stderr, "secrets/2026-W43 stays open")
	s.label(firstReview)
	s.file("2026-W43")
	has(t, s.do("review", "hand-over", "Ben Okafor", "--team", "secrets", "--author", "Ada Thorsen"), "Ben Okafor leads", "back to Ada Thorsen")
	s.do("review", "action", "--team", "secrets", "--owner", "Chitra Raman", "--due", "14d", "--author", "Ben Okafor", "write the runbook for sealed vaults")
	s.do("review", "waive", s.backup(), "--team", "secrets", "--owner", "Ben Okafor", "--reason", "the new backup comes in a week", "--expires", "7d", "--author", "Ben Okafor")
	s.settle(firstReview, "")

	said := len(read[agendaJSON](s, "review", "status", firstReview).Items)
	kills, patience := 0, 300_000
	if underRace() { // a process takes ten times as long to start
		patience = 40
	}
	for turns := 1; turns < patience; turns *= 6 {
		if s.killClose(firstReview, turns) {
			kills++
		}
		now := read[agendaJSON](s, "review", "status", firstReview)
		if got := len(now.Items); got != said {
			t.Fatalf("after a kill %d things are written down, and %d were said", got, said)
		}
		if now.Meeting.State == "closed" {
			break
		}
	}
	if kills == 0 {
		t.Error("every process was quicker than its kill")
	}
	t.Logf("%d processes were killed while they closed the review", kills)
	if read[agendaJSON](s, "review", "status", firstReview).Meeting.State == meetingIsOpen {
		has(t, s.do("review", "close", firstReview, "--author", "Ben Okafor"), "closed: secrets/2026-W43")
	}
	has(t, s.refused("review", "note", "--review", firstReview, "too late").stderr, "closed")
	has(t, s.do("review", "diff", firstReview), "nothing has changed since it was closed")
	minutes := s.minutes(firstReview)
	has(t, minutes, "the probe of consul-3 was moved", "write the runbook for sealed vaults", "Ben Okafor")
	if strings.Contains(minutes, "said too early") {
		t.Error("the minutes tell what was taken back")
	}
	return minutes
}

// backup is the monitor whose pages are waived for a week.
func (s *season) backup() string {
	s.t.Helper()
	for _, o := range read[meetingClosedJSON](s, "review", "close", "--team", "secrets", "--dry-run").Open {
		if strings.HasPrefix(o.Title, "Backup of vault") {
			return o.Subject
		}
	}
	s.t.Fatal("no page of the backup is open")
	return ""
}

// secondWeek finds a waiver that has expired and a ticket that came back; late
// data and another label come to the first week's review. It is closed by force.
func (s *season) secondWeek() {
	t := s.t
	t.Helper()
	s.at("2026-10-27T12:00:00Z")
	s.finish("disk-usage-above-on-consul-pages", "2026-10-27")
	s.at("2026-11-02T16:00:00Z")
	s.pages(chatter, fourADay("2026-10-26T16:00:00Z")...)
	s.pages("Queue of audits is long", "2026-10-23T11:00:00Z") // of the week before, and late
	s.do("page", "label", "pd/Q7CTDISWYDJRMK", "--cause", "expected_work", "--author", "Mere Tautari")

	diff := s.do("review", "diff", firstReview)
	has(t, diff, "Queue of audits is long", "Q7CTDISWYDJRMK", "the minutes stay as the meeting saw it")
	has(t, s.do("review", "open", "--team", "secrets", "--author", "Ben Okafor"), "2026-W44 open")
	s.label(secondReview)
	has(t, s.refused("review", "close", secondReview).stdout, "by Ben Okafor (the new backup comes in a week) expired on Mon 2 Nov 2026")
	has(t, s.do("review", "status", secondReview, "--section", "failures"), "Disk usage above", "pages mostly for nothing")
	has(t, s.do("review", "status", secondReview, "--section", "carried_over"), "write the runbook for sealed vaults", "Chitra Raman")
	s.file("2026-W44")
	s.settle(secondReview, s.backup())
	if left := s.open(secondReview); len(left["monitor"]) != 1 || len(left) != 1 {
		t.Fatalf("open are %v, want the one monitor", left)
	}
	has(t, s.do("review", "close", secondReview, "--author", "Ben Okafor", "--force", "the backup team is away"), "closed: secrets/2026-W44", "in spite of 1 open point")
	has(t, s.do("review", "minutes", secondReview), "the backup team is away", "Backup of vault")
}

// thirdWeek finds a ticket that held, and closes with nothing left open.
func (s *season) thirdWeek() {
	t := s.t
	t.Helper()
	s.at("2026-11-02T18:00:00Z")
	s.finish("token-cleanup", "2026-11-02")
	s.at("2026-11-09T16:00:00Z")
	s.pages("Vault is slow to seal", "2026-11-08T09:00:00Z") // what is known ends with the last page
	s.do("review", "open", "--team", "secrets", "--author", "Chitra Raman")
	has(t, s.do("review", "status", thirdReview, "--section", "wins"), chatter, "held")
	carried := read[agendaJSON](s, "review", "status", thirdReview).Carried
	if len(carried) != 1 {
		t.Fatalf("%d actions are carried over, want 1", len(carried))
	}
	s.do("review", "action", "--done", carried[0].Item.ID, "--author", "Chitra Raman")
	s.label(thirdReview)
	s.file("2026-W45")
	s.settle(thirdReview, "")
	has(t, s.do("review", "close", "--team", "secrets", "--author", "Chitra Raman"), "closed: secrets/2026-W45")

	held := read[[]meetingJSON](s, "review", "list", "--team", "secrets")
	if len(held) != 3 || held[0].ID != thirdReview || held[0].State != "closed" || held[1].Forced == "" || held[2].Facilitator != "Ben Okafor" {
		t.Errorf("the reviews are %+v", held)
	}
	trends := read[[]trendJSON](s, "review", "trends", "--team", "secrets")
	pages := slices.IndexFunc(trends, func(t trendJSON) bool { return t.ID == "pages" })
	if pages < 0 || len(trends[pages].Points) != 3 || *trends[pages].Points[0].Value != 62 {
		t.Errorf("the trends are %+v", trends)
	}
	if text := s.do("review", "minutes", firstReview, "--anonymous"); strings.Contains(text, "Thorsen") || strings.Contains(text, "ada@example.com") {
		t.Errorf("minutes without names have names:\n%s", text)
	}
	pick := read[pickJSON](s, "review", "pick", "--team", "secrets")
	if again := read[pickJSON](s, "review", "pick", "--team", "secrets"); cmp.Diff(pick, again) != "" || pick.Presenter == pick.Facilitator {
		t.Errorf("picked %+v and then %+v", pick, again)
	}
}
