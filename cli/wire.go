package cli

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"opsreview"
	"opsreview/config"
	"opsreview/deliver"
	"opsreview/ingest"
	"opsreview/ingest/alertmanager"
	"opsreview/ingest/file"
	"opsreview/ingest/pagerduty"
	"opsreview/ingest/prometheus"
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
	opts := server.Options{
		Org: org, Rules: cfg.Document.Rules, Objectives: objectives(cfg), Sources: openSources(cfg, a.vendors),
		Reports: openReports(cfg), Importers: importers(), Log: a.log(), Now: a.clock(),
		Version: version(), RawRetention: time.Duration(cfg.Retention.Raw),
		LocalUser: accountName(),
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
}

// importers are the formats of source import.
func importers() map[string]ingest.Importer {
	return map[string]ingest.Importer{
		"pagerduty": pagerduty.Importer(),
		"jsonl":     file.JSONL(),
		"csv":       file.CSV(),
		"segments":  file.Segments(),
	}
}

// openSources returns the sources of the configuration. A token that cannot be
// read is found out when the source is asked, not here: labelling pages needs
// no token.
func openSources(cfg config.Config, o vendorOptions) []server.ScheduledSource {
	var sources []server.ScheduledSource
	for _, s := range cfg.Sources {
		src, err := openSource(s, cfg.Objectives, o)
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
func openSource(s config.Source, slos []opsreview.SLO, o vendorOptions) (ingest.Source, error) {
	switch s.Type {
	case "prometheus":
		secret, err := s.Prometheus.Secret()
		if err != nil {
			return nil, err
		}
		return prometheus.New(s.Prometheus, secret, slos, nil, o.prometheus...)
	case "alertmanager":
		secret, err := s.Alertmanager.Secret()
		if err != nil {
			return nil, err
		}
		return alertmanager.New(s.Alertmanager, secret, nil, o.alertmanager...)
	default:
		token, err := rest.ReadSecret(s.PagerDuty.TokenFile, s.PagerDuty.TokenEnv)
		if err != nil {
			return nil, err
		}
		return pagerduty.New(s.PagerDuty, token, nil, o.pagerduty...)
	}
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
		d := server.Destination{Name: r.Name, Kind: r.Kind, Team: r.Team, Last: r.Last, Schedule: opsreview.Schedule(r.Every)}
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
