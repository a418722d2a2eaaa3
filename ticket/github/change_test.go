package github_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/ticket"
	"opsreview/ticket/github"
)

// unmarked is a comment without what people do not see.
func unmarked(comments []string) []string {
	var all []string
	for _, c := range comments {
		_, text, _ := strings.Cut(c, "-->\n")
		all = append(all, text)
	}
	return all
}

func TestNote_IsOneCommentThatIsKept(t *testing.T) {
	tests := map[string]struct {
		between func(h *hub) // what happens after the first note
		texts   []string
		want    []string
		edits   int
	}{
		"a first note is a comment":           {nil, []string{"one"}, []string{"one"}, 0},
		"a second is written in its place":    {nil, []string{"one", "two", "three"}, []string{"three"}, 2},
		"the same again changes nothing":      {nil, []string{"one", "one"}, []string{"one"}, 0},
		"other ends of lines are no change":   {func(h *hub) { h.comments[0].Body = strings.ReplaceAll(h.comments[0].Body, "\n", "\r\n") + "\r\n" }, []string{"one", "one"}, []string{"\r\none\r\n"}, 0},
		"a note of another account is its":    {func(h *hub) { h.comments[0].Login = "ada" }, []string{"one", "two"}, []string{"one", "two"}, 0},
		"a note that people edited is theirs": {func(h *hub) { h.comments[0].Body += " It is the disk." }, []string{"one", "two", "three"}, []string{"one It is the disk.", "three"}, 1},
		"a note behind many others is found": {func(h *hub) {
			first := h.comments[0]
			h.comments = nil
			for n := range 5 {
				h.comments = append(h.comments, &comment{ID: int64(n), Issue: 1, Body: "<!-- x -->\nhello", Login: "ada"})
			}
			h.comments = append(h.comments, first)
		}, []string{"one", "two"}, []string{"hello", "hello", "hello", "hello", "hello", "two"}, 1},
		"an app knows its notes by their author": {func(h *hub) { h.comments[0].Bot = true }, []string{"one", "two"}, []string{"two"}, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			h := newHub(t)
			h.pageSize = 2
			h.app = strings.HasPrefix(name, "an app")
			tracker := open(t, h)
			ref := file(t, tracker, draft("Noisy"))
			for i, text := range tt.texts {
				if err := tracker.Note(t.Context(), ref.ID, "opsreview-0123456789abcdef-seen", say(text)); err != nil {
					t.Fatalf("writing a note: %v", err)
				}
				if i == 0 && tt.between != nil {
					h.edited(func() { tt.between(h) })
				}
			}
			got := unmarked(h.bodies(1))
			if strings.HasPrefix(name, "other ends") {
				_, text, _ := strings.Cut(h.bodies(1)[0], "-->")
				got = []string{text}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("the comments (-want +got):\n%s", diff)
			}
			if n := h.count("PATCH "); n != tt.edits {
				t.Errorf("%d comments were edited, want %d", n, tt.edits)
			}
		})
	}
}

func TestNote_IsNotWrittenWhereNobodyKnowsWhoWeAre(t *testing.T) {
	h := newHub(t)
	tracker := open(t, h)
	ref := file(t, tracker, draft("Noisy"))
	h.fail(fault{path: "/user", times: 10, before: status(500)})
	if err := tracker.Note(t.Context(), ref.ID, "seen", say("x")); opsreview.ErrorCode(err) != opsreview.Unavailable {
		t.Errorf("the error is %v, want an Unavailable one", err)
	}
	if got := h.bodies(1); len(got) != 0 {
		t.Errorf("the comments are %q", got)
	}
}

func TestReopen_OpensOnceAndSaysWhy(t *testing.T) {
	h := newHub(t)
	tracker := open(t, h)
	ref := file(t, tracker, draft("Noisy"))
	for week := range 2 {
		h.close(1, "completed", monday.Add(time.Duration(week)*7*24*time.Hour))
		for range 2 {
			if err := tracker.Reopen(t.Context(), ref.ID, say("It came back.")); err != nil {
				t.Fatalf("opening again: %v", err)
			}
		}
	}
	got := get(t, tracker, ref.ID)
	if got.Stands != opsreview.TicketTodo || got.Resolution != "" || !got.ClosedAt.IsZero() {
		t.Errorf("the ticket is %+v", got)
	}
	if diff := cmp.Diff([]string{"It came back.", "It came back."}, unmarked(h.bodies(1))); diff != "" {
		t.Errorf("the comments (-want +got):\n%s", diff)
	}
}

