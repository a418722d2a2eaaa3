package prom

import (
	"context"
	"strings"

	"opsreview"
)

// A Status is what a server says of itself. A part that it does not say is "".
type Status struct {
	Version   string
	Retention string // "15d", "30d or 512MB", "1y2w"
}

// Status asks the server about itself. Servers that only speak the same API
// say little. It returns an error only if the server does not answer at all,
// or refuses the credentials.
func (c *Client) Status(ctx context.Context) (Status, error) {
	var st Status
	var build struct {
		Version string `json:"version"`
	}
	if err := c.get(ctx, "/api/v1/status/buildinfo", nil, &build); err == nil {
		st.Version = build.Version
	} else if opsreview.ErrorCode(err) != opsreview.NotFound {
		return st, err
	}
	var run struct {
		Retention string `json:"storageRetention"`
	}
	if err := c.get(ctx, "/api/v1/status/runtimeinfo", nil, &run); err == nil {
		st.Retention = strings.TrimSpace(run.Retention)
	}
	return st, ctx.Err()
}

// Config returns the server's configuration in YAML, "" where it does not tell
// it. It returns an error only if the server does not answer.
func (c *Client) Config(ctx context.Context) (string, error) {
	var answer struct {
		YAML string `json:"yaml"`
	}
	err := c.get(ctx, "/api/v1/status/config", nil, &answer)
	if code := opsreview.ErrorCode(err); code == opsreview.NotFound || code == opsreview.Invalid {
		return "", nil // others than Prometheus, and those that let nobody look
	}
	return answer.YAML, err
}
