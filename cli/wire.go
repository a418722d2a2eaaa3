package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"opsreview"
	"opsreview/config"
	"opsreview/deliver"
	"opsreview/hygiene"
	"opsreview/ingest"
	"opsreview/ingest/alertmanager"
	"opsreview/ingest/file"
	"opsreview/ingest/grafana"
	"opsreview/ingest/pagerduty"
	"opsreview/ingest/prometheus"
	"opsreview/ingest/rootly"
	"opsreview/ingest/runbook"
	"opsreview/internal/rest"
	"opsreview/server"
	"opsreview/store"
	"opsreview/ticket"
	"opsreview/ticket/github"
	"opsreview/ticket/jira"
	"opsreview/ticket/markdown"
)

// A backend is the server of this process over a database file.
type backend struct {
	server *server.Server
	db     *store.DB
	path   string // of the database
	listen string // where the configuration wants to serve
	limits server.Limits
}

func (b *backend) close() error { return b.db.Close() }

// embedded is a configuration that comes with the program.
type embedded struct {
	config config.Config
	now    time.Time
}

// open makes the server out of the configuration, the database and the
// vendors. It is the composition root: nothing else knows which vendors there
// are. A server that others reach is changed into one that guards itself.
func (a *app) open(ctx context.Context, change ...func(config.Config, *server.Options) error) (*backend, error) {
	cfg, err := a.config()
	if err != nil {
		return nil, err
	}
	org := cfg.Org()
	if err := server.CheckOrg(org); err != nil {
		return nil, err
	}
	path, err := a.databasePath(cfg)
	if err != nil {
		return nil, err
	}
	facts := &storedFacts{}
	opts := server.Options{
		Org: org, Rules: cfg.Document.Rules, Objectives: objectives(cfg), Sources: openSources(cfg, a.vendors, facts),
		Reports: openReports(cfg), Importers: importers(), Log: a.log(), Now: a.clock(),
		Version: version(), RawRetention: time.Duration(cfg.Retention.Raw),
		LocalUser: accountName(),
		Charts:    cfg.Charts, Definitions: cfg.Definitions, Runbooks: cfg.Runbooks,
		LintRules: cfg.LintRules, LookBack: cfg.LookBack.Settings(),
		Toil: server.ToilSettings{Settings: cfg.Toil.Settings(), Categories: cfg.Toil.Names()}, Incidents: cfg.Incidents.Settings(),
		Privacy: server.Privacy{Roles: cfg.Privacy.Seers(), LeastPeople: cfg.Privacy.LeastPeople},
	}
	for _, b := range cfg.Boards {
		opts.Boards = append(opts.Boards, b.Dashboard)
	}
	if opts.Tracker, opts.TicketSettings, err = openTracker(cfg, a.clock(), a.vendors); err != nil {
		return nil, err
	}
	for _, fn := range change {
		if err := fn(cfg, &opts); err != nil {
			return nil, err
		}
	}
	if opts.DB, err = store.Open(ctx, path, store.Options{Monitors: org.Monitors, Version: version()}); err != nil {
		return nil, atFile(path, err)
	}
	facts.db = opts.DB
	if err := opts.DB.RecordObjectives(ctx, opts.Objectives, opts.Now()); err != nil {
		return nil, errors.Join(err, opts.DB.Close())
	}
	return &backend{server: server.New(opts), db: opts.DB, limits: opts.Limits, path: path, listen: cfg.Server.Listen}, nil
}

// atFile names the file that err is about, and the operating system's reason.
func atFile(path string, err error) error {
	text := message(err)
	var reason *fs.PathError
	if errors.As(err, &reason) {
		text += ": " + reason.Err.Error()
	}
	return opsreview.Wrapf(err, opsreview.ErrorCode(err), "%s: %s", path, text)
}

// vendorOptions change how the vendors' clients behave. Tests need them.
type vendorOptions struct {
	pagerduty    []pagerduty.Option
	prometheus   []prometheus.Option
	jira         []jira.Option
	github       []github.Option
	alertmanager []alertmanager.Option
	grafana      []grafana.Option
}

// storedFacts are what sources learn from what other sources have stored. They
// are made before the database is opened.
type storedFacts struct {
	db *store.DB // nil where there is none
}

// boards returns the dashboards of the configuration's files and those that it
// wants of what sources delivered. A file is stronger than a dashboard of the
// same name.
func (f *storedFacts) boards(ctx context.Context, cfg config.Config) ([]prometheus.Board, error) {
	var delivered []opsreview.Dashboard
	var err error
	if f.db != nil && len(cfg.Wanted) > 0 {
		delivered, err = f.db.Dashboards(ctx)
	}
	var all []prometheus.Board
	there := map[string]bool{}
	for _, b := range append(slices.Clone(cfg.Boards), cfg.Wanted.Choose(delivered)...) {
		if !there[b.Dashboard.UID] {
			all = append(all, prometheus.Board{Dashboard: b.Dashboard, Scope: b.Scope})
		}
		there[b.Dashboard.UID] = true
	}
	return all, err
}

