package file_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/ingest"
	"opsreview/ingest/file"
)

// importWork returns the incidents and the toil of all batches of a file that
// the importer can read; none of another file.
func importWork(tb testing.TB, im ingest.Importer, text string) opsreview.Batch {
	tb.Helper()
	s, err := tryImport(tb, im, text)
	if err != nil {
		return opsreview.Batch{}
	}
	if len(s.problems) > 0 {
		tb.Errorf("problems: %q", s.reasons())
	}
	return s.work()
}

func (s *sink) work() (all opsreview.Batch) {
	for _, b := range s.batches {
		all.Incidents, all.Toil = append(all.Incidents, b.Incidents...), append(all.Toil, b.Toil...)
	}
	return all
}

func TestIncidents(t *testing.T) {
	whole := opsreview.Incident{
		Ref: ref("INC-17"), Number: "17", Title: "Vault was sealed", Summary: "Nobody had the key.", Status: "closed", Severity: "SEV1",
		DetectedBy: opsreview.DetectedByAlert, URL: "https://example.com/17", Postmortem: "https://example.com/pm",
		Services: []string{"vault", "pd/PSVC1"}, Teams: []string{"secrets"},
		Pages:     []opsreview.Ref{{Source: "pd", ID: "Q1"}, ref("Q2")},
		FollowUps: []opsreview.FollowUp{{Key: "OPS-12"}, {Key: "https://example.com/13", URL: "https://example.com/13"}},
		Commander: "Ada", DeclaredAt: at(t, "2026-11-09T02:20:00Z"), StartedAt: at(t, "2026-11-09T02:10:00Z"),
		DetectedAt: at(t, "2026-11-09T02:12:00Z"), AcknowledgedAt: at(t, "2026-11-09T02:15:00Z"),
		MitigatedAt: at(t, "2026-11-09T02:40:00Z"), ResolvedAt: at(t, "2026-11-09T03:05:00Z"), UpdatedAt: at(t, "2026-11-10T08:00:00Z"),
	}
	const header = "id,number,title,summary,status,severity,detected_by,url,postmortem,services,teams,pages,follow_ups,commander," +
		"declared_at,started_at,detected_at,acknowledged_at,mitigated_at,resolved_at,updated_at\n"
	tests := map[string]struct {
		importer ingest.Importer
		text     string
		want     opsreview.Incident
	}{
		"a table has every field in a column": {
			file.Incidents(), header + "INC-17,17,Vault was sealed,Nobody had the key.,closed,SEV1,alert,https://example.com/17,https://example.com/pm," +
				"vault; pd/PSVC1,secrets,pd/Q1;Q2,OPS-12;https://example.com/13,Ada,2026-11-09T03:20:00+01:00,2026-11-09T02:10:00Z," +
				"2026-11-09T02:12:00Z,2026-11-09T02:15:00Z,2026-11-09T02:40:00Z,2026-11-09T03:05:00Z,2026-11-10T08:00:00Z\n", whole,
		},
		"a line of JSON has every field": {
			file.JSONL(), `{"v":1,"kind":"incident","id":"INC-17","number":17,"title":"Vault was sealed","summary":"Nobody had the key.",` +
				`"status":"closed","severity":"SEV1","detected_by":"alert","url":"https://example.com/17","postmortem":"https://example.com/pm",` +
				`"services":["vault","pd/PSVC1"],"teams":["secrets"],"pages":["pd/Q1","Q2"],"follow_ups":["OPS-12","https://example.com/13"],` +
				`"commander":"Ada","declared_at":"2026-11-09T02:20:00Z","started_at":"2026-11-09T02:10:00Z","detected_at":"2026-11-09T02:12:00Z",` +
				`"acknowledged_at":"2026-11-09T02:15:00Z","mitigated_at":"2026-11-09T02:40:00Z","resolved_at":"2026-11-09T03:05:00Z",` +
				`"updated_at":"2026-11-10T08:00:00Z"}`, whole,
		},
		"of what nobody recorded nothing is made up": {
			file.Incidents(), "severity,id,started_at\n,INC-18,\n", opsreview.Incident{Ref: ref("INC-18")},
		},
		"times that contradict each other are kept as they were recorded": {
			file.Incidents(), "id,started_at,resolved_at\nINC-19,2026-11-09T02:00:00Z,2026-11-09T01:00:00Z\n",
			opsreview.Incident{Ref: ref("INC-19"), StartedAt: at(t, "2026-11-09T02:00:00Z"), ResolvedAt: at(t, "2026-11-09T01:00:00Z")},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := importText(t, tt.importer, tt.text)
			if len(got.problems) > 0 {
				t.Fatalf("problems: %q", got.reasons())
			}
			if diff := cmp.Diff([]opsreview.Incident{tt.want}, got.work().Incidents); diff != "" {
				t.Errorf("incidents (-want +got):\n%s", diff)
			}
		})
	}
}

