package markdown

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"opsreview"
	"opsreview/ticket"
)

// Get implements [ticket.Tracker]. A file that is there and cannot be read is
// left out, since nothing is known of it; it is an error if it is the only one
// that was asked for.
func (t *Tracker) Get(ctx context.Context, ids []string) ([]ticket.Snapshot, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	root, err := t.open(false)
	if err != nil {
		return nil, err
	}
	defer root.Close() // nothing is written through it
	c, err := readNumbers(ctx, root, ids)
	if err != nil {
		return nil, err
	}
	var found []ticket.Snapshot
	var unreadable error
	for _, id := range ids {
		f, err := c.pick(id)
		switch {
		case err == nil:
			found = append(found, t.snapshot(f))
		case errors.Is(err, fs.ErrNotExist):
			found = append(found, ticket.Snapshot{Ref: ticket.Ref{ID: id}, Missing: true})
		default:
			unreadable = err
		}
	}
	if len(found) == 0 {
		return nil, unreadable
	}
	return found, nil
}

// readNumbers reads the files whose names have the numbers of ids, and all of
// the folder if that does not show every ticket.
func readNumbers(ctx context.Context, root *os.Root, ids []string) (contents, error) {
	list, err := names(root, extension)
	if err != nil {
		return contents{}, err
	}
	wanted := map[int]bool{}
	for _, id := range ids {
		wanted[numberOf(id)] = true
	}
	likely := slices.DeleteFunc(slices.Clone(list), func(name string) bool {
		n := numberIn(name)
		return n == 0 || !wanted[n]
	})
	c, err := read(ctx, root, likely)
	if err != nil {
		return contents{}, err
	}
	for _, id := range ids {
		if _, err := c.pick(id); err != nil {
			return read(ctx, root, list)
		}
	}
	return c, nil
}

// numberOf is the number of an id or of a key, as people write them: 12-abcdef,
// 0012, #12.
func numberOf(id string) int {
	digits, _, _ := strings.Cut(strings.TrimPrefix(id, "#"), "-")
	n, err := strconv.Atoi(digits)
	if err != nil || n <= 0 {
		return 0
	}
	return n
}

// pick finds a ticket by its id or its key. Its error is fs.ErrNotExist where
// there is none.
func (c contents) pick(id string) (file, error) {
	number := numberOf(id)
	whole := idForm.MatchString(id)
	var found []file
	for _, f := range c.tickets {
		if f.id == id || (!whole && number > 0 && f.number() == number) {
			found = append(found, f)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return file{}, opsreview.Errorf(opsreview.Invalid, "%s and %s have the number %d both: name the ticket by its id, such as %s",
			found[0].name, found[1].name, number, found[0].id)
	}
	for _, b := range c.broken {
		if number > 0 && (b.number == number || bytes.Contains(b.text, []byte(id))) {
			return file{}, opsreview.Wrapf(b.err, opsreview.Invalid, "%s cannot be read: %s", b.name, b.err)
		}
	}
	return file{}, fs.ErrNotExist
}

// change edits one ticket's file. Where the edit changes nothing, nothing is
// written. What this package refuses to do is a [ticket.Rejected] error.
func (t *Tracker) change(ctx context.Context, id string, fn func(f file) ([]byte, error)) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	root, err := t.open(false)
	if err != nil {
		return err
	}
	defer root.Close() // the files in it are closed and synced
	c, err := readNumbers(ctx, root, []string{id})
	if err != nil {
		return err
	}
	const tries = 3 // against somebody who saves the file at the same moment
	for try := 1; ; try++ {
		f, err := c.pick(id)
		if errors.Is(err, fs.ErrNotExist) {
			return &ticket.Rejected{Reason: "there is no ticket " + id}
		}
		if err != nil {
			return &ticket.Rejected{Reason: opsreview.ErrorMessage(err)}
		}
		text, err := fn(f)
		if err != nil {
			return &ticket.Rejected{Reason: f.name + ": " + err.Error()}
		}
		if bytes.Equal(text, f.text) {
			return nil
		}
		err = replace(root, f, text)
		if !errors.Is(err, errChanged) || try == tries {
			return opsreview.Wrapf(err, opsreview.Unavailable, "the ticket %s cannot be written", f.name)
		}
		if c, err = readNumbers(ctx, root, []string{id}); err != nil {
			return err
		}
	}
}

// Note implements [ticket.Tracker].
func (t *Tracker) Note(ctx context.Context, id, marker string, body ticket.Body) error {
	if !markerForm.MatchString(marker) {
		return opsreview.Errorf(opsreview.Internal, "%q is no marker", marker)
	}
	return t.change(ctx, id, func(f file) ([]byte, error) {
		return setBlock(f.text, marker, block(marker, body)), nil
	})
}

// reopened marks the note that says why a ticket is open again.
const reopened = "reopened"

// Reopen implements [ticket.Tracker]. What people wrote about the closing goes
// with it, so that it is not taken for the next one.
func (t *Tracker) Reopen(ctx context.Context, id string, why ticket.Body) error {
	return t.change(ctx, id, func(f file) ([]byte, error) {
		if f.stands() != opsreview.TicketDone {
			return f.text, nil
		}
		e := newEdit(f.text)
		e.set(keyStatus, statusOpen)
		if f.resolution != "" {
			e.set(keyResolution, "")
		}
		if !f.closed.IsZero() {
			e.set(keyClosed, "")
		}
		text, err := e.done()
		if err != nil {
			return nil, err
		}
		return setBlock(text, reopened, block(reopened, why)), nil
	})
}

// AddLabels implements [ticket.Tracker].
func (t *Tracker) AddLabels(ctx context.Context, id string, labels []string) error {
	return t.change(ctx, id, func(f file) ([]byte, error) {
		e := newEdit(f.text)
		e.add(keyLabels, labels...)
		return e.done()
	})
}

// Relate implements [ticket.Tracker]. The other ticket's key is at the head of
// the file, among those that it is related to or a duplicate of.
func (t *Tracker) Relate(ctx context.Context, id, other, kind string) error {
	list := keyRelated
	if kind == "duplicates" {
		list = keyDuplicates
	}
	number := numberOf(other)
	if number == 0 {
		return &ticket.Rejected{Reason: other + " is no ticket of this folder"}
	}
	return t.change(ctx, id, func(f file) ([]byte, error) {
		there := f.duplicates // which are related, too
		if list == keyRelated {
			there = slices.Concat(there, f.related)
		}
		if slices.ContainsFunc(there, func(t string) bool { return numberOf(t) == number }) {
			return f.text, nil
		}
		e := newEdit(f.text)
		e.add(list, key(number))
		return e.done()
	})
}
