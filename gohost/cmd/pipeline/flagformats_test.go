package main

import (
	"database/sql"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"
)

// A flagUse is a flag with a value that does nothing wrong, and the inputs that it is refused for.
type flagUse struct {
	args    []string
	refused string // names of the inputs
	why     string
}

// flagUses has every flag that says how the input is read.
var flagUses = map[string]flagUse{
	"format":       {args: []string{"--format", "auto"}},
	"compression":  {args: []string{"--compression", "none"}, refused: "sqlite", why: "--format and --compression are of files"},
	"unit":         {args: []string{"--unit", "s"}, refused: "parquet arrow", why: "--unit is of times that are numbers"},
	"time-column":  {args: []string{"--time-column", "timestamp"}, refused: "influx packed", why: "--time-column needs a format whose times have names"},
	"value-column": {args: []string{"--value-column", "value"}, refused: "packed", why: "--value-column needs a format with names"},
	"group-by":     {args: []string{"--group-by", "station"}, refused: "packed", why: "--group-by needs a format with names"},
	"records":      {args: []string{"--records", "data"}, refused: "csv influx packed parquet arrow sqlite", why: "--records needs a document of JSON"},
	"time-format":  {args: []string{"--time-format", "%s"}, refused: "influx packed parquet arrow", why: "--time-format needs times that are texts"},
	"tz":           {args: []string{"--tz", "Europe/Berlin"}}, // of windows
	"assume-utc":   {args: []string{"--assume-utc"}, refused: "influx packed", why: "--assume-utc needs times that are texts"},
	"ambiguous":    {args: []string{"--ambiguous", "later", "--tz", "Europe/Berlin"}, refused: "influx packed", why: "--ambiguous needs times that are texts"},
	"decimal":      {args: []string{"--decimal", ","}, refused: "influx packed", why: "--decimal needs numbers that are texts"},
	"thousands":    {args: []string{"--thousands", "'"}, refused: "influx packed", why: "--thousands needs numbers that are texts"},
	"comment":      {args: []string{"--comment", "#"}, refused: "json ndjson records influx packed parquet arrow sqlite", why: "--comment needs CSV"},
	"missing":      {args: []string{"--missing", "skip"}, refused: "packed", why: "--missing needs a format whose values may be missing"},
	"missing-text": {args: []string{"--missing-text=-999"}, refused: "packed", why: "--missing-text needs a format whose values may be missing"},
	"bad":          {args: []string{"--bad", "skip:1"}, refused: "packed", why: "--bad needs a format of records that may not parse"},

	"from":          {}, // instead of files: see TestRunReadsADatabase
	"query":         {},
	"query-timeout": {args: []string{"--query-timeout", "1h"}, refused: "json ndjson records csv influx packed parquet arrow", why: "--query-timeout needs --from"},
}

// Every flag of the input does something in a format, or is refused with the reason: a new flag must be in the table.
func TestEveryFlagInEveryFormat(t *testing.T) {
	dir := t.TempDir()
	cache := filepath.Join(dir, "cache") // so many runs
	file := filepath.Join(dir, "a.db")
	db, err := sql.Open("sqlite", file)
	require.NoError(t, err)
	_, err = db.Exec("CREATE TABLE m (timestamp INTEGER, value REAL, station TEXT); INSERT INTO m VALUES (1262304000, 1, 'a'), (1262304060, 2, 'b')")
	require.NoError(t, err)
	require.NoError(t, db.Close())
	const record = `{"timestamp":1262304000,"value":1,"station":"a"}`
	inputs := map[string][]string{
		"json":    {tempFile(t, "a.json", []byte("["+record+"]"))},
		"ndjson":  {tempFile(t, "a.ndjson", []byte(record+"\n"))},
		"records": {tempFile(t, "a.txt", []byte(`{"data":[`+record+`]}`)), "--records", "data"},
		"csv":     {tempFile(t, "a.csv", []byte("timestamp;value;station\n1262304000;1;a\n"))},
		"influx":  {tempFile(t, "a.lp", []byte("m,station=a value=1 1262304000\n")), "--unit", "s"},
		"packed":  {"testdata/points.packed"},
		"parquet": {columnFiles + "duckdb.parquet"},
		"arrow":   {columnFiles + "pyarrow-lz4.arrow"},
		"sqlite":  {"--from", "sqlite:" + file, "--query", "SELECT * FROM m"},
	}
	parser, err := kong.New(&cli{}, kong.Vars{"version": ""})
	require.NoError(t, err)
	names := []string{"group-by"}
	for _, command := range parser.Model.Children {
		for _, flag := range command.Flags {
			if command.Name == "run" && flag.Group != nil && flag.Group.Key == "Input" {
				names = append(names, flag.Name)
			}
		}
	}
	for _, name := range names {
		use, known := flagUses[name]
		require.True(t, known, "--%s is a new flag: which formats have a use for it?", name)
		for format, in := range inputs {
			if use.args == nil || slices.Contains(in, "--"+name) || name == "records" && strings.HasSuffix(format, "json") {
				continue
			}
			got := pipeline(t, "", slices.Concat([]string{"run", "-w", "all", "-o", "csv", "--cache-dir", cache}, in, use.args)...)
			if !slices.Contains(strings.Fields(use.refused), format) {
				require.Equal(t, 0, got.status, "--%s of %s: %s", name, format, got.err)
				continue
			}
			require.Equal(t, 2, got.status, "--%s of %s: %s", name, format, got.err)
			require.Contains(t, got.err, use.why, format)
			require.Empty(t, got.out)
		}
	}

	// Of several files some have a use for what becomes of bad records, and none for other flags of one of them.
	got := pipeline(t, "", "run", inputs["csv"][0], "testdata/points.packed", "-w", "all", "-o", "csv", "--missing", "skip", "--bad", "skip:1")
	require.Equal(t, 0, got.status, got.err)
	got = pipeline(t, "", "run", inputs["csv"][0], inputs["ndjson"][0], "-w", "all", "--comment", "#")
	require.Equal(t, 2, got.status)
	require.Contains(t, got.err, "a.ndjson: --comment needs CSV; the format is ndjson")
	got = pipeline(t, "", "run", columnFiles+"duckdb.parquet", "--format", "parquet", "--compression", "gzip")
	require.Equal(t, 2, got.status)
	require.Contains(t, got.err, "a Parquet file compresses its pages")
	for _, command := range [][]string{{"detect"}, {"run", "--follow"}} {
		for _, args := range [][]string{{"--comment", "#"}, {"--assume-utc"}} {
			got = pipeline(t, string(readFile(t, "testdata/points.packed")), slices.Concat(command, []string{"-"}, args)...)
			require.Equal(t, 2, got.status, "%s %s: %s", command, args, got.err)
			require.Contains(t, got.err, args[0]+" needs ")
		}
	}
}
