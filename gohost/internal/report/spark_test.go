package report

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSparklines(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for want, values := range map[string][]float64{
		"":         nil,
		"▁▂▃▄▅▆▇█": {0, 1, 2, 3, 4, 5, 6, 7},
		"▁ █ ":     {1, nan, 2, inf},
		"▄▄":       {5, 5},
		"▄":        {-1e308},
		"▁█":       {-math.MaxFloat64, math.MaxFloat64},
		"▁▅█":      {0, 0.5, 1},
		"  ":       {nan, -inf},
	} {
		assert.Equal(t, want, Spark(values, 40))
	}
	// Of many values none is left out that is farthest from the middle.
	many := make([]float64, 1000)
	many[333], many[700] = 10, -10
	assert.Equal(t, "▅▅▅█▅▅▅▁▅▅", Spark(many, 10))
	assert.Equal(t, "█▁", Spark([]float64{0, 1, 0, -1}, 2))
	assert.Empty(t, Spark(many, 0))
}
