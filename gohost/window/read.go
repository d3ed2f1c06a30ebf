package window

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/input"
)

// Read reads an input to its end and returns the windows of its series, sorted by their starts, then by key, then by
// column. The keys and columns are those of the reader: see [input.Options]. It is a [Table] to which
// options.Parallel goroutines add the pieces of the input.
//
// The last pair has an error if the input has a fault (an [*input.DataError]) or no points ([input.ErrEmpty]), if a time
// is in no window, if the engine fails, or if the context ends; no row is returned before a fault of the input. Sessions
// are an error: [Spec.Sessions].
func Read(ctx context.Context, engine *gohost.Engine, reader *input.Reader, spec Spec, options TableOptions) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		grid, err := spec.Grid(Clock{Unit: reader.Unit(), Origin: reader.Origin()})
		if err == nil && spec.Sessions() {
			err = fmt.Errorf("%w: a table has no sessions; package stream has them", gohost.ErrInvalidInput)
		}
		if err != nil {
			yield(Row{}, err)
			return
		}
		table := NewTable(engine, grid, options)
		defer table.Close()
		parallel := max(options.Parallel, 1)
		if options.Ordered {
			parallel = 1
		}
		add := func(ctx context.Context, p *input.Piece) (struct{}, error) {
			err := table.Add(ctx, p.Points, p)
			if far := (*RangeError)(nil); errors.As(err, &far) {
				err = &input.DataError{Position: p.Locate(far.Index), Message: far.Message}
			}
			return struct{}{}, err
		}
		err = input.Each(ctx, reader, parallel, add, func(*input.Piece, struct{}) error { return nil })
		if err != nil {
			yield(Row{}, err)
			return
		}
		for row, err := range table.Rows(ctx) {
			if !yield(row, err) {
				return
			}
		}
	}
}
