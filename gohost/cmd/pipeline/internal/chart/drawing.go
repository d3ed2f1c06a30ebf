package chart

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

const (
	// mostDots is the max number of windows that have dots.
	mostDots = 62
	// mostBands is the max number of series that have bands: more of them hide each other.
	mostBands = 3
)

// A drawing is the series of a chart as they are drawn.
type drawing struct {
	labels  Labels
	lines   []*oneLine // the first have colours
	dots    bool
	bands   bool
	others  int // series that are not drawn
	columns int // of pixels
	gaps    int // those too narrow to be seen

	from, to        float64 // Unix seconds
	lowest, highest float64
}

func newDrawing(lines []*oneLine, labels Labels) *drawing {
	lo, hi := extent(lines)
	d := &drawing{
		labels: labels, lines: lines, from: lo, to: hi, columns: columns,
		bands: len(lines) <= mostBands,
	}
	// Dots show each window, if they have enough space.
	d.dots = d.windows() <= mostDots
	return d
}

// screen returns the columns of the i-th series. Lines are wider than two columns; of many series
// only a few points are drawn, since each takes time.
func (d *drawing) screen(i int) screen {
	switch {
	case i >= mostNamed:
		return newScreen(d.from, d.to, d.columns/4)
	case len(d.lines) > mostBands:
		return newScreen(d.from, d.to, d.columns/2)
	}
	return newScreen(d.from, d.to, d.columns)
}

// windows returns the number of windows.
func (d *drawing) windows() (n int) {
	for _, one := range d.lines {
		n += len(one.points)
	}
	return n
}

func (d *drawing) draw(name string) ([]byte, error) {
	if isPage(name) {
		return d.html()
	}
	p, err := d.build()
	if err != nil {
		return nil, err
	}
	return render(name, func(c draw.Canvas) {
		p.Draw(d.drawHeader(margins(c)))
	})
}

// named returns the number of series that have colours and names in the legend.
func (d *drawing) named() int { return min(len(d.lines), mostNamed) }

func (d *drawing) build() (*plot.Plot, error) {
	p := plot.New()
	style(p, d.labels)
	grid := plotter.NewGrid()
	grid.Vertical.Width = 0
	grid.Horizontal.Color = faint
	p.Add(grid)

	paths := make([][]path, len(d.lines))
	d.lowest, d.highest = math.Inf(1), math.Inf(-1)
	for i, one := range d.lines {
		var gaps int
		paths[i], gaps = d.screen(i).paths(one.points)
		d.gaps += gaps
	}
	if d.bands {
		for i := range d.lines {
			if err := d.addBands(p, paths[i], d.bandColour(i)); err != nil {
				return nil, err
			}
		}
	}
	for i := len(d.lines) - 1; i >= d.named(); i-- {
		if err := d.addLines(p, paths[i], greyStyle()); err != nil {
			return nil, err
		}
	}
	for i := d.named() - 1; i >= 0; i-- {
		if err := d.addLines(p, paths[i], lineStyle(i, d.dots)); err != nil {
			return nil, err
		}
		if !d.dots {
			continue
		}
		if err := addDots(p, split(d.lines[i].points), dotStyle(i)); err != nil {
			return nil, err
		}
	}
	p.X.Min, p.X.Max = d.from, d.to
	pad := (d.highest - d.lowest) * 0.06
	if pad == 0 {
		pad = math.Max(math.Abs(d.highest)*0.1, 1)
	}
	p.Y.Min, p.Y.Max = d.lowest-pad, d.highest+pad
	return p, nil
}

func (d *drawing) bandColour(i int) color.NRGBA {
	if len(d.lines) == 1 {
		return band
	}
	return translucent(palette[i], 0x22)
}

func (d *drawing) addBands(p *plot.Plot, paths []path, fill color.NRGBA) error {
	for _, one := range paths {
		d.see(one.upper)
		d.see(one.lower)
		area, err := plotter.NewPolygon(one.outline())
		if err != nil {
			return err
		}
		area.Color, area.LineStyle.Width = fill, 0
		p.Add(area)
	}
	return nil
}

func (d *drawing) addLines(p *plot.Plot, paths []path, style draw.LineStyle) error {
	for _, one := range paths {
		d.see(one.mean)
		drawn, err := plotter.NewLine(one.mean)
		if err != nil {
			return err
		}
		drawn.LineStyle = style
		p.Add(drawn)
	}
	return nil
}

// see makes the value axis have the points.
func (d *drawing) see(points plotter.XYs) {
	for _, p := range points {
		d.lowest, d.highest = min(d.lowest, p.Y), max(d.highest, p.Y)
	}
}

func addDots(p *plot.Plot, runs []run, style draw.GlyphStyle) error {
	for _, r := range runs {
		centres := make(plotter.XYs, len(r))
		for i, one := range r {
			centres[i] = plotter.XY{X: one.centre(), Y: one.mean}
		}
		marks, err := plotter.NewScatter(centres)
		if err != nil {
			return err
		}
		marks.GlyphStyle = style
		p.Add(marks)
	}
	return nil
}

// bandSample is the height of a sample of a band in the legend.
const bandSample = vg.Length(10)
