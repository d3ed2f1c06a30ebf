package main

import (
	"bufio"
	"container/heap"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
)

// Bounds of a sorter.
const (
	// runBytes is the size of a run, roughly: what a sorter has in memory.
	runBytes = 64 << 20
	// maxRuns is the max number of runs, each an open file.
	maxRuns = 128
)

// A sorter sorts any number of values in bounded memory: by runs in temporary files, which it
// merges. They take as much room on the worker's disk as the values, at times twice.
type sorter[T any] struct {
	compare func(a, b T) int
	size    func(T) int // in memory, roughly
	limit   int         // of a run, in bytes

	count  int // of values
	values []T
	bytes  int
	runs   []*sortedRun[T]
	dir    string
}

// add adds a value.
func (s *sorter[T]) add(v T) error {
	s.count++
	s.values = append(s.values, v)
	if s.bytes += s.size(v); s.bytes < s.limit {
		return nil
	}
	slices.SortFunc(s.values, s.compare)
	if err := s.spill(slices.Values(s.values)); err != nil {
		return err
	}
	clear(s.values)
	s.values, s.bytes = s.values[:0], 0
	if len(s.runs) < maxRuns {
		return nil
	}
	merged := s.runs
	s.runs = nil
	return errors.Join(s.spillRuns(merged), closeAll(merged))
}

func (s *sorter[T]) spillRuns(runs []*sortedRun[T]) error {
	var failed error
	err := s.spill(func(yield func(T) bool) {
		failed = merge(runs, s.compare, func(v T) error {
			if !yield(v) {
				return errStopped
			}
			return nil
		})
	})
	return errors.Join(failed, err)
}

var errStopped = errors.New("the run could not be written")

// spill writes values that are in order to a new run.
func (s *sorter[T]) spill(values iter.Seq[T]) (err error) {
	file, err := os.CreateTemp(s.dir, "pipeline-beam-*.run")
	if err != nil {
		return fmt.Errorf("the rows to sort: %w", err)
	}
	// It has no name while it is used, so that nothing is left of a worker that is killed. Where
	// that is not possible, close removes it.
	r := &sortedRun[T]{file: file}
	r.named = os.Remove(file.Name()) != nil
	s.runs = append(s.runs, r)
	buffered := bufio.NewWriterSize(file, 1<<20)
	encoder := gob.NewEncoder(buffered)
	for v := range values {
		if err := encoder.Encode(&v); err != nil {
			return fmt.Errorf("the rows to sort: %w", err)
		}
	}
	if err := buffered.Flush(); err != nil {
		return fmt.Errorf("the rows to sort: %w", err)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("the rows to sort: %w", err)
	}
	return nil
}

// each calls f with all values, in order.
func (s *sorter[T]) each(f func(T) error) error {
	slices.SortFunc(s.values, s.compare)
	return merge(append(slices.Clone(s.runs), &sortedRun[T]{memory: s.values}), s.compare, f)
}

// close removes the temporary files.
func (s *sorter[T]) close() error { return closeAll(s.runs) }

func closeAll[T any](runs []*sortedRun[T]) error {
	var failed error
	for _, r := range runs {
		failed = errors.Join(failed, r.close())
	}
	return failed
}

// A sortedRun is a sequence of values in order, in a file or in memory.
type sortedRun[T any] struct {
	file    *os.File
	named   bool
	decoder *gob.Decoder
	memory  []T

	next T
}

// advance reads the next value, or returns io.EOF.
func (r *sortedRun[T]) advance() error {
	var v T
	switch {
	case r.file == nil && len(r.memory) == 0:
		return io.EOF
	case r.file == nil:
		v, r.memory = r.memory[0], r.memory[1:]
	default:
		if r.decoder == nil {
			r.decoder = gob.NewDecoder(bufio.NewReaderSize(r.file, 64<<10))
		}
		if err := r.decoder.Decode(&v); err != nil {
			return err
		}
	}
	r.next = v
	return nil
}

func (r *sortedRun[T]) close() error {
	err := r.file.Close()
	if r.named {
		err = errors.Join(err, os.Remove(r.file.Name()))
	}
	return err
}

// merge calls f with the values of runs, in order.
func merge[T any](runs []*sortedRun[T], compare func(a, b T) int, f func(T) error) error {
	h := &runHeap[T]{compare: compare}
	for _, r := range runs {
		if err := r.advance(); err == nil {
			h.runs = append(h.runs, r)
		} else if !errors.Is(err, io.EOF) {
			return fmt.Errorf("the rows to sort: %w", err)
		}
	}
	heap.Init(h)
	for len(h.runs) > 0 {
		r := h.runs[0]
		if err := f(r.next); err != nil {
			return err
		}
		switch err := r.advance(); {
		case err == nil:
			heap.Fix(h, 0)
		case errors.Is(err, io.EOF):
			heap.Pop(h)
		default:
			return fmt.Errorf("the rows to sort: %w", err)
		}
	}
	return nil
}

// A runHeap has the run with the least value first.
type runHeap[T any] struct {
	compare func(a, b T) int
	runs    []*sortedRun[T]
}

func (h *runHeap[T]) Len() int           { return len(h.runs) }
func (h *runHeap[T]) Less(i, j int) bool { return h.compare(h.runs[i].next, h.runs[j].next) < 0 }
func (h *runHeap[T]) Swap(i, j int)      { h.runs[i], h.runs[j] = h.runs[j], h.runs[i] }
func (h *runHeap[T]) Push(r any)         { h.runs = append(h.runs, r.(*sortedRun[T])) }
func (h *runHeap[T]) Pop() any {
	last := h.runs[len(h.runs)-1]
	h.runs = h.runs[:len(h.runs)-1]
	return last
}
