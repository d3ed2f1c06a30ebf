package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/inference/detector"
)

// faulty returns hourly points in NDJSON with a season of a day, noise that needs no random numbers, a spike,
// a stuck sensor and a gap.
func faulty(unit uint64) string {
	var out strings.Builder
	for i := range 600 {
		x := 10*math.Sin(2*math.Pi*float64(i)/24) + float64(i*7919%31)/20
		switch {
		case i == 300:
			x += 30
		case i >= 400 && i < 430:
			x = 3
		case i >= 500 && i < 510:
			continue
		}
		fmt.Fprintf(&out, "{\"timestamp\":%d,\"value\":%.2f}\n", (1262304000+3600*uint64(i))*unit, x)
	}
	return out.String()
}

func TestDetectFindsWhatWasInjected(t *testing.T) {
	res := pipeline(t, faulty(1), "detect", "-")
	require.Equal(t, 0, res.status, res.err)
	assert.Regexp(t, `^first \(UTC\)          last \(UTC\)           kind   score\n2010-01-13 12:00:00  2010-01-13 1\d:00:00  spike  `, res.out)
	assert.Regexp(t, `2010-01-17 \d\d:00:00  2010-01-18 \d\d:00:00  stuck  1\.000\n`, res.out)
	assert.Regexp(t, `2010-01-21 19:00:00  2010-01-2\d \d\d:00:00  gap    0\.833\n$`, res.out)
	assert.Equal(t, "anomaly 1.0.0: 590 points, 3 findings: 1 spike, 1 stuck, 1 gap\n", res.err)
}

// Everything that is read the same gives the same findings.
func TestDetectReadsAllFormatsAndUnits(t *testing.T) {
	want := pipeline(t, faulty(1), "detect", "-", "-o", "csv")
	require.Equal(t, 0, want.status, want.err)
	require.Equal(t, 4, strings.Count(want.out, "\n"), want.out)
	lines := strings.Split(strings.TrimSpace(faulty(1)), "\n")
	for name, data := range map[string][]byte{
		"json":     []byte("[" + strings.Join(lines, ",") + "]"),
		"gzip":     gzipped(t, []byte(faulty(1))),
		"zstd":     zstandard(t, []byte(faulty(1))),
		"one line": []byte(faulty(1)),
	} {
		res := pipeline(t, "", "detect", tempFile(t, "data", data), "-o", "csv")
		assert.Equal(t, want, res, name)
	}
	assert.Equal(t, want, pipeline(t, faulty(1000), "detect", "-", "-o", "csv", "--unit", "ms"), "milliseconds")
	assert.Equal(t, want, pipeline(t, faulty(1), "detect", "-", "-o", "csv", "--interpreter"))
}

func TestDetectJSON(t *testing.T) {
	res := pipeline(t, faulty(1), "detect", "-", "-o", "json", "--threshold", "0.9")
	require.Equal(t, 0, res.status, res.err)
	var got struct {
		Detector map[string]string
		Points   int
		Findings []struct {
			First, Last, Kind string
			Score             float64
			Open              bool
		}
	}
	require.NoError(t, json.Unmarshal([]byte(res.out), &got))
	assert.Equal(t, "anomaly", got.Detector["name"])
	assert.Len(t, got.Detector["weights"], 64)
	assert.Equal(t, 590, got.Points)
	require.Len(t, got.Findings, 2)
	assert.Equal(t, "2010-01-13T12:00:00Z", got.Findings[0].First)

	// A stretch that goes on at the end is a finding too, and no findings are an empty list.
	lines := strings.SplitAfter(faulty(1), "\n")
	res = pipeline(t, strings.Join(lines[:301], ""), "detect", "-", "-o", "json")
	require.Equal(t, 0, res.status, res.err)
	require.NoError(t, json.Unmarshal([]byte(res.out), &got))
	require.Len(t, got.Findings, 1)
	assert.True(t, got.Findings[0].Open)
	assert.Contains(t, res.err, "the last one goes on at the end")
	assert.Contains(t, pipeline(t, strings.Join(lines[:301], ""), "detect", "-", "-o", "csv").out, ",true\n")
	res = pipeline(t, lines[0], "detect", "-", "-o", "json")
	assert.Contains(t, res.out, `"findings": []`)
	assert.Equal(t, "anomaly 1.0.0: 1 point, 0 findings\nnote: before point 73 the embedded plugin says nothing but gap and invalid\n", res.err)
}

