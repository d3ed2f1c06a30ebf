package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"example.org/compute-pipeline/bench/goal"
	"example.org/compute-pipeline/bench/measure"
	"example.org/compute-pipeline/bench/peer"
)

// write writes the document and its plots.
func (r *results) write(root string) error {
	if err := r.loadPrograms(root); err != nil {
		return err
	}
	dir := filepath.Join(root, "docs")
	plots := r.plots()
	if err := os.MkdirAll(filepath.Join(dir, "benchmarks"), 0o755); err != nil {
		return err
	}
	for name, p := range plots {
		if err := os.WriteFile(filepath.Join(dir, "benchmarks", name+".svg"), []byte(p.SVG()), 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(dir, "benchmarks.md"), []byte(r.document()), 0o644)
}

func (r *results) document() string {
	var s strings.Builder
	load := ""
	if r.Load != "" {
		load = ", at a load average of " + r.Load + " before"
	}
	fmt.Fprintf(&s, `# Benchmarks

    make bench-peers

writes this file: the library beside its alternatives on the same work, in one process, by
turns. The engine is the one that ships, metered, and runs on one processor at a time where
nothing else is said. Copies into and out of the sandbox are included. Each answer was compared
with the engine's before it was measured: bit for bit if the peer computes exactly, to nine
digits if it rounds at every step (†). `+"`make bench`"+` measures the library alone, and says what has
moved by more than a tenth since the baseline of the same processor.

%s, measured on %s%s. Another machine has
other times; plain Go's loops differ twofold between makers of processors.

A time is the median of a call over %d runs of %d rounds, in which all take turns in an order that
rotates. In parentheses is the ratio to compute-pipeline: the median of the ratios within a round,
which is steadier than the times, and may differ from their quotient.
`, r.Machine, r.When, load, r.Plan.Runs, r.Plan.Rounds)
	if len(r.Left) > 0 {
		fmt.Fprintf(&s, "\nNot measured in this run: %s.\n", strings.Join(r.Left, ", "))
	}

	s.WriteString("\n## Goals\n\n" + goal.Head)
	goals := r.goals()
	for _, g := range goals {
		s.WriteString(g.Row(figure))
	}
	section, unexplained := goal.WhyNot(goals, reasons)
	s.WriteString(section)
	if len(unexplained) > 0 {
		progress("bench/reasons.go does not say why some goals are not met: %s", strings.Join(unexplained, ", "))
	}
	s.WriteString("\n## Mean, variance and sum of a slice\n\n![Time for a point by the length of the list](benchmarks/peers.svg)\n\n")
	r.comparison(&s, false, r.Plan.Aggregates)
	s.WriteString("\n## JSON to a slice\n\nPoints as `{\"timestamp\":1262304000,\"value\":52.1}`, without white space.\n\n")
	r.comparison(&s, true, r.Plan.Parses)
	if r.Texts != "" {
		s.WriteString("\nOther texts, of 2 MB, by bench/json, which has many more kinds; times of the processor, and the others' ratios to them:\n\n" + r.Texts)
	}
	r.programTables(&s)
	r.startTable(&s)
	r.twoTable(&s)
	r.growth(&s)
	r.engineTable(&s)
	r.howTable(&s)
	return s.String()
}

func (r *results) exactNames() map[string]bool {
	exact := make(map[string]bool)
	for _, p := range peer.All() {
		exact[p.Name] = p.Exact
	}
	return exact
}

// comparison is the table of one kind of work.
func (r *results) comparison(s *strings.Builder, parse bool, sizes []int) {
	exact := r.exactNames()
	s.WriteString("| |")
	for _, n := range sizes {
		fmt.Fprintf(s, " %s |", points(n))
	}
	s.WriteString("\n| --- |" + strings.Repeat(" ---: |", len(sizes)) + "\n")
	// By the ratio of the longest list that a peer is measured with.
	var rows []measure.Timing
	for _, n := range slices.Backward(sizes) {
		for _, t := range r.table(parse, n).One {
			if _, there := of(rows, t.Name); !there {
				rows = append(rows, t)
			}
		}
	}
	slices.SortStableFunc(rows, func(a, b measure.Timing) int { return cmp.Compare(a.Ratio, b.Ratio) })
	for _, row := range rows {
		name := row.Name
		if !parse && !exact[name] {
			name += " †"
		}
		if row.Name == peer.Ours {
			name = "**" + name + "**"
		}
		fmt.Fprintf(s, "| %s |", name)
		for _, n := range sizes {
			t, ok := of(r.table(parse, n).One, row.Name)
			if !ok {
				s.WriteString(" – |")
			} else if row.Name == peer.Ours {
				fmt.Fprintf(s, " **%s** |", duration(t.Median))
			} else {
				fmt.Fprintf(s, " %s (%s) |", duration(t.Median), figure(t.Ratio))
			}
		}
		s.WriteString("\n")
	}
	spread, p10 := 1.0, 1.0
	for _, n := range sizes {
		for _, t := range r.table(parse, n).One {
			spread = max(spread, t.Spread)
		}
		ours, _ := of(r.table(parse, n).One, peer.Ours)
		p10 = min(p10, ours.P10/ours.Median)
	}
	fmt.Fprintf(s, "\nThe ratios of one of the runs were up to %.0f %% above those of another; the tenth percentile of\ncompute-pipeline's times is at least %s of the median.\n", 100*(spread-1), figure(p10))
}

func (r *results) startTable(s *strings.Builder) {
	fmt.Fprintf(s, `
## Starts, memory, tenants

Each in processes of its own, %d times (twice, if the first answer takes over half a second),
medians: the time from nothing to the first answer, the
private memory of one more instance after 10,000 points, the private memory of %d tenants that
share no instance, and the time of a call of 100 points by each of them in turn. Instances of an
engine of this library share its pool; a tenant here has an engine of its own. What a Rust
program starts includes its process.

| | first answer | one more instance | %d tenants | a call |
| --- | ---: | ---: | ---: | ---: |
`, r.Plan.Starts, tenants, tenants)
	for _, row := range slices.SortedStableFunc(slices.Values(r.Starts), func(a, b start) int { return cmp.Compare(a.First, b.First) }) {
		call := "–"
		if row.Call > 0 {
			call = duration(row.Call)
		}
		fmt.Fprintf(s, "| %s | %s | %s | %s | %s |\n", row.Name, duration(float64(row.First.Nanoseconds())), size(row.More), size(row.Tenants), call)
	}
}

func (r *results) twoTable(s *strings.Builder) {
	s.WriteString("\n## Two goroutines\n\nCalls by two goroutines at the same time, over those by one, by turns. Each has an instance of its\nown.\n\n| |")
	for _, n := range r.Plan.Aggregates {
		fmt.Fprintf(s, " %s |", points(n))
	}
	fmt.Fprintf(s, " JSON, %s |\n| --- |%s\n", points(longest(r.Plan.Parses)), strings.Repeat(" ---: |", len(r.Plan.Aggregates)+1))
	tables := make([]table, 0, len(r.Plan.Aggregates)+1)
	for _, n := range r.Plan.Aggregates {
		tables = append(tables, r.table(false, n))
	}
	tables = append(tables, r.table(true, longest(r.Plan.Parses)))
	for _, p := range peer.All() {
		var cells []string
		for _, t := range tables {
			cell := "–"
			if faster, ok := t.faster(p.Name); ok {
				cell = figure(faster)
			}
			cells = append(cells, cell)
		}
		if slices.ContainsFunc(cells, func(c string) bool { return c != "–" }) {
			fmt.Fprintf(s, "| %s | %s |\n", p.Name, strings.Join(cells, " | "))
		}
	}
}

// howTable says how each peer is called.
func (r *results) howTable(s *strings.Builder) {
	s.WriteString("\n## How each is called\n\n| | version | |\n| --- | --- | --- |\n")
	version := versions()
	for _, p := range peer.All() {
		fmt.Fprintf(s, "| %s | %s | %s |\n", p.Name, version[p.Module], p.How)
	}
}

// points writes a number of points.
func points(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// figure writes a number with two or three digits.
func figure(v float64) string {
	switch {
	case v >= 100:
		return points(int(v + 0.5))
	case v >= 10:
		return fmt.Sprintf("%.0f", v)
	case v >= 1:
		return strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0")
	}
	return fmt.Sprintf("%.2g", v)
}

// duration writes nanoseconds.
func duration(ns float64) string {
	switch d := time.Duration(ns); {
	case d >= time.Second:
		return figure(ns/1e9) + " s"
	case d >= time.Millisecond:
		return figure(ns/1e6) + " ms"
	case d >= time.Microsecond:
		return figure(ns/1e3) + " µs"
	}
	return figure(ns) + " ns"
}

// size writes bytes.
func size(n int64) string {
	switch v := float64(n); {
	case v >= 1<<30:
		return figure(v/(1<<30)) + " GiB"
	case v >= 1<<20:
		return figure(v/(1<<20)) + " MiB"
	default:
		return figure(v/(1<<10)) + " KiB"
	}
}
