package api

import (
	"math"
	"slices"
)

// near reports whether two numbers differ by no more than the tolerance, or are both NaN.
func near(a, b float32, tolerance float64) bool {
	x, y := float64(a), float64(b)
	return x == y || math.Abs(x-y) <= tolerance || math.IsNaN(x) && math.IsNaN(y)
}

// sameLabels reports whether two classifications have the same labels in the same order.
func sameLabels(a, b []label, tolerance float64) bool {
	return slices.EqualFunc(a, b, func(a, b label) bool {
		return a.Label == b.Label && near(a.Probability, b.Probability, tolerance)
	})
}

// sameFindings reports whether two detections have the same findings: their states are of
// other models.
func sameFindings(a, b detection, tolerance float64) bool {
	same := func(a, b finding) bool {
		return a.First == b.First && a.Last == b.Last && a.Kind == b.Kind && near(a.Score, b.Score, tolerance)
	}
	if (a.Open == nil) != (b.Open == nil) || a.Open != nil && !same(*a.Open, *b.Open) {
		return false
	}
	return slices.EqualFunc(a.Findings, b.Findings, same)
}

func sameVectors(a, b []float32, tolerance float64) bool {
	return slices.EqualFunc(a, b, func(a, b float32) bool { return near(a, b, tolerance) })
}
