package ticket_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"opsreview"
	"opsreview/ticket"
	"opsreview/ticket/tickettest"
)

func (w *world) sync(want ticket.Synced) {
	w.t.Helper()
	got, err := w.filer().Sync(w.t.Context())
	if err != nil {
		w.t.Fatalf("syncing: %v", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Fatalf("synced (-want +got):\n%s", diff)
	}
}

func TestSync(t *testing.T) {
	tests := map[string]struct {
		people func(w *world)
		want   ticket.Synced
		row    func(row opsreview.Ticket) bool
	}{
		"nothing changed": {
			people: func(*world) {}, want: ticket.Synced{Asked: 1},
			row: func(r opsreview.Ticket) bool { return r.State == opsreview.TicketFiled },
		},
		"people work on it": {
			people: func(w *world) {
				w.tracker.Edit("OPS-1", func(i *tickettest.Issue) {
					i.Stands, i.Status, i.Assignee = opsreview.TicketDoing, "In Review", "ada"
				})
			},
			want: ticket.Synced{Asked: 1, Changed: 1},
			row: func(r opsreview.Ticket) bool {
				return r.Stands == opsreview.TicketDoing && r.Status == "In Review" && r.Assignee == "ada"
			},
		},
		"people closed it": {
			people: func(w *world) { w.tracker.Close("OPS-1", "Done") },
			want:   ticket.Synced{Asked: 1, Changed: 1},
			row:    func(r opsreview.Ticket) bool { return r.Stands == opsreview.TicketDone && !r.ClosedAt.IsZero() },
		},
		"people will not fix it": {
			people: func(w *world) { w.tracker.Close("OPS-1", "won't do") },
			want:   ticket.Synced{Asked: 1, Changed: 1},
			row: func(r opsreview.Ticket) bool {
				return r.State == opsreview.TicketSuppressed && r.SuppressedUntil.Equal(r.ClosedAt.AddDate(0, 0, 90))
			},
		},
		"a closed ticket whose tracker does not say when was closed by now": {
			people: func(w *world) {
				w.tracker.Close("OPS-1", "Done")
				w.tracker.Edit("OPS-1", func(i *tickettest.Issue) { i.ClosedAt = time.Time{} })
			},
			want: ticket.Synced{Asked: 1, Changed: 1},
			row:  func(r opsreview.Ticket) bool { return r.ClosedAt.Equal(monday) },
		},
		"somebody deleted it": {
			people: func(w *world) { w.tracker.Delete("OPS-1") },
			want:   ticket.Synced{Asked: 1, Changed: 1, Gone: 1},
			row:    func(r opsreview.Ticket) bool { return r.State == opsreview.TicketGone && r.RemoteKey == "OPS-1" },
		},
		"somebody took its label away": {
			people: func(w *world) {
				w.tracker.Edit("OPS-1", func(i *tickettest.Issue) { i.Labels = []string{"mine"} })
			},
			want: ticket.Synced{Asked: 1, Relabelled: 1},
			row:  func(r opsreview.Ticket) bool { return r.State == opsreview.TicketFiled },
		},
		"somebody took away the label that all tickets carry": {
			people: func(w *world) {
				w.tracker.Edit("OPS-1", func(i *tickettest.Issue) {
					i.Labels = slices.DeleteFunc(i.Labels, func(l string) bool { return l == ticket.Label })
				})
			},
			want: ticket.Synced{Asked: 1, Relabelled: 1},
			row:  func(r opsreview.Ticket) bool { return r.State == opsreview.TicketFiled },
		},
		"it was moved to another project": {
			people: func(w *world) { w.tracker.Edit("OPS-1", func(i *tickettest.Issue) { i.Key = "SEC-9" }) },
			want:   ticket.Synced{Asked: 1, Changed: 1},
			row:    func(r opsreview.Ticket) bool { return r.RemoteKey == "SEC-9" && r.RemoteID == "10001" },
		},
		"people closed it as a duplicate of their own": {
			people: func(w *world) {
				ref, err := w.tracker.Create(w.t.Context(), ticket.Draft{Title: "ours"})
				if err != nil {
					w.t.Fatal(err)
				}
				w.tracker.Close("OPS-1", "Duplicate")
				w.tracker.Edit("OPS-1", func(i *tickettest.Issue) { i.Duplicate = ref })
			},
			want: ticket.Synced{Asked: 1, Changed: 1},
			row: func(r opsreview.Ticket) bool {
				return r.RemoteKey == "OPS-2" && r.Stands == opsreview.TicketTodo && r.State == opsreview.TicketFiled
			},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			f := noisy("vault-latency", 90)
			w.mustFile("create done OPS-1", f)
			w.sync(ticket.Synced{Asked: 1, Changed: 1}) // its status has a name
			tt.people(w)
			w.sync(tt.want)
			row := w.rows()[0]
			if !tt.row(row) {
				t.Errorf("the row is %+v", row)
			}
			if row.State == opsreview.TicketFiled {
				found, err := w.tracker.Find(t.Context(), ticket.Label, ticket.FingerprintLabel(f.Fingerprint()))
				if err != nil || !slices.ContainsFunc(found, func(s ticket.Snapshot) bool { return s.ID == row.RemoteID }) {
					t.Errorf("the labels do not lead to the finding's ticket: %v, %v", found, err)
				}
			}
			again := ticket.Synced{Asked: 1, Gone: tt.want.Gone}
			w.sync(again)
		})
	}
}