func TestToil(t *testing.T) {
	whole := opsreview.ToilEntry{
		Source: "test", SourceID: "T1", Task: "Rotate the vault token", Category: "maintenance", Team: "secrets", Person: "ada@example.com",
		At: at(t, "2026-11-09T09:00:00Z"), Spent: 90 * time.Minute, Ticket: "OPS-12", Page: opsreview.Ref{Source: "pd", ID: "Q1"},
		Note: "again", Author: "ben", LoggedAt: at(t, "2026-11-09T09:00:00Z"),
	}
	tests := map[string]struct {
		importer ingest.Importer
		text     string
	}{
		"a table has minutes": {
			file.Toil(), "id,task,at,minutes,category,team,person,ticket,page,note,author\n" +
				"T1,Rotate the vault token,2026-11-09T10:00:00+01:00,90,maintenance,secrets,ada@example.com,OPS-12,pd/Q1,again,ben\n",
		},
		"a table has hours and minutes": {
			file.Toil(), "author,note,page,ticket,person,team,category,spent,at,task,id\n" +
				"ben,again,pd/Q1,OPS-12,ada@example.com,secrets,maintenance,1h30m,2026-11-09T09:00:00Z,Rotate the vault token,T1\n",
		},
		"each line may say it in its own way": {
			file.Toil(), "id,task,at,minutes,spent,category,team,person,ticket,page,note,author\n" +
				"T1,Rotate the vault token,2026-11-09T10:00:00+01:00,,1.5h,maintenance,secrets,ada@example.com,OPS-12,pd/Q1,again,ben\n",
		},
		"a line of JSON has a number of minutes": {
			file.JSONL(), `{"kind":"toil","id":"T1","task":"Rotate the vault token","at":"2026-11-09T09:00:00Z","minutes":90.0,"category":"maintenance",` +
				`"team":"secrets","person":"ada@example.com","ticket":"OPS-12","page":"pd/Q1","note":"again","author":"ben"}`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := importText(t, tt.importer, tt.text)
			if len(got.problems) > 0 {
				t.Fatalf("problems: %q", got.reasons())
			}
			if diff := cmp.Diff([]opsreview.ToilEntry{whole}, got.work().Toil); diff != "" {
				t.Errorf("toil (-want +got):\n%s", diff)
			}
		})
	}
}

