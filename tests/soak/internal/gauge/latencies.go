package gauge

import (
	"fmt"
	"math"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// Curve is a distribution of latencies, sorted.
type Curve struct {
	Name   string
	Sorted []time.Duration
}

// fewest is how many latencies the slowest part of a curve must be made of: the
// curve ends where fewer are slower.
const fewest = 3

// DrawLatencies returns a PNG of what part of the requests took how long at
// most. Both axes are logarithmic; each part of the lower one has a tenth of the
// requests that are left.
func DrawLatencies(title string, curves []Curve) ([]byte, error) {
	p := newPlot()
	p.X.Label.Text, p.Y.Label.Text = "percent of the requests", "answered within, ms"
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	p.X.Tick.Marker = plot.ConstantTicks{{Value: 1, Label: "0"}, {Value: 2, Label: "50"}, {Value: 10, Label: "90"}, {Value: 100, Label: "99"}, {Value: 1000, Label: "99.9"}, {Value: 10_000, Label: "99.99"}}
	p.Y.Tick.Marker = plot.TickerFunc(powers)
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = faint, faint
	p.Add(grid)
	least, most := math.Inf(1), 0.0
	for i, curve := range curves {
		points := curve.points()
		if len(points) < 2 {
			return nil, fmt.Errorf("draw %q: %s: %w", title, curve.Name, ErrTooShort)
		}
		for _, point := range points {
			least, most = min(least, point.Y), max(most, point.Y)
		}
		line, err := plotter.NewLine(points)
		if err != nil {
			return nil, err
		}
		line.Color, line.Width = colours[i%len(colours)], vg.Points(1.5)
		p.Add(line)
		p.Legend.Add(curve.Name, line)
	}
	p.Legend.Top, p.Legend.Left, p.Legend.XOffs = false, false, -vg.Points(6)
	p.X.Min = 1
	p.Y.Min, p.Y.Max = math.Pow(10, math.Floor(math.Log10(least))), math.Pow(10, math.Ceil(math.Log10(most)))
	canvas, c := newCanvas(title, headHeight+1.8*panelHeight)
	p.Draw(c)
	return encode(canvas)
}

// points are at one over the part of the requests that is slower, evenly spaced
// on a logarithmic axis.
func (c Curve) points() plotter.XYs {
	const perDecade = 40
	n := float64(len(c.Sorted))
	var points plotter.XYs
	for i := 0; ; i++ {
		x := math.Pow(10, float64(i)/perDecade)
		if n/x < fewest {
			return points
		}
		at := min(int(n*(1-1/x)), len(c.Sorted)-1)
		ms := float64(c.Sorted[at]) / float64(time.Millisecond)
		points = append(points, plotter.XY{X: x, Y: max(ms, 1e-6)})
	}
}

// powers are ticks at the powers of ten.
func powers(least, most float64) []plot.Tick {
	var ticks []plot.Tick
	for e := int(math.Floor(math.Log10(least))); e <= int(math.Ceil(math.Log10(most))); e++ {
		v := math.Pow(10, float64(e))
		label := fmt.Sprintf("%g", v)
		if e >= 0 {
			label = Thousands(int64(v))
		}
		ticks = append(ticks, plot.Tick{Value: v, Label: label})
	}
	return ticks
}
