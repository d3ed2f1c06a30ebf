//go:build wasip1

// A plugin in Go for the contract of compute-pipeline, in the grade stable.
package main

import (
	"hash/crc32"
	"math"
	"slices"
	"structs"
)

// main never runs: the host calls exported functions.
func main() {}

// datapoint is the record of the contract, as it is in memory.
type datapoint struct {
	_         structs.HostLayout
	timestamp uint64
	value     float64
}

// computeAggregate implements the two-pass algorithm (T. F. Chan, G. H. Golub and R. J.
// LeVeque, "Algorithms for computing the sample variance", The American Statistician 37,
// 1983).
func computeAggregate(points []datapoint) (mean, variance, sum float64) {
	if len(points) == 0 {
		return 0, 0, 0
	}
	for _, p := range points {
		sum += p.value
	}
	mean = sum / float64(len(points))
	var squares float64
	for _, p := range points {
		squares += (p.value - mean) * (p.value - mean)
	}
	variance = squares / float64(len(points))
	if math.IsNaN(sum) || math.IsInf(sum, 0) {
		return canonical(mean), canonical(variance), canonical(sum)
	}
	return mean, variance, sum
}

// canonical returns the contract's NaN instead of any other.
func canonical(x float64) float64 {
	if math.IsNaN(x) {
		return math.Float64frombits(0x7ff8000000000000)
	}
	return x
}

// processBatch sorts the finite values by timestamp and keeps the last one of each.
func processBatch(batch []datapoint, rest uint32) []datapoint {
	if rest != 0 {
		panic("process-batch: the input's length is not a multiple of 16")
	}
	var kept []datapoint
	for _, p := range batch {
		if !math.IsNaN(p.value) && !math.IsInf(p.value, 0) {
			kept = append(kept, p)
		}
	}
	slices.SortStableFunc(kept, func(a, b datapoint) int {
		switch {
		case a.timestamp < b.timestamp:
			return -1
		case a.timestamp > b.timestamp:
			return 1
		}
		return 0
	})
	last := kept[:0]
	for i, p := range kept {
		if i+1 == len(kept) || kept[i+1].timestamp != p.timestamp {
			last = append(last, p)
		}
	}
	return last
}

func validateChecksum(data []byte, expected uint32) bool {
	return crc32.ChecksumIEEE(data) == expected
}
