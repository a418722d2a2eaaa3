package opsreview

import (
	"errors"
	"fmt"
)

// A Code says what a caller can do about an error. The set is small on
// purpose: each code has one gRPC status (package server) and one exit status
// (package cli).
type Code string

// The codes.
const (
	Invalid     Code = "invalid"     // the request is wrong; change it
	NotFound    Code = "not_found"   // nothing by that name
	Conflict    Code = "conflict"    // already exists, or changed underfoot
	Unavailable Code = "unavailable" // an outside service is down; retry later
	Internal    Code = "internal"    // a bug or a broken disk; tell the operator

	Unauthenticated Code = "unauthenticated" // nobody knows who asks; come with a valid token
	Denied          Code = "denied"          // who asks is known and may not
)

// Codes lists every code, so that tables keyed by code can be tested whole.
func Codes() []Code {
	return []Code{Invalid, NotFound, Conflict, Unavailable, Internal, Unauthenticated, Denied}
}

// An Error is a failure with two audiences. Message is for the person who made
// the request: no SQL, no tokens. Err, the cause, is for the operator's log and
// never leaves the process.
type Error struct {
	Code    Code
	Message string
	Err     error // nil if there is no deeper cause
}

// Error returns the message followed by the cause, for the operator's log.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Message
	}
	return e.Message + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errorf returns an error with a code and a message for the caller.
func Errorf(code Code, format string, args ...any) error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Wrapf classifies err: callers see the message and the code, logs see err
// too. It returns nil if err is nil.
func Wrapf(err error, code Code, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Err: err}
}

// ErrorCode returns the code of err: "" for nil, Internal for an error that
// nobody classified.
func ErrorCode(err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) && e.Code != "" {
		return e.Code
	}
	return Internal
}

// ErrorMessage returns what a caller may read of err: "" for nil and
// "internal error" for an error that nobody classified.
func ErrorMessage(err error) string {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Message
	}
	return "internal error"
}
