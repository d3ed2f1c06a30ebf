package main

import (
	"fmt"
	"strings"

	"example.org/compute-pipeline/bench/goal"
	"example.org/compute-pipeline/bench/peer"
)

// batch is how many points a node of the calculation folds at a time: a benchmark of the library.
const batch = 8192

func (r *results) growth(s *strings.Builder) {
	s.WriteString(`
## Growth

A list enters the sandbox in pieces, so linear memory does not grow with it.

![Time for a point by the length of the list](benchmarks/growth.svg)

| points | a point | over plain Go | over the same algorithm | in parallel, over plain Go | linear memory | in parallel |
| ---: | ---: | ---: | ---: | ---: | ---: | ---: |
`)
	for _, l := range r.Longer {
		t := l.Timings
		fmt.Fprintf(s, "| %s | %s | %s | %s | %s | %s | %s |\n", points(l.N), duration(t[0].Median/float64(l.N)), figure(1/t[1].Ratio), figure(1/t[2].Ratio), figure(t[3].Ratio/t[1].Ratio), size(l.One), size(l.Parallel))
	}
	s.WriteString(`
Plugins in one process, each an engine with code and an instance of its own; a call of 100 points
by each in turn. The more there are, the less of them is in the processor's caches when it is called:

![Time of a call by the number of plugins](benchmarks/plugins.svg)

| plugins | a call | private memory | a plugin |
| ---: | ---: | ---: | ---: |
`)
	for _, w := range r.Wider {
		fmt.Fprintf(s, "| %d | %s | %s | %s |\n", w.Plugins, duration(w.Call), size(w.Memory), size(w.Memory/int64(w.Plugins)))
	}
	r.nodes(s)
}

// nodes calculates what many nodes need.
func (r *results) nodes(s *strings.Builder) {
	folded, okFold := r.Engine.Value(fmt.Sprintf("Fold/%d", batch), "median-ns")
	table := r.table(true, 10_000)
	text, okText := of(table.One, peer.Ours)
	if !okFold || !okText || len(r.Wider) == 0 {
		return
	}
	// A nanosecond a point is a thousandth of a processor for 10⁶ points a second, and one processor
	// for a thousand times as many.
	fold, parse := folded/batch, text.Median/10_000
	bytes := float64(table.Bytes) / 10_000
	s.WriteString("\n### On paper: 1,000 nodes with a million points a second each\n\n")
	s.WriteString(goal.Wrapped(fmt.Sprintf(`Calculated from the figures above; no cluster was measured. Each node folds batches of %s points
into a state, which takes %s a point: %s of one processor, or %s processors on 1,000 nodes. If
the points arrive as JSON, %.0f bytes each, a node reads %.0f MB/s, which takes %s more a point: %s of
a processor, or %s on 1,000 nodes. Both together are %s of a processor a node, and %s processors
for a billion points a second.

An engine with an instance takes %s on each node, and a batch %s. The nodes' states merge in
any order, and have usually less than a hundred bytes: one a second from each is 0.1 MB/s for the
node that merges them.`, points(batch), duration(fold), figure(fold/1000), figure(fold), bytes, bytes, duration(parse), figure(parse/1000), figure(parse),
		figure((fold+parse)/1000), figure(fold+parse), size(r.Wider[0].Memory), size(16*batch))) + "\n")
}
