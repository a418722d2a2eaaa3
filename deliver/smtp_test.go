package deliver_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http/httptest"
	"net/mail"
	"strings"
	"testing"

	"opsreview"
	"opsreview/deliver"
	"opsreview/report"
)

// A mailServer takes one mail over a real SMTP exchange.
type mailServer struct {
	addr  string
	tls   *tls.Config // nil offers no encryption
	login bool        // takes mail after AUTH PLAIN only
	full  bool        // refuses the mail after it has all of it

	done      chan struct{}
	encrypted bool
	auth      string
	from      string
	to        []string
	data      []byte
}

// startMail listens on loopback until the test ends.
func startMail(t *testing.T, m *mailServer) *mailServer {
	t.Helper()
	var lc net.ListenConfig
	lis, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m.addr, m.done = lis.Addr().String(), make(chan struct{})
	t.Cleanup(func() { _ = lis.Close(); <-m.done })
	go func() {
		defer close(m.done)
		conn, err := lis.Accept()
		if err == nil {
			m.serve(conn)
			_ = conn.Close()
		}
	}()
	return m
}

// serve answers commands until the client quits.
func (m *mailServer) serve(conn net.Conn) {
	in := bufio.NewReader(conn)
	say := func(format string, args ...any) { fmt.Fprintf(conn, format+"\r\n", args...) }
	say("220 test ESMTP")
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		switch strings.ToUpper(verb) {
		case "EHLO":
			say("250-test")
			if m.tls != nil && !m.encrypted {
				say("250-STARTTLS")
			}
			say("250 AUTH PLAIN")
		case "STARTTLS":
			say("220 go on")
			conn = tls.Server(conn, m.tls)
			in, m.encrypted = bufio.NewReader(conn), true
		case "AUTH":
			m.auth = strings.TrimPrefix(rest, "PLAIN ")
			if m.login && m.auth != base64.StdEncoding.EncodeToString([]byte("\x00bot\x00pass-word")) {
				say("535 what you said was %s", m.auth)
				continue
			}
			say("235 welcome")
		case "MAIL":
			m.from = rest
			say("250 ok")
		case "RCPT":
			m.to = append(m.to, rest)
			say("250 ok")
		case "DATA":
			say("354 go on")
			m.data = readData(in)
			if m.full {
				say("452 the disk is full")
				continue
			}
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("502 what?")
		}
	}
}

// readData reads up to the lonely dot.
func readData(in *bufio.Reader) []byte {
	var all bytes.Buffer
	for {
		line, err := in.ReadString('\n')
		if err != nil || line == ".\r\n" {
			return all.Bytes()
		}
		all.WriteString(strings.TrimPrefix(line, "."))
	}
}

// certificates returns a server's TLS of 127.0.0.1 and a client's that trusts
// it.
func certificates(t *testing.T) (srv, client *tls.Config) {
	t.Helper()
	s := httptest.NewTLSServer(nil)
	t.Cleanup(s.Close)
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return &tls.Config{Certificates: s.TLS.Certificates, MinVersion: tls.VersionTLS12}, &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
}

func TestSMTP_MailsTheReportEncryptedAndLoggedIn(t *testing.T) {
	srv, client := certificates(t)
	m := startMail(t, &mailServer{tls: srv, login: true})
	s := deliver.SMTP{
		Server: m.addr, From: "Reviews <bot@example.com>", To: []string{"vp@example.com", "Ada Ö <ada@example.com>"},
		Username: "bot", PasswordFile: file(t, "pass-word\n"), TLS: client,
	}
	b := bundle(t, "secrets")
	if err := s.Send(t.Context(), b, compose(t, s, b)); err != nil {
		t.Fatal(err)
	}
	<-m.done
	if !m.encrypted || m.from != "FROM:<bot@example.com>" || strings.Join(m.to, " ") != "TO:<vp@example.com> TO:<ada@example.com>" {
		t.Errorf("encrypted %t, from %s, to %s", m.encrypted, m.from, m.to)
	}
	wantMail(t, m.data, b)
}

