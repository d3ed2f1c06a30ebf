package gohost_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

func ExampleAppendPacked() {
	packed := gohost.AppendPacked(nil, gohost.Datapoint{Timestamp: 258, Value: 1.5})
	fmt.Printf("% x\n", packed)
	points, err := gohost.AppendUnpacked(nil, packed)
	fmt.Println(points, err)
	// Output:
	// 02 01 00 00 00 00 00 00 00 00 00 00 00 00 f8 3f
	// [{258 1.5}] <nil>
}

func TestPackedPointsKeepTheirBits(t *testing.T) {
	points := []gohost.Datapoint{{0, math.Copysign(0, -1)}, {math.MaxUint64, math.Inf(1)}, {1, math.Float64frombits(0x7ff0dead00000001)}}
	packed := gohost.AppendPacked([]byte("x"), points...)
	require.Len(t, packed, 1+3*gohost.PackedSize)
	got, err := gohost.AppendUnpacked([]gohost.Datapoint{{Timestamp: 9}}, packed[1:])
	require.NoError(t, err)
	require.Len(t, got, 4)
	for i, p := range points {
		require.Equal(t, p.Timestamp, got[i+1].Timestamp)
		require.Equal(t, math.Float64bits(p.Value), math.Float64bits(got[i+1].Value))
	}
	got, err = gohost.AppendUnpacked(got[:1], packed)
	require.ErrorIs(t, err, gohost.ErrInvalidInput)
	require.Len(t, got, 1)
}
