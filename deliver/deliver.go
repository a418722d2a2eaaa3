// Package deliver brings reports to where people read them: a chat, a mailbox,
// a program's standard input.
//
// A sender composes and sends. It reads its secrets when it sends, so that they
// can be replaced while the server runs, and shows them to nobody. What a
// destination does not take is an Unavailable error, and nothing is sent twice
// of itself: who retries knows what may have arrived.
package deliver

import (
	"context"
	"errors"
	"strings"
	"unicode"

	"opsreview"
	"opsreview/internal/rest"
)

// secret reads a secret's file. The field is the configuration's, for messages.
func secret(field, file string) (rest.Secret, error) {
	s, err := rest.ReadSecret(file, "")
	if err != nil {
		text := strings.TrimPrefix(opsreview.ErrorMessage(err), "token_file: ")
		return "", opsreview.Wrapf(err, opsreview.Invalid, "%s: %s", field, text)
	}
	return s, nil
}

// ended returns the context's error if that is why err happened.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil && !errors.Is(err, ctx.Err()) {
		return errors.Join(ctx.Err(), err)
	}
	return err
}

// oneLine makes what a stranger answers fit for a message.
func oneLine(text string) string {
	const most = 300
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