// Series that are in one input have the findings that each has alone.
func TestDetectOfSeveralSeries(t *testing.T) {
	lines := strings.SplitAfter(strings.TrimSpace(faulty(1))+"\n", "\n")
	var mixed, other strings.Builder
	mixed.WriteString("site,at,load,part\n")
	row := func(site string, line string, more float64) {
		var p struct {
			Timestamp uint64
			Value     float64
		}
		require.NoError(t, json.Unmarshal([]byte(line), &p))
		fmt.Fprintf(&mixed, "%s,%s,%.2f,x\n", site, time.Unix(int64(p.Timestamp), 0).UTC().Format(time.RFC3339), p.Value+more)
		if site == "b" {
			fmt.Fprintf(&other, "{\"timestamp\":%d,\"value\":%.2f}\n", p.Timestamp, p.Value+more)
		}
	}
	for i, line := range lines[:len(lines)-1] {
		row("a", line, 0)
		if i < 301 {
			row("b", line, 100)
		}
		if i%100 == 0 {
			mixed.WriteString("a,2010-01-01,NA,x\nc,2010-01-01T00:00:00Z,,x\n")
		}
	}
	a, b := pipeline(t, faulty(1), "detect", "-", "-o", "csv"), pipeline(t, other.String(), "detect", "-", "-o", "csv")
	var want []string
	for key, out := range map[string]string{"a": a.out, "b": b.out} {
		for _, line := range strings.Split(strings.TrimSpace(out), "\n")[1:] {
			want = append(want, key+","+line)
		}
	}
	require.Len(t, want, 4)
	args := []string{"--time-column", "at", "--value-column", "load", "--group-by", "site", "--missing", "skip"}
	for _, parallel := range []string{mixed.String(), strings.ReplaceAll(mixed.String(), ",x\n", ","+strings.Repeat("x", 2000)+"\n")} {
		got := pipeline(t, parallel, append([]string{"detect", "-", "-o", "csv"}, args...)...)
		require.Equal(t, 0, got.status, got.err)
		rows := strings.Split(strings.TrimSpace(got.out), "\n")
		require.Equal(t, "key,first,last,kind,score,open", rows[0])
		require.ElementsMatch(t, want, rows[1:])
		require.Equal(t, "anomaly 1.0.0: 891 points of 2 values of site, 4 findings: 2 spike, 1 stuck, 1 gap; 1 at the end of their series go on\nnote: 12 values left out: missing\n", got.err)
	}
	got := pipeline(t, mixed.String(), append([]string{"detect", "-", "-o", "json"}, args...)...)
	require.Contains(t, got.out, `"group_by": "site"`)
	require.Contains(t, got.out, `"key": "b"`)
	got = pipeline(t, mixed.String(), append([]string{"detect", "-", "--group-by", "site,part"}, args[:4]...)...)
	require.Equal(t, 1, got.status)
	require.Contains(t, got.err, "--missing skip leaves it out")
	got = pipeline(t, mixed.String(), "detect", "-", "--group-by", "site,part", "--missing", "skip", "--time-column", "at", "--value-column", "load")
	require.Regexp(t, `^site  part  first \(UTC\)          last \(UTC\)           kind   score\na     x     2010-01-13 12:00:00  `, got.out)

	// Files of columns, patterns and a quarantine, as in a run.
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "all.csv"), []byte(strings.Replace(mixed.String(), "a,2010-01-01,NA", "a,oops,1", 1)), 0o600))
	bad := filepath.Join(t.TempDir(), "bad.jsonl")
	got = pipeline(t, "", append([]string{"detect", filepath.Join(dir, "*.csv"), "-o", "csv", "--bad", "quarantine:" + bad}, args...)...)
	require.Equal(t, 0, got.status, got.err)
	require.ElementsMatch(t, want, strings.Split(strings.TrimSpace(got.out), "\n")[1:])
	require.Contains(t, string(readFile(t, bad)), `"record":"a,oops,1`)
	require.Contains(t, got.err, "note: 1 record left out: bad\n")
	for _, args := range [][]string{{"--group-by", "site", "--plot", "x.svg"}, {"--group-by", "a,,b"}, {"--query", "select 1"}, {"--group-by", "x", "--format", "packed"}} {
		require.Equal(t, 2, pipeline(t, mixed.String(), append([]string{"detect", "-"}, args...)...).status, args)
	}
}

