//go:build unix && !solaris && !aix

package auth

import (
	"os"
	"syscall"
)

// lock waits until no other program holds the lock at path and takes it. The
// system gives it back when a program dies.
func lock(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		_ = f.Close()
		return nil, err
	}
	return func() { _ = f.Close() }, nil // closing it unlocks it
}