func TestSync_FindsWhatLostItsAnswer(t *testing.T) {
	w := newWorld(t)
	w.fail("create", tickettest.LoseAnswer)
	w.mustFile("create uncertain", noisy("a", 1))
	w.sync(ticket.Synced{Found: 1})
	w.sync(ticket.Synced{Asked: 1})
}

func TestSync_AsksForManyAtOnce(t *testing.T) {
	w := newWorld(t)
	var rows []opsreview.Ticket
	for i := range 5000 {
		f := noisy(time.Duration(i).String(), 1)
		ref, err := w.tracker.Create(t.Context(), w.plan(f)[0].Draft)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, filed(f, func(r *opsreview.Ticket) { r.RemoteID, r.RemoteKey, r.URL = ref.ID, ref.Key, ref.URL }))
	}
	if err := w.ledger.SaveTickets(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	w.sync(ticket.Synced{Asked: 5000, Changed: 5000})
	if n := w.tracker.Calls("get") + w.tracker.Calls("find"); n > 51 {
		t.Errorf("syncing 5,000 tickets took %d requests, want at most 51", n)
	}
}

func TestAdopt_RebuildsALostLedger(t *testing.T) {
	w := newWorld(t)
	a, b, c := noisy("a", 3), noisy("b", 2), noisy("c", 1)
	w.mustFile("create done OPS-1; create done OPS-2; create done OPS-3", a, b, c)
	w.tracker.Close("OPS-2", "Done")
	before := w.rows()
	w.ledger = tickettest.NewLedger()
	adopted, err := w.filer().Confirm(t.Context(), "ada")
	if err != nil {
		t.Fatalf("confirming: %v", err)
	}
	if diff := cmp.Diff(ticket.Adopted{Found: 3, Adopted: 3}, adopted); diff != "" {
		t.Errorf("adopted (-want +got):\n%s", diff)
	}
	for i, row := range w.rows() {
		if row.RemoteID != before[i].RemoteID || row.Fingerprint != before[i].Fingerprint || row.Category != opsreview.AlertNoise || row.Team != "secrets" {
			t.Errorf("row %d is %+v, was %+v", i, row, before[i])
		}
	}
	w.now = w.now.AddDate(0, 0, 1)
	w.mustFile("note done OPS-1; reopen done OPS-2; note done OPS-3", a, b, c)
	if n := len(w.tracker.Issues()); n != 3 {
		t.Errorf("there are %d tickets, want 3", n)
	}
	again, err := w.filer().Adopt(t.Context())
	if diff := cmp.Diff(ticket.Adopted{Found: 3}, again); diff != "" || err != nil {
		t.Errorf("adopting again (-want +got):\n%s%v", diff, err)
	}
}

