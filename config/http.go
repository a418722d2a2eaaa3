package config

import (
	"net/netip"
	"net/url"
	"strconv"
)

// httpProblems finds what is wrong with the HTTP side of the server.
func httpProblems(s Server) []problem {
	var problems []problem
	if s.HTTP != "" {
		fail := func(text string) {
			problems = append(problems, problem{"server.http", strconv.Quote(s.HTTP) + text})
		}
		switch {
		case !wellFormed(s.HTTP):
			fail(" is not an address: write it as 127.0.0.1:7475")
		case !Loopback(s.HTTP) && s.Missing() != "":
			fail(" is open to others, which takes " + s.Missing() + ": add that, or listen on loopback, such as 127.0.0.1:7475")
		case s.HTTP == s.Listen && !anyPort(s.HTTP):
			fail(" is where the API listens: choose another port")
		}
	}
	if u, err := url.Parse(s.OTLPEndpoint); s.OTLPEndpoint != "" &&
		(err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil) {
		problems = append(problems, problem{"server.otlp_endpoint", "is not the URL of a collector: write it as http://127.0.0.1:4317, without a name or a password"})
	}
	return problems
}

// anyPort reports whether the system chooses the port of an address.
func anyPort(addr string) bool {
	at, err := netip.ParseAddrPort(addr)
	return err == nil && at.Port() == 0
}
