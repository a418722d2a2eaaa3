package markdown

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"opsreview"
)

// mostFile bounds a ticket's file.
const mostFile = 1 << 20

const (
	extension = ".md"
	leftover  = ".tmp"
)

var (
	// numbered is the name of a ticket's file as it is created. People may rename
	// the rest of it, or all of it.
	numbered = regexp.MustCompile(`^([0-9]{1,9})(?:-.*)?\.md$`)

	// ours is a label that names a finding.
	ours = regexp.MustCompile(`opsreview-[0-9a-f]{16}`)
)

// A file is a ticket as it lies in the folder.
type file struct {
	name string
	text []byte
	info fs.FileInfo
	front
}

// A broken file looks like a ticket's and cannot be read.
type broken struct {
	name   string
	number int    // 0 if its name has none
	text   []byte // as far as it was read
	err    error
}

// contents are what a folder holds.
type contents struct {
	tickets []file // one of each id, in order of their numbers and ids
	broken  []broken
	foreign int // files that are no tickets
}

// open opens the folder. Nothing outside of it is reached through what it
// returns. With create, a folder that is missing is made.
func (t *Tracker) open(create bool) (*os.Root, error) {
	if create {
		if err := os.MkdirAll(t.cfg.Path, 0o755); err != nil {
			return nil, opsreview.Wrapf(err, opsreview.Unavailable, "the folder %s cannot be made", t.cfg.Path)
		}
	}
	root, err := os.OpenRoot(t.cfg.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, opsreview.Wrapf(err, opsreview.Unavailable, "there is no folder %s: was it moved, or is another one configured?", t.cfg.Path)
	}
	if err != nil {
		return nil, opsreview.Wrapf(err, opsreview.Unavailable, "the folder %s cannot be opened", t.cfg.Path)
	}
	return root, nil
}

// names lists the regular files of the folder in order. Links are not
// followed, and hidden files are nobody's tickets.
func names(root *os.Root, suffix string) ([]string, error) {
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return nil, opsreview.Wrapf(err, opsreview.Unavailable, "the folder cannot be listed")
	}
	var found []string
	for _, e := range entries {
		hidden := strings.HasPrefix(e.Name(), ".")
		if e.Type().IsRegular() && strings.HasSuffix(e.Name(), suffix) && hidden == (suffix == leftover) {
			found = append(found, e.Name())
		}
	}
	return found, nil
}

// numberIn is the number that a file's name begins with, 0 if there is none.
func numberIn(name string) int {
	m := numbered.FindStringSubmatch(name)
	if m == nil {
		return 0
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		return 0
	}
	return n
}

// read reads every file of the folder, or those named.
func read(ctx context.Context, root *os.Root, only []string) (contents, error) {
	list := only
	if list == nil {
		var err error
		if list, err = names(root, extension); err != nil {
			return contents{}, err
		}
	}
	var c contents
	for _, name := range list {
		if err := ctx.Err(); err != nil {
			return contents{}, err
		}
		c.take(root, name)
	}
	slices.SortStableFunc(c.tickets, func(a, b file) int {
		if a.number() != b.number() {
			return a.number() - b.number()
		}
		return strings.Compare(a.id, b.id)
	})
	c.unique()
	return c, nil
}

// take reads one file. One that goes away meanwhile was not there.
func (c *contents) take(root *os.Root, name string) {
	text, info, err := readFile(root, name)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	var f front
	if err == nil {
		f, err = parseFront(text)
	}
	if err == nil {
		c.tickets = append(c.tickets, file{name: name, text: text, info: info, front: f})
		return
	}
	if numberIn(name) > 0 || (bytes.HasPrefix(text, []byte("---")) && ours.Match(text)) {
		c.broken = append(c.broken, broken{name: name, number: numberIn(name), text: text, err: err})
		return
	}
	c.foreign++
}

// unique keeps one file of each id: the one whose name has its number. Copies
// that people made are told of as broken ones, but no ticket is in them.
func (c *contents) unique() {
	kept := c.tickets[:0]
	for _, f := range c.tickets {
		last := len(kept) - 1
		if last < 0 || kept[last].id != f.id {
			kept = append(kept, f)
			continue
		}
		extra := f
		if numberIn(kept[last].name) != f.number() && numberIn(f.name) == f.number() {
			extra, kept[last] = kept[last], f
		}
		c.broken = append(c.broken, broken{name: extra.name, err: fmt.Errorf("%s has its id too: give it another or delete it", kept[last].name)})
	}
	c.tickets = kept
}

