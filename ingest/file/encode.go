package file

import (
	"bufio"
	"encoding/json"
	"io"
	"time"

	"opsreview"
)

// An outLine is a line as Encode writes it. The order of its fields is the
// order in the file.
type outLine struct {
	Version    int               `json:"v"`
	Kind       string            `json:"kind"`
	Page       string            `json:"page"`
	At         string            `json:"at,omitempty"`
	ID         string            `json:"id,omitempty"`
	Title      string            `json:"title,omitempty"`
	Number     string            `json:"number,omitempty"`
	URL        string            `json:"url,omitempty"`
	Service    string            `json:"service,omitempty"`
	Policy     string            `json:"policy,omitempty"`
	Urgency    string            `json:"urgency,omitempty"`
	Priority   string            `json:"priority,omitempty"`
	Severity   string            `json:"severity,omitempty"`
	Runbook    string            `json:"runbook,omitempty"`
	MergedInto string            `json:"merged_into,omitempty"`
	Status     string            `json:"status,omitempty"`
	CreatedAt  string            `json:"created_at,omitempty"`
	EndedAt    string            `json:"ended_at,omitempty"`
	Responders []string          `json:"responders,omitempty"`
	By         string            `json:"by,omitempty"`
	ByKind     string            `json:"by_kind,omitempty"`
	ByName     string            `json:"by_name,omitempty"`
	Channel    string            `json:"channel,omitempty"`
	Text       string            `json:"text,omitempty"`
	Until      string            `json:"until,omitempty"`
	Author     string            `json:"author,omitempty"`
	Verdict    string            `json:"verdict,omitempty"`
	Cause      string            `json:"cause,omitempty"`
	Flags      []string          `json:"flags,omitempty"`
	Actioned   string            `json:"actioned,omitempty"`
	Note       string            `json:"note,omitempty"`
	Minutes    int               `json:"minutes,omitempty"`
	Attributes map[string]string `json:"attributes,omitempty"`
}

// Encode writes pages as JSON lines, each with its events and the label in
// force. Importing what it wrote gives the same facts. The pages' source and
// monitor are not written: the one is named at the import, the other is derived.
func Encode(w io.Writer, pages []opsreview.Page) error {
	buf := bufio.NewWriter(w)
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	for i := range pages {
		if err := encodePage(enc, &pages[i]); err != nil {
			return err
		}
	}
	return buf.Flush()
}

func encodePage(enc *json.Encoder, p *opsreview.Page) error {
	err := enc.Encode(outLine{
		Version: Version, Kind: kindPage, Page: p.ID, At: formatTime(p.UpdatedAt),
		Title: p.Title, Number: p.Number, URL: p.URL, Service: p.Service.ID, Policy: p.Policy,
		Urgency: string(p.Urgency), Priority: p.Priority, Severity: p.Severity, Runbook: p.Runbook,
		MergedInto: p.MergedInto, Status: p.Reported,
		CreatedAt: formatTime(p.CreatedAt), EndedAt: formatTime(p.EndedAt), Attributes: p.Attributes,
	})
	if err != nil {
		return err
	}
	for _, e := range p.Events {
		line := outLine{
			Version: Version, Kind: string(e.Kind), Page: p.ID, At: formatTime(e.At), ID: e.ID,
			Responders: e.Responders, By: e.By.ID, ByKind: string(e.By.Kind), ByName: e.By.Name,
			Channel: string(e.Channel), Text: e.Text, Until: formatTime(e.Until),
		}
		if line.ByKind == "" && (line.By != "" || line.ByName != "") {
			line.ByKind = unknownAgent
		}
		if err := enc.Encode(line); err != nil {
			return err
		}
	}
	if p.Label.IsZero() {
		return nil
	}
	l := p.Label
	return enc.Encode(outLine{
		Version: Version, Kind: kindLabel, Page: p.ID, At: formatTime(l.At), Author: l.Author,
		Verdict: string(l.Verdict), Cause: l.Cause, Flags: l.Flags, Actioned: string(l.Actioned),
		Note: l.Note, Minutes: l.Minutes,
	})
}

func formatTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
