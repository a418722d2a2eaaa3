package pagerduty

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"time"

	"opsreview"
	"opsreview/ingest"
	"opsreview/internal/rest"
)

// The headers of a webhook, version 3.
const (
	signatureHeader = "X-Pagerduty-Signature"
	webhookIDHeader = "X-Webhook-Id"
)

const (
	// mostSignatures bounds how many signatures of one call are compared.
	mostSignatures = 16
	// mostSecretFile bounds the file of secrets.
	mostSecretFile = 16 << 10
	// mostID bounds the name of a delivery that is remembered.
	mostID = 128
)

// A Webhook reads the calls of PagerDuty's webhook subscriptions, version 3. It
// implements [ingest.Hinter].
type Webhook struct{ secretFile string }

var _ ingest.Hinter = (*Webhook)(nil)

// NewWebhook returns a reader of calls that are signed with one of the secrets
// in the file, one a line. The file is read at each call, so that a secret is
// changed by writing both, the earlier and the later one, until PagerDuty signs
// with the later one alone.
func NewWebhook(secretFile string) *Webhook { return &Webhook{secretFile: secretFile} }

// Hint implements [ingest.Hinter].
func (w *Webhook) Hint(header http.Header, body []byte) (ingest.Hint, error) {
	secrets, err := readSecrets(w.secretFile)
	if err != nil {
		return ingest.Hint{}, err
	}
	if !Verify(header.Values(signatureHeader), body, secrets) {
		return ingest.Hint{}, opsreview.Errorf(opsreview.Unauthenticated, "the call is not signed with the source's webhook secret")
	}
	h, err := ParseWebhook(body)
	// The event's own ID is signed, and the header is not: whoever repeats a call
	// can name it anew.
	if id := header.Get(webhookIDHeader); h.ID == "" && len(id) <= mostID {
		h.ID = id
	}
	return h, err
}

// readSecrets reads the secrets of a file. Why it cannot be read is the
// operator's to repair, and the vendor does well to call again, so its errors
// are Unavailable.
func readSecrets(name string) ([]rest.Secret, error) {
	info, err := os.Stat(name)
	if err == nil && info.Size() > mostSecretFile {
		return nil, opsreview.Errorf(opsreview.Unavailable, "the webhook secret's file is too large")
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, opsreview.Wrapf(err, opsreview.Unavailable, "the webhook secret cannot be read")
	}
	var secrets []rest.Secret
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" {
			secrets = append(secrets, rest.Secret(line))
		}
	}
	if len(secrets) == 0 {
		return nil, opsreview.Errorf(opsreview.Unavailable, "the webhook secret's file is empty")
	}
	return secrets, nil
}

// Verify reports whether one of the signatures is that of the body under one of
// the secrets. A header's value is a list such as "v1=<hex>, v1=<hex>": while a
// secret is changed there are several. Versions other than v1 do not count.
func Verify(signatures []string, body []byte, secrets []rest.Secret) bool {
	given := parseSignatures(signatures)
	ok := false
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		mac := hmac.New(sha256.New, []byte(secret.Reveal()))
		mac.Write(body)
		want := mac.Sum(nil)
		for _, sum := range given {
			ok = hmac.Equal(sum, want) || ok // every pair is compared, so that time tells nothing
		}
	}
	return ok
}

func parseSignatures(headers []string) [][]byte {
	var sums [][]byte
	for _, header := range headers {
		for part := range strings.SplitSeq(header, ",") {
			text, ok := strings.CutPrefix(strings.TrimSpace(part), "v1=")
			if !ok || len(sums) >= mostSignatures {
				continue
			}
			if sum, err := hex.DecodeString(text); err == nil && len(sum) == sha256.Size {
				sums = append(sums, sum)
			}
		}
	}
	return sums
}

// apiWebhook is a call of a webhook, as far as it is read.
type apiWebhook struct {
	Event *struct {
		ID           string `json:"id"`
		EventType    string `json:"event_type"`
		ResourceType string `json:"resource_type"`
		OccurredAt   string `json:"occurred_at"`
	} `json:"event"`
}

// ParseWebhook reads the body of a call. Its events are not all known, and new
// ones come: what is not known to change nothing counts as a change. It returns
// an Invalid error if the body is no call of a webhook.
func ParseWebhook(body []byte) (ingest.Hint, error) {
	var call apiWebhook
	if err := json.Unmarshal(body, &call); err != nil {
		return ingest.Hint{}, opsreview.Wrapf(err, opsreview.Invalid, "the body is not JSON of a webhook")
	}
	if call.Event == nil || call.Event.EventType == "" {
		return ingest.Hint{}, opsreview.Errorf(opsreview.Invalid, "the body names no event")
	}
	h := ingest.Hint{
		Changed: call.Event.ResourceType != "pagey" && !strings.HasPrefix(call.Event.EventType, "pagey."),
		Settles: lag,
	}
	if id := call.Event.ID; len(id) <= mostID {
		h.ID = id
	}
	if at, err := time.Parse(time.RFC3339, call.Event.OccurredAt); err == nil {
		h.At = at
	}
	return h, nil
}
