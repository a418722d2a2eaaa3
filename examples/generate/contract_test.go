package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// contract returns the vendor's contract, which may not be committed.
func contract(t *testing.T) *openapi3.T {
	t.Helper()
	corpus := os.Getenv("OPSREVIEW_CORPUS")
	if corpus == "" {
		corpus = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	name := filepath.Join(corpus, "pagerduty", "openapi-slice.json")
	if _, err := os.Stat(name); err != nil {
		t.Skipf("the vendor's contract is not here (set OPSREVIEW_CORPUS): %v", err)
	}
	doc, err := openapi3.NewLoader().LoadFromFile(name)
	if err != nil {
		t.Fatalf("load the contract: %v", err)
	}
	return doc
}

func TestAnswersKeepTheVendorsContract(t *testing.T) {
	doc := contract(t)
	files := generated(t)
	paths := map[string]string{
		"users": "/users", "teams": "/teams", "services": "/services", "escalation_policies": "/escalation_policies",
		"priorities": "/priorities", "schedules": "/schedules", "oncalls": "/oncalls", "incidents": "/incidents",
		"log_entries": "/log_entries", "alerts": "/incidents/{id}/alerts", "notes": "/incidents/{id}/notes",
	}
	for name, path := range paths {
		t.Run(name, func(t *testing.T) {
			var answer map[string]any
			if err := json.Unmarshal(files["pagerduty/"+name+".json"], &answer); err != nil {
				t.Fatal(err)
			}
			schema := doc.Paths.Find(path).Get.Responses.Status(200).Value.Content["application/json"].Schema.Value
			items := answer[name].([]any)
			if len(items) == 0 {
				t.Fatal("the list is empty")
			}
			for _, item := range items {
				if err := schema.VisitJSON(map[string]any{name: []any{item}}, openapi3.VisitAsResponse()); err != nil {
					t.Fatalf("%v\nin %v", err, item)
				}
			}
		})
	}
}
