package window

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/internal/epoch"
)

func TestOnlyPointsBeforeATimestampOutOfRangeAreAdded(t *testing.T) {
	table := NewTable(engines(t)["full"], gridOf(t, Day, epoch.Second), TableOptions{})
	defer end(t, table)
	err := table.Add(t.Context(), []gohost.Datapoint{{Timestamp: 2}, {Timestamp: 1}, {Timestamp: math.MaxUint64}, {Timestamp: 3}}, nil)
	var outside *RangeError
	require.ErrorAs(t, err, &outside)
	require.Equal(t, 2, outside.Index)
	require.EqualError(t, err, "timestamp 18446744073709551615 in seconds is after the year 9999 (is --unit ns meant?)")
	var rows []Row
	for row, err := range table.Rows(t.Context()) {
		require.NoError(t, err)
		rows = append(rows, row)
	}
	require.Len(t, rows, 1)
	require.Equal(t, uint64(2), rows[0].Stat.Count)
}
