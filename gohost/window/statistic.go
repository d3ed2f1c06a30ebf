package window

import (
	"fmt"
	"slices"
	"strings"
)

// A Kind is what a statistic is.
type Kind uint8

// Kinds of statistics.
const (
	// Count is the number of points.
	Count Kind = iota
	// Mean, Variance and Sum are exact, and rounded once. Those of values that are not finite are as in
	// [gohost.Engine.ComputeAggregate].
	Mean
	Variance // of the population; with Set.Sample of a sample: divided by n - 1
	// StdDev is the square root of the variance of the population, which is rounded before and after; with
	// Set.Sample it is the exact root of the exact variance of a sample, rounded once.
	StdDev
	Sum
	// Min and Max are NaN if any value is.
	Min
	Max
	// First and Last are the times of the first and the last point.
	First
	Last
	// FirstValue and LastValue are the values at these times: the smallest at the smallest time and the
	// largest at the largest, so that the order of the points never matters. -0 is less than 0, and NaNs
	// are ordered by their bits, outside of the infinities.
	FirstValue
	LastValue
	// Rate is (LastValue - FirstValue) / (Last - First), in units of the value a second, exact and rounded once.
	Rate
	// AQuantile is an exact quantile. See [Quantile].
	AQuantile
)

var kindNames = []string{"count", "mean", "variance", "stddev", "sum", "min", "max", "first", "last", "first_value", "last_value", "rate"}

// A Statistic is a column of results.
type Statistic struct {
	Kind     Kind
	Quantile Quantile // of AQuantile
}

// String returns its name, that of a column.
func (s Statistic) String() string {
	if s.Kind == AQuantile {
		return s.Quantile.name
	}
	return kindNames[s.Kind]
}

// PossibleStatistics lists what [ParseSet] accepts, for messages.
const PossibleStatistics = "count, mean, variance, stddev, sum, min, max, first, last (times), first_value, last_value, rate, median, percentiles such as p90 and p99.9, or quantiles such as q0.25"

// A Set are the statistics of a result, in the order of its columns. The zero Set is [DefaultSet].
type Set struct {
	list []Statistic
	// Sample makes variance and stddev those of a sample, which are divided by n - 1.
	Sample bool
}

// DefaultSet returns the statistics that results have unless others are chosen.
func DefaultSet() Set {
	return Set{list: []Statistic{{Kind: Count}, {Kind: Mean}, {Kind: Variance}, {Kind: StdDev}, {Kind: Min}, {Kind: Max}, {Kind: Sum}, {Kind: First}, {Kind: Last}}}
}

// ParseSet returns the statistics with the names in a text, separated by commas. Nothing is [DefaultSet].
func ParseSet(text string, sample bool) (Set, error) {
	if text == "" {
		set := DefaultSet()
		set.Sample = sample
		return set, nil
	}
	set := Set{Sample: sample}
	for name := range strings.SplitSeq(text, ",") {
		s, err := parseStatistic(strings.TrimSpace(name))
		if err != nil {
			return Set{}, err
		}
		if slices.ContainsFunc(set.list, func(other Statistic) bool { return other.String() == s.String() }) {
			return Set{}, fmt.Errorf("the statistic %s is named twice", s)
		}
		set.list = append(set.list, s)
	}
	return set, nil
}

func parseStatistic(name string) (Statistic, error) {
	if i := slices.Index(kindNames, name); i >= 0 {
		return Statistic{Kind: Kind(i)}, nil
	}
	q, err := parseQuantile(name)
	if err != nil {
		return Statistic{}, err
	}
	return Statistic{Kind: AQuantile, Quantile: q}, nil
}

// List returns the statistics, in the order of the columns.
func (s Set) List() []Statistic {
	if s.list == nil {
		return DefaultSet().list
	}
	return slices.Clone(s.list)
}

// IsDefault reports whether the statistics are those of [DefaultSet], in its order.
func (s Set) IsDefault() bool { return s.list == nil || slices.Equal(s.list, DefaultSet().list) }

// Has reports whether a kind is among the statistics.
func (s Set) Has(kind Kind) bool {
	return slices.ContainsFunc(s.listed(), func(s Statistic) bool { return s.Kind == kind })
}

// NeedsEnds reports whether the values of the first and the last point are needed.
func (s Set) NeedsEnds() bool { return s.Has(FirstValue) || s.Has(LastValue) || s.Has(Rate) }

// Quantiles returns the quantiles among the statistics, in their order. If there are some, all values are needed.
func (s Set) Quantiles() []Quantile {
	var quantiles []Quantile
	for _, s := range s.list {
		if s.Kind == AQuantile {
			quantiles = append(quantiles, s.Quantile)
		}
	}
	return quantiles
}

// NeedsState reports whether more than the engine's statistics of a window are needed: the exact sums of its state. See
// [Set.Complete].
func (s Set) NeedsState() bool { return s.Sample && (s.Has(Variance) || s.Has(StdDev)) }
