package gauge

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestTheHighestSampleCounts(t *testing.T) {
	b := Bound{Name: "instances", Of: func(s Sample) float64 { return float64(s.Instances) }, Max: 4}
	assert.Zero(t, b.Highest(nil))
	assert.InDelta(t, 7, b.Highest([]Sample{{Instances: 3}, {Instances: 7}, {Instances: 1}}), 0)
}
