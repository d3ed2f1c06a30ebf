package window

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// Long keys are made into rows a few at a time.
func TestLongKeysInBatches(t *testing.T) {
	const rows, keyBytes = 64, 50_000
	engine := engines(t)["full"]
	table := tableOf(engine, steps{10, 10}, TableOptions{})
	defer func() { require.NoError(t, table.Close()) }()
	long := strings.Repeat("x", keyBytes)
	for i := range rows {
		one := &labelled{[]gohost.Datapoint{{Value: 1}}, []string{fmt.Sprintf("%02d%s", i, long)}, []int{0}}
		require.NoError(t, table.Add(t.Context(), one.points, one))
	}
	next := 0
	for b, err := range table.batches(t.Context()) {
		require.NoError(t, err)
		require.LessOrEqual(t, len(b.keys), batchKeys+keyBytes+2)
		for _, r := range b.results {
			require.Equal(t, fmt.Sprintf("%02d", next), r.Key[:2])
			next++
		}
	}
	require.Equal(t, rows, next)
}
