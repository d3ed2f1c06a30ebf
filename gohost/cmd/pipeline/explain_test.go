package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/columnar"
	"example.org/compute-pipeline/gohost/input"
)

// hourlyCSV returns rows that are 10 minutes apart, of a few stations.
func hourlyCSV(rows, stations int) []byte {
	var text strings.Builder
	text.WriteString("time,temp,station\n")
	for i := range rows {
		fmt.Fprintf(&text, "%d,%d.5,s%d\n", 1262304000+600*i, i%40, i%stations)
	}
	return []byte(text.String())
}

func TestExplainSaysWhatIsGuessed(t *testing.T) {
	path := tempFile(t, "a.csv.gz", gzipped(t, hourlyCSV(100, 3)))
	plot := filepath.Join(t.TempDir(), "p.svg")
	res := pipeline(t, "", "run", "--explain", path, "-w", "6h", "--value-column", "temp", "--plot", plot)
	require.Equal(t, 0, res.status, res.err)
	for _, want := range []string{
		"format        csv  (from the first bytes)\n", "compression   gzip  (from the first bytes)\n", "time          time  (a column with a common name)\n", "value         temp  (--value-column)\n",
		"windows       6h, in UTC  (--window)\n", "times         2010-01-01T00:00:00Z to 2010-01-01T16:30:00Z  (in all of it)\n",
		"points        100  (in all of it)\n", "rows          3\n", "statistics    count, mean,",
	} {
		assert.Contains(t, res.out, want)
	}
	assert.NoFileExists(t, plot, "nothing is computed")

	var explained struct {
		Explain []fact `json:"explain"`
	}
	res = pipeline(t, "", "run", "--explain", path, "--group-by", "station", "--value-column", "temp", "-o", "json")
	require.Equal(t, 0, res.status, res.err)
	require.NoError(t, json.Unmarshal([]byte(res.out), &explained))
	assert.Contains(t, explained.Explain, fact{"keys", "3 values", "in all of it"})
	assert.Contains(t, explained.Explain, fact{"rows", "3", ""})
	res = pipeline(t, "time,a,b\n0,1,2\n1,3,4\n", "run", "--explain", "-", "--value-column", "a", "--value-column", "b")
	assert.Contains(t, res.out, "rows          2\n", "one for each column")
}

// Of a long input only the beginning is read: what follows may be invalid, and is estimated.
func TestExplainReadsTheBeginning(t *testing.T) {
	rows := hourlyCSV(500_000, 1)
	require.Greater(t, len(rows), 2*mostExplained)
	path := tempFile(t, "a.csv", append(rows, "not a time,1,x\n"...))
	res := pipeline(t, "", "run", "--explain", path, "--value-column", "temp", "-w", "1h")
	require.Equal(t, 0, res.status, res.err)
	assert.Regexp(t, `points        about (49|50|51)0,000  \(in the first 4 MiB\)`, res.out)
	assert.Regexp(t, `rows          about 8[234],000  \(if the times go on as they begin\)`, res.out)

	res = pipeline(t, string(rows), "run", "--explain", "-", "--value-column", "temp")
	require.Equal(t, 0, res.status, res.err)
	assert.Regexp(t, `rows          1,\d\d\d or more`, res.out, "the size of standard input is not known")
}

// The footer of Parquet has the number of rows. The size of columns tells little.
func TestExplainOfColumns(t *testing.T) {
	const rows = 300_000 // more than the beginning has
	for want, create := range map[string]func(io.Writer, []columnar.Field, map[string]string) (*columnar.Writer, error){
		"points        about 300,000  (": columnar.NewParquetWriter,
		"0 or more  (":                   columnar.NewArrowWriter,
	} {
		var file bytes.Buffer
		w, err := create(&file, []columnar.Field{{Name: "at", Kind: input.Instants, Unit: input.Microsecond}, {Name: "v", Kind: input.Floats}}, nil)
		require.NoError(t, err)
		for i := range rows {
			require.NoError(t, w.Row(func(r *columnar.Row) {
				r.Instant(int64(i) * 1e6)
				r.Float(float64(i % 9))
			}))
		}
		require.NoError(t, w.Close())
		res := pipeline(t, "", "run", "--explain", tempFile(t, "columns", file.Bytes()), "--time-column", "at", "--value-column", "v")
		require.Equal(t, 0, res.status, res.err)
		assert.Contains(t, res.out, want)
		assert.Contains(t, res.out, "time          at  (--time-column)\n")
	}
}

// What the windows need is estimated, and where they go if that is more than they may have.
func TestExplainSaysWhatIsWritten(t *testing.T) {
	path := tempFile(t, "a.csv", hourlyCSV(300_000, 20_000))
	dir := t.TempDir()
	for memory, want := range map[string]string{
		"1024": `windows about \d+(\.\d)? MiB; more than 512 MiB would go to a file in `,
		"4":    `windows about \d+(\.\d)? MiB, of which all but 2 MiB go to a file in `,
	} {
		res := pipeline(t, "", "run", "--explain", path, "--value-column", "temp", "--group-by", "station", "-w", "1h", "--spill-dir", dir, "--memory", memory)
		require.Equal(t, 0, res.status, res.err)
		assert.Regexp(t, want+dir, res.out)
	}
	res := pipeline(t, "", "run", "--explain", path, "--value-column", "temp", "-w", "1d", "--spill-dir", dir)
	assert.Contains(t, res.out, "; windows up to 512 MiB, more in a file in "+dir, "few windows")
	res = pipeline(t, "", "run", "--explain", path, "--value-column", "temp", "-w", "1d", "--stat", "p90")
	assert.Regexp(t, `; windows about \d+(\.\d)? [KM]iB; more than`, res.out, "all values")
	res = pipeline(t, "", "run", "--explain", path, "--value-column", "temp", "-w", "session:1h")
	assert.NotContains(t, res.out, "; windows", "sessions are in the engine's memory")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, entries)
}

func TestExplainRefuses(t *testing.T) {
	path := tempFile(t, "a.csv", hourlyCSV(10, 1))
	for _, c := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{path, "--follow"}, 2, "--explain looks at the beginning of files"},
		{[]string{path, "-o", "csv"}, 2, "--explain prints -o table or json"},
		{[]string{path, "--value-column", "none"}, 1, `no column is named "none"`},
		{[]string{tempFile(t, "bad.csv", []byte("time,value\nx,1\n"))}, 1, "line 2"},
		{[]string{filepath.Join(t.TempDir(), "missing")}, 2, "no such file"},
	} {
		res := pipeline(t, "", append([]string{"run", "--explain"}, c.args...)...)
		assert.Equal(t, c.status, res.status, c.args)
		assert.Contains(t, res.err, c.want)
		assert.Empty(t, res.out)
	}
}
