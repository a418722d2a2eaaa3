package alertmanager

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"regexp"
	"strings"
	"time"

	"opsreview"
	"opsreview/ingest"
)

const (
	// mostTokenFile bounds the file of tokens.
	mostTokenFile = 16 << 10
	// payloadVersion is the version of Alertmanager's payload that is read, the
	// only one since 2017.
	payloadVersion = "4"
	typeAlert      = "alert"
)

// A Webhook reads the calls of Alertmanager's webhook receivers. It implements
// [ingest.Receiver].
type Webhook struct {
	mapping   mapping
	tokenFile string
	now       func() time.Time
}

var _ ingest.Receiver = (*Webhook)(nil)

// NewWebhook returns a reader of calls that bring one of the tokens in the
// configured file. The file is read at each call, so that a token is changed by
// writing both, the earlier and the later one. It returns an Invalid error for
// a configuration that cannot work.
func NewWebhook(cfg Config, now func() time.Time) (*Webhook, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	m, err := newMapping(cfg)
	return &Webhook{mapping: m, tokenFile: cfg.WebhookTokenFile, now: now}, err
}

// Receive implements [ingest.Receiver]. Each alert of a call is a page, named
// by its fingerprint and the time at which it began to fire: what is said of it
// again changes nothing.
func (w *Webhook) Receive(header http.Header, body []byte) (opsreview.Batch, error) {
	tokens, err := readTokens(w.tokenFile)
	if err != nil {
		return opsreview.Batch{}, err
	}
	if !authentic(header, tokens) {
		return opsreview.Batch{}, opsreview.Errorf(opsreview.Unauthenticated, "the call does not bring the source's webhook token")
	}
	return w.mapping.read(body, w.now())
}

// readTokens reads the tokens of a file. Why it cannot be read is the
// operator's to repair, and Alertmanager does well to call again, so its errors
// are Unavailable.
func readTokens(name string) ([]string, error) {
	info, err := os.Stat(name)
	if err == nil && info.Size() > mostTokenFile {
		return nil, opsreview.Errorf(opsreview.Unavailable, "the webhook token's file is too large")
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, opsreview.Wrapf(err, opsreview.Unavailable, "the webhook token cannot be read")
	}
	tokens := strings.Fields(string(text))
	if len(tokens) == 0 {
		return nil, opsreview.Errorf(opsreview.Unavailable, "the webhook token's file is empty")
	}
	return tokens, nil
}

// authentic reports whether a call brings one of the tokens, as a bearer token
// or as a password of whatever name.
func authentic(header http.Header, tokens []string) bool {
	req := http.Request{Header: header}
	_, given, ok := req.BasicAuth()
	if !ok {
		scheme, token, _ := strings.Cut(header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return false
		}
		given = strings.TrimSpace(token)
	}
	sum := sha256.Sum256([]byte(given))
	equal := 0
	for _, t := range tokens { // all of them are compared, so that time tells nothing
		want := sha256.Sum256([]byte(t))
		equal |= subtle.ConstantTimeCompare(sum[:], want[:])
	}
	return equal == 1
}

// apiMessage is a call's body.
type apiMessage struct {
	Version   string             `json:"version"`
	Receiver  string             `json:"receiver"`
	Truncated uint64             `json:"truncatedAlerts"`
	Alerts    *[]json.RawMessage `json:"alerts"`
}

