// Package work is what every peer of the bench does: the statistics of points, and reading
// points from JSON.
package work

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"unsafe"

	"example.org/compute-pipeline/gohost"
)

// Point and Moments are what a Go service has and wants.
type (
	Point   = gohost.Datapoint
	Moments = gohost.Aggregate
)

// Temperatures returns n points that look like measurements, the same for the same n.
func Temperatures(n int) []Point {
	r := rand.New(rand.NewPCG(1, 2))
	points := make([]Point, n)
	for i := range points {
		points[i] = Point{Timestamp: 1262304000 + 3600*uint64(i), Value: float64(int(520+100*r.NormFloat64())) / 10}
	}
	return points
}

// Text returns points as JSON, in the usual shape.
func Text(points []Point) []byte {
	text := []byte{'['}
	for i, p := range points {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(text, `{"timestamp":`...)
		text = strconv.AppendUint(text, p.Timestamp, 10)
		text = append(text, `,"value":`...)
		text = strconv.AppendFloat(text, p.Value, 'g', -1, 64)
		text = append(text, '}')
	}
	return append(text, ']')
}

// TwoPasses is what one would write in Go: rounded at every step.
func TwoPasses(points []Point) Moments {
	var sum float64
	for i := range points {
		sum += points[i].Value
	}
	mean := sum / float64(len(points))
	var squares float64
	for i := range points {
		d := points[i].Value - mean
		squares += d * d
	}
	return Moments{Mean: mean, Variance: squares / float64(len(points)), Sum: sum}
}

// Bytes returns the memory of points: 16 bytes each, little-endian, on the machines that the
// bench runs on.
func Bytes(points []Point) []byte {
	if len(points) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&points[0])), 16*len(points))
}

// AppendPoints appends points out of such bytes.
func AppendPoints(dst []Point, data []byte) []Point {
	n := len(dst)
	dst = slices.Grow(dst, len(data)/16)[:n+len(data)/16]
	copy(Bytes(dst[n:]), data)
	return dst
}

// Three returns moments that are three doubles in bytes.
func Three(data []byte) (Moments, error) {
	if len(data) != 24 {
		return Moments{}, fmt.Errorf("%d bytes are not three numbers", len(data))
	}
	f := func(at int) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(data[at:])) }
	return Moments{Mean: f(0), Variance: f(8), Sum: f(16)}, nil
}

// Same compares a peer's moments with the exact ones: bit for bit if the peer is exact, else
// to nine digits, so that nobody is measured while wrong.
func Same(got, want Moments, exact bool) error {
	for _, pair := range [][2]float64{{got.Mean, want.Mean}, {got.Variance, want.Variance}, {got.Sum, want.Sum}} {
		if exact && math.Float64bits(pair[0]) == math.Float64bits(pair[1]) {
			continue
		}
		if !exact && math.Abs(pair[0]-pair[1]) <= 1e-9*math.Abs(pair[1]) {
			continue
		}
		return fmt.Errorf("the moments are %v, not %v", got, want)
	}
	return nil
}
