package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// A skipFile remembers which pages somebody skipped in triage, so that they
// come last the next time. It is a convenience of one person on one machine:
// whatever is wrong with it, triage works.
type skipFile struct {
	path string
	old  []string // what earlier runs skipped
}

// mostSkips is how many pages are remembered, the last ones.
const mostSkips = 2000

// skipFile is in the XDG state directory.
func (a *app) skipFile() *skipFile {
	dir := a.xdg("XDG_STATE_HOME", filepath.Join(".local", "state"))
	if !filepath.IsAbs(dir) {
		return &skipFile{}
	}
	return &skipFile{path: filepath.Join(dir, "opsreview", "skipped")}
}

// read returns the pages that earlier runs skipped.
func (f *skipFile) read() map[string]bool {
	data, err := os.ReadFile(f.path)
	if err != nil {
		return nil
	}
	skipped := map[string]bool{}
	for line := range strings.Lines(string(data)) {
		if name, err := strconv.Unquote(strings.TrimSpace(line)); err == nil && !skipped[name] {
			skipped[name] = true
			f.old = append(f.old, name)
		}
	}
	return skipped
}

// write remembers pages beside those of earlier runs. The file is replaced
// whole, so that a crash leaves the old one.
func (f *skipFile) write(pages []string) error {
	if f.path == "" {
		return errors.New("there is no home directory to keep a note in")
	}
	now := map[string]bool{}
	for _, p := range pages {
		now[p] = true
	}
	var all []string
	for _, p := range f.old {
		if !now[p] {
			all = append(all, p)
		}
	}
	all = append(all, pages...)
	var b strings.Builder
	for _, p := range all[max(0, len(all)-mostSkips):] {
		b.WriteString(strconv.Quote(p) + "\n")
	}
	if err := os.MkdirAll(filepath.Dir(f.path), 0o700); err != nil {
		return reason(err)
	}
	temporary := f.path + ".new"
	if err := os.WriteFile(temporary, []byte(b.String()), 0o600); err != nil {
		return reason(err)
	}
	return reason(os.Rename(temporary, f.path))
}

// reason is what the operating system says, without the path.
func reason(err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}

// skip leaves a page for later: at first until the others have been seen, and
// then for good.
func (m *triage) skip() tea.Cmd {
	item := m.item()
	if item.labelled {
		return m.next()
	}
	m.done = append(m.done, triageEntry{item: item})
	again := !item.skipped && slices.ContainsFunc(m.queue[m.at+1:], func(i *triageItem) bool { return !i.labelled && !i.skipped })
	item.skipped = true
	if m.say("skipped: it comes again at the end"); !again {
		m.say("left for another time")
	}
	m.remember()
	if !again {
		return m.next()
	}
	m.queue = append(slices.Delete(m.queue, m.at, m.at+1), item)
	m.at--
	return m.next()
}

// remember keeps what was skipped for the walks to come.
func (m *triage) remember() {
	if m.skips == nil {
		return
	}
	var pages []string
	for _, item := range m.queue {
		if item.skipped && !item.labelled {
			pages = append(pages, item.page.GetName())
		}
	}
	m.skipped = len(pages)
	if err := m.skips(pages); err != nil {
		m.say("skipped, but the next run will not know of it: %s", clean(message(err)))
	}
}
