package report_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"opsreview/report"
)

// Variables of this test alone: CI must not skip it, and a person may want to
// look at what it saw.
const (
	needBrowser   = "OPSREVIEW_TEST_BROWSER"     // fail where there is no browser
	screenshotDir = "OPSREVIEW_TEST_SCREENSHOTS" // keep screenshots and the PDF here
)

// browserTimeout bounds a test in the browser.
const browserTimeout = 2 * time.Minute

// chromium returns the path of the browser, or skips the test.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv(needBrowser) != "" {
		t.Fatal("there is no Chromium: apt-get install chromium")
	}
	t.Skip("there is no Chromium to look at the report with: apt-get install chromium")
	return ""
}

// A browser is a tab that remembers what it was told.
type browser struct {
	context.Context

	mu        sync.Mutex
	requested []string
	said      []string // exceptions, console and the browser's own log
}

func openBrowser(t *testing.T) *browser {
	t.Helper()
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(chromium(t)), chromedp.NoFirstRun, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Headless,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("disable-dev-shm-usage", true), chromedp.UserDataDir(t.TempDir()),
	}
	b := &browser{}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), browserTimeout)
	ctx, stop := chromedp.NewExecAllocator(ctx, options...)
	ctx, closeTab := chromedp.NewContext(ctx, chromedp.WithListener(b.listen))
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // waits for the browser to go
		closeTab()
		stop()
		cancel()
	})
	b.Context = ctx
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatalf("starting Chromium: %v", err)
	}
	return b
}

func (b *browser) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		b.requested = append(b.requested, e.Request.URL)
	case *log.EventEntryAdded:
		b.said = append(b.said, e.Entry.Text)
	case *runtime.EventExceptionThrown:
		b.said = append(b.said, e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		b.said = append(b.said, "console."+string(e.Type))
	}
}

// ask runs an action that has an answer.
func ask[T any](t *testing.T, b *browser, action chromedp.Action[T]) T {
	t.Helper()
	answer, err := chromedp.Run(b, action)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// show sets the window's width and the theme.
func (b *browser) show(t *testing.T, width int64, theme string) {
	t.Helper()
	_, err := chromedp.Call(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 900, DeviceScaleFactor: 1})
	if err == nil {
		_, err = chromedp.Call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}},
		})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// open shows a report, which is a file as somebody receives it.
func (b *browser) open(t *testing.T, d report.Data) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "review.html")
	if err := os.WriteFile(path, render(t, d).HTML, 0o600); err != nil {
		t.Fatal(err)
	}
	url := "file://" + path
	ask(t, b, chromedp.Navigate(url))
	return url
}

// A sight is what the page's script of this test measures.
type sight struct {
	Overflow   int      // by how many pixels the page is wider than the window
	Charts     int      // drawings with a size
	Flat       []string // drawings without one
	Clipped    []string // words that stick out of their drawing
	Tables     int
	Unreadable int // tables without a size once their details are open
}

// look measures, and opens every table on the way.
const look = `(() => {
	for (const d of document.querySelectorAll("details")) d.open = true;
	const box = e => e.getBoundingClientRect(), seen = e => box(e).width > 0 && box(e).height > 0;
	const charts = [...document.querySelectorAll("svg[role=img]")], tables = [...document.querySelectorAll("table")];
	const out = {Overflow: document.documentElement.scrollWidth - window.innerWidth, Charts: 0, Flat: [], Clipped: [], Tables: tables.length, Unreadable: 0};
	for (const c of charts) {
		seen(c) ? out.Charts++ : out.Flat.push(c.id);
		for (const t of c.querySelectorAll("text")) {
			if (!seen(t)) continue;
			const a = box(t), b = box(c);
			if (a.left < b.left - 2 || a.right > b.right + 2 || a.top < b.top - 2 || a.bottom > b.bottom + 2) out.Clipped.push(c.id + ": " + t.textContent);
		}
	}
	out.Unreadable = tables.filter(t => !seen(t)).length;
	return out;
})()`

