package store

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// A sqlTime is a time as the database keeps it: Unix milliseconds in UTC, and
// NULL for the zero time.
type sqlTime time.Time

// Value implements driver.Valuer.
func (t sqlTime) Value() (driver.Value, error) {
	if time.Time(t).IsZero() {
		return nil, nil
	}
	return time.Time(t).UnixMilli(), nil
}

// Scan implements sql.Scanner.
func (t *sqlTime) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*t = sqlTime{}
	case int64:
		*t = sqlTime(time.UnixMilli(v).UTC())
	default:
		return fmt.Errorf("scan time: %T is not a number of milliseconds", v)
	}
	return nil
}

// orNull returns t as the database keeps it in a column that may be NULL, ready
// to compare and quick to bind.
func orNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

// stored returns t as it will be read again.
func stored(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return time.UnixMilli(t.UnixMilli()).UTC()
}

// zero is how an unknown time looks in a column that cannot be NULL. It reads
// as the zero time and sorts before all others.
var zero = time.Time{}.UnixMilli()

// A sqlList is a list of words as the database keeps it: a JSON array, and ”
// for none.
type sqlList []string

// encode returns the list as it is stored. Plain words, which almost all are,
// take the short way.
func (l sqlList) encode() string {
	if len(l) == 0 {
		return ""
	}
	for _, s := range l {
		if !plain(s) {
			b, _ := json.Marshal([]string(l)) // Strings always can be encoded.
			return string(b)
		}
	}
	return `["` + strings.Join(l, `","`) + `"]`
}

// Scan implements sql.Scanner.
func (l *sqlList) Scan(v any) error {
	s, ok := v.(string)
	switch {
	case !ok && v != nil:
		return fmt.Errorf("scan list: %T is not text", v)
	case s == "":
		*l = nil
		return nil
	case strings.HasPrefix(s, `["`) && strings.HasSuffix(s, `"]`) && plain(s[2:len(s)-2]):
		*l = sqlList{s[2 : len(s)-2]} // The common list of one.
		return nil
	}
	return json.Unmarshal([]byte(s), (*[]string)(l))
}

// plain reports whether s stands for itself in JSON.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// encodeMap returns a map as it is stored: JSON with sorted keys, ” for none.
func encodeMap(m map[string]string) string {
	if len(m) == 0 {
		return ""
	}
	b, _ := json.Marshal(m) // Strings always can be encoded.
	return string(b)
}

func decodeMap(s string) (map[string]string, error) {
	if s == "" {
		return nil, nil
	}
	if m, ok := decodePlain(s); ok {
		return m, nil
	}
	var m map[string]string
	err := json.Unmarshal([]byte(s), &m)
	return m, err
}

// decodePlain decodes a map of plain words, which almost all are, as encodeMap
// writes it. Without a backslash every quotation mark begins or ends a word.
func decodePlain(s string) (map[string]string, bool) {
	if len(s) < 4 || s[:2] != `{"` || s[len(s)-2:] != `"}` || strings.Contains(s, `\`) {
		return nil, false
	}
	parts := strings.Split(s[2:len(s)-2], `"`)
	if len(parts)%4 != 3 { // word : word, and then a comma before each other pair
		return nil, false
	}
	m := make(map[string]string, len(parts)/4+1)
	for i := 0; i < len(parts); i += 4 {
		if parts[i+1] != ":" || (i+3 < len(parts) && parts[i+3] != ",") {
			return nil, false
		}
		m[parts[i]] = parts[i+2]
	}
	return m, true
}