func TestToil_WithoutAnIDIsNamedByWhatItSays(t *testing.T) {
	const header = "task,at,minutes,person,note\n"
	id := func(line string) string {
		t.Helper()
		got := importText(t, file.Toil(), header+line+"\n").work().Toil
		if len(got) != 1 {
			t.Fatalf("%q gives %d entries", line, len(got))
		}
		return got[0].SourceID
	}
	first := id("Rotate the token,2026-11-09T09:00:00Z,30,ada,a")
	if again := id("rotate  the token,2026-11-09T10:00:00+01:00,30.0,ada,a"); again != first {
		t.Errorf("the same entry in other words is %s, not %s", again, first)
	}
	for _, other := range []string{
		"Rotate the key,2026-11-09T09:00:00Z,30,ada,a", "Rotate the token,2026-11-09T09:00:01Z,30,ada,a",
		"Rotate the token,2026-11-09T09:00:00Z,31,ada,a", "Rotate the token,2026-11-09T09:00:00Z,30,ben,a",
		"Rotate the token,2026-11-09T09:00:00Z,30,ada,b", "Rotate the token,2026-11-09T09:00:00Z,30,,a",
	} {
		if id(other) == first {
			t.Errorf("%q has the name of another entry", other)
		}
	}
}

func TestWork_BadLinesAreReportedAndGoodOnesKept(t *testing.T) {
	long, many := strings.Repeat("é", 20_001), strings.Repeat("s;", 1000)+"s"
	tests := map[string]struct {
		importer          ingest.Importer
		header, row, want string
	}{
		"an incident without a name":           {file.Incidents(), "id,title", ",Vault", `the field "id" is missing: a line of kind incident needs it`},
		"a detector that nobody knows":         {file.Incidents(), "id,detected_by", "I1,luck", `there is no detector "luck": write alert, person or customer, or leave it out`},
		"a time of nobody's clock":             {file.Incidents(), "id,started_at", "I1,2026-11-09 03:10", `the time "2026-11-09 03:10" of the field "started_at" has no offset: write 2026-11-09T03:10:00Z for UTC, or 2026-11-09T03:10:00+02:00 for the clock of that place`},
		"a page of no source":                  {file.Incidents(), "id,pages", "I1,Pager/Q1", `"Pager/Q1" is not a page: write source/id, such as pd/Q3YON8WNWTZMRQ`},
		"a commander's telephone number":       {file.Incidents(), "id,commander", "I1,+49 30 123456", `a responder is named by a telephone number: use a name, an id or an e-mail address`},
		"a text that is too long":              {file.Incidents(), "id,summary", "I1," + long, `the field "summary" is longer than 20000 characters`},
		"too many services":                    {file.Incidents(), "id,services", "I1," + many, `the field "services" has more than 1000 elements`},
		"a follow-up with a control character": {file.Incidents(), "id,follow_ups", "I1,OPS\x07", `the field "follow_ups" holds a control character`},
		"toil without a task":                  {file.Toil(), "id,task,at,minutes", "T1,,2026-11-09T09:00:00Z,30", `the field "task" is missing: a line of kind toil needs it`},
		"toil at no time":                      {file.Toil(), "id,task,at,minutes", "T1,rotate,,30", `the field "at" is missing: a line of kind toil needs it`},
		"toil of no length":                    {file.Toil(), "id,task,at,minutes", "T1,rotate,2026-11-09T09:00:00Z,", `the field "minutes" is missing: say how long the work took, or "spent" as 1h30m`},
		"toil of two lengths":                  {file.Toil(), "id,task,at,minutes,spent", "T1,rotate,2026-11-09T09:00:00Z,30,1h", `a line says "minutes" or "spent", not both`},
		"no minutes at all":                    {file.Toil(), "id,task,at,minutes", "T1,rotate,2026-11-09T09:00:00Z,0", `"0" of the field "minutes" is not between a second and a week`},
		"minutes below nothing":                {file.Toil(), "id,task,at,minutes", "T1,rotate,2026-11-09T09:00:00Z,-5", `"-5" of the field "minutes" is not between a second and a week`},
		"minutes beyond a week":                {file.Toil(), "id,task,at,minutes", "T1,rotate,2026-11-09T09:00:00Z,1e9", `"1e9" of the field "minutes" is not between a second and a week`},
		"a length in words":                    {file.Toil(), "id,task,at,spent", "T1,rotate,2026-11-09T09:00:00Z,long", `"long" of the field "spent" is not a length of time: write 45m, 1h30m or 1.5h, up to a week`},
		"a category in two words":              {file.Toil(), "id,task,at,minutes,category", "T1,rotate,2026-11-09T09:00:00Z,30,Toil work", `"Toil work" is not a category: they are words such as maintenance`},
		"a person's telephone number":          {file.Toil(), "id,task,at,minutes,person", "T1,rotate,2026-11-09T09:00:00Z,30,+49 30 123456", `a responder is named by a telephone number: use a name, an id or an e-mail address`},
		"a page that is none":                  {file.Toil(), "id,task,at,minutes,page", "T1,rotate,2026-11-09T09:00:00Z,30,pd/", `"pd/" is not a page: write source/id, such as pd/Q3YON8WNWTZMRQ`},
		"too few cells":                        {file.Toil(), "id,task,at,minutes", "T1,rotate", `the record has 2 cells, and the header 4 columns`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			cells := map[string]string{"id": "good", "task": "rotate", "at": "2026-11-09T09:00:00Z", "minutes": "30", "spent": ""}
			if !strings.Contains(tt.header, "minutes") {
				cells["spent"] = "30m"
			}
			var good []string
			for _, column := range strings.Split(tt.header, ",") {
				good = append(good, cells[column])
			}
			line := strings.Join(good, ",") + "\n"
			got := importText(t, tt.importer, tt.header+"\n"+line+tt.row+"\n"+line)
			if diff := cmp.Diff([]string{"3: " + tt.want}, got.reasons()); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if n := len(got.work().Incidents) + len(got.work().Toil); n != 2 {
				t.Errorf("%d good lines, want 2", n)
			}
		})
	}
}

