package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	pb "opsreview/proto/opsreview/v1"
)

func (a *app) pageCommand() *cobra.Command {
	return noun("page", "Pages: list, read and label them",
		a.pageListCommand(), a.pageShowCommand(), a.pageTriageCommand(), a.pageLabelCommand(), a.pageUnlabelCommand(), a.pageDisputesCommand(), a.pageCausesCommand())
}

type pageListOptions struct {
	scope      scopeFlags
	service    string
	monitor    string
	responder  string
	status     string
	urgency    string
	outcome    string
	query      string
	labelled   bool
	unlabelled bool
	sort       string
	limit      int
	output     string
}

func (a *app) pageListCommand() *cobra.Command {
	var o pageListOptions
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the pages that began in a window",
		Example: `  # Last week's pages, the most disturbing ones first.
  opsreview page list --team secrets --sort cost

  # What is still to be labelled.
  opsreview page list --team secrets --last 14d --unlabelled`,
		Args: args(cobra.NoArgs, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			req, err := o.request()
			if err != nil {
				return err
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error { return a.listPages(ctx, c, req, o) })
		},
	}
	o.scope.add(cmd)
	f := cmd.Flags()
	f.StringVar(&o.service, "service", "", "only pages of `SERVICE`")
	f.StringVar(&o.monitor, "monitor", "", "only pages of the monitor `ID`")
	f.StringVar(&o.responder, "responder", "", "only pages that notified `PERSON`")
	f.StringVar(&o.status, "status", "", "only pages that are `STATUS`: triggered, acknowledged or resolved")
	f.StringVar(&o.urgency, "urgency", "", "only pages of `URGENCY`: high or low")
	f.StringVar(&o.outcome, "outcome", "", "only `OUTCOME`: handled, ignored, wasted, noise or unlabelled")
	f.StringVar(&o.query, "title", "", "only pages whose title has `TEXT` in it")
	f.BoolVar(&o.labelled, "labelled", false, "only labelled pages")
	f.BoolVar(&o.unlabelled, "unlabelled", false, "only unlabelled pages")
	oneOf(cmd, "labelled", "unlabelled")
	f.StringVar(&o.sort, "sort", "time", "order by `KEY`: time, -time or cost")
	f.IntVar(&o.limit, "limit", 0, "print at most `N` pages (0 prints all)")
	f.StringVarP(&o.output, "output", "o", asTable, "print as `FORM`: table, json or csv")
	return cmd
}

var pageStatuses = map[string]pb.PageStatus{
	"":             pb.PageStatus_PAGE_STATUS_UNSPECIFIED,
	"triggered":    pb.PageStatus_PAGE_STATUS_TRIGGERED,
	"acknowledged": pb.PageStatus_PAGE_STATUS_ACKNOWLEDGED,
	"resolved":     pb.PageStatus_PAGE_STATUS_RESOLVED,
}

var pageOrders = map[string]string{"time": "trigger_time", "-time": "trigger_time desc", "cost": "cost desc"}

// request returns the list request that the flags ask for.
func (o *pageListOptions) request() (*pb.ListPagesRequest, error) {
	if err := checkOutput(o.output, asTable, asJSON, asCSV); err != nil {
		return nil, err
	}
	status, ok := pageStatuses[o.status]
	if !ok {
		return nil, usagef("--status %s: choose triggered, acknowledged or resolved", o.status)
	}
	order, ok := pageOrders[o.sort]
	if !ok {
		return nil, usagef("--sort %s: choose time, -time or cost", o.sort)
	}
	if o.urgency != "" && o.urgency != "high" && o.urgency != "low" {
		return nil, usagef("--urgency %s: choose high or low", o.urgency)
	}
	if o.limit < 0 {
		return nil, usagef("--limit %d: give 0 or more", o.limit)
	}
	req := &pb.ListPagesRequest{
		Team: o.scope.team, Window: o.scope.selector(), Service: o.service, Monitor: o.monitor, Responder: o.responder,
		Status: status, Urgency: o.urgency, Outcome: o.outcome, Query: o.query, OrderBy: order, PageSize: 1000,
	}
	switch {
	case o.labelled:
		req.LabelState = pb.LabelState_LABEL_STATE_LABELLED
	case o.unlabelled:
		req.LabelState = pb.LabelState_LABEL_STATE_UNLABELLED
	}
	return req, nil
}

func (a *app) listPages(ctx context.Context, c client, req *pb.ListPagesRequest, o pageListOptions) error {
	var pages []*pb.Page
	var last *pb.ListPagesResponse
	for {
		if o.limit > 0 {
			req.PageSize = int32(min(1000, o.limit-len(pages)))
		}
		resp, err := c.pages.ListPages(ctx, req)
		if err != nil {
			return err
		}
		pages, last = append(pages, resp.GetPages()...), resp
		if resp.GetNextPageToken() == "" || (o.limit > 0 && len(pages) >= o.limit) {
			break
		}
		req.PageToken = resp.GetNextPageToken()
	}
	switch o.output {
	case asJSON:
		return printJSON(a.stdout, pageListToJSON(pages, last))
	case asCSV:
		rows := make([][]string, len(pages))
		for i, p := range pages {
			rows[i] = pageCSV(p)
		}
		return printCSV(a.stdout, pageCSVHead, rows)
	}
	a.printPages(pages, last)
	return nil
}

