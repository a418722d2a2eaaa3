package store

import (
	"encoding/binary"
	"errors"
	"math"
	"math/bits"
)

// packFormat is the version of the form in which values are stored. It is the
// first byte; what follows it is compressed. That begins with the mode, an
// exponent, a bit for each value that is known, and a bit for each that differs
// from the last one known. Only those that differ are written out.
const packFormat = 1

// The modes in which values are written.
const (
	packDecimal = 1 // differences of whole numbers, which are divided by a power of ten
	packBits    = 2 // bits that differ from the value before, byte by byte: all first ones, all second ones …
)

// powers are those of ten by which decimal fractions become whole.
var powers = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9}

var errPacked = errors.New("the stored values are damaged")

// packValues writes values, of which NaN says that they are not known. The
// others come back bit for bit.
func packValues(values []float64) []byte {
	n := (len(values) + 7) / 8
	plain := make([]byte, 2+2*n, 2+2*n+8*len(values))
	fresh := make([]float64, 0, len(values))
	for i, v := range values {
		if math.IsNaN(v) {
			continue
		}
		plain[2+i/8] |= 1 << (i % 8)
		if k := len(fresh); k == 0 || math.Float64bits(fresh[k-1]) != math.Float64bits(v) {
			plain[2+n+i/8] |= 1 << (i % 8)
			fresh = append(fresh, v)
		}
	}
	if exponent, ok := decimals(fresh); ok {
		plain[0], plain[1] = packDecimal, byte(exponent)
		last := int64(0)
		for _, v := range fresh {
			whole := int64(math.Round(v * powers[exponent]))
			plain = binary.AppendVarint(plain, whole-last)
			last = whole
		}
	} else {
		plain[0] = packBits
		plain = appendBits(plain, fresh)
	}
	return encoder().EncodeAll(plain, []byte{packFormat})
}

// decimals returns the least power of ten that makes all values whole, if one
// does and gives the same values back.
func decimals(values []float64) (exponent int, ok bool) {
	for i := 0; i < len(values); i++ {
		v := values[i]
		if v == 0 && math.Signbit(v) {
			return 0, false
		}
		whole := math.Round(v * powers[exponent])
		if math.Abs(whole) <= 1<<53 && whole/powers[exponent] == v {
			continue
		}
		if exponent++; exponent == len(powers) {
			return 0, false
		}
		i = -1 // The others must fit the next power too.
	}
	return exponent, true
}

func appendBits(dst []byte, values []float64) []byte {
	from := len(dst)
	dst = append(dst, make([]byte, 8*len(values))...)
	last := uint64(0)
	for i, v := range values {
		b := math.Float64bits(v)
		for k := range 8 {
			dst[from+k*len(values)+i] = byte((b ^ last) >> (56 - 8*k))
		}
		last = b
	}
	return dst
}

// unpackValues reads n values that packValues has written.
func unpackValues(packed []byte, n int) ([]float64, error) {
	if len(packed) == 0 || packed[0] != packFormat {
		return nil, errPacked
	}
	plain, err := decoder().DecodeAll(packed[1:], nil)
	if err != nil {
		return nil, err
	}
	size := (n + 7) / 8
	if len(plain) < 2+2*size {
		return nil, errPacked
	}
	known, differs := plain[2:2+size], plain[2+size:2+2*size]
	fresh, err := freshValues(plain[0], int(plain[1]), plain[2+2*size:], ones(differs))
	if err != nil {
		return nil, err
	}
	values := make([]float64, n)
	next := 0
	for i := range values {
		bit := byte(1) << (i % 8)
		if differs[i/8]&bit != 0 {
			next++
		}
		switch {
		case known[i/8]&bit == 0:
			values[i] = math.NaN()
		case next == 0:
			return nil, errPacked
		default:
			values[i] = fresh[next-1]
		}
	}
	if next != len(fresh) {
		return nil, errPacked
	}
	return values, nil
}

// freshValues reads n values that were written in a mode.
func freshValues(mode byte, exponent int, from []byte, n int) ([]float64, error) {
	values := make([]float64, n)
	switch {
	case mode == packDecimal && exponent < len(powers):
		last := int64(0)
		for i := range values {
			d, size := binary.Varint(from)
			if size <= 0 {
				return nil, errPacked
			}
			last, from = last+d, from[size:]
			values[i] = float64(last) / powers[exponent]
		}
		if len(from) > 0 {
			return nil, errPacked
		}
	case mode == packBits && len(from) == 8*n:
		last := uint64(0)
		for i := range values {
			for k := range 8 {
				last ^= uint64(from[k*n+i]) << (56 - 8*k)
			}
			values[i] = math.Float64frombits(last)
		}
	default:
		return nil, errPacked
	}
	return values, nil
}

// ones counts the bits that are set.
func ones(b []byte) int {
	n := 0
	for _, x := range b {
		n += bits.OnesCount8(x)
	}
	return n
}
