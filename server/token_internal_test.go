package server

import (
	"encoding/base64"
	"slices"
	"testing"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
)

func TestRequestDigest_TellsRequestsApart(t *testing.T) {
	digest := func(req *pb.ListPagesRequest) string {
		d, err := requestDigest(req)
		if err != nil {
			t.Fatal(err)
		}
		return string(d)
	}
	if first, second := digest(&pb.ListPagesRequest{Team: "a"}), digest(&pb.ListPagesRequest{Team: "a"}); first != second {
		t.Error("one request has two digests")
	}
	if digest(&pb.ListPagesRequest{Team: "a"}) == digest(&pb.ListPagesRequest{Service: "a"}) {
		t.Error("two requests have one digest")
	}
}

func TestCut(t *testing.T) {
	list := []string{"a", "b", "c"}
	self := func(s string) string { return s }
	tests := map[string]struct {
		size  int
		after string
		want  []string
		more  bool
	}{
		"the first page":                {2, "", []string{"a", "b"}, true},
		"the last page has no token":    {2, "b", []string{"c"}, false},
		"a page that ends with the end": {3, "", list, false},
		"nothing comes after the last":  {2, "c", []string{}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, token, err := cut(list, self, tt.size, tt.after, []byte("d"))
			if err != nil || !slices.Equal(got, tt.want) || (token != "") != tt.more {
				t.Errorf("%v, %q, %v", got, token, err)
			}
		})
	}
	if _, _, err := cut(list, self, 2, "gone", nil); opsreview.ErrorCode(err) != opsreview.Invalid {
		t.Errorf("after an item that has gone: %v", err)
	}
	if got, token, err := cut(nil, self, 2, "", nil); err != nil || token != "" || len(got) != 0 {
		t.Errorf("of an empty list: %v, %q, %v", got, token, err)
	}
}

func FuzzPageToken(f *testing.F) {
	digest := []byte("123456789")
	f.Add(encodeToken("pd/Q1", digest))
	f.Add(encodeToken("", digest))
	f.Add("!")
	for _, text := range []string{`{"l":"x"}`, `{"l":1}`, `[]`, `null`, `{"l":"x","o":"!"}`, `{"l":"x","o":"MTIzNDU2Nzg5"}`} {
		f.Add(base64.RawURLEncoding.EncodeToString([]byte(text)))
	}
	f.Fuzz(func(t *testing.T, text string) {
		last, err := decodeToken(text, digest)
		switch {
		case err != nil:
			if opsreview.ErrorCode(err) != opsreview.Invalid || last != "" {
				t.Errorf("%q with %v", last, err)
			}
		case text != "" && last == "":
			t.Error("a token names the beginning")
		case text != "":
			if again, err := decodeToken(encodeToken(last, digest), digest); err != nil || again != last {
				t.Errorf("%q came back as %q, %v", last, again, err)
			}
		}
	})
}
