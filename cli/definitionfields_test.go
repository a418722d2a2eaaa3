package cli

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"opsreview/definition"
)

// numbersOf lists the paths of the numbers of a struct that is printed as JSON.
func numbersOf(path string, typ reflect.Type) []string {
	for slices.Contains([]reflect.Kind{reflect.Pointer, reflect.Slice, reflect.Map}, typ.Kind()) {
		typ = typ.Elem()
	}
	switch typ.Kind() {
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Float64:
		return []string{path}
	case reflect.Struct:
	default:
		return nil
	}
	if typ == reflect.TypeFor[time.Time]() {
		return nil
	}
	var all []string
	for f := range typ.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		all = append(all, numbersOf(strings.Trim(path+"."+name, "."), f.Type)...)
	}
	return all
}

func TestReviewFields_DefineEveryNumber(t *testing.T) {
	paths := numbersOf("", reflect.TypeFor[reviewJSON]())
	if len(paths) < 250 {
		t.Fatalf("%d numbers: the struct cannot be read", len(paths))
	}
	for _, path := range paths {
		id, defined := fieldOf(reviewFields, path)
		_, excepted := fieldOf(notDefined, path)
		if defined == 0 && excepted == 0 {
			t.Errorf("review show -o json prints %s: give it a definition in reviewFields, or say in notDefined why it has none", path)
		}
		if _, ok := definition.Of(id); defined > 0 && !ok {
			t.Errorf("%s is defined by %q, which package definition does not have", path, id)
		}
	}
	for _, table := range []map[string]string{reviewFields, notDefined} {
		for pattern := range table {
			if !slices.ContainsFunc(paths, func(p string) bool { return reaches(strings.Split(pattern, "."), strings.Split(p, ".")) }) {
				t.Errorf("the table has %s, which review show -o json does not print", pattern)
			}
		}
	}
}

func TestDefinitionOf(t *testing.T) {
	tests := map[string]struct{ path, want string }{
		"a field is found by its name":                {"loads.pages", "load.pages"},
		"a field lies below what is defined":          {"headline.interruptions.business", "interruptions"},
		"a longer path says more":                     {"headline.interruptions.sleep", "sleep_interruptions"},
		"a star stands for one name":                  {"budget.standings.month.consumed", "consumed"},
		"a star stands for no more than one name":     {"monitors.interruptions_avoided", ""},
		"what measures nothing has none":              {"budget.standings.month.objective.target", ""},
		"an exception is only as good as it is exact": {"look_back.anomalies.plots.points.low", "usual_band"},
		"nothing is known of another field":           {"loads.nothing", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := definitionOf(tt.path); got != tt.want {
				t.Errorf("definitionOf(%q) = %q, want %q", tt.path, got, tt.want)
			}
		})
	}
}
