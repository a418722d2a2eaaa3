package jira

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"github.com/andygrunwald/go-jira"

	"opsreview"
	"opsreview/ticket"
)

// A note's last line names it, so that it is found again: listing comments is
// no search and does not lag. The line is plain text because Cloud keeps texts
// in a form of its own, in which macros and anchors are lost.
const noteSign = "opsreview-note-"

// digest is a short name of a text.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}

// Note implements [ticket.Tracker]. Whoever wrote a comment owns it: a note
// that somebody else copied or edited is left alone.
func (t *Tracker) Note(ctx context.Context, id, marker string, body ticket.Body) error {
	self, err := t.whoami(ctx)
	if err != nil {
		return err
	}
	sign := noteSign + digest(marker)
	text := ticket.RenderWiki(body, mostBody-len("\n\n"+sign)-1-16)
	signed := sign + "-" + digest(text)
	comments, err := t.comments(ctx, id)
	if err != nil {
		return err
	}
	whole := map[string]any{"body": text + "\n\n" + signed}
	for _, c := range comments {
		if !isSelf(self, c.Author) || !bears(c.Body, sign) {
			continue
		}
		if bears(c.Body, signed) {
			return nil
		}
		if named(c.UpdateAuthor) && !isSelf(self, c.UpdateAuthor) {
			continue
		}
		return t.send(ctx, http.MethodPut, issuePath(id, "/comment/"+url.PathEscape(c.ID)), whole, nil)
	}
	return t.send(ctx, http.MethodPost, issuePath(id, "/comment"), whole, nil)
}

// bears reports whether a comment bears a sign, however Jira escaped it.
func bears(text, sign string) bool { return strings.Contains(letters(text), letters(sign)) }

func letters(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, text)
}

// comments lists every comment of an issue.
func (t *Tracker) comments(ctx context.Context, id string) ([]jira.Comment, error) {
	var all []jira.Comment
	for range mostPages {
		var page struct {
			Total    int            `json:"total"`
			Comments []jira.Comment `json:"comments"`
		}
		query := url.Values{"startAt": {strconv.Itoa(len(all))}, "maxResults": {strconv.Itoa(pageSize)}, "orderBy": {"created"}}
		if err := t.get(ctx, issuePath(id, "/comment"), query, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Comments...)
		if len(page.Comments) == 0 || len(all) >= page.Total {
			return all, nil
		}
	}
	return nil, opsreview.Errorf(opsreview.Unavailable, "Jira's comments on %s do not end", id)
}
