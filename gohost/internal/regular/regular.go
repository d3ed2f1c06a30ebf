// Package regular reads regular files up to a size. A path that someone else
// controls can lead to a pipe without a writer, an endless device or a file that
// fills the memory. This package rejects those without waiting for them. It
// follows links, since mounted directories consist of them.
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
	// ErrKind: the path leads to something that is not a regular file.
	ErrKind = errors.New("not a regular file")
	// ErrSize: the file is larger than the limit.
	ErrSize = errors.New("too large")
)

// Open opens a regular file for reading.
func Open(path string) (*os.File, error) {
	// Checked before opening, since opening a device may have an effect.
	info, err := os.Stat(path)
	if err == nil {
		err = check(path, info)
	}
	if err != nil {
		return nil, err
	}
	// Checked after opening too, since the path may lead elsewhere by now. Without
	// O_NONBLOCK, opening a pipe waits for a writer.
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

// Copy copies a regular file of at most limit bytes to w. A larger file is an
// error, after at most limit+1 bytes.
func Copy(w io.Writer, path string, limit int64) (err error) {
	file, err := Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if info, err := file.Stat(); err == nil && info.Size() > limit { // at once, if the size is known
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

// Read returns the contents of a regular file of at most limit bytes.
func Read(path string, limit int64) ([]byte, error) {
	var b bytes.Buffer
	if err := Copy(&b, path, limit); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