// apiAlert is one alert of a body.
type apiAlert struct {
	Status       string            `json:"status"`
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"startsAt"`
	EndsAt       time.Time         `json:"endsAt"`
	GeneratorURL string            `json:"generatorURL"`
	Fingerprint  string            `json:"fingerprint"`
}

// read returns what a body says at a time.
func (m mapping) read(body []byte, now time.Time) (opsreview.Batch, error) {
	var b opsreview.Batch
	var msg apiMessage
	if err := json.Unmarshal(body, &msg); err != nil {
		return b, opsreview.Wrapf(err, opsreview.Invalid, "the body is not JSON of Alertmanager")
	}
	if msg.Version != payloadVersion || msg.Alerts == nil {
		return b, opsreview.Errorf(opsreview.Invalid, "the body is not Alertmanager's payload of version %s: its webhook_configs must not have a payload of their own", payloadVersion)
	}
	for _, raw := range *msg.Alerts {
		a, err := readAlert(raw)
		if err != nil {
			b.Rejects = append(b.Rejects, rejected(raw, err, now))
			continue
		}
		a.receiver = msg.Receiver
		if m.pages(a.labels) {
			m.add(&b, a)
			b.Raw = append(b.Raw, rawItem(raw, a, now))
		}
	}
	if msg.Truncated > 0 {
		hour := now.UTC().Truncate(time.Hour)
		b.Suspect = append(b.Suspect, opsreview.SuspectWindow{
			Window: opsreview.Window{Start: hour, End: hour.Add(time.Hour)}, At: now,
			Reason: "Alertmanager left alerts out of a call: raise max_alerts of the webhook, or group by more labels",
		})
	}
	return b, nil
}

var fingerprintForm = regexp.MustCompile(`^[0-9a-f]{16}$`)

// readAlert reads one alert of a body.
func readAlert(raw []byte) (alert, error) {
	var in apiAlert
	if err := json.Unmarshal(raw, &in); err != nil {
		return alert{}, errors.New("it is not an alert: " + clip(err.Error(), mostName))
	}
	a := alert{
		labels: in.Labels, annotations: in.Annotations, url: in.GeneratorURL,
		fingerprint: strings.ToLower(in.Fingerprint), start: in.StartsAt.UTC().Truncate(time.Millisecond),
	}
	switch {
	case len(in.Labels) == 0:
		return a, errors.New("it has no labels")
	case !plausible(a.start):
		return a, errors.New("it does not say when it began")
	}
	switch in.Status {
	case "firing":
		a.told = true
	case "resolved":
		if !plausible(in.EndsAt) {
			return a, errors.New("it is resolved, and does not say when")
		}
		a.end = in.EndsAt.UTC().Truncate(time.Millisecond)
		if a.end.Before(a.start) { // by another clock
			a.end = a.start
		}
	default:
		return a, errors.New("it is neither firing nor resolved")
	}
	if !fingerprintForm.MatchString(a.fingerprint) {
		a.fingerprint = fingerprintOf(a.labels)
	}
	return a, nil
}

// plausible tells times from the year 1, with which Go says that there is none,
// and from those that no calendar has.
func plausible(t time.Time) bool { return t.Year() >= 2000 && t.Year() < 2200 }

// mail matches what may be somebody's address.
var mail = regexp.MustCompile(`[^\s@"\\<>(),:;]+@[^\s@"\\<>(),:;]+\.[^\s@"\\<>(),:;]+`)

// dropped stands where an address was.
const dropped = "<dropped>"

func scrubbed(raw []byte) []byte { return mail.ReplaceAll(raw, []byte(dropped)) }

// rawItem keeps what was said of an alert, once for each of its states.
func rawItem(raw []byte, a alert, now time.Time) opsreview.RawItem {
	item := opsreview.RawItem{Type: typeAlert, ID: pageID(a.fingerprint, a.start) + "/firing", At: a.start, Body: scrubbed(raw)}
	if !a.end.IsZero() {
		item.ID, item.At = pageID(a.fingerprint, a.start)+"/resolved", a.end
	}
	if item.At.After(now) { // by another clock
		item.At = now
	}
	return item
}

// rejected keeps an alert that could not be read. The same one has the same
// name whenever it comes.
func rejected(raw []byte, why error, now time.Time) opsreview.Reject {
	body := scrubbed(raw)
	sum := sha256.Sum256(body)
	return opsreview.Reject{ID: typeAlert + "-" + hex.EncodeToString(sum[:8]), Type: typeAlert, Reason: why.Error(), Body: body, At: now}
}

// remap reads a reject once more.
func (m mapping) remap(r opsreview.Reject) (opsreview.Batch, error) {
	var b opsreview.Batch
	a, err := readAlert(r.Body)
	if err != nil {
		return b, err
	}
	if m.pages(a.labels) {
		m.add(&b, a)
		b.Raw = append(b.Raw, rawItem(r.Body, a, r.At))
	}
	return b, nil
}
