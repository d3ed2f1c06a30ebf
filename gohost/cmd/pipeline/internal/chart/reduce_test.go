package chart

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/window"
)

// hourly returns the row of an hour.
func hourly(hour int, mean, stddev float64) window.Row {
	start := time.Unix(int64(hour)*3600, 0).UTC()
	return window.Row{
		Start: start, End: start.Add(time.Hour), First: start, Last: start,
		Stat: gohost.Statistics{Count: 1, Mean: mean, Min: mean - stddev, Max: mean + stddev}, StdDev: stddev,
	}
}

// walk returns hours of a random walk, with a spike up and one down.
func walk(t *testing.T, hours int) *Lines {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	var lines Lines
	var at float64
	for hour := range hours {
		at += random.NormFloat64()
		mean := at
		switch hour {
		case hours / 3:
			mean = 1000
		case hours / 2:
			mean = -1000
		}
		require.NoError(t, lines.Add("", hourly(hour, mean, 1)))
	}
	return &lines
}

// What is drawn of many windows has the first, last, smallest and largest value of each column.
func TestManyWindowsKeepWhatAScreenCanShow(t *testing.T) {
	const hours = 100_000
	points := walk(t, hours).sorted()[0].points
	s := newScreen(0, hours*3600, columns)
	paths, gaps := s.paths(points)
	require.Zero(t, gaps)
	type extremes struct{ first, last, low, high float64 }
	drawn, all := map[int]extremes{}, map[int]extremes{}
	see := func(seen map[int]extremes, x, y float64) {
		e, ok := seen[s.column(x)]
		if !ok {
			e = extremes{y, y, y, y}
		}
		seen[s.column(x)] = extremes{e.first, y, min(e.low, y), max(e.high, y)}
	}
	count := 0
	for i, p := range paths {
		if i > 0 {
			require.Equal(t, paths[i-1].mean[len(paths[i-1].mean)-1], p.mean[0], "the pieces are joined")
		}
		for _, xy := range p.mean {
			see(drawn, xy.X, xy.Y)
			count++
		}
	}
	for _, p := range points {
		see(all, p.centre(), p.mean)
	}
	require.Equal(t, all, drawn)
	require.LessOrEqual(t, count, 5*columns)
}

// The picture of many windows is that of all their lines, but for the edges of a few pixels.
func TestThePictureOfManyWindowsIsTheWhole(t *testing.T) {
	lines := walk(t, 3*columns).sorted()
	reduced, whole := newDrawing(lines, Labels{}), newDrawing(lines, Labels{})
	whole.columns *= 10
	a, b := picture(t, reduced), picture(t, whole)
	different := 0
	require.Len(t, b.Pix, len(a.Pix))
	for i := 0; i < len(a.Pix); i += 4 { // red
		if r, s := a.Pix[i], b.Pix[i]; max(r, s)-min(r, s) > 0x30 {
			different++
		}
	}
	assert.Less(t, different, 300)
}

func picture(t *testing.T, d *drawing) *image.RGBA {
	t.Helper()
	data, err := d.draw("a.png")
	require.NoError(t, err)
	p, err := png.Decode(bytes.NewReader(data))
	require.NoError(t, err)
	require.IsType(t, &image.RGBA{}, p)
	return p.(*image.RGBA)
}

// Gaps that are wider than a column are seen, and the others are counted.
func TestGapsOfManyWindows(t *testing.T) {
	const hours = 90_000 // 50 a column
	var lines Lines
	for hour := range hours {
		switch {
		case hour >= 1000 && hour < 1005, hour >= 2000 && hour < 2049: // narrower
		case hour >= 3000 && hour < 3051, hour >= 40_000 && hour < 50_000: // wider
		case hour == 60_000:
			require.NoError(t, lines.Add("", hourly(hour, math.NaN(), math.NaN())))
		default:
			require.NoError(t, lines.Add("", hourly(hour, 1, 1)))
		}
	}
	s := newScreen(0, hours*3600, columns)
	paths, gaps := s.paths(lines.sorted()[0].points)
	assert.Equal(t, 3, gaps)
	var breaks []float64
	for i := 1; i < len(paths); i++ {
		if end := paths[i-1].mean[len(paths[i-1].mean)-1].X; end != paths[i].mean[0].X {
			breaks = append(breaks, math.Round(end/3600))
		}
	}
	assert.Equal(t, []float64{3000, 40_000}, breaks)
	svg, err := Draw("a.svg", &lines, Labels{Mean: "mean"})
	require.NoError(t, err)
	assert.Contains(t, string(svg), "gaps too narrow to see: 3")
}

