package prom_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/internal/prom"
	"opsreview/internal/rest"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// impatient asks again at once.
func impatient(c *rest.Config) {
	c.Attempts = 3
	c.Clock.Sleep = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
}

// serve returns a client of a server that answers with fn.
func serve(t *testing.T, auth prom.Auth, fn http.HandlerFunc) *prom.Client {
	t.Helper()
	srv := httptest.NewServer(fn)
	t.Cleanup(srv.Close)
	c, err := prom.New(srv.URL, auth, srv.Client(), impatient)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func say(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

func matrix(samples string) string {
	return `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"job":"x"},"values":[` + samples + `]}]}}`
}

func TestRaw(t *testing.T) {
	tests := map[string]struct {
		samples string
		want    []prom.Sample
	}{
		"the left end does not belong to a range, whatever the server's version": {
			samples: `[1772451600,"1"],[1772452800,"2"]`, // 11:40 and 12:00
			want:    []prom.Sample{{At: noon, Value: 2}},
		},
		"samples have milliseconds": {
			samples: `[1772452799.123,"2"]`,
			want:    []prom.Sample{{At: noon.Add(-877 * time.Millisecond), Value: 2}},
		},
		"an infinity is a value": {
			samples: `[1772452800,"+Inf"]`,
			want:    []prom.Sample{{At: noon, Value: math.Inf(1)}},
		},
		"large counters keep every event": {
			samples: `[1772452800,"9007199254740991"]`,
			want:    []prom.Sample{{At: noon, Value: 9007199254740991}},
		},
		"a series without samples in the range is not there": {samples: `[1772451600,"1"]`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := serve(t, prom.Auth{}, say(http.StatusOK, matrix(tt.samples)))
			got, err := c.Raw(t.Context(), "up", noon.Add(-20*time.Minute), noon)
			if err != nil {
				t.Fatal(err)
			}
			var samples []prom.Sample
			for _, s := range got {
				samples = append(samples, s.Samples...)
			}
			if diff := cmp.Diff(tt.want, samples); diff != "" {
				t.Errorf("samples (-want +got):\n%s", diff)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	tests := map[string]struct {
		status int
		body   string
		code   opsreview.Code
		text   string
	}{
		"a query that is none is the author's": {400, `{"status":"error","errorType":"bad_data","error":"parse error at char 3"}`, opsreview.Invalid, "parse error at char 3"},
		"a query that fails is the author's":   {422, `{"status":"error","errorType":"execution","error":"many-to-many matching"}`, opsreview.Invalid, "many-to-many"},
		"a server that is down is not":         {503, `down`, opsreview.Unavailable, "503"},
		"credentials that are refused":         {401, ``, opsreview.Invalid, "check the token"},
		"half an answer is none":               {200, `{"status":"success","data":{"resultType":"mat`, opsreview.Unavailable, "broke off"},
		"another server's JSON is no answer":   {200, `{"hello":"world"}`, opsreview.Unavailable, "no answer of its API"},
		"a sample of another form":             {200, matrix(`[1772452800,42]`), opsreview.Unavailable, "cannot be read"},
		"words are not numbers":                {200, `{"status":"success","data":{"resultType":"string","result":[1,"x"]}}`, opsreview.Invalid, "no numbers"},
		"a native histogram is refused by name": {
			200, `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"latency"},"histograms":[[1,{"count":"3"}]]}]}}`,
			opsreview.Invalid, `"latency" is a native histogram`,
		},
		"too many samples even for a minute": {
			422, `{"status":"error","errorType":"execution","error":"query processing would load too many samples into memory in query execution"}`,
			opsreview.Invalid, "too many samples",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := serve(t, prom.Auth{}, say(tt.status, tt.body))
			_, err := c.Raw(t.Context(), "up", noon.Add(-20*time.Minute), noon)
			if opsreview.ErrorCode(err) != tt.code || !strings.Contains(opsreview.ErrorMessage(err), tt.text) {
				t.Errorf("the answer is %v, want %s with %q", err, tt.code, tt.text)
			}
		})
	}
}

// A small server refuses more than an hour of samples and more than 100 steps.
func small(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	refuse := func() {
		w.WriteHeader(http.StatusUnprocessableEntity)
		fmt.Fprint(w, `{"status":"error","errorType":"execution","error":"query processing would load too many samples into memory in query execution"}`)
	}
	num := func(name string) float64 { f, _ := strconv.ParseFloat(r.Form.Get(name), 64); return f }
	start, end, step := num("start"), num("end"), num("step")
	if strings.HasSuffix(r.URL.Path, "/query") {
		_, ms, _ := strings.Cut(strings.TrimSuffix(r.Form.Get("query"), "ms]"), "[")
		span, _ := strconv.ParseFloat(ms, 64)
		if span > 3601_000 {
			refuse()
			return
		}
		end, step = num("time"), 60
		start = math.Ceil((end-span/1000)/60) * 60
	} else if (end-start)/step >= 100 {
		refuse()
		return
	}
	var samples []string
	for at := start; at <= end; at += step {
		samples = append(samples, fmt.Sprintf(`[%.3f,"%.0f"]`, at, at/60))
	}
	fmt.Fprint(w, matrix(strings.Join(samples, ",")))
}

func TestTooLarge_IsHalvedWithoutLoss(t *testing.T) {
	c := serve(t, prom.Auth{}, small)
	raw, err := c.Raw(t.Context(), "up", noon.Add(-9*time.Hour), noon)
	if err != nil {
		t.Fatal(err)
	}
	steps, err := c.Range(t.Context(), "up", noon.Add(-9*time.Hour+time.Minute), noon, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string][]prom.Series{"raw": raw, "range": steps} {
		if len(got) != 1 || len(got[0].Samples) != 9*60 {
			t.Fatalf("%s: %d series, want one with a sample a minute for 9 hours", name, len(got))
		}
		for i, s := range got[0].Samples {
			if want := noon.Add(time.Duration(i+1-9*60) * time.Minute); !s.At.Equal(want) {
				t.Fatalf("%s: sample %d is at %s, want %s: lost or doubled at a seam", name, i, s.At, want)
			}
		}
	}
}

func TestAuth(t *testing.T) {
	tests := map[string]struct {
		auth prom.Auth
		want string
	}{
		"nothing is sent where there is nothing": {},
		"a token":                                {prom.Auth{Token: "s3cret"}, "Bearer s3cret"},
		"a name and a password":                  {prom.Auth{Username: "ada", Password: "s3cret"}, "Basic " + base64.StdEncoding.EncodeToString([]byte("ada:s3cret"))},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := ""
			c := serve(t, tt.auth, func(w http.ResponseWriter, r *http.Request) {
				got = r.Header.Get("Authorization")
				w.WriteHeader(http.StatusUnauthorized)
				fmt.Fprintf(w, `{"message":"%s is wrong"}`, got)
			})
			_, err := c.Status(t.Context())
			if got != tt.want {
				t.Errorf("Authorization is %q, want %q", got, tt.want)
			}
			if tt.want != "" && (strings.Contains(fmt.Sprint(err), "s3cret") || strings.Contains(fmt.Sprint(err), strings.TrimPrefix(tt.want, "Basic "))) {
				t.Errorf("the error tells the secret: %v", err)
			}
		})
	}
}

func TestParseBase(t *testing.T) {
	tests := map[string]struct {
		base string
		auth prom.Auth
		ok   bool
	}{
		"plain HTTP will do where nothing secret is sent": {"http://prometheus.example:9090", prom.Auth{}, true},
		"credentials do not travel in the clear":          {"http://prometheus.example:9090", prom.Auth{Token: "x"}, false},
		"a path is part of the place":                     {"https://mimir.example/prometheus", prom.Auth{Token: "x"}, true},
		"a password has no place in it":                   {"http://a:b@prometheus.example", prom.Auth{}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := prom.ParseBase(tt.base, tt.auth); (err == nil) != tt.ok {
				t.Errorf("ParseBase answers %v", err)
			}
		})
	}
}

func TestPost_FallsBackToGet(t *testing.T) {
	var asked []string
	c := serve(t, prom.Auth{}, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method)
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		if q, _ := url.ParseQuery(r.URL.RawQuery); q.Get("query") != "up" {
			t.Errorf("the query is %q", r.URL.RawQuery)
		}
		fmt.Fprint(w, `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1772452800,"NaN"]}]}}`)
	})
	got, err := c.Instant(t.Context(), "up", noon)
	if err != nil || len(got) != 1 || !math.IsNaN(got[0].Samples[0].Value) {
		t.Errorf("got %v, %v", got, err)
	}
	if diff := cmp.Diff([]string{"POST", "GET"}, asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

func TestWarned(t *testing.T) {
	c := serve(t, prom.Auth{}, say(http.StatusOK,
		`{"status":"success","warnings":["PromQL info: metric might not be a counter","1 store did not answer"],"data":{"resultType":"scalar","result":[1,"2"]}}`))
	var told []string
	if _, err := c.Warned(func(text string) { told = append(told, text) }).Instant(t.Context(), "1", noon); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"1 store did not answer"}, told); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

func TestBusyServer_IsAskedAgain(t *testing.T) {
	n := 0
	c := serve(t, prom.Auth{}, func(w http.ResponseWriter, _ *http.Request) {
		if n++; n < 3 {
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		fmt.Fprint(w, matrix(`[1772452800,"2"]`))
	})
	if got, err := c.Raw(t.Context(), "up", noon.Add(-time.Minute), noon); err != nil || len(got) != 1 {
		t.Errorf("got %v, %v", got, err)
	}
}
