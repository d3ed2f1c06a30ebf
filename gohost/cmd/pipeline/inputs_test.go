package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// divided writes the points of testdata in files of several formats and compressions, as they could have been
// collected.
func divided(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	packed := readFile(t, "testdata/points.packed")
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "old", "2009"), 0o700))
	third := len(packed) / 3 / 16 * 16
	for name, data := range map[string][]byte{
		"a.packed":                        packed[:third],
		"old/b.packed.gz":                 gzipped(t, packed[third:2*third]),
		"old/2009/c.packed.zst":           zstandard(t, packed[2*third:]),
		"old/2009/nothing.csv":            nil,
		"old/2009/.c.packed.zst.swp.text": []byte("hidden"),
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o600))
	}
	return dir
}

func TestSeveralFilesAreOneInput(t *testing.T) {
	dir := divided(t)
	want := string(readFile(t, "testdata/points.table"))
	note := "note: 1 file without points: " + dir + "/old/2009/nothing.csv\n"
	for _, args := range [][]string{
		{dir},
		{filepath.Join(dir, "**")},
		{filepath.Join(dir, "old/**/*"), filepath.Join(dir, "a.packed"), "--parallel", "1"},
		{filepath.Join(dir, "a.packed"), filepath.Join(dir, "old"), "--parallel", "5"},
	} {
		require.Equal(t, outcome{out: want, err: note}, pipeline(t, "", append([]string{"run"}, args...)...), args)
	}
	got := pipeline(t, string(readFile(t, filepath.Join(dir, "a.packed"))), "run", filepath.Join(dir, "old"), "-")
	require.Equal(t, outcome{out: want, err: note}, got)
}

// What a directory has by several names is read once, and that is said.
func TestLinksToFilesThatAreRead(t *testing.T) {
	dir := divided(t)
	require.NoError(t, os.Remove(filepath.Join(dir, "old", "2009", "nothing.csv")))
	require.NoError(t, os.Symlink("a.packed", filepath.Join(dir, "latest.packed")))
	want := outcome{out: string(readFile(t, "testdata/points.table")), err: "note: 1 name left out: links to files that are read\n"}
	require.Equal(t, want, pipeline(t, "", "run", dir))
}

func TestErrorsOfSeveralFilesNameTheFile(t *testing.T) {
	dir := divided(t)
	bad := filepath.Join(dir, "old", "bad.ndjson")
	require.NoError(t, os.WriteFile(bad, []byte("{\"timestamp\":1,\"value\":1}\n{\"timestamp\":1}\n"), 0o600))
	got := pipeline(t, "", "run", dir)
	require.Equal(t, outcome{err: "pipeline: " + bad + ": line 2, column 15 (byte offset 40): missing field `value`\n", status: 1}, got)
	got = pipeline(t, "", "run", dir, "--normalize")
	require.Equal(t, 2, got.status)
	require.Contains(t, got.err, "--normalize keeps the last point of each timestamp")
	got = pipeline(t, "", "run", filepath.Join(dir, "*.none"))
	require.Equal(t, outcome{err: "pipeline: no file matches " + dir + "/*.none\n", status: 2}, got)
}

// Columns are found by their names in each file.
func TestColumnsMayBeInAnyOrderInEachFile(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a.csv": "time,station,value\n1,x,1\n2,y,2\n", "b.csv": "value;station;time\n3;x;3\n", "c.ndjson": `{"timestamp":4,"value":4,"station":"y"}`,
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	got := pipeline(t, "", "run", dir, "--group-by", "station", "-w", "all", "-o", "csv")
	require.Equal(t, 0, got.status, got.err)
	rows := lines(got.out)
	require.Len(t, rows, 3)
	require.Contains(t, rows[1], "Z,2,2,1,1,1,3,4,")
	require.Contains(t, rows[2], "Z,2,3,1,1,2,4,6,")
}

func TestRecordsOfAnyShape(t *testing.T) {
	want := []string{"a,1", "b,2.5"}
	for name, c := range map[string]struct {
		text string
		args []string
	}{
		"lines":         {`{"meta":{"at":"2010-01-01T00:00:00Z","host":"a"},"load":{"1m":1}}` + "\n" + `{"load":{"1m":2.5},"meta":{"host":"b","at":"2010-01-01T00:00:01Z"}}`, []string{"--time-column", "meta.at", "--value-column", "load.1m", "--group-by", "meta.host"}},
		"an array":      {`[{"time":1262304000,"temp":1,"k":"a"},{"temp":2.5,"k":"b","time":1262304001}]`, []string{"--group-by", "k"}},
		"a document":    {`{"n":2,"data":{"items":[{"timestamp":1262304000,"value":1,"k":"a"},{"timestamp":1262304001,"value":2.5,"k":"b"}]}}`, []string{"--group-by", "k", "--records", "data.items"}},
		"line protocol": {"m,k=a f=1 1262304000\nm,k=b f=2.5 1262304001\n", []string{"--group-by", "k", "--unit", "s"}},
	} {
		got := pipeline(t, c.text, append([]string{"run", "-", "-o", "csv"}, c.args...)...)
		require.Equal(t, 0, got.status, "%s: %s", name, got.err)
		rows := lines(got.out)
		require.Len(t, rows, 3, name)
		for i, row := range rows[1:] {
			key, value, _ := strings.Cut(want[i], ",")
			require.True(t, strings.HasPrefix(row, key+","), row)
			require.Contains(t, row, ",1,"+value+",", name)
		}
	}
	got := pipeline(t, `{"data":[]}`, "run", "-", "--records", "items")
	require.Equal(t, 1, got.status)
	require.Contains(t, got.err, `the document has no array of records at "items" (--records); its first fields are: "data"`)
	got = pipeline(t, `{"when":1,"what":2}`, "run", "-")
	require.Equal(t, 1, got.status)
	require.Contains(t, got.err, "name it with --time-column")
}
