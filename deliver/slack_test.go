package deliver_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"opsreview"
	"opsreview/deliver"
)

const webhook = "/services/T000/B000/sEcReT"

func TestSlack_PostsWhatTheWebhookTakes(t *testing.T) {
	var got []byte
	var path, contentType string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got, _ = io.ReadAll(r.Body)
		path, contentType = r.Method+" "+r.URL.Path, r.Header.Get("Content-Type")
		_, _ = w.Write([]byte("ok"))
	}))
	t.Cleanup(srv.Close)
	s := deliver.Slack{URLFile: file(t, srv.URL+webhook+"\n")}
	b := bundle(t, "<!channel> & co")
	if err := s.Send(t.Context(), b, compose(t, s, b)); err != nil {
		t.Fatal(err)
	}
	if path != "POST "+webhook || !strings.HasPrefix(contentType, "application/json") {
		t.Errorf("%s as %s", path, contentType)
	}
	var m struct {
		Text   string
		Blocks []struct {
			Type string
			Text struct {
				Type, Text string
				Verbatim   bool
			}
		}
	}
	if err := json.Unmarshal(got, &m); err != nil {
		t.Fatal(err)
	}
	if len(m.Blocks) < 2 || m.Blocks[0].Type != "header" || m.Blocks[0].Text.Type != "plain_text" || m.Text == "" {
		t.Fatalf("the message is %s", got)
	}
	for _, block := range m.Blocks[1:] {
		if block.Type != "section" || block.Text.Type != "mrkdwn" || !block.Text.Verbatim {
			t.Errorf("a block is %+v, want verbatim mrkdwn", block)
		}
	}
}

func TestSlack_TellsWhatWentWrongAndHidesTheURL(t *testing.T) {
	tests := map[string]struct {
		status int
		code   opsreview.Code
		want   string
	}{
		"the webhook was removed": {http.StatusNotFound, opsreview.Unavailable, "make a new one"},
		"the channel is archived": {http.StatusGone, opsreview.Unavailable, "make a new one"},
		"a message it dislikes":   {http.StatusBadRequest, opsreview.Unavailable, "Slack does not take the report: 400 Bad Request"},
		"a redirect elsewhere":    {http.StatusFound, opsreview.Unavailable, "Slack does not"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", "http://127.0.0.2:1"+r.URL.Path)
				w.WriteHeader(tt.status)
				_, _ = w.Write([]byte(r.URL.Path))
			}))
			t.Cleanup(srv.Close)
			s := deliver.Slack{URLFile: file(t, srv.URL+webhook)}
			b := bundle(t, "secrets")
			wantRefused(t, s.Send(t.Context(), b, compose(t, s, b)), tt.code, tt.want, "sEcReT")
		})
	}
}

func TestSlack_TheFileOfTheURL(t *testing.T) {
	tests := map[string]struct{ file, want string }{
		"is not there":    {"/nowhere/slack.url", `url_file: there is no file "/nowhere/slack.url"`},
		"is empty":        {file(t, "\n"), "url_file: "},
		"holds no URL":    {file(t, "sEcReT"), "url_file: the file does not hold a webhook's URL"},
		"is not HTTPS":    {file(t, "http://hooks.example.com/sEcReT"), "url_file: the file does not hold a webhook's URL"},
		"has a user name": {file(t, "https://a:sEcReT@hooks.example.com/"), "url_file: the file does not hold a webhook's URL"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := deliver.Slack{URLFile: tt.file}
			wantRefused(t, s.Send(t.Context(), bundle(t, "a"), nil), opsreview.Invalid, tt.want, "sEcReT")
		})
	}
}
