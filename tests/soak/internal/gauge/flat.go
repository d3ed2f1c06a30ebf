package gauge

import (
	"errors"
	"fmt"
	"slices"
)

// Rule says which series must stay flat, and what still counts as flat.
type Rule struct {
	Name string
	Unit Unit
	Of   func(Sample) float64
	// Growth is how much the trend may rise from the start of the window to its
	// end, Peak how far the highest sample may lie above the median.
	Growth, Peak Allowance
}

// Allowance is the larger of a number and a part of the series' median.
type Allowance struct{ Abs, Rel float64 }

func (a Allowance) of(median float64) float64 { return max(a.Abs, a.Rel*median) }

// Unit is how a series is written.
type Unit int

// Units.
const (
	Count Unit = iota
	Bytes
)

// Format writes a value with its unit.
func (u Unit) Format(v float64) string {
	if u == Bytes {
		return fmt.Sprintf("%.1f MiB", v/(1<<20))
	}
	return fmt.Sprintf("%.1f", v)
}

// warmUp is the part of a run that is not judged: caches fill, guests grow to
// the largest input.
const warmUp = 0.25

// leastSamples is how many samples of the window a verdict needs.
const leastSamples = 10

// ErrTooShort is the error of a run with too few samples to be judged.
var ErrTooShort = errors.New("too few samples to judge")

// Verdict is what a rule makes of a run.
type Verdict struct {
	Rule                     Rule
	Median, Growth, Peak     float64 // Peak is above the median
	MostGrowth, MostPeak     float64
	Samples                  int
	GrowthIsFlat, PeakIsFlat bool
}

// Flat reports whether the series is.
func (v Verdict) Flat() bool { return v.GrowthIsFlat && v.PeakIsFlat }

// Judge judges the last three quarters of the run. The trend is the Theil-Sen
// estimator's, the median of the slopes between all pairs of samples: up to 29 %
// of the samples may be anything, so the teeth of a garbage collector do not
// look like a leak, and do not hide one.
func (r Rule) Judge(samples []Sample) (Verdict, error) {
	if len(samples) == 0 {
		return Verdict{}, fmt.Errorf("%s: %w", r.Name, ErrTooShort)
	}
	end := samples[len(samples)-1].At.Seconds()
	begin := samples[0].At.Seconds() + warmUp*(end-samples[0].At.Seconds())
	var at, values []float64
	for _, s := range samples {
		if t := s.At.Seconds(); t >= begin {
			at, values = append(at, t), append(values, r.Of(s))
		}
	}
	if len(values) < leastSamples {
		return Verdict{}, fmt.Errorf("%s: %w: %d after the warm-up, at least %d are needed", r.Name, ErrTooShort, len(values), leastSamples)
	}
	v := Verdict{Rule: r, Samples: len(values), Median: median(slices.Clone(values))}
	v.Growth = slope(at, values) * (end - at[0])
	v.Peak = slices.Max(values) - v.Median
	v.MostGrowth, v.MostPeak = r.Growth.of(v.Median), r.Peak.of(v.Median)
	v.GrowthIsFlat, v.PeakIsFlat = v.Growth <= v.MostGrowth, v.Peak <= v.MostPeak
	return v, nil
}

// mostForPairs bounds the work and memory of slope, which is quadratic: a longer
// run is thinned out evenly.
const mostForPairs = 2000

func slope(at, values []float64) float64 {
	step := 1 + (len(at)-1)/mostForPairs
	var slopes []float64
	for i := 0; i < len(at); i += step {
		for j := i + step; j < len(at); j += step {
			if dt := at[j] - at[i]; dt > 0 {
				slopes = append(slopes, (values[j]-values[i])/dt)
			}
		}
	}
	return median(slopes)
}

// median reorders v.
func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	slices.Sort(v)
	if n := len(v); n%2 == 0 {
		return (v[n/2-1] + v[n/2]) / 2
	}
	return v[len(v)/2]
}
