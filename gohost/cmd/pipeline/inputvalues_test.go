package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Data as people have it, each with the same result.
func TestDataAsPeopleHaveIt(t *testing.T) {
	plain := pipeline(t, "time,value\n1262345400,1234.5\n1262349000,1234.5\n", "run", "-", "-o", "csv")
	require.Equal(t, 0, plain.status, plain.err)
	for name, c := range map[string]struct {
		text string
		args []string
	}{
		"RFC 3339":    {"time,value\n2010-01-01T11:30:00Z,1234.5\n2010-01-01 13:30:00+01:00,1234.5\n", nil},
		"local":       {"time,value\n2010-01-01 12:30,1234.5\n2010-01-01T13:30:00,1234.5\n", []string{"--tz", "Europe/Berlin"}},
		"UTC":         {"time,value\n2010-01-01 11:30,1234.5\n2010-01-01T12:30:00,1234.5\n", []string{"--assume-utc"}},
		"US":          {"time,value\n01/01/2010 11:30 AM,\"1,234.5\"\n1/1/2010 12:30 pm,1234.5\n", []string{"--assume-utc", "--time-format", "%m/%d/%Y %I:%M %p", "--thousands", ","}},
		"German":      {"# Werte\nZeit;Wert\n1.1.2010 12:30;1.234,5\n1.1.2010 13:30;1234,50\n", []string{"--tz", "Europe/Berlin", "--time-format", "%d.%m.%Y %H:%M", "--decimal", ",", "--thousands", ".", "--comment", "#", "--time-column", "Zeit"}},
		"float":       {"time,value\n1262345400.0,1234.5\n1.262349e9,1234.5\n", nil},
		"missing":     {"time,value\n1262345400,1234.5\n1262345400,NA\n1262349000,1234.5\n,?\n", []string{"--missing", "skip", "--missing-text", "?"}},
		"bad":         {"time,value\n1262345400,1234.5\nx,y\n1262349000,1234.5\n1,2,3\n", []string{"--bad", "skip:2"}},
		"two files":   {"time,value\n1262345400,1234.5\nvalue,time\n1234.5,1262349000\n", nil},
		"other order": {"x,value,time\n,1234.5,1262345400\n,1234.5,1262349000\n", nil},
		"ms":          {"time,value\n1262345400000,1234.5\n1262349000000,1234.5\n", nil},
	} {
		got := pipeline(t, c.text, append([]string{"run", "-", "-o", "csv"}, c.args...)...)
		require.Equal(t, 0, got.status, "%s: %s", name, got.err)
		for from, to := range map[string]string{"12:30:00+01:00": "11:30:00Z", "13:30:00+01:00": "12:30:00Z", "00:00:00+01:00": "00:00:00Z"} {
			got.out = strings.ReplaceAll(got.out, from, to)
		}
		require.Equal(t, plain.out, got.out, name)
	}

	got := pipeline(t, "time,value\n1,NA\n2,3\nx,1\n,\n", "run", "-", "--missing=skip", "--bad=skip:9")
	require.Equal(t, "note: 2 values left out: missing\nnote: 1 record left out: bad\n", got.err)
	got = pipeline(t, "time,value,site\n1,1,a\n2,3,b\n3,1,a\n4,1,b\n", "run", "-")
	require.Equal(t, "note: key site: the column has 2 different texts in the first 4 rows, which are taken for one series; --group-by site keeps them apart\n", got.err)
}

// A time that clocks showed twice is an error, or the instant that --ambiguous says: one of two windows of an hour.
func TestTimesThatClocksShowTwice(t *testing.T) {
	const text = "time,value\n2010-10-31 01:30,1\n2010-10-31 02:30,2\n2010-10-31 03:30,4\n"
	run := func(args ...string) outcome {
		return pipeline(t, text, append([]string{"run", "-", "-w", "1h", "--stat", "sum", "-o", "csv"}, args...)...)
	}
	got := run("--tz", "Europe/Berlin")
	require.Equal(t, 1, got.status)
	require.Contains(t, got.err, "line 3, column 1: column \"time\": \"2010-10-31 02:30\" is twice in Europe/Berlin, where clocks were set back; expected an offset such as +02:00, or --ambiguous earlier or later")
	for which, offset := range map[string]string{"earlier": "+02:00", "later": "+01:00"} {
		got = run("--tz", "Europe/Berlin", "--ambiguous", which)
		require.Equal(t, 0, got.status, got.err)
		require.Contains(t, got.out, "\n2010-10-31T02:00:00"+offset+",")
		require.Equal(t, 4, strings.Count(got.out, "\n"))
	}
	for _, args := range [][]string{{"--ambiguous", "later"}, {"--ambiguous", "later", "--assume-utc"}, {"--ambiguous", "first", "--tz", "Europe/Berlin"}} {
		require.Equal(t, 2, run(args...).status, args)
	}
}

