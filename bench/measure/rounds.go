// Package measure times peers by turns, and reads the memory of processes.
package measure

import (
	"cmp"
	"fmt"
	"math"
	"runtime"
	"slices"
	"time"
)

// Contender is what takes turns with others.
type Contender struct {
	Name string
	// Time makes so many calls, and returns how long they took.
	Time func(calls int) (time.Duration, error)
}

// Timing is what was measured of a contender.
type Timing struct {
	Name string
	// Median and P10 are of one call, in nanoseconds.
	Median, P10 float64
	// Ratio is the median of the ratios to the first contender within a round, and Spread the
	// largest of the runs' medians of it over the smallest.
	Ratio, Spread float64
}

// slot is how long one turn takes at least.
const slot = 3 * time.Millisecond

// A contender whose call takes longer than slow has a turn in every third round only.
const (
	slow      = 100 * time.Millisecond
	slowTurns = 3
)

// Rounds lets contenders take turns, in an order that rotates, in so many rounds of each of so
// many runs. The ratios are to the first one.
func Rounds(contenders []Contender, rounds, runs int) ([]Timing, error) {
	calls, every := make([]int, len(contenders)), make([]int, len(contenders))
	for i, c := range contenders {
		call, err := c.callTime()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Name, err)
		}
		calls[i], every[i] = max(1, int(float64(slot)/call)), 1
		if i > 0 && call > float64(slow) {
			every[i] = slowTurns
		}
	}
	times := make([][]float64, len(contenders))
	ratios := make([][]float64, len(contenders))
	for round := range rounds * runs {
		row := make([]float64, len(contenders))
		for k := range contenders {
			i := (k + round) % len(contenders)
			if round%rounds%every[i] != 0 {
				continue
			}
			// What one leaves for the collector is not collected in another's turn.
			runtime.GC()
			took, err := contenders[i].Time(calls[i])
			if err != nil {
				return nil, fmt.Errorf("%s: %w", contenders[i].Name, err)
			}
			row[i] = float64(took.Nanoseconds()) / float64(calls[i])
		}
		for i, v := range row {
			if v == 0 {
				continue
			}
			times[i] = append(times[i], v)
			ratios[i] = append(ratios[i], v/row[0])
		}
	}
	result := make([]Timing, len(contenders))
	for i, c := range contenders {
		var medians []float64
		for of := range slices.Chunk(ratios[i], len(ratios[i])/runs) {
			medians = append(medians, Median(of))
		}
		result[i] = Timing{
			Name: c.Name, Median: Median(times[i]), P10: quantile(times[i], 0.1),
			Ratio: Median(ratios[i]), Spread: slices.Max(medians) / slices.Min(medians),
		}
	}
	return result, nil
}

// tries is how often a contender has to need half a slot before that counts: one that is
// interrupted once would have turns of too few calls else.
const tries = 3

// callTime returns about how many nanoseconds a call takes.
func (c Contender) callTime() (float64, error) {
	n, least := 1, math.Inf(1)
	for left := tries; left > 0; {
		took, err := c.Time(n)
		if err != nil {
			return 0, err
		}
		if took < slot/2 && n < 1<<20 {
			n *= 4
			continue
		}
		least = min(least, max(1, float64(took.Nanoseconds()))/float64(n))
		if left--; took > 10*slot || n >= 1<<20 {
			break
		}
	}
	return least, nil
}

// Median returns the median, and 0 of nothing.
func Median[T cmp.Ordered](values []T) T { return quantile(values, 0.5) }

func quantile[T cmp.Ordered](values []T, q float64) T {
	if len(values) == 0 {
		var zero T
		return zero
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[int(q*float64(len(sorted)))]
}
