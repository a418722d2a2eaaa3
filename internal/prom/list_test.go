package prom_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/internal/prom"
)

// told is what a server lists, by the path.
func told(t *testing.T, answers map[string]string) *prom.Client {
	t.Helper()
	return serve(t, prom.Auth{}, func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		answer, ok := answers[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		fmt.Fprintf(w, `{"status":"success","data":%s}`, strings.ReplaceAll(answer, "MATCH", strings.Join(r.Form["match[]"], " ")))
	})
}

func TestLabelValues(t *testing.T) {
	tests := map[string]struct {
		answers map[string]string
		match   []string
		want    []string
		code    opsreview.Code
	}{
		"the values of a selector": {
			answers: map[string]string{"/api/v1/label/job/values": `["vault","of MATCH"]`}, match: []string{"up"},
			want: []string{"vault", "of up"},
		},
		"a server that knows no values of a selector lists its series": {
			answers: map[string]string{"/api/v1/series": `[{"job":"b"},{"job":"a"},{"job":"b"},{"other":"c"}]`}, match: []string{"up"},
			want: []string{"b", "a"},
		},
		"no values are none":                {answers: map[string]string{"/api/v1/label/job/values": `null`}},
		"a server without a list of labels": {code: opsreview.NotFound},
		"another form":                      {answers: map[string]string{"/api/v1/label/job/values": `{"a":1}`}, code: opsreview.Unavailable},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := told(t, tt.answers).LabelValues(t.Context(), "job", prom.Listing{Match: tt.match, Start: noon.Add(-time.Hour), End: noon})
			if opsreview.ErrorCode(err) != tt.code {
				t.Fatalf("the answer is %v, want %q", err, tt.code)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("values (-want +got):\n%s", diff)
			}
		})
	}
}

func TestKinds(t *testing.T) {
	tests := map[string]struct {
		answer string
		want   []string
	}{
		"a counter":                          {`{"up":[{"type":"counter","help":"","unit":""}]}`, []string{"counter"}},
		"targets that do not agree":          {`{"up":[{"type":"counter"},{"type":"gauge"}]}`, []string{"counter", "gauge"}},
		"another metric's type says nothing": {`{"down":[{"type":"counter"}]}`, nil},
		"nobody declares it":                 {`{}`, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := told(t, map[string]string{"/api/v1/metadata": tt.answer}).Kinds(t.Context(), "up")
			if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
				t.Errorf("kinds, %v (-want +got):\n%s", err, diff)
			}
		})
	}
	if kinds, err := told(t, nil).Kinds(t.Context(), "up"); kinds != nil || err != nil {
		t.Errorf("a server that does not tell answers %v, %v, want nothing", kinds, err)
	}
}

func TestAlertRules(t *testing.T) {
	got, err := told(t, map[string]string{"/api/v1/rules": `{"groups":[
		{"name":"vault.rules","file":"/etc/rules/vault.yaml","rules":[
			{"type":"recording","name":"job:up:sum","query":"sum(up)"},
			{"type":"alerting","name":"VaultDown","query":"up == 0","duration":300,"labels":{"severity":"page"},"annotations":{"summary":"Vault is down"},"alerts":[],"state":"inactive"},
			{"type":"alerting","name":"Odd","query":"x","duration":1e300}]},
		{"name":"empty","rules":[]}]}`}).AlertRules(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []prom.Rule{
		{Group: "vault.rules", Name: "VaultDown", Query: "up == 0", For: 5 * time.Minute, Labels: map[string]string{"severity": "page"}, Annotations: map[string]string{"summary": "Vault is down"}},
		{Group: "vault.rules", Name: "Odd", Query: "x", For: 10 * 365 * 24 * time.Hour},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
	if _, err := told(t, nil).AlertRules(t.Context()); opsreview.ErrorCode(err) != opsreview.NotFound {
		t.Errorf("a server without rules answers %v, want NotFound", err)
	}
}
