package pdfake

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// A teller makes the log entries of one incident, one after the other.
type teller struct {
	w   *World
	inc *incident
	rng *rand.Rand
	at  time.Time
	n   int
}

// tell makes the nth incident's story: ten kinds take turns.
func (t *teller) tell(n int) {
	first, second := n%(users-1), (n+1)%(users-1)
	t.add(0, "trigger", "triggered", object{"agent": t.service(), "channel": object{
		"type": "api", "details": object{"alertname": fmt.Sprintf("Alert%d", n%3), "load": 0.5, "host": fmt.Sprintf("host-%d", n)},
	}})
	t.add(0, "assign", "", object{"agent": t.service(), "channel": object{"type": "auto"}, "assignees": []any{t.w.userRef(first)}})
	t.notify(first, "push")
	t.notify(first, "email")
	switch n % 10 {
	case 0:
		t.ack(first)
		t.note(first, "restarted the batch")
		t.resolve(first)
	case 1:
		t.add(300, "resolve", "resolved", object{"agent": t.service(), "channel": object{"type": "api"}})
	case 2:
		t.ack(first)
		t.add(1800, "unacknowledge", "triggered", object{"agent": t.service(), "channel": object{"type": "timeout"}})
		t.escalate(second)
		t.ack(second)
		t.resolve(second)
	case 3:
		t.escalate(second)
		t.resolve(second)
	case 4:
		t.merge(first)
	case 5:
		t.ack(first)
		t.resolve(first)
		t.add(600, "trigger", "triggered", object{"agent": t.w.userRef(first), "channel": object{"type": "website"}})
		t.add(0, "assign", "", object{"agent": t.service(), "channel": object{"type": "auto"}, "assignees": []any{t.w.userRef(first)}})
		t.add(900, "resolve", "resolved", object{"agent": t.service(), "channel": object{"type": "timeout"}})
	case 6:
		t.ack(first)
		until := t.at.Add(4 * time.Hour).Format(time.RFC3339)
		t.add(30, "snooze", "", object{
			"agent": t.w.userRef(first), "channel": object{"type": "website"},
			"changed_actions": []any{object{"type": "unacknowledge", "at": until}},
		})
		t.resolve(first)
	case 7:
		if n%20 == 7 { // the others stay open
			t.resolve(first)
		}
	case 8:
		t.strange()
		t.resolve(first)
	case 9:
		t.inc.urgency = "low"
		t.add(60, "reassign", "", object{
			"agent": t.w.userRef(first), "channel": object{"type": "website"},
			"assignees": []any{t.w.userRef(users - 1)},
		})
		t.notify(users-1, "sms") // a user who was deleted since
		t.resolve(users - 1)
	}
}

// strange adds entries of types that nobody has documented, and nulls where
// the vendor allows them: everywhere but in identities.
func (t *teller) strange() {
	t.add(10, "priority_change", "", object{"agent": t.w.userRef(0), "channel": object{
		"type": "website", "old_priority": object{"summary": "P3"}, "new_priority": object{"summary": "P1"},
	}})
	t.add(1, "event_rule_action", "", object{"agent": nil, "channel": nil, "summary": nil, "html_url": nil, "teams": nil})
	t.add(1, "sparkle", "", object{"agent": nil, "channel": object{"type": "glitter"}})
	t.add(1, "urgency_change", "", object{"agent": nil, "channel": object{"type": "auto"}, "service": nil})
	t.add(1, "reach_trigger_limit", "", object{"agent": t.service(), "channel": nil})
}

func (t *teller) ack(u int) {
	t.add(90, "acknowledge", "acknowledged", object{
		"agent": t.w.userRef(u), "channel": object{"type": "mobile"}, "acknowledgement_timeout": 1800,
	})
}

func (t *teller) resolve(u int) {
	t.add(600, "resolve", "resolved", object{"agent": t.w.userRef(u), "channel": object{"type": "website"}})
}

func (t *teller) escalate(u int) {
	t.add(300, "escalate", "triggered", object{
		"agent": t.service(), "channel": object{"type": "timeout"}, "assignees": []any{t.w.userRef(u)},
	})
	t.notify(u, "phone")
}

// notify sends to one user.
func (t *teller) notify(u int, channel string) { t.send(t.rng.IntN(2), u, channel) }

// send sends to one user some seconds after the entry before. The address is a
// secret that a client must drop.
func (t *teller) send(seconds, u int, channel string) {
	address := "+4930" + fmt.Sprintf("%07d", 1000+u)
	if channel == "email" {
		address = fmt.Sprintf("person%d@private.example.com", u)
	}
	t.add(seconds, "notify", "", object{
		"agent": nil, "user": t.w.userRef(u),
		"channel": object{"type": "auto", "notification": object{"type": channel + "_notification", "address": address, "status": "success"}},
	})
}

// note adds a note, and the log entry that tells of it: at the same second, or
// every other time some seconds before and without the text.
func (t *teller) note(u int, text string) {
	channel, later := object{"type": "note", "summary": text}, time.Duration(0)
	if t.inc.number%20 == 11 {
		channel, later = object{"type": "note"}, 3*time.Second
	}
	t.add(60, "annotate", "", object{"agent": t.w.userRef(u), "channel": channel})
	t.inc.entries[len(t.inc.entries)-1].note = text
	t.inc.notes = append(t.inc.notes, &note{json: object{
		"id": fmt.Sprintf("N%s", t.inc.id), "user": t.w.userRef(u), "content": text,
		"channel": object{"summary": "The PagerDuty website"}, "created_at": stamp(t.at.Add(later)),
	}})
}

// merge ends the incident by making it part of the one before. The agent is
// the person who merged, which is no repair.
func (t *teller) merge(u int) {
	if t.inc.number < 2 {
		return
	}
	t.inc.mergedTo = t.w.incidents[t.inc.number-2].id
	t.resolve(u)
}

// add adds an entry some seconds after the one before.
func (t *teller) add(seconds int, kind, state string, more object) {
	t.at = t.at.Add(time.Duration(seconds) * time.Second)
	t.n++
	e := &entry{
		id: fmt.Sprintf("R%s%03d", t.inc.id[1:], t.n), kind: kind, at: t.at, visible: t.at, state: state, incident: t.inc,
		json: object{"self": nil, "html_url": nil, "summary": fmt.Sprintf("%s of incident %d.", kind, t.inc.number), "teams": []any{}},
	}
	if t.rng.Float64() < t.w.spec.Late {
		e.visible = t.at.Add(time.Duration(t.rng.Float64() * float64(t.w.spec.LateBy)))
	}
	e.json["service"] = t.service()
	for k, v := range more {
		e.json[k] = v
	}
	e.json["id"], e.json["type"], e.json["created_at"] = e.id, kind+"_log_entry", e.at.Format(time.RFC3339)
	t.inc.entries = append(t.inc.entries, e)
	t.w.entries = append(t.w.entries, e)
}

func (t *teller) service() object { return serviceRef(t.inc.service) }
