package meeting

import (
	"fmt"
	"math"
)

// fisher is the two-sided p-value of Fisher's exact test (The Design of
// Experiments, 1935) that k1 of n1 and k2 of n2 come from one share: the
// probability of all tables with the same margins that are no likelier than the
// one that was seen, as R's fisher.test. It is 1 where there is nothing to tell
// apart.
func fisher(k1, n1, k2, n2 int) float64 {
	if k1 < 0 || k2 < 0 || k1 > n1 || k2 > n2 || n1 == 0 || n2 == 0 {
		return 1
	}
	k, n := k1+k2, n1+n2
	likely := func(x int) float64 { return choose(n1, x) + choose(n2, k-x) - choose(n, k) }
	seen := likely(k1) + 1e-7 // two tables that are equally likely differ in their last digits
	p := 0.0
	for x := max(0, k-n2); x <= min(k, n1); x++ {
		if l := likely(x); l <= seen {
			p += math.Exp(l)
		}
	}
	return min(1, p)
}

// choose is the logarithm of the number of ways to choose k of n.
func choose(n, k int) float64 {
	gamma := func(x int) float64 {
		l, _ := math.Lgamma(float64(x + 1))
		return l
	}
	return gamma(n) - gamma(k) - gamma(n-k)
}

func pText(p float64) string {
	switch {
	case p < 0.001:
		return "p < 0.001"
	case p < 0.1:
		return fmt.Sprintf("p %.3f", p)
	}
	return fmt.Sprintf("p %.2f", p)
}
