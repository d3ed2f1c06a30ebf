package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/beam/transform"
	"example.org/compute-pipeline/gohost/grade"
)

// aLine is a line of a file, with the key that it has as a member.
type aLine struct{ key, text string }

// randomLines are of 90 days, with values that no float can add up.
func randomLines(r *rand.Rand, n int) []aLine {
	list := make([]aLine, n)
	for i := range list {
		key := fmt.Sprintf("sensor %d", r.IntN(3))
		value := math.Ldexp(r.NormFloat64(), r.IntN(200)-100)
		list[i] = aLine{key, fmt.Sprintf(`{"timestamp": %d, "id": %q, "value": %v}`, 1262304000+r.IntN(90*86400), key, value)}
	}
	return list
}

func texts(list []aLine) string {
	var out strings.Builder
	for _, line := range list {
		out.WriteString(line.text + "\n")
	}
	return out.String()
}

// write writes a file, compressed if its name says so.
func write(t *testing.T, path, content string) {
	t.Helper()
	data := []byte(content)
	if strings.HasSuffix(path, ".zst") {
		w, err := zstd.NewWriter(nil)
		require.NoError(t, err)
		data = w.EncodeAll(data, nil)
		require.NoError(t, w.Close())
	}
	if strings.HasSuffix(path, ".gz") {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		_, err := w.Write(data)
		require.NoError(t, err)
		require.NoError(t, w.Close())
		data = packed.Bytes()
	}
	require.NoError(t, os.WriteFile(path, data, 0o600))
}

// scatter writes lines to some files of any length, and returns their pattern.
func scatter(t *testing.T, r *rand.Rand, list []aLine) string {
	t.Helper()
	dir := t.TempDir()
	list = slices.Clone(list)
	r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	for i := 0; len(list) > 0; i++ {
		n := min(len(list), 1+r.IntN(400))
		name := fmt.Sprintf("part-%02d.ndjson", i)
		if i%4 == 1 {
			name += ".gz"
		}
		write(t, filepath.Join(dir, name), texts(list[:n]))
		list = list[n:]
	}
	return filepath.Join(dir, "part-*")
}

// beamed returns what a job writes on Prism.
func beamed(t *testing.T, job Job) string {
	t.Helper()
	if job.Output == "" {
		job.Output = filepath.Join(t.TempDir(), "out")
	}
	if job.OutputFormat == "" {
		job.OutputFormat = "csv"
	}
	require.NoError(t, job.Run(t.Context()))
	out, err := os.ReadFile(job.Output)
	require.NoError(t, err)
	return string(out)
}

// pipelineRun returns what `pipeline run` prints for a file, and on standard error but for notes, such as of a field
// that looks like a key.
func pipelineRun(t *testing.T, content, window string) (out, complaint string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "input")
	write(t, path, content)
	var stdout, stderr strings.Builder
	cmd := exec.Command(pipelineProgram, "run", path, "--window", window, "-o", "csv")
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		require.NotEmpty(t, stderr.String(), err)
	}
	for line := range strings.Lines(stderr.String()) {
		if !strings.HasPrefix(line, "note: ") {
			complaint += line
		}
	}
	return stdout.String(), complaint
}

func TestResultsAreThoseOfPipelineRun(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	list := randomLines(r, 2000)
	for i, window := range []string{"1h", "1d", "7d", "1mo", "all"} {
		want, complaint := pipelineRun(t, texts(list), window)
		require.Empty(t, complaint)
		for _, size := range []int64{0, []int64{64, 1000, 7777}[i%3]} {
			got := beamed(t, Job{
				Input: scatter(t, r, list), SplitSize: size,
				Validate: transform.ValidateFn{Format: transform.JSONLines, Window: window},
			})
			require.Equal(t, want, got, "window %s, parts of %d bytes", window, size)
		}
	}
}

