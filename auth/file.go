package auth

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"opsreview"
)

// statEvery is how often at most the file is looked at while calls come in. A
// revoked token works that long at most.
const statEvery = time.Second

// A TokenFile is the file that keeps the tokens' hashes. Programs that change
// it take turns, and it is replaced whole, so that a reader never sees half of
// it. It is read again when it has changed.
type TokenFile struct {
	path string
	now  func() time.Time

	mu     sync.Mutex
	looked time.Time   // when the file was looked at last
	seen   os.FileInfo // as it was then; nil if it was not there
	err    error       // of that look
	byHash map[string]Token
}

// OpenTokens returns the tokens of the file at path, which need not be there
// yet. It reads nothing.
func OpenTokens(path string, now func() time.Time) *TokenFile {
	return &TokenFile{path: path, now: now}
}

// tokenDocument is the form of the file.
type tokenDocument struct {
	Version int     `json:"version"`
	Tokens  []Token `json:"tokens"`
}

// Verify implements Verifier. A file that cannot be read is an Unavailable
// error: revoked tokens must not work because of it.
func (f *TokenFile) Verify(_ context.Context, secret string) (Caller, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	f.refresh(now)
	if f.err != nil {
		return Caller{}, opsreview.Wrapf(f.err, opsreview.Unavailable, "the server cannot read its tokens: tell its operator")
	}
	t, ok := f.byHash[hash(secret)]
	if !ok || t.Expired(now) {
		return Caller{}, errRefused
	}
	return Caller{Name: t.Name, Person: t.Person, Via: ViaToken, Grants: []Grant{t.Grant}}, nil
}

// refresh reads the file again if it has changed since it was looked at.
func (f *TokenFile) refresh(now time.Time) {
	if since := now.Sub(f.looked); !f.looked.IsZero() && since >= 0 && since < statEvery {
		return
	}
	f.looked = now
	info, err := os.Stat(f.path)
	if err == nil && f.err == nil && f.seen != nil && sameFile(f.seen, info) {
		return
	}
	f.seen = info
	doc, err := f.read()
	f.err, f.byHash = err, make(map[string]Token, len(doc.Tokens))
	for _, t := range doc.Tokens {
		f.byHash[t.Hash] = t
	}
}

// sameFile reports whether nothing has happened to a file between two looks. A
// file that was replaced is another one, even in the same instant.
func sameFile(a, b os.FileInfo) bool {
	return os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size() && a.Mode() == b.Mode()
}

// List returns the tokens in the order in which they were made. A file that is
// not there has none.
func (f *TokenFile) List() ([]Token, error) {
	doc, err := f.read()
	return doc.Tokens, err
}

// Create adds a token and returns its text, which is not kept and cannot be
// had again. It returns a Conflict error if there is one of that name that has
// not expired, and an Invalid one for a token that could not be used.
func (f *TokenFile) Create(t Token) (secret string, err error) {
	secret = newSecret()
	t.Hash, t.Created = hash(secret), f.now().UTC().Truncate(time.Second)
	if err := t.check(); err != nil {
		return "", err
	}
	if t.Expired(t.Created) {
		return "", opsreview.Errorf(opsreview.Invalid, "token %q would have expired already", t.Name)
	}
	err = f.change(func(tokens []Token) ([]Token, error) {
		var kept []Token
		for _, old := range tokens {
			if old.Name != t.Name {
				kept = append(kept, old)
			} else if !old.Expired(t.Created) {
				return nil, opsreview.Errorf(opsreview.Conflict, "there is a token %q already: revoke it first, or choose another name", t.Name)
			}
		}
		return append(kept, t), nil
	})
	return secret, err
}

// Revoke removes the token of that name: it is refused from then on. It returns
// a NotFound error if there is none.
func (f *TokenFile) Revoke(name string) error {
	return f.change(func(tokens []Token) ([]Token, error) {
		var kept []Token
		for _, t := range tokens {
			if t.Name != name {
				kept = append(kept, t)
			}
		}
		if len(kept) == len(tokens) {
			return nil, opsreview.Errorf(opsreview.NotFound, "there is no token %q", name)
		}
		return kept, nil
	})
}

// read reads the file. It returns an Invalid error for one that is not of its
// form, or that others than its owner can write: who writes it is an admin.
func (f *TokenFile) read() (tokenDocument, error) {
	info, err := os.Stat(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return tokenDocument{}, nil
	}
	if err == nil && info.Mode().Perm()&0o022 != 0 {
		return tokenDocument{}, opsreview.Errorf(opsreview.Invalid,
			"the tokens file %q can be written by others than its owner: chmod 600 it", f.path)
	}
	data, err := os.ReadFile(f.path)
	if err != nil {
		return tokenDocument{}, opsreview.Wrapf(err, opsreview.Invalid, "the tokens file %q cannot be read", f.path)
	}
	var doc tokenDocument
	dec := json.NewDecoder(strings.NewReader(string(data)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&doc); err != nil || doc.Version != 1 {
		return tokenDocument{}, opsreview.Wrapf(errors.Join(err, errVersion), opsreview.Invalid, "%q is no file of tokens", f.path)
	}
	names := map[string]bool{}
	for _, t := range doc.Tokens {
		if err := t.check(); err != nil {
			return tokenDocument{}, opsreview.Wrapf(err, opsreview.Invalid, "%s: %s", f.path, opsreview.ErrorMessage(err))
		}
		if names[t.Name] {
			return tokenDocument{}, opsreview.Errorf(opsreview.Invalid, "%s: there are two tokens %q", f.path, t.Name)
		}
		names[t.Name] = true
	}
	return doc, nil
}

var errVersion = errors.New("want a document of version 1")

// change replaces the file by what fn makes of its tokens, while no other
// program changes it.
func (f *TokenFile) change(fn func([]Token) ([]Token, error)) error {
	if err := os.MkdirAll(filepath.Dir(f.path), 0o700); err != nil {
		return opsreview.Wrapf(err, opsreview.Invalid, "cannot create the folder of the tokens file %q", f.path)
	}
	unlock, err := lock(f.path + ".lock")
	if err != nil {
		return opsreview.Wrapf(err, opsreview.Unavailable, "the tokens file %q cannot be locked", f.path)
	}
	defer unlock()
	doc, err := f.read()
	if err != nil {
		return err
	}
	if doc.Tokens, err = fn(doc.Tokens); err != nil {
		return err
	}
	doc.Version = 1
	data, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		return err
	}
	if err := replaceFile(f.path, append(data, '\n')); err != nil {
		return opsreview.Wrapf(err, opsreview.Invalid, "the tokens file %q cannot be written", f.path)
	}
	return nil
}

// replaceFile puts data at path whole, readable by the owner only.
func replaceFile(path string, data []byte) error {
	temp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // 0600 from the beginning
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name()) //nolint:errcheck // it has been moved, or is of no use
	_, err = temp.Write(data)
	if err == nil {
		err = temp.Sync()
	}
	if err = errors.Join(err, temp.Close()); err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}
