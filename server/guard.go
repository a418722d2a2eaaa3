package server

import (
	"context"
	"net"
	"slices"
	"strings"
	"time"

	"golang.org/x/time/rate"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/protobuf/proto"

	"opsreview"
	"opsreview/auth"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/store"
)

// A guard stands before every call: it finds out who calls and whether they
// may, bounds how often they do, and keeps what they change in the audit log.
type guard struct {
	opts   Options
	facts  *facts
	limits *callerLimits
	warned rate.Sometimes // refusals in the log: strangers cannot fill it
}

func newGuard(o Options, f *facts) *guard {
	return &guard{opts: o, facts: f, limits: newCallerLimits(o), warned: rate.Sometimes{First: 10, Interval: time.Second}}
}

// A call is one that was let in.
type call struct {
	method string
	access access
	caller auth.Caller
	scope  auth.Scope
	addr   string
}

func (g *guard) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	c, err := g.admit(ctx, info.FullMethod)
	if err != nil {
		return nil, err
	}
	if c.access.open {
		return handle(ctx, req)
	}
	msg, ok := req.(proto.Message)
	if !ok {
		return nil, opsreview.Errorf(opsreview.Internal, "%s does not take a message", info.FullMethod)
	}
	if c.access.applied != "" && !isTrial(req) {
		if err := c.require(c.access.applied); err != nil {
			return nil, err
		}
	}
	end, err := g.limits.turn(ctx, c)
	if err != nil {
		return nil, err
	}
	defer end()
	entry := newAuditEntry(c, msg)
	entry.ActingFor = asAuthor(c.caller, msg)
	work := func() (any, error) {
		if err := g.checkReach(ctx, c, msg); err != nil {
			return nil, err
		}
		return handle(withCaller(ctx, c.caller), req)
	}
	var resp any
	if c.access.write && !isTrial(req) {
		resp, err = audited(ctx, g.opts, entry, work)
	} else {
		resp, err = work()
	}
	if err == nil && c.access.trim != nil && !c.scope.Everywhere {
		c.access.trim(resp, c.scope)
	}
	if err == nil {
		err = g.tellMinutes(ctx, c, resp)
	}
	return resp, err
}

func (g *guard) stream(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
	c, err := g.admit(stream.Context(), info.FullMethod)
	if err != nil {
		return err
	}
	if !c.access.write {
		return handle(srv, stream)
	}
	s := &auditedStream{ServerStream: stream, guard: g, call: c}
	return s.run(func() error { return handle(srv, s) })
}

// admit finds out who calls and whether they may call the method at all.
func (g *guard) admit(ctx context.Context, method string) (call, error) {
	c := call{method: method, addr: addressOf(ctx)}
	var known bool
	if c.access, known = authz[method]; !known {
		return c, opsreview.Errorf(opsreview.Denied, "nobody may call %s", method)
	}
	if c.access.open {
		return c, nil
	}
	var err error
	if c.caller, err = g.identify(ctx); err != nil {
		g.warned.Do(func() {
			g.opts.Log.WarnContext(ctx, "caller refused", "method", method, "address", c.addr, "code", opsreview.ErrorCode(err), "err", err)
		})
		return c, err
	}
	if err := g.limits.take(c); err != nil {
		return c, err
	}
	err = c.require(c.access.least)
	return c, err
}

// require finds out for which teams the caller has the role, and returns a
// Denied error if those are not enough.
func (c *call) require(role auth.Role) error {
	if c.scope = c.caller.Scope(role); c.scope.Nowhere() {
		return opsreview.Errorf(opsreview.Denied, "%s may not do this: it takes the role %s", c.caller.Name, role)
	}
	if c.access.reach == wholeReach && !c.scope.Everywhere {
		return opsreview.Errorf(opsreview.Denied, "%s may not do this: it concerns every team, and %s is for %s only",
			c.caller.Name, c.caller.Name, strings.Join(c.scope.Teams, ", "))
	}
	return nil
}

