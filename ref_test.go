package opsreview_test

import (
	"strings"
	"testing"

	"opsreview"
)

func TestParseRef(t *testing.T) {
	tests := map[string]struct {
		text string
		want opsreview.Ref
		code opsreview.Code
	}{
		"source and id":                    {text: "pd/Q3YON8WNWTZMRQ", want: opsreview.Ref{Source: "pd", ID: "Q3YON8WNWTZMRQ"}},
		"an id may hold slashes":           {text: "am/ns/pod", want: opsreview.Ref{Source: "am", ID: "ns/pod"}},
		"an id may hold spaces":            {text: "csv/Disk full", want: opsreview.Ref{Source: "csv", ID: "Disk full"}},
		"nothing is no reference":          {text: "", code: opsreview.Invalid},
		"an id alone is no reference":      {text: "Q3YON8WNWTZMRQ", code: opsreview.Invalid},
		"a source alone is no reference":   {text: "pd/", code: opsreview.Invalid},
		"a source must have a name":        {text: "/Q3YON8WNWTZMRQ", code: opsreview.Invalid},
		"a source's name is in lower case": {text: "PD/Q3YON8WNWTZMRQ", code: opsreview.Invalid},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := opsreview.ParseRef(tt.text)
			if got != tt.want || opsreview.ErrorCode(err) != tt.code {
				t.Errorf("ParseRef(%q) = %v, %v, want %v, code %q", tt.text, got, err, tt.want, tt.code)
			}
		})
	}
}

func FuzzParseRef(f *testing.F) {
	for _, s := range []string{"", "pd/Q3", "am/ns/pod", "pd/", "/x", "a/\x00", "ä/b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := opsreview.ParseRef(s)
		switch {
		case err != nil && opsreview.ErrorCode(err) != opsreview.Invalid:
			t.Errorf("ParseRef(%q): code %q, want invalid", s, opsreview.ErrorCode(err))
		case err == nil && (r.String() != s || r.IsZero()):
			t.Errorf("ParseRef(%q) = %#v, which is written %q", s, r, r.String())
		}
	})
}

func TestValidSourceName(t *testing.T) {
	tests := map[string]struct {
		name  string
		valid bool
	}{
		"a word":                          {"pd", true},
		"digits and dashes":               {"pd-eu_2", true},
		"a digit first":                   {"2nd", true},
		"sixty-three letters":             {strings.Repeat("a", 63), true},
		"sixty-four letters are too many": {strings.Repeat("a", 64), false},
		"nothing":                         {"", false},
		"capitals":                        {"PD", false},
		"a slash would split a reference": {"pd/eu", false},
		"a dash first looks like a flag":  {"-pd", false},
		"a line end hides":                {"pd\n", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if err := opsreview.ValidSourceName(tt.name); (err == nil) != tt.valid {
				t.Errorf("ValidSourceName(%q) = %v, want valid: %t", tt.name, err, tt.valid)
			}
		})
	}
}

func TestRef_OrdersBySourceThenID(t *testing.T) {
	ordered := []opsreview.Ref{{}, {Source: "a", ID: "2"}, {Source: "b", ID: "1"}, {Source: "b", ID: "2"}}
	for i, r := range ordered {
		for j, s := range ordered {
			if got := r.Compare(s); (got < 0) != (i < j) || (got > 0) != (i > j) {
				t.Errorf("%v.Compare(%v) = %d", r, s, got)
			}
		}
	}
}

func TestRef_TheZeroRefNamesNothing(t *testing.T) {
	var r opsreview.Ref
	if !r.IsZero() || r.String() != "" {
		t.Errorf("the zero Ref is written %q", r.String())
	}
}