func readFile(root *os.Root, name string) ([]byte, fs.FileInfo, error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close() // read only: nothing to lose
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	text, err := io.ReadAll(io.LimitReader(f, mostFile+1))
	if err == nil && len(text) > mostFile {
		return text[:mostFile], info, errors.New("it is larger than a ticket may be, which is 1 MiB")
	}
	return text, info, err
}

// An unwritten error says that there is no file: the disk is full, or the
// folder may not be written to.
type unwritten struct{ err error }

func (u *unwritten) Error() string { return u.err.Error() }
func (u *unwritten) Unwrap() error { return u.err }

// create writes a new file under the next free number, whole or not at all,
// and returns its name and number. The hidden file that it is written to first
// is a claim on the number: two programs never take the same.
func create(root *os.Root, slug string, write func(number int) []byte) (string, int, error) {
	number, err := highest(root)
	if err != nil {
		return "", 0, &unwritten{err}
	}
	for {
		number++
		claim := fmt.Sprintf(".%04d%s", number, leftover)
		f, err := root.OpenFile(claim, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if errors.Is(err, fs.ErrExist) {
			continue // another program's, or cut off: that number stays free
		}
		if err != nil {
			return "", 0, &unwritten{err}
		}
		// Whoever had the number before may have filed and let go of it since the
		// folder was listed.
		top, err := highest(root)
		if err == nil && top >= number {
			number = top
			err = errors.Join(f.Close(), root.Remove(claim))
			if err == nil {
				continue
			}
		}
		name := fmt.Sprintf("%04d-%s%s", number, slug, extension)
		if err == nil {
			err = fill(f, write(number))
		}
		if err = errors.Join(err, f.Close()); err != nil {
			err = &unwritten{err}
		} else {
			err = place(root, claim, name)
		}
		_ = root.Remove(claim) // it is gone where it was renamed; Check tells of one that stays
		return name, number, err
	}
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// place gives a file that is written whole its name, unless there is one of
// that name.
func place(root *os.Root, claim, name string) error {
	err := root.Link(claim, name)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		// Some file systems have no links. The claim keeps other programs away.
		if _, taken := root.Lstat(name); errors.Is(taken, fs.ErrNotExist) {
			err = root.Rename(claim, name)
		}
	}
	if err != nil {
		return err
	}
	return syncFolder(root)
}

// highest is the highest number of a ticket in the folder: that of its name,
// or of its id where people gave it a name without one.
func highest(root *os.Root) (int, error) {
	list, err := names(root, extension)
	if err != nil {
		return 0, err
	}
	top := 0
	for _, name := range list {
		number := numberIn(name)
		if number == 0 {
			number = numberWithin(root, name)
		}
		top = max(top, number)
	}
	return top, nil
}

// numberWithin is the number of the ticket that a file holds, 0 if it holds
// none.
func numberWithin(root *os.Root, name string) int {
	text, _, err := readFile(root, name)
	if err != nil {
		return 0
	}
	f, err := parseFront(text)
	if err != nil {
		return 0
	}
	return f.number()
}

func fill(f *os.File, text []byte) error {
	if _, err := f.Write(text); err != nil {
		return err
	}
	return f.Sync()
}

// syncFolder makes a new name last. Where folders cannot be synced, the file
// system does it in its own time.
func syncFolder(root *os.Root) error {
	dir, err := root.Open(".")
	if err != nil {
		return err
	}
	_ = dir.Sync() // Windows and some network file systems refuse
	return dir.Close()
}

// errChanged says that somebody saved a file while it was edited.
var errChanged = errors.New("somebody changed it at the same moment")

// replace writes a file anew, whole or not at all, unless somebody changed it
// since it was read.
func replace(root *os.Root, was file, text []byte) error {
	temp := "." + path.Base(was.name) + "." + rand.Text()[:8] + leftover
	f, err := root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, was.info.Mode().Perm())
	if err != nil {
		return err
	}
	err = errors.Join(fill(f, text), f.Chmod(was.info.Mode().Perm()), f.Close())
	if err == nil {
		err = swap(root, was, temp)
	}
	if err != nil {
		return errors.Join(err, ignoreMissing(root.Remove(temp)))
	}
	return syncFolder(root)
}

func swap(root *os.Root, was file, temp string) error {
	is, _, err := readFile(root, was.name)
	if err != nil {
		return err
	}
	if !bytes.Equal(is, was.text) {
		return errChanged
	}
	return root.Rename(temp, was.name)
}
