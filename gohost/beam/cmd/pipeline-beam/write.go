package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"example.org/compute-pipeline/gohost/beam/transform"
	"example.org/compute-pipeline/gohost/input"
)

func init() {
	register.DoFn4x1[context.Context, []byte, func(*Row) bool, func(*transform.Fault) bool, error](&WriteFn{})
	register.Iter1[Row]()
	register.Iter1[transform.Fault]()
}

// WriteFn writes all rows, by key and time, and all faults, by file and offset. If it runs twice
// it writes the same bytes. It sorts in bounded memory, and on the worker's disk.
type WriteFn struct {
	Header []byte
	Input  string // the pattern, for messages
	Output string
	Faults string // if empty, a fault is an error
}

// ProcessElement writes the files. Its only element has no meaning.
func (f *WriteFn) ProcessElement(ctx context.Context, _ []byte, rows func(*Row) bool, faults func(*transform.Fault) bool) error {
	wrong, err := f.writeFaults(ctx, faults)
	if err != nil {
		return err
	}
	lines := &sorter[Row]{
		compare: compareRows, limit: runBytes,
		size: func(r Row) int { return len(r.Key) + cap(r.Line) + 64 },
	}
	return sorted(lines, rows, func() error {
		if lines.count == 0 && !wrong {
			return fmt.Errorf("%s: %w", f.Input, input.ErrEmpty)
		}
		return writeFile(ctx, f.Output, func(w io.Writer) error {
			if _, err := w.Write(f.Header); err != nil {
				return err
			}
			return lines.each(func(r Row) error {
				_, err := w.Write(r.Line)
				return err
			})
		})
	})
}

func compareRows(a, b Row) int {
	return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Start, b.Start))
}

// writeFaults reports whether there are faults.
func (f *WriteFn) writeFaults(ctx context.Context, faults func(*transform.Fault) bool) (bool, error) {
	if f.Faults == "" {
		return false, firstOf(faults)
	}
	list := &sorter[transform.Fault]{
		compare: compareFaults, limit: runBytes,
		size: func(v transform.Fault) int { return len(v.File) + len(v.Message) + 64 },
	}
	err := sorted(list, faults, func() error {
		return writeFile(ctx, f.Faults, func(w io.Writer) error {
			encoder := json.NewEncoder(w)
			encoder.SetEscapeHTML(false)
			return list.each(func(fault transform.Fault) error { return encoder.Encode(fault) })
		})
	})
	return list.count > 0, err
}

func compareFaults(a, b transform.Fault) int {
	return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Offset, b.Offset), cmp.Compare(a.Message, b.Message))
}

// firstOf returns the first fault, and how many there are.
func firstOf(faults func(*transform.Fault) bool) error {
	var first transform.Fault
	count := 0
	for v := (transform.Fault{}); faults(&v); v = (transform.Fault{}) {
		if count == 0 || compareFaults(v, first) < 0 {
			first = v
		}
		count++
	}
	if count == 0 {
		return nil
	}
	return fmt.Errorf("%w (of %d faults in all; --faults FILE writes them to a file and computes without those records)", first, count)
}

// sorted gives values to a sorter, runs f, and closes the sorter.
func sorted[T any](s *sorter[T], next func(*T) bool, f func() error) (err error) {
	defer func() { err = errors.Join(err, s.close()) }()
	for v := *new(T); next(&v); v = *new(T) {
		if err := s.add(v); err != nil {
			return err
		}
	}
	return f()
}

func writeFile(ctx context.Context, path string, write func(io.Writer) error) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("write %s: %w", path, err)
		}
	}()
	fs, err := filesystem.New(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, fs.Close()) }()
	file, err := fs.OpenWrite(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	buffered := bufio.NewWriterSize(file, 1<<20)
	if err := write(buffered); err != nil {
		return err
	}
	return buffered.Flush()
}
