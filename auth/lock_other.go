//go:build !unix || solaris || aix

package auth

import "os"

// lock takes the lock at path, and fails if another program holds it. A program
// that dies leaves it behind: remove the file then.
func lock(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	return func() { _ = f.Close(); _ = os.Remove(path) }, nil
}
