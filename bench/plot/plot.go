// Package plot draws lines on logarithmic axes as SVG, in colours that can be read on light and
// dark pages.
package plot

import (
	"fmt"
	"html"
	"math"
	"slices"
	"strings"
)

// Line is one series; its points are at the same places as those of the others, or lack.
type Line struct {
	Name string
	X, Y []float64
	// Strong lines are thicker than others.
	Strong bool
}

// Plot is a picture.
type Plot struct {
	Title, X, Y string
	Lines       []Line
	// TicksX are the numbers at the axis of X, if they are not to be chosen.
	TicksX []float64
	// FormatX and FormatY write a number at the axes.
	FormatX, FormatY func(float64) string
}

// Size of the picture, and its margins.
const (
	width, height          = 860, 460
	left, right, top, foot = 76, 292, 44, 52
)

// colours have a contrast of 3 or more to white and to GitHub's dark page.
var colours = []string{"#0969da", "#cf5a00", "#1a8a3f", "#a04bd6", "#c93c5f", "#0f8a94", "#8a6d00", "#6e7781", "#d1449d", "#5b7f1e", "#7d5bd0", "#b3593b", "#3f7fbf", "#888888"}

// dashes tell more lines apart than colours can.
var dashes = []string{"", "6 3", "2 3"}

// SVG returns the picture. Every number must be positive.
func (p Plot) SVG() string {
	var s strings.Builder
	fmt.Fprintf(&s, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="system-ui, sans-serif" font-size="12">`+"\n", width, height)
	s.WriteString("<style>\n  .t { fill: #1f2328 } .g { stroke: #d1d9e0 } .a { stroke: #59636e } .b { fill: #ffffff }\n" +
		"  @media (prefers-color-scheme: dark) { .t { fill: #f0f6fc } .g { stroke: #30363d } .a { stroke: #9198a1 } .b { fill: #0d1117 } }\n</style>\n")
	fmt.Fprintf(&s, `<rect class="b" width="%d" height="%d"/>`+"\n", width, height)
	text(&s, left, 24, "start", 15, p.Title)

	x := newAxis(p.Lines, func(l Line) []float64 { return l.X }, left, width-right)
	y := newAxis(p.Lines, func(l Line) []float64 { return l.Y }, height-foot, top)
	ticks := p.TicksX
	if ticks == nil {
		ticks = x.ticks()
	}
	for _, v := range ticks {
		line(&s, "g", x.at(v), top, x.at(v), height-foot)
		text(&s, x.at(v), height-foot+18, "middle", 12, p.FormatX(v))
	}
	for _, v := range y.ticks() {
		line(&s, "g", left, y.at(v), width-right, y.at(v))
		text(&s, left-8, y.at(v)+4, "end", 12, p.FormatY(v))
	}
	line(&s, "a", left, height-foot, width-right, height-foot)
	line(&s, "a", left, top, left, height-foot)
	text(&s, (left+width-right)/2, height-10, "middle", 12, p.X)
	fmt.Fprintf(&s, `<text class="t" transform="translate(16 %d) rotate(-90)" text-anchor="middle">%s</text>`+"\n", (top+height-foot)/2, html.EscapeString(p.Y))

	for i, l := range p.Lines {
		var points []string
		for k := range l.X {
			points = append(points, fmt.Sprintf("%.1f,%.1f", x.at(l.X[k]), y.at(l.Y[k])))
		}
		thickness := 2
		if l.Strong {
			thickness = 4
		}
		colour, dash := colours[i%len(colours)], dashes[i%len(dashes)]
		fmt.Fprintf(&s, `<polyline fill="none" stroke="%s" stroke-width="%d" stroke-dasharray="%s" points="%s"/>`+"\n", colour, thickness, dash, strings.Join(points, " "))
		for _, point := range points {
			cx, cy, _ := strings.Cut(point, ",")
			fmt.Fprintf(&s, `<circle fill="%s" cx="%s" cy="%s" r="2.5"/>`+"\n", colour, cx, cy)
		}
		// The legend has the order of the last values, from the top.
		row := float64(top + 8 + 20*p.rank(i))
		fmt.Fprintf(&s, `<line stroke="%s" stroke-width="%d" stroke-dasharray="%s" x1="%d" x2="%d" y1="%.0f" y2="%.0f"/>`+"\n", colour, thickness, dash, width-right+14, width-right+42, row, row)
		text(&s, width-right+50, row+4, "start", 12, l.Name)
	}
	s.WriteString("</svg>\n")
	return s.String()
}

// rank is a line's place by its last value, the largest first.
func (p Plot) rank(i int) int {
	rank := 0
	for k, l := range p.Lines {
		a, b := l.Y[len(l.Y)-1], p.Lines[i].Y[len(p.Lines[i].Y)-1]
		if a > b || a == b && k < i {
			rank++
		}
	}
	return rank
}

func line(s *strings.Builder, class string, x1, y1, x2, y2 float64) {
	fmt.Fprintf(s, `<line class="%s" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>`+"\n", class, x1, y1, x2, y2)
}

func text(s *strings.Builder, x, y float64, anchor string, size int, value string) {
	fmt.Fprintf(s, `<text class="t" x="%.1f" y="%.1f" text-anchor="%s" font-size="%d">%s</text>`+"\n", x, y, anchor, size, html.EscapeString(value))
}

// axis places numbers between two ends by their logarithm.
type axis struct{ min, max, from, to float64 }

func newAxis(lines []Line, values func(Line) []float64, from, to float64) axis {
	a := axis{math.Inf(1), math.Inf(-1), from, to}
	for _, l := range lines {
		v := values(l)
		a.min, a.max = min(a.min, math.Log10(slices.Min(v))), max(a.max, math.Log10(slices.Max(v)))
	}
	if a.max-a.min < 0.5 {
		a.min, a.max = a.min-0.25, a.max+0.25
	}
	return a
}

func (a axis) at(v float64) float64 {
	return a.from + (math.Log10(v)-a.min)/(a.max-a.min)*(a.to-a.from)
}

// ticks are powers of ten, and 2 and 5 times those where there are few.
func (a axis) ticks() []float64 {
	var ticks []float64
	steps := []float64{1}
	if a.max-a.min < 2.5 {
		steps = []float64{1, 2, 5}
	}
	for e := math.Floor(a.min); e <= a.max; e++ {
		for _, step := range steps {
			v := step * math.Pow(10, e)
			if l := math.Log10(v); l >= a.min-1e-9 && l <= a.max+1e-9 {
				ticks = append(ticks, v)
			}
		}
	}
	return ticks
}
