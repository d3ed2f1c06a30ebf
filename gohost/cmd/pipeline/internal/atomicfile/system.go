package atomicfile

import (
	"errors"
	"io"
	"os"
	"runtime"
	"syscall"
)

// System makes changes in a file system. A test can make each of them fail.
type System interface {
	// Create creates a file for writing. It fails if the file exists.
	Create(name string) (File, error)
	Rename(from, to string) error
	Remove(name string) error
	RemoveAll(name string) error
	// Mkdir creates a directory, unless it exists.
	Mkdir(name string) error
	// SyncDir makes the names in a directory survive a loss of power.
	SyncDir(name string) error
}

// File is a file that is being written.
type File interface {
	io.WriteCloser
	Sync() error
}

// OS is the file system of the machine.
type OS struct{}

// Create implements [System].
func (OS) Create(name string) (File, error) {
	// Not os.CreateTemp: its files are private, and this one should have the mode that
	// the user's umask gives.
	return os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
}

// Rename implements [System].
func (OS) Rename(from, to string) error { return os.Rename(from, to) }

// Remove implements [System].
func (OS) Remove(name string) error { return os.Remove(name) }

// RemoveAll implements [System].
func (OS) RemoveAll(name string) error { return os.RemoveAll(name) }

// Mkdir implements [System].
func (OS) Mkdir(name string) error {
	err := os.Mkdir(name, 0o755)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	return err
}

// SyncDir implements [System]. It does nothing on systems that cannot sync directories.
func (OS) SyncDir(name string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	dir, err := os.Open(name)
	if err != nil {
		return err
	}
	err = dir.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	return errors.Join(err, dir.Close())
}
