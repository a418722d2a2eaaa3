package server

import (
	"cmp"
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"opsreview/auth"
)

// Limits bound what one caller can ask of the server. A zero field means no
// bound.
type Limits struct {
	PerSecond float64 // calls of one caller, in the long run
	Burst     int     // calls of one caller in a moment; 0 means twice PerSecond

	// Concurrent is how many calls of one caller are worked on at the same time;
	// more wait for their turn. A long list takes many times its size in memory
	// while it is made.
	Concurrent int

	Connections           int // open at once
	ConnectionsPerAddress int // of those, from one address
}

// maxLimiters is how many callers' rates are remembered; beyond it, those that
// have not called for long are forgotten first.
const maxLimiters = 10_000

// callerLimits bound what each caller asks.
type callerLimits struct {
	perSecond  rate.Limit
	burst      int
	concurrent int
	now        func() time.Time

	mu  sync.Mutex
	all map[string]*callerLimit
}

// A callerLimit is what one caller may ask at this time.
type callerLimit struct {
	rate  *rate.Limiter
	turns chan struct{} // one element for each call that is worked on; nil for no bound
}

func newCallerLimits(o Options) *callerLimits {
	l := o.Limits
	limits := &callerLimits{
		perSecond: rate.Limit(l.PerSecond), burst: cmp.Or(l.Burst, max(int(2*l.PerSecond), 1)), concurrent: l.Concurrent, now: time.Now,
		all: map[string]*callerLimit{},
	}
	if l.PerSecond == 0 {
		limits.perSecond = rate.Inf
	}
	return limits
}

// keyOf tells callers apart, by their address where nobody knows who they are.
func keyOf(c call) string {
	if c.caller.Via == auth.ViaLocal {
		return c.caller.Key() + "@" + c.addr
	}
	return c.caller.Key()
}

// turn waits until the caller may have one more call worked on, and returns how
// to end it.
func (l *callerLimits) turn(ctx context.Context, c call) (end func(), err error) {
	turns := l.of(keyOf(c), l.now()).turns
	if turns == nil {
		return func() {}, nil
	}
	select {
	case turns <- struct{}{}:
		return func() { <-turns }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// take counts a call. It returns a ResourceExhausted status that says when to
// come again for one too many.
func (l *callerLimits) take(c call) error {
	now := l.now()
	r := l.of(keyOf(c), now).rate.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait == 0 {
		return nil
	}
	r.CancelAt(now)
	s := status.Newf(codes.ResourceExhausted, "%s calls too often: at most %g calls a second; try again in %s",
		c.caller.Name, float64(l.perSecond), max(wait.Round(time.Millisecond), time.Millisecond))
	if detailed, err := s.WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(wait)}); err == nil {
		s = detailed
	}
	return s.Err()
}

// of returns what the caller of that key may ask.
func (l *callerLimits) of(key string, now time.Time) *callerLimit {
	l.mu.Lock()
	defer l.mu.Unlock()
	if one, ok := l.all[key]; ok {
		return one
	}
	if len(l.all) >= maxLimiters {
		l.forget(now)
	}
	one := &callerLimit{rate: rate.NewLimiter(l.perSecond, l.burst)}
	if l.concurrent > 0 {
		one.turns = make(chan struct{}, l.concurrent)
	}
	l.all[key] = one
	return one
}

// forget drops callers who have no call under way and could make a whole burst:
// a new limit would let them do the same.
func (l *callerLimits) forget(now time.Time) {
	for key, one := range l.all {
		if len(one.turns) == 0 && one.rate.TokensAt(now) >= float64(l.burst) {
			delete(l.all, key)
		}
	}
}