func TestWork_HeadersThatCannotBe(t *testing.T) {
	const incidents = "id, title, number, url, severity, status, summary, detected_by, postmortem, commander, declared_at, started_at, " +
		"detected_at, acknowledged_at, mitigated_at, resolved_at, updated_at, teams, services, pages, follow_ups"
	tests := map[string]struct {
		importer     ingest.Importer
		header, want string
	}{
		"a column of another kind":      {file.Incidents(), "id,minutes", `in: line 1: there is no column "minutes": the columns are ` + incidents},
		"an attribute":                  {file.Incidents(), "id,attr.host", `in: line 1: there is no column "attr.host": the columns are ` + incidents},
		"a column for the kind":         {file.Toil(), "kind,task,at,minutes", `in: line 1: there is no column "kind": the columns are page, at, id, author, note, minutes, task, category, team, person, spent, ticket`},
		"no column for the name":        {file.Incidents(), "title,severity", `in: line 1: the column "id" is missing`},
		"no column for the task":        {file.Toil(), "at,minutes", `in: line 1: the column "task" is missing`},
		"no column for the time":        {file.Toil(), "task,minutes", `in: line 1: the column "at" is missing`},
		"no column for the length":      {file.Toil(), "task,at", `in: line 1: the file needs one of the columns "minutes" and "spent"`},
		"a column twice":                {file.Toil(), "task,at,task", `in: line 1: the column "task" is there twice`},
		"columns between semicolons":    {file.Toil(), "task;at;minutes", `in: line 1: the columns are not separated by commas`},
		"an empty file":                 {file.Incidents(), "", `in is empty: the first line must name the columns`},
		"a field of toil in page lines": {file.CSV(), "task,at", `in: line 1: the column "kind" is missing`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := tryImport(t, tt.importer, tt.header)
			if opsreview.ErrorCode(err) != opsreview.Invalid || opsreview.ErrorMessage(err) != tt.want {
				t.Errorf("got %v\nwant %s", err, tt.want)
			}
		})
	}
}