func TestSnapshot_OfAClosedIssue(t *testing.T) {
	tests := map[string]struct {
		reason   string
		comments []comment
		want     string // the duplicate's key
	}{
		"a fixed one":                             {"completed", []comment{{Body: "Duplicate of #7"}}, ""},
		"one that nobody will fix":                {"not_planned", nil, ""},
		"a duplicate of what people say":          {"duplicate", []comment{{Body: "Hm."}, {Body: "See here:\r\n\r\nduplicate of #7"}}, "#7"},
		"a duplicate of nothing that is named":    {"duplicate", []comment{{Body: "It is no Duplicate of #7"}}, ""},
		"people's word comes before ours":         {"duplicate", []comment{{Body: "Duplicate of #7"}, {Body: "<!-- opsreview:duplicates-8 0 -->\nx"}}, "#7"},
		"ours holds where people say nothing":     {"duplicate", []comment{{Body: "<!-- opsreview:duplicates-8 0 -->\nx"}}, "#8"},
		"what people said last of several holds":  {"duplicate", []comment{{Body: "Duplicate of #7"}, {Body: "Duplicate of #9"}}, "#9"},
		"a word of the fingerprint is no mention": {"duplicate", []comment{{Body: "<!-- opsreview:opsreview-0123-duplicate 0 -->\nx"}}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			h := newHub(t)
			tracker := open(t, h)
			file(t, tracker, draft("Noisy"))
			h.close(1, tt.reason, monday)
			h.edited(func() {
				for _, c := range tt.comments {
					c.Issue, c.Login = 1, "ada"
					h.comments = append(h.comments, &c)
				}
			})
			got := get(t, tracker, "1")
			if got.Stands != opsreview.TicketDone || got.Resolution != tt.reason || !got.ClosedAt.Equal(monday) || got.Duplicate.Key != tt.want {
				t.Errorf("the ticket is %+v, want a duplicate of %q", got, tt.want)
			}
		})
	}
}

func TestRelate_SaysItOnce(t *testing.T) {
	h := newHub(t)
	tracker := open(t, h)
	for _, title := range []string{"one", "two"} {
		file(t, tracker, draft(title))
	}
	for range 2 {
		for _, kind := range []string{"relates", "duplicates"} {
			if err := tracker.Relate(t.Context(), "2", "1", kind); err != nil {
				t.Fatalf("relating: %v", err)
			}
		}
	}
	want := []string{"Relates to #1.", "This seems to stand for the same as #1."}
	if diff := cmp.Diff(want, unmarked(h.bodies(2))); diff != "" {
		t.Errorf("the comments (-want +got):\n%s", diff)
	}
	h.close(2, "duplicate", monday)
	if got := get(t, tracker, "2").Duplicate.ID; got != "1" {
		t.Errorf("it is a duplicate of %q, want 1", got)
	}
}

func TestAddLabels_LeavesThoseThatAreThere(t *testing.T) {
	h := newHub(t)
	tracker := open(t, h)
	ref := file(t, tracker, draft("Noisy"))
	h.edited(func() { h.issues[0].Labels = []string{"theirs"} })
	for range 2 {
		if err := tracker.AddLabels(t.Context(), ref.ID, []string{"opsreview"}); err != nil {
			t.Fatalf("labelling: %v", err)
		}
	}
	if diff := cmp.Diff([]string{"theirs", "opsreview"}, get(t, tracker, ref.ID).Labels); diff != "" {
		t.Errorf("the labels (-want +got):\n%s", diff)
	}
}

func TestChanges_OfATicketThatIsNotThereAreRefused(t *testing.T) {
	tracker := open(t, newHub(t))
	for _, id := range []string{"9", "x", "acme/web#1"} {
		for name, err := range map[string]error{
			"note":   tracker.Note(t.Context(), id, "seen", say("x")),
			"reopen": tracker.Reopen(t.Context(), id, say("x")),
			"label":  tracker.AddLabels(t.Context(), id, []string{"x"}),
			"relate": tracker.Relate(t.Context(), id, "8", "relates"),
		} {
			if !rejected(err) {
				t.Errorf("%s of %s: the error is %v, want a refusal", name, id, err)
			}
		}
	}
}

