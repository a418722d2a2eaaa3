package cli

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// contract names the section of docs/json.md for each struct that -o json
// prints.
var contract = map[string]any{
	"review": reviewJSON{}, "load report": loadReportJSON{}, "monitor list": monitorListJSON{}, "page list": pageListJSON{},
	"page show": pageShowJSON{}, "vocabulary": vocabularyJSON{}, "team": teamJSON{}, "person": personJSON{},
	"source": sourceJSON{}, "check": checkJSON{},

	"headline": headlineJSON{}, "change": changeJSON{}, "topic": topicJSON{}, "load": loadJSON{}, "load aggregate": loadAggregateJSON{}, "breach": breachJSON{},
	"response": responseJSON{}, "spread": spreadJSON{}, "vendor response": vendorJSON{}, "monitor": monitorJSON{},
	"page": pageJSON{}, "event": eventJSON{}, "event responder": eventResponderJSON{}, "agent": agentJSON{},
	"assignment": assignmentJSON{}, "label": labelJSON{}, "monitor label": monitorLabelJSON{}, "word": wordJSON{},
	"suspect window": suspectJSON{}, "window": windowJSON{}, "outcomes": outcomesJSON{}, "interruptions": interruptionsJSON{},
	"rules": rulesJSON{}, "rule": ruleJSON{}, "policy diff": policyDiffJSON{}, "policy change": policyChangeJSON{},
	"suggestion": suggestionJSON{}, "hit rate": hitRateJSON{}, "suggested": suggestedJSON{},
	"report": reportJSON{}, "sent": sentJSON{},
	"gap": gapJSON{}, "what-if": whatIfJSON{},
	"disputes": disputesJSON{}, "dispute": disputeJSON{}, "label change": labelChangeJSON{},
	"budgets": budgetsJSON{}, "standing": standingJSON{}, "slo": sloJSON{}, "objective": objectiveJSON{}, "budget": budgetJSON{},
	"burn-down point": burnDownPointJSON{}, "episodes": episodesJSON{}, "burn report": burnReportJSON{}, "burn": burnJSON{},
	"episode": episodeJSON{}, "page burn": pageBurnJSON{}, "paging quality": qualityJSON{}, "at bound": atBoundJSON{},
	"signed spread": signedSpreadJSON{}, "burn matrix": burnMatrixJSON{}, "burn verdicts": burnVerdictsJSON{}, "finding": findingJSON{},
	"correction": correctionJSON{},
	"toil":       toilJSON{}, "toil sum": toilSumJSON{}, "toil week": toilWeekJSON{}, "toil task": toilTaskJSON{}, "toil automation": toilAutomationJSON{},
	"toil list": toilListJSON{}, "toil line": toilLineJSON{}, "toil logged": toilLoggedJSON{}, "toil entry": toilEntryJSON{}, "toil sync": toilSyncJSON{},
	"look back": lookBackJSON{}, "anomaly": anomalyJSON{}, "anomaly series": anomalySeriesJSON{}, "plot": plotJSON{}, "plot point": plotPointJSON{},
	"anomaly show": anomalyShowJSON{}, "anomaly decided": anomalyDecidedJSON{}, "anomaly decision": anomalyDecisionJSON{},
	"chart": chartJSON{}, "chart query": chartQueryJSON{}, "dashboard": dashboardJSON{},
	"finding list": findingListJSON{}, "ticket": ticketJSON{}, "ticket outcome": ticketOutcomeJSON{}, "ticket plan": ticketPlanJSON{},
	"ticket step": ticketStepJSON{}, "ticket filing": ticketFilingJSON{}, "filed step": ticketDidJSON{}, "ticket list": ticketListJSON{},
	"ticket sync": ticketSyncJSON{}, "ticket adoption": ticketAdoptionJSON{}, "ticket effect": ticketEffectJSON{},
	"sprint plan": sprintPlanJSON{}, "sprint ticket": sprintTicketJSON{}, "sprint share": sprintShareJSON{},
	"meeting": meetingJSON{}, "review opened": meetingOpenedJSON{}, "meeting item": meetingItemJSON{}, "waiver": waiverJSON{},
	"agenda": agendaJSON{}, "agenda section": agendaSectionJSON{}, "agenda point": agendaPointJSON{}, "carry-over": carryOverJSON{},
	"open point": openPointJSON{}, "meeting change": meetingChangeJSON{}, "review closed": meetingClosedJSON{}, "meeting diff": meetingDiffJSON{},
	"trend": trendJSON{}, "trend point": trendPointJSON{}, "pick": pickJSON{}, "pick weight": pickWeightJSON{},
	"incident list": incidentReportJSON{}, "noticed by": noticedByJSON{}, "incident spread": incidentSpreadJSON{}, "missing": missingJSON{},
	"incident": incidentJSON{}, "follow-up": followUpJSON{}, "incident burn": incidentBurnJSON{}, "incident show": incidentShowJSON{}, "incident link": incidentLinkJSON{},
	"token": tokenJSON{}, "audit entry": auditJSON{},
	"sync": syncJSON{}, "import": importJSON{}, "import problem": problemJSON{}, "saved": savedJSON{},
	"lint": lintJSON{}, "lint problem": lintProblemJSON{}, "unreadable file": unreadableJSON{}, "lint rule": lintRuleJSON{},
	"definition":   definitionJSON{},
	"budget check": budgetCheckJSON{}, "checked SLO": checkedSLOJSON{}, "objective problem": checkedProblemJSON{},
	"changed": changedJSON{}, "backup": backupJSON{}, "database check": soundJSON{},
}

