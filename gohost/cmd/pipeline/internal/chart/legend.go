package chart

import (
	"fmt"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

const (
	sampleWidth = vg.Length(22) // of a legend's sample, in points
	sampleGap   = vg.Length(6)
	itemGap     = vg.Length(18)
	rowGap      = vg.Length(4)
	// mostRows is the max number of rows of a legend with names that are clipped.
	mostRows = 3
)

// An item of a legend is a sample and words.
type item struct {
	words  string
	sample func(c draw.Canvas, x, y vg.Length) // nil for words alone
	clip   bool
}

// drawHeader draws the title and, below it, the legend, and returns the remaining canvas. There the
// legend never covers the data.
func (d *drawing) drawHeader(c draw.Canvas) draw.Canvas {
	c = drawTitle(c, d.labels)
	style := textStyle(10, xfont.WeightNormal)
	style.YAlign = text.YCenter
	return drawLegend(c, style, d.items())
}

func (d *drawing) items() []item {
	var items []item
	for i := range d.named() {
		words := printable(d.lines[i].name)
		if len(d.lines) == 1 {
			words = d.labels.Mean
		}
		items = append(items, item{words: words, clip: len(d.lines) > 1, sample: func(c draw.Canvas, x, y vg.Length) {
			c.StrokeLine2(lineStyle(i, d.dots), x, y, x+sampleWidth, y)
			if d.dots {
				c.DrawGlyph(dotStyle(i), vg.Point{X: x + sampleWidth/2, Y: y})
			}
		}})
	}
	if grey := len(d.lines) - d.named(); grey > 0 {
		items = append(items, item{words: fmt.Sprintf("%d more", grey), sample: func(c draw.Canvas, x, y vg.Length) {
			c.StrokeLine2(greyStyle(), x, y, x+sampleWidth, y)
		}})
	}
	if d.others > 0 {
		more := ""
		if d.others == mostCounted {
			more = "at least "
		}
		items = append(items, item{words: fmt.Sprintf("%s%d not drawn", more, d.others)})
	}
	if d.bands {
		items = append(items, item{words: "± 1 standard deviation", sample: func(c draw.Canvas, x, y vg.Length) {
			c.FillPolygon(band, []vg.Point{
				{X: x, Y: y - bandSample/2},
				{X: x, Y: y + bandSample/2},
				{X: x + sampleWidth, Y: y + bandSample/2},
				{X: x + sampleWidth, Y: y - bandSample/2},
			})
		}})
	}
	if d.gaps > 0 {
		items = append(items, item{words: fmt.Sprintf("gaps too narrow to see: %d", d.gaps)})
	}
	return items
}

// drawLegend draws the items in as few rows as they need, and returns the remaining canvas. If they
// need many, it clips names.
func drawLegend(c draw.Canvas, style text.Style, items []item) draw.Canvas {
	room := c.Max.X - c.Min.X
	var rows [][]item
	for _, most := range []vg.Length{room - sampleWidth - sampleGap, 160, 100, 60} {
		if rows = legendRows(style, items, room, most); len(rows) <= mostRows {
			break
		}
	}
	rowHeight := style.Height(items[0].words)
	y := c.Max.Y
	for i, row := range rows {
		if i > 0 {
			y -= rowHeight + rowGap
		}
		middle := y - rowHeight/2
		// Letters are in the upper part of their line: the samples move to their middle.
		lower := middle - vg.Points(1.5)
		x := c.Min.X
		for _, one := range row {
			if one.sample != nil {
				one.sample(c, x, lower)
				x += sampleWidth + sampleGap
			}
			c.FillText(style, vg.Point{X: x, Y: middle}, one.words)
			x += widthOf(style, one.words) + itemGap
		}
	}
	return draw.Crop(c, 0, 0, 0, y-rowHeight-vg.Points(12)-c.Max.Y)
}

// legendRows returns the items in rows, with names of at most a width.
func legendRows(style text.Style, items []item, room, most vg.Length) [][]item {
	var rows [][]item
	var x vg.Length
	for _, one := range items {
		if one.clip {
			one.words = clipped(style, one.words, most)
		}
		wide := widthOf(style, one.words)
		if one.sample != nil {
			wide += sampleWidth + sampleGap
		}
		if len(rows) == 0 || x+wide > room {
			rows = append(rows, nil)
			x = 0
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], one)
		x += wide + itemGap
	}
	return rows
}
