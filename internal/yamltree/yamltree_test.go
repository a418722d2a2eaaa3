package yamltree_test

import (
	"testing"

	"opsreview/internal/yamltree"
)

var limits = yamltree.Limits{Name: "a file of tests", Size: 1 << 10, Keys: 10}

// Most of what the reader does is tested through the readers of objectives and
// of monitors, which cannot do without it.
func TestParse(t *testing.T) {
	trees, bad := yamltree.Parse([]byte("a: &x [1, two]\n---\n\n# one\n---\nb:\n  c: 'd'\n  e: |\n    f\n"), limits)
	if bad != nil || len(trees) != 2 {
		t.Fatalf("%d trees, error %v", len(trees), bad)
	}
	list, line := trees[0].Find("a")
	if list.Form != yamltree.List || line != 1 || len(list.Items) != 2 || list.Items[1].Text != "two" {
		t.Errorf("list %+v in line %d", list, line)
	}
	b, _ := trees[1].Find("b")
	c, line := b.Find("c")
	if c.Form != yamltree.Scalar || c.Text != "d" || !c.Quoted || line != 7 {
		t.Errorf("text %+v in line %d", c, line)
	}
	if e, line := b.Find("e"); e.Text != "f\n" || line != 8 {
		t.Errorf("text %+v in line %d", e, line)
	}
	if none, line := b.Find("g"); none != nil || line != 0 {
		t.Errorf("found %+v in line %d", none, line)
	}
}

func TestParse_Limits(t *testing.T) {
	for name, tt := range map[string]struct{ text, want string }{
		"too many bytes": {string(make([]byte, 2<<10)), "a file of tests has at most 1 kB"},
		"too many keys":  {"a: 1\nb: 1\nc: 1\nd: 1\ne: 1\nf: 1\ng: 1\nh: 1\ni: 1\nj: 1\nk: 1\n", "the document has 11 keys, at most 10 are read"},
		"no UTF-8":       {"a: \xff", "the file is not UTF-8"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, bad := yamltree.Parse([]byte(tt.text), limits); bad == nil || bad.Text != tt.want {
				t.Errorf("error %v, want %q", bad, tt.want)
			}
		})
	}
}