// identify returns who calls. Where nobody is asked, it is whoever uses this
// machine, and they may do everything.
func (g *guard) identify(ctx context.Context) (auth.Caller, error) {
	if g.opts.Auth == nil {
		return auth.Caller{Name: g.opts.LocalUser, Via: auth.ViaLocal, Grants: []auth.Grant{{Role: auth.Admin}}}, nil
	}
	values := metadata.ValueFromIncomingContext(ctx, "authorization")
	if len(values) == 0 {
		return auth.Caller{}, opsreview.Errorf(opsreview.Unauthenticated, "this server wants to know who calls: name the file of your token with --token-file")
	}
	scheme, secret, _ := strings.Cut(values[0], " ")
	if len(values) > 1 || !strings.EqualFold(scheme, "bearer") || secret == "" {
		return auth.Caller{}, opsreview.Errorf(opsreview.Unauthenticated, "the authorization must be one bearer token")
	}
	return g.opts.Auth.Verify(ctx, secret)
}

// addressOf returns the network address that a call comes from, "" for one from
// within this process.
func addressOf(ctx context.Context) string {
	p, ok := peer.FromContext(ctx)
	if !ok {
		return ""
	}
	host, _, err := net.SplitHostPort(p.Addr.String())
	if err != nil {
		return ""
	}
	return host
}

// checkReach returns a Denied error for a request about teams that are not the
// caller's, and a NotFound error for one about pages and monitors that are not:
// whether those exist is not for everybody to find out.
func (g *guard) checkReach(ctx context.Context, c call, req proto.Message) error {
	if c.scope.Everywhere {
		return nil
	}
	switch c.access.reach {
	case teamReach:
		return checkTeam(c, req, true)
	case pageReach:
		r, ok := req.(*pb.GetPageRequest)
		return g.checkPages(ctx, c, ok, r.GetName())
	case pagesReach:
		r, ok := req.(choiceRequest)
		if !ok {
			return g.checkPages(ctx, c, false)
		}
		if err := checkTeam(c, req, r.GetMonitor() != ""); err != nil {
			return err
		}
		return g.checkPages(ctx, c, true, r.GetPages()...)
	case monitorReach:
		r, ok := req.(*pb.GetMonitorRequest)
		if err := checkTeam(c, req, true); err != nil || !ok {
			return err
		}
		return g.checkMonitor(ctx, c, r.GetName())
	case correctionReach:
		r, ok := req.(*pb.WithdrawCorrectionRequest)
		return g.checkCorrection(ctx, c, ok, r.GetId())
	case ticketReach:
		r, ok := req.(interface{ GetFinding() string })
		if !ok {
			return opsreview.Errorf(opsreview.Denied, "%s may not do this", c.caller.Name)
		}
		return g.checkTickets(ctx, c, r.GetFinding())
	case meetingReach:
		return g.checkMeeting(ctx, c, req)
	case itemReach, waiverReach:
		return g.checkByID(ctx, c, req)
	case noReach:
		return nil
	case wholeReach:
	}
	return opsreview.Errorf(opsreview.Denied, "%s may not do this", c.caller.Name)
}

// A choiceRequest names pages, or a monitor whose pages in a window it means.
type choiceRequest interface {
	GetPages() []string
	GetMonitor() string
}

// checkTeam returns a Denied error unless the request names one of the caller's
// teams. Where it need not name any, none will do.
func checkTeam(c call, req proto.Message, needed bool) error {
	r, ok := req.(interface{ GetTeam() string })
	if ok && ((r.GetTeam() == "" && !needed) || c.scope.Has(r.GetTeam())) {
		return nil
	}
	mine := strings.Join(c.scope.Teams, ", ")
	if ok && r.GetTeam() != "" {
		return opsreview.Errorf(opsreview.Denied, "%s may not do this for the team %q: only for %s", c.caller.Name, r.GetTeam(), mine)
	}
	return opsreview.Errorf(opsreview.Denied, "%s may not do this for everybody: name a team of %s", c.caller.Name, mine)
}

