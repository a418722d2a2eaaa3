package deliver

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"strings"
	"time"

	"opsreview"
	"opsreview/report"
)

// mailOf writes a mail: the report as text and as HTML for mail programs, which
// take charts out, and the whole report with them as a file beside it.
func mailOf(from string, to []string, b report.Bundle) ([]byte, error) {
	header, err := headerOf(from, to, b)
	if err != nil {
		return nil, err
	}
	// The same report to the same people makes the same mail: a repeated one can
	// be recognised by its Message-ID.
	sum := sha256.Sum256(append([]byte(header+b.At.UTC().Format(time.RFC3339Nano)), b.HTML...))
	id := hex.EncodeToString(sum[:16])
	var body, inner bytes.Buffer
	outer := multipart.NewWriter(&body)
	both := multipart.NewWriter(&inner)
	err = firstError(
		func() error { return outer.SetBoundary("outer-" + id) },
		func() error { return both.SetBoundary("inner-" + id) },
		func() error { return textPart(both, "text/plain; charset=utf-8", b.Markdown) },
		func() error { return textPart(both, "text/html; charset=utf-8", b.Mail) },
		both.Close,
		func() error {
			return plainPart(outer, "multipart/alternative; boundary="+both.Boundary(), inner.Bytes())
		},
		func() error { return attach(outer, "review.html", b.HTML) },
		outer.Close,
	)
	if err != nil {
		return nil, fmt.Errorf("compose mail: %w", err)
	}
	host := from[strings.LastIndex(from, "@")+1:]
	header += "Message-ID: <" + id + "@" + strings.Trim(host, "> ") + ">\r\n" +
		"Content-Type: multipart/mixed; boundary=" + outer.Boundary() + "\r\n\r\n"
	return append([]byte(header), body.Bytes()...), nil
}

func firstError(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// headerOf writes the header but for what depends on the body. No text of it
// can begin another line: addresses are parsed and the subject is encoded.
func headerOf(from string, to []string, b report.Bundle) (string, error) {
	sender, err := parseAddress(from)
	if err != nil {
		return "", err
	}
	var receivers []string
	for _, address := range to {
		a, err := parseAddress(address)
		if err != nil {
			return "", err
		}
		receivers = append(receivers, a.String())
	}
	subject := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, b.Title)
	return "From: " + sender.String() + "\r\n" +
		"To: " + strings.Join(receivers, ",\r\n ") + "\r\n" +
		"Subject: " + mime.QEncoding.Encode("utf-8", subject) + "\r\n" +
		"Date: " + b.At.UTC().Format(time.RFC1123Z) + "\r\n" +
		"Auto-Submitted: auto-generated\r\n" +
		"MIME-Version: 1.0\r\n", nil
}

// parseAddress reads "ada@example.com" or "Ada <ada@example.com>".
func parseAddress(text string) (*mail.Address, error) {
	a, err := mail.ParseAddress(text)
	if err != nil || strings.ContainsAny(text, "\r\n") {
		return nil, opsreview.Errorf(opsreview.Invalid, "%q is not an email address", text)
	}
	return a, nil
}

// addressOf is the bare address.
func addressOf(text string) (string, error) {
	a, err := parseAddress(text)
	if err != nil {
		return "", err
	}
	return a.Address, nil
}

func textPart(w *multipart.Writer, contentType string, text []byte) error {
	part, err := w.CreatePart(textproto.MIMEHeader{
		"Content-Type": {contentType}, "Content-Transfer-Encoding": {"quoted-printable"},
	})
	if err != nil {
		return err
	}
	q := quotedprintable.NewWriter(part)
	if _, err := q.Write(text); err != nil {
		return err
	}
	return q.Close()
}

func plainPart(w *multipart.Writer, contentType string, content []byte) error {
	part, err := w.CreatePart(textproto.MIMEHeader{"Content-Type": {contentType}})
	if err != nil {
		return err
	}
	_, err = part.Write(content)
	return err
}

// attach adds a file in lines that every mail server takes.
func attach(w *multipart.Writer, name string, content []byte) error {
	part, err := w.CreatePart(textproto.MIMEHeader{
		"Content-Type": {"text/html; charset=utf-8; name=" + name}, "Content-Transfer-Encoding": {"base64"},
		"Content-Disposition": {"attachment; filename=" + name},
	})
	if err != nil {
		return err
	}
	text := base64.StdEncoding.EncodeToString(content)
	for len(text) > 0 {
		n := min(len(text), 76)
		if _, err := io.WriteString(part, text[:n]+"\r\n"); err != nil {
			return err
		}
		text = text[n:]
	}
	return nil
}