// What a spreadsheet would compute, and what a terminal would obey, is text or
// is refused where it names something.
func TestWork_HostileTextStaysText(t *testing.T) {
	got := importText(t, file.Incidents(), "id,title,summary\n=1+1,\"=HYPERLINK(\"\"x\"\")\",\x1b[31mred\n").work().Incidents
	if len(got) != 1 || got[0].ID != "=1+1" || got[0].Title != `=HYPERLINK("x")` || got[0].Summary != "\x1b[31mred" {
		t.Errorf("the incident has become %+v", got)
	}
}

// randomWork makes a file of incidents and toil as JSON lines.
func randomWork(r *rand.Rand, lines int) string {
	var b strings.Builder
	for i := range lines {
		at := time.Date(2026, 11, 9, 0, r.IntN(20_000), 0, 0, time.UTC).Format(time.RFC3339)
		if r.IntN(2) == 0 {
			fmt.Fprintf(&b, `{"kind":"incident","id":"I%d","title":"t%d","started_at":%q,"pages":["pd/Q%d"]}`+"\n", i, r.IntN(9), at, r.IntN(9))
			continue
		}
		fmt.Fprintf(&b, `{"kind":"toil","task":"task %d","at":%q,"minutes":%d,"person":"ada"}`+"\n", r.IntN(9), at, 1+r.IntN(90))
	}
	return b.String()
}

func TestWork_LargeFilesAreSavedInBatches(t *testing.T) {
	text := randomWork(rand.New(rand.NewPCG(1, 2)), 9000)
	got := importText(t, file.JSONL(), text)
	if len(got.batches) != 3 || len(got.problems) > 0 {
		t.Errorf("%d batches, problems: %q", len(got.batches), got.reasons())
	}
	if n := len(got.work().Incidents) + len(got.work().Toil); n != 9000 {
		t.Errorf("%d lines are kept, want 9000", n)
	}
}

// checkWork fails if an accepted incident or entry is one that no store keeps.
func checkWork(t *testing.T, s *sink) {
	t.Helper()
	all := s.work()
	for _, i := range all.Incidents {
		if i.Source != "test" || i.ID == "" {
			t.Errorf("incident is named %q", i.Ref)
		}
		for _, p := range i.Pages {
			if again, err := opsreview.ParseRef(p.String()); err != nil || again != p {
				t.Errorf("page %q cannot be read again: %v", p, err)
			}
		}
	}
	for _, e := range all.Toil {
		if e.SourceID == "" || opsreview.TaskKey(e.Task) == "" || e.At.IsZero() || e.LoggedAt.IsZero() || e.Spent < time.Second || e.Spent > 7*24*time.Hour {
			t.Errorf("entry is not valid: %+v", e)
		}
	}
}

func fuzzWork(t *testing.T, im ingest.Importer, text string) {
	s, err := tryImport(t, im, text)
	if err != nil {
		if opsreview.ErrorCode(err) != opsreview.Invalid {
			t.Errorf("unclassified error: %v", err)
		}
		return
	}
	checkWork(t, s)
	if diff := cmp.Diff(s, importText(t, im, text), cmp.AllowUnexported(sink{})); diff != "" {
		t.Errorf("the same text twice (-first +second):\n%s", diff)
	}
}

func FuzzIncidents(f *testing.F) {
	f.Add("id,title,pages,started_at\nI1,\"a\n\"\"b\",pd/Q1;Q2,2026-11-09T02:00:00Z\n")
	f.Add("id,follow_ups,detected_by\nI1,https://x/1;OPS-1,alert\n,,\n")
	f.Fuzz(func(t *testing.T, text string) { fuzzWork(t, file.Incidents(), text) })
}

func FuzzToil(f *testing.F) {
	f.Add("task,at,minutes,page\nrotate,2026-11-09T02:00:00Z,30,pd/Q1\n")
	f.Add("task,at,spent\nrotate,2026-11-09T02:00:00Z,1h30m\n,2026-11-09T02:00:00Z,1:30\n\"x")
	f.Fuzz(func(t *testing.T, text string) { fuzzWork(t, file.Toil(), text) })
}
