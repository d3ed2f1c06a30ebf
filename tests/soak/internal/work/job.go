// Package work is what the soak gives an engine to do: calls of all functions
// on lists of many sizes, with answers that were computed without it.
package work

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"slices"

	"example.org/compute-pipeline/gohost"
)

// Pipeline is the contract's functions: an engine, or a plugin of a registry.
type Pipeline interface {
	ComputeAggregate(ctx context.Context, points []gohost.Datapoint) (gohost.Aggregate, error)
	ValidateStream(ctx context.Context, raw []byte) ([]gohost.Datapoint, error)
	ProcessBatch(ctx context.Context, in []byte) ([]byte, error)
	ValidateChecksum(ctx context.Context, data []byte, expected uint32) (bool, error)
	Fold(ctx context.Context, state []byte, points []gohost.Datapoint) ([]byte, error)
	Merge(ctx context.Context, a, b []byte) ([]byte, error)
	Finish(ctx context.Context, state []byte) (gohost.Statistics, error)
}

// Job is one piece of work. It may run many times at once.
type Job struct {
	Name  string
	Calls int // of the guest's functions
	// Run does it and checks the answer: a *WrongAnswer when that is wrong.
	Run func(ctx context.Context, p Pipeline) error
}

// WrongAnswer is an answer that is not the expected one.
type WrongAnswer struct{ Got, Want any }

func (w *WrongAnswer) Error() string {
	return fmt.Sprintf("wrong answer: got %.200s, want %.200s", fmt.Sprint(w.Got), fmt.Sprint(w.Want))
}

func check(right bool, got, want any) error {
	if right {
		return nil
	}
	return &WrongAnswer{got, want}
}

func aggregate(list []gohost.Datapoint, want gohost.Statistics) Job {
	return Job{Name: "aggregate", Calls: 1, Run: func(ctx context.Context, p Pipeline) error {
		got, err := p.ComputeAggregate(ctx, list)
		if err != nil {
			return err
		}
		return check(sameBits([]float64{got.Mean, got.Variance, got.Sum}, []float64{want.Mean, want.Variance, want.Sum}), got, want)
	}}
}

func validate(list []gohost.Datapoint) Job {
	raw := AsJSON(list)
	return Job{Name: "validate", Calls: 1, Run: func(ctx context.Context, p Pipeline) error {
		got, err := p.ValidateStream(ctx, raw)
		if err != nil {
			return err
		}
		return check(slices.Equal(got, list), got, list)
	}}
}

func batch(list []gohost.Datapoint) Job {
	in, want := Packed(list), Packed(tidy(list))
	return Job{Name: "batch", Calls: 1, Run: func(ctx context.Context, p Pipeline) error {
		got, err := p.ProcessBatch(ctx, in)
		if err != nil {
			return err
		}
		return check(bytes.Equal(got, want), got, want)
	}}
}

func checksum(list []gohost.Datapoint) Job {
	data := Packed(list)
	sum := crc32.ChecksumIEEE(data)
	return Job{Name: "checksum", Calls: 2, Run: func(ctx context.Context, p Pipeline) error {
		right, err := p.ValidateChecksum(ctx, data, sum)
		if err != nil {
			return err
		}
		wrong, err := p.ValidateChecksum(ctx, data, sum^1)
		if err != nil {
			return err
		}
		return check(right && !wrong, []bool{right, wrong}, []bool{true, false})
	}}
}

// summary folds the list in two pieces, in two ways, which must give the same
// state, and finishes it.
func summary(list []gohost.Datapoint, want gohost.Statistics) Job {
	a, b := list[:len(list)/3], list[len(list)/3:]
	return Job{Name: "summary", Calls: 5, Run: func(ctx context.Context, p Pipeline) error {
		first, err := p.Fold(ctx, nil, a)
		if err != nil {
			return err
		}
		second, err := p.Fold(ctx, nil, b)
		if err != nil {
			return err
		}
		both, err := p.Fold(ctx, first, b)
		if err != nil {
			return err
		}
		merged, err := p.Merge(ctx, second, first)
		if err != nil {
			return err
		}
		if !bytes.Equal(merged, both) {
			return &WrongAnswer{merged, both}
		}
		got, err := p.Finish(ctx, merged)
		if err != nil {
			return err
		}
		same := got.Count == want.Count && got.First == want.First && got.Last == want.Last &&
			sameBits([]float64{got.Mean, got.Variance, got.Sum, got.Min, got.Max}, []float64{want.Mean, want.Variance, want.Sum, want.Min, want.Max})
		return check(same, got, want)
	}}
}

// refusals are calls that the guest must answer with an error.
func refusals() []Job {
	refused := func(name, want string, call func(ctx context.Context, p Pipeline) error) Job {
		return Job{Name: name, Calls: 1, Run: func(ctx context.Context, p Pipeline) error {
			err := call(ctx, p)
			if answer := (*gohost.GuestError)(nil); !errors.As(err, &answer) {
				if err == nil {
					return &WrongAnswer{"no error", want}
				}
				return err
			} else if want != "" {
				return check(answer.Message == want, answer.Message, want)
			}
			return nil
		}}
	}
	return []Job{
		refused("refused text", "Parse failed: trailing comma at line 1 column 28", func(ctx context.Context, p Pipeline) error {
			_, err := p.ValidateStream(ctx, []byte(`[{"timestamp":1,"value":1},]`))
			return err
		}),
		refused("empty list", "Empty dataset", func(ctx context.Context, p Pipeline) error {
			_, err := p.ValidateStream(ctx, []byte(`[]`))
			return err
		}),
		refused("refused state", "", func(ctx context.Context, p Pipeline) error {
			_, err := p.Finish(ctx, []byte("not a state"))
			return err
		}),
	}
}

// notANumber is the one NaN the contract has.
func notANumber() gohost.Statistics {
	nan := math.Float64frombits(0x7ff8000000000000)
	return gohost.Statistics{Count: 2, Mean: nan, Variance: nan, Sum: nan, Min: nan, Max: nan, First: 1, Last: 2}
}

func sameBits(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return math.Float64bits(x) == math.Float64bits(y) })
}
