package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/config"
)

// Each row is a mistake that somebody makes at night, and what they read then.
func TestParse_Mistakes(t *testing.T) {
	tests := map[string]struct {
		text string
		want string
	}{
		"a key that nobody knows": {
			"tems: []\n",
			"opsreview.yaml:1: tems: there is no such key: the keys are dashboards, database, incidents, lint, look_back, maintenance, monitors, policy, privacy, queries, reports, responders, retention, runbooks, server, slos, sources, teams, toil, tracker",
		},
		"a key of a team that nobody knows": {
			"teams:\n  - name: a\n    timezone: UTC\n",
			"opsreview.yaml:3: teams[0].timezone: there is no such key: the keys are hours, leads, members, name, services, time_zone",
		},
		"a key of a source that nobody knows": {
			"sources:\n  - name: pd\n    type: pagerduty\n    backfil: 7d\n",
			"opsreview.yaml:4: sources[0].backfil: there is no such key: the keys are alerts, backfill, base_url, every, incidents, name, notes, teams, token_env, token_file, type, webhook_secret_file",
		},
		"a secret in the file": {
			"sources:\n  - name: pd\n    type: pagerduty\n    token: u+Secret1\n",
			"opsreview.yaml:4: sources[0].token: there is no such key: the keys are alerts, backfill, base_url, every, incidents, name, notes, teams, token_env, token_file, type, webhook_secret_file; secrets are not written here: name their file with token_file or their variable with token_env",
		},
		"a type of source that nobody knows": {
			"sources:\n  - {name: pd, type: pagerdty, token_file: t}\n",
			`opsreview.yaml:2: sources[0].type: there is no type "pagerdty": the types are alertmanager, grafana, pagerduty, prometheus, runbooks`,
		},
		"a source without a type": {
			"sources:\n  - {name: pd, token_file: t}\n",
			"opsreview.yaml:2: sources[0].type: is missing: the types are alertmanager, grafana, pagerduty, prometheus, runbooks",
		},
		"a source without a name": {
			"sources:\n  - {type: pagerduty, token_file: t}\n",
			"opsreview.yaml:2: sources[0].name: is missing",
		},
		"a source's name that is no word": {
			"sources:\n  - {name: Pager Duty, type: pagerduty, token_file: t}\n",
			`opsreview.yaml:2: sources[0].name: source name "Pager Duty": use up to 63 lower-case letters, digits, - and _, beginning with a letter or a digit`,
		},
		"two sources of one name": {
			"sources:\n  - {name: pd, type: pagerduty, token_file: t}\n  - {name: pd, type: pagerduty, token_file: u}\n",
			`opsreview.yaml:3: sources[1].name: "pd" is there already, in sources[0].name`,
		},
		"a password in a URL": {
			"sources:\n  - name: pd\n    type: pagerduty\n    token_file: t\n    base_url: https://me:Secret1@example.com\n",
			"opsreview.yaml:5: sources[0].base_url: must not hold a name or a password: name the file of a secret instead",
		},
		"a schedule that never rests": {
			"sources:\n  - {name: pd, type: pagerduty, token_file: t, every: 1s}\n",
			"opsreview.yaml:2: sources[0].every: must be between 1m and 24h",
		},
		"a schedule that is no span": {
			"sources:\n  - {name: pd, type: pagerduty, token_file: t, every: often}\n",
			`opsreview.yaml:2: sources[0].every: "often" is not a span of time: write 90d, 36h or 5m`,
		},
		"a switch that is no switch": {
			"sources:\n  - {name: pd, type: pagerduty, token_file: t, alerts: \"yes\"}\n",
			"opsreview.yaml:2: sources[0].alerts: want true or false without quotes",
		},
		"a team without a name": {
			"teams:\n  - services: [vault]\n",
			"opsreview.yaml:2: teams[0].name: is missing",
		},
		"two teams of one name": {
			"teams:\n  - {name: secrets}\n  - {name: Secrets}\n",
			`opsreview.yaml:3: teams[1].name: "secrets" is there already, in teams[0].name`,
		},
		"a zone that is misspelt": {
			"teams:\n  - name: a\n    time_zone: Europe/Berln\n",
			`opsreview.yaml:3: teams[0].time_zone: there is no time zone "Europe/Berln": use a name such as Europe/Berlin`,
		},
		"the zone of whatever machine it is": {
			"teams:\n  - {name: a, time_zone: Local}\n",
			`opsreview.yaml:2: teams[0].time_zone: there is no time zone "Local": use a name such as Europe/Berlin`,
		},
		"a service that is there twice": {
			"teams:\n  - {name: a, services: [vault, consul, Vault]}\n",
			`opsreview.yaml:2: teams[0].services[2]: "vault" is there already, in teams[0].services[0]`,
		},
		"an item that is empty": {
			"teams:\n  - name: a\n    services:\n      - vault\n      -\n",
			"opsreview.yaml:5: teams[0].services[1]: is empty",
		},
		"text instead of a list": {
			"teams:\n  - {name: a, services: vault}\n",
			"opsreview.yaml:2: teams[0].services: want a list: one item a line, each after a dash",
		},
		"a list instead of text": {
			"teams:\n  - {name: [a]}\n",
			"opsreview.yaml:2: teams[0].name: want text",
		},
		"a number instead of text": {
			"teams:\n  - {name: 42}\n",
			"opsreview.yaml:2: teams[0].name: want text: put it in quotes",
		},
		"text instead of keys": {
			"server: 127.0.0.1:7474\n",
			"opsreview.yaml:1: server: want keys and values: http, limits, listen, oidc, otlp_endpoint, tls, tokens_file",
		},
		"webhooks and metrics that are open to others": {
			"server:\n  http: 0.0.0.0:7475\n",
			`opsreview.yaml:2: server.http: "0.0.0.0:7475" is open to others, which takes server.tls, and server.tokens_file or server.oidc: add that, or listen on loopback, such as 127.0.0.1:7475`,
		},
		"webhooks and the API at one address": {
			"server: {listen: \"127.0.0.1:7474\", http: \"127.0.0.1:7474\"}\n",
			`opsreview.yaml:1: server.http: "127.0.0.1:7474" is where the API listens: choose another port`,
		},
		"a collector without a scheme": {
			"server: {otlp_endpoint: \"collector:4317\"}\n",
			"opsreview.yaml:1: server.otlp_endpoint: is not the URL of a collector: write it as http://127.0.0.1:4317, without a name or a password",
		},
		"a collector with a password": {
			"server: {otlp_endpoint: \"https://me:Secret1@collector:4317\"}\n",
			"opsreview.yaml:1: server.otlp_endpoint: is not the URL of a collector: write it as http://127.0.0.1:4317, without a name or a password",
		},
		"hours the wrong way round": {
			"teams:\n  - {name: a, hours: {business: \"18:00-08:00\"}}\n",
			`opsreview.yaml:2: teams[0].hours.business: "18:00-08:00" must start before it ends`,
		},
		"hours that are none": {
			"responders:\n  - {name: Ada, hours: {sleep: \"25:00-07:00\"}}\n",
			`opsreview.yaml:2: responders[0].hours.sleep: "25:00-07:00" is not a span of the day: write it as "08:00-18:00"`,
		},
		"hours without their minutes": {
			"responders:\n  - {name: Ada, hours: {business: 9-17}}\n",
			`opsreview.yaml:2: responders[0].hours.business: "9-17" is not a span of the day: write it as "08:00-18:00"`,
		},
		"a day that is none": {
			"responders:\n  - {name: Ada, hours: {days: [mon, tues]}}\n",
			`opsreview.yaml:2: responders[0].hours.days[1]: "tues" is not a day: write mon, tue, wed, thu, fri, sat or sun`,
		},
		"a day that is there twice": {
			"responders:\n  - {name: Ada, hours: {days: [mon, mon]}}\n",
			`opsreview.yaml:2: responders[0].hours.days[1]: "mon" is there already`,
		},
		"an address that is none": {
			"responders:\n  - {name: Ada, emails: [ada]}\n",
			`opsreview.yaml:2: responders[0].emails[0]: "ada" is not an email address`,
		},
		"two people of one address": {
			"responders:\n  - {name: Ada, emails: [a@example.com]}\n  - {name: Ben, emails: [A@example.com]}\n",
			`opsreview.yaml:3: responders[1].emails[0]: "a@example.com" is there already, in responders[0].emails[0]`,
		},
		"an address that is open to others": {
			"server: {listen: \"0.0.0.0:7474\"}\n",
			`opsreview.yaml:1: server.listen: "0.0.0.0:7474" is open to others, which takes server.tls, and server.tokens_file or server.oidc: add that, or listen on loopback, such as 127.0.0.1:7474`,
		},
		"an address without a host": {
			"server: {listen: \":7474\"}\n",
			`opsreview.yaml:1: server.listen: ":7474" is open to others, which takes server.tls, and server.tokens_file or server.oidc: add that, or listen on loopback, such as 127.0.0.1:7474`,
		},
		"an address without a port": {
			"server: {listen: localhost}\n",
			`opsreview.yaml:1: server.listen: "localhost" is not an address: write it as 127.0.0.1:7474`,
		},
		"a retention of nothing": {
			"retention: {raw: 0d}\n",
			"opsreview.yaml:1: retention.raw: must be between 1d and 3660d",
		},
		"a retention that is no span": {
			"retention:\n  raw: forever\n",
			`opsreview.yaml:2: retention.raw: "forever" is not a span of time: write 90d, 36h or 5m`,
		},
		"an anchor": {
			"teams:\n  - &a {name: a}\n",
			"opsreview.yaml:2: teams[0]: anchors, aliases and tags are not supported: write it out",
		},
		"a key that is there twice": {
			"database: a\ndatabase: b\n",
			`opsreview.yaml:2: mapping key "database" already defined at [1:1]`,
		},
		"a line that is not YAML": {
			"teams:\n  - {name: a\n",
			"opsreview.yaml:2: could not find flow mapping end token '}'",
		},
		"a tab": {
			"teams:\n\t- name: a\n",
			"opsreview.yaml:2: found character '\t' that cannot start any token",
		},
		"two documents": {
			"database: a\n---\ndatabase: b\n",
			"opsreview.yaml: want one YAML document, there are 2",
		},
		"a document behind an empty one": {
			"---\n# teams\n---\nteams: []\n",
			"opsreview.yaml: want one YAML document, there are 2",
		},
		"a document that is a list": {
			"- teams\n",
			"opsreview.yaml: want keys and values: dashboards, database, incidents, lint, look_back, maintenance, monitors, policy, privacy, queries, reports, responders, retention, runbooks, server, slos, sources, teams, toil, tracker",
		},
		"several mistakes at once are all told, in the order of the file": {
			"server: {listen: nowhere}\nteams:\n  - {name: a, time_zone: Mars}\n  - {name: a}\nretention: {raw: 1h}\n",
			`opsreview.yaml:1: server.listen: "nowhere" is not an address: write it as 127.0.0.1:7474` + "\n" +
				`opsreview.yaml:3: teams[0].time_zone: there is no time zone "Mars": use a name such as Europe/Berlin` + "\n" +
				`opsreview.yaml:4: teams[1].name: "a" is there already, in teams[0].name` + "\n" +
				"opsreview.yaml:5: retention.raw: must be between 1d and 3660d",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := config.Parse("opsreview.yaml", []byte(tt.text))
			if opsreview.ErrorCode(err) != opsreview.Invalid {
				t.Fatalf("Parse = %v, want an invalid error", err)
			}
			if diff := cmp.Diff(tt.want, opsreview.ErrorMessage(err)); diff != "" {
				t.Errorf("message (-want +got):\n%s", diff)
			}
		})
	}
}

