package opsreview_test

import (
	"reflect"
	"testing"

	"opsreview"
)

// A count that is added to the struct and not to Add would stay zero in every
// report of progress.
func TestSaved_AddAddsEveryCount(t *testing.T) {
	var one, sum opsreview.Saved
	v := reflect.ValueOf(&one).Elem()
	for i := range v.NumField() {
		v.Field(i).SetInt(int64(i + 1))
	}
	sum.Add(one)
	sum.Add(one)
	v = reflect.ValueOf(sum)
	for i := range v.NumField() {
		if got, want := v.Field(i).Int(), int64(2*(i+1)); got != want {
			t.Errorf("%s = %d, want %d", v.Type().Field(i).Name, got, want)
		}
	}
}