func TestEachKeyHasItsResults(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	list := randomLines(r, 1500)
	out := beamed(t, Job{
		Input: scatter(t, r, list), SplitSize: 500,
		Validate: transform.ValidateFn{Format: transform.JSONLines, Window: "7d", KeyField: "id"},
	})
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	require.NoError(t, err)
	require.Equal(t, "key", rows[0][0])
	for i := range 3 {
		key := fmt.Sprintf("sensor %d", i)
		want, _ := pipelineRun(t, texts(slices.DeleteFunc(slices.Clone(list), func(l aLine) bool { return l.key != key })), "7d")
		var got strings.Builder
		w := csv.NewWriter(&got)
		for _, row := range rows {
			if row[0] == key || row[0] == "key" {
				require.NoError(t, w.Write(row[1:]))
			}
		}
		w.Flush()
		require.Equal(t, want, got.String())
	}
}

func TestArraysByFile(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	dir := t.TempDir()
	want := map[string]string{}
	for _, name := range []string{"a.json", "b.json.gz"} {
		array := "[" + strings.TrimSuffix(strings.ReplaceAll(texts(randomLines(r, 300)), "\n", ",\n"), ",\n") + "]"
		write(t, filepath.Join(dir, name), array)
		want[filepath.Join(dir, name)], _ = pipelineRun(t, array, "all")
	}
	out := beamed(t, Job{
		Input: filepath.Join(dir, "*.json*"), OutputFormat: "ndjson",
		Validate: transform.ValidateFn{Format: transform.JSON, Window: "all", KeyFile: true},
	})
	rows := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	require.Len(t, rows, 2)
	for _, text := range rows {
		var row struct {
			Key   string
			Count int
			Mean  json.Number
		}
		require.NoError(t, json.Unmarshal([]byte(text), &row))
		require.Equal(t, 300, row.Count)
		cells := strings.Split(want[row.Key], ",")
		mean, err := row.Mean.Float64()
		require.NoError(t, err)
		require.Contains(t, cells, fmt.Sprint(mean))
	}
}

// files writes points to some files of a format: every third with gzip, every third with Zstandard,
// some of them empty, and the columns of CSV in another order in each.
func files(t *testing.T, r *rand.Rand, format transform.Format, points []gohost.Datapoint) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; len(points) > 0; i++ {
		n := min(len(points), r.IntN(300))
		if format == transform.JSON {
			n = max(n, 1) // an empty array is a fault
		}
		var out strings.Builder
		if format == transform.CSV {
			out.WriteString([]string{"time,value,id", "id,value,time"}[i%2] + "\n")
		}
		for k, p := range points[:n] {
			switch format {
			case transform.CSV:
				cells := []string{fmt.Sprint(p.Timestamp), fmt.Sprint(p.Value), `"x, ""y"""`}
				if i%2 == 1 {
					slices.Reverse(cells)
				}
				out.WriteString(strings.Join(cells, ",") + "\r\n")
			case transform.Packed:
				out.Write(gohost.AppendPacked(nil, p))
			case transform.JSON:
				fmt.Fprintf(&out, "%s[%d,%v]", []string{"[", ",\n"}[min(k, 1)], p.Timestamp, p.Value)
			default:
				fmt.Fprintf(&out, "[%d,%v]\n", p.Timestamp, p.Value)
			}
		}
		if format == transform.JSON {
			out.WriteString("]")
		}
		write(t, filepath.Join(dir, fmt.Sprintf("part-%02d%s", i, []string{"", ".gz", ".zst"}[i%3])), out.String())
		points = points[n:]
	}
	return filepath.Join(dir, "part-*")
}

// Every format gives the bits of `pipeline run`, compressed or not, also in tiny parts and bundles.
func TestEveryFormatGivesTheSameBits(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 16))
	points := make([]gohost.Datapoint, 1200)
	var lines strings.Builder
	for i := range points {
		points[i] = gohost.Datapoint{Timestamp: 1262304000 + r.Uint64N(5*86400), Value: math.Ldexp(r.NormFloat64(), r.IntN(200)-100)}
		fmt.Fprintf(&lines, "[%d,%v]\n", points[i].Timestamp, points[i].Value)
	}
	object := strings.NewReplacer("[", `{"timestamp":`, ",", `,"value":`, "]", "}").Replace(lines.String())
	want, complaint := pipelineRun(t, object, "1h")
	require.Empty(t, complaint)
	for _, format := range []transform.Format{transform.CSV, transform.Packed, transform.JSON, transform.JSONLines} {
		for _, size := range []int64{0, 333} {
			got := beamed(t, Job{
				Input: files(t, r, format, points), SplitSize: size, CellNewlines: format == transform.CSV && size == 0,
				Validate: transform.ValidateFn{Format: format, Window: "1h"},
			})
			require.Equal(t, want, got, "%s in parts of %d bytes", format, size)
		}
	}
}

