package file_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"opsreview"
	"opsreview/ingest"
	"opsreview/ingest/file"
)

// A sink keeps what an import says.
type sink struct {
	batches  []opsreview.Batch
	problems []ingest.Problem
}

func (s *sink) Save(_ context.Context, b opsreview.Batch) error {
	s.batches = append(s.batches, b)
	return nil
}

func (s *sink) Problem(p ingest.Problem) error {
	s.problems = append(s.problems, p)
	return nil
}

// reasons lists the problems as "line: reason".
func (s *sink) reasons() []string {
	var list []string
	for _, p := range s.problems {
		list = append(list, fmt.Sprintf("%d: %s", p.Line, p.Reason))
	}
	return list
}

// pages lists the pages of all batches, settled.
func (s *sink) pages() []opsreview.Page {
	var pages []opsreview.Page
	for _, b := range s.batches {
		for _, p := range b.Pages {
			p.Settle()
			pages = append(pages, p)
		}
	}
	return pages
}

func importText(tb testing.TB, im ingest.Importer, text string) *sink {
	tb.Helper()
	s, err := tryImport(tb, im, text)
	if err != nil {
		tb.Fatalf("Import: %v", err)
	}
	return s
}

func tryImport(tb testing.TB, im ingest.Importer, text string) (*sink, error) {
	tb.Helper()
	var s sink
	err := im.Import(tb.Context(), "test", ingest.File{Name: "in", R: strings.NewReader(text)}, &s)
	return &s, err
}

func at(tb testing.TB, s string) time.Time {
	tb.Helper()
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		tb.Fatal(err)
	}
	return t.UTC()
}

func ref(id string) opsreview.Ref { return opsreview.Ref{Source: "test", ID: id} }

const story = `{"v":1,"kind":"triggered","page":"P1","at":"2026-10-19T04:00:00+02:00","id":"e1","title":"vault: \"slow\" reads","service":"vault","service_name":"Vault","urgency":"high","severity":"critical","attributes":{"alertname":"VaultSlow","host":7,"gone":null},"by_kind":"integration"}
{"kind":"notified","page":"P1","at":"2026-10-19T02:00:05Z","id":"e2","responders":["ada@example.com"],"channel":"sms"}
{"kind":"acknowledged","page":"P1","at":"2026-10-19T02:03:00Z","id":"e3","by":"ada@example.com","by_kind":"person","channel":"push"}
{"kind":"resolved","page":"P1","at":"2026-10-19T02:30:00.1234Z","id":"e4","by_kind":"integration","number":4411,"priority":"P2"}
`

func TestJSONLReadsAPageFromItsEvents(t *testing.T) {
	got := importText(t, file.JSONL(), story)
	want := opsreview.Batch{
		Pages: []opsreview.Page{{
			Ref: ref("P1"), Number: "4411", Title: `vault: "slow" reads`, Service: ref("vault"),
			Urgency: opsreview.HighUrgency, Priority: "P2", Severity: "critical",
			Attributes: map[string]string{"alertname": "VaultSlow", "host": "7"},
			UpdatedAt:  at(t, "2026-10-19T02:30:00.123Z"),
			Events: []opsreview.Event{
				{
					ID: "e1", At: at(t, "2026-10-19T02:00:00Z"), Kind: opsreview.Triggered,
					By: opsreview.Agent{Kind: opsreview.Integration},
				},
				{
					ID: "e2", At: at(t, "2026-10-19T02:00:05Z"), Kind: opsreview.Notified,
					Responders: []string{"ada@example.com"}, Channel: opsreview.SMS,
				},
				{
					ID: "e3", At: at(t, "2026-10-19T02:03:00Z"), Kind: opsreview.Acknowledged, Channel: opsreview.Push,
					By: opsreview.Agent{Kind: opsreview.Person, ID: "ada@example.com"},
				},
				{
					ID: "e4", At: at(t, "2026-10-19T02:30:00.123Z"), Kind: opsreview.Resolved,
					By: opsreview.Agent{Kind: opsreview.Integration},
				},
			},
		}},
		Responders: []opsreview.Responder{{Ref: ref("ada@example.com"), Email: "ada@example.com"}},
		Services:   []opsreview.Service{{Ref: ref("vault"), Name: "Vault"}},
	}
	if diff := cmp.Diff([]opsreview.Batch{want}, got.batches); diff != "" {
		t.Errorf("batches (-want +got):\n%s", diff)
	}
	if len(got.problems) > 0 {
		t.Errorf("problems: %q", got.reasons())
	}
}

