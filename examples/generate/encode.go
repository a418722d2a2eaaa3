package main

import (
	"bytes"
	"encoding/json"
	"time"
)

// encodeList writes items in the shape of PagerDuty's list answers, one item a
// line, so that a change of one item is a change of one line.
func encodeList(name string, items []any) ([]byte, error) {
	var buf bytes.Buffer
	buf.WriteString("{\"" + name + "\":[\n")
	for i, item := range items {
		line, err := encode(item)
		if err != nil {
			return nil, err
		}
		buf.Write(line)
		if i < len(items)-1 {
			buf.WriteByte(',')
		}
		buf.WriteByte('\n')
	}
	buf.WriteString("]}\n")
	return buf.Bytes(), nil
}

// encodeLines writes items as JSON lines.
func encodeLines(items []any) ([]byte, error) {
	var buf bytes.Buffer
	for _, item := range items {
		line, err := encode(item)
		if err != nil {
			return nil, err
		}
		buf.Write(line)
		buf.WriteByte('\n')
	}
	return buf.Bytes(), nil
}

func encode(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(buf.Bytes()), nil
}

// stamp is how PagerDuty writes times.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
