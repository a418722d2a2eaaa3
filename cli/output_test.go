package cli

import (
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCSVCell(t *testing.T) {
	tests := map[string]struct{ in, want string }{
		"text stays":                         {"Disk full", "Disk full"},
		"nothing stays nothing":              {"", ""},
		"a number stays":                     {"42", "42"},
		"a formula becomes text":             {`=HYPERLINK("http://evil")`, `'=HYPERLINK("http://evil")`},
		"so do its other beginnings":         {"+1", "'+1"},
		"a minus begins one too":             {"-1+cmd", "'-1+cmd"},
		"an at sign does":                    {"@SUM(A1)", "'@SUM(A1)"},
		"spaces before it do not hide it":    {"  =1", "'  =1"},
		"nor does a tab":                     {"\t=1", "' =1"},
		"nor does a carriage return":         {"\r=1", "' =1"},
		"nor does a line break":              {"\n=1", "' =1"},
		"nor does a space without a break":   {"\u00a0=1", "'\u00a0=1"},
		"nor does a wide space":              {"\u3000=1", "'\u3000=1"},
		"a wide sign is a sign":              {"＝1", "'＝1"},
		"a sign within the text is harmless": {"a=1", "a=1"},
		"spaces alone are harmless":          {"   ", "   "},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := csvCell(tt.in); got != tt.want {
				t.Errorf("csvCell(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestPrintCSV_ReadsBackAsCells(t *testing.T) {
	var b strings.Builder
	if err := printCSV(&b, []string{"a", "b"}, [][]string{{`say "hi", twice`, "=1"}, {"two\nlines", ""}}); err != nil {
		t.Fatal(err)
	}
	got, err := csv.NewReader(strings.NewReader(b.String())).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"a", "b"}, {`say "hi", twice`, "'=1"}, {"two lines", ""}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("cells (-want +got):\n%s", diff)
	}
}

func FuzzPrintJSON(f *testing.F) {
	for _, s := range []string{"", "<b>&", "\x1b[2J", "a\u202eb", "\U000e0041", "\u2028", "\x7f", "\ufffd", "👩\u200d🚒", `\u0000`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.ToValidUTF8(s, "\ufffd")
		var b strings.Builder
		if err := printJSON(&b, map[string]string{"title": s}); err != nil {
			t.Fatal(err)
		}
		if why := harmful(b.String()); why != "" {
			t.Errorf("the output holds %s: %q", why, b.String())
		}
		var back map[string]string
		if err := json.Unmarshal([]byte(b.String()), &back); err != nil {
			t.Fatalf("the output is no JSON: %v\n%s", err, b.String())
		}
		if back["title"] != s {
			t.Errorf("%q came back as %q", s, back["title"])
		}
	})
}

func FuzzCSVCell(f *testing.F) {
	for _, s := range []string{"", "=1", "\t@x", "\u00a0-", "\u200b=1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := csvCell(s)
		if why := harmful(got); why != "" {
			t.Errorf("csvCell(%q) holds %s", s, why)
		}
		if first := strings.TrimSpace(got); first != "" && strings.Contains("=+-@", first[:1]) {
			t.Errorf("csvCell(%q) = %q is a formula", s, got)
		}
	})
}
