package file

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"maps"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"opsreview"
	"opsreview/ingest"
)

// mostUnpacked is how many bytes a compressed file may have.
const mostUnpacked = 8 << 30

// unpacked returns the file with its content unpacked if it is compressed by
// gzip, which its first bytes tell.
func unpacked(f ingest.File) (ingest.File, error) {
	r := bufio.NewReader(f.R)
	head, err := r.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return f, readError(f.Name, err)
	}
	f.R = r
	if !bytes.Equal(head, []byte("\x1F\x8B")) {
		return f, nil
	}
	packed, err := gzip.NewReader(r)
	if err != nil {
		return f, wrong("%s cannot be unpacked", f.Name)
	}
	f.R = &unpacking{from: packed, name: f.Name, left: mostUnpacked}
	return f, nil
}

// unpacking reads what is compressed and ends with an error where that is
// broken or too long.
type unpacking struct {
	from io.Reader
	name string
	left int64
}

func (u *unpacking) Read(b []byte) (int, error) {
	n, err := u.from.Read(b)
	switch u.left -= int64(n); {
	case u.left < 0:
		return 0, wrong("%s has more than %d GiB unpacked: divide it", u.name, mostUnpacked>>30)
	case err != nil && !errors.Is(err, io.EOF):
		return n, opsreview.Wrapf(err, opsreview.Invalid, "%s cannot be unpacked to its end", u.name)
	}
	return n, err
}

// remarks are what the lines before the header say of all that follows:
// "# chart: Vault reads".
type remarks struct {
	text map[string]string
	zone *time.Location
}

// remarkNames are what a remark may say.
var remarkNames = []string{"chart", "title", "unit", "service", "team", "time_zone"}

// readRemarks reads the lines before the header. Lines that begin with # and
// say nothing known are comments.
func readRemarks(lines *lineReader) (remarks, error) {
	r := remarks{text: map[string]string{}, zone: time.UTC}
	for {
		line, err := lines.next()
		if errors.Is(err, io.EOF) {
			return r, nil
		}
		if err != nil {
			return r, err
		}
		text := strings.TrimSpace(string(line.text))
		remark, is := strings.CutPrefix(text, "#")
		// Grafana writes the second for spreadsheets.
		if !is && !strings.EqualFold(text, "sep=,") && (text != "" || line.long) {
			line.text = bytes.Clone(line.text)
			lines.unread([]physicalLine{line})
			return r, nil
		}
		name, value, _ := strings.Cut(remark, ":")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if slices.Contains(remarkNames, name) {
			if err := checkID(name, value); err != nil {
				return r, wrong("%s: line %d: %s", lines.name, line.number, opsreview.ErrorMessage(err))
			}
			r.text[name] = value
		}
		if name == "time_zone" {
			if r.zone, err = time.LoadLocation(value); err != nil || value == "Local" {
				return r, wrong("%s: line %d: there is no time zone %s", lines.name, line.number, short(value))
			}
		}
	}
}

// A seriesForm says in which column what stands. In the long form every record
// is one value and says what it is of; in the wide form every column but the
// first is a series.
type seriesForm struct {
	names  []string
	time   int
	values []int          // the columns that hold values
	words  map[string]int // of the long form: where chart, series, title … stand
	labels []int          // of the long form: the columns that hold labels
	chart  string         // of the wide form
}

const labelPrefix = "label_"

// seriesWords are the columns of the long form beside the labels.
var seriesWords = []string{"time", "value", "chart", "series", "title", "unit", "service", "team"}

// parseSeriesHeader understands the first record.
func parseSeriesHeader(names []string, head remarks, file string) (seriesForm, error) {
	f := seriesForm{names: slices.Clone(names), words: map[string]int{}}
	for i := range f.names {
		f.names[i] = strings.TrimSpace(f.names[i])
		if slices.Contains(f.names[:i], f.names[i]) {
			return f, wrong("the column %s is there twice", short(f.names[i]))
		}
	}
	if len(names) == 1 && strings.ContainsAny(names[0], ";\t") {
		return f, wrong("the columns are not separated by commas")
	}
	if slices.Contains(f.names, "chart") {
		return f, f.long()
	}
	return f, f.wide(head, file)
}

func (f *seriesForm) long() error {
	for i, name := range f.names {
		switch {
		case strings.HasPrefix(name, labelPrefix) && name != labelPrefix:
			f.labels = append(f.labels, i)
		case slices.Contains(seriesWords, name):
			f.words[name] = i
		default:
			return wrong("there is no column %s: the columns are %s, and label_NAME for labels", short(name), strings.Join(seriesWords, ", "))
		}
	}
	for _, must := range []string{"time", "value"} {
		if _, ok := f.words[must]; !ok {
			return wrong("the column %q is missing", must)
		}
	}
	f.time, f.values = f.words["time"], []int{f.words["value"]}
	return nil
}

