package report

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"example.org/compute-pipeline/gohost/window"
)

// maxHeld is the max number of rows that a table looks at before it writes. It bounds the memory; the columns of
// a longer table are as wide as these need, and its other rows can be wider.
const maxHeld = 1 << 15

// tableWriter writes a table: columns are aligned, and the numbers of a column have the same number of decimals.
type tableWriter struct {
	out      *bufio.Writer
	head     Head
	markdown bool
	columns  []window.Statistic
	rows     []window.Row // that are not written yet
	layout   tableLayout
	begun    bool
	trends   map[string][]float64 // the last means of each series
}

// tableLayout is what the rows that are written share.
type tableLayout struct {
	start   string
	formats []numberFormat
	widths  []int
}

// maxTrend is the max length of a line of means.
const maxTrend = 16

// tableStatistics are those of a table, unless others are chosen.
var tableStatistics = "count,mean,stddev,min,max,sum"

func newTable(out io.Writer, head Head, markdown bool) *tableWriter {
	if head.Statistics.IsDefault() {
		set, err := window.ParseSet(tableStatistics, head.Statistics.Sample)
		if err != nil {
			panic(err)
		}
		head.Statistics = set
	}
	return &tableWriter{out: bufio.NewWriter(out), head: head, markdown: markdown, columns: head.Statistics.List(), trends: map[string][]float64{}}
}

func (w *tableWriter) Write(row *window.Row) error {
	if w.begun {
		return w.line(w.cells(row))
	}
	w.rows = append(w.rows, *row)
	w.rows[len(w.rows)-1].Quantiles = slices.Clone(row.Quantiles)
	if len(w.rows) == maxHeld {
		return w.begin()
	}
	return nil
}

func (w *tableWriter) Close() error {
	if !w.begun {
		if err := w.begin(); err != nil {
			return err
		}
	}
	return w.out.Flush()
}

// begin chooses the layout, and writes the header and the rows so far.
func (w *tableWriter) begin() error {
	w.begun = true
	w.layout.start = startLayout(w.head.Window, w.rows)
	for i := range w.columns {
		w.layout.formats = append(w.layout.formats, formatOf(w.numbers(i)))
	}
	lines := [][]string{w.titles()}
	for i := range w.rows {
		lines = append(lines, w.cells(&w.rows[i]))
	}
	w.rows = nil
	w.layout.widths = make([]int, len(lines[0]))
	for _, cells := range lines {
		for i, cell := range cells {
			w.layout.widths[i] = max(w.layout.widths[i], utf8.RuneCountInString(cell))
		}
	}
	w.narrow(lines)
	for i, cells := range lines {
		if err := w.line(cells); err != nil {
			return err
		}
		if i == 0 && w.markdown {
			if err := w.rule(); err != nil {
				return err
			}
		}
	}
	return nil
}

// left is the number of columns that are aligned on the left: the labels and the start.
func (w *tableWriter) left() int { return len(w.head.labelNames()) + 1 }

func (w *tableWriter) titles() []string {
	var titles []string
	for _, by := range w.head.By {
		titles = append(titles, Shown(by))
	}
	if len(w.head.Columns) > 1 {
		titles = append(titles, "column")
	}
	titles = append(titles, startTitle(w.head.Window))
	for i, name := range w.head.statisticNames() {
		title := strings.ReplaceAll(name, "_", " ")
		if kind := w.columns[i].Kind; kind == window.Variance || kind == window.StdDev {
			of := "population"
			if w.head.Statistics.Sample {
				of = "sample"
			}
			title = fmt.Sprintf("%s (%s)", w.columns[i], of)
		}
		titles = append(titles, title)
	}
	if w.head.Spark {
		titles = append(titles, "trend")
	}
	return titles
}

// numbers yields the numbers of the rows so far in a column.
func (w *tableWriter) numbers(column int) func(yield func(float64) bool) {
	return func(yield func(float64) bool) {
		var values []window.Value
		for i := range w.rows {
			values = w.head.Statistics.Values(values[:0], &w.rows[i])
			if v, ok := values[column].(float64); ok && !yield(v) {
				return
			}
		}
	}
}

