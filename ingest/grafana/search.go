package grafana

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"opsreview"
	"opsreview/internal/rest"
)

const (
	// pageSize is Grafana's own default, and below the most that it allows.
	pageSize = 1000
	// mostPages ends a search that would not.
	mostPages = 100
)

// A listed is a dashboard as the search tells of it, only the fields that are
// used.
type listed struct {
	UID         string   `json:"uid"`
	Title       string   `json:"title"`
	Type        string   `json:"type"`
	Tags        []string `json:"tags"`
	FolderUID   string   `json:"folderUid"`
	FolderTitle string   `json:"folderTitle"` // "" for those in no folder
}

// noFolder is what people see where a dashboard is in no folder.
const noFolder = "General"

// chooses reports whether the configuration wants a dashboard.
func (c Config) chooses(f listed) bool {
	folder := f.FolderTitle
	if folder == "" {
		folder = noFolder
	}
	in := len(c.Folders) == 0 || slices.Contains(c.Folders, f.FolderUID) ||
		slices.ContainsFunc(c.Folders, func(name string) bool { return strings.EqualFold(name, folder) })
	return in && (len(c.Tags) == 0 || slices.ContainsFunc(f.Tags, func(tag string) bool { return slices.Contains(c.Tags, tag) }))
}

// search lists the dashboards that the token can see, in the order of their
// UIDs. Grafana's own filters by folder and tag are not used: they differ
// between its versions, and the list is short.
func (s *Source) search(ctx context.Context) ([]listed, error) {
	var all []listed
	seen := map[string]bool{}
	for page := 1; page <= mostPages; page++ {
		list, err := s.searchPage(ctx, page, pageSize)
		if err != nil {
			return nil, err
		}
		fresh := false
		for _, f := range list {
			if f.UID == "" || seen[f.UID] || f.Type != "" && f.Type != "dash-db" {
				continue
			}
			seen[f.UID], fresh = true, true
			all = append(all, f)
		}
		// A list that moves meanwhile may repeat some, but not all.
		if len(list) < pageSize || !fresh {
			slices.SortFunc(all, func(a, b listed) int { return strings.Compare(a.UID, b.UID) })
			return all, nil
		}
	}
	return nil, opsreview.Errorf(opsreview.Invalid, "Grafana has more than %d dashboards, or its list does not end", mostPages*pageSize)
}

func (s *Source) searchPage(ctx context.Context, page, limit int) ([]listed, error) {
	q := url.Values{"type": {"dash-db"}, "limit": {strconv.Itoa(limit)}, "page": {strconv.Itoa(page)}}
	resp, err := s.client.Do(ctx, rest.Request{Path: "/api/search", Query: q, Check: isJSON})
	if err != nil {
		return nil, err
	}
	var list []listed
	if err := json.Unmarshal(resp.Body, &list); err != nil {
		return nil, opsreview.Wrapf(err, opsreview.Unavailable, "Grafana's answer to GET /api/search is no list of dashboards: check base_url")
	}
	return list, nil
}

// isJSON refuses the pages that proxies and logins answer with.
func isJSON(body []byte) error {
	if !json.Valid(body) {
		return opsreview.Errorf(opsreview.Unavailable, "the answer is not JSON: check that base_url is Grafana's own")
	}
	return nil
}