func TestReferenceLines(t *testing.T) {
	got := importText(t, file.JSONL(), strings.Join([]string{
		`{"kind":"responder","id":"ada","name":"Ada","email":"Ada@Example.com","time_zone":"Europe/Berlin","teams":["secrets"],"channels":["sms","email"]}`,
		`{"kind":"team","id":"secrets","name":"Secrets"}`,
		`{"kind":"service","id":"vault","name":"Vault","teams":["secrets"]}`,
		`{"kind":"shift","responder":"ada","at":"2026-10-19T09:00:00+02:00","until":"2026-10-26T09:00:00+01:00","schedule":"primary","policy":"vault","level":1}`,
		`{"kind":"label","page":"P1","at":"2026-10-20T09:00:00Z","author":"ada","verdict":"not_actionable","cause":"threshold_wrong","flags":["poor_details","poor_details"],"actioned":"no","note":"again","minutes":5}`,
		`{"kind":"label","page":"P1","at":"2026-10-21T09:00:00Z","author":"ada","withdrawn":true}`,
	}, "\n"))
	want := opsreview.Batch{
		Responders: []opsreview.Responder{{
			Ref: ref("ada"), Name: "Ada", Email: "ada@example.com", TimeZone: "Europe/Berlin",
			Teams: []string{"secrets"}, Channels: []opsreview.Channel{opsreview.SMS, opsreview.Email},
		}},
		Teams:    []opsreview.Team{{Ref: ref("secrets"), Name: "Secrets"}},
		Services: []opsreview.Service{{Ref: ref("vault"), Name: "Vault", Teams: []string{"secrets"}}},
		Shifts: []opsreview.Shift{{
			Responder: ref("ada"), Schedule: "primary", ScheduleID: "primary", Policy: "vault", PolicyID: "vault", Level: 1,
			Start: at(t, "2026-10-19T07:00:00Z"), End: at(t, "2026-10-26T08:00:00Z"),
		}},
		Labels: []opsreview.Label{
			{
				Page: ref("P1"), Verdict: opsreview.NotActionable, Cause: "threshold_wrong", Flags: []string{"poor_details"},
				Actioned: opsreview.No, Note: "again", Minutes: 5, Author: "ada", At: at(t, "2026-10-20T09:00:00Z"),
			},
			{Page: ref("P1"), Author: "ada", At: at(t, "2026-10-21T09:00:00Z"), Withdrawn: true},
		},
	}
	if diff := cmp.Diff([]opsreview.Batch{want}, got.batches, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("batches (-want +got):\n%s", diff)
	}
	if len(got.problems) > 0 {
		t.Errorf("problems: %q", got.reasons())
	}
}

func manyAttributes(n int) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(`"a%d":"x"`, i))
	}
	return strings.Join(list, ",")
}