// wantMail fails the test unless the mail has every form of the report.
func wantMail(t *testing.T, data []byte, b report.Bundle) {
	t.Helper()
	for line := range bytes.Lines(data) {
		if len(line) > 1000 {
			t.Errorf("a line has %d bytes, mail takes 998", len(line))
		}
		for _, c := range line {
			if c > 0x7e {
				t.Fatalf("the mail is not plain ASCII: %q", line)
			}
		}
	}
	msg, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(msg.Header.Get("Subject"))
	if err != nil || subject != b.Title {
		t.Errorf("the subject is %q, want %q: %v", subject, b.Title, err)
	}
	if _, err := msg.Header.Date(); err != nil || msg.Header.Get("Message-Id") == "" {
		t.Errorf("the mail has the header %v: %v", msg.Header, err)
	}
	parts := map[string]string{}
	collect(t, msg.Header.Get("Content-Type"), msg.Body, parts)
	for kind, want := range map[string][]byte{"text/plain": b.Markdown, "text/html": b.Mail, "attachment": b.HTML} {
		if strings.ReplaceAll(parts[kind], "\r\n", "\n") != strings.ReplaceAll(string(want), "\r\n", "\n") {
			t.Errorf("the part %s is not the report: %.200q", kind, parts[kind])
		}
	}
}

// collect reads the parts of a mail, also those within others.
func collect(t *testing.T, contentType string, body io.Reader, parts map[string]string) {
	t.Helper()
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		t.Fatal(err)
	}
	for r := multipart.NewReader(body, params["boundary"]); strings.HasPrefix(kind, "multipart/"); {
		part, err := r.NextPart() // decodes quoted-printable
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		inner, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type"))
		if strings.HasPrefix(inner, "multipart/") {
			collect(t, part.Header.Get("Content-Type"), part, parts)
			continue
		}
		var from io.Reader = part
		if part.Header.Get("Content-Transfer-Encoding") == "base64" {
			inner, from = "attachment", base64.NewDecoder(base64.StdEncoding, part)
		}
		text, err := io.ReadAll(from)
		if err != nil {
			t.Fatal(err)
		}
		parts[inner] = string(text)
	}
}

func TestSMTP_NoTextBeginsAHeader(t *testing.T) {
	for _, team := range []string{"a\r\nBcc: evil@example.com", "b\nX: y", "ü\r\n\r\nbody", strings.Repeat("long ", 200), "=?utf-8?q?x=0D=0ABcc:_y?="} {
		s := deliver.SMTP{From: "bot@example.com", To: []string{"vp@example.com"}}
		b := bundle(t, team)
		msg, err := mail.ReadMessage(bytes.NewReader(compose(t, s, b)))
		if err != nil {
			t.Fatal(err)
		}
		if len(msg.Header) != 8 || msg.Header.Get("Bcc") != "" || msg.Header.Get("X") != "" {
			t.Errorf("%q made the header %v", team, msg.Header)
		}
	}
	for _, s := range []deliver.SMTP{
		{From: "bot@example.com\r\nBcc: evil@example.com", To: []string{"a@example.com"}},
		{From: "bot@example.com", To: []string{"a@example.com\nBcc: evil@example.com"}},
	} {
		_, err := s.Compose(bundle(t, "a"))
		wantRefused(t, err, opsreview.Invalid, "is not an email address")
	}
}

func TestSMTP_Refusals(t *testing.T) {
	srv, client := certificates(t)
	tests := map[string]struct {
		server *mailServer
		change func(*deliver.SMTP)
		want   string
	}{
		"a wrong password is not repeated": {&mailServer{tls: srv, login: true}, func(s *deliver.SMTP) { s.PasswordFile = file(t, "sEcReT") }, "refuses the login of bot"},
		"a certificate that nobody knows":  {&mailServer{tls: srv}, func(s *deliver.SMTP) { s.TLS = nil }, "does not take the report"},
		"a full disk":                      {&mailServer{tls: srv, full: true}, func(*deliver.SMTP) {}, "452"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m := startMail(t, tt.server)
			s := deliver.SMTP{
				Server: m.addr, From: "bot@example.com", To: []string{"vp@example.com"}, Username: "bot",
				PasswordFile: file(t, "pass-word"), TLS: client,
			}
			tt.change(&s)
			b := bundle(t, "secrets")
			wantRefused(t, s.Send(t.Context(), b, compose(t, s, b)), opsreview.Unavailable, tt.want, "sEcReT", base64.StdEncoding.EncodeToString([]byte("\x00bot\x00sEcReT")))
		})
	}
}

func TestSMTP_OnThisMachineNeedsNoEncryption(t *testing.T) {
	m := startMail(t, &mailServer{})
	s := deliver.SMTP{Server: m.addr, From: "bot@example.com", To: []string{"vp@example.com"}}
	b := bundle(t, "secrets")
	if err := s.Send(t.Context(), b, compose(t, s, b)); err != nil {
		t.Fatal(err)
	}
	<-m.done
	wantMail(t, m.data, b)
}

func TestSMTP_AnywhereElseItDoes(t *testing.T) {
	m := startMail(t, &mailServer{})
	err := deliver.InTheClear(m.addr)
	wantRefused(t, err, opsreview.Unavailable, "offers no encryption (STARTTLS)")
}
