package chart

import (
	"math"
	"time"

	"gonum.org/v1/plot/plotter"

	"example.org/compute-pipeline/gohost/window"
)

// A point is one window on the chart, in Unix seconds and values.
type point struct {
	lo, hi       float64 // the window
	mean, stddev float64
	min, max     float64
	count        float64
}

func newPoint(r window.Row) point {
	p := point{
		lo: unixSeconds(r.Start), hi: unixSeconds(r.End),
		mean: r.Stat.Mean, stddev: r.StdDev,
		min: r.Stat.Min, max: r.Stat.Max, count: float64(r.Stat.Count),
	}
	if p.hi <= p.lo {
		p.hi = p.lo + 1 // a single instant, with the window "all"
	}
	return p
}

func unixSeconds(t time.Time) float64 { return float64(t.Unix()) + float64(t.Nanosecond())/1e9 }

func (p point) centre() float64 { return (p.lo + p.hi) / 2 }

// spread returns half of the width of the band: 0 where there is no standard deviation, as of a
// sample of one.
func (p point) spread() float64 {
	if math.IsNaN(p.stddev) {
		return 0
	}
	return p.stddev
}

// drawable reports whether a window has finite statistics. A band whose edge overflows cannot be drawn.
func (p point) drawable() bool {
	edge := math.Abs(p.mean) + p.spread()
	return !math.IsNaN(edge) && edge <= math.MaxFloat64/4
}

// A run is a sequence of windows without a gap: one piece of line and band.
type run []point

// split splits windows where some are missing or have no finite statistics, so that
// the line shows nothing for times without data.
func split(points []point) []run {
	var runs []run
	whole := false // the window before can be drawn
	for i, p := range points {
		if !p.drawable() {
			whole = false
			continue
		}
		if !whole || points[i-1].hi < p.lo {
			runs = append(runs, nil)
		}
		last := len(runs) - 1
		runs[last] = append(runs[last], p)
		whole = true
	}
	return runs
}

// A path is the line and the edges of the band of a run.
type path struct{ mean, upper, lower plotter.XYs }

// path returns what is drawn of a run. A single window is as wide as it is; what is narrower than
// least is as wide as that.
func (r run) path(least float64) path {
	var p path
	if len(r) == 1 {
		half := max(r[0].hi-r[0].lo, least) / 2
		p.add(r[0].centre()-half, r[0])
		p.add(r[0].centre()+half, r[0])
		return p
	}
	first, last := r[0].centre(), r[len(r)-1].centre()
	pad := max(least-(last-first), 0) / 2
	if pad > 0 {
		p.add(first-pad, r[0])
	}
	for _, one := range r {
		p.add(one.centre(), one)
	}
	if pad > 0 {
		p.add(last+pad, r[len(r)-1])
	}
	return p
}

func (p *path) add(x float64, of point) {
	p.mean = append(p.mean, plotter.XY{X: x, Y: of.mean})
	p.upper = append(p.upper, plotter.XY{X: x, Y: of.mean + of.spread()})
	p.lower = append(p.lower, plotter.XY{X: x, Y: of.mean - of.spread()})
}

// outline returns the outline of the band: the upper edge, then the lower one back.
func (p path) outline() plotter.XYs {
	points := make(plotter.XYs, 0, len(p.upper)+len(p.lower))
	points = append(points, p.upper...)
	for i := len(p.lower) - 1; i >= 0; i-- {
		points = append(points, p.lower[i])
	}
	return points
}
