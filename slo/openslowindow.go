package slo

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"opsreview"
	"opsreview/internal/yamltree"
)

const day = 24 * time.Hour

// The longest windows and slices that can be asked for.
const (
	maxWindowDays = 3660
	maxSlice      = day
)

// defaultStart is the first day of a week, a month, a quarter and a year.
const defaultStart = "2001-01-01 00:00:00"

// unitDays are the days of each postfix of the specification's shorthand, for
// rolling windows: a month has 30, a quarter 90 and a year 365.
var unitDays = map[string]float64{"m": 1. / (24 * 60), "h": 1. / 24, "d": 1, "w": 7, "M": 30, "Q": 90, "Y": 365}

var shorthand = regexp.MustCompile(`^([1-9][0-9]{0,8})([mhdwMQY])$`)

// parseShorthand reads a span such as 28d. A rolling month has 30 days.
func parseShorthand(s string) (count int, unit string, days float64, ok bool) {
	m := shorthand.FindStringSubmatch(s)
	if m == nil {
		return 0, "", 0, false
	}
	count, _ = strconv.Atoi(m[1]) // at most nine digits
	return count, m[2], float64(count) * unitDays[m[2]], true
}

// readMethod reads what a budget is counted in.
func readMethod(o *object) opsreview.BudgetingMethod {
	name := o.text("budgetingMethod")
	if name == "" {
		o.warn("budgetingMethod", "is missing: Occurrences is assumed")
		return opsreview.Occurrences
	}
	for _, m := range []opsreview.BudgetingMethod{opsreview.Occurrences, opsreview.Timeslices, opsreview.RatioTimeslices} {
		if !strings.EqualFold(name, string(m)) {
			continue
		}
		if name != string(m) {
			o.warn("budgetingMethod", "%s is written %s: it is read as that", yamltree.Quote(name), m)
		}
		return m
	}
	o.fail("budgetingMethod", "there is no method %s: use Occurrences, Timeslices or RatioTimeslices", yamltree.Quote(name))
	return ""
}

// readWindow reads the window of an SLO: 30 rolling days if it has none.
func readWindow(o *object) opsreview.SLOWindow {
	assumed := opsreview.SLOWindow{Length: Month}
	items := o.children("timeWindow")
	if len(items) == 0 {
		o.warn("timeWindow", "is missing: 30 rolling days are assumed")
		return assumed
	}
	if len(items) > 1 {
		o.warn("timeWindow", "has more than one window: the first one is read")
	}
	w := items[0]
	text := w.text("duration")
	count, unit, days, ok := parseShorthand(text)
	rolling, said := w.boolean("isRolling")
	calendar := w.child("calendar")
	window := opsreview.SLOWindow{Text: text}
	switch {
	case text == "":
		w.warn("duration", "is missing: 30 rolling days are assumed")
		window = assumed
	case !ok:
		w.fail("duration", "%s is not a span of time: write 28d, 4w or 1M", yamltree.Quote(text))
	case days > maxWindowDays:
		w.fail("duration", "is longer than %d days", maxWindowDays)
	case rolling || (!said && calendar == nil):
		window.Length = time.Duration(days * float64(day)).Round(time.Minute)
		rollingProblems(w, unit, count, window.Length, calendar != nil)
	default:
		window = readCalendar(w, calendar, window, unit, count)
	}
	w.done()
	return window
}

func rollingProblems(w *object, unit string, count int, length time.Duration, calendar bool) {
	if calendar {
		w.warn("calendar", "is ignored: the window is rolling")
	}
	if strings.Contains("MQY", unit) {
		w.warn("duration", "a rolling window has no calendar: %d days are meant by %d%s", length/day, count, unit)
	}
	if length < time.Hour {
		w.warn("duration", "is shorter than an hour: m is minutes, M is months")
	}
}

// readCalendar reads a window that follows the calendar.
func readCalendar(w, calendar *object, window opsreview.SLOWindow, unit string, count int) opsreview.SLOWindow {
	switch unit {
	case "m": // The specification's own example means months by it.
		w.warn("duration", "a calendar window of minutes makes no sense: %dM, months, is assumed", count)
		unit = "M"
	case "h":
		w.warn("duration", "a calendar window of hours is not supported: 30 rolling days are assumed")
		window.Length = Month
		return window
	}
	if float64(count)*unitDays[unit] > maxWindowDays {
		w.fail("duration", "is longer than %d days", maxWindowDays)
	}
	window.Unit, window.Count, window.Start = unit, count, defaultStart
	if calendar == nil {
		w.warn("calendar", "is missing: periods begin at midnight with the first day of the unit, in the team's time zone")
		return window
	}
	if start := calendar.text("startTime"); start == "" {
		calendar.warn("startTime", "is missing: periods begin at midnight with the first day of the unit")
	} else if at, ok := parseStart(start); ok {
		window.Start = at
	} else {
		calendar.fail("startTime", "%s is not a local time: write 2026-01-01 00:00:00", yamltree.Quote(start))
	}
	window.Zone = calendar.text("timeZone")
	if _, err := time.LoadLocation(window.Zone); err != nil || window.Zone == "Local" {
		calendar.fail("timeZone", "there is no time zone %s: use a name such as Europe/Berlin", yamltree.Quote(window.Zone))
	} else if window.Zone == "" {
		calendar.warn("timeZone", "is missing: the team's is assumed")
	}
	calendar.done()
	return window
}

