package github_test

import (
	"slices"
	"strconv"
	"testing"

	"opsreview/ticket/tickettest"
)

func TestTracker(t *testing.T) {
	tickettest.RunTracker(t, func(tb testing.TB) tickettest.Fixture {
		tb.Helper()
		h := newHub(tb)
		number := func(id string) int {
			n, err := strconv.Atoi(id)
			if err != nil {
				tb.Fatalf("%q is no number", id)
			}
			return n
		}
		return tickettest.Fixture{
			Tracker: open(tb, h),
			Close:   func(id, resolution string) { h.close(number(id), resolution, monday) },
			Edit: func(id, title string) {
				h.edited(func() { h.issue(number(id)).Title = title })
			},
			RemoveLabel: func(id, label string) {
				h.edited(func() {
					i := h.issue(number(id))
					i.Labels = slices.DeleteFunc(i.Labels, func(l string) bool { return l == label })
				})
			},
			Delete: func(id string) { h.edited(func() { h.issue(number(id)).Deleted = true }) },
			Notes:  func(id string) []string { return h.bodies(number(id)) },
			Body: func(id string) (body string) {
				h.edited(func() { body = h.issue(number(id)).Body })
				return body
			},
		}
	})
}