// The limit of bad records is that of all files.
func TestBadRecordsOfSeveralFiles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.csv", "b.csv"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("time,value\n1,2\nx,1\n"), 0o600))
	}
	got := pipeline(t, "", "run", dir, "--bad=skip:2")
	require.Equal(t, 0, got.status, got.err)
	require.Equal(t, "note: 2 records left out: bad\n", got.err)
	got = pipeline(t, "", "run", dir, "--bad=skip:1")
	require.Equal(t, 1, got.status)
	require.Contains(t, got.err, "b.csv: line 3, column 1: column \"time\": expected")
	require.Contains(t, got.err, "(1 bad records were left out before, the max of --bad)")
	require.Empty(t, got.out)
}

func TestInputFlagsThatAreWrong(t *testing.T) {
	for _, c := range [][2]string{
		{"--tz=Mars/City", "is not a known time zone"},
		{"--tz=", "expected a time zone"},
		{"--decimal=,,", "expected one ASCII character"},
		{"--bad=skip", "expected skip:N"},
		{"--bad=skip:0", "expected skip:N"},
		{"--bad=quarantine:", "expected quarantine:FILE"},
		{"--bad=drop", "expected error, skip:N or quarantine:FILE"},
		{"--missing=drop", "--missing"},
		{"--time-format=%H", "has no date"},
		{"--decimal=x", "expected '.' or ','"},
		{"--comment=,", "expected a mark"},
	} {
		got := pipeline(t, "time,value\n1,2\n", "run", "-", c[0])
		require.Equal(t, 2, got.status, "%s: %s", c[0], got.err)
		require.Contains(t, got.err, c[1], c[0])
	}
}

// Times before 1970 are those of the calendar, in every format.
func TestTimesBefore1970(t *testing.T) {
	want := "start,end,count,mean,variance,stddev,min,max,sum,first,last\n" +
		"1969-12-31T00:00:00Z,1970-01-01T00:00:00Z,1,1,0,0,1,1,1,1969-12-31T23:59:59Z,1969-12-31T23:59:59Z\n" +
		"1970-01-01T00:00:00Z,1970-01-02T00:00:00Z,2,2.5,0.25,0.5,2,3,5,1970-01-01T00:00:00Z,1970-01-01T00:00:01Z\n"
	for _, text := range []string{
		"t,v\n-1,1\n0,2\n1,3\n", "t,v\n1969-12-31T23:59:59Z,1\n1970-01-01,2\n1970-01-01T00:00:01.000Z,3\n", "t,v\n-1.0,1\n0,2\n1e0,3\n",
	} {
		for _, unit := range []string{"auto", "s", "ms"} {
			if unit == "ms" && !strings.Contains(text, "Z") {
				continue
			}
			got := pipeline(t, text, "run", "-", "-o", "csv", "--unit", unit)
			require.Equal(t, outcome{out: want}, got, "%s, %s", text, unit)
		}
	}
	got := pipeline(t, "t,v\n0001-01-01T00:00:00Z,1\n9999-12-31T23:59:59.999999Z,2\n", "run", "-", "-o", "csv", "-w", "all")
	require.Equal(t, 0, got.status, got.err)
	require.Contains(t, got.out, "0001-01-01T00:00:00Z,9999-12-31T23:59:59.999999Z")
	got = pipeline(t, "t,v\n1262304000250,1\n", "run", "-")
	require.Equal(t, "note: unit ms: the first timestamp is 1262304000250; --unit names another unit\n", got.err)
}

// A quarantine has each bad record, and is there only if all inputs were read.
func TestQuarantine(t *testing.T) {
	dir := t.TempDir()
	aside := filepath.Join(t.TempDir(), "bad.ndjson")
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	write("a.csv", "time,value\n1,2\nx,\"a\n\"\n")
	write("b.csv", "time,value\n1,\xff\n2,3\n")
	got := pipeline(t, "", "run", dir, "--bad=quarantine:"+aside)
	require.Equal(t, 0, got.status, got.err)
	require.Equal(t, "note: 2 records left out: bad\n", got.err)
	text, err := os.ReadFile(aside)
	require.NoError(t, err)
	require.Equal(t, `{"file":"`+filepath.Join(dir, "a.csv")+`","line":3,"column":1,"reason":"column \"time\": expected an integer or a time such as 2010-01-31T12:00:00Z, found \"x\"","record":"x,\"a\n\"\n"}
{"file":"`+filepath.Join(dir, "b.csv")+`","line":2,"column":3,"reason":"column \"value\": expected a finite number, found \"\\xff\"","record_base64":"MSz/Cg=="}
`, string(text))

	write("c.csv", "time,value\n1,\"2\n")
	got = pipeline(t, "", "run", dir, "--bad=quarantine:"+aside)
	require.Equal(t, 1, got.status, got.err)
	kept, err := os.ReadFile(aside)
	require.NoError(t, err)
	require.Equal(t, text, kept, "the file is as it was")
	entries, err := os.ReadDir(filepath.Dir(aside))
	require.NoError(t, err)
	require.Len(t, entries, 1)
	got = pipeline(t, "time,value\n1,2\n", "run", "-", "--bad=quarantine:"+filepath.Join(aside, "x"))
	require.Equal(t, 1, got.status)
	require.Contains(t, got.err, "--bad quarantine:")
}
