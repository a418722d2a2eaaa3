package config_test

import (
	"strings"
	"testing"
)

func TestToil(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"hours of none are no week":       {"toil: {week_hours: 0}", "toil.week_hours: must be more than 0 and at most 100"},
		"a limit is in percent":           {"toil: {limit: 150}", "toil.limit: must be more than 0 and at most 100"},
		"a limit of nothing is none":      {"toil: {limit: 0}", "toil.limit: must be more than 0"},
		"a category needs a name":         {"toil: {categories: [\"\"]}", "toil.categories[0]: must be a name"},
		"two categories of one name":      {"toil: {categories: [a, a]}", "toil.categories[1]"},
		"what is not known is a mistake":  {"toil: {hours: 4}", "hours"},
		"all of it can be said":           {"toil: {week_hours: 35, limit: 40, categories: [access, patches]}", ""},
		"without it there are defaults":   {"", ""},
		"a share of a percent is a limit": {"toil: {limit: 0.5}", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c, err := parseWith(t, test.text, nil)
			if test.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				if got := c.Toil.Settings(); got.WeekHours == 0 || len(c.Toil.Names()) == 0 {
					t.Errorf("settings %+v", got)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}
