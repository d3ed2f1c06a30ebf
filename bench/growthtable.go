package main

import (
	"fmt"
	"strings"

	"example.org/compute-pipeline/bench/peer"
)

func (r *results) growth(s *strings.Builder) {
	s.WriteString(`
## Growth

![Time for a point by the length of the list](benchmarks/growth.svg)

| points | a point | over plain Go | over the same algorithm | in parallel, over plain Go | linear memory, in parallel |
| ---: | ---: | ---: | ---: | ---: | ---: |
`)
	for _, l := range r.Longer {
		t := l.Timings
		fmt.Fprintf(s, "| %s | %s | %s | %s | %s | %s, %s |\n", points(l.N), duration(t[0].Median/float64(l.N)), figure(1/t[1].Ratio), figure(1/t[2].Ratio), figure(t[3].Ratio/t[1].Ratio), size(l.One), size(l.Parallel))
	}
	s.WriteString("\nPlugins in one process, each an engine with an instance; a call of 100 points by each in turn:\n\n![Time of a call by the number of plugins](benchmarks/plugins.svg)\n\n| plugins | a call | private memory | a plugin |\n| ---: | ---: | ---: | ---: |\n")
	for _, w := range r.Wider {
		fmt.Fprintf(s, "| %d | %s | %s | %s |\n", w.Plugins, duration(w.Call), size(w.Memory), size(w.Memory/int64(w.Plugins)))
	}
	batch, okBatch := of(r.table(false, 10_000).One, peer.Ours)
	text, okText := of(r.table(true, 10_000).One, peer.Ours)
	if !okBatch || !okText || len(r.Wider) == 0 {
		return
	}
	// A point a nanosecond is 10⁶ points a second on a thousandth of a processor.
	fold, parse := batch.Median/10_000, text.Median/10_000
	bytes := float64(r.table(true, 10_000).Bytes) / 10_000
	fmt.Fprintf(s, `
### On paper: 1,000 nodes with a million points a second each

From the figures above, in batches of 10,000 points. Folding a point takes %s, so a node needs
%s of a processor, and 1,000 nodes %s processors. If points arrive as JSON (%.0f bytes each, %.0f
GB/s in all), reading one takes %s more: %s of a processor a node, %s processors in all. An
engine with an instance takes %s, %s on 1,000 nodes; the batch itself is 160 KB.
`, duration(fold), figure(fold/1000), figure(fold), bytes, bytes, duration(parse), figure(parse/1000), figure(parse),
		size(r.Wider[0].Memory), size(1000*r.Wider[0].Memory))
}
