package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"opsreview"
	"opsreview/config"
	"opsreview/server"
)

// stopTimeout is how long serve waits for calls under way when it is told to
// end.
const stopTimeout = 20 * time.Second

func (a *app) serveCommand() *cobra.Command {
	var listen string
	t := telemetry{app: a}
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the API and sync the sources on their schedule",
		Long: `Serve the gRPC API, with health and reflection, and sync each source of the
configuration that has an "every". On another address than a loopback one it takes TLS
and a login (server.tls, and server.tokens_file or server.oidc in the configuration).
With an HTTP address it takes vendors' webhooks, and tells metrics and health.
SIGINT and SIGTERM end it once the calls under way are answered.`,
		Example: `  opsreview serve
  opsreview serve --http 127.0.0.1:7475
  opsreview --server 127.0.0.1:7474 review show`,
		Args: args(cobra.NoArgs, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if a.serverAddr != "" {
				return usagef("serve answers for a database file: leave --server out")
			}
			return a.serve(cmd.Context(), listen, &t)
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "", "answer on `ADDR` (default the configuration's, else 127.0.0.1:7474)")
	cmd.Flags().StringVar(&t.http, "http", "", "take webhooks and tell metrics and health on `ADDR` (default the configuration's, else nowhere)")
	cmd.Flags().TextVar(&a.logLevel, "log-level", slog.LevelInfo, "log from `LEVEL`: debug, info, warn or error")
	return cmd
}

// logWarnings tells the operator what config check tells whoever asks: a service
// that starts in silence with objectives that nobody counts is found out late.
func logWarnings(cfg config.Config, opts *server.Options) error {
	for _, text := range cfg.Warnings {
		opts.Log.Warn("configuration", "warning", text)
	}
	return nil
}

func (a *app) serve(ctx context.Context, listen string, t *telemetry) error {
	backend, err := a.open(ctx, guarded(listen), t.configure, logWarnings)
	if err != nil {
		return err
	}
	defer t.close(ctx)
	defer backend.close() //nolint:errcheck // the server has stopped; SQLite has committed what it answered
	if listen == "" {
		listen = backend.listen
	}
	var lc net.ListenConfig
	lis, err := lc.Listen(ctx, "tcp", listen)
	if err != nil {
		return opsreview.Wrapf(err, opsreview.Unavailable, "cannot listen on %s: %v", listen, err)
	}
	web, err := t.listen(ctx)
	if err != nil {
		return errors.Join(err, lis.Close())
	}
	fmt.Fprintf(a.stderr, "opsreview: serving %s on %s\n", backend.path, lis.Addr())
	group, ctx := errgroup.WithContext(ctx)
	if web != nil {
		fmt.Fprintf(a.stderr, "opsreview: webhooks, metrics and health on %s\n", web.Addr())
		group.Go(func() error { return backend.server.ServeHTTP(server.LimitConnections(web, backend.limits)) })
	}
	group.Go(func() error { return backend.server.Serve(server.LimitConnections(lis, backend.limits)) })
	group.Go(func() error { backend.server.RunSchedule(ctx); return nil })
	group.Go(func() error {
		<-ctx.Done()
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		backend.server.Stop(stop)
		return nil
	})
	if err := group.Wait(); err != nil {
		return err
	}
	fmt.Fprintln(a.stderr, "opsreview: stopped")
	return nil
}
