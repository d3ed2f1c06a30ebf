package work

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"example.org/compute-pipeline/gohost"
)

// shapes of values: measurements, normal deviates, and values so far apart that
// a sum in doubles would lose most of them.
var shapes = []struct {
	name  string
	value func(r *rand.Rand) float64
}{
	{"tenths", func(r *rand.Rand) float64 { return math.Round(520+100*r.NormFloat64()) / 10 }},
	{"normal", func(r *rand.Rand) float64 { return coarse(r.NormFloat64()) }},
	{"wide", func(r *rand.Rand) float64 {
		return math.Ldexp(float64(r.Int64()>>10)*float64(1-2*r.IntN(2)), r.IntN(400)-260)
	}},
}

// coarse takes the bits below 2^-scale from a value.
func coarse(v float64) float64 { return math.Ldexp(math.Trunc(math.Ldexp(v, scale)), -scale) }

func points(r *rand.Rand, n int, value func(*rand.Rand) float64) []gohost.Datapoint {
	list := make([]gohost.Datapoint, n)
	for i := range list {
		list[i] = gohost.Datapoint{Timestamp: 1262304000 + 3600*uint64(i), Value: value(r)}
	}
	return list
}

// Measurements are points with values of one decimal.
func Measurements(r *rand.Rand, n int) []gohost.Datapoint { return points(r, n, shapes[0].value) }

// AsJSON writes the points as validate-stream reads them.
func AsJSON(list []gohost.Datapoint) []byte {
	out := []byte{'['}
	for i, p := range list {
		if i > 0 {
			out = append(out, ',')
		}
		out = strconv.AppendUint(append(out, `{"timestamp":`...), p.Timestamp, 10)
		out = strconv.AppendFloat(append(out, `,"value":`...), p.Value, 'g', -1, 64)
		out = append(out, '}')
	}
	return append(out, ']')
}

// Packed writes the points as process-batch takes them.
func Packed(list []gohost.Datapoint) []byte {
	out := make([]byte, 0, gohost.PackedSize*len(list))
	for _, p := range list {
		out = binary.LittleEndian.AppendUint64(out, p.Timestamp)
		out = binary.LittleEndian.AppendUint64(out, math.Float64bits(p.Value))
	}
	return out
}

// untidy returns the points in another order, with some timestamps twice and
// some values that are not finite.
func untidy(r *rand.Rand, list []gohost.Datapoint) []gohost.Datapoint {
	list = slices.Clone(list)
	r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	for i := range list {
		switch r.IntN(20) {
		case 0:
			list[i].Timestamp = list[r.IntN(len(list))].Timestamp
		case 1:
			list[i].Value = []float64{math.NaN(), math.Inf(1), math.Inf(-1)}[r.IntN(3)]
		}
	}
	return list
}

// tidy is what process-batch is to make of the points: finite ones, sorted, the
// last given of each timestamp.
func tidy(list []gohost.Datapoint) []gohost.Datapoint {
	last := map[uint64]float64{}
	for _, p := range list {
		if !math.IsNaN(p.Value) && !math.IsInf(p.Value, 0) {
			last[p.Timestamp] = p.Value
		}
	}
	out := make([]gohost.Datapoint, 0, len(last))
	for timestamp, value := range last {
		out = append(out, gohost.Datapoint{Timestamp: timestamp, Value: value})
	}
	slices.SortFunc(out, func(a, b gohost.Datapoint) int {
		if a.Timestamp < b.Timestamp {
			return -1
		}
		return 1
	})
	return out
}