func TestColumnsOfCSV(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "1.csv"), "when,station,°C,°F\n2010-01-01T00:00:00Z,a,1,33.8\n2010-01-01T00:30:00Z,b,2,35.6\n")
	write(t, filepath.Join(dir, "2.csv.zst"), "station;when;°F;°C\na;2010-01-01T00:59:59Z;0;3\n")
	job := Job{
		Input:    filepath.Join(dir, "*"),
		Validate: transform.ValidateFn{Format: transform.CSV, Window: "1h", TimeColumn: "when", ValueColumn: "°C", KeyField: "station"},
	}
	rows, err := csv.NewReader(strings.NewReader(beamed(t, job))).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 3)
	require.Equal(t, "a", rows[1][0])
	require.Contains(t, rows[1], "2") // the mean of 1 and 3, and their number

	// A file without the columns is a fault, and the others are computed.
	write(t, filepath.Join(dir, "3.csv"), "station,when,°F\na,2010-01-01T00:59:59Z,0\n")
	job.Output, job.OutputFormat = filepath.Join(dir, "out"), "csv"
	require.ErrorContains(t, job.Run(t.Context()), `3.csv: byte offset 0: line 1, column 1: no column is named "°C" (value_column); expected one of: "station", "when", "°F"`)
	job.Faults = filepath.Join(dir, "faults")
	again, err := csv.NewReader(strings.NewReader(beamed(t, job))).ReadAll()
	require.NoError(t, err)
	require.Equal(t, rows, again)
}

// Files without a point are no reason to fail, but a job without one is.
func TestNothingToCompute(t *testing.T) {
	dir := t.TempDir()
	for format, text := range map[transform.Format]string{transform.CSV: "time,value\n", transform.JSONLines: "\n", transform.Packed: ""} {
		write(t, filepath.Join(dir, "1."+string(format)), text)
		write(t, filepath.Join(dir, "2."+string(format)), "")
		job := Job{
			Input: filepath.Join(dir, "*."+string(format)), Output: filepath.Join(dir, "out"), OutputFormat: "csv",
			Validate: transform.ValidateFn{Format: format},
		}
		require.ErrorContains(t, job.Run(t.Context()), job.Input+": the input is empty: expected at least one datapoint")
		require.NoFileExists(t, job.Output)
		for _, pattern := range []string{"none-*", "none", "[", ""} {
			job.Input = pattern
			if pattern != "" {
				job.Input = filepath.Join(dir, pattern)
			}
			want := map[string]string{"[": "syntax error in pattern", "": "--input is missing"}[pattern]
			if want == "" {
				want = fmt.Sprintf("no files matching pattern %q", job.Input)
			}
			require.ErrorContains(t, job.Run(t.Context()), want)
		}
	}
}

// A damaged file fails the job with its name and where it is damaged, also if faults are allowed.
func TestADamagedFile(t *testing.T) {
	dir := t.TempDir()
	list := randomLines(rand.New(rand.NewPCG(17, 18)), 2000)
	write(t, filepath.Join(dir, "1.gz"), texts(list))
	data, err := os.ReadFile(filepath.Join(dir, "1.gz"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "2.gz"), data[:len(data)/2], 0o600))
	job := Job{
		Input: filepath.Join(dir, "*.gz"), Output: filepath.Join(dir, "out"), OutputFormat: "csv", Faults: filepath.Join(dir, "faults"),
		Validate: transform.ValidateFn{Format: transform.JSONLines},
	}
	require.ErrorContains(t, job.Run(t.Context()), fmt.Sprintf("2.gz: byte offset %d: the gzip data ends too early; is the file complete?", len(data)/2))
	require.NoFileExists(t, job.Output)
	require.NoFileExists(t, job.Faults)
}

