package chart

import (
	"math"

	"gonum.org/v1/plot/plotter"

	"example.org/compute-pipeline/gohost/window"
)

// A point is one window on the chart, in Unix seconds and values.
type point struct {
	lo, hi  float64 // the window
	mean    float64
	stddev  float64
	centreX float64
}

// A run is a sequence of windows without a gap: one piece of line and band.
type run []point

// split splits the rows where windows are missing or have no finite statistics, so that
// the line shows nothing for times without data.
func split(rows []window.Row) []run {
	var runs []run
	for _, r := range rows {
		p := point{
			lo: float64(r.Start.Unix()), hi: float64(r.End.Unix()),
			mean: r.Stat.Mean, stddev: r.StdDev,
		}
		if p.hi <= p.lo {
			p.hi = p.lo + 1 // a single instant, with the window "all"
		}
		p.centreX = (p.lo + p.hi) / 2
		// A band whose edge overflows cannot be drawn.
		if edge := math.Abs(p.mean) + p.stddev; math.IsNaN(edge) || edge > math.MaxFloat64/4 {
			continue
		}
		last := len(runs) - 1
		if last < 0 || runs[last][len(runs[last])-1].hi != p.lo {
			runs = append(runs, nil)
			last++
		}
		runs[last] = append(runs[last], p)
	}
	return runs
}

// centres returns the means at the middles of their windows.
func (r run) centres() plotter.XYs {
	points := make(plotter.XYs, len(r))
	for i, p := range r {
		points[i] = plotter.XY{X: p.centreX, Y: p.mean}
	}
	return points
}

// means returns the line. For a single window it is as wide as the window.
func (r run) means() plotter.XYs {
	if len(r) == 1 {
		return plotter.XYs{{X: r[0].lo, Y: r[0].mean}, {X: r[0].hi, Y: r[0].mean}}
	}
	return r.centres()
}

// outline returns the outline of the band: the upper edge, then the lower one back.
func (r run) outline() plotter.XYs {
	middle := r.means()
	at := func(i int) point { return r[min(i, len(r)-1)] }
	points := make(plotter.XYs, 0, 2*len(middle))
	for i, m := range middle {
		points = append(points, plotter.XY{X: m.X, Y: m.Y + at(i).stddev})
	}
	for i := len(middle) - 1; i >= 0; i-- {
		points = append(points, plotter.XY{X: middle[i].X, Y: middle[i].Y - at(i).stddev})
	}
	return points
}
