package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"opsreview/config"
)

// The manual's configuration is one that the program reads, and the manual
// names the metrics that there are.
func TestOperate(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "docs", "operate.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "```yaml\n")
	example, _, closed := strings.Cut(rest, "```")
	if !found || !closed {
		t.Fatal("there is no configuration in docs/operate.md")
	}
	c, err := config.Parse("opsreview.yaml", []byte(example))
	if err != nil {
		t.Fatalf("the manual's configuration is wrong: %v", err)
	}
	if c.Server.HTTP == "" || c.Sources[0].PagerDuty.WebhookSecretFile == "" {
		t.Error("the manual's configuration takes no webhooks")
	}
	described, err := os.ReadFile(filepath.Join("..", "server", "metrics.go"))
	if err != nil {
		t.Fatal(err)
	}
	headlines, err := os.ReadFile(filepath.Join("..", "server", "headline.go"))
	if err != nil {
		t.Fatal(err)
	}
	name := regexp.MustCompile(`opsreview_[a-z_]+[a-z]`)
	want := slices.Compact(slices.Sorted(slices.Values(name.FindAllString(string(described)+string(headlines), -1))))
	got := slices.Compact(slices.Sorted(slices.Values(name.FindAllString(string(text), -1))))
	if !slices.Equal(want, got) {
		t.Errorf("docs/operate.md names %v\nthe server has %v", got, want)
	}
}

// The units are what systemd understands. Whether it is there depends on the
// machine.
func TestUnits(t *testing.T) {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("systemd-analyze is not installed")
	}
	dir := t.TempDir()
	paths, err := filepath.Glob(filepath.Join("..", "packaging", "opsreview*.*"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("there are no units: %v", err)
	}
	args := []string{"verify"}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		// The program is not installed here, and systemd looks for it.
		unit := filepath.Join(dir, filepath.Base(path))
		if err := os.WriteFile(unit, []byte(strings.ReplaceAll(string(text), "/usr/bin/opsreview", "/bin/sh")), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, unit)
	}
	if out, err := exec.CommandContext(t.Context(), "systemd-analyze", args...).CombinedOutput(); err != nil || strings.Contains(string(out), "opsreview") {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
}
