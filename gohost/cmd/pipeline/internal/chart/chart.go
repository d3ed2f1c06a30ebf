// Package chart draws the statistics of windows over time, the mean as a line with a band of
// one standard deviation on either side, and series with marks. A chart is a picture or a page.
package chart

import (
	"bytes"
	"errors"
	"fmt"
	"image/color"
	"path/filepath"
	"strings"
	"time"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Labels are the texts on a chart.
type Labels struct {
	Title string
	Value string // the vertical axis: what was measured, with its unit
	Mean  string // the legend's name of the line
	// Zone is the time zone of the time axis; nil means UTC.
	Zone *time.Location
}

func (l Labels) zone() *time.Location {
	if l.Zone == nil {
		return time.UTC
	}
	return l.Zone
}

const (
	width  = 9 * vg.Inch
	height = 4.5 * vg.Inch
	// dpi makes a PNG sharp on dense screens: 1800 by 900 pixels.
	dpi = 200
)

// ErrNothingToDraw: no window has a finite mean and standard deviation.
var ErrNothingToDraw = errors.New("no window has a finite mean and standard deviation to draw")

// ErrNoValues: a series has no finite value.
var ErrNoValues = errors.New("there is no finite value to draw")

// CheckName returns an error unless the file's name ends in .svg, .png or .html.
func CheckName(name string) error {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".svg", ".png", ".html":
		return nil
	default:
		return fmt.Errorf("%q does not end in .svg, .png or .html", name)
	}
}

func isPage(name string) bool { return strings.EqualFold(filepath.Ext(name), ".html") }

// Draw returns the chart in the format of the name's extension. The same series and labels give
// the same bytes.
func Draw(name string, lines *Lines, labels Labels) ([]byte, error) {
	all := lines.sorted()
	if len(all) == 0 {
		return nil, ErrNothingToDraw
	}
	d := newDrawing(all, labels.printable())
	d.others = len(lines.others)
	return d.draw(name)
}

// render returns what is drawn, in the format of the name's extension.
func render(name string, drawOn func(c draw.Canvas)) ([]byte, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if strings.EqualFold(filepath.Ext(name), ".png") {
		canvas := vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(dpi))
		drawOn(draw.New(canvas))
		if _, err := (vgimg.PngCanvas{Canvas: canvas}).WriteTo(&out); err != nil {
			return nil, err
		}
		return out.Bytes(), nil
	}
	canvas := vgsvg.New(width, height)
	drawOn(draw.New(canvas))
	if _, err := canvas.WriteTo(&out); err != nil {
		return nil, err
	}
	// The library names one font without a fallback. Arial has the same widths.
	return bytes.ReplaceAll(out.Bytes(), []byte("font-family:Liberation Sans;"),
		[]byte("font-family:'Liberation Sans',Arial,Helvetica,sans-serif;")), nil
}

// margins paints the canvas white, and returns it without a margin.
func margins(c draw.Canvas) draw.Canvas {
	c.SetColor(color.White)
	c.Fill(c.Rectangle.Path())
	const margin = 16 // points
	return draw.Crop(c, vg.Points(margin), -vg.Points(margin+8), vg.Points(margin), -vg.Points(margin))
}

func style(p *plot.Plot, labels Labels) {
	p.BackgroundColor = color.White
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Label.TextStyle.Font = sans(11, xfont.WeightNormal)
		axis.Label.TextStyle.Color = ink
		axis.Label.Padding = vg.Points(6)
		axis.Tick.Label.Font = sans(10, xfont.WeightNormal)
		axis.Tick.Label.Color = ink
		axis.Tick.Color = ink
		axis.Tick.Length = vg.Points(5)
		axis.Color = ink
		axis.Padding = 0
	}
	p.X.Label.Text = "Time (" + labels.zone().String() + ")"
	p.Y.Label.Text = labels.Value
	p.X.Tick.Marker = timeTicks{labels.zone()}
	p.Y.Tick.LineStyle.Width = 0
	p.Y.LineStyle.Width = 0
}
