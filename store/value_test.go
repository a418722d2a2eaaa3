package store

import (
	"maps"
	"slices"
	"testing"
	"time"
	"unicode/utf8"
)

func FuzzList(f *testing.F) {
	f.Add("P1", "P2", true)
	f.Add(`P"1`, `\`, false)
	f.Add("", "\x00\x1b", true)
	f.Add(`a","b`, "ä", false)
	f.Fuzz(func(t *testing.T, a, b string, two bool) {
		if !utf8.ValidString(a) || !utf8.ValidString(b) {
			t.Skip("JSON has no bytes that are not UTF-8")
		}
		want := sqlList{a}
		if two {
			want = append(want, b)
		}
		var got sqlList
		if err := got.Scan(want.encode()); err != nil || !slices.Equal(want, got) {
			t.Errorf("%q became %q: %v", want, got, err)
		}
	})
}

func FuzzMap(f *testing.F) {
	f.Add("alertname", "VaultSealed", "host", "vault-1")
	f.Add("", "", `":"`, `","`)
	f.Add(`\`, "\x00\x1b", "ä", "<b>")
	f.Fuzz(func(t *testing.T, a, b, c, d string) {
		for _, s := range []string{a, b, c, d} {
			if !utf8.ValidString(s) {
				t.Skip("JSON has no bytes that are not UTF-8")
			}
		}
		want := map[string]string{a: b, c: d}
		if got, err := decodeMap(encodeMap(want)); err != nil || !maps.Equal(want, got) {
			t.Errorf("%q became %q: %v", want, got, err)
		}
	})
}

// What is no map that encodeMap wrote is left to the whole decoder.
func TestDecodeMap(t *testing.T) {
	for text, want := range map[string]map[string]string{
		"":                       nil,
		"{}":                     {},
		`{"a":"b"}`:              {"a": "b"},
		`{"a": "b", "c":"d"}`:    {"a": "b", "c": "d"},
		`{"a":"b","c":"d"}`:      {"a": "b", "c": "d"},
		`{"a":"\u003c","c":"d"}`: {"a": "<", "c": "d"},
	} {
		if got, err := decodeMap(text); err != nil || !maps.Equal(want, got) {
			t.Errorf("%s is read as %q: %v", text, got, err)
		}
	}
	for _, text := range []string{`{"a"}`, `{"a":"b"`, `{"a":"b","c"}`, `{"a":"b""c":"d"}`, `{"a","b"}`, `{"":}`, `{""}`} {
		if got, err := decodeMap(text); err == nil {
			t.Errorf("%s is read as %q", text, got)
		}
	}
}

func TestTime(t *testing.T) {
	berlin := time.FixedZone("", 3600)
	for name, tt := range map[string]struct {
		in, want time.Time
	}{
		"the zero time stays zero":           {time.Time{}, time.Time{}},
		"the epoch is a time like any other": {time.Unix(0, 0), time.Unix(0, 0).UTC()},
		"zones become UTC":                   {time.Date(2026, 11, 9, 1, 0, 0, 0, berlin), time.Date(2026, 11, 9, 0, 0, 0, 0, time.UTC)},
		"less than a millisecond is cut":     {time.Date(2026, 11, 9, 1, 0, 0, 1999999, time.UTC), time.Date(2026, 11, 9, 1, 0, 0, 1000000, time.UTC)},
		"before the epoch it is cut as well": {time.Date(1969, 1, 1, 0, 0, 0, 1, time.UTC), time.Date(1969, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := sqlTime(tt.in).Value()
			if err != nil {
				t.Fatal(err)
			}
			var got sqlTime
			if err := got.Scan(v); err != nil || time.Time(got) != tt.want {
				t.Errorf("read %v, want %v: %v", time.Time(got), tt.want, err)
			}
			if v != orNull(tt.in) || stored(tt.in) != tt.want {
				t.Errorf("orNull gives %v and stored %v", orNull(tt.in), stored(tt.in))
			}
		})
	}
	var got sqlTime
	if err := got.Scan(zero); err != nil || !time.Time(got).IsZero() {
		t.Errorf("the time of an unknown begin reads as %v: %v", time.Time(got), err)
	}
}
