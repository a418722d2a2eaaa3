package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"opsreview"
	"opsreview/auth"
	"opsreview/config"
	"opsreview/store"
)

func (a *app) tokenCommand() *cobra.Command {
	return noun("token", "Who may ask the server: create, list and revoke tokens",
		a.tokenCreateCommand(), a.tokenListCommand(), a.tokenRevokeCommand())
}

// tokenFlags say which file of tokens is meant.
type tokenFlags struct{ path string }

func (o *tokenFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.path, "tokens-file", "", "the server's `FILE` of hashed tokens (default the configuration's server.tokens_file)")
}

// tokens opens the file of tokens. It is the server's: whoever may write it is
// an admin, so that no server is asked.
func (a *app) tokens(o tokenFlags) (*auth.TokenFile, config.Config, error) {
	if a.serverAddr != "" {
		return nil, config.Config{}, usagef("tokens are made where the server's file of them is: leave --server out")
	}
	cfg, err := a.config()
	if err != nil {
		return nil, cfg, err
	}
	path := cmp.Or(o.path, cfg.Server.TokensFile)
	if path == "" {
		return nil, cfg, usagef("there is no file of tokens: name one with --tokens-file, or as server.tokens_file in the configuration")
	}
	return auth.OpenTokens(path, a.clock()), cfg, nil
}

func (a *app) tokenCreateCommand() *cobra.Command {
	var o tokenFlags
	var role, expires, person string
	var teams []string
	cmd := &cobra.Command{
		Use:   "create NAME",
		Short: "Make a token and print it, this once",
		Long: `Make a token and print it. Only its hash is kept, so it cannot be shown again. A reader
reads; a writer labels, pushes, imports and syncs too; an admin also copies the database
and reads the audit log. With --team the token is good for those teams only.`,
		Example: `  opsreview token create ci --role writer --expires 90d > /run/secrets/opsreview
  opsreview token create secrets-lead --role writer --team secrets --person ada@example.com`,
		Args: args(cobra.ExactArgs(1), "the name of one token"),
		RunE: func(cmd *cobra.Command, names []string) error {
			r, err := auth.ParseRole(role)
			if err != nil {
				return err
			}
			token := auth.Token{Name: names[0], Person: person, Grant: auth.Grant{Role: r, Teams: teams}}
			if token.Expires, err = a.expiry(expires); err != nil {
				return err
			}
			return a.createToken(cmd.Context(), o, token)
		},
	}
	o.add(cmd)
	f := cmd.Flags()
	f.StringVar(&role, "role", "", "what it may do: `ROLE` reader, writer or admin")
	f.StringArrayVar(&teams, "team", nil, "only for `TEAM`; may be repeated (default the whole organisation)")
	f.StringVar(&person, "person", "", "whose it is, the address or the name of a `PERSON`, who sees their own load with it (default automation's)")
	f.StringVar(&expires, "expires", "90d", "how long it is good: `SPAN` such as 90d or 8h, or never")
	return cmd
}

// expiry is when a token ends that is good for a span from now.
func (a *app) expiry(span string) (time.Time, error) {
	if span == "never" {
		return time.Time{}, nil
	}
	var d config.Duration
	if err := d.UnmarshalText([]byte(span)); err != nil || d == 0 {
		return time.Time{}, usagef("--expires %s: write 90d, 8h or never", span)
	}
	return a.clock()().Add(time.Duration(d)).UTC().Truncate(time.Second), nil
}

func (a *app) createToken(ctx context.Context, o tokenFlags, token auth.Token) error {
	file, cfg, err := a.tokens(o)
	if err != nil {
		return err
	}
	var secret string
	err = a.audited(ctx, cfg, "CreateToken", token.Name, func() error {
		secret, err = file.Create(token)
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stderr, "opsreview: %s; it is not kept: put it away now\n", describe(token))
	_, err = fmt.Fprintln(a.stdout, secret)
	return err
}

func describe(t auth.Token) string {
	text := "token " + t.Name
	if t.Person != "" {
		text += " of " + clean(t.Person)
	}
	text += ", " + string(t.Role)
	if len(t.Teams) > 0 {
		text += " for " + clean(strings.Join(t.Teams, ", "))
	}
	if t.Expires.IsZero() {
		return text + ", without an end"
	}
	return text + ", until " + t.Expires.Format("2006-01-02 15:04 MST")
}

// tokenJSON is a token as token list -o json prints it.
type tokenJSON struct {
	Name      string     `json:"name"`
	Person    string     `json:"person,omitempty"`
	Role      string     `json:"role"`
	Teams     []string   `json:"teams"`
	CreatedAt *time.Time `json:"created_at"`
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
	Expired   bool       `json:"expired"`
}

func (a *app) tokenListCommand() *cobra.Command {
	var o tokenFlags
	var output string
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the tokens, without what they are",
		Example: "  opsreview token list",
		Args:    args(cobra.NoArgs, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			if err := checkOutput(output, asTable, asJSON); err != nil {
				return err
			}
			file, _, err := a.tokens(o)
			if err != nil {
				return err
			}
			list, err := file.List()
			if err != nil {
				return err
			}
			return a.printTokens(list, output)
		},
	}
	o.add(cmd)
	cmd.Flags().StringVarP(&output, "output", "o", asTable, "print as `FORM`: table or json")
	return cmd
}

