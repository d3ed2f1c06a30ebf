package report

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"example.org/compute-pipeline/gohost/window"
)

// maxDecimals is the max number of decimals in a table. JSON and CSV have all digits.
const maxDecimals = 4

// Table writes rows as a table: columns are aligned on the right, and the numbers of a
// column have the same number of decimals.
func Table(w io.Writer, kind window.Spec, rows []window.Row) error {
	return table(w, kind, rows, nil)
}

// table writes a table. Its first column are the keys, if there are any, after their title.
func table(w io.Writer, kind window.Spec, rows []window.Row, keys []string) error {
	columns := []func(window.Row) float64{
		func(r window.Row) float64 { return r.Stat.Mean },
		func(r window.Row) float64 { return r.StdDev },
		func(r window.Row) float64 { return r.Stat.Min },
		func(r window.Row) float64 { return r.Stat.Max },
		func(r window.Row) float64 { return r.Stat.Sum },
	}
	formats := make([]numberFormat, len(columns))
	for i, value := range columns {
		formats[i] = formatFor(rows, value)
	}
	lines := [][]string{{startTitle(kind), "count", "mean", "stddev", "min", "max", "sum"}}
	layout := startLayout(kind, rows)
	for _, r := range rows {
		cells := []string{r.Start.Format(layout), strconv.FormatUint(r.Stat.Count, 10)}
		for i, value := range columns {
			cells = append(cells, formats[i].text(value(r)))
		}
		lines = append(lines, cells)
	}
	left := 1
	if len(keys) > 0 {
		left = 2
		for i := range lines {
			lines[i] = append([]string{keys[i]}, lines[i]...)
		}
	}
	return writeAligned(w, left, lines)
}

// writeAligned writes lines of cells: the first columns aligned on the left,
// the others on the right. (text/tabwriter aligns all on one side.)
func writeAligned(w io.Writer, left int, lines [][]string) error {
	widths := make([]int, len(lines[0]))
	for _, cells := range lines {
		for i, cell := range cells {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	out := bufio.NewWriter(w)
	for _, cells := range lines {
		for i, cell := range cells {
			switch {
			case i == 0:
				fmt.Fprintf(out, "%-*s", widths[i], cell)
			case i < left:
				fmt.Fprintf(out, "  %-*s", widths[i], cell)
			default:
				fmt.Fprintf(out, "  %*s", widths[i], cell)
			}
		}
		fmt.Fprintln(out)
	}
	return out.Flush()
}

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

func formatFor(rows []window.Row, value func(window.Row) float64) numberFormat {
	f := numberFormat{verb: 'f'}
	for _, r := range rows {
		v := math.Abs(value(r))
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
