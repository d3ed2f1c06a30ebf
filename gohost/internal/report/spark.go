package report

import "math"

// blocks are the characters of a sparkline, from the smallest value to the largest.
var blocks = []rune("▁▂▃▄▅▆▇█")

// Spark returns a line of values as block characters in UTF-8, at most width of them: the smallest
// value is the lowest, the largest the highest. Of more values, each character shows the one of its
// part that is farthest from the middle, so that no spike is lost. A value that is not finite is a
// space; if all are equal, they are in the middle.
func Spark(values []float64, width int) string {
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if finite(v) {
			low, high = min(low, v), max(high, v)
		}
	}
	n := min(len(values), max(width, 0))
	line := make([]rune, n)
	for i := range line {
		// Halves, so that no difference overflows.
		shown, far := math.NaN(), -1.0
		for _, v := range values[i*len(values)/n : (i+1)*len(values)/n] {
			if away := math.Abs((v/2 - low/2) - (high/2 - v/2)); finite(v) && away > far {
				shown, far = v, away
			}
		}
		line[i] = block(shown, low, high)
	}
	return string(line)
}

func block(v, low, high float64) rune {
	switch {
	case math.IsNaN(v):
		return ' '
	case low == high:
		return blocks[len(blocks)/2-1]
	}
	share := (v/2 - low/2) / (high/2 - low/2)
	return blocks[min(int(share*float64(len(blocks))), len(blocks)-1)]
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
