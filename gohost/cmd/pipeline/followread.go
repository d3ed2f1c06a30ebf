package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/sources"
	"example.org/compute-pipeline/gohost/input"
)

// inputs are the names of all inputs.
func (c *runCommand) inputs() []string { return append([]string{c.File}, c.More...) }

// source returns the name of an input for the stream: of a single one, as in its checkpoints, none.
func (f *following) source(name string) string {
	if len(f.More) == 0 {
		return ""
	}
	return name
}

// readAll reads all inputs to their ends, or until one fails or the context ends. A place is that of
// a single one.
func (f *following) readAll(ctx context.Context, stdin io.Reader, place sources.Place) error {
	if len(f.More) == 0 {
		return f.readInput(ctx, f.File, stdin, place)
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var running sync.WaitGroup
	for _, name := range f.inputs() {
		running.Go(func() {
			err := f.readInput(ctx, name, stdin, sources.Place{})
			if err == nil || errors.Is(err, input.ErrEmpty) {
				err = f.endInput(ctx, name)
			}
			if err != nil {
				stop(err) // the first one
			}
		})
	}
	running.Wait()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if f.op.Stats().Points == 0 {
		return input.ErrEmpty
	}
	return nil
}

// endInput lets the stream go on without an input that has ended.
func (f *following) endInput(ctx context.Context, name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ended[name] = true
	return f.op.EndSource(context.WithoutCancel(ctx), name, f.print)
}

// readInput reads an input to its end, or until the context ends.
func (f *following) readInput(ctx context.Context, name string, stdin io.Reader, place sources.Place) error {
	err := f.readNamed(ctx, name, stdin, place)
	var data *input.DataError
	if errors.As(err, &data) || errors.Is(err, input.ErrEmpty) || errors.Is(err, gohost.ErrLimit) {
		return fmt.Errorf("%s: %w", (&inputFlags{File: name}).inputName(), err)
	}
	return err
}

func (f *following) readNamed(ctx context.Context, name string, stdin io.Reader, place sources.Place) error {
	if name == "-" {
		source, err := sources.Open(ctx, name, stdin, input.NoCompression)
		if err != nil {
			return err
		}
		return f.readSource(ctx, name, source)
	}
	if source, ok, err := sources.Dial(ctx, name); err != nil {
		return usageError{err}
	} else if ok {
		return f.readSource(ctx, name, source)
	}
	file := name
	if place.Offset > 0 {
		var err error
		if file, err = place.Find(name); err != nil {
			return fmt.Errorf("%s: %w", f.Checkpoint, err)
		}
	}
	for {
		tail, err := sources.OpenTail(ctx, file, name, place.Offset)
		if err != nil {
			return usageError{plainPathError(err)}
		}
		err = f.readTail(ctx, name, tail, place)
		if err = errors.Join(err, tail.Close()); err != nil {
			return err
		}
		// The file is complete. What follows is in the one that has its name.
		file, place = name, sources.Place{}
	}
}

// options are those of the reader of an input.
func (f *following) options(name string) input.Options {
	opts := f.keyedOptions(f.engine)
	opts.Slow, opts.Several = true, len(f.More) > 0
	if f.Bad.max > 0 {
		opts.Bad.Record = func(b input.BadRecord) error { return f.taking.leftOut(sources.Named(name), b) }
	}
	return opts
}

func (f *following) readSource(ctx context.Context, name string, source *sources.Source) error {
	reader, err := input.NewReader(source, f.options(name))
	if err == nil {
		err = f.pushAll(ctx, name, reader)
	}
	return errors.Join(err, source.Close())
}

func (f *following) readTail(ctx context.Context, name string, tail *sources.Tail, place sources.Place) error {
	opts := f.options(name)
	var reader *input.Reader
	var err error
	if place.Offset > 0 {
		opts.Format = f.format
		if reader, err = input.NewReader(tail.Head(place.Offset), opts); err == nil {
			reader.Continue(tail, place.Position())
		}
	} else {
		reader, err = input.NewReader(tail, opts)
	}
	if err == nil {
		if f.Checkpoint != "" && reader.Format == input.JSON {
			return badUse("--checkpoint needs an input of the format ndjson, csv or packed: a JSON array cannot be read from the middle")
		}
		if err = f.begin(tail, place, reader.Format); err == nil {
			err = f.pushAll(ctx, name, reader)
		}
	}
	if errors.Is(err, input.ErrEmpty) {
		err = nil // a file without points, before the next one
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err == nil || errors.Is(err, context.Canceled) {
		err = errors.Join(err, f.save())
	}
	f.tail = nil
	return err
}

// begin notes which file is read from now on. The first checkpoint is saved before anything is taken: also a run that is
// killed before the next one leaves nothing that would be there twice.
func (f *following) begin(tail *sources.Tail, place sources.Place, format input.Format) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tail, f.format = tail, format
	f.reached(place.Position())
	if f.saved.IsZero() {
		f.dirty = true
		return f.save()
	}
	return nil
}

func (f *following) pushAll(ctx context.Context, name string, reader *input.Reader) error {
	if err := f.checkReader(reader); err != nil {
		return err
	}
	var before input.Counts
	count := func() {
		f.taking.count(before, reader.Counts())
		before = reader.Counts()
	}
	err := input.Each(ctx, reader, f.pieces(), nothing, func(p *input.Piece, _ struct{}) error {
		f.mu.Lock()
		defer f.mu.Unlock()
		count()
		return f.push(context.WithoutCancel(ctx), name, p)
	})
	f.mu.Lock()
	defer f.mu.Unlock()
	count() // records without points are in no piece above
	return err
}
