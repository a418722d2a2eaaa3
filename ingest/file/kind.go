package file

import (
	"strings"

	"opsreview"
)

// The kinds of line beside the kinds of event.
const (
	kindPage      = "page"
	kindResponder = "responder"
	kindTeam      = "team"
	kindService   = "service"
	kindShift     = "shift"
	kindLabel     = "label"
	kindIncident  = "incident"
	kindToil      = "toil"
)

// A kind says which fields a kind of line may have and which it must have.
type kind struct {
	event   opsreview.EventKind // "" for lines that are no event
	allowed fieldSet
	must    fieldSet
}

// pageFields say what the page is, and may stand on any of its events.
var pageFields = setOf(fTitle, fNumber, fURL, fService, fServiceName, fPolicy, fUrgency, fPriority, fSeverity,
	fRunbook, fMergedInto, fStatus, fCreatedAt, fEndedAt, fAttributes)

var kinds = func() map[string]kind {
	every := setOf(fVersion, fKind)
	m := map[string]kind{
		kindPage:      {must: setOf(fPage), allowed: pageFields | setOf(fAt)},
		kindResponder: {must: setOf(fID), allowed: setOf(fName, fEmail, fTimeZone, fTeams, fChannels)},
		kindTeam:      {must: setOf(fID), allowed: setOf(fName)},
		kindService:   {must: setOf(fID), allowed: setOf(fName, fTeams)},
		kindShift:     {must: setOf(fResponder, fAt), allowed: setOf(fUntil, fSchedule, fPolicy, fLevel)},
		kindLabel: {
			must:    setOf(fPage, fAt, fAuthor),
			allowed: setOf(fVerdict, fCause, fFlags, fActioned, fNote, fMinutes, fWithdrawn),
		},
		kindIncident: {
			must: setOf(fID),
			allowed: setOf(fNumber, fTitle, fSummary, fStatus, fSeverity, fDetectedBy, fURL, fPostmortem, fServices, fTeams, fPages,
				fFollowUps, fCommander, fDeclaredAt, fStartedAt, fDetectedAt, fAcknowledgedAt, fMitigatedAt, fResolvedAt, fUpdatedAt),
		},
		kindToil: {
			must:    setOf(fTask, fAt),
			allowed: setOf(fID, fMinutes, fSpent, fCategory, fTeam, fPerson, fTicket, fPage, fNote, fAuthor),
		},
	}
	for _, k := range opsreview.EventKinds() {
		m[string(k)] = kind{
			event: k, must: setOf(fPage, fAt),
			allowed: pageFields | setOf(fID, fResponders, fBy, fByKind, fByName, fChannel, fText, fUntil),
		}
	}
	notified := m[string(opsreview.Notified)]
	notified.must |= setOf(fResponders)
	m[string(opsreview.Notified)] = notified
	for name, k := range m {
		k.must |= setOf(fKind)
		k.allowed |= every | k.must
		m[name] = k
	}
	return m
}()

// kindNames lists the kinds in the order of docs/import.md.
func kindNames() string {
	var names []string
	for _, k := range opsreview.EventKinds() {
		names = append(names, string(k))
	}
	names = append(names, kindPage, kindResponder, kindTeam, kindService, kindShift, kindLabel, kindIncident, kindToil)
	return strings.Join(names, ", ")
}

// check returns what sort of line r is. It returns an Invalid error if the line
// lacks something or has something that its kind does not know.
func (r *record) check() (kind, error) {
	if v := r.text[fVersion]; v != "" && v != "1" {
		return kind{}, wrong("the line is of version %s of the format: this program reads version %d", short(v), Version)
	}
	name := r.text[fKind]
	if name == "" {
		return kind{}, wrong(`the field "kind" is missing`)
	}
	k, ok := kinds[name]
	if !ok {
		return kind{}, wrong("there is no kind %s: the kinds are %s", short(name), kindNames())
	}
	if missing := k.must &^ r.given; missing != 0 {
		return kind{}, wrong("the field %q is missing: a line of kind %s needs it", missing.first(), name)
	}
	if extra := r.given &^ k.allowed; extra != 0 {
		return kind{}, wrong("a line of kind %s has no field %q: its fields are %s", name, extra.first(), k.allowed.names())
	}
	return k, r.checkText()
}

// maxID bounds what names something, in bytes.
const maxID = 256

// identifiers are the fields that name something.
var identifiers = [...]field{
	fPage, fID, fNumber, fService, fPolicy, fPriority, fSeverity, fMergedInto, fStatus,
	fBy, fResponder, fSchedule, fAuthor, fEmail,
	fDetectedBy, fCommander, fTask, fCategory, fTeam, fPerson, fTicket,
}

func (r *record) checkText() error {
	for _, f := range identifiers {
		if err := checkID(fieldNames[f], r.text[f]); err != nil {
			return err
		}
	}
	for _, f := range [...]field{fResponders, fTeams, fServices, fPages, fFollowUps} {
		for _, id := range r.list(f) {
			if err := checkID(fieldNames[f], id); err != nil {
				return err
			}
		}
	}
	for f, text := range r.text {
		if strings.IndexByte(text, 0) >= 0 {
			return wrong("the field %q holds a NUL character", fieldNames[f])
		}
	}
	for name, value := range r.attributes {
		if name == "" {
			return wrong("an attribute has no name")
		}
		if err := checkID("attributes", name); err != nil {
			return err
		}
		if strings.IndexByte(value, 0) >= 0 {
			return wrong("the attribute %s holds a NUL character", short(name))
		}
	}
	return nil
}

// checkID refuses names that nobody could write again.
func checkID(name, id string) error {
	if len(id) > maxID {
		return wrong("the field %q is longer than %d bytes", name, maxID)
	}
	if strings.TrimSpace(id) != id {
		return wrong("the field %q begins or ends with a blank", name)
	}
	for i := range len(id) {
		if id[i] < ' ' || id[i] == 0x7f {
			return wrong("the field %q holds a control character", name)
		}
	}
	return nil
}
