package deliver

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"opsreview"
	"opsreview/internal/rest"
	"opsreview/report"
)

// Slack posts to an incoming webhook.
type Slack struct {
	URLFile string // holds the webhook's URL, which is a secret
}

// A slackMessage is what an incoming webhook takes.
type slackMessage struct {
	Text        string       `json:"text"` // for notifications
	Blocks      []slackBlock `json:"blocks"`
	UnfurlLinks bool         `json:"unfurl_links"`
	UnfurlMedia bool         `json:"unfurl_media"`
}

type slackBlock struct {
	Type string    `json:"type"`
	Text slackText `json:"text"`
}

// A slackText is verbatim where it is mrkdwn: names of channels, people and
// links in it stay text.
type slackText struct {
	Type     string `json:"type"`
	Text     string `json:"text"`
	Verbatim bool   `json:"verbatim,omitempty"`
}

// Compose returns the message as JSON.
func (Slack) Compose(b report.Bundle) ([]byte, error) {
	m := slackMessage{Text: b.Chat.Title, Blocks: []slackBlock{
		{Type: "header", Text: slackText{Type: "plain_text", Text: b.Chat.Title}},
	}}
	for _, s := range b.Chat.Sections {
		m.Blocks = append(m.Blocks, slackBlock{Type: "section", Text: slackText{Type: "mrkdwn", Text: s, Verbatim: true}})
	}
	content, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("compose for Slack: %w", err)
	}
	return content, nil
}

// Send posts the message.
func (s Slack) Send(ctx context.Context, _ report.Bundle, content []byte) error {
	url, err := secret("url_file", s.URLFile)
	if err != nil {
		return err
	}
	client, err := rest.New(rest.Config{Name: "Slack", BaseURL: url.Reveal(), Secrets: []rest.Secret{url}, Attempts: 3, MaxElapsed: time.Minute})
	if err != nil {
		return opsreview.Errorf(opsreview.Invalid, "url_file: the file does not hold a webhook's URL: https://hooks.slack.com/services/…")
	}
	_, err = client.Do(ctx, rest.Request{Method: http.MethodPost, Body: content, Header: map[string]string{"Content-Type": "application/json; charset=utf-8"}})
	if err == nil || ctx.Err() != nil {
		return err
	}
	// The client's own message names the path, which is the secret.
	switch status := rest.Status(err); status {
	case 0:
		return opsreview.Errorf(opsreview.Unavailable, "Slack does not answer")
	case http.StatusForbidden, http.StatusNotFound, http.StatusGone:
		return opsreview.Errorf(opsreview.Unavailable, "Slack answers %d %s: the webhook was removed or its channel archived; make a new one and put its URL into url_file", status, http.StatusText(status))
	default:
		return opsreview.Errorf(opsreview.Unavailable, "Slack does not take the report: %d %s", status, http.StatusText(status))
	}
}
