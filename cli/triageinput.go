package cli

import (
	"strconv"
	"strings"
)

// mostMinutes is what a label takes at most: a week.
const mostMinutes = 7 * 24 * 60

// inputKey edits the line that is being typed.
func (m *triage) inputKey(key, text string) {
	switch key {
	case "esc":
		m.step = triageBrowse
	case "enter":
		m.entered()
	case "backspace", "ctrl+h":
		if r := []rune(m.input); len(r) > 0 {
			m.input = string(r[:len(r)-1])
		}
	case "ctrl+u":
		m.input = ""
	case "ctrl+w":
		words := strings.TrimRight(m.input, " ")
		m.input = words[:strings.LastIndex(words, " ")+1]
	default:
		m.typed(text)
	}
}

// mostNote is how many characters a note may have.
const mostNote = 1000

// typed adds text to the line that is being typed. Anywhere else a pasted text
// would be answers by accident, and is dropped.
func (m *triage) typed(text string) {
	switch m.step {
	case triageNote:
		m.input, _ = firstRunes(m.input+clean(text), mostNote)
	case triageMinutes:
		digits := strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, text)
		m.input, _ = firstRunes(m.input+digits, 5)
	}
}

// entered keeps the line that was typed.
func (m *triage) entered() {
	item := m.item()
	if m.step == triageNote {
		item.draft.note = strings.TrimSpace(m.input)
		m.step = triageBrowse
		return
	}
	n, _ := strconv.Atoi(m.input) // digits only; nothing is 0
	if n > mostMinutes {
		m.say("%d minutes are more than a week", n)
		return
	}
	item.draft.minutes = int32(n)
	m.step = triageBrowse
}

// scrollKey moves the middle of the screen and reports whether the key does so.
func (m *triage) scrollKey(key string) bool {
	page := max(1, m.height/3)
	step, ok := map[string]int{"up": -1, "k": -1, "down": 1, "j": 1, "pgup": -page, "pgdown": page, "space": page, "home": -1 << 20}[key]
	if ok {
		most := m.furthest()
		m.scroll = max(0, min(min(m.scroll, most)+step, most))
	}
	return ok
}
