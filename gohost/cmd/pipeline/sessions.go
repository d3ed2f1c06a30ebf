package main

import (
	"cmp"
	"context"
	"slices"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/sources"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/spool"
	"example.org/compute-pipeline/gohost/input"
	"example.org/compute-pipeline/gohost/stream"
	"example.org/compute-pipeline/gohost/window"
)

// sessions computes the sessions of each series of the whole input.
func (c *runCommand) sessions(ctx context.Context, engine *runEngine, set *sources.Set, out *spool.Spool, std streams, bar *progress) (res result, err error) {
	res.out = out
	s := streamed{runCommand: c}
	var op *stream.Operator[window.Summary]
	begin := func(r *input.Reader) error {
		res.columns = r.ValueNames()
		op, err = stream.New(s.summaries(engine), c.grid.Windows(),
			append(s.options(), stream.WithExplicitWatermarks(), stream.WithMaxWindows(window.MaxWindows))...)
		return err
	}
	defer func() {
		if op != nil {
			op.Close()
		}
	}()
	var rows []window.Row
	emit := func(r stream.Result[window.Summary]) error {
		row, err := s.row(r)
		rows = append(rows, row)
		return err
	}

	read := func(ctx context.Context, r *input.Reader, pieces int) error {
		return input.Each(ctx, r, pieces, nothing, func(p *input.Piece, _ struct{}) error {
			bar.update()
			taken, fault := s.of(p)
			n, err := op.Push(ctx, taken, emit)
			if err != nil {
				return c.atLimit(p, n, err)
			}
			return fault
		})
	}
	err = c.readInputs(ctx, set, std, sources.Reading{Options: c.keyedOptions(engine), InOrder: true, Begin: begin, Read: read})
	if err != nil {
		return result{}, err
	}
	if err := op.Finish(ctx, emit); err != nil {
		return result{}, err
	}
	keys := map[string]struct{}{} // those of the stream have columns
	for i := range rows {
		keys[rows[i].Key] = struct{}{}
	}
	res.keys = c.keyCount(uint64(len(keys)), false)
	// A stream's results are in the order of their ends.
	slices.SortStableFunc(rows, func(a, b window.Row) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Column, b.Column))
	})
	err = c.write(&res, func(yield func(window.Row, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}, std)
	return res, err
}
