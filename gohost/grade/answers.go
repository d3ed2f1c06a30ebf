package grade

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/internal/reference"
)

// CheckBatch returns nil if got and err are the answer of process-batch, which is the same
// in both grades. For a length that is not a multiple of 16 that is a trap; the Go package
// refuses such a batch with gohost.ErrInvalidInput before it calls the guest.
func CheckBatch(in, got []byte, err error) error {
	v := &Violation{Function: "process-batch", Part: "the result", Got: fmt.Sprintf("%d bytes", len(got)), Section: sectionBatch}
	if err != nil {
		v.Got = "a failure (" + err.Error() + ")"
	}
	want, wrong := reference.ProcessBatch(in)
	switch {
	case wrong != nil && (errors.Is(err, gohost.ErrTrap) || errors.Is(err, gohost.ErrInvalidInput)):
		return nil
	case wrong != nil:
		v.Want, v.Rule = "a trap", wrong.Error()
		return v
	}
	v.Want = fmt.Sprintf("%d bytes", len(want))
	v.Rule = "finite values in the order of their timestamps, the last given one for each"
	if err != nil || len(got) != len(want) {
		return v
	}
	return firstDifference(v, unpacked(got), unpacked(want)).err()
}

func unpacked(batch []byte) (points []gohost.Datapoint) {
	for ; len(batch) > 0; batch = batch[gohost.PackedSize:] {
		le := binary.LittleEndian
		points = append(points, gohost.Datapoint{Timestamp: le.Uint64(batch), Value: math.Float64frombits(le.Uint64(batch[8:]))})
	}
	return points
}

// CheckChecksum returns nil if got is the answer of validate-checksum, which is the same in
// both grades.
func CheckChecksum(data []byte, expected uint32, got bool) error {
	crc := reference.CRC32(data)
	if want := crc == expected; got != want {
		return &Violation{
			Function: "validate-checksum", Part: "the result", Got: strconv.FormatBool(got), Want: strconv.FormatBool(want),
			Rule: fmt.Sprintf("the CRC-32 of the %d bytes is 0x%08x, and the expected one 0x%08x", len(data), crc, expected), Section: sectionChecksum,
		}
	}
	return nil
}

// CheckState returns nil if got is the state of points that function, which is fold or
// merge, must return in both grades.
func CheckState(function string, points []gohost.Datapoint, got []byte) error {
	want := reference.State(points)
	at := 0
	for at < len(got) && at < len(want) && got[at] == want[at] {
		at++
	}
	if at == len(got) && at == len(want) {
		return nil
	}
	return &Violation{
		Function: function, Part: "the state from byte " + strconv.Itoa(at), Got: bytesText(got, at), Want: bytesText(want, at),
		Rule: "the state of the same points has the same bytes", Section: sectionStates,
	}
}

// RefusedState returns the violation of a function of the summary that returned an err for
// states that are such.
func RefusedState(function string, err error) error {
	return &Violation{
		Function: function, Part: "the result", Got: "the error " + strconv.Quote(err.Error()), Want: "none",
		Rule: "what fold or merge returned is a state, and so is the empty list", Section: sectionStates,
	}
}

func bytesText(state []byte, at int) string {
	return fmt.Sprintf("[% x] of %d bytes", state[at:min(len(state), at+8)], len(state))
}

// CheckStatistics returns nil if got is the answer of finish for the state of points, which
// is the same in both grades.
func CheckStatistics(points []gohost.Datapoint, got gohost.Statistics) error {
	want := reference.Statistics(points)
	for _, part := range []struct {
		name      string
		got, want uint64
	}{{"the count", got.Count, want.Count}, {"the first timestamp", got.First, want.First}, {"the last timestamp", got.Last, want.Last}} {
		if part.got != part.want {
			return &Violation{
				Function: "finish", Part: part.name, Got: strconv.FormatUint(part.got, 10), Want: strconv.FormatUint(part.want, 10),
				Rule: "it is that of all points", Section: sectionFinish,
			}
		}
	}
	for _, part := range []struct {
		name      string
		got, want float64
	}{
		{"the mean", got.Mean, want.Mean},
		{"the variance", got.Variance, want.Variance},
		{"the sum", got.Sum, want.Sum},
		{"the smallest value", got.Min, want.Min},
		{"the largest value", got.Max, want.Max},
	} {
		if !sameBits(part.got, part.want) {
			return &Violation{
				Function: "finish", Part: part.name, Got: decimal(part.got), Want: decimal(part.want),
				Rule: "a state has exact sums, so its statistics are exact in both grades", Section: sectionFinish,
			}
		}
	}
	return nil
}
