package dashboard

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"path"
	"slices"
	"strings"
	"time"

	"opsreview"
)

// maxSize bounds a dashboard. Grafana's own limit is lower.
const maxSize = 16 << 20

// The types of panels that mean something to this package.
const (
	rowPanel     = "row"
	textPanel    = "text"
	libraryPanel = "library" // a reference to a panel that is kept elsewhere
)

// Parse reads one dashboard in the JSON of Grafana, either as it is exported or
// in the envelope of the HTTP API. Name says where it stands, for messages and
// for Origin. It returns an Invalid error that names the place.
func Parse(name string, data []byte) (opsreview.Dashboard, error) {
	if len(data) > maxSize {
		return opsreview.Dashboard{}, opsreview.Errorf(opsreview.Invalid, "%s: a dashboard has at most %d MB", name, maxSize>>20)
	}
	var e apiEnvelope
	if err := json.Unmarshal(data, &e); err != nil {
		return opsreview.Dashboard{}, unreadable(name, data, 0, err)
	}
	body, root := data, ""
	switch {
	case isObject(e.Dashboard):
		body, root = e.Dashboard, "dashboard."
	case e.APIVersion != "" && isObject(e.Spec):
		body, root = e.Spec, "spec."
	}
	var d apiDashboard
	if err := json.Unmarshal(body, &d); err != nil {
		return opsreview.Dashboard{}, unreadable(name, data, bytes.Index(data, body), err)
	}
	switch {
	case isObject(d.Elements):
		return opsreview.Dashboard{}, opsreview.Errorf(opsreview.Invalid, "%s: this is a dashboard of schema 2, which is not read: export it in the classic form", name)
	case d.Panels == nil && d.Rows == nil && d.Title == "":
		return opsreview.Dashboard{}, opsreview.Errorf(opsreview.Invalid, "%s: this is no dashboard: it has neither a title nor panels", name)
	}
	out := opsreview.Dashboard{
		UID:         cmp.Or(string(d.UID), string(e.Metadata.Name), strings.TrimSuffix(path.Base(name), ".json")),
		Title:       string(d.Title),
		Description: string(d.Description),
		Folder:      string(e.Meta.FolderTitle),
		Tags:        d.Tags,
		URL:         string(e.Meta.URL),
		Origin:      name,
		Variables:   variables(d),
	}
	if at, err := time.Parse(time.RFC3339, string(e.Meta.Updated)); err == nil {
		out.UpdatedAt = at.UTC()
	}
	r := panelReader{lines: linesOf(data), ids: map[int]bool{}}
	if d.Panels != nil {
		r.panels(d.Panels, root+"panels")
	} else {
		r.rows(d.Rows, root+"rows")
	}
	out.Panels = r.all
	giveIDs(out.Panels)
	return out, nil
}

func isObject(data []byte) bool { return len(data) > 0 && data[0] == '{' }

// unreadable says in which line of a file the JSON goes wrong.
func unreadable(name string, data []byte, offset int, err error) error {
	var syntax *json.SyntaxError
	var form *json.UnmarshalTypeError
	text := "this is not JSON"
	switch {
	case errors.As(err, &syntax):
		offset += int(syntax.Offset)
	case errors.As(err, &form):
		offset += int(form.Offset)
		text = "this is no dashboard: " + cmp.Or(form.Field, "it") + " is of another form than Grafana writes"
	}
	offset = min(max(offset, 0), len(data))
	return opsreview.Wrapf(err, opsreview.Invalid, "%s:%d: %s", name, 1+bytes.Count(data[:offset], []byte("\n")), text)
}

// variables are the template variables, and the inputs that an exported
// dashboard asks for when it is imported.
func variables(d apiDashboard) []opsreview.Variable {
	var all []opsreview.Variable
	for _, in := range d.Inputs {
		v := opsreview.Variable{Name: string(in.Name), Type: string(in.Type), Query: cmp.Or(string(in.PluginID), string(in.Value))}
		if v.Name != "" {
			all = append(all, v)
		}
	}
	for _, v := range d.Templating.List {
		if v.Name == "" {
			continue
		}
		out := opsreview.Variable{
			Name: string(v.Name), Type: string(v.Type), Query: cmp.Or(string(v.Query), string(v.Definition)), Regex: string(v.Regex),
			Current: v.Current, IncludeAll: v.IncludeAll, AllValue: string(v.AllValue), Multi: v.Multi,
		}
		for _, o := range v.Options {
			out.Options = append(out.Options, string(o.Value))
		}
		all = append(all, out)
	}
	return all
}

// A panelReader brings panels into reading order.
type panelReader struct {
	lines map[string]int
	ids   map[int]bool
	all   []opsreview.Panel
}

// panels reads the panels of a grid. What comes after an open row belongs to it,
// and a collapsed one holds its own.
func (r *panelReader) panels(list []apiPanel, at string) {
	row := ""
	for _, i := range readingOrder(list) {
		p, place := list[i], indexed(at, i)
		r.panel(p, place, row)
		if p.Type == rowPanel {
			row = string(p.Title)
		}
		for _, j := range readingOrder(p.Panels) {
			r.panel(p.Panels[j], indexed(place+".panels", j), row)
		}
	}
}

