package cli

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "opsreview/proto/opsreview/v1"
)

// hostilePage is a page whose every text is text.
func hostilePage(text string) *pb.GetPageResponse {
	began := timestamppb.New(time.Date(2026, 10, 24, 23, 30, 0, 0, time.UTC))
	who := &pb.EventResponder{Name: "pd/P1", DisplayName: text, TimeZone: "Europe/Berlin", Hours: "sleep"}
	label := &pb.Label{Verdict: pb.Verdict_VERDICT_ACTIONABLE, Cause: text, Author: text, Note: text, LabelTime: began}
	resp := &pb.GetPageResponse{
		Page: &pb.Page{
			Name: "p1", Title: text, Service: text, ServiceDisplayName: text, Urgency: text, Priority: text, Severity: text, Runbook: text,
			Monitor: "m-a", TriggerTime: began, ActedEvidence: text, Label: label,
			Suggestion: &pb.Suggestion{
				Rule: text, Verdict: pb.Verdict_VERDICT_NOT_ACTIONABLE, Cause: text, Reason: text, Evidence: []string{text, text},
				HitRate: &pb.HitRate{Hits: 9, Total: 10, Low: 0.6, High: 0.98}, Unreliable: true,
			},
		},
		MonitorLabels: []*pb.MonitorLabel{{Page: text, Label: label}, {Page: text, Label: label}},
	}
	for _, kind := range []string{"triggered", "notified", "note", text} {
		resp.Events = append(resp.Events, &pb.Event{Time: began, Kind: kind, Responders: []*pb.EventResponder{who}, Channel: text, Text: text})
	}
	return resp
}

// TestTriageView_FitsTheScreen draws strangers' texts at several sizes and in
// every step: the screen is exactly as large as the terminal, and nothing but
// this program's own colours reaches it.
func TestTriageView_FitsTheScreen(t *testing.T) {
	texts := map[string]string{
		"nothing":       "",
		"a long word":   strings.Repeat("x", 3000),
		"many words":    strings.Repeat("disk is full ", 300),
		"escapes":       "\x1b[2J\x1b]0;owned\x07\x9b31m\r\n\b",
		"wide letters":  strings.Repeat("監視の警告", 60),
		"a family":      strings.Repeat("👩‍👩‍👧‍👦", 60),
		"accents":       "e" + strings.Repeat("\u0301", 500),
		"right to left": "\u202eevil\u202c שלום",
		"broken bytes":  "\xff\xfe\xf0\x9f",
	}
	sizes := [][2]int{{1, 1}, {59, 24}, {60, 20}, {80, 24}, {100, 30}, {200, 50}}
	steps := []triageStep{triageBrowse, triageBusy, triageFailed, triageNote, triageMinutes, triageAll, triageConfirm, triageHelp}
	for name, text := range texts {
		t.Run(name, func(t *testing.T) {
			for _, size := range sizes {
				for _, step := range steps {
					w := newWalk(t)
					w.m.shown = hostilePage(text)
					w.m.bulk = &triageBulk{label: w.m.shown.GetPage().GetLabel(), pages: []string{"p1"}}
					w.m.queue[0].draft = triageDraft{flags: []string{"poor_details", clean(text)}, note: clean(text), minutes: 5}
					w.m.input, w.m.step, w.m.status = clean(text), step, clean(text)
					w.m.style = style{on: true}
					w.m.Update(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
					checkScreen(t, fmt.Sprintf("%v step %d", size, step), w.m, size[0], size[1])
				}
			}
		})
	}
}

func checkScreen(t *testing.T, what string, m *triage, width, height int) {
	t.Helper()
	content := m.View().Content
	rows := strings.Split(content, "\n")
	if !m.tooSmall() && len(rows) != height {
		t.Errorf("%s: %d rows", what, len(rows))
	}
	for i, row := range rows {
		if w := ansi.StringWidth(row); w > width && !m.tooSmall() {
			t.Errorf("%s: row %d is %d cells wide: %q", what, i, w, row)
		}
	}
	plain := ansi.Strip(content)
	for _, code := range []string{"0", "1", "2", "31", "33"} {
		content = strings.ReplaceAll(content, "\x1b["+code+"m", "")
	}
	if content != plain || !utf8.ValidString(plain) || !isClean(strings.ReplaceAll(plain, "\n", "")) {
		t.Errorf("%s: something harmful is on the screen: %q", what, plain)
	}
}

func TestTriageView_WithoutColour(t *testing.T) {
	w := newWalk(t)
	w.press("R", "d", "A")
	if content := w.m.View().Content; strings.Contains(content, "\x1b") {
		t.Errorf("there are colours: %q", content)
	}
}

func TestTriageView_Scrolls(t *testing.T) {
	w := newWalk(t)
	w.m.shown = hostilePage(strings.Repeat("disk is full ", 20))
	first := w.m.View().Content
	w.press("down", "pgdown")
	if w.m.View().Content == first {
		t.Error("the middle does not move")
	}
	for range 100 {
		w.press("pgdown")
	}
	if !strings.Contains(w.m.View().Content, " 0 below") {
		t.Errorf("the end is not reached:\n%s", w.m.View().Content)
	}
	w.press("up")
	if !strings.Contains(w.m.View().Content, " 1 below") {
		t.Errorf("the scroll went past the end:\n%s", w.m.View().Content)
	}
	w.press("home")
	if w.m.View().Content != first {
		t.Error("home is not the beginning")
	}
}

// TestTriageView_Shows reads what a person has to know before answering.
func TestTriageView_Shows(t *testing.T) {
	w := newWalk(t)
	resp := hostilePage("vault")
	resp.Page.Title, resp.Page.Label = "Vault is sealed", nil
	w.m.shown = resp
	w.m.height = 40
	screen := strings.Join(w.m.screen(), "\n")
	for _, want := range []string{
		"page 1 of 5", "5 of 10 labelled, 50 %", "Vault is sealed", "vault (01:30 CEST, sleep)", "still open",
		"SUGGESTION  not actionable, vault: rule vault, right 9 of 10 (60–98 %),", "            unreliable",
		"EARLIER  labels of this monitor: 2× actionable, vault", "TIMELINE  UTC", "23:30:00 triggered",
		"i service_issue", "A all of monitor", "y accept",
	} {
		if !strings.Contains(screen, want) {
			t.Errorf("%q is not on the screen:\n%s", want, screen)
		}
	}
}
