package plugin

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"example.org/compute-pipeline/gohost"
)

// The vectors of selftest.json, in the notation of tests/vectors/README.md, without the
// parts that none of them uses.

type vectors struct {
	Sets  map[string][]segment `json:"sets"`
	Cases map[string][]*vector `json:"cases"`
}

type vector struct {
	ID       string    `json:"id"`
	Points   []segment `json:"points"`
	Raw      []piece   `json:"raw"`
	Input    []piece   `json:"input"`
	Data     []piece   `json:"data"`
	Expected uint32    `json:"expected"`
	State    *recipe   `json:"state"`
	Want     want      `json:"want"`
}

// segment is a part of a list of points: of a set, or with values of its own.
type segment struct {
	Set    string `json:"set"`
	From   int    `json:"from"`
	To     *int   `json:"to"`
	First  string `json:"first"`
	Step   string `json:"step"`
	Values string `json:"values"`
}

type piece struct {
	Text string `json:"text"`
	Hex  string `json:"hex"`
}

// recipe describes how to compute a state.
type recipe struct {
	Hex    *string    `json:"hex"`
	Fold   *recipe    `json:"fold"`
	Points []segment  `json:"points"`
	By     int        `json:"by"`
	Merge  *[2]recipe `json:"merge"`
}

type want struct {
	Bytes      *string           `json:"bytes"`
	Bool       *bool             `json:"bool"`
	Statistics map[string]string `json:"statistics"`
	Error      string            `json:"error"`
	Failure    bool              `json:"failure"`
}

// expected returns the correct result, as text.
func (v *vectors) expected(w want) (string, error) {
	switch {
	case w.Bytes != nil:
		return "bytes " + *w.Bytes, nil
	case w.Bool != nil:
		return strconv.FormatBool(*w.Bool), nil
	case w.Statistics != nil:
		return fmt.Sprint(w.Statistics), nil // in the order of the names
	case w.Error != "":
		return "the error " + beginning(w.Error), nil
	case w.Failure:
		return "an error", nil
	}
	return "", errors.New("a vector without a result")
}

// answer returns the engine's result, in the same form.
func (v *vectors) answer(ctx context.Context, f gohost.Functions, function string, c *vector) (string, error) {
	switch function {
	case "process-batch":
		input, err := bytesOf(c.Input)
		if err != nil {
			return "", err
		}
		out, err := f.ProcessBatch(ctx, input)
		return "bytes " + hex.EncodeToString(out), err
	case "validate-checksum":
		data, err := bytesOf(c.Data)
		if err != nil {
			return "", err
		}
		ok, err := f.ValidateChecksum(ctx, data, c.Expected)
		return strconv.FormatBool(ok), err
	}
	state, err := v.state(ctx, f, c.State)
	if err != nil {
		return "", err
	}
	stat, err := f.Finish(ctx, state)
	return statisticsText(stat), err
}

// state computes the state of a recipe.
func (v *vectors) state(ctx context.Context, f gohost.Functions, r *recipe) ([]byte, error) {
	switch {
	case r == nil:
		return nil, errors.New("no recipe for a state")
	case r.Hex != nil:
		return hex.DecodeString(*r.Hex)
	case r.Merge != nil:
		a, err := v.state(ctx, f, &r.Merge[0])
		if err != nil {
			return nil, err
		}
		b, err := v.state(ctx, f, &r.Merge[1])
		if err != nil {
			return nil, err
		}
		return f.Merge(ctx, a, b)
	}
	state, err := v.state(ctx, f, r.Fold)
	if err != nil {
		return nil, err
	}
	points, err := v.points(r.Points)
	if err != nil {
		return nil, err
	}
	by := r.By
	if by == 0 {
		by = max(1, len(points))
	}
	for ; err == nil && len(points) > 0; points = points[min(by, len(points)):] {
		state, err = f.Fold(ctx, state, points[:min(by, len(points))])
	}
	return state, err
}

func (v *vectors) points(segments []segment) (points []gohost.Datapoint, err error) {
	for _, s := range segments {
		if s.Set != "" {
			whole, err := v.points(v.Sets[s.Set])
			if err != nil {
				return nil, err
			}
			to := len(whole)
			if s.To != nil {
				to = *s.To
			}
			points = append(points, whole[s.From:to]...)
			continue
		}
		first, err := strconv.ParseUint(s.First, 10, 64)
		if err != nil {
			return nil, err
		}
		step, err := strconv.ParseUint(s.Step, 10, 64)
		if err != nil {
			return nil, err
		}
		for i, word := range strings.Fields(s.Values) {
			bits, err := strconv.ParseUint(word, 16, 64)
			if err != nil {
				return nil, err
			}
			points = append(points, gohost.Datapoint{Timestamp: first + uint64(i)*step, Value: math.Float64frombits(bits)})
		}
	}
	return points, nil
}

func textOf(pieces []piece) []byte {
	var text []byte
	for _, p := range pieces {
		text = append(text, p.Text...)
	}
	return text
}

func bytesOf(pieces []piece) ([]byte, error) {
	var text strings.Builder
	for _, p := range pieces {
		text.WriteString(p.Hex)
	}
	return hex.DecodeString(text.String())
}

func bitsOf(x float64) string { return fmt.Sprintf("%016x", math.Float64bits(x)) }

func statisticsText(s gohost.Statistics) string {
	decimal := func(n uint64) string { return strconv.FormatUint(n, 10) }
	return fmt.Sprint(map[string]string{
		"count": decimal(s.Count), "first": decimal(s.First), "last": decimal(s.Last),
		"mean": bitsOf(s.Mean), "variance": bitsOf(s.Variance), "sum": bitsOf(s.Sum),
		"min": bitsOf(s.Min), "max": bitsOf(s.Max),
	})
}