// readingOrder returns the indices of panels from left to right and from top to
// bottom, where all of them say where they stand.
func readingOrder(list []apiPanel) []int {
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	if slices.ContainsFunc(list, func(p apiPanel) bool { return p.GridPos == nil }) {
		return order
	}
	slices.SortStableFunc(order, func(a, b int) int {
		p, q := list[a].GridPos, list[b].GridPos
		return cmp.Or(cmp.Compare(p.Y, q.Y), cmp.Compare(p.X, q.X))
	})
	return order
}

// The grid that rows of old schemas are laid out on: 24 columns instead of 12.
const (
	columns   = 24
	spanUnit  = 2
	rowHeight = 7
)

// rows reads the rows of schemas before 16, in which panels have a width only.
func (r *panelReader) rows(list []apiRow, at string) {
	y := 0
	for i, row := range list {
		place, title := indexed(at, i), ""
		if row.ShowTitle || row.Collapse {
			title = string(row.Title)
			r.all = append(r.all, opsreview.Panel{Title: title, Type: rowPanel, Y: y, W: columns, H: 1, Line: r.lines[place]})
			y++
		}
		x := 0
		for j, p := range row.Panels {
			w := min(max(int(p.Span), 1)*spanUnit, columns)
			if x+w > columns {
				x, y = 0, y+rowHeight
			}
			p.GridPos = &apiGrid{X: number(x), Y: number(y), W: number(w), H: rowHeight}
			r.panel(p, indexed(place+".panels", j), title)
			x += w
		}
		y += rowHeight
	}
}

func (r *panelReader) panel(p apiPanel, place, row string) {
	out := opsreview.Panel{
		ID: int(p.ID), Title: string(p.Title), Description: string(p.Description), Type: string(p.Type), Row: row,
		Unit: unit(p), Queries: queries(p), Line: r.lines[place],
	}
	if out.ID <= 0 || r.ids[out.ID] {
		out.ID = 0 // it gets one that is free
	}
	r.ids[out.ID] = true
	if isObject(p.LibraryPanel) && len(p.Targets) == 0 && (out.Type == "" || strings.HasPrefix(out.Type, "library")) {
		out.Type = libraryPanel
	}
	switch out.Type {
	case textPanel:
		out.Text = cmp.Or(string(p.Options.Content), string(p.Content))
	case rowPanel:
		out.Row = ""
	}
	if g := p.GridPos; g != nil {
		out.X, out.Y, out.W, out.H = int(g.X), int(g.Y), int(g.W), int(g.H)
	}
	for _, l := range p.Links {
		if l.URL != "" {
			out.Links = append(out.Links, string(l.URL))
		}
	}
	r.all = append(r.all, out)
}

func unit(p apiPanel) string {
	u := cmp.Or(p.FieldConfig.Defaults.Unit, p.Format)
	if u == "" && len(p.YAxes) > 0 {
		u = p.YAxes[0].Format
	}
	return string(u)
}

// autoLegend is how Grafana writes that it chooses the legend.
const autoLegend = "__auto"

// queries are a panel's questions. One that names no data source has the
// panel's, and one without a name gets the first letter that is free.
func queries(p apiPanel) []opsreview.PanelQuery {
	var all []opsreview.PanelQuery
	taken := map[string]bool{}
	for _, t := range p.Targets {
		taken[string(t.RefID)] = true
	}
	used := map[string]bool{"": true}
	for _, t := range p.Targets {
		q := opsreview.PanelQuery{Name: string(t.RefID), Text: string(t.Expr), Legend: string(t.Legend), Hidden: t.Hide}
		if used[q.Name] {
			q.Name = freeLetter(taken)
		}
		used[q.Name] = true
		if q.Legend == autoLegend {
			q.Legend = ""
		}
		ds := t.Datasource
		if ds == (apiDatasource{}) {
			ds = p.Datasource
		}
		q.Datasource, q.Type = ds.Name, ds.Type
		all = append(all, q)
	}
	return all
}

// freeLetter returns the first of A, B, …, Z, AA, AB, … that is not taken, and
// takes it.
func freeLetter(taken map[string]bool) string {
	for i := 0; ; i++ {
		name := string(rune('A' + i%26))
		for n := i/26 - 1; n >= 0; n = n/26 - 1 {
			name = string(rune('A'+n%26)) + name
		}
		if !taken[name] {
			taken[name] = true
			return name
		}
	}
}

// giveIDs gives an ID to panels that have none of their own.
func giveIDs(panels []opsreview.Panel) {
	last := 0
	for _, p := range panels {
		last = max(last, p.ID)
	}
	for i := range panels {
		if panels[i].ID == 0 {
			last++
			panels[i].ID = last
		}
	}
}
