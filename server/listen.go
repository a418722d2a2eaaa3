package server

import (
	"net"
	"sync"

	"golang.org/x/net/netutil"
)

// LimitConnections bounds how many connections lis has open at once, and how
// many of them come from one address. More wait to be accepted, or are closed
// at once where it is their own address that has too many: one machine cannot
// keep the others out.
func LimitConnections(lis net.Listener, l Limits) net.Listener {
	if l.ConnectionsPerAddress > 0 {
		lis = &addressLimit{Listener: lis, most: l.ConnectionsPerAddress, open: map[string]int{}}
	}
	if l.Connections > 0 {
		lis = netutil.LimitListener(lis, l.Connections)
	}
	return lis
}

// An addressLimit closes connections beyond what one address may have.
type addressLimit struct {
	net.Listener
	most int

	mu   sync.Mutex
	open map[string]int // by address
}

// Accept implements net.Listener.
func (l *addressLimit) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		host, _, err := net.SplitHostPort(conn.RemoteAddr().String())
		if err != nil {
			return conn, nil //nolint:nilerr // a connection without such an address is from this machine
		}
		if l.enter(host) {
			return &countedConn{Conn: conn, leave: func() { l.exit(host) }}, nil
		}
		_ = conn.Close() // it was never ours
	}
}

func (l *addressLimit) enter(host string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[host] >= l.most {
		return false
	}
	l.open[host]++
	return true
}

func (l *addressLimit) exit(host string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[host]--; l.open[host] == 0 {
		delete(l.open, host)
	}
}

// A countedConn is a connection that counts until it is closed.
type countedConn struct {
	net.Conn
	once  sync.Once
	leave func()
}

// Close implements net.Conn.
func (c *countedConn) Close() error {
	err := c.Conn.Close()
	c.once.Do(c.leave)
	return err
}