var fieldRow = regexp.MustCompile("^\\| `([a-z0-9_]+\\??)` \\| (.+) \\| (.+) \\|$")

// documented reads the fields of each section of docs/json.md; the value is
// the second column.
func documented(t *testing.T) map[string]map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "docs", "json.md"))
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]map[string]string{}
	section := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if name, ok := strings.CutPrefix(line, "## "); ok {
			section = name
			sections[name] = map[string]string{}
		}
		if m := fieldRow.FindStringSubmatch(line); m != nil && section != "" {
			sections[section][m[1]] = m[2]
		}
	}
	return sections
}

// fields lists the JSON fields of a struct, with "?" for those that may be
// absent. Embedded structs have sections of their own.
func fields(t reflect.Type) map[string]reflect.Type {
	found := map[string]reflect.Type{}
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			continue
		}
		if options == "omitempty" {
			name += "?"
		}
		found[name] = f.Type
	}
	return found
}

func TestJSON_IsDocumented(t *testing.T) {
	sections := documented(t)
	for name, value := range contract {
		t.Run(name, func(t *testing.T) {
			var want, got []string
			for field, typ := range fields(reflect.TypeOf(value)) {
				want = append(want, field)
				if text, unit := sections[name][field], unitOf(field, typ); !strings.Contains(text, unit) {
					t.Errorf("%s is documented as %q: want %q in it", field, text, unit)
				}
			}
			for field := range sections[name] {
				got = append(got, field)
			}
			slices.Sort(want)
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("fields of the section %q of docs/json.md (-printed +documented):\n%s", name, diff)
			}
		})
	}
	for name := range sections {
		if _, ok := contract[name]; !ok {
			t.Errorf("docs/json.md has a section %q of nothing that is printed", name)
		}
	}
}

// unitOf is what the documentation of a field has to say of its value.
func unitOf(field string, typ reflect.Type) string {
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	switch {
	case strings.HasSuffix(strings.TrimSuffix(field, "?"), "_seconds"):
		return "seconds"
	case typ == reflect.TypeFor[time.Time]():
		return "time"
	case typ.Kind() == reflect.Bool:
		return "true or false"
	case typ.Kind() == reflect.Int32 && field != "minutes?":
		return "count"
	case typ.Kind() == reflect.Slice:
		return "list of"
	case typ.Kind() == reflect.Struct:
		return "](#"
	}
	return ""
}

// TestJSON_ContractIsWhole finds structs that are printed within others and
// have no section.
func TestJSON_ContractIsWhole(t *testing.T) {
	known := map[reflect.Type]bool{reflect.TypeFor[time.Time](): true}
	for _, v := range contract {
		known[reflect.TypeOf(v)] = true
	}
	for name, v := range contract {
		for f := range reflect.TypeOf(v).Fields() {
			typ := f.Type
			for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
				typ = typ.Elem()
			}
			if typ.Kind() == reflect.Struct && !known[typ] {
				t.Errorf("%s.%s is a %s, which the contract does not list", name, f.Name, typ)
			}
		}
	}
}
