package gauge

import (
	"bytes"
	"fmt"
	"image/color"
	"math"
	"strconv"
	"time"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// Line is one series of a panel.
type Line struct {
	Name string
	Of   func(Sample) float64
}

// Panel is one diagram of a chart; all share the time below them.
type Panel struct {
	Label string // of the vertical axis, with the unit
	Lines []Line
	// Rate draws how fast the lines rise, a second, in place of their values.
	Rate bool
}

const (
	chartWidth  = 9 * vg.Inch
	panelHeight = 2.1 * vg.Inch
	headHeight  = 0.5 * vg.Inch
	dpi         = 160
)

var (
	ink     = color.RGBA{R: 0x24, G: 0x29, B: 0x2f, A: 0xff}
	faint   = color.RGBA{R: 0xe1, G: 0xe4, B: 0xe8, A: 0xff}
	colours = []color.Color{
		color.RGBA{R: 0x1f, G: 0x5f, B: 0xa8, A: 0xff},
		color.RGBA{R: 0xc4, G: 0x5a, B: 0x12, A: 0xff},
		color.RGBA{R: 0x2d, G: 0x7d, B: 0x46, A: 0xff},
		color.RGBA{R: 0x8a, G: 0x3f, B: 0x96, A: 0xff},
	}
)

// Draw returns a PNG of the panels, one above the other. The part of the run
// that is not judged ends at a dashed line.
func Draw(title string, samples []Sample, panels []Panel) ([]byte, error) {
	if len(samples) < 2 {
		return nil, fmt.Errorf("draw %q: %w", title, ErrTooShort)
	}
	canvas, c := newCanvas(title, headHeight+vg.Length(len(panels))*panelHeight)
	plots := make([][]*plot.Plot, len(panels))
	for i, panel := range panels {
		p, err := panel.plot(samples, i == len(panels)-1)
		if err != nil {
			return nil, err
		}
		plots[i] = []*plot.Plot{p}
	}
	tiles := draw.Tiles{Rows: len(panels), Cols: 1, PadY: vg.Points(10)}
	for i, row := range plot.Align(plots, tiles, c) {
		plots[i][0].Draw(row[0])
	}
	return encode(canvas)
}

func (panel Panel) plot(samples []Sample, last bool) (*plot.Plot, error) {
	p := newPlot()
	p.Y.Label.Text = panel.Label
	p.X.Tick.Marker, p.Y.Tick.Marker = plot.TickerFunc(even), plot.TickerFunc(even)
	if last {
		p.X.Label.Text = "seconds"
	}
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = nil, faint
	p.Add(grid)
	top := 0.0
	for i, line := range panel.Lines {
		points := panel.points(samples, line)
		for _, point := range points {
			top = max(top, point.Y)
		}
		drawn, err := plotter.NewLine(points)
		if err != nil {
			return nil, err
		}
		drawn.Color, drawn.Width = colours[i%len(colours)], vg.Points(1.3)
		p.Add(drawn)
		p.Legend.Add(line.Name, drawn)
	}
	// Room for the legend, which stands above the lines.
	p.Y.Min, p.Y.Max = 0, max(top*(1.1+0.13*float64(len(panel.Lines))), 1)
	begin, end := samples[0].At.Seconds(), samples[len(samples)-1].At.Seconds()
	p.X.Min, p.X.Max = begin, end
	judged := begin + warmUp*(end-begin)
	edge, err := plotter.NewLine(plotter.XYs{{X: judged, Y: 0}, {X: judged, Y: p.Y.Max}})
	if err != nil {
		return nil, err
	}
	edge.Color, edge.Width = ink, vg.Points(0.6)
	edge.Dashes = []vg.Length{vg.Points(3), vg.Points(3)}
	p.Add(edge)
	return p, nil
}

// newPlot is an empty plot in the style of all of them.
func newPlot() *plot.Plot {
	p := plot.New()
	p.BackgroundColor = color.White
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Color, axis.Width = faint, vg.Points(0.8)
		axis.Tick.Color, axis.Tick.Label.Color = faint, ink
		axis.Tick.Label.Font = sans(9, xfont.WeightNormal)
		axis.Label.TextStyle.Color, axis.Label.TextStyle.Font = ink, sans(10, xfont.WeightNormal)
		axis.Padding = 0
	}
	p.Legend.Top, p.Legend.Left = true, true
	p.Legend.Padding, p.Legend.XOffs = vg.Points(1), vg.Points(6)
	p.Legend.TextStyle.Font, p.Legend.TextStyle.Color = sans(9, xfont.WeightNormal), ink
	return p
}

// newCanvas has the title at its top; drawing goes to the part that is returned.
func newCanvas(title string, height vg.Length) (*vgimg.Canvas, draw.Canvas) {
	canvas := vgimg.NewWith(vgimg.UseWH(chartWidth, height), vgimg.UseDPI(dpi))
	c := draw.Crop(draw.New(canvas), vg.Points(8), -vg.Points(14), vg.Points(6), -vg.Points(8))
	c.FillText(words(14, xfont.WeightBold), vg.Point{X: c.Min.X + vg.Points(4), Y: c.Max.Y - vg.Points(4)}, title)
	return canvas, draw.Crop(c, 0, 0, 0, -headHeight*3/4)
}

func encode(canvas *vgimg.Canvas) ([]byte, error) {
	var out bytes.Buffer
	if _, err := (vgimg.PngCanvas{Canvas: canvas}).WriteTo(&out); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func (panel Panel) points(samples []Sample, line Line) plotter.XYs {
	var points plotter.XYs
	before := 0
	for _, s := range samples {
		y := line.Of(s)
		if panel.Rate {
			// Over the last second at least, which takes the noise out.
			if s.At-samples[0].At < time.Second {
				continue
			}
			for s.At-samples[before+1].At >= time.Second {
				before++
			}
			since := samples[before]
			y = (y - line.Of(since)) / (s.At - since.At).Seconds()
		}
		points = append(points, plotter.XY{X: s.At.Seconds(), Y: y})
	}
	return points
}

// even are ticks at a round distance: four to eight of them.
func even(least, most float64) []plot.Tick {
	step := math.Pow(10, math.Floor(math.Log10((most-least)/4)))
	for _, times := range []float64{5, 2} {
		if (most-least)/(step*times) >= 4 {
			step *= times
			break
		}
	}
	var ticks []plot.Tick
	for i := math.Ceil(least / step); i*step <= most; i++ {
		v := i * step
		label := strconv.FormatFloat(v, 'g', 6, 64)
		if v == math.Trunc(v) && math.Abs(v) < 1e15 {
			label = Thousands(int64(v))
		}
		ticks = append(ticks, plot.Tick{Value: v, Label: label})
	}
	return ticks
}

// Thousands writes a whole number with a comma between groups of three digits.
func Thousands(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return sign + digits
}

func sans(size font.Length, weight xfont.Weight) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Weight: weight, Size: size}
}

func words(size font.Length, weight xfont.Weight) text.Style {
	return text.Style{
		Color: ink, Font: sans(size, weight), XAlign: text.XLeft, YAlign: text.YTop,
		Handler: text.Plain{Fonts: font.DefaultCache},
	}
}
