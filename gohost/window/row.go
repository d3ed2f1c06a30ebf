package window

import (
	"time"

	"example.org/compute-pipeline/gohost"
)

// A Row is one window with its statistics.
type Row struct {
	// Key names the series, and Column is the index of its column of values, if there are several.
	Key    string
	Column int
	// Start and End bound the window; End is not part of it. With [All] they are the first and the
	// last point's time, and End is part of it.
	Start, End time.Time
	// First and Last are the times of the first and the last point.
	First, Last time.Time
	// Stat are the statistics of the engine; the variance is that of a sample with [Set.Sample].
	Stat   gohost.Statistics
	StdDev float64
	// FirstValue, LastValue, Rate and Quantiles are only there if the set has them ([Set.Complete]). Quantiles are
	// those of [Set.Quantiles], in their order.
	FirstValue, LastValue, Rate float64
	Quantiles                   []float64
	// Empty marks a window without points, which [Fill] added. Null says that it has no statistics but the
	// count and the sum.
	Empty, Null bool

	zero   bool // Fill made all statistics 0
	single bool // of one point, though Fill made the count 0
}

// A Value is that of a statistic: a uint64, float64 or time.Time, or nil where a row lacks it.
type Value any

// Values appends the values of a row, in the order of the statistics. A value is nil for a variance or stddev of a sample of
// one point, for a rate without two times, and in windows that [Fill] left without statistics.
func (s Set) Values(dst []Value, row *Row) []Value {
	quantile := 0
	for _, statistic := range s.listed() {
		dst = append(dst, s.value(row, statistic, quantile))
		if statistic.Kind == AQuantile {
			quantile++
		}
	}
	return dst
}

func (s Set) listed() []Statistic {
	if s.list == nil {
		return defaultList
	}
	return s.list
}

var defaultList = DefaultSet().list

func (s Set) value(row *Row, statistic Statistic, quantile int) Value {
	switch statistic.Kind {
	case Count:
		return row.Stat.Count
	case Sum:
		return row.Stat.Sum
	}
	if row.Null {
		return nil
	}
	switch statistic.Kind {
	case Mean:
		return row.Stat.Mean
	case Variance, StdDev:
		if s.Sample && (row.Stat.Count == 1 || row.single) {
			return nil
		}
		if statistic.Kind == Variance {
			return row.Stat.Variance
		}
		return row.StdDev
	case Min:
		return row.Stat.Min
	case Max:
		return row.Stat.Max
	case First, Last:
		if row.zero {
			return nil
		}
		if statistic.Kind == First {
			return row.First
		}
		return row.Last
	case FirstValue:
		return row.FirstValue
	case LastValue:
		return row.LastValue
	case Rate:
		if row.First.Equal(row.Last) && !row.zero {
			return nil
		}
		return row.Rate
	default:
		if quantile < len(row.Quantiles) {
			return row.Quantiles[quantile]
		}
		return nil
	}
}
