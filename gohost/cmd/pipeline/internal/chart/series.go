package chart

import (
	"cmp"
	"image/color"
	"math"
	"slices"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// mostGroups is the max number of groups of points that a series keeps for a picture: more than that has
// columns of pixels.
const mostGroups = 4096

// A Series collects the points of a line in bounded memory: of each group of points that follow
// each other it keeps those with the smallest and the largest value, so that no spike is lost.
type Series struct {
	groups []group
	most   int // groups; 0 means mostGroups
	size   int // points of a full group, 1 at first
	last   int // points of the last group

	from, to float64 // the first and the last time of all points, those that are left out as well
	begun    bool
}

type group struct{ low, high plotter.XY }

// NewSeries returns a series for a file: a page, which has zoom, has up to 40,000 groups of points.
func NewSeries(name string) *Series {
	if isPage(name) {
		return &Series{most: mostEmbedded}
	}
	return &Series{}
}

// Add adds a value at a time in Unix seconds. Values that are not finite are left out of the line.
func (s *Series) Add(seconds, value float64) {
	if !s.begun {
		s.from, s.to, s.begun = seconds, seconds, true
	}
	s.from, s.to = min(s.from, seconds), max(s.to, seconds)
	// One whose distance to another overflows cannot be drawn.
	if math.IsNaN(value) || math.Abs(value) > math.MaxFloat64/4 {
		return
	}
	p := plotter.XY{X: seconds, Y: value}
	if s.size == 0 {
		s.size = 1
	}
	if n := len(s.groups); n > 0 && s.last < s.size {
		s.groups[n-1].add(group{p, p})
		s.last++
		return
	}
	if most := cmp.Or(s.most, mostGroups); len(s.groups) == most {
		for i := range s.groups[:most/2] {
			s.groups[i] = s.groups[2*i]
			s.groups[i].add(s.groups[2*i+1])
		}
		s.groups = s.groups[:most/2]
		s.size *= 2
	}
	s.groups = append(s.groups, group{p, p})
	s.last = 1
}

func (g *group) add(other group) {
	if other.low.Y < g.low.Y {
		g.low = other.low
	}
	if other.high.Y > g.high.Y {
		g.high = other.high
	}
}

// line returns the points that are drawn, in order of time.
func (s *Series) line() plotter.XYs {
	var line plotter.XYs
	for _, g := range s.groups {
		line = append(line, g.low)
		if g.high != g.low {
			line = append(line, g.high)
		}
	}
	slices.SortStableFunc(line, func(a, b plotter.XY) int {
		switch {
		case a.X < b.X:
			return -1
		case a.X > b.X:
			return 1
		}
		return 0
	})
	return line
}

// A Mark is a stretch of time that is marked, in Unix seconds, with a word for it.
type Mark struct {
	From, To float64
	Word     string
}

// mostWords is the max number of marks that have their words on the chart.
const mostWords = 40

var (
	alarm = color.RGBA{R: 0xc9, G: 0x2a, B: 0x2a, A: 0xff}
	trace = line // another name where the points are called line
	shade = color.NRGBA{R: 0xc9, G: 0x2a, B: 0x2a, A: 0x2e}
)

// DrawMarked returns a chart of a series with marks in the format of the name's extension. The
// same points and marks give the same bytes. Labels.Mean is the legend's name of the line.
func DrawMarked(name string, series *Series, marks []Mark, labels Labels) ([]byte, error) {
	labels = labels.printable()
	line := series.line()
	if len(line) == 0 {
		return nil, ErrNoValues
	}
	if isPage(name) {
		return series.page(usualGap(line), marks, labels)
	}
	p, err := series.marked(line, marks, labels)
	if err != nil {
		return nil, err
	}
	return render(name, func(c draw.Canvas) {
		inside := margins(c)
		below := drawTitle(inside, labels)
		rest := drawMarkLegend(below, labels)
		p.Draw(rest)
		if len(marks) <= mostWords {
			drawWords(p.DataCanvas(rest), p, marks)
		}
	})
}

func (s *Series) marked(line plotter.XYs, marks []Mark, labels Labels) (*plot.Plot, error) {
	p := plot.New()
	style(p, labels)
	grid := plotter.NewGrid()
	grid.Vertical.Width = 0
	grid.Horizontal.Color = faint
	p.Add(grid)

	p.X.Min, p.X.Max = s.from, s.to
	if p.X.Max <= p.X.Min {
		p.X.Max = p.X.Min + 1
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range line {
		low, high = min(low, v.Y), max(high, v.Y)
	}
	pad := (high - low) * 0.08
	if pad == 0 {
		pad = max(math.Abs(high)*0.1, 1)
	}
	low, high = low-pad, high+pad

	minX, maxX := p.X.Min, p.X.Max
	areas := visible(marks, minX, maxX)
	for _, m := range areas {
		area, err := plotter.NewPolygon(plotter.XYs{{X: m.From, Y: low}, {X: m.From, Y: high}, {X: m.To, Y: high}, {X: m.To, Y: low}})
		if err != nil {
			return nil, err
		}
		area.Color, area.LineStyle.Width = shade, 0
		p.Add(area)
	}
	for _, part := range unbroken(line) {
		if err := addLine(p, part, draw.LineStyle{Color: trace, Width: vg.Points(0.9)}); err != nil {
			return nil, err
		}
	}
	for _, part := range within(line, areas) {
		if err := addLine(p, part, draw.LineStyle{Color: alarm, Width: vg.Points(1.6)}); err != nil {
			return nil, err
		}
	}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = minX, maxX, low, high
	return p, nil
}

// addLine adds a line, or a dot for a single point.
func addLine(p *plot.Plot, points plotter.XYs, style draw.LineStyle) error {
	if len(points) == 1 {
		dot, err := plotter.NewScatter(points)
		if err != nil {
			return err
		}
		dot.GlyphStyle = draw.GlyphStyle{Color: style.Color, Radius: style.Width, Shape: draw.CircleGlyph{}}
		p.Add(dot)
		return nil
	}
	drawn, err := plotter.NewLine(points)
	if err != nil {
		return err
	}
	drawn.LineStyle = style
	p.Add(drawn)
	return nil
}

// visible returns the marks within the axis, each wide enough to be seen.
func visible(marks []Mark, lo, hi float64) []Mark {
	least := (hi - lo) / 500
	var out []Mark
	for _, m := range marks {
		m.From, m.To = max(m.From, lo), min(m.To, hi)
		if m.To < m.From {
			continue
		}
		if short := least - (m.To - m.From); short > 0 {
			m.From, m.To = max(m.From-short/2, lo), min(m.To+short/2, hi)
		}
		out = append(out, m)
	}
	return out
}

// usualGap returns the longest step between points that are not missing: eight usual ones.
func usualGap(line plotter.XYs) float64 {
	steps := make([]float64, 0, len(line))
	for i := 1; i < len(line); i++ {
		if step := line[i].X - line[i-1].X; step > 0 {
			steps = append(steps, step)
		}
	}
	slices.Sort(steps)
	if len(steps) == 0 {
		return math.MaxFloat64
	}
	return 8 * steps[len(steps)/2]
}

// unbroken splits the line where points are missing.
func unbroken(line plotter.XYs) []plotter.XYs {
	most := usualGap(line)
	var parts []plotter.XYs
	first := 0
	for i := 1; i <= len(line); i++ {
		if i == len(line) || line[i].X-line[i-1].X > most {
			parts = append(parts, line[first:i])
			first = i
		}
	}
	return parts
}

// within returns the parts of the line that are in a mark. The marks are in order.
func within(line plotter.XYs, marks []Mark) []plotter.XYs {
	var parts []plotter.XYs
	for _, m := range marks {
		first, _ := slices.BinarySearchFunc(line, m.From, func(p plotter.XY, x float64) int { return compare(p.X, x) })
		end := first
		for end < len(line) && line[end].X <= m.To {
			end++
		}
		if end > first {
			parts = append(parts, line[first:end])
		}
	}
	return parts
}

func compare(a, b float64) int {
	if a < b {
		return -1
	}
	return 1
}

// drawMarkLegend draws the legend in one row, and returns the remaining canvas.
func drawMarkLegend(c draw.Canvas, labels Labels) draw.Canvas {
	legend := textStyle(10, xfont.WeightNormal)
	legend.YAlign = text.YCenter
	const sample, gap = 22, 6 // in points
	height := legend.Height(labels.Mean)
	middle := c.Max.Y - height/2
	lower := middle - vg.Points(1.5)
	x := c.Min.X
	c.StrokeLine2(draw.LineStyle{Color: line, Width: vg.Points(1.2)}, x, lower, x+vg.Points(sample), lower)
	x += vg.Points(sample + gap)
	c.FillText(legend, vg.Point{X: x, Y: middle}, labels.Mean)
	x += legend.Width(labels.Mean) + vg.Points(18)
	c.FillPolygon(shade, []vg.Point{
		{X: x, Y: lower - vg.Points(5)},
		{X: x, Y: lower + vg.Points(5)},
		{X: x + vg.Points(sample), Y: lower + vg.Points(5)},
		{X: x + vg.Points(sample), Y: lower - vg.Points(5)},
	})
	c.StrokeLine2(draw.LineStyle{Color: alarm, Width: vg.Points(1.6)}, x, lower, x+vg.Points(sample), lower)
	x += vg.Points(sample + gap)
	c.FillText(legend, vg.Point{X: x, Y: middle}, "anomaly")
	return draw.Crop(c, 0, 0, 0, -height-vg.Points(12))
}

// drawWords writes the words of marks above each other at their places, where there is room.
func drawWords(c draw.Canvas, p *plot.Plot, marks []Mark) {
	words := textStyle(8, xfont.WeightNormal)
	words.Color = alarm
	toX, _ := p.Transforms(&c)
	const rows = 3
	var ends [rows]vg.Length
	for i := range ends {
		ends[i] = c.Min.X
	}
	for _, m := range visible(marks, p.X.Min, p.X.Max) {
		x := toX(m.From)
		width := words.Width(m.Word)
		x = max(min(x, c.Max.X-width), c.Min.X)
		for row := range ends {
			if x >= ends[row] {
				c.FillText(words, vg.Point{X: x, Y: c.Max.Y - vg.Length(row)*vg.Points(10)}, m.Word)
				ends[row] = x + width + vg.Points(4)
				break
			}
		}
	}
}