// runbooks returns the addresses of the runbooks that monitors name, those of
// files and those that sources delivered.
func (f *storedFacts) runbooks(ctx context.Context, cfg config.Config) ([]string, error) {
	defs := slices.Clone(cfg.Definitions)
	if f.db != nil {
		delivered, err := f.db.Definitions(ctx)
		if err != nil {
			return nil, err
		}
		defs = append(defs, delivered...)
	}
	return hygiene.RunbookAddresses(defs), nil
}

// lookBack says which series a Prometheus reads beside the events of SLOs.
func lookBack(cfg config.Config, facts *storedFacts) prometheus.Option {
	l := cfg.LookBack
	return prometheus.WithLookBack(prometheus.LookBack{
		Boards: func(ctx context.Context) ([]prometheus.Board, error) { return facts.boards(ctx, cfg) },
		Charts: cfg.Charts, Span: time.Duration(l.Span), History: time.Duration(l.History),
		Step: time.Duration(l.Step), MaxSeries: l.MaxSeries,
	})
}

// importers are the formats of source import.
func importers() map[string]ingest.Importer {
	return map[string]ingest.Importer{
		"pagerduty": pagerduty.Importer(),
		"jsonl":     file.JSONL(),
		"csv":       file.CSV(),
		"segments":  file.Segments(),
		"series":    file.Series(),
		"incidents": file.Incidents(),
		"toil":      file.Toil(),
		"rootly":    rootly.Importer(),
	}
}

// openSources returns the sources of the configuration. A token that cannot be
// read is found out when the source is asked, not here: labelling pages needs
// no token.
func openSources(cfg config.Config, o vendorOptions, facts *storedFacts) []server.ScheduledSource {
	var sources []server.ScheduledSource
	for _, s := range cfg.Sources {
		src, err := openSource(s, cfg, o, facts)
		if err != nil {
			src = brokenSource{name: s.Name, vendor: s.Type, err: err}
		}
		scheduled := server.ScheduledSource{Source: src, Every: time.Duration(s.Every)}
		if s.PagerDuty.WebhookSecretFile != "" {
			scheduled.Hints = pagerduty.NewWebhook(s.PagerDuty.WebhookSecretFile)
		}
		if s.Alertmanager.WebhookTokenFile != "" {
			// The configuration has been checked, so that only a broken one fails.
			if hook, err := alertmanager.NewWebhook(s.Alertmanager, time.Now); err == nil {
				scheduled.Receives = hook
			}
		}
		sources = append(sources, scheduled)
	}
	return sources
}

// openSource returns a source of the configuration, which has been checked.
func openSource(s config.Source, cfg config.Config, o vendorOptions, facts *storedFacts) (ingest.Source, error) {
	switch s.Type {
	case "prometheus":
		secret, err := s.Prometheus.Secret()
		if err != nil {
			return nil, err
		}
		options := append([]prometheus.Option{lookBack(cfg, facts)}, o.prometheus...)
		return prometheus.New(s.Prometheus, secret, cfg.Objectives, nil, options...)
	case "alertmanager":
		secret, err := s.Alertmanager.Secret()
		if err != nil {
			return nil, err
		}
		return alertmanager.New(s.Alertmanager, secret, nil, o.alertmanager...)
	case "grafana":
		token, err := rest.ReadSecret(s.Grafana.TokenFile, s.Grafana.TokenEnv)
		if err != nil {
			return nil, err
		}
		return grafana.New(s.Grafana, token, nil, o.grafana...)
	case "runbooks":
		return runbook.New(s.Runbooks, func(ctx context.Context) ([]string, error) { return facts.runbooks(ctx, cfg) })
	default:
		token, err := rest.ReadSecret(s.PagerDuty.TokenFile, s.PagerDuty.TokenEnv)
		if err != nil {
			return nil, err
		}
		return pagerduty.New(s.PagerDuty, token, nil, o.pagerduty...)
	}
}

// lookUp asks for runbooks on behalf of somebody who waits.
func (a *app) lookUp(ctx context.Context, addresses, allow []string) ([]opsreview.Runbook, error) {
	src, err := runbook.New(runbook.Config{Name: "runbooks", Allow: allow}, nil)
	if err != nil {
		return nil, err
	}
	done := 0
	found := src.Look(ctx, addresses, func() {
		if done++; done%20 == 0 || done == len(addresses) {
			fmt.Fprintf(a.stderr, "opsreview: looked up %d of %d runbooks\n", done, len(addresses))
		}
	})
	judged, hosts := runbook.Judged(found)
	for _, h := range hosts {
		fmt.Fprintf(a.stderr, "opsreview: %s was not asked, since it has a private address: --allow-host %s asks it\n", clean(h), shellWord(h))
	}
	return judged, ctx.Err()
}

