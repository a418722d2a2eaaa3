package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"opsreview"
)

var (
	errElsewhere = errors.New("it redirects to another host, where the credentials must not go")
	errTooMany   = errors.New("it redirects in circles")

	// ErrTooLarge is in the error of an answer that is larger than MaxBody.
	ErrTooLarge = errors.New("the answer is larger than this client reads")
)

// A StatusError is an answer that says no. [Status] finds it in an error.
type StatusError struct {
	Status int
	Text   string // what the host said, shortened, without secrets
}

// Error returns the status and what the host said.
func (e *StatusError) Error() string {
	text := fmt.Sprintf("%d %s", e.Status, http.StatusText(e.Status))
	if e.Text != "" {
		text += ": " + e.Text
	}
	return strings.TrimSpace(text)
}

// Status returns the HTTP status that err tells of, 0 if it tells of none.
func Status(err error) int {
	var r *Refusal
	if errors.As(err, &r) {
		return r.Status
	}
	var e *StatusError
	if errors.As(err, &e) {
		return e.Status
	}
	return 0
}

// A Refusal is an answer that says no, told as an error of the caller's own
// kind. [Status] finds its status, and [Plain] the refusal itself.
type Refusal struct {
	Status int
	Err    error
}

// Error is the error's own text.
func (r *Refusal) Error() string { return r.Err.Error() }

// Unwrap returns the error.
func (r *Refusal) Unwrap() error { return r.Err }

// Plain takes off what a vendor's library put around an error of the client or a
// refusal. What is neither is an answer that the library could not decode: whose
// it was is named, as in "Jira".
func Plain(err error, whose string) error {
	if err == nil {
		return nil
	}
	var r *Refusal
	if errors.As(err, &r) {
		return r
	}
	var e *opsreview.Error
	if errors.As(err, &e) {
		return e
	}
	for _, ended := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, ended) {
			return ended
		}
	}
	return opsreview.Wrapf(err, opsreview.Unavailable, "%s's answer cannot be read", whose)
}

// A transportError is an answer that did not arrive whole.
type transportError struct{ cause error }

func (e *transportError) Error() string { return e.cause.Error() }
func (e *transportError) Unwrap() error { return e.cause }

func retryable(err error) bool {
	switch Status(err) {
	case 0:
		var t *transportError
		return errors.As(err, &t) && !errors.Is(err, errElsewhere) && !errors.Is(err, errTooMany)
	case 408, 425, 429, 500, 502, 503, 504:
		return true
	}
	return false
}

// classify turns a failure into the program's own kind of error, with what
// may be shown of it.
func (c *Client) classify(req Request, resp Response, err error) error {
	what := fmt.Sprintf("%s %s", req.Method, req.Path)
	status := Status(err)
	if status == 0 {
		cause := errors.New(c.redact(plain(err)))
		if errors.Is(err, ErrTooLarge) {
			cause = ErrTooLarge // it tells nothing, and callers look for it
		}
		code := opsreview.Unavailable
		if errors.Is(err, errElsewhere) || errors.Is(err, errTooMany) || errors.Is(err, ErrTooLarge) {
			code = opsreview.Invalid
		}
		return opsreview.Wrapf(cause, code, "%s does not answer %s: %s", c.cfg.Name, what, cause)
	}
	answer := &StatusError{Status: status, Text: c.redact(said(resp.Body))}
	code := opsreview.Invalid
	switch {
	case status == http.StatusNotFound || status == http.StatusGone:
		code = opsreview.NotFound
	case retryable(err) || status >= 500:
		code = opsreview.Unavailable
	}
	message := fmt.Sprintf("%s answers %s with %s", c.cfg.Name, what, answer)
	if remedy := c.cfg.Remedy[status]; remedy != "" {
		message += "; " + remedy
	}
	return &opsreview.Error{Code: code, Message: message, Err: answer}
}

// plain returns an error's text without the URL that net/http puts into it:
// queries may hold secrets.
func plain(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err.Error()
	}
	return err.Error()
}

// redact takes the client's secrets and its header values out of text.
func (c *Client) redact(text string) string {
	for _, s := range c.cfg.Secrets {
		if s != "" {
			text = strings.ReplaceAll(text, s.Reveal(), redacted)
		}
	}
	return text
}

// said returns what an error's body says, in one short line: the message of
// the usual JSON shapes, else nothing, since an HTML page explains little.
func said(body []byte) string {
	var shape struct {
		Error         json.RawMessage `json:"error"`
		Message       string          `json:"message"`
		ErrorMessages []string        `json:"errorMessages"`
		Errors        json.RawMessage `json:"errors"`
	}
	if json.Unmarshal(body, &shape) != nil {
		return ""
	}
	parts := append([]string{shape.Message}, shape.ErrorMessages...)
	var inner struct {
		Message string `json:"message"`
		Code    int    `json:"code"`
	}
	if json.Unmarshal(shape.Error, &inner) == nil && inner.Message != "" {
		if inner.Code != 0 {
			inner.Message = fmt.Sprintf("%s (code %d)", inner.Message, inner.Code)
		}
		parts = append(parts, inner.Message)
	}
	var text string
	if json.Unmarshal(shape.Error, &text) == nil {
		parts = append(parts, text)
	}
	var fields map[string]string
	if json.Unmarshal(shape.Errors, &fields) == nil {
		for _, k := range slices.Sorted(maps.Keys(fields)) {
			parts = append(parts, k+": "+fields[k])
		}
	}
	return oneLine(strings.Join(parts, " "), 300)
}

// oneLine returns text without control characters and not longer than most.
func oneLine(text string, most int) string {
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
