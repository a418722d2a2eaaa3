package pagerduty

import (
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// dropped stands where an address or a secret was.
const dropped = "<dropped>"

// privateWords are in every payload that has something to hide. Most have
// nothing, and are kept as they are.
var privateWords = [][]byte{
	[]byte("@"), []byte(`address"`), []byte("phone"), []byte(`"from"`), []byte(`"to"`), []byte(`"cc"`), []byte("reply_to"),
	[]byte("country_code"), []byte("token"), []byte("secret"), []byte("passw"), []byte("authorization"), []byte("credential"),
	[]byte("api_key"), []byte("apikey"), []byte("private_key"), []byte("privatekey"), []byte("routing_key"),
	[]byte("routingkey"), []byte("integration_key"), []byte("integrationkey"), []byte("service_key"), []byte("servicekey"),
	[]byte(`\u`), // an escape may spell any of them
}

func hasPrivate(raw []byte) bool {
	low := bytes.ToLower(raw)
	for _, w := range privateWords {
		if bytes.Contains(low, w) {
			return true
		}
	}
	return false
}

// privateName names the fields that hold telephone numbers and e-mail
// addresses of people.
var privateName = regexp.MustCompile(`(?i)^(address|phone_number|phone|from|to|cc|reply_to|country_code)$`)

// scrub returns a payload without addresses and secrets. keepEmail leaves the
// account's own address of a user, by which the same person is recognised
// across sources.
func scrub(raw []byte, keepEmail bool) []byte {
	if !hasPrivate(raw) {
		return bytes.Clone(raw)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber() // digits are kept as they are
	var v any
	if d.Decode(&v) != nil {
		return []byte(`"` + dropped + `"`) // not JSON: nothing says where its secrets are
	}
	out, err := marshal(scrubValue("", v, keepEmail))
	if err != nil {
		return []byte(`"` + dropped + `"`)
	}
	return out
}

// keepsText names the key-like fields that name no secret.
var keepsText = map[string]bool{"alert_key": true, "incident_key": true, "dedup_key": true}

func scrubValue(name string, v any, keepEmail bool) any {
	switch v := v.(type) {
	case map[string]any:
		for k, inner := range v {
			v[k] = scrubValue(k, inner, keepEmail)
		}
	case []any:
		for i, inner := range v {
			v[i] = scrubValue(name, inner, keepEmail)
		}
	case string:
		switch {
		case keepEmail && name == "email", keepsText[name]:
			return v
		case name != "" && (privateName.MatchString(name) || secretName.MatchString(name)) && !isSchemaWord(name, v):
			return dropped
		}
		return addressForm.ReplaceAllString(v, dropped)
	case json.Number:
		if privateName.MatchString(name) {
			return dropped
		}
	}
	return v
}

// isSchemaWord spares times: "from" and "to" also bound intervals.
func isSchemaWord(name, v string) bool {
	return (name == "from" || name == "to") && (!when(v).IsZero() || v == "high" || v == "low")
}

func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(b.Bytes()), nil
}

// withoutIncident returns a log entry's payload with its incident shortened to
// a reference: the incident is kept once, as an item of its own.
func withoutIncident(raw []byte, id string) []byte {
	var fields map[string]json.RawMessage
	if id == "" || json.Unmarshal(raw, &fields) != nil || len(fields["incident"]) < 512 {
		return raw
	}
	ref, err := marshal(map[string]string{"id": id, "type": "incident_reference"})
	if err != nil {
		return raw
	}
	fields["incident"] = ref
	out, err := marshal(fields)
	if err != nil {
		return raw
	}
	return out
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func lower(s string) string { return strings.ToLower(strings.TrimSpace(s)) }
