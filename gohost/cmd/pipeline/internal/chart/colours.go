package chart

import (
	"image/color"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

var (
	ink   = color.RGBA{R: 0x24, G: 0x29, B: 0x2f, A: 0xff}
	faint = color.RGBA{R: 0xe1, G: 0xe4, B: 0xe8, A: 0xff}
	line  = palette[0]
	band  = translucent(line, 0x33)
	// rest is the colour of the series that have no colour of their own.
	rest = color.RGBA{R: 0xc4, G: 0xc9, B: 0xcf, A: 0xff}
)

// palette has colours that people see as different whose eyes lack one kind of cones: those of
// Okabe and Ito ("Color Universal Design", 2008) without yellow, which is too light for a line on
// white, and with a darker blue. Series that follow have the first of them again, with dashes.
var palette = [...]color.RGBA{
	{R: 0x1f, G: 0x5f, B: 0xa8, A: 0xff}, // blue
	{R: 0xd5, G: 0x5e, B: 0x00, A: 0xff}, // vermilion
	{R: 0x00, G: 0x9e, B: 0x73, A: 0xff}, // bluish green
	{R: 0xcc, G: 0x79, B: 0xa7, A: 0xff}, // reddish purple
	{R: 0xe6, G: 0x9f, B: 0x00, A: 0xff}, // orange
	{R: 0x56, G: 0xb4, B: 0xe9, A: 0xff}, // sky blue
	{R: 0x00, G: 0x00, B: 0x00, A: 0xff}, // black
}

func translucent(c color.RGBA, alpha uint8) color.NRGBA {
	return color.NRGBA{R: c.R, G: c.G, B: c.B, A: alpha}
}

// lineStyle returns the style of the i-th series: a thinner line if there are too many windows for dots.
func lineStyle(i int, dots bool) draw.LineStyle {
	style := draw.LineStyle{Color: palette[i%len(palette)], Width: vg.Points(1.2)}
	if dots {
		style.Width = vg.Points(1.8)
	}
	if i >= len(palette) {
		style.Dashes = []vg.Length{vg.Points(5), vg.Points(2.5)}
	}
	return style
}

func dotStyle(i int) draw.GlyphStyle {
	return draw.GlyphStyle{Color: palette[i%len(palette)], Radius: vg.Points(2.4), Shape: draw.CircleGlyph{}}
}

// greyStyle is the style of series without a colour of their own.
func greyStyle() draw.LineStyle { return draw.LineStyle{Color: rest, Width: vg.Points(0.8)} }