func (a *app) printPages(pages []*pb.Page, resp *pb.ListPagesResponse) {
	f, s := frameOf(resp.GetWindow(), resp.GetTimeZone()), a.style()
	if resp.GetTotalSize() == 0 {
		writeLine(a.stdout, "no pages from "+f.String())
		return
	}
	t := table{columns: []column{
		{head: "TRIGGERED"},
		{head: "PAGE"},
		{head: "URGENCY", drop: 4},
		{head: "STATUS", drop: 3},
		{head: "INTERRUPTED", right: true},
		{head: "ENGAGED", right: true, drop: 1},
		{head: "VERDICT", flex: true, min: 15},
		{head: "TITLE", flex: true, min: 16},
		{head: "SERVICE", flex: true, drop: 2},
	}}
	for _, p := range pages {
		in := p.GetCost().GetInterruptions()
		t.row(when(p.GetTriggerTime().AsTime(), f.zone), clean(p.GetName()), clean(p.GetUrgency()), statusWord(p.GetStatus()),
			interrupted(in), span(p.GetCost().GetEngaged().AsDuration()), verdictWord(p), clean(p.GetTitle()), clean(p.GetServiceDisplayName()))
	}
	t.print(a.stdout, s, "", a.terminalWidth())
	writeLine(a.stdout, "")
	if slices.ContainsFunc(pages, func(p *pb.Page) bool { return suggested(p) != "" }) {
		writeLine(a.stdout, "a verdict with a question mark is what policy suggests for an unlabelled page")
	}
	shown := ""
	if len(pages) < int(resp.GetTotalSize()) {
		shown = fmt.Sprintf(" (%d shown)", len(pages))
	}
	writeLine(a.stdout, fmt.Sprintf("%s%s, %d labelled (%s); %s", plural(resp.GetTotalSize(), "page"), shown, resp.GetLabelledSize(),
		percent(resp.GetLabelledSize(), resp.GetTotalSize()), f))
}

func statusWord(s pb.PageStatus) string {
	return strings.ToLower(strings.TrimPrefix(s.String(), "PAGE_STATUS_"))
}

// verdictWord is a page's outcome and the cause that was given for it.
func verdictWord(p *pb.Page) string {
	word := clean(p.GetOutcome())
	if c := p.GetLabel().GetCause(); c != "" {
		word += ": " + clean(c)
	}
	return orElse(suggested(p), word)
}

// labelJSON is a person's verdict on a page.
type labelJSON struct {
	Verdict   string     `json:"verdict,omitempty"`
	Cause     string     `json:"cause,omitempty"`
	Flags     []string   `json:"flags,omitempty"`
	Actioned  string     `json:"actioned,omitempty"`
	Note      string     `json:"note,omitempty"`
	Minutes   int32      `json:"minutes,omitempty"`
	Author    string     `json:"author"`
	At        *time.Time `json:"at"`
	Withdrawn bool       `json:"withdrawn,omitempty"`
}

func labelToJSON(l *pb.Label) *labelJSON {
	if l == nil {
		return nil
	}
	return &labelJSON{
		Verdict: enumWord(l.GetVerdict().String(), "VERDICT_"), Cause: l.GetCause(), Flags: l.GetFlags(),
		Actioned: enumWord(l.GetActioned().String(), "ANSWER_"), Note: l.GetNote(), Minutes: l.GetMinutes(),
		Author: l.GetAuthor(), At: jsonTime(l.GetLabelTime()), Withdrawn: l.GetWithdrawn(),
	}
}

// enumWord is an enum's name without its prefix, "" for unspecified.
func enumWord(name, prefix string) string {
	word := strings.ToLower(strings.TrimPrefix(name, prefix))
	if word == "unspecified" {
		return ""
	}
	return word
}

type agentJSON struct {
	Kind      string `json:"kind,omitempty"`
	Responder string `json:"responder,omitempty"`
	Name      string `json:"name,omitempty"`
}

func agentToJSON(a *pb.Agent) *agentJSON {
	if a == nil {
		return nil
	}
	return &agentJSON{Kind: a.GetKind(), Responder: a.GetResponder(), Name: a.GetDisplayName()}
}