// A label is one word in small letters, and a team is called as it is configured.
func TestAdopt_CallsTeamsByTheirNames(t *testing.T) {
	w := newWorld(t)
	a, b := noisy("a", 3), noisy("b", 2)
	a.Team, b.Team = "Secrets & Keys", "Left since"
	w.mustFile("create done OPS-1; create done OPS-2", a, b)
	w.ledger = tickettest.NewLedger()
	f := w.filer()
	f.Teams = []string{"platform", "Secrets & Keys"}
	if _, err := f.Adopt(t.Context()); err != nil {
		t.Fatalf("adopting: %v", err)
	}
	teams := map[string]string{}
	for _, row := range w.rows() {
		teams[row.RemoteKey] = row.Team
	}
	if diff := cmp.Diff(map[string]string{"OPS-1": "Secrets & Keys", "OPS-2": "left-since"}, teams); diff != "" {
		t.Errorf("teams (-want +got):\n%s", diff)
	}
}

func TestAdopt_OfSeveralOpenTicketsTheOldest(t *testing.T) {
	w := newWorld(t)
	f := noisy("a", 3)
	d := w.plan(f)[0].Draft
	for range 3 {
		if _, err := w.tracker.Create(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	w.tracker.Close("OPS-1", "Done")
	adopted, err := w.filer().Adopt(t.Context())
	if err != nil {
		t.Fatalf("adopting: %v", err)
	}
	if diff := cmp.Diff(ticket.Adopted{Found: 3, Adopted: 2, Duplicates: []string{f.Fingerprint()}}, adopted); diff != "" {
		t.Errorf("adopted (-want +got):\n%s", diff)
	}
	rows := w.rows()
	if len(rows) != 2 || rows[0].RemoteKey != "OPS-1" || rows[1].RemoteKey != "OPS-2" || rows[1].Generation != 2 {
		t.Errorf("the rows are %+v", rows)
	}
}

func TestResolve(t *testing.T) {
	f := noisy("a", 3)
	tests := map[string]struct {
		lose tickettest.Fault
		give ticket.Resolution
		code opsreview.Code
		want opsreview.TicketState
	}{
		"a person names the ticket": {
			lose: tickettest.LoseAnswer, give: ticket.Resolution{Finding: f.Key, Key: "OPS-1"}, want: opsreview.TicketFiled,
		},
		"a fingerprint names the finding": {
			lose: tickettest.LoseAnswer, give: ticket.Resolution{Finding: f.Fingerprint(), Key: "OPS-1"}, want: opsreview.TicketFiled,
		},
		"a person knows that there is none": {
			lose: tickettest.LoseRequest, give: ticket.Resolution{Finding: f.Key, Retry: true}, want: opsreview.TicketPlanned,
		},
		"a ticket that is not there": {
			lose: tickettest.LoseRequest, give: ticket.Resolution{Finding: f.Key, Key: "OPS-1"}, code: opsreview.NotFound,
		},
		"a finding that nobody has heard of": {
			give: ticket.Resolution{Finding: "nobody", Retry: true}, code: opsreview.NotFound,
		},
		"what is filed is not tried again": {
			give: ticket.Resolution{Finding: f.Key, Retry: true}, code: opsreview.Invalid,
		},
		"neither a key nor a retry": {give: ticket.Resolution{Finding: f.Key}, code: opsreview.Invalid},
		"both a key and a retry":    {give: ticket.Resolution{Finding: f.Key, Key: "OPS-1", Retry: true}, code: opsreview.Invalid},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.fail("create", tt.lose)
			if _, err := w.file(f); err != nil {
				t.Fatalf("filing: %v", err)
			}
			row, err := w.filer().Resolve(t.Context(), tt.give)
			if opsreview.ErrorCode(err) != tt.code || (err == nil && row.State != tt.want) {
				t.Fatalf("resolving answered %s, %v; want %s, code %q", row.State, err, tt.want, tt.code)
			}
			if err == nil && w.rows()[0] != row {
				t.Errorf("the ledger has another row than was answered")
			}
		})
	}
}
