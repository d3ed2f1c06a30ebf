package window

import (
	"context"
	"fmt"
	"iter"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/internal/epoch"
)

// rowsAt returns rows of windows that have timestamps.
func rowsAt(t *testing.T, grid *Grid, points ...gohost.Datapoint) iter.Seq2[Row, error] {
	t.Helper()
	return func(yield func(Row, error) bool) {
		for i, p := range points {
			stat := gohost.Statistics{Count: 1, Mean: p.Value, Sum: p.Value, Min: p.Value, Max: p.Value, First: p.Timestamp, Last: p.Timestamp}
			for _, span := range grid.AppendSpans(nil, p.Timestamp) {
				row, err := grid.Row(span, stat)
				row.Key = []string{"a", "b"}[i%2]
				if !yield(row, err) {
					return
				}
			}
		}
	}
}

// shownRows returns start, key, count, mean and sum of rows.
func shownRows(t *testing.T, rows iter.Seq2[Row, error]) (shown []string, err error) {
	t.Helper()
	set, err := ParseSet("count,mean,sum,variance,rate", true)
	require.NoError(t, err)
	for row, err := range rows {
		if err != nil {
			return nil, err
		}
		shown = append(shown, fmt.Sprint(row.Start.Format("01-02 "), row.Key, set.Values(nil, &row)))
	}
	return shown, nil
}

func TestFill(t *testing.T) {
	grid := gridOf(t, Day, epoch.Second)
	points := []gohost.Datapoint{{Timestamp: 0, Value: 2}, {Timestamp: 86400, Value: 3}, {Timestamp: 2 * 86400, Value: 4}, {Timestamp: 4 * 86400, Value: 5}}
	for policy, want := range map[FillPolicy][]string{
		FillNone:     {"01-01 a[1 2 2 <nil> <nil>]", "01-02 b[1 3 3 <nil> <nil>]", "01-03 a[1 4 4 <nil> <nil>]", "01-05 b[1 5 5 <nil> <nil>]"},
		FillNull:     {"01-01 a[1 2 2 <nil> <nil>]", "01-02 a[0 <nil> 0 <nil> <nil>]", "01-02 b[1 3 3 <nil> <nil>]", "01-03 a[1 4 4 <nil> <nil>]", "01-03 b[0 <nil> 0 <nil> <nil>]", "01-04 b[0 <nil> 0 <nil> <nil>]", "01-05 b[1 5 5 <nil> <nil>]"},
		FillZero:     {"01-01 a[1 2 2 <nil> <nil>]", "01-02 a[0 0 0 0 0]", "01-02 b[1 3 3 <nil> <nil>]", "01-03 a[1 4 4 <nil> <nil>]", "01-03 b[0 0 0 0 0]", "01-04 b[0 0 0 0 0]", "01-05 b[1 5 5 <nil> <nil>]"},
		FillPrevious: {"01-01 a[1 2 2 <nil> <nil>]", "01-02 a[0 2 2 <nil> <nil>]", "01-02 b[1 3 3 <nil> <nil>]", "01-03 a[1 4 4 <nil> <nil>]", "01-03 b[0 3 3 <nil> <nil>]", "01-04 b[0 3 3 <nil> <nil>]", "01-05 b[1 5 5 <nil> <nil>]"},
	} {
		got, err := shownRows(t, Fill(rowsAt(t, grid, points...), grid, FillOptions{Policy: policy}))
		require.NoError(t, err)
		require.Equal(t, want, got, policy)
	}
	_, err := shownRows(t, Fill(rowsAt(t, grid, points...), grid, FillOptions{Policy: FillNull, MaxRows: 6}))
	require.ErrorContains(t, err, "more than 6 windows with those that are filled in")
	for _, s := range []string{"all", "session:1h"} {
		grid := gridOf(t, MustParse(s), epoch.Second)
		_, err = shownRows(t, Fill(rowsAt(t, grid, points[0]), grid, FillOptions{Policy: FillNull}))
		require.ErrorIs(t, err, gohost.ErrInvalidInput)
	}
	failed := func(yield func(Row, error) bool) { yield(Row{}, context.Canceled) }
	_, err = shownRows(t, Fill(failed, grid, FillOptions{Policy: FillNull}))
	require.ErrorIs(t, err, context.Canceled)
}

// Days that a zone left out are not filled in, and neither are sliding windows twice.
func TestFilledWindowsAreThoseOfTheGrid(t *testing.T) {
	for _, c := range []struct{ window, zone string }{{"1d", "Pacific/Apia"}, {"3d/1d", "Pacific/Apia"}, {"1h", "Europe/Berlin"}, {"6h", "Europe/Berlin"}, {"1mo", "UTC"}} {
		grid := gridAt(t, parsed(t, c.window, c.zone), secondsFrom1)
		first := uint64(1324900000 - secondsFrom1.Origin) // 2011-12-26
		got := map[string]int{}
		one := func(yield func(Row, error) bool) {
			for row, err := range rowsAt(t, grid, gohost.Datapoint{Timestamp: first}, gohost.Datapoint{Timestamp: first}, gohost.Datapoint{Timestamp: first + 10*86400}) {
				row.Key = ""
				if row.Start.Unix() == 0 || !yield(row, err) {
					return
				}
			}
		}
		var ends []int64
		seen := map[int64]bool{}
		for row, err := range Fill(one, grid, FillOptions{Policy: FillNull}) {
			require.NoError(t, err)
			if seen[row.Start.Unix()] {
				continue
			}
			seen[row.Start.Unix()] = true
			got[row.Start.String()]++
			ends = append(ends, row.Start.Unix())
		}
		for i := 1; i < len(ends); i++ {
			at := uint64(ends[i-1] - secondsFrom1.Origin)
			require.Equal(t, uint64(ends[i]-secondsFrom1.Origin), grid.Span(at).Last+1, "%v", c)
		}
		require.Greater(t, len(ends), 0)
	}
}
