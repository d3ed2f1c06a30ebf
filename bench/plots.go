package main

import (
	"example.org/compute-pipeline/bench/peer"
	"example.org/compute-pipeline/bench/plot"
)

func (r *results) plots() map[string]plot.Plot {
	perPoint := plot.Plot{
		Title: "Mean, variance and sum: time for a point", X: "points in the list", Y: "time for a point",
		FormatX: count, FormatY: duration,
	}
	for _, p := range peer.All() {
		line := plot.Line{Name: p.Name, Strong: p.Name == peer.Ours}
		for _, n := range r.Plan.Aggregates {
			if t, ok := of(r.table(false, n).One, p.Name); ok {
				line.X, line.Y = append(line.X, float64(n)), append(line.Y, t.Median/float64(n))
			}
		}
		if len(line.X) > 0 {
			perPoint.Lines = append(perPoint.Lines, line)
		}
	}
	longer := plot.Plot{
		Title: "Growth of the list: time for a point", X: "points in the list", Y: "time for a point",
		FormatX: count, FormatY: duration,
	}
	for _, l := range r.Longer {
		for i, t := range l.Timings {
			if len(longer.Lines) <= i {
				longer.Lines = append(longer.Lines, plot.Line{Name: t.Name, Strong: t.Name == peer.Ours})
			}
			line := &longer.Lines[i]
			line.X, line.Y = append(line.X, float64(l.N)), append(line.Y, t.Median/float64(l.N))
		}
	}
	call := plot.Line{Name: "a call of 100 points"}
	for _, w := range r.Wider {
		call.X, call.Y = append(call.X, float64(w.Plugins)), append(call.Y, w.Call)
	}
	plugins := plot.Plot{
		Title: "Growth of the process: time of a call", X: "plugins in the process, called in turn", Y: "time of a call",
		Lines: []plot.Line{call}, TicksX: call.X, FormatX: count, FormatY: duration,
	}
	return map[string]plot.Plot{"peers": perPoint, "growth": longer, "plugins": plugins}
}

func count(v float64) string { return points(int(v + 0.5)) }
