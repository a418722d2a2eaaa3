package markdown_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/ticket"
	"opsreview/ticket/markdown"
)

// Trackers of the same folder stand for programs of their own: they share
// nothing but the files.
func TestCreate_ProgramsNeverTakeTheSameNumber(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tickets")
	const programs, each = 8, 10
	var wg sync.WaitGroup
	errs := make(chan error, programs*each)
	for p := range programs {
		tracker := open(t, dir)
		wg.Go(func() {
			for i := range each {
				_, err := tracker.Create(t.Context(), draft(fmt.Sprintf("%d of %d", i, p)))
				errs <- err
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Errorf("filing: %v", err)
		}
	}
	numbers := map[string]bool{}
	for _, name := range listFiles(t, dir) {
		number, _, _ := strings.Cut(name, "-")
		if numbers[number] || strings.HasPrefix(name, ".") {
			t.Errorf("the folder has %s", name)
		}
		numbers[number] = true
	}
	if len(numbers) != programs*each {
		t.Errorf("%d tickets are there, want %d", len(numbers), programs*each)
	}
}

func TestCreate_WhereNothingCanBeWrittenNothingHappened(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, dir := range map[string]string{"a file": file, "below a file": filepath.Join(file, "tickets")} {
		_, err := open(t, dir).Create(t.Context(), draft("Noisy"))
		var rejected *ticket.Rejected
		if !errors.As(err, &rejected) || !rejected.Access {
			t.Errorf("%s: the error is %v, want a refusal that can be mended", name, err)
		}
	}
}

func TestCreate_ANumberIsNotGivenTwice(t *testing.T) {
	tests := map[string]struct {
		there []string // files; one that holds a ticket has its id in it
		want  string
	}{
		"the first is one":                         {nil, "0001-noisy.md"},
		"numbers follow the highest":               {[]string{"0004-x.md", "0002-x.md"}, "0005-noisy.md"},
		"a broken file has its number":             {[]string{"0009.md"}, "0010-noisy.md"},
		"a ticket that people renamed has its own": {[]string{"12-abcdef"}, "0013-noisy.md"},
		"another program's claim is left to it":    {[]string{".0001.tmp"}, "0002-noisy.md"},
		"numbers may grow long":                    {[]string{"9999-x.md"}, "10000-noisy.md"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for _, name := range tt.there {
				if !strings.Contains(name, ".") {
					writeFile(t, dir, "renamed.md", "---\nid: "+name+"\n---\n")
					continue
				}
				writeFile(t, dir, name, "x")
			}
			file(t, open(t, dir), draft("Noisy"))
			if got := listFiles(t, dir); !slices.Contains(got, tt.want) {
				t.Errorf("the folder has %q, want %s", got, tt.want)
			}
		})
	}
}

func TestFind_ShowsWhatIsThereAtOnceAndInOrder(t *testing.T) {
	dir := t.TempDir()
	tracker := open(t, dir)
	var want []string
	for i := range 11 {
		want = append(want, file(t, tracker, draft(fmt.Sprintf("%c", 'z'-i))).Key)
	}
	other := draft("Other")
	other.Labels = []string{ticket.Label, "opsreview-ffffffffffffffff"}
	file(t, tracker, other)
	found, err := tracker.Find(t.Context(), ticket.Label, ticket.FingerprintLabel(fp))
	if err != nil {
		t.Fatalf("finding: %v", err)
	}
	var got []string
	for _, s := range found {
		got = append(got, s.Key)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
}

func TestFind_NoFolderIsNoTicket(t *testing.T) {
	found, err := open(t, filepath.Join(t.TempDir(), "missing")).Find(t.Context(), ticket.Label)
	if err != nil || len(found) != 0 {
		t.Errorf("found %v, %v; want nothing", found, err)
	}
}

func TestFind_FilesThatCannotBeRead(t *testing.T) {
	label := ticket.FingerprintLabel(fp)
	tests := map[string]struct {
		name, text string
		fails      bool
	}{
		"one that may be the ticket is an error":          {"0003-x.md", "---\n<<<<<<< HEAD\nlabels: [" + label + "]\n", true},
		"one whose id is gone is an error":                {"0003-x.md", "---\nlabels: [" + label + "]\n---\n", true},
		"one that was renamed is an error":                {"x.md", "---\nlabels: [" + label + ", a, a: b]\n---\n", true},
		"one of another finding is none":                  {"0003-x.md", "---\n<<<<<<< HEAD\nlabels: [opsreview-ffffffffffffffff]\n", false},
		"people's own pages may tell of a ticket":         {"README.md", "The ticket with " + label + " is fun.", false},
		"a page with keys of its own is none":             {"page.md", "---\nlayout: wide\n---\n", false},
		"what is not Markdown is none":                    {"0003-x.txt", "---\nlabels: [" + label + "]\n", false},
		"hidden files are none":                           {".0003-x.md", "---\nlabels: [" + label + "]\n", false},
		"a file too large to be a ticket may still be it": {"0003-x.md", "---\nid: 3-abc\nlabels: [" + label + "]\n---\n" + strings.Repeat("x", 1<<20), true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			writeFile(t, dir, tt.name, tt.text)
			found, err := open(t, dir).Find(t.Context(), label)
			if (err != nil) != tt.fails || len(found) != 0 {
				t.Errorf("found %v, %v", found, err)
			}
			if got := readFile(t, dir, tt.name); got != tt.text {
				t.Errorf("the file was changed to %q", got)
			}
		})
	}
}

func TestGet_LeavesOutWhatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, dir, "0003-x.md", "---\nid: 3-abc\nclosed: soon\n---\n")
	writeFile(t, dir, "0004-x.md", "---\nid: 4-abc\n---\n")
	tracker := open(t, dir)
	found, err := tracker.Get(t.Context(), []string{"3-abc", "4-abc"})
	if err != nil || len(found) != 1 || found[0].ID != "4-abc" {
		t.Errorf("got %v, %v; want 4-abc alone", found, err)
	}
	if found, err := tracker.Get(t.Context(), []string{"3-abc"}); opsreview.ErrorCode(err) != opsreview.Invalid {
		t.Errorf("got %v, %v; want an Invalid error", found, err)
	}
	if found, err := open(t, filepath.Join(dir, "missing")).Get(t.Context(), []string{"4-abc"}); opsreview.ErrorCode(err) != opsreview.Unavailable || !strings.Contains(opsreview.ErrorMessage(err), "there is no folder") {
		t.Errorf("without the folder: got %v, %v; want an Unavailable error", found, err)
	}
}