// Columns of Parquet and the rows of a database are read as those of CSV.
func TestDetectReadsColumns(t *testing.T) {
	var text strings.Builder
	text.WriteString("time,value\n")
	for line := range strings.Lines(faulty(1)) {
		var p struct {
			Timestamp int64
			Value     float64
		}
		require.NoError(t, json.Unmarshal([]byte(line), &p))
		fmt.Fprintf(&text, "%d,%v\n", p.Timestamp, p.Value)
	}
	want := pipeline(t, text.String(), "detect", "-", "-o", "csv")
	require.Equal(t, 0, want.status, want.err)
	path := filepath.Join(t.TempDir(), "points.parquet")
	// A window of each point has its value as the mean.
	made := pipeline(t, text.String(), "run", "-", "-w", "1h", "-o", "parquet", "--output-file", path)
	require.Equal(t, 0, made.status, made.err)
	got := pipeline(t, "", "detect", path, "-o", "csv", "--time-column", "start", "--value-column", "mean")
	require.Equal(t, want, got)
	got = pipeline(t, "", "detect", path, "-o", "csv", "--time-column", "start", "--value-column", "mean", "--group-by", "count")
	require.Equal(t, 0, got.status, got.err)
	require.Contains(t, got.out, "\n1,2010-01-13T12:00:00Z,")
}

// A series that no detector can judge is named.
func TestDetectNotesASeriesOutOfOrder(t *testing.T) {
	lines := strings.SplitAfter(faulty(1), "\n")
	res := pipeline(t, lines[9]+strings.Join(lines[:9], "")+lines[8]+strings.Join(lines[10:100], ""), "detect", "-", "-o", "csv")
	require.Equal(t, 0, res.status)
	assert.Contains(t, res.out, "first,last,kind,score,open\n")
	assert.Contains(t, res.err, "\nnote: 2 of 101 points are not after the one before: sort the input, and tell series apart with --group-by\n")
	assert.NotContains(t, pipeline(t, strings.Join(lines[:100], ""), "detect", "-").err, "note:")
}

func TestWhatADetectorReturnsMayBeAnything(t *testing.T) {
	for _, score := range []float32{float32(math.NaN()), -0.5, 1.5} {
		d := detecting{command: &detectCommand{Threshold: 0.5}}
		assert.ErrorContains(t, d.keep([]detector.Finding{{Score: score}}, "", false), "expected 0 to 1")
	}
}

// A file of several pieces and calls has the findings of a short one, shifted.
func TestDetectOfALongFile(t *testing.T) {
	var out bytes.Buffer
	out.WriteString("time,value\n")
	const n = 60_000
	for i := range n {
		x := 10*math.Sin(2*math.Pi*float64(i)/24) + float64(i*7919%31)/20
		if i%20_000 == 10_000 {
			x += 30
		}
		fmt.Fprintf(&out, "%d,%.2f\n", 1262304000+3600*i, x)
	}
	path := tempFile(t, "long.csv", out.Bytes())
	plot := filepath.Join(t.TempDir(), "long.svg")
	res := pipeline(t, "", "detect", path, "--plot", plot)
	require.Equal(t, 0, res.status, res.err)
	assert.Equal(t, "anomaly 1.0.0: 60000 points, 3 findings: 3 spike\nplot written to "+plot+"\n", res.err)
	info, err := os.Stat(plot)
	require.NoError(t, err)
	assert.Less(t, info.Size(), int64(1<<20), "a plot of any length is bounded")
}