// parseStart reads a local date and time, and writes it as the specification
// does.
func parseStart(s string) (string, bool) {
	for _, layout := range []string{time.DateTime, "2006-01-02T15:04:05", "2006-01-02 15:04", time.DateOnly} {
		if at, err := time.Parse(layout, s); err == nil {
			return at.Format(time.DateTime), true
		}
	}
	return "", false
}

// readTarget reads what an objective promises.
func readTarget(o *object, objective opsreview.Objective) opsreview.Objective {
	target, said := o.number("target")
	percent, percentSaid := o.percent("targetPercent")
	switch {
	case said && percentSaid && target != percent:
		o.fail("targetPercent", "is not the same as target: choose one")
	case !said && percentSaid:
		target = percent
		if target < 0 || target >= 1 {
			o.fail("targetPercent", "must be at least 0 and below 100: there must be something that may fail")
		}
	case !said && o.get("target") == nil && o.get("targetPercent") == nil:
		o.fail("target", "is missing: write target, such as 0.999, or targetPercent")
	case said && target > 1 && target < 100:
		o.fail("target", "must be at least 0 and below 1: percent are written as targetPercent")
	case said && (target < 0 || target >= 1):
		o.fail("target", "must be at least 0 and below 1: there must be something that may fail")
	}
	objective.Target = target
	if objective.Method == "" { // which is said already
		o.ignore("timeSliceWindow", "timeSliceTarget")
		return objective
	}
	objective.Slice = readSlice(o, objective.Method)
	objective.SliceTarget = readSliceTarget(o, objective.Method)
	return objective
}

// percent returns a key's percentage as a share. It moves the decimal point in
// the text, so that 99.9 is exactly 0.999.
func (o *object) percent(key string) (float64, bool) {
	x, ok := o.number(key)
	if !ok {
		return 0, false
	}
	if share, exact := parseNumber(o.text(key) + "e-2"); exact {
		return share, true
	}
	return x / 100, true
}

// readSlice reads the length of a slice: minutes, or a shorthand.
func readSlice(o *object, method opsreview.BudgetingMethod) time.Duration {
	text := o.text("timeSliceWindow")
	switch {
	case method == opsreview.Occurrences && text != "":
		o.warn("timeSliceWindow", "is ignored: the budgeting method is Occurrences")
		return 0
	case method == opsreview.Occurrences:
		return 0
	case text == "":
		o.fail("timeSliceWindow", "is missing: the budgeting method is %s", method)
		return 0
	}
	minutes, ok := parseNumber(text)
	if _, _, days, short := parseShorthand(text); short {
		minutes, ok = days*24*60, true
	}
	slice := time.Duration(0)
	if ok && minutes > 0 && minutes <= maxSlice.Minutes() {
		slice = time.Duration(minutes * float64(time.Minute)).Round(time.Second)
	}
	switch {
	case !ok:
		o.fail("timeSliceWindow", "%s is not a span of time: write 5, minutes, or 5m or 1h", yamltree.Quote(text))
	case slice < time.Minute || slice%time.Minute != 0:
		o.fail("timeSliceWindow", "must be whole minutes, from 1m to 1d")
	case day%slice != 0:
		o.warn("timeSliceWindow", "does not divide a day: slices begin at other times every day")
	}
	return slice
}

// readSliceTarget reads the ratio from which a slice is good.
func readSliceTarget(o *object, method opsreview.BudgetingMethod) float64 {
	target, said := o.number("timeSliceTarget")
	switch {
	case method != opsreview.Timeslices && said:
		o.warn("timeSliceTarget", "is ignored: the budgeting method is %s", method)
		return 0
	case method != opsreview.Timeslices:
		return 0
	case !said && o.get("timeSliceTarget") == nil:
		o.fail("timeSliceTarget", "is missing: the ratio from which a slice is good")
	case said && (target <= 0 || target > 1):
		o.fail("timeSliceTarget", "must be above 0 and at most 1")
	}
	return target
}
