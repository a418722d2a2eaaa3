package cli

import (
	"fmt"
	"io"
	"strings"

	pb "opsreview/proto/opsreview/v1"
)

// printSuggestion says what policy thinks of a page, why, and how often the
// rule was right. It is shown beside the labels, never as one.
func (a *app) printSuggestion(resp *pb.GetPageResponse) {
	suggestions := resp.GetSuggestions()
	if len(suggestions) == 0 {
		return
	}
	s, width := a.style(), a.terminalWidth()
	first := suggestions[0]
	writeLine(a.stdout, "")
	writeLine(a.stdout, s.bold("SUGGESTION")+"  no label: policy's view, which is not counted")
	writeLine(a.stdout, "  "+suggestionWords(first)+", by the rule "+clean(first.GetRule()))
	writeWrapped(a.stdout, "  ", "since "+bounded(first.GetReason()), width)
	writeWrapped(a.stdout, "  ", hitRateText(first), width)
	for _, e := range first.GetEvidence() {
		writeWrapped(a.stdout, "    ", bounded(e), width)
	}
	var others []string
	for _, o := range suggestions[1:] {
		others = append(others, clean(o.GetRule())+" ("+suggestionWords(o)+")")
	}
	if len(others) > 0 {
		writeWrapped(a.stdout, "  ", "other rules that speak: "+strings.Join(others, ", "), width)
	}
	if resp.GetPage().GetLabel() == nil {
		writeLine(a.stdout, "  to agree: opsreview page label "+shellWord(clean(resp.GetPage().GetName()))+" --accept-suggestion")
	}
}

// suggestionWords is a suggested verdict with its cause: "not actionable, duplicate".
func suggestionWords(s *pb.Suggestion) string {
	text := verdictName(s.GetVerdict())
	if s.GetCause() != "" {
		text += ", " + clean(s.GetCause())
	}
	return text
}

func verdictName(v pb.Verdict) string {
	return strings.ReplaceAll(enumWord(v.String(), "VERDICT_"), "_", " ")
}

// hitRateText says how often a rule agreed with people.
func hitRateText(s *pb.Suggestion) string {
	h := s.GetHitRate()
	if h == nil {
		return "nobody has labelled a page of which this rule spoke, so how good it is, is not known"
	}
	text := fmt.Sprintf("people agreed with this rule on %s", hitRate(h))
	if s.GetUnreliable() {
		text = "UNRELIABLE: " + text
	}
	return text
}

// hitRate is "11 of 12 labelled pages (92 %, 65 to 99 %)".
func hitRate(h *pb.HitRate) string {
	return fmt.Sprintf("%d of %s (%s, from %.0f to %.0f %%)", h.GetHits(), plural(h.GetTotal(), "labelled page"),
		percent(h.GetHits(), h.GetTotal()), 100*h.GetLow(), 100*h.GetHigh())
}

// suggested is what stands in a list for the verdict of an unlabelled page, ""
// where policy suggests nothing.
func suggested(p *pb.Page) string {
	s := p.GetSuggestion()
	if p.GetLabel() != nil || s == nil {
		return ""
	}
	word := clean(s.GetCause())
	if word == "" {
		word = verdictName(s.GetVerdict())
	}
	return word + "?"
}

// printSuggested says in one line what policy suggests for the pages that
// nobody has labelled, if it suggests anything.
func printSuggested(w io.Writer, r *pb.Review, width int) {
	c := r.GetSuggested()
	speaks := c.GetActionable() + c.GetNotActionable()
	if speaks == 0 {
		return
	}
	writeWrapped(w, "  ", fmt.Sprintf("of %s, policy suggests %d as actionable, %d as not actionable, and nothing for %d; suggestions are not counted",
		plural(speaks+c.GetNone(), "unlabelled page"), c.GetActionable(), c.GetNotActionable(), c.GetNone()), width)
}

// hitRateJSON is how often a rule agreed with people.
type hitRateJSON struct {
	Hits  int32   `json:"hits"`
	Total int32   `json:"total"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

func hitRateToJSON(h *pb.HitRate) *hitRateJSON {
	if h == nil {
		return nil
	}
	return &hitRateJSON{Hits: h.GetHits(), Total: h.GetTotal(), Low: h.GetLow(), High: h.GetHigh()}
}

// suggestionJSON is what a rule thinks of a page.
type suggestionJSON struct {
	Rule       string       `json:"rule"`
	Verdict    string       `json:"verdict"`
	Cause      string       `json:"cause,omitempty"`
	Reason     string       `json:"reason"`
	Evidence   []string     `json:"evidence"`
	HitRate    *hitRateJSON `json:"hit_rate,omitempty"`
	Unreliable bool         `json:"unreliable,omitempty"`
}

func suggestionToJSON(s *pb.Suggestion) *suggestionJSON {
	if s == nil {
		return nil
	}
	return &suggestionJSON{
		Rule: s.GetRule(), Verdict: enumWord(s.GetVerdict().String(), "VERDICT_"), Cause: s.GetCause(), Reason: s.GetReason(),
		Evidence: append([]string{}, s.GetEvidence()...), HitRate: hitRateToJSON(s.GetHitRate()), Unreliable: s.GetUnreliable(),
	}
}

func suggestionsToJSON(list []*pb.Suggestion) []suggestionJSON {
	out := make([]suggestionJSON, len(list))
	for i, s := range list {
		out[i] = *suggestionToJSON(s)
	}
	return out
}

// suggestedJSON counts what policy suggests for unlabelled pages.
type suggestedJSON struct {
	Actionable    int32 `json:"actionable"`
	NotActionable int32 `json:"not_actionable"`
	None          int32 `json:"none"`
}

func suggestedToJSON(c *pb.SuggestionCounts) *suggestedJSON {
	if c == nil {
		return nil
	}
	return &suggestedJSON{Actionable: c.GetActionable(), NotActionable: c.GetNotActionable(), None: c.GetNone()}
}