func TestBadLinesAreReportedAndGoodOnesKept(t *testing.T) {
	const good = `{"kind":"triggered","page":"P1","at":"2026-10-19T02:00:00Z"}`
	tests := map[string]struct {
		line string
		want string // a part of the reason; "" if the line is good
	}{
		"blank lines are skipped":                      {line: "  \t"},
		"a line of an earlier or later version":        {`{"v":2,"kind":"noted","page":"P","at":"2026-10-19T02:00:00Z"}`, `version "2"`},
		"a line that is not JSON":                      {`{"kind":`, "not JSON"},
		"a line that is no object":                     {`["kind"]`, "not a JSON object"},
		"a scalar is no object":                        {`7`, "not a JSON object"},
		"an unknown field names the known ones":        {`{"kind":"noted","when":"x"}`, `no field "when": the fields are v, kind, page`},
		"keys have one case":                           {`{"Kind":"noted"}`, `no field "Kind"`},
		"a field given twice":                          {`{"kind":"noted","kind":"noted"}`, `"kind" is given twice`},
		"a missing kind":                               {`{"page":"P"}`, `"kind" is missing`},
		"an unknown kind names the known ones":         {`{"kind":"paged","page":"P"}`, `no kind "paged": the kinds are reopened, triggered`},
		"a missing page":                               {`{"kind":"noted","at":"2026-10-19T02:00:00Z"}`, `"page" is missing`},
		"an empty page is a missing page":              {`{"kind":"noted","page":"","at":"2026-10-19T02:00:00Z"}`, `"page" is missing`},
		"a missing time":                               {`{"kind":"noted","page":"P"}`, `"at" is missing`},
		"a naive time says how to write it":            {`{"kind":"noted","page":"P","at":"2026-10-19 02:00:00"}`, `has no offset: write 2026-10-19T02:00:00Z for UTC, or 2026-10-19T02:00:00+02:00`},
		"a date is a naive time":                       {`{"kind":"noted","page":"P","at":"2026-10-19"}`, "has no offset"},
		"something else for a time":                    {`{"kind":"noted","page":"P","at":"noon"}`, `"noon" of the field "at" is not a time`},
		"a time that cannot be":                        {`{"kind":"noted","page":"P","at":"0001-01-01T00:00:00Z"}`, "in the year 1"},
		"a number for a text":                          {`{"kind":"noted","page":7}`, `"page" must be a string`},
		"a text for a list":                            {`{"kind":"notified","page":"P","at":"2026-10-19T02:00:00Z","responders":"ada"}`, `"responders" must be a list of strings`},
		"a list of numbers":                            {`{"kind":"notified","page":"P","at":"2026-10-19T02:00:00Z","responders":[1]}`, `"responders" must be a list of strings`},
		"a notification of nobody":                     {`{"kind":"notified","page":"P","at":"2026-10-19T02:00:00Z","responders":[]}`, `"responders" is missing`},
		"attributes that are no object":                {`{"kind":"page","page":"P","attributes":[]}`, `"attributes" must be an object`},
		"an attribute that is a list":                  {`{"kind":"page","page":"P","attributes":{"a":[]}}`, `attribute "a" must be a string`},
		"an attribute given twice":                     {`{"kind":"page","page":"P","attributes":{"a":"1","a":"2"}}`, `attribute "a" is given twice`},
		"an attribute without a name":                  {`{"kind":"page","page":"P","attributes":{"":"1"}}`, "has no name"},
		"more attributes than the bound":               {`{"kind":"page","page":"P","attributes":{` + manyAttributes(65) + `}}`, "more than 64 attributes"},
		"a field of another kind":                      {`{"kind":"label","page":"P","at":"2026-10-19T02:00:00Z","author":"a","channel":"sms"}`, `kind label has no field "channel": its fields are v, kind, page, at, author`},
		"an unknown urgency":                           {`{"kind":"page","page":"P","urgency":"urgent"}`, `no urgency "urgent"`},
		"a service's name alone":                       {`{"kind":"page","page":"P","service_name":"Vault"}`, `"service_name" needs a "service"`},
		"a page merged into itself":                    {`{"kind":"merged","page":"P","at":"2026-10-19T02:00:00Z","merged_into":"P"}`, "merged into itself"},
		"an agent of no kind":                          {`{"kind":"noted","page":"P","at":"2026-10-19T02:00:00Z","by":"ada"}`, `needs a "by_kind"`},
		"an agent of an unknown kind":                  {`{"kind":"noted","page":"P","at":"2026-10-19T02:00:00Z","by":"ada","by_kind":"human"}`, `no by_kind "human"`},
		"an address in the channel":                    {`{"kind":"notified","page":"P","at":"2026-10-19T02:00:00Z","responders":["a"],"channel":"a@example.com"}`, "without the address"},
		"a number in the channel":                      {`{"kind":"notified","page":"P","at":"2026-10-19T02:00:00Z","responders":["a"],"channel":"sms555010"}`, "without the address"},
		"a telephone number for a responder":           {`{"kind":"notified","page":"P","at":"2026-10-19T02:00:00Z","responders":["+1 (555) 0100"]}`, "named by a telephone number"},
		"a telephone number for a responder's id":      {`{"kind":"responder","id":"+15550100"}`, "named by a telephone number"},
		"an identifier with a control character":       {`{"kind":"noted","page":"P\u001b[2J","at":"2026-10-19T02:00:00Z"}`, `"page" holds a control character`},
		"an identifier with a blank at its end":        {`{"kind":"noted","page":"P ","at":"2026-10-19T02:00:00Z"}`, "begins or ends with a blank"},
		"an identifier of unreasonable length":         {`{"kind":"noted","page":"` + strings.Repeat("P", 257) + `"}`, "is missing"},
		"a NUL character in a text":                    {`{"kind":"noted","page":"P","at":"2026-10-19T02:00:00Z","text":"a\u0000b"}`, `"text" holds a NUL`},
		"a text that is not UTF-8":                     {"{\"kind\":\"noted\xff\"}", "not UTF-8"},
		"a line longer than the bound":                 {`{"kind":"` + strings.Repeat("x", 1<<20) + `"}`, "longer than 1 MiB"},
		"a zone in words":                              {`{"kind":"responder","id":"ada","time_zone":"Eastern Time (US & Canada)"}`, "is not a time zone"},
		"an address that is none":                      {`{"kind":"responder","id":"ada","email":"ada"}`, "is not an e-mail address"},
		"a shift that ends before it starts":           {`{"kind":"shift","responder":"ada","at":"2026-10-19T02:00:00Z","until":"2026-10-19T01:00:00Z"}`, "must end"},
		"a level that is no number":                    {`{"kind":"shift","responder":"ada","at":"2026-10-19T02:00:00Z","level":"first"}`, "whole number between 0 and 100"},
		"a label without a verdict":                    {`{"kind":"label","page":"P","at":"2026-10-19T02:00:00Z","author":"ada","cause":"capacity"}`, "needs a verdict"},
		"a label with an unknown verdict":              {`{"kind":"label","page":"P","at":"2026-10-19T02:00:00Z","author":"ada","verdict":"noise"}`, `no verdict "noise"`},
		"a label with a cause that is no word":         {`{"kind":"label","page":"P","at":"2026-10-19T02:00:00Z","author":"ada","verdict":"actionable","cause":"It broke"}`, "is not a cause"},
		"a label with more minutes than a week":        {`{"kind":"label","page":"P","at":"2026-10-19T02:00:00Z","author":"ada","verdict":"actionable","minutes":10081}`, "between 0 and 10080"},
		"a title may hold anything else":               {line: `{"kind":"page","page":"P","title":"=cmd|\u001b[2J \u202e"}`},
		"a page line needs no time":                    {line: `{"kind":"page","page":"P","title":"t"}`},
		"a null is as good as nothing":                 {line: `{"kind":"noted","page":"P","at":"2026-10-19T02:00:00Z","text":null,"responders":null,"attributes":null}`},
		"an unknown agent is allowed where it is said": {line: `{"kind":"noted","page":"P","at":"2026-10-19T02:00:00Z","by":"x","by_kind":"unknown"}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := importText(t, file.JSONL(), good+"\n"+tt.line+"\r\n"+good[:len(good)-1]+`,"id":"last"}`)
			if n := len(got.batches[0].Pages[0].Events); n != 2 {
				t.Errorf("%d good events were kept, want 2", n)
			}
			if tt.want == "" {
				if len(got.problems) > 0 {
					t.Errorf("problems: %q", got.reasons())
				}
				return
			}
			if len(got.problems) != 1 || got.problems[0].Line != 2 || !strings.Contains(got.problems[0].Reason, tt.want) {
				t.Errorf("problems are %q, want one on line 2 with %q", got.reasons(), tt.want)
			}
		})
	}
}

func TestFilesThatCannotBeReadAtAll(t *testing.T) {
	tests := map[string]struct {
		importer ingest.Importer
		text     string
		want     string
	}{
		"a compressed file":                    {file.JSONL(), "\x1f\x8b\x08", "in is compressed"},
		"UTF-16 little endian":                 {file.JSONL(), "\xff\xfek\x00", "in is UTF-16"},
		"UTF-16 big endian":                    {file.CSV(), "\xfe\xff\x00k", "in is UTF-16"},
		"a CSV without a line":                 {file.CSV(), "\n\n", "in is empty"},
		"a column that is there twice":         {file.CSV(), "kind,page,at,page\n", `line 1: the column "page" is there twice`},
		"a column that nobody knows":           {file.CSV(), "\nkind,page,at,when\n", `line 2: there is no column "when": the columns are v, kind`},
		"the attributes' column without names": {file.CSV(), "kind,page,at,attr.\n", `no column "attr."`},
		"a missing kind":                       {file.CSV(), "page,at\n", `the column "kind" is missing`},
		"a missing time":                       {file.CSV(), "kind,page\n", `the column "at" is missing`},
		"a missing page":                       {file.CSV(), "kind,at\n", `the column "page" is missing`},
		"semicolons for commas":                {file.CSV(), "kind;page;at\n", "not separated by commas"},
		"a header with a stray quote":          {file.CSV(), "kind,pa\"ge,at\n", "line 1: a quote stands within a cell"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := tryImport(t, tt.importer, tt.text)
			if opsreview.ErrorCode(err) != opsreview.Invalid || !strings.Contains(opsreview.ErrorMessage(err), tt.want) {
				t.Errorf("error is %v, want Invalid with %q", err, tt.want)
			}
		})
	}
}

func TestLongLinesMakeSmallBatches(t *testing.T) {
	line := `{"kind":"noted","page":"P1","at":"2026-10-19T02:00:00Z","text":"` + strings.Repeat("x", 1<<19) + "\"}\n"
	got := importText(t, file.JSONL(), strings.Repeat(line, 20))
	if len(got.batches) != 2 {
		t.Errorf("%d batches, want 2", len(got.batches))
	}
}

func TestEventsAreNamedByTheirContent(t *testing.T) {
	const line = `{"kind":"notified","page":"P1","at":"2026-10-19T04:00:00+02:00","responders":["a","b"],"channel":"sms"}`
	tests := map[string]struct {
		other string
		same  bool
	}{
		"the same line twice is one event":                {line, true},
		"the offset does not matter":                      {strings.Replace(line, "04:00:00+02:00", "02:00:00Z", 1), true},
		"the order of responders does not matter":         {strings.Replace(line, `"a","b"`, `"b","a"`, 1), true},
		"what is said of the page does not matter":        {strings.Replace(line, `{`, `{"title":"t",`, 1), true},
		"the millisecond matters":                         {strings.Replace(line, "04:00:00", "04:00:00.001", 1), false},
		"the channel matters":                             {strings.Replace(line, "sms", "push", 1), false},
		"the page matters":                                {strings.Replace(line, "P1", "P2", 1), false},
		"where one field ends and another begins matters": {strings.Replace(line, `["a","b"],"channel":"sms"`, `["a"],"channel":"bsms"`, 1), false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			ids := map[string]bool{}
			for _, p := range importText(t, file.JSONL(), line+"\n"+tt.other).pages() {
				for _, e := range p.Events {
					ids[e.ID] = true
				}
			}
			if same := len(ids) == 1; same != tt.same {
				t.Errorf("same event: %v, want %v", same, tt.same)
			}
		})
	}
}

func TestLaterLinesWinWhateverTheirOrder(t *testing.T) {
	lines := []string{
		`{"kind":"page","page":"P","title":"mention","url":"https://example.com"}`,
		`{"kind":"triggered","page":"P","at":"2026-10-19T02:00:00Z","id":"1","title":"first","attributes":{"a":"1","b":"1"}}`,
		`{"kind":"changed","page":"P","at":"2026-10-19T03:00:00Z","id":"2","title":"second","attributes":{"a":"2"}}`,
		`{"kind":"resolved","page":"P","at":"2026-10-19T04:00:00Z","id":"3","priority":"P1"}`,
	}
	want := importText(t, file.JSONL(), strings.Join(lines, "\n")).pages()
	if p := want[0]; p.Title != "second" || p.Attributes["a"] != "2" || p.Attributes["b"] != "1" || p.URL == "" || p.Priority != "P1" {
		t.Fatalf("page is %+v", p)
	}
	for i := range lines {
		for j := range lines {
			lines[i], lines[j] = lines[j], lines[i]
			got := importText(t, file.JSONL(), strings.Join(lines, "\n")).pages()
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("order %q (-want +got):\n%s", lines, diff)
			}
		}
	}
}

