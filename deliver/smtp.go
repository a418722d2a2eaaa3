package deliver

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/smtp"
	"os"
	"strings"
	"time"

	"opsreview"
	"opsreview/report"
)

// SMTP mails the report.
type SMTP struct {
	Server       string // host:port; port 465 is TLS from the beginning
	From         string
	To           []string
	Username     string // "" sends without a login
	PasswordFile string
	TLS          *tls.Config // nil for the system's certificates
}

const smtpTimeout = 2 * time.Minute

// Compose returns the mail.
func (s SMTP) Compose(b report.Bundle) ([]byte, error) { return mailOf(s.From, s.To, b) }

// Send hands the mail to the server. Anywhere but on this machine it does so
// over TLS only.
func (s SMTP) Send(ctx context.Context, _ report.Bundle, content []byte) error {
	ctx, cancel := context.WithTimeout(ctx, smtpTimeout)
	defer cancel()
	err := s.send(ctx, content)
	var ours *opsreview.Error
	if err == nil || errors.As(err, &ours) {
		return err
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return ended(ctx, err)
	}
	return opsreview.Wrapf(err, opsreview.Unavailable, "the mail server %s does not take the report: %s", s.Server, oneLine(err.Error()))
}

func (s SMTP) send(ctx context.Context, content []byte) error {
	c, err := s.dial(ctx)
	if err != nil {
		return err
	}
	defer c.Close() //nolint:errcheck // Quit has told what there is to tell
	if err := s.login(c); err != nil {
		return err
	}
	from, err := addressOf(s.From)
	if err != nil {
		return err
	}
	if err := c.Mail(from); err != nil {
		return err
	}
	for _, to := range s.To {
		to, err := addressOf(to)
		if err != nil {
			return err
		}
		if err := c.Rcpt(to); err != nil {
			return err
		}
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(content); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	_ = c.Quit() // The server has the mail by now.
	return nil
}

// dial connects and encrypts.
func (s SMTP) dial(ctx context.Context) (*smtp.Client, error) {
	host, port, err := net.SplitHostPort(s.Server)
	if err != nil {
		return nil, opsreview.Wrapf(err, opsreview.Invalid, "%q is not a mail server: write it as mail.example.com:587", s.Server)
	}
	config := &tls.Config{}
	if s.TLS != nil {
		config = s.TLS.Clone()
	}
	config.ServerName, config.MinVersion = host, tls.VersionTLS12
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", s.Server)
	if err != nil {
		return nil, err
	}
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	implicit := port == "465"
	if implicit {
		conn = tls.Client(conn, config)
	}
	c, err := smtp.NewClient(conn, host)
	if err != nil {
		stop()
		return nil, errors.Join(err, conn.Close())
	}
	if err := s.encrypt(c, host, config, implicit); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// encrypt asks for TLS, and does not go on without it but on this machine.
func (s SMTP) encrypt(c *smtp.Client, host string, config *tls.Config, implicit bool) error {
	name, err := os.Hostname()
	if err != nil || strings.ContainsAny(name, " \r\n") || name == "" {
		name = "localhost"
	}
	if err := c.Hello(name); err != nil {
		return err
	}
	if implicit {
		return nil
	}
	if offered, _ := c.Extension("STARTTLS"); offered {
		return c.StartTLS(config)
	}
	if ip := net.ParseIP(host); host == "localhost" || (ip != nil && ip.IsLoopback()) {
		return nil
	}
	return opsreview.Errorf(opsreview.Unavailable, "the mail server %s offers no encryption (STARTTLS): the report is not sent in the clear", s.Server)
}

func (s SMTP) login(c *smtp.Client) error {
	if s.Username == "" {
		return nil
	}
	password, err := secret("password_file", s.PasswordFile)
	if err != nil {
		return err
	}
	host, _, _ := net.SplitHostPort(s.Server) // dial has read it
	if err := c.Auth(smtp.PlainAuth("", s.Username, password.Reveal(), host)); err != nil {
		// The server's own words may repeat what it was told.
		return opsreview.Errorf(opsreview.Unavailable, "the mail server %s refuses the login of %s", s.Server, s.Username)
	}
	return nil
}