func (w *tableWriter) cells(row *window.Row) []string {
	var cells []string
	for _, label := range w.head.labels(row) {
		cells = append(cells, Shown(label))
	}
	cells = append(cells, shown(row.Start, w.layout.start))
	for i, v := range w.head.Statistics.Values(nil, row) {
		switch v := v.(type) {
		case uint64:
			cells = append(cells, strconv.FormatUint(v, 10))
		case float64:
			cells = append(cells, w.layout.formats[i].text(v))
		case time.Time:
			cells = append(cells, shown(v, "2006-01-02 15:04:05.999999999"+offsetLayout(w.head.Window)))
		default:
			cells = append(cells, "-")
		}
	}
	if w.head.Spark {
		cells = append(cells, w.trend(row))
	}
	return cells
}

// trend returns the line of the means of a row's series so far.
func (w *tableWriter) trend(row *window.Row) string {
	series := strconv.Itoa(row.Column) + " " + row.Key
	mean := row.Stat.Mean
	if row.Null {
		mean = math.NaN()
	}
	means := append(w.trends[series], mean)
	means = means[max(0, len(means)-maxTrend):]
	w.trends[series] = slices.Clone(means)
	return Spark(means, maxTrend)
}

// narrow shortens labels until lines fit the terminal, down to eight characters each.
func (w *tableWriter) narrow(lines [][]string) {
	const least, gap = 8, 2
	if w.head.Width <= 0 || w.markdown {
		return
	}
	total := -gap
	for _, width := range w.layout.widths {
		total += width + gap
	}
	for i := range w.left() - 1 {
		over := total - w.head.Width
		if room := w.layout.widths[i] - least; over > 0 && room > 0 {
			cut := min(over, room)
			w.layout.widths[i] -= cut
			total -= cut
		}
		for _, cells := range lines {
			cells[i] = clip(cells[i], w.layout.widths[i])
		}
	}
}

// clip shortens a text to a number of characters.
func clip(text string, most int) string {
	if characters := []rune(text); len(characters) > most {
		return string(characters[:most-1]) + "…"
	}
	return text
}

func (w *tableWriter) line(cells []string) error {
	last := len(cells) - 1
	for i, cell := range cells {
		width := w.layout.widths[i]
		isLeft := i < w.left() || w.head.Spark && i == last
		switch {
		case w.markdown:
			cell = markdownText(cell)
			if i == 0 {
				w.out.WriteByte('|')
			}
			if isLeft {
				fmt.Fprintf(w.out, " %-*s |", width, cell)
			} else {
				fmt.Fprintf(w.out, " %*s |", width, cell)
			}
			continue
		case i > 0:
			w.out.WriteString("  ")
		}
		switch {
		case isLeft && i == last && w.head.Spark:
			w.out.WriteString(cell)
		case isLeft:
			fmt.Fprintf(w.out, "%-*s", width, cell)
		default:
			fmt.Fprintf(w.out, "%*s", width, cell)
		}
	}
	return w.out.WriteByte('\n')
}

// markdownText returns a text of which nothing is markup in Markdown or HTML.
func markdownText(text string) string {
	var out strings.Builder
	for i := range len(text) {
		inWord := i > 0 && i+1 < len(text) && isWord(text[i-1]) && isWord(text[i+1])
		if c := text[i]; strings.IndexByte("\\`*[]<>&~|", c) >= 0 || c == '_' && !inWord {
			out.WriteByte('\\')
		}
		out.WriteByte(text[i])
	}
	return out.String()
}

// isWord reports whether a byte is of a letter or digit, between which an underscore is no markup.
func isWord(c byte) bool {
	return '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}

// rule writes the line below the header of a table in Markdown.
func (w *tableWriter) rule() error {
	for i, width := range w.layout.widths {
		if i == 0 {
			w.out.WriteByte('|')
		}
		dashes := strings.Repeat("-", max(width, 3))
		if i < w.left() || w.head.Spark && i == len(w.layout.widths)-1 {
			fmt.Fprintf(w.out, " %s |", dashes)
		} else {
			fmt.Fprintf(w.out, " %s: |", dashes[:max(width, 3)-1])
		}
	}
	return w.out.WriteByte('\n')
}
