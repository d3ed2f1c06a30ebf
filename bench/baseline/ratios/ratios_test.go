package ratios_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/bench/baseline/ratios"
)

const printed = `goos: linux
cpu: A Processor @ 2 GHz
BenchmarkFold/1-2         	    1	   900 ns/op	  100 base-ns	  9.0 x/base
BenchmarkFold/1-2         	    1	   900 ns/op	  100 base-ns	  11.0 x/base
BenchmarkFold/1-2         	    1	   900 ns/op	  100 base-ns	  10.0 x/base
BenchmarkFold/8192-2      	    1	   900 ns/op	  2.0 x/base
BenchmarkNew/cold         	    1	   900 ns/op
PASS
`

func read(t *testing.T) (ratios.Results, string) {
	t.Helper()
	var copied bytes.Buffer
	results, processor, err := ratios.Read(strings.NewReader(printed), &copied)
	require.NoError(t, err)
	require.Equal(t, printed, copied.String())
	return results, processor
}

func TestMediansAreRead(t *testing.T) {
	results, processor := read(t)
	require.Equal(t, "A Processor @ 2 GHz", processor)
	value, ok := results.Value("Fold/1", ratios.Unit)
	require.True(t, ok)
	require.InDelta(t, 10, value, 0)
	_, ok = results.Value("New/cold", ratios.Unit)
	require.False(t, ok)
	value, ok = results.Value("New/cold", "ns/op")
	require.True(t, ok)
	require.InDelta(t, 900, value, 0)
}

func TestABaselineComesBack(t *testing.T) {
	results, processor := read(t)
	b := ratios.Baseline{"Another": {"Fold/1": 3}}
	b.Set(processor, results)
	again, err := ratios.Parse(b.String())
	require.NoError(t, err)
	require.Equal(t, b, again)
	require.Equal(t, map[string]float64{"Fold/1": 10, "Fold/8192": 2}, again[processor])
}

func TestOnlyWhatMovedIsTold(t *testing.T) {
	results, processor := read(t)
	b := ratios.Baseline{processor: {"Fold/1": 9.2, "Fold/8192": 2.1}}
	require.Empty(t, b.Moved(processor, results))
	b = ratios.Baseline{processor: {"Fold/1": 9, "Gone": 1}}
	moved := b.Moved(processor, results)
	require.Len(t, moved, 2)
	require.Contains(t, moved[0], "slower by 11 %")
	require.Contains(t, moved[1], "Fold/8192")
	require.Contains(t, moved[1], "new")
	b = ratios.Baseline{processor: {"Fold/1": 12, "Fold/8192": 2}}
	moved = b.Moved(processor, results)
	require.Len(t, moved, 1)
	require.Contains(t, moved[0], "faster by 17 %")
}

func TestBadBaselinesAreRefused(t *testing.T) {
	for _, text := range []string{"Fold/1 2", "[A]\nFold/1", "[A]\nFold/1 x"} {
		_, err := ratios.Parse(text)
		require.Error(t, err, text)
	}
}
