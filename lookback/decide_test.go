package lookback_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/lookback"
)

func TestPrepare_Decisions(t *testing.T) {
	decided := func(id string, verdict opsreview.AnomalyVerdict, w opsreview.Window) opsreview.AnomalyDecision {
		return opsreview.AnomalyDecision{ID: id, Chart: "c", Window: w, Verdict: verdict, Reason: "the backup", Author: "Ada", At: at(8, "10:00")}
	}
	dismissed := decided("1", opsreview.AnomalyDismissed, between(3, "10:30", "11:30"))
	tests := map[string]struct {
		decisions []opsreview.AnomalyDecision
		want      lookback.State
		again     string
	}{
		"nobody decided: it is open": {want: lookback.Open},
		"a dismissal whose window overlaps dismisses it": {
			decisions: []opsreview.AnomalyDecision{dismissed}, want: lookback.Dismissed,
		},
		"a dismissal that ends where it begins does not, but tells of it": {
			decisions: []opsreview.AnomalyDecision{decided("1", opsreview.AnomalyDismissed, between(3, "09:00", "10:00"))},
			want:      lookback.Open, again: "dismissed on 10 Nov by Ada: the backup",
		},
		"a dismissal of another chart does not": {
			decisions: []opsreview.AnomalyDecision{{Chart: "d", Verdict: opsreview.AnomalyDismissed, Window: fortnight}}, want: lookback.Open,
		},
		"a dismissal of a panel that asks the same does": {
			decisions: []opsreview.AnomalyDecision{{Chart: "same", Verdict: opsreview.AnomalyDismissed, Window: fortnight}}, want: lookback.Dismissed,
		},
		"a dismissal of an earlier one that stretches beyond its beginning does": {
			decisions: []opsreview.AnomalyDecision{{Chart: "c", Verdict: opsreview.AnomalyDismissed, Window: between(1, "10:00", "11:00"), Until: at(3, "10:01")}},
			want:      lookback.Dismissed,
		},
		"one that stretches to its beginning does not": {
			decisions: []opsreview.AnomalyDecision{{
				Chart: "c", Verdict: opsreview.AnomalyDismissed, Window: between(1, "10:00", "11:00"), Until: at(3, "10:00"),
				Author: "Ada", Reason: "load\ntest", At: at(2, "08:00"),
			}},
			want: lookback.Open, again: "dismissed on 4 Nov by Ada: load test",
		},
		"one that stretches was taken back with all that it stretches to": {
			decisions: []opsreview.AnomalyDecision{
				{Chart: "c", Verdict: opsreview.AnomalyDismissed, Window: between(1, "10:00", "11:00"), Until: at(9, "10:00"), At: at(2, "08:00")},
				{Chart: "c", Verdict: opsreview.AnomalyReopened, Window: between(1, "10:00", "11:00"), At: at(2, "09:00")},
			},
			want: lookback.Open,
		},
		"one that stretches counts again once it is said again": {
			decisions: []opsreview.AnomalyDecision{
				{Chart: "c", Verdict: opsreview.AnomalyReopened, Window: between(1, "10:00", "11:00"), At: at(2, "08:00")},
				{Chart: "c", Verdict: opsreview.AnomalyDismissed, Window: between(1, "10:00", "11:00"), Until: at(9, "10:00"), At: at(2, "09:00")},
			},
			want: lookback.Dismissed,
		},
		"of two decisions at one time the one that was stored later counts": {
			decisions: []opsreview.AnomalyDecision{decided("10", opsreview.AnomalyAccepted, fortnight), decided("9", opsreview.AnomalyDismissed, fortnight)},
			want:      lookback.Accepted,
		},
		"reopened is open": {
			decisions: []opsreview.AnomalyDecision{dismissed, decided("2", opsreview.AnomalyReopened, between(3, "10:00", "11:00"))},
			want:      lookback.Open,
		},
		"what was taken back is not told": {
			decisions: []opsreview.AnomalyDecision{
				decided("1", opsreview.AnomalyDismissed, between(1, "09:00", "10:00")), decided("2", opsreview.AnomalyReopened, between(1, "09:00", "10:00")),
			},
			want: lookback.Open,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			in := input(found("c", "a", spike(between(3, "10:00", "11:00"), 8)))
			in.Charts[0].Also = []string{"same"}
			in.Decisions = tt.decisions
			r := lookback.Prepare(in)
			all := append(r.Anomalies, r.Dismissed...)
			if len(all) != 1 || all[0].State != tt.want || all[0].Again != tt.again {
				t.Fatalf("%+v, want %s, again %q", all, tt.want, tt.again)
			}
			if open := all[0].State == lookback.Open; open != (all[0].Decision.Verdict == "") {
				t.Errorf("%s by %+v", all[0].State, all[0].Decision)
			}
		})
	}
}

func TestPrepare_RecurrenceComesBack(t *testing.T) {
	in := input(found("c", "a", spike(between(3, "10:00", "11:00"), 8), spike(between(4, "10:00", "11:00"), 8)))
	in.Decisions = []opsreview.AnomalyDecision{{
		Chart: "c", Window: between(3, "10:00", "11:00"), Verdict: opsreview.AnomalyDismissed, Author: "Ada", Reason: "the backup", At: at(3, "12:00"),
	}}
	r := lookback.Prepare(in)
	if a := only(t, r); a.Window.Start != at(4, "10:00") || a.Again != "dismissed on 5 Nov by Ada: the backup" || len(r.Dismissed) != 1 {
		t.Errorf("%+v beside %d dismissed", a, len(r.Dismissed))
	}
}

func TestFindingsOf_AcceptedAnomaliesOfAChart(t *testing.T) {
	in := input(
		found("c", "a", spike(between(3, "10:00", "11:00"), 8), spike(between(5, "10:00", "11:00"), 9)),
		found("d", "a", spike(between(3, "10:00", "11:00"), 8)),
	)
	in.Settings.Most = 1
	in.Decisions = []opsreview.AnomalyDecision{{Chart: "c", Window: fortnight, Verdict: opsreview.AnomalyAccepted, Author: "Ada", Reason: "look into it"}}
	got := lookback.FindingsOf(lookback.Prepare(in))
	want := []opsreview.Finding{{
		Key: "anomaly:c", Kind: opsreview.AnomalyFound, Category: opsreview.Weirdness, Title: `"c" looks weird`, Service: "vault", Chart: "c",
		Evidence: []string{
			`"a" from Sat 7 Nov 10:00 to 11:00: was 9, usual 1–2.`,
			"Nobody was paged for it, and nothing that is known explains it.",
			"Ada accepted it: look into it.",
			`"a" from Thu 5 Nov 10:00 to 11:00: was 9, usual 1–2.`,
			"Nobody was paged for it, and nothing that is known explains it.",
			"Ada accepted it: look into it.",
		},
		Remedy: got[0].Remedy,
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}
