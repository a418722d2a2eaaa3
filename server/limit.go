package server

import (
	"cmp"
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
	Burst     int     // calls of one caller at once; 0 means twice PerSecond

	Connections           int // open at once
	ConnectionsPerAddress int // of those, from one address
}

// maxLimiters is how many callers' rates are remembered; beyond it, those that
// have not called for long are forgotten first.
const maxLimiters = 10_000

// callerLimits bound how often each caller calls.
type callerLimits struct {
	perSecond rate.Limit
	burst     int
	now       func() time.Time

	mu  sync.Mutex
	all map[string]*rate.Limiter
}

func newCallerLimits(o Options) *callerLimits {
	l := o.Limits
	return &callerLimits{
		perSecond: rate.Limit(l.PerSecond), burst: cmp.Or(l.Burst, max(int(2*l.PerSecond), 1)), now: time.Now,
		all: map[string]*rate.Limiter{},
	}
}

// take counts a call. It returns a ResourceExhausted status that says when to
// come again for one too many.
func (l *callerLimits) take(c call) error {
	if l.perSecond == 0 {
		return nil
	}
	key := c.caller.Key()
	if c.caller.Via == auth.ViaLocal {
		key += "@" + c.addr // nobody knows who it is
	}
	now := l.now()
	r := l.limiter(key, now).ReserveN(now, 1)
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

func (l *callerLimits) limiter(key string, now time.Time) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if lim, ok := l.all[key]; ok {
		return lim
	}
	if len(l.all) >= maxLimiters {
		l.forget(now)
	}
	lim := rate.NewLimiter(l.perSecond, l.burst)
	l.all[key] = lim
	return lim
}

// forget drops callers who could make a whole burst: a new limiter would let
// them do the same.
func (l *callerLimits) forget(now time.Time) {
	for key, lim := range l.all {
		if lim.TokensAt(now) >= float64(l.burst) {
			delete(l.all, key)
		}
	}
}
