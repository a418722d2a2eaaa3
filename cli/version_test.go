package cli

import (
	"runtime/debug"
	"testing"
)

func TestVersion(t *testing.T) {
	const commit = "6ae57ae0123456789abcdef0123456789abcdef0"
	tests := map[string]struct {
		module   string
		settings map[string]string
		want     string
	}{
		"a release is called by its tag":     {"v1.4.0", map[string]string{"vcs.revision": commit}, "v1.4.0"},
		"a candidate too":                    {"v1.4.0-rc.1", map[string]string{"vcs.revision": commit}, "v1.4.0-rc.1"},
		"another commit by its name":         {"v1.4.1-0.20261121121836-6ae57ae01234", map[string]string{"vcs.revision": commit}, "6ae57ae01234"},
		"before the first release too":       {"v0.0.0-20261121121836-6ae57ae01234", map[string]string{"vcs.revision": commit}, "6ae57ae01234"},
		"a checkout with changes says so":    {"v1.4.0+dirty", map[string]string{"vcs.revision": commit, "vcs.modified": "true"}, "6ae57ae01234-modified"},
		"a build without a checkout":         {"(devel)", nil, "(devel)"},
		"a build that knows nothing of this": {"", nil, "unknown"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			info := &debug.BuildInfo{Main: debug.Module{Version: tt.module}}
			for k, v := range tt.settings {
				info.Settings = append(info.Settings, debug.BuildSetting{Key: k, Value: v})
			}
			if got := readBuild(info).name(); got != tt.want {
				t.Errorf("the build is called %q, want %q", got, tt.want)
			}
		})
	}
}