// pageJSON is a page as page list and page show print it.
type pageJSON struct {
	ID               string            `json:"id"`
	Number           string            `json:"number,omitempty"`
	URL              string            `json:"url,omitempty"`
	Title            string            `json:"title"`
	Service          string            `json:"service,omitempty"`
	ServiceName      string            `json:"service_name,omitempty"`
	EscalationPolicy string            `json:"escalation_policy,omitempty"`
	Monitor          string            `json:"monitor,omitempty"`
	Urgency          string            `json:"urgency,omitempty"`
	Priority         string            `json:"priority,omitempty"`
	Severity         string            `json:"severity,omitempty"`
	Runbook          string            `json:"runbook,omitempty"`
	Attributes       map[string]string `json:"attributes,omitempty"`
	MergedInto       string            `json:"merged_into,omitempty"`
	Status           string            `json:"status"`
	TriggeredAt      *time.Time        `json:"triggered_at,omitempty"`
	AcknowledgedAt   *time.Time        `json:"acknowledged_at,omitempty"`
	ResolvedAt       *time.Time        `json:"resolved_at,omitempty"`
	ResolvedBy       *agentJSON        `json:"resolved_by,omitempty"`
	Outcome          string            `json:"outcome"`
	ActedEvidence    string            `json:"acted_evidence,omitempty"`
	Label            *labelJSON        `json:"label,omitempty"`
	Interruptions    interruptionsJSON `json:"interruptions"`
	Notified         []string          `json:"notified"`
	EngagedSeconds   *float64          `json:"engaged_seconds,omitempty"`
	Suggestion       *suggestionJSON   `json:"suggestion,omitempty"`
}

func pageToJSON(p *pb.Page) pageJSON {
	return pageJSON{
		ID: p.GetName(), Number: p.GetNumber(), URL: p.GetUrl(), Title: p.GetTitle(), Service: p.GetService(),
		ServiceName: p.GetServiceDisplayName(), EscalationPolicy: p.GetEscalationPolicy(), Monitor: p.GetMonitor(),
		Urgency: p.GetUrgency(), Priority: p.GetPriority(), Severity: p.GetSeverity(), Runbook: p.GetRunbook(),
		Attributes: p.GetAttributes(), MergedInto: p.GetMergedInto(), Status: statusWord(p.GetStatus()),
		TriggeredAt: jsonTime(p.GetTriggerTime()), AcknowledgedAt: jsonTime(p.GetAcknowledgeTime()),
		ResolvedAt: jsonTime(p.GetResolveTime()), ResolvedBy: agentToJSON(p.GetResolvedBy()), Outcome: p.GetOutcome(),
		ActedEvidence: p.GetActedEvidence(), Label: labelToJSON(p.GetLabel()), Interruptions: interruptionsToJSON(p.GetCost().GetInterruptions()),
		Notified: append([]string{}, p.GetCost().GetNotified()...), EngagedSeconds: jsonSeconds(p.GetCost().GetEngaged()),
		Suggestion: suggestionToJSON(p.GetSuggestion()),
	}
}

// pageListJSON is what page list -o json prints.
type pageListJSON struct {
	Window   windowJSON `json:"window"`
	TimeZone string     `json:"time_zone"`
	Total    int32      `json:"total"`
	Labelled int32      `json:"labelled"`
	Pages    []pageJSON `json:"pages"`
}

func pageListToJSON(pages []*pb.Page, resp *pb.ListPagesResponse) pageListJSON {
	out := pageListJSON{
		Window: windowToJSON(resp.GetWindow()), TimeZone: resp.GetTimeZone(), Total: resp.GetTotalSize(),
		Labelled: resp.GetLabelledSize(), Pages: make([]pageJSON, len(pages)),
	}
	for i, p := range pages {
		out.Pages[i] = pageToJSON(p)
	}
	return out
}

var pageCSVHead = []string{
	"id", "number", "triggered_at", "acknowledged_at", "resolved_at", "status", "urgency", "priority", "service", "monitor", "title",
	"outcome", "verdict", "cause", "label_author", "interruptions", "sleep_interruptions", "engaged_seconds", "notified", "url",
	"suggested_verdict", "suggested_cause", "suggested_by",
}

func pageCSV(p *pb.Page) []string {
	at := func(t *time.Time) string {
		if t == nil {
			return ""
		}
		return t.Format(time.RFC3339)
	}
	in := p.GetCost().GetInterruptions()
	return []string{
		p.GetName(), p.GetNumber(), at(jsonTime(p.GetTriggerTime())), at(jsonTime(p.GetAcknowledgeTime())), at(jsonTime(p.GetResolveTime())),
		statusWord(p.GetStatus()), p.GetUrgency(), p.GetPriority(), p.GetServiceDisplayName(), p.GetMonitor(), p.GetTitle(), p.GetOutcome(),
		enumWord(p.GetLabel().GetVerdict().String(), "VERDICT_"), p.GetLabel().GetCause(), p.GetLabel().GetAuthor(), fmt.Sprint(total(in)),
		fmt.Sprint(in.GetSleep()), fmt.Sprintf("%.0f", p.GetCost().GetEngaged().AsDuration().Seconds()), strings.Join(p.GetCost().GetNotified(), "; "), p.GetUrl(),
		enumWord(p.GetSuggestion().GetVerdict().String(), "VERDICT_"), p.GetSuggestion().GetCause(), p.GetSuggestion().GetRule(),
	}
}
