package checkpoint

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// ErrInUse is the error of a checkpoint that another run uses.
var ErrInUse = errors.New("another run uses this checkpoint")

// A Lock keeps a checkpoint for one run. The system releases it when the process ends, however that
// is. On a system without such locks it does nothing.
type Lock struct {
	file *os.File
}

// Acquire locks the checkpoint in a file, or returns an [ErrInUse] that says who has it. The lock is
// beside the file, which is replaced by another with each write.
func Acquire(name string) (*Lock, error) {
	if target, err := filepath.EvalSymlinks(name); err == nil {
		name = target // what a write replaces
	}
	name += ".lock"
	for {
		file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666)
		if err != nil {
			return nil, err
		}
		free, err := lock(file)
		if err == nil && !free {
			err = fmt.Errorf("%w: %s (%s)", ErrInUse, holder(file), name)
		}
		if err != nil {
			return nil, errors.Join(err, file.Close())
		}
		if !isAt(file, name) { // its holder has removed it meanwhile
			if err := file.Close(); err != nil {
				return nil, err
			}
			continue
		}
		l := &Lock{file: file}
		if err := l.sign(); err != nil {
			return nil, errors.Join(err, l.Release())
		}
		return l, nil
	}
}

// sign writes who has the lock, for the message of another run.
func (l *Lock) sign() error {
	host, err := os.Hostname()
	if err != nil {
		host = "an unknown host"
	}
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	_, err = fmt.Fprintf(l.file, "process %d on %s since %s\n", os.Getpid(), host, time.Now().UTC().Format(time.RFC3339))
	return err
}

// Release removes the lock's file and ends the lock.
func (l *Lock) Release() error {
	err := os.Remove(l.file.Name())
	return errors.Join(err, l.file.Close())
}

// holder returns who has a lock, in words.
func holder(file *os.File) string {
	const most = 200
	text, err := io.ReadAll(io.NewSectionReader(file, 0, most))
	if err != nil || len(text) < 2 {
		return "it has just begun"
	}
	return string(text[:len(text)-1])
}

// isAt reports whether a name leads to a file.
func isAt(file *os.File, name string) bool {
	one, err := file.Stat()
	if err != nil {
		return false
	}
	other, err := os.Stat(name)
	return err == nil && os.SameFile(one, other)
}