// What a vendor says of its own keys is told with their place.
func TestParse_VendorsNameTheirFields(t *testing.T) {
	tests := map[string]struct {
		text string
		want string // the beginning of the message
	}{
		"a source without a token": {
			"sources:\n  - {name: pd, type: pagerduty}\n",
			"opsreview.yaml:2: sources[0]: token_file ",
		},
		"two places for one token": {
			"sources:\n  - {name: pd, type: pagerduty, token_file: t, token_env: T}\n",
			"opsreview.yaml:2: sources[0]: token_file ",
		},
		"a host that is none": {
			"sources:\n  - {name: pd, type: pagerduty, token_file: t, base_url: \"::\"}\n",
			"opsreview.yaml:2: sources[0].base_url: ",
		},
		"a backfill that is no span": {
			"sources:\n  - name: pd\n    type: pagerduty\n    token_file: t\n    backfill: long\n",
			"opsreview.yaml:5: sources[0].backfill: ",
		},
		"a Prometheus without a place": {
			"sources:\n  - {name: prom, type: prometheus}\n",
			"opsreview.yaml:2: sources[0].base_url: ",
		},
		"a bridge that is shorter than a gap": {
			"sources:\n  - {name: prom, type: prometheus, base_url: \"http://prom:9090\", bridge: 1m}\n",
			"opsreview.yaml:2: sources[0].bridge: ",
		},
		"an Alertmanager that nobody hears": {
			"sources:\n  - {name: am, type: alertmanager}\n",
			"opsreview.yaml:2: sources[0].webhook_token_file: ",
		},
		"a history that does not say what pages": {
			"sources:\n  - {name: am, type: alertmanager, prometheus_url: \"http://prom:9090\"}\n",
			"opsreview.yaml:2: sources[0].match: ",
		},
		"conditions that cannot be read": {
			"sources:\n  - {name: am, type: alertmanager, webhook_token_file: t, match: [\"{severity=}\"]}\n",
			"opsreview.yaml:2: sources[0].match: ",
		},
		"a password in the address of the history": {
			"sources:\n  - name: am\n    type: alertmanager\n    match: ['{a=\"b\"}']\n    prometheus_url: https://me:Secret1@prom\n",
			"opsreview.yaml:5: sources[0].prometheus_url: must not hold ",
		},
		"a history's token that would travel in the clear": {
			"sources:\n  - name: am\n    type: alertmanager\n    match: ['{a=\"b\"}']\n    prometheus_url: http://prom\n    prometheus_token_file: t\n",
			"opsreview.yaml:5: sources[0].prometheus_url: http://prom is not HTTPS",
		},
		"a token that would travel in the clear": {
			"sources:\n  - {name: prom, type: prometheus, base_url: \"http://prom:9090\", token_env: T}\n",
			"opsreview.yaml:2: sources[0].base_url: ",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := config.Parse("opsreview.yaml", []byte(tt.text))
			if opsreview.ErrorCode(err) != opsreview.Invalid || !strings.HasPrefix(opsreview.ErrorMessage(err), tt.want) {
				t.Errorf("Parse = %v, want an invalid error that begins with %q", err, tt.want)
			}
		})
	}
}

// A secret that was pasted into the file is not repeated on somebody's screen
// or in a log.
func TestParse_MessagesDoNotRepeatValuesOfUnknownKeys(t *testing.T) {
	_, err := config.Parse("opsreview.yaml", []byte("sources:\n  - {name: pd, type: pagerduty, token: u+Secret1}\n"))
	if err == nil || strings.Contains(err.Error(), "u+Secret1") {
		t.Errorf("Parse = %v, want an error without the token", err)
	}
}