func TestBrowser_EveryWidth(t *testing.T) {
	reports := map[string]report.Data{
		"a small report": data("Vault is sealed"), "a large one": large(), "an empty one": {},
		"long words": data(hostile["a very long word"]), "wide characters": data(hostile["wide characters"]), "a script": data(hostile["a script"]),
	}
	for name, d := range reports {
		t.Run(name, func(t *testing.T) {
			b := openBrowser(t)
			url := b.open(t, d)
			for _, width := range []int64{360, 1024, 1600} {
				b.show(t, width, "light")
				s := ask(t, b, chromedp.Evaluate[sight](look))
				if s.Overflow > 0 {
					t.Errorf("at %d the page is %d pixels wider than the window", width, s.Overflow)
				}
				if len(s.Flat) > 0 || (s.Charts < 5) != (len(d.Review.Loads) == 0) {
					t.Errorf("at %d there are %d charts, and without a size %q", width, s.Charts, s.Flat)
				}
				if len(s.Clipped) > 0 {
					t.Errorf("at %d words stick out of their drawings: %q", width, s.Clipped)
				}
				if s.Tables == 0 || s.Unreadable > 0 {
					t.Errorf("at %d there are %d tables, %d of them without a size", width, s.Tables, s.Unreadable)
				}
			}
			b.wantQuiet(t, url)
		})
	}
}

// wantQuiet fails the test if the page asked for anything but itself or the
// browser had anything to say about it.
func (b *browser) wantQuiet(t *testing.T, url string) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, u := range b.requested {
		if u != url {
			t.Errorf("the page asked for %q", u)
		}
	}
	for _, text := range b.said {
		t.Errorf("the browser says: %s", text)
	}
}

func TestBrowser_TabReachesEverything(t *testing.T) {
	b := openBrowser(t)
	b.open(t, large())
	const script = `(() => [...document.querySelectorAll("summary, .scroll, nav a, .skip")].filter(e => { e.focus(); return document.activeElement !== e; }).map(e => e.outerHTML))()`
	ask(t, b, chromedp.Evaluate[sight](look)) // opens the tables
	if lost := ask(t, b, chromedp.Evaluate[[]string](script)); len(lost) > 0 {
		t.Errorf("the keyboard does not reach %q", lost)
	}
}

var pdfPage = regexp.MustCompile(`/Type\s*/Page[^s]`)

func TestBrowser_PrintsWhole(t *testing.T) {
	b := openBrowser(t)
	d := large()
	b.open(t, d)
	pdf := ask(t, b, chromedp.PrintToPDF(chromedp.PDFPreferCSSPageSize()))
	keep(t, "large.pdf", pdf)
	if n := len(pdfPage.FindAll(pdf, -1)); n < 3 {
		t.Errorf("the PDF has %d pages, want several", n)
	}
	if _, err := exec.LookPath("pdftotext"); err != nil {
		t.Log("without pdftotext (poppler-utils) the text of the PDF is not compared")
		return
	}
	cmd := exec.CommandContext(t.Context(), "pdftotext", "-layout", "-", "-")
	cmd.Stdin = bytes.NewReader(pdf)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(string(out)), " ")
	for _, want := range []string{
		"Operational review", "In one look", "Worth discussing", "Responders", "Over the limits", "Hours of the week",
		"Actionability per week", "Where the error budget went", "Nobody was paged for", "What looks weird on the dashboards", "the series that look weird", "Monitors by cost", "What to change", "Timeline", "What could not be computed",
		"Load of each responder, breaches of limits first", "Every monitor that paged, dearest first", "28 other monitors",
		"Made by opsreview",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not on paper", want)
		}
	}
	for _, g := range d.Review.Gaps {
		if _, last, _ := strings.Cut(g.Subject, "name "); !strings.Contains(text, last) {
			t.Errorf("the gap of %s is not on paper", g.Subject)
		}
	}
}

// TestBrowser_Screenshots keeps what a person should look at, where the
// environment says so.
func TestBrowser_Screenshots(t *testing.T) {
	if os.Getenv(screenshotDir) == "" {
		t.Skip("set " + screenshotDir + " to a folder to keep screenshots there")
	}
	b := openBrowser(t)
	b.open(t, large())
	for _, theme := range []string{"light", "dark"} {
		for name, width := range map[string]int64{"360": 360, "1024": 1024, "1600": 1600} {
			b.show(t, width, theme)
			keep(t, theme+"-"+name+".png", ask(t, b, chromedp.FullScreenshot(100)))
		}
	}
}

func keep(t *testing.T, name string, content []byte) {
	t.Helper()
	dir := os.Getenv(screenshotDir)
	if dir == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
		t.Fatal(err)
	}
}
