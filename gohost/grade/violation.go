package grade

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"example.org/compute-pipeline/gohost"
)

// Violation is the error of an answer that its grade forbids.
type Violation struct {
	// Function is the function as the contract calls it, such as "compute-aggregate".
	Function string
	// Part is the part of the answer that is wrong, such as "the variance".
	Part string
	// Got and Want are the answer and the expected one, in decimal.
	Got, Want string
	// Bound is how far Got may be from Want, or empty if not at all.
	Bound string
	// Rule is the rule that was broken, and Section where docs/contract.md has it.
	Rule, Section string
}

// Sections of docs/contract.md.
const (
	sectionAggregate  = "compute-aggregate"
	sectionStream     = "validate-stream"
	sectionBatch      = "process-batch"
	sectionChecksum   = "validate-checksum"
	sectionStates     = "states"
	sectionFinish     = "finish"
	sectionSumAndMean = "sum-and-mean"
	sectionVariance   = "variance"
)

// Error returns one line with everything.
func (v *Violation) Error() string {
	var b strings.Builder
	b.WriteString(v.Function + ": " + v.Part + " is " + v.Got + ", expected " + v.Want)
	if v.Bound != "" {
		b.WriteString(" ± " + v.Bound)
	}
	b.WriteString(": " + v.Rule + " (docs/contract.md#" + v.Section + ")")
	return b.String()
}

// decimal returns the shortest decimal that reads as x. A zero has its sign.
func decimal(x float64) string {
	if x == 0 && math.Signbit(x) {
		return "-0"
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}

// sameBits reports whether two doubles are the same, with one NaN and two zeros.
func sameBits(x, y float64) bool {
	return math.Float64bits(x) == math.Float64bits(y) || math.IsNaN(x) && math.IsNaN(y)
}

// err returns v as an error, and nil if it is nil.
func (v *Violation) err() error {
	if v == nil {
		return nil
	}
	return v
}

// firstDifference completes v with the first point that differs, or returns nil. The lists
// are equally long.
func firstDifference(v *Violation, points, want []gohost.Datapoint) *Violation {
	for i, p := range points {
		if p.Timestamp != want[i].Timestamp || math.Float64bits(p.Value) != math.Float64bits(want[i].Value) {
			v.Part, v.Got, v.Want = "point "+strconv.Itoa(i), pointText(p), pointText(want[i])
			return v
		}
	}
	return nil
}

func pointText(p gohost.Datapoint) string {
	return fmt.Sprintf("(timestamp %d, value %s)", p.Timestamp, decimal(p.Value))
}
