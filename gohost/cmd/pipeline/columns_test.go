package main

import (
	"encoding/csv"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// columnFiles are those of gohost/columnar, which other writers made.
const columnFiles = "../../columnar/testdata/"

// Files of columns give the table that the same points give as CSV.
func TestRunReadsColumns(t *testing.T) {
	csv := tempFile(t, "a.csv", []byte(columnsCSV()))
	want := pipeline(t, "", "run", csv, "--group-by", "station", "-o", "csv", "-w", "1h")
	require.Equal(t, 0, want.status, want.err)
	for _, name := range []string{"pyarrow-zstd.parquet", "pyarrow-v2.parquet", "duckdb.parquet", "pyarrow-lz4.arrow", "pyarrow-zstd.arrows"} {
		for _, parallel := range []string{"1", "4"} {
			got := pipeline(t, "", "run", columnFiles+name, "--group-by", "station", "-o", "csv", "-w", "1h", "--parallel", parallel)
			require.Equal(t, want.out, got.out, "%s: %s", name, got.err)
		}
	}
	stream := string(readFile(t, columnFiles+"pyarrow-zstd.arrows"))
	require.Equal(t, want.out, pipeline(t, stream, "run", "-", "--format", "arrow", "--group-by", "station", "-o", "csv", "-w", "1h").out)

	// With others, and with each other.
	twice := pipeline(t, "", "run", csv, columnFiles+"duckdb.parquet", "-w", "all", "-o", "csv")
	require.Contains(t, twice.out, ",80,-0.25,", twice.err)
}

func columnsCSV() string {
	text := "timestamp,value,station\n"
	for i := range 40 {
		at := time.Date(2010, 1, 1, i, 0, 0, 0, time.UTC).Format(time.RFC3339)
		text += fmt.Sprintf("%s,%v,%c\n", at, float64(i)-19.75, "abc"[i%3])
	}
	return text
}

// What cannot be read is an error that says why, with the status of bad data or bad use.
func TestColumnsThatCannotBeRead(t *testing.T) {
	types := columnFiles + "pyarrow-types.parquet"
	for want, args := range map[string][]string{
		"has no time zone":                          {types, "--time-column", "local_us", "--value-column", "f64"},
		"unnest it before":                          {types, "--time-column", "date", "--value-column", "list.list.element"},
		"times of the day":                          {types, "--time-column", "time_of_day", "--value-column", "f64"},
		"row 4: column \"gaps\": expected a number": {types, "--time-column", "date", "--value-column", "gaps"},
		"no column is named \"x\"":                  {types, "--time-column", "x"},
		"it is cut off or damaged":                  {tempFile(t, "cut.parquet", readFile(t, types)[:4000])},
	} {
		got := pipeline(t, "", append([]string{"run"}, args...)...)
		require.Contains(t, got.err, want)
		require.Equal(t, 1, got.status)
		require.Empty(t, got.out)
	}
	got := pipeline(t, string(readFile(t, types)), "run", "-", "--format", "parquet")
	require.Contains(t, got.err, "must be a file, not a pipe")
	got = pipeline(t, "", "run", types, "--time-column", "date", "--value-column", "gaps", "--missing", "skip", "-w", "all")
	require.Equal(t, 0, got.status, got.err)
	got = pipeline(t, "", "run", "--follow", types, "--format", "parquet")
	require.Equal(t, 2, got.status)
}

// Results in files of columns are those of CSV: written, and read again by a run of it.
func TestRunWritesColumns(t *testing.T) {
	points := columnFiles + "pyarrow-zstd.parquet"
	for _, format := range []string{"parquet", "arrow"} {
		name := filepath.Join(t.TempDir(), "out."+format)
		got := pipeline(t, "", "run", points, "--group-by", "station", "-w", "6h", "-o", format, "--output-file", name)
		require.Equal(t, 0, got.status, got.err)
		require.Empty(t, got.out)
		data := readFile(t, name)
		require.Equal(t, string(data), pipeline(t, "", "run", points, "--group-by", "station", "-w", "6h", "-o", format).out)

		want := pipeline(t, "", "run", points, "--group-by", "station", "-w", "6h", "-o", "csv")
		rows, err := csv.NewReader(strings.NewReader(want.out)).ReadAll()
		require.NoError(t, err)
		for _, column := range []string{"count", "mean", "variance", "stddev", "min", "max", "sum"} {
			// One window for each point: its mean is the value.
			again := pipeline(t, "", "run", name, "--time-column", "start", "--value-column", column, "--group-by", "key", "-w", "6h", "-o", "csv")
			require.Equal(t, 0, again.status, again.err)
			read, err := csv.NewReader(strings.NewReader(again.out)).ReadAll()
			require.NoError(t, err)
			require.Len(t, read, len(rows))
			at := slices.Index(rows[0], column)
			for i := range rows[1:] {
				require.Equal(t, rows[i+1][:2], read[i+1][:2])
				require.Equal(t, rows[i+1][at], read[i+1][slices.Index(rows[0], "mean")], "%s in row %d", column, i)
			}
		}
		again := pipeline(t, "", "run", name, "--time-column", "last", "--value-column", "count", "-w", "all", "-o", "csv")
		require.Contains(t, again.out, "2010-01-01T03:00:00Z,2010-01-02T15:00:00Z,", again.err)
	}
}

// What cannot be written is refused before any work, and a file that cannot be written is left as it is.
func TestColumnsThatCannotBeWritten(t *testing.T) {
	points := columnFiles + "pyarrow-zstd.parquet"
	got := pipeline(t, "", "run", "--follow", points, "--format", "ndjson", "-o", "parquet")
	require.Equal(t, 2, got.status)
	require.Contains(t, got.err, "description at the end")
	got = pipeline(t, "", "run", points, "-o", "parquet", "--output-file", filepath.Join(t.TempDir(), "none", "a.parquet"))
	require.Equal(t, 1, got.status)
	require.Contains(t, got.err, "--output-file")
	kept := tempFile(t, "kept.csv", []byte("before"))
	got = pipeline(t, "", "run", columnFiles+"make.py", "-o", "csv", "--output-file", kept)
	require.NotZero(t, got.status)
	require.Equal(t, "before", string(readFile(t, kept)))
}

// Rows that are no points can be left out, and are kept with the name of their file.
func TestBadRowsOfColumnsAreKept(t *testing.T) {
	types, kept := columnFiles+"pyarrow-types.parquet", filepath.Join(t.TempDir(), "bad.ndjson")
	got := pipeline(t, "", "run", types, "--time-column", "date", "--value-column", "gaps", "-w", "all", "--bad", "quarantine:"+kept)
	require.Equal(t, 0, got.status, got.err)
	text := string(readFile(t, kept))
	require.Equal(t, 6, strings.Count(text, types), text)
	require.Contains(t, text, `"row":4,`)
}
