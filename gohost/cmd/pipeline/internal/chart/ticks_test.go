package chart

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func labelsOf(lo, hi string) []string {
	at := func(s string) float64 {
		t, err := time.Parse(time.RFC3339, s)
		if err != nil {
			panic(err)
		}
		return unixSeconds(t)
	}
	var labels []string
	for _, tick := range (timeTicks{time.UTC}).Ticks(at(lo), at(hi)) {
		labels = append(labels, tick.Label)
	}
	return labels
}

func TestTicksAreRoundTimes(t *testing.T) {
	require.Equal(t, []string{"23:59:58\n31 Dec 2009", "23:59:59\n ", "00:00:00\n1 Jan 2010", "00:00:01\n "},
		labelsOf("2009-12-31T23:59:58Z", "2010-01-01T00:00:01Z"))
	require.Equal(t, []string{"23:59:59.9\n31 Dec 2009", "00:00:00.0\n1 Jan 2010", "00:00:00.1\n "},
		labelsOf("2009-12-31T23:59:59.85Z", "2010-01-01T00:00:00.151Z"))
	require.Equal(t, []string{"00:00:00.0010\n1 Jan 2010", "00:00:00.0015\n ", "00:00:00.0020\n "},
		labelsOf("2010-01-01T00:00:00.001Z", "2010-01-01T00:00:00.0024Z"))
	require.Equal(t, []string{"18:00\n31 Dec 2009", "00:00\n1 Jan 2010", "06:00\n ", "12:00\n ", "18:00\n ", "00:00\n2 Jan 2010", "06:00\n ", "12:00\n "},
		labelsOf("2009-12-31T17:00:00Z", "2010-01-02T13:00:00Z"))
	// Weeks begin on Mondays.
	require.Equal(t, []string{"4 Jan\n2010", "11 Jan\n ", "18 Jan\n ", "25 Jan\n "},
		labelsOf("2010-01-01T00:00:00Z", "2010-01-31T00:00:00Z")[:4])
	require.Equal(t, []string{"Nov\n2009", "Dec\n ", "Jan\n2010", "Feb\n "},
		labelsOf("2009-10-02T00:00:00Z", "2010-07-20T00:00:00Z")[:4])
	require.Equal(t, []string{"2000", "2005", "2010", "2015", "2020"}, labelsOf("1999-01-01T00:00:00Z", "2030-01-01T00:00:00Z")[:5])
}

func TestThereAreAFewTicksForEveryRange(t *testing.T) {
	const end = 253402300800 // the year 10000
	for _, lo := range []float64{-3 * day, 0, 1262304000, 1709164800} {
		for width := 1e-4; lo+width <= end; width *= 1.3 {
			ticks := (timeTicks{time.UTC}).Ticks(lo, lo+width)
			require.LessOrEqual(t, len(ticks), mostTicks)
			require.NotEmpty(t, ticks, "from %v, %v seconds", lo, width)
			for i, tick := range ticks {
				require.True(t, tick.Value >= lo && tick.Value <= lo+width)
				require.True(t, i == 0 || tick.Value > ticks[i-1].Value)
			}
		}
	}
}
