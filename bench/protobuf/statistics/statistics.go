// Package statistics is the work of plugins in Go, as one would write it: two passes, and
// encoding/json. It imports nothing that cannot be compiled to wasm.
package statistics

import (
	"encoding/json"
	"unsafe"
)

// Point has the layout of the library's points.
type Point struct {
	Timestamp uint64  `json:"timestamp"`
	Value     float64 `json:"value"`
}

// Moments returns mean, variance and sum.
func Moments[T any](points []T, value func(T) float64) (mean, variance, sum float64) {
	for _, p := range points {
		sum += value(p)
	}
	mean = sum / float64(len(points))
	var squares float64
	for _, p := range points {
		d := value(p) - mean
		squares += d * d
	}
	return mean, squares / float64(len(points)), sum
}

// OfBytes returns the same of points of 16 bytes.
func OfBytes(data []byte) (mean, variance, sum float64) {
	points := unsafe.Slice((*Point)(unsafe.Pointer(unsafe.SliceData(data))), len(data)/16)
	return Moments(points, func(p Point) float64 { return p.Value })
}

// Parse reads points from JSON.
func Parse(text []byte) ([]Point, error) {
	var points []Point
	err := json.Unmarshal(text, &points)
	return points, err
}

// ToBytes returns the memory of points.
func ToBytes(points []Point) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(points))), 16*len(points))
}
