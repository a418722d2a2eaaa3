package cli

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
)

// serveHTTP starts opsreview serve with a configuration and an HTTP side in a
// process of its own. It returns its URL and how to end it, which returns the
// rest of what it said and its exit status.
func serveHTTP(t *testing.T, config string, env ...string) (url string, end func() (string, int)) {
	t.Helper()
	a := &account{t: t, home: t.TempDir()}
	if err := os.WriteFile(filepath.Join(a.home, "opsreview.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := a.command("served.db", "serve", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", "--log-level", "debug")
	cmd.Env = append(cmd.Env, env...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stderr)
	for url == "" && lines.Scan() {
		if _, after, ok := strings.Cut(lines.Text(), "webhooks, metrics and health on "); ok {
			url = "http://" + after
		}
	}
	if url == "" {
		_ = cmd.Wait()
		t.Fatalf("serve did not say where HTTP is: %v", cmd.ProcessState)
	}
	return url, func() (string, int) {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		var rest []string
		for lines.Scan() {
			rest = append(rest, lines.Text())
		}
		_ = cmd.Wait() // the exit status says it
		return strings.Join(rest, "\n"), cmd.ProcessState.ExitCode()
	}
}

func fetch(t *testing.T, url string) (int, string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// TestServe_HTTP is a webhook, a scrape and a probe as an operator has them,
// with the secret in a file that the configuration names.
func TestServe_HTTP(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	url, end := serveHTTP(t, "sources:\n  - {name: pd, type: pagerduty, token_env: NO_SUCH_TOKEN, webhook_secret_file: "+secret+"}\n")
	for path, want := range map[string]string{
		"/healthz": `"status":"ok"`, "/readyz": `"schema":"ok"`, "/metrics": "opsreview_build_info{",
	} {
		if status, body := fetch(t, url+path); status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s answers %d: %s", path, status, body)
		}
	}
	body := `{"event": {"id": "1", "event_type": "incident.triggered", "resource_type": "incident"}}`
	mac := hmac.New(sha256.New, []byte("s3cret"))
	mac.Write([]byte(body))
	for signature, want := range map[string]int{
		"v1=" + hex.EncodeToString(mac.Sum(nil)): http.StatusAccepted, "v1=00": http.StatusUnauthorized,
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/webhooks/pagerduty/pd", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-PagerDuty-Signature", signature)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("a webhook signed %s gets %d, want %d", signature, resp.StatusCode, want)
		}
	}
	http.DefaultClient.CloseIdleConnections()
	if rest, status := end(); status != exitOK || !strings.HasSuffix(rest, "opsreview: stopped") {
		t.Errorf("exit status %d, %q", status, rest)
	}
}

func TestServe_HTTPIsNotOpenToOthers(t *testing.T) {
	home := t.TempDir()
	for _, addr := range []string{"0.0.0.0:0", ":7475", "nowhere"} {
		r := run(t, home, syncNow, "--db", filepath.Join(home, "x.db"), "serve", "--listen", "127.0.0.1:0", "--http", addr)
		if r.status != exitUsage || !strings.Contains(r.stderr, addr) {
			t.Errorf("%s: exit status %d: %s", addr, r.status, r.stderr)
		}
	}
}

// A collector takes traces and understands nothing of them.
func collector(t *testing.T) (addr string, exports <-chan string) {
	t.Helper()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 100)
	s := grpc.NewServer(grpc.UnknownServiceHandler(func(_ any, stream grpc.ServerStream) error {
		method, _ := grpc.MethodFromServerStream(stream)
		traces := &emptypb.Empty{}
		if err := stream.RecvMsg(traces); err != nil {
			return err
		}
		select {
		case got <- method + " " + string(traces.ProtoReflect().GetUnknown()):
		default:
		}
		return stream.SendMsg(&emptypb.Empty{})
	}))
	go func() { _ = s.Serve(lis) }()
	t.Cleanup(s.Stop)
	return lis.Addr().String(), got
}

func TestServe_SendsTracesWhereACollectorIsNamed(t *testing.T) {
	addr, exports := collector(t)
	const sync = "sources:\n  - {name: pd, type: pagerduty, token_env: NO_SUCH_TOKEN}\n"
	for name, tt := range map[string]struct {
		config string
		env    []string
		want   bool
	}{
		"by the configuration":         {config: "server: {otlp_endpoint: \"http://" + addr + "\"}\n" + sync, want: true},
		"by the environment":           {config: sync, env: []string{"OTEL_EXPORTER_OTLP_ENDPOINT=http://" + addr}, want: true},
		"nowhere":                      {config: sync},
		"but not where it is disabled": {config: sync, env: []string{"OTEL_EXPORTER_OTLP_ENDPOINT=http://" + addr, "OTEL_SDK_DISABLED=true"}},
	} {
		t.Run(name, func(t *testing.T) {
			url, end := serveHTTP(t, tt.config, tt.env...)
			for { // The schedule's first sync fails for want of a token, and is a span all the same.
				if _, text := fetch(t, url+"/metrics"); strings.Contains(text, `opsreview_source_syncs_total{result="failed",source="pd"} 1`) {
					break
				}
			}
			rest, status := end()
			if status != exitOK || strings.Contains(rest, "traces cannot be sent") {
				t.Errorf("exit status %d: %s", status, rest)
			}
			if strings.Contains(rest, "trace_id=") != tt.want {
				t.Errorf("the log has trace IDs: %t, want %t:\n%s", !tt.want, tt.want, rest)
			}
			select {
			case got := <-exports:
				if !tt.want || !strings.HasPrefix(got, "/opentelemetry.proto.collector.trace.v1.TraceService/Export ") || !strings.Contains(got, "opsreview.source") {
					t.Errorf("exported %q", got)
				}
			default:
				if tt.want {
					t.Error("nothing was exported")
				}
			}
		})
	}
}