// endless makes a file of n lines without holding it.
type endless struct {
	n    int
	rest []byte
}

func (e *endless) Read(b []byte) (int, error) {
	if len(e.rest) == 0 {
		if e.n == 0 {
			return 0, io.EOF
		}
		e.n--
		e.rest = fmt.Appendf(e.rest[:0], "{\"kind\":\"noted\",\"page\":\"P%d\",\"at\":\"2026-10-19T02:00:00Z\"}\n", e.n/7)
	}
	n := copy(b, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

// counting forgets batches and keeps their sizes.
type counting struct{ largest, total int }

func (c *counting) Save(_ context.Context, b opsreview.Batch) error {
	n := 0
	for _, p := range b.Pages {
		n += len(p.Events)
	}
	c.largest, c.total = max(c.largest, n), c.total+n
	return nil
}

func (c *counting) Problem(p ingest.Problem) error { return errors.New(p.Reason) }

func TestBatchesStaySmall(t *testing.T) {
	var c counting
	if err := file.JSONL().Import(t.Context(), "test", ingest.File{Name: "in", R: &endless{n: 12_345}}, &c); err != nil {
		t.Fatal(err)
	}
	if c.largest != 4000 || c.total != 12_345 {
		t.Errorf("largest batch has %d events and all have %d, want 4000 and 12345", c.largest, c.total)
	}
}

func TestImportStops(t *testing.T) {
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if err := file.JSONL().Import(stopped, "test", ingest.File{R: &endless{n: 10}}, &counting{}); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that ended: %v", err)
	}
	broken := errors.New("broken")
	err := file.CSV().Import(t.Context(), "test", ingest.File{R: io.MultiReader(strings.NewReader("kind,page,at\n"), failing{broken})}, &counting{})
	if !errors.Is(err, broken) {
		t.Errorf("with a reader that fails: %v", err)
	}
	if err := file.CSV().Import(t.Context(), "Not A Name", ingest.File{R: &endless{}}, &counting{}); opsreview.ErrorCode(err) != opsreview.Invalid {
		t.Errorf("with a bad source name: %v", err)
	}
	err = file.JSONL().Import(t.Context(), "test", ingest.File{R: strings.NewReader("x")}, &counting{})
	if err == nil || opsreview.ErrorCode(err) != opsreview.Internal {
		t.Errorf("with a sink that fails: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
