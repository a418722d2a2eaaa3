package jirafake

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A Kind is a way to go wrong.
type Kind string

// The kinds.
const (
	LoseRequest Kind = "lose request" // the connection is cut before anything happens
	LoseAnswer  Kind = "lose answer"  // everything happens and the connection is cut
	Throttle    Kind = "throttle"     // 429; HTML on Data Center
	Down        Kind = "down"         // 503 of a proxy
	LoginPage   Kind = "login page"   // 200 with HTML
	Redirect    Kind = "redirect"     // 307 to another place
)

// A Fault is what goes wrong with the next requests that it names.
type Fault struct {
	Method string // "" for any
	Path   string // what the path ends with; "" for any
	Kind   Kind
	Times  int           // once if it is 0
	Skip   int           // so many requests pass before it
	After  time.Duration // of a throttle: what Retry-After says; nothing if 0
	To     string        // of a redirect: the scheme and host
}

func (f *Fault) meets(r *http.Request) bool {
	return (f.Method == "" || f.Method == r.Method) && strings.HasSuffix(r.URL.Path, f.Path)
}

// early answers a request that nothing comes of.
func (f Fault) early(w http.ResponseWriter, r *http.Request) bool {
	switch f.Kind {
	case LoseRequest:
		panic(http.ErrAbortHandler)
	case Throttle:
		if f.After > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(f.After.Seconds())))
		}
		page(w, http.StatusTooManyRequests, "<html><title>Rate limit exceeded</title></html>")
	case Down:
		page(w, http.StatusServiceUnavailable, "<html><title>Temporarily unavailable</title></html>")
	case LoginPage:
		page(w, http.StatusOK, "<!DOCTYPE html><html><title>Log in</title></html>")
	case Redirect:
		http.Redirect(w, r, f.To+r.URL.RequestURI(), http.StatusTemporaryRedirect)
	default:
		return false
	}
	return true
}

func page(w http.ResponseWriter, status int, html string) {
	w.Header().Set("Content-Type", "text/html;charset=UTF-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(html)) // a client that has gone away needs no page
}

// A buffer holds an answer until everything that it says has happened.
type buffer struct {
	header http.Header
	status int
	body   []byte
}

// Header implements [http.ResponseWriter].
func (b *buffer) Header() http.Header { return b.header }

// WriteHeader implements [http.ResponseWriter].
func (b *buffer) WriteHeader(status int) {
	if b.status == 0 {
		b.status = status
	}
}

// Write implements [http.ResponseWriter].
func (b *buffer) Write(p []byte) (int, error) {
	b.WriteHeader(http.StatusOK)
	b.body = append(b.body, p...)
	return len(p), nil
}

func (b *buffer) send(w http.ResponseWriter, now time.Time) {
	for k, v := range b.header {
		w.Header()[k] = v
	}
	w.Header().Set("Date", now.UTC().Format(http.TimeFormat))
	w.WriteHeader(max(b.status, http.StatusOK))
	_, _ = w.Write(b.body) // a client that has gone away needs no answer
}
