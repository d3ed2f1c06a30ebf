package window

import (
	"cmp"
	"fmt"
	"iter"
	"slices"

	"example.org/compute-pipeline/gohost"
)

// A FillPolicy says what a window without points has. Its count is 0 in any case.
type FillPolicy string

// Policies of windows without points.
const (
	// FillNone leaves them out.
	FillNone FillPolicy = "none"
	// FillNull gives them no statistics: nil in [Set.Values], but for the count and the sum, which are 0.
	FillNull FillPolicy = "null"
	// FillZero makes all statistics 0, and leaves out the times of the first and the last point.
	FillZero FillPolicy = "zero"
	// FillPrevious repeats the statistics of the window of the series before.
	FillPrevious FillPolicy = "previous"
)

// FillOptions configure [Fill].
type FillOptions struct {
	Policy FillPolicy
	Set    Set // for the number of quantiles
	// MaxRows is the max number of rows of the result; 0 means [MaxWindows].
	MaxRows int
}

// Fill adds rows for the windows without points between the first and the last row of each series: of each key and column. Rows are in
// the order of their starts, then keys, then columns, and so is the result. It holds all rows in memory, and refuses more than the
// max number. Windows of sessions and [All] are an error, since nothing is between them.
func Fill(rows iter.Seq2[Row, error], grid *Grid, options FillOptions) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		if options.Policy == "" || options.Policy == FillNone {
			rows(yield)
			return
		}
		if !slices.Contains([]FillPolicy{FillNull, FillZero, FillPrevious}, options.Policy) {
			yield(Row{}, fmt.Errorf("%w: %q is no policy for windows without points", gohost.ErrInvalidInput, options.Policy))
			return
		}
		f := filling{grid: grid, options: options, last: map[series]int{}, most: cmp.Or(options.MaxRows, MaxWindows)}
		for row, err := range rows {
			if err == nil {
				err = f.add(row)
			}
			if err != nil {
				yield(Row{}, err)
				return
			}
		}
		slices.SortStableFunc(f.rows, func(a, b Row) int {
			return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Column, b.Column))
		})
		for _, row := range f.rows {
			if !yield(row, nil) {
				return
			}
		}
	}
}

type series struct {
	key    string
	column int
}

type filling struct {
	grid    *Grid
	options FillOptions
	rows    []Row
	last    map[series]int // the last row of each
	most    int
}

// add adds a row, after those that are missing before it.
func (f *filling) add(row Row) error {
	if kind := f.grid.spec.kind; kind == everything || kind == sessions {
		return fmt.Errorf("%w: there are no windows between those of %s to fill", gohost.ErrInvalidInput, f.grid.spec)
	}
	of := series{row.Key, row.Column}
	if i, ok := f.last[of]; ok {
		before := f.rows[i]
		for span, ok := f.grid.Next(f.spanOf(before)); ok; span, ok = f.grid.Next(span) {
			start, end := f.grid.Times(span)
			if !start.Before(row.Start) {
				break
			}
			empty := f.empty(before)
			empty.Start, empty.End = start, end
			if err := f.append(empty); err != nil {
				return err
			}
		}
	}
	if err := f.append(row); err != nil {
		return err
	}
	f.last[of] = len(f.rows) - 1
	return nil
}

func (f *filling) append(row Row) error {
	if len(f.rows) == f.most {
		return fmt.Errorf("%w: more than %d windows with those that are filled in; choose longer windows, or do not fill", gohost.ErrInvalidInput, f.most)
	}
	f.rows = append(f.rows, row)
	return nil
}

// spanOf returns the window of a row.
func (f *filling) spanOf(row Row) Span {
	clock := f.grid.clock
	start, _ := clock.Timestamp(row.Start.Unix(), uint64(row.Start.Nanosecond())/(1e9/clock.Unit.PerSecond()))
	spans := f.grid.AppendSpans(nil, start)
	return spans[len(spans)-1] // that begins there
}

// empty returns a row without points after another one of its series.
func (f *filling) empty(before Row) Row {
	row := Row{Key: before.Key, Column: before.Column, Empty: true}
	switch f.options.Policy {
	case FillPrevious:
		row = before
		row.Empty, row.single = true, before.single || before.Stat.Count == 1
		row.Stat.Count = 0
	case FillZero:
		row.zero = true
		row.Quantiles = make([]float64, len(f.options.Set.Quantiles()))
	default:
		row.Null = true
	}
	return row
}
