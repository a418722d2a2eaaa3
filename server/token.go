package server

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strconv"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"opsreview"
)

// A pageToken says where the next result page begins: after the item named
// Last. Of ties it to the request whose list it continues.
type pageToken struct {
	Last string `json:"l"`
	Of   []byte `json:"o"`
}

// requestDigest names a list request by everything but its paging fields,
// which the caller has cleared.
func requestDigest(req proto.Message) ([]byte, error) {
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(req)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(data)
	return sum[:9], nil
}

// encodeToken returns the opaque text of the token.
func encodeToken(last string, digest []byte) string {
	data, _ := json.Marshal(pageToken{Last: last, Of: digest}) // cannot fail: strings and bytes
	return base64.RawURLEncoding.EncodeToString(data)
}

// decodeToken returns the name after which the list goes on, "" for the first
// page. It returns an Invalid error for a token of another request.
func decodeToken(text string, digest []byte) (string, error) {
	if text == "" {
		return "", nil
	}
	data, err := base64.RawURLEncoding.DecodeString(text)
	var t pageToken
	if err == nil {
		err = json.Unmarshal(data, &t)
	}
	if err != nil || t.Last == "" {
		return "", opsreview.Errorf(opsreview.Invalid, "the page token cannot be read: begin again without one")
	}
	if string(t.Of) != string(digest) {
		return "", opsreview.Errorf(opsreview.Invalid, "the page token belongs to another request: begin again without one")
	}
	return t.Last, nil
}

// pageSize returns how many items a result page holds. It returns an Invalid
// error for a negative or an excessive size.
func pageSize(asked int32) (int, error) {
	switch {
	case asked < 0:
		return 0, opsreview.Errorf(opsreview.Invalid, "the page size %d is negative", asked)
	case asked == 0:
		return 100, nil
	case asked > 1000:
		return 0, opsreview.Errorf(opsreview.Invalid, "the page size %d is over 1000", asked)
	}
	return int(asked), nil
}

// A pagedRequest asks for a list, a part at a time.
type pagedRequest interface {
	proto.Message
	GetPageSize() int32
	GetPageToken() string
}

// paging reads the paging fields of a request: how many are asked for, the
// digest of what else the request says, and the last of the part before, "" for
// the first.
func paging(req pagedRequest) (size int, digest []byte, after string, err error) {
	if size, err = pageSize(req.GetPageSize()); err != nil {
		return 0, nil, "", err
	}
	key := proto.Clone(req).ProtoReflect()
	for _, field := range []protoreflect.Name{"page_size", "page_token"} {
		key.Clear(key.Descriptor().Fields().ByName(field))
	}
	if digest, err = requestDigest(key.Interface()); err != nil {
		return 0, nil, "", err
	}
	after, err = decodeToken(req.GetPageToken(), digest)
	return size, digest, after, err
}

// pagingByID is paging of a list that goes from the highest number down: what is
// wanted has a lower one than before, 0 for all.
func pagingByID(req pagedRequest) (size int, digest []byte, before int64, err error) {
	size, digest, after, err := paging(req)
	if err != nil || after == "" {
		return size, digest, 0, err
	}
	if before, err = strconv.ParseInt(after, 10, 64); err != nil {
		return 0, nil, 0, opsreview.Errorf(opsreview.Invalid, "the page token cannot be read: begin again without one")
	}
	return size, digest, before, nil
}

// cut returns one result page of list and the token of the next. A list whose
// item named in the token has gone begins again at its place is an error: the
// caller's list has changed underfoot.
func cut[T any](list []T, name func(T) string, size int, after string, digest []byte) ([]T, string, error) {
	start := 0
	if after != "" {
		start = -1
		for i, item := range list {
			if name(item) == after {
				start = i + 1
				break
			}
		}
		if start < 0 {
			return nil, "", opsreview.Errorf(opsreview.Invalid, "the list has changed since the page token was given: begin again without one")
		}
	}
	end := min(start+size, len(list))
	if end == len(list) {
		return list[start:end], "", nil
	}
	return list[start:end], encodeToken(name(list[end-1]), digest), nil
}
