package file

import (
	"slices"
	"strings"
)

// A field is one field of the format: a JSON key or a CSV column.
type field uint8

// The fields. Lists come last but for the attributes.
const (
	fVersion field = iota
	fKind
	fPage
	fAt
	fID
	fTitle
	fNumber
	fURL
	fService
	fServiceName
	fPolicy
	fUrgency
	fPriority
	fSeverity
	fRunbook
	fMergedInto
	fStatus
	fCreatedAt
	fEndedAt
	fBy
	fByKind
	fByName
	fChannel
	fText
	fUntil
	fName
	fEmail
	fTimeZone
	fResponder
	fSchedule
	fLevel
	fAuthor
	fVerdict
	fCause
	fActioned
	fNote
	fMinutes
	fWithdrawn
	fSummary
	fDetectedBy
	fPostmortem
	fCommander
	fDeclaredAt
	fStartedAt
	fDetectedAt
	fAcknowledgedAt
	fMitigatedAt
	fResolvedAt
	fUpdatedAt
	fTask
	fCategory
	fTeam
	fPerson
	fSpent
	fTicket
	fResponders // the first list
	fTeams
	fChannels
	fFlags
	fServices
	fPages
	fFollowUps
	fAttributes
	fieldCount
)

var fieldNames = [fieldCount]string{
	fVersion: "v", fKind: "kind", fPage: "page", fAt: "at", fID: "id",
	fTitle: "title", fNumber: "number", fURL: "url", fService: "service", fServiceName: "service_name",
	fPolicy: "policy", fUrgency: "urgency", fPriority: "priority", fSeverity: "severity",
	fRunbook: "runbook", fMergedInto: "merged_into", fStatus: "status",
	fCreatedAt: "created_at", fEndedAt: "ended_at",
	fBy: "by", fByKind: "by_kind", fByName: "by_name", fChannel: "channel", fText: "text", fUntil: "until",
	fName: "name", fEmail: "email", fTimeZone: "time_zone",
	fResponder: "responder", fSchedule: "schedule", fLevel: "level",
	fAuthor: "author", fVerdict: "verdict", fCause: "cause", fActioned: "actioned",
	fNote: "note", fMinutes: "minutes", fWithdrawn: "withdrawn",
	fSummary: "summary", fDetectedBy: "detected_by", fPostmortem: "postmortem", fCommander: "commander",
	fDeclaredAt: "declared_at", fStartedAt: "started_at", fDetectedAt: "detected_at", fAcknowledgedAt: "acknowledged_at",
	fMitigatedAt: "mitigated_at", fResolvedAt: "resolved_at", fUpdatedAt: "updated_at",
	fTask: "task", fCategory: "category", fTeam: "team", fPerson: "person", fSpent: "spent", fTicket: "ticket",
	fResponders: "responders", fTeams: "teams", fChannels: "channels", fFlags: "flags",
	fServices: "services", fPages: "pages", fFollowUps: "follow_ups",
	fAttributes: "attributes",
}

var fieldByName = func() map[string]field {
	m := make(map[string]field, fieldCount)
	for f, name := range fieldNames {
		m[name] = field(f)
	}
	return m
}()

func (f field) isList() bool { return f >= fResponders && f < fAttributes }

// takesNumber reports whether JSON may give f as a number as well as in quotes.
func (f field) takesNumber() bool {
	return f == fVersion || f == fNumber || f == fLevel || f == fMinutes
}

// A fieldSet is a set of fields.
type fieldSet uint64

func setOf(fields ...field) fieldSet {
	var s fieldSet
	for _, f := range fields {
		s |= 1 << f
	}
	return s
}

func (s fieldSet) has(f field) bool { return s&(1<<f) != 0 }

// names lists the fields of s in the order of the format.
func (s fieldSet) names() string {
	var names []string
	for f := range fieldCount {
		if s.has(f) {
			names = append(names, fieldNames[f])
		}
	}
	return strings.Join(names, ", ")
}

// first returns the first field of s, which must not be empty.
func (s fieldSet) first() string {
	for f := range fieldCount {
		if s.has(f) {
			return fieldNames[f]
		}
	}
	return ""
}

// A record is one line as it was written: fields and their texts, not yet
// understood.
type record struct {
	given      fieldSet // fields that are there and not empty
	text       [fResponders]string
	lists      [fAttributes - fResponders][]string
	attributes map[string]string
}

func (r *record) reset() { *r = record{} }

// set gives f a text. An empty text is as good as none.
func (r *record) set(f field, text string) {
	if text != "" {
		r.text[f] = text
		r.given |= 1 << f
	}
}

func (r *record) setList(f field, list []string) {
	list = slices.DeleteFunc(list, func(s string) bool { return s == "" })
	if len(list) > 0 {
		r.lists[f-fResponders] = list
		r.given |= 1 << f
	}
}

func (r *record) list(f field) []string { return r.lists[f-fResponders] }

func (r *record) setAttribute(name, value string) error {
	if value == "" {
		return nil
	}
	if r.attributes == nil {
		r.attributes = map[string]string{}
	}
	if _, twice := r.attributes[name]; twice {
		return wrong("the attribute %s is given twice", short(name))
	}
	if len(r.attributes) == maxAttributes {
		return wrong("there are more than %d attributes", maxAttributes)
	}
	r.attributes[name] = value
	r.given |= 1 << fAttributes
	return nil
}

// maxAttributes bounds the attributes of one line.
const maxAttributes = 64

// allFields is every field of the format.
const allFields = fieldSet(1)<<fieldCount - 1

// unknownField says which fields there are.
func unknownField(name string) error {
	return wrong("there is no field %s: the fields are %s", short(name), allFields.names())
}
