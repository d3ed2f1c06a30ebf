// Package ratios reads what Go's benchmarks print, and keeps their ratios to plain Go by the
// processor that they were measured on.
package ratios

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Results are the values of each benchmark by their unit.
type Results map[string]map[string][]float64

// Unit is that of the ratios to plain Go.
const Unit = "x/base"

var suffix = regexp.MustCompile(`-\d+$`)

// Read reads benchmark results, and copies what it reads to out. It returns the processor too.
func Read(in io.Reader, out io.Writer) (results Results, processor string, err error) {
	results = make(Results)
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		line := lines.Text()
		if _, err := fmt.Fprintln(out, line); err != nil {
			return nil, "", err
		}
		if cpu, ok := strings.CutPrefix(line, "cpu: "); ok {
			processor = cpu
		}
		fields := strings.Fields(line)
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		name := suffix.ReplaceAllString(strings.TrimPrefix(fields[0], "Benchmark"), "")
		if results[name] == nil {
			results[name] = make(map[string][]float64)
		}
		for i := 2; i+1 < len(fields); i += 2 {
			value, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				break
			}
			results[name][fields[i+1]] = append(results[name][fields[i+1]], value)
		}
	}
	return results, processor, lines.Err()
}

// Value returns the median of a benchmark's values in a unit.
func (r Results) Value(name, unit string) (float64, bool) {
	values := slices.Sorted(slices.Values(r[name][unit]))
	if len(values) == 0 {
		return 0, false
	}
	return values[len(values)/2], true
}

// Baseline are ratios by processor and benchmark.
type Baseline map[string]map[string]float64

// Parse reads a baseline: a line `[processor]` before lines of a benchmark and its ratio.
func Parse(text string) (Baseline, error) {
	b := make(Baseline)
	var of map[string]float64
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[' && line[len(line)-1] == ']':
			of = make(map[string]float64)
			b[line[1:len(line)-1]] = of
		default:
			at := strings.LastIndexByte(line, ' ')
			value, err := strconv.ParseFloat(line[at+1:], 64)
			if at < 0 || err != nil || of == nil {
				return nil, fmt.Errorf("line %d is neither a processor nor a benchmark with its ratio: %q", i+1, line)
			}
			of[line[:at]] = value
		}
	}
	return b, nil
}

// Set takes over the ratios of a processor.
func (b Baseline) Set(processor string, r Results) {
	of := make(map[string]float64)
	for name := range r {
		if value, ok := r.Value(name, Unit); ok {
			of[name] = value
		}
	}
	b[processor] = of
}

// String is what [Parse] reads.
func (b Baseline) String() string {
	var s strings.Builder
	s.WriteString("# Times of the library's benchmarks over those of plain Go, by processor: `make bench UPDATE=1`\n# writes those of this machine.\n")
	for _, processor := range slices.Sorted(maps.Keys(b)) {
		fmt.Fprintf(&s, "\n[%s]\n", processor)
		for _, name := range slices.Sorted(maps.Keys(b[processor])) {
			fmt.Fprintf(&s, "%s %.4g\n", name, b[processor][name])
		}
	}
	return s.String()
}

// Moved returns a line for each benchmark whose ratio is more than a tenth larger or smaller
// than that of the baseline, or that the baseline lacks.
func (b Baseline) Moved(processor string, r Results) []string {
	var lines []string
	of := b[processor]
	for _, name := range slices.Sorted(maps.Keys(of)) {
		value, ok := r.Value(name, Unit)
		switch was := of[name]; {
		case !ok:
		case value > 1.1*was:
			lines = append(lines, fmt.Sprintf("%-50s %8.3g -> %8.3g  slower by %.0f %%", name, was, value, 100*(value/was-1)))
		case value < was/1.1:
			lines = append(lines, fmt.Sprintf("%-50s %8.3g -> %8.3g  faster by %.0f %%", name, was, value, 100*(1-value/was)))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r)) {
		if value, ok := r.Value(name, Unit); ok && of[name] == 0 {
			lines = append(lines, fmt.Sprintf("%-50s %8s -> %8.3g  new", name, "", value))
		}
	}
	return lines
}
