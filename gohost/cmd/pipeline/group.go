package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/sources"
	"example.org/compute-pipeline/gohost/input"
	"example.org/compute-pipeline/gohost/internal/report"
	"example.org/compute-pipeline/gohost/stream"
	"example.org/compute-pipeline/gohost/window"
)

// defaultMaxKeys is the default of --max-keys, that of the library.
const defaultMaxKeys = 1 << 20

// checkGroups rejects options that do not go together with --group-by.
func (c *runCommand) checkGroups() error {
	switch {
	case c.MaxKeys < 1:
		return badUse("--max-keys %d: expected at least 1", c.MaxKeys)
	case c.GroupBy == "" && c.MaxKeys != defaultMaxKeys:
		return badUse("--max-keys needs --group-by")
	case c.GroupBy == "":
		return nil
	case c.Normalize:
		return badUse("--normalize keeps one point of each timestamp, of any key; it cannot be used with --group-by")
	case c.Format == input.JSON || c.Format == input.Packed:
		return badUse("--group-by needs --format csv or ndjson: other formats have no keys")
	}
	return nil
}

// keyedOptions are the options of the input of a run that may have keys.
func (c *runCommand) keyedOptions(engine *runEngine) input.Options {
	opts := c.readerOptions(engine.Engine)
	if c.GroupBy != "" {
		opts.Keys = []string{c.GroupBy}
	}
	return opts
}

// pointsOf makes points of a stream of those of pieces.
type pointsOf struct {
	*runCommand
	points []stream.Point
	keys   []byte
}

// of returns the points of a piece before the first fault, and the fault. They are valid until the next call.
func (o *pointsOf) of(p *input.Piece) (points []stream.Point, fault error) {
	o.points, o.keys = o.points[:0], o.keys[:0]
	for i, point := range p.Points {
		message := ""
		switch key := p.Key(i); {
		case len(key) > stream.MaxKeySize:
			message = fmt.Sprintf("a key of %d bytes, of %q; at most %d are allowed", len(key), o.GroupBy, stream.MaxKeySize)
		case !utf8.Valid(key):
			message = fmt.Sprintf("a key that is not UTF-8, %.60q, of %q; convert the input to UTF-8 before", key, o.GroupBy)
		}
		if !o.Unit.Valid(point.Timestamp) {
			message = o.Unit.Explain(point.Timestamp)
		}
		if message != "" {
			fault = &input.DataError{Position: p.Locate(i), Message: message}
			break
		}
		o.keys = append(o.keys, p.Key(i)...)
		o.points = append(o.points, stream.Point{Datapoint: point})
	}
	// One string for all, of which the keys are parts.
	keys := string(o.keys)
	for i := range o.points {
		size := len(p.Key(i))
		o.points[i].Key, keys = keys[:size], keys[size:]
	}
	return o.points, fault
}

// groups computes the windows of each key of the whole input.
func (c *runCommand) groups(ctx context.Context, engine *runEngine, set *sources.Set, std streams, bar *progress) (rows []report.KeyedRow, keys int, err error) {
	if !engine.HasSummary() {
		return nil, 0, fmt.Errorf("%s: --group-by, sliding windows and sessions need a module that exports the summary interface", c.Module)
	}
	windows, err := c.grid.Windows()
	if err != nil {
		return nil, 0, err
	}
	op, err := stream.New(engine.Engine, windows, stream.WithExplicitWatermarks(),
		stream.WithMaxKeys(c.MaxKeys), stream.WithMaxWindows(window.MaxWindows))
	if err != nil {
		return nil, 0, err
	}
	defer op.Close()
	emit := func(r stream.Result[gohost.Statistics]) error {
		row, err := c.grid.Row(r.Span, r.Value)
		rows = append(rows, report.KeyedRow{Key: r.Key, Row: row})
		return err
	}
	points := pointsOf{runCommand: c}
	read := func(ctx context.Context, r *input.Reader, pieces int) error {
		return input.Each(ctx, r, pieces, nothing, func(p *input.Piece, _ struct{}) error {
			bar.update()
			taken, fault := points.of(p)
			n, err := op.Push(ctx, taken, emit)
			if err != nil {
				return c.atLimit(p, n, err)
			}
			return fault
		})
	}
	err = c.readInputs(ctx, set, std, sources.Reading{Options: c.keyedOptions(engine), InOrder: true, Begin: justBegin, Read: read})
	if err != nil {
		return nil, 0, err
	}
	keys = op.Stats().Keys
	err = op.Finish(ctx, emit)
	// A stream's results are in the order of their ends.
	slices.SortStableFunc(rows, func(a, b report.KeyedRow) int { return a.Start.Compare(b.Start) })
	return rows, keys, err
}

// atLimit explains an error about a limit: the option, and where in the input it was reached.
func (c *runCommand) atLimit(p *input.Piece, i int, err error) error {
	var limit *gohost.LimitError
	if !errors.As(err, &limit) || i >= len(p.Points) {
		return err
	}
	switch limit.Which {
	case stream.LimitKeys:
		return fmt.Errorf("%s: --max-keys %d: %w", p.Locate(i), c.MaxKeys, err)
	case stream.LimitWindows, stream.LimitMemory:
		return fmt.Errorf("%s: %w; choose a longer --window, or fewer keys", p.Locate(i), err)
	}
	return err
}
