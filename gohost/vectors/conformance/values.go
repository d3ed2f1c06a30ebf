package conformance

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/vectors"
)

// arguments reads the arguments of a call; err keeps what was wrong first.
type arguments struct {
	args []any
	err  error
}

// argument reads the i-th argument.
func argument[T any](a *arguments, i int, read func(any) (T, error)) T {
	var value T
	err := errors.New("too few arguments")
	if i < len(a.args) {
		value, err = read(a.args[i])
	}
	if err != nil && a.err == nil {
		a.err = fmt.Errorf("argument %d: %w", i, err)
	}
	return value
}

func (a *arguments) points(i int) []gohost.Datapoint { return argument(a, i, Points) }
func (a *arguments) bytes(i int) []byte              { return argument(a, i, vectors.Bytes) }
func (a *arguments) text(i int) []byte               { return argument(a, i, Text) }
func (a *arguments) u32(i int) uint32                { return argument(a, i, u32) }

// Points returns the points of a value.
func Points(v any) ([]gohost.Datapoint, error) {
	list, ok := v.([]any)
	if !ok {
		return nil, errors.New("not a list")
	}
	points := make([]gohost.Datapoint, len(list))
	for i, v := range list {
		record, _ := v.(map[string]any)
		time, _ := record["timestamp"].(string)
		value, _ := record["value"].(string)
		timestamp, err := strconv.ParseUint(time, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("the timestamp of point %d: %w", i, err)
		}
		bits, err := strconv.ParseUint(value, 16, 64)
		if err != nil || len(value) != 16 {
			return nil, fmt.Errorf("the value of point %d is not 16 hexadecimal digits", i)
		}
		points[i] = gohost.Datapoint{Timestamp: timestamp, Value: math.Float64frombits(bits)}
	}
	return points, nil
}

// Text returns the bytes of a value that is a string.
func Text(v any) ([]byte, error) {
	text, ok := v.(string)
	if !ok {
		return nil, errors.New("not a string")
	}
	return []byte(text), nil
}

func u32(v any) (uint32, error) {
	number, _ := v.(json.Number)
	n, err := strconv.ParseUint(string(number), 10, 32)
	return uint32(n), err
}

func bits(x float64) any { return fmt.Sprintf("%016x", math.Float64bits(x)) }

func decimal(n uint64) any { return strconv.FormatUint(n, 10) }

func pointsValue(points []gohost.Datapoint) any {
	list := make([]any, len(points))
	for i, p := range points {
		list[i] = map[string]any{"timestamp": decimal(p.Timestamp), "value": bits(p.Value)}
	}
	return list
}

func statisticsValue(s gohost.Statistics) any {
	return map[string]any{
		"count": decimal(s.Count), "first": decimal(s.First), "last": decimal(s.Last),
		"mean": bits(s.Mean), "variance": bits(s.Variance), "sum": bits(s.Sum),
		"min": bits(s.Min), "max": bits(s.Max),
	}
}
