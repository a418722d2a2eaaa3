package store_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/store"
)

func TestAudit(t *testing.T) {
	db, ctx := openDB(t), t.Context()
	labelled := opsreview.AuditEntry{
		StartedAt: at(1, "09:00:00"), Caller: "ci", Via: "token", Address: "192.0.2.1", Action: "LabelPages", ActingFor: "ada",
		Team: "secrets", Subjects: []string{"pd/Q1", `pd/"odd"`}, RequestID: "r1",
	}
	synced := opsreview.AuditEntry{StartedAt: at(2, "09:00:00"), Caller: "ada@example.com", Via: "oidc", Action: "SyncSources"}
	ids := make([]int64, 2)
	for i, e := range []opsreview.AuditEntry{labelled, synced} {
		var err error
		if ids[i], err = db.BeginAudit(ctx, e); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.EndAudit(ctx, ids[0], at(1, "09:00:01"), opsreview.OutcomeOK); err != nil {
		t.Fatal(err)
	}
	labelled.ID, labelled.EndedAt, labelled.Outcome, labelled.Total = ids[0], at(1, "09:00:01"), "ok", 2
	synced.ID = ids[1] // It has not ended.

	tests := map[string]struct {
		filter store.AuditFilter
		want   []opsreview.AuditEntry
	}{
		"the newest comes first":        {store.AuditFilter{}, []opsreview.AuditEntry{synced, labelled}},
		"by caller":                     {store.AuditFilter{Caller: "ci"}, []opsreview.AuditEntry{labelled}},
		"by action":                     {store.AuditFilter{Action: "SyncSources"}, []opsreview.AuditEntry{synced}},
		"a window is half-open":         {store.AuditFilter{Window: opsreview.Window{Start: at(1, "09:00:00"), End: at(2, "09:00:00")}}, []opsreview.AuditEntry{labelled}},
		"a list goes on after an entry": {store.AuditFilter{Before: ids[1]}, []opsreview.AuditEntry{labelled}},
		"a list has a length":           {store.AuditFilter{Limit: 1}, []opsreview.AuditEntry{synced}},
		"nobody did nothing":            {store.AuditFilter{Caller: "nobody"}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := db.AuditLog(ctx, tt.filter)
			if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
				t.Errorf("%v, entries (-want +got):\n%s", err, diff)
			}
		})
	}
	if err := db.EndAudit(ctx, ids[0], at(3, "00:00:00"), "denied"); opsreview.ErrorCode(err) != opsreview.NotFound {
		t.Errorf("an entry that had ended ended again: %v", err)
	}
}

func TestAudit_KeepsSomeSubjectsAndCountsAll(t *testing.T) {
	db, e := openDB(t), opsreview.AuditEntry{StartedAt: at(1, "09:00:00"), Action: "LabelPages"}
	for i := range opsreview.MaxAuditSubjects + 5 {
		e.Subjects = append(e.Subjects, fmt.Sprintf("pd/%d", i))
	}
	if _, err := db.BeginAudit(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	got, err := db.AuditLog(t.Context(), store.AuditFilter{})
	if err != nil || len(got) != 1 || len(got[0].Subjects) != opsreview.MaxAuditSubjects || got[0].Total != len(e.Subjects) {
		t.Errorf("kept %v, %v", got, err)
	}
}
