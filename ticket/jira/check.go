package jira

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"opsreview"
	"opsreview/ticket"
)

// Check implements [ticket.Tracker].
func (t *Tracker) Check(ctx context.Context) []ticket.Check {
	var checks []ticket.Check
	for _, question := range []func(context.Context) []ticket.Check{
		t.checkServer, t.checkAccount, t.checkProject, t.checkCreation, t.checkPermissions, t.checkLinks, t.checkSearch, t.checkBoard,
	} {
		if ctx.Err() != nil {
			return checks
		}
		answers := question(ctx)
		checks = append(checks, answers...)
		// Without an answer or a known account nothing else can be asked.
		if len(checks) <= 2 && slices.ContainsFunc(answers, func(c ticket.Check) bool { return !c.OK }) {
			return checks
		}
	}
	return checks
}

func passed(subject, format string, args ...any) []ticket.Check {
	return []ticket.Check{{Subject: subject, OK: true, Detail: fmt.Sprintf(format, args...)}}
}

func failed(subject, detail, remedy string) []ticket.Check {
	return []ticket.Check{{Subject: subject, Detail: detail, Remedy: remedy}}
}

// problem is a failed check because of an error.
func problem(subject string, err error, remedy string) []ticket.Check {
	detail := opsreview.ErrorMessage(err)
	var rejected *ticket.Rejected
	var throttled *ticket.Throttled
	switch {
	case errors.As(err, &rejected):
		detail = rejected.Reason
	case errors.As(err, &throttled):
		detail, remedy = throttled.Error(), "try again after that"
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		detail, remedy = "there was no time left to ask", ""
	}
	return failed(subject, detail, remedy)
}

func (t *Tracker) checkServer(ctx context.Context) []ticket.Check {
	kind, err := t.deployment(ctx)
	if err != nil {
		return problem("server", err, "check base_url: it is the address of Jira itself, without /browse or /rest")
	}
	product := "Data Center"
	if kind == cloud {
		product = "Cloud"
	}
	return passed("server", "Jira %s", product)
}

func (t *Tracker) checkAccount(ctx context.Context) []ticket.Check {
	self, err := t.askWhoami(ctx)
	if err != nil {
		return problem("account", err, "")
	}
	return passed("account", "the token speaks for %s", ticket.OneLine(self.DisplayName, mostTitle))
}

func (t *Tracker) checkProject(ctx context.Context) []ticket.Check {
	var checks []ticket.Check
	for _, key := range append([]string{t.cfg.Project}, t.cfg.OtherProjects...) {
		if err := t.get(ctx, "rest/api/2/project/"+url.PathEscape(key), nil, nil); err != nil {
			checks = append(checks, problem("project "+key, err, "check the key, and that the account may browse the project")...)
			continue
		}
		checks = append(checks, passed("project "+key, "it is there")...)
	}
	return checks
}

// A metaField is a field of the screen on which tickets are created.
type metaField struct {
	ID       string `json:"fieldId"`
	Name     string `json:"name"`
	Required bool   `json:"required"`
	Default  bool   `json:"hasDefaultValue"`
}

// A metaType is a type of issue.
type metaType struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// A metaPage is a page of either: Cloud and Data Center name the lists each in
// their own way.
type metaPage[T any] struct {
	Total  int `json:"total"`
	Values []T `json:"values"`
	Types  []T `json:"issueTypes"`
	Fields []T `json:"fields"`
}

func metaList[T any](ctx context.Context, t *Tracker, path string) ([]T, error) {
	var all []T
	for range mostPages {
		var page metaPage[T]
		query := url.Values{"startAt": {strconv.Itoa(len(all))}, "maxResults": {strconv.Itoa(pageSize)}}
		if err := t.get(ctx, path, query, &page); err != nil {
			return nil, err
		}
		got := slices.Concat(page.Values, page.Types, page.Fields)
		all = append(all, got...)
		if len(got) == 0 || len(all) >= page.Total {
			return all, nil
		}
	}
	return nil, opsreview.Errorf(opsreview.Unavailable, "Jira's list at %s does not end", path)
}

// checkCreation looks at the screen on which tickets are created: a field that
// is not on it refuses every ticket, labels above all.
func (t *Tracker) checkCreation(ctx context.Context) []ticket.Check {
	path := "rest/api/2/issue/createmeta/" + url.PathEscape(t.cfg.Project) + "/issuetypes"
	types, err := metaList[metaType](ctx, t, path)
	if err != nil {
		return problem("issue type", err, "the account needs the permission to create issues in the project")
	}
	at := slices.IndexFunc(types, func(m metaType) bool { return m.Name == t.cfg.issueType() })
	if at < 0 {
		var names []string
		for _, m := range types {
			names = append(names, m.Name)
		}
		return failed("issue type", fmt.Sprintf("there is no type %q; there are %s", t.cfg.issueType(), ticket.OneLine(strings.Join(names, ", "), mostTitle)),
			"write one of them as issue_type")
	}
	checks := passed("issue type", "%s", t.cfg.issueType())
	fields, err := metaList[metaField](ctx, t, path+"/"+url.PathEscape(types[at].ID))
	if err != nil {
		return append(checks, problem("required fields", err, "")...)
	}
	return append(checks, t.checkFields(fields)...)
}