// A lone window in a long time is wide enough to be seen.
func TestALoneWindowIsSeen(t *testing.T) {
	for _, n := range []int{100, 10_000} {
		var lines Lines
		for i := range n {
			require.NoError(t, lines.Add("", hourly(i*1000, 1, 1)))
		}
		one := lines.sorted()
		lo, hi := extent(one)
		s := newScreen(lo, hi, columns)
		paths, _ := s.paths(one[0].points)
		for _, p := range paths {
			assert.GreaterOrEqual(t, p.mean[len(p.mean)-1].X-p.mean[0].X, 1.99*s.width)
		}
	}
}

// The size of a file does not grow with the windows.
func TestFilesAreBounded(t *testing.T) {
	for name, most := range map[string]int{"a.svg": 700_000, "a.png": 700_000} {
		data, err := Draw(name, walk(t, 50_000), Labels{})
		require.NoError(t, err)
		assert.Less(t, len(data), most, name)
	}
}

// words returns the texts of a chart.
func words(t *testing.T, svg []byte) (all []string) {
	t.Helper()
	decoder := xml.NewDecoder(bytes.NewReader(svg))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		if text, ok := token.(xml.CharData); ok && strings.TrimSpace(string(text)) != "" {
			all = append(all, strings.TrimSpace(string(text)))
		}
	}
}

// The first series have names, the next are grey, and the rest is counted.
func TestALegendOfManySeries(t *testing.T) {
	for _, n := range []int{2, 10, 11, 234} {
		var lines Lines
		for hour := range 3 {
			for i := range n {
				require.NoError(t, lines.Add(fmt.Sprintf("station %04d", i), hourly(hour, float64(i), 1)))
			}
		}
		svg, err := Draw("a.svg", &lines, Labels{Mean: "mean of each hour"})
		require.NoError(t, err)
		texts := words(t, svg)
		for i := range n {
			if name := fmt.Sprintf("station %04d", i); i < mostNamed {
				assert.Contains(t, texts, name)
			} else {
				assert.NotContains(t, texts, name)
			}
		}
		if n > mostNamed {
			assert.Contains(t, texts, fmt.Sprintf("%d more", min(n, mostLines)-mostNamed))
		}
		if n > mostLines {
			assert.Contains(t, texts, fmt.Sprintf("%d not drawn", n-mostLines))
		}
	}
}

// Names of any length and content stay within the legend, and are texts.
func TestHostileNamesOfSeries(t *testing.T) {
	hostile := []string{
		strings.Repeat("long ", 13_000), `<script>alert(1)</script>`, "]]></text><script/>", "\u202egnp.exe", "\x00\x1b[31m\x07", "\xff\xfe",
		"מזג אוויר", "気温", `"onload="alert(1)`, "&amp;&#0;",
	}
	var lines Lines
	for hour := range 2 {
		for _, name := range hostile {
			require.NoError(t, lines.Add(name, hourly(hour, 1, 1)))
		}
	}
	svg, err := Draw("a.svg", &lines, Labels{Title: "\x00<b>", Mean: "mean"})
	require.NoError(t, err)
	assert.NotEmpty(t, words(t, svg), "it is well formed")
	assert.NotContains(t, string(svg), "<script")
	assert.Less(t, len(svg), 20_000)
}

// A sample of one has no standard deviation, but a mean.
func TestAWindowWithoutAStandardDeviation(t *testing.T) {
	var lines Lines
	for hour := range 3 {
		require.NoError(t, lines.Add("", hourly(hour, 5, math.NaN())))
	}
	for _, name := range []string{"a.svg", "a.html"} {
		chart, err := Draw(name, &lines, Labels{})
		require.NoError(t, err)
		assert.NotContains(t, string(chart), ">NaN<")
	}
	assert.Len(t, split(lines.sorted()[0].points), 1)
}

func TestTooManyWindowsToDraw(t *testing.T) {
	lines := Lines{windows: mostWindows}
	require.ErrorIs(t, lines.Add("", hourly(0, 1, 1)), ErrTooManyWindows)
}
