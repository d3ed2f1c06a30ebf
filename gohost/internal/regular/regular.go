// Package regular reads regular files up to a size. A path that somebody else
// may have put there can lead to a pipe that nobody writes to, a device without
// an end or a file that fills the memory: those are refused, and not waited for.
// Links are followed, since mounted directories consist of them.
package regular

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

var (
	// ErrKind is for what is not a regular file.
	ErrKind = errors.New("not a regular file")
	// ErrSize is for a file that is larger than asked for.
	ErrSize = errors.New("too large")
)

// Open opens a regular file to be read.
func Open(path string) (*os.File, error) {
	// Looked at before it is opened, since opening a device may do something.
	info, err := os.Stat(path)
	if err == nil {
		err = check(path, info)
	}
	if err != nil {
		return nil, err
	}
	// And after it: it may be another by now. Without O_NONBLOCK opening a pipe
	// waits for a writer.
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	if info, err = file.Stat(); err == nil {
		err = check(path, info)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

func check(path string, info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is %v: %w", path, info.Mode().Type(), ErrKind)
	}
	return nil
}

// Copy copies a regular file of at most limit bytes. Of a larger one, which is
// an error, it copies at most one byte more.
func Copy(w io.Writer, path string, limit int64) (err error) {
	file, err := Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if info, err := file.Stat(); err == nil && info.Size() > limit { // at once, where it says so
		return tooLarge(path, limit)
	}
	n, err := io.Copy(w, io.LimitReader(file, limit+1))
	if err == nil && n > limit {
		err = tooLarge(path, limit)
	}
	return err
}

func tooLarge(path string, limit int64) error {
	return fmt.Errorf("%s: %w: expected at most %d bytes", path, ErrSize, limit)
}

// Read reads a regular file of at most limit bytes.
func Read(path string, limit int64) ([]byte, error) {
	var b bytes.Buffer
	if err := Copy(&b, path, limit); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
