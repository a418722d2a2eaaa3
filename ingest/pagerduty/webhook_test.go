package pagerduty_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/ingest"
	"opsreview/ingest/pagerduty"
	"opsreview/internal/rest"
)

const triggered = `{"event": {"id": "01BW1", "event_type": "incident.triggered", "resource_type": "incident", "occurred_at": "2026-11-09T02:14:00.000Z", "data": {"id": "Q1"}}}`

// signed returns the signature of a body under a secret, as PagerDuty writes it.
func signed(secret, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return "v1=" + hex.EncodeToString(mac.Sum(nil))
}

func TestVerify(t *testing.T) {
	right, later, wrong := signed("s1", triggered), signed("s2", triggered), signed("other", triggered)
	tests := map[string]struct {
		headers []string
		secrets []rest.Secret
		want    bool
	}{
		"a signature under the secret is right":               {[]string{right}, []rest.Secret{"s1"}, true},
		"hexadecimal digits may be large":                     {[]string{"v1=" + strings.ToUpper(right[3:])}, []rest.Secret{"s1"}, true},
		"a signature under another secret is wrong":           {[]string{wrong}, []rest.Secret{"s1"}, false},
		"of several signatures one is enough":                 {[]string{wrong + "," + right}, []rest.Secret{"s1"}, true},
		"spaces after commas do not matter":                   {[]string{wrong + ", " + later + " , " + right}, []rest.Secret{"s1"}, true},
		"several headers are one list":                        {[]string{wrong, right}, []rest.Secret{"s1"}, true},
		"while a secret is changed both are good":             {[]string{later}, []rest.Secret{"s1", "s2"}, true},
		"the first secret is good while the second is new":    {[]string{right}, []rest.Secret{"s1", "s2"}, true},
		"a signature of another body is wrong":                {[]string{signed("s1", triggered+" ")}, []rest.Secret{"s1"}, false},
		"no signature is wrong":                               {nil, []rest.Secret{"s1"}, false},
		"an empty header is wrong":                            {[]string{""}, []rest.Secret{"s1"}, false},
		"without a secret nothing is right":                   {[]string{signed("", triggered)}, nil, false},
		"an empty secret signs nothing":                       {[]string{signed("", triggered)}, []rest.Secret{""}, false},
		"another version is not read":                         {[]string{"v2=" + right[3:]}, []rest.Secret{"s1"}, false},
		"half a signature is wrong":                           {[]string{right[:34]}, []rest.Secret{"s1"}, false},
		"no digits are wrong":                                 {[]string{"v1=zz"}, []rest.Secret{"s1"}, false},
		"a right one behind very many wrong ones is not read": {[]string{strings.Repeat(wrong+",", 16) + right}, []rest.Secret{"s1"}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := pagerduty.Verify(tt.headers, []byte(triggered), tt.secrets); got != tt.want {
				t.Errorf("Verify = %t, want %t", got, tt.want)
			}
		})
	}
}

