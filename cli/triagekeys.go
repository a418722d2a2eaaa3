package cli

import (
	"strings"

	pb "opsreview/proto/opsreview/v1"
)

// triageKeys gives every word of the vocabulary a key of its own.
type triageKeys struct {
	causes []keyed[*pb.Cause]
	flags  []keyed[*pb.Flag]
}

// A keyed word is one with its key. The key is "" where none was left: the word
// can still be given with page label.
type keyed[T any] struct {
	key  string
	word T
}

// The keys that are commands and never words.
const (
	triageCommands = "sunmyqjk"
	triageCapitals = "A"
)

// newTriageKeys assigns the keys: small letters to causes and capitals to
// flags, so that a slip of the shift key gives no verdict. The keys depend on
// nothing but the words before, so that a word added at the end of the
// vocabulary moves none.
func newTriageKeys(v *pb.GetVocabularyResponse) triageKeys {
	var k triageKeys
	taken := triageCommands
	for _, c := range v.GetCauses() {
		if c.GetDeprecated() {
			continue
		}
		key := freeKey(c.GetId(), taken, "abcdefghijklmnopqrstuvwxyz34567890")
		taken += key
		k.causes = append(k.causes, keyed[*pb.Cause]{key, c})
	}
	taken = triageCapitals
	for _, f := range v.GetFlags() {
		key := freeKey(strings.ToUpper(f.GetId()), taken, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
		taken += key
		k.flags = append(k.flags, keyed[*pb.Flag]{key, f})
	}
	return k
}

// freeKey returns the first letter of a word of id that is not taken, else any
// letter of it, else any key of all; "" if every key is taken.
func freeKey(id, taken, all string) string {
	var initials strings.Builder
	for _, word := range strings.Split(id, "_") {
		if word != "" {
			initials.WriteByte(word[0])
		}
	}
	for _, key := range initials.String() + id + all {
		if strings.ContainsRune(all, key) && !strings.ContainsRune(taken, key) {
			return string(key)
		}
	}
	return ""
}

// answer returns what a key says of a page: its verdict, and its cause if it
// names one. It returns nil for a key that is no answer.
func (k triageKeys) answer(key string) *pb.Label {
	switch key {
	case "1":
		return &pb.Label{Verdict: pb.Verdict_VERDICT_ACTIONABLE}
	case "2":
		return &pb.Label{Verdict: pb.Verdict_VERDICT_NOT_ACTIONABLE}
	case "":
		return nil
	}
	for _, c := range k.causes {
		if c.key == key {
			return &pb.Label{Verdict: c.word.GetVerdict(), Cause: c.word.GetId()}
		}
	}
	return nil
}

// flag returns the flag that a key toggles, "" if it toggles none.
func (k triageKeys) flag(key string) string {
	for _, f := range k.flags {
		if key != "" && f.key == key {
			return f.word.GetId()
		}
	}
	return ""
}