// A fault is found where `pipeline run` finds it.
func TestFaults(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	list := randomLines(r, 1000)
	good, _ := pipelineRun(t, texts(list), "1d")
	bad := slices.Insert(slices.Clone(list), 700, aLine{"", `{"timestamp": 1262304000, "id": "x", "value": "39.4"}`})
	bad = slices.Insert(bad, 900, aLine{"", `{"timestamp": 1262304000`})
	dir := t.TempDir()
	input := filepath.Join(dir, "bad.ndjson")
	write(t, input, texts(bad))
	_, complaint := pipelineRun(t, texts(bad), "1d")
	_, after, found := strings.Cut(complaint, "(byte offset ")
	require.True(t, found, complaint)
	at, message, _ := strings.Cut(strings.TrimSpace(after), "): ")

	job := Job{
		Input: input, SplitSize: 5000, Output: filepath.Join(dir, "out"), OutputFormat: "csv",
		Validate: transform.ValidateFn{Format: transform.JSONLines, Window: "1d"},
	}
	err := job.Run(t.Context())
	require.ErrorContains(t, err, fmt.Sprintf("%s: byte offset %s: %s (of 2 faults in all", input, at, message))
	require.NoFileExists(t, job.Output)

	job.Faults = filepath.Join(dir, "faults")
	require.Equal(t, good, beamed(t, job))
	faults, err := os.ReadFile(job.Faults)
	require.NoError(t, err)
	first, second, _ := strings.Cut(string(faults), "\n")
	require.JSONEq(t, fmt.Sprintf(`{"file": %q, "offset": %s, "message": %q}`, input, at, message), first)
	require.Contains(t, second, "the line ends inside an object")
	left, err := filepath.Glob(filepath.Join(dir, "*.partial"))
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestAPluginComputes(t *testing.T) {
	wasm, err := os.ReadFile("../../../plugin/testdata/engine.core.wasm")
	require.NoError(t, err)
	wasm, err = grade.Claim(wasm, grade.Exact)
	require.NoError(t, err)
	dir := t.TempDir()
	module := filepath.Join(dir, "plugin.wasm")
	require.NoError(t, os.WriteFile(module, wasm, 0o600))
	sum := sha256.Sum256(wasm)
	r := rand.New(rand.NewPCG(9, 10))
	list := randomLines(r, 500)
	want, _ := pipelineRun(t, texts(list), "1mo")
	engine := transform.Engine{Plugin: &transform.Plugin{Path: module, SHA256: hex.EncodeToString(sum[:])}}
	require.Equal(t, want, beamed(t, Job{
		Input:    scatter(t, r, list),
		Validate: transform.ValidateFn{Engine: engine, Format: transform.JSONLines, Window: "1mo"},
	}))
}

// A failure of the engine fails the pipeline with its cause, and nothing is written.
func TestAFailureInABundleIsTheJobs(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	job := Job{
		Input: scatter(t, r, randomLines(r, 500)), Output: filepath.Join(t.TempDir(), "out"), OutputFormat: "csv",
		Validate: transform.ValidateFn{Engine: transform.Engine{Fuel: 1000}, Format: transform.JSONLines},
	}
	require.ErrorContains(t, job.Run(t.Context()), "fuel")
	left, err := filepath.Glob(job.Output + "*")
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestInvalidJobsAreRefused(t *testing.T) {
	good := Job{Input: "a", Output: "b", OutputFormat: "csv", Validate: transform.ValidateFn{Format: transform.JSON}}
	require.NoError(t, good.Check())
	for message, change := range map[string]func(*Job){
		"--input is missing":  func(j *Job) { j.Input = "" },
		"--output is missing": func(j *Job) { j.Output = "" },
		"--output_format":     func(j *Job) { j.OutputFormat = "table" },
		"--split_size":        func(j *Job) { j.SplitSize = -1 },
		"hdfs":                func(j *Job) { j.Input = "hdfs://a" },
		"the compression":     func(j *Job) { j.Compression = "lzma" },
		"--cell_newlines":     func(j *Job) { j.CellNewlines = true },
		"the format":          func(j *Job) { j.Validate.Format = "table" },
	} {
		job := good
		change(&job)
		require.ErrorContains(t, job.Check(), message)
	}
	_, err := (&pluginFlags{sha256: "x"}).load()
	require.ErrorContains(t, err, "need --plugin")
	_, err = (&pluginFlags{path: "x", keys: "/none"}).load()
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorIs(t, transform.Engine{Plugin: &transform.Plugin{Path: "x"}}.Check(), gohost.ErrInvalidInput)
}
