package store_test

import (
	"testing"

	"opsreview"
	"opsreview/store"
)

// A request that closed a review is known by its id and content, and one that
// closed nothing is not.
func TestClosedBy(t *testing.T) {
	db := openDB(t)
	m := openReview(t, db, reviewOf("secrets"))
	ask := func(id, content string) store.Request {
		return store.Request{ID: id, Method: "CloseMeetingRequest", Content: []byte(content), At: at(0, "10:00:00")}
	}
	first := ask("r1", "close it")
	if _, did, err := db.ClosedBy(t.Context(), first); did || err != nil {
		t.Fatalf("before: %v, %v", did, err)
	}
	closing := store.MeetingClose{ID: m.ID, Version: m.Version, Closed: []byte("seen"), By: "ada", At: at(0, "10:00:00")}
	closed, err := db.CloseMeeting(t.Context(), &first, closing)
	if err != nil {
		t.Fatal(err)
	}
	got, did, err := db.ClosedBy(t.Context(), first)
	if err != nil || !did || got.ID != m.ID || got.Version != closed.Version || got.State != opsreview.MeetingClosed {
		t.Errorf("after: %v, %v, %v", got, did, err)
	}
	if _, did, err := db.ClosedBy(t.Context(), ask("r2", "close it")); did || err != nil {
		t.Errorf("another request: %v, %v", did, err)
	}
	if _, _, err := db.ClosedBy(t.Context(), ask("r1", "close another")); opsreview.ErrorCode(err) != opsreview.Conflict {
		t.Errorf("another content: %v", err)
	}
}
