package cabi

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// Between two checks whether the call must end are 4,096 elements or 1 MiB.
func TestLargeElementsAreMoreWork(t *testing.T) {
	for _, test := range []struct {
		size        uint32
		most, units int
	}{{1, 4096, 1}, {255, 4096, 1}, {256, 2048, 2}, {64 << 10, 15, 257}, {1 << 20, 1, 4097}} {
		most, units := share(test.size)
		assert.Equal(t, test.most, most, "elements of %d bytes", test.size)
		assert.Equal(t, test.units, units, "elements of %d bytes", test.size)
	}
}