func TestParseWebhook(t *testing.T) {
	const lag = 2 * time.Minute
	tests := map[string]struct {
		body string
		want ingest.Hint
		code opsreview.Code
	}{
		"an event of an incident is a change": {
			body: triggered,
			want: ingest.Hint{ID: "01BW1", At: time.Date(2026, 11, 9, 2, 14, 0, 0, time.UTC), Changed: true, Settles: lag},
		},
		"an event that nobody knows is a change": {
			body: `{"event": {"event_type": "incident.teleported"}}`,
			want: ingest.Hint{Changed: true, Settles: lag},
		},
		"a test call changes nothing": {
			body: `{"event": {"id": "01P", "event_type": "pagey.ping", "resource_type": "pagey"}}`,
			want: ingest.Hint{ID: "01P", Settles: lag},
		},
		"a time that cannot be read is none": {
			body: `{"event": {"event_type": "service.updated", "occurred_at": "yesterday"}}`,
			want: ingest.Hint{Changed: true, Settles: lag},
		},
		"a name that is too long is none": {
			body: `{"event": {"id": "` + strings.Repeat("x", 200) + `", "event_type": "service.updated"}}`,
			want: ingest.Hint{Changed: true, Settles: lag},
		},
		"an empty body is refused":         {body: "", code: opsreview.Invalid},
		"what is not JSON is refused":      {body: "<xml/>", code: opsreview.Invalid},
		"a list is refused":                {body: "[]", code: opsreview.Invalid},
		"a body without event is refused":  {body: "{}", code: opsreview.Invalid},
		"an event without type is refused": {body: `{"event": {"id": "1"}}`, code: opsreview.Invalid},
		"half a body is refused":           {body: triggered[:60], code: opsreview.Invalid},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := pagerduty.ParseWebhook([]byte(tt.body))
			if code := opsreview.ErrorCode(err); code != tt.code {
				t.Fatalf("error %v, want code %q", err, tt.code)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestWebhook_Hint(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	hook := pagerduty.NewWebhook(file)
	call := func(signature, id string, body string) (ingest.Hint, error) {
		h := http.Header{}
		h.Set("X-PagerDuty-Signature", signature)
		h.Set("X-Webhook-Id", id)
		return hook.Hint(h, []byte(body))
	}
	wantCode := func(want opsreview.Code, err error) {
		t.Helper()
		if got := opsreview.ErrorCode(err); got != want {
			t.Errorf("code %q (%v), want %q", got, err, want)
		}
	}
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// What the operator can repair is no reason for PagerDuty to give up.
	_, err := call(signed("s1", triggered), "w", triggered)
	wantCode(opsreview.Unavailable, err)
	write(" \n\n")
	_, err = call(signed("", triggered), "w", triggered)
	wantCode(opsreview.Unavailable, err)
	write(strings.Repeat("s1\n", 10_000))
	_, err = call(signed("s1", triggered), "w", triggered)
	wantCode(opsreview.Unavailable, err)

	write("s1\n")
	h, err := call(signed("s1", triggered), "w", triggered)
	if wantCode("", err); h.ID != "01BW1" {
		t.Errorf("the hint is called %q, want the signed name", h.ID)
	}
	nameless := `{"event": {"event_type": "service.updated"}}`
	h, err = call(signed("s1", nameless), "w", nameless)
	if wantCode("", err); h.ID != "w" {
		t.Errorf("the hint is called %q, want the header's name", h.ID)
	}
	_, err = call(signed("s2", triggered), "w", triggered)
	wantCode(opsreview.Unauthenticated, err)
	write("s1\r\ns2\n") // The secret is being changed.
	for _, secret := range []string{"s1", "s2"} {
		_, err = call(signed(secret, triggered), "w", triggered)
		wantCode("", err)
	}
	write("s2\n")
	_, err = call(signed("s1", triggered), "w", triggered)
	wantCode(opsreview.Unauthenticated, err)
	_, err = call(signed("s2", "{"), "w", "{")
	wantCode(opsreview.Invalid, err)
}

func FuzzWebhook(f *testing.F) {
	f.Add("v1=00, v1=zz,v2=", triggered)
	f.Add(signed("s1", triggered), `{"event": {"event_type": "pagey.ping"}}`)
	f.Fuzz(func(t *testing.T, header, body string) {
		forged := pagerduty.Verify([]string{header}, []byte(body), []rest.Secret{"nobody knows"})
		if forged && !strings.Contains(strings.ToLower(header), signed("nobody knows", body)[3:]) {
			t.Errorf("%q passes for a signature", header)
		}
		if !pagerduty.Verify([]string{header + "," + signed("s", body)}, []byte(body), []rest.Secret{"s"}) && strings.Count(header, "v1=") == 0 {
			t.Error("a right signature is refused")
		}
		h, err := pagerduty.ParseWebhook([]byte(body))
		if (err != nil) != (opsreview.ErrorCode(err) == opsreview.Invalid) || len(h.ID) > 128 {
			t.Errorf("hint %+v, error %v", h, err)
		}
	})
}
