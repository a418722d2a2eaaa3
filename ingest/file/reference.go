package file

import (
	"net/mail"
	"slices"
	"strconv"
	"strings"

	"opsreview"
)

func (r *record) responder(source string) (opsreview.Responder, error) {
	p := opsreview.Responder{
		Ref: opsreview.Ref{Source: source, ID: r.text[fID]}, Name: r.text[fName],
		Email: strings.ToLower(r.text[fEmail]), TimeZone: r.text[fTimeZone], Teams: r.list(fTeams),
	}
	if err := refuseNumbers([]string{p.ID}); err != nil {
		return p, err
	}
	if p.Email == "" {
		p.Email = emailOf(p.ID)
	} else if emailOf(p.Email) == "" {
		return p, wrong("%s is not an e-mail address", short(r.text[fEmail]))
	}
	if z := p.TimeZone; z != "" && !plausibleZone(z) {
		return p, wrong("%s is not a time zone: write its IANA name, such as Europe/Berlin", short(z))
	}
	for _, c := range r.list(fChannels) {
		channel, err := parseChannel(c)
		if err != nil {
			return p, err
		}
		p.Channels = append(p.Channels, channel)
	}
	return p, nil
}

// plausibleZone reports whether z has the form of an IANA name. Whether the
// name exists is for those to say who use it: their tables of zones may be newer.
func plausibleZone(z string) bool {
	if len(z) > 64 || strings.Contains(z, "..") {
		return false
	}
	for _, c := range z {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("/_+-", c) {
			return false
		}
	}
	return strings.Contains(z, "/") || z == "UTC"
}

// emailOf returns id in lower case if it is an e-mail address, else "".
func emailOf(id string) string {
	if !strings.Contains(id, "@") {
		return ""
	}
	a, err := mail.ParseAddress(id)
	if err != nil || a.Address != id {
		return ""
	}
	return strings.ToLower(id)
}

func (r *record) shift(source string) (opsreview.Shift, error) {
	s := opsreview.Shift{
		Responder: opsreview.Ref{Source: source, ID: r.text[fResponder]},
		Schedule:  r.text[fSchedule], ScheduleID: r.text[fSchedule],
		Policy: r.text[fPolicy], PolicyID: r.text[fPolicy],
	}
	if err := refuseNumbers([]string{s.Responder.ID}); err != nil {
		return s, err
	}
	var err error
	if s.Start, err = r.time(fAt); err != nil {
		return s, err
	}
	if s.End, err = r.time(fUntil); err != nil {
		return s, err
	}
	if !s.End.IsZero() && !s.Start.Before(s.End) {
		return s, wrong(`the shift must end ("until") after it starts ("at")`)
	}
	s.Level, err = r.number(fLevel, 100)
	return s, err
}

// number understands a whole number between 0 and limit; 0 if not given.
func (r *record) number(f field, limit int) (int, error) {
	s := r.text[f]
	if s == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > limit {
		return 0, wrong("the field %q must be a whole number between 0 and %d", fieldNames[f], limit)
	}
	return n, nil
}

// maxMinutes is a week: more is a slip of the keyboard.
const maxMinutes = 7 * 24 * 60

// label understands a label. Whether its cause and flags are words of the
// team's vocabulary is for those to say who know the vocabulary.
func (r *record) label(source string) (opsreview.Label, error) {
	l := opsreview.Label{
		Page:    opsreview.Ref{Source: source, ID: r.text[fPage]},
		Verdict: opsreview.Verdict(r.text[fVerdict]), Cause: r.text[fCause],
		Flags: slices.Sorted(slices.Values(r.list(fFlags))), Actioned: opsreview.Answer(r.text[fActioned]),
		Note: r.text[fNote], Author: r.text[fAuthor],
	}
	switch r.text[fWithdrawn] {
	case "true":
		l.Withdrawn = true
	case "", "false":
	default:
		return l, wrong(`the field "withdrawn" must be true or false`)
	}
	switch l.Verdict {
	case opsreview.Actionable, opsreview.NotActionable:
	case "":
		if !l.Withdrawn {
			return l, wrong("a label needs a verdict: actionable or not_actionable")
		}
	default:
		return l, wrong("there is no verdict %s: write actionable or not_actionable", short(string(l.Verdict)))
	}
	if l.Actioned != "" && l.Actioned != opsreview.Yes && l.Actioned != opsreview.No {
		return l, wrong(`the field "actioned" must be yes or no, or be left out`)
	}
	l.Flags = slices.Compact(l.Flags)
	for _, word := range append([]string{l.Cause}, l.Flags...) {
		if !isWord(word) {
			return l, wrong("%s is not a cause or a flag: they are words such as threshold_wrong", short(word))
		}
	}
	var err error
	if l.At, err = r.time(fAt); err != nil {
		return l, err
	}
	l.Minutes, err = r.number(fMinutes, maxMinutes)
	return l, err
}

// isWord reports whether s can be a word of a vocabulary; "" can.
func isWord(s string) bool {
	for _, c := range s {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '-' {
			return false
		}
	}
	return len(s) <= 64
}
