package meeting

import (
	"reflect"
	"time"
)

// Hide returns a copy of a value with the names of people replaced in each of
// its texts, by the rules of [Anonymous]. Each of people is one person, in the
// order in which they are numbered. It copies exported fields only: what else a
// struct holds is shared with the original.
func Hide[T any](value T, people [][]string) T {
	c := newCloak()
	for _, names := range people {
		c.person(names...)
	}
	c.ready()
	return c.copied(reflect.ValueOf(value)).Interface().(T) //nolint:forcetypeassert // a copy of the same type
}

// Hider returns what Hide does to one text.
func Hider(people [][]string) func(string) string {
	c := newCloak()
	for _, names := range people {
		c.person(names...)
	}
	c.ready()
	return c.hide
}

// copied is value for any type: times and zones stay what they are.
func (c *cloak) copied(v reflect.Value) reflect.Value {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() || v.Type() == reflect.TypeFor[time.Location]() {
			return v
		}
		to := reflect.New(v.Type()).Elem()
		to.Set(v)
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && !programs[f.Name] {
				to.Field(i).Set(c.copied(v.Field(i)))
			}
		}
		return to
	case reflect.Pointer:
		if v.IsNil() || v.Type().Elem() == reflect.TypeFor[time.Location]() {
			return v
		}
		to := reflect.New(v.Type().Elem())
		to.Elem().Set(c.copied(v.Elem()))
		return to
	case reflect.Slice:
		if v.IsNil() {
			return v
		}
		to := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			to.Index(i).Set(c.copied(v.Index(i)))
		}
		return to
	case reflect.Map:
		if v.IsNil() {
			return v
		}
		to := reflect.MakeMapWithSize(v.Type(), v.Len())
		for _, key := range v.MapKeys() {
			to.SetMapIndex(c.copied(key), c.copied(v.MapIndex(key)))
		}
		return to
	case reflect.String:
		return c.value(v)
	default:
		return v
	}
}