func TestLinks_AreNotFollowed(t *testing.T) {
	out, dir := t.TempDir(), t.TempDir()
	text := "---\nid: 3-abc\nlabels: [opsreview]\n---\n"
	writeFile(t, out, "target.md", text)
	if err := os.Symlink(filepath.Join(out, "target.md"), filepath.Join(dir, "0003-x.md")); err != nil {
		t.Skipf("this system makes no links: %v", err)
	}
	tracker := open(t, dir)
	if found, err := tracker.Find(t.Context(), ticket.Label); err != nil || len(found) != 0 {
		t.Errorf("found %v, %v; want nothing", found, err)
	}
	if got := get(t, tracker, "3-abc"); !got.Missing {
		t.Errorf("got %+v, want it missing", got)
	}
	if err := tracker.Note(t.Context(), "3-abc", "seen", say("x")); err == nil {
		t.Error("a note was written through a link")
	}
	if got := readFile(t, out, "target.md"); got != text {
		t.Errorf("the file outside was changed to %q", got)
	}
}

func TestHealthy_KnowsTheFolder(t *testing.T) {
	tracker := open(t, t.TempDir())
	if err := tracker.Healthy(t.Context(), ticket.Ref{}); err != nil {
		t.Errorf("nothing is known: %v", err)
	}
	ref := file(t, tracker, draft("Noisy"))
	if err := tracker.Healthy(t.Context(), ref); err != nil {
		t.Errorf("the ticket is there: %v", err)
	}
	if err := tracker.Healthy(t.Context(), ticket.Ref{ID: "9-zzzzzz", Key: "0009"}); opsreview.ErrorCode(err) != opsreview.Unavailable {
		t.Errorf("the ticket is not there: %v, want an Unavailable error", err)
	}
}

func TestCheck_TellsOfWhatIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	tracker := open(t, dir)
	file(t, tracker, draft("Noisy"))
	writeFile(t, dir, "0002-x.md", "---\nid: 2-abc\nstatus: parked\n---\n")
	writeFile(t, dir, "0003-x.md", "---\nid: 3-abc\nclosed: soon\n---\n")
	writeFile(t, dir, "0004-copy.md", "---\nid: 2-abc\nstatus: open\n---\n")
	writeFile(t, dir, "0005-x.md", "---\nid: 1-zzzzzz\nstatus: open\n---\n")
	writeFile(t, dir, "README.md", "Hello.")
	writeFile(t, dir, ".0006.tmp", "---\n")
	var got []string
	for _, c := range tracker.Check(t.Context()) {
		got = append(got, fmt.Sprintf("%v %s: %s", c.OK, c.Subject, strings.ReplaceAll(c.Detail, dir, "DIR")))
	}
	want := []string{
		"true folder: DIR can be written to",
		"true tickets: 3; files that are none and are left alone: 1",
		"false 0003-x.md: closed: it is not a day such as 2026-03-09",
		"false 0004-copy.md: 0002-x.md has its id too: give it another or delete it",
		"false 0005-x.md: 0001-noisy.md has the number 0001 too",
		`false 0002-x.md: nobody knows whether the status "parked" is open or done`,
		"true leftovers: an interrupted run left .0006.tmp; delete them when nothing runs",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("checks (-want +got):\n%s", diff)
	}
}

func TestConfig_SaysWhatIsWrong(t *testing.T) {
	good := markdown.Config{Type: "markdown", Path: "tickets"}
	with := func(change func(c *markdown.Config)) markdown.Config {
		c := good
		change(&c)
		return c
	}
	tests := map[string]struct {
		config markdown.Config
		field  string // "" where nothing is wrong
	}{
		"a path is enough":                  {good, ""},
		"a path is needed":                  {with(func(c *markdown.Config) { c.Path = " " }), "path"},
		"another type is another tracker's": {with(func(c *markdown.Config) { c.Type = "jira" }), "type"},
		"the root has no name":              {with(func(c *markdown.Config) { c.Path = "/" }), "project"},
		"the root may be given one":         {with(func(c *markdown.Config) { c.Path, c.Project = "/", "OPS" }), ""},
		"a label is one word":               {with(func(c *markdown.Config) { c.Labels = []string{"a b"} }), "labels"},
		"a web address opens in a browser":  {with(func(c *markdown.Config) { c.BrowseURL = "javascript://x/" }), "browse_url"},
		"a web address holds no password":   {with(func(c *markdown.Config) { c.BrowseURL = "https://a:b@host/" }), "browse_url"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := markdown.New(tt.config, nil)
			field, _, _ := strings.Cut(opsreview.ErrorMessage(err), ":")
			if field != tt.field || (err != nil && opsreview.ErrorCode(err) != opsreview.Invalid) {
				t.Errorf("the error is %v, want one of the field %q", err, tt.field)
			}
		})
	}
}
