package file_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"opsreview/ingest/file"
)

func TestCSV(t *testing.T) {
	const header = "\xEF\xBB\xBFkind,page,at,id,title,responders,channel,attr.host\r\n"
	const tail = "triggered,P9,2026-10-19T02:00:00Z,last,end,,,\n"
	tests := map[string]struct {
		rows  string
		title string   // of the first page
		want  []string // problems
	}{
		"a quoted cell holds commas, quotes and line ends": {
			rows:  "triggered,P1,2026-10-19T02:00:00Z,,\"a, \"\"b\"\"\r\n\r\nc\",,,web1\r\n",
			title: "a, \"b\"\n\nc",
		},
		"lists are separated by semicolons": {rows: "notified,P1,2026-10-19T02:00:00Z,,t,ada; ben;,sms,\n", title: "t"},
		"a problem stands where its record begins": {
			rows: "\ntriggered,P1,2026-10-19T02:00:00,,\"a\nb\nc\",,,\nnoted,P1,yesterday,,,,,\n",
			want: []string{
				`3: the time "2026-10-19T02:00:00" of the field "at" has no offset: write 2026-10-19T02:00:00Z for UTC, or 2026-10-19T02:00:00+02:00 for the clock of that place`,
				`6: "yesterday" of the field "at" is not a time: write it as 2026-10-19T02:00:00+02:00`,
			},
		},
		"too few cells": {rows: "triggered,P1\n", want: []string{"2: the record has 2 cells, and the header 8 columns"}},
		"a stray quote costs its line only": {
			rows: "triggered,P1,2026-10-19T02:00:00Z,,\"never closed,,,\n" + "triggered,P2,2026-10-19T02:00:00Z,,kept,,,\n",
			want: []string{"2: a quote is opened and never closed"}, title: "kept",
		},
		"a quote in the midst of a cell": {
			rows: "triggered,P1,2026-10-19T02:00:00Z,,19\" rack,,,\n",
			want: []string{"2: a quote stands within a cell: put the cell in quotes and write the quote twice"},
		},
		"text after a closing quote": {
			rows: "triggered,P1,2026-10-19T02:00:00Z,,\"a\"b,,,\n",
			want: []string{`2: a closing quote is followed by "b": write a quote within a cell twice`},
		},
		"a line longer than the bound": {
			rows: "triggered,P1,2026-10-19T02:00:00Z,," + strings.Repeat("x", 1<<20) + ",,,\n",
			want: []string{"2: the line is longer than 1 MiB"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := importText(t, file.CSV(), header+tt.rows+tail)
			if diff := cmp.Diff(tt.want, got.reasons()); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			pages := got.pages()
			if tt.title != "" && pages[0].Title != tt.title {
				t.Errorf("title is %q, want %q", pages[0].Title, tt.title)
			}
			if last := pages[len(pages)-1]; last.ID != "P9" {
				t.Errorf("the last record was lost: %v", last)
			}
		})
	}
}

func TestCSVRecordLongerThanTheBound(t *testing.T) {
	const header = "kind,page,at,text\n"
	long := strings.Repeat(strings.Repeat("x", 1023)+"\n", 1025)
	got := importText(t, file.CSV(), header+"noted,P1,2026-10-19T02:00:00Z,\""+long+"noted,P2,2026-10-19T02:00:00Z,kept\n")
	if len(got.problems) != 1025 || !strings.Contains(got.problems[0].Reason, "not closed within 1 MiB") {
		t.Errorf("%d problems, the first is %+v, want one a line", len(got.problems), got.problems[0])
	}
	if pages := got.pages(); len(pages) != 1 || pages[0].ID != "P2" {
		t.Errorf("pages are %v, want P2", pages)
	}
}

func TestCSVAndJSONLSayTheSame(t *testing.T) {
	want := importText(t, file.JSONL(), story)
	got := importText(t, file.CSV(), `kind,page,at,id,title,service,service_name,urgency,severity,attr.alertname,attr.host,by_kind,responders,channel,by,number,priority
triggered,P1,2026-10-19T04:00:00+02:00,e1,"vault: ""slow"" reads",vault,Vault,high,critical,VaultSlow,7,integration,,,,,
notified,P1,2026-10-19T02:00:05Z,e2,,,,,,,,,ada@example.com,sms,,,
acknowledged,P1,2026-10-19T02:03:00Z,e3,,,,,,,,person,,push,ada@example.com,,
resolved,P1,2026-10-19T02:30:00.1234Z,e4,,,,,,,,integration,,,,4411,P2
`)
	if diff := cmp.Diff(want.batches, got.batches); diff != "" {
		t.Errorf("batches (-jsonl +csv):\n%s", diff)
	}
}