// services returns the services of the caller's teams. A team that nobody knows
// has none.
func (g *guard) services(ctx context.Context, s auth.Scope) (map[opsreview.Ref]bool, error) {
	mine := map[opsreview.Ref]bool{}
	for _, team := range s.Teams {
		sc, err := g.facts.scope(ctx, team)
		if opsreview.ErrorCode(err) == opsreview.NotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		for ref := range sc.services {
			mine[ref] = true
		}
	}
	return mine, nil
}

// checkPages returns a NotFound error unless every page is of a service of the
// caller's teams, and a Denied one where it is not known which pages are meant.
func (g *guard) checkPages(ctx context.Context, c call, known bool, names ...string) error {
	if !known {
		return opsreview.Errorf(opsreview.Denied, "%s may not do this", c.caller.Name)
	}
	if len(names) > maxLabelled {
		return nil // the handler refuses them
	}
	mine, err := g.services(ctx, c.scope)
	if err != nil {
		return err
	}
	for _, name := range names {
		page, err := g.facts.db.FindPage(ctx, name)
		hidden := err == nil && !mine[page.Service]
		if hidden || opsreview.ErrorCode(err) == opsreview.Invalid { // it fits several, which the error lists
			return opsreview.Errorf(opsreview.NotFound, "there is no page %q", name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkMonitor returns a NotFound error unless the monitor is of a service of
// the caller's teams.
func (g *guard) checkMonitor(ctx context.Context, c call, name string) error {
	m, err := g.facts.db.Monitor(ctx, name)
	if opsreview.ErrorCode(err) == opsreview.Invalid { // it fits several, which the error lists
		return opsreview.Errorf(opsreview.NotFound, "there is no monitor %q", name)
	}
	if err != nil {
		return err
	}
	mine, err := g.services(ctx, c.scope)
	if err == nil && !mine[m.Service] {
		return opsreview.Errorf(opsreview.NotFound, "there is no monitor %q", name)
	}
	return err
}

// checkCorrection returns a NotFound error unless the correction is of an SLO of
// the caller's teams.
func (g *guard) checkCorrection(ctx context.Context, c call, known bool, id string) error {
	if !known {
		return opsreview.Errorf(opsreview.Denied, "%s may not do this", c.caller.Name)
	}
	for _, team := range c.scope.Teams {
		sc, err := g.facts.scope(ctx, team)
		if opsreview.ErrorCode(err) == opsreview.NotFound {
			continue
		}
		if err != nil {
			return err
		}
		theirs, err := g.facts.teamSLOs(sc, nil)
		if err != nil {
			return err
		}
		corrections, err := g.facts.db.Corrections(ctx, namesOf(theirs))
		if err != nil || slices.ContainsFunc(corrections, func(c opsreview.Correction) bool { return c.ID == id }) {
			return err
		}
	}
	return opsreview.Errorf(opsreview.NotFound, "there is no correction %q", bounded(id))
}

// checkTickets returns a NotFound error unless the tickets of the finding are
// all of the caller's teams, and a Denied one where no finding is named.
func (g *guard) checkTickets(ctx context.Context, c call, finding string) error {
	if finding == "" {
		return opsreview.Errorf(opsreview.Denied, "%s may not do this for every finding: name one of %s", c.caller.Name, strings.Join(c.scope.Teams, ", "))
	}
	rows, err := g.facts.db.ListTickets(ctx, store.TicketFilter{Fingerprint: fingerprintOf(finding)})
	if err != nil {
		return err
	}
	if len(rows) == 0 || slices.ContainsFunc(rows, func(t opsreview.Ticket) bool { return !c.scope.Has(t.Team) }) {
		return opsreview.Errorf(opsreview.NotFound, "there is no ticket of a finding %q", bounded(finding))
	}
	return nil
}

// newAuditEntry says what a request is about to change.
func newAuditEntry(c call, req proto.Message) opsreview.AuditEntry {
	e := opsreview.AuditEntry{
		Caller: c.caller.Name, Via: c.caller.Via, Address: c.addr, Action: c.method[strings.LastIndex(c.method, "/")+1:],
	}
	if r, ok := req.(interface{ GetTeam() string }); ok {
		e.Team = r.GetTeam()
	}
	if r, ok := req.(interface{ GetRequestId() string }); ok {
		e.RequestID = bounded(r.GetRequestId())
	}
	switch r := req.(type) {
	case choiceRequest:
		e.Subjects = slices.Clone(r.GetPages())
		if r.GetMonitor() != "" {
			e.Subjects = append(e.Subjects, "monitor "+r.GetMonitor())
		}
	case *pb.CreateCorrectionsRequest:
		e.Subjects = slices.Clone(r.GetSlos())
	case *pb.WithdrawCorrectionRequest:
		e.Subjects = []string{"correction " + r.GetId()}
	case *pb.DecideAnomalyRequest:
		e.Subjects = []string{"anomaly " + r.GetName()}
	case *pb.FileTicketsRequest:
		e.Subjects = slices.Clone(r.GetOnly())
	case *pb.ResolveTicketRequest:
		e.Subjects = []string{r.GetFinding()}
	case *pb.PlanSprintRequest:
		e.Subjects = []string{r.GetSprint()}
	case *pb.SendReportRequest:
		e.Subjects = slices.Clone(r.GetDestinations())
	case *pb.SyncSourcesRequest:
		e.Subjects = slices.Clone(r.GetNames())
	case *pb.PushEventsRequest:
		e.Subjects = []string{r.GetSource()}
	case *pb.ImportFileRequest:
		e.Subjects = []string{r.GetHeader().GetSource(), r.GetHeader().GetFile()}
	default:
		e.Subjects = meetingSubjects(req)
	}
	e.Total = len(e.Subjects)
	e.Subjects = e.Subjects[:min(e.Total, opsreview.MaxAuditSubjects)]
	for i, s := range e.Subjects {
		e.Subjects[i] = bounded(s)
	}
	e.Team, e.ActingFor = bounded(e.Team), bounded(e.ActingFor)
	return e
}

// bounded cuts a stranger's text to what the audit log keeps of one.
func bounded(text string) string {
	const most = 200
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// audited keeps the entry, does the work and keeps how it went. Work that could
// not be kept is not done.
func audited(ctx context.Context, o Options, e opsreview.AuditEntry, work func() (any, error)) (resp any, err error) {
	end, err := beginAudit(ctx, o, e)
	if err != nil {
		return nil, err
	}
	outcome := string(opsreview.Internal) // of a panic
	defer func() { end(ctx, outcome) }()
	resp, err = work()
	outcome = outcomeOf(err)
	return resp, err
}

func outcomeOf(err error) string {
	switch {
	case err == nil:
		return opsreview.OutcomeOK
	case contextStatus(err) != nil && !classified(err):
		return "cut_off"
	}
	return string(opsreview.ErrorCode(err))
}

// beginAudit keeps an entry and returns how to end it.
func beginAudit(ctx context.Context, o Options, e opsreview.AuditEntry) (end func(context.Context, string), err error) {
	e.StartedAt = o.Now()
	id, err := o.DB.BeginAudit(ctx, e)
	if err != nil {
		return nil, opsreview.Wrapf(err, opsreview.Unavailable, "the audit log cannot be written, so nothing is changed: try again")
	}
	return func(ctx context.Context, outcome string) {
		// The change has been made, whether or not the caller waits for it.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), auditTimeout)
		defer cancel()
		if err := o.DB.EndAudit(ctx, id, o.Now(), outcome); err != nil {
			o.Log.ErrorContext(ctx, "audit entry not ended", "entry", id, "outcome", outcome, "err", err)
		}
	}, nil
}

// auditTimeout bounds how long a call waits for its outcome to be kept.
const auditTimeout = 10 * time.Second
