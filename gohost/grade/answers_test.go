package grade_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/grade"
	"example.org/compute-pipeline/gohost/internal/reference"
)

func TestStreams(t *testing.T) {
	points := func(p ...gohost.Datapoint) []gohost.Datapoint { return p }
	onePoint := points(gohost.Datapoint{Timestamp: 1, Value: 2.5})
	parseFailed := &gohost.GuestError{Message: "Parse failed: no"}
	nested := func(depth int) string {
		return fmt.Sprintf(`[{"timestamp":1,"value":2.5,"x":%s%s}]`, strings.Repeat("[", depth), strings.Repeat("]", depth))
	}
	const plain = `[{"timestamp":1,"value":2.5}]`
	for _, c := range []struct {
		text   string
		points []gohost.Datapoint
		err    error
		exact  string // a part of the violation
		stable string
	}{
		{plain, onePoint, nil, "", ""},
		{plain, nil, parseFailed, "the result is the error \"Parse failed: no\", expected 1 points", "expected 1 points"},
		{plain, points(onePoint[0], onePoint[0]), nil, "the result is 2 points, expected 1 points", "expected 1 points"},
		{plain, points(gohost.Datapoint{Timestamp: 2, Value: 2.5}), nil, "point 0 is (timestamp 2, value 2.5), expected (timestamp 1, value 2.5)", "point 0"},
		{plain, points(gohost.Datapoint{Timestamp: 1, Value: math.Nextafter(2.5, 3)}), nil, "value 2.5000000000000004), expected (timestamp 1, value 2.5)", "point 0"},
		{plain, nil, errors.New("trap"), "the result is a failure (trap)", "the result is a failure (trap)"},
		{"[]", nil, &gohost.GuestError{Message: "Empty dataset"}, "", ""},
		{"[]", nil, parseFailed, `expected the error "Empty dataset"`, `expected the error "Empty dataset"`},
		{"[]", nil, nil, `the result is 0 points, expected the error "Empty dataset"`, `expected the error`},
		{"[1]", nil, parseFailed, "", ""},
		{"[1]", nil, &gohost.GuestError{Message: "parse failed"}, `expected an error that begins with "Parse failed: "`, "'{' is missing at byte 1"},
		{"[1]", nil, nil, "'{' is missing at byte 1", "'{' is missing at byte 1"},
		{`[{"timestamp":1.0,"value":2.5}]`, onePoint, nil, "the timestamp is not an integer", "the timestamp is not an integer"},
		{`[{"timestamp":1,"value":1e400}]`, points(gohost.Datapoint{Timestamp: 1, Value: math.Inf(1)}), nil, "beyond the range", "beyond the range"},
		// The free corners: read or refused, but read rightly.
		{`[[1,2.5]]`, onePoint, nil, "", ""},
		{`[[1,2.5]]`, nil, parseFailed, "expected 1 points", ""},
		{`[[1,2.5]]`, nil, &gohost.GuestError{Message: "no"}, "expected 1 points", "expected 1 points"},
		{`[[1,2.5]]`, points(gohost.Datapoint{Timestamp: 1, Value: 2}), nil, "point 0", "point 0"},
		{`[[1,2.5,3]]`, onePoint, nil, "is missing", "is missing"},
		{`[{"timestamp":1,"value":3,"value":2.5}]`, nil, parseFailed, "", ""},
		{`[{"timestamp":1,"value":3,"value":2.5}]`, onePoint, nil, "is repeated", ""},
		{`[{"timestamp":1,"value":2.5,"value":3}]`, onePoint, nil, "is repeated", ""},
		{`[{"timestamp":1,"value":2,"value":3}]`, onePoint, nil, "is repeated", "is repeated"},
		{`[{"timestamp":1,"value":2.5,"\ud800":3}]`, onePoint, nil, "surrogate", ""},
		{`[{"timestamp":1,"value":2.5,"\ud800":3}]`, nil, parseFailed, "", ""},
		{`[{"timestamp":1,"value":2.5,"x":"\ud800"}]`, onePoint, nil, "", ""},
		{`[{"timestamp":1,"value":2.5,"x":"\ud800"}]`, nil, parseFailed, "expected 1 points", ""},
		{nested(grade.FreeDepth - 1), onePoint, nil, "", ""},
		{nested(grade.FreeDepth - 1), nil, parseFailed, "expected 1 points", ""},
		{nested(grade.FreeDepth - 2), nil, parseFailed, "expected 1 points", "expected 1 points"},
	} {
		for g, want := range map[grade.Grade]string{grade.Exact: c.exact, grade.Stable: c.stable} {
			err := g.CheckStream([]byte(c.text), c.points, c.err)
			if want == "" {
				assert.NoError(t, err, "%s: %.80s", g, c.text)
				continue
			}
			var v *grade.Violation
			if assert.ErrorAs(t, err, &v, "%s: %.80s", g, c.text) {
				assert.ErrorContains(t, err, want)
				assert.ErrorContains(t, err, "(docs/contract.md#validate-stream)")
			}
		}
	}
}

