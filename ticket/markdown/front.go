package markdown

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"opsreview"
	"opsreview/ticket"
)

// mostFront bounds what stands between the two rulers at the head of a file:
// people write it, and the parser of YAML recurses.
const mostFront = 16 << 10

// The keys at the head of a file.
const (
	keyID         = "id"
	keyTitle      = "title"
	keyStatus     = "status"
	keyResolution = "resolution"
	keyLabels     = "labels"
	keyClosed     = "closed"
	keyAssignee   = "assignee"
	keyPoints     = "points"
	keySprint     = "sprint"
	keyRelated    = "related"
	keyDuplicates = "duplicates"
)

// A front is what the head of a file says.
type front struct {
	id         string
	title      string
	status     string
	resolution string
	labels     []string
	closed     time.Time
	assignee   string
	points     float64
	sprint     string
	related    []string
	duplicates []string
}

var (
	errNoFront = errors.New("it does not begin with --- and the keys of a ticket")
	errNoEnd   = errors.New("its keys do not end with a line of ---")
	errNoID    = errors.New("it has no id: a ticket's is a number, a dash and letters")

	idForm = regexp.MustCompile(`^([1-9][0-9]{0,8})-([a-z]+)$`)
)

// byteOrder is what some editors put before everything else.
const byteOrder = "\ufeff"

// split finds the head of a file: text[start:end] is YAML.
func split(text []byte) (start, end int, err error) {
	start = bytes.IndexByte(text, '\n') + 1
	first := bytes.TrimPrefix(text[:start], []byte(byteOrder))
	if start == 0 || string(bytes.TrimRight(first, " \t\r\n")) != "---" {
		return 0, 0, errNoFront
	}
	for end = start; end < len(text) && end < mostFront; {
		line, _, _ := bytes.Cut(text[end:], []byte("\n"))
		if string(bytes.TrimRight(line, " \t\r")) == "---" {
			return start, end, nil
		}
		end += len(line) + 1
	}
	return 0, 0, errNoEnd
}

// parseFront reads the head of a file. Its errors are sentences for people.
func parseFront(text []byte) (front, error) {
	start, end, err := split(text)
	if err != nil {
		return front{}, err
	}
	file, err := parser.ParseBytes(text[start:end], 0)
	if err != nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		return front{}, errors.New("its head is not YAML: " + ticket.OneLine(first, 200))
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return front{}, errNoID
	}
	fields, ok := file.Docs[0].Body.(*ast.MappingNode)
	if !ok {
		return front{}, errors.New("its head is not a list of keys")
	}
	var f front
	for _, field := range fields.Values {
		if err := f.set(field.Key.String(), field.Value); err != nil {
			return front{}, err
		}
	}
	if !idForm.MatchString(f.id) {
		return front{}, errNoID
	}
	return f, nil
}

// set reads one key. Those that people add are theirs.
func (f *front) set(key string, value ast.Node) (err error) {
	texts := map[string]*string{
		keyID: &f.id, keyTitle: &f.title, keyStatus: &f.status, keyResolution: &f.resolution,
		keyAssignee: &f.assignee, keySprint: &f.sprint,
	}
	lists := map[string]*[]string{keyLabels: &f.labels, keyRelated: &f.related, keyDuplicates: &f.duplicates}
	var text string
	switch {
	case texts[key] != nil:
		*texts[key], err = scalar(value)
	case lists[key] != nil:
		*lists[key], err = list(value)
	case key == keyClosed:
		if text, err = scalar(value); err == nil {
			f.closed, err = parseTime(text)
		}
	case key == keyPoints:
		if text, err = scalar(value); err == nil {
			f.points, err = parsePoints(text)
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	return nil
}

// scalar returns a value's text as people wrote it, "" for none: 0007 and
// 2026-03-09 are no numbers here.
func scalar(n ast.Node) (string, error) {
	switch n := n.(type) {
	case nil, *ast.NullNode:
		return "", nil
	case *ast.StringNode:
		return strings.TrimSpace(n.Value), nil
	case *ast.LiteralNode:
		return strings.TrimSpace(n.Value.Value), nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return strings.TrimSpace(n.GetToken().Value), nil
	}
	return "", errors.New("it holds more than one word or line of text")
}

// list returns the values of a list, or of the one that stands there alone.
func list(n ast.Node) ([]string, error) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		text, err := scalar(n)
		if text == "" {
			return nil, err
		}
		return []string{text}, err
	}
	var texts []string
	for _, v := range seq.Values {
		text, err := scalar(v)
		if err != nil {
			return nil, err
		}
		if text != "" {
			texts = append(texts, text)
		}
	}
	return texts, nil
}

// timeForms are the ways in which people may write when a ticket was closed.
// Without a zone, it is UTC.
var timeForms = []string{time.RFC3339, "2006-01-02", "2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02 15:04:05"}

func parseTime(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, form := range timeForms {
		if t, err := time.Parse(form, text); err == nil && t.Year() > 0 && t.Year() < 10000 {
			return t.UTC(), nil
		}
	}
	return time.Time{}, errors.New("it is not a day such as 2026-03-09")
}

func parsePoints(text string) (float64, error) {
	if text == "" {
		return 0, nil
	}
	points, err := strconv.ParseFloat(text, 64)
	if err != nil || points < 0 || math.IsInf(points, 0) || math.IsNaN(points) {
		return 0, errors.New("it is not a number of points, such as 3")
	}
	return points, nil
}

// The words that this program writes for a status.
const (
	statusOpen = "open"
	statusDone = "done"
)

// categories are the words that people may write for a status.
var categories = map[string]opsreview.StatusCategory{
	statusOpen: opsreview.TicketTodo, "todo": opsreview.TicketTodo, "new": opsreview.TicketTodo, "backlog": opsreview.TicketTodo,
	"doing": opsreview.TicketDoing, "in progress": opsreview.TicketDoing, "in-progress": opsreview.TicketDoing, "started": opsreview.TicketDoing,
	statusDone: opsreview.TicketDone, "closed": opsreview.TicketDone, "resolved": opsreview.TicketDone,
}

// stands is the category of the status, "" for a word that is not known.
func (f front) stands() opsreview.StatusCategory { return categories[strings.ToLower(f.status)] }

// number is the number in the id.
func (f front) number() int {
	digits, _, _ := strings.Cut(f.id, "-")
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return n
}

// duplicate is the ticket that this one was closed as a duplicate of.
func (f front) duplicate() ticket.Ref {
	if f.stands() != opsreview.TicketDone || len(f.duplicates) == 0 || (f.resolution != "" && !strings.EqualFold(f.resolution, "duplicate")) {
		return ticket.Ref{}
	}
	return ticket.Ref{Key: f.duplicates[0]}
}

// equal reports whether two heads say the same.
func (f front) equal(g front) bool {
	return f.id == g.id && f.title == g.title && f.status == g.status && f.resolution == g.resolution &&
		f.closed.Equal(g.closed) && f.assignee == g.assignee && f.points == g.points && f.sprint == g.sprint &&
		slices.Equal(f.labels, g.labels) && slices.Equal(f.related, g.related) && slices.Equal(f.duplicates, g.duplicates)
}
