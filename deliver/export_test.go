package deliver

import (
	"crypto/tls"
	"net/smtp"
)

// InTheClear greets the server at addr as if it were another machine.
func InTheClear(addr string) error {
	c, err := smtp.Dial(addr)
	if err != nil {
		return err
	}
	defer c.Close() //nolint:errcheck // the answer is what counts
	return SMTP{Server: "mail.example.com:587"}.encrypt(c, "mail.example.com", &tls.Config{}, false)
}
