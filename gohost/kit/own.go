package kit

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/grade"
	"example.org/compute-pipeline/gohost/internal/dynamic"
)

// The engine's own contract: its values in Go, and its answers by grade.

// judgeOwn judges an answer by the grade. It reports whether the answer is allowed, though
// it is not want, or returns what is wrong with it, if the grade says more about that than
// a comparison.
func (c *checker) judgeOwn(o *outcome, want any) (allowed bool, failure *Failure) {
	var err error
	switch {
	case o.f.name == "validate-stream" || o.answer.err == nil && o.f.name == "compute-aggregate":
		err = c.judgeCall(o)
	case o.answer.isErr(o.f) && isErrValue(o.f, want):
		return true, nil // with another reason
	default:
		return false, nil
	}
	if err == nil {
		return true, nil
	}
	return false, c.violation(o, err)
}

// judgeCall judges the answer of a function whose right answer follows from its arguments
// alone.
func (c *checker) judgeCall(o *outcome) error {
	o, failure := c.earlier(o)
	if failure != nil {
		return errors.New(failure.Reason)
	}
	err := o.answer.err
	switch o.f.name {
	case "compute-aggregate":
		if err != nil {
			return err
		}
		numbers := o.answer.value.([]any)
		if len(numbers) != 3 {
			return fmt.Errorf("the result has %d numbers, not mean, variance and sum", len(numbers))
		}
		agg := gohost.Aggregate{Mean: numbers[0].(float64), Variance: numbers[1].(float64), Sum: numbers[2].(float64)}
		return c.judged.CheckAggregate(pointsOf(o.args[0]), agg)
	case "validate-stream":
		var points []gohost.Datapoint
		if err == nil {
			result := o.answer.value.(dynamic.Case)
			if result.Index == 1 {
				err = &gohost.GuestError{Message: result.Value.(string)}
			} else {
				points = pointsOf(result.Value)
			}
		}
		return c.judged.CheckStream([]byte(o.args[0].(string)), points, err)
	case "process-batch":
		got, _ := o.answer.value.([]byte)
		return grade.CheckBatch(o.args[0].([]byte), got, err)
	case "validate-checksum":
		if err != nil {
			return err
		}
		return grade.CheckChecksum(o.args[0].([]byte), uint32(o.args[1].(uint64)), o.answer.value.(bool))
	}
	return err // of the summary nothing follows from a state that may be any bytes
}

// judgePoints judges the answer of a function of the summary, given the points of the
// state.
func judgePoints(o *outcome, points []gohost.Datapoint) error {
	if o.answer.err != nil {
		return o.answer.err
	}
	result := o.answer.value.(dynamic.Case)
	if result.Index == 1 {
		return fmt.Errorf("the error %q, for a state that is one", result.Value)
	}
	if o.f.name != "finish" {
		return grade.CheckState(o.f.name, points, result.Value.([]byte))
	}
	f := result.Value.([]any)
	return grade.CheckStatistics(points, gohost.Statistics{
		Count: f[0].(uint64), Mean: f[1].(float64), Variance: f[2].(float64), Sum: f[3].(float64),
		Min: f[4].(float64), Max: f[5].(float64), First: f[6].(uint64), Last: f[7].(uint64),
	})
}

// violation returns the failure of an answer that the grade forbids.
func (c *checker) violation(o *outcome, err error) *Failure {
	failure := c.failure(o.f, o.answer)
	v := (*grade.Violation)(nil)
	switch {
	case errors.As(err, &v):
		failure.Want = v.Want
		if o.answer.err != nil {
			break // with a rule of its own
		}
		if v.Part != "the result" {
			failure.Want = v.Part + " " + v.Want
			failure.Reason = fmt.Sprintf("%s is %s, not %s", v.Part, v.Got, v.Want)
		}
		if v.Bound != "" {
			failure.Want += " ± " + v.Bound
		}
		failure.rule = Rule{sentence(v.Rule), contractDoc + "#" + v.Section}
	case o.answer.err == nil:
		failure.Reason = err.Error()
	}
	return failure
}

func pointsOf(list any) (points []gohost.Datapoint) {
	for _, p := range list.([]any) {
		fields := p.([]any)
		points = append(points, gohost.Datapoint{Timestamp: fields[0].(uint64), Value: fields[1].(float64)})
	}
	return points
}

func valueOf(points []gohost.Datapoint) any {
	list := make([]any, len(points))
	for i, p := range points {
		list[i] = []any{p.Timestamp, p.Value}
	}
	return list
}

func packed(points []gohost.Datapoint) (batch []byte) {
	for _, p := range points {
		batch = binary.LittleEndian.AppendUint64(batch, p.Timestamp)
		batch = binary.LittleEndian.AppendUint64(batch, math.Float64bits(p.Value))
	}
	return batch
}
