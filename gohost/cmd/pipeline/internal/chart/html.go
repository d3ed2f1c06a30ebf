package chart

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"html"
	"image/color"
	"math"
	"strings"
)

var (
	//go:embed page.html
	pageHTML string
	//go:embed page.css
	pageCSS string
	//go:embed page.js
	pageJS string
)

// mostEmbedded is the max number of points in a page: some 5 MB.
const mostEmbedded = 40_000

// onDark are the colours of palette on a dark page.
var onDark = [len(palette)]color.RGBA{
	{R: 0x6a, G: 0xa5, B: 0xe8, A: 0xff},
	{R: 0xff, G: 0x8c, B: 0x42, A: 0xff},
	{R: 0x2f, G: 0xc7, B: 0x96, A: 0xff},
	{R: 0xe3, G: 0x9b, B: 0xc4, A: 0xff},
	{R: 0xf0, G: 0xb4, B: 0x29, A: 0xff},
	{R: 0x9a, G: 0xdc, B: 0xff, A: 0xff},
	{R: 0xff, G: 0xff, B: 0xff, A: 0xff},
}

// pageData is what the script of a page draws.
type pageData struct {
	Mean    string       `json:"mean"`
	Zone    string       `json:"zone"`
	Named   int          `json:"named"`
	Bands   int          `json:"bands"`
	Light   []string     `json:"light"`
	Dark    []string     `json:"dark"`
	Series  []pageSeries `json:"series"`
	Columns []string     `json:"columns"`
	// Points says that points are those of a series, and not windows.
	Points bool       `json:"points,omitempty"`
	Marks  []pageMark `json:"marks,omitempty"`
}

var (
	windowColumns = []string{"lo", "hi", "count", "mean", "stddev", "min", "max"}
	groupColumns  = []string{"lo", "hi", "windows", "count", "first", "last", "low", "high", "lower", "upper", "min", "max"}
)

func newPageData(labels Labels) pageData {
	return pageData{
		Mean: labels.Mean, Zone: labels.zone().String(), Named: mostNamed, Bands: mostBands,
		Light: texts(palette[:]), Dark: texts(onDark[:]),
	}
}

type pageSeries struct {
	Name string `json:"name"`
	Data []byte `json:"data"` // columns of doubles, little-endian
	// Resolution is the width of the gaps that points of several windows may have, in seconds.
	Resolution float64 `json:"resolution"`
}

// html returns a page that needs nothing else: it loads nothing, and its policy refuses to. Up to
// 40,000 windows are in it as they are; of more, each point is of several windows, with the
// extremes of all of them.
func (d *drawing) html() ([]byte, error) {
	data := newPageData(d.labels)
	data.Series = make([]pageSeries, len(d.lines))
	windows := d.windows()
	if windows > mostEmbedded {
		data.Columns = groupColumns
	} else {
		data.Columns = windowColumns
	}
	for i, one := range d.lines {
		data.Series[i].Name = printable(one.name)
		if windows > mostEmbedded {
			s := newScreen(d.from, d.to, d.embedded(i))
			data.Series[i].Resolution = s.width
			data.Series[i].Data = packed(s.groups(one.points), len(groupColumns), groupOf.row)
		} else {
			data.Series[i].Data = packed(drawable(one.points), len(windowColumns), point.row)
		}
	}
	summary := fmt.Sprintf("%s, %d windows", d.labels.Mean, windows)
	if len(d.lines) > 1 {
		summary = fmt.Sprintf("%s, %d series, %d windows", d.labels.Mean, len(d.lines), windows)
	}
	summary = d.labels.Value + ": " + summary
	if d.others > 0 {
		summary += fmt.Sprintf("; %d more series are not here", d.others)
	}
	if windows > mostEmbedded {
		summary += "; a point is of several windows"
	}
	return data.html(d.labels, summary)
}

// html returns the page of the data.
func (p pageData) html(labels Labels, summary string) ([]byte, error) {
	encoded, err := json.Marshal(p) // with < as an escape
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	_, err = strings.NewReplacer(
		"{title}", html.EscapeString(labels.Title), "{summary}", html.EscapeString(summary),
		"{label}", html.EscapeString("Chart over time. "+summary),
		"{style}", pageCSS, "{style-hash}", integrity(pageCSS),
		"{script}", pageJS, "{script-hash}", integrity(pageJS),
		"{data}", string(encoded),
	).WriteString(&out, pageHTML)
	return out.Bytes(), err
}

// embedded returns the number of columns of the i-th series in a page: a column has up to two points,
// beside a gap. Those with colours have half of all.
func (d *drawing) embedded(i int) int {
	rest := len(d.lines) - d.named()
	switch {
	case rest == 0:
		return mostEmbedded / 2 / d.named()
	case i < d.named():
		return mostEmbedded / 4 / d.named()
	}
	return mostEmbedded / 4 / rest
}

// integrity returns the hash of a script or style that a policy allows.
func integrity(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

func texts(colours []color.RGBA) []string {
	all := make([]string, len(colours))
	for i, c := range colours {
		all[i] = fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B)
	}
	return all
}

// packed returns rows of doubles, column after column.
func packed[T any](rows []T, width int, cells func(T) []float64) []byte {
	out := make([]byte, 8*width*len(rows))
	for i, row := range rows {
		for column, v := range cells(row) {
			binary.LittleEndian.PutUint64(out[8*(column*len(rows)+i):], math.Float64bits(v))
		}
	}
	return out
}

func (p point) row() []float64 {
	return []float64{p.lo, p.hi, p.count, p.mean, p.stddev, p.min, p.max}
}

func drawable(points []point) []point {
	var out []point
	for _, p := range points {
		if p.drawable() {
			out = append(out, p)
		}
	}
	return out
}

// A groupOf is several windows that follow each other.
type groupOf struct {
	windows       int
	lo, hi, count float64
	first, last   float64 // means
	low, high     float64 // of the means
	lower, upper  float64 // edges of the band
	min, max      float64
}

func (g groupOf) row() []float64 {
	return []float64{g.lo, g.hi, float64(g.windows), g.count, g.first, g.last, g.low, g.high, g.lower, g.upper, g.min, g.max}
}

// groups returns the windows of each column, in order, and apart where gaps are not narrower.
func (s screen) groups(points []point) []groupOf {
	var all []groupOf
	runs, _ := s.join(split(points))
	for _, r := range runs {
		column := -1
		for _, p := range r {
			if here := s.column(p.centre()); here != column {
				column = here
				all = append(all, groupOf{lo: p.lo, first: p.mean, low: p.mean, high: p.mean, lower: p.mean - p.spread(), upper: p.mean + p.spread(), min: p.min, max: p.max})
			}
			g := &all[len(all)-1]
			g.windows++
			g.hi, g.last = p.hi, p.mean
			g.count += p.count
			g.low, g.high = min(g.low, p.mean), max(g.high, p.mean)
			g.lower, g.upper = min(g.lower, p.mean-p.spread()), max(g.upper, p.mean+p.spread())
			g.min, g.max = min(g.min, p.min), max(g.max, p.max)
		}
	}
	return all
}
