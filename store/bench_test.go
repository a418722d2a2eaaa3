package store_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"testing"

	"opsreview"
	"opsreview/store"
)

const batchPages = 1000

// BenchmarkSaveBatch saves batches of new pages and reports rows a second. Its
// rate against BenchmarkBareInsert's is what the store costs.
func BenchmarkSaveBatch(b *testing.B) {
	db := openDB(b)
	n, rows := 0, 0
	for b.Loop() {
		b.StopTimer()
		batch := history("pd", n, n+batchPages)
		n += batchPages
		b.StartTimer()
		saved := save(b, db, "pd", batch)
		rows += saved.Pages + saved.Events
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkBareInsert inserts the rows of the same batches into the same schema
// through the same driver with prepared statements, and does nothing else.
func BenchmarkBareInsert(b *testing.B) {
	path := dbPath(b)
	openAt(b, path, store.Options{Monitors: opsreview.DefaultMonitorRules()})
	pool, err := sql.Open("sqlite", store.DSN(path, "_txlock=immediate"))
	if err != nil {
		b.Fatal(err)
	}
	defer pool.Close()
	pool.SetMaxOpenConns(1)
	n, rows := 0, 0
	for b.Loop() {
		b.StopTimer()
		batch := history("pd", n, n+batchPages)
		for i := range batch.Pages {
			batch.Pages[i].Settle()
			batch.Pages[i].Monitor = fmt.Sprintf("m-%010d", i%40)
		}
		b.StartTimer()
		rows += bareInsert(b, pool, int64(n), batch.Pages)
		n += batchPages
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}

// bareInsert inserts pages, events, who was notified and the monitors in one
// transaction, and returns how many pages and events.
func bareInsert(b *testing.B, pool *sql.DB, key int64, pages []opsreview.Page) (rows int) {
	ctx := context.Background()
	must := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	tx, err := pool.BeginTx(ctx, nil)
	must(err)
	prepare := func(table string, columns int) *sql.Stmt {
		s, err := tx.PrepareContext(ctx, "INSERT INTO "+table+" VALUES ("+store.Marks(columns)+") ON CONFLICT DO NOTHING")
		must(err)
		return s
	}
	page, event := prepare("pages", 29), prepare("events", 11)
	notified, monitor := prepare("notified", 2), prepare("monitors", 7)
	for i := range pages {
		p := &pages[i]
		key++
		attributes, _ := json.Marshal(p.Attributes)
		exec := func(s *sql.Stmt, args ...any) {
			_, err := s.ExecContext(ctx, args...)
			must(err)
		}
		exec(page, key, p.Source, p.ID, p.Number, p.URL, p.Title, p.Service.Source, p.Service.ID, p.Policy, p.Monitor,
			string(p.Urgency), p.Priority, p.Severity, p.Runbook, string(attributes), p.MergedInto, p.Reported,
			p.CreatedAt.UnixMilli(), p.EndedAt.UnixMilli(), p.UpdatedAt.UnixMilli(), string(p.Status),
			p.TriggeredAt.UnixMilli(), p.AcknowledgedAt.UnixMilli(), p.ResolvedAt.UnixMilli(),
			string(p.ResolvedBy.Kind), p.ResolvedBy.ID, p.ResolvedBy.Name, nil, nil)
		exec(monitor, p.Monitor, p.Service.Source, p.Service.ID, p.Title, "alertname", p.TriggeredAt.UnixMilli(), p.TriggeredAt.UnixMilli())
		told := map[string]bool{}
		for j := range p.Events {
			e := &p.Events[j]
			responders := ""
			if len(e.Responders) > 0 {
				responders = `["` + e.Responders[0] + `"]`
			}
			exec(event, key, e.ID, e.At.UnixMilli(), string(e.Kind), string(e.By.Kind), e.By.ID, e.By.Name,
				responders, string(e.Channel), e.Text, nil)
			if e.Kind == opsreview.Notified && !told[e.Responders[0]] {
				told[e.Responders[0]] = true
				exec(notified, e.Responders[0], key)
			}
		}
		rows += 1 + len(p.Events)
	}
	must(tx.Commit())
	return rows
}

// BenchmarkSaveSegments saves days of one-minute segments.
func BenchmarkSaveSegments(b *testing.B) {
	db := openDB(b)
	day := 0
	for b.Loop() {
		b.StopTimer()
		batch := opsreview.Batch{Segments: minuteSegments("a", day*1440, day*1440+1440)}
		day++
		b.StartTimer()
		save(b, db, "prom", batch)
	}
	b.ReportMetric(float64(day*1440)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkSegments reads a month of one SLO by hours, and minute by minute.
func BenchmarkSegments(b *testing.B) {
	db := openDB(b)
	save(b, db, "prom", opsreview.Batch{Segments: minuteSegments("a", 0, 30*1440)})
	for name, detail := range map[string]bool{"hours": false, "minutes": true} {
		b.Run(name, func(b *testing.B) {
			rows := 0
			for b.Loop() {
				found, err := db.Segments(context.Background(), store.SegmentFilter{Detail: detail})
				if err != nil || len(found["a"]) < 720 {
					b.Fatalf("%d segments: %v", len(found["a"]), err)
				}
				rows += len(found["a"])
			}
			b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
