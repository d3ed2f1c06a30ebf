package input

import (
	"context"
	"errors"
	"io"
	"sync"

	"example.org/compute-pipeline/gohost"
)

// EachPoints calls f with all points of a reader, in order. The slice is valid until f
// returns. It returns ErrEmpty if there are no points.
func EachPoints(ctx context.Context, r *Reader, f func(points []gohost.Datapoint) error) error {
	return Each(ctx, r, 1,
		func(context.Context, *Piece) (struct{}, error) { return struct{}{}, nil },
		func(p *Piece, _ struct{}) error { return f(p.Points) })
}

// Each works on all pieces of a reader that have points. It calls work for up to n of them at
// the same time, in any order, and then done for one after the other, in the order of the input,
// with what work returned. At most 2n pieces are held in memory.
//
// It returns the first error in the order of the input, and after it does not call done: within
// a piece the error of done, then that of work, then the fault that ends the piece's points. It
// returns ErrEmpty if there are no points.
//
// All that it started has ended when it returns.
func Each[T any](ctx context.Context, r *Reader, n int, work func(context.Context, *Piece) (T, error), done func(*Piece, T) error) error {
	e := each[T]{reader: r, work: work, done: done, empty: true}
	var err error
	if n <= 1 {
		err = e.one(ctx)
	} else {
		err = e.several(ctx, n)
	}
	if errors.Is(err, io.EOF) {
		err = nil
		if e.empty {
			err = r.nothingLeft()
		}
	}
	return err
}

type each[T any] struct {
	reader *Reader
	work   func(context.Context, *Piece) (T, error)
	done   func(*Piece, T) error
	empty  bool
}

// A job is the work on a piece.
type job[T any] struct {
	piece  Piece
	result T
	err    error         // the first in the piece, or what ended the input
	ready  chan struct{} // receives when the work is done
}

// one works on one piece at a time, in this goroutine.
func (e *each[T]) one(ctx context.Context) error {
	var j job[T]
	for {
		if err := ctx.Err(); err != nil { // not every parser asks
			return err
		}
		if err := e.reader.next(ctx, &j.piece); err != nil {
			return err
		}
		e.run(ctx, &j)
		if err := e.finish(&j); err != nil {
			return err
		}
	}
}

func (e *each[T]) run(ctx context.Context, j *job[T]) {
	p := &j.piece
	p.parser = e.reader.parser
	j.err = p.parser.parse(ctx, p)
	if !p.decoded {
		if err := e.reader.decoder.shift(p); err != nil {
			j.err = err
		}
	}
	if len(p.Points) == 0 {
		return
	}
	result, err := e.work(ctx, p)
	j.result = result
	if err != nil {
		j.err = err
	}
}

func (e *each[T]) finish(j *job[T]) error {
	if err := e.reader.settle(&j.piece); err != nil {
		return err
	}
	if len(j.piece.Points) > 0 {
		e.empty = false
		if err := e.done(&j.piece, j.result); err != nil {
			return err
		}
	}
	return j.err
}

// several has a goroutine that cuts, n that work, and finishes in this one.
func (e *each[T]) several(ctx context.Context, n int) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	jobs := 2 * n
	// Each channel has room for all jobs, so that only a receiver waits.
	free, cut, ordered := make(chan *job[T], jobs), make(chan *job[T], jobs), make(chan *job[T], jobs)
	for range jobs {
		free <- &job[T]{ready: make(chan struct{}, 1)}
	}
	var running sync.WaitGroup
	defer func() {
		cancel()
		e.reader.stop() // a read may wait for text that never comes
		running.Wait()
	}()
	running.Go(func() {
		defer close(ordered)
		defer close(cut)
		e.cutAll(ctx, free, cut, ordered)
	})
	for range n {
		running.Go(func() {
			for j := range cut {
				if j.err = ctx.Err(); j.err == nil {
					e.run(ctx, j)
				}
				j.ready <- struct{}{}
			}
		})
	}
	for j := range ordered {
		<-j.ready
		if err := e.finish(j); err != nil {
			return err
		}
		free <- j
	}
	return ctx.Err()
}

// cutAll makes jobs of all pieces. The last job is the end of the input.
func (e *each[T]) cutAll(ctx context.Context, free <-chan *job[T], cut, ordered chan<- *job[T]) {
	for {
		var j *job[T]
		select {
		case j = <-free:
		case <-ctx.Done():
			return
		}
		err := e.reader.next(ctx, &j.piece)
		if err != nil {
			j.piece.begin(Position{}, 0)
			j.err = err
			j.ready <- struct{}{}
			ordered <- j
			return
		}
		cut <- j
		ordered <- j
	}
}
