package pagerduty

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"opsreview"
	"opsreview/ingest"
)

// mostItems is how many items of a file are saved together.
const mostItems = 500

// Importer returns an importer of files in the API's shape: answers of list
// requests, single objects, arrays of objects, and lines of any of them.
// Incidents may have their log entries, alerts and notes embedded. In which
// order files come does not matter.
func Importer() ingest.Importer { return importer{now: time.Now} }

type importer struct{ now func() time.Time }

// listKinds are the names under which lists come, and what they hold.
var listKinds = map[string]string{
	"incidents": "incident", "log_entries": "log_entry", "alerts": "alert", "notes": "note",
	"users": "user", "teams": "team", "services": "service", "escalation_policies": "escalation_policy",
	"priorities": "priority", "oncalls": "oncall", "schedules": "schedule",
}

// paging are the fields that come beside a list.
var paging = map[string]bool{
	"limit": true, "offset": true, "more": true, "total": true, "query": true, "first": true, "last": true,
	"next_cursor": true,
}

// Import implements [ingest.Importer].
func (im importer) Import(ctx context.Context, source string, file ingest.File, sink ingest.Sink) error {
	in := &input{r: withoutMark(file.R)}
	r := &reader{ctx: ctx, file: file.Name, sink: sink, facts: newFacts(source, im.now().UTC()), dec: json.NewDecoder(in)}
	in.start = r.dec.InputOffset
	err := r.values()
	var sinks *sinkError
	switch {
	case errors.As(err, &sinks):
		return sinks.err
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, errLong):
		at, line := r.place(in)
		err = opsreview.Wrapf(err, opsreview.Invalid,
			"%s:%d: the item at byte %d is longer than %d MiB: nothing from there on was read", file.Name, line, at, mostItem>>20)
	case err != nil:
		at, line := r.place(in)
		err = opsreview.Wrapf(err, opsreview.Invalid,
			"%s:%d: not readable as JSON from byte %d on (%s)", file.Name, line, at, reasonOf(err))
	}
	if failed := r.flush(); errors.As(failed, &sinks) { // what came before an error is good
		return sinks.err
	}
	return err
}

// A reader takes a file apart, item by item.
type reader struct {
	ctx   context.Context
	file  string
	sink  ingest.Sink
	dec   *json.Decoder
	facts *facts
	items int

	within bool // whether an item was being read whole, which has a place of its own for an error
}

// A sinkError is an error of the sink, which stops an import as it is.
type sinkError struct{ err error }

func (e *sinkError) Error() string { return e.err.Error() }

// values reads the file to its end.
func (r *reader) values() error {
	for {
		if err := r.value(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// value reads one value from the top of the file. It returns io.EOF at the end.
func (r *reader) value() error {
	t, err := r.dec.Token()
	if err != nil {
		return err
	}
	switch t {
	case json.Delim('{'):
		err = r.object()
	case json.Delim('['):
		err = r.array("")
	default:
		return r.problem("", fmt.Sprintf("a bare %T is none of PagerDuty's objects", t))
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// array reads the items of a list that has been opened. kind is "" if each
// item says itself what it is.
func (r *reader) array(kind string) error {
	for r.dec.More() {
		raw, err := r.whole()
		if err != nil {
			return err
		}
		if err := r.item(kind, raw); err != nil {
			return err
		}
	}
	_, err := r.dec.Token()
	return err
}

// object reads an object that has been opened. If nothing but paging stands
// before a list, the object is the answer to a list request and its list is
// read item by item; else it is an item itself.
func (r *reader) object() error {
	fields := map[string]json.RawMessage{}
	answer, lists := true, false
	for r.dec.More() {
		t, err := r.dec.Token()
		if err != nil {
			return err
		}
		name, _ := t.(string) // names are strings, or the decoder has failed
		if kind := listKinds[name]; kind != "" && answer {
			lists = true
			if err := r.list(kind); err != nil {
				return err
			}
			continue
		}
		raw, err := r.whole()
		if err != nil {
			return err
		}
		fields[name] = raw
		answer = answer && paging[name]
	}
	if _, err := r.dec.Token(); err != nil {
		return err
	}
	if answer && lists {
		return nil
	}
	return r.fields(fields, lists)
}

// list reads the value of a field that holds a list.
func (r *reader) list(kind string) error {
	t, err := r.dec.Token()
	switch {
	case err != nil:
		return err
	case t == json.Delim('['):
		return r.array(kind)
	case t == nil:
		return nil
	case t == json.Delim('{'):
		return r.skip()
	}
	return r.problem("", fmt.Sprintf("a list of %ss was expected", kind))
}

// skip reads on to the end of an object that has been opened.
func (r *reader) skip() error {
	for depth := 1; depth > 0; {
		t, err := r.dec.Token()
		if err != nil {
			return err
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
	return r.problem("", "an object stands where a list was expected")
}

// fields takes an object that is an item, or that wraps single items:
// {"incident": {…}}.
func (r *reader) fields(fields map[string]json.RawMessage, lists bool) error {
	raw, err := marshal(fields)
	if err != nil {
		return err
	}
	if kindOf(fields) != "" {
		return r.item("", raw)
	}
	known := lists
	for _, name := range sortedKeys(fields) {
		if _, ok := listKinds[plural(name)]; ok {
			known = true
			if err := r.item(listKinds[plural(name)], fields[name]); err != nil {
				return err
			}
		}
	}
	if known {
		return nil
	}
	return r.item("", raw)
}

func plural(kind string) string {
	if s, ok := strings.CutSuffix(kind, "y"); ok {
		return s + "ies"
	}
	return kind + "s"
}

// item adds one item to what is saved next.
func (r *reader) item(kind string, raw json.RawMessage) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	if kind == "" {
		var fields map[string]json.RawMessage
		_ = json.Unmarshal(raw, &fields) // nil if it is no object, which has no kind
		if kind = kindOf(fields); kind == "" {
			return r.problem(identity(raw), "it is none of PagerDuty's objects that are read here")
		}
	}
	before := len(r.facts.batch.Rejects)
	_ = r.facts.item(kind, raw) // the reject says the same
	for _, reject := range r.facts.batch.Rejects[before:] {
		if err := r.problem(reject.ID, reject.Reason); err != nil {
			return err
		}
	}
	if r.items++; r.items < mostItems {
		return nil
	}
	return r.flush()
}

func (r *reader) problem(item, reason string) error {
	if err := r.sink.Problem(ingest.Problem{File: r.file, Item: item, Reason: reason}); err != nil {
		return &sinkError{err}
	}
	return nil
}

func (r *reader) flush() error {
	if r.items == 0 {
		return nil
	}
	r.items = 0
	if err := r.sink.Save(r.ctx, r.facts.done()); err != nil {
		return &sinkError{err}
	}
	return nil
}

// kindOf says what an object is, by its type or else by fields that only one
// kind has; "" if it is none that is read here.
func kindOf(fields map[string]json.RawMessage) string {
	var word string
	_ = json.Unmarshal(fields["type"], &word) // "" where it is absent or no text
	has := func(name string) bool { _, ok := fields[name]; return ok }
	switch {
	case strings.HasSuffix(word, "_log_entry"):
		return "log_entry"
	case word == "schedule_v3":
		return "schedule"
	case listKinds[plural(word)] != "":
		return listKinds[plural(word)]
	case strings.HasSuffix(word, "_reference"):
		return ""
	case has("incident_number"):
		return "incident"
	case has("escalation_level") && has("user"):
		return "oncall"
	case has("content") && has("created_at"):
		return "note"
	case has("alert_key"):
		return "alert"
	}
	return ""
}
