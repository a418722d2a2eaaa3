package cli

import (
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"opsreview"
	"opsreview/hygiene"
)

// The structs of this file are what is written of SARIF 2.1.0, the form in which
// CI systems read what linters find:
// https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html

type sarifJSON struct {
	Schema  string         `json:"$schema"`
	Version string         `json:"version"`
	Runs    []sarifRunJSON `json:"runs"`
}

type sarifRunJSON struct {
	Tool        sarifToolJSON         `json:"tool"`
	Invocations []sarifInvocationJSON `json:"invocations"`
	Results     []sarifResultJSON     `json:"results"`
	ColumnKind  string                `json:"columnKind"`
}

type sarifToolJSON struct {
	Driver sarifDriverJSON `json:"driver"`
}

type sarifDriverJSON struct {
	Name    string          `json:"name"`
	Version string          `json:"version,omitempty"`
	Rules   []sarifRuleJSON `json:"rules"`
}

type sarifRuleJSON struct {
	ID               string           `json:"id"`
	ShortDescription sarifTextJSON    `json:"shortDescription"`
	FullDescription  sarifTextJSON    `json:"fullDescription"`
	HelpURI          string           `json:"helpUri,omitempty"`
	Configuration    sarifDefaultJSON `json:"defaultConfiguration"`
}

type sarifDefaultJSON struct {
	Level   string `json:"level"`
	Enabled bool   `json:"enabled"`
}

type sarifTextJSON struct {
	Text string `json:"text"`
}

type sarifInvocationJSON struct {
	Successful    bool                    `json:"executionSuccessful"`
	Notifications []sarifNotificationJSON `json:"toolExecutionNotifications,omitempty"`
}

type sarifNotificationJSON struct {
	Level     string              `json:"level"`
	Message   sarifTextJSON       `json:"message"`
	Locations []sarifLocationJSON `json:"locations,omitempty"`
}

type sarifResultJSON struct {
	RuleID       string              `json:"ruleId"`
	RuleIndex    int                 `json:"ruleIndex"`
	Level        string              `json:"level"`
	Message      sarifTextJSON       `json:"message"`
	Locations    []sarifLocationJSON `json:"locations,omitempty"`
	Fingerprints map[string]string   `json:"partialFingerprints"`
}

type sarifLocationJSON struct {
	Physical *sarifPhysicalJSON `json:"physicalLocation,omitempty"`
	Logical  []sarifLogicalJSON `json:"logicalLocations,omitempty"`
}

type sarifPhysicalJSON struct {
	Artifact sarifArtifactJSON `json:"artifactLocation"`
	Region   *sarifRegionJSON  `json:"region,omitempty"`
}

type sarifArtifactJSON struct {
	URI string `json:"uri"`
}

type sarifRegionJSON struct {
	StartLine int `json:"startLine"`
}

type sarifLogicalJSON struct {
	Name     string `json:"name"`
	FullName string `json:"fullyQualifiedName"`
	Kind     string `json:"kind"`
}

// lintToSARIF writes the problems with the rules that they break. A fingerprint
// is made of identities, so that a problem stays the same where lines move.
func lintToSARIF(l lint) sarifJSON {
	run := sarifRunJSON{
		Tool:        sarifToolJSON{sarifDriverJSON{Name: "opsreview", Version: version(), Rules: []sarifRuleJSON{}}},
		Invocations: []sarifInvocationJSON{{Successful: len(l.unreadable) == 0}},
		Results:     []sarifResultJSON{}, ColumnKind: "utf16CodeUnits",
	}
	var ids []string
	for _, r := range l.rules {
		if (r.Subject == "dashboard") != (l.noun == "dashboard") {
			continue
		}
		ids = append(ids, r.ID)
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRuleJSON{
			ID: r.ID, ShortDescription: sarifTextJSON{r.Summary}, FullDescription: sarifTextJSON{r.Why}, HelpURI: r.Source,
			Configuration: sarifDefaultJSON{Level: string(r.Severity), Enabled: !r.Off},
		})
	}
	for _, u := range l.unreadable {
		run.Invocations[0].Notifications = append(run.Invocations[0].Notifications, sarifNotificationJSON{
			Level: "error", Message: sarifTextJSON{u.Text}, Locations: []sarifLocationJSON{{Physical: physical(u.File)}},
		})
	}
	seen := map[string]int{}
	for _, p := range l.problems {
		identity := opsreview.FindingKey(p.Rule, p.Kind, p.ID)
		seen[identity]++
		run.Results = append(run.Results, sarifResultJSON{
			RuleID: p.Rule, RuleIndex: slices.Index(ids, p.Rule), Level: string(p.Severity),
			Message:   sarifTextJSON{p.Subject + " " + p.Text + ". " + p.Remedy},
			Locations: []sarifLocationJSON{{Physical: physical(p.Origin), Logical: []sarifLogicalJSON{{p.Subject, p.ID, "object"}}}},
			Fingerprints: map[string]string{
				"opsreview/v1": opsreview.FingerprintOf(opsreview.FindingKey(identity, strings.Repeat("again", seen[identity]-1))),
			},
		})
	}
	return sarifJSON{
		Schema:  "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
		Version: "2.1.0", Runs: []sarifRunJSON{run},
	}
}

// physical is a place in a file, relative to where the command runs if it can
// be: CI systems join it to the repository. It is nil for a place without file.
func physical(origin string) *sarifPhysicalJSON {
	file, line := hygiene.SplitOrigin(origin)
	if file == "" {
		return nil
	}
	p := &sarifPhysicalJSON{}
	if line > 0 {
		p.Region = &sarifRegionJSON{StartLine: line}
	}
	if u, err := url.Parse(file); err == nil && (u.Scheme == "http" || u.Scheme == "https") {
		p.Artifact.URI = u.String()
		return p
	}
	if here, err := os.Getwd(); err == nil && filepath.IsAbs(file) {
		if inside, err := filepath.Rel(here, file); err == nil && filepath.IsLocal(inside) {
			file = inside
		}
	}
	u := url.URL{Path: filepath.ToSlash(filepath.Clean(file))}
	if filepath.IsAbs(file) {
		u.Scheme = "file"
	}
	p.Artifact.URI = u.String()
	return p
}
