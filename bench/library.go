package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"example.org/compute-pipeline/bench/baseline/ratios"
)

// engineTable has the library's own benchmarks.
func (r *results) engineTable(s *strings.Builder) {
	s.WriteString(`
## The library alone

` + "    make bench" + `

Where there is a counterpart in plain Go (two passes, a stable sort, encoding/json, hash/crc32; for
CallOverhead the sandbox's own calls), both take turns 11 to 61 times, and the ratio is the median
of those of neighbours.

| | a call | MB/s | over the counterpart |
| --- | ---: | ---: | ---: |
`)
	for _, name := range slices.SortedFunc(maps.Keys(r.Engine), natural) {
		if isIn(name, "Overshoot", "Parts", "ValidateParts", "Goroutines") {
			continue
		}
		call, perSecond := r.call(name)
		throughput, ratio := "", ""
		if perSecond > 0 {
			throughput = figure(perSecond)
		}
		if v, ok := r.Engine.Value(name, ratios.Unit); ok {
			ratio = figure(v)
		}
		fmt.Fprintf(s, "| %s | %s | %s | %s |\n", name, duration(call), throughput, ratio)
	}
	s.WriteString("\nA fold also decodes, checks and encodes its state. If points arrive one by one, collect some\nhundreds before each call.\n")
	median, ok := r.Engine.Value("Overshoot/all", "ms-median")
	if last, _ := r.Engine.Value("Overshoot/all", "ms-p99"); ok {
		fmt.Fprintf(s, "\nFrom a deadline to the return of a call that loops: %s, 99th percentile %s. With more guests than\nprocessors, waiting for a processor comes on top.\n", duration(1e6*median), duration(1e6*last))
	}
	s.WriteString(`
Lists of 10,000 records of a u64 and an f64, to a component and from it, by turns: the generated
binding and wazy, whose dynamic values are given ready and not converted back.

| | a record | wazy | times faster |
| --- | ---: | ---: | ---: |
`)
	for _, name := range slices.Sorted(maps.Keys(r.Lists)) {
		value := func(unit string) float64 {
			v, _ := r.Lists.Value(name, unit)
			return v
		}
		fmt.Fprintf(s, "| %s | %s | %s | %s |\n", strings.TrimPrefix(name, "Wazy/"), duration(value("ns/record")), duration(value("wazy-ns/record")), figure(value("times-faster")))
	}
	r.partsTables(s)
	s.WriteString("\nThe service's figures are in [soak.md](soak.md).\n")
}

// isIn says whether a benchmark is part of one of these.
func isIn(name string, of ...string) bool {
	first, _, _ := strings.Cut(name, "/")
	return slices.Contains(of, first)
}

// partsTables say what more processors gain.
func (r *results) partsTables(s *strings.Builder) {
	sizes := make(map[string][]int)
	for name := range r.Engine {
		var n int
		if parts := strings.Split(name, "/"); len(parts) > 2 {
			if _, err := fmt.Sscan(parts[1], &n); err == nil && !slices.Contains(sizes[parts[0]], n) {
				sizes[parts[0]] = append(sizes[parts[0]], n)
			}
		}
	}
	cell := func(format string, arguments ...any) string {
		if v, ok := r.Engine.Value(fmt.Sprintf(format, arguments...), ratios.Unit); ok {
			return figure(v)
		}
		return "–"
	}
	s.WriteString("\nLong lists and texts are computed in parts on all processors:\n\n" +
		"| points | one processor over plain Go | all over plain Go | all over one | their text as JSON, all over one |\n| ---: | ---: | ---: | ---: | ---: |\n")
	rows := slices.Concat(sizes["Parts"], sizes["ValidateParts"])
	slices.Sort(rows)
	for _, n := range slices.Compact(rows) {
		fmt.Fprintf(s, "| %s | %s | %s | %s | %s |\n", points(n), cell("Parts/%d/one/plain", n), cell("Parts/%d/all/plain", n),
			cell("Parts/%d/all/one", n), cell("ValidateParts/%d/all/one", n))
	}
}

// natural sorts names with numbers by these.
func natural(a, b string) int {
	number := func(s string) (string, int) {
		at := strings.LastIndexByte(s, '/')
		if n, err := strconv.Atoi(s[at+1:]); err == nil && at > 0 {
			return s[:at], n
		}
		return s, 0
	}
	nameA, numberA := number(a)
	nameB, numberB := number(b)
	return cmp.Or(cmp.Compare(nameA, nameB), cmp.Compare(numberA, numberB))
}
