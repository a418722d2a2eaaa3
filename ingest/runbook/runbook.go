// Package runbook looks up the runbooks that monitors name.
//
// Each address is asked once, without credentials and without haste. What is
// found there, or why nothing can be read, is the fact: a dead runbook is not a
// failed sync. Addresses are strangers' texts, so that no host is asked that has
// a private address, unless the configuration allows it by name.
package runbook

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"opsreview"
	"opsreview/ingest"
)

// again is how long what was found is good for.
const again = 12 * time.Hour

// mostAddresses bounds how many runbooks are looked up.
const mostAddresses = 2000

// Addresses tells which runbooks monitors name.
type Addresses func(ctx context.Context) ([]string, error)

// A Source looks up runbooks. It implements [ingest.Source].
type Source struct {
	cfg       Config
	addresses Addresses
	http      *http.Client
	now       func() time.Time
}

var _ ingest.Source = (*Source)(nil)

// An Option changes how a source behaves. Tests need them.
type Option func(*Source)

// WithClock makes the source tell the time by now.
func WithClock(now func() time.Time) Option { return func(s *Source) { s.now = now } }

// New returns a source of the runbooks at the addresses. It returns an Invalid
// error for a configuration that cannot work.
func New(cfg Config, addresses Addresses, opts ...Option) (*Source, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	s := &Source{cfg: cfg, addresses: addresses, http: client(cfg), now: time.Now}
	for _, o := range opts {
		o(s)
	}
	return s, nil
}

// Name implements [ingest.Source].
func (s *Source) Name() string { return s.cfg.Name }

// Type implements [ingest.Source].
func (s *Source) Type() string { return sourceType }

// A state is the source's cursor: when the runbooks were looked up, and which.
type state struct {
	At    time.Time `json:"at"`
	Which string    `json:"which"`
}

// Pull implements [ingest.Source]. What was looked up a short while ago is not
// asked again, unless monitors name other runbooks meanwhile.
func (s *Source) Pull(ctx context.Context, session ingest.Session) error {
	addresses, err := s.addresses(ctx)
	if err != nil {
		return err
	}
	left := max(len(addresses)-mostAddresses, 0)
	addresses = addresses[:len(addresses)-left]
	next := state{At: s.now().UTC(), Which: fingerprint(addresses)}
	var last state
	if json.Unmarshal([]byte(session.Cursor()), &last) == nil && last.Which == next.Which && next.At.Sub(last.At) < again && !last.At.After(next.At) {
		return nil
	}
	done := 0
	runbooks := s.Look(ctx, addresses, func() {
		done++
		session.Report(ingest.Progress{Source: s.cfg.Name, Phase: "runbooks", Done: float64(done) / float64(len(addresses))})
	})
	if err := ctx.Err(); err != nil {
		return err
	}
	cursor, err := json.Marshal(next)
	if err != nil {
		return opsreview.Wrapf(err, opsreview.Internal, "writing the cursor")
	}
	judged, hosts := Judged(runbooks)
	err = session.Save(ctx, opsreview.Batch{Runbooks: judged, Listed: []string{"runbooks"}, Cursor: string(cursor), Through: next.At})
	if err != nil {
		return err
	}
	note := func(text string) {
		session.Report(ingest.Progress{Source: s.cfg.Name, Phase: "runbooks", Done: 1, Note: text})
	}
	if left > 0 {
		note(fmt.Sprintf("%d runbooks are not looked up: at most %d are", left, mostAddresses))
	}
	if len(hosts) > 0 {
		note(fmt.Sprintf("%d runbooks are not looked up, since their hosts have private addresses: name under allow those that are meant: %s",
			len(runbooks)-len(judged), strings.Join(hosts, ", ")))
	}
	return nil
}

func fingerprint(addresses []string) string {
	sum := sha256.Sum256([]byte(strings.Join(addresses, "\n")))
	return hex.EncodeToString(sum[:8])
}

// Check implements [ingest.Source].
func (s *Source) Check(ctx context.Context) []ingest.Check {
	addresses, err := s.addresses(ctx)
	if err != nil {
		return []ingest.Check{{Subject: "runbooks", Detail: opsreview.ErrorMessage(err), Remedy: "see to the sources that deliver monitors"}}
	}
	if len(addresses) == 0 {
		return []ingest.Check{{
			Subject: "runbooks", Detail: "no monitor that is known names one",
			Remedy: "name files under monitors, or sync a Prometheus first",
		}}
	}
	hosts := map[string]bool{}
	var first []string
	for _, a := range addresses {
		if h := hostOf(a); !hosts[h] {
			hosts[h] = true
			first = append(first, a)
		}
	}
	checks := []ingest.Check{{Subject: "runbooks", OK: true, Detail: fmt.Sprintf("%d are named, on %d hosts", len(addresses), len(hosts))}}
	const mostHosts = 10
	for _, r := range s.Look(ctx, first[:min(len(first), mostHosts)], nil) {
		c := ingest.Check{Subject: hostOf(r.Address), OK: r.Problem == "", Detail: "answers"}
		if !c.OK {
			c.Detail, c.Remedy = r.Address+": "+r.Problem, "correct the address in its monitor; allow lets a private host be asked"
		}
		checks = append(checks, c)
	}
	return checks
}
