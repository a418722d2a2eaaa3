package github

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"opsreview"
	"opsreview/internal/rest"
	"opsreview/ticket"
)

// wireBase is what go-github takes for the base of its paths. The wire leaves
// it out again: where requests go is the shared client's to know.
const wireBase = "http://github.invalid/"

// A wire carries go-github's requests over the shared client, and is where
// refusals are told from silence.
type wire struct {
	client   *rest.Client
	remedies map[int]string
}

var errPage = errors.New("it answers with a web page or nothing instead of data: a login page or a proxy stands before it; check base_url")

// RoundTrip implements [http.RoundTripper].
func (w *wire) RoundTrip(hreq *http.Request) (*http.Response, error) {
	req := rest.Request{Method: hreq.Method, Path: hreq.URL.Path, Query: hreq.URL.Query(), Header: map[string]string{}}
	for name := range hreq.Header {
		req.Header[name] = hreq.Header.Get(name)
	}
	if hreq.Body != nil {
		body, err := io.ReadAll(hreq.Body)
		if err = errors.Join(err, hreq.Body.Close()); err != nil {
			return nil, err
		}
		req.Body = body
	}
	resp, err := w.client.Do(hreq.Context(), req)
	if err != nil {
		return nil, w.classify(req, resp, err)
	}
	// go-github takes an empty answer for an empty list.
	if text := bytes.TrimSpace(resp.Body); len(text) == 0 || (text[0] != '{' && text[0] != '[') {
		return nil, opsreview.Wrapf(errPage, opsreview.Unavailable, "GitHub does not answer %s %s: %s", req.Method, req.Path, errPage)
	}
	return &http.Response{
		StatusCode: resp.Status, Status: strconv.Itoa(resp.Status) + " " + http.StatusText(resp.Status), Header: resp.Header, Request: hreq,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, ContentLength: int64(len(resp.Body)), Body: io.NopCloser(bytes.NewReader(resp.Body)),
	}, nil
}

// classify tells a refusal, after which nothing has happened, from the rest,
// after which nobody knows.
func (w *wire) classify(req rest.Request, resp rest.Response, err error) error {
	var said *rest.StatusError
	if !errors.As(err, &said) {
		return err
	}
	if limited(resp) {
		return &rest.Refusal{Status: said.Status, Err: &ticket.Throttled{After: max(w.asked(resp.Header), time.Second)}}
	}
	switch said.Status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusGone,
		http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity, http.StatusUnavailableForLegalReasons:
		reason := said.Error()
		if remedy := w.remedies[said.Status]; remedy != "" {
			reason += "; " + remedy
		}
		return &rest.Refusal{Status: said.Status, Err: &ticket.Rejected{Reason: reason, Access: noAccess(said.Status, req.Path)}}
	}
	return &rest.Refusal{Status: said.Status, Err: err}
}

// noAccess reports whether a refusal is of who asks. One of a single issue may
// be the issue's: people lock and delete them.
func noAccess(status int, path string) bool {
	switch status {
	case http.StatusUnauthorized:
		return true
	case http.StatusForbidden, http.StatusNotFound, http.StatusGone:
		return !strings.Contains(path, "/issues/")
	}
	return false
}

// limited reports whether an answer says no only for now. GitHub says so with
// 429, or with the 403 of a refusal: its allowance is used up, it names a time
// to wait, or it complains of the pace.
func limited(resp rest.Response) bool {
	switch resp.Status {
	case http.StatusTooManyRequests:
		return true
	case http.StatusForbidden:
		return resp.Header.Get("X-Ratelimit-Remaining") == "0" || resp.Header.Get("Retry-After") != "" ||
			bytes.Contains(bytes.ToLower(resp.Body), []byte("secondary rate limit"))
	}
	return false
}

// unasked is how long to wait where GitHub does not say: a minute, as it
// advises for its limits on pace.
const unasked = time.Minute

// asked is how long an answer asks to wait. The allowance may be back in an
// hour only, which is longer than the shared client believes.
func (w *wire) asked(h http.Header) time.Duration {
	if h.Get("Retry-After") != "" {
		if after, ok := rest.RetryAfter(h, w.client.Now()); ok {
			return after
		}
	}
	at, err := strconv.ParseInt(h.Get("X-Ratelimit-Reset"), 10, 64)
	if err != nil || h.Get("X-Ratelimit-Remaining") != "0" {
		return unasked
	}
	return min(time.Unix(at, 0).Sub(w.client.Now())+time.Second, 2*time.Hour)
}

// remedies say what to do about refused credentials.
func remedies(cfg Config) map[int]string {
	return map[int]string{
		http.StatusUnauthorized: "check the token and that it has not expired",
		http.StatusForbidden:    "the token may not do this in " + cfg.Repo + ": it needs the permission to read and write issues",
		http.StatusNotFound:     "check that the token may see " + cfg.Repo + ": GitHub hides what it may not",
		http.StatusGone:         "it was deleted, or issues are turned off in " + cfg.Repo,
	}
}

// sameRepo reports whether two names of a repository are one: GitHub does not
// tell capitals apart.
func sameRepo(a, b string) bool { return strings.EqualFold(a, b) }

// settle takes off what net/http and go-github put around an error of the wire.
func settle(err error) error { return rest.Plain(err, "GitHub") }
