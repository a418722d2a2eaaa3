package rest

import (
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"

	"opsreview"
)

const redacted = "<redacted>"

// maxSecret bounds what is read from a secret's file: a token is short, and a
// path that names something else by mistake is not read whole.
const maxSecret = 64 << 10

// A Secret is a token or a password. However it is printed, logged or
// marshalled it shows "<redacted>"; [Secret.Reveal] is the only way out.
type Secret string

// String returns "<redacted>".
func (Secret) String() string { return redacted }

// GoString returns "<redacted>".
func (Secret) GoString() string { return redacted }

// MarshalText returns "<redacted>".
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalJSON returns "<redacted>" as a JSON string.
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// MarshalYAML returns "<redacted>".
func (Secret) MarshalYAML() (any, error) { return redacted, nil }

// LogValue returns "<redacted>".
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// Reveal returns the secret itself.
func (s Secret) Reveal() string { return string(s) }

// ReadSecret reads a secret from a file or from an environment variable:
// exactly one of them must be named. Surrounding white space is dropped. Its
// errors are Invalid and name the configuration's fields, token_file and
// token_env, never the secret.
func ReadSecret(file, env string) (Secret, error) {
	switch {
	case file != "" && env != "":
		return "", opsreview.Errorf(opsreview.Invalid, "token_file and token_env are both set: keep one of them")
	case file == "" && env == "":
		return "", opsreview.Errorf(opsreview.Invalid, "token_file is not set: name a file that holds the token, or an environment variable in token_env")
	case env != "":
		return secretOf(os.Getenv(env), "token_env", "environment variable "+env)
	}
	text, err := readFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return "", opsreview.Errorf(opsreview.Invalid, "token_file: there is no file %q", file)
	}
	if err != nil {
		return "", opsreview.Wrapf(err, opsreview.Invalid, "token_file: %q cannot be read", file)
	}
	return secretOf(text, "token_file", "file "+file)
}

func readFile(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close() // read only: nothing to lose
	b, err := io.ReadAll(io.LimitReader(f, maxSecret))
	return string(b), err
}

// secretOf checks that text can stand in a header: one line of visible text.
func secretOf(text, field, where string) (Secret, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return "", opsreview.Errorf(opsreview.Invalid, "%s: %s is empty", field, where)
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return "", opsreview.Errorf(opsreview.Invalid, "%s: %s holds more than one word: it should hold the token alone", field, where)
	}
	return Secret(text), nil
}