func TestDetectPlots(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.svg", "a.png"} {
		plot := filepath.Join(dir, name)
		var pictures [][]byte
		for range 2 {
			res := pipeline(t, faulty(1), "detect", "-", "--plot", plot, "--title", "Sensor <7>", "--value-label", "°F")
			require.Equal(t, 0, res.status, res.err)
			pictures = append(pictures, readFile(t, plot))
		}
		require.Equal(t, pictures[0], pictures[1])
	}
	page := filepath.Join(dir, "a.html")
	res := pipeline(t, faulty(1), "detect", "-", "--plot", page)
	require.Equal(t, 0, res.status, res.err)
	assert.Contains(t, string(readFile(t, page)), `"word":"stuck"`)
	svg := string(readFile(t, filepath.Join(dir, "a.svg")))
	for _, word := range []string{"Sensor &lt;7&gt;", "°F", ">spike<", ">stuck<", ">gap<", ">anomaly<", "Time (UTC)"} {
		assert.Contains(t, svg, word)
	}
	assert.NotRegexp(t, `NaN|Inf|#-`, svg)
	picture, err := png.Decode(bytes.NewReader(readFile(t, filepath.Join(dir, "a.png"))))
	require.NoError(t, err)
	red := 0
	for y := range picture.Bounds().Dy() {
		for x := range picture.Bounds().Dx() {
			if r, g, b, _ := picture.At(x, y).RGBA(); r>>8 == 0xc9 && g>>8 == 0x2a && b>>8 == 0x2a {
				red++
			}
		}
	}
	assert.Greater(t, red, 200, "anomalies are marked")
}

func TestDetectSaysWhatIsWrong(t *testing.T) {
	engine := "../../engine.wasm"
	short := `[{"timestamp":1,"value":2}]`
	dir := t.TempDir()
	for _, c := range []struct {
		stdin  string
		args   []string
		status int
		err    string
	}{
		{short, []string{"--threshold", "1.5"}, 2, "--threshold 1.5: expected 0 to 1"},
		{short, []string{"--threshold", "NaN"}, 2, "--threshold NaN: expected 0 to 1"},
		{short, []string{"--fuel", "0"}, 2, "--fuel 0: expected a positive number"},
		{short, []string{"--call-timeout", "0s"}, 2, "--call-timeout 0s: expected a positive time"},
		{short, []string{"--memory", "0"}, 2, "--memory 0: expected 1 to"},
		{short, []string{"--plot", "a.jpeg"}, 2, `--plot: "a.jpeg" does not end in .svg, .png or .html`},
		{short, []string{"--title", "x"}, 2, "--title and --value-label need --plot"},
		{short, []string{"--plugin", filepath.Join(dir, "none.wasm")}, 2, "no such file"},
		{short, []string{"--plugin", engine}, 1, engine + ": "},
		{short, []string{"--plugin", "testdata/points.json"}, 1, "testdata/points.json: "},
		{"[]", nil, 1, "standard input: "},
		{`[{"timestamp":1,"value":"x"}]`, nil, 1, "line 1, column"},
		{`[{"timestamp":1262304000000,"value":1}]`, []string{"--unit", "s"}, 1, "is after the year 9999 (is --unit ms meant?)"},
		{"\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xf8\x7f", []string{"--format", "packed", "--plot", filepath.Join(dir, "x.svg")}, 1, "x.svg: there is no finite value to draw"},
		{faulty(1), []string{"--fuel", "100000"}, 1, "units; raise --fuel\n"},
	} {
		res := pipeline(t, c.stdin, append([]string{"detect", "-"}, c.args...)...)
		assert.Equal(t, c.status, res.status, "%v: %s", c.args, res.err)
		assert.Contains(t, res.err, c.err, "%v", c.args)
		assert.Empty(t, res.out, "%v", c.args)
	}
	assert.Equal(t, 2, pipeline(t, "", "detect", filepath.Join(dir, "none.json")).status)
	assert.Empty(t, files(t, dir))
}

// What a plugin calls its answers is printed without what a terminal would obey.
func TestPrintableHasNoControlCharacters(t *testing.T) {
	assert.Equal(t, "a�[31mb�", printable("a\x1b[31mb\n"))
	assert.LessOrEqual(t, len(printable(strings.Repeat("x", 1000))), 130)
}
