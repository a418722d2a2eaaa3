package jira

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"opsreview"
	"opsreview/internal/rest"
	"opsreview/ticket"
)

// wireBase is what go-jira takes for the base of its paths. The wire leaves it
// out again: where requests go is the shared client's to know.
const wireBase = "http://jira.invalid/"

// A wire carries go-jira's requests over the shared client, and is where
// refusals are told from silence. Every body has been read when it returns.
type wire struct {
	client   *rest.Client
	remedies map[int]string
}

// defaultWait is how long to leave Jira alone where it does not say.
const defaultWait = 15 * time.Second

var (
	errPage     = errors.New("it answers with a web page instead of data: a login page or a proxy stands before it; check base_url")
	errStranger = errors.New("it does not accept the token and answers as to a stranger")
)

// readOnly are the paths of those POSTs that change nothing.
func readOnly(method, path string) bool {
	return method == http.MethodPost && strings.HasSuffix(path, "/issue/bulkfetch")
}

// Do implements go-jira's client.
func (w *wire) Do(hreq *http.Request) (*http.Response, error) {
	req := rest.Request{
		Method: hreq.Method, Path: hreq.URL.Path, Query: hreq.URL.Query(),
		ReadOnly: readOnly(hreq.Method, hreq.URL.Path),
	}
	if hreq.Body != nil {
		body, err := io.ReadAll(hreq.Body)
		if err != nil {
			return nil, err
		}
		req.Body = body
		req.Header = map[string]string{"Content-Type": "application/json"}
	}
	resp, err := w.client.Do(hreq.Context(), req)
	if err != nil {
		return nil, w.classify(req, resp, err)
	}
	if err := w.suspect(req, resp); err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: resp.Status, Status: http.StatusText(resp.Status), Header: resp.Header, Request: hreq,
		Body: io.NopCloser(bytes.NewReader(resp.Body)),
	}, nil
}

// suspect finds good answers that are none.
func (w *wire) suspect(req rest.Request, resp rest.Response) error {
	text := bytes.TrimSpace(resp.Body)
	if len(text) > 0 && text[0] == '<' {
		return opsreview.Wrapf(errPage, opsreview.Unavailable, "Jira does not answer %s %s: %s", req.Method, req.Path, errPage)
	}
	reads := req.Method == http.MethodGet || req.ReadOnly
	// Jira serves bad credentials as nobody's, to whom the search shows an empty
	// tracker.
	if reason := resp.Header.Get("X-Seraph-Loginreason"); reads &&
		(strings.Contains(reason, "AUTHENTICATED_FAILED") || strings.Contains(reason, "AUTHENTICATION_DENIED")) {
		return &rest.Refusal{Status: http.StatusUnauthorized, Err: &ticket.Rejected{Reason: errStranger.Error() + "; " + w.remedies[http.StatusUnauthorized], Access: true}}
	}
	return nil
}

// classify tells a refusal, after which nothing has happened, from the rest,
// after which nobody knows.
func (w *wire) classify(req rest.Request, resp rest.Response, err error) error {
	var said *rest.StatusError
	if !errors.As(err, &said) {
		return err
	}
	switch said.Status {
	case http.StatusTooManyRequests:
		after, ok := rest.RetryAfter(resp.Header, w.client.Now())
		if !ok {
			after = defaultWait
		}
		return &rest.Refusal{Status: said.Status, Err: &ticket.Throttled{After: max(after, time.Second)}}
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound,
		http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		reason := said.Error()
		if remedy := w.remedies[said.Status]; remedy != "" {
			reason += "; " + remedy
		}
		return &rest.Refusal{Status: said.Status, Err: &ticket.Rejected{Reason: reason, Access: noAccess(said.Status, req.Path)}}
	}
	return &rest.Refusal{Status: said.Status, Err: err}
}

// noAccess reports whether a refusal is of who asks. One of a single issue may
// be the issue's: people delete, move and hide them.
func noAccess(status int, path string) bool {
	switch status {
	case http.StatusUnauthorized:
		return true
	case http.StatusForbidden, http.StatusNotFound:
		return !strings.Contains(path, "/issue/")
	}
	return false
}

// get asks a question.
func (t *Tracker) get(ctx context.Context, path string, query url.Values, out any) error {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return t.send(ctx, http.MethodGet, path, nil, out)
}

// send sends a request with a body of plain values. out is nil where nothing
// of the answer is wanted.
func (t *Tracker) send(ctx context.Context, method, path string, body, out any) error {
	req, err := t.api.NewRequestWithContext(ctx, method, path, body)
	if err != nil {
		return fmt.Errorf("make a request of %s: %w", path, err)
	}
	resp, err := t.api.Do(req, out)
	if err != nil {
		return plain(err)
	}
	// What go-jira did not decode is in memory: closing it cannot fail.
	return resp.Body.Close()
}

// plain takes off what go-jira put around an error of the wire.
func plain(err error) error { return rest.Plain(err, "Jira") }
