package report

import (
	"fmt"
	"iter"
	"math"
	"strconv"
	"strings"
	"time"

	"example.org/compute-pipeline/gohost/window"
)

// maxDecimals is the max number of decimals in a table. JSON and CSV have all digits.
const maxDecimals = 4

func startTitle(kind window.Spec) string {
	if kind.IsAll() {
		return "first point (UTC)"
	}
	return fmt.Sprintf("window start (%s)", kind.Zone())
}

// startLayout returns a layout with the parts of the time in which windows can differ.
func startLayout(kind window.Spec, rows []window.Row) string {
	if step := kind.Step(); step >= 24*time.Hour {
		return time.DateOnly
	} else if step >= time.Minute && step%time.Minute == 0 {
		return "2006-01-02 15:04" + offsetLayout(kind)
	} else if step >= time.Second && step%time.Second == 0 {
		return time.DateTime + offsetLayout(kind)
	}
	layout := time.DateTime
	for _, r := range rows {
		if fraction := strings.TrimRight(fmt.Sprintf("%09d", r.Start.Nanosecond()), "0"); len(fraction) > len(layout)-len(time.DateTime)-1 && fraction != "" {
			layout = time.DateTime + ".000000000"[:1+len(fraction)]
		}
	}
	return layout + offsetLayout(kind)
}

// offsetLayout tells apart the times that come twice when a clock is put back.
func offsetLayout(kind window.Spec) string {
	if kind.Zone() == time.UTC {
		return ""
	}
	return "-07:00"
}

// A numberFormat is the format of the numbers of one column.
type numberFormat struct {
	verb     byte // 'f', or 'e' when a number is too large or small for it
	decimals int
}

// formatOf returns the format of some numbers.
func formatOf(numbers iter.Seq[float64]) numberFormat {
	f := numberFormat{verb: 'f'}
	for v := range numbers {
		v = math.Abs(v)
		if math.IsNaN(v) || math.IsInf(v, 0) {
			continue
		}
		if v >= 1e15 || v != 0 && v < 1e-3 {
			return numberFormat{verb: 'e', decimals: 6}
		}
		// Trailing zeros are dropped: a sum of decimal fractions is rarely
		// a decimal fraction as a double.
		_, fraction, _ := strings.Cut(strconv.FormatFloat(v, 'f', maxDecimals, 64), ".")
		f.decimals = max(f.decimals, len(strings.TrimRight(fraction, "0")))
	}
	return f
}

func (f numberFormat) text(v float64) string {
	switch {
	case math.IsInf(v, 1):
		return "+Inf"
	default:
		return strconv.FormatFloat(v, f.verb, f.decimals, 64)
	}
}
