package chart

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A series of any length keeps its extremes in bounded memory.
func TestASeriesKeepsItsExtremes(t *testing.T) {
	for _, n := range []int{1, 2, 4096, 4097, 8192, 8193, 100_000, 1_000_003} {
		var s Series
		for i := range n {
			y := float64(i % 10)
			switch i {
			case n / 3:
				y = 100
			case n / 2:
				y = -100
			}
			s.Add(float64(i), y)
		}
		line := s.line()
		require.LessOrEqual(t, len(line), 2*mostGroups)
		low, high := math.Inf(1), math.Inf(-1)
		for i, p := range line {
			if i > 0 {
				require.LessOrEqual(t, line[i-1].X, p.X)
			}
			low, high = min(low, p.Y), max(high, p.Y)
			require.GreaterOrEqual(t, p.X, 0.0)
		}
		if n > 2 {
			assert.Equal(t, [2]float64{-100, 100}, [2]float64{low, high}, "%d points", n)
		}
		if n <= mostGroups {
			assert.Len(t, line, n, "a short series is whole")
		}
	}
}

func TestASeriesLeavesOutWhatCannotBeDrawn(t *testing.T) {
	var s Series
	for _, y := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64} {
		s.Add(1, y)
	}
	_, err := DrawMarked("a.svg", &s, nil, Labels{})
	assert.ErrorIs(t, err, ErrNoValues)
}

// Marks outside of the series, in any order of their ends, are drawn where they are visible.
func TestMarksMayBeAnywhere(t *testing.T) {
	for _, values := range [][]float64{{5}, {5, 5}, {1, 2, 3, 4}} {
		var s Series
		for i, v := range values {
			s.Add(float64(100*i), v)
		}
		marks := []Mark{{-50, -10, "before"}, {-50, 10, "at"}, {90, 80, "backwards"}, {100, 100, "in"}, {150, 1e9, "after"}, {math.MaxFloat64, math.MaxFloat64, "far"}}
		picture, err := DrawMarked("a.svg", &s, marks, Labels{Title: "t", Value: "v", Mean: "value"})
		require.NoError(t, err)
		assert.NotRegexp(t, `NaN|Inf`, string(picture))
	}
}

// What is found where no value can be drawn is on the chart.
func TestTheAxisHasThePointsThatAreLeftOut(t *testing.T) {
	var s Series
	for i := range 10 {
		s.Add(float64(i), 1)
	}
	s.Add(20, math.NaN())
	p, err := s.marked(s.line(), []Mark{{20, 20, "invalid"}}, Labels{})
	require.NoError(t, err)
	assert.Equal(t, [2]float64{0, 20}, [2]float64{p.X.Min, p.X.Max})
}

// The line has gaps where points are missing.
func TestTheLineIsBrokenAtGaps(t *testing.T) {
	var s Series
	for i := range 100 {
		if i < 50 || i >= 70 {
			s.Add(float64(i), 1)
		}
	}
	parts := unbroken(s.line())
	require.Len(t, parts, 2)
	assert.Len(t, parts[0], 50)
	assert.Len(t, parts[1], 30)
}
