package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"opsreview/server"
)

func (a *app) configCommand() *cobra.Command {
	return noun("config", "The configuration: show and check", a.configShowCommand(), a.configCheckCommand())
}

func (a *app) configShowCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "show",
		Short:   "Print the configuration in force, with where each value comes from",
		Example: "  opsreview config show",
		Args:    args(cobra.NoArgs, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			cfg, err := a.config()
			if err != nil {
				return err
			}
			if cfg.Database, err = a.databasePath(cfg); err != nil {
				return err
			}
			if a.dbPath != "" {
				cfg.Origin["database"] = "--db"
			}
			_, err = fmt.Fprintf(a.stdout, "%s", cfg.Redacted())
			return err
		},
	}
}

func (a *app) configCheckCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "check",
		Short:   "Say whether the configuration can be used",
		Example: "  opsreview --config opsreview.yaml config check",
		Args:    args(cobra.NoArgs, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			cfg, err := a.config()
			if err != nil {
				return err
			}
			if err := server.CheckOrg(cfg.Org()); err != nil {
				return err
			}
			for _, text := range cfg.Warnings {
				writeLine(a.stderr, "warning: "+clean(text))
			}
			for _, s := range openSources(cfg, a.vendors, &storedFacts{}) {
				if b, ok := s.Source.(brokenSource); ok {
					fmt.Fprintf(a.stderr, "opsreview: source %s: %s\n", clean(b.name), clean(message(b.err)))
					err = errPartly
				}
			}
			tracker, _, terr := openTracker(cfg, a.clock(), a.vendors)
			if b, ok := tracker.(brokenTracker); ok {
				terr = b.err
			}
			if terr != nil {
				fmt.Fprintf(a.stderr, "opsreview: tracker: %s\n", clean(message(terr)))
				err = errPartly
			}
			if err != nil {
				return err
			}
			writeLine(a.stdout, fmt.Sprintf("the configuration is right: %s, %s, %s, %s", plural(len(cfg.Teams), "team"),
				plural(len(cfg.Responders), "responder"), plural(len(cfg.Sources), "source"), plural(len(cfg.Objectives), "SLO")))
			return nil
		},
	}
}