// People lock issues and delete them. That says nothing of the token.
func TestNote_OnALockedIssueIsRefusedAlone(t *testing.T) {
	h := newHub(t)
	tracker := open(t, h)
	ref := file(t, tracker, draft("Noisy"))
	h.fail(fault{method: http.MethodPost, path: "/comments", before: status(403)})
	if err := tracker.Note(t.Context(), ref.ID, "seen", say("x")); !rejected(err) || noAccess(err) {
		t.Errorf("the error is %v, want a refusal of this issue", err)
	}
}

func TestChanges_ThrottledAreToldAsSuch(t *testing.T) {
	h := newHub(t)
	tracker := open(t, h)
	ref := file(t, tracker, draft("Noisy"))
	h.fail(fault{path: "/user", times: 10, before: status(http.StatusForbidden, "Retry-After", "60")})
	err := tracker.Note(t.Context(), ref.ID, "seen", say("x"))
	var throttled *ticket.Throttled
	if !errors.As(err, &throttled) || throttled.After != time.Minute {
		t.Errorf("the error is %v, want to wait a minute", err)
	}
}

func TestCheck_TellsWhatIsAmiss(t *testing.T) {
	tests := map[string]struct {
		edit func(h *hub)
		want []string // the checks that fail, by their subjects
	}{
		"all is well":                              {func(*hub) {}, nil},
		"an app has no account":                    {func(h *hub) { h.app = true }, nil},
		"who may not label loses the labels":       {func(h *hub) { h.rights = map[string]bool{"pull": true} }, []string{"labels"}},
		"an archived repository takes nothing":     {func(h *hub) { h.archived = true }, []string{"repository"}},
		"a renamed repository is told of":          {func(h *hub) { h.fullName = "acme/operations" }, []string{"repository"}},
		"issues may be turned off":                 {func(h *hub) { h.noIssues = true }, []string{"issues"}},
		"a token that ends soon is told of":        {func(h *hub) { h.headers["GitHub-Authentication-Token-Expiration"] = "2026-03-20 00:00:00 UTC" }, []string{"token"}},
		"a token that ends late is well":           {func(h *hub) { h.headers["GitHub-Authentication-Token-Expiration"] = "2026-06-20 00:00:00 UTC" }, nil},
		"a classic token needs a scope":            {func(h *hub) { h.headers["X-OAuth-Scopes"] = "gist, read:org" }, []string{"scopes"}},
		"a public repository needs less of it":     {func(h *hub) { h.headers["X-OAuth-Scopes"] = "public_repo" }, nil},
		"a private repository needs more of it":    {func(h *hub) { h.headers["X-OAuth-Scopes"], h.private = "public_repo", true }, []string{"scopes"}},
		"a repository out of sight says only so":   {func(h *hub) { h.faults = []fault{{path: "/ops", times: 1, before: status(404)}} }, []string{"repository"}},
		"an account that is refused is told of":    {func(h *hub) { h.faults = []fault{{path: "/user", times: 1, before: status(401)}} }, []string{"account"}},
		"issues that cannot be listed are told of": {func(h *hub) { h.faults = []fault{{path: "/issues", times: 1, before: status(403)}} }, []string{"list"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			h := newHub(t)
			h.edited(func() { tt.edit(h) })
			var got []string
			for _, c := range open(t, h).Check(t.Context()) {
				if !c.OK {
					got = append(got, c.Subject)
				}
				if c.Detail == "" || c.OK != (c.Remedy == "") || strings.Contains(fmt.Sprint(c), "s3cret") {
					t.Errorf("a check says %+v", c)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("failed checks (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPreview_SaysWhatIsSentAndAsksNobody(t *testing.T) {
	h := newHub(t)
	got := open(t, h).Preview(draft("Noisy *monitor* of @ada"))
	want := "POST /repos/acme/ops/issues\n\ntitle: Noisy *monitor* of @ada\nlabels: opsreview, opsreview-0123456789abcdef, alert-noise, sre\n\n≈ 3.4 h/week\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the preview (-want +got):\n%s", diff)
	}
	if len(h.asked) != 0 {
		t.Errorf("it asked %q", h.asked)
	}
}

var _ ticket.Tracker = (*github.Tracker)(nil)