// openTracker returns the tracker of the configuration, nil if there is none,
// and how eagerly tickets are filed. A token that cannot be read is found out
// when the tracker is asked, not here: a plan needs no token.
func openTracker(cfg config.Config, now func() time.Time, o vendorOptions) (ticket.Tracker, ticket.Settings, error) {
	t := cfg.Tracker
	if t == nil {
		return nil, ticket.DefaultSettings(), nil
	}
	settings := t.Filing.Settings()
	var tracker ticket.Tracker
	var err, unreadable error
	var token rest.Secret
	switch t.Type {
	case "markdown":
		tracker, err = markdown.New(t.Markdown, now)
	case "github":
		token, unreadable = readToken(t.GitHub.TokenFile, t.GitHub.TokenEnv)
		tracker, err = github.New(t.GitHub, token, nil, o.github...)
	default:
		token, unreadable = readToken(t.Jira.TokenFile, t.Jira.TokenEnv)
		tracker, err = jira.New(t.Jira, token, nil, o.jira...)
	}
	if err == nil && unreadable != nil {
		tracker = brokenTracker{Tracker: tracker, err: unreadable}
	}
	return tracker, settings, err
}

// readToken reads a token. With an error it returns one that opens nothing, so
// that what needs none can go on.
func readToken(file, variable string) (rest.Secret, error) {
	token, err := rest.ReadSecret(file, variable)
	if err != nil {
		return "unreadable", err
	}
	return token, nil
}

// objectives returns the SLOs of the configuration, with what the sources know
// of how well they can count them.
func objectives(cfg config.Config) []opsreview.SLO {
	slos := slices.Clone(cfg.Objectives)
	for i, s := range slos {
		counts := func(src config.Source) bool { return src.Name == s.Source && src.Type == "prometheus" }
		if slices.ContainsFunc(cfg.Sources, counts) {
			slos[i].Indicator.Approximate = prometheus.Approximate(s)
		}
	}
	return slos
}

// openReports makes the destinations of the configuration. Secrets are read
// when something is sent.
func openReports(cfg config.Config) []server.Destination {
	var all []server.Destination
	for _, r := range cfg.Reports {
		d := server.Destination{Name: r.Name, Kind: r.Kind, Team: r.Team, Last: r.Last, Schedule: opsreview.Schedule(r.Every), Anonymous: r.Anonymous}
		switch r.Kind {
		case "slack":
			d.Sender = deliver.Slack{URLFile: r.URLFile}
		case "smtp":
			d.Sender = deliver.SMTP{Server: r.Server, From: r.From, To: r.To, Username: r.Username, PasswordFile: r.PasswordFile}
		default: // the configuration has been checked
			d.Sender = deliver.Command{Args: r.Command, HTML: r.Format == asHTML, Timeout: time.Duration(r.Timeout)}
		}
		all = append(all, d)
	}
	return all
}

// A brokenSource is one whose configuration is right but whose token cannot be
// read. It says so when it is asked for something.
type brokenSource struct {
	name, vendor string
	err          error
}

// Name implements ingest.Source.
func (s brokenSource) Name() string { return s.name }

// Type implements ingest.Source.
func (s brokenSource) Type() string { return s.vendor }

// Pull implements ingest.Source.
func (s brokenSource) Pull(context.Context, ingest.Session) error { return s.err }

// Check implements ingest.Source.
func (s brokenSource) Check(context.Context) []ingest.Check {
	return []ingest.Check{{Subject: "token", Detail: message(s.err), Remedy: "put the token where the configuration says, and make it readable"}}
}

// config reads the configuration file: --config, else OPSREVIEW_CONFIG, else
// opsreview.yaml here, else in the XDG configuration directory. Without any the
// defaults serve.
func (a *app) config() (config.Config, error) {
	if a.embedded != nil {
		return a.embedded.config, nil
	}
	path := a.configPath
	if path == "" {
		path = a.env("OPSREVIEW_CONFIG")
	}
	if path != "" {
		return config.Load(path)
	}
	for _, path := range []string{"opsreview.yaml", filepath.Join(a.xdg("XDG_CONFIG_HOME", ".config"), "opsreview", "opsreview.yaml")} {
		_, err := os.Stat(path)
		if err == nil {
			return config.Load(path)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return config.Config{}, err
		}
	}
	return config.Default(), nil
}

// databasePath is where the facts are: --db, else the configuration's, else
// the XDG data directory.
func (a *app) databasePath(cfg config.Config) (string, error) {
	if a.dbPath != "" {
		return a.dbPath, nil
	}
	if cfg.Database != "" {
		return cfg.Database, nil
	}
	dir := a.xdg("XDG_DATA_HOME", filepath.Join(".local", "share"))
	if !filepath.IsAbs(dir) {
		return "", opsreview.Errorf(opsreview.Invalid, "there is no home directory to keep the database in: name a file with --db")
	}
	return filepath.Join(dir, "opsreview", "opsreview.db"), nil
}

// xdg is a directory of the XDG base directory specification.
func (a *app) xdg(variable, under string) string {
	if dir := a.env(variable); filepath.IsAbs(dir) {
		return dir
	}
	return filepath.Join(a.env("HOME"), under)
}

// clock is the program's clock, or the demo's.
func (a *app) clock() func() time.Time {
	if a.embedded != nil {
		return func() time.Time { return a.embedded.now }
	}
	return a.now
}

// log writes what an operator should know to standard error.
func (a *app) log() *slog.Logger {
	return slog.New(traceHandler{slog.NewTextHandler(a.stderr, &slog.HandlerOptions{Level: a.logLevel})})
}
