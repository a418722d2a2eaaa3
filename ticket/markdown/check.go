package markdown

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"opsreview"
	"opsreview/ticket"
)

// mostTold bounds how many files of one kind are named.
const mostTold = 10

// Check implements [ticket.Tracker].
func (t *Tracker) Check(ctx context.Context) []ticket.Check {
	root, err := t.open(false)
	if errors.Is(err, os.ErrNotExist) {
		return []ticket.Check{{Subject: "folder", OK: true, Detail: t.cfg.Path + " is made with the first ticket"}}
	}
	if err != nil {
		return []ticket.Check{failed("folder", err, "name a folder in path that this program may write to")}
	}
	defer root.Close() // what is written through it is removed again
	checks := []ticket.Check{writable(root, t.cfg.Path)}
	c, err := read(ctx, root, nil)
	if err != nil {
		return append(checks, failed("tickets", err, "let this program read the folder"))
	}
	checks = append(checks, ticket.Check{
		Subject: "tickets", OK: true,
		Detail: fmt.Sprintf("%d; files that are none and are left alone: %d", len(c.tickets), c.foreign),
	})
	checks = append(checks, unreadable(c)...)
	checks = append(checks, unclear(c)...)
	return append(checks, leftovers(root)...)
}

func failed(subject string, err error, remedy string) ticket.Check {
	return ticket.Check{Subject: subject, Detail: said(err), Remedy: remedy}
}

// said is an error in words for people, with what the system says.
func said(err error) string {
	var e *opsreview.Error
	if errors.As(err, &e) && e.Err == nil {
		return e.Message
	}
	return ticket.OneLine(err.Error(), 300)
}

// writable tries to write a file.
func writable(root *os.Root, path string) ticket.Check {
	const name = ".check" + leftover
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE, 0o600)
	if err == nil {
		err = errors.Join(f.Close(), root.Remove(name))
	}
	if err != nil {
		return failed("folder", err, "let this program write to "+path)
	}
	return ticket.Check{Subject: "folder", OK: true, Detail: path + " can be written to"}
}

func unreadable(c contents) []ticket.Check {
	var checks []ticket.Check
	for i, b := range c.broken {
		if i == mostTold {
			return append(checks, ticket.Check{
				Subject: "files", Detail: fmt.Sprintf("%d more cannot be read", len(c.broken)-i), Remedy: "repair the others first, and check again",
			})
		}
		checks = append(checks, ticket.Check{
			Subject: b.name, Detail: said(b.err),
			Remedy: "repair the keys at the head of the file; it is left alone until then",
		})
	}
	return checks
}

// unclear tells of tickets that can be read and may not be what people mean.
func unclear(c contents) []ticket.Check {
	var checks []ticket.Check
	numbers := map[int]string{}
	for _, f := range c.tickets {
		if len(checks) >= mostTold {
			break
		}
		if f.stands() == "" {
			checks = append(checks, ticket.Check{
				Subject: f.name, Detail: fmt.Sprintf("nobody knows whether the status %q is open or done", ticket.OneLine(f.status, 40)),
				Remedy: "write status: open, doing or done",
			})
		}
		if other := numbers[f.number()]; other != "" {
			checks = append(checks, ticket.Check{
				Subject: f.name, Detail: fmt.Sprintf("%s has the number %s too", other, key(f.number())),
				Remedy: "call them by their ids, or give one of them another number in its id and its name",
			})
		}
		numbers[f.number()] = f.name
	}
	return checks
}

func leftovers(root *os.Root) []ticket.Check {
	list, err := names(root, leftover)
	if err != nil || len(list) == 0 {
		return nil // the folder was listed a moment ago
	}
	return []ticket.Check{{
		Subject: "leftovers", OK: true,
		Detail: "an interrupted run left " + strings.Join(list[:min(len(list), mostTold)], ", ") + "; delete them when nothing runs",
	}}
}
