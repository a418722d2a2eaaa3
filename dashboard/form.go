package dashboard

import (
	"bytes"
	"encoding/json"
	"math"
)

// The forms of Grafana's JSON, only the fields that are used. Grafana itself
// checks little of what it stores, so that one field of an unexpected form must
// not cost the dashboard.

type apiEnvelope struct {
	Dashboard json.RawMessage `json:"dashboard"` // in the envelope of the HTTP API
	Meta      struct {
		URL         text `json:"url"`
		Updated     text `json:"updated"`
		FolderTitle text `json:"folderTitle"`
	} `json:"meta"`

	APIVersion text            `json:"apiVersion"` // where dashboards are resources
	Spec       json.RawMessage `json:"spec"`
	Metadata   struct {
		Name text `json:"name"`
	} `json:"metadata"`
}

type apiDashboard struct {
	UID         text       `json:"uid"`
	Title       text       `json:"title"`
	Description text       `json:"description"`
	Tags        texts      `json:"tags"`
	Panels      []apiPanel `json:"panels"`
	Rows        []apiRow   `json:"rows"` // of schemas before 16
	Templating  struct {
		List []apiVariable `json:"list"`
	} `json:"templating"`
	Inputs   []apiInput      `json:"__inputs"` // of a dashboard that was exported to be shared
	Elements json.RawMessage `json:"elements"` // of schema 2
}

type apiInput struct {
	Name     text `json:"name"`
	Type     text `json:"type"`
	PluginID text `json:"pluginId"`
	Value    text `json:"value"`
}

type apiRow struct {
	Title     text       `json:"title"`
	ShowTitle bool       `json:"showTitle"`
	Collapse  bool       `json:"collapse"`
	Panels    []apiPanel `json:"panels"`
}

type apiPanel struct {
	ID          number        `json:"id"`
	Title       text          `json:"title"`
	Description text          `json:"description"`
	Type        text          `json:"type"`
	GridPos     *apiGrid      `json:"gridPos"`
	Span        number        `json:"span"` // of schemas before 16: of 12
	Collapsed   bool          `json:"collapsed"`
	Panels      []apiPanel    `json:"panels"` // of a collapsed row
	Datasource  apiDatasource `json:"datasource"`
	Targets     []apiTarget   `json:"targets"`
	Links       []apiLink     `json:"links"`
	Content     text          `json:"content"` // of an old text panel
	Format      text          `json:"format"`  // the unit of an old singlestat
	Options     struct {
		Content text `json:"content"`
	} `json:"options"`
	FieldConfig struct {
		Defaults struct {
			Unit text `json:"unit"`
		} `json:"defaults"`
	} `json:"fieldConfig"`
	YAxes []struct {
		Format text `json:"format"` // the unit of an old graph
	} `json:"yaxes"`
	LibraryPanel json.RawMessage `json:"libraryPanel"`
}

type apiGrid struct {
	X number `json:"x"`
	Y number `json:"y"`
	W number `json:"w"`
	H number `json:"h"`
}

type apiLink struct {
	URL text `json:"url"`
}

type apiTarget struct {
	RefID      text          `json:"refId"`
	Expr       text          `json:"expr"`
	Legend     text          `json:"legendFormat"`
	Datasource apiDatasource `json:"datasource"`
	Hide       bool          `json:"hide"`
}

type apiVariable struct {
	Name       text        `json:"name"`
	Type       text        `json:"type"`
	Query      apiQuery    `json:"query"`
	Definition text        `json:"definition"` // how Grafana shows the query
	Regex      text        `json:"regex"`
	Current    apiCurrent  `json:"current"`
	Options    []apiOption `json:"options"`
	IncludeAll bool        `json:"includeAll"`
	AllValue   text        `json:"allValue"`
	Multi      bool        `json:"multi"`
}

type apiOption struct {
	Value text `json:"value"`
}

// text takes any scalar for text, and nothing for anything else.
type text string

// UnmarshalJSON implements [json.Unmarshaler].
func (t *text) UnmarshalJSON(data []byte) error {
	var s string
	switch {
	case json.Unmarshal(data, &s) == nil:
		*t = text(s)
	case bytes.ContainsAny(data[:1], "{[n"):
		*t = ""
	default:
		*t = text(data) // a number, true or false
	}
	return nil
}

// texts takes one text for a list of one.
type texts []string

// UnmarshalJSON implements [json.Unmarshaler].
func (t *texts) UnmarshalJSON(data []byte) error {
	var list []text
	if json.Unmarshal(data, &list) != nil {
		var one text
		if json.Unmarshal(data, &one) == nil && one != "" {
			list = []text{one}
		}
	}
	*t = nil
	for _, s := range list {
		*t = append(*t, string(s))
	}
	return nil
}

// number takes any number, and 0 for anything else.
type number int

// UnmarshalJSON implements [json.Unmarshaler].
func (n *number) UnmarshalJSON(data []byte) error {
	var f float64
	if json.Unmarshal(bytes.Trim(data, `"`), &f) != nil || math.Abs(f) > math.MaxInt32 {
		f = 0
	}
	*n = number(f)
	return nil
}

// apiDatasource is a name, as it was until Grafana 8.3, or a reference.
type apiDatasource struct {
	Name, Type string
}

// UnmarshalJSON implements [json.Unmarshaler].
func (d *apiDatasource) UnmarshalJSON(data []byte) error {
	var ref struct {
		UID  text `json:"uid"`
		Type text `json:"type"`
	}
	var name text
	if json.Unmarshal(data, &ref) == nil {
		*d = apiDatasource{Name: string(ref.UID), Type: string(ref.Type)}
		return nil
	}
	if json.Unmarshal(data, &name) == nil {
		*d = apiDatasource{Name: string(name)}
	}
	return nil
}

// apiQuery is a variable's query: text, or an object that holds it.
type apiQuery string

// UnmarshalJSON implements [json.Unmarshaler].
func (q *apiQuery) UnmarshalJSON(data []byte) error {
	var holder struct {
		Query text `json:"query"`
	}
	if json.Unmarshal(data, &holder) == nil && holder.Query != "" {
		*q = apiQuery(holder.Query)
		return nil
	}
	var s text
	err := json.Unmarshal(data, &s)
	*q = apiQuery(s)
	return err
}

// apiCurrent is what was chosen: nothing, one value or several.
type apiCurrent []string

// UnmarshalJSON implements [json.Unmarshaler].
func (c *apiCurrent) UnmarshalJSON(data []byte) error {
	var holder struct {
		Value texts `json:"value"`
	}
	if json.Unmarshal(data, &holder) == nil {
		*c = apiCurrent(holder.Value)
	}
	return nil
}
