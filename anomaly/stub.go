package anomaly

import "fmt"

// checks finds what is weird in other ways than by its distance from usual, in
// the part [from, to) of the series.
func checks(*model, int, int) []Window { return nil }

// describe says w in words.
func describe(_ *model, w *Window) {
	w.Text = fmt.Sprintf("was %.4g, usual %.4g–%.4g", w.Value, w.Low, w.High)
}
