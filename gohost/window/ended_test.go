package window

import (
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// What is done with a table after its end is an error, not a loss.
func TestATableEnds(t *testing.T) {
	points := []gohost.Datapoint{{Timestamp: 1, Value: 2}, {Timestamp: 150, Value: 3}}
	table := func() *Table {
		return tableOf(engines(t)["full"], steps{100, 100}, TableOptions{SpillDir: t.TempDir(), Memory: 1})
	}
	errorsOf := func(table *Table) (all []error) {
		for _, err := range table.batches(t.Context()) {
			all = append(all, err)
		}
		return all
	}
	read := table()
	require.NoError(t, read.Add(t.Context(), points, nil))
	require.Equal(t, []error{nil}, errorsOf(read))
	require.ErrorIs(t, read.Add(t.Context(), points, nil), ErrTableEnded)
	require.Equal(t, []error{ErrTableEnded}, errorsOf(read))
	require.NoError(t, read.Close())
	require.NoError(t, read.Close())

	closed := table()
	require.NoError(t, closed.Add(t.Context(), points, nil))
	require.NoError(t, closed.Close())
	require.ErrorIs(t, closed.Add(t.Context(), points, nil), ErrTableEnded)
	for _, err := range closed.Rows(t.Context()) {
		require.ErrorIs(t, err, ErrTableEnded)
	}
	require.Equal(t, []error{ErrTableEnded}, errorsOf(closed))
}

// Zero values and values without a meaning have an answer.
func TestValuesWithoutAMeaning(t *testing.T) {
	require.NotZero(t, Quantile{}.Of(3, func(uint64) float64 { return 1 })) // NaN
	grid, err := All.Grid(Clock{Unit: "s"})
	require.NoError(t, err)
	start, end := grid.Times(grid.Span(7))
	require.True(t, start.Before(end))
	day, err := Parse("1d", nil)
	require.NoError(t, err)
	grid, err = day.Grid(Clock{Unit: "s"})
	require.NoError(t, err)
	rows := 0
	for _, err := range Fill(func(yield func(Row, error) bool) { yield(Row{}, nil) }, grid, FillOptions{Policy: "bogus"}) {
		require.ErrorIs(t, err, gohost.ErrInvalidInput)
		rows++
	}
	require.Equal(t, 1, rows)
}
