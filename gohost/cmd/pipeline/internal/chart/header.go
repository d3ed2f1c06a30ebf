package chart

import (
	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// drawHeader draws the title and, below it, the legend in one row, and returns the
// remaining canvas. There the legend never covers the data.
func drawHeader(c draw.Canvas, labels Labels, dots bool) draw.Canvas {
	c = drawTitle(c, labels)
	y := c.Max.Y
	legend := textStyle(10, xfont.WeightNormal)
	legend.YAlign = text.YCenter
	const (
		sample = 22 // width of a legend's sample, in points
		gap    = 6
	)
	rowHeight := legend.Height(labels.Mean)
	middle := y - rowHeight/2
	// Letters are in the upper part of their line: the samples move to their middle.
	lower := middle - vg.Points(1.5)
	x := c.Min.X
	c.StrokeLine2(lineStyle(dots), x, lower, x+vg.Points(sample), lower)
	if dots {
		c.DrawGlyph(dotStyle(), vg.Point{X: x + vg.Points(sample/2), Y: lower})
	}
	x += vg.Points(sample + gap)
	c.FillText(legend, vg.Point{X: x, Y: middle}, labels.Mean)
	x += legend.Width(labels.Mean) + vg.Points(18)
	c.FillPolygon(band, []vg.Point{
		{X: x, Y: lower - vg.Points(5)},
		{X: x, Y: lower + vg.Points(5)},
		{X: x + vg.Points(sample), Y: lower + vg.Points(5)},
		{X: x + vg.Points(sample), Y: lower - vg.Points(5)},
	})
	x += vg.Points(sample + gap)
	c.FillText(legend, vg.Point{X: x, Y: middle}, "± 1 standard deviation")
	return draw.Crop(c, 0, 0, 0, y-rowHeight-vg.Points(12)-c.Max.Y)
}

// drawTitle draws the title, if there is one, and returns the remaining canvas.
func drawTitle(c draw.Canvas, labels Labels) draw.Canvas {
	if labels.Title == "" {
		return c
	}
	title, words := fit(labels.Title, c.Max.X-c.Min.X)
	c.FillText(title, vg.Point{X: c.Min.X, Y: c.Max.Y}, words)
	return draw.Crop(c, 0, 0, 0, -title.Height(words)-vg.Points(8))
}

// fit shrinks a title to the width, and shortens it if it would become too small to read.
func fit(title string, room vg.Length) (text.Style, string) {
	const largest, smallest = 15, 10
	style := textStyle(largest, xfont.WeightBold)
	for size := font.Length(largest); size >= smallest; size-- {
		style = textStyle(size, xfont.WeightBold)
		if style.Width(title) <= room {
			return style, title
		}
	}
	letters := []rune(title)
	for len(letters) > 0 && style.Width(string(letters)+"…") > room {
		letters = letters[:len(letters)-1]
	}
	return style, string(letters) + "…"
}

func textStyle(size font.Length, weight xfont.Weight) text.Style {
	return text.Style{
		Color:   ink,
		Font:    sans(size, weight),
		XAlign:  text.XLeft,
		YAlign:  text.YTop,
		Handler: text.Plain{Fonts: font.DefaultCache},
	}
}

func sans(size font.Length, weight xfont.Weight) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Weight: weight, Size: size}
}

// lineStyle returns a thinner line if there are too many windows for dots.
func lineStyle(dots bool) draw.LineStyle {
	if dots {
		return draw.LineStyle{Color: line, Width: vg.Points(1.8)}
	}
	return draw.LineStyle{Color: line, Width: vg.Points(1.2)}
}

func dotStyle() draw.GlyphStyle {
	return draw.GlyphStyle{Color: line, Radius: vg.Points(2.4), Shape: draw.CircleGlyph{}}
}
