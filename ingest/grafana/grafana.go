// Package grafana reads the dashboards of a Grafana.
//
// It asks three questions of Grafana's public HTTP API, and changes nothing
// there: which dashboards there are, what each of them is, and whether Grafana
// is well. The list of dashboards does not tell when one was changed, so all of
// them are read again once an hour, and at once where the list has changed.
package grafana

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"opsreview"
	"opsreview/dashboard"
	"opsreview/ingest"
	"opsreview/internal/rest"
)

const (
	// pause is how long dashboards are good for.
	pause = time.Hour
	// pace is how many questions a second Grafana is asked.
	pace = 10
	// mostDashboards bounds how many dashboards one source reads. More are
	// refused, since nobody would know which of them were left out.
	mostDashboards = 2000

	dashboardItem = "dashboard"
)

// A Source is one Grafana. It implements [ingest.Source].
type Source struct {
	cfg    Config
	client *rest.Client
}

var (
	_ ingest.Source = (*Source)(nil)
	_ ingest.Mapper = (*Source)(nil)
)

// An Option changes how a source behaves. Tests need them.
type Option func(*rest.Config)

// WithClock makes the source wait and tell the time by c.
func WithClock(c rest.Clock) Option { return func(r *rest.Config) { r.Clock = c } }

// WithPatience bounds how often a request is sent and how long all its attempts
// may take together.
func WithPatience(attempts int, most time.Duration) Option {
	return func(r *rest.Config) { r.Attempts, r.MaxElapsed = attempts, most }
}

// New returns a source that makes itself known with a token. hc may be nil. It
// returns an Invalid error for a configuration that cannot work.
func New(cfg Config, token rest.Secret, hc *http.Client, opts ...Option) (*Source, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	c := rest.Config{
		Name: "Grafana", BaseURL: cfg.baseURL(), HTTP: hc, Rate: pace, Burst: pace,
		Header:  map[string]string{"Authorization": "Bearer " + token.Reveal(), "Accept": "application/json"},
		Secrets: []rest.Secret{token},
		Remedy: map[int]string{
			http.StatusUnauthorized: "the token is wrong or has expired: make one for a service account of this Grafana",
			http.StatusForbidden:    "give the token's service account the role Viewer, or the permission dashboards:read",
		},
	}
	for _, o := range opts {
		o(&c)
	}
	client, err := rest.New(c)
	if err != nil {
		return nil, err
	}
	return &Source{cfg: cfg, client: client}, nil
}

// Name implements [ingest.Source].
func (s *Source) Name() string { return s.cfg.Name }

// Type implements [ingest.Source].
func (s *Source) Type() string { return sourceType }

// A state is the source's cursor.
type state struct {
	At    time.Time `json:"at"`    // when the dashboards were read
	Which string    `json:"which"` // names the list, and what is chosen of it
}

// Pull implements [ingest.Source]. It saves the whole list or nothing: what is
// in it no more is gone.
func (s *Source) Pull(ctx context.Context, session ingest.Session) error {
	found, err := s.search(ctx)
	if err != nil {
		return err
	}
	found = slices.DeleteFunc(found, func(f listed) bool { return !s.cfg.chooses(f) })
	if len(found) > mostDashboards {
		return opsreview.Errorf(opsreview.Invalid, "%d dashboards are more than the %d that one source reads: choose some by folders or tags", len(found), mostDashboards)
	}
	next := state{At: s.client.Now().UTC(), Which: s.fingerprint(found)}
	var last state
	if json.Unmarshal([]byte(session.Cursor()), &last) == nil && last.Which == next.Which && next.At.Sub(last.At) < pause && !last.At.After(next.At) {
		return nil
	}
	b := opsreview.Batch{Listed: []string{"dashboards"}, Through: next.At}
	for i, f := range found {
		if err := s.read(ctx, f, &b); err != nil {
			return err
		}
		session.Report(ingest.Progress{Source: s.cfg.Name, Phase: "dashboards", Done: float64(i+1) / float64(len(found))})
	}
	cursor, err := json.Marshal(next)
	if err != nil {
		return opsreview.Wrapf(err, opsreview.Internal, "writing the cursor")
	}
	b.Cursor = string(cursor)
	return session.Save(ctx, b)
}

// fingerprint names what a pull depends on beside the dashboards themselves.
func (s *Source) fingerprint(all []listed) string {
	sum := sha256.New()
	fmt.Fprintf(sum, "%q\n", s.cfg.baseURL())
	for _, f := range all {
		fmt.Fprintf(sum, "%q\n", f)
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}

// read puts one dashboard into the batch. One that is gone meanwhile is left
// out, and one that cannot be read is a reject.
func (s *Source) read(ctx context.Context, f listed, b *opsreview.Batch) error {
	resp, err := s.client.Do(ctx, rest.Request{Path: "/api/dashboards/uid/" + url.PathEscape(f.UID), Check: isJSON})
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	reject := opsreview.Reject{ID: dashboardItem + " " + f.UID, Type: dashboardItem, At: s.client.Now().UTC()}
	switch status := rest.Status(err); {
	case opsreview.ErrorCode(err) == opsreview.NotFound:
		return nil
	case status == http.StatusForbidden:
		reject.Reason = opsreview.ErrorMessage(err)
		b.Rejects = append(b.Rejects, reject)
		return nil
	case err != nil:
		return err
	}
	d, err := s.dashboard(f.UID, resp.Body)
	if err != nil {
		reject.Reason, reject.Body = opsreview.ErrorMessage(err), resp.Body
		b.Rejects = append(b.Rejects, reject)
		return nil
	}
	b.Dashboards = append(b.Dashboards, d)
	b.Retried = append(b.Retried, reject.ID)
	return nil
}

// dashboard reads the answer that a dashboard is in.
func (s *Source) dashboard(uid string, body []byte) (opsreview.Dashboard, error) {
	address := s.cfg.baseURL() + "/d/" + url.PathEscape(uid)
	d, err := dashboard.Parse(address, body)
	if err != nil {
		return opsreview.Dashboard{}, err
	}
	d.Source, d.UID, d.URL, d.Origin = s.cfg.Name, uid, address, address
	for i := range d.Panels {
		d.Panels[i].Line = 0 // nobody opens the answer
	}
	if text, err := json.Marshal(d); err != nil || len(text) > mostStored {
		return opsreview.Dashboard{}, opsreview.Errorf(opsreview.Invalid, "the dashboard has more than %d MB", mostStored>>20)
	}
	return d, nil
}

// mostStored is what a store takes of one dashboard.
const mostStored = 4 << 20

// Remap implements [ingest.Mapper].
func (s *Source) Remap(r opsreview.Reject) (opsreview.Batch, error) {
	uid, ok := strings.CutPrefix(r.ID, dashboardItem+" ")
	if !ok || len(r.Body) == 0 {
		return opsreview.Batch{}, opsreview.Errorf(opsreview.Invalid, "%s", r.Reason)
	}
	d, err := s.dashboard(uid, r.Body)
	if err != nil {
		return opsreview.Batch{}, err
	}
	return opsreview.Batch{Dashboards: []opsreview.Dashboard{d}}, nil
}
