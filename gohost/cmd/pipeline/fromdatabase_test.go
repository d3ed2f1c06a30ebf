package main

import (
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// The rows of a query give what the same rows give as CSV, and what is wrong with them or the command
// line is said.
func TestRunReadsADatabase(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.db")
	db, err := sql.Open("sqlite", file)
	require.NoError(t, err)
	for _, s := range []string{
		"CREATE TABLE m (at INTEGER, station TEXT, v REAL)",
		"INSERT INTO m VALUES (1262304000, 'a', 0.1), (1262304060, 'b', 2), (-1, 'a', NULL), (1262307600, 'a', 0.2)",
	} {
		_, err := db.Exec(s)
		require.NoError(t, err)
	}
	require.NoError(t, db.Close())
	csv := tempFile(t, "a.csv", []byte("at,station,v\n1262304000,a,0.1\n1262304060,b,2\n1262307600,a,0.2\n"))
	from := []string{"run", "--from", "sqlite:" + file, "--query"}
	run := func(args ...string) outcome { return pipeline(t, "", append(from, args...)...) }
	columns := []string{"--time-column", "at", "--value-column", "v", "--group-by", "station", "-w", "1h", "-o", "csv"}

	want := pipeline(t, "", append([]string{"run", csv}, columns...)...)
	got := run(append([]string{"SELECT * FROM m WHERE v > 0"}, columns...)...)
	require.Equal(t, 0, got.status, got.err)
	require.Equal(t, want.out, got.out)
	got = run(append([]string{"SELECT * FROM m", "--missing", "skip"}, columns...)...)
	require.Equal(t, want.out, got.out)
	require.Contains(t, got.err, "1 value left out: missing")

	watch := []string{"--time-column", "at", "--value-column", "v", "--group-by", "station", "-o", "json"}
	found := pipeline(t, "", append([]string{"detect", csv}, watch...)...)
	got = pipeline(t, "", append([]string{"detect", "--from", "sqlite:" + file, "--query", "SELECT * FROM m WHERE v > 0"}, watch...)...)
	require.Equal(t, found, got)
	require.Contains(t, got.err, "3 points of 2 values of station, 0 findings\n")

	for query, message := range map[string]string{
		"SELECT * FROM m": "row 3: column \"v\": expected a number, found null",
		"SELECT * FROM n": "no such table",
		"DELETE FROM m":   "expected a single SELECT",
	} {
		got = run(append([]string{query}, columns...)...)
		require.Equal(t, 1, got.status, got.err)
		require.Contains(t, got.err, message)
		require.Contains(t, got.err, "sqlite:"+file)
	}
	for message, args := range map[string][]string{
		"not files":                {"--from", "sqlite:" + file, "--query", "SELECT 1", csv},
		"needs a query":            {"--from", "sqlite:" + file},
		"--query needs --from":     {csv, "--query", "SELECT 1"},
		"expected \"<file>\"":      {},
		"sqlite:FILE or postgres:": {"--from", "mysql:x", "--query", "SELECT 1"},
		"a database has types":     {"--from", "sqlite:" + file, "--query", "SELECT 1", "--format", "csv"},
		"--follow cannot":          {"--from", "sqlite:" + file, "--query", "SELECT 1", "--follow"},
		"--query-timeout needs":    {csv, "--query-timeout", "1s"},
		"a positive time":          {"--from", "sqlite:" + file, "--query", "SELECT 1", "--query-timeout=-1s"},
	} {
		got = pipeline(t, "", append([]string{"run"}, args...)...)
		require.Equal(t, 2, got.status, "%q", args)
		require.Contains(t, got.err, message)
	}
	// A query that takes years ends.
	const long = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS at, 1.0 AS v FROM n WHERE i < 0"
	got = run(long, "--query-timeout", "300ms", "--time-column", "at")
	require.Equal(t, outcome{err: "pipeline: sqlite:" + file + ": the answer was not there within --query-timeout, 300ms\n", status: 1}, got)
	got = run(append([]string{"SELECT * FROM m WHERE v > 0", "--query-timeout", "10h"}, columns...)...)
	require.Equal(t, want.out, got.out)

	got = run("SELECT at, v FROM m WHERE v > 0", "--explain", "--time-column", "at")
	require.Equal(t, 0, got.status, got.err)
}
