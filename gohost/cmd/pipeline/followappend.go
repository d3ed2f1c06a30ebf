package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/sources"
)

// An appended file is one that a run adds to, and that its checkpoint knows. A run that goes on removes what was
// added after the checkpoint: it comes again.
type appendedFile struct {
	file    *os.File
	regular bool // and not a terminal, say, which has no size
	out     *bufio.Writer
	size    int64 // with what is not written yet
	synced  int64
}

// openAppended opens a file, or makes it.
func openAppended(name string) (*appendedFile, error) {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	a := &appendedFile{file: file, regular: info.Mode().IsRegular(), size: info.Size()}
	a.out, a.synced = bufio.NewWriter(file), a.size
	return a, nil
}

func (a *appendedFile) Write(p []byte) (int, error) {
	n, err := a.out.Write(p)
	a.size += int64(n)
	return n, err
}

// Flush writes what is not written yet.
func (a *appendedFile) Flush() error { return a.out.Flush() }

// goOn removes what was added after a place. It reports false if this file has not what was before that.
func (a *appendedFile) goOn(at sources.Place) (bool, error) {
	if !a.regular || !at.IsIn(a.file.Name()) {
		return false, nil
	}
	if err := a.file.Truncate(at.Offset); err != nil {
		return false, err
	}
	a.size, a.synced = at.Offset, at.Offset
	return true, nil
}

// place returns the place of what was added up to a size, which a checkpoint may know: it is there after a loss of
// power, too.
func (a *appendedFile) place(size int64) (*sources.Place, error) {
	if !a.regular {
		return nil, nil
	}
	if err := a.out.Flush(); err != nil {
		return nil, err
	}
	if size > a.synced {
		if err := a.file.Sync(); err != nil {
			return nil, err
		}
		a.synced = size
	}
	at, err := sources.PlaceIn(a.file, size)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, os.ErrNotExist) {
		return nil, nil // somebody has moved it or cut it off
	}
	return &at, err
}

// checkEnd refuses a file that does not end with a line.
func (a *appendedFile) checkEnd() error {
	if !a.regular || a.size == 0 {
		return nil
	}
	file, err := os.Open(a.file.Name())
	if err != nil {
		return err
	}
	defer file.Close()
	last := make([]byte, 1)
	if _, err := file.ReadAt(last, a.size-1); err != nil || last[0] == '\n' {
		return err
	}
	return fmt.Errorf("%s ends within a row, as a run that was killed leaves it; remove what is after its last line", a.file.Name())
}

func (a *appendedFile) close() error { return errors.Join(a.out.Flush(), a.file.Close()) }
