package prometheus_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"opsreview"
	"opsreview/ingest/prometheus"
)

func TestConfig_Validate(t *testing.T) {
	tests := map[string]struct {
		change func(c *prometheus.Config)
		want   string // the beginning of the message; "" for none
	}{
		"a place is enough":                      {func(*prometheus.Config) {}, ""},
		"a place is needed":                      {func(c *prometheus.Config) { c.BaseURL = "" }, "base_url: "},
		"a place is a URL":                       {func(c *prometheus.Config) { c.BaseURL = "prom:9090" }, "base_url: "},
		"a name is needed":                       {func(c *prometheus.Config) { c.Name = "" }, "name: "},
		"another type is another vendor's":       {func(c *prometheus.Config) { c.Type = "pagerduty" }, "type: "},
		"a token does not travel in the clear":   {func(c *prometheus.Config) { c.TokenFile = "t" }, "base_url: "},
		"over HTTPS it may":                      {func(c *prometheus.Config) { c.TokenFile, c.BaseURL = "t", "https://prom.example/x" }, ""},
		"one token has one place":                {func(c *prometheus.Config) { c.TokenFile, c.TokenEnv = "t", "T" }, "token_file: "},
		"a token and a name are one too many":    {func(c *prometheus.Config) { c.TokenEnv, c.Username = "T", "ada" }, "username: "},
		"a name needs a password":                {func(c *prometheus.Config) { c.Username = "ada" }, "password_file: "},
		"a password needs a name":                {func(c *prometheus.Config) { c.PasswordFile = "p" }, "username: "},
		"a span is a span":                       {func(c *prometheus.Config) { c.Backfill = "long" }, "backfill: "},
		"a backfill is not for ever":             {func(c *prometheus.Config) { c.Backfill = "4000d" }, "backfill: "},
		"weeks are days":                         {func(c *prometheus.Config) { c.Backfill = "5w" }, ""},
		"a gap of nothing would be everywhere":   {func(c *prometheus.Config) { c.Gap = "0s" }, "gap: "},
		"a bridge is at least as long as a gap":  {func(c *prometheus.Config) { c.Gap, c.Bridge = "30m", "20m" }, "bridge: "},
		"a delay is not negative":                {func(c *prometheus.Config) { c.Delay = "-1m" }, "delay: "},
		"there is no negative number of series":  {func(c *prometheus.Config) { c.MaxSeries = -1 }, "max_series: "},
		"a password has no place in the address": {func(c *prometheus.Config) { c.BaseURL = "https://a:b@prom.example" }, "base_url: "},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := prometheus.Config{Name: "prom", Type: "prometheus", BaseURL: "http://prom.example:9090"}
			tt.change(&c)
			err := c.Validate()
			if tt.want == "" && err != nil {
				t.Fatal(err)
			}
			if tt.want != "" && (opsreview.ErrorCode(err) != opsreview.Invalid || !strings.HasPrefix(opsreview.ErrorMessage(err), tt.want)) {
				t.Errorf("Validate answers %v, want an Invalid error that begins with %q", err, tt.want)
			}
		})
	}
}

func TestConfig_Secret(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("OPSREVIEW_TEST_TOKEN", "t0ken")
	tests := map[string]struct {
		cfg     prometheus.Config
		want    string
		problem string
	}{
		"none is none":               {cfg: prometheus.Config{}},
		"a token of a file":          {cfg: prometheus.Config{TokenFile: file}, want: "s3cret"},
		"a token of the environment": {cfg: prometheus.Config{TokenEnv: "OPSREVIEW_TEST_TOKEN"}, want: "t0ken"},
		"a password":                 {cfg: prometheus.Config{Username: "ada", PasswordFile: file}, want: "s3cret"},
		"a password's file that is gone is named as one": {
			cfg: prometheus.Config{Username: "ada", PasswordFile: file + ".gone"}, problem: "password_file: ",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := tt.cfg.Secret()
			if got.Reveal() != tt.want || !strings.HasPrefix(opsreview.ErrorMessage(err), tt.problem) || (err == nil) != (tt.problem == "") {
				t.Errorf("Secret answers %q, %v", got.Reveal(), err)
			}
		})
	}
}
