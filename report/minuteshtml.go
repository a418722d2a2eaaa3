package report

import (
	"bytes"
	_ "embed" // the template
	"fmt"
	"html/template"
	"sync"

	"opsreview/meeting"
)

//go:embed minutes.tmpl
var minutesText string

// minutesPage is parsed when the first minutes are rendered, so that other
// commands start without it.
var minutesPage = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("minutes").Parse(minutesText))
})

// MinutesHTML renders minutes as one file that asks nobody for anything, like
// [HTML].
func MinutesHTML(m meeting.Minutes) ([]byte, error) {
	var buf bytes.Buffer
	doc := struct {
		protocol
		Style template.CSS
	}{minutesOf(m).protocol(), template.CSS(style)}
	if err := minutesPage().Execute(&buf, doc); err != nil {
		return nil, fmt.Errorf("render minutes: %w", err)
	}
	return buf.Bytes(), nil
}