func (a *app) printTokens(list []auth.Token, output string) error {
	now := a.clock()()
	if output == asJSON {
		out := make([]tokenJSON, len(list))
		for i, t := range list {
			out[i] = tokenJSON{Name: t.Name, Person: t.Person, Role: string(t.Role), Teams: append([]string{}, t.Teams...), CreatedAt: &t.Created, Expired: t.Expired(now)}
			if !t.Expires.IsZero() {
				out[i].ExpiresAt = &t.Expires
			}
		}
		return printJSON(a.stdout, out)
	}
	if len(list) == 0 {
		writeLine(a.stdout, "no tokens: make one with \"opsreview token create NAME --role reader\"")
		return nil
	}
	t := table{columns: []column{{head: "TOKEN"}, {head: "PERSON", flex: true, min: 8, drop: 1}, {head: "ROLE"}, {head: "TEAMS", flex: true, min: 10}, {head: "CREATED"}, {head: "EXPIRES"}}}
	for _, token := range list {
		expires := "never"
		if !token.Expires.IsZero() {
			expires = token.Expires.Format("2006-01-02 15:04 MST")
		}
		if token.Expired(now) {
			expires += ", expired"
		}
		t.row(clean(token.Name), orElse(clean(token.Person), "–"), string(token.Role), orElse(clean(strings.Join(token.Teams, ", ")), "all"), token.Created.Format("2006-01-02 15:04 MST"), expires)
		if token.Expired(now) {
			t.mark()
		}
	}
	t.print(a.stdout, a.style(), "", a.terminalWidth())
	return nil
}

func (a *app) tokenRevokeCommand() *cobra.Command {
	var o tokenFlags
	cmd := &cobra.Command{
		Use:     "revoke NAME",
		Short:   "Make a token useless, within a second",
		Example: "  opsreview token revoke ci",
		Args:    args(cobra.ExactArgs(1), "the name of one token"),
		RunE: func(cmd *cobra.Command, names []string) error {
			file, cfg, err := a.tokens(o)
			if err != nil {
				return err
			}
			err = a.audited(cmd.Context(), cfg, "RevokeToken", names[0], func() error { return file.Revoke(names[0]) })
			if err == nil {
				writeLine(a.stdout, "token "+clean(names[0])+" is revoked")
			}
			return err
		},
	}
	o.add(cmd)
	return cmd
}

// audited keeps in the database what is done to a token, before and after. No
// database is made for it: where there is none, it says so.
func (a *app) audited(ctx context.Context, cfg config.Config, action, token string, do func() error) error {
	path, err := a.databasePath(cfg)
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintf(a.stderr, "opsreview: there is no database at %s yet: its audit log does not tell of this\n", clean(path))
		return do()
	}
	db, err := store.Open(ctx, path, store.Options{Monitors: cfg.Org().Monitors, Version: version()})
	if err != nil {
		return atFile(path, err)
	}
	defer db.Close() //nolint:errcheck // what was kept is committed
	id, err := db.BeginAudit(ctx, opsreview.AuditEntry{
		StartedAt: a.clock()(), Caller: accountName(), Via: auth.ViaLocal, Action: action, Subjects: []string{token},
	})
	if err != nil {
		return err
	}
	outcome := opsreview.OutcomeOK
	err = do()
	if err != nil {
		outcome = string(opsreview.ErrorCode(err))
	}
	return errors.Join(err, db.EndAudit(context.WithoutCancel(ctx), id, a.clock()(), outcome))
}