func TestBatches(t *testing.T) {
	packed := func(words ...uint64) (b []byte) {
		for _, w := range words {
			b = binary.LittleEndian.AppendUint64(b, w)
		}
		return b
	}
	half, quarter, nan := math.Float64bits(0.5), math.Float64bits(0.25), math.Float64bits(math.NaN())
	in := packed(2, half, 1, quarter, 2, nan, 1, half)
	out := packed(1, half, 2, half)
	require.NoError(t, grade.CheckBatch(in, out, nil))
	require.NoError(t, grade.CheckBatch(in[:15], nil, gohost.ErrTrap))
	require.NoError(t, grade.CheckBatch(in[:15], nil, gohost.ErrInvalidInput))
	require.NoError(t, grade.CheckBatch(nil, nil, nil))
	for want, err := range map[string]error{
		"the result is 0 bytes, expected a trap: 15 bytes are not a multiple of 16":                      grade.CheckBatch(in[:15], nil, nil),
		"the result is 16 bytes, expected 32 bytes: finite values":                                       grade.CheckBatch(in, out[:16], nil),
		"the result is a failure (the guest trapped), expected 32 bytes":                                 grade.CheckBatch(in, nil, gohost.ErrTrap),
		"point 0 is (timestamp 1, value 0.25), expected (timestamp 1, value 0.5)":                        grade.CheckBatch(in, packed(1, quarter, 2, half), nil),
		"point 1 is (timestamp 2, value -0), expected (timestamp 2, value 0)":                            grade.CheckBatch(packed(1, half, 2, 0), packed(1, half, 2, 1<<63), nil),
		"validate-checksum: the result is false, expected true: the CRC-32 of the 9 bytes is 0xcbf43926": grade.CheckChecksum([]byte("123456789"), 0xcbf43926, false),
		"expected false: the CRC-32 of the 9 bytes is 0xcbf43926, and the expected one 0x00000001":       grade.CheckChecksum([]byte("123456789"), 1, true),
	} {
		require.ErrorContains(t, err, want)
	}
	require.NoError(t, grade.CheckChecksum([]byte("123456789"), 0xcbf43926, true))
	require.NoError(t, grade.CheckChecksum(nil, 1, false))
}

func TestStatesAndStatistics(t *testing.T) {
	points := pointsOf([]float64{0.5, 0.25, -3})
	state := reference.State(points)
	require.NoError(t, grade.CheckState("fold", points, state))
	require.NoError(t, grade.CheckState("fold", nil, nil))
	require.ErrorContains(t, grade.CheckState("merge", points, state[:60]), "merge: the state from byte 60 is [] of 60 bytes, expected [")
	other := append([]byte{}, state...)
	other[10] = 9
	require.ErrorContains(t, grade.CheckState("fold", points, other), "fold: the state from byte 10 is [09 00 ")
	stat := reference.Statistics(points)
	require.NoError(t, grade.CheckStatistics(points, stat))
	require.NoError(t, grade.CheckStatistics(nil, gohost.Statistics{}))
	for want, change := range map[string]func(*gohost.Statistics){
		"finish: the count is 4, expected 3":           func(s *gohost.Statistics) { s.Count++ },
		"finish: the first timestamp is 1, expected 0": func(s *gohost.Statistics) { s.First++ },
		"finish: the last timestamp is 3, expected 2":  func(s *gohost.Statistics) { s.Last++ },
		"finish: the mean is 1, expected -0.75":        func(s *gohost.Statistics) { s.Mean = 1 },
		"finish: the variance is 1, expected 2.541":    func(s *gohost.Statistics) { s.Variance = 1 },
		"finish: the sum is 1, expected -2.25":         func(s *gohost.Statistics) { s.Sum = 1 },
		"finish: the smallest value is 1, expected -3": func(s *gohost.Statistics) { s.Min = 1 },
		"finish: the largest value is 1, expected 0.5": func(s *gohost.Statistics) { s.Max = 1 },
	} {
		changed := stat
		change(&changed)
		require.ErrorContains(t, grade.CheckStatistics(points, changed), want)
	}
}
