package report

import (
	"time"

	"opsreview"
)

// A Bundle is a report in every form, ready to be sent.
type Bundle struct {
	Title    string
	Team     string // "" for everybody
	Window   opsreview.Window
	Markdown []byte
	HTML     []byte // one file with charts
	Mail     []byte // HTML without charts, for the body of a mail
	Chat     Chat
	At       time.Time // when it was prepared
}

// Render renders the report in every form.
func Render(d Data) (Bundle, error) {
	b := Bundle{Title: d.Title(), Team: d.Review.Team, Window: d.Review.Window, Markdown: Markdown(d), Chat: chatOf(d), At: d.At}
	var err error
	if b.HTML, err = HTML(d); err != nil {
		return Bundle{}, err
	}
	b.Mail, err = Mail(d)
	return b, err
}
