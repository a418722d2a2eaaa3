package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Names, keys and values of a stranger's file do no harm on a terminal.
func TestBudgetCheck_Hostile(t *testing.T) {
	for name, text := range hostile {
		t.Run(name, func(t *testing.T) {
			quoted, err := json.Marshal(text)
			if err != nil {
				t.Fatal(err)
			}
			short, err := json.Marshal(string([]rune(text)[:min(len([]rune(text)), 40)]))
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), "a.yaml")
			doc := fmt.Sprintf(`apiVersion: openslo/v1
kind: SLO
metadata: {name: %[2]s, displayName: %[1]s, annotations: {"opsreview/x": %[1]s}, %[1]s: x}
spec:
  service: %[2]s
  indicator: {spec: {ratioMetric: {counter: false, good: {metricSource: {type: Prometheus, spec: {query: %[1]s}}}, total: {metricSource: {type: %[1]s, spec: {query: x}}}}}}
  timeWindow: [{duration: 30d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{target: 0.9}, {target: %[1]s}]
---
kind: %[1]s
apiVersion: openslo/v1
---
apiVersion: openslo/v1
kind: Service
metadata: {name: x, annotations: {"opsreview/%[3]s: 1}}
`, quoted, short, string(quoted)[1:])
			if err := os.WriteFile(path, []byte(doc), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, form := range []string{"table", "json"} {
				var out bytes.Buffer
				a := &app{stdin: strings.NewReader(""), stdout: &out, stderr: &out, env: func(string) string { return "" }}
				a.run([]string{"budget", "check", "-o", form, path})
				if !strings.Contains(out.String(), "a.yaml:") {
					t.Fatalf("nothing is said:\n%s", out.String())
				}
				for _, r := range out.String() {
					if r != '\n' && !harmless(r) {
						t.Fatalf("%s prints %U:\n%s", form, r, out.String())
					}
				}
				for line := range strings.Lines(out.String()) {
					if len(line) > 20_000 {
						t.Errorf("a line has %d bytes", len(line))
					}
				}
			}
		})
	}
}
