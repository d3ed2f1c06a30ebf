package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPlotsAreDeterministicAndWhole(t *testing.T) {
	for _, name := range []string{"p.svg", "p.PNG"} {
		first, second := filepath.Join(t.TempDir(), name), filepath.Join(t.TempDir(), name)
		for _, plot := range []string{first, second} {
			res := pipeline(t, "", "run", "testdata/points.json", "-w", "1h", "--plot", plot, "--title", "A <title> & more")
			require.Equal(t, 0, res.status, res.err)
			require.Equal(t, "plot written to "+plot+"\n", res.err)
			require.Equal(t, []string{name}, files(t, filepath.Dir(plot)), "no temporary file stays")
		}
		require.Equal(t, readFile(t, first), readFile(t, second))
	}
}

func TestAPlotHasItsWordsAndTheWholeSize(t *testing.T) {
	dir := t.TempDir()
	svg, raster := filepath.Join(dir, "p.svg"), filepath.Join(dir, "p.png")
	for _, plot := range []string{svg, raster} {
		res := pipeline(t, "", "run", "testdata/points.csv", "-w", "1h", "--plot", plot, "--title", "A <title> & more")
		require.Equal(t, 0, res.status, res.err)
	}
	require.NotRegexp(t, `NaN|Inf|#-`, string(readFile(t, svg)))
	var words []string
	decoder := xml.NewDecoder(bytes.NewReader(readFile(t, svg)))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if text, ok := token.(xml.CharData); ok && strings.TrimSpace(string(text)) != "" {
			words = append(words, strings.TrimSpace(string(text)))
		}
	}
	for _, want := range []string{"A <title> & more", "mean of each hour", "± 1 standard deviation", "Time (UTC)", "temp", "06:00", "2 Jan 2010"} {
		require.Contains(t, words, want)
	}
	picture, err := png.Decode(bytes.NewReader(readFile(t, raster)))
	require.NoError(t, err)
	require.Equal(t, 1800, picture.Bounds().Dx())
	require.Equal(t, 900, picture.Bounds().Dy())
	colours := map[[3]uint32]int{}
	for y := range 900 {
		for x := range 1800 {
			r, g, b, _ := picture.At(x, y).RGBA()
			colours[[3]uint32{r >> 8, g >> 8, b >> 8}]++
		}
	}
	require.Greater(t, colours[[3]uint32{0x1f, 0x5f, 0xa8}], 1000, "the line is there")
	require.Greater(t, colours[[3]uint32{0xd2, 0xdf, 0xee}], 10, "and the band")
	require.Greater(t, colours[[3]uint32{255, 255, 255}], 1_000_000, "on white")
}

func TestAPlotOfOneWindowOrOnePoint(t *testing.T) {
	for _, text := range []string{`[{"timestamp":1,"value":2}]`, `[{"timestamp":1,"value":2},{"timestamp":9000,"value":1e-300}]`, `[{"timestamp":253402300799,"value":-1.7e300}]`} {
		for _, w := range []string{"1h", "1mo", "all"} {
			plot := filepath.Join(t.TempDir(), "p.svg")
			res := pipeline(t, text, "run", "-", "-w", w, "--plot", plot)
			require.Equal(t, 0, res.status, res.err)
			require.NotContains(t, string(readFile(t, plot)), "NaN")
			require.NotContains(t, string(readFile(t, plot)), "Inf")
		}
	}
}

func TestNothingIsLeftAfterAFailure(t *testing.T) {
	dir := t.TempDir()
	plot := filepath.Join(dir, "p.svg")
	res := pipeline(t, `[{"timestamp":1,"value":2},`, "run", "-", "--plot", plot)
	require.Equal(t, 1, res.status)
	require.Empty(t, res.out)
	require.Empty(t, files(t, dir))

	// A NaN: there is nothing to draw, so the table is not printed.
	nan := strings.Repeat("\x00", 14) + "\xf8\x7f"
	res = pipeline(t, nan, "run", "-", "--plot", plot)
	require.Equal(t, outcome{status: 1, err: "pipeline: plot " + plot + ": no window has a finite mean and standard deviation to draw\n"}, res)
	require.Empty(t, files(t, dir))

	// If the plot cannot be renamed, no temporary file is left.
	require.NoError(t, os.Mkdir(plot, 0o700))
	res = pipeline(t, "", "run", "testdata/points.json", "--plot", plot)
	require.Equal(t, 1, res.status)
	require.Empty(t, res.out)
	require.Equal(t, []string{"p.svg"}, files(t, dir))
}

func TestAPlotReplacesWhatALinkPointsTo(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "link.svg")
	require.NoError(t, os.WriteFile(target, []byte("old"), 0o600))
	require.NoError(t, os.Symlink("target", link))
	res := pipeline(t, "", "run", "testdata/points.json", "--plot", link)
	require.Equal(t, 0, res.status, res.err)
	require.Contains(t, string(readFile(t, target)), "</svg>")
	info, err := os.Lstat(link)
	require.NoError(t, err)
	require.NotZero(t, info.Mode()&os.ModeSymlink)
}

// With keys, each has a line with its name.
func TestAPlotOfSeveralSeries(t *testing.T) {
	plot := filepath.Join(t.TempDir(), "p.svg")
	res := pipeline(t, "time,value,station\n0,1,north\n0,2,<b>\n90000,1,north\n90000,3,\x1b[31m\n", "run", "-", "--format", "csv", "--group-by", "station", "--plot", plot)
	require.Equal(t, 0, res.status, res.err)
	for _, want := range []string{">north<", ">&lt;b&gt;<", `>\x1b[31m<`} {
		require.Contains(t, string(readFile(t, plot)), want)
	}
}
