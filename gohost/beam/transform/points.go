package transform

import (
	"encoding/binary"
	"fmt"
	"math"
	"reflect"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"example.org/compute-pipeline/gohost"
)

func init() {
	beam.RegisterCoder(reflect.TypeFor[gohost.Datapoint](), encodeDatapoint, decodeDatapoint)
	beam.RegisterCoder(reflect.TypeFor[gohost.Statistics](), encodeStatistics, decodeStatistics)
}

func encodeDatapoint(p gohost.Datapoint) []byte {
	return gohost.AppendPacked(make([]byte, 0, gohost.PackedSize), p)
}

func decodeDatapoint(b []byte) (gohost.Datapoint, error) {
	if len(b) != gohost.PackedSize {
		return gohost.Datapoint{}, fmt.Errorf("a datapoint of %d bytes; expected %d", len(b), gohost.PackedSize)
	}
	return gohost.Datapoint{
		Timestamp: binary.LittleEndian.Uint64(b),
		Value:     math.Float64frombits(binary.LittleEndian.Uint64(b[8:])),
	}, nil
}

// statisticsSize is the size of encoded statistics: eight fields of eight bytes, in their order.
const statisticsSize = 64

// encodeStatistics keeps all bits, also of NaN and infinities, which JSON has not.
func encodeStatistics(s gohost.Statistics) []byte {
	out := make([]byte, 0, statisticsSize)
	for _, bits := range []uint64{
		s.Count,
		math.Float64bits(s.Mean), math.Float64bits(s.Variance), math.Float64bits(s.Sum),
		math.Float64bits(s.Min), math.Float64bits(s.Max),
		s.First, s.Last,
	} {
		out = binary.LittleEndian.AppendUint64(out, bits)
	}
	return out
}

func decodeStatistics(b []byte) (gohost.Statistics, error) {
	if len(b) != statisticsSize {
		return gohost.Statistics{}, fmt.Errorf("statistics of %d bytes; expected %d", len(b), statisticsSize)
	}
	field := func(i int) uint64 { return binary.LittleEndian.Uint64(b[8*i:]) }
	double := func(i int) float64 { return math.Float64frombits(field(i)) }
	return gohost.Statistics{
		Count: field(0),
		Mean:  double(1), Variance: double(2), Sum: double(3),
		Min: double(4), Max: double(5),
		First: field(6), Last: field(7),
	}, nil
}
