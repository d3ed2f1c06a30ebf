// Package spool holds output until all of it is known: a little in memory, and the rest in a file.
package spool

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// InMemory is how many bytes stay in memory.
const InMemory = 4 << 20

// A Spool takes output, and gives it back at once. The file, if there is one, has no name where the system
// allows that, so that nothing is left if the process is killed.
type Spool struct {
	dir   string
	max   int
	begin []byte
	file  *os.File
}

// New returns an empty spool, whose file would be in dir, or in that of temporary files.
func New(dir string) *Spool { return &Spool{dir: dir, max: InMemory} }

// Write implements [io.Writer].
func (s *Spool) Write(p []byte) (int, error) {
	if s.file == nil && len(s.begin)+len(p) <= s.max {
		s.begin = append(s.begin, p...)
		return len(p), nil
	}
	if s.file == nil {
		file, err := os.CreateTemp(s.dir, "compute-pipeline-output-")
		if err != nil {
			return 0, failed(err)
		}
		_ = os.Remove(file.Name())
		s.file = file
	}
	n, err := s.file.Write(p)
	if err != nil {
		err = failed(err)
	}
	return n, err
}

// WriteTo implements [io.WriterTo]. Nothing can be written to the spool any more.
func (s *Spool) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(s.begin)
	if err != nil || s.file == nil {
		return int64(n), err
	}
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return int64(n), failed(err)
	}
	more, err := io.Copy(w, s.file)
	return int64(n) + more, err
}

// Close drops what the spool holds.
func (s *Spool) Close() error {
	s.begin = nil
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	_ = os.Remove(s.file.Name()) // it has no name any more where that was possible
	return err
}

// failed says what the file was for. Its name, which nobody sees, is left out.
func failed(err error) error {
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		err = path.Err
	}
	return fmt.Errorf("a temporary file for the result: %w", err)
}