func (f *seriesForm) wide(head remarks, file string) error {
	if first := strings.ToLower(f.names[0]); first != "time" && first != "timestamp" {
		return wrong(`the first column is %s: a file of series has the columns time, value and chart, or "Time" and a column for each series`, short(f.names[0]))
	}
	if len(f.names) < 2 {
		return wrong("there is no column beside the time")
	}
	for i, name := range f.names[1:] {
		if err := checkID("header", name); err != nil || name == "" {
			return wrong("column %d needs a name of at most %d bytes without control characters", i+2, maxID)
		}
		f.values = append(f.values, i+1)
	}
	f.chart = head.text["chart"]
	if f.chart == "" {
		f.chart = strings.TrimSuffix(path.Base(strings.ReplaceAll(file, `\`, "/")), ".gz")
		f.chart = strings.TrimSuffix(f.chart, path.Ext(f.chart))
	}
	if f.chart == "" || f.chart == "." || f.chart == "standard input" || checkID("chart", f.chart) != nil {
		return wrong(`nothing says what chart this is: write "# chart: NAME" above the header`)
	}
	return nil
}

func (f *seriesForm) check(cells []string) error {
	if len(cells) != len(f.names) {
		return wrong("the record has %d cells, and the header %d columns", len(cells), len(f.names))
	}
	return nil
}

// word returns a cell of the long form, "" if there is no such column.
func (f *seriesForm) word(cells []string, name string) string {
	if i, ok := f.words[name]; ok && i < len(cells) {
		return strings.TrimSpace(cells[i])
	}
	return ""
}

// seriesName returns what a problem calls the series of the value in column i.
func (f *seriesForm) seriesName(cells []string, i int) string {
	if f.chart != "" {
		return f.names[i]
	}
	if name := f.word(cells, "series"); name != "" {
		return name
	}
	return f.word(cells, "chart")
}

// identity returns what tells the series of the value in column i from others of
// the file.
func (f *seriesForm) identity(cells []string, i int) string {
	if f.chart != "" {
		return f.names[i]
	}
	var b strings.Builder
	b.WriteString(f.word(cells, "chart") + "\x00" + f.word(cells, "series"))
	for _, l := range f.labels {
		b.WriteString("\x00" + strings.TrimSpace(cells[l]))
	}
	return b.String()
}

// describe returns the chart and the series of the value in column i.
func (f *seriesForm) describe(cells []string, i int, head remarks) (opsreview.Chart, opsreview.Series, error) {
	name, labels := f.word(cells, "series"), map[string]string{}
	chart := f.chart
	if chart != "" {
		name = f.names[i]
	} else if chart = f.word(cells, "chart"); chart == "" {
		return opsreview.Chart{}, opsreview.Series{}, wrong(`the field "chart" is missing`)
	}
	word := func(column string) string {
		if text := f.word(cells, column); text != "" {
			return text
		}
		return head.text[column]
	}
	c := opsreview.Chart{
		Key: "import/" + chart, Title: word("title"), Unit: word("unit"), Service: word("service"), Team: word("team"),
	}
	if c.Title == "" {
		c.Title = chart
	}
	for _, l := range f.labels {
		if value := strings.TrimSpace(cells[l]); value != "" {
			labels[strings.TrimPrefix(f.names[l], labelPrefix)] = value
		}
	}
	if name != "" {
		labels["series"] = name
	}
	for _, word := range [][2]string{{"chart", chart}, {"series", name}, {"title", c.Title}, {"unit", c.Unit}, {"service", c.Service}, {"team", c.Team}} {
		if err := checkID(word[0], word[1]); err != nil {
			return c, opsreview.Series{}, err
		}
	}
	s := opsreview.Series{Key: opsreview.SeriesKey(c.Key, "", labels), Chart: c.Key, Name: name, Labels: labels}
	if s.Name == "" {
		s.Name = labelText(labels)
	}
	if s.Name == "" {
		s.Name = chart
	}
	return c, s, checkLabels(labels)
}

func labelText(labels map[string]string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		parts = append(parts, name+"="+labels[name])
	}
	return strings.Join(parts, ", ")
}

func checkLabels(labels map[string]string) error {
	if len(labels) > 60 {
		return wrong("the series has more than 60 labels")
	}
	for name, value := range labels {
		if err := checkID(labelPrefix+name, value); err != nil {
			return err
		}
	}
	return nil
}

// parseSample understands a value. Empty cells, NaN and null are gaps.
func parseSample(cell string) (v float64, known bool, err error) {
	text := strings.TrimSpace(cell)
	switch strings.ToLower(text) {
	case "", "nan", "null":
		return 0, false, nil
	}
	n, ok := plainNumber(strings.TrimLeft(text, "+-"))
	if !ok || len(text)-len(strings.TrimLeft(text, "+-")) > 1 {
		return 0, false, wrong("%s is not a number: write it as 1234 or 0.5, without a unit (in Grafana, without formatted data)", short(text))
	}
	if text[0] == '-' {
		n = -n
	}
	return n, true, nil
}

// sampleLayouts are times without an offset, as Grafana writes them.
var sampleLayouts = []string{"2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04"}

// parseSampleTime understands an RFC 3339 time, Unix seconds or milliseconds, or
// a time on the clock of zone.
func parseSampleTime(cell string, zone *time.Location) (ms int64, err error) {
	text := strings.TrimSpace(cell)
	if text == "" {
		return 0, wrong(`the field "time" is missing`)
	}
	var at time.Time
	if n, ok := plainNumber(text); ok {
		if n < 1e11 {
			n *= 1000
		}
		if n > 1e14 {
			return 0, wrong(`%s of the field "time" is neither Unix seconds nor milliseconds`, strconv.Quote(text))
		}
		at, err = plausibleTime("time", time.UnixMilli(int64(math.Round(n))))
		return at.UnixMilli(), err
	}
	if at, err = time.Parse(time.RFC3339, text); err == nil {
		at, err = plausibleTime("time", at)
		return at.UnixMilli(), err
	}
	for _, layout := range sampleLayouts {
		if at, err = time.ParseInLocation(layout, text, zone); err == nil {
			at, err = plausibleTime("time", at)
			return at.UnixMilli(), err
		}
	}
	return 0, wrong("%s of the field \"time\" is not a time: write it as 2026-11-02T15:00:00Z, 2026-11-02 15:00:00 or Unix seconds", short(text))
}