// selfFilled are required fields that Jira fills in by itself.
var selfFilled = []string{"reporter"}

func (t *Tracker) checkFields(fields []metaField) []ticket.Check {
	sent, _ := t.payload(ticket.Draft{Labels: []string{ticket.Label}})["fields"].(map[string]any)
	if len(t.cfg.Components) > 0 {
		sent["components"] = nil
	}
	onScreen := map[string]bool{}
	var missing []string
	for _, f := range fields {
		onScreen[f.ID] = true
		if _, ok := sent[f.ID]; !ok && f.Required && !f.Default && !slices.Contains(selfFilled, f.ID) {
			missing = append(missing, fmt.Sprintf("%s (%s)", ticket.OneLine(f.Name, mostTitle), f.ID))
		}
	}
	checks := passed("required fields", "all are filled in")
	if len(missing) > 0 {
		checks = failed("required fields", "nothing fills in "+strings.Join(missing, ", "), "give them values under fields, by their ids, or make them optional for this type")
	}
	var refused []string
	for name := range sent {
		if !onScreen[name] && name != "labels" {
			refused = append(refused, name)
		}
	}
	slices.Sort(refused)
	if len(refused) > 0 {
		checks = append(checks, failed("fields", "not on the create screen: "+strings.Join(refused, ", "),
			"have an administrator add them to the create screen of the type, or leave them out of the configuration")...)
	}
	if !onScreen["labels"] {
		return append(checks, failed("labels", "labels are not on the create screen, and without them every run would file again",
			"have an administrator add the field Labels to the create screen of the type")...)
	}
	return append(checks, passed("labels", "they are on the create screen")...)
}

// needed are the permissions, in words.
var needed = []struct{ key, to string }{
	{"BROWSE_PROJECTS", "see tickets"},
	{"CREATE_ISSUES", "create tickets"},
	{"EDIT_ISSUES", "put labels back"},
	{"ADD_COMMENTS", "write notes"},
	{"EDIT_OWN_COMMENTS", "keep its note up to date"},
	{"TRANSITION_ISSUES", "open tickets again"},
	{"LINK_ISSUES", "link tickets"},
}

func (t *Tracker) checkPermissions(ctx context.Context) []ticket.Check {
	wanted := slices.Clone(needed)
	if t.cfg.Board != 0 {
		wanted = append(wanted, struct{ key, to string }{"SCHEDULE_ISSUES", "move tickets into sprints"})
	}
	var keys []string
	for _, p := range wanted {
		keys = append(keys, p.key)
	}
	var answer struct {
		Permissions map[string]struct {
			Have bool `json:"havePermission"`
		} `json:"permissions"`
	}
	query := url.Values{"projectKey": {t.cfg.Project}, "permissions": {strings.Join(keys, ",")}}
	if err := t.get(ctx, "rest/api/2/mypermissions", query, &answer); err != nil {
		return problem("permissions", err, "")
	}
	var lacks []string
	for _, p := range wanted {
		if !answer.Permissions[p.key].Have {
			lacks = append(lacks, fmt.Sprintf("%s (to %s)", p.key, p.to))
		}
	}
	if len(lacks) > 0 {
		return failed("permissions", "the account lacks "+strings.Join(lacks, ", "), "have an administrator of the project grant them to the account")
	}
	return passed("permissions", "the account may do what is needed")
}

func (t *Tracker) checkLinks(ctx context.Context) []ticket.Check {
	var answer struct {
		Types []struct {
			Name string `json:"name"`
		} `json:"issueLinkTypes"`
	}
	if err := t.get(ctx, "rest/api/2/issueLinkType", nil, &answer); err != nil {
		return problem("link types", err, "links between tickets are left out without them")
	}
	known := map[string]bool{}
	for _, l := range answer.Types {
		known[l.Name] = true
	}
	for _, name := range []string{typeRelates, typeDuplicate} {
		if !known[name] {
			return failed("link types", fmt.Sprintf("there is no type of link %q", name), "have an administrator add it, or do without links between tickets")
		}
	}
	return passed("link types", "%s and %s", typeRelates, typeDuplicate)
}

func (t *Tracker) checkSearch(ctx context.Context) []ticket.Check {
	found, err := t.Find(ctx, ticket.Label)
	if err != nil {
		return problem("search", err, "")
	}
	if len(found) == 1 {
		return passed("search", "1 ticket carries the label %s", ticket.Label)
	}
	return passed("search", "%d tickets carry the label %s", len(found), ticket.Label)
}

func (t *Tracker) checkBoard(ctx context.Context) []ticket.Check {
	if t.cfg.Board == 0 {
		return nil
	}
	sprints, err := t.Sprints(ctx)
	if err != nil {
		return problem("board", err, "check the board's number: it stands in the board's web address, and only Scrum boards have sprints")
	}
	if err := t.learnFields(ctx); err != nil {
		return problem("board", err, "")
	}
	t.mu.Lock()
	points := t.pointsID
	t.mu.Unlock()
	if points == "" {
		return failed("board", fmt.Sprintf("%d sprints, and no field of points", len(sprints)), "write the field's id as points_field; without it every ticket counts alike")
	}
	return passed("board", "%d sprints, estimated in %s", len(sprints), points)
}
