package sources

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"sync"

	"example.org/compute-pipeline/gohost/input"
)

// An OpenError is the error of a file that cannot be opened.
type OpenError struct{ Err error }

func (e *OpenError) Error() string { return e.Err.Error() }
func (e *OpenError) Unwrap() error { return e.Err }

// Reading says how a set is read.
type Reading struct {
	Stdin       io.Reader
	Compression input.Compression
	Options     input.Options
	Parallel    int  // pieces that are worked on at the same time
	InOrder     bool // one file after the other

	// Begin is called with the first reader that has records, before Read. The others have its
	// options, but for the format.
	Begin func(*input.Reader) error
	// Read reads all of a reader, which may work on a number of pieces at the same time. It is called
	// for several readers at the same time, unless they are in order. Its error is one of the file,
	// and gets its name; [input.ErrEmpty] is an error only if all files have it.
	Read func(ctx context.Context, r *input.Reader, pieces int) error
	// Bad, if it is not nil, is called with the records of a file that are left out: see [input.BadPolicy].
	Bad func(file string, b input.BadRecord) error
}

// Each reads all files of a set, and returns the names of those without points. Its error is the one
// of the first file that has one, in the order of the set. All that it started has ended when it returns.
func (s *Set) Each(ctx context.Context, how Reading) (empty []string, err error) {
	e := eachFile{set: s, how: how, failed: math.MaxInt, cancels: map[int]context.CancelFunc{}, empty: make([]bool, len(s.files))}
	if err := e.begin(ctx); err != nil {
		return nil, err
	}
	workers := min(max(how.Parallel, 1), len(s.files))
	if how.InOrder {
		workers = 1
	}
	var running sync.WaitGroup
	for range workers {
		running.Go(func() { e.work(ctx, workers) })
	}
	running.Wait()
	for i, none := range e.empty {
		if none {
			empty = append(empty, s.files[i].name)
		}
	}
	switch {
	case e.err != nil:
		return nil, e.err
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case len(empty) == len(s.files):
		return nil, s.allEmpty()
	}
	return empty, nil
}

// allEmpty is the error of a set without points.
func (s *Set) allEmpty() error { return fmt.Errorf("%s: %w", s.Name(), input.ErrEmpty) }

type eachFile struct {
	set *Set
	how Reading

	mu      sync.Mutex
	first   *opened // taken first, by the worker that gets its number
	next    int     // file to take
	failed  int     // the first file with an error so far
	err     error
	cancels map[int]context.CancelFunc // of the files that are read
	empty   []bool
}

// opened is a file with a reader.
type opened struct {
	source *Source
	reader *input.Reader
}

// begin opens the first file that has records.
func (e *eachFile) begin(ctx context.Context) error {
	for i := range e.set.files {
		o, err := e.open(ctx, i)
		if errors.Is(err, input.ErrEmpty) {
			e.empty[i] = true
			continue
		}
		if err == nil {
			options := o.reader.Options()
			options.Format, options.PieceSize = e.how.Options.Format, e.how.Options.PieceSize
			e.how.Options = options
			if err = e.how.Begin(o.reader); err != nil {
				err = errors.Join(e.named(i, err), o.source.Close())
			}
		}
		e.first, e.next = o, i
		return err
	}
	return e.set.allEmpty()
}

// open opens a file and makes its reader. Its errors have the name of the file.
func (e *eachFile) open(ctx context.Context, i int) (*opened, error) {
	f := e.set.files[i]
	if o, err := e.openColumns(ctx, f); o != nil || err != nil {
		var unopened *OpenError
		if err != nil && !errors.As(err, &unopened) {
			err = e.named(i, err)
		}
		return o, err
	}
	source, err := e.set.openSized(ctx, f, e.how.Stdin, e.how.Compression)
	if err != nil {
		return nil, &OpenError{err}
	}
	opts := e.how.Options
	if f.size >= 0 && opts.PieceSize == 0 {
		// A file that was compressed is several times as long.
		opts.PieceSize = int(min(max(8*f.size, 16<<10), input.DefaultPieceSize))
	}
	if e.how.Bad != nil {
		opts.Bad.Record = func(b input.BadRecord) error { return e.how.Bad(Named(f.name), b) }
	}
	reader, err := input.NewReader(source, opts)
	if err != nil {
		return nil, errors.Join(e.named(i, err), source.Close())
	}
	return &opened{source, reader}, nil
}

// named adds the name of a file to an error, unless it has it already.
func (e *eachFile) named(i int, err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return fmt.Errorf("%s: %w", Named(e.set.files[i].name), err)
}

// work reads files until there are no more.
func (e *eachFile) work(ctx context.Context, workers int) {
	for {
		i, ctx, pieces, first := e.take(ctx, workers)
		if i < 0 {
			return
		}
		err := e.read(ctx, i, pieces, first)
		e.end(i, err)
	}
}

// take takes the next file, and decides how many of its pieces are worked on at the same time: few while
// other files are, and all in the last one.
func (e *eachFile) take(ctx context.Context, workers int) (int, context.Context, int, *opened) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.next >= min(len(e.set.files), e.failed) || ctx.Err() != nil {
		return -1, nil, 0, nil
	}
	i, first := e.next, e.first
	e.next, e.first = i+1, nil
	parallel := max(e.how.Parallel, 1)
	pieces := min(parallel, parallel/min(workers, len(e.set.files)-i)+1)
	const small = 1 << 20
	if size := e.set.files[i].size; size >= 0 && size < small && workers > 1 {
		pieces = 1
	}
	ctx, e.cancels[i] = context.WithCancel(ctx)
	return i, ctx, pieces, first
}

func (e *eachFile) read(ctx context.Context, i, pieces int, o *opened) error {
	if o == nil {
		var err error
		if o, err = e.open(ctx, i); err != nil {
			return err
		}
	} else {
		stop := context.AfterFunc(ctx, o.source.Stop) // it was opened for another context
		defer stop()
	}
	err := e.how.Read(ctx, o.reader, pieces)
	if err != nil {
		err = e.named(i, err)
	}
	if closeErr := o.source.Close(); err == nil && closeErr != nil {
		err = e.named(i, closeErr)
	}
	return err
}

// end notes how the reading of a file has ended. After an error those that follow do not matter.
func (e *eachFile) end(i int, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.cancels[i]()
	delete(e.cancels, i)
	if errors.Is(err, input.ErrEmpty) {
		e.empty[i] = true
		return
	}
	if err == nil || i > e.failed {
		return
	}
	e.failed, e.err = i, err
	for other, cancel := range e.cancels {
		if other > i {
			cancel()
		}
	}
}
