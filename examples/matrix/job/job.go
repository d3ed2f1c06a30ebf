// Package job has what the Go examples share: the answer that all print, plain Go's way to it,
// and the time of a step.
package job

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"example.org/compute-pipeline/gohost"
)

// An Answer is what every example prints, as one line of JSON, whose numbers have the shortest
// digits that give the same double.
type Answer struct {
	Points   int     `json:"points"`
	Mean     float64 `json:"mean"`
	Variance float64 `json:"variance"`
	Sum      float64 `json:"sum"`
	// Nanoseconds has the time of each step for a point, the median of the rounds.
	Nanoseconds map[string]float64 `json:"nanoseconds,omitempty"`
	// Memory is the linear memory of the module, in bytes.
	Memory int64 `json:"memory,omitempty"`
}

// Of returns the answer that the engine's result is.
func Of(points int, agg gohost.Aggregate) Answer {
	return Answer{Points: points, Mean: agg.Mean, Variance: agg.Variance, Sum: agg.Sum}
}

// Print writes the answer and a newline.
func (a Answer) Print(w io.Writer) error {
	return json.NewEncoder(w).Encode(a)
}

// Plain is what a program without the engine does: two passes, which round at every step.
func Plain(points []gohost.Datapoint) gohost.Aggregate {
	if len(points) == 0 {
		return gohost.Aggregate{}
	}
	var sum, squares float64
	for _, p := range points {
		sum += p.Value
	}
	n := float64(len(points))
	mean := sum / n
	for _, p := range points {
		squares += (p.Value - mean) * (p.Value - mean)
	}
	return gohost.Aggregate{Mean: mean, Variance: squares / n, Sum: sum}
}

// Nanoseconds runs a step as often as there are rounds. It returns the median time that it took
// for each of the points.
func Nanoseconds(rounds, points int, step func() error) (float64, error) {
	if rounds < 1 || points < 1 {
		return 0, fmt.Errorf("%d rounds of %d points", rounds, points)
	}
	times := make([]time.Duration, rounds)
	for i := range times {
		began := time.Now()
		if err := step(); err != nil {
			return 0, err
		}
		times[i] = time.Since(began)
	}
	slices.Sort(times)
	return float64(times[rounds/2]) / float64(points), nil
}
