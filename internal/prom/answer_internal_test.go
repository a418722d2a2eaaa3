package prom

import (
	"encoding/json"
	"testing"
)

// Whatever a server answers is read or refused, and what is read is in the
// range of times that can be stored.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte(`{"resultType":"matrix","result":[{"metric":{"a":"b"},"values":[[1772452800.5,"+Inf"],[1772452801,"1e309"]]}]}`))
	f.Add([]byte(`{"resultType":"vector","result":[{"metric":{},"value":[1,"NaN"]},{"metric":{},"histogram":[1,{}]}]}`))
	f.Add([]byte(`{"resultType":"scalar","result":[-1e300,"0x1p-2"]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var r result
		if json.Unmarshal(body, &r) != nil {
			return
		}
		all, err := r.series()
		if err != nil {
			return
		}
		for _, s := range all {
			_ = s.Key()
			for _, p := range s.Samples {
				if y := p.At.Year(); y < -2000 || y > 6000 {
					t.Errorf("a sample is at %s", p.At)
				}
			}
		}
	})
}
