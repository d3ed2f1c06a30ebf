package cabi

import (
	"encoding/binary"
	"math"
	"unsafe"
)

// Sizes and alignments of the contract's types in linear memory, in bytes.
const (
	// datapointSize is a u64 at 0 and an f64 at 8.
	datapointSize  = 16
	datapointAlign = 8
	f64Size        = 8

	// A result is its discriminant in one byte, then the payload at the next
	// multiple of the payload's alignment.
	discriminantOk  = 0
	discriminantErr = 1

	statisticsSize  = 64
	statisticsAlign = 8
)

// Datapoint is the layout of the contract's datapoint. On a little-endian
// machine it equals the guest's, so lists are copied without conversion.
type Datapoint interface {
	~struct {
		Timestamp uint64
		Value     float64
	}
}

// The layout that [Datapoint] promises, checked at compile time.
var _ = [1]struct{}{}[unsafe.Sizeof(struct {
	Timestamp uint64
	Value     float64
}{})-datapointSize]

// datapointBytes returns the memory of points, without a copy.
func datapointBytes[P Datapoint](points []P) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(points))), len(points)*datapointSize)
}

// storeDatapoints writes points to guest memory, which is little-endian.
func storeDatapoints[P Datapoint](guest []byte, points []P) {
	if hostIsLittleEndian {
		copy(guest, datapointBytes(points))
		return
	}
	storeDatapointsSwapped(guest, points)
}

// loadDatapoints reads points from guest memory, which is little-endian.
func loadDatapoints[P Datapoint](points []P, guest []byte) {
	if !hostIsLittleEndian {
		loadDatapointsSwapped(points, guest)
		return
	}
	copy(datapointBytes(points), guest)
	for i := range points {
		if r := record(points[i]); r.Value != r.Value {
			points[i] = P(record{r.Timestamp, math.Float64frombits(canonicalNaN)})
		}
	}
}

// loadF64 lifts a float.
func loadF64(guest []byte) float64 {
	f := math.Float64frombits(binary.LittleEndian.Uint64(guest))
	if f != f {
		return math.Float64frombits(canonicalNaN)
	}
	return f
}

// record is the struct that underlies every [Datapoint].
type record = struct {
	Timestamp uint64
	Value     float64
}

func storeDatapointsSwapped[P Datapoint](guest []byte, points []P) {
	for i, p := range points {
		r := record(p)
		at := guest[i*datapointSize : (i+1)*datapointSize]
		binary.LittleEndian.PutUint64(at, r.Timestamp)
		binary.LittleEndian.PutUint64(at[8:], math.Float64bits(r.Value))
	}
}

func loadDatapointsSwapped[P Datapoint](points []P, guest []byte) {
	for i := range points {
		at := guest[i*datapointSize : (i+1)*datapointSize]
		points[i] = P(record{
			Timestamp: binary.LittleEndian.Uint64(at),
			Value:     loadF64(at[8:]),
		})
	}
}

// Statistics is the contract's record of the same name.
type Statistics struct {
	Count          uint64
	Mean, Variance float64
	Sum, Min, Max  float64
	First, Last    uint64
}

func loadStatistics(guest []byte) Statistics {
	u64 := func(field int) uint64 { return binary.LittleEndian.Uint64(guest[8*field:]) }
	f64 := func(field int) float64 { return loadF64(guest[8*field:]) }
	return Statistics{
		Count: u64(0), Mean: f64(1), Variance: f64(2), Sum: f64(3),
		Min: f64(4), Max: f64(5), First: u64(6), Last: u64(7),
	}
}
